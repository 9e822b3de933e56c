"""Derogations and suspensions from plain values, as TOML and JSON files have them; and back."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from lre_kit.errors import ConfigurationError
from lre_kit.law.assurance import Level
from lre_kit.law.derogations import SHIPPED, Changes, Delivery, Derogation, Page, Policy, Suspension
from lre_kit.law.periods import Period, Words
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ProofingMethod

_Choice = TypeVar("_Choice", bound=StrEnum)

Values = Mapping[str, Any]
"""Plain values by name."""


def policy_from(kept: Values, *, shipped: Policy = SHIPPED) -> Policy:
    """Return a policy from plain values: lists called ``derogation`` and ``suspension``.

    An own derogation of a shipped one's id replaces it: so are its dates corrected.

    Args:
        kept: What a file says.
        shipped: What holds without it.

    Raises:
        ConfigurationError: Something is missing, unknown or cannot be read; says what.
    """
    _expect(kept, "file", allowed=("derogation", "suspension"))
    own = [derogation_from(each) for each in _tables(kept, "derogation")]
    suspensions = [suspension_from(each) for each in _tables(kept, "suspension")]
    ids = {one.id for one in own}
    return Policy(
        derogations=(*(one for one in shipped.derogations if one.id not in ids), *own),
        suspensions=(*shipped.suspensions, *suspensions),
    )


def derogation_from(kept: Values) -> Derogation:
    """Return a derogation from plain values.

    Raises:
        ConfigurationError: Something is missing, unknown or cannot be read; says what.
    """
    what = f"derogation {kept.get('id', '')}".strip()
    needed = ("id", "reference", "valid_from", "valid_until", "title", "notice", "changes")
    _expect(kept, what, needed, (*needed, "time_zone", "pages", "approved_by", "note"))
    return Derogation(
        id=_text(kept, what, "id"),
        reference=_text(kept, what, "reference"),
        period=_period(kept, what),
        title=_words(kept["title"], what, "title"),
        notice=_words(kept["notice"], what, "notice"),
        changes=_changes(kept["changes"], what),
        pages=_choices(Page, kept, what, "pages", default=frozenset(Page)),
        approved_by=_text(kept, what, "approved_by"),
        note=_text(kept, what, "note"),
    )


def suspension_from(kept: Values) -> Suspension:
    """Return a suspension from plain values.

    Raises:
        ConfigurationError: Something is missing, unknown or cannot be read; says what.
    """
    what = f"suspension {kept.get('id', '')}".strip()
    needed = ("id", "kinds", "valid_from", "valid_until", "message")
    _expect(kept, what, needed, (*needed, "time_zone"))
    return Suspension(
        id=_text(kept, what, "id"),
        kinds=frozenset(_list(kept, what, "kinds")),
        period=_period(kept, what),
        message=_words(kept["message"], what, "message"),
    )


def derogation_values(derogation: Derogation) -> dict[str, Any]:
    """Return plain values of which `derogation_from` makes the same derogation."""
    changes = derogation.changes
    return _period_values(derogation.period) | {
        "id": derogation.id,
        "reference": derogation.reference,
        "title": {"fr": derogation.title.fr, "en": derogation.title.en},
        "notice": {"fr": derogation.notice.fr, "en": derogation.notice.en},
        "pages": sorted(derogation.pages),
        "approved_by": derogation.approved_by,
        "note": derogation.note,
        "changes": {
            "products": sorted(changes.products),
            **({"sender_level": changes.sender_level.value} if changes.sender_level else {}),
            **(
                {"sender_proofing_level": changes.sender_proofing_level.value}
                if changes.sender_proofing_level
                else {}
            ),
            "sender_proofing_methods": sorted(changes.sender_proofing_methods),
            "deliveries": sorted(changes.deliveries),
            "suspended_kinds": sorted(changes.suspended_kinds),
        },
    }


def suspension_values(suspension: Suspension) -> dict[str, Any]:
    """Return plain values of which `suspension_from` makes the same suspension."""
    return _period_values(suspension.period) | {
        "id": suspension.id,
        "kinds": sorted(suspension.kinds),
        "message": {"fr": suspension.message.fr, "en": suspension.message.en},
    }


def parse_day(text: str, *, what: str = "date") -> date:
    """Return a day written as ``2020-09-30``.

    Raises:
        ConfigurationError: It is not one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"The {what} {text[:40]!r} is not a day."
        raise ConfigurationError(msg, mend="Write it as YYYY-MM-DD, such as 2020-09-30.") from error


