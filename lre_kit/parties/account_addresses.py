"""Further e-mail addresses of somebody with an account: added by a link, removed, one of them the main one.

A link goes to the new address in any case; whether another party reads it already is told only to whoever
follows it, and they read that mailbox.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lre_kit.errors import NotFoundError
from lre_kit.parties.account_post import AccountPost, Stranger
from lre_kit.parties.account_requests import ADD, AccountRequests
from lre_kit.parties.account_values import Account, DeadLinkError, MailKind, email_key
from lre_kit.parties.book import PartyBook
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import checked_address
from lre_kit.store.database import Database


class AccountAddresses:
    """Adds, removes and chooses addresses; each act is the account holder's own."""

    def __init__(
        self,
        database: Database,
        *,
        requests: AccountRequests,
        post: AccountPost,
        parties: PartyBook,
        count_mail: Callable[[str, str], None],
        accounts_of: Callable[[str], list[Account]],
    ) -> None:
        """Prepare; `count_mail` counts what is asked, `accounts_of` finds the accounts of a party."""
        self._database = database
        self._requests = requests
        self._post = post
        self._parties = parties
        self._count_mail = count_mail
        self._accounts_of = accounts_of

    def ask(self, account: Account, email: str, *, network: str = "") -> None:
        """Send a link to an address that an account's holder says to read.

        Raises:
            InvalidAddressError: It cannot be an address.
            ThrottledError: Too much was asked from this network, or for this address.
            MailUnavailableError: The message could not be sent.
        """
        address = checked_address(email, whose="account")
        key = email_key(address)
        self._count_mail(f"address:{key}", network)
        self._count_mail(f"address-of:{account.id}", network)
        with self._database.write() as uow:
            facts = {"email": address}
            token = self._requests.make(uow, ADD, email_key=key, account_id=account.id, facts=facts)
            uow.commit()
        to = Stranger(email=address, name=account.name, language=account.language)
        self._post.send(MailKind.ADD_ADDRESS, to, token)

    def look(self, account: Account, token: str) -> str:
        """Return the address a link was sent to, if it was this account that asked, and leave it as it is.

        Raises:
            DeadLinkError: It is not valid, was used, is too old, or another account's.
        """
        request = self._requests.look(ADD, token)
        if request.account_id != account.id:
            raise DeadLinkError
        return str(request.facts["email"])

    def confirm(self, account: Account, token: str, *, actor: Mapping[str, Any]) -> str:
        """Note that the account's person reads an address, and return it.

        Raises:
            DeadLinkError: The link is not valid, was used, is too old, or another account's.
            EmailTakenError: Another party had it verified: both may be one person, to be merged.
        """
        address = self.look(account, token)
        request = self._requests.look(ADD, token)
        with self._database.write() as uow:
            self._requests.use_up(uow, request)
            self._parties.emails.verify(account.party_id, address, actor=actor, uow=uow)
            uow.commit()
        return address

    def remove(self, account: Account, email: str, *, actor: Mapping[str, Any]) -> None:
        """Remove an address; that with which an account logs in stays.

        Raises:
            NotFoundError: The party has no such address, or an account logs in with it.
        """
        used = {key_of(each.email) for each in self._accounts_of(account.party_id)}
        if key_of(email) in used:
            msg = "An account logs in with this address."
            raise NotFoundError(msg, mend="Only other addresses can be removed.")
        self._parties.emails.remove(account.party_id, email, actor=actor)
