"""Keys of the API as people see them, and what can be wrong with one."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lre_kit.errors import InputError, LreError, RequirementError, ThrottledError
from lre_kit.parties.values import Sender


class KeyKind(StrEnum):
    """What a key may set going (as GOV.UK Notify tells keys apart)."""

    LIVE = "live"
    """Letters to anybody."""
    TEAM = "team"
    """Letters to its owner and to the mailboxes named with it, and nobody else."""
    TEST = "test"
    """Everything is judged as for a live key; nothing is kept, and nothing leaves."""


class Scope(StrEnum):
    """What a key opens."""

    LETTERS_READ = "letters:read"
    """Lists, letters, timelines, proofs, documents."""
    LETTERS_WRITE = "letters:write"
    """Deposit, withdraw, correct an address."""
    CONSENTS_READ = "consents:read"
    """The register of consents."""
    CONSENTS_WRITE = "consents:write"
    """Ask for consents, note withdrawals."""
    CONTACTS_READ = "contacts:read"
    """The address book, its groups and its templates."""
    CONTACTS_WRITE = "contacts:write"
    """Add, change and remove entries, groups and templates."""
    BULK_READ = "bulk:read"
    """Bulk sendings and their results."""
    BULK_WRITE = "bulk:write"
    """Check, prepare, start, pause and stop bulk sendings."""
    WEBHOOKS_READ = "webhooks:read"
    """Endpoints, and what was delivered to them."""
    WEBHOOKS_WRITE = "webhooks:write"
    """Add, test, replay, change and remove endpoints."""
    PREPARED_READ = "prepared:read"
    """Letters that wait for a signature."""
    PREPARED_WRITE = "prepared:write"
    """Prepare letters, sign them, send them back."""
    PEOPLE_READ = "people:read"
    """The owner's identification means, orders, organisations and mandates."""
    PEOPLE_WRITE = "people:write"
    """Order and report identification means, invite members, end roles and mandates."""


class KeyRefusedError(LreError):
    """The key of the API is missing, unknown, expired or revoked, or its secret is wrong."""

    slug = "api-key-refused"
    status = 401

    def __init__(self, problem: str = "This key is not accepted.", *, mend: str = "") -> None:
        """Say the one sentence for all strangers; who holds the secret is told more."""
        super().__init__(problem, mend=mend or "Send “Authorization: Bearer lre_…” with a key in force.")


class TokenRefusedError(KeyRefusedError):
    """The access token is not one of an issuer accepted here, has expired, or is not for this office."""

    slug = "access-token-refused"

    def __init__(self, problem: str = "This access token is not accepted.") -> None:
        """Say the one sentence for all strangers; what a token with a good signature lacks is said."""
        super().__init__(problem, mend="Get a fresh token for this office from its authorization server.")


class ScopeMissingError(RequirementError):
    """The key or token does not open this: the scope it would need is named."""

    slug = "api-scope-missing"

    def __init__(self, scope: Scope) -> None:
        """Name the scope."""
        super().__init__(f"This key or token lacks the scope {scope.value}.", mend="Use one that has it.")
        self.scope = scope


class KeyKindError(RequirementError):
    """A key of this kind may not do that; nothing was changed."""

    slug = "api-key-kind"


class KeyInputError(InputError):
    """A key cannot be made as it is asked for."""

    slug = "api-key-input"


class RateLimitedError(ThrottledError):
    """More requests came with a key than its minute allows; the answer says when to go on."""

    slug = "rate-limited"

    def __init__(self, rate: "Rate") -> None:
        """Keep what the headers say."""
        super().__init__(
            f"More than {rate.limit} requests came with this key within a minute.",
            mend=f"Go on in {rate.reset_s} seconds.",
        )
        self.rate = rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much of a minute's requests is left.

    Attributes:
        limit: Requests a minute.
        remaining: How many are left of them.
        reset_s: Seconds until all are there again.
    """

    limit: int
    remaining: int
    reset_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """A key as somebody wants it.

    Attributes:
        name: What its owner calls it.
        kind: What it may set going.
        scopes: What it opens; by default all.
        team: Mailboxes that a key for a team may write to.
        days: Days until it expires; nothing: never.
        client: Issuer and name of the client whose access tokens stand for the key, instead of a secret.
    """

    name: str
    kind: KeyKind = KeyKind.LIVE
    scopes: frozenset[Scope] = frozenset(Scope)
    team: tuple[str, ...] = ()
    days: int | None = 365
    client: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it stands, without its secret.

    Attributes:
        prefix: The public part, by which people and logs tell keys apart.
        owner: Who sends with it.
        client: Issuer and name of the client whose access tokens stand for it.
    """

    id: str
    prefix: str
    owner: Sender = field(repr=False)
    name: str = field(repr=False)
    kind: KeyKind
    scopes: frozenset[Scope]
    team: tuple[str, ...] = field(repr=False)
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    client: tuple[str, str] | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether it is accepted at an instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made, with the text that is shown this once."""

    key: ApiKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A key that was accepted, and what is left of its minute."""

    key: ApiKey
    rate: Rate
