"""Opening the certificates of an office: its list of issuers, its proxies, and the renewal of their lists."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.certificate_lists import Outcome, renew_lists
from lre_kit.identifiers.certificate_proxy import HeaderForm, ProxySettings
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork

if TYPE_CHECKING:
    from lre_kit.identifiers.certificate_holding import Enrolled
    from lre_kit.identifiers.certificate_issuers import IssuerList
    from lre_kit.identifiers.certificates import Certificates
    from lre_kit.identifiers.challenges import Challenges
    from lre_kit.identifiers.register import IdentifierRegister
    from lre_kit.identifiers.throttle import Throttle
    from lre_kit.people_ground import Ground

log = logging.getLogger(__name__)

RENEW = "renew_revocation_lists"
"""Action of the duty that fetches the issuers' revocation lists."""

EVERY = timedelta(hours=1)
"""Span between two renewals."""


def open_certificates(
    ground: "Ground",
    *,
    register: "IdentifierRegister",
    challenges: "Challenges",
    throttle: "Throttle",
    enrolled: "Enrolled",
) -> "Certificates | None":
    """Return the office's certificates of persons; nothing where no issuer is accepted.

    Args:
        ground: The office's parts.
        register: Its identification means.
        challenges: Its open questions.
        throttle: Its counted tries.
        enrolled: Called with each new means in the transaction that enters it.

    Raises:
        ConfigurationError: The list cannot be used.
    """
    settings = ground.settings
    issuers = issuers_of(settings)
    if issuers is None:
        return None
    from lre_kit.identifiers.certificate_responders import Responders
    from lre_kit.identifiers.certificates import Certificates

    base = urlsplit(settings.base_url)
    return Certificates(
        ground.database,
        clock=ground.clock,
        register=register,
        challenges=challenges,
        throttle=throttle,
        issuers=issuers,
        office_name=settings.provider_name,
        origin=f"{base.scheme}://{base.netloc}",
        enrolled=enrolled,
        ask=Responders().ask,
    )


def issuers_of(settings: Settings) -> "IssuerList | None":
    """Return the issuers that an office accepts, as the file lists them now; nothing where none is."""
    if settings.certificate_issuers is None:
        return None
    from lre_kit.identifiers.certificate_issuers import IssuerList

    return IssuerList.load(settings.certificate_issuers)


def proxy_of(settings: Settings) -> ProxySettings | None:
    """Return which proxies are believed about client certificates; nothing where none is.

    Raises:
        ConfigurationError: The settings cannot work: without a good secret nobody is believed.
    """
    addresses = tuple(
        each.strip() for each in settings.certificate_proxy_addresses.split(",") if each.strip()
    )
    if not addresses:
        return None
    secret = settings.certificate_proxy_secret
    try:
        return ProxySettings(
            addresses=addresses,
            secret=secret.get_secret_value() if secret else "",
            form=HeaderForm(settings.certificate_proxy_form),
            header=settings.certificate_proxy_header,
        )
    except ValueError as error:
        msg = f"The settings of the proxy for client certificates cannot be used: {error}."
        raise ConfigurationError(msg, mend="Mend LRE_CERTIFICATE_PROXY_ADDRESSES and …_SECRET.") from error


class ListRenewal:
    """The duty that keeps the revocation lists fresh; it may run twice, or die at any line."""

    def __init__(
        self, database: Database, *, clock: Clock, issuers: "Callable[[], IssuerList | None]"
    ) -> None:
        """Renew the lists of `issuers` by the office's `clock`; they are asked for at each run."""
        self._database = database
        self._clock = clock
        self._issuers = issuers

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duty by its action."""
        return {RENEW: self.run}

    def run(self, duty: Duty) -> None:
        """Fetch what has an address, and plan the next run; an office that accepts no issuer plans none."""
        issuers = self._issuers()
        for done in renew_lists(issuers, at=self._clock()) if issuers else ():
            if done.outcome is Outcome.RENEWED:
                log.info("revocation list %s of issuer %s renewed", done.file, done.issuer_id)
        with self._database.write() as uow:
            fulfil(uow, duty)
            if issuers is not None:
                self._plan(uow, EVERY)
            uow.commit()

    def plan_first(self) -> None:
        """Put the first run on the agenda of an office that accepts issuers; it is there once only."""
        with self._database.write() as uow:
            self._plan(uow, timedelta(0))
            uow.commit()

    def _plan(self, uow: UnitOfWork, later: timedelta) -> None:
        plan(uow, key=RENEW, due_at=self._clock() + later, action=RENEW, subject="certificates")
