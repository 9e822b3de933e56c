"""The verifier page in a real browser: it answers what `lre verify` answers, and needs no network."""

import base64
import hashlib
import json
import random
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785

from lre_kit.clock import now
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.report import Report
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.proofs.stamping.tsa_http import HttpAuthority
from lre_kit.proofs.verifying.verifier import verifier_html
from lre_kit.proofs.verifying.verify import Anchors, verify_exhibit, verify_path
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.tsa_server import OpensslAuthority
from lre_kit.testing.twins import changed, flipped, renewed, twins

VERIFY = """async ([kind, encoded, at]) => {
  await lreVerifier.ready;
  const trust = kind === "none" ? {} : JSON.parse(document.getElementById("embedded").textContent);
  const anchors = await lreVerifier.readAnchors(trust);
  const reports = [];
  for (const each of encoded) {
    const bytes = Uint8Array.from(atob(each), (character) => character.charCodeAt(0));
    reports.push((await lreVerifier.verifyExhibit(bytes, anchors, { at })).toJSON());
  }
  return reports;
}"""

VERIFY_FILES = """async (encoded) => {
  const trust = JSON.parse(document.getElementById("embedded").textContent);
  const files = new Map(Object.entries(encoded).map(
    ([path, each]) => [path, Uint8Array.from(atob(each), (character) => character.charCodeAt(0))]));
  return (await lreVerifier.verifyFiles(files, await lreVerifier.readAnchors(trust))).toJSON();
}"""

if TYPE_CHECKING:
    from playwright.sync_api import Page


def evidence(shelf: Path, place: int = 2) -> bytes:
    return sorted((shelf / "letter" / "evidence").glob("*.json"))[place].read_bytes()


def in_browser(
    page: "Page", vectors: list[bytes], trust: str = "own", at: datetime | None = None
) -> list[dict[str, Any]]:
    instant_ms = int((at or now()).timestamp() * 1000)
    found: list[dict[str, Any]] = page.evaluate(
        VERIFY, [trust, [base64.b64encode(v).decode() for v in vectors], instant_ms]
    )
    return found


def in_python(raw: bytes, anchors: Anchors, at: datetime | None = None) -> dict[str, Any]:
    report = Report(at=at or now())
    verify_exhibit(raw, "evidence", anchors, report)
    return report.to_json()


def told(report: dict[str, Any], *keys: str) -> list[tuple[str, ...]]:
    return [tuple(check[key] for key in keys) for check in report["checks"]]


