"""A real OpenSSH server on a free local port that serves one folder by SFTP, for tests."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpServer:
    """Where it is, and by which keys it is reached."""

    port: int
    user: str
    key_file: Path
    known_hosts: Path


def sshd_path() -> str | None:
    """Return where the server's program is; Debian keeps it off the path of users."""
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    """Serve while the context lasts; keys and settings lie in `folder`.

    Raises:
        RuntimeError: There is no sshd, or it does not start.
    """
    program = sshd_path()
    if program is None:
        msg = "sshd is not installed"
        raise RuntimeError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    shutil.copy(folder / "client.pub", folder / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
        "Subsystem sftp internal-sftp\n",
        encoding="utf-8",
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    kind, key, *_ = (folder / "host.pub").read_text("utf-8").split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n", encoding="utf-8")
    process = subprocess.Popen(
        [program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    )
    try:
        _await(port, process)
        yield SftpServer(
            port=port,
            user=getpass.getuser(),
            key_file=folder / "client",
            known_hosts=folder / "known_hosts",
        )
    finally:
        process.terminate()
        process.wait(timeout=10)


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
    msg = "sshd does not start"
    raise RuntimeError(msg)
