"""Values of identification by electronic identity: what a provider tells, what came of it, why not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from lre_kit.errors import UnavailableError
from lre_kit.identifiers.refusals import AnswerRefusedError
from lre_kit.law.assurance import Factor, Level
from lre_kit.store.database import UnitOfWork


class Reason(StrEnum):
    """Why an answer of a provider is refused; stable, for logs and tests."""

    STATE = "state"
    CANCELLED = "cancelled"
    PROVIDER_ERROR = "provider-error"
    ISSUER = "issuer"
    CODE = "code"
    RESPONSE = "response"
    FORM = "token-form"
    ENCRYPTION = "token-encryption"
    ALGORITHM = "token-algorithm"
    KEY = "token-key"
    SIGNATURE = "token-signature"
    TOKEN_ISSUER = "token-issuer"  # noqa: S105 - a name, as the next ones
    AUDIENCE = "token-audience"
    TIME = "token-time"
    NONCE = "token-nonce"
    SUBJECT = "token-subject"
    ACR = "token-acr"
    AUTH_TIME = "token-auth-time"
    AT_HASH = "token-at-hash"
    USERINFO = "userinfo"
    OTHER_PERSON = "other-person"
    NOT_ACTIVE = "not-active"


_AGAIN = ("This answer of the identity provider cannot be accepted.", "Identify yourself again.")

_SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.STATE: (
        "This answer of the identity provider is not awaited here: it was used, or it is too old.",
        "Begin again in this browser.",
    ),
    Reason.CANCELLED: (
        "The identification was not completed at the identity provider.",
        "Begin again, or use another means.",
    ),
    Reason.PROVIDER_ERROR: (
        "The identity provider could not identify you.",
        "Begin again, or use another means.",
    ),
    Reason.ACR: (
        "You identified yourself with less assurance than is needed here.",
        "Begin again with a stronger identity, or use another means.",
    ),
    Reason.AUTH_TIME: (
        "You logged in at the identity provider too long ago.",
        "Begin again, and log in there anew.",
    ),
    Reason.OTHER_PERSON: (
        "This electronic identity is not linked to this person.",
        "Use your own, or use another means.",
    ),
    Reason.NOT_ACTIVE: (
        "This electronic identity may not be used here at present.",
        "Use another means, or ask the office.",
    ),
}


class EidRefusedError(AnswerRefusedError):
    """An answer of an identity provider is not accepted; `reason` names which check failed."""

    slug = "eid-refused"
    reason: Reason

    def __init__(self, reason: Reason) -> None:
        """Say it in the words of the reason."""
        problem, mend = _SENTENCES.get(reason, _AGAIN)
        super().__init__(problem, mend=mend, reason=reason)


class EidUnavailableError(UnavailableError):
    """An identity provider does not answer, or not as OpenID Connect has it."""

    slug = "eid-unavailable"

    def __init__(self) -> None:
        """Say it; the reason stands in the log."""
        msg = "The identity provider does not answer as it should."
        super().__init__(msg, mend="Try again later, or use another means.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EidAttributes:
    """Who a provider says somebody is; what it does not tell is empty. Personal, so left out of repr.

    Attributes:
        given_names: As the civil register has them.
        family_name: Name of birth.
        preferred_name: Name of use, if there is another.
        birth_date: Nothing if it is not known to the day.
        email: Never verified by the office.
    """

    given_names: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    preferred_name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EidResult:
    """What came of an identification at a provider.

    Attributes:
        factor: What was shown; nothing while the means waits for a person's look (`needs_review`).
        attributes: To compare with the identity that was declared.
        purpose: The act it was asked for.
        party_id: Whose means it is; nothing if nobody is known by it and nobody was named.
        needs_review: Whether the names differ from the party's: an operator decides (activates).
        provider: Slug of the provider.
        id_token: For the logout's hint, in the caller's session and nowhere else.
    """

    factor: Factor | None
    attributes: EidAttributes
    purpose: str
    party_id: str | None
    needs_review: bool
    provider: str
    id_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What a checked answer says: who, by which provider, how surely and when.

    Attributes:
        subject: The provider's name for the person; means something together with `issuer` only.
        auth_time: When the person logged in there, in seconds since 1970; nothing if it is not told.
    """

    provider: str
    issuer: str
    subject: str = field(repr=False)
    acr: str
    level: Level
    auth_time: float | None
    attributes: EidAttributes
    id_token: str = field(repr=False)


Fits = Callable[[str, EidAttributes], bool]
"""Answers whether attributes are clearly a party's (by its id); if not, a person looks at it."""

PartyFor = Callable[[UnitOfWork, EidAttributes], str]
"""Returns the id of the party to whom an identity that nobody has here is to belong."""
