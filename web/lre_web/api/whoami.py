"""What a key is and opens, for the program that holds it."""

from datetime import datetime

from lre_kit.integration.values import KeyKind, Scope
from lre_web.api.declaring import Call, Result, Route, Told
from lre_web.api.models import SenderTold


class KeyTold(Told):
    """A key, without its secret."""

    prefix: str
    """Its beginning, by which keys are told apart."""
    name: str
    """What its owner calls it."""
    kind: KeyKind
    """What it may set going."""
    scopes: list[Scope]
    """What it opens."""
    owner: SenderTold
    """Who sends with it."""
    created_at: datetime
    """When it was made (UTC)."""
    expires_at: datetime | None
    """When it expires."""
    client_id: str | None
    """The client whose access tokens stand for it, where it is no key of its own."""


def _key(call: Call) -> Result:
    key = call.key
    told = KeyTold(
        prefix=key.prefix,
        name=key.name,
        kind=key.kind,
        scopes=sorted(key.scopes),
        owner=SenderTold(name=call.owner.name, email=call.owner.email),
        created_at=key.created_at,
        expires_at=key.expires_at,
        client_id=key.client[1] if key.client is not None else None,
    )
    return Result(body=told)


ROUTES = (
    Route(
        method="GET", path="/key", name="readKey", tag="Key", scope=None,
        summary="Read what your key is and opens", handler=_key, answer=KeyTold,
    ),
)  # fmt: skip
"""The route of the key itself."""
