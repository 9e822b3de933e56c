# ruff: noqa: E501 - tables read better whole
"""The offline verifier on real products: what passes, what fails, what stays indeterminate."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lre_kit.errors import ConfigurationError
from lre_kit.proofs.report import Result
from lre_kit.proofs.sealing.exhibit import ExhibitError, parse_exhibit
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    with throwaway_office(folder / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        office.issuer.export(letter.id, folder / "letter")
        office.keys.write_trust(folder / "trust")
    with throwaway_office(folder / "other") as stranger:
        stranger.keys.write_trust(folder / "strangers")
    return folder


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "letter" / "bundle", tmp_path / "bundle")
    return tmp_path / "bundle"


def products(made: Path) -> list[Path]:
    letter = made / "letter"
    return [letter / "bundle", *sorted(letter.glob("evidence/*.json")), *sorted(letter.glob("proofs/*.pdf"))]


def test_every_product_passes_with_the_offices_anchors(made: Path) -> None:
    anchors = Anchors.load(made / "trust")
    assert len(products(made)) == 8
    for path in products(made):
        report = verify_path(path, anchors)
        assert (report.result, path.name) == (Result.PASSED, path.name)
        assert report.not_checked


def test_without_anchors_nothing_is_passed_and_nothing_failed(made: Path) -> None:
    for path in products(made):
        assert verify_path(path, Anchors.none()).result is Result.INDETERMINATE


def test_with_a_strangers_anchors_nothing_passes(made: Path) -> None:
    anchors = Anchors.load(made / "strangers")
    for path in products(made):
        assert verify_path(path, anchors).result is not Result.PASSED


def test_one_byte_changed_anywhere_in_a_bundle_fails(made: Path, bundle: Path) -> None:
    anchors = Anchors.load(made / "trust")
    chance = random.Random(20260112)
    for path in sorted(p for p in bundle.rglob("*") if p.is_file()):
        content = path.read_bytes()
        for place in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(1))}:
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            report = verify_path(bundle, anchors)
            assert (report.result, path.name, place) == (Result.FAILED, path.name, place)
        path.write_bytes(content)
    assert verify_path(bundle, anchors).result is Result.PASSED


@pytest.mark.parametrize(
    "member", ["payload", "protected", "signature", "salt", "path", "index", "checkpoint", "token"]
)
def test_an_evidence_file_changed_in_any_member_fails(made: Path, tmp_path: Path, member: str) -> None:
    source = min((made / "letter" / "evidence").glob("03-*.json"))
    found = json.loads(source.read_bytes())
    for part in (found, found["evidence"], found["log"]):
        if member in part:
            part[member] = changed(part[member])
    place = tmp_path / source.name
    place.write_text(json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False), "utf-8")
    assert verify_path(place, Anchors.load(made / "trust")).result is Result.FAILED


def changed(value: object) -> object:
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1] if value else ["00" * 32]
    text = str(value)
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


@pytest.mark.parametrize(
    "form", ["spaces", "order", "duplicate", "extra", "newline", "list", "deep", "empty"]
)
def test_an_evidence_file_in_any_other_form_is_refused(made: Path, form: str) -> None:
    """F8.12."""
    raw = min((made / "letter" / "evidence").glob("*.json")).read_bytes()
    found = json.loads(raw)
    forms = {
        "spaces": json.dumps(found, sort_keys=True).encode(),
        "order": json.dumps(
            dict(reversed(found.items())), separators=(",", ":"), ensure_ascii=False
        ).encode(),
        "duplicate": raw.replace(b'{"checkpoint"', b'{"format":"lre-exhibit/1","checkpoint"', 1),
        "extra": json.dumps(
            found | {"zz": 1}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode(),
        "newline": raw + b"\n",
        "list": b"[]",
        "deep": b"[" * 100_000,
        "empty": b"",
    }
    parse_exhibit(raw)
    with pytest.raises(ExhibitError):
        parse_exhibit(forms[form])


@pytest.mark.parametrize("attack", ["missing", "added", "escape", "other letter", "no manifest", "gap"])
def test_a_bundle_that_is_not_whole_fails(made: Path, bundle: Path, attack: str) -> None:
    from lre_kit.proofs.packing.bundle import manifest_bytes

    manifest = bundle / "manifest.json"
    listed = json.loads(manifest.read_bytes())
    first = min(name for name in listed if name.startswith("evidence/"))
    if attack == "missing":
        (bundle / first).unlink()
    elif attack == "added":
        (bundle / "evidence" / "99-Extra.json").write_text("{}")
    elif attack == "escape":
        manifest.write_bytes(manifest_bytes(listed | {"../outside": "0" * 64}))
    elif attack == "no manifest":
        manifest.unlink()
    elif attack == "gap":
        (bundle / first).unlink()
        del listed[first]
        manifest.write_bytes(manifest_bytes(listed))
    else:
        (bundle / "documents" / "01-letter.pdf").write_bytes(b"%PDF-another")
        from hashlib import sha256

        listed["documents/01-letter.pdf"] = sha256(b"%PDF-another").hexdigest()
        manifest.write_bytes(manifest_bytes(listed))
    assert verify_path(bundle, Anchors.load(made / "trust")).result is Result.FAILED


def test_a_proof_pdf_that_grew_after_sealing_fails(made: Path, tmp_path: Path) -> None:
    """F8.10."""
    source = min((made / "letter" / "proofs").glob("*.pdf"))
    grown = tmp_path / source.name
    grown.write_bytes(source.read_bytes() + b"\n% more\n")
    assert verify_path(grown, Anchors.load(made / "trust")).result is not Result.PASSED
    grown.write_bytes(b"%PDF-1.7 not really")
    assert verify_path(grown, Anchors.load(made / "trust")).result is Result.FAILED


def test_a_folder_without_anchors_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no trust anchors"):
        Anchors.load(tmp_path)
    (tmp_path / "seal-ca.pem").write_text("junk")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Anchors.load(tmp_path)


def test_verifying_loads_no_database_and_opens_no_connection(made: Path) -> None:
    """F15.04."""
    script = (
        "import sys, socket\n"
        "def no(*a, **k): raise RuntimeError('network')\n"
        "socket.socket.connect = no\n"
        "from pathlib import Path\n"
        "from lre_kit.proofs.verifying.verify import Anchors, verify_path\n"
        f"r = verify_path(Path({str(made / 'letter' / 'bundle')!r}), Anchors.load(Path({str(made / 'trust')!r})))\n"
        "assert r.exit_code == 0, r.checks\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in ('sqlalchemy', 'sqlmodel', 'flask')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, check=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
