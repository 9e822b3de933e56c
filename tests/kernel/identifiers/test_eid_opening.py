"""An office opens the electronic identities of its list of providers."""

from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers import eid_opening
from lre_kit.law.refusals import Way
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office

LISTED = """
[[provider]]
slug = "test"
name = { fr = "Essai", en = "Test" }
issuer = "https://id.example"
client_id = "office"
client_secret = "secret"
levels = { eidas2 = "substantial" }
algorithms = ["ES256"]
discovery = false
endpoints = { authorization = "https://id.example/a", token = "https://id.example/t", jwks = "https://id.example/k" }
"""  # noqa: E501 - an inline table stands on one line


def listed(folder: Path, text: str = LISTED) -> Path:
    place = folder / "eid.toml"
    place.write_text(text, encoding="utf-8")
    return place


def test_without_a_list_there_are_none_and_the_way_is_not_offered(tmp_path: Path) -> None:
    with throwaway_office(tmp_path, clock=MovedClock()) as office:
        assert office.people.electronic_identities is None
        assert Way.EID not in office.people.ways


def test_with_a_list_the_way_is_offered_and_providers_send_browsers_to_the_offices_page(
    tmp_path: Path,
) -> None:
    place = listed(tmp_path)
    settings: dict[str, Any] = {"eid_providers": place, "base_url": "https://post.example/lre/"}
    with throwaway_office(tmp_path / "office", clock=MovedClock(), **settings) as office:
        identities = office.people.electronic_identities
        assert identities is not None
        assert Way.EID in office.people.ways
        party = office.people.parties.for_recipient(email="ada@example.org", name="Ada Lovelace")
        url = identities.begin("test", party_id=party.id, purpose="session", binding="b", level=None)
        assert "redirect_uri=https%3A%2F%2Fpost.example%2Flre%2Feid%2Fback&" in url


def test_a_list_that_cannot_be_used_is_said_to_be(tmp_path: Path) -> None:
    place = listed(tmp_path, "[[provider]]\nslug = 'x'\n")
    with (
        throwaway_office(tmp_path / "office", clock=MovedClock(), eid_providers=place) as office,
        pytest.raises(ConfigurationError, match="list of identity providers"),
    ):
        _ = office.people.electronic_identities


def test_a_list_without_its_library_is_said_to_lack_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = listed(tmp_path)
    with throwaway_office(tmp_path / "office", clock=MovedClock(), eid_providers=place) as office:
        monkeypatch.setattr(eid_opening, "find_spec", lambda name: None)
        with pytest.raises(ConfigurationError, match=r"lre-kit\[identity\]"):
            _ = office.people.electronic_identities
