"""Identity cases as a person lives them: opened, filled, submitted, withdrawn, run out."""

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lre_kit.errors import NotFoundError, ThrottledError
from lre_kit.parties import proofing_intake
from lre_kit.parties.mrz import MrzError
from lre_kit.parties.pictures import PictureError
from lre_kit.parties.proofing import (
    CaseClosedError,
    CaseState,
    DeclaredIdentity,
    IncompleteCaseError,
    Part,
    PurposeError,
    TitleKind,
    TitleRefusedError,
)
from lre_kit.parties.proofing_cases import CASE, EVENT, MEDIA
from lre_kit.parties.values import InvalidNameError
from lre_kit.store.columns import new_id
from lre_kit.testing.identity import card_lines, film, passport_lines

JEANNE = DeclaredIdentity(given_names="Jeanne", family_name="Durand", birth_date=date(1980, 5, 17))


def flags(identity, case_id):
    with identity.database.read() as connection:
        row = connection.execute(select(CASE).where(CASE.c.id == case_id)).one()
    return {flag["slug"] for flag in row.flags}


@pytest.mark.parametrize(("given_names", "family_name"), [("", "Suharto"), ("مريم", "")])
def test_a_person_with_one_name_is_proofed_like_any_other(
    identity: Any, given_names: str, family_name: str
) -> None:
    declared = DeclaredIdentity(given_names=given_names, family_name=family_name)
    case = identity.approved(declared=declared, lines=card_lines(surname="SUHARTO", given_names=""))
    assert case.state is CaseState.APPROVED


def test_a_person_without_any_name_is_refused(identity: Any) -> None:
    with pytest.raises(InvalidNameError, match="no name"):
        identity.open(declared=DeclaredIdentity(given_names=" ", family_name=""))


def test_a_person_has_one_open_case_for_a_purpose_and_others_beside(identity):
    first = identity.open("p1", "recipient:letter-1")
    assert first.state is CaseState.COLLECTING
    assert identity.open("p1", "recipient:letter-1").id == first.id
    assert identity.open("p1", "recipient:letter-2").id != first.id
    assert identity.open("p2", "recipient:letter-1").id != first.id
    assert {case.purpose for case in identity.desk.cases_of("p1")} == {
        "recipient:letter-1",
        "recipient:letter-2",
    }


def test_what_is_declared_again_before_submission_is_taken_over(identity):
    first = identity.open("p1")
    again = identity.open("p1", declared=replace(JEANNE, given_names="Jeanne Marie"))
    assert (again.id, again.declared.given_names) == (first.id, "Jeanne Marie")


@pytest.mark.parametrize(
    "change",
    [{"purpose": "anything"}, {"purpose": "recipient:../x"}, {"language": "de"}, {"consent_wording": " "}],
)
def test_a_case_needs_a_known_purpose_a_language_and_the_words_agreed_to(identity, change):
    facts = {"purpose": "sender", "consent_wording": "Oui.", "language": "fr"} | change
    with pytest.raises(PurposeError):
        identity.desk.open_case(party_id="p1", declared=JEANNE, **facts)


def test_a_name_with_hidden_characters_is_refused(identity):
    with pytest.raises(InvalidNameError):
        identity.open("p1", declared=replace(JEANNE, family_name="Du\u202erand"))


def test_each_case_has_a_challenge_of_its_own(identity):
    """F16.04."""
    challenges = {identity.open(new_id()).challenge for _ in range(8)}
    assert len(challenges) == 8
    assert all(challenge[0].startswith("say:") and len(challenge) == 4 for challenge in challenges)


def test_a_case_tells_what_is_missing_until_nothing_is(identity):
    case = identity.open("p1")
    assert case.missing == ("title", "document_front", "face", "mrz")
    case = identity.desk.choose_title(case.id, TitleKind.IDENTITY_CARD, party_id="p1")
    assert "document_back" in case.missing
    with pytest.raises(IncompleteCaseError) as incomplete:
        identity.desk.submit(case.id, party_id="p1")
    assert incomplete.value.missing == case.missing
    case = identity.desk.choose_title(case.id, TitleKind.PASSPORT, party_id="p1")
    assert "document_back" not in case.missing
    assert identity.filled("p2").missing == ()


