# ruff: noqa: PT017 - a property: being refused is one of the right answers
"""Signed links: they find a letter, prove nothing, and cannot be made up."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from lre_kit.errors import NotFoundError
from lre_kit.identifiers.links import Links

SECRET = b"k" * 32
LINKS = Links(SECRET, "https://notices.example/post/")


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=32))
def test_a_link_leads_back_to_its_letter(letter_id: str) -> None:
    token = LINKS.token(letter_id)
    assert LINKS.read(token) == letter_id
    assert LINKS.recipient_url(letter_id) == f"https://notices.example/post/r/{token}"
    assert re.fullmatch(r"[\w.~-]+", token), "it survives any mail program"


@given(st.data())
def test_a_changed_link_leads_nowhere(data: st.DataObject) -> None:
    token = LINKS.token("0192f0aa")
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda c: c != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    try:
        assert LINKS.read(changed) == "0192f0aa", "only another spelling of the same signature"
    except NotFoundError as refused:
        assert "link" in refused.problem


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(NotFoundError):
        LINKS.read(text)


def test_another_office_makes_other_links() -> None:
    with pytest.raises(NotFoundError):
        Links(b"o" * 32, "https://notices.example").read(LINKS.token("0192f0aa"))


def test_a_link_is_no_form_token_and_no_cookie() -> None:
    assert LINKS.signer("csrf").dumps("0192f0aa") != LINKS.token("0192f0aa")
    with pytest.raises(NotFoundError):
        LINKS.read(str(LINKS.signer("csrf").dumps("0192f0aa")))


def test_a_message_sent_again_has_the_same_id_and_tells_nothing() -> None:
    first = LINKS.message_id("notice", "0192f0aa", 1)
    assert first == LINKS.message_id("notice", "0192f0aa", 1)
    others = {
        LINKS.message_id("notice", "0192f0aa", 2),
        LINKS.message_id("code", "0192f0aa", 1),
        LINKS.message_id("notice", "0192f0ab", 1),
    }
    assert len(others | {first}) == 4
    assert "0192f0aa" not in first
    assert first.endswith("@notices.example>")


def test_links_are_signed_by_sha_256_and_those_printed_before_stay_good() -> None:
    links, salt = Links(SECRET, "https://notices.example"), "lre-kit.recipient-link.v1"
    by_sha256 = URLSafeSerializer(SECRET, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})
    assert links.token("letter-1") == by_sha256.dumps("letter-1")
    assert links.read(str(URLSafeSerializer(SECRET, salt=salt).dumps("letter-1"))) == "letter-1"
    former = URLSafeTimedSerializer(SECRET, salt="lre-kit.form.v1").dumps("x")
    with pytest.raises(BadSignature):
        links.signer("form").loads(former)
