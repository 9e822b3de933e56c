"""What a browser keeps on its way to an identity provider and back: where to go on to, what came of it.

Both are signed and end by themselves. Neither has any authority: what was shown is kept elsewhere.
"""

from dataclasses import dataclass, field

from flask import Response
from itsdangerous import BadData

from lre_web.account.session import safe_next
from lre_web.frame.cookies import drop_cookie, read_cookie, set_cookie
from lre_web.mounting import mounted

ONWARD_COOKIE = "lre_eid"
"""Cookie with the page to go on to after coming back."""

ONWARD_LIFE_S = 1800
"""How long it is kept, in seconds: longer than any provider is waited for."""

OUTCOME_COOKIE = "lre_eid_done"
"""Cookie with what came of it, for the page that says so."""

OUTCOME_LIFE_S = 600
"""How long that page can be read again, in seconds."""

_COOKIE_CHARS_MAX = 3800


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an identification; `id_token` is the provider's hint for its logout, or empty."""

    provider: str
    needs_review: bool
    onward: str
    id_token: str = field(repr=False)


def keep_onward(response: Response, onward: str) -> None:
    """Remember where to go on to while the person is at a provider."""
    signed = str(mounted().office.links.signer("eid-onward").dumps(onward))
    set_cookie(response, ONWARD_COOKIE, signed, max_age=ONWARD_LIFE_S)


def onward_kept() -> str:
    """Return where to go on to; empty if nothing was kept."""
    signer = mounted().office.links.signer("eid-onward")
    try:
        return safe_next(str(signer.loads(read_cookie(ONWARD_COOKIE), max_age=ONWARD_LIFE_S)))
    except BadData:
        return ""


def keep_outcome(response: Response, outcome: Outcome) -> None:
    """Remember what came of it; without the provider's token where that is too long for a cookie."""
    signer = mounted().office.links.signer("eid-done")
    told = [outcome.provider, outcome.needs_review, outcome.onward]
    signed = str(signer.dumps([*told, outcome.id_token]))
    if len(signed) > _COOKIE_CHARS_MAX:
        signed = str(signer.dumps([*told, ""]))
    set_cookie(response, OUTCOME_COOKIE, signed, max_age=OUTCOME_LIFE_S)


def outcome_kept() -> Outcome | None:
    """Return what came of it; nothing if that was not kept, or is too old."""
    signer = mounted().office.links.signer("eid-done")
    try:
        found = signer.loads(read_cookie(OUTCOME_COOKIE), max_age=OUTCOME_LIFE_S)
        provider, needs_review, onward, id_token = found
    except (BadData, ValueError, TypeError):
        return None
    return Outcome(
        provider=str(provider),
        needs_review=bool(needs_review),
        onward=safe_next(str(onward)),
        id_token=str(id_token),
    )


def forget(response: Response) -> None:
    """Take both cookies back."""
    for name in (ONWARD_COOKIE, OUTCOME_COOKIE):
        drop_cookie(response, name)
