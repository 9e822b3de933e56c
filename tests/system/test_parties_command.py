"""``lre parties``, as a user calls it; a merge leaves nothing behind."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lre_kit.cli.main import cli
from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.identifiers.means import Kind
from lre_kit.office import PostOffice
from lre_kit.parties.account_values import AccountMail
from lre_kit.parties.accounts import Accounts
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.proofing import DeclaredIdentity
from lre_kit.parties.proofing_cases import case_row
from lre_kit.parties.proofing_errors import OwnCaseError
from lre_kit.parties.values import Sender
from lre_kit.settings import Settings
from lre_kit.testing.office import deposit_sample, throwaway_office

PASSWORD = "quatre poules bleues"
ACTOR = {"role": "operator", "name": "test"}


@dataclass
class Home:
    """An office with two accounts of one person, and what each has."""

    folder: Path
    parties: tuple[str, str]
    letters: tuple[str, str]


def accounts_of(office: PostOffice, mails: list[AccountMail]) -> Accounts:
    return Accounts(
        office.database,
        clock=office.clock,
        pepper=office.keys.pepper,
        deliver=mails.append,
        factors=office.people.register,
    )


def furnish(office: PostOffice, email: str) -> tuple[str, str]:
    """Make an account with a sheet of codes, an order, an identity case and a letter."""
    mails: list[AccountMail] = []
    accounts, people = accounts_of(office, mails), office.people
    accounts.register(email, PASSWORD, "Claire Roy", "fr")
    found = accounts.confirm(mails[-1].token or "", PASSWORD)
    party = found.account.party_id
    accounts.sessions.open(account_id=found.account.id, party_id=party, factor=found.factor)
    home = PostalAddress(lines=("Claire Roy", "1 rue de la Paix", "75002 PARIS"))
    people.addresses.set_address(party, home, actor=ACTOR, confirmed=True)
    with office.database.write() as uow:
        people.paper_codes.make_sheet(uow, party_id=party, actor=ACTOR)
        uow.commit()
    people.ordering.orders.order(party, Kind.PAPER_CODES.value, address=home.to_json(), actor=ACTOR)
    people.identity.open_case(
        party_id=party,
        purpose="sender",
        declared=DeclaredIdentity(given_names="Claire", family_name="Roy", birth_date=date(1980, 5, 17)),
        consent_wording="Oui.",
        language="fr",
    )
    letter = deposit_sample(office, sender=Sender(ref=party, name="Claire Roy", email=email))
    return party, letter.number


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    folder = tmp_path / "office"
    with throwaway_office(folder) as office:
        first, second = furnish(office, "claire@example.org"), furnish(office, "roy@example.org")
    monkeypatch.setenv("LRE_HOME", str(folder))
    return Home(folder, (first[0], second[0]), (first[1], second[1]))


def lre(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["parties", *arguments], input=typed)


def answered(*arguments: str) -> Any:
    result = lre(*arguments, "--json")
    assert result.exception is None, result.exception
    return json.loads(result.output)


def test_after_a_merge_everything_of_both_is_found_under_the_one_that_stands(home: Home) -> None:
    kept, merged = home.parties
    assert {each["id"] for each in answered("list", "roy")} == {kept, merged}
    refused = lre("merge", kept, merged, "--reason", "the same", typed="n\n")
    assert refused.exit_code == 1
    assert len(answered("list", "roy")) == 2
    assert "stands for both" in lre("merge", kept, merged, "--reason", "both seen", "--yes").output
    shown = answered("show", merged)
    assert (shown["id"], shown["known_as"]) == (kept, [kept, merged])
    assert sorted(shown["accounts"]) == sorted(shown["emails"]) == ["claire@example.org", "roy@example.org"]
    assert [len(shown[what]) for what in ("means", "orders", "cases")] == [2, 2, 2]
    assert [each["id"] for each in answered("list", "roy")] == [kept]
    told = answered("history", merged)
    assert {(each["name"], each["reason"]) for each in told} >= {
        ("merge", "both seen"),
        ("merged", "both seen"),
    }
    with PostOffice.open(Settings(home=home.folder)) as office:
        for party in home.parties:
            assert {one.number for one in office.reading.letters(party)} == set(home.letters)
            assert all(office.reading.letter(number, sender_ref=party).number for number in home.letters)
        accounts = accounts_of(office, [])
        for email in ("claire@example.org", "roy@example.org"):
            logged_in = accounts.log_in(email, PASSWORD)
            assert logged_in.account.party_id == kept
            (session,) = accounts.sessions.list_of(logged_in.account.id)
            assert session.party_id == kept
        (case, other) = office.people.identity.cases_of(merged)
        assert {case.party_id, other.party_id} == {kept}
        assert office.people.identity.view(case.id, party_id=merged).id == case.id


def test_a_stranger_finds_none_of_it(home: Home) -> None:
    kept, merged = home.parties
    lre("merge", kept, merged, "--reason", "both seen", "--yes")
    with PostOffice.open(Settings(home=home.folder)) as office:
        assert office.reading.letters("f" * 32) == []
        with pytest.raises(NotFoundError):
            office.reading.letter(home.letters[0], sender_ref="f" * 32)
        (case, _) = office.people.identity.cases_of(kept)
        with pytest.raises(NotFoundError):
            office.people.identity.view(case.id, party_id="f" * 32)


def test_one_operator_known_as_two_parties_gives_one_verdict(home: Home) -> None:
    kept, merged = home.parties
    with PostOffice.open(Settings(home=home.folder)) as office:
        (case,) = office.people.identity.cases_of(merged)
        office.people.parties.merge(kept, merged, actor=ACTOR, reason="the same")
        reviews = office.people.reviews
        with office.database.read() as connection:
            row = case_row(connection, case.id)
        with office.database.write() as uow, pytest.raises(OwnCaseError):
            reviews._check_impartial(uow, row, merged)


def test_a_party_is_corrected_with_a_reason_that_stays(home: Home) -> None:
    party = home.parties[0]
    before = answered("show", party)["usage_name"]
    done = answered("correct", party, "--given-names", "Claire", "--family-name", "Leroy", "--reason", "typo")
    assert (done["given_names"], done["family_name"]) == ("Claire", "Leroy")
    kept = answered(
        "correct", party, "--capacity", "professional", "--basis", "RCS Paris", "--reason", "shown"
    )
    assert (kept["capacity"], kept["capacity_basis"]) == ("professional", "RCS Paris")
    last = answered("history", party)[-1]
    assert (last["reason"], last["before"]["capacity"]) == ("shown", "consumer")
    assert before
    assert lre("correct", party, "--reason", "nothing").exit_code == 2
    assert "Leroy" in lre("show", party).output
    assert party in lre("list").output
    assert "shown" in lre("history", party).output


def test_unknown_parties_and_one_merged_with_itself_change_nothing(home: Home) -> None:
    kept = home.parties[0]
    assert isinstance(lre("show", "nobody").exception, NotFoundError)
    assert isinstance(lre("history", "nobody").exception, NotFoundError)
    assert isinstance(lre("merge", kept, "nobody", "--reason", "r", "--yes").exception, NotFoundError)
    assert isinstance(lre("merge", kept, kept, "--reason", "r", "--yes").exception, UnlawfulActError)
