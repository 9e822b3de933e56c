"""The desk of remote visual identification: what a person hands in to prove who they are.

Nothing is accepted by a machine: automatic checks refuse only what cannot count at all (a driving
licence, an expired title) and otherwise raise flags for the operator who decides
(`lre_kit.parties.proofing_review`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.parties.mrz import MrzError, read_mrz
from lre_kit.parties.proofing_acts import Acts, current_view
from lre_kit.parties.proofing_cases import (
    CASE,
    case_lock,
    case_row,
    legal_day,
    media_rows,
    view_of,
)
from lre_kit.parties.proofing_errors import (
    CaseClosedError,
    IncompleteCaseError,
    TitleRefusedError,
)
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_intake import PictureIntake, ReadLines, replace_parts
from lre_kit.parties.proofing_opening import CaseOpening, PurposeError
from lre_kit.parties.proofing_results import proofing_by_case, proofing_of, queue_status, stated_addressee
from lre_kit.parties.proofing_submission import CaseSubmission
from lre_kit.parties.proofing_timers import CaseTimers, OnEnded
from lre_kit.parties.proofing_values import (
    CaseState,
    CaseView,
    DeclaredIdentity,
    Flag,
    Part,
    PartView,
    PictureReport,
    Proofing,
    ProofingRules,
    QueueStatus,
    Verdict,
)
from lre_kit.parties.reading_pictures import read_lines
from lre_kit.parties.standing import all_ids
from lre_kit.parties.titles import TitleKind, judge_kind
from lre_kit.store.agenda import Duty
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault

__all__ = [
    "CaseClosedError",
    "CaseState",
    "CaseView",
    "DeclaredIdentity",
    "Flag",
    "IdentityDesk",
    "IncompleteCaseError",
    "MrzError",
    "Part",
    "PartView",
    "PictureReport",
    "Proofing",
    "ProofingRules",
    "PurposeError",
    "QueueStatus",
    "TitleKind",
    "TitleRefusedError",
    "Verdict",
]


class IdentityDesk:
    """Opens identity cases, takes what persons hand in, and tells what was proofed."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        hash_key: bytes,
        rules: ProofingRules | None = None,
        read: ReadLines | None = None,
        on_ended: Iterable[OnEnded] = (),
    ) -> None:
        """Work on `database`.

        Args:
            database: Where cases live.
            clock: The office's clock.
            blobs: Where pictures lie, encrypted.
            vault: Wraps the keys of cases.
            hash_key: Secret for keyed hashes of document numbers.
            rules: The office's settings.
            read: Looks for the zone in a picture; by default the system's tesseract.
            on_ended: Called in the transaction in which a case expires or is withdrawn.
        """
        self._database = database
        self._clock = clock
        self.rules = rules or ProofingRules()
        self.images = CaseImages(database, clock=clock, blobs=blobs, vault=vault)
        self.timers = CaseTimers(database, clock=clock, images=self.images, on_ended=on_ended)
        self._acts = Acts(database, clock=clock, images=self.images)
        self._opening = CaseOpening(
            database, clock=clock, images=self.images, timers=self.timers, rules=self.rules
        )
        self._submission = CaseSubmission(
            acts=self._acts, timers=self.timers, rules=self.rules, hash_key=hash_key
        )
        self._intake = PictureIntake(
            database, clock=clock, images=self.images, acts=self._acts, read=read or _read_at
        )

    def open_case(
        self,
        *,
        party_id: str,
        purpose: str,
        declared: DeclaredIdentity,
        consent_wording: str,
        language: str,
    ) -> CaseView:
        """Open a case, or return the open one of this party and purpose.

        While it collects, the open one takes over what is declared now.

        Args:
            party_id: The person.
            purpose: ``recipient:<letter id>``, ``sender`` or ``order:<id>``.
            declared: Who the person says to be.
            consent_wording: The words the person agreed to (GDPR art. 9(2)(a)), as shown.
            language: ``fr`` or ``en``.

        Raises:
            PurposeError: The purpose, the wording or the language is none.
            InvalidNameError: A name cannot be one.
        """
        return self._opening.open(
            party_id=party_id,
            purpose=purpose,
            declared=declared,
            consent_wording=consent_wording,
            language=language,
        )

    def view(self, case_id: str, *, party_id: str) -> CaseView:
        """Return a case of this party.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.read(snapshot=True) as connection:
            case_row(connection, case_id, party_id=party_id)
            return current_view(connection, self.images, case_id)

    def cases_of(self, party_id: str) -> list[CaseView]:
        """Return all cases of a party, newest first."""
        query = select(CASE).order_by(CASE.c.opened_at.desc(), CASE.c.id)
        with self._database.read(snapshot=True) as connection:
            mine = query.where(CASE.c.party_id.in_(all_ids(connection, party_id)))
            return [
                view_of(
                    row,
                    media_rows(connection, row.id),
                    self.images.unseal(row.id, row.wrapped_key, row.sealed),
                )
                for row in connection.execute(mine).all()
            ]

    def choose_title(self, case_id: str, title_kind: TitleKind, *, party_id: str) -> CaseView:
        """Say which title will be shown; another than before drops what was handed in of that one.

        Raises:
            TitleRefusedError: This kind of title is not accepted.
            CaseClosedError: The case does not collect any more.
        """
        verdict = judge_kind(title_kind, accept_residence_permit=self.rules.accept_residence_permit)
        with self._acts.collecting(case_id, party_id=party_id) as act:
            dropped: list[str] = []
            if verdict.ok and act.row.title_kind not in {None, title_kind.value}:
                dropped = replace_parts(act, (Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK))
                act.facts |= {"mrz_read": None, "mrz_typed": None}
            if verdict.ok:
                act.save(facts=bool(dropped), title_kind=title_kind.value)
            act.event("title_chosen", kind=title_kind.value, accepted=verdict.ok)
            view = act.view()
            act.uow.commit()
        for key in dropped:
            self.images.drop(key)
        if not verdict.ok:
            raise TitleRefusedError(verdict)
        return view

    def add_picture(
        self, case_id: str, part: Part, data: bytes | BinaryIO, *, party_id: str
    ) -> PictureReport:
        """Take a picture or film; a retake replaces what was there.

        Raises:
            PictureError: It cannot be taken: wrong type, too large, damaged.
            PictureBusyError: Too many pictures are being opened at once.
            CaseClosedError: The case does not collect any more.
            ThrottledError: The case took too many.
        """
        return self._intake.add(case_id, part, data, party_id=party_id)

    def type_mrz(
        self, case_id: str, lines: Sequence[str], *, party_id: str, as_printed: bool = False
    ) -> CaseView:
        """Take the machine-readable zone as typed, where it could not be read from the picture.

        Args:
            case_id: The case.
            lines: The lines.
            party_id: Whose case it is.
            as_printed: The person insists: kept although a check digit does not fit, and flagged.

        Raises:
            MrzError: The lines are no machine-readable zone; `field` says which digit does not fit.
            CaseClosedError: The case does not collect any more.
        """
        mrz = read_mrz(lines, at=legal_day(self._clock()))
        if not mrz.ok and not as_printed:
            field = mrz.failed[0]
            msg = f"The machine-readable zone does not read well: {field}."
            raise MrzError(msg, mend="Compare each character with the title.", field=field)
        with self._acts.collecting(case_id, party_id=party_id) as act:
            act.facts["mrz_typed"] = list(mrz.lines)
            act.save(facts=True)
            act.event("mrz_typed", fits=mrz.ok)
            view = act.view()
            act.uow.commit()
        return view

    def submit(self, case_id: str, *, party_id: str) -> CaseView:
        """Hand the case to the operators, after automatic checks.

        Raises:
            IncompleteCaseError: Something is missing; `missing` names it.
            TitleRefusedError: The title cannot count (driving licence, expired).
            CaseClosedError: The case does not collect any more.
        """
        return self._submission.submit(case_id, party_id=party_id)

    def withdraw(self, case_id: str, *, party_id: str) -> CaseView:
        """End a case at the person's wish; its pictures are erased at once.

        Raises:
            CaseClosedError: It was decided, or ended before.
        """
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            row = case_row(uow, case_id, party_id=party_id)
            if not CaseState(row.state).is_open:
                msg = "This identity case has ended already."
                raise CaseClosedError(msg, mend="Nothing is left to withdraw.")
            self.timers.end(uow, row, CaseState.WITHDRAWN, actor="person", at=self._clock())
            view = current_view(uow, self.images, case_id)
            uow.commit()
        return view

    def proofing_of(self, party_id: str, at: datetime, *, since: datetime | None = None) -> Proofing | None:
        """Return the strongest proofing of a party that counts at an instant, of a case opened `since`."""
        return proofing_of(self._database, party_id, at, since=since)

    def stated_addressee(self, case_id: str) -> bool:
        """Tell whether all who approved a case stated that this is the addressee though names differ."""
        return stated_addressee(self._database, case_id)

    def proofing_by_case(self, case_id: str) -> Proofing | None:
        """Return the proofing that a case led to, if it did."""
        return proofing_by_case(self._database, case_id)

    def queue_status(self) -> QueueStatus:
        """Tell how long people wait for a verdict."""
        return queue_status(self._database, now=self._clock(), rules=self.rules)

    def duties(self) -> Mapping[str, Callable[[Duty], None]]:
        """Return what fulfils the agenda's duties about identity cases, by action."""
        return self.timers.duties()


def _read_at(picture: bytes, at: date) -> tuple[str, ...] | None:
    return read_lines(picture, at=at)
