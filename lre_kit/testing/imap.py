"""A real IMAP server (Dovecot) on a free local port with one account, for tests."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lre_kit.testing.private_servers import MissingServiceError

USER, PASSWORD = "reports", "only-for-tests"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where it is, and who may read."""

    port: int
    ca_file: Path
    user: str = USER
    password: str = PASSWORD


def dovecot_path() -> str | None:
    """Return where the server's program is; Debian keeps it off the path of users."""
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def imap_server(folder: Path, certificate: Path) -> Iterator[ImapServer]:
    """Serve an empty mailbox over TLS while the context lasts.

    Args:
        folder: An empty folder; it is handed to the system's user for mail.
        certificate: PEM file of key and certificate for ``localhost``.

    Raises:
        MissingServiceError: Dovecot is not installed, or does not start (it begins as root).
    """
    program = dovecot_path()
    if program is None or os.getuid() != 0:
        msg = "Dovecot is not installed, or this is not root"
        raise MissingServiceError(msg)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    owner = pwd.getpwnam("mail")
    mail = folder / "mail"
    mail.mkdir(parents=True)
    for each in (folder, *folder.parents):
        # The user for mail must reach its folder through those of the tests.
        if each.is_relative_to("/tmp") and each != Path("/tmp"):
            each.chmod(0o755)
    os.chown(mail, owner.pw_uid, owner.pw_gid)
    written = folder / "dovecot.conf"
    written.write_text(
        _CONFIGURATION.format(
            folder=folder,
            certificate=certificate,
            password=PASSWORD,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            port=port,
        ),
        encoding="utf-8",
    )
    process = subprocess.Popen([program, "-F", "-c", str(written)], stderr=subprocess.PIPE)
    try:
        _await(port, process)
        yield ImapServer(port=port, ca_file=certificate)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    process.terminate()
    said = process.communicate(timeout=10)[1] or b""
    msg = f"Dovecot does not start: {said.decode(errors='replace')[-300:]}"
    raise MissingServiceError(msg)
