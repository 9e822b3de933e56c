"""Several authorities over HTTP: the next one is asked, the one that failed rests, the clock is watched."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.clock import now
from lre_kit.doctor import examine
from lre_kit.errors import ConfigurationError, TimestampUnavailableError
from lre_kit.proofs.keys.authorities_file import read_entries, timestamp_anchors, write_authorities
from lre_kit.proofs.keys.keys import Keys, create_keys
from lre_kit.proofs.stamping.opening import open_authority
from lre_kit.proofs.stamping.timestamp import check_token, read_token
from lre_kit.proofs.stamping.timestamp_authorities import BACKOFF, FailoverAuthority
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.tsa_server import POLICY, OpensslAuthority

DIGEST = hashlib.sha256(b"checkpoint").digest()
FOREIGN = "1.3.6.1.4.1.32473.9.10"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("office") / "keys"
    create_keys(folder, provider_name="Office", origin="office.example/log", clock=now)
    return Keys.load(folder)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[OpensslAuthority]]:
    with ExitStack() as stack:
        yield [stack.enter_context(OpensslAuthority(tmp_path / f"tsa{n}")) for n in range(2)]


def authorities_file(folder: Path, servers: list[OpensslAuthority], more: str = "") -> Settings:
    text = "".join(
        f'[[authority]]\nname = "tsa{n}"\nurl = "{server.url}"\npolicy = "{POLICY}"\n'
        f'anchor_file = "tsa{n}/ca.pem"\n'
        for n, server in enumerate(servers)
    )
    (folder / "authorities.toml").write_text(text + more)
    return Settings(home=folder / "office", tsa_file=folder / "authorities.toml")


def failover(settings: Settings, keys: Keys, clock: Callable[..., object] = now) -> FailoverAuthority:
    authority = open_authority(settings, keys, clock)  # type: ignore[arg-type]
    assert isinstance(authority, FailoverAuthority)
    return authority


def who(token: bytes, servers: list[OpensslAuthority]) -> int:
    certificate = read_token(token, DIGEST).certificate
    pems = [x509.load_pem_x509_certificate((s.folder / "tsa.pem").read_bytes()) for s in servers]
    return pems.index(certificate)


def down(server: OpensslAuthority) -> None:
    server.answer = lambda query: b""  # type: ignore[method-assign]


def counted(server: OpensslAuthority) -> list[bytes]:
    asked: list[bytes] = []
    real = server.answer

    def answer(query: bytes) -> bytes:
        asked.append(query)
        return real(query)

    server.answer = answer  # type: ignore[method-assign]
    return asked


def resigned(server: OpensslAuthority, change: Callable[[tsp.TSTInfo], None]) -> None:
    """Let the authority say something else under its own good signature."""
    real = server.answer
    key = serialization.load_pem_private_key((server.folder / "tsa.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    def answer(query: bytes) -> bytes:
        response = tsp.TimeStampResp.load(real(query))
        signed = response["time_stamp_token"]["content"]
        info = tsp.TSTInfo.load(signed["encap_content_info"]["content"].parsed.dump())
        change(info)
        content = info.dump(force=True)
        signed["encap_content_info"]["content"] = core.ParsableOctetString(content)
        signer = signed["signer_infos"][0]
        signer["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "sha256"})
        for attribute in signer["signed_attrs"]:
            if attribute["type"].native == "message_digest":
                attribute["values"] = cms.SetOfOctetString([hashlib.sha256(content).digest()])
        attributes = signer["signed_attrs"].untag().dump(force=True)
        signer["signature"] = key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        body: bytes = response.dump(force=True)
        return body

    server.answer = answer  # type: ignore[method-assign]


def lies_by(server: OpensslAuthority, by: timedelta) -> None:
    resigned(server, lambda info: info.__setitem__("gen_time", now().replace(microsecond=0) + by))


def test_the_first_choice_is_asked_first(keys: Keys, servers: list[OpensslAuthority], tmp_path: Path) -> None:
    authority = failover(authorities_file(tmp_path, servers), keys)
    assert who(authority.stamp(DIGEST), servers) == 0


def test_one_that_is_down_is_passed_over_and_rests_longer_each_time(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    clock = MovedClock()
    settings = authorities_file(tmp_path, servers).model_copy(update={"clock_tolerance_s": 1e9})
    authority = failover(settings, keys, clock)
    down(servers[0])
    asked = counted(servers[0])
    for _ in range(3):
        assert who(authority.stamp(DIGEST), servers) == 1
    assert len(asked) == 1
    for tries, rest in enumerate(BACKOFF, 2):
        clock.advance(rest)
        assert who(authority.stamp(DIGEST), servers) == 1
        assert who(authority.stamp(DIGEST), servers) == 1
        assert len(asked) == tries
    clock.advance(BACKOFF[-1])
    del servers[0].answer
    assert who(authority.stamp(DIGEST), servers) == 0
    assert authority.rests == {}


def test_one_that_lies_about_the_time_is_passed_over_counted_and_an_alarm(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F4.02."""
    authority = failover(authorities_file(tmp_path, servers), keys)
    lies_by(servers[0], timedelta(hours=-1))
    with caplog.at_level(logging.WARNING):
        assert who(authority.stamp(DIGEST), servers) == 1
    assert authority.clock_disagreements == 1
    refused = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert any("tsa0 failed at time" in text for text in refused)
    (alarm,) = (r.getMessage() for r in caplog.records if r.levelno == logging.ERROR)
    assert "disagree" in alarm
    assert "tsa0" in alarm


