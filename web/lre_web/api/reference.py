"""The description of the API as people read it: operations by subject, and the shapes they speak of."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A named thing: a parameter, a field, an answer."""

    name: str
    kind: Markup
    words: Markup
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation."""

    anchor: str
    method: str
    path: str
    summary: str
    words: Markup
    parameters: tuple[Line, ...]
    bodies: tuple[Line, ...]
    answers: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape of JSON."""

    name: str
    words: Markup
    fields: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The whole page."""

    operations: Mapping[str, tuple[Operation, ...]]
    shapes: tuple[Shape, ...]


def sections_of(told: Mapping[str, Any]) -> Sections:
    """Return a description (`lre_web.api.openapi`) in the order in which people read it."""
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    shapes = sorted(told["components"]["schemas"].items())
    return Sections(
        operations={tag: tuple(found) for tag, found in by_tag.items()},
        shapes=tuple(_shape(name, schema) for name, schema in shapes),
    )


def prose(text: str) -> Markup:
    """Return a description with its code marked as such."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def _operation(path: str, method: str, told: Mapping[str, Any]) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    return Operation(
        anchor=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        words=prose(told.get("description", "")),
        parameters=tuple(_parameter(each) for each in told["parameters"]),
        bodies=tuple(
            Line(name=media, kind=_kind(each["schema"]), words=Markup("")) for media, each in content.items()
        ),
        answers=tuple(_answers(told["responses"])),
    )


def _answers(told: Mapping[str, Any]) -> Iterator[Line]:
    for status, each in told.items():
        if status == "default":
            continue
        kinds = Markup(", ").join(_kind(one["schema"]) for one in each.get("content", {}).values())
        if int(status) >= 400:
            words = Markup("<br>").join(
                prose(line.removeprefix("- ")) for line in each["description"].split("\n")
            )
            yield Line(name=status, kind=Markup(""), words=words)
        else:
            yield Line(name=status, kind=kinds, words=prose(each["description"]))


def _parameter(told: Mapping[str, Any]) -> Line:
    where = f"{told['name']} ({told['in']})"
    is_required = bool(told.get("required"))
    return Line(
        name=where, kind=_kind(told["schema"]), words=prose(told["description"]), is_required=is_required
    )


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = [
        Line(
            name=field,
            kind=_kind(each),
            words=prose(each.get("description", "")),
            is_required=field in required,
        )
        for field, each in schema.get("properties", {}).items()
    ]
    if "enum" in schema:
        fields = [Line(name=str(value), kind=Markup(""), words=Markup("")) for value in schema["enum"]]
    return Shape(name=name, words=prose(schema.get("description", "")), fields=tuple(fields))


def _kind(schema: Mapping[str, Any]) -> Markup:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" | ").join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return Markup("[") + _kind(schema["items"]) + Markup("]")
    if "enum" in schema:
        return Markup(" | ").join(escape(value) for value in schema["enum"])
    if "properties" in schema:
        parts = (Markup("{}: {}").format(name, _kind(each)) for name, each in schema["properties"].items())
        return Markup(", ").join(parts)
    return escape(schema.get("format") or schema.get("type") or "object")
