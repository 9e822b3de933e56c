"""Letters over the API: deposited, listed, read, withdrawn, readdressed, proved."""

import base64
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.letters.phases import Phase
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.values import Sender
from lre_kit.postroom.values import CarrierNews
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_kit.testing.post import posted
from lre_kit.testing.printable import printable_pdf
from lre_web.testing import ThrowawaySite

OTHER = Sender(ref="another", name="Another", email="another@example.org")
LINES = ["Jean Dupont", "3 rue du Bac", "75007 PARIS"]
WHO = {"name": "Jean Dupont", "email": "jean.dupont@example.net"}


def test_a_letter_goes_from_deposit_to_proofs(site: ThrowawaySite, api: Any) -> None:
    answer = api.deposit(subject="Résiliation", reference="A-1", files=(SMALL_PDF, SMALL_PDF))
    assert answer.status_code == 201, answer.text
    told = answer.get_json()
    assert (told["phase"], told["reference"], len(told["documents"])) == ("deposited", "A-1", 2)
    assert told["acts"] == ["withdraw", "correct-address"]
    assert answer.headers["Location"].endswith(f"/letters/{told['number']}")
    site.office.run_until_idle()
    number = told["number"]
    letter = api.get(f"/letters/{number}").get_json()
    assert (letter["phase"], letter["acts"]) == ("notified", ["correct-address"])
    acts = api.get(f"/letters/{number}/timeline").get_json()["items"]
    assert [act["code"] for act in acts] == ["A.1", "C.1"]
    assert acts[0]["evidence"] == "stamped"
    [proof] = api.get(f"/letters/{number}/proofs").get_json()["items"]
    assert (proof["kind"], proof["is_ready"]) == ("deposit", True)
    where = f"/letters/{number}/proofs/deposit"
    assert api.get(where).data.startswith(b"%PDF")
    assert api.get(f"{where}?format=json").get_json()
    assert api.get(f"{where}?format=xml").data.startswith(b"<")
    container = api.get(f"/letters/{number}/container")
    assert container.mimetype == "application/vnd.etsi.asic-e+zip"
    assert "mimetype" in zipfile.ZipFile(io.BytesIO(container.data)).namelist()
    bundle = zipfile.ZipFile(io.BytesIO(api.get(f"/letters/{number}/bundle?documents=false").data))
    assert not [name for name in bundle.namelist() if "/documents/" in name]
    assert api.get(f"/letters/{number}/documents/2").data == SMALL_PDF
    assert api.get(f"/letters/{number}/documents/3").status_code == 404


def test_a_pre_notice_is_asked_for_and_told(site: ThrowawaySite, api: Any) -> None:
    at = (site.clock() + timedelta(days=10)).isoformat()
    told = api.deposit(notify_at=at, pre_notice="deposit", files=(SMALL_PDF,))
    assert told.status_code == 201, told.text
    number = told.get_json()["number"]
    assert told.get_json()["pre_notice"]["state"] == "planned"
    site.office.run_until_idle()
    letter = api.get(f"/letters/{number}").get_json()
    assert (letter["phase"], letter["notified_at"], letter["window_closes_at"]) == ("deposited", None, None)
    assert letter["pre_notice"]["state"] == "sent"
    assert letter["pre_notice"]["settled_at"] is not None
    assert api.deposit(files=(SMALL_PDF,)).get_json()["pre_notice"] is None
    refused = api.deposit(pre_notice="deposit", files=(SMALL_PDF,))
    assert (refused.status_code, refused.get_json()["type"]) == (422, "urn:lre-kit:problem:pre-notice")


