"""Evidence records as XML (ETSI EN 319 522-3): the twin of the JSON record, back and forth without loss.

Element names and order are those of the standard; what it has no element for stands in
``Extensions`` under a namespace of our own. There is one form: reading refuses bytes that writing
would not make, so nothing can be hidden in comments, entities, whitespace or unknown elements.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lre_kit.errors import IntegrityError

ERDS = "http://uri.etsi.org/19522/v1#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
OWN = "urn:lre-kit:evidence:1"
NAMESPACES = {"erds": ERDS, "saml": SAML, "lre": OWN}

XML_MAX_BYTES = 2 * 1024 * 1024
"""Largest evidence file read, in bytes."""

ATTRIBUTES = {
    "LegalName": "http://eidas.europa.eu/attributes/legalperson/LegalName",
    "Name": "urn:oid:2.5.4.3",
    "Email": "urn:oid:0.9.2342.19200300.100.1.3",
    "PostalAddress": "urn:oid:2.5.4.16",
}
"""Attribute names (SAML) of the identity's friendly names."""

_UNQUALIFIED = {"EventTime", "Details", "PolicyID", "Identifier", "ComposingParts", "ContentType"}
"""Elements that real evidence writes without a namespace (the schema declares them locally)."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry (§2.2)."""

_ESCAPED = f"{{{OWN}}}escaped"
_DIGESTS = {"DigestValue"}


class XmlEvidenceError(IntegrityError):
    """An XML evidence file cannot be read in its one form."""

    slug = "xml-evidence-invalid"


def to_xml(record: Mapping[str, Any]) -> bytes:
    """Return a record's one XML form, UTF-8, without a seal."""
    return serialise(build(record))


def build(record: Mapping[str, Any]) -> Any:
    """Return a record as an element tree's root (lxml)."""
    from lxml import etree

    root = etree.Element(f"{{{ERDS}}}Evidence", nsmap=NAMESPACES)
    root.set("version", record["version"])
    for name, write in _TOP.items():
        if name in record:
            write(root, name, record[name])
    return root


