"""Proofs of consents: sealed evidence from the log, as files of a bundle and as a sealed PDF."""

import io
from contextlib import suppress
from functools import partial

from sqlalchemy import select

from lre_kit.carriers.notices import legal_time_text
from lre_kit.clock import PARIS, Clock, from_iso
from lre_kit.consents.journal import EVENT, info_of, read_row
from lre_kit.consents.proof_words import ACTS, TITLES, WORDS
from lre_kit.consents.values import ConsentInfo
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.links import Links
from lre_kit.law.consents import RULES, ConsentAct
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.revocation import Revocations
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.packing.apart import exhibits_apart
from lre_kit.proofs.packing.bundle import MANIFEST, manifest_bytes
from lre_kit.proofs.packing.issue import EvidencePendingError
from lre_kit.proofs.packing.parts import parts_of
from lre_kit.proofs.packing.pdf import Attachment, seal_facts, stamped_instant, typeset
from lre_kit.proofs.packing.pdf_words import WORDS as COMMON
from lre_kit.proofs.packing.revocation_files import revocation_files
from lre_kit.proofs.packing.zip_stored import StoredZip, write_zip
from lre_kit.proofs.sealing.exhibit import Exhibit
from lre_kit.proofs.stamping.timestamp import TimestampAuthority
from lre_kit.settings import Settings
from lre_kit.store.database import Database

PROVED = {ConsentAct.GIVEN: "consent", ConsentAct.WITHDRAWN: "withdrawal"}
"""The proof of each act that has one."""


