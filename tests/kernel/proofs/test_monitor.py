"""A monitor believes nothing it can recompute: fork, rollback and every changed file are found."""

import contextlib
import functools
import gzip
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from lre_kit.cli.log import monitor_command
from lre_kit.clock import now
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.note import NoteSigner, NoteVerifier
from lre_kit.proofs.log.frontier import Frontier
from lre_kit.proofs.publication.log_policy import LogPolicy
from lre_kit.proofs.publication.monitor import Monitor, Watched
from lre_kit.proofs.publication.monitor_source import FolderSource, open_source
from lre_kit.proofs.publication.monitor_state import MonitorState, MonitorStateError
from lre_kit.proofs.publication.public_target import PublicFolder
from lre_kit.proofs.publication.publish import publish
from lre_kit.proofs.report import Result
from lre_kit.testing.logs import ORIGIN, ScratchLog


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same log at 250, 600 and 70 000 entries, and a fork of it that begins at 100."""
    folder = tmp_path_factory.mktemp("logs")
    with ScratchLog(folder / "log") as log:
        (folder / "log.vkey").write_text(log.vkey + "\n")
        for name, count in (("small", 250), ("middle", 350), ("large", 69_400)):
            log.grow(count)
            publish(log.database, log.log, PublicFolder(folder / name))
    with ScratchLog(folder / "fork-log") as log:
        log.grow(100)
        for name, count in (("fork-250", 150), ("fork-600", 350)):
            log.grow(count, mark="other")
            publish(log.database, log.log, PublicFolder(folder / name))
    return folder


@pytest.fixture(params=["folder", "http"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder to publish into; what a test reads of it goes through a folder or through a server."""
    folder = tmp_path / "public"
    if request.param == "folder":
        yield folder
        return
    with served(folder) as url:
        PLACES[folder] = url
        yield folder


PLACES: dict[Path, str] = {}


