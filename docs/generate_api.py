"""What is written from the description of the API: its reference page, and the shapes of the client."""

from collections.abc import Iterator, Mapping
from typing import Any

from lre_web.api.mounting import ROUTES
from lre_web.api.openapi import document_of, refusals_of
from lre_web.api.problems import type_of

SERVER = "https://lettres.example/lre/api/v1"
"""Where the API of the page's examples hangs."""

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def described() -> dict[str, Any]:
    """Return the description."""
    return document_of(ROUTES, server=SERVER, provider="LRE Kit")


def api_page() -> str:
    """Return the reference of the API."""
    told = described()
    lines = [
        "# API",
        "",
        "Written from the code; an office serves the same as `/api/v1/openapi.json` (OpenAPI 3.1), and as a",
        "page at `/api`. [Use the API](../how-to/use-the-api.md) shows it at work. Types of problems are",
        "explained in [Errors](errors.md): `urn:lre-kit:problem:<slug>`.",
        "",
        told["info"]["description"],
        "",
    ]
    for tag in [each["name"] for each in told["tags"]]:
        lines += [f"## {tag}", "", "| Operation | | Scope | Meaning |", "|---|---|---|---|"]
        for route in ROUTES:
            if route.tag == tag:
                path = route.path.replace("<int:", "{").replace("<", "{").replace(">", "}")
                scope = f"`{route.scope.value}`" if route.scope else "any"
                lines.append(f"| `{route.name}` | `{route.method} {path}` | {scope} | {route.summary} |")
        lines.append("")
        for route in ROUTES:
            own = [kind for kind in route.errors if kind in refusals_of(route)]
            if route.tag == tag and own:
                lines.append(f"`{route.name}` may answer {', '.join(f'`{type_of(kind)}`' for kind in own)}.")
                lines.append("")
    lines += ["## Shapes", ""]
    for name, schema in sorted(told["components"]["schemas"].items()):
        lines += [*_shape_lines(name, schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def _shape_lines(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield schema.get("description", "")
    yield ""
    if "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
        return
    yield "| Field | Type | Meaning |"
    yield "|---|---|---|"
    for field, each in schema.get("properties", {}).items():
        needed = " (required)" if field in schema.get("required", ()) and name.endswith("Asked") else ""
        kind = _type(each).replace("|", "\\|")
        yield f"| `{field}` | `{kind}` | {each.get('description', '')}{needed} |"


def shapes_module() -> str:
    """Return the module of the client that types what travels."""
    lines = [
        '"""What travels over the API, as JSON holds it; written by ``docs/generate.py``, not by hand."""',
        "",
        "from typing import Literal, NotRequired, TypedDict",
        "",
    ]
    schemas = described()["components"]["schemas"]
    for name, schema in sorted(schemas.items()):
        if "enum" in schema:
            lines += [f"{name} = Literal[", *(f'    "{value}",' for value in schema["enum"]), "]", ""]
    for name, schema in _in_order(schemas):
        lines += ["", f"class {name}(TypedDict):", f'    """{schema["description"]}"""', ""]
        for field, each in schema["properties"].items():
            kind = _type(each)
            is_asked = name.endswith("Asked") or field == "errors"
            needed = not is_asked or field in schema.get("required", ())
            lines.append(f"    {field}: {kind if needed else f'NotRequired[{kind}]'}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _in_order(schemas: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield objects, each after those it holds."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[tuple[str, Any]]:
        schema = schemas[name]
        if name in done or "properties" not in schema:
            return
        done.add(name)
        for below in _names(schema):
            yield from visit(below)
        yield name, schema

    for name in sorted(schemas):
        yield from visit(name)


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for value in schema.values():
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list[{_type(schema['items'])}]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {_type(inner) if isinstance(inner, dict) else 'object'}]"
    return _PLAIN[schema["type"]]
