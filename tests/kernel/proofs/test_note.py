# ruff: noqa: E501 - the vector is one line
"""C2SP signed notes and checkpoints: the specification's vector, strictness, properties."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.proofs.forms.note import Checkpoint, NoteError, NoteSigner, NoteVerifier, open_note

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "This is an example message.\n"
LINE = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
NOTE = f"{TEXT}\n{LINE}\n"

SIGNER = NoteSigner("office.example/lre-log", Ed25519PrivateKey.generate())
VERIFIER = NoteVerifier.parse(SIGNER.vkey)


def test_the_specifications_vector_opens() -> None:
    assert open_note(NOTE, [NoteVerifier.parse(VKEY)]) == TEXT


@pytest.mark.parametrize("place", range(len(NOTE.encode())))
def test_a_note_with_one_byte_changed_does_not_open(place: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[place] ^= 1
    try:
        changed = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        open_note(changed, [NoteVerifier.parse(VKEY)])


def test_unknown_keys_are_passed_over_but_do_not_suffice() -> None:
    """F8.13."""
    both = NOTE + SIGNER.sign(TEXT).split("\n\n", 1)[1]
    assert open_note(both, [VERIFIER]) == TEXT
    with pytest.raises(NoteError, match="No key"):
        open_note(NOTE, [VERIFIER])


def test_a_known_key_that_does_not_fit_refuses_the_whole_note() -> None:
    """F8.13."""
    wrong = SIGNER.sign("Something else.\n").split("\n\n", 1)[1]
    with pytest.raises(NoteError, match="does not fit"):
        open_note(NOTE + wrong, [NoteVerifier.parse(VKEY), VERIFIER])


def test_text_may_hold_empty_lines() -> None:
    text = "a\n\nb\n"
    assert open_note(SIGNER.sign(text), [VERIFIER]) == text


@pytest.mark.parametrize(
    "vkey", ["", "a+b", VKEY.replace("530d903a", "530d903b"), VKEY[:-4], VKEY.replace("/foo", " foo")]
)
def test_a_verifier_key_that_is_none_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        NoteVerifier.parse(vkey)


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back_as_written(size: int, root: bytes) -> None:
    head = Checkpoint(origin="office.example/lre-log", size=size, root=root)
    assert Checkpoint.parse(head.text()) == head
    assert Checkpoint.parse(open_note(SIGNER.sign(head.text()), [VERIFIER])) == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        f"a\n01\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(32)).decode()}\nextension\n",
    ],
)
def test_a_checkpoint_in_any_other_form_is_refused(text: str) -> None:
    """F8.12."""
    with pytest.raises(NoteError):
        Checkpoint.parse(text)