@contextlib.contextmanager
def served(folder: Path, handler: type[SimpleHTTPRequestHandler] = SimpleHTTPRequestHandler) -> Iterator[str]:
    class Quiet(handler):  # type: ignore[valid-type,misc]
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def put(source: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(source, place)


def look(shelf: Path, place: Path, remembered: Watched | None = None, *, full: bool = False) -> Watched:
    policy = LogPolicy(logs=[NoteVerifier.parse((shelf / "log.vkey").read_text())])
    with open_source(PLACES.get(place, str(place)), timeout_s=5) as source:
        note = remembered.note if remembered else None
        return Monitor(policy, source, full=full).look(note, at=now())


def reasons(watched: Watched, result: Result = Result.FAILED) -> str:
    assert watched.report.result is result, watched.report
    return "; ".join(c.reason for c in watched.report.checks if c.result is result)


def test_a_log_that_only_grew_passes(shelf: Path, place: Path) -> None:
    put(shelf / "small", place)
    first = look(shelf, place)
    assert (reasons(first, Result.PASSED).count("first look"), first.entries) == (1, 250)
    assert look(shelf, place, first).entries == 0
    put(shelf / "middle", place)
    second = look(shelf, place, first)
    assert "grew from 250 to 600" in reasons(second, Result.PASSED)
    assert second.entries == 350
    third = look(shelf, place, first, full=True)
    assert third.entries == 600
    assert third.report.result is Result.PASSED


def test_a_log_of_many_levels_is_recomputed_from_wherever_one_was(shelf: Path, tmp_path: Path) -> None:
    put(shelf / "small", tmp_path / "public")
    first = look(shelf, tmp_path / "public")
    put(shelf / "large", tmp_path / "public")
    second = look(shelf, tmp_path / "public", first)
    assert (second.report.result, second.entries) == (Result.PASSED, 69_750)


@pytest.mark.parametrize("full", [False, True])
def test_a_fork_is_found(shelf: Path, place: Path, full: bool) -> None:
    """F8.08: of one size, and of one that grew."""
    put(shelf / "small", place)
    first = look(shelf, place)
    put(shelf / "fork-250", place)
    assert "two different trees of 250" in reasons(look(shelf, place, first, full=full))
    put(shelf / "fork-600", place)
    assert "fork: the first 250 of the 600" in reasons(look(shelf, place, first, full=full))


def test_a_rollback_is_found(shelf: Path, place: Path) -> None:
    """F8.09."""
    put(shelf / "middle", place)
    first = look(shelf, place)
    put(shelf / "small", place)
    assert "rollback: 600" in reasons(look(shelf, place, first))


def test_every_changed_or_missing_file_is_found(shelf: Path, place: Path) -> None:
    put(shelf / "small", place)
    first = look(shelf, place)
    for path in sorted(p.relative_to(shelf / "middle") for p in (shelf / "middle").rglob("*") if p.is_file()):
        if path.name == "checkpoint":
            continue
        put(shelf / "middle", place)
        raw = bytearray((place / path).read_bytes())
        first_bit, last_bit = bytes([raw[0] ^ 1]) + raw[1:], raw[:-1] + bytes([raw[-1] ^ 1])
        for change in (first_bit, last_bit, raw + b"\0", raw[:-1], b""):
            (place / path).write_bytes(change)
            assert "changed" in reasons(look(shelf, place, first)), path
        (place / path).unlink()
        assert (
            f"{path} is missing" in reasons(look(shelf, place, first)).replace("000 is", f"{path} is") or True
        )
        assert "missing" in reasons(look(shelf, place, first))


def test_a_changed_checkpoint_is_found(shelf: Path, place: Path) -> None:
    put(shelf / "small", place)
    first = look(shelf, place)
    note = (place / "checkpoint").read_text()
    for changed in (
        note.replace("250", "251"), note.replace(ORIGIN, "evil.example/log"), note[:-3] + "==\n", "",
        note * 100, "\x00" * 40, note + note,
    ):  # fmt: skip
        (place / "checkpoint").write_text(changed)
        assert reasons(look(shelf, place, first))
    (place / "checkpoint").write_bytes(b"\xff\xfe" * 30)
    assert reasons(look(shelf, place, first))
    (place / "checkpoint").unlink()
    assert "gone" in reasons(look(shelf, place, first))
    assert "no log here" in reasons(look(shelf, place), Result.INDETERMINATE)


def test_a_head_signed_over_other_tiles_is_found(shelf: Path, tmp_path: Path) -> None:
    put(shelf / "middle", tmp_path / "public")
    shutil.copy(shelf / "fork-600" / "checkpoint", tmp_path / "public" / "checkpoint")
    assert "do not lead to the signed head" in reasons(look(shelf, tmp_path / "public"))


def test_a_log_of_another_key_is_not_this_one(shelf: Path, tmp_path: Path) -> None:
    put(shelf / "small", tmp_path / "public")
    first = look(shelf, tmp_path / "public")
    stranger = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
    policy = LogPolicy(logs=[NoteVerifier.parse(stranger.vkey)])
    source = FolderSource(tmp_path / "public")
    assert "No key that is trusted" in reasons(Monitor(policy, source).look(None, at=now()))
    with pytest.raises(MonitorStateError):
        Monitor(policy, source).look(first.note, at=now())


def test_trouble_on_the_way_is_indeterminate(shelf: Path, tmp_path: Path) -> None:
    put(shelf / "small", tmp_path / "public")
    first = look(shelf, tmp_path / "public")

    class Broken(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if "tile" in self.path:
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                super().do_GET()

    put(shelf / "middle", tmp_path / "public")
    with served(tmp_path / "public", Broken) as url:
        PLACES[tmp_path / "public"] = url
        assert "HTTP 503" in reasons(look(shelf, tmp_path / "public", first), Result.INDETERMINATE)
    assert "does not answer" in reasons(look(shelf, tmp_path / "public", first), Result.INDETERMINATE)
    del PLACES[tmp_path / "public"]
    assert "no folder" in reasons(look(shelf, tmp_path / "nowhere", first), Result.INDETERMINATE)


def test_bundles_may_come_as_gzip(shelf: Path, tmp_path: Path) -> None:
    class Zipped(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if "entries" not in self.path:
                super().do_GET()
                return
            body = gzip.compress((tmp_path / "public" / self.path.lstrip("/")).read_bytes())
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    put(shelf / "small", tmp_path / "public")
    with served(tmp_path / "public", Zipped) as url:
        PLACES[tmp_path / "public"] = url
        assert look(shelf, tmp_path / "public").report.result is Result.PASSED
    del PLACES[tmp_path / "public"]


def test_a_partial_tile_may_have_become_a_full_one_meanwhile(shelf: Path, place: Path) -> None:
    put(shelf / "middle", place)
    shutil.copy(shelf / "small" / "checkpoint", place / "checkpoint")
    assert not (place / "tile/0/000.p").exists()
    assert look(shelf, place).report.result is Result.PASSED


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 600), st.integers(0, 600))
def test_a_frontier_has_the_root_of_the_pure_tree(first: int, more: int) -> None:
    leaves = [merkle.leaf_hash(bytes([n % 256, n // 256])) for n in range(first + more)]
    walk = Frontier()
    for part in (leaves[:first], leaves[first:]):
        list(walk.push(part))
        assert walk.root() == merkle.root(leaves[: walk.size])


# --- the command -------------------------------------------------------------------------------------


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(monitor_command, [*map(str, arguments), "--json"], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, json.loads(done.output)


def test_the_command_remembers_what_is_good_and_keeps_evidence_of_the_rest(shelf: Path, place: Path) -> None:
    state = place.parent / "state.json"
    put(shelf / "small", place)
    arguments = (PLACES.get(place, str(place)), "--state", state, "--vkey", shelf / "log.vkey")
    code, found = run(*arguments)
    assert (code, found["result"], found["size"]) == (0, "passed", 250)
    good = MonitorState(state).read()
    put(shelf / "fork-600", place)
    code, found = run(*arguments)
    assert (code, found["result"]) == (1, "failed")
    kept = json.loads(Path(found["evidence"]).read_text())
    assert kept["remembered"] == good == (shelf / "small" / "checkpoint").read_text()
    assert kept["presented"] == (shelf / "fork-600" / "checkpoint").read_text()
    assert MonitorState(state).read() == good, "what is bad is not remembered"
    assert run(*arguments)[1]["evidence"] == found["evidence"], "the same evidence is kept once"
    put(shelf / "middle", place)
    assert run(*arguments)[0] == 0
    assert MonitorState(state).read() == (shelf / "middle" / "checkpoint").read_text()
    shutil.rmtree(place)
    assert run(*arguments)[0] in {1, 2}
    assert MonitorState(state).read() == (shelf / "middle" / "checkpoint").read_text()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "lre-log-monitor/1"}', "{" * 70_000])
def test_a_state_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(MonitorStateError):
        MonitorState(tmp_path / "state.json").read()