def test_the_offices_evidence_passes_as_it_does_on_the_command_line(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    anchors = Anchors.load(shelf / "trust")
    raws = [evidence(shelf, place) for place in range(5)]
    for raw, report in zip(raws, in_browser(opened(), raws), strict=True):
        assert report["result"] == "passed"
        keys = ("name", "subject", "result", "sub_indication")
        assert told(report, *keys) == told(in_python(raw, anchors), *keys)
        assert any("revocation" in line for line in report["not_checked"])


def test_every_changed_twin_fails_and_both_verifiers_name_the_same_check(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    """F15.05."""
    anchors = Anchors.load(shelf / "trust")
    vectors = twins(evidence(shelf), evidence(shelf, 0))
    reports = in_browser(opened(), list(vectors.values()))
    answers = {
        name: (in_python(raw, anchors), report)
        for (name, raw), report in zip(vectors.items(), reports, strict=True)
    }
    assert len(answers) >= 50
    assert {name for name, (_, report) in answers.items() if report["result"] != "failed"} == set()
    for name, (expected, report) in answers.items():
        keys = ("name", "result", "sub_indication")
        assert (name, told(report, *keys)) == (name, told(expected, *keys))


def test_a_flipped_bit_anywhere_in_the_token_or_the_file_passes_in_neither(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    anchors, raw, chance = (
        Anchors.load(shelf / "trust"),
        evidence(shelf),
        random.Random(20260112),
    )
    token = json.loads(raw)["token"]
    vectors = [
        changed(raw, "token", flipped(token, place)) for place in range(0, len(base64.b64decode(token)), 7)
    ]
    for place in (chance.randrange(len(raw)) for _ in range(120)):
        vectors.append(raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :])
    for vector, report in zip(vectors, in_browser(opened(), vectors), strict=True):
        expected = in_python(vector, anchors)
        # How a damaged certificate is refused depends on how much of it a library reads first.
        assert told(report, "name", "result") == told(expected, "name", "result")
        assert report["result"] == expected["result"] != "passed"


def test_a_strangers_evidence_and_missing_trust_are_answered_alike(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    stranger = next((shelf / "strangers" / "evidence").glob("01-*.json")).read_bytes()
    own, page, keys = evidence(shelf), opened(), ("name", "result", "sub_indication")
    (report,) = in_browser(page, [stranger])
    assert told(report, *keys) == told(in_python(stranger, Anchors.load(shelf / "trust")), *keys)
    assert report["result"] == "failed"
    (report,) = in_browser(page, [own], trust="none")
    assert told(report, *keys) == told(in_python(own, Anchors.none()), *keys)
    assert report["result"] == "indeterminate"


def test_renewed_time_stamps_are_followed_as_on_the_command_line(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    clock = MovedClock()
    authority = BuiltinAuthority(Keys.load(shelf / "office" / "keys"), clock)
    good = renewed(evidence(shelf), authority, clock)
    found = json.loads(good)
    first, last = found["renewals"]
    vectors = {
        "good": good,
        "swapped": rfc8785.dumps(found | {"renewals": [last, first]}),
        "first dropped": rfc8785.dumps(found | {"renewals": [last]}),
        "another index": changed(good, "renewals", [first | {"index": 1}, last]),
        "another size": changed(good, "renewals", [first | {"size": 2}, last]),
        "a path": changed(good, "renewals", [first | {"path": ["00" * 32]}, last]),
        "a flipped bit": changed(good, "renewals", [first, last | {"token": flipped(last["token"], -1)}]),
        "another note's": changed(renewed(evidence(shelf, 0), authority, clock), "renewals", [first, last]),
        "an unknown member": changed(good, "renewals", [first | {"more": 1}, last]),
        "the first format": changed(good, "format", "lre-exhibit/1"),
    }
    anchors, keys = Anchors.load(shelf / "trust"), ("name", "result", "sub_indication")
    reports = in_browser(opened(), list(vectors.values()), at=clock())
    for (name, raw), report in zip(vectors.items(), reports, strict=True):
        assert (name, told(report, *keys)) == (name, told(in_python(raw, anchors, clock()), *keys))
        assert (name, report["result"]) == (name, "passed" if name == "good" else "failed")


def use_rsa(folder: Path) -> None:
    """Give an OpenSSL authority an RSA key under an RSA root."""
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-sha256", "-days", "3650"]
    root = ["-subj", "/CN=RSA root", "-addext", "keyUsage=critical,keyCertSign"]
    leaf = ["-subj", "/CN=RSA stamps", "-addext", "extendedKeyUsage=critical,timeStamping"]
    above = ["-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key")]
    below = ["-addext", "basicConstraints=critical,CA:FALSE"]
    for name, more in (("ca", root), ("tsa", [*leaf, *above, *below])):
        out = ["-out", str(folder / f"{name}.pem"), "-keyout", str(folder / f"{name}.key")]
        subprocess.run([*make, *more, *out], check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["P-256", "RSA"])
def test_another_authoritys_tokens_are_read_as_on_the_command_line(
    shelf: Path, tmp_path: Path, opened: Callable[..., "Page"], kind: str
) -> None:
    found = json.loads(evidence(shelf))
    digest = hashlib.sha256(found["checkpoint"].encode()).digest()
    authority = OpensslAuthority(tmp_path / "authority")
    if kind == "RSA":
        use_rsa(authority.folder)
    with authority:
        token = HttpAuthority(authority.url, policy=None, timeout_s=20).stamp(digest)
    trust = shutil.copytree(shelf / "trust", tmp_path / "trust")
    shutil.copy(authority.anchor_file, trust / "tsa-ca.pem")
    (tmp_path / "page.html").write_bytes(verifier_html(trust, "fr"))
    vectors = [
        rfc8785.dumps(found | {"token": base64.b64encode(token[:place] + flip + token[place + 1 :]).decode()})
        for place in (0, len(token) - 40, len(token) - 1)
        for flip in (bytes([token[place]]), bytes([token[place] ^ 1]))
    ]
    anchors, keys = Anchors.load(trust), ("name", "result", "sub_indication")
    reports = in_browser(opened(tmp_path / "page.html"), vectors)
    for number, (vector, report) in enumerate(zip(vectors, reports, strict=True)):
        assert told(report, *keys) == told(in_python(vector, anchors), *keys)
        assert report["result"] == ("failed" if number % 2 else "passed")


def test_without_ed25519_the_checkpoint_is_left_open_and_says_why(
    shelf: Path, opened: Callable[..., "Page"]
) -> None:
    page = opened()
    page.evaluate(
        """() => {
      const known = crypto.subtle.importKey.bind(crypto.subtle);
      crypto.subtle.importKey = (format, key, algorithm, ...rest) => algorithm.name === "Ed25519"
        ? Promise.reject(new DOMException("", "NotSupportedError")) : known(format, key, algorithm, ...rest);
    }"""
    )
    (report,) = in_browser(page, [evidence(shelf)])
    assert report["result"] == "indeterminate"
    (left_open,) = [check for check in report["checks"] if check["result"] != "passed"]
    assert left_open["name"] == "checkpoint"
    assert "Ed25519" in left_open["reason"]


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda bundle: None, "passed"),
        (lambda bundle: (bundle / "documents/01-letter.pdf").write_bytes(b"%PDF another"), "failed"),
        (lambda bundle: (bundle / "documents/01-letter.pdf").unlink(), "failed"),
        (lambda bundle: (bundle / "evidence/03-ConsignmentAcceptance.json").unlink(), "failed"),
        (lambda bundle: (bundle / "evidence/05-ContentHandover.json").write_bytes(b"{}"), "failed"),
        (lambda bundle: (bundle / "more.txt").write_text("more"), "failed"),
        (lambda bundle: (bundle / "manifest.json").write_text('{"../up": "00"}'), "failed"),
        (lambda bundle: (bundle / "manifest.json").write_text("[]"), "failed"),
        (lambda bundle: relist(bundle, leave_out="evidence/02-NotificationForAcceptance.json"), "failed"),
        (lambda bundle: relist(bundle, leave_out="documents/01-letter.pdf"), "passed"),
    ],
)
def test_a_bundle_is_answered_as_on_the_command_line(
    shelf: Path,
    tmp_path: Path,
    opened: Callable[..., "Page"],
    change: Callable[[Path], object],
    answer: str,
) -> None:
    bundle = shutil.copytree(shelf / "letter" / "bundle", tmp_path / "bundle")
    change(bundle)
    found = verify_path(bundle, Anchors.load(shelf / "trust"))
    keys = ("name", "subject", "result", "sub_indication")
    rows = told(found.to_json(), *keys)
    expected = [row for row in rows if not (_is_left_open(row) or _is_of_xml(row))]
    files = {
        path.relative_to(tmp_path).as_posix(): base64.b64encode(path.read_bytes()).decode()
        for path in bundle.rglob("*")
        if path.is_file()
    }
    report = opened().evaluate(VERIFY_FILES, files)
    assert told(report, *keys) == expected
    assert report["result"] == answer


def _is_left_open(row: tuple[str, ...]) -> bool:
    """Answer whether a check is one that the page leaves to the command line."""
    return row[0].startswith("PDF") or row[0] in {"part", "revocation list"}


def _is_of_xml(row: tuple[str, ...]) -> bool:
    """Answer whether a check looked at XML evidence alone, which the page leaves to the command line."""
    return row[1].endswith(".xml") and row[0] != "manifest"


def relist(bundle: Path, *, leave_out: str) -> None:
    """Take a file out of a bundle and out of its list."""
    (bundle / leave_out).unlink()
    listed = json.loads((bundle / "manifest.json").read_bytes())
    del listed[leave_out]
    (bundle / "manifest.json").write_bytes(rfc8785.dumps(listed))
