"""What names each content of an office, room by room: whatever none names is left over."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from lre_kit.bulk.rows import BulkRow
from lre_kit.consents.rows import ConsentScanRow
from lre_kit.integration.rows import ApiUploadPartRow, ApiUploadRow
from lre_kit.letters.leftovers import LETTERS, Named, named_by
from lre_kit.letters.own_rows import DraftDocumentRow
from lre_kit.postroom.rows import PostFileRow, PostItemRow
from lre_kit.preparing.rows import PreparedRow
from lre_kit.proofs.rows import ProofRow
from lre_kit.store.inserts import table_of
from lre_kit.store.rewrapping import Locked

_BULK, _ITEM, _PREPARED = table_of(BulkRow), table_of(PostItemRow), table_of(PreparedRow)
_SCAN, _DRAFTED = table_of(ConsentScanRow), table_of(DraftDocumentRow)
_POSTED = named_by(_ITEM.c.print_key, table_of(PostFileRow).c.blob_key)

_MANIFESTS = "post/batches/"
"""Manifests of batches: they are named by their number, and kept."""


def _bulk(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Documents of a bulk sending are kept as long as its key is."""
    ids = {key: key.split("/")[1] for key in keys}
    query = select(_BULK.c.id).where(_BULK.c.id.in_(set(ids.values())), _BULK.c.wrapped_key.is_not(None))
    living = set(connection.scalars(query))
    return {key for key, bulk_id in ids.items() if bulk_id in living}


def _prepared(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Documents of a prepared letter are kept as long as its key is."""
    ids = {key: key.split("/")[1] for key in keys}
    query = select(_PREPARED.c.id).where(
        _PREPARED.c.id.in_(set(ids.values())), _PREPARED.c.wrapped_key.is_not(None)
    )
    living = set(connection.scalars(query))
    return {key for key, prepared_id in ids.items() if prepared_id in living}


def _scans(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Scans of consents are kept as long as their keys are."""
    query = select(_SCAN.c.blob_key).where(_SCAN.c.blob_key.in_(keys), _SCAN.c.wrapped_key.is_not(None))
    return set(connection.scalars(query))


def _drafted(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Documents of a draft are kept as long as their rows are."""
    ids = {key.split("/")[1]: key for key in keys}
    return {ids[each] for each in connection.scalars(select(_DRAFTED.c.id).where(_DRAFTED.c.id.in_(ids)))}


def _post(connection: Connection, keys: Sequence[str]) -> set[str]:
    manifests = {key for key in keys if key.startswith(_MANIFESTS)}
    return manifests | _POSTED(connection, keys)


LOCKED = (
    Locked(table=_BULK),
    Locked(table=_PREPARED),
    Locked(table=_DRAFTED),
    Locked(table=_SCAN, bound_by="blob_key"),
    Locked(table=table_of(ApiUploadRow)),
)
"""Tables of these rooms whose rows hold a wrapped key: locked anew after the key-encryption key rotated."""

NAMED: Mapping[str, Named] = {
    **LETTERS,
    "consents/": _scans,
    "post/": _post,
    "bulk/": _bulk,
    "drafts/": _drafted,
    "proofs/": named_by(table_of(ProofRow).c.blob_key),
    "prepared/": _prepared,
    "uploads/": named_by(table_of(ApiUploadPartRow).c.blob_key),
}
"""What looks up the keys below each prefix of the content store."""
