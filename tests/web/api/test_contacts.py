"""Address books, templates, several recipients, and bulk sendings from them, over the API."""

import base64
import io
import json
from datetime import timedelta
from typing import Any

import pypdf

from lre_kit.integration.values import KeyKind, Scope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.values import Sender
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_web.testing import ThrowawaySite

OTHER = Sender(ref="another", name="Another", email="another@example.org")
ADA = {
    "name": "Ada Lovelace",
    "email": "ada@example.net",
    "postal": {"lines": ["Ada Lovelace", "12 rue Haute", "75001 Paris"]},
}


def test_entries_and_groups_are_kept_by_their_owner_alone(api: Any, programs: Any) -> None:
    made = api.post("/contacts", json=ADA)
    assert made.status_code == 201, made.text
    told = made.get_json()
    assert (told["version"], told["consent"], told["twins"]) == (1, "never_asked", [])
    where = f"/contacts/{told['id']}"
    twin = api.post("/contacts", json=ADA | {"email": "a@work.example"}).get_json()
    assert twin["twins"] == [told["id"]]
    page = api.get("/contacts?limit=1").get_json()
    rest = api.get(f"/contacts?limit=1&cursor={page['next']}").get_json()
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {told["id"], twin["id"]}
    changed = ADA | {"reference": "C-1", "version": 1}
    assert api.ask("PUT", where, json=changed).get_json()["reference"] == "C-1"
    assert api.ask("PUT", where, json=changed).status_code == 409
    group = api.post("/contact-groups", json={"name": "Tenants"}).get_json()
    members = f"/contact-groups/{group['id']}/members"
    assert api.post(members, json={"put": [told["id"]]}).get_json()["size"] == 1
    assert [each["id"] for each in api.get(f"/contacts?group={group['id']}").get_json()["items"]] == [
        told["id"]
    ]
    assert api.post(members, json={"put": ["0" * 32]}).status_code == 404
    other = programs(owner=OTHER)
    for path in (where, f"/contacts?group={group['id']}"):
        answer = other.get(path)
        assert answer.status_code == 404 or answer.get_json()["items"] == []
    assert other.post(members, json={"put": []}).status_code == 404
    assert programs(scopes=frozenset({Scope.LETTERS_READ})).get("/contacts").status_code == 403
    assert api.delete(where).status_code == 200
    assert api.get(where).status_code == 404
    assert api.delete(f"/contact-groups/{group['id']}").get_json() == {"items": []}


def test_a_table_goes_in_whole_or_not_at_all_and_out_again(api: Any) -> None:
    def taken(raw: bytes, **wish: Any) -> Any:
        data = {"import": json.dumps(wish), "table": (io.BytesIO(raw), "t.csv")}
        return api.post("/contacts/import", data=data)

    bad = taken(b"name,email\nAda,ada@example.net\nBob,nobody\n")
    assert bad.status_code == 422 or bad.status_code == 400
    assert bad.get_json()["errors"][0]["pointer"] == "/table/3"
    assert taken(b"name,email\nAda,ada@example.net\n", check=True).get_json()["added"] == 1
    assert taken(b"name,email\nAda,ada@example.net\n").get_json()["added"] == 1
    again = taken(b"name,email,city,postcode\nAda,ada@example.net,Paris,75001\n").get_json()
    assert again["differing"][0]["fields"] == ["postal"]
    assert "ada@example.net" in api.get("/contacts.csv").text


def test_a_letter_goes_to_several_or_to_none(site: ThrowawaySite, api: Any, programs: Any) -> None:
    def sent(who: Any, *emails: str, key: str = "k") -> Any:
        asked = {"recipients": [{"name": each, "email": each} for each in emails], "subject": "Notice"}
        data = {"letter": json.dumps(asked), "documents": [(io.BytesIO(SMALL_PDF), "a.pdf")]}
        return who.post("/letters/to-several", data=data, headers={"Idempotency-Key": key})

    bad = sent(api, "a@example.net", "nobody")
    assert bad.status_code in {400, 422}
    assert "Recipient 2" in bad.get_json()["detail"]
    assert sent(api, "a@example.net", "A@example.net".lower()).status_code in {400, 422}
    assert site.office.reading.all_letters() == []
    made = sent(api, "a@example.net", "b@example.net")
    assert made.status_code == 201, made.text
    numbers = [each["number"] for each in made.get_json()["items"]]
    assert len(set(numbers)) == 2
    assert [
        each["number"] for each in sent(api, "a@example.net", "b@example.net").get_json()["items"]
    ] == numbers
    assert len(site.office.reading.all_letters()) == 2
    site.office.run_until_idle()
    for message in site.courier.messages:
        assert len(message["To"].addresses) == 1
    judged = sent(programs(kind=KeyKind.TEST), "c@example.net", "d@example.net")
    assert judged.status_code == 200
    assert sent(programs(kind=KeyKind.TEAM), "c@example.net").status_code == 403
    assert len(site.office.reading.all_letters()) == 2


