"""The French of reports: nothing a verification can say stays untranslated."""

import shutil
from pathlib import Path

import pytest

from lre_kit.proofs.report import Report
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.report_html import report_html
from lre_kit.proofs.verifying.report_words import check_name, reason_text, translated
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.conformance import read_kit

VECTORS = Path(__file__).parents[2] / "vectors"


def test_all_that_the_conformance_kit_makes_a_verifier_say_has_its_french(tmp_path: Path) -> None:
    kit, untold = VECTORS / "conformance", set()
    for vector in read_kit(kit):
        place = vector.placed(tmp_path)
        anchors = Anchors.load(kit / vector.trust) if vector.trust else Anchors.none()
        report = verify_path(place, anchors, at=vector.at)
        shutil.rmtree(place.parent)
        said = [*(check.reason for check in report.checks), *report.not_checked]
        untold |= {line for line in said if translated(line) is None}
        untold |= {check.name for check in report.checks if check_name(check.name, "fr") == check.name}
    assert untold == {"format", "document", "PDF"}, "the same word in both languages"


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("record 6 of 9", "enregistrement 6 sur 9"),
        ("imprint: The time stamp was made for something else.", "l'horodatage porte sur autre chose"),
        ("renewal 1 of 2: its path leads nowhere", "renouvellement 1 sur 2 : son chemin ne mène nulle part"),
        ("something nobody foresaw", "something nobody foresaw"),
    ],
)
def test_facts_stay_in_their_places(english: str, french: str) -> None:
    assert reason_text(english, "fr") == french
    assert reason_text(english, "en") == english


def test_the_report_page_speaks_the_language_it_is_asked_for() -> None:
    report = Report()
    report.failed("log inclusion", "e.json", "the record is not where it says", "HASH_FAILURE")
    report.not_checked.append("revocation of certificates (no revocation list is among the trust anchors)")
    page = report_html(report, "e.json", "fr")
    assert "inscription au journal" in page
    assert "l&#x27;enregistrement n&#x27;est pas où il le dit" in page
    assert "la révocation des certificats" in page
    assert "log inclusion" in report_html(report, "e.json", "en")
