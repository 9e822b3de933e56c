"""Rendering the French proofs as PDF/A-3: the items of CPCE R. 53-2 and R. 53-3, no more.

The machine evidence (JSON and XML) is attached before sealing, so it travels inside the document.
The same input, set with the same fonts, gives the same bytes. The pages are tagged and have alternative texts
(PDF/UA-1). A character that no font draws is spelled, and the page says so; the attached evidence holds the
text as it was given.
"""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from lre_kit.carriers.notices import legal_time_text
from lre_kit.clock import PARIS, from_iso
from lre_kit.law.carrier_codes import status_of
from lre_kit.law.products import claim_notice, product_name
from lre_kit.letters.paper import base_kind
from lre_kit.letters.values import Letter
from lre_kit.proofs.packing.pdf_seal import Level
from lre_kit.proofs.packing.pdf_words import TITLES, WORDS
from lre_kit.proofs.sealing.exhibit import Exhibit, NamedExhibit
from lre_kit.proofs.sealing.seal import open_seal
from lre_kit.proofs.stamping.timestamp import TimestampInfo, read_token
from lre_kit.typesetting import SPELLED, Page, drawn, fonts

STANDARDS: list[Any] = ["a-3a", "ua-1"]
"""PDF/A-3 level A (ISO 19005-3: tagged, fonts embedded, attachments allowed) and PDF/UA-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels inside the proof."""

    name: str
    media_type: str
    description: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFacts:
    """What a proof is made from: the letter and its exhibits up to the event proved.

    `level` is what the page says of its own seal; `url` leads to the page that checks the proof.
    """

    letter: Letter
    kind: str
    exhibits: tuple[NamedExhibit, ...]
    provider: str
    level: Level
    url: str
    more: tuple[Attachment, ...] = ()


def render_proof(facts: ProofFacts, language: str) -> bytes:
    """Return a proof as unsealed PDF/A-3 with its exhibits attached.

    Args:
        facts: What to prove.
        language: ``fr`` or ``en``.
    """
    return typeset(_data(facts, language), [*_exhibits(facts), *facts.more])


def typeset(data: Mapping[str, Any], attachments: Sequence[Attachment]) -> bytes:
    """Return a page of facts as unsealed PDF/A-3.

    Args:
        data: What the template shows; ``url`` is what its QR code leads to.
        attachments: Files that travel inside.
    """
    import typst

    with tempfile.TemporaryDirectory() as scratch, as_file(_template()) as template:
        folder = Path(scratch)
        shutil.copy(template, folder / "proof.typ")
        for attached in attachments:
            (folder / attached.name).write_bytes(attached.content)
        (folder / "check.svg").write_bytes(_qr_code(data["url"]))
        listed = {"attachments": [[a.name, a.media_type, a.description] for a in attachments]}

        def made(page: Page) -> bytes:
            (folder / "data.json").write_text(json.dumps(page), encoding="utf-8")
            pdf: bytes = typst.compile(str(folder / "proof.typ"), pdf_standards=STANDARDS, font_paths=fonts())
            return pdf

        def saying(page: dict[str, Any]) -> None:
            note = SPELLED.fr if page["language"] == "fr" else SPELLED.en
            page["check"] = [*page["check"], note]

        return drawn({**data, **listed}, made, saying=saying)


def _exhibits(facts: ProofFacts) -> list[Attachment]:
    return [
        Attachment(
            name=named.name,
            media_type="application/json",
            description=named.event.value,
            content=named.exhibit.to_bytes(),
        )
        for named in facts.exhibits
    ]


def _qr_code(url: str) -> bytes:
    import segno

    made = io.BytesIO()
    segno.make(url, error="m", micro=False).save(made, kind="svg", border=0, dark="#14344f")
    return made.getvalue()


def _template() -> Any:
    return files("lre_kit.proofs.packing") / "templates" / "proof.typ"


def _data(facts: ProofFacts, language: str) -> dict[str, Any]:
    words, letter = WORDS[language], facts.letter
    title, lead = TITLES[language][base_kind(facts.kind)]
    last = facts.exhibits[-1].exhibit
    stamp = _stamp(last)
    day = stamp.gen_time.astimezone(PARIS)
    return {
        "language": language,
        "title": title,
        "lead": lead,
        "provider": facts.provider,
        "product": product_name(letter.product, letter.claim, language),
        "claim": claim_notice(letter.claim, language),
        "status": words[letter.claim.value],
        "url": facts.url,
        "number": letter.number,
        "date": [day.year, day.month, day.day],
        "words": {
            "timeline": words["timeline"],
            "check": words["check"],
            "scan": words["scan"],
            "scan_alt": words["scan_alt"],
            "columns": [words["when"], words["what"], words["proof"]],
        },
        "sections": [
            {"title": words["sending"], "rows": _sending(facts, language)},
            *_by_post(facts, language),
            {"title": words["content"], "rows": _content(letter, language)},
            {"title": words["evidence"], "rows": _evidence(last, stamp, language)},
        ],
        "timeline": [_act(named, language) for named in facts.exhibits],
        "check": [
            words["check_1"],
            words["check_2"],
            words["check_3"],
            words[_LEVEL_WORDS[facts.level]].format(level=facts.level.value),
        ],
    }


_LEVEL_WORDS = {Level.B_T: "check_short", Level.B_LTA: "check_long"}


