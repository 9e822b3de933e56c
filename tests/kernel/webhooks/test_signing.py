"""Signatures: the public vectors of Standard Webhooks, and everything a receiver must refuse."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.webhooks.errors import WebhookSignatureError
from lre_kit.webhooks.signing import (
    SECRET_BYTES,
    Signer,
    new_signer,
    public_key_text,
    secret_text,
    signed_headers,
    verify,
)

# Vectors of the reference libraries (standard-webhooks/standard-webhooks; v1a: svix/svix-webhooks).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEED = base64.b64decode(
    "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
)[:32]
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
ID, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
AT = datetime.fromtimestamp(STAMP, UTC)
HEADERS = {"webhook-id": ID, "webhook-timestamp": str(STAMP), "webhook-signature": f"{V1} {V1A}"}


def test_signatures_are_those_of_the_public_vectors() -> None:
    """F12.02: the library's own vectors."""
    signer = Signer(secret=base64.b64decode(SECRET.removeprefix("whsec_")), seed=SEED)
    assert public_key_text(SEED) == PUBLIC
    assert signed_headers([signer], message_id=ID, at=AT, body=BODY) == HEADERS


@pytest.mark.parametrize("key", [SECRET, SECRET.removeprefix("whsec_"), PUBLIC])
def test_a_receiver_with_either_key_takes_the_public_vector(key: str) -> None:
    shouted = {name.upper(): value for name, value in HEADERS.items()}
    assert verify(key, shouted, BODY, now=AT) == ID


@pytest.mark.parametrize(
    ("changed", "body", "keys"),
    [
        ({}, BODY + b" ", SECRET),
        ({}, BODY + b" ", PUBLIC),
        ({"webhook-id": "another"}, BODY, SECRET),
        ({"webhook-timestamp": str(STAMP + 1)}, BODY, SECRET),
        ({"webhook-timestamp": "+1614265330"}, BODY, SECRET),
        ({"webhook-timestamp": "1" * 20}, BODY, SECRET),
        ({"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"}, BODY, SECRET),
        ({"webhook-signature": V1.replace("v1,", "v1a,")}, BODY, SECRET),
        ({"webhook-signature": V1.replace("v1,", "v2,")}, BODY, SECRET),
        ({"webhook-signature": V1A.replace("v1a,", "v1,")}, BODY, PUBLIC),
        ({"webhook-signature": "v1,"}, BODY, SECRET),
        ({"webhook-signature": V1[:-6]}, BODY, SECRET),
        ({"webhook-signature": "v1a,AAAA"}, BODY, PUBLIC),
        ({"webhook-signature": ""}, BODY, SECRET),
        ({"webhook-id": ""}, BODY, SECRET),
        ({}, BODY, "whsec_" + base64.b64encode(b"x" * 32).decode()),
        ({}, BODY, "whpk_" + base64.b64encode(b"x" * 31).decode()),
        ({}, BODY, "whsec_"),
        ({}, BODY, ""),
        ({}, BODY, []),
    ],
)
def test_what_is_forged_or_damaged_is_refused(changed: dict[str, str], body: bytes, keys: str) -> None:
    with pytest.raises(WebhookSignatureError):
        verify(keys, HEADERS | changed, body, now=AT)


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-6)])
def test_what_is_too_old_or_too_new_is_refused_and_both_times_are_told(late: timedelta) -> None:
    """F6.06: who calls is told both times."""
    assert verify(SECRET, HEADERS, BODY, now=AT + late, tolerance=timedelta(days=1)) == ID
    with pytest.raises(WebhookSignatureError, match=r"2021-02-25T15:02:10.* here it is 2021-02-25T1[45]"):
        verify(SECRET, HEADERS, BODY, now=AT + late)


def test_while_two_secrets_are_valid_each_of_them_checks() -> None:
    """F12.04: in the overlap."""
    old, new = new_signer(), new_signer()
    assert old.seed is not None
    headers = signed_headers([new, old], message_id="m", at=AT, body=b"{}")
    assert headers["webhook-signature"].count(" ") == 3
    for key in (secret_text(old.secret), secret_text(new.secret), public_key_text(old.seed)):
        assert verify(key, headers, b"{}", now=AT) == "m"
        assert verify(["whsec_AAAA", key], headers, b"{}", now=AT) == "m"


def test_secrets_are_long_random_and_never_shown_by_repr() -> None:
    signer = new_signer()
    assert len(signer.secret) == SECRET_BYTES >= 24
    assert signer.secret != new_signer().secret
    assert secret_text(signer.secret).startswith("whsec_")
    assert repr(signer) == "Signer()"


@given(st.binary(max_size=300), st.binary(min_size=24, max_size=64), st.binary(min_size=1, max_size=300))
def test_any_body_verifies_and_no_other_does(body: bytes, secret: bytes, other: bytes) -> None:
    headers = signed_headers([Signer(secret=secret)], message_id="m", at=AT, body=body)
    expected = hmac.new(secret, f"m.{STAMP}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    assert verify(secret_text(secret), headers, body, now=AT) == "m"
    if other != body:
        with pytest.raises(WebhookSignatureError):
            verify(secret_text(secret), headers, other, now=AT)
