"""``lre regime``: what the law asks at a date, and what a date will change."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database

OWN = """
[[derogation]]
id = "TEST-2999"
reference = "Decision 1"
valid_from = 2020-01-01
valid_until = 2999-12-31
title = { fr = "Essai", en = "Trial" }
notice = { fr = "Avis", en = "Notice" }
changes = { sender_proofing_methods = ["remote_visual"] }

[[suspension]]
id = "STRIKE"
kinds = ["paper_codes"]
valid_from = 2020-01-01
valid_until = 2999-12-31
message = { fr = "Grève", en = "Strike" }
"""


def test_what_is_required_is_shown_without_an_office(lre: Any) -> None:
    now = lre("regime", "show")
    assert (now.code, now.err) == (0, "")
    assert "No derogation and no suspension is in force." in now.out
    then = lre("regime", "show", "--at", "2020-04-15", "--json").json
    assert then["required"]["qualified"]["sender"]["derogation"] == "FR-2020-COVID"
    assert "remote_visual" in then["required"]["qualified"]["sender"]["proofing_methods"]
    assert then["required"]["simple"]["sender"]["level"] is None
    assert [one["id"] for one in then["derogations"]] == ["FR-2020-COVID"]
    assert "dates unverified" in lre("regime", "show", "--at", "2020-09-30").out
    assert lre("regime", "show", "--at", "2020-10-01", "--json").json["derogations"] == []
    # The last day ends at midnight in Paris, wherever the instant is written.
    assert lre("regime", "show", "--at", "2020-09-30T23:00:00+00:00", "--json").json["derogations"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "--at", "yesterday"), "is no date"),
        (("show", "--at", "2020-02-30"), "is no date"),
        (("show", "--at", "2020-04-15T10:00"), "no time zone"),
        (("show", "--at", "0001-01-01"), "too far"),
        (("show", "--at", "9999-12-31"), "too far"),
        (("show", "--at", "2018-12-31"), "No rule was in force"),
        (("simulate", "--at", "2020-04-15"), "in the past"),
        (("simulate", "--at", ""), "is no date"),
    ],
)
def test_a_bad_date_is_refused_in_two_sentences(lre: Any, arguments: tuple[str, ...], words: str) -> None:
    assert words in lre("regime", *arguments).refused(65, "bad-date")


def test_the_offices_own_file_is_read_and_a_broken_one_is_named(lre: Any, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    file = folder / "derogations.toml"
    file.write_text(OWN)
    shown = lre("regime", "show")
    assert "Derogation TEST-2999 up to 2999-12-31" in shown.out
    assert "Suspension STRIKE" in shown.out
    assert lre("regime", "show", "--json").json["suspensions"][0]["message"]["fr"] == "Grève"
    for broken in ("[[", '[[derogation]]\nid = "X"', "derogations = 1"):
        file.write_text(broken)
        lre("regime", "show").refused(78, "configuration")
    file.write_bytes(b"\xff")
    lre("regime", "show").refused(78, "configuration")


def test_what_a_date_changes_is_told_and_nothing_is_changed(lre: Any, home: Path) -> None:
    nothing = lre("regime", "simulate", "--at", "2990-01-01")
    assert (nothing.code, nothing.err) == (0, "")
    assert "Nothing changes" in nothing.out
    (home / "derogations.toml").write_text(OWN)
    made = [new_id() for _ in range(25)]
    database = Database(f"sqlite:///{home / 'office.db'}")
    with database.write() as uow:
        uow.add_all(
            IdentifierRow,
            [
                {
                    "id": each,
                    "serial": each[-12:].upper(),
                    "party_id": each,
                    "kind": "paper_codes",
                    "state": "active" if place else "revoked",
                    "label": "",
                    "derogation": "TEST-2999",
                    "facts": {},
                    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
                }
                for place, each in enumerate(made)
            ],
        )
        uow.commit()
    database.close()
    found = lre("regime", "simulate", "--at", "3000-01-01", "--json").json
    (ending,) = found["endings"]
    assert ending["ends_at"] == "2999-12-31T23:00:00.000000Z"
    assert (ending["identifiers"], ending["parties"]) == (24, 24)
    assert len(ending["serials"]) == 24
    (change,) = found["changes"]
    assert (change["product"], change["role"]) == ("qualified", "sender")
    assert change["before"]["derogation"] == "TEST-2999"
    assert change["after"]["derogation"] is None
    told = lre("regime", "simulate", "--at", "3000-01-01")
    assert "means that end: 24" in told.out
    assert "4 more; --json lists all." in told.out
    assert "Requirements that change" in told.out
    assert lre("regime", "simulate", "--at", "3000-01-01", "--json").json["endings"][0]["identifiers"] == 24


def test_an_office_that_is_not_there_cannot_be_simulated(lre: Any) -> None:
    lre("regime", "simulate", "--at", "2990-01-01").refused(78, "not-initialised")