def test_a_case_is_nobody_elses(identity):
    case = identity.filled("p1")
    for act in (
        lambda: identity.desk.view(case.id, party_id="p2"),
        lambda: identity.desk.submit(case.id, party_id="p2"),
        lambda: identity.desk.withdraw(case.id, party_id="p2"),
        lambda: identity.desk.type_mrz(case.id, card_lines(), party_id="p2"),
        lambda: identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(), party_id="p2"),
        lambda: identity.desk.view(new_id(), party_id="p1"),
    ):
        with pytest.raises(NotFoundError):
            act()


def test_a_driving_licence_is_refused_at_once_and_on_record(identity):
    case = identity.open("p1")
    with pytest.raises(TitleRefusedError) as refused:
        identity.desk.choose_title(case.id, TitleKind.DRIVING_LICENCE, party_id="p1")
    assert refused.value.verdict.reason == "driving-licence"
    assert identity.desk.view(case.id, party_id="p1").title_kind is None
    with identity.database.read() as connection:
        (event,) = connection.execute(select(EVENT).where(EVENT.c.name == "title_chosen")).all()
    assert event.facts == {"kind": "driving_licence", "accepted": False}


def test_another_title_drops_the_pictures_and_the_zone_of_the_one_before(identity):
    case = identity.filled("p1")
    case = identity.desk.choose_title(case.id, TitleKind.PASSPORT, party_id="p1")
    assert {part.part for part in case.parts} == {Part.FACE_VIDEO}
    assert not case.mrz_known
    assert len(identity.stored()) == 1


def test_a_retake_replaces_what_was_there(identity):
    case = identity.filled("p1")
    report = identity.desk.add_picture(
        case.id, Part.DOCUMENT_FRONT, io.BytesIO(identity.picture(77)), party_id="p1"
    )
    assert report.accepted
    assert len(identity.desk.view(case.id, party_id="p1").parts) == 3
    assert len(identity.stored()) == 3
    with identity.database.read() as connection:
        assert len(connection.execute(select(MEDIA).where(MEDIA.c.replaced_at.is_not(None))).all()) == 1


def test_a_film_and_a_photo_of_the_face_exclude_each_other(identity):
    case = identity.filled("p1")
    identity.desk.add_picture(case.id, Part.FACE_PHOTO, identity.picture(5), party_id="p1")
    parts = {part.part for part in identity.desk.view(case.id, party_id="p1").parts}
    assert parts == {Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK, Part.FACE_PHOTO}


def test_a_picture_that_cannot_be_taken_leaves_nothing_behind(identity):
    case = identity.open("p1")
    for part, data in (
        (Part.DOCUMENT_FRONT, b"%PDF-1.7 not a picture"),
        (Part.FACE_VIDEO, identity.picture(1)),
        (Part.FACE_PHOTO, film()),
        (Part.DOCUMENT_BACK, b""),
    ):
        with pytest.raises(PictureError):
            identity.desk.add_picture(case.id, part, data, party_id="p1")
    assert identity.stored() == []


def test_a_case_takes_only_so_many_pictures(identity, monkeypatch):
    monkeypatch.setattr(proofing_intake, "UPLOADS_MAX", 2)
    case = identity.open("p1")
    for seed in (1, 2):
        identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(seed=seed), party_id="p1")
    with pytest.raises(ThrottledError):
        identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(seed=3), party_id="p1")
    assert len(identity.stored()) == 1


