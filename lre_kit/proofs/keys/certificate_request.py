"""Certificates of outside authorities: asked for by PKCS#10, checked before they are installed.

The key of a request waits as ``pending-seal.key`` beside the one in use (or in the token, under the
label that the settings name) until its certificate is installed; then both change together.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, InputError, MissingFileError, WrongKeyError
from lre_kit.proofs.keys.certificates import certificates_pem, make_request, private_pem, time_stamping
from lre_kit.proofs.keys.chain import DEPTH_MAX, UNREADABLE, load_certificate
from lre_kit.proofs.keys.key_files import KeyFolder, sync_folder, write_secret
from lre_kit.proofs.keys.keys import leads_up
from lre_kit.proofs.keys.opening import token_key
from lre_kit.proofs.keys.rotation import KeyChange, changing_keys
from lre_kit.settings import Settings

FILE_MAX_BYTES = 64 * 1024
"""Longest file of certificates read."""

Name = Literal["seal", "tsa"]
"""What certificates are for."""


class CertificateRefusedError(InputError):
    """A certificate cannot take the place of the one in use; `check` names why.

    Checks: ``format``, ``key``, ``installed``, ``purpose``, ``chain``, ``time``.
    """

    slug = "new-certificate-refused"

    def __init__(self, problem: str, *, mend: str, check: str) -> None:
        """Keep the failed check's stable name."""
        super().__init__(problem, mend=mend)
        self.check = check


def request_certificate(settings: Settings, name: Name, out: Path, *, new_key: bool = False) -> None:
    """Write a certificate request, signed by a key that waits for its certificate.

    A request that is repeated is for the same key, unless a new one is asked for.

    Args:
        settings: The office's.
        name: What the certificate is for.
        out: The request (PEM); must not exist.
        new_key: Destroy the waiting key, if there is one, and make another.

    Raises:
        ConfigurationError: There are no keys, or the key in the token is the one in use.
        KeysBusyError: Another change of keys is under way.
        SealUnavailableError: The token does not answer.
    """
    from lre_kit.clock import now

    if out.exists():
        raise FileExistsError(17, "File exists", str(out))
    with changing_keys(settings, now) as change:
        # A former change that was finished just now is in force; the request goes on from there.
        key = _waiting_key(settings, name, new_key=new_key)
        if change is not None and key.public_key() == change.keys.seal_certificate.public_key():
            msg = f"The key {settings.seal_pkcs11_label} in the token is the one in use."
            mend = "Set LRE_SEAL_PKCS11_LABEL to a new name: a key of that name is made in the token."
            raise ConfigurationError(msg, mend=mend)
        request = make_request(name, settings.provider_name, key)
    with out.open("xb") as file:
        file.write(request)


def install_certificate(
    settings: Settings, name: Name, certificate: Path, *, chain: Path | None = None, clock: Clock
) -> bool:
    """Put a certificate, and the key it belongs to, in the place of those in use; return whether it did.

    Where a former change of keys was interrupted after it took effect, that one is finished
    instead, and nothing is installed.

    Args:
        settings: The office's.
        name: What the certificate is for.
        certificate: PEM; the certificate first, authorities above it may follow.
        chain: PEM of (further) authorities, nearest first, up to the root.
        clock: Certificates must be valid now.

    Raises:
        CertificateRefusedError: It may not be installed; its `check` names why.
        MissingFileError: A file is not there.
        KeysBusyError: Another change of keys is under way.
    """
    found = tuple(_read(certificate) + (_read(chain) if chain else []))
    with changing_keys(settings, clock) as change:
        if change is None:
            return False
        keys = change.keys
        now_in_use = (
            (keys.seal_certificate, *keys.seal_chain)
            if name == "seal"
            else (keys.tsa_certificate, *keys.tsa_chain)
        )
        if found[0] == now_in_use[0]:
            _refuse("installed", "This certificate is installed already.", "There is nothing to do.")
        files, remove = _key_for(settings, change, name, found[0])
        check_certificates(name, found, at=clock())
        if found[-1] != now_in_use[-1]:
            # Whoever holds it could go on issuing certificates that verifiers of old proofs trust.
            remove.append(f"{name}-ca.key")
        old = change.files.old_name(f"{name}.pem", clock())
        files |= {f"{name}.pem": certificates_pem(found), old: certificates_pem(now_in_use)}
        change.apply(files, remove=remove)
    return True


