"""An error nobody foresaw, at each named place of an act, under the pages and the API (F1.07)."""

import base64
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.failpoints import REGISTRY, arm, disarm
from lre_kit.integration.values import KeyWish
from lre_kit.letters.phases import Phase
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_web.testing import ThrowawaySite, send_form

DEPOSIT = sorted(name for name in REGISTRY if name.startswith("deposit."))
ACT = sorted(name for name in REGISTRY if name.startswith("act."))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    site = ThrowawaySite.open(tmp_path_factory.mktemp("site") / "office")
    with site.office:
        yield site
        site.office.run_until_idle()
        assert audit_office(site.office).findings == []


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    disarm()


def says_nothing(answer: Any) -> None:
    assert answer.status_code == 500
    for word in ("FailpointError", "Traceback", "File ", "lre_kit", ".py"):
        assert word not in answer.text


@pytest.mark.parametrize("place", ACT)
def test_an_act_that_breaks_is_done_or_not_and_can_be_asked_for_again(
    shared: ThrowawaySite, place: str
) -> None:
    letter = shared.letter()
    reader = shared.identified(letter)
    reader.get("/lre/r?lang=en")
    arm(place, "raise")
    answer = send_form(reader, "/lre/r/accept")
    disarm()
    says_nothing(answer)
    assert answer.mimetype == "text/html"
    assert "nobody foresaw" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    phase = shared.office.reading.by_id(letter.id).phase
    assert phase is (Phase.RECEIVED if place == "act.after_commit" else Phase.NOTIFIED)
    if phase is Phase.NOTIFIED:
        assert send_form(reader, "/lre/r/accept").status_code in {302, 303}
    timeline = shared.office.reading.timeline(letter.id)
    assert set(Counter(entry.name for entry in timeline).values()) == {1}


@pytest.mark.parametrize("place", DEPOSIT)
def test_a_deposit_that_breaks_is_one_letter_once_it_is_asked_for_again(
    shared: ThrowawaySite, place: str
) -> None:
    key = shared.office.integration.keys.create(SENDER, KeyWish(name=place)).text
    before = shared.office.reading.count()

    def deposit() -> Any:
        return shared.app.test_client().post(
            "/lre/api/v1/letters",
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": place},
            json={
                "recipient": {"name": "Jean", "email": "jean@example.net"},
                "documents": [{"name": "a.pdf", "content": base64.b64encode(SMALL_PDF).decode()}],
            },
        )

    arm(place, "raise")
    answer = deposit()
    disarm()
    says_nothing(answer)
    assert answer.mimetype == "application/problem+json"
    shared.clock.advance(timedelta(minutes=3))  # until the key's claim of the broken request has run out
    again = deposit()
    assert again.status_code == 201, again.text
    assert shared.office.reading.count() == before + 1


def test_a_page_that_breaks_says_so_in_french_and_programs_get_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = ThrowawaySite.open(tmp_path / "office")
    with site.office as office:
        monkeypatch.setattr(office.reading, "timeline", lambda *_: 1 / 0)
        letter = site.letter()
        path = f"/lre/letters/{letter.number}"
        answer = site.client().get(path, headers={"Accept-Language": "fr"})
        says_nothing(answer)
        assert "Une erreur imprévue" in answer.text
        answer = site.client().get(path, headers={"Accept": "application/json"})
        says_nothing(answer)
        assert answer.get_json()["type"] == "urn:lre-kit:problem:unforeseen"
