"""Calls about rules: what a product asks, which days follow, and whether a proof holds."""

from datetime import datetime
from typing import cast

from lre_kit.client import shapes
from lre_kit.client.asking import Document, Form, place
from lre_kit.client.base import Calls, plain


class RuleCalls(Calls):
    """What the rules ask, and what they lead to."""

    def products(self, at: datetime | None = None) -> list[shapes.ProductTold]:
        """Return what each product asks of sender and recipient, now or at an instant."""
        return cast("shapes.ProductsTold", self._get("/products", plain({"at": at})))["items"]

    def explain_deadlines(self, sent_at: datetime | None = None, *, days: int = 15) -> shapes.DeadlinesTold:
        """Return which days follow from a notice that leaves at an instant."""
        query = plain({"sent_at": sent_at, "days": days})
        return cast("shapes.DeadlinesTold", self._get("/deadlines", query))

    def deadlines(self, number: str) -> shapes.DeadlinesTold:
        """Return which days a letter's notice led to."""
        return cast("shapes.DeadlinesTold", self._get(place("letters", number, "deadlines")))

    def verify(self, proof: Document) -> shapes.ReportTold:
        """Return what the checks of a proof found, whoever made it."""
        form = Form("", {}, [("proof", proof)])
        return cast("shapes.ReportTold", self._post("/verify", told=form))

    def status(self) -> shapes.StatusTold:
        """Return how the office is: its services, outages attested in the log, versions."""
        return cast("shapes.StatusTold", self._get("/status"))
