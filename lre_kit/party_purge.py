"""Persons and organisations that nothing names any more: which they are, and letting go of them.

A party goes a span after its last change, once no letter, consent, means, file, account, key, mandate, seat,
book or duty names it, by its id or by the host's own. What other data names it goes first, by its own span.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Column, ColumnElement, Connection, and_, delete, func, or_, select

from lre_kit.clock import PARIS
from lre_kit.consents.rows import ConsentRow
from lre_kit.letters.rows import LetterRow
from lre_kit.parties.emails import key_of
from lre_kit.parties.rows import (
    MandateRow,
    MembershipRow,
    PartyAddressRow,
    PartyChangeRow,
    PartyEmailRow,
    PartyRow,
)
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.schema import metadata

NAMES = frozenset(
    {
        "account.party_id", "account_session.party_id", "agenda.subject", "api_key.owner_ref",
        "authentication.party_id", "bulk.acting_person", "bulk.prepared_by", "bulk.sender_ref",
        "consent.sender_ref", "contact.owner_ref", "contact_group.owner_ref", "derogation_notice.party_id",
        "identifier.party_id", "identifier_challenge.party_id", "identifier_order.party_id",
        "identity_case.party_id", "identity_proofing.party_id", "invitation.grantor_id",
        "letter.deposited_by", "letter.sender_ref", "letter_draft.owner_ref", "letter_template.owner_ref",
        "letterhead.owner_ref", "news_item.owner_ref", "news_wish.owner_ref", "operator_bulk_item.subject",
        "party.merged_into", "prepared_letter.ended_by", "prepared_letter.organisation_id",
        "prepared_letter.prepared_by", "saved_view.owner_ref", "two_people.subject",
        "webhook_endpoint.sender_ref",
    }
)  # fmt: skip
"""Columns that keep a party for as long as they name it."""

BY_ADDRESS = frozenset({"consent.recipient_key", "letter.recipient_email"})
"""Columns that keep a party for as long as they hold an address of its own."""

GOES_ALONG = frozenset(
    {
        "mandate.delegate_id", "mandate.grantor_id", "membership.organisation_id", "membership.person_id",
        "party_address.party_id", "party_change.party_id", "party_email.party_id",
    }
)  # fmt: skip
"""Columns of what goes with a party; seats and mandates only once they are over as long."""

_PARTY, _EMAIL = table_of(PartyRow), table_of(PartyEmailRow)
_CONSENT, _LETTER = table_of(ConsentRow), table_of(LetterRow)
_SEAT, _MANDATE = table_of(MembershipRow), table_of(MandateRow)

Among = Callable[[Connection, ColumnElement[str], ColumnElement[str], Collection[str]], set[str]]
"""Returns what stands in a column where another has one of some values, however many they are."""


def free_of(connection: Connection, ids: Sequence[str], *, before: datetime, among: Among) -> list[str]:
    """Return those of some parties that nothing names, in their order.

    Args:
        connection: Where to look.
        ids: Which parties.
        before: Seats and mandates that ended after it keep their parties.
        among: Looks values up in pieces.
    """
    called: dict[str, str] = {}
    for row in connection.execute(
        select(_PARTY.c.id, _PARTY.c.external_id).where(_PARTY.c.id.in_(ids)).with_for_update()
    ):
        called |= {name: row.id for name in (row.id, row.external_id) if name}
    held: set[str] = set()
    for column in _columns(NAMES):
        held |= {called[name] for name in among(connection, column, column, called)}
    addresses: dict[str, set[str]] = {}
    for row in connection.execute(select(_EMAIL).where(_EMAIL.c.party_id.in_(ids))):
        for key in (row.key, key_of(row.address)):
            addresses.setdefault(key, set()).add(row.party_id)
    for key in among(connection, _CONSENT.c.recipient_key, _CONSENT.c.recipient_key, addresses):
        held |= addresses[key]
    typed = _LETTER.c.recipient_email
    folded = {each for key in addresses for each in _folded(key)}
    for spelling in among(connection, typed, func.lower(typed), folded):
        held |= addresses.get(key_of(spelling), set())
    held |= _standing(connection, ids, before=before)
    return [party_id for party_id in ids if party_id in called.values() and party_id not in held]


def forget_parties(uow: UnitOfWork, ids: Sequence[str]) -> None:
    """Delete parties with what goes along."""
    of_party = (table_of(row).c.party_id for row in (PartyEmailRow, PartyAddressRow, PartyChangeRow))
    seats = (_SEAT.c.organisation_id, _SEAT.c.person_id, _MANDATE.c.grantor_id, _MANDATE.c.delegate_id)
    for column in (*of_party, *seats, _PARTY.c.id):
        uow.execute(delete(column.table).where(column.in_(ids)))


def _standing(connection: Connection, ids: Sequence[str], *, before: datetime) -> set[str]:
    """Return who has, or had since, a seat or a mandate."""
    day = before.astimezone(PARIS).date()
    sits = or_(_SEAT.c.valid_until.is_(None), _SEAT.c.valid_until >= before)
    stands = and_(
        or_(_MANDATE.c.valid_until.is_(None), _MANDATE.c.valid_until >= day),
        or_(_MANDATE.c.revoked_at.is_(None), _MANDATE.c.revoked_at >= before),
    )
    found: set[str] = set()
    for column, still in (
        (_SEAT.c.organisation_id, sits), (_SEAT.c.person_id, sits),
        (_MANDATE.c.grantor_id, stands), (_MANDATE.c.delegate_id, stands),
    ):  # fmt: skip
        found |= set(connection.scalars(select(column).where(column.in_(ids), still)))
    return found


def _folded(key: str) -> Iterator[str]:
    """Yield how databases fold the spellings of an address, by its key: the exact rule is applied after."""
    local, _, domain = key.rpartition("@")
    domains = {domain}
    with suppress(EmailNotValidError):
        domains.add(validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).domain)
    for each in domains:
        # One folds the capitals of ASCII alone, the other those of every script.
        yield from {f"{local}@{each}", f"{local}@{each}".lower()}


def _columns(names: Collection[str]) -> Iterator[Column[str]]:
    tables = metadata().tables
    for name in sorted(names):
        table, _, column = name.partition(".")
        yield tables[table].c[column]
