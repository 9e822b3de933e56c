"""Mounting: prefixes, several offices in one application, dispatchers, words, colours, commands."""

from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from lre_kit.errors import ConfigurationError
from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.testing.office import SENDER, throwaway_office
from lre_web import LRE
from lre_web.overrides import contrast
from lre_web.testing import ThrowawaySite, send_form
from lre_web.wsgi import wsgi_app


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", ""), ("/", ""), ("post", "/post"), ("/a/b/", "/a/b"), ("/courrier/é", "/courrier/é")],
)
def test_any_path_is_a_prefix(site: ThrowawaySite, given: str, kept: str) -> None:
    app = Flask("host")
    LRE(app, office=site.office, current_actor=lambda: site.actor, url_prefix=given)
    page = app.test_client().get(f"{kept}/deposit")
    assert page.status_code == 200
    assert f'action="{quote(kept)}/deposit"' in page.text


@pytest.mark.parametrize("wrong", ["/a<b>", "/a?b", "/a//b", "/a b"])
def test_what_is_no_path_is_no_prefix(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="no path"):
        LRE(url_prefix=wrong)


def test_offices_in_one_application_keep_links_cookies_and_letters_apart(
    site: ThrowawaySite, tmp_path: Path
) -> None:
    app = Flask("two")
    other = ThrowawaySite.open(tmp_path / "second")
    with other.office:
        lre = LRE(office=site.office, current_actor=lambda: site.actor, url_prefix="/one")
        lre.init_app(app)
        LRE(app, office=other.office, current_actor=lambda: site.actor, url_prefix="/two", name="second")
        letters = {"/one": site.letter(), "/two": other.letter()}
        client = app.test_client()
        for prefix, found in (
            (p, s.office.links.token(letters[p].id)) for p, s in (("/one", site), ("/two", other))
        ):
            answer = client.get(f"{prefix}/r/{found}")
            assert answer.headers["Location"] == f"{prefix}/r"
        # Both are open in one browser: neither took the other's cookie.
        for prefix, letter in letters.items():
            page = client.get(f"{prefix}/r")
            assert letter.number in page.text
            assert f'action="{prefix}/r/code"' in page.text
            assert (
                send_form(client, f"{prefix}/r/code", f"{prefix}/r")
                .headers["Location"]
                .startswith(f"{prefix}/r")
            )
        with app.test_request_context():
            assert url_for("lre.letter", number="1") == "/one/letters/1"
            assert url_for("second.letter", number="1") == "/two/letters/1"
        assert sorted(name for name in app.cli.commands if name != "routes") == ["lre", "second"]


def test_one_extension_serves_the_applications_of_a_factory(site: ThrowawaySite) -> None:
    lre = LRE(current_actor=lambda: site.actor)
    for _ in range(2):
        app = Flask("made")
        lre.init_app(app, office=site.office)
        assert app.test_client().get("/lre/").status_code == 200


def test_the_pages_hang_wherever_a_dispatcher_puts_them(site: ThrowawaySite) -> None:
    pages = wsgi_app(
        site.office, current_actor=lambda environ: site.actor if "REMOTE_USER" in environ else None
    )
    client = Client(DispatcherMiddleware(Flask("own"), {"/deep/post": pages}))
    assert client.get("/deep/post/deposit").status_code == 401
    page = client.get("/deep/post/deposit", environ_overrides={"REMOTE_USER": "alice"})
    assert 'action="/deep/post/deposit"' in page.text
    assert client.get(f"/deep/post/r/{site.office.links.token(site.letter().id)}").location == "/deep/post/r"


def test_who_is_not_logged_in_is_led_to_the_hosts_log_in_and_back(site: ThrowawaySite) -> None:
    app = Flask("host")
    LRE(app, office=site.office, login_url="/login?app=post")
    answer = app.test_client().get("/lre/deposit?lang=en")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?app=post&next=/lre/deposit%3Flang%3Den"
    assert app.test_client().post("/lre/deposit").status_code == 403


def test_a_host_says_some_things_in_its_own_words(site: ThrowawaySite) -> None:
    app = Flask("host")
    words = {"en": {"deposit": "Send <registered>"}}
    LRE(app, office=site.office, current_actor=lambda: site.actor, texts=words)
    client = app.test_client()
    assert "Send &lt;registered&gt;" in client.get("/lre/deposit?lang=en").text
    assert "Déposer une lettre" in client.get("/lre/deposit?lang=fr").text
    assert "Send" not in site.client().get("/lre/deposit?lang=en").text


