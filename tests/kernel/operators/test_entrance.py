"""Operators come in with name, password and code; whoever does not, learns nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from lre_kit.errors import ConfigurationError, LreError, NotFoundError, ThrottledError
from lre_kit.identifiers.one_time_codes import STEP_SECONDS
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NewPasswordDueError, NotSignedInError, OperatorInputError, SignInError
from lre_kit.operators.rules import Role
from lre_kit.operators.values import OperatorSession, OperatorState
from lre_kit.parties.passwords import PasswordRefusedError
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.operators import PASSWORD, code_of

SignIn = Callable[..., OperatorSession]

STEP = timedelta(seconds=STEP_SECONDS)


def test_the_first_password_is_replaced_at_the_first_sign_in_and_then_serves(
    office: PostOffice, clock: MovedClock
) -> None:
    entrance = office.operators.entrance
    made = office.operators.book.add("Anne.Roy", ["clerk", "auditor"], by="root", reason="New")
    assert (made.operator.name, made.operator.roles) == ("anne.roy", (Role.CLERK, Role.AUDITOR))
    code = code_of(made, clock)
    with pytest.raises(NewPasswordDueError):
        entrance.sign_in("anne.roy", made.password, code)
    with pytest.raises(PasswordRefusedError):
        entrance.sign_in("anne.roy", made.password, code, new_password="short")
    session = entrance.sign_in(" ANNE.ROY ", made.password, code, new_password=PASSWORD)
    assert entrance.check(session).roles == (Role.CLERK, Role.AUDITOR)
    clock.advance(STEP)
    with pytest.raises(SignInError):
        entrance.sign_in("anne.roy", made.password, code_of(made, clock))
    assert entrance.sign_in("anne.roy", PASSWORD, code_of(made, clock)).name == "anne.roy"
    assert office.operators.book.by_name("anne.roy").last_sign_in_at is not None


def test_neither_password_nor_secret_nor_token_stands_in_the_database(
    office: PostOffice, clock: MovedClock
) -> None:
    made = office.operators.book.add("anne", ["clerk"], by="root")
    session = office.operators.entrance.sign_in(
        "anne", made.password, code_of(made, clock), new_password=PASSWORD
    )
    raw = made.secret.replace(" ", "")
    assert not {made.password, PASSWORD, raw, session.token} & set(repr(made) + repr(session))
    for word in (made.password, PASSWORD, raw, session.token):
        assert word not in repr(made)
        assert word not in repr(session)
    with office.database.read() as connection:
        kept = str(connection.execute(text("SELECT * FROM operator")).all())
        kept += str(connection.execute(text("SELECT * FROM operator_session")).all())
    for word in (made.password, PASSWORD, raw, session.token):
        assert word not in kept


@pytest.mark.parametrize("wrong", ["name", "password", "code", "all", "disabled"])
def test_whatever_is_wrong_the_answer_is_the_same_sentence(
    office: PostOffice, clock: MovedClock, sign_in: SignIn, wrong: str
) -> None:
    sign_in("anne", "clerk")
    made = office.operators.book.add("paul", ["clerk"], by="root")
    told = {"name": "paul", "password": made.password, "code": code_of(made, clock)}
    if wrong == "disabled":
        office.operators.book.disable("paul", by="root", reason="Left")
    for name in told if wrong == "all" else [wrong]:
        if name in told:
            told[name] = {"name": "nobody", "password": "x" * 200, "code": "١٢٣ 456\x00"}[name]
    with pytest.raises(SignInError) as refused:
        office.operators.entrance.sign_in(**told, new_password=PASSWORD)
    assert str(refused.value) == str(SignInError())


def test_a_code_lets_in_once_also_when_two_try_at_the_same_instant(
    office: PostOffice, clock: MovedClock, sign_in: SignIn
) -> None:
    sign_in("paul", "clerk")
    made = office.operators.book.reset("paul", by="root", reason="New phone")
    code, barrier, answers = code_of(made, clock), threading.Barrier(2), list[Any]()

    def enter() -> None:
        barrier.wait()
        try:
            answers.append(
                office.operators.entrance.sign_in("paul", made.password, code, new_password=PASSWORD)
            )
        except LreError as error:
            answers.append(error)

    threads = [threading.Thread(target=enter) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(answer).__name__ for answer in answers) == ["OperatorSession", "SignInError"]


def test_guesses_are_slowed_down_also_for_names_that_do_not_exist(
    office: PostOffice, clock: MovedClock, sign_in: SignIn
) -> None:
    sign_in("paul", "clerk")
    for name in ("paul", "nobody"):
        for _ in range(5):
            with pytest.raises(SignInError):
                office.operators.entrance.sign_in(name, "wrong", "000000")
        with pytest.raises(ThrottledError):
            office.operators.entrance.sign_in(name, "wrong", "000000")
    made = office.operators.book.reset("paul", by="root", reason="Locked out")
    clock.advance(STEP)
    assert office.operators.entrance.sign_in(
        "paul", made.password, code_of(made, clock), new_password=PASSWORD
    )


def test_sessions_end_when_left_when_they_run_out_and_when_rights_change(
    office: PostOffice, clock: MovedClock, sign_in: SignIn
) -> None:
    entrance, book = office.operators.entrance, office.operators.book
    left = sign_in("anne", "clerk")
    entrance.end(left)
    entrance.end(left)
    changed = sign_in("bob", "clerk")
    book.set_roles("bob", ["auditor"], by="root", reason="Moves on")
    disabled = sign_in("carl", "clerk")
    book.disable("carl", by="root", reason="Left")
    old = sign_in("dora", "clerk")
    clock.advance(timedelta(hours=12, seconds=1))
    forged = OperatorSession(name="anne", roles=tuple(Role), is_local=False, token="x" * 43)
    local = OperatorSession(name="anne", roles=tuple(Role), is_local=True)
    for session in (left, changed, disabled, old, forged, local):
        with pytest.raises(NotSignedInError):
            entrance.check(session)
    with pytest.raises(ConfigurationError):
        entrance.local("anne")
    assert book.by_name("carl").state is OperatorState.DISABLED


def test_what_cannot_be_an_operator_changes_nothing(office: PostOffice, sign_in: SignIn) -> None:
    book = office.operators.book
    sign_in("anne", "clerk")
    for name, roles in (
        ("", ["clerk"]), ("a\x1b[31m", ["clerk"]), ("x" * 41, ["clerk"]), ("ok.name", []),
        ("ok.name", ["root"]), ("ANNE", ["clerk"]),
    ):  # fmt: skip
        with pytest.raises(OperatorInputError):
            book.add(name, roles, by="root")
    for act in (book.disable, book.reset):
        with pytest.raises(OperatorInputError):
            act("anne", by="root", reason=" ")
        with pytest.raises(NotFoundError):
            act("nobody", by="root", reason="x")
    assert [operator.name for operator in book.all()] == ["anne"]
    assert [entry.act for entry in office.operators.journal.page(limit=9)] == ["operator.add"]
