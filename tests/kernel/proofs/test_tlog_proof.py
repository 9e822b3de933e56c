"""A proof of logging in one file: read in one form, and good for one record in one place only."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.cli.log import proof_command
from lre_kit.proofs.forms.note import NoteVerifier, split_note
from lre_kit.proofs.log.cosignature import Cosigner
from lre_kit.proofs.packing.tlog_proof import HEADER, TlogProof, TlogProofError, parse_tlog_proof, proof_of
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.sealing.exhibit import Exhibit, parse_exhibit
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.tlog_proof_check import verify_tlog_proof
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.office import deposit_sample, throwaway_office

AT = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proof")
    with throwaway_office(folder / "office") as office:
        for _ in range(3):
            letter = deposit_sample(office)
        office.run_until_idle()
        office.issuer.export(letter.id, folder / "letter", documents=False)
        (folder / "number").write_text(letter.number)
    return folder


@pytest.fixture(scope="module")
def exhibit(home: Path) -> Exhibit:
    return parse_exhibit(min((home / "letter" / "evidence").glob("*.json")).read_bytes())


@pytest.fixture(scope="module")
def anchors(home: Path) -> Anchors:
    return Anchors(log=(NoteVerifier.parse((home / "office" / "trust" / "log.vkey").read_text("utf-8")),))


def verified(raw: bytes, leaf_data: bytes | None, anchors: Anchors) -> tuple[Result, dict[str, str]]:
    report = Report()
    verify_tlog_proof(raw, leaf_data, anchors, report, "a.tlog-proof")
    return report.result, {check.name: check.sub_indication for check in report.checks}


def test_an_exhibits_proof_is_good_for_its_record(exhibit: Exhibit, anchors: Anchors) -> None:
    raw = proof_of(exhibit).to_bytes()
    assert raw.startswith(f"{HEADER}\nextra {base64.b64encode(exhibit.salt).decode()}\nindex ".encode())
    assert raw.endswith(exhibit.checkpoint.encode())
    assert parse_tlog_proof(raw) == proof_of(exhibit)
    result, checks = verified(raw, exhibit.compact.encode(), anchors)
    assert result is Result.PASSED
    assert set(checks) == {"format", "checkpoint", "log inclusion"}


def test_it_is_good_for_nothing_else(exhibit: Exhibit, anchors: Anchors) -> None:
    proof, record = proof_of(exhibit), exhibit.compact.encode()
    assert proof.extra is not None
    for wrong in (
        replace(proof, index=proof.index + 1),
        replace(proof, path=proof.path[1:]),
        replace(proof, path=(*proof.path, bytes(32))),
        replace(proof, path=(*proof.path[::-1], bytes(32))),
        replace(proof, extra=bytes(len(proof.extra))),
        replace(proof, extra=None),
        replace(proof, extra=b""),
        replace(proof, extra=bytes(1000)),
        replace(proof, checkpoint=proof.checkpoint.replace("\n", "\n1", 1)),
    ):
        assert verified(wrong.to_bytes(), record, anchors)[0] is Result.FAILED
    assert verified(proof.to_bytes(), record + b"A", anchors)[0] is Result.FAILED
    assert verified(proof.to_bytes(), b"\xff", anchors)[0] is Result.FAILED


def test_without_the_record_or_a_key_nothing_is_certain(exhibit: Exhibit, anchors: Anchors) -> None:
    raw = proof_of(exhibit).to_bytes()
    result, checks = verified(raw, None, anchors)
    assert (result, checks["log inclusion"]) == (Result.INDETERMINATE, "SIGNED_DATA_NOT_FOUND")
    assert verified(raw, exhibit.compact.encode(), Anchors.none())[0] is Result.INDETERMINATE


def test_each_changed_byte_shows(exhibit: Exhibit, anchors: Anchors) -> None:
    raw = proof_of(exhibit).to_bytes()
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert verified(changed, exhibit.compact.encode(), anchors)[0] is not Result.PASSED, place


def test_cosignatures_of_known_witnesses_are_checked(exhibit: Exhibit, anchors: Anchors) -> None:
    cosigner, other = (Cosigner(name, Ed25519PrivateKey.generate()) for name in ("w/one", "w/two"))
    text = split_note(exhibit.checkpoint)[0]
    good = proof_of(exhibit, cosignature_lines=[cosigner.cosign(text, at=AT)]).to_bytes()
    bad = proof_of(exhibit, cosignature_lines=[cosigner.cosign(text + "x\n", at=AT)]).to_bytes()

    def result(raw: bytes, *witnesses: Cosigner) -> Result:
        report = Report()
        known = [each.witness for each in witnesses]
        verify_tlog_proof(raw, exhibit.compact.encode(), anchors, report, "p", witnesses=known)
        return report.result

    assert result(good, cosigner, other) is Result.PASSED
    assert result(good, other) is Result.INDETERMINATE
    assert result(bad, cosigner) is Result.FAILED
    assert result(bad) is Result.PASSED, "signatures of unknown keys are passed over"


@given(st.binary(max_size=300))
def test_what_is_no_proof_is_a_failed_check(raw: bytes) -> None:
    assert verified(raw, None, Anchors.none())[0] is Result.FAILED


@pytest.mark.parametrize(
    "text",
    [
        "", HEADER, f"{HEADER}\n", f"{HEADER}\n\n", f"{HEADER}\nindex 01\n\nx", f"{HEADER}\nindex -1\n\nx",
        f"{HEADER}\nindex ١\n\nx", f"{HEADER}\nindex 1\nAAAA\n\nx", f"{HEADER}\nextra !\nindex 1\n\nx",
        f"{HEADER}\nindex 1\nextra AAAA\n\nx", "c2sp.org/tlog-proof@v2\nindex 1\n\nx", "x" * 70_000,
        f"{HEADER}\nindex 1\n" + f"{'A' * 43}=\n" * 64 + "\nx", f"{HEADER}\r\nindex 1\n\nx",
        f"{HEADER}\nindex 1", f"{HEADER}\nindex {'9' * 20}\n\nx", f"{HEADER}\nextra AAB=\nindex 1\n\nx",
    ],
)  # fmt: skip
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(TlogProofError):
        parse_tlog_proof(text.encode())


@given(
    st.integers(0, 10**18),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(max_size=64),
)
def test_a_proof_leads_back_to_itself(index: int, path: list[bytes], extra: bytes | None) -> None:
    made = TlogProof(index=index, path=tuple(path), checkpoint="o\n1\nx\n\n— o AAAA\n", extra=extra)
    assert parse_tlog_proof(made.to_bytes()) == made


def test_the_command_writes_each_acts_proof_and_record(
    home: Path, anchors: Anchors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRE_HOME", str(home / "office"))
    monkeypatch.setenv("LRE_BASE_URL", "https://notices.example")
    arguments = [(home / "number").read_text(), "--out", str(tmp_path / "proofs")]
    CliRunner().invoke(proof_command, arguments, standalone_mode=False, catch_exceptions=False)
    proofs = sorted((tmp_path / "proofs").glob("*.tlog-proof"))
    assert proofs
    for proof in proofs:
        record = proof.with_suffix(".jws").read_bytes()
        assert verified(proof.read_bytes(), record, anchors)[0] is Result.PASSED
        assert verify_path(proof, anchors).result is Result.PASSED, "its record lies beside it"
        proof.with_suffix(".jws").write_bytes(record[:-40] + bytes(reversed(record[-40:])))
        assert verify_path(proof, anchors).result is Result.FAILED
        proof.with_suffix(".jws").unlink()
        assert verify_path(proof, anchors).result is Result.INDETERMINATE
