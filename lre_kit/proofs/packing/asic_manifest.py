"""The list of files that a container's signature covers: ASiCManifest (ETSI EN 319 162-1 §4.4, annex A)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, unquote
from xml.parsers import expat

from lre_kit.proofs.packing.zip_names import name_fault, twin_fault
from lre_kit.proofs.packing.zip_records import BadContainerError

NAMESPACE = "http://uri.etsi.org/02918/v1.2.1#"
"""Namespace of ASiC manifests (annex A.4)."""

MANIFEST_MAX_BYTES = 4 * 1024 * 1024
"""Largest manifest read, in bytes."""

SIGNATURE_TYPE = "application/x-pkcs7-signature"
"""Media type of a CAdES signature."""

_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_TYPES = {
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
}
_ROOT, _SIGNATURE, _FILE, _METHOD, _VALUE = (
    f"{NAMESPACE} ASiCManifest",
    f"{NAMESPACE} SigReference",
    f"{NAMESPACE} DataObjectReference",
    f"{_DSIG} DigestMethod",
    f"{_DSIG} DigestValue",
)
_ORDER: dict[str, set[str | None]] = {
    # Each element, and what may follow it; None is the end.
    _ROOT: {_SIGNATURE},
    _SIGNATURE: {_FILE},
    _FILE: {_METHOD},
    _METHOD: {_VALUE},
    _VALUE: {_FILE, None},
}
_DEPTH = {_ROOT: 1, _SIGNATURE: 2, _FILE: 2, _METHOD: 3, _VALUE: 3}
_ATTRIBUTES: dict[str, tuple[set[str], set[str]]] = {
    _ROOT: (set(), set()),
    _SIGNATURE: ({"URI"}, {"MimeType"}),
    _FILE: ({"URI"}, {"MimeType"}),
    _METHOD: ({"Algorithm"}, set()),
    _VALUE: (set(), set()),
}


@dataclass(frozen=True, slots=True)
class AsicManifest:
    """What a manifest says."""

    signature: str
    """Name of the file with the signature over the manifest."""
    digests: dict[str, str]
    """SHA-256 in hexadecimal of each file covered, by name."""


def manifest_xml(signature: str, digests: Mapping[str, str]) -> bytes:
    """Return a manifest's bytes.

    Args:
        signature: Name of the file with the signature.
        digests: SHA-256 in hexadecimal of each file, by name, in the container's order.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<asic:ASiCManifest xmlns:asic="{NAMESPACE}" xmlns:ds="{_DSIG}">',
        f'<asic:SigReference URI="{quote(signature)}" MimeType="{SIGNATURE_TYPE}"/>',
    ]
    for name, digest_hex in digests.items():
        kind = _TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
        value = base64.b64encode(bytes.fromhex(digest_hex)).decode()
        lines += (
            f'<asic:DataObjectReference URI="{quote(name)}" MimeType="{kind}">',
            f'<ds:DigestMethod Algorithm="{_SHA256}"/>',
            f"<ds:DigestValue>{value}</ds:DigestValue>",
            "</asic:DataObjectReference>",
        )
    return ("\n".join([*lines, "</asic:ASiCManifest>"]) + "\n").encode()


def parse_manifest(raw: bytes) -> AsicManifest:
    """Read a manifest, strictly; only SHA-256 is known.

    Raises:
        BadContainerError: ``manifest``; it cannot be read, or says more than we understand.
    """
    reader = _Reader()
    try:
        if len(raw) > MANIFEST_MAX_BYTES:
            msg = "it is far larger than any"
            raise ValueError(msg)
        reader.parser.Parse(raw, True)
        digests = {name: _digest(value) for name, value in reader.files}
        if fault := twin_fault([name for name, _ in reader.files]):
            raise ValueError(fault[1])
    except (ValueError, binascii.Error, expat.ExpatError) as error:
        msg = f"The container's list of files cannot be relied on: {error}."
        raise BadContainerError(msg, reason="manifest") from error
    return AsicManifest(reader.signature, digests)


class _Reader:
    """Follows a manifest's elements in the one order they may come in."""

    def __init__(self) -> None:
        self.signature = ""
        self.files: list[tuple[str, str]] = []
        self._last: str | None = None
        self._depth = 0
        self.parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = _unexpected
        self.parser.EntityDeclHandler = _unexpected
        self.parser.ProcessingInstructionHandler = _unexpected
        self.parser.CommentHandler = _unexpected
        self.parser.StartCdataSectionHandler = _unexpected

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding not in {None, "UTF-8"}:
            _unexpected()

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        allowed: set[str | None] = {_ROOT} if self._last is None else _ORDER[self._last]
        if element not in allowed or _DEPTH[element] != self._depth:
            _unexpected()
        needed, optional = _ATTRIBUTES[element]
        if not needed <= attributes.keys() <= needed | optional:
            _unexpected()
        self._last = element
        if element == _SIGNATURE:
            self.signature = _name(attributes["URI"])
        elif element == _FILE:
            self.files.append((_name(attributes["URI"]), ""))
        elif element == _METHOD and attributes["Algorithm"] != _SHA256:
            msg = "a digest other than SHA-256"
            raise ValueError(msg)

    def _end(self, element: str) -> None:
        if element in {_ROOT, _FILE} and self._last != _VALUE:
            _unexpected()
        self._depth -= 1

    def _text(self, text: str) -> None:
        if self._last == _VALUE and self._depth == _DEPTH[_VALUE]:
            name, before = self.files[-1]
            self.files[-1] = (name, before + text)
        elif text.strip(" \n\r\t"):
            _unexpected()


def _unexpected(*_: object) -> None:
    msg = "something that does not belong there"
    raise ValueError(msg)


def _name(uri: str) -> str:
    """Return the file that a relative reference means (RFC 3986 §4.2), or raise ValueError."""
    name = unquote(uri, errors="strict")
    if quote(name) != uri:
        msg = "a reference that is not in its one form"
        raise ValueError(msg)
    if fault := name_fault(name):
        raise ValueError(fault[1])
    return name


def _digest(value: str) -> str:
    digest = base64.b64decode(value, validate=True)
    if len(digest) != 32 or base64.b64encode(digest).decode() != value:
        msg = "a digest of another length"
        raise ValueError(msg)
    return digest.hex()
