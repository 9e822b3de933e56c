"""Two host names: recipients on a neutral one, senders on the application's (CPCE R. 53-3).

A notice that led to the sender's own host name would tell who sends before anything is accepted. Where two
names are set (`Settings.sender_url`), each page answers on its own side only: elsewhere there is nothing at
its address. Cookies name no domain, so browsers keep those of either side apart.
"""

from enum import Enum
from urllib.parse import urlsplit

from flask import abort, request

from lre_web.mounting import mounted


class Side(Enum):
    """Who a page is for."""

    RECIPIENT = "recipient"
    SENDER = "sender"
    BOTH = "both"


RECIPIENTS = frozenset({"r", "c", "consent"})
"""First parts of the paths of recipients' pages, below the prefix."""

SENDERS = frozenset(
    {
        "",
        "deposit",
        "letters",
        "letters.csv",
        "drafts",
        "views",
        "bulk",
        "preferences",
        "prepared",
        "consents",
        "contacts",
        "templates",
        "api",
        "api-keys",
        "webhooks",
        "review",
    }
)
"""First parts of the paths of senders' pages; the API is theirs too."""

ANYWHERE = frozenset({"healthz", "readyz", "metrics"})
"""Endpoints that load balancers and Prometheus ask by address: they show no letter and no name."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def side_of(rule: str, prefix: str) -> Side:
    """Return whose page stands under a rule of an office mounted under `prefix`."""
    first = rule.removeprefix(prefix).lstrip("/").partition("/")[0]
    if first in RECIPIENTS:
        return Side.RECIPIENT
    return Side.SENDER if first in SENDERS else Side.BOTH


def expect_own_side() -> None:
    """Answer 404 to whoever asks for a page on the other side's host name, or on a name of nobody's.

    Without `Settings.sender_url` there is one side, and the host name is the application's affair.
    """
    here = mounted()
    endpoint = (request.endpoint or "").rpartition(".")[2]
    if not here.office.settings.sender_url or endpoint in ANYWHERE:
        return
    rule = request.url_rule
    side = Side.BOTH if rule is None else side_of(rule.rule, here.url_prefix)
    links = here.office.links
    allowed = {Side.RECIPIENT: {links.base_url}, Side.SENDER: {links.sender_url}}
    names = allowed.get(side, {links.base_url, links.sender_url})
    if _place(f"{request.scheme}://{request.host}") not in {_place(url) for url in names}:
        abort(404)


def is_senders_host() -> bool:
    """Tell whether this request may show the application's own look: it is not on the neutral host name."""
    links = mounted().office.links
    if not mounted().office.settings.sender_url:
        return True
    return _place(f"{request.scheme}://{request.host}") == _place(links.sender_url)


def _place(url: str) -> tuple[str, int | None]:
    """Return host and port; the scheme is the proxy's affair, and a port that goes without saying is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None
    return (parts.hostname or "", None if port in _DEFAULT_PORTS.values() else port)
