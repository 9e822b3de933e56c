"""An endpoint's secrets: wrapped by the office's key-encryption key, one present and at most one former."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select, update

from lre_kit.clock import Clock
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.webhooks.rows import WebhookSecretRow
from lre_kit.webhooks.signing import Signer, new_signer, public_key_text

OVERLAP = timedelta(hours=24)
"""How long the former secret still signs after a rotation."""

_SECRET = table_of(WebhookSecretRow)


class SecretStore:
    """Keeps, opens and rotates the secrets of endpoints."""

    def __init__(self, database: Database, vault: Vault, *, clock: Clock) -> None:
        """Keep them in `database`, wrapped by `vault`."""
        self._database = database
        self._vault = vault
        self._clock = clock

    def add(self, uow: UnitOfWork, endpoint_id: str) -> bytes:
        """Give an endpoint a fresh secret and return it; the one before signs on for `OVERLAP`.

        One that was former already signs no more.
        """
        now, secret_id, signer = self._clock(), new_id(), new_signer()
        assert signer.seed is not None
        own = _SECRET.c.endpoint_id == endpoint_id
        uow.defer(delete(_SECRET).where(own, _SECRET.c.ends_at.is_not(None)))
        uow.defer(update(_SECRET).where(own, _SECRET.c.ends_at.is_(None)).values(ends_at=now + OVERLAP))
        uow.add(
            WebhookSecretRow,
            id=secret_id,
            endpoint_id=endpoint_id,
            wrapped_secret=self._vault.wrap(signer.secret, letter_id=_secret(secret_id)),
            wrapped_seed=self._vault.wrap(signer.seed, letter_id=_seed(secret_id)),
            public_key=public_key_text(signer.seed),
            made_at=now,
        )
        return signer.secret

    def signers(self, connection: Connection, endpoint_id: str) -> list[Signer]:
        """Return the keys that sign for an endpoint now, the present ones first."""
        return [
            Signer(
                secret=self._vault.unwrap(row.wrapped_secret, letter_id=_secret(row.id)),
                seed=self._vault.unwrap(row.wrapped_seed, letter_id=_seed(row.id)),
            )
            for row in connection.execute(_valid(self._clock(), [endpoint_id]))
        ]

    def shown(
        self, connection: Connection, endpoint_ids: Sequence[str]
    ) -> Mapping[str, tuple[str, datetime | None]]:
        """Return for each endpoint its present public key, and until when the former secret signs."""
        found: dict[str, tuple[str, datetime | None]] = {}
        for row in connection.execute(_valid(self._clock(), endpoint_ids)):
            if row.ends_at is None:
                found[row.endpoint_id] = (row.public_key, None)
            else:
                found[row.endpoint_id] = (found[row.endpoint_id][0], row.ends_at)
        return found

    def rewrap(self) -> int:
        """Wrap every secret by the office's present key; return how many had another."""
        with self._database.read() as connection:
            rows: list[Row[Any]] = list(connection.execute(select(_SECRET)))
        return sum(self._rewrap_one(row) for row in rows)

    def _rewrap_one(self, row: Row[Any]) -> int:
        fresh = {
            "wrapped_secret": self._vault.rewrapped(row.wrapped_secret, letter_id=_secret(row.id)),
            "wrapped_seed": self._vault.rewrapped(row.wrapped_seed, letter_id=_seed(row.id)),
        }
        values = {name: wrapped for name, wrapped in fresh.items() if wrapped is not None}
        if not values:
            return 0
        with self._database.write() as uow:
            done = uow.update(update(_SECRET).where(_SECRET.c.id == row.id).values(values))
            uow.commit()
        return done


def _valid(now: datetime, endpoint_ids: Sequence[str]) -> Any:
    counts: ColumnElement[bool] = or_(_SECRET.c.ends_at.is_(None), _SECRET.c.ends_at > now)
    return (
        select(_SECRET)
        .where(and_(_SECRET.c.endpoint_id.in_(endpoint_ids), counts))
        .order_by(_SECRET.c.endpoint_id, _SECRET.c.made_at.desc(), _SECRET.c.id.desc())
    )


def _secret(secret_id: str) -> str:
    return f"webhook:{secret_id}:secret"


def _seed(secret_id: str) -> str:
    return f"webhook:{secret_id}:seed"
