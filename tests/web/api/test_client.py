"""The client for Python programs, against a real server."""

import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.client import (
    HttpxTransport,
    LreClient,
    OfficeUnreachableError,
    ProblemError,
    StandardTransport,
    Transport,
)
from lre_kit.client.asking import TRIES, Asker
from lre_kit.client.transport import Answered, Asking
from lre_kit.errors import ConfigurationError
from lre_kit.failpoints import arm, disarm
from lre_kit.integration.values import KeyWish
from lre_kit.parties.values import Recipient
from lre_kit.testing.office import SENDER, SMALL_PDF, record_consent
from lre_web.testing import ThrowawaySite

WHO = {"name": "Jean Dupont", "email": "jean.dupont@example.net"}


def over_httpx() -> Transport:
    pytest.importorskip("httpx")
    return HttpxTransport()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    with ThrowawaySite.served(tmp_path_factory.mktemp("site") / "office") as site:
        yield site


@pytest.fixture(params=[StandardTransport, over_httpx], ids=["standard", "httpx"])
def office(request: pytest.FixtureRequest, served: ThrowawaySite) -> Iterator[LreClient]:
    key = served.office.integration.keys.create(SENDER, KeyWish(name="client")).text
    transport: Callable[[], Transport] = request.param
    with LreClient(served.office.links.base_url, key, transport=transport()) as made:
        yield made
    served.office.integration.keys.revoke(key.split("_")[2])


def test_a_letter_goes_its_way(office: LreClient, served: ThrowawaySite, tmp_path: Path) -> None:
    (tmp_path / "l'été.pdf").write_bytes(SMALL_PDF)
    files: list[Any] = [tmp_path / "l'été.pdf", ("b.txt", b"hello"), ("c.txt", io.BytesIO(b"there"))]
    notify_at = served.clock() + timedelta(days=2)
    made = office.deposit(WHO, files, subject="Bail", reference="R-9", notify_at=notify_at)
    number = made["number"]
    assert [each["name"] for each in made["documents"]] == ["l'été.pdf", "b.txt", "c.txt"]
    assert office.document(number, 3) == b"there"
    served.office.run_until_idle()
    assert office.letter(number)["phase"] == "deposited"
    assert [act["code"] for act in office.timeline(number)] == ["A.1"]
    [proof] = office.proofs(number)
    assert office.proof(number, proof["kind"], language="en").startswith(b"%PDF")
    assert b"<" in office.proof(number, proof["kind"], form="xml")
    assert office.container(number, documents=False).startswith(b"PK")
    assert office.correct_address(number, "j@example.net")["recipient"]["email"] == "j@example.net"
    assert office.withdraw(number, etag=office.etag(number))["phase"] == "withdrawn"


def test_lists_are_read_to_their_end(office: LreClient) -> None:
    numbers = [office.deposit(WHO, [("a.pdf", SMALL_PDF)], reference="many")["number"] for _ in range(5)]
    found = [letter["number"] for letter in office.letters(reference="many", limit=2)]
    assert found[:5] == numbers[::-1]


def test_consents_and_bulk(office: LreClient, served: ThrowawaySite) -> None:
    asked = office.ask_consent("Ada", f"ada{id(office)}@example.net", language="en")
    assert office.consent(asked["id"])["state"] == "asked"
    assert asked["id"] in {each["id"] for each in office.consents(limit=1)}
    given = record_consent(served.office, Recipient(name="Bob", email=f"bob{id(office)}@example.net"))
    served.office.run_until_idle()
    assert office.consent_proof(given.id).startswith(b"%PDF")
    assert office.withdraw_consent(given.id, "By post")["state"] == "withdrawn"
    table = ("t.csv", b"email,name\na@example.net,Ada\n")
    assert office.check_bulk(table)["wrong"] == 0
    bulk = office.draft_bulk(table, [("a.pdf", SMALL_PDF)], title="Spring")
    assert office.start_bulk(bulk["id"])["state"] == "running"
    assert office.pause_bulk(bulk["id"])["state"] == "paused"
    assert office.stop_bulk(bulk["id"])["state"] == "stopped"
    assert b"stopped" in office.bulk_result(bulk["id"])
    assert office.bulk(bulk["id"])["ended_at"]
    assert bulk["id"] in {each["id"] for each in office.bulk_sendings()}


