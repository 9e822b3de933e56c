"""The seal as the office's keys are now: a key that is rotated seals from the next evidence on, everywhere.

Each seal looks whether the folder of keys is still as it was, which costs some microseconds; nobody has to
start processes again after `lre keys rotate seal`.
"""

import logging
from datetime import datetime

from lre_kit.errors import LreError
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.opening import open_keys
from lre_kit.proofs.sealing.seal import Seal, Sealed
from lre_kit.proofs.sealing.seal_hsm import seal_of
from lre_kit.settings import Settings

log = logging.getLogger(__name__)


class SealInForce:
    """Seals with the key that is in force."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        """Begin with `keys`, which were opened just now."""
        self._settings = settings
        self._seen = self._version()
        self._seal = seal_of(keys)

    def sign(self, payload: bytes, *, at: datetime) -> Sealed:
        """Seal a payload; see `Seal.sign`."""
        return self.present.sign(payload, at=at)

    def sign_raw(self, message: bytes) -> bytes:
        """Sign a message; see `Seal.sign_raw`."""
        return self.present.sign_raw(message)

    @property
    def present(self) -> Seal:
        """The seal by the keys as they are now."""
        version = self._version()
        if version != self._seen:
            try:
                self._seal = seal_of(open_keys(self._settings))
                self._seen = version
            except LreError as error:
                # What was opened still seals; the next seal looks again.
                log.warning("changed keys cannot be opened: %s", error.slug)
        return self._seal

    def _version(self) -> int:
        try:
            return self._settings.keys_folder.stat().st_mtime_ns
        except OSError:
            return 0