def _changes(kept: Any, what: str) -> Changes:
    what = f"{what}: changes"
    _expect(kept, what, allowed=Changes.__slots__)
    return Changes(
        products=_choices(Product, kept, what, "products", default=Changes().products),
        sender_level=_level(kept, what, "sender_level"),
        sender_proofing_level=_level(kept, what, "sender_proofing_level"),
        sender_proofing_methods=_choices(ProofingMethod, kept, what, "sender_proofing_methods"),
        deliveries=_choices(Delivery, kept, what, "deliveries"),
        suspended_kinds=frozenset(_list(kept, what, "suspended_kinds")),
    )


def _period_values(period: Period) -> dict[str, Any]:
    return {
        "valid_from": period.valid_from.isoformat(),
        "valid_until": period.valid_until.isoformat(),
        "time_zone": period.time_zone,
    }


def _period(kept: Values, what: str) -> Period:
    return Period(
        valid_from=_day(kept, what, "valid_from"),
        valid_until=_day(kept, what, "valid_until"),
        time_zone=_text(kept, what, "time_zone") or "Europe/Paris",
    )


def _day(kept: Values, what: str, name: str) -> date:
    value = kept[name]
    # TOML has days of its own; what it calls an instant is no day.
    return value if type(value) is date else parse_day(str(value), what=f"{name} of {what}")


def _words(kept: Any, what: str, name: str) -> Words:
    what = f"{what}: {name}"
    _expect(kept, what, ("fr", "en"), ("fr", "en"))
    return Words(fr=_text(kept, what, "fr"), en=_text(kept, what, "en"))


def _level(kept: Values, what: str, name: str) -> Level | None:
    return _chosen(Level, kept[name], what, name) if kept.get(name) else None


def _choices(
    choice: type[_Choice], kept: Values, what: str, name: str, *, default: frozenset[_Choice] = frozenset()
) -> frozenset[_Choice]:
    if name not in kept:
        return default
    return frozenset(_chosen(choice, each, what, name) for each in _list(kept, what, name))


def _chosen(choice: Callable[[str], _Choice], value: Any, what: str, name: str) -> _Choice:
    try:
        return choice(value)
    except ValueError as error:
        msg = f"The {what} has {name} {str(value)[:40]!r}, which does not exist."
        raise ConfigurationError(msg, mend="See the page on derogations for the values there are.") from error


def _list(kept: Values, what: str, name: str) -> list[str]:
    value = kept.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        msg = f"The {what} has {name} that is no list of texts."
        raise ConfigurationError(msg, mend='Write it like ["security_key"].')
    return value


def _text(kept: Values, what: str, name: str) -> str:
    value = kept.get(name, "")
    if not isinstance(value, str):
        msg = f"The {what} has {name} that is no text."
        raise ConfigurationError(msg, mend="Put it between quotes.")
    return value


def _tables(kept: Values, name: str) -> list[Values]:
    value = kept.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        msg = f"What is called {name} is no list of tables."
        raise ConfigurationError(msg, mend=f"Write [[{name}]] before each.")
    return value


def _expect(kept: Any, what: str, needed: tuple[str, ...] = (), allowed: tuple[str, ...] = ()) -> None:
    if not isinstance(kept, Mapping):
        msg = f"The {what} is no table."
        raise ConfigurationError(msg, mend="Give names with values.")
    if absent := [name for name in needed if name not in kept]:
        msg = f"The {what} lacks {', '.join(absent)}."
        raise ConfigurationError(msg, mend="Add it; see the page on derogations.")
    if unknown := sorted(set(kept) - set(allowed)):
        msg = f"The {what} has {', '.join(map(str, unknown))[:100]}, which nobody reads."
        raise ConfigurationError(msg, mend=f"Use only: {', '.join(allowed)}.")
