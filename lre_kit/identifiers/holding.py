"""Means that are named by what their holder shows: a key's id, a certificate's issuer and number.

What was open when a means was revoked dies with it: its state is read in the transaction that records
the authentication, with the row locked, and not when the question was put.
"""

from datetime import datetime

from sqlalchemy import select

from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import UNUSED, Kind
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_IDENTIFIER = table_of(IdentifierRow)


def lock_shown(
    uow: UnitOfWork, register: IdentifierRegister, kind: Kind, subject_key: str
) -> Identifier | None:
    """Return the means with this subject, its row locked until the unit of work ends, or nothing."""
    found = _id_of(uow, kind, subject_key)
    return None if found is None else register.locked(uow, found)


def reserve_subject(uow: UnitOfWork, kind: Kind, subject_key: str) -> bool:
    """Let nobody else enrol this subject until the unit of work ends; answer whether it is still free."""
    uow.serialise(f"identifier:{kind}:{subject_key}")
    return _id_of(uow, kind, subject_key) is None


def is_on_its_way(means: Identifier, at: datetime) -> bool:
    """Tell whether a means is a posted key that waits to be registered by its holder."""
    return means.kind is Kind.SECURITY_KEY and means.state in UNUSED and not means.is_over(at)


def _id_of(uow: UnitOfWork, kind: Kind, subject_key: str) -> str | None:
    wanted = (_IDENTIFIER.c.kind == kind.value, _IDENTIFIER.c.subject_key == subject_key)
    found: str | None = uow.execute(select(_IDENTIFIER.c.id).where(*wanted)).scalar()
    return found
