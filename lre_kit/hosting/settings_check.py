"""Settings read and judged at start: every wrong one at once, each with how to mend it.

What a single value may be stands with the field (`lre_kit.settings`); here stands what values mean
together. Only what cannot work is refused; what may surprise is a `Doubt`, told by ``lre doctor`` and
``flask lre config``.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr, ValidationError

from lre_kit.errors import ConfigurationError, LreError
from lre_kit.settings import Settings
from lre_kit.store.engines import parse_url

PREFIX = "LRE_"
"""Prefix of the variables."""

KNOWN_ELSEWHERE = ("LRE_OPERATOR", "LRE_TRUST", "LRE_FAIL", "LRE_REQUIRE_SERVICES", "LRE_TEST_", "LRE_CI_")
"""Variables, or beginnings of some, that are no settings and are read elsewhere."""

_BROKERS = frozenset({"redis", "rediss", "amqp", "amqps"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

_TOGETHER: tuple[tuple[tuple[str, ...], str], ...] = (
    (("seal_pkcs11_module", "seal_pkcs11_token", "seal_pkcs11_pin"), "the seal key is in a token"),
    (("imap_host", "imap_user", "imap_password"), "delivery reports are fetched"),
    (("smtp_user", "smtp_password"), "the mail server asks who we are"),
    (("sms_url", "sms_token"), "short messages go out"),
    (("post_tracking_url", "post_tracking_key"), "items are tracked"),
    (("certificate_proxy_addresses", "certificate_proxy_secret"), "a proxy checks client certificates"),
    (("s3_access_key_id", "s3_secret_access_key"), "S3 is given keys"),
)
"""Settings that are given all or none."""

_FILES = (
    "smtp_ca_file", "dkim_key_file", "imap_ca_file", "tsa_file", "tsa_anchor_file", "log_witnesses",
    "eid_providers", "api_issuers", "certificate_issuers", "post_key_file", "post_known_hosts",
    "webhook_ca_file", "seal_pkcs11_module", "font_folder",
)  # fmt: skip
"""Settings that name a file or folder which must be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSetting:
    """One setting that cannot work."""

    name: str
    """Its variable."""
    problem: str
    mend: str


class WrongSettingsError(ConfigurationError):
    """Settings that cannot work: all of them, each with how to mend it."""

    slug = "wrong-settings"

    def __init__(self, wrong: Sequence[WrongSetting]) -> None:
        """Keep each; the message lists them."""
        self.wrong = tuple(wrong)
        lines = "".join(f"\n  {each.name}: {each.problem} {each.mend}" for each in self.wrong)
        count = "One setting" if len(self.wrong) == 1 else f"{len(self.wrong)} settings"
        super().__init__(f"{count} cannot be used:{lines}", mend="Nothing was opened.")


def read_settings(**values: Any) -> Settings:
    """Return the settings from the environment and `values`, judged.

    Raises:
        WrongSettingsError: Some cannot work; names them all.
    """
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise WrongSettingsError([_of_pydantic(each) for each in error.errors()]) from None
    expect_workable(settings)
    return settings


def expect_workable(settings: Settings) -> None:
    """Refuse settings that cannot work together.

    Raises:
        WrongSettingsError: Names them all.
    """
    if wrong := list(wrong_settings(settings)):
        raise WrongSettingsError(wrong)


def wrong_settings(settings: Settings) -> Iterator[WrongSetting]:
    """Yield what cannot work, in the order of the fields' own page."""
    yield from _addresses(settings)
    try:
        parse_url(settings.database)
    except LreError as error:
        yield _wrong("database_url", error.problem, error.mend)
    if settings.broker_url and urlsplit(settings.broker_url).scheme not in {
        "redis",
        "rediss",
        "amqp",
        "amqps",
    }:
        yield _wrong("broker_url", "It names no broker.", "Give redis://… or amqp://…, or leave it empty.")
    for names, when in _TOGETHER:
        given = [name for name in names if _is_given(getattr(settings, name))]
        if given and len(given) < len(names):
            missing = ", ".join(PREFIX + name.upper() for name in names if name not in given)
            yield _wrong(given[0], f"It is set, so {when}, but {missing} is not.", "Set them all, or none.")
    for name in _FILES:
        path = getattr(settings, name, None)
        if path is not None and not path.exists():
            yield _wrong(name, f"There is nothing at {path}.", "Name a file that is there, or unset it.")