def test_a_zone_with_a_wrong_digit_names_the_field_and_is_kept_only_if_insisted_on(identity):
    case = identity.filled("p1")
    one, two, three = card_lines()
    wrong = (one, "9" + two[1:], three)
    with pytest.raises(MrzError) as unreadable:
        identity.desk.type_mrz(case.id, wrong, party_id="p1")
    assert unreadable.value.field == "birth"
    identity.desk.type_mrz(case.id, wrong, party_id="p1", as_printed=True)
    identity.desk.submit(case.id, party_id="p1")
    assert "mrz_check_digits" in flags(identity, case.id)


def test_a_zone_read_in_the_picture_needs_no_typing_and_one_typed_otherwise_is_flagged(identity):
    found = []
    identity.desk._intake._read = lambda picture, at: found.pop() if found else None
    case = identity.open("p1")
    identity.desk.choose_title(case.id, TitleKind.PASSPORT, party_id="p1")
    found.append(passport_lines())
    report = identity.desk.add_picture(case.id, Part.DOCUMENT_FRONT, identity.picture(1), party_id="p1")
    assert report.mrz_found
    identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(), party_id="p1")
    assert identity.desk.view(case.id, party_id="p1").missing == ()
    identity.desk.type_mrz(case.id, passport_lines(number="99ZZ99999"), party_id="p1")
    identity.desk.submit(case.id, party_id="p1")
    assert {"mrz_typed", "mrz_disagrees"} <= flags(identity, case.id)


def assert_nothing_was_approved(identity, *parties):
    """Whatever was shown, no machine approved it: there is no verdict and no proofing."""
    identity.run_duties()
    assert identity.decided == []
    assert [identity.desk.proofing_of(party, identity.clock()) for party in parties] == [None] * len(parties)


def test_an_expired_title_is_refused_at_submission_and_another_may_be_shown(identity):
    """F16.04."""
    case = identity.filled("p1", lines=card_lines(expiry=date(2026, 3, 1)))
    with pytest.raises(TitleRefusedError) as refused:
        identity.desk.submit(case.id, party_id="p1")
    assert refused.value.verdict.reason == "expired"
    assert identity.desk.view(case.id, party_id="p1").state is CaseState.COLLECTING
    identity.desk.type_mrz(case.id, card_lines(expiry=date(2026, 3, 2)), party_id="p1")
    assert identity.desk.submit(case.id, party_id="p1").state is CaseState.SUBMITTED
    assert_nothing_was_approved(identity, "p1")


def test_a_flawless_case_goes_to_the_operators_all_the_same(identity):
    """F16.04."""
    case = identity.submitted("p1")
    assert case.state is CaseState.SUBMITTED
    assert case.answer_by - case.submitted_at == identity.rules.service
    assert flags(identity, case.id) == {"mrz_typed"}
    assert_nothing_was_approved(identity, "p1")


@pytest.mark.parametrize(
    ("lines", "flag"),
    [
        ({"surname": "MARTIN"}, "names_different"),
        ({"given_names": "JEANNE MARIE"}, "names_close"),
        ({"given_names": "PAUL"}, "names_different"),
        ({"birth": date(1980, 5, 18)}, "birth_date_differs"),
        ({"issuer": "UTO"}, "specimen"),
        ({"code": "IR"}, "title_other_kind"),
    ],
)
def test_what_does_not_fit_is_flagged_for_an_operator_and_never_decided_by_a_machine(identity, lines, flag):
    """F16.04."""
    case = identity.submitted("p1", lines=card_lines(**lines))
    assert case.state is CaseState.SUBMITTED
    assert flag in flags(identity, case.id)
    assert_nothing_was_approved(identity, "p1")


def test_the_same_title_or_picture_from_another_person_is_flagged_also_after_erasure(identity):
    """F16.04: another person's title."""
    first = identity.submitted("p1", seed=1)
    identity.desk.withdraw(first.id, party_id="p1")
    assert identity.run_duties()
    second = identity.submitted("p2", seed=1)
    assert {"duplicate_document", "duplicate_picture"} <= flags(identity, second.id)
    third = identity.submitted("p3", seed=3, lines=card_lines(number="OTHER1234"))
    assert not {"duplicate_document", "duplicate_picture"} & flags(identity, third.id)
    assert_nothing_was_approved(identity, "p1", "p2", "p3")


