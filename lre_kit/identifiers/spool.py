"""The spool: where a sheet with plain codes waits to be printed or sent, and where it is destroyed.

A sheet is first kept under a hidden name. Only after the transaction that issued its codes has
committed does it get the name the post room looks for, so that no sheet with void codes is posted.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lre_kit.identifiers.order_ports import Parcel
from lre_kit.identifiers.order_values import SpoolError
from lre_kit.parties.addresses import PostalAddress

MODE = 0o600
"""Only the office's own user reads a sheet."""


class Spool:
    """Sheets in a folder of the office's own user."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`; it is made at the first sheet."""
        self.folder = folder

    def keep(self, order_id: str, pdf: bytes) -> str:
        """Keep a sheet durably under its hidden name, which no other sheet has; return its SHA-256."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256(pdf).hexdigest()
        write_atomically(self._hidden(order_id, digest), pdf)
        return digest

    def read(self, order_id: str, digest: str) -> bytes:
        """Return a sheet, hidden or shown.

        Raises:
            SpoolError: It is not there, or not the one with this digest.
        """
        for path in (self._hidden(order_id, digest), self.shown(order_id)):
            with suppress(FileNotFoundError):
                pdf = path.read_bytes()
                if hmac.compare_digest(hashlib.sha256(pdf).hexdigest(), digest):
                    return pdf
        msg = "The spooled sheet of this order is not there, or is not the one that was made."
        raise SpoolError(msg, mend="Cancel the order and let it be made again: its codes are then void.")

    def show(self, parcel: Parcel) -> None:
        """Give a sheet the name the post room looks for, then write its manifest; twice changes nothing."""
        order = parcel.order
        with suppress(FileNotFoundError):
            self._hidden(order.id, order.digest or "").replace(self.shown(order.id))
        manifest = {
            "order": order.id,
            "kind": order.kind,
            "sheet": self.shown(order.id).name,
            "sha256": order.digest,
            "address": dict(order.address or {}),
            "label": _label(order.address),
        }
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=2)
        # The manifest comes last: who sees it finds the sheet.
        write_atomically(self.manifest(order.id), text.encode())

    def destroy(self, order_id: str) -> bool:
        """Overwrite and remove an order's sheets, void ones too, and its manifest; return if there were any.

        Overwriting helps on plain disks only; journals, copies and worn-out flash may keep the bytes.
        """
        found = False
        hidden = self.folder.glob(f".{order_id}.*")
        for path in (*hidden, *self.folder.glob(f"{order_id}.pdf*")):
            with suppress(FileNotFoundError):
                _overwrite(path)
                path.unlink()
                found = True
        self.manifest(order_id).unlink(missing_ok=True)
        return found

    def shown(self, order_id: str) -> Path:
        """Return where the post room finds the sheet of an order."""
        return self.folder / f"{order_id}.pdf"

    def manifest(self, order_id: str) -> Path:
        """Return where the post room finds the manifest of an order."""
        return self.folder / f"{order_id}.json"

    def drop(self, order_id: str, digest: str) -> None:
        """Destroy one hidden sheet whose codes came to nothing."""
        with suppress(FileNotFoundError):
            _overwrite(self._hidden(order_id, digest))
            self._hidden(order_id, digest).unlink()

    def _hidden(self, order_id: str, digest: str) -> Path:
        return self.folder / f".{order_id}.{digest[:32]}.pdf"


class PostRoom:
    """Delivery by post: the post room prints what it finds in the spool, and says when it is done."""

    keeps_spool = True

    def __init__(self, spool: Spool) -> None:
        """Show sheets in `spool`."""
        self._spool = spool

    def hand_over(self, parcel: Parcel) -> str | None:
        """Show the sheet and its manifest; the tracking number comes later."""
        self._spool.show(parcel)
        return None


class LetterAttachment:
    """Delivery inside a registered letter of this office, where a derogation allows it."""

    keeps_spool = False

    def __init__(self, deposit: Callable[..., str]) -> None:
        """Deposit by ``deposit(party_id=…, pdf=…, idempotency_key=…)``, which answers the letter's number.

        Args:
            deposit: Called again with the same key it must answer the same letter.
        """
        self._deposit = deposit

    def hand_over(self, parcel: Parcel) -> str | None:
        """Deposit the letter; its number is the reference."""
        order = parcel.order
        return self._deposit(
            party_id=order.party_id, pdf=parcel.pdf, idempotency_key=f"identifier-order:{order.id}"
        )


def _label(address: Mapping[str, Any] | None) -> list[str]:
    """Return the lines that stand on the envelope: abroad the country comes last."""
    if not address:
        return []
    kept = PostalAddress(lines=tuple(address["lines"]), country=address.get("country", "FR"))
    return list(kept.printed)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, readable by its owner only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), MODE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(bytes(path.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
