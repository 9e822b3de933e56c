"""Electronic identities as identification means: OpenID Connect, authorization code flow with PKCE.

The office sends the browser to an accepted provider and gets it back with a code. Between the two stands
one challenge: bound to the browser's session, answered once, and dead after minutes. Nonce and PKCE
verifier are derived from a secret that only the browser carries (``state``) and a key that only the
office has; neither is stored. The provider proved the person's identity, so the factor carries the level
of the ``acr`` that it vouches for (`Factor.vouched`).

An identity is its provider's issuer *and* its subject there: the same subject at another provider is
somebody else. It becomes a means of a party when it is first used for one.
"""

import hashlib
import hmac
import json
import logging
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe
from urllib.parse import urlencode

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError, RequirementError
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.eid_exchange import AnswerKeys, Exchange
from lre_kit.identifiers.eid_holding import EidHolding
from lre_kit.identifiers.eid_http import TIMEOUT_S
from lre_kit.identifiers.eid_providers import EidProvider, EidProviders
from lre_kit.identifiers.eid_tokens import Expected, check_id_token
from lre_kit.identifiers.eid_values import EidRefusedError, EidResult, Fits, PartyFor, Reason, Vouched
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import ChallengeRow
from lre_kit.law.assurance import Level, Means
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=15)
"""How long a person may take at the provider."""

_STATE = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")
_CODE = re.compile(r"[\x20-\x7e]{1,4096}")
_CANCELLED = frozenset({"access_denied", "interaction_required", "login_required", "consent_required"})
_UNMET = "unmet_authentication_requirements"
_CHALLENGE = table_of(ChallengeRow)


