"""Which passwords are taken, and how they are kept."""

import unicodedata

import pytest
from argon2 import Parameters, PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.parties.passwords import (
    PASSWORD_MAX_CHARS,
    PASSWORD_MIN_CHARS,
    PasswordRefusedError,
    Passwords,
    check_new,
)

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
OWN = ("helene.fay@example.org", "Hélène Faÿ-Dupont")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("elevenchars", "short"),
        ("", "short"),
        ("x" * 129, "long"),
        ("password1234", "common"),
        ("Password-1234", "common"),
        ("AZERTYUIOPQS", "common"),
        ("aaaaaaaaaaaaa", "common"),
        ("mot de passe 123", "common"),
        ("helene.fay@example.org", "own"),
        ("HélèneFaÿDupont", "own"),
        ("dupont-2026!!", "own"),
    ],
)
def test_bad_passwords_are_refused_and_the_reason_is_said(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefusedError) as raised:
        check_new(password, own=OWN)
    assert raised.value.reason == reason
    assert not password or password not in str(raised.value)


@pytest.mark.parametrize(
    "password",
    [
        "quatre poules bleues",
        "Dupont mange des poules",
        "密码密码一二三四五六七八",
        "🐓🦆🐎🐖🐑🐐🐄🐕🐈🐇🐁🐀",
        " " * 6 + "abc" * 3,
    ],
)
def test_any_characters_make_a_password_if_they_are_many(password: str) -> None:
    check_new(password, own=OWN)


@given(st.text(min_size=PASSWORD_MIN_CHARS, max_size=40))
def test_what_is_kept_fits_the_same_password_in_any_normal_form_and_no_other(password: str) -> None:
    passwords = Passwords(b"p" * 32, CHEAP)
    kept = passwords.hash(password)
    assert passwords.fits(kept, unicodedata.normalize("NFD", unicodedata.normalize("NFC", password)))
    assert not passwords.fits(kept, password + "x")
    assert not passwords.fits(kept, "x" * (5 * PASSWORD_MAX_CHARS))


def test_the_same_work_is_done_when_there_is_nothing_to_compare(
    monkeypatch: pytest.MonkeyPatch, real_cost: Parameters
) -> None:
    """F9.08: the work, not the clock, is what is compared."""
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, typed: str) -> bool:
        verified.append(kept)
        return verify(self, kept, typed)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    passwords = Passwords(b"p" * 32, PasswordHasher.from_parameters(real_cost))
    assert not passwords.fits(None, "quatre poules bleues")
    assert not passwords.fits(None, "nobody has this one")
    assert len(verified) == 2
    assert "m=65536,t=3,p=4" in verified[0]


def test_another_pepper_fits_nothing() -> None:
    kept = Passwords(b"p" * 32, CHEAP).hash("quatre poules bleues")
    assert not Passwords(b"q" * 32, CHEAP).fits(kept, "quatre poules bleues")
    assert not Passwords(b"p" * 32, CHEAP).fits("not a hash", "quatre poules bleues")
