"""Witnesses cosign what is consistent with what they saw; a bad one never holds the log up."""

import base64
import hashlib
import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.cli.log import show_command
from lre_kit.clock import now
from lre_kit.errors import ConfigurationError
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import UNCOVERED, audit_office
from lre_kit.proofs.forms.note import NoteError, NoteSigner, NoteVerifier
from lre_kit.proofs.log.cosignature import Cosigner, Witness, read_cosignatures, with_lines
from lre_kit.proofs.log.stamped import newest_stamped
from lre_kit.proofs.publication.log_policy import parse_policy, read_policy
from lre_kit.proofs.publication.monitor import Monitor
from lre_kit.proofs.publication.monitor_source import FolderSource
from lre_kit.proofs.publication.witness import Witnesses
from lre_kit.proofs.report import Result
from lre_kit.proofs.rows import CosignatureRow
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.logs import ScratchLog
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.witness import Reply, TestWitness

TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
AT = datetime(2023, 3, 20, 13, 32, 27, tzinfo=UTC)

# --- the form ------------------------------------------------------------------------------------------


def test_a_cosignature_is_what_the_specification_says() -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    line = Cosigner("witness.example/w1", key).cosign(TEXT, at=AT)
    name, packed = line.removeprefix("— ").rstrip("\n").split(" ")
    raw = base64.b64decode(packed)
    assert raw[:4] == hashlib.sha256(b"witness.example/w1\n\x04" + public).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == 1_679_319_147 == int(AT.timestamp())
    key.public_key().verify(raw[12:], f"cosignature/v1\ntime 1679319147\n{TEXT}".encode())
    assert (name, len(raw)) == ("witness.example/w1", 4 + 72)


def test_a_cosignature_fits_one_text_one_key_one_time() -> None:
    signer = NoteSigner("example.com/behind-the-sofa", Ed25519PrivateKey.generate())
    one, other = (Cosigner("w", Ed25519PrivateKey.generate()) for _ in range(2))
    note = with_lines(signer.sign(TEXT), [one.cosign(TEXT, at=AT)])
    found = read_cosignatures(note, [one.witness, other.witness])
    assert [(each.witness, each.at) for each in found] == [(one.witness, AT)]
    assert read_cosignatures(note, [other.witness]) == []
    with pytest.raises(NoteError):
        read_cosignatures(note.replace("20852163", "20852164"), [one.witness])
    raw = bytearray(base64.b64decode(note.rstrip("\n").rsplit(" ", 1)[1]))
    for place in range(4, len(raw), 7):
        changed = raw.copy()
        changed[place] ^= 1
        line = f"— w {base64.b64encode(changed).decode()}\n"
        with pytest.raises(NoteError):
            read_cosignatures(with_lines(signer.sign(TEXT), [line]), [one.witness])


@given(st.text(max_size=80))
def test_what_is_no_key_of_a_witness_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Witness.parse(vkey)


def test_a_key_that_others_published_has_the_id_they_gave_it() -> None:
    witness = Witness.parse("test-witness+26349ef0+BIQDFTUlktisMqJzWn8qhteWrRr4dLcQ9R37T+8LQyQF")
    assert (witness.name, witness.id.hex()) == ("test-witness", "26349ef0")


def test_a_key_of_a_log_is_no_key_of_a_witness() -> None:
    key = Ed25519PrivateKey.generate()
    witness = Cosigner("w", key).witness
    assert Witness.parse(witness.vkey) == witness
    with pytest.raises(NoteError):
        Witness.parse(NoteSigner("w", key).vkey)
    with pytest.raises(NoteError):
        NoteVerifier.parse(witness.vkey)


# --- the policy ----------------------------------------------------------------------------------------


def vkeys(count: int) -> list[str]:
    return [Cosigner(f"w{n}", Ed25519PrivateKey.generate()).witness.vkey for n in range(count)]


