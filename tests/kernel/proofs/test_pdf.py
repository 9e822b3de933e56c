"""The four proofs as PDF: what the law asks and no more, sealed for the long term, readable by others."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore

from lre_kit.clock import now
from lre_kit.office import PostOffice
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import RECIPIENT, SENDER, deposit_sample, identify, throwaway_office

zxingcpp = pytest.importorskip("zxingcpp")
image = pytest.importorskip("PIL.Image")
pypdf = pytest.importorskip("pypdf")

pytestmark = pytest.mark.needs("pdftotext", "pdftoppm", "pdfsig", "pdffonts", "pdfinfo", "qpdf")

KINDS = ("deposit", "receipt", "refusal", "non_claim")
TITLES = {
    ("deposit", "fr"): "Preuve de dépôt",
    ("receipt", "fr"): "Preuve de réception",
    ("refusal", "fr"): "Preuve de refus",
    ("non_claim", "fr"): "Preuve de non-réclamation",
    ("deposit", "en"): "Proof of deposit",
    ("receipt", "en"): "Proof of receipt",
    ("refusal", "en"): "Proof of refusal",
    ("non_claim", "en"): "Proof of non-claim",
}


class Made:
    """One office, a letter for each end, all proofs in both languages."""

    def __init__(self, folder: Path) -> None:
        # It ends now: no time stamp may come from the future.
        self.clock = MovedClock(lambda: now() - timedelta(days=17))
        self.folder = folder
        self.office = throwaway_office(folder / "office", clock=self.clock)
        accepted, refused, ignored = (deposit_sample(self.office) for _ in range(3))
        self.office.run_until_idle()
        self.office.desk.accept(accepted.id, identify(self.office, accepted))
        self.office.desk.refuse(refused.id, identify(self.office, refused))
        self.clock.advance(timedelta(days=17))
        self.office.run_until_idle()
        self.letters = {"deposit": accepted, "receipt": accepted, "refusal": refused, "non_claim": ignored}
        self.office.keys.write_trust(folder / "trust")
        self.anchors = Anchors.load(folder / "trust")
        for kind, language in TITLES:
            pdf = self.office.issuer.make(self.letters[kind].id, kind, language)
            self.path(kind, language).write_bytes(pdf)

    def path(self, kind: str, language: str = "fr") -> Path:
        return self.folder / f"{kind}-{language}.pdf"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    world = Made(tmp_path_factory.mktemp("pdf"))
    with world.office:
        yield world


def text_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(("kind", "language"), TITLES)
def test_a_proof_has_the_items_the_law_asks(made: Made, kind: str, language: str) -> None:
    """CPCE R. 53-2 (1 to 5) and R. 53-3 (the instant of the end)."""
    text, letter = text_of(made.path(kind, language)), made.letters[kind]
    assert TITLES[kind, language] in text
    for item in (SENDER.name, SENDER.email, RECIPIENT.name, RECIPIENT.email, letter.number):
        assert item in text
    instants = {"fr": "heure de Paris", "en": "Paris time"}[language]
    assert text.count(instants) >= (2 if kind == "deposit" else 4)
    assert f"{made.office.keys.seal_certificate.serial_number:x}" in text
    assert {"fr": "n'est pas un service d'envoi recommandé", "en": "non-qualified"}[language] in text
    assert letter.documents[0].digest_hex in text


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_private_is_added(made: Made, kind: str) -> None:
    text, letter = text_of(made.path(kind)), made.letters[kind]
    assert SENDER.ref not in text
    assert letter.id not in text
    assert letter.subject not in text


@pytest.mark.parametrize(("kind", "language"), TITLES)
def test_a_proof_is_sealed_for_the_long_term_and_says_so(made: Made, kind: str, language: str) -> None:
    path = made.path(kind, language)
    assert "PAdES B-LTA" in text_of(path)
    report = verify_path(path, made.anchors, at=made.office.clock())
    assert report.result is Result.PASSED
    (seal,) = (check for check in report.checks if check.name == "PDF seal")
    assert seal.reason.startswith("PAdES B-LTA")
    assert sum(check.name == "PDF time stamp" for check in report.checks) == 1


def test_without_revocation_lists_the_proof_says_the_level_it_has(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        for name in ("seal", "tsa"):
            (office.settings.keys_folder / f"{name}-ca.key").unlink()
        with PostOffice.open(office.settings, courier=office.courier) as reopened:
            path = tmp_path / "proof.pdf"
            path.write_bytes(reopened.issuer.make(letter.id, "deposit", "en"))
        office.keys.write_trust(tmp_path / "trust")
    assert "PAdES B-T;" in text_of(path)
    (seal,) = (c for c in verify_path(path, Anchors.load(tmp_path / "trust")).checks if c.name == "PDF seal")
    assert (seal.result, seal.reason.split(",")[0]) == (Result.PASSED, "PAdES B-T")


def test_the_qr_code_leads_to_the_page_that_checks_this_proof(made: Made, tmp_path: Path) -> None:
    subprocess.run(
        ["pdftoppm", "-r", "150", "-png", "-singlefile", made.path("receipt"), tmp_path / "page"], check=True
    )
    (code,) = zxingcpp.read_barcodes(image.open(tmp_path / "page.png"))
    address, token = code.text.rsplit("/", 1)
    assert address == "https://notices.example/verify"
    assert made.office.links.read_proof(token) == (made.letters["receipt"].id, "receipt")


@pytest.mark.parametrize(("kind", "language"), TITLES)
def test_other_programs_read_it_and_accept_its_seal(made: Made, kind: str, language: str) -> None:
    path = made.path(kind, language)
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    seen = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in seen
    assert "ETSI.CAdES.detached" in seen
    assert "Signature Type: ETSI.RFC3161" in seen or seen.count("Signature #") == 2
    document = pypdf.PdfReader(path)
    assert len(document.pages) <= 2
    assert set(document.attachments) >= {"01-SubmissionAcceptance.json"}


def test_pyhankos_own_validator_trusts_it_with_what_it_carries(made: Made) -> None:
    reader = PdfFileReader(BytesIO(made.path("receipt").read_bytes()))
    roots = [
        asn1.Certificate.load(c.public_bytes(Encoding.DER))
        for c in (made.office.keys.seal_chain[-1], made.office.keys.tsa_chain[-1])
    ]
    arguments = {
        "trust_roots": roots,
        "moment": made.clock(),
        "allow_fetching": False,
        "revocation_mode": "require",
    }
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(arguments)
    status = validate_pdf_signature(reader.embedded_regular_signatures[0], context, context)
    assert status.bottom_line, status.summary()


def test_it_is_tagged_embeds_its_fonts_and_declares_pdf_a_3a_and_pdf_ua(made: Made) -> None:
    """ISO 19005-3: what can be checked by reading the file; no full validator is at hand."""
    document = pypdf.PdfReader(made.path("non_claim", "en"))
    root: Any = document.trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()
    for claim in ('pdfaid:part="3"', 'pdfaid:conformance="A"', 'pdfuaid:part="1"'):
        assert claim in metadata
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert all(spec.get_object()["/AFRelationship"] == "/Source" for spec in root["/AF"])
    listing = subprocess.run(["pdffonts", made.path("receipt")], capture_output=True, text=True, check=True)
    fonts = listing.stdout.splitlines()[2:]
    assert fonts
    assert all(" yes yes yes " in " ".join(line.split()) + " " for line in fonts)
    tree = subprocess.run(
        ["pdfinfo", "-struct", made.path("receipt")], capture_output=True, check=True
    ).stdout.decode(errors="replace")
    for tag in ("H1", "H2", "Table", "TH", "Figure"):
        assert f" {tag}" in tree


def test_a_later_addition_is_reported_with_what_it_is(made: Made, tmp_path: Path) -> None:
    """F8.10: an incremental update."""
    writer: Any = IncrementalPdfFileWriter(BytesIO(made.path("deposit").read_bytes()))
    writer.root["/Changed"] = writer.root["/Lang"]
    writer.update_root()
    grown = tmp_path / "grown.pdf"
    with grown.open("wb") as file:
        writer.write(file)
    report = verify_path(grown, made.anchors)
    assert report.result is Result.FAILED
    (failed,) = (check for check in report.checks if check.result is Result.FAILED)
    assert failed.reason.startswith("something was added after sealing (after 20")
    assert failed.sub_indication == "SIG_CONSTRAINTS_FAILURE"


def test_a_proof_written_anew_has_lost_its_seal(made: Made, tmp_path: Path) -> None:
    """F8.10."""
    writer: Any = copy_into_new_writer(PdfFileReader(BytesIO(made.path("deposit").read_bytes())))
    copied = tmp_path / "copied.pdf"
    with copied.open("wb") as file:
        writer.write(file)
    assert verify_path(copied, made.anchors).result is Result.FAILED


def test_a_proof_that_comes_after_its_day_says_so(tmp_path: Path) -> None:
    """F5.07: the office slept; its proof of non-claim tells when it was due. One in time says nothing."""
    clock = MovedClock(lambda: now() - timedelta(days=45))
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        for days in (16, 21):
            letter = deposit_sample(office)
            office.run_until_idle()
            closes_at = office.reading.by_id(letter.id).window_closes_at
            assert closes_at is not None
            clock.advance(closes_at - clock() + timedelta(days=days - 16))
            office.run_until_idle()
            for language, word in (("fr", "Retard"), ("en", "Late")):
                path = tmp_path / f"{days}-{language}.pdf"
                path.write_bytes(office.issuer.make(letter.id, "non_claim", language))
                text = text_of(path)
                assert (word in text) is (days == 21)
                assert ("due avant le" in text or "due before" in text) is (days == 21)
