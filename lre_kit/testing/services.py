"""PostgreSQL, Redis and RabbitMQ for tests: those that run, else private ones, else a plain reason.

For each service, in this order: the server of its ``LRE_TEST_…_URL`` variable; one that answers at
the standard local port; a private one started from installed programs on a free port and stopped
with the given exit stack. What runs already is never harmed: tests get a database, a Redis number
or a virtual host of their own.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from lre_kit.testing import private_servers
from lre_kit.testing.private_servers import MissingServiceError

__all__ = ["MissingServiceError", "fresh_database", "postgres", "rabbitmq", "redis"]

REDIS_OWNER_KEY = "lre-test-owner"
"""Key that marks a Redis number as taken by a test run."""

REDIS_NUMBERS = 16
"""Numbers a standard Redis has; number 0 is left to its owner."""

Starter = Callable[[ExitStack], str]


def postgres(stack: ExitStack) -> str:
    """Return the URL of a PostgreSQL server whose user may create databases.

    Raises:
        MissingServiceError: There is none and none can be started.
    """
    return _find(
        "POSTGRES",
        standard="postgresql://postgres@127.0.0.1:5432/postgres",
        answers=private_servers.postgres_answers,
        start=private_servers.start_postgres,
        stack=stack,
    )


def redis(stack: ExitStack) -> str:
    """Return the URL of an empty Redis number that is ours until the stack ends; errors as for `postgres`."""
    url = _find(
        "REDIS",
        standard="redis://127.0.0.1:6379",
        answers=private_servers.redis_answers,
        start=private_servers.start_redis,
        stack=stack,
    )
    own = _redis_number(url, stack)
    return own or _redis_number(private_servers.start_redis(stack), stack) or url


def rabbitmq(stack: ExitStack) -> str:
    """Return the URL of a RabbitMQ virtual host; errors as for `postgres`.

    It is one of our own where this user may make one, else the server's first: there, tests must
    name their queues so that they are nobody else's.
    """
    url = _find(
        "RABBITMQ",
        standard="amqp://guest:guest@127.0.0.1:5672",
        answers=private_servers.rabbitmq_answers,
        start=private_servers.start_rabbitmq,
        stack=stack,
    )
    return _own_virtual_host(url, stack) or url


@contextmanager
def fresh_database(server_url: str, *, template: str | None = None) -> Iterator[str]:
    """Create a database, give its URL, and drop it afterwards.

    Args:
        server_url: From `postgres`.
        template: Name of the database to copy.
    """
    import psycopg

    name = f"lre_test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _find(
    name: str, *, standard: str, answers: Callable[[str], bool], start: Starter, stack: ExitStack
) -> str:
    variable = f"LRE_TEST_{name}_URL"
    if told := os.environ.get(variable):
        if answers(told):
            return told
        msg = f"{variable} names a server that does not answer"
        raise MissingServiceError(msg)
    return standard if answers(standard) else start(stack)


def _redis_number(url: str, stack: ExitStack) -> str | None:
    """Take an empty number of a server, and empty it again at the end."""
    import redis as client

    for number in range(REDIS_NUMBERS - 1, 0, -1):
        own = urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
        connection = client.Redis.from_url(own)
        with suppress(client.RedisError):
            if connection.set(REDIS_OWNER_KEY, str(os.getpid()), nx=True):
                if connection.dbsize() == 1:
                    stack.callback(connection.close)
                    stack.callback(connection.flushdb)
                    return own
                connection.delete(REDIS_OWNER_KEY)
        connection.close()
    return None


def _own_virtual_host(url: str, stack: ExitStack) -> str | None:
    control, parts = shutil.which("rabbitmqctl"), urlsplit(url)
    if control is None or parts.port != 5672 or parts.hostname not in {"127.0.0.1", "localhost"}:
        return None
    name = f"lre-test-{secrets.token_hex(6)}"

    def run(*arguments: str) -> None:
        subprocess.run([control, "--quiet", *arguments], check=True, capture_output=True, timeout=30)

    try:
        run("add_vhost", name)
        stack.callback(run, "delete_vhost", name)
        run("set_permissions", "-p", name, parts.username or "guest", ".*", ".*", ".*")
    except (OSError, subprocess.SubprocessError):
        return None
    return urlunsplit(parts._replace(path=f"/{name}"))
