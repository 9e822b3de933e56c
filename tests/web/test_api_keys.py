"""The sender's page of API keys, and the page that describes the API."""

import re
from typing import Any

import pytest

from lre_web.extension import Actor
from lre_web.testing import ThrowawaySite, send_form

FORM = {"name": "books", "kind": "live", "scope": ["letters:read"], "days": "30"}


def shown(site: ThrowawaySite, language: str = "en") -> str:
    return site.client().get("/lre/api-keys", headers={"Accept-Language": language}).text


def test_a_key_is_made_shown_once_used_and_revoked(site: ThrowawaySite) -> None:
    answer = send_form(site.client(), "/lre/api-keys", "/lre/api-keys", **FORM)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    found = re.search(r"lre_live_[0-9a-f]{12}_[0-9a-f]{64}", answer.text)
    assert found is not None
    assert found.group() not in shown(site)
    assert "Never used" in shown(site)
    headers = {"Authorization": f"Bearer {found.group()}"}
    assert site.client().get("/lre/api/v1/letters", headers=headers).status_code == 200
    assert site.client().post("/lre/api/v1/letters", headers=headers).status_code == 403
    assert "Last used" in shown(site)
    [key] = site.office.integration.keys.all()
    done = send_form(site.client(), f"/lre/api-keys/{key.id}/revoke", "/lre/api-keys")
    assert done.status_code == 303
    assert "Révoquée le" in shown(site, "fr")
    assert site.client().get("/lre/api/v1/letters", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["api-keys", "api"])
@pytest.mark.parametrize(("language", "title"), [("fr", "Clés de l&#39;API"), ("en", "API keys")])
def test_the_pages_say_what_they_are(site: ThrowawaySite, path: str, language: str, title: str) -> None:
    page = site.client().get(f"/lre/{path}", headers={"Accept-Language": language}).text
    assert title in page
    assert "built-in" not in page
    assert "`" not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"kind": "gold"},
        {"days": "x"},
        {"days": "99999"},
        {"scope": []},
        {"scope": ["all"]},
        {"team": "a@example.org"},
        {"kind": "team", "team": "no address"},
    ],
)
def test_what_cannot_be_made_says_why(site: ThrowawaySite, changes: dict[str, Any]) -> None:
    answer = send_form(site.client(), "/lre/api-keys", "/lre/api-keys", **(FORM | changes))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert site.office.integration.keys.all() == []


def test_nobody_sees_or_ends_another_ones_keys(site: ThrowawaySite) -> None:
    send_form(site.client(), "/lre/api-keys", "/lre/api-keys", **FORM)
    [key] = site.office.integration.keys.all()
    site.actor = Actor(ref="other", name="Other", email="other@example.org")
    assert "books" not in shown(site)
    answer = send_form(site.client(), f"/lre/api-keys/{key.id}/revoke", "/lre/api-keys")
    assert answer.status_code == 404
    assert site.office.integration.keys.all()[0].revoked_at is None
    site.actor = None
    assert site.client().get("/lre/api-keys").status_code == 401
    assert site.client().post("/lre/api-keys", data=FORM).status_code == 403, "without the form's token"


def test_the_api_is_described_to_people_without_outside_requests(site: ThrowawaySite) -> None:
    page = site.client().get("/lre/api", headers={"Accept-Language": "en"}).text
    for part in ("Deposit a letter", "/letters/{number}/withdraw", "urn:lre-kit:problem:consent-missing"):
        assert part in page
    outside = re.findall(r'(?:src|href)="(https?:[^"]+)"', page)
    assert outside == []
    for target in re.findall(r'href="#(\w+)"', page):
        assert f'id="{target}"' in page
    linked = re.search(r'href="([^"]+openapi.json)"', page)
    assert linked is not None
    assert site.client().get(linked.group(1)).status_code == 200
