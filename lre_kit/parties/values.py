"""Senders and recipients as the kernel knows them: checked when made, never changed silently."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from lre_kit.errors import InputError, InvalidAddressError, InvalidNameError
from lre_kit.law.consents import Capacity
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.characters import has_hidden_characters

NAME_MAX_CHARS = 200
"""Longest name kept, in characters; the longest registered company names stay below it."""

ADDRESS_MAX_CHARS = 254
"""Longest e-mail address SMTP can carry (RFC 5321 §4.5.3.1.3)."""

BASIS_MAX_CHARS = 200
"""Longest basis of a recipient's capacity, in characters."""


class CapacityBasisError(InputError):
    """Somebody is addressed as no consumer, and no usable basis is given for it."""

    slug = "capacity-basis"


def checked_name(text: str, *, whose: str) -> str:
    """Return a name of any script in NFC without outer spaces.

    Args:
        text: The name as typed.
        whose: Word for the error, such as ``recipient``.

    Raises:
        InvalidNameError: Empty, over `NAME_MAX_CHARS`, or holding control characters.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        msg = f"The {whose}'s name is empty."
        raise InvalidNameError(msg, mend="Give first and last name, or the company name.")
    if len(name) > NAME_MAX_CHARS:
        msg = f"The {whose}'s name has {len(name)} characters."
        raise InvalidNameError(msg, mend=f"Shorten it to {NAME_MAX_CHARS} characters.")
    if has_hidden_characters(name):
        msg = f"The {whose}'s name holds invisible control characters."
        raise InvalidNameError(msg, mend="Type it again instead of pasting it.")
    return name


def checked_address(text: str, *, whose: str) -> str:
    """Return an e-mail address exactly as typed, outer spaces removed, once it can be one.

    The typed form is kept (an address is never corrected for its owner); only its syntax is
    judged, not whether the domain answers.

    Raises:
        InvalidAddressError: The text cannot be an e-mail address.
    """
    address = text.strip()
    try:
        if len(address) > ADDRESS_MAX_CHARS:
            raise EmailNotValidError("it is too long")
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        msg = f"The {whose}'s e-mail address is not one: {str(error).rstrip('.')}."
        raise InvalidAddressError(msg, mend="Give an address like name@example.org.") from error
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who deposits (expéditeur)."""

    ref: str
    """The host application's stable id of the sender; never shown to anyone."""
    name: str
    """First and last name, or company name (CPCE R. 53-2, 1°)."""
    email: str
    """E-mail address (CPCE R. 53-2, 1°)."""

    def checked(self) -> "Sender":
        """Return the sender with name and address in kept form, or raise what is wrong."""
        return Sender(
            ref=self.ref,
            name=checked_name(self.name, whose="sender"),
            email=checked_address(self.email, whose="sender"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is addressed (destinataire)."""

    name: str
    """First and last name, or company name (CPCE R. 53-2, 2°)."""
    email: str
    """E-mail address (CPCE R. 53-2, 2°); empty only for a letter that goes by post alone."""
    postal: PostalAddress | None = None
    """Postal address, where the letter goes or may go by post."""
    capacity: Capacity = Capacity.CONSUMER
    """In which capacity they are addressed, as the sender says (CPCE L. 100)."""
    capacity_basis: str = ""
    """Why they are no consumer: a register number, a contract; kept in evidence."""

    def checked(self) -> "Recipient":
        """Return the recipient with name and addresses in kept form, or raise what is wrong."""
        basis = " ".join(self.capacity_basis.split())
        if self.capacity is not Capacity.CONSUMER and not basis:
            msg = "It is not said why this recipient is no consumer."
            raise CapacityBasisError(msg, mend="Say on what basis: a register number, a contract, a website.")
        if len(basis) > BASIS_MAX_CHARS or has_hidden_characters(basis):
            msg = "The basis of the recipient's capacity is too long or holds invisible control characters."
            raise CapacityBasisError(msg, mend=f"Type a line of at most {BASIS_MAX_CHARS} characters.")
        by_post_alone = self.postal is not None and not self.email.strip()
        return Recipient(
            name=checked_name(self.name, whose="recipient"),
            email="" if by_post_alone else checked_address(self.email, whose="recipient"),
            postal=self.postal.checked() if self.postal is not None else None,
            capacity=self.capacity,
            capacity_basis=basis,
        )
