"""What people hold once the office, its keys, its domain and the network are gone (F15.03, F15.04)."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lre_kit.testing.office import deposit_sample, identify, throwaway_office

PROGRAM = """
import socket, sys
from pathlib import Path
from lre_kit.clock import now
from lre_kit.proofs.forms.note import NoteVerifier
from lre_kit.proofs.publication.log_policy import LogPolicy
from lre_kit.proofs.publication.monitor import Monitor
from lre_kit.proofs.publication.monitor_source import open_source
from lre_kit.proofs.verifying.verify import Anchors, verify_path
place = Path(sys.argv[1])
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=2)
    print("there is a network")
except OSError:
    pass
anchors = Anchors.load(place / "trust")
for product in [*place.glob("*/bundle"), *place.glob("*/proofs/*"), *place.glob("*/evidence/*"),
                *place.glob("*.asice")]:
    report = verify_path(product, anchors)
    print(report.result.value, product.relative_to(place))
policy = LogPolicy(logs=[NoteVerifier.parse((place / "trust" / "log.vkey").read_text())])
with open_source(str(place / "public-log"), timeout_s=5) as source:
    watched = Monitor(policy, source, full=True).look(None, at=now())
print(watched.report.result.value, "the log of", watched.entries)
"""


@pytest.mark.needs("unshare")
def test_all_that_was_given_out_verifies_without_office_keys_domain_or_network(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with throwaway_office(tmp_path / "office") as office:
        accepted, refused = deposit_sample(office), deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(accepted.id, identify(office, accepted))
        office.desk.refuse(refused.id, identify(office, refused))
        office.run_until_idle()
        for letter in (accepted, refused):
            office.issuer.export(letter.id, kept / letter.number)
            with (kept / f"{letter.number}.asice").open("wb") as target:
                office.issuer.container(letter.id, target=target)
        records = office.sequencer.waiting()
        assert records.oldest_at is None
    shutil.copytree(tmp_path / "office" / "trust", kept / "trust")
    shutil.copytree(tmp_path / "office" / "public-log", kept / "public-log")
    shutil.rmtree(tmp_path / "office")
    alone = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        done = subprocess.run(
            ["unshare", "-rn", sys.executable, "-P", "-c", PROGRAM, str(kept), port],
            env=alone, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr[-2000:]
    assert [line for line in lines if not line.startswith("passed ")] == []
    assert len(lines) >= 2 * (1 + 2 + 3 + 1) + 1
    assert lines[-1].startswith("passed the log of ")
