"""Accounts, consents, letters on paper, contacts, the API and webhooks: nothing of people stands in the logs.

`test_what_is_left_behind` does the same for a letter; here each other room is made to work, and to fail.
"""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import LreError
from lre_kit.integration.values import KeyWish
from lre_kit.observing.logs import SafeFormatter
from lre_kit.parties.values import Recipient, Sender
from lre_kit.testing.office import record_consent

pytest.importorskip("flask")

from lre_web.testing import ThrowawaySite

WORDS = {
    "sender": "Zq8sender Faÿ",
    "sender_address": "zq8sender@example.org",
    "recipient": "Zq8recipient Dupont",
    "recipient_address": "zq8recipient@example.net",
    "phone": "+33699887766",
    "street": "12 RUE ZQ8LILAS",
    "subject": "Zq8subject",
    "file": "Zq8file.txt",
    "content": "Zq8 content of the letter",
    "reference": "Zq8reference",
}
OWNER = Sender(ref="host-user-8", name=WORDS["sender"], email=WORDS["sender_address"])
POSTAL = {"lines": [WORDS["recipient"], WORDS["street"], "75002 PARIS"], "country": "FR"}


def found(logged: str, word: str) -> bool:
    """Tell whether a word stands there as it is, escaped, in base64 or percent-encoded."""
    from urllib.parse import quote

    escaped = json.dumps(word)[1:-1]
    forms = {word, escaped, quote(word), quote(word, safe=""), base64.b64encode(word.encode()).decode()}
    return any(form.casefold() in logged.casefold() for form in forms)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    made = ThrowawaySite.open(
        tmp_path / "office", post_provider="spool", webhook_http="on", webhook_private_hosts="127.0.0.1"
    )
    with made.office:
        yield made


def test_rooms_at_work_and_at_fault_log_no_word_of_people(
    site: ThrowawaySite, caplog: pytest.LogCaptureFixture
) -> None:
    """F13.04, F10.07: all is logged at the finest level, with traces."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    office = site.office
    made = office.integration.keys.create(OWNER, KeyWish(name="Zq8key"))
    client = site.app.test_client()
    who = {"name": WORDS["recipient"], "email": WORDS["recipient_address"]}

    def ask(method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {made.text}"} | more.pop("headers", {})
        return client.open(f"/lre/api/v1{path}", method=method, headers=headers, **more)

    try:
        document = {"name": WORDS["file"], "content": base64.b64encode(WORDS["content"].encode()).decode()}
        letter = {"recipient": who, "subject": WORDS["subject"], "reference": WORDS["reference"]}
        assert ask("POST", "/letters", json=letter | {"documents": [document]}).status_code == 201
        paper = letter | {"product": "hybrid", "recipient": who | {"postal": POSTAL}, "documents": [document]}
        ask("POST", "/letters", json=paper)
        ask(
            "POST", "/letters", json=letter | {"recipient": who | {"email": f"{WORDS['recipient_address']}@"}}
        )
        ask("GET", f"/letters?q={WORDS['recipient']}&reference={WORDS['reference']}")
        ask("POST", "/contacts", json={"name": WORDS["recipient"], "email": WORDS["recipient_address"]})
        asked = ask("POST", "/consents", json=who | {"phone": WORDS["phone"]})
        assert asked.status_code < 500
        record_consent(office, Recipient(name=WORDS["recipient"], email=WORDS["recipient_address"]), OWNER)
        named = base64.b64encode(WORDS["file"].encode()).decode()
        upload = ask(
            "POST", "/uploads", headers={"Upload-Length": "25", "Upload-Metadata": f"filename {named}"}
        ).get_json()["id"]
        ask(
            "PATCH", f"/uploads/{upload}", data=WORDS["content"].encode() + b"too long for it",
            content_type="application/offset+octet-stream", headers={"Upload-Offset": "0"},
        )  # fmt: skip
        table = f"email,name\n{WORDS['recipient_address']},{WORDS['recipient']}\nno address,x\n".encode()
        bulk = {"bulk": json.dumps({"title": WORDS["subject"]}), "table": (_file(table), "t.csv")}
        ask("POST", "/bulk/check", data=bulk)
        ask("POST", "/webhooks", json={"url": f"http://127.0.0.1:9/{WORDS['reference']}"})
        courier = office.courier
        courier.answers.append(RuntimeError(f"550 {WORDS['recipient_address']} unknown"))  # type: ignore[attr-defined]
        office.run_until_idle()
        site.clock.advance(timedelta(days=3))
        office.run_until_idle()
        with pytest.raises(LreError):
            office.people.parties.emails.verify("0" * 32, WORDS["sender_address"], actor={"role": "operator"})
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    # What a foreign error says of itself is left out of the kit's lines; whatever is said in them counts.
    form = SafeFormatter("json")
    lines = [form.format(record) for record in caplog.records]
    logged = "\n".join([*lines, *(record.getMessage() for record in caplog.records)])
    assert any("RuntimeError" in line for line in lines), "the broken one was logged, with its way"
    assert {name for name, word in WORDS.items() if found(logged, word)} == set()
    assert made.text not in logged


def _file(content: bytes) -> Any:
    from io import BytesIO

    return BytesIO(content)
