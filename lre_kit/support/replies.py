"""Replies that people write to the office, read with a bound: whatever somebody sends, nothing is raised.

A part that cannot be read counts as left out, so that a reply is never lost for what its mail program
made of it.
"""

from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import compat32, default
from email.utils import parseaddr
from html.parser import HTMLParser

from lre_kit.parties.characters import has_hidden_characters
from lre_kit.support.values import ANSWER_MAX_CHARS

MAIL_MAX_BYTES = 1024 * 1024
"""Bytes of a reply that are read."""

MAIL_IDS_MAX = 20
"""Message-IDs a reply may refer to; the last ones count."""

LINE_MAX_CHARS = 998
"""Longest line of a message (RFC 5322 §2.1.1), and so of a Message-ID."""

UNREADABLE = (
    MessageError,
    RecursionError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
)
"""What the library raises on mail that was made to break it, or by nobody who read its RFCs."""

UNSHOWN = {
    "fr": "[Une réponse est arrivée, mais rien n'y est du texte que l'on puisse montrer.]",
    "en": "[A reply came, but nothing in it is text that can be shown.]",
}
"""Stands for a reply without words."""

BEYOND = {
    "fr": "[Cette demande est pleine : des réponses qui se suivent, seule la dernière est gardée.]",
    "en": "[This request is full: of replies in a row, only the last one is kept.]",
}
"""Stands before a reply that a full request still takes."""

_PARAGRAPHS = frozenset(
    {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol"}
)
_UNSHOWN = frozenset({"head", "script", "style", "template", "title", "blockquote"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A mail, as far as it matters to a request."""

    mail_ids: tuple[str, ...]
    """Message-IDs it refers to."""
    subject: str = field(repr=False)
    email: str = field(repr=False)
    """Who says that they wrote it."""
    is_automatic: bool
    text: str = field(repr=False)
    """Their own words, without what they quote; empty if none can be shown."""


def read_reply(raw: bytes) -> Reply:
    """Return what a mail says; never fails, whatever the bytes are.

    Args:
        raw: The message, as it arrived. Attachments are left out.
    """
    message = _parsed(raw[:MAIL_MAX_BYTES])
    referred = f"{_header(message, 'In-Reply-To')} {_header(message, 'References')}".split()
    mail_ids = [each for each in referred if each.startswith("<") and len(each) <= LINE_MAX_CHARS]
    return Reply(
        mail_ids=tuple(mail_ids[-MAIL_IDS_MAX:]),
        subject=_header(message, "Subject")[:500],
        email=_address(_header(message, "From")),
        is_automatic=(_header(message, "Auto-Submitted") or "no").lower() != "no",
        text=_text_of(message),
    )


def _parsed(raw: bytes) -> Message:
    try:
        return message_from_bytes(raw, policy=default)
    except UNREADABLE:
        # What is nested too deeply, or declared too oddly, still has headers that say what it answers.
        return BytesParser(policy=compat32).parsebytes(raw, headersonly=True)


def _header(message: Message, name: str) -> str:
    """Return a header in one line, empty if it is not there or cannot be read."""
    try:
        said = str(message.get(name, ""))
    except UNREADABLE:
        return ""
    return "".join(" " if has_hidden_characters(each) else each for each in said).strip()


def _address(said: str) -> str:
    try:
        return parseaddr(said)[1]
    except UNREADABLE:
        return ""


def _text_of(message: Message) -> str:
    """Return a reply's own words: its plain text or else its HTML, without what it quotes."""
    if not isinstance(message, EmailMessage):
        return ""
    return _cleaned(_content(message, "plain")) or _cleaned(_content(message, "html"))


def _content(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        text = _decoded(part) if part is not None else ""
        return _without_tags(text) if kind == "html" else text
    except UNREADABLE:
        return ""


def _decoded(part: Message) -> str:
    assert isinstance(part, EmailMessage)
    try:
        return str(part.get_content())
    except LookupError:
        # Nobody knows its character set: most are ASCII where it matters.
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _cleaned(text: str) -> str:
    own = [line.rstrip() for line in text.splitlines() if not line.startswith(">")]
    spaced = "\n".join(own).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    kept = "".join(each for each in spaced if each in "\n\t" or not has_hidden_characters(each))
    # What shows nothing is no text: marks of width and direction alone, for example.
    return kept.strip()[:ANSWER_MAX_CHARS] if any(each.isprintable() and each != " " for each in kept) else ""


class _Words(HTMLParser):
    """Gathers the words of a page that people see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unshown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as the base
        if tag == "body":
            self._unshown.clear()
        elif tag in _UNSHOWN:
            self._unshown.append(tag)
        elif tag in _PARAGRAPHS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unshown and tag == self._unshown[-1]:
            self._unshown.pop()

    def handle_data(self, data: str) -> None:
        if not self._unshown:
            self.pieces.append(" ".join(f"|{data}|".split())[1:-1])


def _without_tags(text: str) -> str:
    words = _Words()
    words.feed(text)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.pieces).split("\n"))
    return "\n".join(line for line in lines if line)
