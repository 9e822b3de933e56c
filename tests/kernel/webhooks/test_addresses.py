"""Where webhooks may go: refused when added and again at each try; a canary inside is never touched."""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import ConfigurationError
from lre_kit.testing.certificates import server_certificate
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, deposit_sample, throwaway_office
from lre_kit.testing.webhooks import Answer, WebhookReceiver, webhook_receiver
from lre_kit.webhooks.addresses import AddressGuard
from lre_kit.webhooks.errors import WebhookAddressError
from lre_kit.webhooks.sending import Outcome, WebhookPost
from lre_kit.webhooks.values import EndpointWish, Failure, Owner

OWNER = Owner(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
PUBLIC = "93.184.215.14"

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001:0:7f00:1::", "::7f00:1", "2001:db8::1",
]  # fmt: skip


def names(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], Sequence[str]]) -> list[str]:
    """Let the system's resolver answer so; return what it is asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        found = answer(host)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "url",
    [
        "", "hook", "/hook", "//example.org/", "ftp://example.org/", "http://example.org/", "file:///etc/passwd",
        "gopher://example.org/", "https://", "https:///x", "https://example.org:8443/", "https://example.org:22/",
        "https://user@example.org/", "https://user:word@example.org/", "https://example.org@127.0.0.1/",
        "https://example.org/#part", "https://localhost/", "https://intranet/", "https://127.0.0.1/",
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://1.2.3.4/", "https://example.0x7f/",
        "https://exa mple.org/", "https://example.org/\r\nX: y", "https://example.org\\@127.0.0.1/",
        "https://ex%61mple.org/", "https://exämple.org/", "https://-example.org/", "https://a..org/",
        "https://[::1", "https://example.org:port/", "https://example.org:99999/",
        "https://" + "a." * 130 + "org/",
        "https://example.org/" + "x" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_is_none_of_a_public_https_server_is_refused(url: str) -> None:
    """F12.03: refused at save."""
    with pytest.raises(WebhookAddressError):
        AddressGuard().target(url)


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://example.org", "example.org", "/"),
        ("https://Hooks.Example.org:443/a/b?c=d", "hooks.example.org", "/a/b?c=d"),
        ("https://xn--exmple-cua.org/%C3%A9", "xn--exmple-cua.org", "/%C3%A9"),
    ],
)
def test_an_address_is_taken_apart(url: str, host: str, path: str) -> None:
    target = AddressGuard().target(url)
    assert (target.host, target.path, target.port, target.host_header) == (host, path, 443, host)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org/{text}"):
        with suppress(WebhookAddressError):
            assert AddressGuard().target(url).scheme == "https"


@pytest.mark.parametrize("inside", INSIDE)
def test_a_name_that_leads_inside_is_refused_even_beside_a_public_address(
    inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = AddressGuard()
    target = guard.target("https://example.org/")
    for found in ([inside], [PUBLIC, inside], [inside, PUBLIC]):
        names(monkeypatch, lambda _, found=found: found)
        with pytest.raises(WebhookAddressError, match="not public"):
            guard.addresses(target, timeout_s=5)


@pytest.mark.parametrize("public", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_name_that_leads_outside_is_taken(public: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = AddressGuard()
    names(monkeypatch, lambda _: [public])
    assert guard.addresses(guard.target("https://example.org/"), timeout_s=5) == (public,)


def test_a_name_that_nobody_knows_or_that_takes_too_long_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard = AddressGuard()
    target = guard.target("https://example.org/")
    names(monkeypatch, lambda _: [])
    with pytest.raises(WebhookAddressError, match="no name server"):
        guard.addresses(target, timeout_s=5)
    names(monkeypatch, lambda _: [time.sleep(1) or PUBLIC])
    with pytest.raises(WebhookAddressError, match="no name server"):
        guard.addresses(target, timeout_s=0.1)


def test_listed_hosts_are_reached_but_metadata_services_never(monkeypatch: pytest.MonkeyPatch) -> None:
    """F12.03: metadata services."""
    guard = AddressGuard(listed="intranet, hooks.internal:8443 ,[::1]:9000,127.0.0.1")
    names(monkeypatch, lambda _: ["10.0.0.7"])
    for url in ("https://intranet:9999/", "https://hooks.internal:8443/", "https://[::1]:9000/"):
        assert guard.addresses(guard.target(url), timeout_s=5) == ("10.0.0.7",)
    with pytest.raises(WebhookAddressError):
        guard.target("https://hooks.internal:8444/")
    with pytest.raises(WebhookAddressError):
        guard.target("http://intranet/")
    for metadata in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "168.63.129.16"):
        names(monkeypatch, lambda _, metadata=metadata: [metadata])
        with pytest.raises(WebhookAddressError):
            guard.addresses(guard.target("https://intranet/"), timeout_s=5)


@pytest.mark.parametrize("listed", ["http://x/", "a@b", "x:port", "[::1"])
def test_a_listed_host_that_is_none_is_told_at_the_start(listed: str) -> None:
    with pytest.raises(ConfigurationError, match="LRE_WEBHOOK_PRIVATE_HOSTS"):
        AddressGuard(listed=f"good, {listed}")


@pytest.fixture
def canary() -> Any:
    with webhook_receiver() as held:
        yield held


def rebinding(
    monkeypatch: pytest.MonkeyPatch, canary: WebhookReceiver, tmp_path: Path, answers: list[list[str]]
) -> None:
    """Add an endpoint while its name leads outside, and deliver while it leads elsewhere."""
    connected: list[Any] = []
    connect = socket.create_connection

    def watched(address: Any, *more: Any, **named: Any) -> Any:
        connected.append(address)
        if address[0] == PUBLIC:
            raise ConnectionRefusedError
        return connect(address, *more, **named)

    monkeypatch.setattr(socket, "create_connection", watched)
    names(monkeypatch, lambda _: answers.pop(0) if len(answers) > 1 else answers[0])
    clock = MovedClock()
    # The port is the canary's, so that only the address stands between.
    with throwaway_office(tmp_path / "office", clock=clock, webhook_http="on") as office:
        url = "http://rebind.example.org/"
        monkeypatch.setattr("lre_kit.webhooks.addresses._PORTS", {"https": 443, "http": canary.port})
        endpoint = office.webhooks.desk.add(OWNER, EndpointWish(url=url)).endpoint
        deposit_sample(office)
        office.run_until_idle()
        clock.advance(timedelta(seconds=10))
        office.run_until_idle()
        tried = office.webhooks.reading.deliveries(endpoint.id)[-1].attempts
    assert {each.failure for each in tried} <= {Failure.ADDRESS, Failure.UNREACHABLE}
    assert tried
    assert {host for host, _ in connected} <= {PUBLIC}
    assert canary.received == []


def test_a_name_that_turns_inside_after_it_was_added_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, canary: WebhookReceiver, tmp_path: Path
) -> None:
    rebinding(monkeypatch, canary, tmp_path, [[PUBLIC], ["127.0.0.1"]])


def test_a_name_that_turns_inside_between_look_up_and_connection_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, canary: WebhookReceiver, tmp_path: Path
) -> None:
    # Whoever asked for the name once more to connect would get the second answer.
    rebinding(monkeypatch, canary, tmp_path, [[PUBLIC], [PUBLIC], ["127.0.0.1"]])


def test_the_canary_would_have_been_reached_without_the_guard(canary: WebhookReceiver) -> None:
    post = WebhookPost(AddressGuard(plain_http=True, listed="127.0.0.1"))
    assert post.post(canary.url, b"{}", {}).status == 204
    assert len(canary.received) == 1


def sent(receiver: WebhookReceiver, *, ca_file: Path | None = None, timeout_s: float = 5) -> Outcome:
    guard = AddressGuard(plain_http=True, listed="127.0.0.1,localhost")
    return WebhookPost(guard, ca_file=ca_file, timeout_s=timeout_s).post(receiver.url, b"{}", {})


def test_an_encrypted_receiver_must_show_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    """F12.01: bad TLS."""
    certificate = server_certificate(tmp_path / "server.pem")
    with webhook_receiver(certificate=certificate) as receiver:
        assert sent(receiver).failure is Failure.TLS
        assert receiver.received == []
        assert sent(receiver, ca_file=certificate).is_success
        receiver.url = receiver.url.replace("localhost", "127.0.0.1")
        assert sent(receiver, ca_file=certificate).failure is Failure.TLS, "a certificate of another name"


def test_a_receiver_that_hangs_is_left_after_the_time_out(canary: WebhookReceiver) -> None:
    """F12.01: a slow receiver."""
    canary.otherwise = Answer(hold_s=30)
    begun = time.monotonic()
    assert sent(canary, timeout_s=0.5).failure is Failure.TIMEOUT
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("tls", [False, True])
def test_a_receiver_that_drips_is_left_after_the_time_out(tmp_path: Path, tls: bool) -> None:
    certificate = server_certificate(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = WebhookReceiver()
        receiver.url = f"{'https' if tls else 'http'}://localhost:{server.getsockname()[1]}/"
        begun = time.monotonic()
        # Nobody answers: not the request, not the handshake.
        assert sent(receiver, ca_file=certificate, timeout_s=0.5).failure is Failure.TIMEOUT
        assert time.monotonic() - begun < 5


def test_an_answer_without_end_is_not_read(canary: WebhookReceiver) -> None:
    """F12.01: a huge answer."""
    canary.otherwise = Answer(status=200, body=b"x" * 50_000_000)
    begun = time.monotonic()
    assert sent(canary).is_success
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 " + b"x" * 70_000, b""])
def test_an_answer_that_is_not_http_is_a_failure(canary: WebhookReceiver, raw: bytes) -> None:
    canary.otherwise = Answer(raw=raw)
    assert sent(canary).failure in {Failure.ANSWER, Failure.UNREACHABLE}


def test_nobody_there_is_a_failure() -> None:
    with webhook_receiver() as receiver:
        pass
    assert sent(receiver).failure is Failure.UNREACHABLE
