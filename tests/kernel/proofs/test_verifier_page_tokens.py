"""Tokens that are properly signed and wrong in one thing: the page refuses each as `lre verify` does."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import rfc8785

from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.report import Report
from lre_kit.proofs.verifying.verify import Anchors, verify_exhibit
from lre_kit.testing.token_forge import Forge, token_changes

if TYPE_CHECKING:
    from playwright.sync_api import Page

VERIFY = """async (encoded) => {
  const anchors = await lreVerifier.readAnchors(JSON.parse(document.getElementById("embedded").textContent));
  const reports = [];
  for (const each of encoded) {
    const bytes = Uint8Array.from(atob(each), (character) => character.charCodeAt(0));
    reports.push((await lreVerifier.verifyExhibit(bytes, anchors)).toJSON());
  }
  return reports;
}"""


def test_wrong_tokens_are_refused_by_both_verifiers_and_right_ones_pass(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    keys = Keys.load(shelf / "office" / "keys")
    raw = sorted((shelf / "letter" / "evidence").glob("*.json"))[2].read_bytes()
    exhibit = json.loads(raw)
    imprint = hashlib.sha256(exhibit["checkpoint"].encode()).digest()
    made: dict[str, bytes] = {}
    for name, change in token_changes(keys).items():
        token = Forge(keys=keys, **({"imprint": imprint} | change)).token()
        made[name] = rfc8785.dumps(exhibit | {"token": base64.b64encode(token).decode()})
    encoded = [base64.b64encode(each).decode() for each in made.values()]
    reports = opened().evaluate(VERIFY, encoded)
    anchors = Anchors.load(shelf / "trust")
    assert len(made) > 30
    for (name, vector), found in zip(made.items(), reports, strict=True):
        expected = Report()
        verify_exhibit(vector, "evidence", anchors, expected)
        told = [(check.name, check.result.value, check.sub_indication) for check in expected.checks]
        answered = [(check["name"], check["result"], check["sub_indication"]) for check in found["checks"]]
        assert (name, answered) == (name, told)
        assert (name, found["result"] == "passed") == (name, name.startswith("right"))
