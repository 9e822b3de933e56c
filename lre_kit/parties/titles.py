"""Identity titles: which are accepted, and until when they count. Pure.

The list is that of remote identity proofing (ANSSI, PVID): identity card, passport, residence permit,
in date. A French driving licence proves no identity remotely: it is refused by name.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lre_kit.parties.mrz import Mrz, MrzFormat


class TitleKind(StrEnum):
    """A document somebody may show."""

    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    DRIVING_LICENCE = "driving_licence"

    @property
    def has_back(self) -> bool:
        """Whether both sides are needed."""
        return self is not TitleKind.PASSPORT


class TitleReason(StrEnum):
    """Why a title counts or does not; the slugs are stable."""

    OK = "ok"
    DRIVING_LICENCE = "driving-licence"
    RESIDENCE_PERMIT = "residence-permit"
    EXPIRED = "expired"
    SPECIMEN = "specimen"
    UNREADABLE = "unreadable-mrz"
    OTHER_KIND = "other-kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleVerdict:
    """Whether a title can count, and why not, in both languages.

    `final` means that no operator may overrule it.
    """

    ok: bool
    reason: TitleReason
    fr: str
    en: str
    final: bool = False
    valid_until: date | None = None


SPECIMEN_ISSUERS = frozenset({"UTO", "XXX"})
"""Issuers that exist in examples only (ICAO Doc 9303-3 §5: ``UTO`` is Utopia)."""

SPECIMEN_NUMBERS = frozenset(
    {
        "L898902C3",
        "L898902C",
        "D23145890",
        "D23145890734",
        "X4RTBPFW4",
        "880692310285",
        "940992310285",
        "C01X00T47",
        "T22000129",
        "1220001297",
    }
)
"""Numbers of published specimens: ICAO Doc 9303, the French and German specimen cards."""

OLD_CARD_YEARS = 10
"""Years for which the old French identity card is valid (décret 55-1397, art. 2)."""

OLD_CARD_YEARS_EXTENDED = 15
"""Years for cards issued to adults in `EXTENDED_FROM`…`EXTENDED_TO` (décret 2013-1188)."""

EXTENDED_FROM = date(2004, 1, 2)
"""First day of issue of the cards whose validity was extended."""

EXTENDED_TO = date(2013, 12, 31)
"""Last day of issue of the cards whose validity was extended."""

ADULT_YEARS = 18
"""Age from which the extension holds."""

_WORDS = {
    TitleReason.OK: ("Ce titre est recevable.", "This title can be accepted."),
    TitleReason.DRIVING_LICENCE: (
        "Le permis de conduire ne permet pas de prouver son identité à distance.",
        "A driving licence does not prove an identity remotely.",
    ),
    TitleReason.RESIDENCE_PERMIT: (
        "Ce service n’accepte pas les titres de séjour.",
        "This service does not accept residence permits.",
    ),
    TitleReason.EXPIRED: ("Ce titre n’est plus valable.", "This title has expired."),
    TitleReason.SPECIMEN: ("Ce titre est un spécimen.", "This title is a specimen."),
    TitleReason.UNREADABLE: (
        "Les lignes en bas du titre ne se lisent pas correctement.",
        "The lines at the bottom of the title do not read well.",
    ),
    TitleReason.OTHER_KIND: (
        "Ce n’est pas le titre que vous avez annoncé.",
        "This is not the title that you announced.",
    ),
}


def judge_kind(kind: TitleKind, *, accept_residence_permit: bool = True) -> TitleVerdict:
    """Tell whether a kind of title can count at all.

    Args:
        kind: What the person says to hold.
        accept_residence_permit: The office's choice.
    """
    if kind is TitleKind.DRIVING_LICENCE:
        return _verdict(TitleReason.DRIVING_LICENCE, final=True)
    if kind is TitleKind.RESIDENCE_PERMIT and not accept_residence_permit:
        return _verdict(TitleReason.RESIDENCE_PERMIT, final=True)
    return _verdict(TitleReason.OK)


def judge_title(
    title: Mrz | TitleKind,
    at: date,
    *,
    declared: TitleKind | None = None,
    accept_residence_permit: bool = True,
    allow_specimens: bool = False,
) -> TitleVerdict:
    """Tell whether a title can count on a day.

    Args:
        title: Its machine-readable zone, or only its kind where the zone is not known yet.
        at: The day, in the office's legal zone.
        declared: The kind that was announced; must fit the zone.
        accept_residence_permit: The office's choice.
        allow_specimens: For tests and sandboxes.
    """
    if isinstance(title, TitleKind):
        return judge_kind(title, accept_residence_permit=accept_residence_permit)
    if not title.ok:
        return _verdict(TitleReason.UNREADABLE)
    if is_specimen(title) and not allow_specimens:
        return _verdict(TitleReason.SPECIMEN)
    kind = kind_of(title)
    if declared is not None:
        by_kind = judge_kind(declared, accept_residence_permit=accept_residence_permit)
        if not by_kind.ok:
            return by_kind
    if not judge_kind(kind, accept_residence_permit=accept_residence_permit).ok:
        return judge_kind(kind, accept_residence_permit=accept_residence_permit)
    if declared is not None and declared is not kind:
        return _verdict(TitleReason.OTHER_KIND)
    until = valid_until(title)
    if until is None or until < at:
        return _verdict(TitleReason.EXPIRED, final=True, valid_until=until)
    return _verdict(TitleReason.OK, valid_until=until)


def kind_of(title: Mrz) -> TitleKind:
    """Return the kind of title a zone belongs to: ``P`` passport, ``D`` licence, ``IR`` or ``AR``… permit.

    French residence permits carry ``IR`` (EU Regulation 1030/2002 leaves the second letter to the state).
    """
    if title.code.startswith("P"):
        return TitleKind.PASSPORT
    if title.code.startswith("D"):
        return TitleKind.DRIVING_LICENCE
    if title.code in {"AR", "IR", "CR", "RP", "TS"}:
        return TitleKind.RESIDENCE_PERMIT
    return TitleKind.IDENTITY_CARD


def is_specimen(title: Mrz) -> bool:
    """Tell whether a zone is that of a published example."""
    codes = {title.issuer, title.nationality}
    return bool(codes & SPECIMEN_ISSUERS) or title.number in SPECIMEN_NUMBERS


def valid_until(title: Mrz) -> date | None:
    """Return the last day on which a title counts; nothing where it cannot be told.

    The old French card tells only the month of issue: a month in which the rule changes counts by its
    first day that could be meant, in the holder's favour, and the operator reads the day on the card.
    """
    if title.format is not MrzFormat.OLD_FRENCH_CARD:
        return title.expiry
    if title.issued is None:
        return None
    month = title.issued
    extended = date(EXTENDED_FROM.year, EXTENDED_FROM.month, 1) <= month <= EXTENDED_TO
    adult = title.birth is not None and _years_on(title.birth, ADULT_YEARS) <= _month_end(month)
    return _years_on(_month_end(month), OLD_CARD_YEARS_EXTENDED if extended and adult else OLD_CARD_YEARS)


def _month_end(month: date) -> date:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _verdict(reason: TitleReason, *, final: bool = False, valid_until: date | None = None) -> TitleVerdict:
    fr, en = _WORDS[reason]
    return TitleVerdict(
        ok=reason is TitleReason.OK, reason=reason, fr=fr, en=en, final=final, valid_until=valid_until
    )
