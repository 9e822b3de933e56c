"""An office's identity desks on either database, with pictures in a folder and a clock that moves."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.parties.proofing import DeclaredIdentity, IdentityDesk, Part, ProofingRules, TitleKind, Verdict
from lre_kit.parties.proofing_review import CHECKLIST, ReviewDesk
from lre_kit.store.agenda import Agenda
from lre_kit.store.blobs import FolderBlobs
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.identity import card_lines, film, title_picture

JEANNE = DeclaredIdentity(given_names="Jeanne", family_name="Durand", birth_date=date(1980, 5, 17))
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALL_CHECKS = dict.fromkeys(CHECKLIST, True)


@dataclass
class IdentityRoom:
    """Both desks and what lies under them."""

    database: Database
    folder: Path
    rules: ProofingRules = field(default_factory=ProofingRules)
    readable: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = MovedClock(lambda: START)
        self.blobs = FolderBlobs(self.folder)
        self.vault = Vault(secrets.token_bytes(32), "kek-1")
        self.hash_key = b"h" * 32
        self.decided: list[tuple[Any, Any]] = []
        self.ended: list[Any] = []
        self.pictures: dict[bytes, bytes] = {}
        self.build()

    def build(self, **changes: Any) -> None:
        """Make the desks (anew), with other rules if given."""
        self.rules = ProofingRules(**changes) if changes else self.rules
        self.desk = IdentityDesk(
            self.database,
            clock=self.clock,
            blobs=self.blobs,
            vault=self.vault,
            hash_key=self.hash_key,
            rules=self.rules,
            read=lambda picture, at: None,
            on_ended=[lambda uow, case: self.ended.append(case)],
        )
        self.review = ReviewDesk(
            self.database,
            clock=self.clock,
            blobs=self.blobs,
            vault=self.vault,
            rules=self.rules,
            on_decided=[lambda uow, case, verdict: self.decided.append((case, verdict))],
        )

    def open(self, party: str | None = None, purpose: str = "sender", declared: DeclaredIdentity = JEANNE):
        return self.desk.open_case(
            party_id=party or new_id(),
            purpose=purpose,
            declared=declared,
            consent_wording="J’accepte que mon visage soit comparé à mon titre.",
            language="fr",
        )

    def picture(self, seed: int) -> bytes:
        """A small picture that differs by its seed."""
        return title_picture(size=(700, 620), seed=seed)

    def filled(self, party: str | None = None, *, seed: int = 0, lines=None, face=Part.FACE_VIDEO, **opening):
        """A case with everything in it."""
        case = self.open(party, **opening)
        mine = {"party_id": case.party_id}
        self.desk.choose_title(case.id, TitleKind.IDENTITY_CARD, **mine)
        self.desk.add_picture(case.id, Part.DOCUMENT_FRONT, self.picture(seed * 3 + 1), **mine)
        self.desk.add_picture(case.id, Part.DOCUMENT_BACK, self.picture(seed * 3 + 2), **mine)
        shown = film(seed=seed) if face is Part.FACE_VIDEO else self.picture(seed * 3 + 3)
        self.desk.add_picture(case.id, face, shown, **mine)
        self.desk.type_mrz(case.id, lines or card_lines(), **mine)
        return self.desk.view(case.id, **mine)

    def submitted(self, party: str | None = None, **facts):
        case = self.filled(party, **facts)
        return self.desk.submit(case.id, party_id=case.party_id)

    def approved(self, party: str | None = None, operator: str = "operator-1", **facts):
        case = self.submitted(party, **facts)
        self.review.claim(case.id, operator)
        return self.review.decide(case.id, operator, Verdict.APPROVE, checks=ALL_CHECKS)

    def run_duties(self) -> int:
        """Fulfil what is due, as the office's workers would."""
        agenda, done = Agenda(self.database, self.clock), 0
        while duties := agenda.claim(limit=10, lease=timedelta(minutes=5)):
            for duty in duties:
                self.desk.duties()[duty.action](duty)
                done += 1
        return done

    def stored(self) -> list[str]:
        return sorted(key for key, _ in self.blobs.keys("identity/"))


@pytest.fixture
def identity(database: Database, tmp_path: Path) -> IdentityRoom:
    return IdentityRoom(database=database, folder=tmp_path / "content")
