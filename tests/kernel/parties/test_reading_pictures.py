"""The machine-readable zone is read from drawn titles, by the real tesseract, in the bounded process."""

import io
from datetime import date

import pytest

pytest.importorskip("PIL")
from PIL import Image, ImageFilter

from lre_kit.parties import reading_pictures
from lre_kit.parties.mrz_search import best_lines
from lre_kit.parties.pictures import take_picture
from lre_kit.parties.reading_pictures import can_read, read_lines
from lre_kit.testing.identity import card_lines, passport_lines, title_picture

AT = date(2026, 3, 2)


@pytest.mark.needs("tesseract")
@pytest.mark.reads_pictures
@pytest.mark.parametrize("lines", [card_lines(), passport_lines(), card_lines(surname="BERTHIER MARTEAU")])
def test_the_zone_of_a_drawn_title_is_read(lines):
    assert can_read()
    assert read_lines(take_picture(title_picture(lines)).data, at=AT) == lines


@pytest.mark.needs("tesseract")
@pytest.mark.reads_pictures
def test_a_title_held_upside_down_or_a_little_blurred_is_read_too():
    picture = Image.open(io.BytesIO(title_picture(card_lines())))
    for changed in (picture.rotate(180), picture.filter(ImageFilter.GaussianBlur(1.5))):
        out = io.BytesIO()
        changed.save(out, "JPEG", quality=90)
        assert read_lines(take_picture(out.getvalue()).data, at=AT) == card_lines()


@pytest.mark.needs("tesseract")
@pytest.mark.reads_pictures
def test_a_picture_without_a_zone_gives_none():
    assert read_lines(take_picture(title_picture()).data, at=AT) is None


def test_without_tesseract_nothing_is_read_and_nothing_fails(monkeypatch):
    monkeypatch.setattr(reading_pictures, "PROGRAM", "no-such-program")
    assert not can_read()
    assert read_lines(b"", at=AT) is None


def test_what_recognition_gets_wrong_in_fillers_is_mended():
    one, two, three = card_lines()
    noisy = f"SPECIMEN\n{one[:-2]}\n{two[:25]}{two[27:]}\n{three[:-5]}K<<C<\nnoise"
    assert best_lines(noisy, at=AT) == card_lines()


def test_a_zone_whose_digits_do_not_fit_is_left_to_the_person():
    one, two, three = card_lines()
    assert best_lines("\n".join((one, two.replace("800517", "800577"), three)), at=AT) is None
    assert best_lines("", at=AT) is None
    assert best_lines("A" * 30 + "\n" + "B" * 36 + "\n" + "<" * 44, at=AT) is None
