"""Services and stores every test may ask for. A service that is missing skips, or fails in CI."""

import gc
import os
import secrets
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from argon2 import Parameters
from hypothesis import settings

from lre_kit.identifiers import paper_codes
from lre_kit.parties import passwords
from lre_kit.store import schema
from lre_kit.store.database import Database
from lre_kit.testing import services
from lre_kit.testing.forking import ForkingPython
from lre_kit.testing.tables import lay_tables

if TYPE_CHECKING:
    from lre_kit.testing.databases import LentDatabases

# Machines are shared: how long one example takes says nothing. (In CI the library's own profile does so.)
settings.register_profile("steady", deadline=None)
if "CI" not in os.environ:
    settings.load_profile("steady")

REQUIRE_SERVICES = "LRE_REQUIRE_SERVICES"
"""Set to 1, a missing service is a failure."""


# Thousands of tests make a heap that is never garbage: it is not searched again and again.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not installed, naming it; in CI that is a failure."""
    for marker in item.iter_markers("needs"):
        if missing := [name for name in marker.args if shutil.which(name) is None]:
            message = f"not installed: {', '.join(missing)}"
            if os.environ.get(REQUIRE_SERVICES) == "1":
                pytest.fail(message)
            pytest.skip(message)


@pytest.fixture(autouse=True)
def zones_are_typed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read no machine-readable zone from pictures, but in tests marked ``reads_pictures``.

    Looking for one in a picture that has none costs seconds, and most tests type it.
    """
    if request.node.get_closest_marker("reads_pictures") is None:
        monkeypatch.setattr("lre_kit.parties.reading_pictures.PROGRAM", "no-such-program")


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkingPython]:
    """Runs programs that may die, in processes of their own."""
    with ForkingPython(tmp_path_factory.mktemp("forking")) as made:
        yield made


@pytest.fixture(autouse=True, scope="session")
def real_cost() -> Iterator[Parameters]:
    """Hash passwords and paper codes cheaply in this process; gives what a password costs an office."""
    real = passwords.COST
    with pytest.MonkeyPatch.context() as patch:
        for module in (passwords, paper_codes):
            cheap = replace(module.COST, time_cost=1, memory_cost=64, parallelism=1)
            patch.setattr(module, "COST", cheap)
        yield real


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Service:
    """A bucket behind a real S3 API; the fields are those of `S3Blobs`."""

    endpoint: str
    bucket: str
    region: str = "eu-west-3"
    access_key_id: str = "test"
    secret_access_key: str = "test"


def _service(find: Callable[[ExitStack], str]) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = find(stack)
        except services.MissingServiceError as missing:
            if os.environ.get(REQUIRE_SERVICES) == "1":
                pytest.fail(str(missing))
            pytest.skip(str(missing))
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server whose user may create databases."""
    yield from _service(services.postgres)


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a fresh PostgreSQL database without tables."""
    with services.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_databases: "LentDatabases") -> Iterator[str]:
    """URL of a PostgreSQL database with this version's tables, as if it were fresh."""
    with postgres_databases.lend() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of an empty Redis number of our own."""
    yield from _service(services.redis)


@pytest.fixture(scope="session")
def rabbitmq_url() -> Iterator[str]:
    """URL of a RabbitMQ virtual host."""
    yield from _service(services.rabbitmq)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Address of an S3 API server."""
    server_module: Any = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_endpoint: str) -> S3Service:
    """A fresh bucket."""
    bucket = f"lre-{secrets.token_hex(6)}"
    request = urllib.request.Request(f"{s3_endpoint}/{bucket}", method="PUT")
    urllib.request.urlopen(request, timeout=10).close()
    return S3Service(endpoint=s3_endpoint, bucket=bucket)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium; ended with each module, because its driver occupies the thread's event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get(REQUIRE_SERVICES) == "1":
            pytest.fail("not installed: chromium")
        pytest.skip("not installed: chromium")
    driver: Any = pytest.importorskip("playwright.sync_api")
    with driver.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with this version's tables, to copy."""
    path = tmp_path_factory.mktemp("template") / "office.db"
    lay_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Name of a PostgreSQL database with this version's tables, to copy."""
    with services.fresh_database(postgres_server) as url:
        database = Database(url)
        schema.upgrade(database)
        database.close()
        yield urlsplit(url).path.lstrip("/")


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str, postgres_template: str) -> Iterator["LentDatabases"]:
    """Databases that tests lend to one another, emptied."""
    from lre_kit.testing.databases import LentDatabases

    with LentDatabases(postgres_server, template=postgres_template) as databases:
        yield databases


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a SQLite database with this version's tables."""
    shutil.copy(sqlite_template, tmp_path / "office.db")
    return f"sqlite:///{tmp_path / 'office.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh database with this version's tables: once SQLite, once PostgreSQL."""
    kind = "sqlite" if request.param == "sqlite" else "postgres"
    return str(request.getfixturevalue(f"{kind}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with this version's tables: once SQLite, once PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()
