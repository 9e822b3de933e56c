"""A site with accounts and profiles over a throwaway office, for tests."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from flask import Flask
from flask.testing import FlaskClient

from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import State
from lre_kit.identifiers.order_values import Order, Proofed
from lre_kit.law.assurance import Level
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing_rows import IdentityCaseRow, IdentityProofingRow
from lre_kit.parties.proofing_values import CaseState
from lre_kit.store.columns import new_id
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_web.account import pages as account
from lre_web.account import stepping
from lre_web.account.opening import open_account_site
from lre_web.account.session import EXTENSION, AccountSite, current_account
from lre_web.actor import Actor
from lre_web.extension import LRE
from lre_web.profile import pages as profile
from lre_web.testing import send_form

EMAIL, NAME, PASSWORD = "helene.fay@example.org", "Hélène Faÿ", "quatre poules bleues"
NEW_PASSWORD = "cinq canards jaunes"  # noqa: S105 - of a test
HOME = PostalAddress(lines=(NAME, "12 rue des Lilas", "75020 PARIS"))
_LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")
_OFFICE = {"role": "provider"}


@dataclass(slots=True, kw_only=True)
class ProfileSite:
    """An application with accounts and profiles at its root."""

    app: Flask
    office: PostOffice
    clock: MovedClock

    @classmethod
    def of(cls, office: PostOffice, clock: MovedClock) -> Self:
        """Mount an office whose base address is ``http://localhost``."""
        app = Flask("profiled", static_folder=None)
        app.extensions[EXTENSION] = open_account_site(office)
        pages = [account.add_pages, stepping.add_pages, profile.add_pages]
        LRE(app, office=office, current_actor=_actor, url_prefix="", pages=pages)
        return cls(app=app, office=office, clock=clock)

    @property
    def courier(self) -> MemoryCourier:
        """Where mail ends up."""
        courier = self.office.courier
        assert isinstance(courier, MemoryCourier)
        return courier

    def client(self) -> FlaskClient:
        """Return a browser without a window, which prefers English."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    def member(self, email: str = EMAIL, name: str = NAME) -> tuple[FlaskClient, Party]:
        """Return the browser of somebody who is logged in, and who they are."""
        kept = self.app.extensions[EXTENSION]
        assert isinstance(kept, AccountSite)
        kept.accounts.register(email, PASSWORD, name, "en")
        link = _LINK.search(self.courier.text_of())
        assert link is not None
        client = self.client()
        assert send_form(client, link.group(1), link.group(1), password=PASSWORD).status_code == 303
        found = self.office.people.parties.reader_of(email)
        assert found is not None
        return client, found

    def sheet(self, party: Party, *, state: State = State.ACTIVE) -> Identifier:
        """Give a party a sheet of codes that stands in a state: issued, delivered or active."""
        people = self.office.people
        acts = {State.ISSUED: (), State.DELIVERED: ("deliver",), State.ACTIVE: ("deliver", "activate")}
        with self.office.database.write() as uow:
            made = people.paper_codes.make_sheet(uow, party_id=party.id, actor=_OFFICE)
            for act in acts[state]:
                people.register.change(uow, made.identifier.id, act, actor=_OFFICE)
            uow.commit()
        return made.identifier

    def means(self, one: Identifier) -> Identifier:
        """Return a means as it stands now."""
        return self.office.people.register.by_id(one.id)

    def order_of(self, party: Party) -> Order:
        """Return a party's only order."""
        [order] = self.office.people.ordering.orders.book.of(party.id)
        return order

    def move_in(self, party: Party, *, confirmed: bool = True) -> None:
        """Give a party an address."""
        self.office.people.addresses.set_address(party.id, HOME, actor=_OFFICE, confirmed=confirmed)

    def proof(self, party: Party) -> None:
        """Let a proofing decide a party's orders."""
        proofed = Proofed(id="p" * 32, level=Level.SUBSTANTIAL, method="face_to_face", at=self.clock())
        with self.office.database.write() as uow:
            self.office.people.ordering.orders.proofing_decided(uow, party.id, proofed)
            uow.commit()

    def identify(self, party: Party) -> None:
        """Let a case of a party, opened now, end in a proofing."""
        now, case_id = self.clock(), new_id()
        with self.office.database.write() as uow:
            uow.add(
                IdentityCaseRow,
                id=case_id,
                party_id=party.id,
                purpose="profile",
                state=CaseState.APPROVED.value,
                language="en",
                consent_wording="",
                challenge=[],
                again=[],
                flags=[],
                opened_at=now,
                expires_at=now + timedelta(days=1),
                ended_at=now,
            )
            uow.add(
                IdentityProofingRow,
                id=new_id(),
                party_id=party.id,
                case_id=case_id,
                level=Level.SUBSTANTIAL.value,
                method="face_to_face",
                given_names="",
                family_name="",
                usage_name=party.name,
                operators=["olivia"],
                evidence_digest="0" * 64,
                at=now,
                valid_until=now + timedelta(days=365),
            )
            uow.commit()

    def forget_password(self, email: str = EMAIL) -> FlaskClient:
        """Return the browser of whoever reads the mailbox and set a new password by the link in it."""
        kept = self.app.extensions[EXTENSION]
        assert isinstance(kept, AccountSite)
        kept.accounts.forgot(email, language="en")
        link = _LINK.search(self.courier.text_of())
        assert link is not None
        client, page = self.client(), link.group(1)
        assert send_form(client, page, page, password=NEW_PASSWORD).status_code == 303
        return client

    def mails(self) -> list[str]:
        """Let the duties run and return what was sent meanwhile."""
        before = len(self.courier.messages)
        self.office.run_until_idle()
        return [self.courier.text_of(place) for place in range(before, len(self.courier.messages))]


def _actor() -> Actor | None:
    found = current_account()
    return Actor(ref=found.party_id, name=found.name, email=found.email) if found else None
