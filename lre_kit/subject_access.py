"""All that the office knows of one person, for that person (GDPR art. 15): values, in and out.

A person is who confirmed the e-mail address: the party that has it verified, what was merged into it,
the account, and the letters under that address. Of other people only what the person may see anyway:
a sender sees to whom they wrote; a recipient sees the sender once the letter was received, and before
that what the notice says (CPCE R. 53-3); operators are named by their role alone. Secrets, digests and
keyed hashes are never part of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from lre_kit.clock import Clock
from lre_kit.identifiers.order_rows import OrderEventRow, OrderRow
from lre_kit.identifiers.rows import AuthenticationRow, CodeRow, IdentifierEventRow, IdentifierRow
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.parties.account_rows import AccountRow, SessionRow
from lre_kit.parties.emails import key_of
from lre_kit.parties.proofing_rows import (
    IdentityCaseEventRow,
    IdentityCaseRow,
    IdentityMediaRow,
    IdentityProofingRow,
)
from lre_kit.parties.rows import (
    MandateRow,
    MembershipRow,
    PartyAddressRow,
    PartyChangeRow,
    PartyEmailRow,
    PartyRow,
)
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.subject_access_rooms import of_other_rooms
from lre_kit.subject_access_rows import Facts, fact_rows, grouped
from lre_kit.support.keeping import Keeping

DISCLOSED = frozenset({Phase.RECEIVED.value})
"""Phases in which a recipient may see who wrote and what: as on the pages."""

_PARTY, _EMAIL, _ADDRESS, _MEMBER, _MANDATE, _CHANGE = (
    table_of(row)
    for row in (PartyRow, PartyEmailRow, PartyAddressRow, MembershipRow, MandateRow, PartyChangeRow)
)
_ACCOUNT, _SESSION = table_of(AccountRow), table_of(SessionRow)
_IDENTIFIER, _IDENTIFIER_EVENT, _SHOWN, _CODE = (
    table_of(row) for row in (IdentifierRow, IdentifierEventRow, AuthenticationRow, CodeRow)
)
_ORDER, _ORDER_EVENT = table_of(OrderRow), table_of(OrderEventRow)
_CASE, _CASE_EVENT, _MEDIA, _PROOFING = (
    table_of(row) for row in (IdentityCaseRow, IdentityCaseEventRow, IdentityMediaRow, IdentityProofingRow)
)
_LETTER, _DOCUMENT, _EVENT = table_of(LetterRow), table_of(DocumentRow), table_of(EventRow)

_NOTICE = (
    "number product phase notices notified_at window_closes_at decided_at recipient_name recipient_email"
)
_WHOLE = f"{_NOTICE} received_at deposited_at subject language sender_name sender_email"

_RESULT = (
    "case_id level method given_names family_name usage_name birth_date title_kind title_issuer title_expiry"
    " document_last4 derogation at valid_until ended_at"
)

LEFT_OUT = (
    "documents of letters (they are in the office's pages, for as long as they are kept)",
    "pictures of identity documents and faces (shown during the check; listed here by date)",
    "passwords, codes, keys and digests (nobody can read them, the office neither)",
    "letters that were not announced to you yet, and senders of letters that you did not receive",
)
"""What is not in the answer, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a person, by section; only plain values, lists and mappings."""

    email: str
    at: datetime
    sections: Mapping[str, Sequence[Facts]]
    left_out: Sequence[str] = LEFT_OUT

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known under this address."""
        return not any(self.sections.values())

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"Known(sections={sorted(name for name, facts in self.sections.items() if facts)})"


class SubjectAccess:
    """Answers what is known of a person; changes nothing."""

    def __init__(self, database: Database, *, clock: Clock, requests: Keeping | None = None) -> None:
        """Look in `database`; `requests` opens what was asked of the support, which is sealed."""
        self._requests = requests
        self._database = database
        self._clock = clock

    def of(self, email: str) -> Known:
        """Return all that is known under an e-mail address.

        Who asks must have been recognised before: whoever gets the answer reads it all.
        """
        key = key_of(email)
        with self._database.read() as connection:
            parties = _parties_of(connection, key)
            sections = {
                "parties": _parties(connection, parties),
                "accounts": _accounts(connection, key, parties),
                "means": _means(connection, parties),
                "identifications": fact_rows(
                    connection,
                    _SHOWN,
                    "purpose means categories vouched at",
                    _SHOWN.c.party_id.in_(parties),
                    "at",
                ),
                "orders": _orders(connection, parties),
                "identity_checks": _cases(connection, parties),
                "letters_sent": _sent(connection, key, parties),
                "letters_received": _received(connection, key),
                **of_other_rooms(connection, key, parties),
                "requests": [] if self._requests is None else _asked(connection, self._requests, email),
            }
        return Known(email=email, at=self._clock(), sections=sections)


