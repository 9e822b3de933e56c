"""The description of the API (OpenAPI 3.1), made from the declared routes and their models."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from lre_kit.errors import IdentificationError, LreError, RequirementError, ThrottledError
from lre_kit.integration.answers import IdempotencyReusedError, InProgressError
from lre_kit.integration.issuers import Issuer
from lre_kit.integration.values import (
    KeyKindError,
    KeyRefusedError,
    RateLimitedError,
    Scope,
    ScopeMissingError,
)
from lre_web.api.acting import HEADER
from lre_web.api.declaring import JSON, MULTIPART, SINGLE, Asked, Route, Told
from lre_web.api.problems import (
    MEDIA,
    BodyTooLargeError,
    InvalidRequestError,
    MalformedError,
    NotAcceptableError,
    Problem,
    StaleMatchError,
    WrongMediaError,
    meaning,
    type_of,
)

_ARGUMENT = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_REF = "#/components/schemas/{model}"
_ARGUMENTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "number": ("The letter's sending number", {"type": "string"}),
    "kind": ("The kind of proof, as the list of proofs names it", {"type": "string"}),
    "position": ("The document's place, from 1", {"type": "integer", "minimum": 0}),
    "consent_id": ("The consent's id", {"type": "string"}),
    "prepared_id": ("The prepared letter's id", {"type": "string"}),
    "identifier_id": ("The identification means' id", {"type": "string"}),
    "order_id": ("The order's id", {"type": "string"}),
    "organisation_id": ("The organisation's id", {"type": "string"}),
    "person_id": ("The person's id", {"type": "string"}),
    "mandate_id": ("The mandate's id", {"type": "string"}),
    "mail_id": ("The message's id", {"type": "string"}),
    "endpoint_id": ("The endpoint's id", {"type": "string"}),
    "delivery_id": ("The delivery's id", {"type": "string"}),
    "contact_id": ("The entry's id", {"type": "string"}),
    "group_id": ("The group's id", {"type": "string"}),
    "template_id": ("The template's id", {"type": "string"}),
    "line": ("The line's number in the table", {"type": "integer", "minimum": 0}),
    "bulk_id": ("The bulk sending's id", {"type": "string"}),
    "upload_id": ("The upload's id", {"type": "string"}),
}
"""What stands in addresses, by name."""

_INTRODUCTION = """Registered letters for programs: every act of the pages, with the same rules.