def test_the_same_title_from_the_same_person_is_no_duplicate_but_the_same_film_is_flagged(identity):
    """F16.04: a film shown again."""
    identity.submitted("p1", seed=1)
    second = identity.submitted("p1", seed=1, purpose="order:42")
    assert "duplicate_document" not in flags(identity, second.id)
    assert "film_reused" in flags(identity, second.id)
    assert_nothing_was_approved(identity, "p1")


def test_a_case_without_a_film_says_so(identity):
    case = identity.submitted("p1", face=Part.FACE_PHOTO)
    assert "no_film" in flags(identity, case.id)


def test_a_submitted_case_takes_nothing_more(identity):
    case = identity.submitted("p1")
    for act in (
        lambda: identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(), party_id="p1"),
        lambda: identity.desk.type_mrz(case.id, card_lines(), party_id="p1"),
        lambda: identity.desk.submit(case.id, party_id="p1"),
        lambda: identity.desk.choose_title(case.id, TitleKind.PASSPORT, party_id="p1"),
    ):
        with pytest.raises(CaseClosedError):
            act()


def test_an_unfinished_case_ends_after_its_days_and_its_pictures_with_it(identity):
    case = identity.filled("p1")
    identity.clock.advance(identity.rules.case_life)
    with pytest.raises(CaseClosedError):
        identity.desk.submit(case.id, party_id="p1")
    assert identity.run_duties() == 2
    view = identity.desk.view(case.id, party_id="p1")
    assert (view.state, view.images_erased, view.declared) == (CaseState.EXPIRED, True, None)
    assert identity.stored() == []
    assert [ended.id for ended in identity.ended] == [case.id]
    assert identity.open("p1").id != case.id


def test_a_case_that_ran_out_gives_way_to_a_new_one_before_the_duty_comes(identity):
    case = identity.open("p1")
    identity.clock.advance(identity.rules.case_life + timedelta(hours=1))
    assert identity.open("p1").id != case.id
    assert identity.desk.view(case.id, party_id="p1").state is CaseState.EXPIRED
    identity.run_duties()
    assert [ended.id for ended in identity.ended] == [case.id]


def test_a_submitted_case_does_not_run_out(identity):
    case = identity.submitted("p1")
    identity.clock.advance(timedelta(days=30))
    identity.run_duties()
    assert identity.desk.view(case.id, party_id="p1").state is CaseState.SUBMITTED


def test_a_withdrawn_case_is_unreadable_at_once(identity):
    case = identity.submitted("p1")
    view = identity.desk.withdraw(case.id, party_id="p1")
    assert (view.state, view.images_erased, view.declared) == (CaseState.WITHDRAWN, True, None)
    with identity.database.read() as connection:
        row = connection.execute(select(CASE).where(CASE.c.id == case.id)).one()
    assert (row.wrapped_key, row.wrapped_face_key, row.sealed) == (None, None, None)
    identity.run_duties()
    assert identity.stored() == []
    with pytest.raises(CaseClosedError):
        identity.desk.withdraw(case.id, party_id="p1")


def test_the_queue_tells_its_age_and_a_late_case_raises_an_alarm_once(identity, caplog):
    """F16.06."""
    assert identity.desk.queue_status().oldest_submitted_at is None
    case = identity.submitted("p1")
    assert identity.desk.queue_status().waiting == 1
    assert identity.desk.queue_status().oldest_submitted_at == case.submitted_at
    assert identity.desk.queue_status().overdue == 0
    identity.clock.advance(identity.rules.service)
    identity.run_duties()
    assert identity.desk.queue_status().overdue == 1
    with identity.database.read() as connection:
        names = connection.execute(select(EVENT.c.name).where(EVENT.c.name == "overdue")).all()
    assert len(names) == 1
    assert case.id in caplog.text
