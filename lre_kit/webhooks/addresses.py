"""Where a webhook may go: public addresses only, looked up anew at each try, and connected to as looked up.

Whoever owns an endpoint chooses where the office connects to. Rules, in order:

1. https, port 443, no user, no fragment, no address written as a number in any form.
2. All addresses that the name leads to are looked at; if one is not public, none is used. Loopback,
   private, link-local, shared, reserved and multicast addresses are not, nor those that hold an IPv4
   address inside (mapped, 6to4, Teredo, NAT64), nor the metadata services of clouds.
3. The connection goes to the address that was looked at, never to the name: what a name server answers
   the next moment changes nothing.
4. An operator may list hosts of their own that lie elsewhere or listen on other ports, and may allow
   plain http for development; metadata services stay out of reach.
"""

import ipaddress
import re
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lre_kit.errors import ConfigurationError
from lre_kit.webhooks.errors import WebhookAddressError

URL_MAX_CHARS = 2000
"""Longest address."""

_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_IP = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = tuple(
    ipaddress.ip_network(each)
    for each in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32")
)
"""Where clouds tell a machine its secrets; never reached, whoever lists them."""

_HOLDING_IPV4 = tuple(
    ipaddress.ip_network(each)
    for each in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32",
                 "2002::/16")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address in its parts."""

    scheme: str
    host: str
    port: int
    path: str
    is_listed: bool
    """Whether an operator listed the host."""

    @property
    def host_header(self) -> str:
        """What the header ``Host`` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class AddressGuard:
    """Says where webhooks may go."""

    def __init__(self, *, plain_http: bool = False, listed: str = "") -> None:
        """Read the operator's settings.

        Args:
            plain_http: Whether plain http is allowed; for development.
            listed: Hosts of the operator: ``host`` or ``host:port``, commas between them.

        Raises:
            ConfigurationError: One of them is no host.
        """
        self._plain_http = plain_http
        self._listed = frozenset(_host(each) for each in listed.split(",") if each.strip())

    def target(self, url: str) -> Target:
        """Return an address in its parts, if a webhook may go there as far as the address tells.

        Raises:
            WebhookAddressError: It may not; says why.
        """
        if not 0 < len(url) <= URL_MAX_CHARS or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
            raise _refused("is empty, too long, or holds characters that no address has")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise _refused("cannot be read") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and self._plain_http):
            raise _refused("does not begin with https://")
        if "@" in parts.netloc or parts.fragment or not host:
            raise _refused("has a user, a fragment, or no host")
        port = _PORTS[parts.scheme] if port is None else port
        listed = (host, None) in self._listed or (host, port) in self._listed
        if not listed:
            if port != _PORTS[parts.scheme]:
                raise _refused("has a port of its own")
            _expect_name(host)
        path = parts.path or "/"
        return Target(
            scheme=parts.scheme,
            host=host,
            port=port,
            path=f"{path}?{parts.query}" if parts.query else path,
            is_listed=listed,
        )

    def addresses(self, target: Target, *, timeout_s: float) -> tuple[str, ...]:
        """Return the addresses a name leads to now, all of which a webhook may reach.

        Raises:
            WebhookAddressError: There is none, or one of them may not be reached.
        """
        found = _looked_up(target.host, target.port, timeout_s)
        if not found:
            raise _refused("has a host that no name server knows now")
        for each in found:
            if not _may_reach(each, listed=target.is_listed):
                raise _refused("leads to an address that is not public")
        return tuple(found)


def _host(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{text.strip()}")
        if not parts.hostname or parts.path or "@" in parts.netloc:
            raise ValueError(text)
        return parts.hostname.lower(), parts.port
    except ValueError:
        msg = f"LRE_WEBHOOK_PRIVATE_HOSTS names “{text.strip()}”, which is no host."
        raise ConfigurationError(msg, mend="Write host or host:port, commas between them.") from None


def _expect_name(host: str) -> None:
    labels = host.removesuffix(".").split(".")
    # A last label that begins with a digit is how numbers are written: 127.1, 0x7f000001, 2130706433.
    if len(labels) < 2 or labels[-1][:1].isdigit() or ":" in host:
        raise _refused("names a host by a number, or without its domain")
    if len(host) > 253 or not all(_LABEL.fullmatch(each) for each in labels):
        raise _refused("has a host that is no name")


def _looked_up(host: str, port: int, timeout_s: float) -> Sequence[str]:
    """Look a name up; the system's own time-outs may be far longer than ours."""
    found: list[str] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return [] if thread.is_alive() else found


def _may_reach(address: str, *, listed: bool) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(ip, "ipv4_mapped", None) or ip
    if _within(ip, _METADATA) or _within(plain, _METADATA):
        return False
    if listed:
        return True
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not _within(ip, _HOLDING_IPV4)


def _within(ip: _IP, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    return any(ip.version == each.version and ip in each for each in networks)


def _refused(why: str) -> WebhookAddressError:
    msg = f"This address {why}."
    mend = "Give an https address on port 443 of a host that the whole Internet can reach."
    return WebhookAddressError(msg, mend=mend)
