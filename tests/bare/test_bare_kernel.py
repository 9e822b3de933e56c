"""The kernel stands alone: no extra, no face, no framework.

Runs everywhere; in `tox -e bare` nothing else is installed, and more is asked.
"""

import importlib.util
import os
import subprocess
import sys
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

import pytest

FRAMEWORKS = ("flask", "textual", "dramatiq", "apscheduler", "psycopg", "obstore", "pkcs11")
FACES = ("lre_web", "lre_tui", "lre_jobs")
IMPORT_CPU_MAX_S = 0.25
"""Processor time the import of the kernel may take, in seconds."""

BARE = os.environ.get("LRE_BARE") == "1"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LRE_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def lre(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.argv = ['lre', *{arguments!r}]; from lre_kit.cli.main import main; main()"
    return python(code, LRE_HOME=str(home), PYTHONWARNINGS="error", COLUMNS="160")


def loaded_after(code: str) -> set[str]:
    done = python(f"{code}\nimport sys\nprint(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n")[-2].split())


def test_importing_the_kernel_loads_no_framework() -> None:
    loaded = loaded_after("import lre_kit, lre_kit.office, lre_kit.proofs.verifying.verify")
    assert loaded.isdisjoint({*FRAMEWORKS, *FACES})


def test_an_office_opens_without_what_only_some_of_its_acts_use() -> None:
    """What a command loads is counted, not how long it takes: machines differ."""
    heavy = {
        "PIL", "alembic", "cbor2", "httpx", "joserfc", "lxml", "markdown_it", "openpyxl", "paramiko",
        "pikepdf", "pyhanko", "pypdfium2", "requests", "segno", "signxml", "typst", "webauthn",
    }  # fmt: skip
    assert loaded_after("import lre_kit.office, lre_kit.cli.letters, lre_kit.cli.shared").isdisjoint(heavy)
    code = "import sys, lre_kit.office\nassert not {'asn1crypto.cms', 'asn1crypto.x509'} & set(sys.modules)"
    assert python(code).returncode == 0


def test_help_loads_neither_a_face_nor_its_framework() -> None:
    code = (
        "import sys; sys.argv = ['lre', '--help']\n"
        "from lre_kit.cli.main import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code"
    )
    assert loaded_after(code).isdisjoint({*FRAMEWORKS, *FACES, "sqlalchemy", "typst"})


def test_importing_the_kernel_is_quick() -> None:
    code = "import time; start = time.process_time(); import lre_kit; print(time.process_time() - start)"
    best = min(float(python(code).stdout) for _ in range(5))
    assert best < IMPORT_CPU_MAX_S


if BARE:

    def test_no_extra_is_installed() -> None:
        assert [name for name in FRAMEWORKS if importlib.util.find_spec(name)] == []

    @pytest.mark.parametrize("face", ["serve", "work", "console"])
    def test_a_missing_extra_is_answered_with_the_line_that_installs_it(face: str, tmp_path: Path) -> None:
        assert lre(tmp_path / "office", "init").returncode == 0
        done = lre(tmp_path / "office", face)
        assert done.returncode == 69, done.stderr
        assert 'pip install "lre-kit[' in done.stderr


def test_an_office_opens_takes_a_letter_and_audits_itself(tmp_path: Path) -> None:
    home = tmp_path / "office"
    note = tmp_path / "note.txt"
    note.write_text("I end my lease.", encoding="utf-8")
    for arguments in (
        ("init",),
        ("deposit", str(note), "--from", "a@example.org", "--to", "b@example.net"),
        ("letters",),
        ("log", "audit"),
    ):
        done = lre(home, *arguments)
        assert done.returncode == 0, f"lre {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"


def test_all_that_is_not_python_is_installed_too() -> None:
    kernel = files("lre_kit")
    for name in ("py.typed", "store/migrations/env.py", "proofs/packing/templates/proof.typ"):
        assert kernel.joinpath(name).is_file(), name
    versions = kernel.joinpath("store/migrations/versions")
    assert any(entry.name.startswith("0001") for entry in versions.iterdir())


def test_the_wheel_puts_only_its_four_packages_beside_others() -> None:
    installed = distribution("lre-kit").files or []
    tops = {file.parts[0] for file in installed if file.parts[0] != ".." and "/" in str(file)}
    packages = {top for top in tops if not top.endswith(".dist-info") and top != "__pycache__"}
    assert packages <= {"lre_kit", "lre_web", "lre_tui", "lre_jobs"}
