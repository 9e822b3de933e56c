"""The operators' pages: queue, claim, pictures on record, verdicts, and who may see nothing."""

import html
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.parties.proofing_cases import EVENT
from lre_kit.parties.proofing_rules import CHECKLIST
from lre_kit.parties.proofing_values import CaseState
from lre_kit.parties.review_words import CHECKS, FLAGS
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_web.testing_identity import JEANNE, SMALL, ProofingSite

APPROVE = {"verdict": "approve", "check": list(CHECKLIST)}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProofingSite]:
    made = ProofingSite.open(tmp_path / "office")
    with made.office:
        yield made


def events(site: ProofingSite, name: str) -> list[Any]:
    with site.office.database.read() as connection:
        return list(connection.execute(EVENT.select().where(EVENT.c.name == name)).all())


def decide(site: ProofingSite, page: str, **fields: Any) -> Any:
    return site.send(page, f"{page}/decide", **fields)


def test_for_who_is_no_operator_these_pages_do_not_exist(site: ProofingSite) -> None:
    case = site.submit()
    for path in ("/review", f"/review/{case.id}", f"/review/{case.id}/picture/face_video"):
        assert site.get(path).status_code == 404
    for act in ("claim", "release", "decide"):
        assert site.send("/identity/" + case.id, f"/review/{case.id}/{act}").status_code == 404
    assert site.case().state is CaseState.SUBMITTED


def test_the_queue_tells_ages_and_counts_and_nothing_personal(site: ProofingSite) -> None:
    site.operator = "olivia"
    assert "No file waits." in site.get("/review").text
    site.submit()
    site.clock.advance(timedelta(hours=5))
    page = site.get("/review").text
    assert "1 waiting, 0 of them overdue and 0 in disagreement." in page
    assert "The oldest has waited for 5 hours." in page
    assert "Sending letters" in page
    assert "Flags: 1" in page
    assert not any(word in page for word in ("Jeanne", "Durand", "1980"))
    site.clock.advance(timedelta(hours=44))
    assert "Overdue" in site.get("/review").text
    assert "The promised time has passed" in site.get(f"/identity/{site.case().id}").text


