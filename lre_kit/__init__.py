"""LRE Kit: electronic registered letters you run yourself, with proofs anyone can check.

What a host application imports is named here and loaded when first used, so that importing the
package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lre_kit.errors import LreError
    from lre_kit.identifiers.identified import Identified
    from lre_kit.law.products import Product
    from lre_kit.letters.phases import Phase
    from lre_kit.letters.values import Letter, LetterSummary, NoticeView, TimelineEntry, Upload
    from lre_kit.office import PostOffice
    from lre_kit.parties.values import Recipient, Sender
    from lre_kit.settings import Settings
    from lre_kit.setup import prepare

__all__ = [
    "Identified",
    "Letter",
    "LetterSummary",
    "LreError",
    "NoticeView",
    "Phase",
    "PostOffice",
    "Product",
    "Recipient",
    "Sender",
    "Settings",
    "TimelineEntry",
    "Upload",
    "prepare",
]

_HOMES = {
    "Identified": "lre_kit.identifiers.email_code",
    "Letter": "lre_kit.letters.values",
    "LetterSummary": "lre_kit.letters.values",
    "LreError": "lre_kit.errors",
    "NoticeView": "lre_kit.letters.values",
    "Phase": "lre_kit.letters.phases",
    "PostOffice": "lre_kit.office",
    "Product": "lre_kit.law.products",
    "Recipient": "lre_kit.parties.values",
    "Sender": "lre_kit.parties.values",
    "Settings": "lre_kit.settings",
    "TimelineEntry": "lre_kit.letters.values",
    "Upload": "lre_kit.letters.values",
    "prepare": "lre_kit.setup",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it (PEP 562)."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
