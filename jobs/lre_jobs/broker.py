"""Brokers by URL. None is made at import, and none is ever global."""

from urllib.parse import urlsplit

from dramatiq import Broker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Middleware, Retries, ShutdownNotifications, TimeLimit

from lre_kit.errors import ConfigurationError

MESSAGE_AGE_MS = 60_000
"""A ring older than this is dropped, in milliseconds: the bell has long rung again."""


def make_broker(url: str | None) -> Broker:
    """Return a broker: Redis, RabbitMQ, or in-process when there is no URL.

    Args:
        url: ``redis://…``, ``rediss://…``, ``amqp://…``, ``amqps://…`` or nothing.

    Raises:
        ConfigurationError: The URL is of no broker we know.
    """
    scheme = urlsplit(url).scheme if url else ""
    if not url:
        return StubBroker(middleware=_middleware())
    if scheme in {"redis", "rediss", "unix"}:
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
            url=url, middleware=_middleware(), namespace="lre"
        )
    if scheme in {"amqp", "amqps"}:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, middleware=_middleware())
    msg = f"LRE_BROKER_URL is of no broker we know ({scheme or 'no scheme'})."
    raise ConfigurationError(msg, mend="Use redis://… or amqp://…, or leave it empty.")


def _middleware() -> list[Middleware]:
    # No retries: what was not done is still on the agenda, and the bell rings again.
    return [
        AgeLimit(max_age=MESSAGE_AGE_MS),
        TimeLimit(),
        ShutdownNotifications(),
        Retries(max_retries=0),
    ]
