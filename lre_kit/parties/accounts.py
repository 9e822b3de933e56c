"""Accounts: people who log in to the office itself, for an office that no host application embeds.

What is asked with an e-mail address (register, set a new password) is answered in the same words, with
one message, whether the address has an account or not (ASVS 5 §6.3.8). An account comes to be when its
address is confirmed by its link and by the password chosen at registration: whoever registered a
stranger's address gets nothing, and no program that opens links can confirm.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import select, update
from sqlmodel import col

from lre_kit.clock import Clock
from lre_kit.errors import InvalidAddressError
from lre_kit.law.assurance import Category, Factor, Means
from lre_kit.parties import account_guesses as paces
from lre_kit.parties.account_addresses import AccountAddresses
from lre_kit.parties.account_book import AccountBook, SecondFactors
from lre_kit.parties.account_guesses import Guesses, network_of
from lre_kit.parties.account_post import AccountPost, Stranger
from lre_kit.parties.account_requests import CONFIRM, RESET, AccountRequest, AccountRequests
from lre_kit.parties.account_rows import AccountRow
from lre_kit.parties.account_values import (
    Account,
    AccountMail,
    DeadLinkError,
    LoggedIn,
    LogInError,
    MailKind,
    email_key,
)
from lre_kit.parties.book import PartyBook
from lre_kit.parties.emails import key_of
from lre_kit.parties.passwords import Passwords, check_new
from lre_kit.parties.recovery_codes import RecoveryCodes
from lre_kit.parties.sessions import Sessions
from lre_kit.parties.standing import all_ids
from lre_kit.parties.values import checked_address, checked_name
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork

OnClosed = Callable[[UnitOfWork, Sequence[str]], None]
"""Ends, in the act itself, what a person left running under these ids when their last account closes."""


class Accounts(AccountBook):
    """Registers, logs in, and puts right what was forgotten.

    Attributes:
        sessions: The sessions of these accounts.
        codes: Their recovery codes.
        addresses: Their further e-mail addresses.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        pepper: bytes,
        deliver: Callable[[AccountMail], None],
        sessions: Sessions | None = None,
        factors: SecondFactors | None = None,
        passwords: Passwords | None = None,
        on_closed: OnClosed | None = None,
    ) -> None:
        """Prepare.

        Args:
            database: Where accounts are kept.
            clock: The office's clock.
            pepper: Secret kept outside the database.
            deliver: Sends one message; may raise `MailUnavailableError`.
            sessions: By default with the usual lives.
            factors: Where second factors are kept; by default there are none.
            passwords: By default at the usual cost.
            on_closed: Called when a party's last open account closes; by default nothing more ends.
        """
        super().__init__(database, sessions=sessions or Sessions(database, clock=clock), factors=factors)
        self._clock = clock
        self._post = AccountPost(deliver)
        self._on_closed = on_closed
        self._passwords = passwords or Passwords(pepper)
        self._parties = PartyBook(database, clock=clock)
        self._requests = AccountRequests(database, clock=clock, pepper=pepper)
        self._guesses = Guesses(database, clock=clock, pepper=pepper)
        self.addresses = AccountAddresses(
            database,
            requests=self._requests,
            post=self._post,
            parties=self._parties,
            count_mail=self._count_mail,
            accounts_of=self.all_of,
        )
        self.codes = RecoveryCodes(database, clock=clock, pepper=pepper, guesses=self._guesses)

    # -- coming to be ------------------------------------------------------------------------------

    def register(self, email: str, password: str, name: str, language: str, *, network: str = "") -> None:
        """Ask for an account; one message goes out, whether the address has one already or not.

        Args:
            email: Address that is to log in.
            password: The password it will have once the address is confirmed.
            name: First and last name.
            language: ``fr`` or ``en``, for what the account is sent.
            network: Address the request comes from.

        Raises:
            InvalidAddressError: The address cannot be one.
            InvalidNameError: The name is empty, too long, or holds hidden characters.
            PasswordRefusedError: The password may not be used.
            ThrottledError: Too much was asked from this network, or for this address.
            MailUnavailableError: The message could not be sent.
        """
        kept, called = checked_address(email, whose="account"), checked_name(name, whose="account")
        check_new(password, own=(kept, called))
        key = email_key(kept)
        self._count_mail(f"register:{key}", network)
        hashed = self._passwords.hash(password)
        known = self.by_key(key)
        facts = {"email": kept, "name": called, "language": language, "password_hash": hashed}
        with self._database.write() as uow:
            token = self._requests.make(
                uow, CONFIRM, email_key=key, account_id=None, facts={} if known else facts
            )
            uow.commit()
        if known:
            self._post.send(MailKind.ALREADY, known)
        else:
            stranger = Stranger(email=kept, name=called, language=language)
            self._post.send(MailKind.CONFIRM, stranger, token)

    def look_at_link(self, purpose: str, token: str) -> str:
        """Return the address a link was sent to, if the link still works, and leave it as it is.

        Raises:
            DeadLinkError: It is not valid, was used, or is too old.
        """
        return self._requests.look(purpose, token).email_key

    def confirm(self, token: str, password: str) -> LoggedIn:
        """Make the account: the link shows who reads the mailbox, the password who registered.

        Raises:
            DeadLinkError: The link is not valid, was used, is too old or was tried too often.
            LogInError: It is not the password chosen at registration.
        """
        request = self._requests.attempt(CONFIRM, token)
        facts = request.facts
        if not self._passwords.fits(facts.get("password_hash"), password):
            raise LogInError
        # An act of its own, and one that may be done twice: whoever reads an address is one person.
        party = self._parties.for_recipient(email=facts["email"], name=facts["name"])
        if party.language != facts["language"]:
            # What the person is sent follows the language they chose.
            actor, reason = {"role": "holder", "party": party.id}, "language of the account"
            self._parties.correct(party.id, actor=actor, reason=reason, language=facts["language"])
        now, account_id = self._clock(), new_id()
        try:
            with self._database.write() as uow:
                self._requests.use_up(uow, request)
                uow.add(
                    AccountRow,
                    id=account_id,
                    party_id=party.id,
                    email=facts["email"],
                    email_key=request.email_key,
                    name=facts["name"],
                    language=facts["language"],
                    role="",
                    password_hash=facts["password_hash"],
                    password_set_at=now,
                    password_mailed_at=now,
                    codes_salt=None,
                    codes_made_at=None,
                    created_at=now,
                )
                uow.commit()
        except UniqueViolation:
            # The address got its account by another registration; that one's password counts.
            raise LogInError from None
        return self._logged_in(self.by_id(account_id))

    # -- logging in --------------------------------------------------------------------------------

    def log_in(self, email: str, password: str, *, network: str = "") -> LoggedIn:
        """Check a password.

        Args:
            email: As typed.
            password: As typed.
            network: Address the request comes from.

        Raises:
            LogInError: They do not belong together, or there is no such account; never which.
            ThrottledError: Too many tries for this address, or from this network.
        """
        try:
            key = email_key(email)
        except InvalidAddressError:
            key = key_of(email)[:254]
        place = network_of(network)
        self._guesses.count((paces.ACCOUNT, key), (paces.NETWORK, place))
        account = self.by_key(key)
        # Asked and hashed in any case: how long it takes tells nobody whether there is an account.
        kept = self._password_hash(account.id if account else "")
        if not self._passwords.fits(kept, password) or account is None or kept is None:
            raise LogInError
        with self._database.write() as uow:
            self._guesses.forget(paces.ACCOUNT, key, uow=uow)
            self._guesses.take_back(paces.NETWORK, place, uow=uow)
            if self._passwords.is_stale(kept):
                uow.defer(
                    update(AccountRow)
                    .where(col(AccountRow.id) == account.id, col(AccountRow.password_hash) == kept)
                    .values(password_hash=self._passwords.hash(password))
                )
            uow.commit()
        return self._logged_in(account)

    def _logged_in(self, account: Account) -> LoggedIn:
        factor = Factor(
            means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=self._clock()
        )
        return LoggedIn(account=account, factor=factor, second_due=bool(self.second_factors(account.id)))

    # -- passwords ---------------------------------------------------------------------------------

    def change_password(
        self, account_id: str, *, present: str, new: str, keep_session: str | None = None, network: str = ""
    ) -> None:
        """Change a password; all sessions end but the one named, and the owner is told by mail.

        Raises:
            LogInError: The present password is another one.
            PasswordRefusedError: The new one may not be used.
            ThrottledError: Too many tries.
        """
        account = self.by_id(account_id)
        check_new(new, own=(account.email, account.name))
        self.log_in(account.email, present, network=network)
        self._set_password(account, new, keep_session=keep_session)

    def forgot(self, email: str, *, language: str = "fr", network: str = "") -> None:
        """Ask for a link to set a new password; one message goes out, whether there is an account or not.

        Beyond a few messages an hour for one address no more are sent; the links sent before go on working.

        Raises:
            InvalidAddressError: The address cannot be one.
            ThrottledError: Too much was asked from this network, or for this address.
            MailUnavailableError: The message could not be sent.
        """
        kept = checked_address(email, whose="account")
        key = email_key(kept)
        self._count_mail(f"reset:{key}", network)
        account = self.by_key(key)
        with self._database.write() as uow:
            token = self._requests.make(
                uow, RESET, email_key=key, account_id=account.id if account else None, facts={}
            )
            uow.commit()
        if account is not None:
            self._post.send(MailKind.RESET, account, token)
        else:
            self._post.send(MailKind.NO_ACCOUNT, Stranger(email=kept, name=kept, language=language))

    def reset(self, token: str, new: str) -> LoggedIn:
        """Set a new password by an e-mailed link; every session ends, and the second factor stays due.

        Raises:
            DeadLinkError: The link is not valid, was used or is too old, or the account is closed.
            PasswordRefusedError: The new password may not be used; the link goes on working.
        """
        request = self._requests.look(RESET, token)
        if not self._is_open(request.account_id or ""):
            raise DeadLinkError
        account = self.by_id(request.account_id or "")
        check_new(new, own=(account.email, account.name))
        self._set_password(account, new, request=request)
        return self._logged_in(self.by_id(account.id))

    def _set_password(
        self,
        account: Account,
        new: str,
        *,
        keep_session: str | None = None,
        request: AccountRequest | None = None,
    ) -> None:
        hashed, now = self._passwords.hash(new), self._clock()
        values = {"password_hash": hashed, "password_set_at": now}
        with self._database.write() as uow:
            if request is not None:
                self._requests.use_up(uow, request)
                values["password_mailed_at"] = now
            is_open = (col(AccountRow.id) == account.id, col(AccountRow.closed_at).is_(None))
            if uow.update(update(AccountRow).where(*is_open).values(values)) != 1:
                raise DeadLinkError
            self.sessions.end_all(account.id, but=keep_session, uow=uow)
            # Whoever reads the mailbox comes in again, however much a stranger guessed.
            self._guesses.forget(paces.ACCOUNT, email_key(account.email), uow=uow)
            uow.commit()
        self._post.inform(MailKind.PASSWORD_CHANGED, account)

    def close(self, account_id: str, *, password: str, network: str = "") -> None:
        """Close an account: its sessions and links end, nobody logs in to it any more; its owner is told.

        With a person's last account ends what acts by itself in their name, keys of the API and webhooks, and
        what was begun and never sent is erased: drafts, uploads. Its data are deleted once the span for
        closed accounts is over. Letters, proofs and means are their person's and stay; whoever registers with
        the address again is the same person.

        Raises:
            LogInError: It is not the account's password.
            ThrottledError: Too many tries.
        """
        account = self.by_id(account_id)
        self.log_in(account.email, password, network=network)
        with self._database.write() as uow:
            # One after the other: of two accounts closed at once, the second is the last.
            uow.serialise(f"accounts of {all_ids(uow.connection, account.party_id)[0]}")
            # The address is free at once: looked up by its key, there is no such account any more.
            values = {"closed_at": self._clock(), "email_key": f"closed:{account_id}", "role": ""}
            is_open = (col(AccountRow.id) == account_id, col(AccountRow.closed_at).is_(None))
            uow.execute(update(AccountRow).where(*is_open).values(values))
            self._requests.end_of(uow, account_id, email_key=email_key(account.email))
            self.sessions.end_all(account_id, uow=uow)
            self._end_what_runs(uow, account.party_id)
            uow.commit()
        self._post.inform(MailKind.CLOSED, account)

    def _end_what_runs(self, uow: UnitOfWork, party_id: str) -> None:
        ids = all_ids(uow.connection, party_id)
        still_open = (col(AccountRow.party_id).in_(ids), col(AccountRow.closed_at).is_(None))
        if (
            self._on_closed is not None
            and uow.execute(select(col(AccountRow.id)).where(*still_open)).first() is None
        ):
            self._on_closed(uow, ids)

    def tell_factors_changed(self, account_id: str) -> None:
        """Tell the owner by mail that second factors or recovery codes changed (ASVS 5 §6.3.7)."""
        self._post.inform(MailKind.FACTORS_CHANGED, self.by_id(account_id))

    def _count_mail(self, what: str, network: str) -> None:
        place = network_of(network)
        self._guesses.count((paces.MAIL, what), (paces.NETWORK, f"mail:{place}" if place else ""))
