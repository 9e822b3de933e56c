"""A site with a throwaway office behind it: for the tests of hosts and for our own."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SENDER, deposit_sample, throwaway_office
from lre_web.actor import Actor
from lre_web.extension import LRE

_FORM = re.compile(r'name="form_token" value="([^"]+)"')
_LINK = re.compile(r"https?://\S+/r/\S+")
_CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class ThrowawaySite:
    """An application with one office mounted under ``/lre``; `actor` is who is logged in."""

    app: Flask
    office: PostOffice
    clock: MovedClock
    actor: Actor | None

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> Self:
        """Prepare an office below `folder` and mount it."""
        clock = MovedClock()
        office = throwaway_office(folder, clock=clock, **settings)
        actor = Actor(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
        site = cls(app=Flask("host"), office=office, clock=clock, actor=actor)
        LRE(site.app, office=office, current_actor=lambda: site.actor)
        return site

    @classmethod
    @contextmanager
    def served(cls, folder: Path, **settings: Any) -> Iterator[Self]:
        """Serve a site over HTTP on a free local port while the context lasts; see `origin`."""
        server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
        site = cls.open(folder, base_url=f"http://127.0.0.1:{server.server_port}/lre", **settings)
        server.app = site.app
        thread = threading.Thread(target=server.serve_forever)
        with site.office:
            thread.start()
            try:
                yield site
            finally:
                server.shutdown()
                thread.join()
                server.server_close()

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the site."""
        return self.office.links.base_url.removesuffix("/lre")

    @property
    def courier(self) -> MemoryCourier:
        """Where mail ends up."""
        courier = self.office.courier
        assert isinstance(courier, MemoryCourier)
        return courier

    def client(self) -> FlaskClient:
        """Return a browser without a window."""
        return self.app.test_client()

    def letter(self, **changes: Any) -> Letter:
        """Deposit a sample letter and let its notice leave."""
        letter = deposit_sample(self.office, **changes)
        self.office.run_until_idle()
        return self.office.reading.by_id(letter.id)

    def link(self, letter: Letter) -> str:
        """Return the path of a recipient's link."""
        return f"/lre/r/{self.office.links.token(letter.id, letter.recipient.email)}"

    def noticed_link(self, letter: Letter) -> str:
        """Return the whole link that stands in the notice of `letter`."""
        texts = [self.courier.text_of(place) for place in range(len(self.courier.messages))]
        [notice] = [text for text in texts if letter.number in text and "/r/" in text]
        found = _LINK.search(notice)
        assert found is not None
        return found.group()

    def code(self) -> str:
        """Return the code in the last message."""
        found = _CODE.search(self.courier.text_of())
        assert found is not None
        return found.group().strip()

    def identified(self, letter: Letter) -> FlaskClient:
        """Return a browser in which the recipient of `letter` typed the code."""
        client = self.client()
        client.get(self.link(letter))
        send_form(client, "/lre/r/code")
        send_form(client, "/lre/r/identify", code=self.code())
        return client


def send_form(client: FlaskClient, path: str, page: str = "/lre/r", **fields: Any) -> TestResponse:
    """Send a form of `page` to `path` with the page's own token."""
    token = _FORM.search(client.get(page).text)
    return client.post(path, data={"form_token": token.group(1) if token else ""} | fields)
