"""What went wrong, as a problem in JSON (RFC 9457), in the caller's language."""

import inspect
from collections.abc import Sequence
from typing import Any

from flask import Response, json, request

from lre_kit.errors import LreError, UnavailableError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.integration.answers import InProgressError
from lre_kit.integration.values import KeyRefusedError, RateLimitedError, ScopeMissingError
from lre_web.api.declaring import Told
from lre_web.frame.error_words import error_words

MEDIA = "application/problem+json"
"""Media type of a problem."""

RETRY_AFTER_S = 30
"""When to come back after something did not answer, in seconds."""

SOON_S = 2
"""When to ask again for what is being carried out, in seconds."""


class FieldProblem(Told):
    """What is wrong with one field."""

    pointer: str
    """Where it stands: a JSON pointer into the body, or the name of a parameter."""
    detail: str
    """What is wrong with it."""


class Problem(Told):
    """What went wrong (RFC 9457)."""

    type: str
    """``urn:lre-kit:problem:<slug>``; the slugs stand in the reference of errors and never change."""
    title: str
    """What this type of problem means."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong this time."""
    mend: str
    """How to put it right."""
    errors: list[FieldProblem] | None = None
    """Fields that are wrong, where the problem is one of form."""


class MalformedError(LreError):
    """A request is not of the form that the description of the API asks for; nothing was changed."""

    slug = "malformed-request"
    status = 400

    def __init__(self, problem: str, *, mend: str, errors: Sequence[FieldProblem] = ()) -> None:
        """Keep what is wrong with each field."""
        super().__init__(problem, mend=mend)
        self.errors = tuple(errors)


class InvalidRequestError(MalformedError):
    """A request of the right form holds values that cannot be used; nothing was changed."""

    slug = "invalid-request"
    status = 422


class WrongMediaError(LreError):
    """The body of a request is of a kind that is not read here."""

    slug = "unsupported-media-type"
    status = 415


class NotAcceptableError(LreError):
    """The header ``Accept`` leaves nothing that this address answers with."""

    slug = "not-acceptable"
    status = 406

    def __init__(self, offered: Sequence[str]) -> None:
        """Name what it answers with."""
        super().__init__(
            "This address answers with nothing that “Accept” takes.",
            mend=f"Accept {' or '.join(offered)}, or leave the header out.",
        )


class BodyTooLargeError(LreError):
    """The body of a request is larger than is read here; nothing of it was kept."""

    slug = "body-too-large"
    status = 413


class NoSuchRouteError(LreError):
    """There is nothing at this address of the API."""

    slug = "no-such-route"
    status = 404


class WrongMethodError(LreError):
    """This address of the API takes other methods; the header ``Allow`` names them."""

    slug = "method-not-allowed"
    status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        """Name what is allowed."""
        super().__init__("This address does not take that method.", mend=f"Use {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


class StaleMatchError(LreError):
    """What was to be changed is no longer what was read (``If-Match``); nothing was changed."""

    slug = "precondition-failed"
    status = 412

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            "It was changed since you read it.", mend="Read it again, and send its present ETag."
        )


def problem_response(error: LreError, *, status: int | None = None) -> Response:
    """Return an error as a problem; `status` where it is not the error's own."""
    status = status or error.status
    spoken = request.accept_languages.best_match(["en", "fr"], default="en") or "en"
    detail, mend = error_words(error, spoken)
    told: dict[str, Any] = {
        "type": type_of(type(error)),
        "title": meaning(type(error)),
        "status": status,
        "detail": detail,
        "mend": mend,
    }
    fields = getattr(error, "errors", ())
    if fields:
        told["errors"] = [field.model_dump() for field in fields]
    if isinstance(error, NotIdentifiedError) and spoken == "fr":
        told["detail"] = error.refusal.words.fr
    response = Response(json.dumps(told), status=status, content_type=MEDIA)
    response.headers["Content-Language"] = spoken
    response.headers.extend(_headers(error))
    return response


def _headers(error: LreError) -> dict[str, str]:
    if isinstance(error, RateLimitedError):
        return {"Retry-After": str(error.rate.reset_s)}
    if isinstance(error, InProgressError):
        return {"Retry-After": str(SOON_S)}
    if isinstance(error, UnavailableError):
        return {"Retry-After": str(RETRY_AFTER_S)}
    if isinstance(error, WrongMethodError):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, ScopeMissingError):
        told = f'Bearer realm="lre", error="insufficient_scope", scope="{error.scope.value}"'
        return {"WWW-Authenticate": told}
    if isinstance(error, KeyRefusedError):
        known = ', error="invalid_token"' if request.headers.get("Authorization") else ""
        return {"WWW-Authenticate": f'Bearer realm="lre"{known}'}
    return {}


def type_of(kind: type[LreError]) -> str:
    """Return the URI of a type of problem."""
    return f"urn:lre-kit:problem:{kind.slug}"


def meaning(kind: type[LreError]) -> str:
    """Return what a type of problem means, in one line: the same each time."""
    return inspect.cleandoc(kind.__doc__ or "").partition("\n")[0].replace("``", "")
