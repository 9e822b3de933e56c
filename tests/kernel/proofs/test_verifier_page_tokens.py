"""Tokens that are properly signed and wrong in one thing: the page refuses each as `lre verify` does."""

import base64
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785

from lre_kit.clock import now
from lre_kit.proofs.keys import Keys
from lre_kit.proofs.report import Report
from lre_kit.proofs.verify import Anchors, verify_exhibit

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


@pytest.fixture(scope="module")
def vectors() -> ModuleType:
    """The tests beside this one, for their forge: test folders are no packages."""
    path = Path(__file__).with_name("test_timestamp_vectors.py")
    spec = importlib.util.spec_from_file_location("lre_timestamp_vectors", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["lre_timestamp_vectors"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def changes(found: ModuleType, keys: Keys) -> dict[str, dict[str, Any]]:
    """Return what the forge says otherwise, by name: what its own tests change, and whom it names."""
    (marked,) = found.test_one_thing_wrong_one_reason.pytestmark
    listed = {f"{reason} {number}": change for number, (change, reason) in enumerate(marked.args[1])}
    leaf, root = keys.tsa_certificate, keys.tsa_chain[-1]
    return listed | {
        "right": {},
        "right, with a nonce": {"nonce": 5},
        "right, named by SHA-384": {"names": found.named(leaf, found.SHA384, "sha384")},
        "right, with its root": {"certificates": [leaf, root]},
        "right, certificates out of order": {"certificates": [leaf, root], "backwards": True},
        "named by SHA-1": {"names": found.named(leaf, found.SHA1, "sha1")},
        "another named": {"names": found.named(root)},
        "another named that is there": {"names": found.named(root), "certificates": [leaf, root]},
        "its certificate left out": {"certificates": [keys.seal_certificate]},
        "long before its certificate": {"at": now() - timedelta(days=3000)},
        "long after its certificate": {"at": now() + timedelta(days=9000)},
        "another digest than signed": {
            "digest_algorithm": found.SHA384,
            "signature_algorithm": found.ECDSA_SHA384,
        },
    }


def test_wrong_tokens_are_refused_by_both_verifiers_and_right_ones_pass(
    shelf: Path, opened: Callable[..., "Page"], vectors: ModuleType
) -> None:
    keys = Keys.load(shelf / "office" / "keys")
    raw = sorted((shelf / "letter" / "evidence").glob("*.json"))[2].read_bytes()
    exhibit = json.loads(raw)
    imprint = hashlib.sha256(exhibit["checkpoint"].encode()).digest()
    made: dict[str, bytes] = {}
    for name, change in changes(vectors, keys).items():
        token = vectors.Forge(keys=keys, **({"imprint": imprint} | change)).token()
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