def serialise(root: Any) -> bytes:
    """Return a tree's bytes, the same for the same tree."""
    from lxml import etree

    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def parse(raw: bytes) -> Any:
    """Return the root of an XML evidence file.

    Raises:
        XmlEvidenceError: Not XML, too large, or with a document type.
    """
    from lxml import etree

    if len(raw) > XML_MAX_BYTES:
        raise _bad("The evidence file is far larger than any.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _bad("The evidence file is not XML.") from error
    if root.getroottree().docinfo.doctype:
        raise _bad("The evidence file declares a document type.")
    return root


def from_xml(raw: bytes) -> dict[str, Any]:
    """Read what `to_xml` wrote.

    Raises:
        XmlEvidenceError: Not an evidence record, or not in its one form.
    """
    record = read(parse(raw))
    if to_xml(record) != raw:
        raise _bad("The evidence file is not in its one form: it was changed.")
    return record


def read(root: Any) -> dict[str, Any]:
    """Return the record that a tree holds; whether that is its one form is for the caller to compare.

    Raises:
        XmlEvidenceError: A part is missing or cannot be read.
    """
    try:
        record: dict[str, Any] = {"version": root.attrib["version"]}
        for child in root:
            name = _local(child)
            value = _READ[name](child)
            if name in _TOP_LISTS:
                record.setdefault(name, []).append(value)
            else:
                record[name] = value
    except (KeyError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise _bad("The evidence file does not hold a record.") from error
    return record


def _bad(problem: str) -> XmlEvidenceError:
    return XmlEvidenceError(problem, mend="Ask the provider for the evidence file again.")


# --- writing ----------------------------------------------------------------------------------


def _child(parent: Any, name: str) -> Any:
    from lxml import etree

    return etree.SubElement(parent, name if name in _UNQUALIFIED else f"{{{ERDS}}}{name}")


def _set_text(element: Any, text: str) -> None:
    if _FORBIDDEN.search(text):
        element.set(_ESCAPED, "true")
        text = _FORBIDDEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text.replace("\\", "\\u{5c}"))
    element.text = text or None


def _write_text(parent: Any, name: str, value: object) -> None:
    text = str(value)
    if name in _DIGESTS:
        text = base64.b64encode(bytes.fromhex(text)).decode()
    _set_text(_child(parent, name), text)


def _write_group(parent: Any, name: str, value: Mapping[str, Any]) -> None:
    element = _child(parent, name)
    for key in (*(k for k in _ORDER if k in value), *sorted(value.keys() - set(_ORDER))):
        inner = value[key]
        if key == "Identity":
            _write_identity(element, inner)
        elif isinstance(inner, Mapping):
            _write_group(element, key, inner)
        elif isinstance(inner, list):
            for each in inner:
                (_write_group if isinstance(each, Mapping) else _write_text)(element, key, each)
        else:
            _write_text(element, key, inner)


def _write_list(parent: Any, name: str, values: Sequence[Mapping[str, Any]]) -> None:
    for value in values:
        _write_group(parent, name, value)


def _write_identity(parent: Any, identity: Mapping[str, str]) -> None:
    from lxml import etree

    element = _child(parent, "Identity")
    for friendly, value in sorted(identity.items()):
        attribute = etree.SubElement(element, f"{{{SAML}}}Attribute")
        attribute.set("Name", ATTRIBUTES[friendly])
        attribute.set("FriendlyName", friendly)
        _set_text(etree.SubElement(attribute, f"{{{SAML}}}AttributeValue"), value)


def _write_extensions(parent: Any, name: str, value: Mapping[str, Any]) -> None:
    element = _child(parent, name)
    element.set("isCritical", "false")
    _write_value(element, value)


def _write_value(parent: Any, value: Any) -> None:
    """Write any JSON value under its type's name."""
    from lxml import etree

    kind = _kind(value)
    element = etree.SubElement(parent, f"{{{OWN}}}{kind}")
    if kind == "object":
        for key in sorted(value):
            member = etree.SubElement(element, f"{{{OWN}}}member")
            _set_text(etree.SubElement(member, f"{{{OWN}}}name"), key)
            _write_value(member, value[key])
    elif kind == "array":
        for each in value:
            _write_value(element, each)
    elif kind != "null":
        _set_text(element, str(value).lower() if kind == "boolean" else str(value))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = ((bool, "boolean"), (int, "integer"), (str, "string"), (Mapping, "object"), (Sequence, "array"))
    for kind, name in kinds:
        if isinstance(value, kind):
            return name
    msg = f"a {type(value).__name__} has no place in evidence"
    raise TypeError(msg)


_ORDER = (
    "Identity",
    "AssuranceLevelsDetails",
    "GlobalAssuranceLevel",
    "URI",
    "AuthenticationDetails",
    "AuthenticationTime",
    "AuthenticationMethod",
    "Code",
    "Details",
    "Identifier",
    "ContentType",
    "DigestMethod",
    "DigestValue",
)
"""Order of elements inside groups (EN 319 522-3)."""

_TOP: Mapping[str, Callable[[Any, str, Any], None]] = {
    "EvidenceIdentifier": _write_text,
    "ERDSEventId": _write_text,
    "EventReasons": _write_group,
    "EventTime": _write_text,
    "EvidenceIssuerPolicyID": _write_group,
    "EvidenceIssuerDetails": _write_group,
    "SenderDetails": _write_group,
    "SenderDelegateDetails": _write_group,
    "RecipientDetails": _write_list,
    "RecipientsDelegateDetails": _write_list,
    "EvidenceRefersToRecipient": _write_text,
    "MessageIdentifier": _write_text,
    "UserContentInfo": _write_group,
    "SubmissionTime": _write_text,
    "Extensions": _write_extensions,
}
"""The elements of a record, in the standard's order."""


# --- reading ----------------------------------------------------------------------------------

_LISTS = {"EventReason", "PolicyID", "PartInfo", "DelegatingRecipients"}
"""Elements that may repeat."""

_TOP_LISTS = {name for name, write in _TOP.items() if write is _write_list}

_INTEGERS = {"EvidenceRefersToRecipient", "DelegatingRecipients"}


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text_of(element: Any) -> str:
    text = element.text or ""
    if element.get(_ESCAPED) == "true":
        return re.sub(r"\\u\{([0-9a-f]{1,6})\}", lambda found: chr(int(found[1], 16)), text)
    return str(text)


def _read_text(element: Any) -> Any:
    text = _text_of(element)
    if _local(element) in _DIGESTS:
        return base64.b64decode(text, validate=True).hex()
    return int(text) if _local(element) in _INTEGERS else text


def _read_group(element: Any) -> Any:
    found: dict[str, Any] = {}
    for child in element:
        name = _local(child)
        value: Any
        if name == "Identity":
            value = {each.attrib["FriendlyName"]: _text_of(each[0]) for each in child}
        else:
            value = _read_group(child) if len(child) else _read_text(child)
        if name in _LISTS:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _read_extensions(element: Any) -> Any:
    return _read_value(element[0])


def _read_value(element: Any) -> Any:
    match _local(element):
        case "null":
            return None
        case "boolean":
            return {"true": True, "false": False}[_text_of(element)]
        case "integer":
            return int(_text_of(element))
        case "string":
            return _text_of(element)
        case "array":
            return [_read_value(child) for child in element]
        case "object":
            return {_text_of(member[0]): _read_value(member[1]) for member in element}
    msg = "an unknown kind of value"
    raise ValueError(msg)


def _reader(write: Callable[[Any, str, Any], None]) -> Callable[[Any], Any]:
    if write is _write_text:
        return _read_text
    return _read_extensions if write is _write_extensions else _read_group


_READ: Mapping[str, Callable[[Any], Any]] = {name: _reader(write) for name, write in _TOP.items()}