def test_a_quorum_of_groups_is_met_as_the_specification_has_it() -> None:
    """F8.13: too few witnesses are too few."""
    keys = vkeys(6)
    lines = [
        f"witness {name} {key}" for name, key in zip(("X1", "X2", "X3", "Y1", "Y2", "Y3"), keys, strict=True)
    ]
    policy = parse_policy(
        "# two operators\n\n" + "\n".join(lines) + "\n\t group X 2  X1 X2 X3 \ngroup Y any Y1 Y2 Y3\n"
        "group both all X Y\nquorum both\n"
    )
    x1, x2, x3, y1, y2, _ = policy.keys
    assert policy.is_met([x1, x3, y2])
    assert policy.is_met([x1, x2, x3, y1])
    assert not policy.is_met([x1, y1, y2])
    assert not policy.is_met([x1, x1, y1]), "the same one twice is one"
    assert not policy.is_met([x1, x2, x3])
    assert parse_policy("quorum none\n").is_met([])


@pytest.mark.parametrize(
    "text",
    [
        "", "quorum", "quorum X", "quorum none\nquorum none", "nonsense X\nquorum none", "log\nquorum none",
        "witness none {0}\nquorum none", "witness A {0}\nwitness A {1}\nquorum A", "quorum A\nwitness A {0}",
        "witness A {0}\nwitness B {0}\nquorum A", "witness A {0}\ngroup G 2 A\nquorum G",
        "witness A {0}\ngroup G 0 A\nquorum G", "witness A {0}\ngroup G any\nquorum A",
        "witness A {0}\ngroup G all A\ngroup H all A\nquorum G", "group G all G\nquorum none",
        "witness A {0}\ngroup G ١ A\nquorum G", "witness A {0} u v\nquorum A",
        "witness A\x0b{0}\nquorum none",
        "witness A {0}\r\nquorum A", "group G all none\nquorum G",
    ],
)  # fmt: skip
def test_a_policy_in_another_form_is_refused(text: str) -> None:
    """F8.13: also one that names a witness's key twice."""
    with pytest.raises(ConfigurationError):
        parse_policy(text.format(*vkeys(2)))


def test_a_policy_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read_policy(tmp_path / "nowhere")
    (tmp_path / "large").write_text("#" * 70_000)
    with pytest.raises(ConfigurationError):
        read_policy(tmp_path / "large")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError):
        read_policy(tmp_path / "bytes")


# --- asking --------------------------------------------------------------------------------------------


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[ScratchLog]:
    with ScratchLog(tmp_path / "log") as made:
        yield made


@pytest.fixture
def witness(scratch: ScratchLog) -> Iterator[TestWitness]:
    with TestWitness([scratch.vkey]) as made:
        yield made


def asking(scratch: ScratchLog, *lines: str, clock: Callable[[], datetime] = now) -> Witnesses:
    policy = parse_policy("".join(lines) + "quorum none\n")
    return Witnesses(scratch.database, scratch.log, witnesses=policy.witnesses, clock=clock, timeout_s=2)


def cosigners(scratch: ScratchLog, *keys: str) -> list[str]:
    with scratch.database.read() as connection:
        newest = newest_stamped(connection)
    assert newest is not None
    return [each.witness.vkey for each in read_cosignatures(newest.cosigned, map(Witness.parse, keys))]


def test_a_witness_follows_the_log_as_it_grows(scratch: ScratchLog, witness: TestWitness) -> None:
    witnesses = asking(scratch, witness.policy_line)
    assert witnesses.cosign_newest() == 0, "nothing is stamped yet"
    for count in (1, 1, 300, 5):
        scratch.grow(count)
        assert witnesses.cosign_newest() == 1
        assert cosigners(scratch, witness.vkey) == [witness.vkey]
        assert witnesses.cosign_newest() == 0
    assert [body.split(b"\n")[0] for body in witness.requests] == [b"old 0", b"old 1", b"old 2", b"old 302"]


def test_a_witness_that_holds_another_size_is_gone_on_from(scratch: ScratchLog, witness: TestWitness) -> None:
    scratch.grow(7)
    asking(scratch, witness.policy_line).cosign_newest()
    with sqlite3.connect(str(scratch.database.engine.url.database)) as raw:
        raw.execute("DELETE FROM log_cosignature")
    raw.close()
    assert asking(scratch, witness.policy_line).cosign_newest() == 1, "the same checkpoint once more"
    scratch.grow(9)
    with sqlite3.connect(str(scratch.database.engine.url.database)) as raw:
        raw.execute("DELETE FROM log_cosignature")
    raw.close()
    assert asking(scratch, witness.policy_line).cosign_newest() == 1
    assert [body.split(b"\n")[0] for body in witness.requests][-2:] == [b"old 0", b"old 7"]


