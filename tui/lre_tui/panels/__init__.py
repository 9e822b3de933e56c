"""The screens of the console, each in a file of its own, in the order of their keys."""

from lre_kit.operators.rules import View
from lre_tui.panel import Panel
from lre_tui.panels.agenda import AGENDA
from lre_tui.panels.announcements import ANNOUNCEMENTS
from lre_tui.panels.api_keys import API_KEYS
from lre_tui.panels.bulk import BULK
from lre_tui.panels.consents import CONSENTS
from lre_tui.panels.identifiers import IDENTIFIERS
from lre_tui.panels.keys import KEYS
from lre_tui.panels.letters import LETTERS
from lre_tui.panels.log import LOG
from lre_tui.panels.orders import ORDERS
from lre_tui.panels.post import POST
from lre_tui.panels.regimes import REGIMES
from lre_tui.panels.requests import REQUESTS
from lre_tui.panels.reviews import REVIEWS
from lre_tui.panels.today import TODAY
from lre_tui.panels.trail import TRAIL
from lre_tui.panels.two import TWO
from lre_tui.panels.webhooks import WEBHOOKS

PANELS: tuple[Panel, ...] = (
    TODAY, LETTERS, AGENDA, REVIEWS, CONSENTS, POST, LOG, TRAIL, IDENTIFIERS, KEYS, REGIMES, TWO,
    ORDERS, WEBHOOKS, API_KEYS, BULK, REQUESTS, ANNOUNCEMENTS,
)  # fmt: skip
"""Every screen."""


def panel_of(view: View) -> Panel:
    """Return the screen of a view."""
    return next(panel for panel in PANELS if panel.view is view)
