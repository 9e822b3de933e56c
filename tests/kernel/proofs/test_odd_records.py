"""Evidence whose record holds odd things in odd places: a failed check, never an exception."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path

RELEASE = Path(__file__).parents[2] / "vectors" / "release-0.1"
ODD: tuple[Any, ...] = (None, True, 7, "text", [], [None], [[]], {}, {"x": None})
PLACES = (
    ("ERDSEventId",), ("EventTime",), ("MessageIdentifier",), ("Extensions",),
    ("Extensions", "JournalPosition"),
    ("UserContentInfo",), ("UserContentInfo", "PartsInfo"), ("UserContentInfo", "PartsInfo", "PartInfo"),
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_a_bundle_with_odd_records_is_a_failed_verification(tmp_path: Path, place: tuple[str, ...]) -> None:
    source = RELEASE / "unclaimed"
    for number, odd in enumerate(ODD):
        bundle = tmp_path / str(number)
        for path in source.rglob("*"):
            if path.is_file():
                (bundle / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
                (bundle / path.relative_to(source)).write_bytes(path.read_bytes())
        target = next((bundle / "evidence").glob("02-*.json"))
        exhibit = json.loads(target.read_bytes())
        record = json.loads(base64.urlsafe_b64decode(exhibit["evidence"]["payload"] + "=="))
        part = record
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = odd
        exhibit["evidence"]["payload"] = base64.urlsafe_b64encode(rfc8785.dumps(record)).decode().rstrip("=")
        target.write_bytes(rfc8785.dumps(exhibit))
        listed = json.loads((bundle / "manifest.json").read_bytes())
        listed[target.relative_to(bundle).as_posix()] = hashlib.sha256(target.read_bytes()).hexdigest()
        (bundle / "manifest.json").write_bytes(rfc8785.dumps(listed))
        assert verify_path(bundle, Anchors.load(RELEASE / "trust")).result is Result.FAILED, odd
