"""How a declared route is served: key, scope, form, idempotency, answer."""

import hashlib
import re
from contextlib import suppress
from typing import Any

from flask import Response, current_app, g, request

from lre_kit.errors import LreError, UnavailableError
from lre_kit.failpoints import declare, failpoint
from lre_kit.integration.answers import Claim, Kept
from lre_kit.integration.values import (
    ApiKey,
    KeyKind,
    KeyKindError,
    KeyRefusedError,
    RateLimitedError,
    ScopeMissingError,
)
from lre_kit.parties.values import Sender
from lre_web.account.session import EXTENSION, account_site
from lre_web.api.declaring import ANY, JSON, Call, Result, Route, Told
from lre_web.api.problems import MalformedError, NotAcceptableError
from lre_web.api.reading_requests import Files, body_of, checked_body, fingerprint, query_of
from lre_web.mounting import mounted

FORM_MARGIN_BYTES = 1024 * 1024
"""What a form may weigh beside its documents."""

SERVER_FAULT = 500
"""From this status on an answer says nothing of whether the request was right."""

NO_CONTENT = 204

KEPT_HEADERS = ("Location", "ETag", "Content-Type", "Upload-Offset", "Upload-Expires")
"""Headers of an answer that are given again with it."""

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")

declare("api.acted")


def serve(route: Route, **args: Any) -> Response:
    """Answer one request.

    Raises:
        LreError: It is refused; the blueprint makes a problem of it.
    """
    office, key = mounted().office, _admitted()
    if route.scope is not None and route.scope not in key.scopes:
        raise ScopeMissingError(route.scope)
    if route.is_act and key.kind is KeyKind.TEST and not route.judges:
        msg = "A test key carries nothing out."
        raise KeyKindError(msg, mend="Use a live key, or a key of an office that is set up for trying out.")
    _expect_acceptable(route)
    query = query_of(route)
    told, files = body_of(route, limit_bytes=office.settings.letter_max_bytes + FORM_MARGIN_BYTES)
    repeated = _begin(route, key, told, files)
    if isinstance(repeated, Kept):
        return _replayed(repeated)
    claim = repeated
    try:
        call = Call(
            office=office,
            key=key,
            owner=_owner(key),
            args=args,
            query=query,
            body=checked_body(route, told),
            files=files,
            claim=claim,
            idempotency_key=_letter_key(key) if claim is not None else None,
        )
        if claim is not None and claim.subject and route.again is not None:
            result = route.again(call, claim.subject)
        else:
            result = route.handler(call)
        failpoint("api.acted")
    except LreError as error:
        if claim is not None:
            _let_go(claim, is_refusal=error.status < SERVER_FAULT)
        raise
    response = _response(route, result)
    if claim is not None:
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        body = response.get_data() if result.kept is None else result.kept.model_dump_json().encode()
        kept = Kept(status=response.status_code, headers=headers, body=body)
        office.integration.answers.keep(claim, kept)
    return response


def _expect_acceptable(route: Route) -> None:
    """Refuse, before anything is done, what would be answered with a kind the caller does not take.

    Raises:
        NotAcceptableError: “Accept” takes none of the kinds that the route answers with.
    """
    offered = [*((JSON,) if route.answer is not None else ()), *route.media]
    if not request.accept_mimetypes or not offered or ANY in offered:
        return
    if request.accept_mimetypes.best_match(offered) is None:
        raise NotAcceptableError(offered)


def etag_of(body: Told) -> str:
    """Return the strong validator of an answer (RFC 9110 §8.8.3)."""
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    return f'"{digest[:32]}"'


def matches(body: Told) -> bool:
    """Tell whether ``If-Match`` allows a change of what reads like this; without it anything may change."""
    asked = request.headers.get("If-Match")
    if asked is None:
        return True
    return request.if_match.star_tag or request.if_match.contains(etag_of(body).strip('"'))


def count_letters(call: Call, letters: int) -> None:
    """Count a request as one for each letter that it deposits; the headers say what is left.

    Raises:
        RateLimitedError: They are more than the key's minute has left.
    """
    try:
        rate = call.office.integration.keys.count_letters(call.key, letters)
    except RateLimitedError as error:
        g.lre_api_rate = error.rate
        raise
    if rate is not None:
        g.lre_api_rate = rate


def _admitted() -> ApiKey:
    """Return the key of the request, counted; what is left of its minute goes into the headers."""
    word, _, text = request.headers.get("Authorization", "").partition(" ")
    if word.lower() != "bearer" or not text.strip():
        raise KeyRefusedError("This request has no key.")
    try:
        admitted = mounted().office.integration.keys.admit(text.strip())
    except RateLimitedError as error:
        g.lre_api_rate = error.rate
        raise
    g.lre_api_rate = admitted.rate
    return admitted.key


def _owner(key: ApiKey) -> Sender:
    """Return who sends with a key: as their account calls them now, or as they were when it was made.

    Raises:
        KeyRefusedError: Their account is closed. An operator's keys may be of senders who never had one.
    """
    if EXTENSION in current_app.extensions:
        accounts = account_site().accounts
        account = accounts.of_party(key.owner.ref)
        if account is not None:
            return Sender(ref=key.owner.ref, name=account.name, email=account.email)
        if accounts.was_closed(key.owner.ref):
            msg = "The account of this key's owner is closed."
            raise KeyRefusedError(msg, mend="Make a new key from an open account, and use that.")
    return key.owner


def _begin(route: Route, key: ApiKey, told: Any, files: Files) -> Kept | Claim | None:
    asked = request.headers.get("Idempotency-Key")
    if asked is None or not route.is_act:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(asked):
        msg = "The idempotency key cannot be used."
        raise MalformedError(msg, mend="Send 1 to 200 visible ASCII characters, such as a UUID.")
    answers = mounted().office.integration.answers
    return answers.begin(key.id, asked, fingerprint(told, files))


def _let_go(claim: Claim, *, is_refusal: bool) -> None:
    answers = mounted().office.integration.answers
    # Where the database does not answer, the claim ends by itself.
    with suppress(UnavailableError):
        if is_refusal:
            answers.drop(claim)
        else:
            answers.release(claim)


def _letter_key(key: ApiKey) -> str:
    """Return the key under which a letter itself remembers the request: it outlives the kept answer."""
    asked = request.headers["Idempotency-Key"]
    return f"api:{hashlib.sha256(f'{key.id} {asked}'.encode()).hexdigest()}"


def _replayed(kept: Kept) -> Response:
    response = Response(kept.body, status=kept.status)
    for name, value in kept.headers.items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _response(route: Route, result: Result) -> Response:
    told = result.body
    body = told.model_dump_json().encode() if isinstance(told, Told) else told
    response = Response(body, status=result.status or route.status, content_type=result.media)
    response.headers.extend(dict(result.headers))
    if response.status_code == NO_CONTENT:
        del response.headers["Content-Type"]
    if result.name:
        response.headers.set("Content-Disposition", "attachment", filename=result.name)
    if route.has_etag and isinstance(result.body, Told) and result.media == JSON:
        response.headers["ETag"] = etag_of(result.body)
        if request.method in {"GET", "HEAD"}:
            response.make_conditional(request.environ)
    return response
