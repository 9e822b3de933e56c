"""Opening an identity case: one open case per person and purpose."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from lre_kit.clock import Clock
from lre_kit.errors import InputError
from lre_kit.parties.proofing_acts import current_view
from lre_kit.parties.proofing_cases import CASE, add_event, case_lock, facts_of
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_rows import IdentityCaseRow
from lre_kit.parties.proofing_rules import new_challenge
from lre_kit.parties.proofing_timers import CaseTimers
from lre_kit.parties.proofing_values import CaseState, CaseView, DeclaredIdentity, ProofingRules
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork

_PURPOSE = re.compile(r"sender|(recipient|order):[A-Za-z0-9_-]{1,64}")
_LANGUAGES = frozenset({"fr", "en"})
_CONSENT_MAX_CHARS = 5000


class PurposeError(InputError):
    """A case was asked for without saying properly what for, in which words, or in which language."""

    slug = "invalid-identity-case"


class CaseOpening:
    """Opens cases."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        images: CaseImages,
        timers: CaseTimers,
        rules: ProofingRules,
    ) -> None:
        """Work on `database`."""
        self._database = database
        self._clock = clock
        self._images = images
        self._timers = timers
        self._rules = rules

    def open(
        self,
        *,
        party_id: str,
        purpose: str,
        declared: DeclaredIdentity,
        consent_wording: str,
        language: str,
    ) -> CaseView:
        """Open a case; see `IdentityDesk.open_case`."""
        wording = consent_wording.strip()
        if not _PURPOSE.fullmatch(purpose) or language not in _LANGUAGES:
            msg = "An identity case needs a purpose and a language that the office knows."
            raise PurposeError(msg, mend="Use sender, recipient:<id> or order:<id>, and fr or en.")
        if not wording or len(wording) > _CONSENT_MAX_CHARS:
            msg = "An identity case needs the words that the person agreed to."
            raise PurposeError(msg, mend="Give them as they were shown.")
        facts, now, open_key = facts_of(declared.checked()), self._clock(), f"{party_id}:{purpose}"
        with self._database.write() as uow:
            uow.serialise(f"identity-open:{open_key}")
            row = self._open_row(uow, open_key, now)
            if row is None:
                row_id = self._new_case(
                    uow, party_id=party_id, purpose=purpose, facts=facts, wording=wording, language=language
                )
            else:
                row_id = row.id
                if CaseState(row.state).is_collecting:
                    self._declare_again(uow, row, facts, now)
            view = current_view(uow, self._images, row_id)
            uow.commit()
        return view

    def _open_row(self, uow: UnitOfWork, open_key: str, now: datetime) -> Row[Any] | None:
        """Return the open case, under its lock; one that ran out of time is ended here."""
        query = select(CASE).where(CASE.c.open_key == open_key)
        found = uow.execute(query).first()
        if found is None:
            return None
        uow.serialise(case_lock(found.id))
        row = uow.execute(query).first()
        if row is not None and CaseState(row.state).is_collecting and row.expires_at <= now:
            self._timers.end(uow, row, CaseState.EXPIRED, actor="office", at=now)
            return None
        return row

    def _new_case(
        self,
        uow: UnitOfWork,
        *,
        party_id: str,
        purpose: str,
        facts: Mapping[str, Any],
        wording: str,
        language: str,
    ) -> str:
        now, case_id = self._clock(), new_id()
        keys = self._images.new_keys(case_id)
        expires_at = now + self._rules.case_life
        uow.add(
            IdentityCaseRow,
            id=case_id,
            party_id=party_id,
            purpose=purpose,
            open_key=f"{party_id}:{purpose}",
            state=CaseState.COLLECTING.value,
            language=language,
            consent_wording=wording,
            challenge=list(new_challenge()),
            again=[],
            flags=[],
            **keys,
            sealed=self._images.seal(case_id, keys["wrapped_key"], facts),
            opened_at=now,
            expires_at=expires_at,
        )
        add_event(uow, case_id, "opened", actor="person", at=now)
        self._timers.plan_expiry(uow, case_id, round_=1, at=expires_at)
        return case_id

    def _declare_again(self, uow: UnitOfWork, row: Row[Any], facts: Mapping[str, Any], now: datetime) -> None:
        known = self._images.unseal(row.id, row.wrapped_key, row.sealed) or {}
        new = {**known, **{name: value for name, value in facts.items() if not name.startswith("mrz_")}}
        if new != known:
            sealed = self._images.seal(row.id, row.wrapped_key, new)
            uow.execute(CASE.update().where(CASE.c.id == row.id).values(sealed=sealed))
            add_event(uow, row.id, "declared_again", actor="person", at=now)