def test_a_witness_refuses_a_rollback_and_a_fork(
    scratch: ScratchLog, witness: TestWitness, tmp_path: Path
) -> None:
    """F8.08, F8.09."""
    scratch.grow(20)
    asking(scratch, witness.policy_line).cosign_newest()
    with ScratchLog(tmp_path / "two") as forked:
        forked.grow(10, mark="other")
        assert asking(forked, witness.policy_line).cosign_newest() == 0
        forked.grow(10, mark="other")
        assert asking(forked, witness.policy_line).cosign_newest() == 0
        forked.grow(10, mark="other")
        assert asking(forked, witness.policy_line).cosign_newest() == 0
        assert cosigners(forked, witness.vkey) == []
    assert witness.held[scratch.log.origin].size == 20


def test_the_witness_answers_as_the_specification_has_it(scratch: ScratchLog, witness: TestWitness) -> None:
    scratch.grow(3)
    with scratch.database.read() as connection:
        newest = newest_stamped(connection)
    assert newest is not None
    stranger = NoteSigner(scratch.log.origin, Ed25519PrivateKey.generate())
    text = newest.note.rpartition("\n\n")[0] + "\n"

    def status(old: object, note: str, *path: str) -> HTTPStatus:
        return witness.answer(f"old {old}\n{''.join(p + chr(10) for p in path)}\n{note}".encode())[0]

    assert status("00", newest.note) == HTTPStatus.BAD_REQUEST
    assert status(4, newest.note) == HTTPStatus.BAD_REQUEST
    assert status(0, newest.note.replace("log.example", "other.example")) == HTTPStatus.NOT_FOUND
    assert status(0, stranger.sign(text)) == HTTPStatus.FORBIDDEN
    assert status(0, newest.note, base64.b64encode(bytes(32)).decode()) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert status(2, newest.note) == HTTPStatus.CONFLICT
    assert status(0, newest.note) == HTTPStatus.OK
    assert status(0, newest.note) == HTTPStatus.CONFLICT
    assert status(3, newest.note) == HTTPStatus.OK


