"""What the doctor asks the name servers: records without which notices end among unwanted mail."""

from typing import Protocol

from lre_kit.carriers.dkim_signing import record_of
from lre_kit.errors import ConfigurationError
from lre_kit.settings import Settings

UNKNOWN = "no name server answers, so the records of SPF, DKIM and DMARC were not looked at"
"""What is found where nobody can be asked: nothing is wrong by that."""


class NoAnswerError(Exception):
    """No name server could be asked."""


class Resolver(Protocol):
    """Asks name servers."""

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, each whole; none if there is no such name.

        Raises:
            NoAnswerError: Nobody could be asked.
        """


class DnsResolver:
    """Asks the system's name servers."""

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name; see `Resolver.texts`."""
        import dns.exception
        import dns.resolver

        try:
            answer = dns.resolver.resolve(name, "TXT", lifetime=5.0)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswerError from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def looks_at_records(settings: Settings) -> bool:
    """Tell whether there is anything to look at: a real domain, and the library that asks."""
    from importlib.util import find_spec

    domain = settings.mail_from.rpartition("@")[2]
    return "." in domain and not domain.endswith(".localdomain") and find_spec("dns") is not None


def look_at_records(settings: Settings, resolver: Resolver) -> str:
    """Look at the records of the domain that notices come from.

    Raises:
        ConfigurationError: A record is missing or wrong; it is named.
    """
    sender = settings.mail_from.rpartition("@")[2].lower()
    returns = settings.mail_return_address.rpartition("@")[2].lower() or sender
    try:
        _look_at_spf(resolver, returns)
        signed = _look_at_dkim(settings, resolver, sender)
        policy = _look_at_dmarc(resolver, sender)
    except NoAnswerError:
        return UNKNOWN
    if not signed and not _is_within(returns, sender):
        msg = f"Reports go to {returns}, which is not {sender}: SPF alone does not align (RFC 7489 §3.1.2)"
        raise ConfigurationError(msg, mend=f"Sign mail (lre mail key), or let reports go to {sender}.")
    dkim = "DKIM signs as published" if signed else "DKIM is left to the mail server"
    return f"SPF at {returns}, {dkim}, DMARC {policy}"


def _look_at_spf(resolver: Resolver, domain: str) -> None:
    found = [text for text in resolver.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) != 1:
        msg = f"{domain} has {len(found) or 'no'} SPF records (TXT, v=spf1), and needs one (RFC 7208 §4.5)"
        raise ConfigurationError(msg, mend="Publish one that names the mail server, such as: v=spf1 mx -all")


def _look_at_dkim(settings: Settings, resolver: Resolver, domain: str) -> bool:
    if settings.dkim_key_file is None:
        return False
    name = f"{settings.dkim_selector}._domainkey.{domain}"
    ours = _key_in(record_of(settings.dkim_key_file.read_bytes()))
    published = [_key_in(text) for text in resolver.texts(name)]
    if ours not in published:
        what = "another key" if any(published) else "no key"
        msg = f"{name} publishes {what} than the one that signs" if any(published) else f"{name} has {what}"
        raise ConfigurationError(msg, mend="Publish what this prints: lre mail key FILE")
    return True


def _look_at_dmarc(resolver: Resolver, domain: str) -> str:
    """Return the policy; that of the domain above counts where a name has none (RFC 7489 §6.6.3)."""
    above = domain.partition(".")[2]
    for place in (domain, above) if "." in above else (domain,):
        for text in resolver.texts(f"_dmarc.{place}"):
            tags = _tags(text)
            if tags.get("v", "").upper() == "DMARC1":
                return tags.get("p", "none")
    msg = f"_dmarc.{domain} has no DMARC record"
    raise ConfigurationError(msg, mend="Publish one, such as: v=DMARC1; p=quarantine; rua=mailto:…")


def _is_within(domain: str, other: str) -> bool:
    return domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}")


def _key_in(record: str) -> str:
    return "".join(_tags(record).get("p", "").split())


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
