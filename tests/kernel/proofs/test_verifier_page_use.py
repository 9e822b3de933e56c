"""The verifier page as people use it, and the file it is: nothing outside itself, only its own script."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from lre_kit.cli.main import cli
from lre_kit.errors import ConfigurationError
from lre_kit.proofs.verifying.verifier import verifier_html

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_people_see_the_answer_the_reasons_and_what_was_not_checked(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    page = opened()
    files = [shelf / "letter" / "evidence" / "01-SubmissionAcceptance.json"]
    page.set_input_files("#files", [*files, shelf / "letter" / "bundle" / "documents" / "01-letter.pdf"])
    page.wait_for_selector("#report:not([hidden])")
    assert "Passed" in page.inner_text("#banner").title()
    assert "the one that was deposited" in page.inner_text("#checks")
    assert "revocation" in page.inner_text("#unchecked")
    page.click("#language")
    assert page.get_attribute("html", "lang") == "fr"
    assert "celui qui a été déposé" in page.inner_text("#checks")
    assert "révocation" in page.inner_text("#unchecked")
    page.set_input_files("#files", [*files, shelf / "trust" / "README.txt"])
    page.wait_for_selector("#banner.failed")
    assert "HASH_FAILURE" in page.inner_text("#checks")


def test_a_page_without_anchors_takes_them_from_its_reader(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    page = opened("trustless.html")
    assert "no trust anchors" in page.inner_text("#trust-text")
    page.set_input_files("#files", shelf / "letter" / "evidence" / "01-SubmissionAcceptance.json")
    page.wait_for_selector("#banner.indeterminate")
    trust = shelf / "trust"
    page.set_input_files("#own-anchors", [trust / n for n in ("seal-ca.pem", "tsa-ca.pem", "log.vkey")])
    page.wait_for_selector("#banner.passed")


def test_the_anchors_inside_can_be_compared_with_the_published_ones(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    page = opened()
    page.wait_for_selector("#anchors-list li:nth-child(3)")
    shown = page.inner_text("#anchors-list").replace(" ", "")
    for name in ("seal-ca.pem", "tsa-ca.pem"):
        certificate = x509.load_pem_x509_certificate((shelf / "trust" / name).read_bytes())
        assert certificate.fingerprint(hashes.SHA256()).hex() in shown
    assert (shelf / "trust" / "log.vkey").read_text().strip() in shown


def test_what_the_page_cannot_read_is_left_open_and_said(shelf: Path, opened: Callable[..., "Page"]) -> None:
    page, first = opened(), shelf / "letter" / "evidence" / "01-SubmissionAcceptance.json"
    page.set_input_files("#files", [first, shelf / "letter" / "proofs" / "proof-of-deposit.pdf"])
    page.wait_for_selector("#banner.indeterminate")
    assert "lre verify can check it" in page.inner_text("#checks")
    page.set_input_files("#files", [first, shelf / "trust" / "tsa-ca.pem"])
    page.wait_for_selector("#banner.passed")
    assert "tsa-ca.pem" in page.inner_text("#unchecked")


def test_files_without_evidence_are_neither_passed_nor_failed(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    page = opened()
    page.set_input_files("#files", shelf / "letter" / "proofs" / "proof-of-deposit.pdf")
    page.wait_for_selector("#banner.indeterminate")
    assert "no evidence file was given" in page.inner_text("#checks")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "light"), (360, "dark")])
def test_the_page_fits_small_screens_and_large(
    opened: Callable[..., "Page"], shelf: Path, width: int, scheme: Any
) -> None:
    page = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_input_files("#folder", shelf / "letter" / "bundle")
    page.wait_for_selector("#banner.passed")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# --- the file -----------------------------------------------------------------------------------


def test_the_file_refers_to_nothing_outside_itself_and_lets_only_its_own_script_run(
    shelf: Path,
) -> None:
    """F15.04: the page needs no network either."""
    html = (shelf / "verifier.html").read_text("utf-8")
    assert "http:" not in html
    assert "https:" not in html
    assert " src=" not in html
    assert "connect-src 'none'" in html
    script = html.split('<script type="module">')[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "unsafe" not in html.split("</head>")[0].split("<style>")[0]


def test_the_command_writes_the_page_with_the_anchors_given(shelf: Path, tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    arguments = [
        "verifier",
        "export",
        "--out",
        str(place),
        "--trust",
        str(shelf / "trust"),
        "--lang",
        "en",
    ]
    assert cli.main(arguments, standalone_mode=False) == 0
    assert place.read_bytes() == (shelf / "verifier.html").read_bytes()
    with pytest.raises(ConfigurationError):
        verifier_html(tmp_path, "fr")
