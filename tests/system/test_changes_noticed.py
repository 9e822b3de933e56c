"""Rules that are adopted, or changed by hand, and keys that are rotated hold in processes that run."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from sqlalchemy import text

from lre_kit.identifiers.derogation_files import FILE_NAME
from lre_kit.office import PostOffice
from lre_kit.operators import adopting, lists
from lre_kit.operators.rules import Act
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.keys.opening import open_keys
from lre_kit.proofs.sealing.seal import base64url
from lre_kit.testing.office import deposit_sample, throwaway_office

DRAFT = """
[[derogation]]
id = "FR-TEST"
reference = "Test 2020-1"
valid_from = 2020-01-01
valid_until = 2090-01-01
title = { fr = "Essai", en = "Test" }
notice = { fr = "Suspendu pour essai", en = "Suspended for a test" }
[derogation.changes]
suspended_kinds = ["paper_codes"]
"""

RUNS = """
import sys
from lre_kit.office import PostOffice
with PostOffice.open() as office:
    for line in sys.stdin:
        print({asked}, flush=True)
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office") as opened:
        yield opened


@contextmanager
def running(office: PostOffice, asked: str) -> Iterator[Callable[[], str]]:
    """Run another process on an office, and hand over what asks it something."""
    told = {"LRE_HOME": str(office.settings.home), "LRE_BASE_URL": office.settings.base_url}
    command = [sys.executable, "-P", "-c", RUNS.format(asked=asked)]
    with subprocess.Popen(
        command, env={**os.environ, **told}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asking, answering = process.stdin, process.stdout
        assert asking
        assert answering

        def ask() -> str:
            asking.write("?\n")
            asking.flush()
            return answering.readline().strip()

        yield ask
        asking.close()
        assert process.wait(timeout=30) == 0


def test_a_process_that_runs_notices_rules_that_another_adopts(office: PostOffice) -> None:
    session = office.operators.entrance.local("anne")
    with running(office, "office.people.ordering.orders.may_order('paper_codes', 'nobody').allowed") as ask:
        assert ask() == "True"
        base = adopting.digest_of(adopting.present_rules(office.settings))
        facts = {"draft": DRAFT, "base": base}
        office.operators.desk.act(session, Act.ADOPT_REGIME, "rules", reason="A test", facts=facts)
        assert ask() == "False", "the other process goes by the former rules"
        assert not office.people.ordering.orders.may_order("paper_codes", "nobody").allowed
        # What the rules call for at their end is planned without any process being started again.
        planned = lists.duties(office.database, limit=500, text="end_derogation")
        assert "FR-TEST" in [row["subject"] for row in planned]
        # A file that somebody breaks by hand while the office runs changes nothing.
        path = office.settings.home / FILE_NAME
        path.write_text("[[derogation]", encoding="utf-8")
        assert ask() == "False"
        path.unlink()
        assert ask() == "True"


def test_a_process_that_runs_seals_with_a_key_that_another_rotated(office: PostOffice) -> None:
    session = office.operators.entrance.local("anne")

    def thumbprint() -> str:
        certificate = open_keys(office.settings).seal_certificate
        return base64url(certificate.fingerprint(hashes.SHA256()))

    with running(office, "office.seal.sign(b'{}', at=office.clock()).protected") as ask:
        former = thumbprint()
        assert json.loads(base64.urlsafe_b64decode(ask() + "=="))["x5t#S256"] == former
        office.operators.desk.act(session, Act.ROTATE_KEY, "seal", reason="Yearly")
        assert thumbprint() != former
        assert json.loads(base64.urlsafe_b64decode(ask() + "=="))["x5t#S256"] == thumbprint()
    letter = deposit_sample(office)
    office.run_until_idle()
    with office.database.read() as connection:
        query = text("SELECT protected FROM evidence WHERE letter_id = :id")
        sealed = connection.execute(query, {"id": letter.id}).scalars().all()
    assert sealed
    for protected in sealed:
        assert json.loads(base64.urlsafe_b64decode(protected + "=="))["x5t#S256"] == thumbprint()
    assert audit_office(office).exit_code == 0