def _addresses(settings: Settings) -> Iterator[WrongSetting]:
    base = _web_address(settings.base_url)
    if base is None:
        yield _wrong("base_url", "It is no address of a site.", "Give https://host/path, without ? and #.")
    if not settings.sender_url:
        return
    sender = _web_address(settings.sender_url)
    if sender is None:
        yield _wrong("sender_url", "It is no address of a site.", "Give https://host/path, without ? and #.")
    elif base is not None and sender.hostname == base.hostname:
        yield _wrong(
            "sender_url",
            "It has the host name of LRE_BASE_URL, so a notice would tell who its sender is (CPCE R. 53-3).",
            "Give recipients a neutral host name of its own in LRE_BASE_URL, or leave this empty.",
        )
    elif base is not None and sender.scheme != base.scheme:
        yield _wrong("sender_url", "Its scheme is not that of LRE_BASE_URL.", "Serve both by https.")


def _web_address(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    is_one = parts.scheme in {"http", "https"} and has_place and not (parts.query or parts.fragment)
    return parts if is_one and parts.username is None else None


def doubts(settings: Settings, environment: Mapping[str, str] | None = None) -> Iterator[WrongSetting]:
    """Yield what works and may still surprise: unknown variables, plain http, nobody to send mail."""
    environment = os.environ if environment is None else environment
    fields = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if (
            name.upper().startswith(PREFIX)
            and name.upper() not in fields
            and not name.startswith(KNOWN_ELSEWHERE)
        ):
            near = get_close_matches(name.upper(), fields, n=1)
            mend = f"Did you mean {near[0]}?" if near else "Unset it, or see the reference of settings."
            yield WrongSetting(name=name, problem="There is no such setting; it does nothing.", mend=mend)
    base = urlsplit(settings.base_url)
    if base.scheme == "http" and base.hostname not in _LOCAL:
        yield _wrong("base_url", "Recipients would come by plain http.", "Serve the pages by https.")
    if settings.smtp_host is None:
        yield _wrong("smtp_host", "Without a mail server no notice can leave.", "Set it.")
    if settings.letter_max_bytes < settings.document_max_bytes:
        yield _wrong(
            "letter_max_bytes",
            "A letter may be smaller than a single document of it.",
            "Make it at least LRE_DOCUMENT_MAX_BYTES.",
        )
    if settings.account_session_max_s < settings.account_session_idle_s:
        yield _wrong(
            "account_session_max_s",
            "A session would end before it may be idle.",
            "Make it at least LRE_ACCOUNT_SESSION_IDLE_S.",
        )
    if settings.evidence_stop_s < settings.evidence_alarm_s:
        yield _wrong(
            "evidence_stop_s",
            "Deposits would stop before anybody is warned.",
            "Make it at least LRE_EVIDENCE_ALARM_S.",
        )


def _of_pydantic(error: Any) -> WrongSetting:
    name = PREFIX + "_".join(str(part) for part in error["loc"]).upper()
    if error["type"] == "extra_forbidden":
        near = get_close_matches(name, [PREFIX + each.upper() for each in Settings.model_fields], n=1)
        mend = f"Did you mean {near[0]}?" if near else "Leave it out."
        return WrongSetting(name=name, problem="There is no such setting.", mend=mend)
    # What was given is not repeated: it may be a secret.
    return WrongSetting(
        name=name,
        problem=f"{error['msg'].removeprefix('Value error, ')}.",
        mend="See the reference of settings.",
    )


def _is_given(value: object) -> bool:
    return bool(value.get_secret_value()) if isinstance(value, SecretStr) else bool(value)


def _wrong(name: str, problem: str, mend: str) -> WrongSetting:
    return WrongSetting(name=PREFIX + name.upper(), problem=problem, mend=mend)
