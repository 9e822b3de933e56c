"""``lre post``, as an operator types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lre_kit.testing.printable import printable_pdf

pytestmark = pytest.mark.timeout(300)


def lre(home: Path, *words: str, code: int = 0) -> str:
    environment = os.environ | {"LRE_HOME": str(home), "LRE_POST_PROVIDER": "spool", "COLUMNS": "200"}
    command = [sys.executable, "-P", "-c", "from lre_kit.cli.main import main; main()", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_letter_goes_through_the_post_room_by_commands(tmp_path: Path) -> None:
    home, document = tmp_path / "o", tmp_path / "lettre.pdf"
    document.write_bytes(printable_pdf(2))
    lre(home, "init")
    lre(home, "post", "numbers", "add", "RK", "00000100", "00000199")
    lre(home, "post", "numbers", "add", "RK", "00000150", "00000250", code=65)
    lre(
        home, "deposit", str(document), "--product", "hybrid", "--from", "a@example.org", "--to",
        "b@example.net",
        "--postal-line", "M DUPONT", "--postal-line", "75002 Paris",
    )  # fmt: skip
    driver = (
        "from lre_kit.settings import Settings\nfrom lre_kit.office import PostOffice\n"
        "with PostOffice.open(Settings()) as office: office.sequence(); office.sweep()"
    )
    environment = os.environ | {"LRE_HOME": str(home), "LRE_POST_PROVIDER": "spool"}
    subprocess.run([sys.executable, "-P", "-c", driver], env=environment, check=True, timeout=120)
    (batch,) = json.loads(lre(home, "post", "batches", "--json"))
    lre(home, "post", "hand-over", batch["number"], code=70)
    lre(home, "post", "close", batch["number"], "--manifest", str(tmp_path / "m.csv"))
    assert "RK000001006FR" in (tmp_path / "m.csv").read_text()
    lre(home, "post", "hand-over", batch["number"])
    assert (home / "post-room" / batch["number"] / "manifest.json").exists()
    file = tmp_path / "news.csv"
    file.write_text("item_number,code\nRK000001006FR,LP09\nRK999999999FR,LP09\n")
    assert "line 3: unknown_number" in lre(home, "post", "import", str(file), code=1)
    lre(home, "post", "returns", "reason", "RK000001006FR", "N03")
    told = json.loads(lre(home, "post", "reconcile", "--json"))
    assert [item["outcome"] for item in told["came_back"]] == ["unclaimed"]
    assert "N03" in lre(home, "post", "track", "RK000001006FR")
    lre(home, "post", "returns", "attach", "RK000001006FR", str(tmp_path / "none.pdf"), code=66)
