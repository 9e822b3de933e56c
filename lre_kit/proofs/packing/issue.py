"""Issuing what people hold in their hands: exhibits, proofs as PDF, bundles.

Everything is made from the evidence; losing a rendition loses nothing. How files are laid out is in
`export`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Row, Select, select

from lre_kit.clock import Clock
from lre_kit.errors import LreError, NotFoundError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.links import Links
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.paper import proof_kind
from lre_kit.letters.reading import read_letter
from lre_kit.letters.rows import EventRow
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.revocation import Revocations
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.log.renewal_store import renewals_of, renewed_since
from lre_kit.proofs.packing.export import export_folder, export_zip, letter_files
from lre_kit.proofs.packing.parts import parts_of
from lre_kit.proofs.packing.revocation_files import revocation_files
from lre_kit.proofs.rows import CheckpointRow, EvidenceRow, LogEntryRow, ProofRow
from lre_kit.proofs.sealing.exhibit import Exhibit, NamedExhibit
from lre_kit.proofs.stamping.timestamp import TimestampAuthority
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

if TYPE_CHECKING:
    from lre_kit.proofs.packing.pdf import Attachment

declare("proof.before_store", "proof.before_commit")

_EVENT, _EVIDENCE, _ENTRY, _CHECKPOINT, _PROOF = (
    table_of(row) for row in (EventRow, EvidenceRow, LogEntryRow, CheckpointRow, ProofRow)
)


class EvidencePendingError(LreError):
    """The evidence still waits for its seal, its place or its stamp; the proof comes later."""

    slug = "evidence-pending"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofInfo:
    """A proof a letter has or will have: its kind, when its event was, whether it can be made now."""

    kind: str
    event: ErdsEvent
    at: datetime
    is_ready: bool
    seq: int = 0
    """Place of its event in the letter's journal, from 0."""


