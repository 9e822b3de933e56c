"""Rules that are adopted, or changed by hand, hold in processes that run already."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lre_kit.identifiers.derogation_files import FILE_NAME
from lre_kit.office import PostOffice
from lre_kit.operators import adopting, lists
from lre_kit.operators.rules import Act
from lre_kit.testing.office import throwaway_office

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
        print(office.people.ordering.orders.may_order("paper_codes", "nobody").allowed, flush=True)
"""


@pytest.fixture
def office(tmp_path: Path) -> PostOffice:
    with throwaway_office(tmp_path / "office") as opened:
        yield opened


def test_a_process_that_runs_notices_rules_that_another_adopts(office: PostOffice) -> None:
    told = {"LRE_HOME": str(office.settings.home), "LRE_BASE_URL": office.settings.base_url}
    command = [sys.executable, "-P", "-c", RUNS]
    with subprocess.Popen(
        command, env={**os.environ, **told}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout

        def may_order() -> bool:
            assert other.stdin
            assert other.stdout
            other.stdin.write("?\n")
            other.stdin.flush()
            return other.stdout.readline().strip() == "True"

        assert may_order()
        base = adopting.digest_of(adopting.present_rules(office.settings))
        session = office.operators.entrance.local("anne")
        facts = {"draft": DRAFT, "base": base}
        office.operators.desk.act(session, Act.ADOPT_REGIME, "rules", reason="A test", facts=facts)
        assert not may_order(), "the other process goes by the former rules"
        assert not office.people.ordering.orders.may_order("paper_codes", "nobody").allowed
        # What the rules call for at their end is planned without any process being started again.
        planned = lists.duties(office.database, limit=500, text="end_derogation")
        assert [row["subject"] for row in planned] == ["FR-TEST"]
        # A file that somebody breaks by hand while the office runs changes nothing.
        path = office.settings.home / FILE_NAME
        path.write_text("[[derogation]", encoding="utf-8")
        assert not may_order()
        path.unlink()
        assert may_order()
        other.stdin.close()
        assert other.wait(timeout=30) == 0
