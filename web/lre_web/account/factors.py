"""Second factors of accounts, as their pages ask for them: code applications and security keys.

The means themselves are identification means like any other; this is only the way to them from an
account. Each part may be missing: then the pages do not offer it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import segno

from lre_kit.errors import IdentificationError, NotFoundError
from lre_kit.identifiers.authenticator_enrolment import AuthenticatorEnrolment
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.one_time_passwords import OneTimePasswords
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.law.assurance import Category, Factor
from lre_kit.parties.account_book import SECOND_KINDS
from lre_kit.parties.account_values import Account
from lre_kit.parties.sessions import Session
from lre_kit.store.database import Database

if TYPE_CHECKING:
    from lre_kit.identifiers.key_parcels import KeyParcels
    from lre_kit.identifiers.security_keys import SecurityKeys

PURPOSE = "session"
"""The act a second step is for: to log in."""

LOG_IN = "log in by a passkey"
"""The act of logging in without a password, for a question that is put to nobody by name."""

_LABEL_MAX_CHARS = 60


@dataclass(frozen=True, slots=True)
class _Owner:
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOffer:
    """What a new code application is shown, once; after a wrong first code, only the code is asked again."""

    means_id: str
    challenge_id: str
    picture: str = field(default="", repr=False)
    """A QR code as a ``data:`` address."""
    key: str = field(default="", repr=False)
    """The same secret in groups of four."""


class SecondSteps:
    """Asks for second factors, adds and removes them."""

    def __init__(
        self,
        database: Database,
        *,
        register: IdentifierRegister,
        codes: OneTimePasswords | None = None,
        enrolment: AuthenticatorEnrolment | None = None,
        keys: "SecurityKeys | None" = None,
        parcels: "KeyParcels | None" = None,
    ) -> None:
        """Prepare; what is not given is not offered."""
        self._database = database
        self._register = register
        self._codes = codes
        self._enrolment = enrolment
        self._keys = keys
        self._parcels = parcels

    @property
    def offers(self) -> Collection[str]:
        """What can be added: ``code``, ``key``."""
        return {name for name, doors in (("code", self._enrolment), ("key", self._keys)) if doors is not None}

    def means(self, party_id: str) -> list[Identifier]:
        """Return a party's identification means, without applications that never showed a first code."""
        return [each for each in self._register.of(party_id) if not _never_counted(each)]

    def ways(self, party_id: str) -> Collection[str]:
        """Return how a party can take the second step: ``code``, ``key``."""
        kinds = {each.kind for each in self.means(party_id) if each.state == "active"}
        return {way for way, kind in (("code", "authenticator"), ("key", "security_key")) if kind in kinds}

    # -- code applications -------------------------------------------------------------------------

    def offer_code(self, account: Account, session: Session) -> CodeOffer:
        """Make a secret for a code application; it counts once its first code was typed."""
        for each in self._register.of(account.party_id):
            if _waits(each):
                self._revoke(account, each.id, "another one was begun")
        made = self._enrolment_doors().enrol(account.party_id, binding=session.id, label="")
        # White behind the code: a telephone reads it in a dark page too.
        picture = segno.make(made.seed.uri, micro=False).svg_data_uri(border=4, light="#ffffff", scale=4)
        return CodeOffer(
            means_id=made.seed.identifier.id,
            challenge_id=made.challenge_id,
            picture=picture,
            key=made.seed.base32,
        )

    def ask_first_code(self, account: Account, session: Session, means_id: str) -> CodeOffer:
        """Ask once more for the first code of an application, after a wrong one; the secret stays hidden.

        Raises:
            UnlawfulActError: Nothing of the kind waits for this account.
            NotFoundError: There is no such means.
        """
        asked = self._enrolment_doors().ask_again(means_id, binding=session.id, party_id=account.party_id)
        return CodeOffer(means_id=means_id, challenge_id=asked.id)

    def add_code(self, session: Session, challenge_id: str, code: str, *, network: str) -> None:
        """Take the first code of an application.

        Raises:
            IdentificationError: The code is wrong, or nothing of the kind waits in this session.
            ThrottledError: Too many tries.
        """
        self._enrolment_doors().confirm(challenge_id, code, binding=session.id, network=network)

    def check_code(self, session: Session, code: str, *, network: str) -> Factor:
        """Judge a code at the second step, by each of the person's applications in turn.

        Raises:
            IdentificationError: It is wrong, was used or is too old.
            ThrottledError: Too many tries.
        """
        doors, refused = self._code_doors(), None
        known = [factor for factor in session.factors if Category.KNOWLEDGE in factor.categories]
        first = known[-1] if known else None
        for each in self.means(session.party_id):
            if (each.kind, each.state) != ("authenticator", "active"):
                continue
            asked = doors.begin(each.id, purpose=PURPOSE, binding=session.id, party_id=session.party_id)
            try:
                return doors.complete(
                    asked.id,
                    code,
                    purpose=PURPOSE,
                    binding=session.id,
                    first=first,
                    network=network,
                )
            except IdentificationError as error:
                refused = error
        raise refused or NotFoundError("There is no code application.", mend="Take another means.")

    # -- security keys -----------------------------------------------------------------------------

    def ask_new_key(self, account: Account, session: Session) -> Mapping[str, Any]:
        """Ask the browser to make a key."""
        owner = _Owner(account.party_id, account.email)
        return _asked(self._key_doors().begin_registration(owner, binding=session.id))

    def awaits_key(self, party_id: str) -> bool:
        """Tell whether a key that the office posted waits to be registered."""
        return self._parcels is not None and self._parcels.waiting(party_id) is not None

    def add_key(
        self,
        account: Account,
        session: Session,
        challenge: str,
        answer: str,
        label: str,
        *,
        posted_code: str = "",
    ) -> None:
        """Register the key the browser made; with the code of a posted one's letter, it is that one.

        Raises:
            IdentificationError: It is not accepted.
            ThrottledError: Too many wrong codes of a letter were typed.
        """
        called = " ".join(label.split())[:_LABEL_MAX_CHARS]
        posted = None
        if posted_code.strip() and self._parcels is not None:
            posted = self._parcels.opened(account.party_id, posted_code)
        self._key_doors().complete_registration(
            challenge, _json(answer), label=called, binding=session.id, posted=posted
        )

    def ask_key(self, session: Session) -> Mapping[str, Any]:
        """Ask the browser for a key's answer at the second step."""
        return _asked(self._key_doors().begin(session.party_id, purpose=PURPOSE, binding=session.id))

    def check_key(self, session: Session, challenge: str, answer: str) -> Factor:
        """Judge a key's answer at the second step.

        Raises:
            IdentificationError: It is not accepted.
        """
        return self._key_doors().complete(challenge, _json(answer), purpose=PURPOSE, binding=session.id)

    @property
    def logs_in(self) -> bool:
        """Whether somebody can log in by a passkey alone."""
        return self._keys is not None

    def ask_passkey(self, browser: str) -> Mapping[str, Any]:
        """Ask a browser for a passkey of whoever is there."""
        return _asked(self._key_doors().begin_discovery(purpose=LOG_IN, binding=browser))

    def check_passkey(self, browser: str, challenge: str, answer: str, *, network: str) -> tuple[str, Factor]:
        """Judge a passkey's answer; return whose it is.

        Raises:
            IdentificationError: It is not accepted.
            ThrottledError: Too many answers from this network were refused.
        """
        return self._key_doors().complete_discovery(
            challenge, _json(answer), purpose=LOG_IN, binding=browser, network=network
        )

    # -- taking away -------------------------------------------------------------------------------

    def remove(self, account: Account, means_id: str) -> None:
        """Take a second factor away for good.

        Raises:
            NotFoundError: The account has no such one.
        """
        if not any(
            each.id == means_id and each.kind in SECOND_KINDS for each in self.means(account.party_id)
        ):
            raise NotFoundError("There is no such second factor.", mend="Look at your account's page.")
        self._revoke(account, means_id, "taken away by its owner")

    def _revoke(self, account: Account, means_id: str, reason: str) -> None:
        with self._database.write() as uow:
            actor = {"role": "holder", "party_id": account.party_id}
            self._register.change(uow, means_id, "revoke", actor=actor, reason=reason)
            uow.commit()

    def _enrolment_doors(self) -> AuthenticatorEnrolment:
        if self._enrolment is None:
            raise NotFoundError("Code applications are not offered here.", mend="Take another means.")
        return self._enrolment

    def _code_doors(self) -> OneTimePasswords:
        if self._codes is None:
            raise NotFoundError("Code applications are not offered here.", mend="Take another means.")
        return self._codes

    def _key_doors(self) -> "SecurityKeys":
        if self._keys is None:
            raise NotFoundError("Security keys are not offered here.", mend="Take another means.")
        return self._keys


def _waits(means: Identifier) -> bool:
    """Tell whether a means is an application that waits for its first code."""
    return means.kind is Kind.AUTHENTICATOR and means.state is State.ISSUED


def _never_counted(means: Identifier) -> bool:
    """Tell whether a means is an application that never showed a code."""
    return means.kind is Kind.AUTHENTICATOR and means.activated_at is None


def _asked(ceremony: Any) -> Mapping[str, Any]:
    return {"challenge": ceremony.challenge_id, "options": ceremony.options}


def _json(answer: str) -> str:
    try:
        json.loads(answer)
    except ValueError:
        msg = "The browser sent no answer of a key."
        raise IdentificationError(msg, mend="Try again.") from None
    return answer
