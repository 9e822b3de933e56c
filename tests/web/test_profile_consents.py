"""Consents in a person's profile: seen and withdrawn by who reads the mailbox, and by nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lre_kit.law.consents import ConsentState
from lre_kit.parties.values import Recipient
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, record_consent, throwaway_office
from lre_web.testing import send_form
from lre_web.testing_profile import EMAIL, ProfileSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        yield ProfileSite.of(office, clock)


def test_a_consent_is_withdrawn_in_the_profile_of_its_reader_alone(site: ProfileSite) -> None:
    client, _ = site.member()
    mine = record_consent(site.office, Recipient(name="X", email=EMAIL))
    others = record_consent(site.office, Recipient(name="Y", email="other@example.net"))
    page = client.get("/profile/consents").text
    assert SENDER.name in page
    assert others.id not in page
    foreign = send_form(client, f"/profile/consents/{others.id}/withdraw", "/profile/consents")
    assert foreign.status_code == 404
    register = site.office.consents.register
    assert register.by_id(others.id).state is ConsentState.GIVEN
    answer = send_form(client, f"/profile/consents/{mine.id}/withdraw", "/profile/consents")
    assert answer.status_code == 303
    assert register.by_id(mine.id).state is ConsentState.WITHDRAWN
