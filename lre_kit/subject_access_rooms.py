"""What the rooms beside letters know of a person: consents, paper, bulk, prepared letters, programs."""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from lre_kit.bulk.rows import BulkRow
from lre_kit.consents.rows import ConsentEventRow, ConsentRow
from lre_kit.contacts.rows import ContactRow
from lre_kit.integration.rows import ApiKeyRow, ApiUploadRow
from lre_kit.letters.own_rows import DraftDocumentRow, LetterDraftRow, SavedViewRow
from lre_kit.letters.rows import LetterRow
from lre_kit.news.rows import NewsWishRow
from lre_kit.parties.emails import key_of
from lre_kit.postroom.rows import PostFileRow, PostItemRow, PostNewsRow
from lre_kit.preparing.rows import PreparedRow
from lre_kit.store.inserts import table_of
from lre_kit.subject_access_rows import Facts, fact_rows, grouped
from lre_kit.webhooks.rows import WebhookEndpointRow

_CONSENT, _CONSENT_EVENT, _BULK, _PREPARED, _KEY, _ENDPOINT, _LETTER = (
    table_of(row)
    for row in (
        ConsentRow, ConsentEventRow, BulkRow, PreparedRow, ApiKeyRow, WebhookEndpointRow, LetterRow,
    )
)  # fmt: skip
_CONTACT, _DRAFT, _VIEW, _WISH = (
    table_of(row) for row in (ContactRow, LetterDraftRow, SavedViewRow, NewsWishRow)
)
_DRAFTED, _UPLOAD = table_of(DraftDocumentRow), table_of(ApiUploadRow)
_ITEM, _NEWS, _FILE = (table_of(row) for row in (PostItemRow, PostNewsRow, PostFileRow))

_CONSENT_FACTS = (
    "id sender_name sender_email recipient_name recipient_email phone regime state language channel method"
    " wording asked_at decided_at expires_at"
)


def of_other_rooms(connection: Connection, key: str, parties: Collection[str]) -> Mapping[str, list[Facts]]:
    """Return what is known under a confirmed address, by section.

    Args:
        connection: Where to look.
        key: Key of the address.
        parties: The parties that confirmed it.
    """
    return {
        "consents_given_or_asked_of_you": _consents(connection, _CONSENT.c.recipient_key == key),
        "consents_you_asked_for": _consents(
            connection, _is_theirs(_CONSENT, "sender_ref", "sender_email", key, parties)
        ),
        "letters_on_paper": _on_paper(connection, key, parties),
        "letters_in_bulk": fact_rows(
            connection,
            _BULK,
            "title product subject language state lines created_at ended_at",
            _is_theirs(_BULK, "sender_ref", "sender_email", key, parties),
            "created_at",
        ),
        "letters_prepared": fact_rows(
            connection,
            _PREPARED,
            "state documents reason created_at ended_at",
            _PREPARED.c.prepared_by.in_(parties),
            "created_at",
        ),
        "address_book": fact_rows(
            connection,
            _CONTACT,
            "name email postal capacity capacity_basis language reference created_at changed_at",
            _CONTACT.c.owner_ref.in_(parties),
            "created_at",
        ),
        "in_address_books": fact_rows(
            connection,
            _CONTACT,
            "name email postal capacity language created_at changed_at",
            _CONTACT.c.email_key == key,
            "created_at",
        ),
        "letters_you_began": _begun(connection, parties),
        "documents_uploaded": fact_rows(
            connection,
            _UPLOAD,
            "name length received created_at expires_at",
            _UPLOAD.c.owner_ref.in_(parties),
            "created_at",
        ),
        "views_of_your_list": fact_rows(
            connection, _VIEW, "name query created_at", _VIEW.c.owner_ref.in_(parties), "created_at"
        ),
        "messages_you_chose": fact_rows(
            connection, _WISH, "paces language changed_at", _WISH.c.owner_ref.in_(parties), "changed_at"
        ),
        "programs": fact_rows(
            connection,
            _KEY,
            "name kind scopes created_at expires_at last_used_at revoked_at",
            _is_theirs(_KEY, "owner_ref", "owner_email", key, parties),
            "created_at",
        ),
        "webhooks": fact_rows(
            connection,
            _ENDPOINT,
            "url description state made_at disabled_at last_success_at",
            _is_theirs(_ENDPOINT, "sender_ref", "owner_email", key, parties),
            "made_at",
        ),
    }


def _begun(connection: Connection, parties: Collection[str]) -> list[Facts]:
    """Return drafts with their documents, which their writer can open still."""
    own = fact_rows(connection, _DRAFT, "id fields changed_at", _DRAFT.c.owner_ref.in_(parties), "changed_at")
    ids = [draft["id"] for draft in own]
    documents = grouped(
        fact_rows(
            connection, _DRAFTED, "draft_id name media_type size_bytes", _DRAFTED.c.draft_id.in_(ids), "id"
        ),
        "draft_id",
    )
    return [_without_id(draft) | {"documents": documents.get(draft["id"], [])} for draft in own]


def _is_theirs(table: Table, ref: str, email: str, key: str, parties: Collection[str]) -> ColumnElement[bool]:
    return or_(table.c[ref].in_(parties), func.lower(table.c[email]) == key.lower())


def _consents(connection: Connection, where: ColumnElement[bool]) -> list[Facts]:
    """Return consents with their journals; both sides of one know each other."""
    own = fact_rows(connection, _CONSENT, _CONSENT_FACTS, where, "id")
    ids = [consent["id"] for consent in own]
    history = grouped(
        fact_rows(
            connection,
            _CONSENT_EVENT,
            "consent_id name occurred_at actor",
            _CONSENT_EVENT.c.consent_id.in_(ids),
            "seq",
        ),
        "consent_id",
    )
    return [_without_id(consent) | {"history": history.get(consent["id"], [])} for consent in own]


def _on_paper(connection: Connection, key: str, parties: Collection[str]) -> list[Facts]:
    """Return the postings of letters that the person sent: the address is what they gave themselves."""
    mine = select(_LETTER.c.id, _LETTER.c.number, _LETTER.c.sender_ref, _LETTER.c.sender_email).where(
        _is_theirs(_LETTER, "sender_ref", "sender_email", key, parties)
    )
    numbers = {
        row.id: row.number
        for row in connection.execute(mine)
        if row.sender_ref in parties or key_of(row.sender_email) == key
    }
    items = fact_rows(
        connection,
        _ITEM,
        "id letter_id attempt state address item_number created_at handed_over_at outcome outcome_at",
        _ITEM.c.letter_id.in_(numbers),
        "created_at",
    )
    ids = [item["id"] for item in items]
    parts = {
        "news": (_NEWS, "item_id source raw_code label happened_at told_at", "told_at"),
        "pictures": (_FILE, "item_id kind media_type size_bytes received_at", "received_at"),
    }
    found = {
        name: grouped(fact_rows(connection, table, columns, table.c.item_id.in_(ids), order), "item_id")
        for name, (table, columns, order) in parts.items()
    }
    return [
        {"letter": numbers[item["letter_id"]]}
        | {name: value for name, value in item.items() if name not in {"id", "letter_id"}}
        | {name: groups.get(item["id"], []) for name, groups in found.items()}
        for item in items
    ]


def _without_id(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if name != "id"}
