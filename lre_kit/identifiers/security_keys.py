"""Security keys and passkeys (Web Authentication Level 3) as identification means.

The key is possessed, and it checks its owner's PIN, finger or face by itself: user verification is
required, so one answer is two factors (possession and knowledge), and every answer is new. A counter
that does not grow shows a copied key: it is suspended. The office keeps a public key and no secret.
"""

from collections.abc import Callable, Collection, Sequence
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lre_kit.clock import Clock
from lre_kit.identifiers.answering import FirstUse
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.holding import is_on_its_way, lock_shown, reserve_subject
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.questions import Questions, owner_of
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.security_key_attestation import Models, Registered
from lre_kit.identifiers.security_key_ceremonies import (
    CEREMONY_LIFE,
    CEREMONY_MILLISECONDS,
    CHALLENGE_BYTES,
    Ceremony,
    KeyOwner,
    descriptor_of,
    handle_of,
    kept_challenge,
)
from lre_kit.identifiers.security_key_checks import (
    ClonedKeyError,
    Reason,
    SecurityKeyRefusedError,
    credential_key,
    decoded,
    read_response,
    went_back,
)
from lre_kit.identifiers.security_key_verifier import KeyVerifier
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.parties.standing import all_ids
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork

REGISTRATION = "register a security key"
"""Purpose of a registration's challenge."""

CATEGORIES = (Category.POSSESSION, Category.KNOWLEDGE)
"""What one answer shows."""

_PROVIDER = {"role": "provider"}
_LIBRARY = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, KeyError, IndexError)