def test_small_documents_may_stand_in_the_json(site: ThrowawaySite, api: Any) -> None:
    document = {"name": "a.pdf", "content": base64.b64encode(SMALL_PDF).decode()}
    told = api.post("/letters", json={"recipient": WHO, "documents": [document]})
    assert told.status_code == 201, told.text
    letter = site.office.reading.letter(told.get_json()["number"])
    assert letter.documents[0].size_bytes == len(SMALL_PDF)
    assert letter.sender.ref == SENDER.ref


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"recipient": WHO, "documents": [{"name": "a.pdf", "content": "?"}]}, 422, "/documents/0/content"),
        ({"recipient": WHO, "subjct": "x"}, 422, "/subjct"),
        ({"recipient": WHO, "product": "gold"}, 422, "/product"),
        ({"recipient": WHO, "notify_at": "2026-01-01T00:00:00"}, 422, "/notify_at"),
        ({"recipient": WHO, "pre_notice": "31"}, 422, "/pre_notice"),
        ({}, 422, "/recipient"),
        ([], 422, "/"),
    ],
)
def test_a_body_of_the_wrong_form_says_where(api: Any, body: Any, status: int, pointer: str) -> None:
    answer = api.post("/letters", json=body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert pointer in {each["pointer"] for each in answer.get_json()["errors"]}


@pytest.mark.parametrize(
    ("recipient", "slug"),
    [
        ({"name": "", "email": "a@example.net"}, "invalid-name"),
        ({"name": "A", "email": "a@"}, "invalid-address"),
        ({"name": "A", "email": "a@example.net", "capacity": "professional"}, "capacity-basis"),
    ],
)
def test_what_the_desk_refuses_is_told_by_its_slug(api: Any, recipient: Any, slug: str) -> None:
    answer = api.deposit(recipient=recipient)
    assert answer.get_json()["type"] == f"urn:lre-kit:problem:{slug}"
    assert 400 <= answer.status_code < 500


def test_a_qualified_letter_asks_for_its_sender_as_on_the_pages(site: ThrowawaySite, api: Any) -> None:
    answer = api.deposit(product="qualified")
    assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:lre-kit:problem:not-identified")
    assert site.office.reading.all_letters() == []


def test_the_list_comes_in_pages_without_gaps_or_repeats(site: ThrowawaySite, api: Any) -> None:
    numbers = []
    for place in range(7):
        numbers.append(api.deposited(reference=f"R{place % 2}"))
        site.clock.advance(timedelta(seconds=place % 3))
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/letters?limit=3{cursor}").get_json()
        found += [each["number"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(found) == sorted(numbers)
    assert found[0] == numbers[-1]
    ones = api.get("/letters?reference=R1").get_json()["items"]
    assert {each["reference"] for each in ones} == {"R1"}
    assert len(ones) == 3
    assert api.get("/letters?q=R0&phase=deposited&product=simple").get_json()["next"] is None
    assert api.get("/letters?phase=received").get_json()["items"] == []
    later = (site.clock() + timedelta(days=1)).isoformat().replace("+", "%2B")
    assert api.get(f"/letters?since={later}").get_json()["items"] == []
    assert len(api.get(f"/letters?until={later}").get_json()["items"]) == 7


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1000", "cursor=%F0", "cursor=AAAA", "phase=x", "who=me", "q=%00", "limit=1&limit=2"],
)
def test_a_parameter_that_cannot_be_used_is_named(api: Any, query: str) -> None:
    answer = api.get(f"/letters?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == query.partition("=")[0]


def test_nobody_finds_another_senders_letter(programs: Any, api: Any) -> None:
    number = api.deposited()
    stranger = programs(owner=OTHER)
    answers = [
        stranger.get(f"/letters/{number}{rest}")
        for rest in ("", "/timeline", "/proofs", "/proofs/deposit", "/container", "/bundle", "/documents/1")
    ] + [
        stranger.post(f"/letters/{number}/withdraw"),
        stranger.post(f"/letters/{number}/address", json={"email": "x@example.net"}),
        stranger.get("/letters/nothing"),
    ]
    told = {json.dumps(answer.get_json(), sort_keys=True) for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(told) == 1, "the same answer for what is not there and what is another's"
    assert stranger.get("/letters").get_json()["items"] == []


def test_an_owner_changes_letters_under_every_name_that_is_theirs(
    site: ThrowawaySite, api: Any, programs: Any
) -> None:
    number = api.deposited()
    facts = PartyFacts(kind=PartyKind.PERSON, usage_name=SENDER.name)
    party = site.office.people.parties.remember(SENDER.ref, facts)
    mine = programs(owner=Sender(ref=party.id, name=SENDER.name, email=SENDER.email))
    assert mine.get(f"/letters/{number}").status_code == 200
    assert mine.post(f"/letters/{number}/withdraw").status_code == 200


def test_a_letter_is_withdrawn_before_its_notice_and_not_after(site: ThrowawaySite, api: Any) -> None:
    number = api.deposited()
    answer = api.post(f"/letters/{number}/withdraw")
    assert (answer.status_code, answer.get_json()["phase"]) == (200, "withdrawn")
    late = api.deposited()
    site.office.run_until_idle()
    assert api.post(f"/letters/{late}/withdraw").status_code == 409
    assert site.office.reading.letter(late).phase is Phase.NOTIFIED


def test_an_address_is_corrected_and_a_new_notice_leaves(site: ThrowawaySite, api: Any) -> None:
    number = api.deposited()
    site.office.run_until_idle()
    answer = api.post(f"/letters/{number}/address", json={"email": "jean@example.net"})
    assert answer.get_json()["recipient"]["email"] == "jean@example.net"
    site.office.run_until_idle()
    assert site.office.reading.letter(number).notices == 2


def test_only_what_was_read_is_changed(site: ThrowawaySite, api: Any) -> None:
    number = api.deposited()
    read = api.get(f"/letters/{number}").headers["ETag"]
    assert api.get(f"/letters/{number}", headers={"If-None-Match": read}).status_code == 304
    changed = api.post(
        f"/letters/{number}/address", json={"email": "j@example.net"}, headers={"If-Match": read}
    )
    assert changed.status_code == 200
    answer = api.post(f"/letters/{number}/withdraw", headers={"If-Match": read})
    assert (answer.status_code, answer.get_json()["type"]) == (412, "urn:lre-kit:problem:precondition-failed")
    assert site.office.reading.letter(number).phase is Phase.DEPOSITED
    assert (
        api.post(f"/letters/{number}/withdraw", headers={"If-Match": changed.headers["ETag"]}).status_code
        == 200
    )


def test_a_test_key_judges_and_keeps_nothing(site: ThrowawaySite, programs: Any) -> None:
    tester = programs(kind=KeyKind.TEST)
    answer = tester.deposit()
    told = answer.get_json()
    assert (answer.status_code, told["is_test"], told["number"]) == (200, True, "")
    assert told["documents"][0]["size_bytes"] == len(SMALL_PDF)
    assert tester.deposit(recipient={"name": "A", "email": "no"}).status_code == 422
    assert site.office.reading.all_letters() == []
    blobs = (site.office.settings.home / "blobs").rglob("*")
    assert {file.name for file in blobs if file.is_file()} <= {"office"}, "only whose store it is"
    site.office.run_until_idle()
    assert site.courier.messages == []
    number = programs().deposited()
    assert tester.get(f"/letters/{number}").status_code == 200
    refused = tester.post(f"/letters/{number}/withdraw")
    assert (refused.status_code, refused.get_json()["type"]) == (403, "urn:lre-kit:problem:api-key-kind")


def test_a_team_key_writes_to_its_team_only(programs: Any) -> None:
    team = programs(kind=KeyKind.TEAM, team=("Ada@example.net",))
    for email in ("ada@example.net", SENDER.email):
        number = team.deposited(recipient={"name": "A", "email": email})
    assert team.deposit().get_json()["type"] == "urn:lre-kit:problem:api-key-kind"
    answer = team.post(f"/letters/{number}/address", json={"email": "x@example.net"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        ({Scope.LETTERS_WRITE}, "GET", "/letters"),
        ({Scope.LETTERS_READ}, "POST", "/letters"),
        ({Scope.BULK_WRITE}, "GET", "/letters/x/bundle"),
    ],
)
def test_a_key_opens_its_scopes_only(programs: Any, scopes: Any, method: str, path: str) -> None:
    answer = programs(scopes=frozenset(scopes)).ask(method, path)
    assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:lre-kit:problem:api-scope-missing")
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_a_letter_goes_by_post_with_its_address(tmp_path: Path) -> None:
    pytest.importorskip("pikepdf")
    site = ThrowawaySite.open(tmp_path / "post", post_provider="spool")
    with site.office:
        key = site.office.integration.keys.create(SENDER, KeyWish(name="post")).text
        postal = {"lines": ["Jean Dupont", "12 rue des Lilas", "75020 Paris"]}
        document = {"name": "a.pdf", "content": base64.b64encode(printable_pdf(2)).decode()}
        letter = {
            "product": "hybrid",
            "recipient": {"name": "Jean Dupont", "postal": postal},
            "paper": {"duplex": False},
            "documents": [document],
        }
        headers = {"Authorization": f"Bearer {key}"}
        client = site.app.test_client()
        answer = client.post("/lre/api/v1/letters", json=letter, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.get_json()["recipient"]["postal"]["lines"][-1] == "75020 PARIS"
        came_back = site.office.reading.letter(answer.get_json()["number"])
        item = posted(site.office, came_back)
        site.office.post.tracking.take(item, CarrierNews(source="suivi", raw_code="RE1", label="Retour"))
        where = f"/lre/api/v1/letters/{came_back.number}"
        told = client.get(where, headers=headers).get_json()
        again = client.post(f"{where}/postal-address", json=postal | {"lines": LINES}, headers=headers)
        assert (again.status_code, told["phase"]) == (200, "returned"), again.text
        assert again.get_json()["recipient"]["postal"]["lines"] == LINES
        lost = letter | {"recipient": {"name": "Jean Dupont"}}
        refused = client.post("/lre/api/v1/letters", json=lost, headers=headers)
        assert (refused.status_code, refused.get_json()["type"]) == (
            422,
            "urn:lre-kit:problem:invalid-address",
        )


def test_a_document_that_is_not_what_was_declared_is_refused(site: ThrowawaySite, api: Any) -> None:
    """F11.09."""
    other, right = b"hello", hashlib.sha256(SMALL_PDF).hexdigest()
    answer = api.deposit(files=(SMALL_PDF, other), sha256=[right, right])
    told = answer.get_json()
    assert (answer.status_code, told["type"]) == (422, "urn:lre-kit:problem:digest-mismatch")
    assert [each["pointer"] for each in told["errors"]] == ["/sha256/1"]
    assert api.deposit(sha256=[right, right]).status_code == 422
    assert api.deposit(sha256=["é"]).status_code == 422
    assert site.office.reading.count() == 0
    number = api.deposited(sha256=[right.upper()])
    assert api.get(f"/letters/{number}").get_json()["documents"][0]["sha256"] == right
