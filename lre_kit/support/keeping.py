"""How requests lie in the database: sealed under a key of their own, found by a keyed digest."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select, update

from lre_kit.parties.emails import key_of
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.support.rows import SupportMessageRow, SupportRequestRow
from lre_kit.support.values import (
    Asking,
    Direction,
    Request,
    RequestInfo,
    RequestKind,
    RequestState,
    Said,
    Side,
)

REQUEST, MESSAGE = table_of(SupportRequestRow), table_of(SupportMessageRow)

_INFO = tuple(REQUEST.c[name] for name in RequestInfo.__slots__)


class Keeping:
    """Seals and opens what people say."""

    def __init__(self, database: Database, vault: Vault, *, pepper: bytes) -> None:
        """Keep keys wrapped by `vault`, and addresses digested with `pepper`."""
        self._database = database
        self._vault = vault
        self._pepper = hmac.new(pepper, b"lre-kit.support.v1", hashlib.sha256).digest()

    def digest_of(self, email: str) -> str:
        """Return what stands for an address in tables."""
        return hmac.new(self._pepper, key_of(email).encode(), hashlib.sha256).hexdigest()

    def new_key(self, request_id: str) -> tuple[bytes, bytes]:
        """Return a fresh key of a request, plain and wrapped."""
        key = self._vault.new_key()
        return key, self._vault.wrap(key, letter_id=_bound(request_id))

    def key_of(self, request_id: str, wrapped: bytes) -> bytes:
        """Return the key of a request."""
        return self._vault.unwrap(wrapped, letter_id=_bound(request_id))

    def seal_asking(self, key: bytes, request_id: str, asking: Asking) -> bytes:
        """Return who asks, as it may be kept; what they say is the first message."""
        facts = {name: value for name, value in asdict(asking).items() if name != "text"}
        return self._sealed(key, request_id, json.dumps(facts))

    def seal_text(self, key: bytes, message_id: str, text: str) -> bytes:
        """Return what was said, as it may be kept."""
        return self._sealed(key, message_id, text)

    def asking(self, key: bytes, row: Row[Any], text: str) -> Asking:
        """Return who asked, with what they said first."""
        facts = json.loads(self._opened(key, row.id, row.sealed))
        told = {**facts, "kind": RequestKind(facts["kind"]), "side": Side(facts["side"])}
        return Asking(**told, text=text)

    def request(self, connection: Connection, request_id: str) -> Request | None:
        """Return a request with all that was said, or nothing if there is none."""
        row = connection.execute(select(REQUEST).where(REQUEST.c.id == request_id)).first()
        if row is None:
            return None
        key = self.key_of(row.id, row.wrapped_key)
        query = select(MESSAGE).where(MESSAGE.c.request_id == request_id).order_by(MESSAGE.c.id)
        said = tuple(self._said(key, each) for each in connection.execute(query))
        return Request(
            info=info_of(row), asking=self.asking(key, row, said[0].text if said else ""), said=said
        )

    def of_address(self, connection: Connection, email: str) -> Sequence[Request]:
        """Return what was asked from an address, the oldest first."""
        query = select(REQUEST.c.id).where(REQUEST.c.asker == self.digest_of(email)).order_by(REQUEST.c.id)
        found = [self.request(connection, each) for each in connection.scalars(query)]
        return [request for request in found if request is not None]

    def rewrap(self) -> int:
        """Wrap every request's key by the office's present key; return how many had another."""
        with self._database.read() as connection:
            rows = connection.execute(select(REQUEST.c.id, REQUEST.c.wrapped_key)).all()
        done = 0
        for row in rows:
            fresh = self._vault.rewrapped(row.wrapped_key, letter_id=_bound(row.id))
            if fresh is not None:
                with self._database.write() as uow:
                    done += uow.update(
                        update(REQUEST).where(REQUEST.c.id == row.id).values(wrapped_key=fresh)
                    )
                    uow.commit()
        return done

    def _said(self, key: bytes, row: Row[Any]) -> Said:
        return Said(
            id=row.id,
            direction=Direction(row.direction),
            at=row.at,
            by=row.by,
            sent_at=row.sent_at,
            text=self._opened(key, row.id, row.sealed),
        )

    def _sealed(self, key: bytes, name: str, text: str) -> bytes:
        return b"".join(self._vault.encrypt(key, [text.encode()], context=_bound(name).encode()))

    def _opened(self, key: bytes, name: str, sealed: bytes) -> str:
        return b"".join(self._vault.decrypt(key, [sealed], context=_bound(name).encode())).decode()


def info_of(row: Row[Any]) -> RequestInfo:
    """Return a request as lists show it."""
    values = {name: getattr(row, name) for name in RequestInfo.__slots__}
    values |= {"kind": RequestKind(row.kind), "side": Side(row.side), "state": RequestState(row.state)}
    return RequestInfo(**values)


def listed() -> tuple[Any, ...]:
    """Return the columns that `info_of` needs."""
    return _INFO


def _bound(name: str) -> str:
    return f"support:{name}"
