"""The fast canonical JSON against the library: the same bytes or the same refusal, whatever is written."""

import enum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from lre_kit.proofs.forms.jcs import canonical_json


class Word(enum.StrEnum):
    ONE = "one"


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co"])),
    st.just(Word.ONE),
    st.binary(max_size=3),
)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=20
)


def written(dump: Any, value: Any) -> bytes | type[Exception]:
    try:
        return bytes(dump(value))
    except rfc8785.CanonicalizationError as error:
        return type(error)


@given(st.dictionaries(st.text(), values))
@example({"\U0001f600": 1, "\ufb33": 2})  # UTF-16 sorts them the other way round
@example({"a": '\x7f\u2028\\"/\x00\x1f\b'})
@example({"a": (1, 2), "b": 2**53 - 1, "c": -(2**53)})
@example({"a": "\ud800"})
def test_both_write_the_same(value: dict[str, Any]) -> None:
    """F8.12: two implementations of the canonical form."""
    assert written(canonical_json, value) == written(rfc8785.dumps, value)


def test_names_that_are_no_text_are_refused() -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_json({1: "a"})  # type: ignore[dict-item]
