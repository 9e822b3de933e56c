"""A site with identification pages, one person and one operator at a time: shared by its tests."""

import re
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.office import PostOffice
from lre_kit.parties.persons import Party, PartyFacts, PartyKind
from lre_kit.parties.proofing_values import CaseView
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_kit.testing.office import throwaway_office
from lre_web.extension import LRE
from lre_web.identity.pages import identity_pages
from lre_web.identity.site import IdentitySite

HIDDEN = re.compile(r'type="hidden" name="(form_token|agreed|for)" value="([^"]*)"')
SMALL = (700, 620)

JEANNE = PartyFacts(
    kind=PartyKind.PERSON, given_names="Jeanne", family_name="Durand", birth_date=date(1980, 5, 17)
)


@dataclass(kw_only=True)
class ProofingSite:
    """An office with identification pages; `person` and `operator` are at the browsers."""

    app: Flask
    office: PostOffice
    clock: MovedClock
    person: Party | None
    operator: str | None = None
    language: str = "en"
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> Self:
        """Open an office below `folder` and mount it."""
        clock = MovedClock()
        office = throwaway_office(folder, clock=clock, **settings)
        jeanne = office.people.parties.add(JEANNE)
        made = cls(app=Flask("host"), office=office, clock=clock, person=jeanne)
        site = IdentitySite(
            person=lambda: made.person, operator=lambda: made.operator, other_ways="/other-ways"
        )
        LRE(made.app, office=office, pages=[identity_pages(site)])
        return made

    @property
    def client(self) -> FlaskClient:
        """The person's and the operator's browser."""
        return self.clients.setdefault("first", self.app.test_client())

    def get(self, path: str, client: FlaskClient | None = None) -> TestResponse:
        """Open a page below ``/lre``."""
        headers = {"Accept-Language": self.language}
        return (client or self.client).get(self.path(path), headers=headers)

    def send(
        self, page: str, action: str = "", client: FlaskClient | None = None, **fields: Any
    ) -> TestResponse:
        """Send a form of a page, to `action` or to the page itself."""
        data = dict(HIDDEN.findall(self.get(page, client).text)) | fields
        headers = {"Accept-Language": self.language}
        return (client or self.client).post(self.path(action or page), data=data, headers=headers)

    @staticmethod
    def path(address: str) -> str:
        """Return the path of an address of this site."""
        path = re.sub(r"^https?://[^/]+", "", address)
        return path if path.startswith("/lre") else f"/lre{path}"

    def case(self) -> CaseView:
        """Return the person's newest case."""
        assert self.person is not None
        return self.office.people.identity.cases_of(self.person.id)[0]

    # --- the journey, without scripts -----------------------------------------------------------

    def agree(self) -> TestResponse:
        """Agree; leads to the page that asks who."""
        return self.send("/identity", agree="identity-consent-1")

    def begin(self, title: str = "identity_card", **changes: Any) -> TestResponse:
        """Agree and say who."""
        return self.send(self.agree().location, action="/identity/who", **(WHO | {"title": title} | changes))

    def upload(self, step: str, data: bytes, name: str = "picture.jpg", **fields: Any) -> TestResponse:
        """Send a file at a step."""
        page = f"/identity/{self.case().id}/{step}"
        return self.send(page, picture=(BytesIO(data), name), **fields)

    def fill(self, *, seed: int = 0) -> CaseView:
        """Go through all steps up to the check, in the case that is open or a new one."""
        assert self.person is not None
        cases = self.office.people.identity.cases_of(self.person.id)
        if not any(case.state.is_collecting for case in cases):
            self.begin()
        self.upload("front", title_picture(size=SMALL, seed=seed + 1))
        self.upload("back", title_picture(size=SMALL, seed=seed + 2))
        self.upload("face", film(seed=seed), "film.webm", kind="film")
        self.send(f"/identity/{self.case().id}/zone", lines="\n".join(card_lines()))
        return self.case()

    def submit(self, *, seed: int = 0) -> CaseView:
        """Go through all steps and hand the case in."""
        case = self.fill(seed=seed)
        assert self.send(f"/identity/{case.id}/check").status_code == 303
        return self.case()

    def claim(self, case: CaseView, operator: str = "olivia") -> str:
        """Let an operator take a case; return the path of its page."""
        self.operator = operator
        page = f"/review/{case.id}"
        assert self.send("/review", f"{page}/claim").status_code == 303
        return page


WHO: dict[str, str] = {
    "given_names": "Jeanne",
    "family_name": "Durand",
    "usage_name": "",
    "birth_date": "1980-05-17",
}
