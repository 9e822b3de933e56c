# ruff: noqa: E501 - tables of cases read better a line each
"""What seals over XML have been broken by elsewhere, as changes of one sealed evidence file."""

from collections.abc import Callable

from lre_kit.proofs.sealing.evidence_xml import XML_MAX_BYTES


def inner(sealed: bytes) -> bytes:
    """Return sealed XML without its declaration."""
    return sealed.split(b"?>\n", 1)[1]


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "a comment in a name": lambda x: x.replace(b"Dupont", b"Du<!-- -->pont"),
    "a processing instruction": lambda x: x.replace(b"<erds:EvidenceIdentifier>", b"<?x?><erds:EvidenceIdentifier>"),
    "whitespace between elements": lambda x: x.replace(b"><erds:ERDSEventId", b"> <erds:ERDSEventId"),
    "an unknown element": lambda x: x.replace(b"<erds:ERDSEventId>", b"<erds:More/><erds:ERDSEventId>"),
    "an element twice": lambda x: x.replace(
        b"<erds:MessageIdentifier>", b"<erds:MessageIdentifier>X</erds:MessageIdentifier><erds:MessageIdentifier>"
    ),
    "an attribute on the root": lambda x: x.replace(b' version="', b' Id="x" version="'),
    "another prefix": lambda x: x.replace(b"lre:", b"own:").replace(b"xmlns:lre", b"xmlns:own"),
    "the seal wrapped with its record inside another": lambda x: (
        b"<?xml version='1.0' encoding='UTF-8'?>\n"
        b'<erds:Evidence xmlns:erds="http://uri.etsi.org/19522/v1#" version="EN319522v1.1.1">'
        + inner(x) + b"</erds:Evidence>"
    ),
    "a second seal": lambda x: x.replace(b"</erds:Evidence>", x[x.index(b"<ds:Signature ") :]),
    "no seal": lambda x: x[: x.index(b"<ds:Signature ")] + b"</erds:Evidence>",
    "the seal first": lambda x: x.replace(
        b"<erds:EvidenceIdentifier>",
        x[x.index(b"<ds:Signature ") : -len(b"</erds:Evidence>")] + b"<erds:EvidenceIdentifier>", 1,
    ),
    "another transform": lambda x: x.replace(
        b"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", b"http://www.w3.org/TR/1999/REC-xpath-19991116"
    ),
    "SHA-1": lambda x: x.replace(b"http://www.w3.org/2001/04/xmlenc#sha256", b"http://www.w3.org/2000/09/xmldsig#sha1"),
    "another reference": lambda x: x.replace(b'URI=""', b'URI="#seal-record"'),
    "a document type": lambda x: x.replace(b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY n "Dupont">]>', 1),
    "an entity for a name": lambda x: x.replace(b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY n "Dupont">]>', 1).replace(
        b"Dupont<", b"&n;<"
    ),
    "an outside entity": lambda x: x.replace(
        b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY n SYSTEM "file:///etc/passwd">]>', 1
    ).replace(b"Dupont<", b"&n;<"),
    "another encoding": lambda x: x.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "a byte order mark": lambda x: b"\xef\xbb\xbf" + x,
    "a blank at the end": lambda x: x + b"\n",
    "a certificate more": lambda x: x.replace(
        b"</ds:X509Data>", x[x.index(b"<ds:X509Certificate>") : x.index(b"</ds:X509Certificate>") + 21] + b"</ds:X509Data>"
    ),
    "far too large": lambda x: x + b" " * XML_MAX_BYTES,
    "nothing": lambda _: b"",
}  # fmt: skip
"""What is done to the file, by name."""