def test_words_that_cannot_be_used_are_all_named() -> None:
    wrong = {"de": {}, "en": {"depositt": "x", "carried_by": "by {who}", "deposit": "broken {"}}
    with pytest.raises(ConfigurationError) as caught:
        LRE(texts=wrong)
    for sign in ("“de”", "“depositt”", "“carried_by” (en)", "“deposit” (en)"):
        assert sign in caught.value.problem


def test_a_host_brings_its_colours_and_text_stays_readable(site: ThrowawaySite) -> None:
    app = Flask("host")
    LRE(
        app,
        office=site.office,
        current_actor=lambda: site.actor,
        theme={"accent": "#7a1f5c", "dark-accent": "#f0b8dc"},
    )
    client = app.test_client()
    assert 'href="/lre/theme.css"' in client.get("/lre/deposit").text
    sheet = client.get("/lre/theme.css")
    assert sheet.mimetype == "text/css"
    assert "--accent: #7a1f5c" in sheet.text
    assert site.client().get("/lre/theme.css").status_code == 404
    with pytest.raises(ConfigurationError) as caught:
        LRE(theme={"accent": "#dddddd", "dark-ink": "#222222"})
    assert "accent on paper" in caught.value.problem
    assert "dark-ink on dark-paper" in caught.value.problem
    with pytest.raises(ConfigurationError, match="no colour") as other:
        LRE(theme={"accentt": "#000000", "accent": "url(x)"})
    assert other.value.problem.count("no colour") == 2


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_office_is_run_by_commands_of_the_application(site: ThrowawaySite) -> None:
    run = site.app.test_cli_runner()
    told = run.invoke(args=["lre", "config"])
    assert told.exit_code == 0
    assert "LRE_BASE_URL=https://notices.example" in told.stdout
    assert "LRE_SMTP_HOST: Without a mail server" in told.stderr
    assert run.invoke(args=["lre", "ready"]).exit_code == 0
    checked = run.invoke(args=["lre", "check"])
    assert checked.exit_code == 1
    assert "NOT WELL  mail" in checked.stdout
    letter = site.letter()
    assert run.invoke(args=["lre", "work", "--once"]).exit_code == 0
    assert site.office.reading.by_id(letter.id).notices == 1


def test_secrets_are_masked_where_settings_are_listed(tmp_path: Path) -> None:
    with throwaway_office(
        tmp_path / "office", smtp_user="u", smtp_password="planted-1", broker_url="redis://u:planted-2@h/0"
    ) as office:
        app = Flask("host")
        LRE(app, office=office)
        told = app.test_cli_runner().invoke(args=["lre", "config", "--json"]).output
        assert '"LRE_SMTP_PASSWORD": "set"' in told
        assert '"LRE_BROKER_URL": "redis://…@h/0"' in told
        assert "planted" not in told


METRICS_TOKEN = "a-token-of-sixteen-and-more"
NEUTRAL = {"base_url": "https://notices.example/lre", "sender_url": "https://app.example/lre"}


def test_each_page_answers_on_its_own_sides_host_name_alone(tmp_path: Path) -> None:
    """F9.09: a host name of nobody's finds nothing, and mail links come from the settings alone."""
    site = ThrowawaySite.open(tmp_path / "office", **NEUTRAL, metrics_token=METRICS_TOKEN)
    with site.office:
        letter, client = site.letter(), site.client()

        def at(host: str, path: str) -> TestResponse:
            return client.get(path, base_url=f"https://{host}")

        link, page = site.link(letter), f"/lre/letters/{letter.number}"
        of_senders = ("", "deposit", "consents", "bulk", "api-keys", "webhooks")
        for path in (page, *(f"/lre/{name}" for name in of_senders)):
            assert at("app.example", path).status_code == 200, path
            assert at("notices.example", path).status_code == 404, path
            assert at("evil.example", path).status_code == 404, path
        assert at("app.example", link).status_code == at("evil.example", link).status_code == 404
        followed = at("notices.example:443", link)
        assert followed.status_code == 303
        assert letter.number in at("notices.example", "/lre/r").text
        assert at("app.example", "/lre/r").status_code == 404
        assert at("app.example", "/lre/api/v1/letters").status_code == 401
        assert at("notices.example", "/lre/api/v1/letters").status_code == 404
        for path in ("/lre/verify", "/lre/static/lre.css", "/lre/healthz", "/lre/readyz"):
            for host in ("app.example", "notices.example"):
                with at(host, path) as answer:
                    assert answer.status_code == 200
        # A load balancer asks by address: it knows no name.
        for path in ("/lre/healthz", "/lre/readyz", "/lre/metrics"):
            token = {"Authorization": f"Bearer {METRICS_TOKEN}"}
            assert client.get(path, base_url="http://10.0.0.7:8000", headers=token).status_code == 200, path
        cookies = followed.headers.getlist("Set-Cookie")
        assert cookies
        # No domain is named, so a browser keeps them for this host name alone.
        assert all(cookie.startswith("__Host-") and "Domain" not in cookie for cookie in cookies)
        assert site.noticed_link(letter).startswith("https://notices.example/lre/r/")


