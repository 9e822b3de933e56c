"""A site with keys of the API."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.parties.values import Sender
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_web.testing import ThrowawaySite

LETTER = {"recipient": {"name": "Jean Dupont", "email": "jean.dupont@example.net"}, "subject": "Notice"}


@dataclass(slots=True, kw_only=True)
class Program:
    """Another program with a key."""

    site: ThrowawaySite
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"} | self.headers | more.pop("headers", {})
        return self.site.app.test_client().open(f"/lre/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.ask("POST", path, **more)

    def patch(self, path: str, **more: Any) -> TestResponse:
        return self.ask("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.ask("DELETE", path, **more)

    def deposit(
        self, *, again: str = "", files: tuple[bytes, ...] = (SMALL_PDF,), **changes: Any
    ) -> TestResponse:
        """Deposit by form; `again` is the idempotency key."""
        headers = {"Idempotency-Key": again or str(uuid.uuid4())}
        parts = [(BytesIO(raw), f"{place}.pdf") for place, raw in enumerate(files)]
        data = {"letter": json.dumps(LETTER | changes), "documents": parts}
        return self.post("/letters", data=data, headers=headers)

    def deposited(self, **changes: Any) -> str:
        answer = self.deposit(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["number"])


def program(
    site: ThrowawaySite,
    *,
    owner: Sender = SENDER,
    kind: KeyKind = KeyKind.LIVE,
    scopes: frozenset[Scope] = frozenset(Scope),
    team: tuple[str, ...] = (),
) -> Program:
    wish = KeyWish(name="a program", kind=kind, scopes=scopes, team=team)
    return Program(site=site, key=site.office.integration.keys.create(owner, wish).text)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    made = ThrowawaySite.open(tmp_path / "office", webhook_http="on", webhook_private_hosts="127.0.0.1")
    with made.office:
        yield made


@pytest.fixture
def api(site: ThrowawaySite) -> Program:
    return program(site)


@pytest.fixture
def programs(site: ThrowawaySite) -> Any:
    """Makes programs with other keys."""
    return lambda **wish: program(site, **wish)
