"""The page of notifications: what may be chosen, what may not and why, and for whom."""

import pytest

from lre_kit.news.values import NewsKind, Pace
from lre_kit.testing.office import SENDER
from lre_web.testing import ThrowawaySite, send_form

PAGE = "/lre/preferences"


@pytest.fixture
def chosen() -> dict[str, str]:
    return {"accepted": "at_once", "refused": "daily", "bounced": "daily", "language": "en"}


def test_what_is_chosen_is_kept_and_shown(site: ThrowawaySite, chosen: dict[str, str]) -> None:
    client = site.client()
    page = client.get(f"{PAGE}?lang=en").text
    assert "cannot be turned off" in page
    assert "CPCE R. 53-3" in page
    answer = send_form(client, PAGE, PAGE, **chosen)
    assert answer.status_code == 303
    wishes = site.office.news.desk.wishes(SENDER.ref)
    assert wishes.of(NewsKind.ACCEPTED) is Pace.AT_ONCE
    assert wishes.of(NewsKind.REFUSED) is Pace.DAILY
    assert wishes.of(NewsKind.UNCLAIMED) is Pace.OFF
    assert wishes.language == "en"
    page = client.get(answer.headers["Location"]).text
    assert '<option value="at_once" selected' in page
    assert 'role="status"' in page


@pytest.mark.parametrize(
    "wrong",
    [{"bounced": "off"}, {"to_sign": "at_once"}, {"accepted": "hourly"}, {"language": "de"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_cannot_be_chosen_changes_nothing(site: ThrowawaySite, wrong: dict[str, str]) -> None:
    before = site.office.news.desk.wishes(SENDER.ref)
    answer = send_form(site.client(), PAGE, PAGE, **wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert site.office.news.desk.wishes(SENDER.ref) == before


def test_nobody_chooses_for_a_party_that_is_not_theirs(site: ThrowawaySite) -> None:
    """F10.05."""
    stranger = "0" * 32
    assert site.client().get(f"{PAGE}?of={stranger}").status_code in {403, 404}
    assert send_form(site.client(), PAGE, PAGE, of=stranger, accepted="daily").status_code in {403, 404}
    assert site.office.news.desk.wishes(stranger).of(NewsKind.ACCEPTED) is Pace.OFF


def test_the_menu_leads_there(site: ThrowawaySite) -> None:
    assert 'href="/lre/preferences"' in site.client().get("/lre/").text
