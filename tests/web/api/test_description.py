"""The description of the API: what it promises is what is served."""

import io
import json
import re
from typing import Any

import pytest

from lre_kit.testing.office import SMALL_PDF, record_consent
from lre_kit.testing.webhooks import webhook_receiver
from lre_web.api.mounting import ROUTES
from lre_web.testing import ThrowawaySite

ELSEWHERE = {"correctPostalAddress", "readSandbox", "setSandboxClock", "listCaughtMail", "readCaughtMail"}
"""Asked in test_letters.py, where there is a post room, and in test_sandbox.py."""


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
    hooks(look)
    look("GET", "/key")
    look("GET", f"/letters/{number}/proofs/none")
    look("GET", f"/letters/{number}/documents/9")
    look("GET", "/letters/AAAA")


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
    assert (route.answer is None) != (not route.media)
    assert route.is_act == (route.method != "GET" and route.name != "checkBulk")