def test_an_operator_approves_after_ticking_every_point(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    text = site.get(page).text
    for told in ("Jeanne", "Durand", "DURAND", "F7H64P3R9", "typed by the person", "One operator suffices"):
        assert told in text
    assert "An operator is looking at it right now." in site.get(f"/identity/{case.id}").text
    answer = decide(site, page, verdict="approve", check=list(CHECKLIST[:-1]))
    assert answer.status_code == 422
    assert "every point must be checked" in answer.text
    assert answer.text.count(" checked>") == len(CHECKLIST) - 1
    answer = decide(site, page, **APPROVE)
    assert answer.location.endswith("/review?done=approve")
    assert "Approved." in site.get(answer.location).text
    page = site.get(f"/identity/{case.id}").text
    assert "Your identity is verified" in page
    assert "substantial" in page


def test_every_picture_opened_is_on_record_and_goes_to_no_cache(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    kinds = {"document_front": "image/jpeg", "document_back": "image/jpeg", "face_video": "video/webm"}
    for part, kind in kinds.items():
        answer = site.get(f"{page}/picture/{part}")
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    seen = events(site, "picture_seen")
    assert [(event.actor, event.facts["part"]) for event in seen] == [("olivia", part) for part in kinds]
    part = site.client.get(f"/lre{page}/picture/face_video", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, film()[:10])
    assert site.get(f"{page}/picture/face_photo").status_code == 404
    assert site.get(f"{page}/picture/anything").status_code == 404
    site.operator = "bruno"
    assert site.get(f"{page}/picture/document_front").status_code == 409


def test_a_refusal_needs_a_reason_and_the_person_reads_it(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    answer = decide(site, page, verdict="refuse", why="", reason="  ")
    assert answer.status_code == 422
    assert "This verdict needs a reason." in answer.text
    answer = decide(site, page, verdict="refuse", reason="x" * 1001)
    assert "The reason is too long." in answer.text
    answer = decide(site, page, verdict="refuse", why="expired", reason="See the date <b>.")
    assert answer.location.endswith("done=refuse")
    page = site.get(f"/identity/{case.id}").text
    assert "could not be verified" in page
    assert "The document has expired. See the date &lt;b&gt;." in page
    again = re.search(r'href="(/lre/identity\?for=[^"]+)">Begin again', page)
    assert again
    assert "Your consent" in site.get(html.unescape(again.group(1))).text


def test_a_person_makes_again_what_the_operator_asks_for(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    assert "Nothing is ticked" in decide(site, page, verdict="ask_again", why="glare").text
    answer = decide(site, page, verdict="ask_again", why="glare", again=["document_back"])
    assert answer.location.endswith("done=ask_again")
    text = site.get(f"/identity/{case.id}").text
    assert "The operator asks you to make something again" in text
    assert "Glare hides a part of the document." in text
    assert f"/identity/{case.id}/back" in text
    assert site.upload("back", title_picture(size=SMALL, seed=9)).location.endswith("/check")
    assert site.send(f"/identity/{case.id}/check").status_code == 303
    page = site.claim(site.case())
    assert "Verdicts of earlier rounds" in site.get(page).text
    assert decide(site, page, **APPROVE).location.endswith("done=approve")


def test_a_film_asked_again_has_another_challenge(site: ProofingSite) -> None:
    case = site.submit()
    decide(site, site.claim(case), verdict="ask_again", reason="Louder.", again=["face_video"])
    text = site.get(f"/identity/{case.id}").text
    assert "Face (film)" in text
    assert "Face (photo)" not in text
    assert site.case().challenge != case.challenge


def test_of_two_operators_one_holds_the_case_and_the_other_is_told(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    site.operator = "bruno"
    assert "Held by another operator" in site.get("/review").text
    token_page = f"/identity/{case.id}"
    answer = site.send(token_page, f"{page}/claim")
    assert answer.status_code == 409
    assert "Another operator holds this file" in answer.text
    answer = site.get(page)
    assert answer.status_code == 409
    assert "Durand" not in answer.text
    for act in ("decide", "release"):
        answer = site.send(token_page, f"{page}/{act}", **APPROVE)
        assert answer.status_code == 409
        assert "did not count" in answer.text
    site.operator = "olivia"
    assert decide(site, page, **APPROVE).status_code == 303
    site.operator = "bruno"
    assert site.send("/identity?again=1", f"{page}/claim").status_code == 409


def test_two_who_claim_at_once_do_not_both_hold_it(site: ProofingSite) -> None:
    """F16.05, F14.01."""
    case = site.submit()
    operators = {"first": "olivia", "second": "bruno"}
    named = threading.local()
    site.app.extensions["lre_identity"]["lre"] = type(site.app.extensions["lre_identity"]["lre"])(
        person=lambda: site.person, operator=lambda: named.operator
    )
    gate, answers = threading.Barrier(2), {}

    def claim(name: str) -> None:
        named.operator = operators[name]
        client = site.app.test_client()
        site.get("/identity/x/front", client)
        page = f"/identity/{case.id}"
        gate.wait()
        answers[name] = site.send(page, f"/review/{case.id}/claim", client).status_code

    threads = [threading.Thread(target=claim, args=(name,)) for name in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [303, 409]


def test_a_claim_that_ran_out_decides_nothing(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    site.clock.advance(timedelta(minutes=31))
    answer = site.send(f"/identity/{case.id}", f"{page}/decide", **APPROVE)
    assert answer.status_code == 409
    answer = site.get(page)
    assert "Take this file again" in answer.text
    site.send(page, f"{page}/claim")
    assert decide(site, page, **APPROVE).status_code == 303


def test_a_case_given_back_waits_again(site: ProofingSite) -> None:
    page = site.claim(site.submit())
    answer = site.send(page, f"{page}/release")
    assert "Given back to the queue." in site.get(answer.location).text
    assert site.case().state is CaseState.SUBMITTED


def test_two_pairs_of_eyes_judge_alone_and_must_agree(tmp_path: Path) -> None:
    """F16.05."""
    made = ProofingSite.open(tmp_path / "office", identity_two_reviewers=True)
    with made.office:
        case = made.submit()
        page = made.claim(case)
        assert "Two operators must agree." in made.get(page).text
        assert decide(made, page, **APPROVE).location.endswith("done=second")
        assert "Your file waits for an operator" in made.get(f"/identity/{case.id}").text
        assert "Verdicts so far: 1" in made.get("/review").text
        answer = made.send("/review", f"{page}/claim")
        assert answer.status_code == 403
        assert "you judged it already" in answer.text
        page = made.claim(case, "bruno")
        text = made.get(page).text
        assert "it stays hidden from you" in text
        assert "olivia" not in text
        assert decide(made, page, **APPROVE).location.endswith("done=approve")


def test_differences_stand_side_by_side_with_their_flags(site: ProofingSite) -> None:
    site.fill()
    lines = card_lines(surname="MARTIN", given_names="PAUL")
    site.send(f"/identity/{site.case().id}/zone", lines="\n".join(lines))
    site.send(f"/identity/{site.case().id}/check")
    page = site.get(site.claim(site.case())).text
    assert "MARTIN" in page
    assert "The declared names differ from the document." in page
    assert '<span class="badge refused">different</span>' in page


def test_a_photo_reaches_the_low_level_at_most(site: ProofingSite) -> None:
    site.fill()
    site.upload("face", title_picture(size=SMALL, seed=7), kind="photo")
    site.send(f"/identity/{site.case().id}/check")
    page = site.claim(site.case())
    text = site.get(page).text
    assert "nothing shows that the person is there now" in text
    assert '<option value="low">' in text
    assert '<option value="substantial">' not in text
    answer = decide(site, page, verdict="approve", check=list(CHECKLIST), level="substantial")
    assert "cannot reach this level" in answer.text
    assert decide(site, page, **APPROVE).status_code == 303
    assert "may not suffice for a registered letter" in site.get(f"/identity/{site.case().id}").text


def test_a_specimen_is_not_approved(site: ProofingSite) -> None:
    """F16.04."""
    site.fill()
    lines = card_lines(issuer="UTO")
    site.send(f"/identity/{site.case().id}/zone", lines="\n".join(lines))
    site.send(f"/identity/{site.case().id}/check")
    page = site.claim(site.case())
    assert "Specimen document" in site.get(page).text
    assert "This document is a specimen" in decide(site, page, **APPROVE).text


def test_every_flag_and_check_has_words_in_both_languages() -> None:
    slugs = {
        "specimen", "mrz_check_digits", "title_other_kind", "names_close", "names_unsure", "names_different",
        "names_cut", "birth_date_unknown", "birth_date_differs", "old_french_card", "mrz_corrected",
        "mrz_typed", "mrz_disagrees", "duplicate_document", "duplicate_picture", "film_reused",
        "poor_picture", "no_film",
    }  # fmt: skip
    assert slugs <= set(FLAGS)
    assert set(CHECKLIST) <= set(CHECKS)
    assert all(fr and en and fr != en for fr, en in (*FLAGS.values(), *CHECKS.values()))


def test_operators_read_french_and_write_to_the_person_in_theirs(site: ProofingSite) -> None:
    case = site.submit()
    page = site.claim(case)
    site.language = "fr"
    text = site.get(page).text
    assert "Signalements automatiques" in text
    assert "En anglais." in text
    assert "The document has expired." in text
    assert "Identifications à examiner" in site.get("/review").text
    assert "did not" not in decide(site, page, verdict="refuse").text


def test_an_operator_does_not_judge_their_own_identity(site: ProofingSite) -> None:
    case = site.submit()
    assert site.person is not None
    site.operator = site.person.id
    answer = site.send("/review", f"/review/{case.id}/claim")
    assert answer.status_code == 403
    assert "This file is yours" in answer.text
    assert JEANNE.family_name not in answer.text