def test_one_that_tells_the_time_right_within_the_tolerance_is_believed(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    authority = failover(authorities_file(tmp_path, servers), keys)
    lies_by(servers[0], timedelta(seconds=-20))
    assert who(authority.stamp(DIGEST), servers) == 0


def test_one_that_signs_under_a_foreign_policy_is_passed_over(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = failover(authorities_file(tmp_path, servers), keys)
    resigned(servers[0], lambda info: info.__setitem__("policy", FOREIGN))
    assert who(authority.stamp(DIGEST), servers) == 1
    assert "tsa0 failed at policy" in caplog.text
    assert authority.clock_disagreements == 0


def test_a_good_token_of_the_wrong_authority_is_refused(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # The second authority answers at the first one's address: its root is trusted, but not there.
    authority = failover(authorities_file(tmp_path, servers), keys)
    servers[0].answer = servers[1].answer  # type: ignore[method-assign]
    assert who(authority.stamp(DIGEST), servers) == 1
    assert "tsa0 failed at chain" in caplog.text


def test_if_all_fail_each_is_named_with_its_reason(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    authority = failover(authorities_file(tmp_path, servers), keys)
    down(servers[0])
    lies_by(servers[1], timedelta(days=400))
    with pytest.raises(TimestampUnavailableError) as caught:
        authority.stamp(DIGEST)
    assert "tsa0: The time-stamping authority's answer is not one" in caught.value.problem
    assert "tsa1: The time stamp says" in caught.value.problem


def test_if_all_rest_one_is_asked_all_the_same(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    authority = failover(authorities_file(tmp_path, servers), keys)
    down(servers[0])
    down(servers[1])
    with pytest.raises(TimestampUnavailableError):
        authority.stamp(DIGEST)
    del servers[0].answer
    assert who(authority.stamp(DIGEST), servers) == 0


def test_the_offices_own_authority_is_the_last_resort_only_if_written(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    down(servers[0])
    down(servers[1])
    builtin = '[[authority]]\nname = "own"\nurl = "builtin"\n'
    token = failover(authorities_file(tmp_path, servers, builtin), keys).stamp(DIGEST)
    assert "non-qualified" in check_token(token, DIGEST, anchors=keys.tsa_chain[-1:]).authority
    with pytest.raises(TimestampUnavailableError):
        failover(authorities_file(tmp_path, servers), keys).stamp(DIGEST)


def test_name_and_password_are_sent_and_not_shown(keys: Keys, tmp_path: Path) -> None:
    with OpensslAuthority(tmp_path / "tsa0") as server:
        seen: list[str | None] = []
        handler = server._server.RequestHandlerClass
        real = handler.do_POST  # type: ignore[attr-defined]

        def do_post(self: object) -> None:
            seen.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
            real(self)

        handler.do_POST = do_post  # type: ignore[attr-defined]
        more = 'user = "office"\npassword = "très secret"\n'
        settings = authorities_file(tmp_path, [server], more)
        failover(settings, keys).stamp(DIGEST)
        assert seen == ["Basic b2ZmaWNlOnRyw6hzIHNlY3JldA=="]
        assert "secret" not in repr(read_entries(settings))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "authority"),
        ("[[authority]]\nname = 'a'\nurl = 'https://a.example/'\n", "a has no anchor_file"),
        ("[[authority]]\nname = 'a'\nanchor_file = 'ca.pem'\n", "a has no url"),
        ("[[authority]]\nname = 'a'\nurl = 'builtin'\nuser = 'x'\n", "user without a password"),
        ("[[authority]]\nname = 'a'\nurl = 'builtin'\ntimeout = 3\n", "timeout"),
        ("[[authority]]\nname = 'a'\nurl = 'builtin'\n" * 2, "one name"),
        ("[[authority]\n", "TOML"),
    ],
)
def test_a_file_that_cannot_work_says_why(keys: Keys, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        open_authority(Settings(tsa_file=tmp_path / "bad.toml"), keys, now)


def test_a_password_in_a_bad_file_is_not_shown(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[authority]]\nname = 'a'\npassword = ['secret']\nurl = 3\n")
    with pytest.raises(ConfigurationError) as caught:
        open_authority(Settings(tsa_file=tmp_path / "bad.toml"), keys, now)
    assert "secret" not in str(caught.value)


def test_only_retired_authorities_cannot_be_asked_but_stay_trusted(
    keys: Keys, servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    text = '[[authority]]\nname = "old"\nanchor_file = "tsa0/ca.pem"\nretired = true\n'
    (tmp_path / "authorities.toml").write_text(text)
    settings = Settings(home=tmp_path, tsa_file=tmp_path / "authorities.toml")
    with pytest.raises(ConfigurationError, match="retired"):
        open_authority(settings, keys, now)
    root = x509.load_pem_x509_certificate((tmp_path / "tsa0" / "ca.pem").read_bytes())
    assert root in timestamp_anchors(settings, keys)


def test_verifiers_get_every_root_and_none_is_lost_when_the_settings_change(
    servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    settings = authorities_file(tmp_path, servers)
    trust = tmp_path / "office" / "trust"
    write_authorities(trust, settings)
    write_authorities(trust, settings)
    roots = [(trust / f"tsa-ca-{n}.pem").read_bytes() for n in (1, 2)]
    assert roots == [(s.folder / "ca.pem").read_bytes() for s in servers]
    assert len(list(trust.iterdir())) == 2
    write_authorities(trust, authorities_file(tmp_path, servers[:1]))
    assert [(trust / f"tsa-ca-{n}.pem").read_bytes() for n in (1, 2)] == roots
    write_authorities(tmp_path / "exported", authorities_file(tmp_path, servers[:1]))
    assert len(list((tmp_path / "exported").iterdir())) == 2


def test_an_office_goes_on_stamping_and_the_doctor_says_who_failed(
    servers: list[OpensslAuthority], tmp_path: Path
) -> None:
    """F4.02."""
    settings = authorities_file(tmp_path, servers)
    lies_by(servers[0], timedelta(hours=1))
    with throwaway_office(tmp_path / "office", tsa_file=settings.tsa_file) as office:
        deposit_sample(office)
        office.run_until_idle()
        assert office.sequencer.waiting().oldest_at is None
        found = {finding.name: finding for finding in examine(office.settings)}
    assert not found["time stamps"].well
    assert "1 of 2 authorities" in found["time stamps"].found
    assert "tsa0: our clock and its clock disagree" in found["time stamps"].found
    assert "clock" in found["time stamps"].mend
    del servers[0].answer
    assert {f.name: f.well for f in examine(office.settings)}["time stamps"]
