"""Settings judged at start: all that is wrong at once, each with how to mend it."""

from pathlib import Path

import pytest

from lre_kit.hosting.settings_check import WrongSettingsError, doubts, read_settings
from lre_kit.office import PostOffice
from lre_kit.settings import Settings


def test_everything_wrong_is_told_at_once_and_nothing_is_opened(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "none",
        base_url="notices.example",
        database_url="mysql://planted-secret@host/x",
        broker_url="kafka://host",
        smtp_user="user",
        imap_host="imap.example",
        tsa_file=tmp_path / "missing.toml",
    )
    with pytest.raises(WrongSettingsError) as caught:
        PostOffice.open(settings)
    named = [each.name for each in caught.value.wrong]
    assert named == [
        "LRE_BASE_URL", "LRE_DATABASE_URL", "LRE_BROKER_URL", "LRE_IMAP_HOST", "LRE_SMTP_USER",
        "LRE_TSA_FILE",
    ]  # fmt: skip
    assert all(each.mend for each in caught.value.wrong)
    assert "6 settings cannot be used" in str(caught.value)
    assert "LRE_IMAP_USER, LRE_IMAP_PASSWORD" in str(caught.value)
    assert "planted-secret" not in str(caught.value)
    assert not (tmp_path / "none").exists()


def test_values_that_are_wrong_by_themselves_are_named_together_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LRE_SMTP_PORT", "planted-secret")
    monkeypatch.setenv("LRE_BATCH_MAX", "0")
    with pytest.raises(WrongSettingsError) as caught:
        read_settings(base_ulr="https://x")
    told = str(caught.value)
    for name in ("LRE_SMTP_PORT", "LRE_BATCH_MAX", "LRE_BASE_ULR"):
        assert name in told
    assert "Did you mean LRE_BASE_URL?" in told
    assert "planted-secret" not in told


@pytest.mark.parametrize(
    ("base", "sender", "words"),
    [
        ("https://post.example/r", "https://post.example/s", "host name of LRE_BASE_URL"),
        ("https://post.example", "https://POST.example:8443", "host name of LRE_BASE_URL"),
        ("https://post.example", "http://app.example", "scheme"),
        ("https://post.example", "app.example", "no address"),
        ("https://user@post.example", "", "no address"),
    ],
)
def test_senders_may_not_be_on_the_recipients_host_name(base: str, sender: str, words: str) -> None:
    with pytest.raises(WrongSettingsError, match=words):
        read_settings(base_url=base, sender_url=sender)
    assert read_settings(base_url="https://post.example/x", sender_url="https://app.example").sender_url


def test_what_works_and_may_surprise_is_a_doubt() -> None:
    settings = Settings(
        base_url="http://post.example",
        document_max_bytes=10,
        letter_max_bytes=5,
        evidence_alarm_s=10,
        evidence_stop_s=5,
        account_session_idle_s=600,
        account_session_max_s=300,
    )
    variables = {"LRE_BASE_ULR": "x", "LRE_OPERATOR": "anne"}
    found = {each.name: each for each in doubts(settings, variables)}
    assert set(found) == {
        "LRE_BASE_ULR", "LRE_BASE_URL", "LRE_SMTP_HOST", "LRE_LETTER_MAX_BYTES", "LRE_EVIDENCE_STOP_S",
        "LRE_ACCOUNT_SESSION_MAX_S",
    }  # fmt: skip
    assert "LRE_BASE_URL" in found["LRE_BASE_ULR"].mend