def test_a_template_makes_a_letter_for_each_line(site: ThrowawaySite, api: Any, programs: Any) -> None:
    asked = {"name": "Reminder", "subject": "Rent of {month}", "text": "Dear {name}, {{7*7}}"}
    made = api.post("/templates", json=asked).get_json()
    assert made["columns"] == ["month", "name"]
    where = f"/templates/{made['id']}"
    assert api.ask("PUT", where, json=asked | {"version": 1}).get_json()["version"] == 2
    assert programs(owner=OTHER).get(where).status_code == 404
    table = b"name,email,month\nAda,ada@example.net,May\n"
    data = {"bulk": json.dumps({"template": made["id"]}), "table": (io.BytesIO(table), "t.csv")}
    bulk = api.post("/bulk", data=data)
    assert bulk.status_code == 201, bulk.text
    one = f"/bulk/{bulk.get_json()['id']}"
    pdf = api.get(f"{one}/lines/2")
    assert pdf.mimetype == "application/pdf"
    assert "Dear Ada, {{7*7}}" in pypdf.PdfReader(io.BytesIO(pdf.data)).pages[0].extract_text()
    assert api.get(f"{one}/lines/7").status_code == 404
    assert api.post(f"{one}/start").get_json()["state"] == "running"
    site.office.run_until_idle()
    assert [each.subject for each in site.office.reading.all_letters()] == ["Rent of May"]
    lacks = {"bulk": json.dumps({"template": made["id"]}), "table": (io.BytesIO(b"email\na@b.fr\n"), "t.csv")}
    assert "month" in api.post("/bulk/check", data=lacks).get_json()["detail"]
    assert api.delete(where).get_json() == {"items": []}


def test_a_deposit_for_several_counts_as_a_request_for_each_letter(site: ThrowawaySite, api: Any) -> None:
    def sent(count: int) -> Any:
        asked = {"recipients": [{"name": f"P{n}", "email": f"p{n}@example.net"} for n in range(count)]}
        data = {"letter": json.dumps(asked), "documents": [(io.BytesIO(SMALL_PDF), "a.pdf")]}
        return api.post("/letters/to-several", data=data)

    site.office.integration.keys._per_minute = 10
    made = sent(4)
    assert made.status_code == 201
    assert made.headers["RateLimit"].startswith('"key";r=6;')
    over = sent(7)
    assert over.status_code == 429
    assert len(site.office.reading.all_letters()) == 4, "none of the others"
    site.clock.advance(timedelta(seconds=61))
    too_many = sent(51)
    assert too_many.status_code == 422
    assert "50" in too_many.text
    never = sent(11)
    assert (never.status_code, never.get_json()["type"]) == (422, "urn:lre-kit:problem:recipients"), (
        "no wait helps"
    )
    assert sent(4).status_code == 201, "nothing was counted"


def test_a_letterhead_is_read_replaced_and_stands_on_what_is_merged(api: Any, programs: Any) -> None:
    assert api.get("/letterhead").get_json() == {
        "name": SENDER.name, "lines": [], "signature": "", "logo": None,
    }  # fmt: skip
    logo = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 10).decode()
    wish = {"name": "Brumes", "lines": ["1 quai Sud", "44000 Nantes"], "signature": "Z. Brume", "logo": logo}
    assert api.ask("PUT", "/letterhead", json=wish).get_json() == wish
    assert api.get("/letterhead").get_json() == wish
    assert programs(owner=OTHER).get("/letterhead").get_json()["name"] == OTHER.name
    for wrong in (
        {"lines": ["x" * 81]},
        {"logo": base64.b64encode(b"GIF89a").decode()},
        {"lines": ["x"] * 7},
    ):
        assert api.ask("PUT", "/letterhead", json=wish | wrong).status_code in {400, 422}
    assert api.get("/letterhead").get_json() == wish


def test_a_house_lets_those_who_write_for_it_keep_its_book(site: ThrowawaySite, api: Any) -> None:
    people = site.office.people
    facts = PartyFacts(kind=PartyKind.PERSON, usage_name=SENDER.name)
    me, house = people.parties.remember(SENDER.ref, facts), people.parties.add(BRUMES)
    of = f"?of={house.id}"
    assert api.get(f"/contacts{of}").status_code == 404, "not theirs yet"
    people.members.set_role(house.id, me.id, MemberRole.PREPARER, actor=ACTOR)
    made = api.post(f"/contacts{of}", json=ADA)
    assert made.status_code == 201, made.text
    assert made.headers["Location"].endswith(of)
    assert [each["name"] for each in api.get(f"/contacts{of}").get_json()["items"]] == [ADA["name"]]
    assert api.get("/contacts").get_json()["items"] == [], "my own book is another"
    assert api.get(f"/contacts/{made.get_json()['id']}").status_code == 404
    assert api.get(f"/letterhead{of}").get_json()["name"] == house.name
    kept = api.post(f"/templates{of}", json={"name": "Rent", "text": "Dear {name}"})
    assert kept.status_code == 201
    assert site.office.templates.all(house.id)[0].text.name == "Rent"
    people.members.set_role(house.id, me.id, MemberRole.READER, actor=ACTOR)
    for path in ("/contacts", "/contacts.csv", "/contact-groups", "/templates", "/letterhead"):
        assert api.get(f"{path}{of}").status_code == 404
    assert api.get(f"/contacts?of={'0' * 32}").status_code == 404
