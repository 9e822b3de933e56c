"""A sandbox over the API: time is moved, and recipients act by themselves through the public pages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from lre_kit.client import LreClient, ProblemError
from lre_kit.integration.values import KeyKind, KeyWish
from lre_kit.parties.values import Sender
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_web.testing import ThrowawaySite

FILES = [("a.pdf", SMALL_PDF)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    with ThrowawaySite.served(tmp_path_factory.mktemp("sandbox") / "office", sandbox=True) as site:
        yield site


@pytest.fixture
def office(served: ThrowawaySite) -> Iterator[LreClient]:
    key = served.office.integration.keys.create(SENDER, KeyWish(name="integrator")).text
    with LreClient(served.office.links.base_url, key) as made:
        yield made


def sent(office: LreClient, served: ThrowawaySite, address: str, **more: Any) -> str:
    number = office.deposit({"name": "Ada Lovelace", "email": address}, FILES, **more)["number"]
    served.office.run_until_idle()
    return number


def test_who_accepts_reads_and_who_refuses_refuses_through_the_pages(
    office: LreClient, served: ThrowawaySite
) -> None:
    accepted = sent(office, served, "accept@lre.test")
    assert office.letter(accepted)["phase"] == "received"
    assert {act["event"] for act in office.timeline(accepted)} >= {"ConsignmentAcceptance", "ContentHandover"}
    assert {proof["kind"] for proof in office.proofs(accepted)} >= {"deposit", "receipt"}
    refused = sent(office, served, "refuse@lre.test")
    assert office.letter(refused)["phase"] == "refused"


def test_a_delay_is_waited_for_by_the_sandboxs_clock(office: LreClient, served: ThrowawaySite) -> None:
    number = sent(office, served, "accept+3d+anna@lre.test")
    assert office.letter(number)["phase"] == "notified"
    told = office.set_clock(advance="2d")
    served.office.run_until_idle()
    assert office.letter(number)["phase"] == "notified"
    later = office.set_clock(advance="25h")
    assert later["ahead_s"] - told["ahead_s"] >= 25 * 3600 - 1
    served.office.run_until_idle()
    assert office.letter(number)["phase"] == "received"


def test_fifteen_days_pass_in_a_call_and_a_day_may_last_a_minute(
    office: LreClient, served: ThrowawaySite
) -> None:
    number = sent(office, served, "ignore@lre.test")
    office.set_clock(advance="16d")
    served.office.run_until_idle()
    assert office.letter(number)["phase"] == "unclaimed"
    assert office.set_clock(day_lasts_s=60)["day_lasts_s"] == 60
    number = sent(office, served, "refuse+1d@lre.test")
    served.clock.advance(timedelta(seconds=61))
    served.office.run_until_idle()
    assert office.letter(number)["phase"] == "refused"
    assert office.set_clock(day_lasts_s=86400)["day_lasts_s"] == 86400


def test_consents_are_given_and_refused_by_themselves(office: LreClient, served: ThrowawaySite) -> None:
    given = office.ask_consent("Ada Lovelace", "accept+consent@lre.test")
    refused = office.ask_consent("Ada Lovelace", "refuse+consent@lre.test")
    served.office.run_until_idle()
    assert office.consent(given["id"])["state"] == "given"
    assert office.consent(refused["id"])["state"] == "refused"


def test_its_mail_is_read_by_whose_letters_it_is_about(office: LreClient, served: ThrowawaySite) -> None:
    number = sent(office, served, "ignore+mail@lre.test")
    [notice] = list(office.caught_mail(recipient="ignore+mail@lre.test", limit=1))
    assert (notice["letter"], notice["recipient"]) == (number, "ignore+mail@lre.test")
    assert SENDER.name not in notice["text"] + notice["subject"]
    assert b"(sandbox)" in office.caught_message(notice["id"])
    stranger = Sender(ref="stranger", name="Stranger", email="s@example.net")
    key = served.office.integration.keys.create(stranger, KeyWish(name="other")).text
    with LreClient(served.office.links.base_url, key) as other:
        assert list(other.caught_mail()) == []
        with pytest.raises(ProblemError, match="no such message"):
            other.caught_message(notice["id"])


def test_a_qualified_letters_recipient_can_do_no_more_and_harms_nothing(
    office: LreClient, served: ThrowawaySite
) -> None:
    recipient = {"name": "Ada", "email": "accept+q@lre.test"}
    with pytest.raises(ProblemError) as told:
        office.deposit(recipient, FILES, product="qualified")
    assert told.value.http_status == 403
    served.office.run_until_idle()


def test_a_team_key_reaches_scripted_addresses_only_if_they_are_on_its_list(served: ThrowawaySite) -> None:
    wish = KeyWish(name="team", kind=KeyKind.TEAM, team=("accept@lre.test",))
    key = served.office.integration.keys.create(SENDER, wish).text
    with LreClient(served.office.links.base_url, key) as team:
        assert team.deposit({"name": "Ada", "email": "accept@lre.test"}, FILES)["number"]
        with pytest.raises(ProblemError) as told:
            team.deposit({"name": "Ada", "email": "refuse@lre.test"}, FILES)
        assert told.value.type.endswith("api-key-kind")
    served.office.run_until_idle()


def test_a_real_office_has_no_such_clock(api: Any) -> None:
    for answer in (
        api.get("/sandbox"),
        api.post("/sandbox/clock", json={"advance": "15d"}),
        api.get("/sandbox/mail"),
        api.get(f"/sandbox/mail/{'0' * 32}"),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (409, "urn:lre-kit:problem:not-a-sandbox")