def _asked(connection: Connection, requests: Keeping, email: str) -> list[Facts]:
    return [
        {
            "reference": found.info.reference,
            "kind": found.info.kind.value,
            "state": found.info.state.value,
            "made_at": found.info.made_at,
            "name": found.asking.name,
            "organisation": found.asking.organisation,
            "volume": found.asking.volume,
            "letter": found.asking.number,
            "said": [
                {"at": said.at, "direction": said.direction.value, "text": said.text} for said in found.said
            ],
        }
        for found in requests.of_address(connection, email)
    ]


def _parties_of(connection: Connection, key: str) -> list[str]:
    """Return the parties that confirmed an address, and those merged into them."""
    confirmed = select(_EMAIL.c.party_id).where(_EMAIL.c.verified_key == key)
    accounts = select(_ACCOUNT.c.party_id).where(_ACCOUNT.c.email_key == key)
    found = set(connection.execute(confirmed).scalars()) | set(connection.execute(accounts).scalars())
    new = found
    while new:
        into = select(_PARTY.c.id).where(_PARTY.c.merged_into.in_(new))
        new = set(connection.execute(into).scalars()) - found
        found |= new
    return sorted(found)


def _parties(connection: Connection, parties: Collection[str]) -> list[Facts]:
    own = fact_rows(
        connection,
        _PARTY,
        "id kind capacity capacity_basis given_names family_name usage_name legal_name registration"
        " birth_date language created_at",
        _PARTY.c.id.in_(parties),
        "created_at",
    )
    parts = {
        "emails": (_EMAIL, "party_id address verified_at is_primary", "address"),
        "addresses": (_ADDRESS, "party_id lines country valid_from valid_until confirmed_at", "valid_from"),
        "history": (_CHANGE, "party_id name occurred_at actor reason before after", "seq"),
    }
    found = {
        name: grouped(fact_rows(connection, table, columns, table.c.party_id.in_(parties), order), "party_id")
        for name, (table, columns, order) in parts.items()
    }
    roles, mandates = _roles(connection, parties), _mandates(connection, parties)
    return [
        {name: value for name, value in party.items() if name != "id"}
        | {name: groups.get(party["id"], []) for name, groups in found.items()}
        | {"roles": roles.get(party["id"], []), "mandates": mandates.get(party["id"], [])}
        for party in own
    ]


def _roles(connection: Connection, parties: Collection[str]) -> Mapping[str, list[Facts]]:
    query = (
        select(
            *(_MEMBER.c[name] for name in ("person_id", "role", "valid_from", "valid_until")),
            _PARTY.c.legal_name.label("organisation"),
        )
        .join_from(_MEMBER, _PARTY, _PARTY.c.id == _MEMBER.c.organisation_id)
        .where(_MEMBER.c.person_id.in_(parties))
        .order_by(_MEMBER.c.valid_from)
    )
    return grouped([row._asdict() for row in connection.execute(query)], "person_id")


def _mandates(connection: Connection, parties: Collection[str]) -> Mapping[str, list[Facts]]:
    """Return mandates given and held; both sides of a mandate know each other, and are not named anew."""
    columns = "scope valid_from valid_until reference granted_at revoked_at"
    groups: dict[str, list[Facts]] = {}
    for side, said in (("grantor_id", "given"), ("delegate_id", "held")):
        rows = fact_rows(
            connection, _MANDATE, f"{side} {columns}", _MANDATE.c[side].in_(parties), "granted_at"
        )
        for party_id, found in grouped(rows, side).items():
            groups.setdefault(party_id, []).extend({"side": said} | row for row in found)
    return groups


def _accounts(connection: Connection, key: str, parties: Collection[str]) -> list[Facts]:
    is_closed = _ACCOUNT.c.party_id.in_(parties) & _ACCOUNT.c.closed_at.is_not(None)
    own = fact_rows(
        connection,
        _ACCOUNT,
        "id email name language role password_set_at created_at closed_at",
        (_ACCOUNT.c.email_key == key) | is_closed,
        "created_at",
    )
    ids = [account["id"] for account in own]
    sessions = grouped(
        fact_rows(
            connection,
            _SESSION,
            "account_id agent created_at last_seen_at expires_at ended_at",
            _SESSION.c.account_id.in_(ids),
            "created_at",
        ),
        "account_id",
    )
    return [_without_id(account) | {"sessions": sessions.get(account["id"], [])} for account in own]


def _means(connection: Connection, parties: Collection[str]) -> list[Facts]:
    own = fact_rows(
        connection,
        _IDENTIFIER,
        "id serial kind state label level derogation"
        " created_at activated_at last_used_at expires_at ended_at",
        _IDENTIFIER.c.party_id.in_(parties),
        "created_at",
    )
    ids = [means["id"] for means in own]
    history = grouped(
        fact_rows(
            connection,
            _IDENTIFIER_EVENT,
            "identifier_id name occurred_at actor reason",
            _IDENTIFIER_EVENT.c.identifier_id.in_(ids),
            "seq",
        ),
        "identifier_id",
    )
    return [_without_id(means) | {"history": history.get(means["id"], [])} for means in own]


