# ruff: noqa: PT017 - a property: refusals are one of the lawful answers
"""Names and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import InputError, InvalidAddressError, InvalidNameError
from lre_kit.parties.values import NAME_MAX_CHARS, Recipient, checked_address, checked_name


@pytest.mark.parametrize(
    "name", ["Hélène Faÿ", "Ольга Иванова", "李小龍", "محمد علي", "O’Brien-Śmigły", "SARL « L'Été »", "𐐀𐐁"]
)
def test_names_of_any_script_are_kept_as_typed(name: str) -> None:
    assert checked_name(f"  {name} ", whose="recipient") == name


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x00b", "\u202egnp.exe", "x" * (NAME_MAX_CHARS + 1)])
def test_names_that_deceive_or_are_none_are_refused(name: str) -> None:
    with pytest.raises(InvalidNameError):
        checked_name(name, whose="sender")


@pytest.mark.parametrize(
    "address", ["jean@example.net", "a.b+c@sub.example.co", "жан@пример.рф", "O'Neil@example.org"]
)
def test_addresses_are_kept_exactly_as_typed(address: str) -> None:
    assert checked_address(f" {address} ", whose="recipient") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jean",
        "@example.net",
        "a@b@c",
        "a b@example.net",
        "a@example.net\r\nBcc: x@y.z",
        "a" * 300 + "@e.fr",
    ],
)
def test_what_cannot_be_an_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidAddressError, match="recipient"):
        checked_address(address, whose="recipient")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_makes_a_recipient_or_a_sentence(name: str, address: str) -> None:
    try:
        checked = Recipient(name=name, email=address).checked()
    except InputError as error:
        assert error.problem.endswith(".")
        assert error.mend.endswith(".")
    else:
        assert checked == checked.checked()