class ElectronicIdentities:
    """Sends persons to identity providers, and judges what comes back."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        providers: EidProviders,
        redirect_uri: str,
        key: bytes,
        fits: Fits,
        after_logout: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Prepare; no provider is asked yet.

        Args:
            database: Where identifiers are kept.
            clock: The office's clock.
            register: Their register.
            challenges: Open questions.
            providers: Whose identities are accepted.
            redirect_uri: The office's page that providers send browsers back to.
            key: Secret kept outside the database; nonces and verifiers are derived with it.
            fits: Whether the attributes of a new identity are clearly the party's; else it waits as
                issued, not active, for an operator.
            after_logout: The office's page to come back to after a logout at the provider.
            timeout_s: Longest wait for one answer of a provider, in seconds.
        """
        self._database = database
        self._clock = clock
        self._challenges = challenges
        self._providers = providers
        self._redirect_uri = redirect_uri
        self._key = hmac.new(key, b"lre-kit.eid.v1", hashlib.sha256).digest()
        self._after_logout = after_logout
        self._holding = EidHolding(database, clock=clock, register=register, challenges=challenges, fits=fits)
        self._exchanges = {each.slug: Exchange(each, clock=clock, timeout_s=timeout_s) for each in providers}

    @property
    def providers(self) -> EidProviders:
        """Whose identities are accepted."""
        return self._providers

    def begin(
        self, provider_slug: str, *, party_id: str | None, purpose: str, binding: str, level: Level | None
    ) -> str:
        """Open a question and return the address to send the browser to.

        Args:
            provider_slug: The provider that the person chose.
            party_id: Whose identity it has to be; nothing if whoever comes is to be recognised.
            purpose: The act, such as ``session`` or ``accept:<letter id>``.
            binding: Id of the session in which the answer must come.
            level: What the act needs; nothing for any level.

        Raises:
            NotFoundError: There is no such provider.
            RequirementError: The provider never reaches that level.
            EidUnavailableError: It cannot be found just now.
        """
        provider = self._providers.by_slug(provider_slug)
        acrs = provider.acrs_for(level)
        if not acrs:
            msg = "This identity provider does not reach the level of assurance that is needed."
            raise RequirementError(msg, mend="Choose another provider or another means.")
        address = self._exchanges[provider.slug].endpoints().authorization
        secret = token_urlsafe(32)
        with self._database.write() as uow:
            opened = self._challenges.open(
                uow,
                party_id=party_id,
                identifier_id=None,
                means=Means.EID,
                purpose=purpose,
                binding=binding,
                facts={
                    "provider": provider.slug,
                    "issuer": provider.issuer,
                    "level": level.value if level else None,
                    "state": hashlib.sha256(secret.encode()).hexdigest(),
                    "asked_at": self._clock().timestamp(),
                },
                ttl=LIFE,
            )
            uow.commit()
        asked = self._asked(provider, opened.id, secret, acrs)
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def complete(
        self, query: Mapping[str, str], *, binding: str, party_for: PartyFor | None = None
    ) -> EidResult:
        """Judge what a browser brought back, record it, and return whom and what it shows.

        Whatever comes of it, the question cannot be answered again.

        Args:
            query: Parameters of the redirect.
            binding: Id of the session.
            party_for: Returns the party to whom an identity that nobody has is to belong, where none was
                named in `begin`; without it, such an identity is vouched for but not entered.

        Raises:
            EidRefusedError: Not accepted; `reason` says why.
            EidUnavailableError: The provider does not answer.
        """
        state = _STATE.fullmatch(query.get("state", ""))
        try:
            if state is None:
                raise EidRefusedError(Reason.STATE)
            challenge = self._taken(state[1], binding)
            vouched = self._judged(query, challenge, secret=state[2])
            return self._holding.settle(vouched, challenge, party_for=party_for)
        except EidRefusedError as error:
            log.warning(
                "%s refused: %s (challenge %s)", Means.EID, error.reason, state[1] if state else "none"
            )
            raise

    def logout_url(self, provider_slug: str, id_token: str, *, state: str) -> str | None:
        """Return where a browser logs out at a provider (OpenID Connect RP-Initiated Logout §2).

        Args:
            provider_slug: The provider.
            id_token: Of the login (`EidResult.id_token`), from the caller's session.
            state: Comes back with the browser; the caller compares it.

        Returns:
            The address; nothing if the provider is gone or has none.

        Raises:
            EidUnavailableError: It cannot be found just now.
        """
        provider = self._providers.get(provider_slug)
        if provider is None:
            return None
        address = provider.logout or self._exchanges[provider.slug].endpoints().logout
        if address is None:
            return None
        told = {"id_token_hint": id_token, "client_id": provider.client_id}
        if self._after_logout is not None:
            told |= {"post_logout_redirect_uri": self._after_logout, "state": state}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(told)}"

    def _asked(
        self, provider: EidProvider, challenge_id: str, secret: str, acrs: tuple[str, ...]
    ) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(provider.scopes),
            "state": f"{challenge_id}.{secret}",
            "nonce": self._derived("nonce", challenge_id, secret),
        }
        if "pkce" not in provider.omit:
            digest = hashlib.sha256(self._derived("verifier", challenge_id, secret).encode()).digest()
            asked["code_challenge"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
            asked["code_challenge_method"] = "S256"
        if provider.prompt:
            asked["prompt"] = " ".join(provider.prompt)
        if provider.auth_time_required and "max_age" not in provider.omit:
            asked["max_age"] = str(provider.max_age_s)
        if provider.acr_claim:
            essential = {"essential": True, "values": list(acrs)}
            asked["claims"] = json.dumps({"id_token": {"acr": essential, "auth_time": {"essential": True}}})
        else:
            # Never both: what a provider then does is not specified (OpenID Connect Core §5.5.1.1).
            asked["acr_values"] = " ".join(acrs)
        return asked

    def _taken(self, challenge_id: str, binding: str) -> Challenge:
        """End the challenge that is answered; its purpose stands in it, and not in the address."""
        with self._database.write() as uow:
            query = select(_CHALLENGE.c.purpose).where(
                _CHALLENGE.c.id == challenge_id, _CHALLENGE.c.means == Means.EID.value
            )
            purpose = uow.execute(query).scalar()
            if purpose is None:
                raise EidRefusedError(Reason.STATE)
            try:
                challenge = self._challenges.take(uow, challenge_id, purpose=purpose, binding=binding)
            except IdentificationError as error:
                raise EidRefusedError(Reason.STATE) from error
            uow.commit()
        return challenge

    def _judged(self, query: Mapping[str, str], challenge: Challenge, *, secret: str) -> Vouched:
        """Return whom an answer stands for. No transaction is open meanwhile: the provider is asked."""
        facts = challenge.facts
        if not hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), facts["state"]):
            raise EidRefusedError(Reason.STATE)
        provider = self._providers.get(facts["provider"])
        if provider is None or provider.issuer != facts["issuer"]:
            raise EidRefusedError(Reason.ISSUER)
        exchange, code = self._exchanges[provider.slug], _code(query)
        _check_sender(query.get("iss"), provider, required=exchange.endpoints().names_itself)
        verifier = None if "pkce" in provider.omit else self._derived("verifier", challenge.id, secret)
        token, access_token = exchange.exchange(code, verifier=verifier, redirect_uri=self._redirect_uri)
        keys = AnswerKeys(exchange)
        expected = Expected(
            nonce=self._derived("nonce", challenge.id, secret),
            level=Level(facts["level"]) if facts["level"] else None,
            asked_at=facts["asked_at"],
            now=self._clock().timestamp(),
            access_token=access_token,
        )
        checked = check_id_token(token, provider, keys, expected)
        told = exchange.userinfo(access_token, checked.subject, keys)
        return Vouched(
            provider=provider.slug,
            issuer=provider.issuer,
            subject=checked.subject,
            acr=checked.acr,
            level=checked.level,
            auth_time=checked.auth_time,
            attributes=exchange.attributes({**told, **checked.claims}),
            id_token=checked.signed,
        )

    def _derived(self, use: str, challenge_id: str, secret: str) -> str:
        """Return a value of 256 bits that nobody knows without both the office's key and the state."""
        digest = hmac.new(self._key, f"{use}\n{challenge_id}\n{secret}".encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _check_sender(issuer: str | None, provider: EidProvider, *, required: bool) -> None:
    """Refuse an answer that another provider sent (RFC 9207 §2.4)."""
    if issuer != provider.issuer and (issuer is not None or required):
        raise EidRefusedError(Reason.ISSUER)


def _code(query: Mapping[str, str]) -> str:
    error = query.get("error")
    if error is not None:
        if error == _UNMET:
            raise EidRefusedError(Reason.ACR)
        raise EidRefusedError(Reason.CANCELLED if error in _CANCELLED else Reason.PROVIDER_ERROR)
    code = query.get("code", "")
    if not _CODE.fullmatch(code):
        raise EidRefusedError(Reason.CODE)
    return code
