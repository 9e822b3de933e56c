"""A responder of certificates' standing, run by openssl: for tests, never for real use."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from lre_kit.testing.person_authority import PersonAuthority

_DATE = "%y%m%d%H%M%SZ"


class OcspResponder:
    """``openssl ocsp`` answering for an authority on a free port; use it as a context manager."""

    def __init__(self, authority: PersonAuthority, folder: Path, *, may_sign: bool = True) -> None:
        """Prepare.

        Args:
            authority: Whose certificates it knows.
            folder: Gets its files.
            may_sign: Whether its own certificate is for that; without, no answer should be believed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._index = folder / "index.txt"
        self._index.touch()
        purpose = ExtendedKeyUsageOID.OCSP_SIGNING if may_sign else ExtendedKeyUsageOID.CLIENT_AUTH
        self._signer = authority.card("Responder", "Example", purposes=(purpose,)).write(folder, "responder")
        self._authority = folder / "authority.pem"
        self._authority.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def knows(self, certificate: x509.Certificate, *, revoked: datetime | None = None) -> None:
        """Write a certificate into its book, before it answers: openssl may not notice what comes later."""
        number = f"{certificate.serial_number:X}"
        number = number.zfill(len(number) + len(number) % 2)
        ends = certificate.not_valid_after_utc.strftime(_DATE)
        since = revoked.astimezone(UTC).strftime(_DATE) if revoked else ""
        lines = [line for line in self._index.read_text().splitlines() if f"\t{number}\t" not in line]
        lines.append(f"{'R' if revoked else 'V'}\t{ends}\t{since}\t{number}\tunknown\t/CN=person")
        self._index.write_text("\n".join([*lines, ""]))

    def __enter__(self) -> Self:
        """Answer from now on."""
        certificate, key = self._signer
        self._process = subprocess.Popen(
            ["openssl", "ocsp", "-port", "0", "-index", self._index, "-CA", self._authority,
             "-rsigner", certificate, "-rkey", key, "-nmin", "5", "-ignore_err"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self._folder,
        )  # fmt: skip
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.match(r"ACCEPT .*:([0-9]+) ", line):
                self.url = f"http://127.0.0.1:{found[1]}/"
                return self
        msg = "openssl does not answer as a responder"
        raise RuntimeError(msg)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        assert self._process is not None
        self._process.terminate()
        self._process.communicate()
