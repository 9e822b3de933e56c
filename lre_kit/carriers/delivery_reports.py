"""Delivery reports read from mail: what a server says became of a message, and nothing that is guessed.

Read are delivery status notifications (RFC 3464, RFC 6533), qmail's bounces (QSBMF), and the header that
Exim and Gmail put on theirs. Told apart are automatic answers (RFC 3834), receipts (RFC 8098) and
complaints (RFC 5965). Whatever is none of these, or contradicts itself, is `ReportKind.UNREADABLE`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum

REPORT_MAX_BYTES = 2 * 1024 * 1024
"""What comes after these bytes is not looked at: reports say what they say at their beginning."""

PARTS_MAX = 60
"""Parts of a message that are looked at."""

WORDS_MAX_CHARS = 400
"""Longest diagnostic text kept."""

_ADDRESS_HEADERS = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "To",
)
_FIELD = re.compile(r"^([!-9;-~]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_QMAIL = re.compile(r"^Hi\. This is the\b", re.IGNORECASE)
_QMAIL_GROUP = re.compile(r"^<([^\s<>]+@[^\s<>]+)>:\n((?:.+\n?)+)", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>;,:\"']+@[^\s<>;,:\"']+")


class ReportKind(StrEnum):
    """What a message in the mailbox of reports is."""

    FAILED = "failed"
    """The message was not delivered, and no server tries any more."""
    DELAYED = "delayed"
    DELIVERED = "delivered"
    """A server says that it put the message into a mailbox; nobody read it by that."""
    RELAYED = "relayed"
    """It went on to where no report comes back from, or to several addresses."""
    AUTO_REPLY = "auto_reply"
    RECEIPT = "receipt"
    """A mail program speaks of showing the message (or of deleting it unread)."""
    COMPLAINT = "complaint"
    """The recipient called it unwanted."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a report says.

    Attributes:
        kind: What it is.
        status: Enhanced status code (RFC 3463), such as ``5.1.1``; empty if none is told.
        words: The server's own words, in one line, without addresses.
        addresses: Where the report itself was sent, as its headers say: a return path may be among them.
    """

    kind: ReportKind
    status: str = ""
    words: str = ""
    addresses: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say nothing of whom it is about."""
        return f"DeliveryReport({self.kind.value}, {self.status})"


@dataclass(frozen=True, slots=True)
class _Group:
    """What a report says of one recipient."""

    action: str
    status: str
    words: str


def read_report(raw: bytes, *, to: str = "") -> DeliveryReport:
    """Return what a message says of another's delivery; never fails, whatever the bytes are.

    Args:
        raw: The message, as it arrived.
        to: The envelope's recipient, if the mail server told it.
    """
    known = [to] if to else []
    try:
        message = message_from_bytes(raw[:REPORT_MAX_BYTES].replace(b"\r\n", b"\n"), policy=policy.compat32)
        addresses = tuple(dict.fromkeys([*known, *_addresses(message)]))
        kind, status, words = _read(message)
    except (RecursionError, MessageError, ValueError, LookupError):
        # Nested without end, or made to break the library (F5): no server writes its reports so.
        return DeliveryReport(kind=ReportKind.UNREADABLE, addresses=tuple(known))
    return DeliveryReport(kind=kind, status=status, words=_plain(words), addresses=addresses)


def _read(message: Message) -> tuple[ReportKind, str, str]:
    parts = list(_parts(message))
    types = {part.get_content_type() for part in parts}
    if "message/feedback-report" in types:
        return ReportKind.COMPLAINT, "", ""
    if "message/disposition-notification" in types:
        return ReportKind.RECEIPT, "", ""
    for part in parts:
        if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}:
            return _judged(list(_groups(_text(part))))
    if message.get_content_type() == "multipart/report":
        return ReportKind.UNREADABLE, "", ""
    if _is_automatic(message):
        return ReportKind.AUTO_REPLY, "", ""
    text = next((_text(part) for part in parts if part.get_content_type() == "text/plain"), "")
    if _QMAIL.match(text.lstrip()):
        return _of_qmail(text)
    if message.get("X-Failed-Recipients"):
        return _of_exim(text)
    return ReportKind.UNREADABLE, "", ""


def _parts(message: Message) -> Iterator[Message]:
    """Yield a message's parts, the outermost first, but not those of a message it returns."""
    waiting, seen = [message], 0
    while waiting and seen < PARTS_MAX:
        part = waiting.pop(0)
        seen += 1
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [each for each in inner if isinstance(each, Message)]


