"""Calls about the key's owner: prepared letters, identification means, organisations, mandates."""

from collections.abc import Iterable
from typing import Any, cast

from lre_kit.client import shapes
from lre_kit.client.asking import Document, Form, as_files, place
from lre_kit.client.base import Calls, plain, read


class PeopleCalls(Calls):
    """What a person has and may do in an office."""

    def prepare(
        self,
        organisation: str,
        recipient: shapes.RecipientAsked,
        documents: Iterable[Document],
        **terms: Any,
    ) -> shapes.PreparedTold:
        """Prepare a letter that a sender of your organisation signs for; `terms` as for a deposit."""
        told = {"organisation": organisation, "recipient": recipient, **plain(terms)}
        form = Form("letter", told, as_files("documents", documents))
        return cast("shapes.PreparedTold", self._post("/prepared", told=form))

    def prepared_letters(self) -> shapes.PreparedList:
        """Return what waits for your signature, and what you prepared."""
        return cast("shapes.PreparedList", self._get("/prepared"))

    def prepared(self, prepared_id: str) -> shapes.PreparedTold:
        """Return a prepared letter."""
        return cast("shapes.PreparedTold", self._get(place("prepared", prepared_id)))

    def sign_prepared(self, prepared_id: str) -> shapes.PreparedTold:
        """Sign for a prepared letter; `identify` first, with a pass of yours."""
        return cast("shapes.PreparedTold", self._post(place("prepared", prepared_id, "sign")))

    def decline_prepared(self, prepared_id: str, reason: str) -> shapes.PreparedTold:
        """Send a prepared letter back to its preparer."""
        path = place("prepared", prepared_id, "decline")
        return cast("shapes.PreparedTold", self._post(path, told={"reason": reason}))

    def withdraw_prepared(self, prepared_id: str) -> shapes.PreparedTold:
        """Take a prepared letter back."""
        return cast("shapes.PreparedTold", self._post(place("prepared", prepared_id, "withdraw")))

    def identifiers(self) -> list[shapes.IdentifierTold]:
        """Return your identification means, the newest first."""
        return cast("shapes.IdentifierList", self._get("/identifiers"))["items"]

    def report_lost(self, identifier_id: str) -> shapes.IdentifierTold:
        """Report a means lost: it is revoked at once."""
        return cast("shapes.IdentifierTold", self._post(place("identifiers", identifier_id, "report-lost")))

    def orders(self) -> list[shapes.OrderTold]:
        """Return your orders of identification means, the newest first."""
        return cast("shapes.OrderList", self._get("/orders"))["items"]

    def order_identifier(self, kind: str, *, delivery: str = "post") -> shapes.OrderTold:
        """Order an identification means to your confirmed address."""
        return cast("shapes.OrderTold", self._post("/orders", told={"kind": kind, "delivery": delivery}))

    def cancel_order(self, order_id: str) -> shapes.OrderTold:
        """Cancel an open order."""
        return cast("shapes.OrderTold", self._post(place("orders", order_id, "cancel")))

    def organisations(self) -> list[shapes.OrganisationTold]:
        """Return the organisations you are a member of."""
        return cast("shapes.OrganisationList", self._get("/organisations"))["items"]

    def members(self, organisation_id: str) -> list[shapes.MemberTold]:
        """Return the members of an organisation of yours."""
        path = place("organisations", organisation_id, "members")
        return cast("shapes.MemberList", self._get(path))["items"]

    def end_role(self, organisation_id: str, person_id: str) -> list[shapes.MemberTold]:
        """End a member's role, or your own; return who is left, if you may still see it."""
        path = place("organisations", organisation_id, "members", person_id)
        return cast("shapes.MemberList", read(self._asker.ask("DELETE", path)))["items"]

    def mandates(self) -> list[shapes.MandateTold]:
        """Return the mandates you gave and got."""
        return cast("shapes.MandateList", self._get("/mandates"))["items"]

    def end_mandate(self, mandate_id: str) -> shapes.MandateTold:
        """End a mandate that you gave or got."""
        return cast("shapes.MandateTold", self._post(place("mandates", mandate_id, "end")))
