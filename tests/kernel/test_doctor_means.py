"""The doctor asks identity providers as a login would, and looks at the age of revocation lists."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("joserfc")

from lre_kit.doctor import Finding, examine
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.forging_provider import CLIENT_SECRET, ForgingProvider
from lre_kit.testing.person_authority import PersonAuthority

LISTED = """
[[provider]]
slug = "test"
name = {{ fr = "Essai", en = "Test" }}
issuer = "{issuer}"
client_id = "office"
client_secret = "{secret}"
levels = {{ eidas2 = "substantial" }}
algorithms = ["ES256"]
"""


def found(settings: Settings, name: str, clock: MovedClock) -> Finding:
    [one] = [each for each in examine(settings, clock=clock) if each.name == name]
    return one


@pytest.fixture
def idp() -> Iterator[ForgingProvider]:
    with ForgingProvider(clock=MovedClock()) as made:
        yield made


def provider(idp: ForgingProvider, folder: Path, *, issuer: str = "") -> Finding:
    listed = folder / "eid.toml"
    text = LISTED.format(issuer=issuer or idp.issuer, secret=CLIENT_SECRET)
    listed.write_text(text, encoding="utf-8")
    settings = Settings(home=folder / "office", eid_providers=listed)
    return found(settings, "identity providers", MovedClock())


def test_a_provider_that_answers_is_well(idp: ForgingProvider, tmp_path: Path) -> None:
    assert provider(idp, tmp_path).well


def test_a_provider_that_calls_itself_otherwise_is_named(idp: ForgingProvider, tmp_path: Path) -> None:
    idp.metadata = {"issuer": "https://elsewhere.example"}
    finding = provider(idp, tmp_path)
    assert not finding.well
    assert "test" in finding.found
    assert "https://elsewhere.example" in finding.found


def test_a_provider_that_does_not_answer_is_named(idp: ForgingProvider, tmp_path: Path) -> None:
    finding = provider(idp, tmp_path, issuer="http://127.0.0.1:9")
    assert "no metadata" in finding.found
    assert finding.mend


def test_a_provider_without_keys_is_named(idp: ForgingProvider, tmp_path: Path) -> None:
    idp.published = b'{"keys": []}'
    assert "no usable key" in provider(idp, tmp_path).found


def test_a_provider_without_addresses_is_named(idp: ForgingProvider, tmp_path: Path) -> None:
    idp.metadata = {"token_endpoint": "ftp://elsewhere.example"}
    assert "lack an https address" in provider(idp, tmp_path).found


def issuers(folder: Path, clock: MovedClock, **settings: str) -> Finding:
    made = Settings.model_validate(
        {"home": folder / "office", "certificate_issuers": folder / "issuers", **settings}
    )
    return found(made, "certificate issuers", clock)


def test_issuers_with_current_lists_are_well_until_the_lists_are_too_old(tmp_path: Path) -> None:
    clock = MovedClock()
    authority = PersonAuthority(tmp_path / "issuers", clock())
    assert "by signing; lists current until" in issuers(tmp_path, clock).found
    clock.advance(timedelta(days=8))
    finding = issuers(tmp_path, clock)
    assert not finding.well
    assert "example-ca: its revocation list is too old" in finding.found
    authority.write_list(revocation='"if-known"')
    assert issuers(tmp_path, clock).well


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    clock = MovedClock()
    authority = PersonAuthority(tmp_path / "issuers", clock())
    authority.write_list(crl="[]")
    assert "is missing" in issuers(tmp_path, clock).found


def test_a_proxy_without_a_good_secret_is_named(tmp_path: Path) -> None:
    clock = MovedClock()
    PersonAuthority(tmp_path / "issuers", clock())
    named = {"certificate_proxy_addresses": "10.0.0.1"}
    assert not issuers(tmp_path, clock, **named, certificate_proxy_secret="short").well
    assert not issuers(tmp_path, clock, **named).well
    assert "proxy" in issuers(tmp_path, clock, **named, certificate_proxy_secret="s" * 40).found


def test_the_settings_of_a_certified_provider_are_looked_at_and_it_is_asked_nothing(tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "identity_provider_url": "https://identity.example/cases",
        "identity_provider_name": "Identité Certifiée",
        "identity_provider_secret": "s" * 32,
    }
    well = found(Settings(home=tmp_path / "office", **told), "identity proofing", MovedClock())
    assert (well.well, well.found) == (True, "cases go to Identité Certifiée at identity.example")
    told["identity_provider_secret"] = "short"
    ill = found(Settings(home=tmp_path / "office", **told), "identity proofing", MovedClock())
    assert not ill.well
    assert "32 bytes" in ill.found
    assert "LRE_IDENTITY_PROVIDER" in ill.mend


def test_an_issuer_with_a_responder_needs_no_list(tmp_path: Path) -> None:
    clock = MovedClock()
    authority = PersonAuthority(tmp_path / "issuers", clock())
    settings = Settings(home=tmp_path / "office", certificate_issuers=authority.folder)
    authority.write_list(crl="")
    assert not found(settings, "certificate issuers", clock).well
    authority.write_list(crl="", ocsp='"http://ocsp.ca.example/"')
    assert found(settings, "certificate issuers", clock).well
