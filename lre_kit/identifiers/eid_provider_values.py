"""What the office knows of a provider of electronic identities, checked when it is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from joserfc.jwk import ECKey, RSAKey

from lre_kit.law.assurance import Level

ALGORITHMS = frozenset("ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512".split())
"""Signatures that may be accepted: never ``none``, never one by a shared secret."""

ATTRIBUTES: Mapping[str, str] = {
    "given_names": "given_name",
    "family_name": "family_name",
    "birth_date": "birthdate",
    "email": "email",
}
"""Attributes and the claims they usually come from (OpenID Connect Core §5.1)."""

ATTRIBUTE_NAMES = ATTRIBUTES.keys() | {"preferred_name"}
"""Attributes a list may name. Of the name in use: only where the provider proves it (``preferred_username``
is one at FranceConnect, and elsewhere what people call themselves)."""

ISSUER_CHARS_MAX = 120
"""Longest issuer: with the person's subject it names an identity."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_WORD = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")
_OMITTABLE = frozenset({"max_age", "pkce"})
_PROMPTS = frozenset({"login", "consent", "select_account"})


class Userinfo(StrEnum):
    """Whether the provider is asked for attributes besides the token, and how it answers."""

    NONE = "none"
    PLAIN = "plain"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a provider is asked; `names_itself` says whether each answer must bear ``iss`` (RFC 9207)."""

    authorization: str
    token: str
    jwks: str
    userinfo: str | None = None
    logout: str | None = None
    names_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EidProvider:
    """One accepted provider.

    Attributes:
        levels: What each acr value is worth; others are worth nothing.
        ask: Acr values to ask for a level.
        omit: Parameters of requests that it refuses: ``max_age``, ``pkce``. The nonce binds answers even so.
        client_key: Signs the office's requests (private_key_jwt), instead of the secret.
        basic: Whether the secret is sent in a header rather than in the form (RFC 6749 §2.3.1).
        encryption_key: Opens what the provider encrypts; with it, what is not encrypted is refused.
        endpoints: Pinned ones; nothing to discover them.
    """

    slug: str
    name: Mapping[str, str]
    issuer: str
    client_id: str
    levels: Mapping[str, Level]
    algorithms: frozenset[str]
    client_secret: str | None = field(default=None, repr=False)
    client_key: ECKey | RSAKey | None = field(default=None, repr=False)
    basic: bool = False
    scopes: Sequence[str] = ("openid", "profile", "email")
    ask: Mapping[Level, Sequence[str]] = field(default_factory=dict)
    acr_claim: bool = False
    auth_time_required: bool = True
    max_age_s: int = 300
    prompt: Sequence[str] = ("login",)
    omit: frozenset[str] = frozenset()
    userinfo: Userinfo = Userinfo.NONE
    attributes: Mapping[str, str] = field(default_factory=lambda: dict(ATTRIBUTES))
    encryption_key: ECKey | RSAKey | None = field(default=None, repr=False)
    endpoints: Endpoints | None = None
    logout: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ValueError: Something does not fit; the text says what.
        """
        checks = {
            "slug is no word of small letters, digits and hyphens": _SLUG.fullmatch(self.slug),
            "name is needed in fr and en": self.name.keys() == {"fr", "en"}
            and all(each.strip() for each in self.name.values()),
            "issuer has a query or a fragment, or is too long": not set("?#") & set(self.issuer)
            and len(self.issuer) <= ISSUER_CHARS_MAX,
            "client_id is empty": self.client_id,
            "one of client_secret, client_secret_file and client_key_file is needed": (
                (self.client_secret is None) != (self.client_key is None)
            ),
            "client_secret is empty": self.client_secret != "",
            "levels says of no acr value what it is worth": self.levels,
            "an acr value is no word": all(map(_WORD.fullmatch, self.levels)),
            "ask names an acr value that levels does not, or that is worth less": all(
                acr in self.levels and self.levels[acr].at_least(level)
                for level, asked in self.ask.items()
                for acr in asked
            ),
            "algorithms are some of " + ", ".join(sorted(ALGORITHMS)): self.algorithms
            and self.algorithms <= ALGORITHMS,
            "scopes are words, openid among them": "openid" in self.scopes
            and all(map(_WORD.fullmatch, self.scopes)),
            "prompt is some of " + ", ".join(sorted(_PROMPTS)): _PROMPTS.issuperset(self.prompt),
            "omit is some of " + ", ".join(sorted(_OMITTABLE)): self.omit <= _OMITTABLE,
            "max_age_s is between 0 and 1800": 0 <= self.max_age_s <= 1800,
            "attributes names one that is not known": self.attributes.keys() <= ATTRIBUTE_NAMES,
            "userinfo is asked for, but endpoints has none": self.userinfo is Userinfo.NONE
            or self.endpoints is None
            or self.endpoints.userinfo,
        }
        for problem, is_met in checks.items():
            if not is_met:
                raise ValueError(problem)

    def acrs_for(self, level: Level | None) -> tuple[str, ...]:
        """Return the acr values to ask for a level, the lowest first; nothing if none reaches it."""
        if level is not None and level in self.ask:
            return tuple(self.ask[level])
        order = list(Level)
        reaching = [acr for acr, worth in self.levels.items() if worth.at_least(level)]
        return tuple(sorted(reaching, key=lambda acr: order.index(self.levels[acr])))