class SecurityKeys:
    """Registers security keys, and authenticates with them."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        throttle: Throttle,
        rp_id: str,
        rp_name: str,
        origin: str | Collection[str],
        allowed_aaguids: Collection[str] | None = None,
        attestation_roots: Sequence[bytes] = (),
        copied: Callable[[UnitOfWork, Identifier], None] | None = None,
        first_use: FirstUse | None = None,
    ) -> None:
        """Prepare.

        Args:
            database: Where identifiers are kept.
            clock: The office's clock.
            register: Their register.
            challenges: Open questions.
            throttle: Counts refused answers of one session.
            rp_id: The office's domain, without port; keys are bound to it for ever.
            rp_name: The office's name, for browsers that show it.
            origin: ``https://`` origin of the office's pages, or several.
            allowed_aaguids: Models accepted, by AAGUID; nothing for all. The model is only what the
                browser claims unless `attestation_roots` are given.
            attestation_roots: PEM certificates of makers; with them every key must be attested by one.
            copied: Called with a key that seems copied, in the transaction that suspends it.
            first_use: Told of the first use of a posted key, inside its transaction.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._questions = Questions(
            database, Means.SECURITY_KEY, challenges=challenges, throttle=throttle, ttl=CEREMONY_LIFE
        )
        self._copied = copied
        self._first_use = first_use
        self._rp_id = rp_id
        self._rp_name = rp_name
        self._models = Models(allowed_aaguids, tuple(attestation_roots))
        origins = [origin] if isinstance(origin, str) else list(origin)
        self._verifier = KeyVerifier(rp_id, origins=origins, models=self._models)

    def begin_registration(self, party: KeyOwner, *, binding: str) -> Ceremony:
        """Ask a browser to make a key for a party; keys it has already are excluded.

        Args:
            party: Its owner.
            binding: Id of the session in which the answer must come.
        """
        challenge = token_bytes(CHALLENGE_BYTES)
        # A key on its way by post has no credential yet.
        held = self._register.of(party.id)
        known = [each for each in held if each.kind is Kind.SECURITY_KEY and each.facts]
        asked = AttestationConveyancePreference.NONE
        if self._models.asks:
            asked = AttestationConveyancePreference.DIRECT
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._rp_name,
            user_id=handle_of(party.id),
            user_name=party.name,
            user_display_name=party.name,
            challenge=challenge,
            timeout=CEREMONY_MILLISECONDS,
            attestation=asked,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[descriptor_of(each.facts) for each in known],
        )
        opened = self._questions.ask(
            party.id, purpose=REGISTRATION, binding=binding, facts=kept_challenge(challenge)
        )
        return Ceremony.of(opened, options)

    def complete_registration(
        self,
        challenge_id: str,
        response_json: str,
        *,
        label: str,
        binding: str,
        proofing_id: str | None = None,
        level: Level | None = None,
        posted: str | None = None,
    ) -> Identifier:
        """Register the key that a browser made; it may be used at once.

        Args:
            challenge_id: Of `begin_registration`.
            response_json: ``PublicKeyCredential.toJSON()`` as text.
            label: The owner's name for the key.
            binding: Id of the session.
            proofing_id: Identity proofing that it rests on.
            level: Level of that proofing.
            posted: Id of the means that the office posted, once its code was judged right; the key is it.

        Raises:
            SecurityKeyRefusedError: The answer, or the key's model, is not accepted.
            IdentificationError: The challenge is used, too old, or of another session.
        """

        def judge(challenge: Challenge) -> str:
            found = self._verifier.registered(response_json, challenge=challenge.facts["challenge"])
            owner = owner_of(challenge)
            with self._database.write() as uow:
                if not reserve_subject(uow, Kind.SECURITY_KEY, found.subject_key):
                    raise _refused(Reason.TAKEN)
                if posted is not None:
                    made = self._take_into_use(uow, posted, owner, found, label)
                else:
                    made = self._register.issue(
                        uow,
                        party_id=owner,
                        kind=Kind.SECURITY_KEY,
                        label=label,
                        actor={"role": "holder", "party_id": owner},
                        state=State.ACTIVE,
                        proofing_id=proofing_id,
                        level=level,
                        subject_key=found.subject_key,
                        facts=found.facts,
                    )
                self._register.used(uow, made.id, found.count)
                uow.commit()
            return made.id

        made_id = self._questions.answered(challenge_id, purpose=REGISTRATION, binding=binding, judge=judge)
        return self._register.by_id(made_id)

    def _take_into_use(
        self, uow: UnitOfWork, means_id: str, owner: str, found: Registered, label: str
    ) -> Identifier:
        """Let a posted means be the key that its holder registers now."""
        if self._first_use is not None:
            # Orders come before means everywhere: two that lock both never wait for each other.
            self._first_use(uow, means_id)
        held = self._register.locked(uow, means_id)
        if held.party_id != owner or not is_on_its_way(held, self._clock()):
            raise _refused(Reason.NOT_ACTIVE)
        self._register.fill(uow, held.id, subject_key=found.subject_key, label=label, facts=found.facts)
        actor = {"role": "holder", "party_id": owner}
        return self._register.change(uow, held.id, "activate", actor=actor, reason="first use")

    def begin(self, party_id: str, *, purpose: str, binding: str) -> Ceremony:
        """Ask for an answer by any of a party's usable keys.

        Args:
            party_id: Who should answer.
            purpose: The act, such as ``accept:<letter id>``.
            binding: Id of the session in which the answer must come.

        Raises:
            SecurityKeyRefusedError: The party has none.
        """
        now = self._clock()
        held = self._register.of(party_id)
        usable = [each for each in held if each.kind is Kind.SECURITY_KEY and each.is_usable(now)]
        if not usable:
            raise _refused(Reason.NO_KEY)
        challenge = token_bytes(CHALLENGE_BYTES)
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=CEREMONY_MILLISECONDS,
            allow_credentials=[descriptor_of(each.facts) for each in usable],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        opened = self._questions.ask(
            party_id, purpose=purpose, binding=binding, facts=kept_challenge(challenge)
        )
        return Ceremony.of(opened, options)

    def complete(self, challenge_id: str, response_json: str, *, purpose: str, binding: str) -> Factor:
        """Check an answer, record it, and return the factor it shows.

        Args:
            challenge_id: Of `begin`; it can be answered once.
            response_json: ``PublicKeyCredential.toJSON()`` as text.
            purpose: The act; the one that `begin` was asked for.
            binding: Id of the session.

        Raises:
            ClonedKeyError: The counter went back; the key is suspended, its owner told by mail.
            SecurityKeyRefusedError: The answer is not accepted; `reason` says why.
            IdentificationError: The challenge is used, too old, or for another act or session.
        """
        _, factor = self._questions.answered(
            challenge_id,
            purpose=purpose,
            binding=binding,
            judge=lambda challenge: self._shown(challenge, response_json, purpose, owner_of(challenge)),
        )
        return factor

    def begin_discovery(self, *, purpose: str, binding: str) -> Ceremony:
        """Ask whoever is there for an answer by a passkey that the browser offers by itself.

        Args:
            purpose: The act, such as to log in.
            binding: What the answer must come with.
        """
        challenge = token_bytes(CHALLENGE_BYTES)
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=CEREMONY_MILLISECONDS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        opened = self._questions.ask(None, purpose=purpose, binding=binding, facts=kept_challenge(challenge))
        return Ceremony.of(opened, options)

    def complete_discovery(
        self, challenge_id: str, response_json: str, *, purpose: str, binding: str, network: str = ""
    ) -> tuple[str, Factor]:
        """Check an answer that also says who answers; return the party and the factor it shows.

        The key has to name its owner by the handle of its registration (WebAuthn Level 3 §7.2 step 6).

        Raises:
            ClonedKeyError: The counter went back; the key is suspended, its owner told by mail.
            SecurityKeyRefusedError: The answer is not accepted; `reason` says why.
            IdentificationError: The challenge is used, too old, put to somebody, or for another act.
            ThrottledError: Too many answers from this network were refused.
        """

        def judge(challenge: Challenge) -> tuple[str, Factor]:
            if challenge.party_id is not None:
                raise _refused(Reason.OTHER_PERSON)
            return self._shown(challenge, response_json, purpose, None)

        return self._questions.answered(
            challenge_id, purpose=purpose, binding=binding, judge=judge, network=network
        )

    def _shown(
        self, challenge: Challenge, response_json: str, purpose: str, asked: str | None
    ) -> tuple[str, Factor]:
        response = read_response(response_json, "clientDataJSON", "authenticatorData", "signature")
        now, handle = self._clock(), response["response"].get("userHandle")
        with self._database.write() as uow:
            subject_key = credential_key(decoded(response["rawId"]))
            key = lock_shown(uow, self._register, Kind.SECURITY_KEY, subject_key)
            if key is None:
                raise _refused(Reason.UNKNOWN_KEY)
            party_id = key.party_id if asked is None else asked
            if asked is None and not handle:
                raise _refused(Reason.OTHER_PERSON)
            self._check_owner(uow, key, party_id, handle)
            if not key.is_usable(now):
                raise _refused(Reason.NOT_ACTIVE)
            count = self._verifier.answered(response, challenge=challenge.facts["challenge"], facts=key.facts)
            if went_back(stored=key.counter, count=count):
                self._suspend(uow, key)
                raise ClonedKeyError(party_id=party_id, identifier_id=key.id)
            factor = Factor(
                means=Means.SECURITY_KEY,
                categories=CATEGORIES,
                dynamic=True,
                at=now,
                identifier_id=key.id,
                derogation=key.derogation,
            )
            self._register.used(uow, key.id, count)
            self._challenges.record(uow, factor, party_id=party_id, purpose=purpose)
            uow.commit()
        return party_id, factor

    @staticmethod
    def _check_owner(uow: UnitOfWork, key: Identifier, party_id: str, handle: Any) -> None:
        known = all_ids(uow.connection, party_id)
        # A key answers with the handle of its registration, be its holder another party's one by now.
        if key.party_id not in known or (
            handle and decoded(str(handle)) not in {handle_of(each) for each in known}
        ):
            raise _refused(Reason.OTHER_PERSON)

    def _suspend(self, uow: UnitOfWork, key: Identifier) -> None:
        self._register.change(uow, key.id, "suspend", actor=_PROVIDER, reason="counter went back")
        if self._copied is not None:
            self._copied(uow, key)
        uow.commit()


def _refused(reason: Reason) -> SecurityKeyRefusedError:
    return SecurityKeyRefusedError(reason)