Send `Authorization: Bearer lre_…` with each request. What goes wrong is told as a problem (RFC 9457) whose
`type` never changes. Instants are UTC (RFC 3339); legal days stand beside them. Lists come in pages, the
newest first: hand `next` back as `cursor`. Send an `Idempotency-Key` with each act: asked again within a day,
the same request gets the same answer, marked `Idempotency-Replayed: true`, and nothing is done twice."""


def document_of(
    routes: Iterable[Route], *, server: str, provider: str, issuers: Sequence[Issuer] = ()
) -> dict[str, Any]:
    """Return the description.

    Args:
        routes: What is served.
        server: Address of the API.
        provider: Who serves it.
        issuers: Authorization servers whose access tokens are accepted beside keys.
    """
    routes = tuple(routes)
    models: list[tuple[type[Asked | Told], JsonSchemaMode]] = [(Problem, "serialization")]
    for route in routes:
        models += [(route.body, "validation")] if route.body is not None else []
        models += [(route.answer, "serialization")] if route.answer is not None else []
    _, defined = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _ARGUMENT.sub(lambda found: f"{{{found['name']}}}", route.path)
        operation = _operation(route)
        if issuers:
            operation["security"] = [{"key": []}, *(_opened_by(each, route) for each in issuers)]
        paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{provider}: registered letters",
            "version": version("lre-kit"),
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": _plain(defined.get("$defs", {})),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of the API. Scopes: "
                    + ", ".join(f"`{scope.value}`" for scope in Scope),
                },
                **{f"oauth_{each.slug}": _scheme(each) for each in issuers},
            },
        },
    }


def _scheme(issuer: Issuer) -> dict[str, Any]:
    scopes = {
        name: "Opens " + ", ".join(sorted(scope.value for scope in opened))
        for name, opened in issuer.scopes.items()
    }
    flow = {"tokenUrl": issuer.token_endpoint, "scopes": scopes}
    return {
        "type": "oauth2",
        "description": f"An access token (RFC 9068) of {issuer.issuer} for the audience {issuer.audience}.",
        "flows": {"clientCredentials": flow},
    }


def _opened_by(issuer: Issuer, route: Route) -> dict[str, list[str]]:
    """Return the least that a token must say: one of its scopes that open a route."""
    opening = sorted((len(opened), name) for name, opened in issuer.scopes.items() if route.scope in opened)
    return {f"oauth_{issuer.slug}": [name for _, name in opening[:1]]}


def _operation(route: Route) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": {**_answers(route), **_refusals(route)},
    }
    scope = f"Scope: `{route.scope.value}`." if route.scope is not None else ""
    if description := "\n\n".join(part for part in (route.about, scope) if part):
        told["description"] = description
    if body := _body(route):
        told["requestBody"] = body
    return told


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    found = []
    for argument in _ARGUMENT.finditer(route.path):
        words, schema = _ARGUMENTS[argument["name"]]
        found.append(
            {"name": argument["name"], "in": "path", "required": True, "description": words, "schema": schema}
        )
    return found


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    whole = route.query.model_json_schema(ref_template=_REF)
    definitions = whole.get("$defs", {})
    found = []
    for name, schema in whole["properties"].items():
        inner = _inlined(schema, definitions)
        # An address says nothing by leaving a parameter out, never by “null”.
        options = [each for each in inner.pop("anyOf", ()) if each.get("type") != "null"]
        if len(options) == 1:
            inner |= options[0]
        if inner.get("default") is None:
            inner.pop("default", None)
        words = inner.pop("description", "")
        inner.pop("title", None)
        one = {"name": name, "in": "query", "required": name in whole.get("required", ())}
        found.append(one | {"description": _markdown(words), "schema": inner})
    return found


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": each.name, "in": "header", "description": each.words, "schema": dict(each.schema)}
        | ({"required": True} if each.is_required else {})
        for each in route.headers
    ]
    if route.is_act:
        words = "Makes the request safe to send again: a fresh one for each act, such as a UUID."
        schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "description": words, "schema": schema})
    if route.identifies:
        words = "A pass for qualified letters, which the sender gets on the page of their keys for an hour."
        found.append({"name": HEADER, "in": "header", "description": words, "schema": {"type": "string"}})
    if route.takes_match:
        words = "The ETag that you read: the act is refused if something changed since."
        found.append({"name": "If-Match", "in": "header", "description": words, "schema": {"type": "string"}})
    return found


def _body(route: Route) -> dict[str, Any] | None:
    if route.raw:
        return {"required": True, "content": {route.raw: {"schema": _file(route.raw)}}}
    if route.body is None and not route.files:
        return None
    content: dict[str, Any] = {}
    reference = {"$ref": _REF.format(model=route.body.__name__)} if route.body is not None else None
    if reference is not None and route.takes_json:
        content[JSON] = {"schema": reference}
    if route.files:
        files = {name: _uploaded(name) | {"description": words} for name, words in route.files.items()}
        parts = ({route.part: reference} if reference is not None else {}) | files
        schema = {
            "type": "object",
            "properties": parts,
            "required": [name for name in parts if name not in route.may_lack],
            "additionalProperties": False,
        }
        content[MULTIPART] = {"schema": schema}
        if reference is not None:
            content[MULTIPART]["encoding"] = {route.part: {"contentType": JSON}}
    return {"required": True, "content": content}


def _uploaded(name: str) -> dict[str, Any]:
    file = {"type": "string", "format": "binary"}
    return file if name in SINGLE else {"type": "array", "items": file, "minItems": 1}


def _answers(route: Route) -> dict[str, Any]:
    headers: dict[str, Any] = {
        "RateLimit": {"description": "What is left of the minute", "schema": {"type": "string"}},
        "RateLimit-Policy": {"description": "Requests a minute", "schema": {"type": "string"}},
    }
    if route.has_etag:
        headers["ETag"] = {"description": "For `If-Match`", "schema": {"type": "string"}}
    if route.is_act:
        words = "`true` where an earlier answer is given again"
        headers["Idempotency-Replayed"] = {"description": words, "schema": {"type": "string"}}
    if route.status == 201:
        headers["Location"] = {"description": "Where it is read", "schema": {"type": "string"}}
    headers |= {
        name: {"description": words, "schema": {"type": "string"}} for name, words in route.tells.items()
    }
    content: dict[str, Any] = {media: {"schema": _file(media)} for media in route.media}
    if route.answer is not None:
        content[JSON] = {"schema": {"$ref": _REF.format(model=route.answer.__name__)}}
    whole = {"description": route.summary, "headers": headers, **({"content": content} if content else {})}
    if route.judges and route.status == 201:
        return {"201": whole, "200": whole | {"description": "Judged with a test key; nothing is kept"}}
    return {str(route.status): whole}


def _file(media: str) -> dict[str, Any]:
    return {"type": "object"} if media == JSON else {"type": "string", "format": "binary"}


def refusals_of(route: Route) -> list[type[LreError]]:
    """Return what a route refuses with."""
    found: list[type[LreError]] = [KeyRefusedError, InvalidRequestError, RateLimitedError]
    if route.scope is not None:
        found.append(ScopeMissingError)
    if route.answer is not None or route.media:
        found.append(NotAcceptableError)
    if route.body is not None or route.files or route.raw:
        found += [MalformedError, WrongMediaError, BodyTooLargeError]
    if route.is_act:
        found += [MalformedError, IdempotencyReusedError, InProgressError, KeyKindError]
    if route.takes_match:
        found.append(StaleMatchError)
    if route.identifies:
        found += [IdentificationError, RequirementError]
    return [*dict.fromkeys([*found, *route.errors])]


def _refusals(route: Route) -> dict[str, Any]:
    by_status: dict[int, list[type[LreError]]] = {}
    for kind in refusals_of(route):
        by_status.setdefault(kind.status, []).append(kind)
    problem = {MEDIA: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}}
    told = {}
    for status, kinds in sorted(by_status.items()):
        words = "\n".join(f"- `{type_of(kind)}`: {meaning(kind)}" for kind in kinds)
        told[str(status)] = {"description": words, "content": problem}
        if any(issubclass(kind, ThrottledError) for kind in kinds):
            told[str(status)]["headers"] = {
                "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}
            }
    told["default"] = {"description": "Anything else that goes wrong", "content": problem}
    return told


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return _inlined({**definitions[name], **rest}, definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    return [_inlined(each, definitions) for each in schema] if isinstance(schema, list) else schema


def _plain(schema: Any) -> Any:
    """Return schemas with descriptions in Markdown, and without titles that repeat a field's name."""
    if isinstance(schema, dict):
        kept = {}
        for key, value in schema.items():
            if key == "title" and isinstance(value, str):
                continue
            kept[key] = _markdown(value) if key == "description" and isinstance(value, str) else _plain(value)
        return kept
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def _markdown(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")
