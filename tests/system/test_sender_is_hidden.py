"""Before acceptance no surface that a recipient can meet holds a word of the sender's (CPCE R. 53-3)."""

import base64
import quopri
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lre_kit.letters.values import Letter, Upload
from lre_kit.parties.values import Sender
from lre_web.testing import ThrowawaySite, send_form

MARK = "Zqx7"
"""Begins every word of the sender's, so that none turns up by chance in a page's own words."""

LETTERS = st.characters(categories=["Lu", "Ll", "Lo", "Nd"], exclude_characters="ﬀﬁﬂ")
WORDS = st.text(LETTERS, min_size=6, max_size=20).map(lambda word: MARK + word)
LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=16).map(
    lambda word: MARK.lower() + word
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    made = ThrowawaySite.open(tmp_path_factory.mktemp("hidden") / "office")
    with made.office:
        yield made


def mail_surfaces(message: EmailMessage) -> Iterator[str]:
    """Yield a message as it travels, and as its reader sees it."""
    raw = message.as_bytes()
    yield raw.decode("utf-8", "replace")
    yield quopri.decodestring(raw).decode("utf-8", "replace")
    for name, value in message.items():
        yield f"{name}: {value}"
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            yield content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def page_surfaces(site: ThrowawaySite, letter: Letter) -> Iterator[str]:
    """Yield every answer on the recipient's way before acceptance: headers, cookies, bodies, errors."""
    client = site.client()
    base = "/lre/r"
    answers = [client.get(site.link(letter)), client.head(site.link(letter)), client.options(base)]
    answers += [client.get(f"{base}?lang={language}") for language in ("fr", "en")]
    answers += [
        client.get(f"{base}/{rest}") for rest in ("letter", "documents/1", "documents/1?show=1", "nothing")
    ]
    answers.append(client.get(f"{base}/proofs/receipt.pdf"))
    answers.append(client.get(base, headers={"Accept": "application/json"}))
    answers.append(client.get(f"/lre/letters/{letter.number}", headers={"Accept": "application/json"}))
    answers.append(send_form(client, f"{base}/code"))
    code = site.code()
    answers.append(send_form(client, f"{base}/identify", code="00000000"))
    answers.append(send_form(client, f"{base}/identify", code=code))
    answers += [client.get(f"{base}?lang={language}") for language in ("fr", "en")]
    answers += [client.get(f"{base}/letter"), client.get(f"{base}/documents/1")]
    answers.append(send_form(client, f"{base}/refuse", confirmation="no"))
    for answer in answers:
        yield answer.text
        yield str(answer.headers)


def forms(word: str) -> set[str]:
    """Return a word in the encodings it might hide in."""
    raw = word.encode()
    return {
        word,
        quote(word),
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        word.encode("ascii", "xmlcharrefreplace").decode(),
        word.encode("unicode_escape").decode(),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=WORDS, local=LOCAL, subject=WORDS, file=WORDS, content=WORDS, ref=LOCAL)
def test_no_surface_before_acceptance_holds_the_sender(
    site: ThrowawaySite, name: str, local: str, subject: str, file: str, content: str, ref: str
) -> None:
    """F13.01: every answer and every mail, in every encoding."""
    # Whoever sends is somebody else than the one logged in here: nobody is, on the recipient's side.
    site.actor = None
    before = len(site.courier.messages)
    letter = site.letter(
        sender=Sender(ref=ref, name=name, email=f"{local}@{local}.example"),
        subject=subject,
        documents=[Upload(name=f"{file}.txt", stream=BytesIO(content.encode()))],
    )
    seen = list(page_surfaces(site, letter))
    for message in site.courier.messages[before:]:
        seen += mail_surfaces(message)
    everything = "\n".join(seen)
    haystacks = (everything, unescape(everything), unquote(everything), everything.lower())
    for word in (name, local, subject, file, content, ref, letter.documents[0].digest_hex):
        for form in forms(word):
            assert not any(form in haystack for haystack in haystacks), (word, form)
    # The search itself works: what may be said is found.
    assert letter.number in everything
    assert letter.recipient.name in unescape(everything)


def test_the_search_finds_what_is_not_hidden(site: ThrowawaySite, tmp_path: Path) -> None:
    del tmp_path
    letter = site.letter()
    seen = "\n".join(page_surfaces(site, letter))
    assert any(form in seen for form in forms(letter.number))
