"""Brokers by URL, and what is said when one cannot be had."""

import subprocess
import sys

import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker

from lre_jobs.broker import make_broker
from lre_kit.errors import ConfigurationError, MissingExtraError


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (None, StubBroker),
        ("", StubBroker),
        ("redis://127.0.0.1:1/3", RedisBroker),
        ("rediss://user:word@127.0.0.1:1/3", RedisBroker),
        ("unix:///tmp/redis.sock?db=2", RedisBroker),
        ("amqp://127.0.0.1:1", RabbitmqBroker),
        ("amqps://127.0.0.1:1/host", RabbitmqBroker),
    ],
)
def test_the_url_chooses_the_broker_and_nothing_is_connected_yet(url: str | None, kind: type) -> None:
    broker = make_broker(url)
    assert isinstance(broker, kind)
    broker.close()


@pytest.mark.parametrize("url", ["kafka://127.0.0.1", "redis", "redis://127.0.0.1:port/0", "//:secret@h"])
def test_an_address_of_no_broker_is_a_sentence_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_broker(url)
    assert "LRE_BROKER_URL" in caught.value.problem
    assert caught.value.mend
    assert "secret" not in caught.value.problem


@pytest.mark.parametrize(
    ("url", "module"),
    [("redis://127.0.0.1", "dramatiq.brokers.redis"), ("amqp://h", "dramatiq.brokers.rabbitmq")],
)
def test_a_missing_client_is_answered_with_the_install_line(
    url: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        make_broker(url)
    assert 'pip install "lre-kit[jobs]"' in caught.value.mend


@pytest.mark.parametrize("missing", ["dramatiq", "apscheduler"])
def test_without_the_extra_the_import_says_how_to_install_it(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; import lre_jobs"
    found = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert found.returncode != 0
    assert 'pip install "lre-kit[jobs]"' in found.stderr


def test_importing_the_jobs_makes_no_broker_and_starts_no_thread() -> None:
    program = (
        "import threading, lre_jobs.embedded, lre_jobs.work, dramatiq.broker;"
        "assert dramatiq.broker.global_broker is None; assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-P", "-c", program], check=True)
