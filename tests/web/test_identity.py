"""Remote identification without scripts: every step by sending files, every refusal in plain words."""

import hashlib
import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from lre_kit.parties.proofing_cases import CASE, MEDIA
from lre_kit.parties.proofing_values import CaseState, Part
from lre_kit.testing.identity import card_lines, film, passport_lines, title_picture
from lre_web.identity.site import purpose_token
from lre_web.testing_identity import HIDDEN, JEANNE, SMALL, WHO, ProofingSite
from lre_web.words.identity import identity_catalogue
from lre_web.words.identity_review import review_catalogue


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProofingSite]:
    made = ProofingSite.open(tmp_path / "office")
    with made.office:
        yield made


def at(answer, step: str) -> bool:
    return answer.status_code == 303 and answer.location.endswith(f"/{step}")


def test_nobody_who_is_not_known_sees_a_page(site: ProofingSite) -> None:
    site.person = None
    assert site.get("/identity").status_code == 401
    assert site.get("/identity/who").status_code == 401
    assert site.get("/identity/0190/front").status_code == 401


def test_a_card_holder_goes_through_all_steps_by_sending_files(site: ProofingSite) -> None:
    page = site.get("/identity").text
    for told in (
        "erased 4 days after",
        "erased 30 days after",
        "within 48 hours",
        "no machine decides",
        "/other-ways",
    ):
        assert told in page
    assert at(site.begin(), "front")
    assert at(site.upload("front", title_picture(size=SMALL, seed=1)), "back")
    assert at(site.upload("back", title_picture(size=SMALL, seed=2)), "face")
    case = site.case()
    spoken = case.challenge[0].removeprefix("say:").replace("-", "\N{NO-BREAK SPACE}")
    assert f"Say aloud: {spoken}" in site.get(f"/identity/{case.id}/face").text
    assert at(site.upload("face", film(), "film.webm", kind="film"), "zone")
    assert at(site.send(f"/identity/{case.id}/zone", lines="\n".join(card_lines()).lower()), "check")
    page = site.get(f"/identity/{case.id}/check").text
    assert "Jeanne" in page
    assert "still missing" not in page
    assert at(site.send(f"/identity/{case.id}/check"), case.id)
    page = site.get(f"/identity/{case.id}").text
    assert "Your file waits for an operator" in page
    assert "Answer promised by" in page
    assert "less than an hour" in page
    assert site.case().state is CaseState.SUBMITTED


def test_the_consent_is_kept_as_shown_with_its_version(site: ProofingSite) -> None:
    shown = re.search(r'<p id="wording">(.*?)</p>', site.get("/identity").text)
    assert shown
    site.begin()
    with site.office.database.read() as connection:
        kept = connection.execute(CASE.select()).one().consent_wording
    assert kept.startswith("[identity-consent-1] I agree that")
    assert kept.split("] ", 1)[1] == shown.group(1)


def test_who_changes_the_language_after_the_consent_keeps_the_words_they_agreed_to(
    site: ProofingSite,
) -> None:
    answer = site.agree()
    site.language = "fr"
    site.send(answer.location, "/identity/who", title="passport", **WHO)
    with site.office.database.read() as connection:
        assert "] I agree that" in connection.execute(CASE.select()).one().consent_wording
    assert site.case().language == "en"


def test_without_consent_nothing_begins(site: ProofingSite) -> None:
    answer = site.send("/identity")
    assert answer.status_code == 422
    assert "Without your consent" in answer.text
    assert at(site.get("/identity/who"), "identity")
    assert site.office.people.identity.cases_of(site.person.id) == []


def test_anothers_consent_opens_no_case(site: ProofingSite) -> None:
    answer = site.agree()
    jeanne, site.person = site.person, site.office.people.parties.add(JEANNE)
    assert at(site.get(answer.location), "identity")
    assert jeanne.id != site.person.id


