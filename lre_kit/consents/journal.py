"""Acts on consents: the rule, the journal, the sealed evidence and the row, in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from lre_kit.clock import iso
from lre_kit.consents.holding import standing_of
from lre_kit.consents.rows import ConsentEventRow, ConsentRow
from lre_kit.consents.values import Channel, ConsentEvent, ConsentInfo
from lre_kit.consents.wordings import by_id
from lre_kit.errors import NotFoundError
from lre_kit.law.consents import RULES, ConsentAct, ConsentPolicy, ConsentRegime, ConsentState, decide
from lre_kit.proofs.sealing.evidence import SHA256_URI
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.store.columns import new_id
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

CONSENT, EVENT = table_of(ConsentRow), table_of(ConsentEventRow)


def info_of(row: Any) -> ConsentInfo:
    """Return the value of a consent's row."""
    kept = {name: getattr(row, name) for name in ConsentInfo.__slots__}
    return ConsentInfo(
        **kept
        | {
            "regime": ConsentRegime(row.regime),
            "state": ConsentState(row.state),
            "channel": Channel(row.channel),
        }
    )


def not_there() -> NotFoundError:
    """Return the one error for a consent that is not there, or is another's."""
    return NotFoundError("There is no such consent.", mend="Look for it on the page “Consents”.")


def read_row(connection: Connection, consent_id: str, *, lock: bool = False) -> Row[Any]:
    """Return a consent's row; with `lock`, hold it until the transaction ends.

    Raises:
        NotFoundError: There is none.
    """
    query = select(CONSENT).where(CONSENT.c.id == consent_id)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise not_there()
    return found


def events_of(connection: Connection, consent_id: str) -> list[ConsentEvent]:
    """Return a consent's journal, the first act first."""
    query = select(EVENT).where(EVENT.c.consent_id == consent_id).order_by(EVENT.c.seq)
    names = ConsentEvent.__slots__
    return [ConsentEvent(**{n: getattr(row, n) for n in names}) for row in connection.execute(query)]


TellAct = Callable[[UnitOfWork, Mapping[str, Any], ConsentAct, datetime, Mapping[str, Any]], None]
"""Told of an act in its own transaction: the consent after it, the act, when, and by whom."""


class ConsentJournal:
    """Writes acts; the caller holds the consent's row and commits."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        policies: Mapping[ConsentRegime, ConsentPolicy],
        tell: TellAct | None = None,
    ) -> None:
        """Seal with `recorder`; spans are those of `policies`; `tell` hears of each act."""
        self._tell = tell
        self._recorder = recorder
        self._policies = policies

    def policy(self, regime: ConsentRegime) -> ConsentPolicy:
        """Return the spans of a regime in this office."""
        return self._policies.get(regime, RULES[regime].policy)

    def begin(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of a consent that nobody was asked for yet."""
        return {
            "id": new_id(), "round": 0, "version": 0, "asked_at": None, "decided_at": None,
            "expires_at": None, "method": "", "evidence_id": None, "phone": None,
            "state": None, **values,
        }  # fmt: skip

    def write(
        self,
        uow: UnitOfWork,
        kept: Mapping[str, Any],
        act: ConsentAct,
        *,
        at: datetime,
        actor: Mapping[str, Any],
        details: Mapping[str, Any] | None = None,
        changes: Mapping[str, Any] | None = None,
        parts: Sequence[Mapping[str, Any]] = (),
        rows: Iterable[tuple[type[Any], Mapping[str, Any]]] = (),
    ) -> dict[str, Any]:
        """Queue one act and return the consent's columns after it.

        Args:
            uow: Transaction that holds the consent's row, if there is one.
            kept: The columns before.
            act: What is done.
            at: When.
            actor: By whom, without secrets.
            details: What evidence says besides.
            changes: Columns that the act sets by itself, such as the wording that was shown.
            parts: Files the act stands on: name, media type, digest.
            rows: Further rows of the act.

        Raises:
            UnlawfulActError: The consent's state does not allow it.
        """
        regime = ConsentRegime(kept["regime"])
        before = standing_of(_AsRow(kept)) if kept["state"] else standing_of(None)
        after = decide(act, before, at, regime, self.policy(regime))
        assert after.state is not None
        values = {**kept, **(changes or {})} | {
            "state": after.state.value,
            "asked_at": after.asked_at,
            "decided_at": after.decided_at,
            "expires_at": after.expires_at,
            "version": kept["version"] + 1,
        }
        record = self._record(values, act, at=at, actor=actor, details=details or {}, parts=parts)
        values["evidence_id"] = self._recorder.record_apart(uow, record, at=at)
        if kept["state"] is None:
            uow.add(ConsentRow, **values)
        else:
            uow.defer(
                update(CONSENT)
                .where(CONSENT.c.id == kept["id"])
                .values({name: value for name, value in values.items() if kept[name] != value})
            )
        uow.add(
            ConsentEventRow,
            id=new_id(),
            consent_id=values["id"],
            seq=kept["version"],
            name=act.value,
            occurred_at=at,
            actor=dict(actor),
            details=dict(details or {}),
            evidence_id=values["evidence_id"],
        )
        for row_class, columns in rows:
            uow.add(row_class, **columns)
        if self._tell is not None:
            self._tell(uow, values, act, at, actor)
        return values

    def _record(
        self,
        values: Mapping[str, Any],
        act: ConsentAct,
        *,
        at: datetime,
        actor: Mapping[str, Any],
        details: Mapping[str, Any],
        parts: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:
        issuer, wording = self._recorder.issuer, by_id(values["wording"])
        record: dict[str, Any] = {
            "version": issuer.version,
            "ERDSEventId": act.uri,
            "EventTime": iso(at),
            "EvidenceIssuerPolicyID": {"PolicyID": [issuer.policy]},
            "EvidenceIssuerDetails": {"Identity": {"LegalName": issuer.name}},
            "SenderDetails": {
                "Identity": {"Name": values["sender_name"], "Email": values["sender_email"]}
            },
            "RecipientDetails": [
                {"Identity": {"Name": values["recipient_name"], "Email": values["recipient_email"]}}
            ],
            "EvidenceRefersToRecipient": 1,
            "MessageIdentifier": values["id"],
            "Extensions": {
                "Regime": values["regime"],
                "Reference": RULES[ConsentRegime(values["regime"])].reference,
                "Wording": {
                    "Id": wording.id, "Digest": wording.digest_hex, "fr": wording.fr, "en": wording.en,
                },
                "State": values["state"],
                "ExpiresAt": iso(values["expires_at"]) if values["expires_at"] else None,
                "JournalPosition": values["version"] - 1,
                "Actor": dict(actor),
                "EventDetails": dict(details),
            },
        }  # fmt: skip
        if parts:
            record["UserContentInfo"] = {
                "PartsInfo": {
                    "PartInfo": [
                        {
                            "Identifier": part["name"],
                            "ContentType": part["media_type"],
                            "DigestMethod": SHA256_URI,
                            "DigestValue": part["digest_hex"],
                        }
                        for part in parts
                    ]
                }
            }
        return record


class _AsRow:
    """Columns by attribute."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.__dict__.update(columns)
