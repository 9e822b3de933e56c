"""The seal: JAdES over JWS, checked strictly; keys that do not belong are noticed."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError, NotInitialisedError, WrongKeyError
from lre_kit.proofs.chain import ChainError, check_chain
from lre_kit.proofs.commitment import compact
from lre_kit.proofs.keys import Keys, create_keys
from lre_kit.proofs.seal import FileSeal, SealError, open_seal

PAYLOAD = '{"EventTime":"2026-01-12T09:30:00.000000Z"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("office") / "keys"
    create_keys(made, provider_name="Prestataire Été", origin="office.example/log", clock=now)
    return made


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    return Keys.load(folder)


def sealed(keys: Keys, payload: str = PAYLOAD) -> str:
    parts = FileSeal(keys).sign(payload.encode(), at=now())
    return compact(parts.protected, payload, parts.signature)


def test_a_seal_names_certificate_and_time_and_leads_to_its_authority(keys: Keys) -> None:
    check = open_seal(sealed(keys))
    assert check.payload == PAYLOAD.encode()
    assert abs(check.claimed_at - now()) < timedelta(minutes=1)
    check_chain(check.certificate, others=check.others, anchors=keys.seal_chain[-1:], at=check.claimed_at)


def test_the_header_is_that_of_jades_baseline_b(keys: Keys) -> None:
    protected = sealed(keys).split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(protected + "=="))
    assert header.keys() == {"alg", "cty", "iat", "x5c", "x5t#S256"}
    assert header["alg"] == "ES256"


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_a_seal_with_one_character_changed_is_refused(keys: Keys, place: int, step: int) -> None:
    text = sealed(keys)
    place %= len(text)
    alphabet = "ABCdef012-_."
    swapped = alphabet[(alphabet.find(text[place]) + 1 + step) % len(alphabet)]
    if swapped == text[place]:
        return
    with pytest.raises(SealError):
        open_seal(text[:place] + swapped + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "..", "e30.e30.e30"])
def test_what_is_no_seal_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        open_seal(text)


def test_the_none_algorithm_is_refused(keys: Keys) -> None:
    protected, payload, _ = sealed(keys).split(".")
    header = json.loads(base64.urlsafe_b64decode(protected + "==")) | {"alg": "none"}
    forged = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    with pytest.raises(SealError):
        open_seal(f"{forged}.{payload}.")


def test_validity_is_judged_at_the_proven_time(keys: Keys) -> None:
    leaf, anchors = keys.seal_certificate, keys.seal_chain[-1:]
    check_chain(leaf, others=(), anchors=anchors, at=now())
    for at in (datetime(2020, 1, 1, tzinfo=UTC), now() + timedelta(days=365 * 6)):
        with pytest.raises(ChainError) as caught:
            check_chain(leaf, others=(), anchors=anchors, at=at)
        assert caught.value.sub_indication == "OUT_OF_BOUNDS_NO_POE"


def test_another_authority_is_not_trusted(keys: Keys) -> None:
    with pytest.raises(ChainError) as caught:
        check_chain(keys.seal_certificate, others=keys.seal_chain, anchors=keys.tsa_chain[-1:], at=now())
    assert caught.value.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


def test_key_files_are_for_their_owner_only(folder: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_keys_are_never_overwritten(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="already"):
        create_keys(folder, provider_name="x", origin="x/y", clock=now)


def test_keys_that_are_missing_damaged_or_swapped_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(NotInitialisedError, match="lre init"):
        Keys.load(tmp_path / "nowhere")
    made = tmp_path / "keys"
    create_keys(made, provider_name="Office", origin="office.example/log", clock=now)
    seal, tsa = (made / "seal.key").read_bytes(), (made / "tsa.key").read_bytes()
    (made / "seal.key").write_bytes(tsa)
    with pytest.raises(WrongKeyError, match="belong"):
        Keys.load(made)
    (made / "seal.key").write_bytes(b"junk")
    with pytest.raises(WrongKeyError):
        Keys.load(made)
    (made / "seal.key").write_bytes(seal)
    (made / "kek.secret").write_bytes(b"short")
    with pytest.raises(WrongKeyError, match="length"):
        Keys.load(made)
    (made / "kek.secret").unlink()
    with pytest.raises(NotInitialisedError, match="missing"):
        Keys.load(made)
