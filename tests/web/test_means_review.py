"""The operators' pages for means in another name: accepted or refused with a reason, by others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lre_kit.identifiers.means import Kind, State
from lre_kit.law.assurance import Level
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_web.testing_identity import ProofingSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProofingSite]:
    made = ProofingSite.open(tmp_path / "office")
    with made.office:
        made.operator = "olivia"
        yield made


def waiting_eid(site: ProofingSite, *, name: str = "Moreau", party_id: str | None = None) -> str:
    """Let the person show an electronic identity in another name; return its serial."""
    assert site.person is not None
    kept = {"given_names": "Jeanne", "family_name": name, "birth_date": "1980-05-17"}
    with site.office.database.write() as uow:
        made = site.office.people.register.issue(
            uow,
            party_id=party_id or site.person.id,
            kind=Kind.EID,
            label="provider <b>x</b>",
            actor={"role": "holder", "party_id": site.person.id},
            level=Level.SUBSTANTIAL,
            subject_key=f"issuer#{name}",
            secret=json.dumps(kept).encode(),
        )
        uow.commit()
    return made.serial


def decide(site: ProofingSite, serial: str, **fields: Any) -> Any:
    return site.send(f"/review/means/{serial}", **fields)


def state(site: ProofingSite, serial: str) -> State:
    found = site.office.people.register.by_serial(serial)
    assert found is not None
    return found.state


def test_for_who_is_no_operator_these_pages_do_not_exist(site: ProofingSite) -> None:
    serial = waiting_eid(site)
    site.operator = None
    for path in ("/review/means", f"/review/means/{serial}"):
        assert site.get(path).status_code == 404
    answer = site.send("/identity", f"/review/means/{serial}", verdict="accept", reason="x")
    assert answer.status_code == 404
    assert state(site, serial) is State.ISSUED


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_list_names_nobody_and_leads_to_both_names(site: ProofingSite, language: str) -> None:
    site.language = language
    serial = waiting_eid(site)
    listed = site.get("/review/means").text
    assert serial in listed
    assert "Moreau" not in listed
    assert "Durand" not in listed
    assert "<b>x</b>" not in listed
    page = site.get(f"/review/means/{serial}")
    assert "Moreau" in page.text
    assert "Durand" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_a_means_is_accepted_with_a_reason_once(site: ProofingSite) -> None:
    serial = waiting_eid(site)
    for reason in ("", "   ", "x" * 1001):
        assert decide(site, serial, verdict="accept", reason=reason).status_code == 422
    assert decide(site, serial, verdict="anything", reason="x").status_code == 400
    assert state(site, serial) is State.ISSUED
    answer = decide(site, serial, verdict="accept", reason="married name, seen on the title")
    assert answer.status_code == 303
    assert "Accepted." in site.get(answer.location).text
    assert state(site, serial) is State.ACTIVE
    found = site.office.people.register.by_serial(serial)
    assert found is not None
    last = site.office.people.register.history(found.id)[-1]
    assert (last.actor["name"], last.reason) == ("olivia", "married name, seen on the title")
    assert site.get(f"/review/means/{serial}").status_code == 404


def test_a_refused_means_is_revoked_for_ever(site: ProofingSite) -> None:
    serial = waiting_eid(site)
    answer = decide(site, serial, verdict="refuse", reason="another person")
    assert "Refused and revoked." in site.get(answer.location).text
    assert state(site, serial) is State.REVOKED


def test_nobody_accepts_a_means_of_their_own_under_any_name(site: ProofingSite) -> None:
    assert site.person is not None
    people = site.office.people
    serial = waiting_eid(site)
    site.operator = site.person.id
    answer = decide(site, serial, verdict="accept", reason="that is me")
    assert answer.status_code == 403
    assert "This means is your own" in answer.text
    assert decide(site, serial, verdict="refuse", reason=" ").status_code == 422
    other = people.parties.add(PartyFacts(kind=PartyKind.PERSON, family_name="Durand"))
    people.parties.merge(site.person.id, other.id, actor={"role": "operator"}, reason="one person")
    site.operator = other.id
    assert decide(site, serial, verdict="accept", reason="that is me").status_code == 403
    assert state(site, serial) is State.ISSUED


def test_of_two_operators_the_slower_one_is_told(site: ProofingSite) -> None:
    serial = waiting_eid(site)
    site.get(f"/review/means/{serial}")
    found = site.office.people.register.by_serial(serial)
    assert found is not None
    site.office.people.means_desk.act(found.id, "revoke", operator="bruno", reason="lost")
    answer = site.send("/identity", f"/review/means/{serial}", verdict="accept", reason="same person")
    assert answer.status_code == 404
    assert state(site, serial) is State.REVOKED
