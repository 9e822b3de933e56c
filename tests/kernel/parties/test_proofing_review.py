"""Operators at work: queue, claims, pictures on record, verdicts, second pairs of eyes, erasure."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from lre_kit.errors import AlreadyDecidedError, LreError, NotFoundError
from lre_kit.law.assurance import Level
from lre_kit.parties.proofing import CaseState, DeclaredIdentity, Part, TitleKind, Verdict
from lre_kit.parties.proofing_cases import CASE, EVENT, MEDIA, PROOFING, VERDICT
from lre_kit.parties.proofing_images import ErasedError
from lre_kit.parties.proofing_review import (
    CHECKLIST,
    CaseTakenError,
    NotYourCaseError,
    OwnCaseError,
    VerdictError,
)
from lre_kit.store.vault import Vault
from lre_kit.testing.identity import card_lines, film

ALL = dict.fromkeys(CHECKLIST, True)
ONE, TWO, THREE = "operator-1", "operator-2", "operator-3"


def events(identity, case_id, name=None):
    query = select(EVENT).where(EVENT.c.case_id == case_id).order_by(EVENT.c.seq)
    with identity.database.read() as connection:
        return [row for row in connection.execute(query) if name in {None, row.name}]


def test_the_queue_is_oldest_first_and_comes_in_pages(identity):
    cases = []
    for seed in range(3):
        cases.append(identity.submitted(f"p{seed}", seed=seed).id)
        identity.clock.advance(timedelta(minutes=1))
    assert [entry.case_id for entry in identity.review.queue()] == cases
    first = identity.review.queue(limit=2)
    assert [entry.case_id for entry in identity.review.queue(after=first[-1].case_id)] == cases[2:]
    identity.review.claim(cases[1], ONE)
    assert [entry.case_id for entry in identity.review.queue(mine=ONE)] == [cases[1]]
    assert identity.review.queue(mine=TWO) == []
    (held,) = (entry for entry in identity.review.queue() if entry.claimed_by)
    assert (held.case_id, held.claimed_by, held.purpose_kind) == (cases[1], ONE, "sender")


def test_what_is_not_submitted_is_not_in_the_queue(identity):
    case = identity.filled("p1")
    assert identity.review.queue() == []
    with pytest.raises(CaseTakenError):
        identity.review.claim(case.id, ONE)


def test_an_operator_sees_the_zone_the_flags_and_what_must_be_ticked(identity):
    case = identity.submitted("p1", lines=card_lines(surname="MARTIN"))
    view = identity.review.claim(case.id, ONE)
    assert (view.title["surname"], view.title["birth"]) == ("MARTIN", "1980-05-17")
    assert view.mrz_lines == card_lines(surname="MARTIN")
    assert "names_different" in {flag.slug for flag in view.flags}
    assert view.checklist == CHECKLIST
    assert identity.review.open(case.id, ONE) == view


@pytest.mark.parametrize("_again", range(3))
def test_of_two_operators_who_claim_at_once_one_gets_the_case(identity, _again):
    """F16.05, F14.01."""
    case = identity.submitted("p1")
    ready = Barrier(4)

    def claim(operator):
        ready.wait()
        try:
            return identity.review.claim(case.id, operator).case.id
        except CaseTakenError:
            return None

    with ThreadPoolExecutor(4) as pool:
        got = [case_id for case_id in pool.map(claim, (f"operator-{n}" for n in range(4))) if case_id]
    assert got == [case.id]
    assert len(events(identity, case.id, "claimed")) == 1


def test_a_lease_that_ran_out_frees_the_case_and_ends_the_holders_rights(identity):
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    with pytest.raises(CaseTakenError):
        identity.review.claim(case.id, TWO)
    identity.clock.advance(identity.rules.lease)
    for act in (
        lambda: identity.review.open(case.id, ONE),
        lambda: identity.review.picture(case.id, Part.FACE_VIDEO, ONE),
        lambda: identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL),
        lambda: identity.review.release(case.id, ONE),
    ):
        with pytest.raises(NotYourCaseError):
            act()
    assert identity.review.queue()[0].claimed_by is None
    identity.review.claim(case.id, TWO)


def test_a_released_case_waits_for_anybody(identity):
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    identity.review.release(case.id, ONE)
    identity.review.claim(case.id, TWO)
    assert [event.name for event in events(identity, case.id)][-3:] == ["claimed", "released", "claimed"]


def test_pictures_are_for_the_holder_only_and_each_look_is_on_record(identity):
    case = identity.submitted("p1", seed=4)
    with pytest.raises(NotYourCaseError):
        identity.review.picture(case.id, Part.FACE_VIDEO, ONE)
    identity.review.claim(case.id, ONE)
    with pytest.raises(NotYourCaseError):
        identity.review.picture(case.id, Part.FACE_VIDEO, TWO)
    assert identity.review.picture(case.id, Part.FACE_VIDEO, ONE) == ("video/webm", film(seed=4))
    media_type, data = identity.review.picture(case.id, Part.DOCUMENT_FRONT, ONE)
    assert media_type == "image/jpeg"
    assert data.startswith(b"\xff\xd8\xff")
    with pytest.raises(NotFoundError):
        identity.review.picture(case.id, Part.FACE_PHOTO, ONE)
    seen = events(identity, case.id, "picture_seen")
    assert [(event.actor, event.facts["part"]) for event in seen] == [
        (ONE, "face_video"),
        (ONE, "document_front"),
    ]


def test_nobody_judges_their_own_identity(identity):
    case = identity.submitted("p1")
    with pytest.raises(OwnCaseError):
        identity.review.claim(case.id, "p1")


@pytest.mark.parametrize("unticked", CHECKLIST)
def test_approving_takes_every_check(identity, unticked):
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    with pytest.raises(VerdictError) as incomplete:
        identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL | {unticked: False})
    assert incomplete.value.missing == (unticked,)
    assert identity.desk.proofing_of("p1", identity.clock()) is None


def test_a_verdict_against_the_person_needs_words_for_them(identity):
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    for verdict in (Verdict.REFUSE, Verdict.ASK_AGAIN):
        with pytest.raises(VerdictError):
            identity.review.decide(case.id, ONE, verdict, reason=" ")


def test_an_approval_leaves_a_proofing_with_its_reference_and_no_full_number(identity):
    case = identity.approved("p1", purpose="recipient:letter-1")
    assert case.state is CaseState.APPROVED
    now = identity.clock()
    proofing = identity.desk.proofing_of("p1", now)
    assert proofing is not None
    assert (proofing.level, proofing.method) == (Level.SUBSTANTIAL, "remote visual identification")
    assert proofing.valid_until - proofing.at == identity.rules.proofing_life
    assert len(proofing.evidence_digest) == 64
    assert identity.desk.proofing_of("p1", now - timedelta(seconds=1)) is None
    assert identity.desk.proofing_of("p1", proofing.valid_until) is None
    assert identity.desk.proofing_of("p2", now) is None
    with identity.database.read() as connection:
        row = connection.execute(select(PROOFING)).one()
    assert (row.document_last4, row.title_issuer, row.operators) == ("P3R9", "FRA", [ONE])
    assert "F7H64P3R9" not in repr(row)
    ((decided, verdict),) = identity.decided
    assert (decided.id, decided.purpose, verdict) == (case.id, "recipient:letter-1", Verdict.APPROVE)


def test_what_waits_for_a_verdict_goes_on_in_its_transaction_or_nothing_happens(identity):
    def fails(uow, case, verdict):
        raise LreError("The letter cannot go on.", mend="Try again.")

    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    identity.review.verdicts.on_decided.append(fails)
    with pytest.raises(LreError):
        identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL)
    assert identity.desk.proofing_of("p1", identity.clock()) is None
    identity.review.verdicts.on_decided.remove(fails)
    identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL)
    assert identity.desk.proofing_of("p1", identity.clock()) is not None


def test_a_verdict_is_not_changed_afterwards_by_anyone(identity):
    """F16.05."""
    case = identity.approved("p1")
    for operator in (ONE, TWO):
        with pytest.raises(AlreadyDecidedError):
            identity.review.decide(case.id, operator, Verdict.REFUSE, reason="Non.")
        with pytest.raises((CaseTakenError, OwnCaseError)):
            identity.review.claim(case.id, operator)
    assert identity.open("p1").id != case.id


def test_two_verdicts_of_one_holder_at_once_make_one(identity):
    """F16.05."""
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    ready = Barrier(4)

    def decide(number):
        ready.wait()
        verdict = Verdict.APPROVE if number % 2 else Verdict.REFUSE
        try:
            return identity.review.decide(case.id, ONE, verdict, reason="Parce que.", checks=ALL)
        except LreError:
            return None

    with ThreadPoolExecutor(4) as pool:
        assert sum(view is not None for view in pool.map(decide, range(4))) == 1
    with identity.database.read() as connection:
        assert len(connection.execute(select(VERDICT)).all()) == 1
    assert len(identity.decided) == 1


def test_a_specimen_cannot_be_approved_outside_a_sandbox(identity):
    """F16.04."""
    case = identity.submitted("p1", lines=card_lines(issuer="UTO"))
    identity.review.claim(case.id, ONE)
    with pytest.raises(VerdictError):
        identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL)
    identity.build(allow_specimens=True)
    sandbox = identity.submitted("p2", seed=2, lines=card_lines(issuer="UTO", number="SPEC12345"))
    identity.review.claim(sandbox.id, ONE)
    identity.review.decide(sandbox.id, ONE, Verdict.APPROVE, checks=ALL)
    assert identity.desk.proofing_of("p2", identity.clock()) is not None


def test_remote_proofing_never_reaches_high_and_a_photo_only_what_the_office_allows(identity):
    case = identity.submitted("p1", face=Part.FACE_PHOTO)
    view = identity.review.claim(case.id, ONE)
    assert (view.level_max, "living_person" in view.checklist) == (Level.LOW, False)
    with pytest.raises(VerdictError):
        identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL, level=Level.SUBSTANTIAL)
    identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL)
    assert identity.desk.proofing_of("p1", identity.clock()).level is Level.LOW
    filmed = identity.submitted("p2", seed=2, lines=card_lines(number="OTHER1234"))
    identity.review.claim(filmed.id, ONE)
    with pytest.raises(VerdictError):
        identity.review.decide(filmed.id, ONE, Verdict.APPROVE, checks=ALL, level=Level.HIGH)


def test_asked_again_the_person_makes_it_again_with_a_new_challenge(identity):
    """F16.04."""
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    again = identity.review.decide(
        case.id, ONE, Verdict.ASK_AGAIN, reason="Trop sombre.", again=[Part.FACE_VIDEO]
    )
    assert (again.state, again.reason, again.again) == (
        CaseState.ASKED_AGAIN,
        "Trop sombre.",
        (Part.FACE_VIDEO,),
    )
    assert again.missing == ("face",)
    assert again.challenge != case.challenge
    assert [verdict for _, verdict in identity.decided] == [Verdict.ASK_AGAIN]
    identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(seed=0), party_id="p1")
    identity.desk.submit(case.id, party_id="p1")
    view = identity.review.claim(case.id, ONE)
    assert "film_reused" in {flag.slug for flag in view.flags}
    assert [past.verdict for past in view.history] == [Verdict.ASK_AGAIN]


def test_asked_for_everything_again_the_zone_is_asked_anew_too(identity):
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    again = identity.review.decide(case.id, ONE, Verdict.ASK_AGAIN, reason="Illisible.")
    assert again.missing == ("document_front", "document_back", "face", "mrz")
    identity.clock.advance(identity.rules.case_life)
    identity.run_duties()
    assert identity.desk.view(case.id, party_id="p1").state is CaseState.EXPIRED
    assert identity.stored() == []


def test_two_pairs_of_eyes_must_agree_and_the_second_does_not_see_the_first(identity):
    """F16.05."""
    identity.build(two_reviewers=True)
    case = identity.submitted("p1")
    identity.review.claim(case.id, ONE)
    waiting = identity.review.decide(case.id, ONE, Verdict.APPROVE, checks=ALL)
    assert waiting.state is CaseState.SUBMITTED
    assert identity.desk.proofing_of("p1", identity.clock()) is None
    with pytest.raises(OwnCaseError):
        identity.review.claim(case.id, ONE)
    second = identity.review.claim(case.id, TWO)
    assert second.history == ()
    identity.review.decide(case.id, TWO, Verdict.APPROVE, checks=ALL)
    with identity.database.read() as connection:
        assert connection.execute(select(PROOFING)).one().operators == [ONE, TWO]
    assert len(identity.decided) == 1


def test_operators_who_disagree_send_the_case_back_and_a_third_settles_it(identity):
    """F16.05."""
    identity.build(two_reviewers=True)
    case = identity.submitted("p1")
    for operator, verdict in ((ONE, Verdict.APPROVE), (TWO, Verdict.REFUSE)):
        identity.review.claim(case.id, operator)
        identity.review.decide(case.id, operator, verdict, reason="Doute sur la photo.", checks=ALL)
    assert identity.desk.queue_status().disputed == 1
    assert identity.decided == []
    identity.review.claim(case.id, THREE)
    identity.review.decide(case.id, THREE, Verdict.REFUSE, reason="Ce n’est pas la même personne.")
    assert identity.desk.view(case.id, party_id="p1").state is CaseState.REFUSED
    assert identity.desk.queue_status().disputed == 0
    with identity.database.read() as connection:
        kept = connection.execute(select(VERDICT).order_by(VERDICT.c.at, VERDICT.c.id)).all()
    assert [(row.operator, row.verdict) for row in kept] == [
        (ONE, "approve"),
        (TWO, "refuse"),
        (THREE, "refuse"),
    ]
    assert [event.name for event in events(identity, case.id)].count("disputed") == 1


def test_the_digest_covers_every_picture_check_and_verdict(identity):
    """F16.05."""
    digests = set()
    for number in range(3):
        identity.build(two_reviewers=number == 2)
        case = identity.submitted(f"p{number}", seed=number, lines=card_lines(number=f"NUMBER{number}00"))
        for operator in (ONE, TWO)[: 2 if number == 2 else 1]:
            identity.review.claim(case.id, operator)
            identity.review.decide(case.id, operator, Verdict.APPROVE, checks=ALL)
        digests.add(identity.desk.proofing_of(f"p{number}", identity.clock()).evidence_digest)
    assert len(digests) == 3


def test_a_proofing_under_a_derogation_ends_with_it(identity):
    until = identity.clock() + timedelta(days=20)
    identity.build(derogation="covid-2020", derogation_until=until)
    identity.approved("p1")
    proofing = identity.desk.proofing_of("p1", identity.clock())
    assert (proofing.derogation, proofing.valid_until) == ("covid-2020", until)


def test_the_face_goes_after_its_hours_and_the_rest_after_its_days_for_good(identity):
    """F13.07."""
    case = identity.approved("p1")
    with identity.database.read() as connection:
        before = connection.execute(select(CASE).where(CASE.c.id == case.id)).one()
        media = {row.part: row for row in connection.execute(select(MEDIA))}
    copies = {key: b"".join(identity.blobs.get(key)) for key in identity.stored()}
    identity.clock.advance(identity.rules.biometrics_kept)
    identity.run_duties()
    assert len(identity.stored()) == 2
    with identity.database.read() as connection:
        row = connection.execute(select(CASE).where(CASE.c.id == case.id)).one()
    assert row.wrapped_face_key is None
    assert row.wrapped_key is not None
    identity.clock.advance(identity.rules.images_kept)
    identity.run_duties()
    assert identity.stored() == []
    # Bytes that come back from a backup are of no use: the keys are not in the database any more.
    for key, data in copies.items():
        identity.blobs.put(key, [data])
    with identity.database.read() as connection:
        row = connection.execute(select(CASE).where(CASE.c.id == case.id)).one()
    for part in (Part.FACE_VIDEO, Part.DOCUMENT_FRONT):
        with pytest.raises(ErasedError):
            identity.review._images.get(row, part, media[part.value].blob_key)
    with pytest.raises(LreError):
        identity.review._images.get(before, Part.FACE_PHOTO, media["document_front"].blob_key)
    view = identity.desk.view(case.id, party_id="p1")
    assert (view.images_erased, view.declared, view.mrz_known) == (True, None, False)
    assert identity.desk.proofing_of("p1", identity.clock()) is not None
    names = [event.name for event in events(identity, case.id)]
    assert names.count("face_erased") == names.count("images_erased") == 1


def test_an_erasure_that_dies_before_its_bytes_are_gone_is_finished_by_the_next(identity, monkeypatch):
    """F13.07."""
    case = identity.approved("p1")
    identity.clock.advance(identity.rules.images_kept)
    monkeypatch.setattr(identity.blobs, "delete", lambda key: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        identity.run_duties()
    monkeypatch.undo()
    with identity.database.read() as connection:
        assert connection.execute(select(CASE.c.wrapped_face_key)).scalar_one() is None
    identity.clock.advance(timedelta(minutes=10))
    identity.run_duties()
    assert identity.stored() == []
    assert len(events(identity, case.id, "images_erased")) == 1


def test_what_dead_uploads_left_is_swept_and_what_stands_is_not(identity):
    """F16.02."""
    standing = identity.filled("p2", seed=5)
    ended = identity.filled("p1", seed=6)
    for name in ("identity/dead/1", f"identity/{standing.id}/dead"):
        identity.blobs.put(name, [b"nobody's"])
    identity.desk.withdraw(ended.id, party_id="p1")
    identity.run_duties()
    assert len(identity.stored()) == 5
    with identity.database.write() as uow:  # the files are dated by the machine, far ahead of this clock
        uow.execute(CASE.update().values(expires_at=identity.clock() + timedelta(days=9000)))
        uow.commit()
    identity.clock.advance(timedelta(days=4000))
    identity.run_duties()
    assert len(identity.stored()) == 3
    assert len(identity.desk.view(standing.id, party_id="p2").parts) == 3


def test_another_offices_keys_open_nothing(identity):
    case = identity.submitted("p1")
    identity.vault = Vault(b"x" * 32, "kek-1")
    identity.build()
    with pytest.raises(LreError):
        identity.review.claim(case.id, ONE)


PLANTED = DeclaredIdentity(given_names="Zéphyrine", family_name="Quatrebarbes", birth_date=date(1971, 11, 23))


def test_personal_data_reach_neither_logs_nor_errors_nor_plain_columns(identity, caplog):
    caplog.set_level(logging.DEBUG)
    lines = card_lines(
        surname="QUATREBARBES", given_names="ZEPHYRINE", number="ZQ9876543", birth=date(1971, 11, 23)
    )
    said = []
    case = identity.submitted("p1", declared=PLANTED, lines=lines)
    said.append(repr(case))
    said.append(repr(identity.review.claim(case.id, ONE)))
    for act in (
        lambda: identity.review.claim(case.id, TWO),
        lambda: identity.review.decide(case.id, ONE, Verdict.APPROVE),
        lambda: identity.desk.submit(case.id, party_id="p1"),
        lambda: identity.desk.choose_title(case.id, TitleKind.DRIVING_LICENCE, party_id="p1"),
        lambda: identity.desk.type_mrz(case.id, (lines[0], "9" + lines[1][1:], lines[2]), party_id="p1"),
    ):
        with pytest.raises(LreError) as refused:
            act()
        said.append(str(refused.value))
    identity.review.decide(case.id, ONE, Verdict.REFUSE, reason="Titre illisible.")
    with identity.database.read() as connection:
        for table in (CASE, EVENT, MEDIA, VERDICT):
            said += [repr(row) for row in connection.execute(select(table))]
    identity.clock.advance(timedelta(days=60))
    identity.run_duties()
    everything = "\n".join([*said, caplog.text]).lower()
    for secret in ("zéphyrine", "zephyrine", "quatrebarbes", "zq9876543", "1971", "711123"):
        assert secret not in everything
