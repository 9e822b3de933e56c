"""A whole letter through each kind of host application, served by real servers over HTTP."""

import importlib.util
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SMALL_PDF, throwaway_office

httpx = pytest.importorskip("httpx")
waitress = pytest.importorskip("waitress")
pytest.importorskip("waitress.wasyncore")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TOKEN = re.compile(r'name="(form_token|once|letter|csrfmiddlewaretoken)" value="([^"]+)"')


def example(name: str) -> Callable[[PostOffice], Any]:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Django's table of addresses is found by the module's name.
    import sys

    sys.modules[name] = module
    made: Callable[[PostOffice], Any] = module.create_app
    return made


@contextmanager
def wsgi_served(app: Any, port: int) -> Iterator[None]:
    server = waitress.create_server(app, host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        # In the server's own thread: closed from here, its sockets would go from under its hands.
        server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()


@contextmanager
def asgi_served(app: Any, port: int) -> Iterator[None]:
    uvicorn = pytest.importorskip("uvicorn")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
        yield
    finally:
        server.should_exit = True
        thread.join(10)


HOSTS = {
    "host_app": (wsgi_served, "flask"),
    "wsgi_app": (wsgi_served, "werkzeug"),
    "django_app": (wsgi_served, "django"),
    "fastapi_app": (asgi_served, "fastapi"),
}


@pytest.mark.parametrize("name", HOSTS)
def test_a_whole_letter_goes_through_the_host(name: str, tmp_path: Path) -> None:
    served, package = HOSTS[name]
    pytest.importorskip(package)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin, courier = f"http://127.0.0.1:{port}", MemoryCourier()
    with (
        throwaway_office(
            tmp_path / "office", clock=MovedClock(), courier=courier, base_url=f"{origin}/post"
        ) as office,
        served(example(name)(office), port),
        httpx.Client(base_url=origin) as sender,
    ):
        number = deposited(sender)
        office.run_until_idle()
        with httpx.Client(base_url=origin) as recipient:
            read_by(recipient, courier)
        office.run_until_idle()
        page = sender.get(f"/post/letters/{number}?lang=en")
        assert page.status_code == 200
        proof = sender.get(f"/post/letters/{number}/proofs/receipt.pdf")
        assert proof.content.startswith(b"%PDF")


def deposited(sender: Any) -> str:
    """Deposit as whoever logs in to the host: first nobody is, and is led to the host's own page."""
    stranger = sender.get("/post/deposit")
    assert stranger.status_code in {303, 401}
    if stranger.status_code == 303:
        assert stranger.headers["Location"] == "/?next=/post/deposit"
    assert sender.get("/post/r").status_code == 404
    assert sender.get("/post/healthz").json() == {"status": "alive"}
    home = dict(TOKEN.findall(sender.get("/").text))
    entered = sender.post("/login", data=home)
    assert entered.headers["Location"] == "/post/"
    page = sender.get("/post/deposit?lang=en")
    assert page.status_code == 200
    sheet = re.search(r'href="([^"]+/lre\.css[^"]*)"', page.text)
    assert sheet is not None
    assert sheet[1].startswith("/post/static/")
    assert sender.get(sheet[1]).status_code == 200
    done = sender.post(
        "/post/deposit",
        data=dict(TOKEN.findall(page.text))
        | {"name": "Jean Dupont", "email": "jean@example.net", "subject": "x"},
        files={"documents": ("lease.pdf", SMALL_PDF, "application/pdf")},
    )
    assert done.status_code == 303, done.text
    place: str = done.headers["Location"]
    assert place.startswith("/post/letters/")
    assert sender.get("/post/readyz").status_code == 200
    return place.rsplit("/", 1)[1]


def read_by(recipient: Any, courier: MemoryCourier) -> None:
    """Follow the notice's link, identify by the code, accept and read."""
    link = re.search(r"http://\S+/post/r/\S+", courier.text_of())
    assert link is not None
    followed = recipient.get(link[0])
    assert followed.headers["Location"] == "/post/r"
    for act, fields in (("code", None), ("identify", "code"), ("accept", None)):
        page = recipient.get("/post/r")
        data = dict(TOKEN.findall(page.text))
        if fields:
            code = re.search(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", courier.text_of(), re.MULTILINE)
            assert code is not None
            data["code"] = code[0].strip()
        assert "Alice Martin" not in page.text
        assert recipient.post(f"/post/r/{act}", data=data).status_code == 303
    assert "Alice Martin" in recipient.get("/post/r/letter").text
    assert recipient.get("/post/r/documents/1").content == SMALL_PDF