def answers(*replies: Reply) -> Callable[[bytes], Reply]:
    left = list(replies)
    return lambda body: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(
    "reply",
    [
        (HTTPStatus.OK, "text/plain", b""),
        (HTTPStatus.OK, "text/plain", b"\xff"),
        (HTTPStatus.OK, "text/plain", b"nonsense\n"),
        (HTTPStatus.OK, "text/plain", "— witness.example/w1 AAAA\n".encode()),
        (HTTPStatus.OK, "text/plain", b"x" * 100_000),
        (HTTPStatus.CONFLICT, "text/x.tlog.size", b"3\n"),
        (HTTPStatus.CONFLICT, "text/x.tlog.size", b"2\n"),
        (HTTPStatus.CONFLICT, "text/x.tlog.size", b"9\n"),
        (HTTPStatus.CONFLICT, "text/x.tlog.size", b"-1\n"),
        (HTTPStatus.CONFLICT, "text/x.tlog.size", b"99999999999999999999999999\n"),
        (HTTPStatus.CONFLICT, "text/plain", b"1\n"),
        (HTTPStatus.FORBIDDEN, "text/plain", b""),
        (HTTPStatus.MOVED_PERMANENTLY, "text/plain", b""),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", b""),
    ],
)
def test_whatever_a_bad_witness_answers_is_not_kept(
    scratch: ScratchLog, witness: TestWitness, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch.grow(3)
    monkeypatch.setattr(witness, "answer", answers(reply))
    assert asking(scratch, witness.policy_line).cosign_newest() == 0
    assert cosigners(scratch, witness.vkey) == []


def test_one_that_fails_rests_and_the_others_are_asked(scratch: ScratchLog, witness: TestWitness) -> None:
    clock = MovedClock()
    dead = socket.socket()
    dead.bind(("127.0.0.1", 0))
    line = f"witness dead {vkeys(1)[0]} http://127.0.0.1:{dead.getsockname()[1]}\n"
    witnesses = asking(scratch, line, witness.policy_line, clock=clock)
    scratch.grow(3)
    assert witnesses.cosign_newest() == 1
    dead.listen()
    dead.settimeout(0.2)
    assert witnesses.cosign_newest() == 0
    with pytest.raises(TimeoutError):
        dead.accept()
    clock.advance(timedelta(minutes=1))
    assert witnesses.cosign_newest() == 0
    dead.accept()[0].close()
    dead.close()


def test_a_witness_without_an_address_is_not_asked(scratch: ScratchLog) -> None:
    scratch.grow(1)
    assert asking(scratch, f"witness quiet {vkeys(1)[0]}\n").cosign_newest() == 0


# --- the office ----------------------------------------------------------------------------------------


def with_witness(home: Path) -> tuple[PostOffice, TestWitness]:
    with throwaway_office(home) as office:
        witness = TestWitness([office.signer.vkey])
    (home / "witnesses").write_text(f"{witness.policy_line}quorum {witness.policy_line.split()[1]}\n")
    return throwaway_office(home, log_witnesses=home / "witnesses"), witness


def test_an_office_publishes_its_checkpoint_with_the_cosignatures(tmp_path: Path) -> None:
    office, witness = with_witness(tmp_path / "office")
    policy = read_policy(tmp_path / "office" / "witnesses")
    policy.logs.append(NoteVerifier.parse(office.signer.vkey))
    monitor = Monitor(policy, FolderSource(tmp_path / "office" / "public-log"))
    with office:
        deposit_sample(office)
        office.run_until_idle()  # the witness does not answer yet
        assert monitor.look(None, at=now()).report.result is Result.INDETERMINATE
        deposit_sample(office)
    with (
        throwaway_office(tmp_path / "office", log_witnesses=tmp_path / "office" / "witnesses") as office,
        witness,
    ):
        office.run_until_idle()
        watched = monitor.look(None, at=now())
        assert watched.report.result is Result.PASSED
        assert any("cosigned by witness.example/w1" in check.reason for check in watched.report.checks)
        assert audit_office(office).exit_code == 0
        letter = office.reading.all_letters()[0]
        assert len(office.issuer.exhibits(letter.id)) > 0, "letters do not wait for witnesses"


def test_the_log_is_shown_with_its_witnesses_and_its_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, witness = with_witness(tmp_path / "office")
    with office, witness:
        deposit_sample(office)
        office.run_until_idle()
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("LRE_BASE_URL", "https://notices.example")
    done = CliRunner().invoke(show_command, ["--json"], standalone_mode=False, catch_exceptions=False)
    found: dict[str, Any] = json.loads(done.output)
    assert [each["name"] for each in found["witnesses"]] == ["witness.example/w1"]
    assert found["published_size"] == found["size"] == found["entries"] > 0
    assert found["stamped_at"]
    assert found["checkpoint"].count("\n— ") == 2
    plain = CliRunner().invoke(show_command, [], standalone_mode=False, catch_exceptions=False)
    assert "witness.example/w1" in plain.output


def test_a_change_in_any_column_of_a_cosignature_is_found(tmp_path: Path) -> None:
    office, witness = with_witness(tmp_path / "office")
    with office, witness:
        deposit_sample(office)
        office.run_until_idle()
        for column in table_of(CosignatureRow).columns:
            assert column.name not in UNCOVERED.get("log_cosignature", frozenset())
            with sqlite3.connect(tmp_path / "office" / "office.db") as raw:
                raw.execute("PRAGMA foreign_keys=OFF")
                (old,) = raw.execute(f"SELECT {column.name} FROM log_cosignature").fetchone()
                new = old + 1 if isinstance(old, int) else "2031" + old[4:]
                raw.execute(f"UPDATE log_cosignature SET {column.name} = ?", (new,))
                raw.commit()
                assert "log_cosignature" in {f.table for f in audit_office(office).findings}, column.name
                raw.execute(f"UPDATE log_cosignature SET {column.name} = ?", (old,))
            raw.close()
        assert audit_office(office).exit_code == 0
