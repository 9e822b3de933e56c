"""Being identified by a certified provider: out to it and back, and what it says by signed messages."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.links import Links
from lre_kit.law.assurance import Level, Means
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.proofing_adapter import provider_of
from lre_kit.parties.proofing_callbacks import BODY_MAX_BYTES
from lre_kit.parties.proofing_values import CaseState, CaseView
from lre_kit.parties.values import Recipient
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.proofing_server import NAME, SECRET, SITE, ProofingServer, proofing_server
from lre_web.standalone import create_app
from lre_web.testing import send_form
from lre_web.testing_identity import HIDDEN, ProofingSite

DOOR = "/lre/identity/provider"


@pytest.fixture
def provider() -> Iterator[ProofingServer]:
    with proofing_server() as served:
        yield served


@pytest.fixture
def site(tmp_path: Path, provider: ProofingServer) -> Iterator[ProofingSite]:
    made = ProofingSite.open(tmp_path / "office", **provider.settings)
    provider.clock = made.clock
    with made.office:
        yield made


def hand_over(site: ProofingSite, case: CaseView) -> TestResponse:
    return site.send(f"/identity/{case.id}/front", f"/identity/{case.id}/provider")


def started(site: ProofingSite) -> CaseView:
    site.begin()
    case = site.case()
    assert hand_over(site, case).status_code == 200
    return case


def said(site: ProofingSite, body: bytes, headers: dict[str, str]) -> TestResponse:
    # No cookie, no form token, another program's address: the signature alone speaks.
    return site.app.test_client().post(DOOR, data=body, headers=headers)


def test_a_person_goes_to_the_provider_and_its_verdict_identifies_them(
    site: ProofingSite, provider: ProofingServer
) -> None:
    assert f"identified by {NAME}" in site.get("/identity").text
    site.begin()
    case = site.case()
    page = site.get(f"/identity/{case.id}/front").text
    assert f"Be identified by {NAME}" in page
    onward = hand_over(site, case)
    assert f'href="{SITE}{case.id}"' in onward.text
    assert "form-action 'self'" in onward.headers["Content-Security-Policy"]
    (told,) = provider.announced
    assert told["return_to"].endswith(f"/identity/{case.id}")
    assert told["callback"].endswith("/identity/provider")
    # Nothing personal leaves the office.
    assert set(told) == {"case", "language", "return_to", "callback"}
    waits = site.get(f"/identity/{case.id}").text
    assert f"Your identification is with {NAME}" in waits
    assert "Answer promised by" in waits
    assert "waits for an operator" not in waits
    body = provider.verdict(case.id)
    answer = said(site, body, provider.signed(body))
    assert (answer.status_code, answer.json) == (
        200,
        {"case": case.id, "state": "approved", "repeated": False},
    )
    assert "Your identity is verified" in site.get(f"/identity/{case.id}").text
    proofing = site.office.people.proofing_of(case.party_id)
    assert proofing is not None
    assert (proofing.level, proofing.method) == (Level.SUBSTANTIAL, Means.VISUAL.value)


def test_whoever_left_on_the_way_goes_there_again(site: ProofingSite, provider: ProofingServer) -> None:
    case = started(site)
    page = site.get(f"/identity/{case.id}").text
    assert f"Go to {NAME} again" in page
    again = site.send(f"/identity/{case.id}", f"/identity/{case.id}/provider")
    assert f"{SITE}{case.id}" in again.text
    assert [each["case"] for each in provider.announced] == [case.id, case.id]
    assert site.send(f"/identity/{case.id}", f"/identity/{case.id}/withdraw").status_code == 303
    assert site.case().state is CaseState.WITHDRAWN
    body = provider.verdict(case.id)
    assert said(site, body, provider.signed(body)).status_code == 409


def test_a_message_that_is_not_the_providers_of_now_is_refused(
    site: ProofingSite, provider: ProofingServer
) -> None:
    """F16.04."""
    case = started(site)
    body = provider.verdict(case.id)
    for flawed in (
        provider.signed(body, secret="x" * 40),
        provider.signed(body, age=timedelta(minutes=6)),
        provider.signed(body, age=timedelta(minutes=-6)),
        provider.signed(provider.verdict(case.id, verdict="refused")),
        provider.signed(body, by_key=True),
    ):
        answer = said(site, body, flawed)
        assert (answer.status_code, answer.json["error"]) == (401, "callback-refused")
        # It does not say what was wrong.
        assert answer.json["problem"] == "This message cannot be taken."
    # Without the signature's header it is a form like any other, and lacks the form's token.
    assert said(site, body, {"Content-Type": "application/json"}).status_code == 403
    assert site.case().state is CaseState.SUBMITTED
    assert site.office.people.proofing_of(case.party_id) is None


def test_a_replayed_message_changes_nothing(site: ProofingSite, provider: ProofingServer) -> None:
    case = started(site)
    body = provider.verdict(case.id)
    headers = provider.signed(body)
    assert said(site, body, headers).status_code == 200
    again = said(site, body, headers)
    assert (again.status_code, again.json["repeated"]) == (200, True)
    other = provider.verdict(case.id, verdict="refused")
    assert said(site, other, provider.signed(other)).status_code == 401
    other = provider.verdict(case.id, verdict="refused", event_id="evt-2")
    assert said(site, other, provider.signed(other)).status_code == 409
    assert site.case().state is CaseState.APPROVED


def test_another_persons_case_is_neither_handed_over_nor_decided(
    site: ProofingSite, provider: ProofingServer
) -> None:
    mine = started(site)
    site.person = site.office.people.parties.add(
        PartyFacts(kind=PartyKind.PERSON, given_names="Marie", family_name="Martin")
    )
    site.begin(given_names="Marie", family_name="Martin")
    own = site.case()
    # With a good token of one's own page, yet for another's case.
    told = len(provider.announced)
    token = dict(HIDDEN.findall(site.get(f"/identity/{own.id}/front").text))
    stolen = site.client.post(f"/lre/identity/{mine.id}/provider", data=token)
    assert stolen.status_code == 404
    assert len(provider.announced) == told
    # A case that was never handed over takes no verdict, however well it is signed.
    body = provider.verdict(own.id)
    assert said(site, body, provider.signed(body)).status_code == 404
    # Whoever was proofed is not who the case is about: people look at it, no machine decides.
    assert site.send(f"/identity/{own.id}/front", f"/identity/{own.id}/provider").status_code == 200
    body = provider.verdict(own.id, event_id="evt-9")
    answer = said(site, body, provider.signed(body))
    assert (answer.status_code, answer.json["state"]) == (200, "submitted")
    assert site.office.people.proofing_of(own.party_id) is None
    assert "waits for an operator" in site.get(f"/identity/{own.id}").text


def test_a_provider_that_is_down_leaves_the_other_way_open_and_says_until_when(
    site: ProofingSite, provider: ProofingServer
) -> None:
    """F16.06."""
    site.begin()
    case = site.case()
    plain = b'{"url": "http://plain.example/"}'
    for answer in ((500, b""), (201, b"[]"), (201, plain), (200, bytes(64 * 1024))):
        provider.answer = answer
        page = hand_over(site, case)
        assert page.status_code == 503
        assert f"{NAME} does not answer at present" in page.text
        assert "You have until" in page.text
        assert f'href="/lre/identity/{case.id}"' in page.text
        assert "/other-ways" in page.text
        assert site.case().state is CaseState.COLLECTING
    provider.answer = None
    assert hand_over(site, case).status_code == 200
    assert site.case().state is CaseState.SUBMITTED


def test_a_message_is_bounded_and_of_the_agreed_form(site: ProofingSite, provider: ProofingServer) -> None:
    case = started(site)
    for body, status in ((b"{}", 422), (b"x" * (BODY_MAX_BYTES + 1), 422), (b"[" * 5000, 422)):
        answer = said(site, body, provider.signed(body))
        assert (answer.status_code, answer.json["error"]) == (status, "callback-form")
    assert site.case().state is CaseState.SUBMITTED
    assert case.id == site.case().id


def test_without_a_provider_nothing_offers_one(tmp_path: Path, provider: ProofingServer) -> None:
    site = ProofingSite.open(tmp_path / "office")
    with site.office:
        assert "certified provider" not in site.get("/identity").text
        site.begin()
        case = site.case()
        assert "/provider" not in site.get(f"/identity/{case.id}/front").text
        assert hand_over(site, case).status_code == 404
        body = provider.verdict(case.id)
        assert said(site, body, provider.signed(body)).status_code == 404


def test_a_provider_may_sign_by_its_own_key(tmp_path: Path, provider: ProofingServer) -> None:
    told = provider.settings | {
        "identity_provider_public_key": provider.public_key,
        "identity_provider_method": "other_certified",
    }
    site = ProofingSite.open(tmp_path / "office", **told)
    provider.clock = site.clock
    with site.office:
        case = started(site)
        body = provider.verdict(case.id)
        assert said(site, body, provider.signed(body)).status_code == 401
        assert said(site, body, provider.signed(body, by_key=True)).status_code == 200
        found = site.office.people.proofing_of(case.party_id)
        assert found is not None
        assert found.method == "other_certified"


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity_provider_secret": "short"},
        {"identity_provider_name": ""},
        {"identity_provider_name": "n" * 41},
        {"identity_provider_url": "http://identity.example/"},
        {"identity_provider_public_key": "AAAA"},
    ],
)
def test_settings_that_cannot_work_are_named_and_no_secret_is(
    tmp_path: Path, provider: ProofingServer, wrong: dict[str, Any]
) -> None:
    links = Links(b"s" * 32, "https://notices.example")
    good = Settings.model_validate({"home": tmp_path} | provider.settings)
    found = provider_of(good, links=links, clock=now)
    assert found is not None
    assert SECRET not in repr(found)
    settings = Settings.model_validate({"home": tmp_path} | provider.settings | wrong)
    with pytest.raises(ConfigurationError, match="identity provider") as caught:
        provider_of(settings, links=links, clock=now)
    assert not re.search(f"= ?short|{SECRET}", str(caught.value))


def test_a_recipient_whom_the_provider_identified_reads_a_qualified_letter(
    tmp_path: Path, provider: ProofingServer
) -> None:
    clock = MovedClock()
    provider.clock = clock
    told = provider.settings | {"identity_provider_method": "other_certified"}
    with throwaway_office(tmp_path / "office", clock=clock, **told) as office:
        letter = deposit_sample(
            office, product="qualified", recipient=Recipient(name="Jeanne Durand", email="jeanne@example.net")
        )
        office.run_until_idle()
        client = create_app(office).test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        client.get(f"/r/{office.links.token(letter.id)}")
        send_form(client, "/r/code", "/r")
        assert isinstance(office.courier, MemoryCourier)
        code = re.search(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", office.courier.text_of(), re.MULTILINE)
        assert code is not None
        send_form(client, "/r/identify", "/r", code=code.group().strip())
        begin = re.search(r'href="(/identity\?for=[^"]+)"', client.get("/r").text)
        assert begin is not None

        def send(page: str, action: str, **fields: str) -> TestResponse:
            known = dict(HIDDEN.findall(client.get(page).text))
            return client.post(action, data=known | fields)

        who = send(begin[1].replace("&amp;", "&"), "/identity", agree="identity-consent-1")
        names = {"given_names": "Jeanne", "family_name": "Durand", "birth_date": "1980-05-17"}
        front = send(who.location, "/identity/who", title="passport", usage_name="", **names)
        case_id = front.location.split("/")[-2]
        send(front.location, f"/identity/{case_id}/provider")
        (announced,) = provider.announced
        # Back to the recipients' own host name, and nothing about the letter.
        assert announced["return_to"] == f"https://notices.example/identity/{case_id}"
        assert letter.id not in str(announced)
        assert client.get("/r/letter").status_code == 403
        body = provider.verdict(case_id)
        headers = provider.signed(body)
        assert client.post("/identity/provider", data=body, headers=headers).status_code == 200
        office.run_until_idle()
        assert "identity" in office.courier.text_of()
        assert send_form(client, "/r/accept", "/r").status_code == 303
        assert client.get("/r/letter").status_code == 200
        office.run_until_idle()
        named = office.issuer.exhibits(letter.id)
        record = next(each.exhibit.record for each in named if each.event.value == "ContentHandover")
        actor = record["Extensions"]["Actor"]
        assert actor["proofing"]
        assert "other_certified" in str(actor)
        assert "20AB34567" not in str(record), "no document number"
