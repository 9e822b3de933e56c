"""The rules of an identity case: what must be there, and what automatic checks tell. Pure, but for chance.

No check here accepts anybody. What cannot count at all is refused by `lre_kit.parties.titles`; the rest
becomes flags that an operator reads.
"""

import secrets
from collections.abc import Collection
from datetime import date

from lre_kit.law.assurance import Level
from lre_kit.parties.mrz import Mrz, MrzFormat
from lre_kit.parties.names import NameMatch, PersonName, compare_names
from lre_kit.parties.proofing_values import DeclaredIdentity, Flag, Part, ProofingRules
from lre_kit.parties.titles import TitleKind, TitleReason, judge_title

CHECKLIST = (
    "title_genuine",
    "title_in_date",
    "title_matches_declared",
    "face_matches_title",
    "living_person",
    "challenge_followed",
)
"""What an operator must have ticked to approve a case with a film."""

ADDRESSEE = "addressee"
"""What an operator may state besides, with a reason: that this is the addressee though the names differ."""

PHOTO_CHECKLIST = CHECKLIST[:4]
"""The same without a film: nothing shows that the person lives and followed the challenge."""

BLOCKING_FLAGS = frozenset({"specimen"})
"""Flags with which nobody may approve."""

_DIGITS = 4
_GESTURES = ("turn:left", "turn:right", "look:up", "look:down", "show:title_beside_face", "hand:before_face")
_GESTURES_ASKED = 3


def new_challenge() -> tuple[str, ...]:
    """Return what to say and do before the camera, at random: no film made beforehand follows it."""
    spoken = "-".join(str(secrets.randbelow(10)) for _ in range(_DIGITS))
    gestures = list(_GESTURES)
    secrets.SystemRandom().shuffle(gestures)
    return (f"say:{spoken}", *gestures[:_GESTURES_ASKED])


def missing_of(title: TitleKind | None, parts: Collection[Part], *, mrz_known: bool) -> tuple[str, ...]:
    """Return the slugs of what must still come before a case can be submitted."""
    there = set(parts)
    wanted = {
        "title": title is None,
        Part.DOCUMENT_FRONT.value: Part.DOCUMENT_FRONT not in there,
        Part.DOCUMENT_BACK.value: title is not None and title.has_back and Part.DOCUMENT_BACK not in there,
        "face": not there & {Part.FACE_VIDEO, Part.FACE_PHOTO},
        "mrz": not mrz_known,
    }
    return tuple(slug for slug, lacks in wanted.items() if lacks)


def checklist_for(parts: Collection[Part]) -> tuple[str, ...]:
    """Return what must be ticked to approve, by what was handed in."""
    return CHECKLIST if Part.FACE_VIDEO in parts else PHOTO_CHECKLIST


def level_max(parts: Collection[Part], rules: ProofingRules) -> Level:
    """Return the highest level a case can reach: without a film, that of `ProofingRules.photo_level`."""
    return Level.SUBSTANTIAL if Part.FACE_VIDEO in parts else rules.photo_level


def flags_of(
    declared: DeclaredIdentity, mrz: Mrz, *, title: TitleKind, at: date, rules: ProofingRules
) -> list[Flag]:
    """Compare a zone with what was declared.

    Args:
        declared: Who the person says to be.
        mrz: The zone of the title.
        title: The kind of title announced.
        at: The day, in the legal zone.
        rules: The office's settings.
    """
    flags: list[Flag] = []

    def flag(slug: str, **facts: str) -> None:
        flags.append(Flag(slug=slug, facts=facts))

    verdict = judge_title(
        mrz,
        at,
        declared=title,
        accept_residence_permit=rules.accept_residence_permit,
        allow_specimens=rules.allow_specimens,
    )
    if not verdict.ok:
        slugs = {TitleReason.SPECIMEN: "specimen", TitleReason.UNREADABLE: "mrz_check_digits"}
        flag(slugs.get(verdict.reason, "title_" + verdict.reason.value.replace("-", "_")))
    match = names_match(declared, given_names=mrz.given_names, family_name=mrz.surname)
    if match is not NameMatch.SAME:
        flag(f"names_{match.value}")
    if mrz.names_cut:
        flag("names_cut")
    if declared.birth_date is None or mrz.birth is None:
        flag("birth_date_unknown")
    elif declared.birth_date != mrz.birth:
        flag("birth_date_differs")
    if mrz.format is MrzFormat.OLD_FRENCH_CARD:
        flag("old_french_card")
    if mrz.corrected:
        flag("mrz_corrected")
    return flags


def names_match(declared: DeclaredIdentity, *, given_names: str, family_name: str) -> NameMatch:
    """Compare who somebody says to be with the names a title or a provider shows."""
    said = PersonName(given=declared.given_names, family=declared.family_name, usage=declared.usage_name)
    return compare_names(said, PersonName(given=given_names, family=family_name))
