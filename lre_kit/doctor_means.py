"""What the doctor looks at of identification means: providers of identities, issuers of certificates."""

from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.certificate_issuers import (
    OCSP_OF_CERTIFICATE,
    OCSP_OFF,
    AcceptedIssuer,
    Revocation,
)
from lre_kit.identifiers.certificate_opening import issuers_of, proxy_of
from lre_kit.identifiers.links import Links
from lre_kit.integration.issuers import load_issuers
from lre_kit.parties.proofing_adapter import provider_of
from lre_kit.proofs.keys.crl import is_current
from lre_kit.settings import Settings

if TYPE_CHECKING:
    from lre_kit.identifiers.eid_providers import EidProvider

ANSWER_TIMEOUT_S = 5.0
"""Seconds to wait for each answer of a provider of identities."""

_LIST_MEND = (
    "Run lre work or lre serve, which fetch the lists each hour; check crl_from in the list of issuers."
)


def look_at_providers(settings: Settings, clock: Clock) -> str:
    """Ask each provider of electronic identities for its addresses and keys, as a login would.

    Raises:
        ConfigurationError: The list cannot be used, or a provider does not answer as it should.
    """
    assert settings.eid_providers is not None
    if find_spec("joserfc") is None:
        msg = "identity providers are listed, but what reads their answers is not installed"
        raise ConfigurationError(msg, mend="Install lre-kit[identity], or empty LRE_EID_PROVIDERS.")
    from lre_kit.identifiers.eid_providers import EidProviders

    providers = EidProviders.load(settings.eid_providers)
    for each in providers:
        _look_at(each, clock)
    return f"{len(providers)} identity providers answer"


def _look_at(provider: "EidProvider", clock: Clock) -> None:
    from lre_kit.identifiers.eid_exchange import Exchange
    from lre_kit.identifiers.eid_http import get_json
    from lre_kit.identifiers.eid_values import EidUnavailableError

    exchange = Exchange(provider, clock=clock, timeout_s=ANSWER_TIMEOUT_S)
    try:
        exchange.endpoints()
    except EidUnavailableError as error:
        address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            told = get_json(address, timeout_s=ANSWER_TIMEOUT_S).get("issuer")
        except EidUnavailableError:
            msg = f"provider {provider.slug}: no metadata at {address}"
            raise ConfigurationError(msg, mend="Check its issuer and the way to it.") from error
        if told == provider.issuer:
            msg = f"provider {provider.slug}: its metadata lack an https address"
            raise ConfigurationError(msg, mend="Ask the provider, or set discovery = false.") from error
        msg = f"provider {provider.slug}: it calls itself {str(told)[:100]!r}"
        raise ConfigurationError(msg, mend="Write its issuer exactly as it does.") from error
    try:
        exchange.fetch_keys()
    except EidUnavailableError as error:
        msg = f"provider {provider.slug}: it publishes no usable key"
        raise ConfigurationError(msg, mend="Check algorithms and the address of its keys.") from error


def look_at_token_issuers(settings: Settings, clock: Clock) -> str:
    """Ask each issuer of access tokens for its keys, as the API does.

    Raises:
        ConfigurationError: The list cannot be used, or an issuer publishes no key.
    """
    issuers = load_issuers(settings.api_issuers)
    if find_spec("joserfc") is None:
        msg = "issuers of access tokens are listed, but what reads tokens is not installed"
        raise ConfigurationError(msg, mend="Install lre-kit[identity], or empty LRE_API_ISSUERS.")
    from lre_kit.integration.tokens import IssuerUnavailableError, PublishedKeys

    for each in issuers:
        try:
            PublishedKeys(each, clock=clock).held()
        except IssuerUnavailableError as error:
            msg = f"issuer {each.slug}: no usable key at {each.jwks}"
            raise ConfigurationError(msg, mend="Check its jwks and the way to it.") from error
    return f"{len(issuers)} issuers of access tokens publish keys"


def look_at_proofing_provider(settings: Settings, clock: Clock) -> str:
    """Look at the settings of the certified provider; it is asked nothing, since a question opens a case.

    Raises:
        ConfigurationError: They cannot work.
    """
    # No link is made: the address alone matters.
    links = Links(b"\0" * 32, settings.base_url)
    provider = provider_of(settings, links=links, clock=clock)
    assert provider is not None
    return f"cases go to {provider.name} at {urlsplit(provider.url).hostname}"


def look_at_issuers(settings: Settings, clock: Clock) -> str:
    """Look at the revocation lists of accepted issuers: each needs a current one, where it is required.

    Raises:
        ConfigurationError: The list of issuers or the settings of the proxy cannot be used, or a
            revocation list is missing or too old.
    """
    issuers, now = issuers_of(settings), clock()
    assert issuers is not None
    proxy = proxy_of(settings)
    ends = [end for each in issuers if (end := _list_end(each, now)) is not None]
    behind = "shown to a proxy or by signing" if proxy else "by signing"
    until = f"; lists current until {min(ends):%Y-%m-%d %H:%M}Z" if ends else ""
    return f"{len(issuers)} issuers, {behind}{until}"


def _list_end(issuer: AcceptedIssuer, now: datetime) -> datetime | None:
    """Return until when the revocation lists of an issuer may be relied on, if they say it."""
    lists = issuer.lists()
    current = [crl for crl in lists if is_current(crl, now)]
    has_responder = issuer.ocsp not in {OCSP_OF_CERTIFICATE, OCSP_OFF}
    if not current and issuer.revocation is Revocation.REQUIRED and (lists or not has_responder):
        old = [crl.next_update_utc for crl in lists if crl.next_update_utc is not None]
        what = f"is too old since {max(old):%Y-%m-%d %H:%M}Z" if old else "is missing"
        msg = f"issuer {issuer.id}: its revocation list {what}"
        raise ConfigurationError(msg, mend=_LIST_MEND)
    return min((crl.next_update_utc for crl in current if crl.next_update_utc is not None), default=None)
