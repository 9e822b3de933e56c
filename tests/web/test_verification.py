"""The public page that verifies proofs: what it answers, what it keeps to itself, what it refuses."""

import base64
import hashlib
import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.letters.values import Letter
from lre_kit.proofs.verifying.verifier import verifier_html
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, deposit_sample, identify
from lre_web.public import verification
from lre_web.testing import ThrowawaySite, send_form


@pytest.fixture
def letter(site: ThrowawaySite) -> Letter:
    site.actor = None
    made = site.letter()
    site.office.desk.accept(made.id, identify(site.office, made))
    site.office.run_until_idle()
    return made


def evidence(site: ThrowawaySite, letter: Letter) -> bytes:
    return site.office.issuer.exhibits(letter.id)[0].exhibit.to_bytes()


def send(client: FlaskClient, name: str, content: bytes, lang: str = "en") -> TestResponse:
    file = (io.BytesIO(content), name)
    return send_form(client, f"/lre/verify?lang={lang}", "/lre/verify", proof=file)


def answers(page: str) -> set[str]:
    return set(re.findall(r'<span class="answer (\w+)">', page))


def files(site: ThrowawaySite, letter: Letter) -> dict[str, bytes]:
    return {
        "evidence.json": evidence(site, letter),
        "proof.pdf": site.office.issuer.make(letter.id, "receipt"),
        "bundle.zip": site.office.issuer.bundle_zip(letter.id),
        "BUNDLE.ZIP": site.office.issuer.bundle_zip(letter.id),
    }


def test_what_the_office_made_is_valid_for_anyone_without_logging_in(
    site: ThrowawaySite, letter: Letter
) -> None:
    for name, content in files(site, letter).items():
        answer = send(site.client(), name, content)
        assert (name, answer.status_code) == (name, 200)
        assert "The proof is valid" in answer.text
        assert answers(answer.text) == {"passed"}
        assert "What is not checked" in answer.text


def test_the_report_speaks_french_and_english(site: ThrowawaySite, letter: Letter) -> None:
    content = evidence(site, letter)
    french, english = (send(site.client(), "e.json", content, lang).text for lang in ("fr", "en"))
    assert "Preuve valide" in french
    assert "inscription au journal" in french
    assert "la qualification du prestataire" in french
    assert "whether the provider is qualified" not in french
    assert "The proof is valid" in english
    assert "log inclusion" in english


def test_what_was_changed_is_not_valid_and_the_check_that_saw_it_is_named(
    site: ThrowawaySite, letter: Letter
) -> None:
    found = json.loads(evidence(site, letter))
    found["evidence"]["signature"] = "A" * 86
    changed = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    answer = send(site.client(), "e.json", changed)
    assert answer.status_code == 200
    assert "The proof is not valid" in answer.text
    assert "SIG_CRYPTO_FAILURE" in answer.text
    assert "failed" in answers(answer.text)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.json", b""),
        ("e.json", b"[" * 100_000),
        ("e.json", b"\xff\xfe\x00"),
        ("proof.pdf", SMALL_PDF),
        ("proof.pdf", b"not one"),
        ("bundle.zip", b"PK\x03\x04 not one"),
        ("bundle.zip", b""),
        ("x.asice", b"PK\x05\x06" + bytes(18)),
        ("e.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("program.exe", b"MZ\x00"),
        ("../../../etc/passwd", b"x"),
        ("<script>alert(1)</script>.json", b"{}"),
        ("é" * 300 + ".json", b"{}"),
        (".json", b"{}"),
    ],
)
def test_whatever_is_dropped_gets_an_answer_and_never_a_pass(
    site: ThrowawaySite, name: str, content: bytes
) -> None:
    answer = send(site.client(), name, content)
    assert answer.status_code == 200
    assert "The proof is valid" not in answer.text
    assert "<script>alert" not in answer.text
    assert "root:" not in answer.text


def test_a_zip_that_unpacks_to_more_than_it_should_is_refused(site: ThrowawaySite) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle/manifest.json", b"{}")
        archive.writestr("bundle/documents/big", bytes(50_000_000))
    answer = send(site.client(), "bundle.zip", made.getvalue())
    assert answer.status_code == 200
    assert "The proof is valid" not in answer.text


