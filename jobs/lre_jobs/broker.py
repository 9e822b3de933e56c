"""Brokers by URL. None is made at import, and none is ever global."""

from urllib.parse import urlencode, urlsplit

from dramatiq import Broker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Middleware, Retries, TimeLimit

from lre_kit.errors import ConfigurationError, MissingExtraError

MESSAGE_AGE_MS = 60_000
"""A ring older than this is dropped, in milliseconds: the bell has long rung again."""

SOCKET_TIMEOUT_S = 5
"""Seconds to wait for a Redis that is there and says nothing."""


def make_broker(url: str | None) -> Broker:
    """Return a broker: Redis, RabbitMQ, or in-process when there is no URL.

    Nothing is connected yet; a broker that is down is found when it is first needed.

    Args:
        url: ``redis://…``, ``rediss://…``, ``unix://…``, ``amqp://…``, ``amqps://…`` or nothing.

    Raises:
        ConfigurationError: The URL is of no broker we know.
        MissingExtraError: The broker's client is not installed.
    """
    if not url:
        return StubBroker(middleware=_middleware())
    scheme = urlsplit(url).scheme
    try:
        if scheme in {"redis", "rediss", "unix"}:
            return _redis(url)
        if scheme in {"amqp", "amqps"}:
            from dramatiq.brokers.rabbitmq import RabbitmqBroker

            return RabbitmqBroker(url=url, middleware=_middleware())
    except ModuleNotFoundError as error:
        msg = f"A broker at {scheme}:// needs the package {error.name}."
        raise MissingExtraError(msg, mend='Run: pip install "lre-kit[jobs]"') from error
    msg = f"LRE_BROKER_URL is of no broker we know ({scheme or 'no scheme'})."
    raise ConfigurationError(msg, mend="Use redis://… or amqp://…, or leave it empty.")


def _redis(url: str) -> Broker:
    from dramatiq.brokers.redis import RedisBroker

    timeouts = urlencode({"socket_timeout": SOCKET_TIMEOUT_S, "socket_connect_timeout": SOCKET_TIMEOUT_S})
    # What the operator wrote comes first, and the first of two wins.
    bounded = f"{url}&{timeouts}" if urlsplit(url).query else f"{url}?{timeouts}"
    try:
        return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
            url=bounded, middleware=_middleware(), namespace="lre"
        )
    except ValueError as error:
        msg = "LRE_BROKER_URL cannot be read as the address of a Redis."
        raise ConfigurationError(msg, mend="Use redis://host:6379/0.") from error


def _middleware() -> list[Middleware]:
    # No retries: what was not done is still on the agenda, and the bell rings again.
    return [AgeLimit(max_age=MESSAGE_AGE_MS), TimeLimit(), Retries(max_retries=0)]
