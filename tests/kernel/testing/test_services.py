"""Services are found or started, and leave nothing behind."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from lre_kit.testing import private_servers, services


def test_a_told_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRE_TEST_REDIS_URL", "redis://127.0.0.1:1")
    with ExitStack() as stack, pytest.raises(services.MissingServiceError, match="LRE_TEST_REDIS_URL"):
        services.redis(stack)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (private_servers.start_postgres, "apt install postgresql"),
        (private_servers.start_redis, "apt install redis-server"),
    ],
)
def test_a_missing_program_is_named_with_the_line_that_installs_it(
    start: services.Starter, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_servers, "_postgres_folders", lambda: [Path("/none")])
    monkeypatch.setattr(private_servers, "_in_wheel", lambda *_: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with ExitStack() as stack, pytest.raises(services.MissingServiceError, match=words):
        start(stack)


@pytest.mark.parametrize(
    ("start", "answers"),
    [
        (private_servers.start_postgres, private_servers.postgres_answers),
        (private_servers.start_redis, private_servers.redis_answers),
    ],
)
def test_a_private_server_answers_and_ends_with_its_stack(
    start: services.Starter, answers: Callable[[str], bool]
) -> None:
    with ExitStack() as stack:
        try:
            url = start(stack)
        except services.MissingServiceError as missing:
            pytest.skip(str(missing))
        assert answers(url)
    assert not answers(url)


def test_two_test_runs_never_share_a_redis_number(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRE_TEST_REDIS_URL", redis_url)
    with ExitStack() as stack:
        assert services.redis(stack) != redis_url


def test_a_fresh_database_is_dropped_afterwards(postgres_server: str) -> None:
    with services.fresh_database(postgres_server) as url:
        assert private_servers.postgres_answers(url)
    assert not private_servers.postgres_answers(url)