def test_recipients_identify_on_the_neutral_name(tmp_path: Path) -> None:
    """Keys belong to it: their relying party names no sender."""
    pytest.importorskip("webauthn")
    site = ThrowawaySite.open(tmp_path / "office", **NEUTRAL)
    with site.office:
        keys = site.office.people.security_keys
        assert keys is not None
        told = str(keys.begin_discovery(purpose="session", binding="browser"))
        assert "notices.example" in told
        assert "app.example" not in told


def test_what_the_api_makes_has_its_address_on_the_senders_host_name(tmp_path: Path) -> None:
    site = ThrowawaySite.open(tmp_path / "office", **NEUTRAL)
    with site.office:
        wish = KeyWish(name="a program", kind=KeyKind.LIVE, scopes=frozenset(Scope))
        headers = {"Authorization": f"Bearer {site.office.integration.keys.create(SENDER, wish).text}"}
        asked = {
            "contacts": {"name": "Jean Dupont", "email": "jean@example.net"},
            "contact-groups": {"name": "Tenants"},
            "templates": {"name": "Notice", "subject": "Notice", "text": "Dear customer,"},
        }
        for path, body in asked.items():
            answer = site.app.test_client().post(
                f"/lre/api/v1/{path}", base_url="https://app.example", headers=headers, json=body
            )
            assert answer.status_code == 201, answer.text
            place = answer.headers["Location"]
            assert place.startswith(f"https://app.example/lre/api/v1/{path}/"), place


def test_the_neutral_host_name_shows_nothing_of_the_hosts_look(tmp_path: Path) -> None:
    site = ThrowawaySite.open(tmp_path / "office", **NEUTRAL)
    with site.office:
        app = Flask("host")
        LRE(app, office=site.office, current_actor=lambda: site.actor, theme={"accent": "#7a1f5c"})
        client, neutral = app.test_client(), "https://notices.example"
        assert "theme.css" in client.get("/lre/deposit", base_url="https://app.example").text
        client.get(site.link(site.letter()), base_url=neutral)
        page = client.get("/lre/r", base_url=neutral)
        assert page.status_code == 200
        assert "theme.css" not in page.text
        assert client.get("/lre/theme.css", base_url=neutral).status_code == 404


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"])
def test_no_header_of_a_request_gets_into_a_link(site: ThrowawaySite, header: str) -> None:
    """F9.09: links in mail and redirects come from the settings, whatever host name a request claims."""
    poison = "host=evil.example" if header == "Forwarded" else "evil.example"
    client, letter = site.client(), site.letter()
    answers = [client.get(site.link(letter), headers={header: poison})]
    page = client.get("/lre/r", headers={header: poison})
    answers += [page, client.get("/lre/deposit", headers={header: poison})]
    send_form(client, "/lre/r/code")
    site.office.run_until_idle()
    for answer in answers:
        assert "evil.example" not in answer.headers.get("Location", "") + answer.text
    for place in range(len(site.courier.messages)):
        assert "evil.example" not in site.courier.messages[place].as_string()


def test_no_page_of_ours_is_framed_by_anybody(site: ThrowawaySite) -> None:
    """F10.02: every route's answer says so, in both ways that browsers know."""
    client = site.client()
    rules = [rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    asked = [rule.rule for rule in rules if not rule.arguments and rule.endpoint.startswith("lre")]
    assert len(asked) > 20
    for path in [*asked, site.link(site.letter()), "/lre/letters/none", "/lre/static/lre.css"]:
        with client.get(path) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
            assert answer.headers["X-Frame-Options"] == "DENY", path
