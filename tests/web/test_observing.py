"""Logs, metrics and traces of whole journeys: what they tell, and that they name nobody."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.observing.logs import ROOTS, set_up
from lre_kit.parties.values import Recipient, Sender
from lre_kit.testing.office import deposit_sample
from lre_web.extension import Actor
from lre_web.testing import ThrowawaySite, send_form

PLANTED = {
    "sender": "Planteuse Expéditrice",
    "sender address": "planted.sender@example.org",
    "recipient": "Planté Destinataire",
    "recipient address": "planted.recipient@example.net",
    "subject": "Planted-subject-7731",
    "reference": "Planted-reference-7732",
    "file": "planted-file-7733.pdf",
}
TOKEN = "a-token-of-metrics"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything the kit logs, at the finest level, as ``lre serve`` would write it."""
    stream = io.StringIO()
    handler = set_up("json", level="DEBUG", stream=stream)
    root = logging.getLogger()
    root.addHandler(handler)  # what libraries below say is looked at too
    before = root.level
    root.setLevel("DEBUG")
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)
    for name in ROOTS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)


def journeys(site: ThrowawaySite) -> list[str]:
    """Go every way a letter can go, with things going wrong on it; return the secrets that were met."""
    from io import BytesIO

    from lre_kit.testing.office import SMALL_PDF

    sender = Sender(ref="u", name=PLANTED["sender"], email=PLANTED["sender address"])
    site.actor = Actor(ref=sender.ref, name=sender.name, email=sender.email)
    people = Recipient(name=PLANTED["recipient"], email=PLANTED["recipient address"])
    client = site.client()
    typed = {"name": people.name, "email": people.email, "subject": PLANTED["subject"]}
    typed["reference"] = PLANTED["reference"]
    for pdf in (SMALL_PDF, b"not a pdf"):
        files = (BytesIO(pdf), PLANTED["file"])
        send_form(client, "/lre/deposit", "/lre/deposit", **typed, documents=files)
    send_form(client, "/lre/deposit", "/lre/deposit", **typed | {"email": f"{people.email}@"})
    site.office.run_until_idle()
    secrets = []
    for act in ("accept", "refuse"):
        letter = deposit_sample(site.office, sender=sender, recipient=people, subject=PLANTED["subject"])
        site.office.run_until_idle()
        browser = site.identified(letter)
        secrets += [site.office.links.token(letter.id), site.code()]
        send_form(browser, "/lre/r/identify", code="K7QM-4ZXP")
        send_form(browser, f"/lre/r/{act}", letter=letter.number, confirmation="REFUSER")
        browser.get("/lre/r/letter")
        browser.get("/lre/r/documents/1")
        client.get(f"/lre/letters/{letter.number}/proofs/deposit.pdf")
    # Mail that is refused, mail that nobody knows the fate of, a courier that breaks; a window that closes.
    site.courier.answers = [
        MailAnswer(MailOutcome.REFUSED, code=550, text=f"5.1.1 <{people.email}> unknown"),
        MailAnswer(MailOutcome.UNKNOWN, text=f"{people.email} greylisted"),
        RuntimeError(f"broken for {people.name} <{people.email}>"),
    ]
    for _ in range(3):
        deposit_sample(site.office, sender=sender, recipient=people)
        site.office.run_until_idle()
    site.clock.advance(timedelta(days=17))
    site.office.run_until_idle()
    client.get("/lre/r/IjAxOTliYzRlZm9vYmFyIg.Zm9v")
    client.get("/lre/letters/none")
    client.get("/lre/api/v1/letters", headers={"Authorization": "Bearer lre_live_planted77345678"})
    return [*secrets, "planted77345678", "K7QM-4ZXP"]


def test_no_log_line_names_anybody_or_holds_a_secret(site: ThrowawaySite, written: io.StringIO) -> None:
    """F10.07, F13.04, P12: what is planted on every way is looked for in all that was logged."""
    secrets = journeys(site)
    log = written.getvalue()
    told = [json.loads(line) for line in log.splitlines()]
    requests = [line for line in told if line["event"] == "request"]
    assert len(requests) > 25
    assert all(len(line["request_id"]) >= 8 for line in requests)
    assert sum("letter_id" in line for line in requests) >= 10
    failed = [line for line in told if line["event"].endswith("(notify) failed")]
    assert failed[0]["trace"][-1] == "RuntimeError"
    assert failed[0]["duty"] == "notify"
    assert failed[0]["subject"]
    for name, planted in {**PLANTED, **{secret: secret for secret in secrets}}.items():
        assert planted not in log, name
    assert json.dumps(PLANTED["sender"]) not in log


def test_a_request_bears_the_proxys_id_if_it_is_one(site: ThrowawaySite) -> None:
    client = site.client()
    named = client.get("/lre/healthz", headers={"X-Request-ID": "proxy-12345678"})
    assert named.headers["X-Request-ID"] == "proxy-12345678"
    forged = client.get("/lre/healthz", headers={"X-Request-ID": "x" * 300})
    assert len(forged.headers["X-Request-ID"]) == 24
    assert len(client.get("/lre/api/v1/letters").headers["X-Request-ID"]) == 24


def test_metrics_are_off_or_behind_their_token_and_name_nobody(site: ThrowawaySite, tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    assert site.client().get("/lre/metrics").status_code == 404
    watched = ThrowawaySite.open(tmp_path / "watched", metrics_token=TOKEN)
    with watched.office:
        client = watched.client()
        for sent in ({}, {"Authorization": "Bearer no"}, {"Authorization": f"Basic {TOKEN}"}):
            assert client.get("/lre/metrics", headers=sent).status_code == 401
        journeys(watched)
        watched.clock.advance(timedelta(minutes=1))
        answer = client.get("/lre/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        for line in (
            "lre_up 1.0",
            'lre_letters{phase="received"} 1.0',
            'lre_letters{phase="refused"} 1.0',
            'lre_notices_total{outcome="failed"} 1.0',
            'state="planned"} ',
            'lre_evidence_waiting{waits_for="time stamp"} 0.0',
            "lre_time_stamps_total",
            'lre_requests_total{endpoint="lre.accept",method="POST",mount="lre",status="303"}',
            'lre_request_seconds_bucket{endpoint="lre.letter"',
        ):
            assert line in answer.text, line
        for planted in PLANTED.values():
            assert planted not in answer.text


COUNTING = """
import os, sys
from lre_kit.observing.metrics import count_request, _requests
for _ in range(int(sys.argv[1])):
    count_request(mount="lre", endpoint="e", method="GET", status=200, seconds=0.01)
"""


def test_requests_of_all_server_processes_are_added_up(
    site: ThrowawaySite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("prometheus_client")
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for times in ("2", "3"):
        subprocess.run([sys.executable, "-c", COUNTING, times], env=environment, check=True, timeout=60)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    from lre_kit.observing.metrics import OfficeMetrics, exposition

    body, media = exposition(OfficeMetrics(site.office))
    assert b'lre_requests_total{endpoint="e",method="GET",mount="lre",status="200"} 5.0' in body
    assert b"lre_up 1.0" in body
    assert media.startswith("text/plain")


def test_spans_stand_around_requests_and_duties_and_name_nobody(site: ThrowawaySite) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    journeys(site)
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert {"POST lre.deposit_send", "GET lre.letter", "duty notify", "duty make_proof"} <= set(spans)
    told = "".join(span.to_json() for span in kept.get_finished_spans())
    for planted in PLANTED.values():
        assert planted not in told
