"""What a request says: its parameters, its body as JSON or with files, and what makes two the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from pydantic import ValidationError
from werkzeug.datastructures import FileStorage

from lre_web.api.declaring import JSON, MULTIPART, SINGLE, Asked, Route
from lre_web.api.problems import FieldProblem, InvalidRequestError, MalformedError, WrongMediaError

JSON_MAX_BYTES = 12 * 1024 * 1024
"""Largest body as JSON; larger documents come as ``multipart/form-data``."""

READ_BYTES = 256 * 1024
"""How much of a file is in memory at once, in bytes."""

Files = Mapping[str, Sequence[FileStorage]]

_FORM_MEND = "See the description of the API at openapi.json."


def query_of(route: Route) -> Asked | None:
    """Return the parameters of the address.

    Raises:
        InvalidRequestError: One is unknown, comes twice, or cannot be used.
    """
    told = request.args.to_dict(flat=False)
    twice = [name for name, values in told.items() if len(values) > 1]
    known = route.query.model_fields if route.query is not None else {}
    wrong = [
        FieldProblem(pointer=_shown(name), detail="There is no such parameter.")
        for name in told.keys() - known.keys()
    ]
    wrong += [FieldProblem(pointer=_shown(name), detail="It comes more than once.") for name in twice]
    if wrong:
        msg = "A parameter of the address cannot be used."
        raise InvalidRequestError(msg, mend=_FORM_MEND, errors=sorted(wrong, key=lambda one: one.pointer))
    if route.query is None:
        return None
    return _checked(route.query, {name: values[0] for name, values in told.items()}, "parameter")


def body_of(route: Route, *, limit_bytes: int) -> tuple[Any, Files]:
    """Return what the body says, unchecked, and its files.

    Raises:
        WrongMediaError: It is of a kind that is not read here.
        MalformedError: It cannot be read.
    """
    if route.raw:
        if request.mimetype != route.raw:
            msg = f"The body is “{request.mimetype[:60] or 'nothing'}”."
            raise WrongMediaError(msg, mend=f"Send {route.raw}.")
        # How much of it is taken the handler says: it reads the body as it comes.
        request.max_content_length = limit_bytes
        return None, {}
    if route.body is None and not route.files:
        request.max_content_length = JSON_MAX_BYTES
        return None, {}
    media = request.mimetype
    taken = [JSON] * (route.body is not None and route.takes_json) + [MULTIPART] * bool(route.files)
    if media not in taken:
        msg = f"The body is “{media[:60] or 'nothing'}”."
        raise WrongMediaError(msg, mend=f"Send {' or '.join(taken)}.")
    if media == JSON:
        request.max_content_length = JSON_MAX_BYTES
        return _json(request.get_data()), {}
    request.max_content_length = limit_bytes
    return _form(route)


def checked_body(route: Route, told: Any) -> Asked | None:
    """Return a body whose values can be used.

    Raises:
        InvalidRequestError: It names what cannot.
    """
    return _checked(route.body, told, "body") if route.body is not None else None


def fingerprint(told: Any, files: Files) -> str:
    """Return the digest of all that makes two requests the same: method, address, body, files."""
    digest = hashlib.sha256()
    heads = {name: value for name, value in request.headers.items() if name.startswith("Upload-")}
    parts = [request.method, request.path, sorted(request.args.items(multi=True)), told]
    parts += [heads] if heads else []
    digest.update(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace"))
    for field in sorted(files):
        for file in files[field]:
            content = hashlib.sha256()
            while piece := file.stream.read(READ_BYTES):
                content.update(piece)
            file.stream.seek(0)
            digest.update(f"\n{field}\n{file.filename}\n{content.hexdigest()}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _form(route: Route) -> tuple[Any, Files]:
    files: dict[str, list[FileStorage]] = {}
    told: Any = {} if route.body is not None else None
    for field, file in request.files.items(multi=True):
        if field == route.part and route.body is not None:
            told = _json(file.stream.read(JSON_MAX_BYTES))
        elif field in route.files:
            files.setdefault(field, []).append(file)
            if field in SINGLE and len(files[field]) > 1:
                wrong = FieldProblem(pointer=f"/{field}", detail="It comes more than once.")
                msg = f"There are several files “{field}”."
                raise InvalidRequestError(msg, mend=_FORM_MEND, errors=[wrong])
        else:
            raise _unknown_part(field)
    for field, text in request.form.items(multi=True):
        if field != route.part or route.body is None:
            raise _unknown_part(field)
        told = _json(text.encode("utf-8", "replace"))
    missing = [field for field in route.files if field not in files and field not in route.may_lack]
    if missing:
        msg = f"The file “{missing[0]}” is missing."
        raise InvalidRequestError(
            msg, mend=_FORM_MEND, errors=[FieldProblem(pointer=f"/{missing[0]}", detail="It is missing.")]
        )
    return told, files


def _unknown_part(field: str) -> InvalidRequestError:
    wrong = FieldProblem(pointer=f"/{_shown(field)}", detail="There is no such part.")
    return InvalidRequestError("A part of the form is unknown.", mend=_FORM_MEND, errors=[wrong])


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        msg = "The body is no JSON that can be read."
        raise MalformedError(msg, mend="Send JSON in UTF-8 (RFC 8259).") from error


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _checked(kind: type[Asked], told: Any, what: str) -> Asked:
    try:
        return kind.model_validate(told, strict=False)
    except ValidationError as error:
        wrong = [
            FieldProblem(pointer=_pointer(each["loc"], what), detail=f"{each['msg']}.")
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        msg = f"{len(wrong)} field{'s' if len(wrong) > 1 else ''} of the {what} cannot be used."
        raise InvalidRequestError(msg, mend=_FORM_MEND, errors=wrong) from None


def _pointer(place: tuple[int | str, ...], what: str) -> str:
    if what == "parameter":
        return _shown(".".join(str(step) for step in place))
    return "".join(f"/{_shown(str(step)).replace('~', '~0').replace('/', '~1')}" for step in place) or "/"


def _shown(text: str) -> str:
    return text[:80].encode("utf-8", "replace").decode()
