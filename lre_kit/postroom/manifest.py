"""The manifest of a batch, as JSON and as CSV: the same items, each with its file's checksum. Pure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from lre_kit.clock import iso
from lre_kit.csv_tables import csv_line
from lre_kit.postroom.values import PostItem

VERSION = "lre-post-batch/1"
"""Form of the manifest."""

COLUMNS = (
    *("position", "item", "file", "sha256", "size_bytes", "item_number", "pages", "sheets", "envelope"),
    *("colour", "duplex", "attempt", "reprint", "country"),
)
"""Columns of the CSV, in order. The address stands on the file's first page, and nowhere else."""


def file_name(item: PostItem) -> str:
    """Return what an item's file is called in its batch."""
    return f"{item.position:05}-{item.name}.pdf"


def manifest_json(number: str, closed_at: datetime, items: Sequence[PostItem]) -> bytes:
    """Return the manifest as JSON."""
    told = {
        "version": VERSION,
        "batch": number,
        "closed_at": iso(closed_at),
        "items": [_told(item) for item in items],
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def manifest_csv(items: Sequence[PostItem]) -> bytes:
    """Return the manifest as CSV (RFC 4180); no cell begins like a formula."""
    rows = ([str(told[name]) for name in COLUMNS] for told in map(_told, items))
    return "".join(map(csv_line, (COLUMNS, *rows))).encode()


def digest_of(manifest: bytes) -> str:
    """Return a manifest's SHA-256, in hexadecimal."""
    return hashlib.sha256(manifest).hexdigest()


def _told(item: PostItem) -> dict[str, object]:
    return {
        "position": item.position,
        "item": item.id,
        "file": file_name(item),
        "sha256": item.print_digest,
        "size_bytes": item.print_bytes,
        "item_number": item.item_number or "",
        "pages": item.pages,
        "sheets": item.sheets,
        "envelope": item.envelope,
        "colour": item.options.colour,
        "duplex": item.options.duplex,
        "attempt": item.attempt,
        "reprint": item.reprints,
        "country": item.address.country,
    }