def test_a_driving_licence_is_offered_and_refused_with_the_reason(site: ProofingSite) -> None:
    page = site.get(site.agree().location).text
    assert "Driving licence" in page
    answer = site.begin("driving_licence")
    assert answer.status_code == 422
    assert "A driving licence does not prove an identity remotely." in answer.text
    assert "not among the documents admitted" in answer.text
    assert 'value="Jeanne"' in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": ""}, "No document is chosen."),
        ({"birth_date": "1980-02-31"}, "not a date of birth"),
        ({"birth_date": "2180-02-03"}, "not a date of birth"),
        ({"family_name": "  ", "given_names": " "}, "A name is empty"),
        ({"given_names": "Jea\u202enne"}, "invisible characters"),
    ],
)
def test_what_is_wrong_about_who_is_said_and_nothing_typed_is_lost(
    site: ProofingSite, changes: dict[str, str], told: str
) -> None:
    answer = site.begin(**changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert "Durand" in answer.text or "family_name" in changes


def test_a_passport_has_no_back_and_two_lines(site: ProofingSite) -> None:
    assert at(site.begin("passport"), "front")
    assert "The page of your passport with the photo" in site.get(f"/identity/{site.case().id}/front").text
    assert "Step 3 of 6" in site.get(f"/identity/{site.case().id}/front").text
    assert at(site.upload("front", title_picture(size=SMALL, seed=1)), "face")
    assert at(site.get(f"/identity/{site.case().id}/back"), site.case().id)
    site.upload("face", film(), "film.webm")
    assert at(site.send(f"/identity/{site.case().id}/zone", lines="\n".join(passport_lines())), "check")


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"", "", "No file was chosen."),
        (b"", "a.jpg", "This file is empty."),
        (b"GIF89a not a picture", "a.gif", "not a photo that we can read"),
        (b"\xff\xd8\xff\xe0 cut short", "a.jpg", "damaged"),
        (bytes(100_001), "a.jpg", "too large"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(
    site: ProofingSite, data: bytes, name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lre_kit.parties.proofing_intake.PICTURE_MAX_BYTES", 100_000)
    site.begin()
    answer = site.upload("front", data, name)
    assert answer.status_code == 422
    assert told in answer.text
    assert site.case().parts == ()


def test_a_dark_picture_is_taken_with_a_hint_and_may_be_kept_or_retaken(site: ProofingSite) -> None:
    site.begin()
    answer = site.upload("front", title_picture(size=SMALL, shade=12))
    assert at(answer, "front")
    page = site.get(answer.location).text
    assert "hard to read" in page
    assert "Keep it and continue" in page
    assert at(site.upload("front", title_picture(size=SMALL, seed=4)), "back")
    assert len(site.case().parts) == 1


# The library leaves what it had read of a broken form to be closed by the collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
def test_a_film_whose_sending_breaks_off_is_sent_again_and_kept_once_to_the_byte(site: ProofingSite) -> None:
    """F16.02: cut in the middle, sent whole, sent again, and the page loaded anew."""
    site.begin()
    page = f"/identity/{site.case().id}/face"
    data = film(seed=5)
    hidden = dict(HIDDEN.findall(site.get(page).text))
    fields = hidden | {"kind": "film", "picture": (BytesIO(data), "f.webm")}
    builder = EnvironBuilder(method="POST", data=fields)
    whole = builder.get_request()
    body = whole.get_data(parse_form_data=False)
    cut = site.client.post(
        site.path(page),
        input_stream=BytesIO(body[: len(body) // 2]),
        content_type=whole.content_type,
        headers={"Content-Length": str(len(body))},
    )
    builder.close()
    assert cut.status_code >= 400
    assert site.case().parts == ()
    for _ in range(2):
        assert site.upload("face", data, "f.webm", kind="film").status_code == 303
        assert "Received." in site.get(page).text
    assert [part.part for part in site.case().parts] == [Part.FACE_VIDEO]
    with site.office.database.read() as connection:
        stands = select(MEDIA).where(MEDIA.c.case_id == site.case().id, MEDIA.c.replaced_at.is_(None))
        [kept] = connection.execute(stands).all()
    assert kept.upload_digest == hashlib.sha256(data).hexdigest()
    site.operator = "olivia"
    site.upload("front", title_picture(size=SMALL, seed=1))
    site.upload("back", title_picture(size=SMALL, seed=2))
    site.send(f"/identity/{site.case().id}/zone", lines="\n".join(card_lines()))
    assert site.send(f"/identity/{site.case().id}/check").status_code == 303
    site.claim(site.case())
    assert site.office.people.reviews.picture(site.case().id, Part.FACE_VIDEO, "olivia")[1] == data


def test_a_form_sent_twice_gives_one_picture(site: ProofingSite) -> None:
    """F16.02."""
    site.begin()
    picture = title_picture(size=SMALL, seed=1)
    for _ in range(2):
        assert at(site.upload("front", picture), "back")
    assert [part.part for part in site.case().parts] == [Part.DOCUMENT_FRONT]


def test_a_photo_of_the_face_is_a_way_for_who_cannot_film(site: ProofingSite) -> None:
    site.begin()
    assert "lower level" in site.get(f"/identity/{site.case().id}/face").text
    site.upload("face", title_picture(size=SMALL, seed=1), kind="photo")
    assert [part.part for part in site.case().parts] == [Part.FACE_PHOTO]
    assert site.upload("face", title_picture(size=SMALL), "film.jpg", kind="film").status_code == 422


def test_lines_that_do_not_check_are_explained_and_may_be_insisted_on(site: ProofingSite) -> None:
    site.begin()
    page = f"/identity/{site.case().id}/zone"
    assert "could not read them" in site.get(page).text
    assert "form expected" in site.send(page, lines="too short").text
    one, two, three = card_lines()
    wrong = "\n".join((one.replace("F7H64P3R9", "F7H64P3R8"), two, three))
    answer = site.send(page, lines=wrong)
    assert answer.status_code == 422
    assert "document number does not check" in answer.text
    assert "F7H64P3R8" in answer.text
    assert site.send(page, lines=wrong, as_printed="1").status_code == 303
    assert site.case().mrz_known
    page = site.get(page).text
    assert "F7H64P3R8" in page
    assert "Correct them by typing" in page


def test_an_incomplete_case_is_not_handed_in(site: ProofingSite) -> None:
    site.begin()
    page = f"/identity/{site.case().id}/check"
    assert site.get(page).text.count("still missing") == 4
    answer = site.send(page)
    assert answer.status_code == 409
    assert "Something is still missing." in answer.text


def test_an_expired_title_is_refused_with_the_way_to_another(site: ProofingSite) -> None:
    """F16.04."""
    site.fill()
    page = f"/identity/{site.case().id}"
    site.send(f"{page}/zone", lines="\n".join(card_lines(expiry=date(2020, 1, 1))))
    answer = site.send(f"{page}/check")
    assert answer.status_code == 422
    assert "This title has expired." in answer.text
    assert "Choose another document" in answer.text
    assert at(site.send(f"{page}/who", title="passport", **WHO), "front")


def test_a_case_handed_in_twice_is_handed_in_once_and_takes_nothing_more(site: ProofingSite) -> None:
    case = site.fill()
    page = f"/identity/{case.id}"
    assert at(site.send(f"{page}/check"), case.id)
    assert at(site.send(page, f"{page}/check"), case.id)
    for step in ("front", "face", "zone", "check", "who"):
        assert at(site.get(f"{page}/{step}"), case.id)
    assert at(site.send(page, f"{page}/front", picture=(BytesIO(b"x"), "a.jpg")), case.id)
    assert at(site.send(page, f"{page}/who", title="passport", **WHO), case.id)
    assert site.case().state is CaseState.SUBMITTED


def test_a_person_stops_and_everything_is_erased(site: ProofingSite) -> None:
    case = site.submit()
    assert at(site.send(f"/identity/{case.id}", f"/identity/{case.id}/withdraw"), case.id)
    page = site.get(f"/identity/{case.id}").text
    assert "You stopped this identification" in page
    assert "Begin again" in page
    assert site.case().images_erased
    assert site.case().declared is None
    site.office.run_until_idle()
    assert list(site.office.blobs.keys("identity/")) == []


def test_an_unfinished_case_runs_out_and_another_can_begin(site: ProofingSite) -> None:
    site.begin()
    case = site.case()
    site.clock.advance(timedelta(days=8))
    assert "not finished in time" in site.get(f"/identity/{case.id}").text
    assert at(site.get(f"/identity/{case.id}/front"), case.id)


def test_anothers_case_is_not_to_be_found(site: ProofingSite) -> None:
    case = site.submit()
    site.person = site.office.people.parties.add(JEANNE)
    for path in ("", "/who", "/front", "/zone", "/check", "/progress"):
        answer = site.get(f"/identity/{case.id}{path}")
        assert answer.status_code == 404, path
        assert "Jeanne" not in answer.text
    for path in ("check", "front", "zone", "withdraw", "phone", "who"):
        assert site.send("/identity", f"/identity/{case.id}/{path}").status_code == 404, path


def test_a_letters_identification_is_begun_by_a_signed_address_only(site: ProofingSite) -> None:
    with site.app.test_request_context("/lre/identity"):
        token = purpose_token("recipient:letter-1")
    answer = site.send(f"/identity?for={token}", "/identity", agree="identity-consent-1", **{"for": token})
    site.send(answer.location, "/identity/who", title="passport", **WHO)
    assert site.case().purpose == "recipient:letter-1"
    assert site.get("/identity?for=recipient:letter-1").status_code == 404
    assert at(site.get(f"/identity?for={token}"), site.case().id)
    assert site.get("/identity").status_code == 200


def test_the_camera_is_allowed_where_it_is_used_and_nowhere_else(site: ProofingSite) -> None:
    site.begin()
    page = f"/identity/{site.case().id}"
    for step in ("front", "back", "face"):
        headers = site.get(f"{page}/{step}").headers
        assert headers["Permissions-Policy"] == "camera=(self), geolocation=(), microphone=(self)"
        assert "media-src 'self' blob:" in headers["Content-Security-Policy"]
        assert "'unsafe" not in headers["Content-Security-Policy"]
    for path in ("/identity/who", page + "/check", page + "/zone"):
        assert "camera=()" in site.get(path).headers["Permissions-Policy"]


def test_a_get_decides_nothing_and_a_form_needs_its_token(site: ProofingSite) -> None:
    case = site.fill()
    for path in ("withdraw", "phone"):
        assert site.get(f"/identity/{case.id}/{path}").status_code == 405
    for path in ("check", "front", "withdraw"):
        assert site.client.post(f"/lre/identity/{case.id}/{path}").status_code == 403
    assert site.case().state is CaseState.COLLECTING


# --- the telephone ------------------------------------------------------------------------------


def code_of(site: ProofingSite) -> str:
    """Return the address in the code that the page shows."""
    case, drawn = site.case(), BytesIO()
    page = site.send(f"/identity/{case.id}/front", f"/identity/{case.id}/phone").text
    found = re.search(r'class="identity-code" src="data:image/svg\+xml[^,]*,([^"]+)"', page)
    assert found
    # The drawing is one path of strokes: "M4 4.5h7m..."; each stroke darkens a row of modules.
    svg = unquote(html.unescape(found.group(1)))
    size = int(re.search(r'width="?\'?(\d+)', svg)[1]) // 4
    image = Image.new("L", (size, size), 255)
    strokes = re.search(r'class=.qrline.[^>]* d=.([^"\']+)', svg)[1]
    x = y = 0.0
    for act, numbers in re.findall(r"([Mmh])([-\d. ]*)", strokes):
        values = [float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)]
        if act == "h":
            for step in range(int(values[0])):
                image.putpixel((int(x) + step, int(y)), 0)
            x += values[0]
        elif act == "m":
            x, y = x + values[0], y + values[1]
        else:
            x, y = values
    image.resize((size * 4, size * 4), Image.Resampling.NEAREST).save(drawn, "PNG")
    (code,) = zxingcpp.read_barcodes(Image.open(drawn))
    return str(code.text)


def test_a_telephone_takes_a_case_over_once_by_a_button_and_holds_nothing_else(site: ProofingSite) -> None:
    site.begin()
    case, address = site.case(), code_of(site)
    assert address.startswith(site.office.links.base_url + "/identity/phone/")
    path = site.path(address.replace(site.office.links.base_url, "/lre"))
    phone, person = site.app.test_client(), site.person
    site.person = None
    for _ in range(2):
        assert "Continue on this telephone" in site.get(path, phone).text
    assert site.get(f"/identity/{case.id}/front", phone).status_code == 401
    assert at(site.send(path, client=phone), case.id)
    picture = (BytesIO(title_picture(size=SMALL, seed=1)), "a.jpg")
    page = f"/identity/{case.id}/front"
    assert "began on another device" in site.get(page, phone).text
    assert at(site.send(page, client=phone, picture=picture), "back")
    assert site.get("/identity", phone).status_code == 401
    assert site.get("/identity/other/front", phone).status_code == 401

    thief = site.app.test_client()
    answer = site.send(path, client=thief)
    assert answer.status_code == 403
    assert "This code works no more" in answer.text
    assert site.get(page, thief).status_code == 401

    site.person = person
    told = site.get(f"/identity/{case.id}/progress").json
    assert told == {"collecting": True, "received": ["Front"]}
    site.person = None
    site.clock.advance(timedelta(hours=1))
    assert site.get(page, phone).status_code == 401


def test_a_code_for_the_telephone_ends_after_ten_minutes(site: ProofingSite) -> None:
    site.begin()
    path = site.path(code_of(site).replace(site.office.links.base_url, "/lre"))
    site.clock.advance(timedelta(minutes=10))
    assert site.send(path, client=site.app.test_client()).status_code == 403
    assert site.get("/identity/phone/forged").status_code == 404


# --- words --------------------------------------------------------------------------------------


def test_every_page_speaks_french(site: ProofingSite) -> None:
    site.language = "fr"
    assert "Prouver votre identité à distance" in site.get("/identity").text
    assert "Un permis" not in site.get("/identity").text
    answer = site.begin("driving_licence")
    assert "Le permis de conduire ne permet pas" in answer.text
    page = f"/identity/{site.case().id}"
    assert at(site.send(f"{page}/who", title="identity_card", **WHO), "front")
    assert "Le recto de votre pièce" in site.get(f"{page}/front").text
    assert "Aucun fichier" in site.upload("front", b"", "").text
    assert "Votre visage, en un court film" in site.get(f"{page}/face").text
    assert "Étape 6 sur 7" in site.get(f"{page}/zone").text
    assert "Ces lignes" in site.send(f"{page}/zone", lines="x").text
    assert site.case().language == "fr"


@pytest.mark.parametrize("catalogue", [identity_catalogue, review_catalogue])
def test_no_sentence_lacks_a_language_or_a_placeholder(catalogue) -> None:
    french, english = catalogue("fr"), catalogue("en")
    for name, words in french.items():
        assert words.strip()
        assert english[name].strip()
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", english[name])), name