def check_certificates(name: Name, found: Sequence[x509.Certificate], *, at: datetime) -> None:
    """Check that certificates serve a purpose, lead up in order, and are valid.

    Args:
        name: What for.
        found: The certificate, then the authorities above it.
        at: Now.

    Raises:
        CertificateRefusedError: They do not.
    """
    try:
        fits = _fits(name, found[0])
    except UNREADABLE:
        fits = False
    if not fits:
        wanted = {
            "seal": "It must allow digital signatures or content commitment, and no time stamps.",
            "tsa": "Its extended key usage must be critical and timeStamping only (RFC 3161 §2.3).",
        }
        _refuse("purpose", f"The certificate is not one for {_WORDS[name]}.", wanted[name])
    if not leads_up(tuple(found)):
        mend = "Give with --chain each authority's certificate, nearest first, up to the root."
        _refuse("chain", "The certificates do not lead up to an authority, each issued by the next.", mend)
    for one in found:
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            begins, ends = (
                f"{instant:%Y-%m-%d %H:%M}Z"
                for instant in (one.not_valid_before_utc, one.not_valid_after_utc)
            )
            msg = f"The certificate of {one.subject.rfc4514_string()} is valid only from {begins} to {ends}."
            _refuse("time", msg, "Check the machine's clock, or ask the authority for another.")


_WORDS = {"seal": "seals", "tsa": "time stamps"}


def _fits(name: Name, certificate: x509.Certificate) -> bool:
    by_class = {type(extension.value): extension for extension in certificate.extensions}
    usage, purpose = by_class.get(x509.KeyUsage), by_class.get(x509.ExtendedKeyUsage)
    basic = by_class.get(x509.BasicConstraints)
    signs = (
        usage is not None
        and isinstance(usage.value, x509.KeyUsage)
        and (usage.value.digital_signature or usage.value.content_commitment)
    )
    if not signs or (basic is not None and isinstance(basic.value, x509.BasicConstraints) and basic.value.ca):
        return False
    if name == "tsa":
        return purpose is not None and purpose.critical and purpose.value == time_stamping()
    return purpose is None or next(iter(time_stamping())) not in purpose.value


def _waiting_key(settings: Settings, name: Name, *, new_key: bool) -> ec.EllipticCurvePrivateKey:
    held = token_key(settings) if name == "seal" else None
    if held is not None:
        held.make()
        return held
    files = KeyFolder(settings.keys_folder)
    if not new_key and (waiting := _pending(files, name)) is not None:
        return waiting
    key = ec.generate_private_key(ec.SECP256R1())
    aside = files.path / f".pending-{name}"
    aside.unlink(missing_ok=True)
    write_secret(aside, private_pem(key))
    aside.replace(files.path / f"pending-{name}.key")
    sync_folder(files.path)
    return key


def _pending(files: KeyFolder, name: Name) -> ec.EllipticCurvePrivateKey | None:
    place = f"pending-{name}.key"
    if not files.has(place):
        return None
    try:
        key = serialization.load_pem_private_key(files.read(place), None)
    except (ValueError, TypeError) as error:
        msg = f"The key {files.path / place} cannot be read."
        raise WrongKeyError(msg, mend="Ask anew with: lre keys request --new-key") from error
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _key_for(
    settings: Settings, change: KeyChange, name: Name, certificate: x509.Certificate
) -> tuple[dict[str, bytes], list[str]]:
    """Return the files to write and to destroy so that the certificate's key is in use."""
    wanted = certificate.public_key()
    held = token_key(settings) if name == "seal" else None
    if held is not None:
        if held.public_key_in_token() == wanted:
            return {}, ["seal.key", "pending-seal.key"]
    else:
        pending = _pending(change.files, name)
        if pending is not None and pending.public_key() == wanted:
            return {f"{name}.key": private_pem(pending)}, [f"pending-{name}.key"]
        used = change.keys.seal_certificate if name == "seal" else change.keys.tsa_certificate
        if used.public_key() == wanted:
            return {}, []
    raise CertificateRefusedError(
        "The certificate belongs to neither the waiting key nor the one in use.",
        mend=f"Give the certificate issued for: lre keys request {name}",
        check="key",
    )


def _read(path: Path) -> list[x509.Certificate]:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError as error:
        msg = f"There is no file {path}."
        raise MissingFileError(msg, mend="Give the file the authority sent, in PEM.") from error
    try:
        if len(content) > FILE_MAX_BYTES:
            raise ValueError("too long")
        found = [
            load_certificate(c.public_bytes(serialization.Encoding.DER))
            for c in x509.load_pem_x509_certificates(content)
        ]
        if not 0 < len(found) <= DEPTH_MAX:
            raise ValueError("too many")
        for one in found:
            one.public_key()
    except UNREADABLE:
        _refuse("format", f"The file {path} holds no certificates that can be read.", "Give them in PEM.")
    return found


def _refuse(check: str, problem: str, mend: str) -> NoReturn:
    raise CertificateRefusedError(problem, mend=mend, check=check)
