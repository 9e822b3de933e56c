"""Rendering the French proofs as PDF/A-3: the items of CPCE R. 53-2 and R. 53-3, no more.

The exhibits are attached before sealing, so the machine evidence travels inside the document.
The same input gives the same bytes.
"""

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lre_kit.carriers.notices import legal_time_text
from lre_kit.clock import PARIS, from_iso
from lre_kit.law.products import claim_notice, product_name
from lre_kit.letters.values import Letter
from lre_kit.proofs.exhibit import Exhibit
from lre_kit.proofs.pdf_words import TITLES, WORDS
from lre_kit.proofs.seal import open_seal
from lre_kit.proofs.timestamp import TimestampInfo, read_token

if TYPE_CHECKING:
    from lre_kit.proofs.issue import NamedExhibit

STANDARD: Literal["a-3a"] = "a-3a"
"""PDF/A-3, level A: tagged, fonts embedded, attachments allowed (ISO 19005-3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFacts:
    """What a proof is made from: the letter and its exhibits up to the event proved."""

    letter: Letter
    kind: str
    exhibits: "tuple[NamedExhibit, ...]"
    provider: str


def render_proof(facts: ProofFacts, language: str) -> bytes:
    """Return a proof as unsealed PDF/A-3 with its exhibits attached.

    Args:
        facts: What to prove.
        language: ``fr`` or ``en``.
    """
    import typst

    with tempfile.TemporaryDirectory() as scratch, as_file(_template()) as template:
        folder = Path(scratch)
        shutil.copy(template, folder / "proof.typ")
        for named in facts.exhibits:
            (folder / named.name).write_bytes(named.exhibit.to_bytes())
        (folder / "data.json").write_text(json.dumps(_data(facts, language)), encoding="utf-8")
        return typst.compile(str(folder / "proof.typ"), pdf_standards=STANDARD)


def _template() -> Any:
    return files("lre_kit.proofs") / "templates" / "proof.typ"


def _data(facts: ProofFacts, language: str) -> dict[str, Any]:
    words, letter = WORDS[language], facts.letter
    title, lead = TITLES[language][facts.kind]
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
        "number": letter.number,
        "date": [day.year, day.month, day.day],
        "words": {
            "timeline": words["timeline"],
            "check": words["check"],
            "columns": [words["when"], words["what"], words["proof"]],
        },
        "sections": [
            {"title": words["sending"], "rows": _sending(facts, language)},
            {"title": words["content"], "rows": _content(letter)},
            {"title": words["evidence"], "rows": _evidence(last, stamp, language)},
        ],
        "timeline": [_act(named, language) for named in facts.exhibits],
        "check": [words[f"check_{n}"] for n in range(1, 5)],
        "attachments": [[named.name, named.event.value] for named in facts.exhibits],
    }


def _sending(facts: ProofFacts, language: str) -> list[list[Any]]:
    """Return items 1 to 4 of R. 53-2 and, for a later proof, the instant of R. 53-3."""
    words, letter = WORDS[language], facts.letter
    rows = [
        [words["sender"], f"{letter.sender.name} — {letter.sender.email}", False],
        [words["recipient"], f"{letter.recipient.name} — {letter.recipient.email}", False],
        [words["number"], letter.number, True],
        [words["deposit"], _instant(facts.exhibits[0].exhibit, language), False],
    ]
    if facts.kind != "deposit":
        rows.append([words[f"decision_{facts.kind}"], _instant(facts.exhibits[-1].exhibit, language), False])
    return rows


def _instant(exhibit: Exhibit, language: str) -> str:
    happened = legal_time_text(from_iso(exhibit.record["EventTime"]), language, seconds=True)
    stamped = legal_time_text(_stamp(exhibit).gen_time, language, seconds=True)
    return f"{happened} — {WORDS[language]['stamped'].format(time=stamped)}"


def _content(letter: Letter) -> list[list[Any]]:
    return [[document.name, f"SHA-256 {document.digest_hex}", True] for document in letter.documents]


def _evidence(exhibit: Exhibit, stamp: TimestampInfo, language: str) -> list[list[Any]]:
    words, seal = WORDS[language], open_seal(exhibit.compact)
    origin = exhibit.checkpoint.split("\n", 1)[0]
    place = words["log_place"].format(origin=origin, index=exhibit.index, size=exhibit.size)
    return [
        [words["identifier"], exhibit.record["EvidenceIdentifier"], True],
        [words["seal"], seal.certificate.subject.rfc4514_string(), False],
        [words["serial"], f"{seal.certificate.serial_number:x}", True],
        [words["authority"], stamp.authority, False],
        [words["token"], f"{stamp.serial:x}", True],
        [words["log"], place, False],
    ]


def _act(named: "NamedExhibit", language: str) -> list[str]:
    at: datetime = from_iso(named.exhibit.record["EventTime"])
    what = named.event.french if language == "fr" else named.event.english
    return [legal_time_text(at, language, seconds=True), what, str(named.exhibit.index)]


def _stamp(exhibit: Exhibit) -> TimestampInfo:
    return read_token(exhibit.token, hashlib.sha256(exhibit.checkpoint.encode()).digest())
