"""Handing over into a folder: a sub-folder a batch, whole or not there at all.

The manifest is written last and the folder gets its name by one rename, so that whoever watches the spool
never finds half a batch.
"""

import shutil
from pathlib import Path

from lre_kit.identifiers.spool import write_atomically
from lre_kit.postroom.errors import BatchConflictError, PrintProviderError
from lre_kit.postroom.values import HandOverReceipt, PrintBatch

JSON_NAME, CSV_NAME = "manifest.json", "manifest.csv"
"""What manifests are called inside a batch."""


class SpoolProvider:
    """A folder that the printers' machine watches."""

    name = "spool"

    def __init__(self, folder: Path) -> None:
        """Hand over into `folder`; it is made with the first batch."""
        self.folder = folder

    def hand_over(self, batch: PrintBatch) -> HandOverReceipt:
        """Put a batch into the folder; see `PrintProvider.hand_over`."""
        whole = self.folder / batch.number
        try:
            if not whole.exists():
                self._write(batch, whole)
            elif (whole / JSON_NAME).read_bytes() != batch.manifest_json:
                msg = f"The spool holds another batch called {batch.number}."
                raise BatchConflictError(msg, mend="Look at both manifests; move the wrong one away.")
        except OSError as error:
            msg = f"The spool folder cannot be used: {error.strerror}."
            raise PrintProviderError(msg, mend="Check LRE_POST_SPOOL, its rights and its space.") from error
        return HandOverReceipt(reference=batch.number)

    def _write(self, batch: PrintBatch, whole: Path) -> None:
        part = self.folder / f".{batch.number}.part"
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True, mode=0o700)
        for item in batch.items:
            write_atomically(part / item.file_name, item.open())
        write_atomically(part / CSV_NAME, batch.manifest_csv)
        write_atomically(part / JSON_NAME, batch.manifest_json)
        part.rename(whole)
