"""What templates need to turn values into words."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint

from lre_kit.carriers.notices import legal_time_text
from lre_kit.clock import PARIS
from lre_kit.law.products import claim_notice, product_name
from lre_kit.letters.paper import base_kind
from lre_kit.letters.values import NoticeView
from lre_kit.proofs.packing.pdf_words import TITLES
from lre_web.frame.error_words import error_words


def _product_name(view: NoticeView, language: str) -> str:
    return product_name(view.product, view.claim, language)


def _proof_name(kind: str, language: str) -> str:
    """Return what a proof is called; a second posting's say so."""
    base = base_kind(kind)
    title = TITLES[language][base][0]
    return title if base == kind else f"{title} ({kind.rpartition('_')[2]})"


_MONTHS = {
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
    "en": "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec".split(),
}


def short_time(instant: datetime, language: str) -> str:
    """Return an instant in few words, in legal time: for lists, where the whole sentence would not fit."""
    local = instant.astimezone(PARIS)
    month, zone = _MONTHS[language][local.month - 1], "heure de Paris" if language == "fr" else "Paris time"
    return f"{local.day} {month} {local.year}, {local:%H:%M} ({zone})"


def _legal_day(day: date, language: str) -> str:
    """Return a day in words."""
    noon = datetime.combine(day, time(12), PARIS)
    return legal_time_text(noon, language).partition(" à " if language == "fr" else " at ")[0]


def size_text(size_bytes: int, language: str) -> str:
    """Return a size in words: whole kilobytes, tenths of a megabyte above one."""
    french = language == "fr"
    if size_bytes < 1_000_000:
        return f"{-(-size_bytes // 1000)} {'ko' if french else 'kB'}"
    shown = f"{size_bytes / 1_000_000:.1f}"
    return f"{shown.replace('.', ',')} Mo" if french else f"{shown} MB"


FILTERS: dict[str, Callable[..., Any]] = {
    "legal_time": legal_time_text,
    "short_time": short_time,
    "legal_day": _legal_day,
    "claim_notice": claim_notice,
    "product_name": _product_name,
    "error_words": error_words,
    "proof_name": _proof_name,
    "size": size_text,
}
"""Filters by name."""


def add_filters(blueprint: Blueprint) -> None:
    """Add the filters to the application the blueprint is mounted in."""
    for name, function in FILTERS.items():
        blueprint.add_app_template_filter(function, f"lre_{name}")