def test_what_is_refused_says_what_and_where(office: LreClient) -> None:
    with pytest.raises(ProblemError) as told:
        office.deposit({"name": "A", "email": "a@"}, [("a.pdf", SMALL_PDF)])
    assert told.value.type == "urn:lre-kit:problem:invalid-address"
    with pytest.raises(ProblemError) as told:
        office.deposit(WHO, [("a.pdf", SMALL_PDF)], product="gold")
    assert (told.value.http_status, list(told.value.fields)) == (422, ["/product"])
    with pytest.raises(ProblemError, match="nothing at this address"):
        office.letter("../key")
    with pytest.raises(ProblemError) as told:
        office.withdraw(office.deposit(WHO, [("a.pdf", SMALL_PDF)])["number"], etag='"old"')
    assert told.value.http_status == 412
    assert office.key()["name"] == "client"


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(
    office: LreClient, served: ThrowawaySite
) -> None:
    before = len(served.office.reading.all_letters(limit=500))
    arm("api.acted", "raise")
    with pytest.raises(ProblemError):
        office.deposit(WHO, [("a.pdf", SMALL_PDF)], idempotency_key="mine")
    disarm()
    served.clock.advance(timedelta(minutes=3))
    office.deposit(WHO, [("a.pdf", SMALL_PDF)], idempotency_key="mine")
    assert len(served.office.reading.all_letters(limit=500)) == before + 1


class Lossy:
    """Loses some answers after the office gave them, or gives answers of its own."""

    def __init__(self, inner: Transport, *losses: Answered | None) -> None:
        self.inner, self.losses, self.seen = inner, list(losses), list[Asking]()

    def send(self, asking: Asking) -> Answered:
        self.seen.append(asking)
        answered = self.inner.send(asking)
        if not self.losses:
            return answered
        lost = self.losses.pop(0)
        if lost is None:
            raise OfficeUnreachableError("Lost.", mend="Again.")
        return lost

    def close(self) -> None:
        self.inner.close()


def asked_again(served: ThrowawaySite, *losses: Answered | None) -> tuple[LreClient, Lossy, list[float]]:
    key = served.office.integration.keys.create(SENDER, KeyWish(name="lossy")).text
    lossy, waits = Lossy(StandardTransport(), *losses), list[float]()
    client = LreClient(served.office.links.base_url, key, transport=lossy)
    client._asker = Asker(served.office.links.base_url, key, lossy, sleep=waits.append)
    return client, lossy, waits


def test_a_broken_connection_is_tried_again_with_the_same_key(served: ThrowawaySite) -> None:
    busy = Answered(status=503, headers={"retry-after": "7"}, body=b"<html>")
    client, lossy, waits = asked_again(served, None, busy)
    before = len(served.office.reading.all_letters(limit=500))
    assert client.deposit(WHO, [("a.pdf", SMALL_PDF)])["number"]
    assert len(served.office.reading.all_letters(limit=500)) == before + 1
    assert len({asking.headers["Idempotency-Key"] for asking in lossy.seen}) == 1
    assert len(lossy.seen) == 3
    assert waits == [0.5, 7.0]


def test_it_gives_up_after_some_tries(served: ThrowawaySite) -> None:
    client, lossy, _ = asked_again(served, *[None] * 10)
    with pytest.raises(OfficeUnreachableError):
        client.key()
    assert len(lossy.seen) == TRIES


def test_a_pass_goes_with_acts_only(served: ThrowawaySite) -> None:
    client, lossy, _ = asked_again(served)
    client.identify("a.b")
    client.key()
    with pytest.raises(ProblemError) as told:
        client.deposit(WHO, [("a.pdf", SMALL_PDF)], product="qualified")
    assert told.value.type == "urn:lre-kit:problem:identification-failed"
    assert ["LRE-Identification" in asking.headers for asking in lossy.seen] == [False, True]


@pytest.mark.parametrize("transport", [StandardTransport, over_httpx])
def test_nobody_there_is_told(transport: Any) -> None:
    asking = Asking(method="GET", url="http://127.0.0.1:9/", headers={})
    with pytest.raises(OfficeUnreachableError):
        transport().send(asking)


@pytest.mark.parametrize("transport", [StandardTransport, over_httpx])
def test_the_key_follows_no_redirect(transport: Any) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen: list[str] = []

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    carried = transport()
    with HTTPServer(("127.0.0.1", 0), Leading) as server:
        asker = Asker(f"http://127.0.0.1:{server.server_port}", "lre_x", carried)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(ProblemError) as told:
            asker.ask("GET", "/key")
        thread.join()
    assert (told.value.http_status, seen) == (302, ["/api/v1/key"])


@pytest.mark.parametrize(
    "address", ["http://office.example/lre", "office.example", "ftp://localhost.example"]
)
def test_a_key_does_not_travel_in_the_clear(address: str) -> None:
    with pytest.raises(ConfigurationError):
        LreClient(address, "lre_x")


def test_a_key_stands_in_no_repr() -> None:
    asking = Asking(method="GET", url="https://x.example", headers={"Authorization": "Bearer lre_secret"})
    assert "secret" not in repr(asking)
