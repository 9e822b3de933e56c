"""Values of remote visual identification: what a person hands in, and what the office answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from lre_kit.errors import InvalidNameError
from lre_kit.law.assurance import Level
from lre_kit.parties.names import PersonName
from lre_kit.parties.titles import TitleKind
from lre_kit.parties.values import checked_name


class Part(StrEnum):
    """One picture or film of a case."""

    DOCUMENT_FRONT = "document_front"
    DOCUMENT_BACK = "document_back"
    FACE_VIDEO = "face_video"
    FACE_PHOTO = "face_photo"
    """For persons who cannot film themselves; the operator is told that no film was made."""

    @property
    def is_face(self) -> bool:
        """Whether it shows the face: biometric material with a timer of its own (GDPR art. 9)."""
        return self in {Part.FACE_VIDEO, Part.FACE_PHOTO}


class CaseState(StrEnum):
    """Where an identity case stands."""

    COLLECTING = "collecting"
    ASKED_AGAIN = "asked_again"
    """As collecting, after an operator asked for something to be made again."""
    SUBMITTED = "submitted"
    CLAIMED = "claimed"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        """Whether the case can still go on."""
        return self in _OPEN

    @property
    def is_collecting(self) -> bool:
        """Whether the person can still hand things in."""
        return self in {CaseState.COLLECTING, CaseState.ASKED_AGAIN}


_OPEN = frozenset({CaseState.COLLECTING, CaseState.ASKED_AGAIN, CaseState.SUBMITTED, CaseState.CLAIMED})


class Verdict(StrEnum):
    """What an operator decides."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ASK_AGAIN = "ask_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredIdentity:
    """Who somebody says to be; compared with the title, never taken over from it unseen."""

    given_names: str
    family_name: str
    usage_name: str = ""
    birth_date: date | None = None

    def checked(self) -> "DeclaredIdentity":
        """Return it in kept form.

        Raises:
            InvalidNameError: There is no name (one is enough), or one cannot be used.
        """
        names = {
            field: checked_name(text, whose="person") if (text := getattr(self, field)).strip() else ""
            for field in ("given_names", "family_name", "usage_name")
        }
        if not names["given_names"] and not names["family_name"]:
            raise InvalidNameError("The person has no name.", mend="Give the names as the document has them.")
        return DeclaredIdentity(
            **names,
            birth_date=self.birth_date,
        )

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return "DeclaredIdentity(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something an operator should look at; `facts` hold no personal datum."""

    slug: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One picture or film that was handed in."""

    part: Part
    media_type: str
    size: int
    """Bytes as kept."""
    hints: tuple[str, ...]
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureReport:
    """What became of an upload.

    Attributes:
        accepted: It was kept. (What cannot be kept at all raises instead.)
        hints: Slugs of what makes it hard to read: ``too_dark``, ``blurred``, ``too_small``. It may
            be retaken, or kept.
        mrz_found: The machine-readable zone was read in it; otherwise the person may type it.
    """

    accepted: bool
    hints: tuple[str, ...]
    mrz_found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """An identity case as the person sees it; flags are for operators only.

    Attributes:
        purpose: ``recipient:<letter id>``, ``sender`` or ``order:<id>``.
        declared: Who the person says to be; nothing once it was erased.
        mrz_known: The machine-readable zone was read or typed.
        mrz_lines: The zone as it was typed, else as it was read.
        challenge: What to say and do before the camera: ``say:4-7-1``, ``turn:left``…
        missing: Slugs of what must still come: ``title``, ``document_front``, ``document_back``,
            ``face``, ``mrz``.
        again: Parts the operator wants made again.
        expires_at: When an unfinished case ends by itself.
        answer_by: When the service promises a verdict, once submitted.
        reason: What the operator wrote to the person, or the slug of the title's refusal.
        images_erased: The pictures cannot be read any more.
        handed_to: Name of the certified provider that has the case; empty if none has.
    """

    id: str
    party_id: str
    purpose: str
    state: CaseState
    language: str
    declared: DeclaredIdentity | None
    title_kind: TitleKind | None
    mrz_known: bool
    challenge: tuple[str, ...]
    parts: tuple[PartView, ...]
    missing: tuple[str, ...]
    again: tuple[Part, ...]
    opened_at: datetime
    expires_at: datetime
    submitted_at: datetime | None
    answer_by: datetime | None
    decided_at: datetime | None
    reason: str
    images_erased: bool
    mrz_lines: tuple[str, ...] = field(default=(), repr=False)
    handed_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofing:
    """An identity proofing in force: the result, without the pictures.

    Attributes:
        id: Reference to keep in evidence.
        method: Such as ``remote visual identification`` (`lre_kit.law.assurance.Means.VISUAL`).
        derogation: Slug of the derogation it was made under, if any.
        evidence_digest: SHA-256, hexadecimal, over the file that the verdict rests on.
        case_id: The case that led to it.
        began_at: When that case was opened.
        name: Who the person was found to be.
    """

    id: str
    party_id: str
    level: Level
    method: str
    at: datetime
    valid_until: datetime
    derogation: str | None
    evidence_digest: str
    case_id: str
    began_at: datetime
    name: PersonName = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """How long people wait for a verdict; safe to publish.

    Attributes:
        waiting: Cases without a verdict, claimed ones included.
        oldest_submitted_at: Since when the oldest waits.
        overdue: Cases past the promised instant.
        disputed: Cases in which operators disagreed and that need one more.
        service: The promised time for a verdict.
    """

    waiting: int
    oldest_submitted_at: datetime | None
    overdue: int
    disputed: int
    service: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofingRules:
    """The office's settings for identity proofing.

    Attributes:
        case_life: After it an unfinished case expires.
        service: Promised time from submission to verdict.
        lease: How long an operator holds a case.
        images_kept: How long pictures of the title live after the case ended.
        biometrics_kept: How long face pictures and films live after the case ended.
        proofing_life: How long a proofing counts.
        two_reviewers: Approving and refusing take two operators who agree.
        accept_residence_permit: Residence permits are accepted titles.
        allow_specimens: Specimen titles pass; for tests and sandboxes only.
        photo_level: Highest level that can be reached without a film of the person: a still picture
            does not show that somebody is there.
        derogation: Slug of the derogation that proofings are made under.
        derogation_until: Its last instant; no proofing counts longer.
    """

    case_life: timedelta = timedelta(days=7)
    service: timedelta = timedelta(hours=48)
    lease: timedelta = timedelta(minutes=30)
    images_kept: timedelta = timedelta(days=30)
    biometrics_kept: timedelta = timedelta(hours=96)
    proofing_life: timedelta = timedelta(days=5 * 365)
    two_reviewers: bool = False
    accept_residence_permit: bool = True
    allow_specimens: bool = False
    photo_level: Level = Level.LOW
    derogation: str | None = None
    derogation_until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse spans that cannot work."""
        spans = (
            self.case_life,
            self.service,
            self.lease,
            self.images_kept,
            self.biometrics_kept,
            self.proofing_life,
        )
        if min(spans) <= timedelta(0):
            msg = "a span of the proofing rules is not positive"
            raise ValueError(msg)
