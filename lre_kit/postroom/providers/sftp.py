"""Handing over by SFTP: a folder a batch on the print provider's server, whole or not there at all.

The server must be known beforehand (`LRE_POST_KNOWN_HOSTS`): no host key is taken on trust.
"""

import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lre_kit.errors import ConfigurationError, MissingExtraError
from lre_kit.postroom.errors import BatchConflictError, PrintProviderError
from lre_kit.postroom.providers.spool import CSV_NAME, JSON_NAME
from lre_kit.postroom.values import HandOverReceipt, PrintBatch
from lre_kit.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpPlace:
    """Where batches go, and by which keys."""

    host: str
    port: int
    user: str
    folder: str
    key_file: Path
    known_hosts: Path
    timeout_s: float


class SftpProvider:
    """A folder on a server."""

    name = "sftp"

    def __init__(self, place: SftpPlace) -> None:
        """Hand over at `place`; nothing is connected yet."""
        self._place = place

    def hand_over(self, batch: PrintBatch) -> HandOverReceipt:
        """Put a batch on the server; see `PrintProvider.hand_over`."""
        whole = posixpath.join(self._place.folder, batch.number)
        with self._connected() as sftp:
            kept = _read(sftp, posixpath.join(whole, JSON_NAME))
            if kept is None:
                self._write(sftp, batch, whole)
            elif kept != batch.manifest_json:
                msg = f"The server holds another batch called {batch.number}."
                raise BatchConflictError(msg, mend="Ask the provider to move it away.")
        return HandOverReceipt(reference=batch.number)

    def _write(self, sftp: Any, batch: PrintBatch, whole: str) -> None:
        part = posixpath.join(self._place.folder, f".{batch.number}.part")
        _remove(sftp, part)
        sftp.mkdir(part, 0o700)
        for item in batch.items:
            _put(sftp, posixpath.join(part, item.file_name), item.open())
        _put(sftp, posixpath.join(part, CSV_NAME), batch.manifest_csv)
        _put(sftp, posixpath.join(part, JSON_NAME), batch.manifest_json)
        sftp.rename(part, whole)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        try:
            import paramiko
        except ImportError:
            msg = "Handing over by SFTP needs a package that is not installed."
            raise MissingExtraError(msg, mend="Run: pip install 'lre-kit[post]'.") from None
        place = self._place
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            client.load_host_keys(str(place.known_hosts))
            client.connect(
                place.host,
                place.port,
                place.user,
                key_filename=str(place.key_file),
                allow_agent=False,
                look_for_keys=False,
                timeout=place.timeout_s,
                banner_timeout=place.timeout_s,
                auth_timeout=place.timeout_s,
            )
            with client.open_sftp() as sftp:
                channel = sftp.get_channel()
                if channel is not None:
                    channel.settimeout(place.timeout_s)
                yield sftp
        except (OSError, EOFError, paramiko.SSHException) as error:
            why = type(error).__name__
            msg = f"The print provider's server does not take the batch ({why})."
            raise PrintProviderError(msg, mend="Check LRE_POST_URL, the keys and the folder.") from error
        finally:
            client.close()


def open_sftp(settings: Settings) -> SftpProvider:
    """Return the provider that ``LRE_POST_URL`` names.

    Raises:
        ConfigurationError: The address, the key or the known hosts are missing.
    """
    parts = urlsplit(settings.post_url or "")
    if parts.scheme != "sftp" or not parts.hostname or not parts.username:
        msg = "LRE_POST_URL is not the address of an SFTP folder."
        raise ConfigurationError(msg, mend="Give sftp://user@host/folder.")
    if settings.post_key_file is None or settings.post_known_hosts is None:
        msg = "Handing over by SFTP needs a private key and the server's host key."
        raise ConfigurationError(msg, mend="Set LRE_POST_KEY_FILE and LRE_POST_KNOWN_HOSTS.")
    return SftpProvider(
        SftpPlace(
            host=parts.hostname,
            port=parts.port or 22,
            user=unquote(parts.username),
            folder=unquote(parts.path) or ".",
            key_file=settings.post_key_file,
            known_hosts=settings.post_known_hosts,
            timeout_s=settings.post_timeout_s,
        )
    )


def _put(sftp: Any, path: str, content: bytes) -> None:
    with sftp.open(path, "wb") as file:
        file.set_pipelined(True)
        file.write(content)
    if sftp.stat(path).st_size != len(content):
        raise OSError(path)


def _read(sftp: Any, path: str) -> bytes | None:
    try:
        with sftp.open(path, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def _remove(sftp: Any, folder: str) -> None:
    """Remove what is left of a hand-over that broke off."""
    try:
        entries = sftp.listdir_attr(folder)
    except FileNotFoundError:
        return
    for entry in entries:
        if not stat.S_ISDIR(entry.st_mode or 0):
            sftp.remove(posixpath.join(folder, entry.filename))
    sftp.rmdir(folder)