class Issuer:
    """Makes exhibits, proofs and bundles of letters."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        log: Log,
        blobs: BlobStore,
        keys: Keys,
        authority: TimestampAuthority,
        links: Links,
        open_document: Callable[[str, int], tuple[DocumentInfo, Iterator[bytes]]],
    ) -> None:
        """Wire the issuer to evidence, log, content store, seal key and authority."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._log = log
        self._blobs = blobs
        self._keys = keys
        self._authority = authority
        self._links = links
        self.revocations = Revocations(settings.keys_folder, keys, clock)
        self._open_document = open_document

    def available(self, letter_id: str) -> list[ProofInfo]:
        """Return the French proofs a letter's events call for, in order."""
        rows = self._evidence(letter_id)
        return [
            ProofInfo(
                kind=kind,
                event=ErdsEvent(row.name),
                at=row.occurred_at,
                is_ready=row.token is not None,
                seq=row.seq,
            )
            for row in rows
            if (kind := proof_kind(ErdsEvent(row.name), row.details)) is not None
        ]

    def exhibits(self, letter_id: str) -> list[NamedExhibit]:
        """Return the exhibits of all acts that are sealed, placed and stamped, in order."""
        made = []
        with self._database.read(snapshot=True) as connection:
            for row in connection.execute(_evidence_query(letter_id)):
                if row.token is None:
                    continue
                exhibit = Exhibit(
                    protected=row.protected,
                    payload=row.record.encode(),
                    signature=row.signature,
                    index=row.log_index,
                    size=row.size,
                    path=tuple(self._log.inclusion(connection, row.log_index, row.size)),
                    salt=row.salt,
                    checkpoint=row.note,
                    token=row.token,
                    renewals=renewals_of(connection, row.size),
                )
                name = f"{row.seq + 1:02}-{row.name}.json"
                made.append(NamedExhibit(name=name, event=ErdsEvent(row.name), exhibit=exhibit))
        return made

    def make(
        self, letter_id: str, kind: str, language: str | None = None, *, duty: Duty | None = None
    ) -> bytes:
        """Return a proof as sealed PDF, made now or before; fulfil `duty` with it.

        Args:
            letter_id: The letter.
            kind: ``deposit``, ``receipt``, ``refusal``, ``non_claim``, ``not_identified``, or one of the
                paper leg (`lre_kit.letters.paper.proof_kind`).
            language: ``fr`` or ``en``; by default the letter's.
            duty: The agenda's row this fulfils.

        Raises:
            NotFoundError: The letter has no such proof.
            EvidencePendingError: Its evidence is not complete yet.
        """
        with self._database.read() as connection:
            letter = read_letter(connection, letter_id)
            language = language or letter.language
            kept = connection.execute(
                select(_PROOF.c.blob_key, _PROOF.c.digest_hex, _PROOF.c.made_at).where(
                    _PROOF.c.letter_id == letter_id, _PROOF.c.kind == kind, _PROOF.c.language == language
                )
            ).first()
            # A proof from before a renewal carries evidence without it.
            if kept and renewed_since(connection, kept.made_at, lambda: self._checkpoints_of(letter_id)):
                kept = None
        pdf = self._kept(kept.blob_key, kept.digest_hex) if kept else None
        if pdf is None:
            pdf = self._render(letter, kind, language)
        if kept is None or duty is not None:
            self._keep(letter_id, kind, language, pdf, duty=duty)
        return pdf

    def _kept(self, blob_key: str, digest_hex: str) -> bytes | None:
        """Return a kept proof, or nothing when it was lost or damaged: it is then made anew."""
        try:
            pdf = b"".join(self._blobs.get(blob_key))
        except NotFoundError:
            return None
        return pdf if hashlib.sha256(pdf).hexdigest() == digest_hex else None

    def _render(self, letter: Letter, kind: str, language: str) -> bytes:
        from lre_kit.proofs.packing.pdf import ProofFacts, render_proof
        from lre_kit.proofs.packing.pdf_seal import Level, RevocationUnknownError, seal_pdf

        infos = [info for info in self.available(letter.id) if info.kind == kind]
        if not infos:
            msg = "This letter has no such proof."
            raise NotFoundError(msg, mend="Its timeline shows which proofs there are.")
        if not infos[0].is_ready:
            msg = "The evidence of this proof still waits for its seal or time stamp."
            raise EvidencePendingError(msg, mend="Come back in a moment; lre doctor shows what is awaited.")
        exhibits = self.exhibits(letter.id)
        until = next(i for i, e in enumerate(exhibits) if e.name.startswith(f"{infos[0].seq + 1:02}-"))
        facts = ProofFacts(
            letter=letter,
            kind=kind,
            exhibits=tuple(exhibits[: until + 1]),
            provider=self._settings.provider_name,
            level=Level.B_LTA,
            url=self._links.proof_url(letter.id, kind),
            more=tuple(self._twins(exhibits[: until + 1])),
        )
        seal = partial(seal_pdf, office=self._keys, authority=self._authority, name=kind, at=self._clock())
        if lists := self.revocations.lists():
            with suppress(RevocationUnknownError):
                return seal(render_proof(facts, language), lists=lists)
        # Not every list is at hand: the page then says the level it has, and no more.
        return seal(render_proof(replace(facts, level=Level.B_T), language))

    def _keep(self, letter_id: str, kind: str, language: str, pdf: bytes, *, duty: Duty | None) -> None:
        blob_key = f"proofs/{letter_id}/{kind}-{language}.pdf"
        failpoint("proof.before_store")
        self._blobs.put(blob_key, [pdf])
        with self._database.write() as uow:
            uow.serialise(f"proof:{letter_id}:{kind}:{language}")
            uow.execute(
                _PROOF.delete().where(
                    _PROOF.c.letter_id == letter_id, _PROOF.c.kind == kind, _PROOF.c.language == language
                )
            )
            uow.add(
                ProofRow,
                id=new_id(),
                letter_id=letter_id,
                kind=kind,
                language=language,
                media_type="application/pdf",
                size_bytes=len(pdf),
                digest_hex=hashlib.sha256(pdf).hexdigest(),
                blob_key=blob_key,
                made_at=self._clock(),
            )
            if duty is not None:
                fulfil(uow, duty)
            failpoint("proof.before_commit")
            uow.commit()

    def export(self, letter_id: str, folder: Path, *, documents: bool = True) -> Path:
        """Write ``evidence/``, ``proofs/`` and ``bundle/`` of a letter below `folder` and return it."""
        return export_folder(self, letter_id, folder, documents=documents)

    def bundle_zip(self, letter_id: str, *, documents: bool = True) -> bytes:
        """Return the bundle as a ZIP file."""
        return export_zip(self, letter_id, documents=documents, at=self._clock())

    def container(self, letter_id: str, *, documents: bool = True, target: BinaryIO) -> None:
        """Write all there is of a letter as one sealed file (ASiC-E, ``.asice``).

        Args:
            letter_id: The letter.
            documents: Whether its documents go in.
            target: Where it goes; half of it may be there when this raises.

        Raises:
            SealUnavailableError: The seal key cannot be used.
            TimestampUnavailableError: No stamp can be had.
        """
        from lre_kit.proofs.packing.container import write_container

        files = letter_files(self, letter_id, documents=documents)
        write_container(target, files, keys=self._keys, authority=self._authority, at=self._clock())

    def evidence_files(self, letter_id: str) -> list[tuple[str, bytes]]:
        """Return names and bytes of all evidence: each act as JSON, and as XML."""
        exhibits = self.exhibits(letter_id)
        return [
            *((named.name, named.exhibit.to_bytes()) for named in exhibits),
            *((twin.name, twin.content) for twin in self._twins(exhibits)),
        ]

    def part_files(self, letter_id: str) -> list[tuple[str, bytes]]:
        """Return what evidence holds as files of its own, and revocation lists, by relative name."""
        exhibits = {e.name.removesuffix(".json"): e.exhibit for e in self.exhibits(letter_id)}
        return [*parts_of(exhibits).items(), *revocation_files(self.revocations.lists())]

    def _twins(self, exhibits: Iterable[NamedExhibit]) -> "list[Attachment]":
        """Return the XML form of exhibits, sealed now."""
        from lre_kit.proofs.packing.pdf import Attachment
        from lre_kit.proofs.sealing.xades import seal_xml

        keys = self._keys
        seal = partial(
            seal_xml,
            sign=lambda message: keys.seal_key.sign(message, ec.ECDSA(hashes.SHA256())),
            chain=(keys.seal_certificate, *keys.seal_chain[:-1]),
            at=self._clock(),
        )
        return [
            Attachment(
                name=f"{named.name.removesuffix('.json')}.xml",
                media_type="application/xml",
                description=named.event.value,
                content=seal(named.exhibit.record),
            )
            for named in exhibits
        ]

    def proof_files(self, letter_id: str) -> list[tuple[str, bytes]]:
        """Return names and bytes of all proofs that can be made now."""
        ready = [info.kind for info in self.available(letter_id) if info.is_ready]
        return [(f"proof-of-{kind.replace('_', '-')}.pdf", self.make(letter_id, kind)) for kind in ready]

    def document_files(self, letter_id: str) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield names and contents of the documents that were deposited; none once they were erased."""
        with self._database.read() as connection:
            letter = read_letter(connection, letter_id)
        for document in letter.documents:
            try:
                info, pieces = self._open_document(letter_id, document.position)
            except NotFoundError:
                # Its content was erased; the evidence goes on to name its digest.
                return
            yield f"{info.position:02}-{info.name}", pieces

    def _checkpoints_of(self, letter_id: str) -> list[int]:
        return [row.size for row in self._evidence(letter_id) if row.size is not None]

    def _evidence(self, letter_id: str) -> list[Row[Any]]:
        with self._database.read() as connection:
            return list(connection.execute(_evidence_query(letter_id)))


def _evidence_query(letter_id: str) -> Select[Any]:
    """Return the letter's evidence, each with the smallest stamped checkpoint that covers it."""
    stamped = _CHECKPOINT.alias("stamped")
    covering = (
        select(stamped.c.size)
        .where(stamped.c.size > _ENTRY.c.log_index, stamped.c.token.is_not(None))
        .order_by(stamped.c.size)
        .limit(1)
        .correlate(_ENTRY)
        .scalar_subquery()
    )
    return (
        select(
            *(_EVENT.c[name] for name in ("seq", "name", "occurred_at", "details")),
            *(_EVIDENCE.c[name] for name in ("record", "protected", "signature", "salt")),
            _ENTRY.c.log_index,
            *(_CHECKPOINT.c[name] for name in ("size", "note", "token")),
        )
        .join_from(_EVENT, _EVIDENCE, _EVIDENCE.c.event_id == _EVENT.c.id)
        .join(_ENTRY, _ENTRY.c.evidence_id == _EVIDENCE.c.id, isouter=True)
        .join(_CHECKPOINT, _CHECKPOINT.c.size == covering, isouter=True)
        .where(_EVENT.c.letter_id == letter_id)
        .order_by(_EVENT.c.seq)
    )
