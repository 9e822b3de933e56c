"""Whatever is sent to the API, it answers as described, and never with a fault of ours."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lre_kit.contacts.values import Card
from lre_kit.integration.values import KeyWish
from lre_kit.testing import services
from lre_kit.testing.office import SENDER, SMALL_PDF, record_consent
from lre_kit.webhooks.values import EndpointWish, Owner
from lre_web.api.mounting import ROUTES, description
from lre_web.testing import ThrowawaySite

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
Places = tuple[ThrowawaySite, str, dict[str, list[str]]]
IDS = (
    "mail_id", "prepared_id", "identifier_id", "order_id", "organisation_id", "person_id", "mandate_id",
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ODD = st.sampled_from(
    ["", "\x00", "é", "a" * 5000, "../..", "%00", "null", "💣", "\u202ex", "'; --", "0" * 32]
)


def valued(schema: Any, whole: Any) -> st.SearchStrategy[Any]:
    """Return what a schema allows, and a little of what it does not."""
    if "$ref" in schema:
        return valued(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return st.one_of(*(valued(each, whole) for each in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        needed = {name: valued(fields[name], whole) for name in schema.get("required", ())}
        others = {name: valued(each, whole) for name, each in fields.items() if name not in needed}
        return st.fixed_dictionaries(needed, optional=others)
    if kind == "array":
        return st.lists(valued(schema["items"], whole), max_size=2)
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), schema.get("maximum", 200)) | st.integers()
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat())
    if schema.get("contentEncoding") == "base64":
        return st.sampled_from(["aGVsbG8=", "JVBERi0xLjQ=", "", "?"])
    if "pattern" in schema and len(schema["pattern"]) < 20:
        return st.from_regex(schema["pattern"], fullmatch=True) | ODD
    return st.sampled_from(["Ada", "a@example.net", "cpce"]) | TEXT | ODD


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """A site with something of each kind: a key, and what may stand in addresses."""
    more: dict[str, Any] = {
        "api_requests_per_minute": 10**6,
        "webhook_http": "on",
        "webhook_private_hosts": "127.0.0.1",
    }
    with ExitStack() as stack:
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_server")
            more["database_url"] = stack.enter_context(services.fresh_database(server))
        site = ThrowawaySite.open(tmp_path_factory.mktemp("any") / "office", **more)
        office = stack.enter_context(site.office)
        key = office.integration.keys.create(SENDER, KeyWish(name="any")).text
        letter, held = site.letter(), record_consent(office)
        office.run_until_idle()
        owner = Owner(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
        made = office.webhooks.desk.add(owner, EndpointWish(url="http://127.0.0.1:9/"))
        kept = {
            "number": [letter.number],
            "kind": ["deposit", "receipt"],
            "position": ["1", "2"],
            "consent_id": [held.id],
            "bulk_id": ["0" * 32],
            **{name: ["0" * 32] for name in IDS},
            "contact_id": [office.contacts.book.add(SENDER.ref, Card(name="A", email="a@example.net")).id],
            "group_id": [office.contacts.groups.add(SENDER.ref, "G").id],
            "template_id": ["0" * 32],
            "line": ["2", str(2**40)],
            "endpoint_id": [made.endpoint.id, "0" * 8],
            "delivery_id": [office.webhooks.desk.test(made.endpoint.id)],
        }
        yield site, key, kept


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_it_is_answered_as_described(route: Any, places: Any, data: st.DataObject) -> None:
    site, key, kept = places
    whole = description(site.office)
    path = route.path.replace("<int:", "{").replace("<", "{").replace(">", "}")
    operation = whole["paths"][path][route.method.lower()]
    for name, known in kept.items():
        step = data.draw(st.sampled_from(known) | ODD | TEXT, label=name) if f"{{{name}}}" in path else ""
        path = path.replace(f"{{{name}}}", quote(step, safe=""))
    query = {}
    for each in operation["parameters"]:
        if each["in"] == "query" and data.draw(st.booleans(), label=f"has {each['name']}"):
            query[each["name"]] = data.draw(valued(each["schema"], whole), label=each["name"])
    headers = {"Authorization": f"Bearer {key}"}
    if data.draw(st.booleans(), label="with a key"):
        headers["Idempotency-Key"] = data.draw(st.sampled_from(["a", "b", "c", "é", ""]))
    answer = site.app.test_client().open(
        f"/lre/api/v1{path}",
        method=route.method,
        query_string={name: str(value) for name, value in query.items()},
        headers=headers,
        **body_of(operation, whole, data),
    )
    assert answer.status_code < 500, answer.text
    described = operation["responses"]
    # What an address leads to otherwise is no longer this operation.
    if answer.status_code not in {404, 405, 308}:
        assert str(answer.status_code) in described, answer.text
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["type"].startswith("urn:lre-kit:problem:")


def body_of(operation: Any, whole: Any, data: st.DataObject) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return {}
    media = data.draw(st.sampled_from([*content, "application/json", "text/plain"]), label="media")
    if media == "multipart/form-data":
        parts: dict[str, Any] = {}
        for name, schema in content[media]["schema"]["properties"].items():
            if "$ref" in schema:
                parts[name] = json.dumps(data.draw(valued(schema, whole) | JSON, label=name))
            elif data.draw(st.integers(0, 9), label=f"has {name}"):
                table = b"email,name\na@example.net,Ada\n"
                raw = data.draw(st.sampled_from([SMALL_PDF, table, b"hello", b""]) | st.binary(max_size=50))
                title = data.draw(st.sampled_from(["a.pdf", "t.csv", "b.txt", "../x", "é.png", "a\x00b"]))
                parts[name] = (io.BytesIO(raw), title)
        return {"data": parts, "content_type": media}
    schema = content.get("application/json", {}).get("schema")
    told = data.draw((valued(schema, whole) | JSON) if schema else JSON, label="body")
    return {"data": json.dumps(told), "content_type": media}


def test_a_fault_of_ours_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F1.07."""
    site = ThrowawaySite.open(tmp_path / "office")
    with site.office as office:
        key = office.integration.keys.create(SENDER, KeyWish(name="any")).text
        monkeypatch.setattr(office.reading, "letters", lambda *_, **__: 1 / 0)
        answer = site.app.test_client().get("/lre/api/v1/letters", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text
