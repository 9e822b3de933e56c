"""The file of time-stamping authorities (``LRE_TSA_FILE``), and the roots that tokens may lead to.

It is TOML, the first choice first::

    [[authority]]
    name = "First"
    url = "https://tsa.example.org/rfc3161"
    policy = "1.2.3.4.5"              # optional: asked for and insisted on
    anchor_file = "first-root.pem"    # relative to this file
    timeout_s = 10                    # optional
    user = "office"                   # optional, with password: HTTP basic authentication
    password = "…"

    [[authority]]
    name = "Our own"
    url = "builtin"                   # only a last resort if it is written here

    [[authority]]
    name = "Former"
    anchor_file = "former-root.pem"
    retired = true                    # never asked; what it stamped stays trusted
"""

import tomllib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from lre_kit.errors import ConfigurationError
from lre_kit.proofs.keys.keys import Keys
from lre_kit.settings import Settings

BUILTIN = "builtin"
"""The address that stands for the office's own authority."""


class AuthorityEntry(BaseModel):
    """One ``[[authority]]`` of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    url: str | None = None
    """``http(s)://…`` or ``builtin``."""
    policy: str | None = None
    anchor_file: Path | None = None
    """PEM file of the roots, relative to the TOML file."""
    timeout_s: float = Field(default=10.0, gt=0)
    """Longest wait to connect, and again for the answer, in seconds."""
    user: str | None = None
    password: SecretStr | None = None
    retired: bool = False
    """Never asked; its anchors stay trusted."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    authority: tuple[AuthorityEntry, ...] = Field(min_length=1)


def read_entries(settings: Settings) -> tuple[AuthorityEntry, ...]:
    """Return what ``LRE_TSA_FILE`` says, anchors as absolute paths; nothing where it is not set.

    Raises:
        ConfigurationError: It cannot be read, or says what cannot work.
    """
    path = settings.tsa_file
    if path is None:
        return ()
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        # The values are left out: a password may be among them.
        wrong = ", ".join(".".join(str(part) for part in e["loc"]) or "authority" for e in error.errors())
        raise _unusable(path, f"wrong or missing: {wrong}") from None
    except (OSError, ValueError) as error:
        raise _unusable(path, "it cannot be read as TOML") from error
    names = [entry.name for entry in found.authority]
    if len(set(names)) != len(names):
        raise _unusable(path, "two authorities have one name")
    for entry in found.authority:
        _check_entry(path, entry)
    return tuple(
        entry.model_copy(update={"anchor_file": path.parent / entry.anchor_file})
        if entry.anchor_file
        else entry
        for entry in found.authority
    )


def timestamp_anchors(settings: Settings, keys: Keys) -> tuple[x509.Certificate, ...]:
    """Return the roots that this office's tokens may lead to: built in, configured and retired ones.

    Raises:
        ConfigurationError: A file of anchors cannot be read.
    """
    configured = configured_anchors(settings)
    if settings.tsa_url is not None and settings.tsa_file is None:
        return configured
    return tuple(dict.fromkeys((*keys.tsa_anchors, *configured)))


def configured_anchors(settings: Settings) -> tuple[x509.Certificate, ...]:
    """Return the roots in all files of anchors that the settings name, in order, each once."""
    if settings.tsa_file is None:
        files = [settings.tsa_anchor_file] if settings.tsa_anchor_file else []
    else:
        files = [entry.anchor_file for entry in read_entries(settings) if entry.anchor_file]
    return tuple(dict.fromkeys(anchor for file in files for anchor in read_anchors(file)))


def read_anchors(file: Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file.

    Raises:
        ConfigurationError: There are none that can be read.
    """
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"The file {file} holds no certificate that can be read."
        raise ConfigurationError(msg, mend="Give the authority's root, in PEM.") from error


def write_authorities(folder: Path, settings: Settings) -> None:
    """Write the configured authorities' roots as ``tsa-ca-<n>.pem`` beside the other anchors.

    Roots that are there already stay as they are, under their number: proofs of former years need
    those of authorities that are no longer configured. Whom not to trust any more, remove by hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = settings.home / "trust"
    known = _written(folder)
    for anchor in dict.fromkeys((*_written(kept), *configured_anchors(settings))):
        if anchor not in known:
            number = 1
            while (folder / f"tsa-ca-{number}.pem").exists():
                number += 1
            (folder / f"tsa-ca-{number}.pem").write_bytes(anchor.public_bytes(Encoding.PEM))


def _written(folder: Path) -> list[x509.Certificate]:
    return [anchor for file in sorted(folder.glob("tsa-ca-*.pem")) for anchor in read_anchors(file)]


def _check_entry(path: Path, entry: AuthorityEntry) -> None:
    if entry.anchor_file is None and (entry.retired or entry.url != BUILTIN):
        raise _unusable(path, f"{entry.name} has no anchor_file")
    if entry.url is None and not entry.retired:
        raise _unusable(path, f"{entry.name} has no url")
    if (entry.user is None) != (entry.password is None):
        raise _unusable(path, f"{entry.name} has a user without a password, or the reverse")


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file {path} of time-stamping authorities cannot be used: {why}.",
        mend="Each [[authority]] needs a name, a url and an anchor_file; see the page on time stamps.",
    )
