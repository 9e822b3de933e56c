"""What is known of people is let go of by its span, unless a letter on hold rests on it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.identifiers.order_rows import OrderEventRow, OrderRow
from lre_kit.identifiers.rows import AuthenticationRow, IdentifierEventRow, IdentifierRow, PaperCodeRow
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.law.retention import DataClass
from lre_kit.letters.retention_rows import HoldRow
from lre_kit.letters.rows import LetterRow
from lre_kit.office import PostOffice
from lre_kit.parties.account_rows import AccountRequestRow, AccountRow, RecoveryCodeRow, SessionRow
from lre_kit.parties.accounts import Accounts
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing import DeclaredIdentity, Part, TitleKind, Verdict
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.parties.proofing_rows import (
    IdentityCaseEventRow,
    IdentityCaseRow,
    IdentityMediaRow,
    IdentityProofingRow,
    IdentityVerdictRow,
)
from lre_kit.people_purge import BATCH, PeoplePurge, needed_by_holds, rules_of
from lre_kit.settings import Settings
from lre_kit.store.columns import new_id
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_kit.testing.office import RECIPIENT, deposit_sample, throwaway_office

TEN_YEARS = timedelta(days=3660)
FILE = (IdentityCaseRow, IdentityMediaRow, IdentityVerdictRow, IdentityCaseEventRow, IdentityProofingRow)
MEANS = (IdentifierRow, IdentifierEventRow, PaperCodeRow, OrderRow, OrderEventRow, AuthenticationRow)
ACCOUNT = (AccountRow, AccountRequestRow, RecoveryCodeRow, SessionRow)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with throwaway_office(
        tmp_path / "office", clock=clock, database_url=url, identity_allow_specimens=True, reminders=""
    ) as opened:
        yield opened
    disarm()


def count(office: PostOffice, *rows: Any) -> list[int]:
    with office.database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(table_of(row))).scalar_one() for row in rows
        ]


def proofed(office: PostOffice, party: Party, *, seed: int = 0, verdict: Verdict = Verdict.APPROVE) -> None:
    """Let a person show who they are, and an operator decide."""
    pytest.importorskip("PIL")  # pictures are drawn
    desk, reviews = office.people.identity, office.people.reviews
    case = desk.open_case(
        party_id=party.id, purpose="sender", language="fr", consent_wording="J'accepte.",
        declared=DeclaredIdentity(given_names="Jeanne", family_name="Durand"),
    )  # fmt: skip
    mine = {"party_id": party.id}
    desk.choose_title(case.id, TitleKind.IDENTITY_CARD, **mine)
    for number, part in enumerate((Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK)):
        desk.add_picture(case.id, part, title_picture(size=(700, 620), seed=seed + number), **mine)
    desk.add_picture(case.id, Part.FACE_VIDEO, film(seed=seed), **mine)
    desk.type_mrz(case.id, card_lines(), **mine)
    desk.submit(case.id, **mine)
    reviews.claim(case.id, "operator")
    reviews.decide(case.id, "operator", verdict, reason="clear", checks=dict.fromkeys(CHECKLIST, True))


def sheet_used_and_lost(office: PostOffice, party: Party) -> None:
    """Give a person a sheet of codes, let them use one, and lose it."""
    codes, register = office.people.paper_codes, office.people.register
    proofing = office.people.proofing_of(party.id)
    sheet = codes.make_sheet(
        None, party.id, actor={"role": "provider"}, count=3, proofing_id=proofing.id if proofing else None,
        level=Level.SUBSTANTIAL,
    )  # fmt: skip
    asked = codes.begin(sheet.identifier.id, purpose="session", binding="s")
    first = Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=office.clock())
    code = sheet.codes[asked.facts["number"] - 1]
    codes.complete(asked.id, code, purpose="session", binding="s", first=first)
    with office.database.write() as uow:
        register.change(uow, sheet.identifier.id, "revoke", actor={"role": "holder"}, reason="lost")
        uow.commit()


def test_files_and_means_go_ten_years_after_their_end_and_what_is_in_use_stays(
    office: PostOffice, clock: MovedClock
) -> None:
    """F13.07: pictures by their own timers, then the file; a proofing that a means rests on stays with it."""
    party = office.people.parties.for_recipient(email="j@example.net", name="Jeanne Durand")
    proofed(office, party)
    sheet_used_and_lost(office, party)
    living = office.people.paper_codes.make_sheet(
        None,
        party.id,
        actor={"role": "provider"},
        count=1,
        proofing_id=office.people.proofing_of(party.id).id,
    )
    clock.advance(timedelta(days=31))
    office.run_until_idle()
    assert office.blobs.keys("identity/") is not None
    assert [key for key, _ in office.blobs.keys("identity/")] == []
    assert count(office, IdentityProofingRow, IdentifierRow) == [1, 2]
    # The proofing ends after five years; the lost sheet's ten are over five years before the file's.
    clock.advance(TEN_YEARS)
    office.run_until_idle()
    assert count(office, IdentityProofingRow, IdentifierRow, PaperCodeRow) == [1, 1, 1]
    clock.advance(timedelta(days=6 * 366))
    office.run_until_idle()
    assert count(office, IdentityProofingRow, IdentityCaseRow) == [1, 1]
    with office.database.write() as uow:
        office.people.register.change(uow, living.identifier.id, "revoke", actor={"role": "holder"})
        uow.commit()
    clock.advance(TEN_YEARS)
    office.run_until_idle()
    assert count(office, *FILE, *MEANS) == [0] * len(FILE + MEANS)
    purge = PeoplePurge(office.database, clock=clock, rules=rules_of(None))
    assert set(purge.run().values()) == {0}


def test_a_file_that_proofed_nobody_goes_after_a_year(office: PostOffice, clock: MovedClock) -> None:
    party = office.people.parties.for_recipient(email="j@example.net", name="Jeanne Durand")
    proofed(office, party, verdict=Verdict.REFUSE)
    clock.advance(timedelta(days=364))
    office.run_until_idle()
    assert count(office, IdentityCaseRow) == [1]
    clock.advance(timedelta(days=3))
    office.run_until_idle()
    assert count(office, *FILE) == [0] * len(FILE)


def test_what_a_letter_on_hold_rests_on_stays_until_it_is_released(
    office: PostOffice, clock: MovedClock
) -> None:
    """F13.03: for its recipient, and not for anybody else."""
    held = office.people.parties.for_recipient(email=RECIPIENT.email, name=RECIPIENT.name)
    other = office.people.parties.for_recipient(email="other@example.net", name="Jeanne Durand")
    letter = deposit_sample(office)
    for seed, party in ((10, held), (20, other)):
        proofed(office, party, seed=seed)
        sheet_used_and_lost(office, party)
    office.desk.hold(letter.id, reason="lawsuit", actor="claire")
    clock.advance(TEN_YEARS)
    office.run_until_idle()
    clock.advance(timedelta(days=6 * 366))
    office.run_until_idle()
    with office.database.read() as connection:
        for row in (IdentityProofingRow, IdentityCaseRow, IdentifierRow, AuthenticationRow):
            owners = set(connection.execute(select(table_of(row).c.party_id)).scalars())
            assert owners == {held.id}, row
    office.desk.release_hold(letter.id, reason="judged", actor="anne")
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    assert count(office, *FILE, *MEANS) == [0] * len(FILE + MEANS)


def test_thousands_of_letters_on_hold_keep_theirs_and_nobody_else_s(
    office: PostOffice, clock: MovedClock
) -> None:
    """F13.03: as many as a dispute over one sending brings, a hold placed while the purge runs too."""
    letter, later = deposit_sample(office), deposit_sample(office)
    ids = [new_id() for _ in range(2500)]
    shown = {"means": "password", "categories": ["knowledge"], "dynamic": False, "at": clock()}
    rows = [
        {"id": new_id(), "party_id": f"held-{number}", "purpose": f"accept:{each}", **shown}
        for number, each in enumerate(ids)
    ]
    rows += [
        {"id": new_id(), "party_id": f"free-{number}", "purpose": "session", **shown} for number in range(7)
    ]
    rows += [{"id": new_id(), "party_id": "late", "purpose": f"accept:{later.id}", **shown}]
    held = {"reason": "lawsuit", "actor": "claire", "placed_at": clock()}
    letters, holds = table_of(LetterRow), table_of(HoldRow)
    with office.database.write() as uow:
        like = dict(uow.execute(select(letters).where(letters.c.id == letter.id)).mappings().one())
        copies = [
            like | {"id": each, "number": f"N{number}", "idempotency_key": None}
            for number, each in enumerate(ids)
        ]
        uow.execute(insert(letters), copies)
        uow.execute(
            insert(holds), [{"id": new_id(), "letter_id": each, "open_key": each, **held} for each in ids]
        )
        uow.execute(insert(table_of(AuthenticationRow)), rows)
        uow.commit()
    clock.advance(TEN_YEARS)
    purge = PeoplePurge(office.database, clock=clock, rules=rules_of(None))
    with office.database.read() as connection:
        before = needed_by_holds(connection)
    assert {f"held-{number}" for number in range(2500)} <= before.parties
    assert before.letters == set(ids)
    office.desk.hold(later.id, reason="lawsuit", actor="claire")
    with office.database.read() as connection:
        assert needed_by_holds(connection, known=before.letters).letters == {later.id}
    assert purge.run()[DataClass.AUTHENTICATIONS] == 7
    assert count(office, AuthenticationRow) == [2501]


def test_a_closed_account_is_nobody_s_at_once_and_gone_after_thirty_days(
    office: PostOffice, clock: MovedClock
) -> None:
    mails: list[Any] = []
    accounts = Accounts(office.database, clock=clock, pepper=b"p" * 32, deliver=mails.append)

    def member() -> Any:
        accounts.register("j@example.net", "quatre poules bleues", "Jeanne Durand", "fr")
        return accounts.confirm(mails[-1].token, "quatre poules bleues").account

    account = member()
    accounts.codes.make(account.id)
    opened = accounts.sessions.open(
        account_id=account.id,
        party_id=account.party_id,
        factor=accounts.log_in("j@example.net", "quatre poules bleues").factor,
    )
    accounts.close(account.id, password="quatre poules bleues")
    assert mails[-1].kind.value == "closed"
    assert accounts.sessions.touch(opened.token) is None
    assert (accounts.by_email("j@example.net"), accounts.of_party(account.party_id), accounts.all()) == (
        None,
        None,
        [],
    )
    again = member()
    assert (again.party_id, again.id != account.id) == (account.party_id, True)
    clock.advance(timedelta(days=31))
    office.run_until_idle()
    assert [row.id for row in accounts.all()] == [again.id]
    assert count(office, AccountRow, RecoveryCodeRow) == [1, 0]
    clock.advance(timedelta(days=91))
    office.run_until_idle()
    assert count(office, SessionRow, AccountRequestRow) == [0, 0]


def test_whoever_dies_between_batches_goes_on_where_it_stopped(office: PostOffice, clock: MovedClock) -> None:
    rows = [
        {
            "id": new_id(),
            "party_id": "p",
            "purpose": "session",
            "means": "password",
            "categories": ["knowledge"],
            "dynamic": False,
            "at": clock(),
        }
        for _ in range(BATCH + 7)
    ]
    with office.database.write() as uow:
        uow.execute(insert(table_of(AuthenticationRow)), rows)
        uow.commit()
    clock.advance(TEN_YEARS)
    purge = PeoplePurge(office.database, clock=clock, rules=rules_of(None))
    arm("people_purge.authentications", "raise")
    with pytest.raises(FailpointError):
        purge.run()
    disarm()
    assert count(office, AuthenticationRow) == [7]
    assert purge.run()[DataClass.AUTHENTICATIONS] == 7
    assert purge.run()[DataClass.AUTHENTICATIONS] == 0


def test_no_span_of_identity_is_set_below_seven_years(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="retention_identity_days"):
        Settings(home=tmp_path, retention_identity_days=2561)
    assert rules_of(2562)[DataClass.IDENTITY_FILE].span.days == 2562
