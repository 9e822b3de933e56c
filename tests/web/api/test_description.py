"""The description of the API: what it promises is what is served."""

import io
import json
import re
from datetime import date
from typing import Any

import pytest

from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.mandates import Scope as MandateScope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.testing.office import SENDER, SMALL_PDF, record_consent
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN
from lre_kit.testing.webhooks import webhook_receiver
from lre_web.api.mounting import ROUTES
from lre_web.testing import ThrowawaySite

ELSEWHERE = {
    "correctPostalAddress", "readSandbox", "setSandboxClock", "listCaughtMail", "readCaughtMail",
    "signPrepared",
}  # fmt: skip
"""Asked in test_letters.py, where there is a post room, in test_sandbox.py and in test_passes.py."""


def described(api: Any) -> Any:
    answer = api.site.client().get("/lre/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.get_json()


def faults(value: Any, schema: Any, whole: Any, place: str = "") -> list[str]:
    """Return where a value is not what a schema (JSON Schema 2020-12, as far as we use it) says."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return faults(value, whole["components"]["schemas"][name], whole, place)
    known = {
        "type", "properties", "required", "items", "enum", "const", "anyOf", "format", "description",
        "default", "additionalProperties", "propertyNames", "pattern", "minimum", "maximum", "maxLength",
        "maxItems",
    }  # fmt: skip
    assert schema.keys() <= known, f"not looked at: {schema.keys() - known}"
    if "anyOf" in schema:
        tried = [faults(value, each, whole, place) for each in schema["anyOf"]]
        return [] if [] in tried else [f"{place}: none of the choices", *tried[0]]
    kinds = {
        "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
        "object": dict, "null": type(None),
    }  # fmt: skip
    kind: Any = kinds.get(schema.get("type", ""))
    if kind and (not isinstance(value, kind) or (isinstance(value, bool) and kind is int)):
        return [f"{place}: {type(value).__name__} is no {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is not in the list")
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        found.append(f"{place}: no instant")
    if schema.get("format") == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        found.append(f"{place}: no day")
    if isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
        for name, each in value.items():
            found += faults(each, schema["additionalProperties"], whole, f"{place}/{name}")
            found += faults(name, schema.get("propertyNames", {}), whole, f"{place}/{name}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{place}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        if "additionalProperties" not in schema:
            found += [f"{place}: {name} is not described" for name in value.keys() - properties.keys()]
        for name in value.keys() & properties.keys():
            found += faults(value[name], properties[name], whole, f"{place}/{name}")
    if isinstance(value, list):
        for at, each in enumerate(value):
            found += faults(each, schema["items"], whole, f"{place}/{at}")
    return found


def test_what_is_not_as_described_is_found() -> None:
    whole = {
        "components": {
            "schemas": {"A": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}
        }
    }
    reference = {"$ref": "#/components/schemas/A"}
    assert faults({"n": 1}, reference, whole) == []
    assert faults({"n": "1"}, reference, whole)
    assert faults({}, reference, whole)
    assert faults({"n": 1, "m": 1}, reference, whole)


def test_every_answer_is_as_described(site: ThrowawaySite, api: Any, programs: Any) -> None:
    whole, seen = described(api), set()
    adapter = re.compile(r"\{\w+\}")
    paths = {re.compile(adapter.sub("[^/]+", path)): path for path in whole["paths"]}

    def look(method: str, path: str, **more: Any) -> Any:
        answer = api.ask(method, path, **more)
        bare = path.partition("?")[0]
        # The more of an address is fixed, the better it fits.
        fits = [named for pattern, named in paths.items() if pattern.fullmatch(bare)]
        operation = whole["paths"][min(fits, key=lambda named: named.count("{"))][method.lower()]
        responses = operation["responses"]
        response = responses.get(str(answer.status_code), responses["default"])
        assert answer.status_code < 400 or str(answer.status_code) in responses, (path, answer.text)
        if answer.status_code == 204:
            assert (answer.data, "content" in response) == (b"", False)
            seen.add(operation["operationId"])
            return answer
        assert answer.mimetype in response["content"] or "application/octet-stream" in response["content"], (
            path
        )
        schema = response["content"].get(answer.mimetype, {}).get("schema", {})
        if answer.mimetype.endswith("json") and schema != {"type": "object"}:
            assert faults(answer.get_json(), schema, whole) == [], path
        if answer.status_code < 400:
            seen.add(operation["operationId"])
            assert set(response["headers"]) - set(answer.headers.keys()) <= {"Idempotency-Replayed"}, path
        return answer

    tour(site, api, look)
    assert {route.name for route in ROUTES} - seen == ELSEWHERE, "a route nobody asked"
    assert api.site.client().get("/lre/api/v1/letters").status_code == 401


def tour(site: ThrowawaySite, api: Any, look: Any) -> None:
    """Ask every route, rightly and wrongly."""
    number = api.deposited()
    form = {"recipient": {"name": "A", "email": "a@example.net"}}
    document = {"name": "a.txt", "content": "aGVsbG8="}
    look("POST", "/letters", json=form | {"documents": [document], "matter": "ordinary"})
    look("POST", "/letters", json=form)
    look("POST", "/letters", json={})
    look("POST", "/letters", data=b"x")
    corrected = look("POST", f"/letters/{number}/address", json={"email": "b@example.net"})
    look("POST", f"/letters/{number}/withdraw", headers={"If-Match": '"other"'})
    look("POST", f"/letters/{number}/withdraw", headers={"If-Match": corrected.headers["ETag"]})
    look("POST", f"/letters/{number}/withdraw")
    number = api.deposited()
    look("POST", f"/letters/{number}/postal-address", json={"lines": ["A", "75001 PARIS"]})
    look("GET", f"/letters/{number}/proofs/deposit")
    site.office.run_until_idle()
    look("GET", "/letters?limit=1")
    for rest in ("", "/timeline", "/proofs", "/container", "/bundle?documents=false", "/documents/1"):
        look("GET", f"/letters/{number}{rest}")
    for form_of_it in ("pdf&language=en", "json", "xml"):
        look("GET", f"/letters/{number}/proofs/deposit?format={form_of_it}")
    consents(site, look)
    bulk(site, look)
    books(look)
    several(look)
    hooks(look)
    rules(look, number)
    people(site, look)
    uploads(look)
    look("GET", "/key")
    look("GET", "/status")
    look("GET", "/key", headers={"Accept": "text/html"})
    look("GET", f"/letters/{number}/proofs/none")
    look("GET", f"/letters/{number}/documents/9")
    look("GET", "/letters/AAAA")


def uploads(look: Any) -> None:
    told = {"Upload-Length": "5", "Upload-Metadata": "filename YS50eHQ="}
    begun = look("POST", "/uploads", headers=told).get_json()["id"]
    look("POST", "/uploads", headers=told | {"Upload-Length": "x"})
    look("POST", "/uploads", headers=told | {"Upload-Length": "0"})
    look("POST", "/uploads", headers=told | {"Tus-Resumable": "0.1"})
    media = {"content_type": "application/offset+octet-stream"}
    at = {"Upload-Offset": "0"}
    look("PATCH", f"/uploads/{begun}", data=b"hel", headers=at | {"Upload-Checksum": "sha1 AAAA"}, **media)
    look("PATCH", f"/uploads/{begun}", data=b"hello", headers=at, **media)
    look("PATCH", f"/uploads/{begun}", data=b"hello", headers=at, **media)
    look("GET", f"/uploads/{begun}")
    look("DELETE", f"/uploads/{begun}")
    look("DELETE", f"/uploads/{begun}")


def consents(site: ThrowawaySite, look: Any) -> None:
    who = {"name": "Ada", "email": "ada@example.net"}
    asked = look("POST", "/consents", json=who).get_json()
    look("POST", "/consents", json=who)
    look("POST", "/consents", json=who | {"phone": "12"})
    given = record_consent(site.office)
    site.office.run_until_idle()
    look("GET", "/consents?limit=1")
    look("GET", f"/consents/{asked['id']}/proof")
    for rest in ("", "/history", "/proof?language=en", "/bundle"):
        look("GET", f"/consents/{given.id}{rest}")
    look("POST", f"/consents/{given.id}/withdraw", json={"reason": " "})
    look("POST", f"/consents/{given.id}/withdraw", json={"reason": "By post"})
    look("POST", f"/consents/{given.id}/withdraw", json={"reason": "By post"})
    look("GET", "/consents/x")


def several(look: Any) -> None:
    def form(*emails: str) -> dict[str, Any]:
        asked = {"recipients": [{"name": each, "email": each} for each in emails]}
        return {"letter": json.dumps(asked), "documents": [(io.BytesIO(SMALL_PDF), "a.pdf")]}

    look("POST", "/letters/to-several", data=form("a@example.net", "b@example.net"))
    look("POST", "/letters/to-several", data=form("a@example.net", "nobody"))
    look("POST", "/letters/to-several", data=form("a@example.net", "a@example.net"))


def books(look: Any) -> None:
    def form(raw: bytes) -> dict[str, Any]:
        return {"import": "{}", "table": (io.BytesIO(raw), "t.csv")}

    who = {"name": "Ada", "email": "ada@example.net"}
    made = look("POST", "/contacts", json=who).get_json()
    look("POST", "/contacts", json=who | {"email": "nobody"})
    one = f"/contacts/{made['id']}"
    look("GET", "/contacts?limit=1")
    look("GET", one)
    look("PUT", one, json=who | {"version": 1, "postal": {"lines": ["Ada", "75001 Paris"]}})
    look("PUT", one, json=who | {"version": 1})
    look("POST", "/contacts/import", data=form(b"name,email\nAda,ada@example.net\nBob,b@example.net\n"))
    look("POST", "/contacts/import", data=form(b"name,email\nEve,nobody\n"))
    look("GET", "/letterhead")
    look("PUT", "/letterhead", json={"name": "Brumes", "lines": ["1 quai Sud"]})
    look("GET", f"/letterhead?of={'0' * 32}")
    look("GET", "/contacts.csv")
    group = look("POST", "/contact-groups", json={"name": "Tenants"}).get_json()
    look("POST", "/contact-groups", json={"name": "tenants"})
    look("POST", f"/contact-groups/{group['id']}/members", json={"put": [made["id"]]})
    look("GET", "/contact-groups")
    look("GET", f"/contact-groups/{group['id']}")
    look("DELETE", f"/contact-groups/{group['id']}")
    look("DELETE", one)
    look("DELETE", one)
    text = {"name": "Reminder", "subject": "Rent of {month}", "text": "Dear {name}"}
    template = look("POST", "/templates", json=text).get_json()
    look("POST", "/templates", json=text)
    look("GET", "/templates")
    where = f"/templates/{template['id']}"
    look("GET", where)
    look("PUT", where, json=text | {"version": 1})
    look("PUT", where, json=text | {"version": 1})
    table = {"table": (io.BytesIO(b"name,email,month\nAda,ada@example.net,May\n"), "t.csv")}
    wish = {"bulk": json.dumps({"template": template["id"]})}
    bulk_id = look("POST", "/bulk", data=wish | table).get_json()["id"]
    look("GET", f"/bulk/{bulk_id}/lines/2")
    look("GET", f"/bulk/{bulk_id}/lines/3")
    look("DELETE", where)


def bulk(site: ThrowawaySite, look: Any) -> None:
    def form(raw: bytes, **more: Any) -> dict[str, Any]:
        return {"bulk": json.dumps({"title": "Spring"} | more), "table": (io.BytesIO(raw), "t.csv")}

    def files() -> dict[str, Any]:
        return {"documents": (io.BytesIO(SMALL_PDF), "a.pdf")}

    good, wrong = b"email,name\na@example.net,Ada\n", b"email,name\nnobody,Eve\n"
    look("POST", "/bulk/check", data=form(good))
    assert look("POST", "/bulk/check", data=form(wrong)).get_json()["wrong"] == 1
    look("POST", "/bulk/check", data=form(b""))
    look("POST", "/bulk", data=form(wrong) | files())
    made = look("POST", "/bulk", data=form(good) | files()).get_json()
    other = look("POST", "/bulk", data=form(good) | files()).get_json()
    named = look("POST", "/bulk", data=form(good, product="qualified") | files()).get_json()
    look("POST", f"/bulk/{named['id']}/start")
    for act in ("pause", "start", "pause", "resume", "start"):
        look("POST", f"/bulk/{made['id']}/{act}")
    look("POST", f"/bulk/{other['id']}/stop")
    site.office.run_until_idle()
    look("GET", "/bulk?limit=1")
    look("GET", f"/bulk/{made['id']}")
    assert b",sent," in look("GET", f"/bulk/{made['id']}/result").data
    look("GET", "/bulk/x")


def rules(look: Any, number: str) -> None:
    [simple] = [each for each in look("GET", "/products").get_json()["items"] if each["product"] == "simple"]
    assert (simple["is_offered"], simple["sender"]["level"]) == (True, None)
    look("GET", "/products?at=1900-01-01T00:00:00Z")
    told = look("GET", "/deadlines?sent_at=2026-03-20T13:30:00Z").get_json()
    assert (told["first_day"], told["last_day"]) == ("2026-03-21", "2026-04-04")
    assert told["closes_at"] == "2026-04-04T22:00:00Z"
    look("GET", "/deadlines?sent_at=1900-01-01T00:00:00Z")
    assert look("GET", f"/letters/{number}/deadlines").get_json()["is_over"] is False
    look("GET", "/letters/AAAA/deadlines")
    assert (
        look("POST", "/verify", data={"proof": (io.BytesIO(b"{}"), "a.json")}).get_json()["result"]
        != "passed"
    )
    look("POST", "/verify", data={})


def people(site: ThrowawaySite, look: Any) -> None:
    look("GET", "/organisations")
    parties = site.office.people.parties
    facts = PartyFacts(kind=PartyKind.PERSON, usage_name=SENDER.name)
    me = parties.remember(SENDER.ref, facts)
    house = parties.add(BRUMES)
    members = site.office.people.members
    members.set_role(house.id, me.id, MemberRole.OWNER, actor=ACTOR)
    for path in (
        "/identifiers",
        "/orders",
        "/organisations",
        "/mandates",
        f"/organisations/{house.id}/members",
    ):
        look("GET", path)
    look("GET", f"/organisations/{'0' * 32}/members")
    look("DELETE", f"/organisations/{house.id}/members/{me.id}")
    other = parties.add(JEAN)
    members.set_role(house.id, other.id, MemberRole.READER, actor=ACTOR)
    told = look("DELETE", f"/organisations/{house.id}/members/{other.id}").get_json()
    assert [each["person"] for each in told["items"]] == [me.id]
    look("DELETE", f"/organisations/{house.id}/members/x")
    look("POST", "/orders", json={"kind": "paper_codes"})
    addresses = site.office.people.addresses
    lines = (SENDER.name, "12 rue des Lilas", "75020 PARIS")
    addresses.set_address(me.id, PostalAddress(lines=lines), confirmed=True, actor=ACTOR)
    made = look("POST", "/orders", json={"kind": "paper_codes"}).get_json()
    look("POST", "/orders", json={"kind": "paper_codes"})
    look("POST", f"/orders/{made['id']}/cancel")
    look("POST", f"/orders/{made['id']}/cancel")
    sheet = site.office.people.paper_codes.make_sheet(None, me.id, actor=ACTOR).identifier
    assert look("POST", f"/identifiers/{sheet.id}/report-lost").get_json()["state"] == "revoked"
    look("POST", f"/identifiers/{sheet.id}/report-lost")
    look("POST", "/identifiers/x/report-lost")
    mandate = site.office.people.mandates.grant(
        grantor_id=house.id, delegate_id=me.id, scope=[MandateScope.SEND], valid_from=date(2026, 1, 1),
        valid_until=None, reference="Deed", actor=ACTOR,
    )  # fmt: skip
    assert look("GET", "/mandates").get_json()["items"][0]["scopes"] == ["send"]
    assert look("POST", f"/mandates/{mandate.id}/end").get_json()["in_force"] is False
    look("POST", "/mandates/x/end")
    look("GET", "/prepared")
    form = {"recipient": {"name": "A", "email": "a@example.net"}, "organisation": house.id}

    def files() -> dict[str, Any]:
        return {"letter": json.dumps(form), "documents": (io.BytesIO(SMALL_PDF), "a.pdf")}

    first, second = (look("POST", "/prepared", data=files()).get_json()["id"] for _ in range(2))
    look("GET", f"/prepared/{first}")
    look("POST", f"/prepared/{first}/sign")
    look("POST", f"/prepared/{first}/decline", json={"reason": "No"})
    look("POST", f"/prepared/{second}/withdraw")
    look("POST", f"/prepared/{second}/withdraw")
    look("GET", "/prepared/x")


def hooks(look: Any) -> None:
    page = look("GET", "/events?limit=1").get_json()
    look("GET", f"/events?cursor={page['next']}&letter=AAAA")
    look("GET", "/events?cursor=x")
    with webhook_receiver() as receiver:
        made = look("POST", "/webhooks", json={"url": receiver.url}).get_json()
    one = f"/webhooks/{made['id']}"
    look("POST", "/webhooks", json={"url": "http://localhost/"})
    look("POST", "/webhooks", json={"url": receiver.url, "types": ["letter.eaten"]})
    look("GET", "/webhooks")
    look("GET", one)
    look("GET", "/webhooks/00000000")
    look("PATCH", one, json={"types": ["letter.received"]})
    look("PATCH", one, json={"description": "x" * 300})
    tested = look("POST", f"{one}/test").get_json()
    look("POST", f"{one}/test")
    look("GET", f"{one}/deliveries?limit=1")
    look("GET", f"{one}/deliveries/{tested['id']}")
    look("GET", f"{one}/deliveries/none")
    look("POST", f"{one}/replay", json={"since": "2020-01-01T00:00:00Z"})
    look("POST", f"{one}/rotate")
    look("POST", f"{one}/disable")
    look("POST", f"{one}/replay", json={"since": "2020-01-01T00:00:00Z"})
    look("POST", f"{one}/enable")
    look("DELETE", one)
    look("DELETE", one)


def test_it_is_whole(api: Any) -> None:
    told = described(api)
    assert told["openapi"] == "3.1.0"
    text = json.dumps(told)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert references == set(told["components"]["schemas"])
    names = [each["operationId"] for path in told["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) == len(ROUTES)
    for schema in told["components"]["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            assert "description" in field or "$ref" in field or "anyOf" in field, name


def test_every_type_of_problem_it_names_stands_in_the_reference(api: Any) -> None:
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    named = set(re.findall(r"urn:lre-kit:problem:([a-z-]+)", json.dumps(described(api))))
    assert len(named) > 15
    assert {name for name in named if f"| `{name}` |" not in page} == set()


def test_it_describes_a_form_with_its_parts(api: Any) -> None:
    content = described(api)["paths"]["/letters"]["post"]["requestBody"]["content"]
    assert content.keys() == {"application/json", "multipart/form-data"}
    assert content["multipart/form-data"]["schema"]["required"] == ["letter", "documents"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_says_what_it_is(route: Any) -> None:
    assert route.summary
    assert (route.answer is None) != (not route.media) or route.status == 204
    # A part says where it begins, and what is erased stays so: both may be sent again as they are.
    harmless = {"checkBulk", "verifyProof", "appendUpload", "endUpload"}
    assert route.is_act == (route.method != "GET" and route.name not in harmless)