def _orders(connection: Connection, parties: Collection[str]) -> list[Facts]:
    own = fact_rows(
        connection,
        _ORDER,
        "id kind delivery state cause address level derogation reference created_at ended_at",
        _ORDER.c.party_id.in_(parties),
        "created_at",
    )
    ids = [order["id"] for order in own]
    history = grouped(
        fact_rows(
            connection,
            _ORDER_EVENT,
            "order_id name state occurred_at actor reason",
            _ORDER_EVENT.c.order_id.in_(ids),
            "seq",
        ),
        "order_id",
    )
    return [_without_id(order) | {"history": history.get(order["id"], [])} for order in own]


def _cases(connection: Connection, parties: Collection[str]) -> list[Facts]:
    own = fact_rows(
        connection,
        _CASE,
        "id state language consent_wording title_kind provider reason opened_at submitted_at ended_at"
        " face_erased_at erased_at",
        _CASE.c.party_id.in_(parties),
        "opened_at",
    )
    ids = [case["id"] for case in own]
    parts = {
        "history": (_CASE_EVENT, "case_id name at", "seq"),
        "pictures": (_MEDIA, "case_id part media_type size added_at erased_at", "added_at"),
        "results": (
            _PROOFING,
            _RESULT,
            "at",
        ),
    }
    found = {
        name: grouped(fact_rows(connection, table, columns, table.c.case_id.in_(ids), order), "case_id")
        for name, (table, columns, order) in parts.items()
    }
    return [
        _without_id(case) | {name: groups.get(case["id"], []) for name, groups in found.items()}
        for case in own
    ]


def _sent(connection: Connection, key: str, parties: Collection[str]) -> list[Facts]:
    mine = or_(_LETTER.c.sender_ref.in_(parties), func.lower(_LETTER.c.sender_email) == key.lower())
    letters = fact_rows(connection, _LETTER, f"id sender_ref {_WHOLE}", mine, "deposited_at")
    kept = [one for one in letters if one["sender_ref"] in parties or key_of(one["sender_email"]) == key]
    ids = [letter["id"] for letter in kept]
    documents, acts = _documents(connection, ids), _acts(connection, ids)
    return [
        {name: value for name, value in _without_id(letter).items() if name != "sender_ref"}
        | {"documents": documents.get(letter["id"], []), "acts": acts.get(letter["id"], [])}
        for letter in kept
    ]


def _received(connection: Connection, key: str) -> list[Facts]:
    mine = (func.lower(_LETTER.c.recipient_email) == key.lower()) & (_LETTER.c.notices > 0)
    letters = [
        letter
        for letter in fact_rows(connection, _LETTER, f"id {_WHOLE}", mine, "notified_at")
        if key_of(letter["recipient_email"]) == key
    ]
    ids = [letter["id"] for letter in letters]
    shown = [letter["id"] for letter in letters if letter["phase"] in DISCLOSED]
    documents, acts = _documents(connection, shown), _acts(connection, ids)
    codes = grouped(
        fact_rows(
            connection, _CODE, "letter_id created_at used_at", _CODE.c.letter_id.in_(ids), "created_at"
        ),
        "letter_id",
    )
    found = []
    for letter in letters:
        names = _WHOLE if letter["phase"] in DISCLOSED else _NOTICE
        told = [each for each in acts.get(letter["id"], []) if letter["phase"] in DISCLOSED or _is_told(each)]
        found.append(
            {name: letter[name] for name in names.split()}
            | ({"documents": documents.get(letter["id"], [])} if letter["phase"] in DISCLOSED else {})
            | {"acts": told, "codes": codes.get(letter["id"], [])}
        )
    return found


def _is_told(act: Facts) -> bool:
    # The day of the deposit is the sender's affair until the letter is theirs.
    return not str(act["name"]).startswith("Submission")


def _documents(connection: Connection, letter_ids: Collection[str]) -> Mapping[str, list[Facts]]:
    columns = "letter_id name media_type size_bytes"
    return grouped(
        fact_rows(connection, _DOCUMENT, columns, _DOCUMENT.c.letter_id.in_(letter_ids), "position"),
        "letter_id",
    )


def _acts(connection: Connection, letter_ids: Collection[str]) -> Mapping[str, list[Facts]]:
    return grouped(
        fact_rows(
            connection, _EVENT, "letter_id name occurred_at", _EVENT.c.letter_id.in_(letter_ids), "seq"
        ),
        "letter_id",
    )


def _without_id(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if name != "id"}
