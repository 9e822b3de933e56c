"""Writing the conformance kit: one office's letters, and the list of vectors made of them."""

import base64
import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lre_kit.clock import iso
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.conformance import INDEX, edits_between
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

BOTH, COMMAND_LINE = ("command line", "browser"), ("command line",)
WHOLE_BYTES = 20_000
"""Edits longer than this are kept as files of their own."""


@dataclass(slots=True)
class Kit:
    """The kit being written."""

    folder: Path
    at: datetime
    entries: list[dict[str, Any]] = field(default_factory=list)
    bases: dict[str, bytes] = field(default_factory=dict)

    def add(
        self,
        family: str,
        wrong: str,
        content: bytes,
        *,
        name: str,
        base: str = "",
        trust: str = "trust",
        judges: tuple[str, ...] = COMMAND_LINE,
        at: datetime | None = None,
        beside: str = "",
    ) -> None:
        """Add one vector; its right answer is asked of the verifier, and looked at for sense."""
        number = sum(entry["family"] == family for entry in self.entries) + 1
        entry: dict[str, Any] = {
            "id": f"{family}-{number:03}",
            "family": family,
            "wrong": wrong,
            "name": name,
            "trust": trust,
            "at": iso(at or self.at),
            "judges": judges,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._keep(entry, content, base)
        if beside:
            entry["beside"] = beside
        report = self._answer(entry, content, at or self.at)
        if (report.result is Result.PASSED) is not (not wrong):
            sys.exit(f"{entry['id']} ({wrong or 'good'}): {report.checks}")
        entry["result"] = report.result.value
        entry["faults"] = [
            [check.name, check.result.value, check.sub_indication]
            for check in report.checks
            if check.result is not Result.PASSED
        ]
        self.entries.append(entry)

    def _keep(self, entry: dict[str, Any], content: bytes, base: str) -> None:
        if base and content != self.bases[base]:
            edits = edits_between(self.bases[base], content)
            if sum(len(edit.insert) for edit in edits) <= WHOLE_BYTES:
                entry["file"] = base
                entry["edits"] = [
                    [edit.at, edit.remove, base64.b64encode(edit.insert).decode()] for edit in edits
                ]
                return
        place = base if base and content == self.bases[base] else f"files/{entry['id']}-{entry['name']}"
        if place != base or not (self.folder / place).exists():
            (self.folder / place).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / place).write_bytes(content)
        entry["file"] = place

    def _answer(self, entry: Mapping[str, Any], content: bytes, at: datetime) -> Any:
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch) / str(entry["name"])
            place.write_bytes(content)
            if entry.get("beside"):
                source = self.folder / str(entry["beside"])
                place.with_suffix(source.suffix).write_bytes(source.read_bytes())
            anchors = Anchors.load(self.folder / entry["trust"]) if entry["trust"] else Anchors.none()
            return verify_path(place, anchors, at=at)

    def base(self, name: str, content: bytes) -> str:
        """Keep a good file that others are changes of."""
        place = f"good/{name}"
        (self.folder / place).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / place).write_bytes(content)
        self.bases[place] = content
        return place

    def finish(self) -> None:
        """Write the index."""
        text = json.dumps(
            {"format": "lre-conformance/1", "vectors": self.entries}, indent=1, ensure_ascii=False
        )
        (self.folder / INDEX).write_text(text + "\n", "utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one office made, and the keys it was made with."""

    exhibits: Mapping[str, bytes]
    xml: Mapping[str, bytes]
    pdfs: Mapping[str, bytes]
    container: Path
    bundle: Path
    other_container: Path
    keys: Keys
    clock: MovedClock


def make_letters(scratch: Path, kit: Path) -> tuple[Made, Keys]:
    """Run an office through one letter of each end, and a stranger's under the same name."""
    clock = MovedClock()
    with throwaway_office(scratch / "office", clock=clock) as office:
        received, refused, unclaimed = (deposit_sample(office) for _ in range(3))
        office.run_until_idle()
        office.desk.accept(received.id, identify(office, received))
        office.run_until_idle()
        office.desk.refuse(refused.id, identify(office, refused))
        office.run_until_idle()
        clock.advance(timedelta(days=17))
        office.run_until_idle()
        for name, letter in (("received", received), ("refused", refused), ("unclaimed", unclaimed)):
            office.issuer.export(letter.id, scratch / name)
            with (scratch / f"{name}.asice").open("wb") as target:
                office.issuer.container(letter.id, target=target, documents=False)
        (scratch / "received.zip").write_bytes(office.issuer.bundle_zip(received.id))
        write_trust_folder(kit / "trust", office.settings, office.keys, clock)
        keys = office.keys
    with throwaway_office(scratch / "stranger", clock=clock) as stranger:
        write_trust_folder(kit / "strangers-trust", stranger.settings, stranger.keys, clock)
        strangers = stranger.keys
    kinds = {"json": {}, "xml": {}, "pdf": {}}  # type: dict[str, dict[str, bytes]]
    for name in ("received", "refused", "unclaimed"):
        for path in sorted((scratch / name / "bundle").rglob("*")):
            kind = path.suffix[1:]
            if kind in kinds and "documents" not in path.parts and path.name != "manifest.json":
                kinds[kind][f"{name}-{path.name}"] = path.read_bytes()
    made = Made(
        exhibits=kinds["json"],
        xml=kinds["xml"],
        pdfs=kinds["pdf"],
        container=scratch / "received.asice",
        bundle=scratch / "received.zip",
        other_container=scratch / "refused.asice",
        keys=keys,
        clock=clock,
    )
    return made, strangers
