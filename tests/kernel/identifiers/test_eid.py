"""Electronic identities: asked for once, answered once, in one browser."""

import base64
import hashlib
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from lre_kit.errors import NotFoundError, RequirementError
from lre_kit.identifiers.eid_provider_values import Userinfo
from lre_kit.identifiers.eid_values import EidAttributes, EidRefusedError, EidResult
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.law.assurance import Level
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.eid_desk import ACT, GOODBYE, REDIRECT, SESSION, EidDesk, asked_in
from lre_kit.testing.forging_provider import ForgingProvider

ADA = EidAttributes(
    given_names="Ada", family_name="Lovelace", birth_date=date(1815, 12, 10), email="ada@example.org"
)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def idp(clock: MovedClock) -> Iterator[ForgingProvider]:
    with ForgingProvider(clock=clock) as running:
        yield running


@pytest.fixture
def desk(database: Database, idp: ForgingProvider, clock: MovedClock) -> EidDesk:
    return EidDesk(database, idp.provider(userinfo=Userinfo.PLAIN), clock=clock)


def test_what_the_browser_carries_is_not_what_is_kept(desk: EidDesk) -> None:
    url = desk.begin(level=Level.SUBSTANTIAL)
    asked = asked_in(url)
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == REDIRECT
    assert asked["scope"] == "openid profile email"
    assert asked["acr_values"] == "eidas2 eidas3"
    assert (asked["prompt"], asked["max_age"]) == ("login", "300")
    assert asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert ACT not in url
    with desk.database.read() as connection:
        kept = str(connection.execute(text("select * from identifier_challenge")).all())
    secret = asked["state"].partition(".")[2]
    assert not any(value in kept for value in (secret, asked["nonce"], asked["code_challenge"]))


def test_no_two_questions_share_anything(desk: EidDesk) -> None:
    first, second = asked_in(desk.begin()), asked_in(desk.begin())
    assert not any(first[name] == second[name] for name in ("state", "nonce", "code_challenge"))


def test_an_acr_may_be_asked_as_an_essential_claim(
    database: Database, idp: ForgingProvider, clock: MovedClock
) -> None:
    ask = {Level.SUBSTANTIAL: ("eidas2",)}
    desk = EidDesk(database, idp.provider(acr_claim=True, ask=ask, prompt=()), clock=clock)
    asked = asked_in(desk.begin(level=Level.SUBSTANTIAL))
    wanted = json.loads(asked["claims"])["id_token"]
    assert wanted["acr"] == {"essential": True, "values": ["eidas2"]}
    assert wanted["auth_time"] == {"essential": True}
    assert not {"acr_values", "prompt"} & asked.keys()


def test_what_a_provider_refuses_is_not_sent_and_the_nonce_binds_all_the_same(
    database: Database, idp: ForgingProvider, clock: MovedClock
) -> None:
    desk = EidDesk(database, idp.provider(omit=frozenset({"max_age", "pkce"})), clock=clock)
    asked = asked_in(desk.begin())
    assert not {"max_age", "code_challenge", "code_challenge_method"} & asked.keys()
    assert desk.identify(idp.visit).factor is not None
    assert "code_verifier" not in idp.posted[0]
    mine, theirs = idp.visit(desk.begin(binding="mine")), idp.visit(desk.begin(binding="theirs"))
    mixed = mine | {"code": theirs["code"]}
    assert desk.refused(lambda: desk.identities.complete(mixed, binding="mine")) == "token-nonce"


def test_a_level_that_a_provider_never_reaches_is_not_asked_of_it(
    database: Database, idp: ForgingProvider, clock: MovedClock
) -> None:
    desk = EidDesk(database, idp.provider(levels={"eidas2": Level.SUBSTANTIAL}), clock=clock)
    with pytest.raises(RequirementError):
        desk.begin(level=Level.HIGH)
    with pytest.raises(NotFoundError):
        desk.begin(slug="nobody")
    assert idp.asked == []


def test_an_answer_serves_once(desk: EidDesk, idp: ForgingProvider) -> None:
    """F9.12."""
    brought = idp.visit(desk.begin(party_id=desk.ada))
    desk.identities.complete(brought, binding=SESSION)
    assert desk.refused(lambda: desk.identities.complete(brought, binding=SESSION)) == "state"
    assert idp.asked.count("/token") == 1