def _text(part: Message) -> str:
    """Return a part's text. The library reads some parts as messages: their bytes are taken as they came."""
    if not part.is_multipart():
        raw = part.get_payload(decode=True)
    else:
        raw = part.as_bytes().partition(b"\n\n")[2]
        coding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        if coding in {"base64", "quoted-printable"}:
            # Its first block holds what was encoded, whatever the library took it for.
            plain = Message()
            plain["Content-Transfer-Encoding"] = coding
            plain.set_payload(raw.decode("ascii", "replace").strip())
            raw = plain.get_payload(decode=True)
    return raw.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(raw, bytes) else ""


def _groups(text: str) -> Iterator[_Group]:
    """Yield what is said of each recipient; the first group is of the message and names no recipient."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block)}
        if not {"action", "status"} & fields.keys() or not _names_recipient(fields):
            continue
        found = _STATUS.search(fields.get("status", "").partition("(")[0])
        words = fields.get("diagnostic-code", "").partition(";")
        yield _Group(
            action=fields.get("action", "").partition("(")[0].strip().lower(),
            status=found.group() if found else "",
            words=words[2] or words[0],
        )


def _names_recipient(fields: dict[str, str]) -> bool:
    return bool({"final-recipient", "original-recipient"} & fields.keys())


_ACTIONS = {
    "failed": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.RELAYED,
    "expanded": ReportKind.RELAYED,
}


def _judged(groups: list[_Group]) -> tuple[ReportKind, str, str]:
    """Return what all groups say together: one recipient may have become several by an alias."""
    kinds = {_kind_of(group) for group in groups}
    if not groups or ReportKind.UNREADABLE in kinds:
        return ReportKind.UNREADABLE, "", ""
    # One mailbox that got it is enough: whoever forwards to two and loses one was reached.
    for kind in (ReportKind.DELIVERED, ReportKind.RELAYED, ReportKind.DELAYED, ReportKind.FAILED):
        if kind in kinds:
            group = next(each for each in groups if _kind_of(each) is kind)
            return kind, group.status, group.words
    return ReportKind.UNREADABLE, "", ""


def _kind_of(group: _Group) -> ReportKind:
    """Return what one group says; one that contradicts itself says nothing."""
    if not group.action:
        # Some servers leave the action out; only what is permanent is sure.
        return ReportKind.FAILED if group.status.startswith("5") else ReportKind.UNREADABLE
    kind = _ACTIONS.get(group.action, ReportKind.UNREADABLE)
    success = group.status.startswith("2")
    contradicts = success if kind is ReportKind.FAILED else group.status.startswith("5")
    return ReportKind.UNREADABLE if group.status and contradicts else kind


def _of_qmail(text: str) -> tuple[ReportKind, str, str]:
    said = re.split(r"^---", text, maxsplit=1, flags=re.MULTILINE)[0]
    found = _QMAIL_GROUP.search(said)
    if found is None:
        return ReportKind.UNREADABLE, "", ""
    words = " ".join(found.group(2).split())
    status = _STATUS.search(words)
    return ReportKind.FAILED, status.group() if status else "", words


def _of_exim(text: str) -> tuple[ReportKind, str, str]:
    """Read Exim's and Gmail's own form: the header names who failed, the text says that it is for good."""
    lowered = " ".join(text.lower().split())
    permanent = (
        "this is a permanent error",
        "technical details of permanent failure",
        "delivery to the following recipient failed permanently",
    )
    if not any(words in lowered for words in permanent):
        return ReportKind.UNREADABLE, "", ""
    status = _STATUS.search(text)
    code = status.group() if status and status.group().startswith("5") else ""
    line = next((line.strip() for line in text.splitlines() if code and code in line), "")
    return ReportKind.FAILED, code, line


def _is_automatic(message: Message) -> bool:
    said = str(message.get("Auto-Submitted", "")).partition(";")[0].strip().lower()
    if said.startswith("auto-replied"):
        return True
    names = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress-Reply")
    if any(message.get(name) for name in names):
        return True
    return str(message.get("Precedence", "")).strip().lower() in {"auto_reply", "auto-reply"}


def _addresses(message: Message) -> Iterator[str]:
    for name in _ADDRESS_HEADERS:
        said = [str(value) for value in message.get_all(name, [])[:20]]
        for _, address in getaddresses(said):
            if address:
                yield address


def _plain(words: str) -> str:
    """Return words in one line, without addresses: they stand in evidence and before people."""
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return _ADDRESS.sub("…", line)[:WORDS_MAX_CHARS]
