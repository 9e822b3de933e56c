"""The conformance kit, held against both verifiers: the right answer for every vector, from each."""

import base64
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lre_kit.errors import IntegrityError
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verifier import verifier_html
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.conformance import Vector, edits_between, read_kit

if TYPE_CHECKING:
    from playwright.sync_api import Page

KIT = Path(__file__).parents[2] / "vectors" / "conformance"
VERIFY = """async (vectors) => {
  await lreVerifier.ready;
  const trust = JSON.parse(document.getElementById("embedded").textContent);
  const anchors = await lreVerifier.readAnchors(trust);
  const reports = [];
  for (const [encoded, at] of vectors) {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    reports.push((await lreVerifier.verifyExhibit(bytes, anchors, { at })).toJSON());
  }
  return reports;
}"""


@pytest.fixture(scope="module")
def kit() -> list[Vector]:
    return list(read_kit(KIT))


def anchors_of(vector: Vector) -> Anchors:
    return Anchors.load(KIT / vector.trust) if vector.trust else Anchors.none()


def faults(report: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (check["name"], check["result"], check["sub_indication"])
        for check in report["checks"]
        if check["result"] != "passed"
    )


def test_the_kit_is_large_and_each_vector_says_what_is_wrong(kit: list[Vector]) -> None:
    assert len(kit) >= 300
    assert len({vector.id for vector in kit}) == len(kit)
    families = Counter(vector.family for vector in kit)
    assert all(families[name] >= 8 for name in ("evidence", "record", "member", "token", "renewal", "bundle"))
    assert all(families[name] >= 25 for name in ("tlog-proof", "xml", "pdf", "container"))
    for vector in kit:
        assert (vector.result == "passed") is (vector.wrong == "") is (vector.faults == ()), vector.id


def test_the_command_lines_verifier_gives_every_right_answer(kit: list[Vector], tmp_path: Path) -> None:
    """F15.05."""
    disagreements = []
    for vector in kit:
        place = vector.placed(tmp_path)
        report = verify_path(place, anchors_of(vector), at=vector.at)
        if (report.result.value, faults(report.to_json())) != (vector.result, vector.faults):
            disagreements.append((vector.id, vector.wrong, report.result, faults(report.to_json())))
        shutil.rmtree(place.parent)
    assert disagreements == []


def test_the_pages_verifier_gives_every_right_answer_it_can_judge(
    kit: list[Vector], tmp_path: Path, opened: Callable[..., "Page"]
) -> None:
    """F15.05: the page's verifier is written in another language."""
    judged = [vector for vector in kit if "browser" in vector.judges]
    assert len(judged) >= 200
    disagreements = []
    for trust in sorted({vector.trust for vector in judged}):
        (tmp_path / "page.html").write_bytes(verifier_html(KIT / trust if trust else None, "en"))
        vectors = [vector for vector in judged if vector.trust == trust]
        sent = [
            [base64.b64encode(vector.content).decode(), round(vector.at.timestamp() * 1000)]
            for vector in vectors
        ]
        for vector, report in zip(
            vectors, opened(tmp_path / "page.html").evaluate(VERIFY, sent), strict=True
        ):
            if (report["result"], faults(report)) != (vector.result, vector.faults):
                disagreements.append((vector.id, vector.wrong, faults(report), vector.faults))
    assert disagreements == []


def test_a_kit_whose_bytes_were_changed_on_the_way_is_told(tmp_path: Path) -> None:
    copy = shutil.copytree(KIT, tmp_path / "kit")
    vector = next(read_kit(copy))
    vector.file.write_bytes(vector.file.read_bytes().replace(b"{", b"{ ", 1))
    with pytest.raises(IntegrityError, match="not what the index says"):
        _ = vector.content


def test_edits_lead_from_one_file_to_another() -> None:
    base = bytes(range(256)) * 8
    for wanted in (
        b"",
        base,
        base[:700],
        base[100:],
        base[:50] + b"between" + base[90:],
        b"x" * 90,
        base + b"y",
    ):
        made = base
        for edit in reversed(edits_between(base, wanted)):
            made = edit.of(made)
        assert made == wanted


def test_the_index_is_plain_json_that_any_language_reads() -> None:
    index = json.loads((KIT / "index.json").read_text("utf-8"))
    assert index["format"] == "lre-conformance/1"
    assert {entry["result"] for entry in index["vectors"]} == {result.value for result in Result}
