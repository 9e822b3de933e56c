"""The account pages of the standalone application, over a real office on SQLite."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lre_kit.content_names import NAMED
from lre_kit.errors import IdentificationError
from lre_kit.identifiers.throttle import PACES
from lre_kit.integration.rows import ApiKeyRow, ApiUploadRow
from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.letters.leftovers import Leftovers
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.account_requests import RESET
from lre_kit.parties.account_rows import AccountRequestRow, AccountRow, SessionRow
from lre_kit.parties.account_values import DeadLinkError
from lre_kit.parties.sessions import IDLE
from lre_kit.parties.values import Recipient, Sender
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SMALL_PDF, throwaway_office
from lre_kit.webhooks.rows import WebhookEndpointRow
from lre_web.account.session import EXTENSION, FRESH, AccountSite
from lre_web.standalone import create_app
from lre_web.testing import send_form
from lre_web.words.account import _TEXTS

EMAIL, NAME = "helene.fay@example.org", "Hélène Faÿ"
PASSWORD, OTHER = "quatre poules bleues", "cinq canards violets"
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")


@dataclass
class Site:
    app: Flask
    office: PostOffice
    clock: MovedClock

    @property
    def courier(self) -> MemoryCourier:
        courier = self.office.courier
        assert isinstance(courier, MemoryCourier)
        return courier

    @property
    def kept(self) -> AccountSite:
        kept = self.app.extensions[EXTENSION]
        assert isinstance(kept, AccountSite)
        return kept

    def client(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    def link(self) -> str:
        found = LINK.search(self.courier.text_of())
        assert found is not None
        return found.group(1)

    def register(self, client: FlaskClient, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
        path = "/account/register"
        return send_form(client, path, path, name=NAME, email=email, password=password)

    def member(self, email: str = EMAIL) -> FlaskClient:
        client = self.client()
        self.register(client, email)
        assert send_form(client, self.link(), self.link(), password=PASSWORD).status_code == 303
        return client

    def log_in(self, client: FlaskClient, password: str = PASSWORD, **fields: Any) -> TestResponse:
        return send_form(client, "/account/login", "/account/login", email=EMAIL, password=password, **fields)

    def forget(self, client: FlaskClient, email: str = EMAIL) -> TestResponse:
        return send_form(client, "/account/forgot", "/account/forgot", email=email)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        yield Site(create_app(office), office, clock)


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("lre_session")
    return found.value if found else ""


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_somebody_registers_confirms_deposits_and_logs_out(site: Site) -> None:
    client = site.client()
    assert client.get("/").headers["Location"] == "/account/login?next=/"
    assert site.register(client).headers["Location"] == "/account/sent"
    assert "Look into your mailbox" in client.get("/account/sent").text
    assert not is_in(client)
    link = site.link()
    for _ in range(2):
        assert "Type the password you chose" in client.get(link).text
    assert "not the right password" in send_form(client, link, link, password=OTHER).text
    answer = send_form(client, link, link, password=PASSWORD)
    assert answer.headers["Location"] == "/account?done=confirmed"
    assert EMAIL in client.get("/account").text
    deposited = send_form(
        client,
        "/deposit",
        "/deposit",
        name="Jean Dupont",
        email="jean@example.net",
        subject="Bail",
        documents=[(BytesIO(SMALL_PDF), "bail.pdf")],
    )
    assert deposited.status_code == 303
    assert "Bail" in client.get("/").text
    [letter] = site.office.reading.all_letters(limit=5)
    assert site.office.reading.by_id(letter.id).sender.name == NAME
    assert send_form(client, "/account/logout", "/account").headers["Location"] == "/account/login?out=1"
    assert "You are logged out" in client.get("/account/login?out=1").text
    assert not is_in(client)


def test_each_account_sees_its_own_letters_only(site: Site) -> None:
    one, two = site.member(), site.member("other@example.org")
    account = site.kept.accounts.by_email(EMAIL)
    assert account is not None
    letter = site.office.desk.deposit(
        sender=Sender(ref=account.party_id, name=NAME, email=EMAIL),
        recipient=Recipient(name="Jean", email="jean@example.net"),
        product="simple",
        subject="Secret",
        documents=[Upload(name="a.pdf", stream=BytesIO(SMALL_PDF))],
    )
    assert "Secret" in one.get("/").text
    assert "Secret" not in two.get("/").text
    assert one.get(f"/letters/{letter.number}").status_code == 200
    assert two.get(f"/letters/{letter.number}").status_code == 404


def plain(answer: TestResponse) -> tuple[int, str, str]:
    text = re.sub(r'value="[^"]*"', "", answer.text)
    return answer.status_code, answer.headers.get("Location", ""), text


def test_nothing_tells_whether_an_address_has_an_account(site: Site) -> None:
    """F9.08."""
    site.member()
    for act in (site.register, site.forget):
        answers = []
        for address in (EMAIL, "nobody@example.org"):
            before = len(site.courier.messages)
            answers.append(plain(act(site.client(), address)))
            assert len(site.courier.messages) == before + 1
            assert site.courier.messages[-1]["To"].addresses[0].addr_spec == address
        assert answers[0] == answers[1]
    tried = []
    for address in (EMAIL, "nobody@example.org"):
        client = site.client()
        path = "/account/login"
        tried.append([plain(send_form(client, path, path, email=address, password=OTHER)) for _ in range(8)])
    assert tried[0] == tried[1]
    assert [status for status, _, _ in tried[0]] == [403] * 5 + [429] * 3


def test_logging_in_gives_a_new_token_and_ends_the_old_session(site: Site) -> None:
    """F9.13: fixation."""
    client = site.member()
    before = cookie(client)
    fixed = site.client()
    fixed.set_cookie("lre_session", "chosen-by-a-stranger")
    assert site.log_in(fixed).status_code == 303
    assert cookie(fixed) not in {"", "chosen-by-a-stranger"}
    send_form(client, "/account/login", "/account", email=EMAIL, password=PASSWORD)
    assert cookie(client) != before
    assert site.kept.accounts.sessions.touch(before) is None
    stranger = site.client()
    stranger.set_cookie("lre_session", "chosen-by-a-stranger")
    assert not is_in(stranger)


def test_a_visit_makes_no_session(site: Site) -> None:
    """F9.13."""
    client = site.client()
    for path in ("/account/login", "/account/register", "/account/forgot", "/account/sent"):
        assert client.get(path).status_code == 200
        assert cookie(client) == ""


@pytest.mark.parametrize(
    ("wanted", "gets"),
    [
        ("/deposit?lang=en", "/deposit?lang=en"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("evil", "/"),
        ("", "/"),
    ],
)
def test_after_logging_in_one_goes_on_to_a_page_of_this_site_only(site: Site, wanted: str, gets: str) -> None:
    site.member()
    client = site.client()
    assert site.log_in(client, next=wanted).headers["Location"] == gets
    assert client.get("/account/login", query_string={"next": wanted}).headers["Location"] == gets


def test_a_page_that_asks_for_an_account_comes_back_after_logging_in(site: Site) -> None:
    site.member()
    client = site.client()
    asked = client.get("/deposit?lang=fr").headers["Location"]
    assert asked == "/account/login?next=/deposit?lang%3Dfr"
    page = client.get(asked).text
    assert 'name="next" value="/deposit?lang=fr"' in page


def test_an_idle_session_ends(site: Site) -> None:
    """F9.13."""
    client = site.member()
    site.clock.advance(IDLE + timedelta(seconds=1))
    assert not is_in(client)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/identity/none/progress", {}), ("/letters/none/news", {}), ("/", {"LRE-By-Itself": "1"})],
    ids=["identity", "news", "header"],
)
def test_what_a_page_asks_by_itself_keeps_no_session_awake(
    site: Site, path: str, headers: dict[str, str]
) -> None:
    """F9.13: a browser left alone with an open page is logged out like any other."""
    client, used = site.member(), site.client()
    site.log_in(used)
    for _ in range(4):
        site.clock.advance(IDLE / 3)
        client.get(path, headers=headers)
        used.get("/")
    assert not is_in(client)
    assert is_in(used)


def test_a_forgotten_password_is_set_anew_by_its_link_once_and_ends_all_sessions(site: Site) -> None:
    other = site.member()
    client = site.client()
    site.forget(client)
    link = site.link()
    assert "Choose a new password" in client.get(link).text
    assert "too short" in send_form(client, link, link, password="short").text
    assert is_in(other)
    assert send_form(client, link, link, password=OTHER).status_code == 303
    assert is_in(client)
    assert not is_in(other)
    again = client.get(link)
    assert (again.status_code, "works no more" in again.text) == (404, True)
    assert site.log_in(site.client()).status_code == 403
    assert site.log_in(site.client(), OTHER).status_code == 303
    assert "was changed" in site.courier.messages[-1]["Subject"] or "changé" in site.courier.text_of()


def test_the_password_is_changed_with_the_present_one_only(site: Site) -> None:
    client, other = site.member(), site.client()
    site.log_in(other)
    before = cookie(client)
    path = "/account/password"
    wrong = send_form(client, path, path, present=OTHER, password="six chevaux verts")
    assert "not the right password" in wrong.text
    bad = send_form(client, path, path, present=PASSWORD, password="password1234")
    assert "best known" in bad.text
    done = send_form(client, path, path, present=PASSWORD, password=OTHER)
    assert done.headers["Location"] == "/account?done=password"
    assert cookie(client) != before
    assert is_in(client)
    assert not is_in(other)


def test_an_account_is_closed_by_its_password_and_a_ticked_box(site: Site) -> None:
    client = site.member()
    path = "/account/close"
    assert "Tick the box" in send_form(client, path, path, password=PASSWORD).text
    assert send_form(client, path, path, password="something else", sure="yes").status_code == 403
    assert client.get("/account").status_code == 200
    left = send_form(client, path, path, password=PASSWORD, sure="yes")
    assert left.status_code == 303
    assert "Your account is closed" in client.get(left.location).text
    assert client.get("/account").status_code in {302, 303}
    assert "mot de passe" not in site.courier.text_of()
    assert site.kept.accounts.by_email(EMAIL) is None


def test_questions_to_passkeys_before_log_in_are_paced_by_network(site: Site) -> None:
    client, path = site.client(), "/account/login/key/options"
    client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    for _ in range(PACES["passkey"].free):
        assert send_form(client, path, "/account/login").status_code == 200
    assert send_form(client, path, "/account/login").status_code == 429
    # A browser without its cookie is still on the same network.
    again, elsewhere = site.client(), site.client()
    again.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert send_form(again, path, "/account/login").status_code == 429
    assert send_form(elsewhere, path, "/account/login").status_code == 200


def close(site: Site, client: FlaskClient) -> None:
    path = "/account/close"
    assert send_form(client, path, path, password=PASSWORD, sure="yes").status_code == 303


def test_a_link_sent_before_an_account_was_closed_opens_nothing(site: Site) -> None:
    """F9.13."""
    client, stranger = site.member(), site.client()
    site.forget(stranger)
    link = site.link()
    form = stranger.get(link).text
    close(site, client)
    token = re.search(r'name="form_token" value="([^"]+)"', form)
    assert token is not None
    answer = stranger.post(link, data={"form_token": token.group(1), "password": OTHER})
    assert answer.status_code != 303
    assert not is_in(stranger)


def test_a_reset_under_way_while_the_account_closes_is_refused(site: Site) -> None:
    client = site.member()
    accounts = site.kept.accounts
    [account] = accounts.all()
    found = accounts.log_in(EMAIL, PASSWORD)
    with site.office.database.write() as uow:
        token = accounts._requests.make(uow, RESET, email_key=EMAIL, account_id=account.id, facts={})
        uow.commit()
    close(site, client)
    with site.office.database.write() as uow:
        # As if it had been asked for in the same instant.
        uow.execute(update(AccountRequestRow).values(used_at=None))
        uow.commit()
    with pytest.raises(DeadLinkError):
        accounts.reset(token, OTHER)
    with pytest.raises(IdentificationError):
        accounts.sessions.open(account_id=account.id, party_id=account.party_id, factor=found.factor)


def test_with_the_last_account_of_a_person_end_keys_and_webhooks(site: Site) -> None:
    client, other = site.member(), site.member("other@example.org")
    office, accounts = site.office, site.kept.accounts
    mine, theirs = accounts.by_email(EMAIL), accounts.by_email("other@example.org")
    assert mine is not None
    assert theirs is not None
    wish = KeyWish(name="a program", kind=KeyKind.LIVE, scopes=frozenset(Scope))
    keys = {
        ref: office.integration.keys.create(Sender(ref=ref, name=NAME, email=EMAIL), wish).text
        for ref in (mine.party_id, theirs.party_id, "cli:robot@example.org")
    }
    with office.database.write() as uow:
        for number, ref in enumerate(keys):
            uow.add(
                WebhookEndpointRow,
                id=f"{number:08x}",
                sender_ref=ref,
                owner_name=NAME,
                owner_email=EMAIL,
                language="fr",
                url="https://example.org/hook",
                state="active",
                made_at=site.clock(),
            )
        # A second address of the same person has an account of its own.
        moved = update(AccountRow).where(AccountRow.id == theirs.id).values(party_id=mine.party_id)
        uow.execute(moved)
        uow.commit()

    def asked(ref: str) -> int:
        headers = {"Authorization": f"Bearer {keys[ref]}"}
        return site.app.test_client().get("/api/v1/letters", headers=headers).status_code

    def states() -> list[str]:
        with office.database.read() as connection:
            return list(connection.execute(select(WebhookEndpointRow.state).order_by("id")).scalars())

    close(site, client)
    assert [asked(ref) for ref in keys] == [200, 200, 200]
    assert states() == ["active", "active", "active"]
    assert "API keys are revoked" in other.get("/account/close").text
    with office.database.write() as uow:
        moved = update(SessionRow).where(SessionRow.account_id == theirs.id).values(party_id=mine.party_id)
        uow.execute(moved)
        uow.commit()
    close(site, other)
    assert [asked(ref) for ref in keys] == [401, 200, 200]
    assert states() == ["disabled", "active", "active"]
    with office.database.write() as uow:
        uow.execute(update(ApiKeyRow).values(revoked_at=None))
        uow.commit()
    # Of an account that was closed before keys ended with it.
    assert [asked(ref) for ref in keys] == [401, 200, 200]


def test_with_the_last_account_of_a_person_go_drafts_and_uploads(site: Site) -> None:
    client, other = site.member(), site.member("other@example.org")
    office, accounts = site.office, site.kept.accounts
    mine, theirs = accounts.by_email(EMAIL), accounts.by_email("other@example.org")
    assert mine is not None
    assert theirs is not None
    drafts, documents, uploads = (
        office.preparing.drafts, office.preparing.draft_documents, office.integration.uploads,
    )  # fmt: skip
    for ref in (mine.party_id, theirs.party_id):
        begun = drafts.keep(ref, {"subject": "Congé"})
        documents.add(ref, begun.id, Upload(name="a.pdf", stream=[SMALL_PDF]))
        upload = uploads.begin(ref, name="b.pdf", length=len(SMALL_PDF))
        uploads.append(upload.id, owner_ref=ref, offset=0, pieces=[SMALL_PDF])

    def contents() -> list[int]:
        return [len(list(office.blobs.keys(prefix))) for prefix in ("drafts/", "uploads/")]

    assert contents() == [2, 2]
    assert "drafts erased" in client.get("/account/close").text
    close(site, client)
    assert [len(drafts.of(account.party_id)) for account in (mine, theirs)] == [0, 1]
    with office.database.read() as connection:
        assert list(connection.execute(select(ApiUploadRow.owner_ref)).scalars()) == [theirs.party_id]
    assert contents() == [1, 1], "of the other person alone"
    assert is_in(other)


def test_an_account_closes_though_the_content_store_is_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site.member()
    account = site.kept.accounts.by_email(EMAIL)
    assert account is not None
    office, ref = site.office, account.party_id
    begun = office.preparing.drafts.keep(ref, {"subject": "Congé"})
    office.preparing.draft_documents.add(ref, begun.id, Upload(name="a.pdf", stream=[SMALL_PDF]))
    with monkeypatch.context() as away:
        away.setattr(type(office.blobs), "delete", lambda *_: 1 / 0)
        close(site, client)
    assert site.kept.accounts.by_email(EMAIL) is None
    assert len(list(office.blobs.keys("drafts/"))) == 1
    site.clock.advance(timedelta(days=3))
    Leftovers(office.database, office.blobs, clock=site.clock, named=NAMED).sweep()
    assert not list(office.blobs.keys("drafts/")), "the daily sweep takes it"


def test_sessions_are_listed_and_ended(site: Site) -> None:
    """F9.13."""
    client, second, third = site.member(), site.client(), site.client()
    second.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"
    site.log_in(second)
    site.log_in(third)
    page = client.get("/account").text
    assert page.count("this one") == 1
    assert "Firefox, Linux" in page
    [one, *_] = re.findall(r'action="(/account/sessions/[0-9a-f]{32}/end)"', page)
    send_form(client, one, "/account")
    assert [is_in(each) for each in (client, second, third)].count(True) == 2
    send_form(client, "/account/sessions/others/end", "/account")
    assert [is_in(each) for each in (client, second, third)] == [True, False, False]


def test_recovery_codes_are_shown_once_and_only_shortly_after_the_password(site: Site) -> None:
    client = site.member()
    site.clock.advance(FRESH + timedelta(seconds=1))
    asked = send_form(client, "/account/codes", "/account").headers["Location"]
    assert asked == "/account/again?next=/account"
    assert "not the right" in send_form(client, asked, asked, password=OTHER).text
    before = cookie(client)
    assert send_form(client, asked, asked, password=PASSWORD).headers["Location"] == "/account"
    assert cookie(client) != before
    codes = re.findall(r"<li>([0-9A-Z-]{14})</li>", send_form(client, "/account/codes", "/account").text)
    assert len(codes) == 10
    page = client.get("/account").text
    assert "10 of 10" in page
    assert codes[0] not in page


def test_forms_need_their_token(site: Site) -> None:
    client = site.member()
    for path in ("/account/login", "/account/logout", "/account/password", "/account/codes"):
        assert client.post(path, data={"email": EMAIL, "password": PASSWORD}).status_code == 403
    assert is_in(client)


def test_the_cookie_is_the_hosts_own_over_https(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office", base_url="https://notices.example") as office:
        site = Site(create_app(office), office, MovedClock())
        client = site.client()
        site.register(client)
        link = site.link()
        page = client.get(link, base_url="https://localhost")
        token = re.search(r'name="form_token" value="([^"]+)"', page.text)
        assert token is not None
        answer = client.post(
            link, data={"form_token": token.group(1), "password": PASSWORD}, base_url="https://localhost"
        )
        [kept] = [text for text in answer.headers.getlist("Set-Cookie") if "session" in text]
    assert kept.startswith("__Host-lre_session=")
    for sign in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert sign in kept
    assert "Domain" not in kept


def test_without_accounts_there_is_one_sender_and_no_login(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office", accounts="off") as office:
        client = create_app(office).test_client()
        assert client.get("/").status_code == 200
        assert client.get("/account/login").status_code == 404


def test_recipients_and_the_verifier_need_no_account(site: Site) -> None:
    client = site.client()
    assert client.get("/verify").status_code == 200
    assert client.get("/r").status_code in {200, 403, 404}
    assert client.get("/nowhere").status_code == 404


def test_no_secret_is_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = site.member()
    site.log_in(site.client(), OTHER)
    site.forget(site.client())
    link = site.link()
    send_form(client, link, link, password=OTHER)
    token = cookie(client)
    assert token
    for secret in (PASSWORD, OTHER, link.rsplit("/", 1)[1], token, EMAIL):
        assert secret not in caplog.text


def test_every_word_is_there_in_both_languages(site: Site) -> None:
    for french, english in _TEXTS.values():
        assert french
        assert english
        assert re.findall(r"{(\w+)}", french) == re.findall(r"{(\w+)}", english)
    client = site.member()
    assert "Votre compte" in client.get("/account?lang=fr").text
    assert "Se connecter" in site.client().get("/account/login?lang=fr").text