class ConsentProofs:
    """Makes proofs of consents; losing one loses nothing."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        log: Log,
        keys: Keys,
        authority: TimestampAuthority,
        links: Links,
    ) -> None:
        """Wire them to evidence, log, seal key and authority."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._log = log
        self._keys = keys
        self._authority = authority
        self._links = links
        self._revocations = Revocations(settings.keys_folder, keys, clock)

    def exhibits(self, consent_id: str) -> list[tuple[str, ConsentAct, Exhibit]]:
        """Return name, act and exhibit of all acts that are sealed, placed and stamped, in order."""
        query = (
            select(EVENT.c.evidence_id, EVENT.c.name, EVENT.c.seq)
            .where(EVENT.c.consent_id == consent_id)
            .order_by(EVENT.c.seq)
        )
        with self._database.read(snapshot=True) as connection:
            acts = {row.evidence_id: row for row in connection.execute(query)}
            found = exhibits_apart(connection, self._log, list(acts))
        return [
            (f"{row.seq + 1:02}-{row.name}.json", ConsentAct(row.name), found[evidence_id])
            for evidence_id, row in acts.items()
            if evidence_id in found
        ]

    def pdf(self, consent_id: str, language: str | None = None) -> bytes:
        """Return the proof of the last consent or withdrawal as a sealed PDF.

        Raises:
            NotFoundError: It was never given.
            EvidencePendingError: Its evidence still waits for its place or stamp.
        """
        from lre_kit.proofs.packing.pdf_seal import Level, RevocationUnknownError, seal_pdf

        with self._database.read() as connection:
            info = info_of(read_row(connection, consent_id))
            names = set(
                connection.execute(select(EVENT.c.name).where(EVENT.c.consent_id == consent_id)).scalars()
            )
        if not names & {act.value for act in PROVED}:
            msg = "This consent was never given, so there is no proof of it."
            raise NotFoundError(msg, mend="Its history shows what happened.")
        exhibits = self.exhibits(consent_id)
        proved = [place for place, (_, act, _) in enumerate(exhibits) if act in PROVED]
        if not proved:
            msg = "The evidence of this consent still waits for its seal or time stamp."
            raise EvidencePendingError(msg, mend="Come back in a moment; lre doctor shows what is awaited.")
        upto = exhibits[: proved[-1] + 1]
        language = language or info.language
        seal = partial(
            seal_pdf, office=self._keys, authority=self._authority, name="consent", at=self._clock()
        )
        if lists := self._revocations.lists():
            with suppress(RevocationUnknownError):
                return seal(self._render(info, upto, language, Level.B_LTA), lists=lists)
        return seal(self._render(info, upto, language, Level.B_T))

    def _render(
        self, info: ConsentInfo, upto: list[tuple[str, ConsentAct, Exhibit]], language: str, level: "object"
    ) -> bytes:
        words, common = WORDS[language], COMMON[language]
        _, act, last = upto[-1]
        title, lead = TITLES[language][PROVED[act]]
        shown = last.record["Extensions"]["Wording"]
        rule = RULES[info.regime]
        day, stamped = stamped_instant(last, language)
        at = legal_time_text(from_iso(last.record["EventTime"]), language, seconds=True)
        is_short = getattr(level, "name", "") == "B_T"
        method = str(last.record["Extensions"]["EventDetails"].get("method") or info.method)
        data = {
            "language": language,
            "title": title,
            "lead": lead,
            "provider": self._settings.provider_name,
            "product": rule.reference,
            "claim": words["claim"],
            "status": rule.reference,
            "url": f"{self._links.base_url}/verify",
            "number": info.id,
            "date": [day.astimezone(PARIS).year, day.astimezone(PARIS).month, day.astimezone(PARIS).day],
            "words": {
                "timeline": common["timeline"], "check": common["check"], "scan": common["scan"],
                "scan_alt": common["scan_alt"], "columns": [common["when"], common["what"], common["proof"]],
            },
            "sections": [
                {
                    "title": words["consent"],
                    "rows": [
                        [words["sender"], info.sender_name, info.sender_email, False],
                        [words["recipient"], *_identity(last), False],
                        [words["reference"], info.id, "", True],
                        [words[PROVED[act]], at, stamped, False],
                        [words["method"], words.get(f"method_{method}", method), "", False],
                    ],
                },
                {
                    "title": words["wording"],
                    "rows": [
                        [words["asked"], shown[language], shown["Id"], False],
                        [words["digest"], shown["Digest"], "SHA-256", True],
                    ],
                },
                {"title": common["evidence"], "rows": seal_facts(last, language)},
            ],
            "timeline": [
                [
                    legal_time_text(from_iso(e.record["EventTime"]), language, seconds=True),
                    ACTS[language][a],
                    str(e.index),
                ]
                for _, a, e in upto
            ],
            "check": [
                common["check_1"],
                words["check_2"],
                common["check_3"],
                common["check_short" if is_short else "check_long"].format(level=getattr(level, "value", "")),
            ],
        }  # fmt: skip
        attached = [
            Attachment(name=name, media_type="application/json", description=a.value, content=e.to_bytes())
            for name, a, e in upto
        ]
        return typeset(data, attached)

    def files(self, consent_id: str) -> list[tuple[str, bytes]]:
        """Return all that proves a consent, by relative name, with the list that `lre verify` reads."""
        exhibits = self.exhibits(consent_id)
        found = [(f"evidence/{name}", exhibit.to_bytes()) for name, _, exhibit in exhibits]
        found += parts_of({name.removesuffix(".json"): exhibit for name, _, exhibit in exhibits}).items()
        found += revocation_files(self._revocations.lists())
        last = [act for _, act, _ in exhibits if act in PROVED]
        if last:
            found.append((f"proofs/proof-of-{PROVED[last[-1]]}.pdf", self.pdf(consent_id)))
        return found

    def bundle_zip(self, consent_id: str) -> bytes:
        """Return the bundle as a ZIP file that `lre verify` accepts.

        Raises:
            EvidencePendingError: Evidence still waits for its place or stamp.
        """
        with self._database.read() as connection:
            acts = read_row(connection, consent_id).version
        found = self.files(consent_id)
        if sum(name.startswith("evidence/") for name, _ in found) < acts:
            msg = "The evidence of this consent still waits for its seal or time stamp."
            raise EvidencePendingError(msg, mend="Come back in a moment; lre doctor shows what is awaited.")

        def fill(archive: StoredZip) -> None:
            listed = {name: archive.add(f"bundle/{name}", [content]) for name, content in found}
            archive.add(f"bundle/{MANIFEST}", [manifest_bytes(listed)])

        out = io.BytesIO()
        write_zip(out, fill, at=self._clock())
        return out.getvalue()


def _identity(exhibit: Exhibit) -> tuple[str, str]:
    identity = exhibit.record["RecipientDetails"][0]["Identity"]
    return identity["Name"], identity["Email"]
