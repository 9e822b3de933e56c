"""Content encryption: what goes in comes out, and nothing else ever does."""

import os
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import ConfigurationError, IntegrityError, WrongKeyError
from lre_kit.store.vault import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Vault

VAULT = Vault(bytes(range(32)), "kek-1")
KEY = bytes(reversed(range(32)))
SEALED_BYTES = CHUNK_BYTES + TAG_BYTES
EDGES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17]


def sealed(content: bytes, context: bytes = b"letters/a/1") -> bytes:
    return b"".join(VAULT.encrypt(KEY, [content], context=context))


def opened(stored: bytes, *, key: bytes = KEY, context: bytes = b"letters/a/1") -> bytes:
    return b"".join(VAULT.decrypt(key, [stored], context=context))


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
    yield data[start:]


@given(
    size=st.one_of(st.sampled_from(EDGES), st.integers(0, 4 * CHUNK_BYTES)),
    going_in=st.lists(st.integers(0, 2 * CHUNK_BYTES), max_size=6),
    coming_out=st.lists(st.integers(0, 2 * CHUNK_BYTES), max_size=6),
)
def test_a_content_comes_out_as_it_went_in_however_it_is_cut(
    size: int, going_in: list[int], coming_out: list[int]
) -> None:
    content = os.urandom(size)
    stored = b"".join(VAULT.encrypt(KEY, cut(content, going_in), context=b"c"))
    assert b"".join(VAULT.decrypt(KEY, cut(stored, coming_out), context=b"c")) == content
    chunks = max(1, -(-size // CHUNK_BYTES))
    assert len(stored) == HEADER_BYTES + size + chunks * TAG_BYTES


@given(size=st.sampled_from([0, 1, 100, CHUNK_BYTES, CHUNK_BYTES + 5]), data=st.data())
def test_any_changed_bit_is_found(size: int, data: st.DataObject) -> None:
    stored = bytearray(sealed(b"x" * size))
    position = data.draw(st.integers(0, len(stored) - 1))
    stored[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(IntegrityError):
        opened(bytes(stored))


@given(size=st.sampled_from(EDGES), data=st.data())
def test_any_missing_end_is_found(size: int, data: st.DataObject) -> None:
    """F7.03: content that was read short is never passed on as whole."""
    stored = sealed(os.urandom(size))
    borders = range(HEADER_BYTES, len(stored), SEALED_BYTES)
    length = data.draw(st.one_of(st.sampled_from([0, *borders]), st.integers(0, len(stored) - 1)))
    with pytest.raises(IntegrityError):
        opened(stored[:length])


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize("more", [b"\x00", b"\x00" * TAG_BYTES, b"\x00" * SEALED_BYTES])
def test_any_added_end_is_found(size: int, more: bytes) -> None:
    with pytest.raises(IntegrityError):
        opened(sealed(os.urandom(size)) + more)


def test_moved_repeated_and_dropped_chunks_are_found() -> None:
    stored = sealed(os.urandom(3 * CHUNK_BYTES + 5))
    header = stored[:HEADER_BYTES]
    one, two, three, last = (
        stored[HEADER_BYTES + n * SEALED_BYTES : HEADER_BYTES + (n + 1) * SEALED_BYTES] for n in range(4)
    )
    assert opened(header + one + two + three + last)
    for chunks in (
        [two, one, three, last],
        [one, one, three, last],
        [one, three, last],
        [one, two, three],
        [last],
    ):
        with pytest.raises(IntegrityError):
            opened(header + b"".join(chunks))


def test_an_empty_last_chunk_after_full_ones_is_not_another_way_to_write_a_content() -> None:
    prefix, context = bytes(7), b"c"
    header = b"LREV\x01" + prefix
    cipher = AESGCM(KEY)
    full = cipher.encrypt(prefix + bytes(4) + b"\x00", bytes(CHUNK_BYTES), context + header)
    empty = cipher.encrypt(prefix + b"\x00\x00\x00\x01\x01", b"", context + header)
    with pytest.raises(IntegrityError):
        opened(header + full + empty, context=context)


def test_another_letters_content_or_key_does_not_open() -> None:
    stored = sealed(b"secret", context=b"letters/a/1")
    with pytest.raises(IntegrityError):
        opened(stored, context=b"letters/a/2")
    with pytest.raises(IntegrityError):
        opened(stored, key=VAULT.new_key())


def test_two_encryptions_of_one_content_share_nothing_but_the_format() -> None:
    first, second = sealed(b"same"), sealed(b"same")
    assert first[5:] != second[5:]


def test_an_error_of_the_source_passes_as_it_is() -> None:
    def failing() -> Iterator[bytes]:
        yield b"1"
        raise KeyError("source")

    with pytest.raises(KeyError):
        b"".join(VAULT.encrypt(KEY, failing(), context=b"c"))


def test_a_wrapped_key_opens_for_its_letter_and_office_only() -> None:
    key = VAULT.new_key()
    wrapped = VAULT.wrap(key, letter_id="a")
    assert VAULT.unwrap(wrapped, letter_id="a") == key
    assert key not in wrapped
    others = [
        (VAULT, wrapped, "b"),
        (Vault(bytes(32), "kek-1"), wrapped, "a"),
        (Vault(bytes(range(32)), "kek-2"), wrapped, "a"),
        (VAULT, wrapped[:-1], "a"),
        (VAULT, b"\x02" + wrapped[1:], "a"),
        (VAULT, b"", "a"),
    ]
    for vault, stored, letter_id in others:
        with pytest.raises(WrongKeyError, match="keys folder"):
            vault.unwrap(stored, letter_id=letter_id)


def test_a_key_of_the_wrong_length_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="31 bytes"):
        Vault(bytes(31), "kek-1")
