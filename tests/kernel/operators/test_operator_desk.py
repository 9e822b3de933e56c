"""Operators act by their roles, with a reason, on record; some acts take two; the quicker one wins."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from lre_kit.errors import LreError, UnlawfulActError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.letters.holds import AlreadyHeldError
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.operators import adopting, lists
from lre_kit.operators.carrying import carriers
from lre_kit.operators.desk import Acted
from lre_kit.operators.errors import (
    NotAllowedError,
    NotSignedInError,
    OperatorInputError,
    OvertakenError,
    SecondPersonError,
)
from lre_kit.operators.journal import ACT
from lre_kit.operators.rules import RULES, Act, Role
from lre_kit.operators.two_people import WAITS, AlreadyProposedError
from lre_kit.operators.values import ActEntry, OperatorSession, Outcome, ProposalState
from lre_kit.proofs.auditing.audit import UNCOVERED, audit_office
from lre_kit.proofs.auditing.audit_operators import audit_operators
from lre_kit.proofs.auditing.audit_report import AuditReport
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.store.agenda import plan
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample

SignIn = Callable[..., OperatorSession]

EVIDENCE = table_of(EvidenceRow)


def records(office: PostOffice) -> list[dict[str, Any]]:
    with office.database.read() as connection:
        found = connection.execute(
            select(EVIDENCE.c.record).where(EVIDENCE.c.letter_id.is_(None)).order_by(EVIDENCE.c.id)
        )
        return [json.loads(record) for record in found.scalars()]


def holds_of(office: PostOffice, letter: Letter) -> int:
    return len([hold for hold in office.desk.holds.of(letter.id) if hold.released_at is None])


def test_an_act_is_carried_out_and_stands_with_name_and_reason_in_the_log_of_letters(
    office: PostOffice, sign_in: SignIn
) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    office.operators.desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit 24/0193")
    assert holds_of(office, letter) == 1
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert (entry.act, entry.operator, entry.reason) == ("letter.hold", "anne", "Lawsuit 24/0193")
    assert (entry.outcome, entry.label) == (Outcome.DONE, letter.number)
    begun, done = [r["Extensions"] for r in records(office) if r["ERDSEventId"].endswith("letter.hold")]
    assert (begun["Operator"], begun["Reason"], begun["Outcome"]) == ("anne", "Lawsuit 24/0193", "begun")
    assert (done["Act"], done["Outcome"]) == (begun["Act"], "done")
    office.run_until_idle()
    with office.database.read() as connection:
        waiting = text("SELECT count(*) FROM log_entry WHERE log_index IS NULL")
        assert connection.execute(waiting).scalar_one() == 0
    assert audit_office(office).exit_code == 0


def test_every_act_is_refused_to_whom_it_is_not_allowed_and_the_try_is_on_record(
    office: PostOffice, sign_in: SignIn
) -> None:
    """F13.06."""
    letter = deposit_sample(office)
    for number, roles in enumerate({rule.roles for rule in RULES.values()} - {frozenset(Role)}):
        name = f"operator{number}"
        session = sign_in(name, *(role.value for role in Role if role not in roles))
        acts = [act for act, rule in RULES.items() if rule.roles == roles]
        for act in acts:
            with pytest.raises(NotAllowedError):
                office.operators.desk.act(session, act, letter.id, reason="I want to")
        tries = {(e.act, e.outcome, e.error) for e in office.operators.journal.page(limit=99, text=name)}
        refused = {(act.value, Outcome.REFUSED, "operator-not-allowed") for act in acts}
        assert tries >= refused
    assert office.reading.by_id(letter.id).version == letter.version


def test_rights_that_were_withdrawn_count_from_the_next_act_on(office: PostOffice, sign_in: SignIn) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    office.operators.book.disable("anne", by="root", reason="Left")
    with pytest.raises(NotSignedInError):
        office.operators.desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit")
    assert holds_of(office, letter) == 0


def test_an_act_without_a_usable_reason_is_refused_and_changes_nothing(
    office: PostOffice, sign_in: SignIn
) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    for reason in ("", "  \n ", "x" * 501, "a\u202eb"):
        for act in (Act.HOLD, Act.WITHDRAW):
            with pytest.raises(OperatorInputError):
                office.operators.desk.act(anne, act, letter.id, reason=reason)
    assert holds_of(office, letter) == 0
    assert office.operators.two_people.waiting() == []


def test_what_the_kernel_refuses_stands_as_refused_and_says_who_did_it_before(
    office: PostOffice, sign_in: SignIn
) -> None:
    anne, paul, letter = sign_in("anne", "clerk"), sign_in("paul", "auditor"), deposit_sample(office)
    office.operators.desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit")
    with pytest.raises(OvertakenError) as told:
        office.operators.desk.act(paul, Act.HOLD, letter.id, reason="Inquiry")
    assert (told.value.name, told.value.act) == ("anne", Act.HOLD)
    assert isinstance(told.value.__cause__, AlreadyHeldError)
    assert [e.outcome for e in office.operators.journal.of(f"letter:{letter.id}")] == [
        Outcome.DONE,
        Outcome.REFUSED,
    ]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    barrier, answers = threading.Barrier(len(acts)), dict[int, Any]()

    def run(place: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            answers[place] = act()
        except LreError as error:
            answers[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(acts))]


def test_of_two_operators_at_the_same_instant_one_wins_and_the_other_is_told_who(
    office: PostOffice, sign_in: SignIn
) -> None:
    sessions = [sign_in("anne", "clerk"), sign_in("paul", "clerk")]
    letter, desk = deposit_sample(office), office.operators.desk
    answers = at_once(*(lambda s=s: desk.act(s, Act.HOLD, letter.id, reason="Lawsuit") for s in sessions))
    [refused] = [answer for answer in answers if not isinstance(answer, Acted)]
    assert isinstance(refused, UnlawfulActError)
    assert holds_of(office, letter) == 1
    [winner] = {"anne", "paul"} - {sessions[answers.index(refused)].name}
    if isinstance(refused, OvertakenError):
        assert refused.name == winner


# -- what takes two ------------------------------------------------------------------------------------


def test_a_withdrawal_waits_for_the_second_and_is_done_when_they_agree(
    office: PostOffice, sign_in: SignIn
) -> None:
    anne, paul, letter = sign_in("anne", "clerk"), sign_in("paul", "clerk"), deposit_sample(office)
    desk = office.operators.desk
    proposal = desk.act(anne, Act.WITHDRAW, letter.id, reason="The sender asked by telephone").proposal
    assert proposal is not None
    assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED
    assert [p.id for p in office.operators.two_people.waiting()] == [proposal.id]
    with pytest.raises(AlreadyProposedError):
        desk.act(paul, Act.WITHDRAW, letter.id, reason="Me too")
    with pytest.raises(SecondPersonError):
        desk.agree(anne, proposal.id)
    assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED
    desk.agree(paul, proposal.id, reason="Called back")
    assert office.reading.by_id(letter.id).phase is Phase.WITHDRAWN
    assert office.operators.two_people.waiting() == []
    with pytest.raises(OvertakenError) as told:
        desk.agree(paul, proposal.id)
    assert told.value.name == "paul"
    entries = [(e.act, e.operator, e.second) for e in office.operators.journal.of(f"letter:{letter.id}")]
    assert entries == [("letter.withdraw.propose", "anne", ""), ("letter.withdraw", "anne", "paul")]


def test_a_proposal_is_declined_taken_back_or_runs_out_and_can_be_made_anew(
    office: PostOffice, sign_in: SignIn, clock: MovedClock
) -> None:
    anne, paul, letter = sign_in("anne", "clerk"), sign_in("paul", "clerk"), deposit_sample(office)
    desk, two = office.operators.desk, office.operators.two_people
    for session in (paul, anne):
        proposal = desk.act(anne, Act.WITHDRAW, letter.id, reason="Asked").proposal
        assert proposal is not None
        desk.decline(session, proposal.id, reason="The sender denies it")
        assert two.by_id(proposal.id).state is ProposalState.DECLINED
        with pytest.raises(OvertakenError):
            desk.agree(paul, proposal.id)
    proposal = desk.act(anne, Act.WITHDRAW, letter.id, reason="Asked").proposal
    assert proposal is not None
    clock.advance(WAITS)
    paul_again, anne_again = sign_in("paul2", "clerk"), sign_in("anne2", "clerk")
    with pytest.raises(UnlawfulActError, match="run out"):
        desk.agree(paul_again, proposal.id)
    assert desk.act(anne_again, Act.WITHDRAW, letter.id, reason="Asked").proposal is not None
    assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED


def test_nothing_is_proposed_that_the_office_would_refuse(office: PostOffice, sign_in: SignIn) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    session = sign_in("anne", *(role.value for role in Role))
    for act in (act for act in Act if RULES[act].takes_two):
        with pytest.raises(LreError):
            office.operators.desk.act(session, act, letter.id, reason="Asked")
    assert office.operators.two_people.waiting() == []


def test_a_draft_made_before_the_rules_were_changed_is_adopted_by_nobody(
    office: PostOffice, sign_in: SignIn
) -> None:
    anne, paul, desk = sign_in("anne", "key-holder"), sign_in("paul", "key-holder"), office.operators.desk
    file = office.settings.home / "derogations.toml"

    def facts(draft: str) -> dict[str, str]:
        base = adopting.digest_of(adopting.present_rules(office.settings))
        return {"draft": draft, "base": base, "digest": "of something else"}

    def proposed(session: OperatorSession, said: dict[str, str]) -> str:
        proposal = desk.act(session, Act.ADOPT_REGIME, "derogations", reason="New rules", facts=said).proposal
        assert proposal is not None
        return proposal.id

    first, second = facts("# first\n"), facts("# second\n")
    desk.agree(paul, proposed(anne, first))
    assert file.read_text("utf-8") == "# first\n"
    begun = next(r for r in records(office) if r["ERDSEventId"].endswith("regime.adopt"))
    assert begun["Extensions"]["Facts"] == {"digest": hashlib.sha256(b"# first\n").hexdigest()}
    for stale in (second, {"draft": "# second\n"}):
        with pytest.raises(OperatorInputError, match="changed since this draft") as refused:
            proposed(paul, stale)
        assert "Draft again" in refused.value.mend
    waiting = proposed(paul, facts("# second\n"))
    file.write_text("# by hand\n", "utf-8")
    with pytest.raises(OperatorInputError, match="would undo that"):
        desk.agree(anne, waiting)
    assert file.read_text("utf-8") == "# by hand\n"
    desk.agree(anne, proposed(paul, facts("# by hand\n# second\n")))
    assert file.read_text("utf-8") == "# by hand\n# second\n"


def test_what_a_draft_would_bring_is_told_against_the_rules_of_now(office: PostOffice) -> None:
    def rule(name: str) -> str:
        return (
            f'[[suspension]]\nid = "{name}"\nkinds = ["paper_codes"]\nvalid_from = 2027-01-01\n'
            "valid_until = 2027-02-01\n"
            'message = { fr = "Suspendu.", en = "Suspended." }\n'
        )

    assert office.people.policy.suspensions == ()
    (office.settings.home / "derogations.toml").write_text(rule("OF-NOW"), "utf-8")
    found = adopting.simulated(office, rule("DRAFTED"), at=office.clock())
    assert (found.added, found.removed) == (("DRAFTED",), ("OF-NOW",))


def test_who_may_not_do_an_act_may_not_agree_to_it(office: PostOffice, sign_in: SignIn) -> None:
    anne, eve, letter = sign_in("anne", "clerk"), sign_in("eve", "post-room"), deposit_sample(office)
    proposal = office.operators.desk.act(anne, Act.WITHDRAW, letter.id, reason="Asked").proposal
    assert proposal is not None
    for settle in (office.operators.desk.agree, office.operators.desk.decline):
        with pytest.raises(NotAllowedError):
            settle(eve, proposal.id, reason="Fine")
    assert office.operators.two_people.by_id(proposal.id).state is ProposalState.OPEN


def test_of_two_who_agree_at_once_one_is_first_and_the_act_is_done_once(
    office: PostOffice, sign_in: SignIn
) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    seconds = [sign_in("paul", "clerk"), sign_in("zoe", "clerk")]
    desk = office.operators.desk
    proposal = desk.act(anne, Act.WITHDRAW, letter.id, reason="Asked").proposal
    assert proposal is not None
    answers = at_once(*(lambda s=s: desk.agree(s, proposal.id) for s in seconds))
    assert sorted(type(answer).__name__ for answer in answers) == ["Acted", "OvertakenError"]
    done = [e for e in office.operators.journal.of(f"letter:{letter.id}") if e.act == "letter.withdraw"]
    assert len(done) == 1


# -- sending again, trying again -----------------------------------------------------------------------


def test_a_notice_is_sent_again_as_a_reminder_that_moves_no_window_once_an_hour(
    office: PostOffice, sign_in: SignIn, clock: MovedClock
) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    courier, desk = office.courier, office.operators.desk
    assert isinstance(courier, MemoryCourier)
    with pytest.raises(UnlawfulActError):
        desk.act(anne, Act.RESEND_NOTICE, letter.id, reason="Lost")
    office.run_until_idle()
    before, sent = office.reading.by_id(letter.id), len(courier.messages)
    desk.act(anne, Act.RESEND_NOTICE, letter.id, reason="Lost")
    office.run_until_idle()
    assert len(courier.messages) == sent + 1
    assert office.reading.by_id(letter.id).window_closes_at == before.window_closes_at
    with pytest.raises(UnlawfulActError):
        desk.act(anne, Act.RESEND_NOTICE, letter.id, reason="Lost")
    clock.advance(timedelta(hours=1, seconds=1))
    desk.act(anne, Act.RESEND_NOTICE, letter.id, reason="Lost")


def test_a_duty_that_was_given_up_is_tried_again(office: PostOffice, sign_in: SignIn) -> None:
    anne = sign_in("anne", "clerk")
    deposit_sample(office)
    [duty, *_] = office.agenda.claim(limit=9, lease=timedelta(minutes=1))
    office.agenda.release(duty, error="gone", dead=True)
    office.operators.desk.act(anne, Act.RETRY_DUTY, duty.key, reason="The mail server is back")
    assert office.agenda.dead() == []
    with pytest.raises(UnlawfulActError):
        office.operators.desk.act(anne, Act.RETRY_DUTY, duty.key, reason="Again")


def test_a_duty_is_put_off_a_week_in_all_and_the_upkeep_of_people_never(
    office: PostOffice, sign_in: SignIn, clock: MovedClock
) -> None:
    anne, desk = sign_in("anne", "clerk"), office.operators.desk
    began = clock()
    with office.database.write() as uow:
        for action in ("send_bulk", "upkeep_people", "renew_revocation_lists"):
            plan(uow, key=f"{action}:x", due_at=began, action=action, subject="x", payload={"kept": 1})
        uow.commit()
    for fixed in ("upkeep_people:x", "renew_revocation_lists:x"):
        with pytest.raises(UnlawfulActError, match="nobody may move"):
            desk.act(anne, Act.POSTPONE_DUTY, fixed, reason="Later", facts={"until": "1d"})

    def put_off(who: str, until: str) -> None:
        desk.act(
            sign_in(who, "clerk"), Act.POSTPONE_DUTY, "send_bulk:x", reason="Later", facts={"until": until}
        )

    put_off("paul", "5d")
    clock.advance(timedelta(days=4))
    with pytest.raises(OperatorInputError, match="put off up to"):
        put_off("zoe", "4d")
    put_off("lea", "2d")
    row = lists.duty(office.database, "send_bulk:x")
    assert timedelta(days=6) <= row["due_at"] - began < timedelta(days=6, minutes=30)
    clock.advance(timedelta(days=8))
    with pytest.raises(OperatorInputError, match="put off up to"):
        put_off("jean", "1min")
    [duty] = office.agenda.claim(limit=1, lease=timedelta(minutes=1), action="send_bulk")
    assert duty.payload["kept"] == 1


# -- faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "held"), [("operators.begun", 0), ("operators.carried_out", 1)])
def test_whoever_dies_in_the_middle_leaves_the_act_standing_as_begun(
    office: PostOffice, sign_in: SignIn, place: str, held: int
) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    arm(place, "raise")
    try:
        with pytest.raises(FailpointError):
            office.operators.desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit")
    finally:
        disarm()
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert entry.outcome is Outcome.BEGUN
    assert holds_of(office, letter) == held


def test_in_a_local_office_one_operator_does_all_and_the_journal_says_alone(
    tmp_path: Any, clock: MovedClock
) -> None:
    from lre_kit.testing.office import throwaway_office

    with throwaway_office(tmp_path / "local", clock=clock) as office:
        me, letter = office.operators.entrance.local("root"), deposit_sample(office)
        assert office.operators.desk.act(me, Act.WITHDRAW, letter.id, reason="Asked").proposal is None
        [entry] = office.operators.journal.of(f"letter:{letter.id}")
        assert (entry.second, entry.outcome) == ("alone", Outcome.DONE)


# -- the audit ---------------------------------------------------------------------------------------------

CHANGES = {
    "act": "letter.release-hold", "subject": "letter:other", "operator": "paul", "second": "paul",
    "reason": "Another", "outcome": "refused", "error": "not-found", "at": datetime(2020, 1, 1, tzinfo=UTC),
    "ended_at": datetime(2020, 1, 1, tzinfo=UTC),
}  # fmt: skip


def change(office: PostOffice, act_id: str, column: str, value: Any) -> None:
    with office.database.write() as uow:
        uow.execute(update(ACT).where(ACT.c.id == act_id).values({column: value}))
        uow.commit()


def test_every_change_of_the_journal_shows_in_the_audit(office: PostOffice, sign_in: SignIn) -> None:
    anne, letter = sign_in("anne", "clerk"), deposit_sample(office)
    office.operators.desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit")
    office.run_until_idle()
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    covered = set(ActEntry.__slots__) - UNCOVERED["operator_act"] - {"id"}
    assert covered == CHANGES.keys()
    for column, value in CHANGES.items():
        change(office, entry.id, column, value)
        found = AuditReport()
        with office.database.read(snapshot=True) as connection:
            audit_operators(connection, found)
        assert [(f.table, f.field) for f in found.findings] == [("operator_act", column)]
        was = getattr(entry, column)
        change(office, entry.id, column, was.value if isinstance(was, Outcome) else was)
    with office.database.engine.connect() as connection:
        connection.execute(text("DELETE FROM operator_act WHERE id = :id"), {"id": entry.id})
        connection.commit()
    assert {(f.table, f.problem) for f in audit_office(office).findings} == {
        ("evidence", "no journal tells of this act")
    }


def test_every_act_has_its_carrier() -> None:
    assert carriers().keys() == RULES.keys() == set(Act)
