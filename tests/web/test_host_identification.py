"""What a host application vouches for of who is logged in to it: judged like all else that is shown."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.law.assurance import Category, Level
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.parties.values import Recipient
from lre_web.actor import Actor, HostIdentification
from lre_web.testing import ThrowawaySite, send_form

JEANNE = Recipient(name="Jeanne Durand", email="jeanne@example.net")
SAMPLE = b"Madame, veuillez trouver ci-joint le conge.\n"
FLAWS: dict[str, dict[str, Any]] = {
    "too long ago": {"at": timedelta(minutes=-31)},
    "of the future": {"at": timedelta(hours=1)},
    "one category": {"categories": (Category.KNOWLEDGE, Category.KNOWLEDGE)},
    "nothing changes": {"dynamic": False},
    "no proofing": {"proofing": None},
    "a low proofing": {"proofing": Level.LOW},
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    site = ThrowawaySite.open(tmp_path / "office")
    with site.office:
        yield site


def vouched(site: ThrowawaySite, **flaw: Any) -> HostIdentification:
    now = site.clock()
    told = HostIdentification(
        at=now - timedelta(minutes=5),
        categories=(Category.KNOWLEDGE, Category.POSSESSION),
        dynamic=True,
        proofing=Level.SUBSTANTIAL,
        proofing_method="face_to_face",
        proofed_at=now - timedelta(days=100),
        reference="file-2026-17",
    )
    if isinstance(moved := flaw.get("at"), timedelta):
        flaw = flaw | {"at": now + moved}
    return replace(told, **flaw)


def deposit(site: ThrowawaySite, **flaw: Any) -> TestResponse:
    """Deposit a qualified letter by who is logged in to a host that vouches for them."""
    assert site.actor is not None
    site.actor = replace(site.actor, identification=vouched(site, **flaw))
    form = {
        "product": "qualified", "name": JEANNE.name, "email": JEANNE.email, "capacity": "professional",
        "capacity_basis": "SIREN 732 829 320", "subject": "Congé", "needs": "registered",
        "documents": [(io.BytesIO(SAMPLE), "conge.txt")],
    }  # fmt: skip
    return send_form(site.client(), "/lre/deposit", "/lre/deposit", **form)


def recipient(site: ThrowawaySite, *, email: str = JEANNE.email, **flaw: Any) -> tuple[Letter, FlaskClient]:
    """Return a qualified letter, and its recipient's browser, logged in to a host that vouches for them."""
    letter = site.letter(product="qualified", recipient=JEANNE)
    site.actor = Actor(ref="reader", name=JEANNE.name, email=email, identification=vouched(site, **flaw))
    client = site.client()
    client.get(site.link(letter))
    return letter, client


def test_a_sender_for_whom_the_host_vouches_sends_a_qualified_letter(site: ThrowawaySite) -> None:
    answer = deposit(site)
    assert answer.status_code == 303, answer.text
    site.office.run_until_idle()
    found = site.office.reading.letter(answer.headers["Location"].rsplit("/", 1)[1])
    first = site.office.issuer.exhibits(found.id)[0]
    assert "file-2026-17" in json.dumps(first.exhibit.record)


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_is_too_weak_old_or_unproven_deposits_nothing(site: ThrowawaySite, flaw: str) -> None:
    """F9.01: whoever says so, the level is reckoned from what was shown."""
    answer = deposit(site, **FLAWS[flaw])
    assert answer.status_code == 403, answer.text


def test_a_recipient_for_whom_the_host_vouches_decides(site: ThrowawaySite) -> None:
    letter, client = recipient(site)
    assert send_form(client, "/lre/r/accept").status_code == 303
    assert site.office.reading.by_id(letter.id).phase is Phase.RECEIVED


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_recipient_of_whom_the_host_knows_too_little_decides_not(site: ThrowawaySite, flaw: str) -> None:
    letter, client = recipient(site, **FLAWS[flaw])
    assert send_form(client, "/lre/r/accept").status_code == 403
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFIED


def test_whoever_else_is_logged_in_to_the_host_is_not_the_recipient(site: ThrowawaySite) -> None:
    letter, client = recipient(site, email="other@example.net")
    assert send_form(client, "/lre/r/accept").status_code in {401, 403}
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFIED
