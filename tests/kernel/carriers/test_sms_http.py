"""Short messages through a gateway over real HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lre_kit.carriers.sms import SmsOutcome
from lre_kit.carriers.sms_http import HttpSms, open_sms
from lre_kit.consents.values import ConsentRequest
from lre_kit.errors import ConfigurationError, MailUnavailableError
from lre_kit.settings import Settings
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SENDER, throwaway_office


class Gateway(ThreadingHTTPServer):
    """Answers `status` and keeps what it was asked."""

    status = 202
    drop = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.server.drop:
            self.connection.close()
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        del format, args


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def sms(gateway: Gateway) -> HttpSms:
    url = f"http://127.0.0.1:{gateway.server_port}/v1"
    return HttpSms(url, token="secret-token", sender="LRE", timeout_s=5.0)


def test_a_message_is_handed_over_with_its_reference(gateway: Gateway) -> None:
    for _ in range(2):
        answer = sms(gateway).send(to="+33612345678", text="Réponse ?", reference="<abc@office>")
        assert answer.outcome is SmsOutcome.ACCEPTED
    (path, headers, body), (_, again, _) = gateway.asked
    assert path == "/v1/messages"
    assert body == {"to": "+33612345678", "from": "LRE", "text": "Réponse ?", "reference": "<abc@office>"}
    assert headers["authorization"] == "Bearer secret-token"
    assert headers["idempotency-key"] == again["idempotency-key"]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_what_the_gateway_refuses_is_refused(gateway: Gateway, status: int) -> None:
    gateway.status = status
    answer = sms(gateway).send(to="+33612345678", text="x", reference="r")
    assert (answer.outcome, answer.text) == (SmsOutcome.REFUSED, f"the gateway answers {status}")


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503, 0])
def test_what_may_pass_is_tried_again_and_tells_no_secret(gateway: Gateway, status: int) -> None:
    gateway.status, gateway.drop = status, status == 0
    with pytest.raises(MailUnavailableError) as found:
        sms(gateway).send(to="+33612345678", text="x", reference="r")
    told = f"{found.value.problem} {found.value.mend}"
    assert "secret-token" not in told
    assert "33612345678" not in told


def test_an_office_with_a_gateway_asks_for_consents_by_short_message(
    gateway: Gateway, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{gateway.server_port}"
    with throwaway_office(tmp_path / "office", sms_url=url, sms_token="secret-token") as office:
        request = ConsentRequest(name="Jean Dupont", email="jean@example.net", phone="+33612345678")
        office.consents.desk.ask(SENDER, request)
        office.run_until_idle()
        [(_, _, body)] = gateway.asked
        assert body["to"] == "+33612345678"
        assert SENDER.name in body["text"]
        assert "https://notices.example/" in body["text"]
        assert isinstance(office.courier, MemoryCourier)
        assert office.courier.messages == []


def test_a_gateway_without_a_token_is_refused() -> None:
    assert open_sms(Settings()) is None
    with pytest.raises(ConfigurationError, match="token"):
        open_sms(Settings(sms_url="http://127.0.0.1:1"))