def test_nothing_is_kept_of_what_was_dropped(
    site: ThrowawaySite, letter: Letter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    made = files(site, letter)
    kept = {path for path in site.office.settings.home.rglob("*") if path.is_file()}
    for name, content in made.items():
        assert send(site.client(), name, content).status_code == 200
    assert list(scratch.rglob("*")) == []
    assert {path for path in site.office.settings.home.rglob("*") if path.is_file()} == kept


def test_without_a_file_the_page_says_so(site: ThrowawaySite) -> None:
    answer = send_form(site.client(), "/lre/verify?lang=en", "/lre/verify")
    assert answer.status_code == 422
    assert "No file was chosen" in answer.text


def test_a_form_from_elsewhere_is_refused(site: ThrowawaySite, letter: Letter) -> None:
    file = {"proof": (io.BytesIO(evidence(site, letter)), "e.json")}
    assert site.client().post("/lre/verify", data=file).status_code == 403


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    small = ThrowawaySite.open(tmp_path / "small", letter_max_bytes=1024 * 1024)
    with small.office:
        kind = "multipart/form-data; boundary=x"
        answer = small.client().post("/lre/verify", data=bytes(3 * 1024 * 1024), content_type=kind)
    assert answer.status_code == 413


def test_more_files_at_once_than_there_are_places_wait_for_another_try(site: ThrowawaySite) -> None:
    taken = [verification._places.acquire(blocking=False) for _ in range(verification.AT_ONCE)]
    try:
        answer = send(site.client(), "e.json", b"{}")
    finally:
        for _ in taken:
            verification._places.release()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert send(site.client(), "e.json", b"{}").status_code == 200


def path_of(site: ThrowawaySite, letter: Letter, kind: str) -> str:
    url = site.office.links.proof_url(letter.id, kind)
    return "/lre/verify/" + url.rsplit("/", 1)[1]


def test_a_visitor_who_sends_file_after_file_has_to_wait_and_the_others_have_not(site: ThrowawaySite) -> None:
    client = site.client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    answers = [send(client, "a.json", b"{}").status_code for _ in range(31)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert "You have verified many files" in send(client, "a.json", b"{}").text
    client.environ_base["REMOTE_ADDR"] = "203.0.113.10"
    assert send(client, "a.json", b"{}").status_code == 200


def test_a_proofs_own_link_says_what_the_proof_says_and_nothing_of_parties_or_content(
    site: ThrowawaySite, letter: Letter
) -> None:
    page = site.client().get(path_of(site, letter, "deposit") + "?lang=en")
    exhibit = site.office.issuer.exhibits(letter.id)[0].exhibit
    assert page.status_code == 200
    for words in (letter.number, "Proof of deposit", exhibit.record["EvidenceIdentifier"]):
        assert words in page.text
    assert hashlib.sha256(exhibit.compact.encode()).hexdigest() in page.text
    for private in (SENDER.name, SENDER.email, RECIPIENT.name, RECIPIENT.email, letter.subject, letter.id):
        assert private not in page.text
    for document in letter.documents:
        assert document.name not in page.text
        assert document.digest_hex not in page.text
    assert "Preuve de réception" in site.client().get(path_of(site, letter, "receipt") + "?lang=fr").text


def test_a_number_a_guess_and_a_proof_that_does_not_exist_get_the_same_page(
    site: ThrowawaySite, letter: Letter
) -> None:
    token = path_of(site, letter, "deposit").rsplit("/", 1)[1]
    other = site.office.links.token(letter.id)
    payload = base64.urlsafe_b64encode(json.dumps([letter.id, "deposit"]).encode()).decode().rstrip("=")
    guesses = [
        letter.number,
        letter.number.replace("-", ""),
        "7K3M-9QXA-2PVD-ZC04",
        letter.id,
        "x",
        token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:],
        payload,
        other,
        path_of(site, letter, "refusal").rsplit("/", 1)[1],
    ]
    pages = [site.client().get(f"/lre/verify/{guess}?lang=en") for guess in guesses]
    assert {page.status_code for page in pages} == {404}
    plain = {re.sub(r'value="[^"]+"', "", page.text) for page in pages}
    assert len(plain) == 1
    assert letter.number not in plain.pop()


def test_a_proof_that_still_waits_says_so(site: ThrowawaySite) -> None:
    site.actor = None
    waiting = deposit_sample(site.office)
    page = site.client().get(path_of(site, waiting, "deposit") + "?lang=en")
    assert page.status_code == 200
    assert "being time-stamped" in page.text
    assert waiting.subject not in page.text


def test_the_offline_verifier_is_handed_out_with_the_offices_anchors(site: ThrowawaySite) -> None:
    answer = site.client().get("/lre/verify/lre-verifier.html?lang=en")
    assert answer.status_code == 200
    assert answer.data == verifier_html(site.office.settings.home / "trust", "en")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "/lre/verify/lre-verifier.html" in site.client().get("/lre/verify").text


def test_without_published_anchors_the_offices_own_are_used(site: ThrowawaySite, letter: Letter) -> None:
    trust = site.office.settings.home / "trust"
    trust.rename(trust.with_name("moved"))
    assert "The proof is valid" in send(site.client(), "e.json", evidence(site, letter)).text