def _sending(facts: ProofFacts, language: str) -> list[list[Any]]:
    """Return items 1 to 4 of R. 53-2 and, for a later proof, the instant of R. 53-3."""
    words, letter = WORDS[language], facts.letter
    rows: list[list[Any]] = [
        [words["sender"], letter.sender.name, letter.sender.email, False],
        [words["recipient"], letter.recipient.name, letter.recipient.email, False],
        [words["number"], letter.number, "", True],
        [words["deposit"], *_instant(facts.exhibits[0].exhibit, language), False],
    ]
    if facts.kind != "deposit":
        decision = words[f"decision_{base_kind(facts.kind)}"]
        rows.append([decision, *_instant(facts.exhibits[-1].exhibit, language), False])
    if facts.kind == "non_claim" and (due_at := _due_at(facts)) is not None:
        rows.append([words["late"], words["late_why"], _due_words(due_at, language), False])
    return rows


def _due_at(facts: ProofFacts) -> datetime | None:
    """Return when the proof was due, if its event was recorded only later."""
    told = [named.exhibit.record["Extensions"]["EventDetails"] for named in facts.exhibits]
    due = [from_iso(details["proof_due_at"]) for details in told if details.get("proof_due_at")]
    return due[-1] if due and from_iso(facts.exhibits[-1].exhibit.record["EventTime"]) > due[-1] else None


def _due_words(due_at: datetime, language: str) -> str:
    return WORDS[language]["late_due"].format(time=legal_time_text(due_at, language, seconds=True))


def _by_post(facts: ProofFacts, language: str) -> list[dict[str, Any]]:
    """Return the section of the paper leg, if the letter has one: what the evidence says, as it says it."""
    words, rows = WORDS[language], []
    if facts.letter.recipient.postal is not None:
        rows.append([words["postal_address"], ", ".join(facts.letter.recipient.postal.printed), "", False])
    for named in facts.exhibits:
        told = named.exhibit.record["Extensions"]["EventDetails"]
        if "item_number" in told:
            rows.append([words["item_number"], told["item_number"] or "–", told.get("provider", ""), False])
            if "print_digest" in told:
                rows.append([words["print_digest"], told["print_digest"], words["sha256"], True])
        if "outcome" in told:
            at = told.get("carrier_time")
            when = legal_time_text(from_iso(at), language, seconds=True) if at else ""
            status = status_of(told.get("source", ""), told["raw_code"])
            said = status.french if language == "fr" else status.english
            code = f"{told['raw_code']} ({said})" if told["raw_code"] else told["outcome"]
            rows.append(
                [words["carrier_said"], code, words["carrier_time"].format(time=when) if when else "", False]
            )
        if "file" in told:
            how = words.get(f"comparison_{told.get('comparison', '')}", words["sha256"])
            rows.append([words[f"file_{told['file']}"], told["digest"], how, True])
    return [{"title": words["by_post"], "rows": rows}] if rows else []


def _instant(exhibit: Exhibit, language: str) -> tuple[str, str]:
    """Return the event's own time, and the time its stamp proves."""
    happened = legal_time_text(from_iso(exhibit.record["EventTime"]), language, seconds=True)
    stamped = legal_time_text(_stamp(exhibit).gen_time, language, seconds=True)
    return happened, WORDS[language]["stamped"].format(time=stamped)


def _content(letter: Letter, language: str) -> list[list[Any]]:
    digest = WORDS[language]["sha256"]
    return [[document.name, document.digest_hex, digest, True] for document in letter.documents]


def _evidence(exhibit: Exhibit, stamp: TimestampInfo, language: str) -> list[list[Any]]:
    words, seal = WORDS[language], open_seal(exhibit.compact)
    origin = exhibit.checkpoint.split("\n", 1)[0]
    place = words["log_place"].format(index=exhibit.index, size=exhibit.size)
    return [
        [words["identifier"], exhibit.record["EvidenceIdentifier"], "", True],
        [words["seal"], *_subject(seal.certificate), False],
        [words["serial"], f"{seal.certificate.serial_number:x}", "", True],
        [words["authority"], *_subject(stamp.certificate), False],
        [words["token"], f"{stamp.serial:x}", "", True],
        [words["log"], origin, place, False],
    ]


def seal_facts(exhibit: Exhibit, language: str) -> list[list[Any]]:
    """Return the rows that say who sealed and stamped an exhibit, and where it stands in the log."""
    return _evidence(exhibit, _stamp(exhibit), language)


def stamped_instant(exhibit: Exhibit, language: str) -> tuple[datetime, str]:
    """Return the instant that an exhibit's time stamp proves, and words for it."""
    at = _stamp(exhibit).gen_time
    return at, WORDS[language]["stamped"].format(time=legal_time_text(at, language, seconds=True))


def _subject(certificate: x509.Certificate) -> tuple[str, str]:
    """Return a certificate's common name and its organisation."""
    found = [
        [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid)]
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    ]
    return " ".join(found[0]) or certificate.subject.rfc4514_string(), " ".join(found[1])


def _act(named: NamedExhibit, language: str) -> list[str]:
    at: datetime = from_iso(named.exhibit.record["EventTime"])
    what = named.event.french if language == "fr" else named.event.english
    return [legal_time_text(at, language, seconds=True), what, str(named.exhibit.index)]


def _stamp(exhibit: Exhibit) -> TimestampInfo:
    return read_token(exhibit.token, hashlib.sha256(exhibit.checkpoint.encode()).digest())