def test_an_answer_in_another_browser_is_refused(desk: EidDesk, idp: ForgingProvider) -> None:
    mine = idp.visit(desk.begin(binding="mine"))
    theirs = idp.visit(desk.begin(binding="theirs"))
    assert desk.refused(lambda: desk.identities.complete(mine, binding="theirs")) == "state"
    mixed = theirs | {"code": mine["code"]}
    assert desk.refused(lambda: desk.identities.complete(mixed, binding="theirs")) == "code"
    assert desk.identities.complete(idp.visit(desk.begin()), binding=SESSION).factor is not None
    assert desk.count(IdentifierRow) == 0


def test_a_late_answer_is_refused(desk: EidDesk, idp: ForgingProvider, clock: MovedClock) -> None:
    brought = idp.visit(desk.begin())
    clock.advance(timedelta(minutes=15, seconds=1))
    assert desk.refused(lambda: desk.identities.complete(brought, binding=SESSION)) == "state"


@pytest.mark.parametrize(
    "change",
    [
        {"state": ""},
        {"state": "0" * 32},
        {"state": "0" * 32 + "." + "A" * 43},
        {"state": "é" * 76},
    ],
)
def test_a_state_that_was_never_given_is_refused(desk: EidDesk, change: dict[str, str]) -> None:
    answer = {"code": "c"} | change
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "state"
    assert desk.refused(lambda: desk.identities.complete({}, binding=SESSION)) == "state"


def test_a_state_with_another_secret_is_refused_and_ends_the_question(
    desk: EidDesk, idp: ForgingProvider
) -> None:
    brought = idp.visit(desk.begin())
    guessed = brought | {"state": brought["state"].partition(".")[0] + "." + "A" * 43}
    assert desk.refused(lambda: desk.identities.complete(guessed, binding=SESSION)) == "state"
    assert desk.refused(lambda: desk.identities.complete(brought, binding=SESSION)) == "state"
    assert "/token" not in idp.asked


def test_one_of_many_answers_at_once_is_taken(desk: EidDesk, idp: ForgingProvider) -> None:
    """F9.12, F9.03."""
    brought, barrier = idp.visit(desk.begin(party_id=desk.ada)), Barrier(4)

    def answer(_: int) -> str:
        barrier.wait()
        return desk.refused(lambda: desk.identities.complete(brought, binding=SESSION))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(answer, range(4))) == ["", "state", "state", "state"]


def test_the_factor_is_as_old_as_the_login(
    database: Database, idp: ForgingProvider, clock: MovedClock
) -> None:
    desk = EidDesk(database, idp.provider(prompt=()), clock=clock)
    shown = clock() - timedelta(minutes=4)
    idp.changes = {"auth_time": int(shown.timestamp())}
    found = desk.identify(idp.visit)
    assert found.factor is not None
    assert found.factor.at == datetime.fromtimestamp(int(shown.timestamp()), UTC)


def test_refusals_have_one_sentence_and_their_own_word_in_the_log(
    desk: EidDesk, idp: ForgingProvider, caplog: pytest.LogCaptureFixture
) -> None:
    sentences = set()
    with caplog.at_level(logging.WARNING):
        for changes in ({"nonce": "x"}, {"aud": "x"}, {"exp": 1}):
            idp.changes = changes
            with pytest.raises(EidRefusedError) as caught:
                desk.identify(idp.visit)
            sentences.add(str(caught.value))
    assert len(sentences) == 1
    assert [word for word in ("token-nonce", "token-audience", "token-time") if word in caplog.text] == [
        "token-nonce",
        "token-audience",
        "token-time",
    ]
    assert "ada" not in caplog.text.lower()


def test_nothing_personal_shows_in_a_repr(desk: EidDesk, idp: ForgingProvider) -> None:
    found = desk.identify(idp.visit, party_id=desk.ada)
    assert not any(word in repr(found) for word in ("Ada", "Lovelace", "1815", "eyJ", "ada"))


def test_a_logout_address_names_the_login(desk: EidDesk, idp: ForgingProvider) -> None:
    found = desk.identify(idp.visit)
    url = desk.identities.logout_url("test", found.id_token, state="s")
    assert url is not None
    assert url.startswith(f"{idp.issuer}/end?from=office&")
    asked = asked_in(url)
    assert asked["id_token_hint"] == found.id_token
    assert (asked["state"], asked["post_logout_redirect_uri"]) == ("s", GOODBYE)
    assert desk.identities.logout_url("nobody", found.id_token, state="s") is None


def test_the_verifier_is_not_in_the_address(desk: EidDesk, idp: ForgingProvider) -> None:
    url = desk.begin()
    result: EidResult = desk.identities.complete(idp.visit(url), binding=SESSION)
    assert result.factor is not None
    verifier = idp.posted[0]["code_verifier"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked_in(url)["code_challenge"] == digest
    assert verifier not in url
