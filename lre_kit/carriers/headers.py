"""What people typed, as it may stand in the header of a message.

The library that writes headers reads texts again as headers are read: an address beyond ASCII is refused
where it stands as a text, and what looks like an encoded word (RFC 2047) is decoded, line breaks and all. So
addresses go in by their parts, and no text that is handed over looks like one.
"""

from email.headerregistry import Address
from email.message import EmailMessage


def mailbox(name: str, address: str) -> Address:
    """Return a person's name and address for a header."""
    local, _, domain = address.rpartition("@")
    return Address(header_text(name), username=local, domain=domain)


def header_text(text: str) -> str:
    """Return a text that nobody takes for an encoded word; any other is left as it is."""
    return text.replace("=?", "= ?")


def says_more(message: EmailMessage, raw: bytes) -> bool:
    """Answer whether a message as written has other headers than were put into it."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    written = [line.partition(b":")[0].lower() for line in head.split(b"\n") if line[:1] not in {b" ", b"\t"}]
    return written != [name.lower().encode("utf-8", "replace") for name in message.keys()]  # noqa: SIM118
