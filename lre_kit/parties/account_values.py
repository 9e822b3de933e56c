"""Accounts as the kernel knows them, what they are told by mail, and what can be wrong with them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lre_kit.errors import IdentificationError, InputError, NotFoundError
from lre_kit.law.assurance import Factor
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import checked_address

REVIEWER = "reviewer"
"""Role of an account that may judge identity proofings."""

ROLES = ("", REVIEWER)
"""Roles an account may have; most have none."""


class LogInError(IdentificationError):
    """E-mail address and password do not belong together, or the account does not exist; never which."""

    slug = "log-in-failed"
    status = 403

    def __init__(self) -> None:
        """Say the one sentence for all of them."""
        super().__init__(
            "This e-mail address and password do not belong together.",
            mend="Check both, or ask for a link to set a new password.",
        )


class DeadLinkError(NotFoundError):
    """An e-mailed link was used already, is too old, or was never made here; never which."""

    slug = "dead-link"

    def __init__(self) -> None:
        """Say the one sentence for all of them."""
        super().__init__(
            "This link is not valid, was already used, or is too old.", mend="Ask for a new one."
        )


class UnknownRoleError(InputError):
    """There is no such role."""

    slug = "unknown-role"


class MailKind(StrEnum):
    """What an account's message is about."""

    CONFIRM = "confirm"
    """Confirm the address of a new account."""
    ALREADY = "already"
    """Somebody registered with an address that has an account."""
    RESET = "reset"
    """Set a new password."""
    NO_ACCOUNT = "no-account"
    """Somebody asked for a new password at an address without an account."""
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a kind of message
    """The password was changed."""
    ADD_ADDRESS = "add-address"
    """Confirm a further address of an account."""
    CLOSED = "closed"
    """The account was closed by its owner."""
    FACTORS_CHANGED = "factors-changed"
    """A second factor or the recovery codes were added, used up or taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMail:
    """One message to write; `token` is a secret and stands in no repr."""

    kind: MailKind
    email: str
    name: str
    language: str
    token: str | None = None
    """What the link carries, if the message has one."""

    def __repr__(self) -> str:
        """Say what it is about, and neither to whom nor with which secret."""
        return f"AccountMail({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may log in."""

    id: str
    party_id: str
    email: str
    name: str
    language: str
    role: str
    password_set_at: datetime
    password_mailed_at: datetime
    """When a password was last set by an e-mailed link: whoever reads the mailbox could have done it."""
    codes_made_at: datetime | None
    """When the recovery codes were made; nothing if there are none."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """Somebody showed a password: who, and whether a second factor is still due."""

    account: Account
    factor: Factor
    second_due: bool


def email_key(email: str) -> str:
    """Return the form under which an e-mail address is looked up: one mailbox is one account.

    Raises:
        InvalidAddressError: The text cannot be an e-mail address.
    """
    return key_of(checked_address(email, whose="account"))[:254]
