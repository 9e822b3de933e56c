"""A real RFC 3161 authority over HTTP for tests: OpenSSL answers, on a free local port."""

import datetime as dt
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lre_kit.clock import now

POLICY = "1.3.6.1.4.1.32473.9.9"
"""Policy the authority answers under by default."""

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
signer_digest = sha256
default_policy = {policy}
other_policies = 1.3.6.1.4.1.32473.9.10
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class OpensslAuthority:
    """The authority as a context manager; `answer` may be replaced to make it misbehave."""

    def __init__(self, folder: Path, *, critical: bool = True, purposes: int = 1) -> None:
        """Make keys and certificates in `folder`.

        Args:
            folder: Scratch folder, made if needed.
            critical: Whether the purpose is marked critical, as it must be.
            purposes: 1 for time stamps alone, 2 with another purpose beside.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.anchor_file = folder / "ca.pem"
        _certificates(folder, critical=critical, purposes=purposes)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, policy=POLICY))
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = authority.answer(query)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def answer(self, query: bytes) -> bytes:
        """Let OpenSSL answer a request."""
        asked = self.folder / f"query-{threading.get_ident()}.tsq"
        asked.write_bytes(query)
        config = str(self.folder / "tsa.cnf")
        command = ["openssl", "ts", "-reply", "-config", config, "-queryfile", str(asked)]
        return subprocess.run(command, capture_output=True, check=True, timeout=20).stdout

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        """Start answering."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _certificates(folder: Path, *, critical: bool, purposes: int) -> None:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test TSA root")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test TSA")])
    begins, ends = now() - dt.timedelta(days=1), now() + dt.timedelta(days=3650)
    ca = (
        _builder(ca_name, ca_name, ca_key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    wanted = [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING][:purposes]
    leaf = (
        _builder(name, ca_name, key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(wanted), critical=critical)
        .sign(ca_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begins: dt.datetime,
    ends: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
