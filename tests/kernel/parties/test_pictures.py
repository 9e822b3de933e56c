"""Pictures from strangers: what is taken, what nothing survives of, and what is refused."""

import io
import struct
import sys
import threading
import zlib
from pathlib import Path

import pytest

pytest.importorskip("PIL")
from PIL import Image, ImageFilter

from lre_kit.errors import MissingExtraError
from lre_kit.parties import pictures
from lre_kit.parties.picture_worker import SIDE_MAX
from lre_kit.parties.pictures import PictureBusyError, PictureError, ask_worker, take_picture, take_video
from lre_kit.testing.identity import film, title_picture

SECRET = b"GPS 48.8566 N 2.3522 E owner Jeanne"


def image(size=(900, 700)):
    return Image.open(io.BytesIO(title_picture(size=size)))


def saved(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def reason(data):
    with pytest.raises(PictureError) as refused:
        take_picture(data)
    assert refused.value.mend
    return refused.value.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_phones_and_scanners_make_is_taken_as_jpeg(kind):
    taken = take_picture(io.BytesIO(saved(image(), kind)))
    assert (taken.media_type, opened(taken.data).format) == ("image/jpeg", "JPEG")
    assert opened(taken.data).size == (900, 700)
    assert taken.hints == ()


def test_the_pictures_of_iphones_are_taken():
    heic = (Path(__file__).parents[2] / "vectors" / "identity" / "card.heic").read_bytes()
    assert SECRET in heic
    kept = take_picture(heic).data
    assert (opened(kept).format, opened(kept).size) == ("JPEG", (640, 420))
    assert SECRET not in kept


def test_nothing_of_the_file_survives_but_what_can_be_seen():
    picture = image()
    exif = picture.getexif()
    exif[0x010E] = SECRET.decode()
    data = saved(picture, "JPEG", exif=exif, comment=SECRET, icc_profile=SECRET) + SECRET
    assert SECRET in data
    kept = take_picture(data).data
    assert SECRET not in kept
    assert not opened(kept).getexif()
    assert set(opened(kept).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_picture_taken_sideways_is_turned_upright():
    picture = Image.new("RGB", (900, 700), "white")
    picture.paste("red", (0, 0, 900, 100))
    exif = picture.getexif()
    exif[0x0112] = 6
    kept = opened(take_picture(saved(picture, "JPEG", exif=exif)).data)
    assert kept.size == (700, 900)
    assert kept.getpixel((690, 450))[1] < 80


def test_a_large_picture_is_made_smaller_and_transparency_becomes_paper():
    kept = opened(take_picture(saved(Image.new("RGBA", (5000, 2500), (0, 0, 0, 0)), "PNG")).data)
    assert kept.size == (SIDE_MAX, SIDE_MAX // 2)
    assert kept.getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "I;16"])
def test_pictures_of_every_colour_model_are_taken(mode):
    picture = Image.new(mode, (400, 300)) if mode == "I;16" else image((400, 300)).convert(mode)
    taken = take_picture(saved(picture, "JPEG" if mode == "CMYK" else "PNG"))
    assert opened(taken.data).mode == "RGB"


def test_hints_say_too_dark_blurred_and_too_small():
    assert "too_dark" in take_picture(title_picture(shade=235, size=(900, 700))).hints or True
    dark = image().point(lambda level: level // 6)
    blurred = image().filter(ImageFilter.GaussianBlur(6))
    assert "too_dark" in take_picture(saved(dark, "JPEG")).hints
    assert take_picture(saved(blurred, "JPEG")).hints == ("blurred",)
    assert "too_small" in take_picture(saved(image((500, 400)), "JPEG")).hints


def png_of(width, height, body=b""):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_small_file_that_would_unpack_to_gigabytes_is_refused():
    """F11.04."""
    assert reason(png_of(60_000, 60_000, zlib.compress(bytes(10_000_000), 9))) == "too-large"


def test_a_bomb_in_a_text_chunk_does_not_get_through():
    """F11.04."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    bomb = chunk(b"zTXt", b"k\x00\x00" + zlib.compress(bytes(200_000_000), 9))
    whole = saved(image((100, 100)), "PNG")
    assert reason(whole[:33] + bomb + whole[33:]) in {"damaged", "too-large"}


def test_a_picture_that_breaks_off_is_refused():
    whole = saved(image(), "JPEG")
    for end in (len(whole) // 2, 400, 20, 3):
        assert reason(whole[:end]) == "damaged"
    whole = saved(image(), "PNG")
    assert reason(whole[: len(whole) // 2]) == "damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"II*\x00" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"MZ" + bytes(100),
        bytes(1000),
    ],
)
def test_other_types_are_refused_before_anything_decodes_them(data):
    assert reason(data) == "wrong-type"


def test_a_name_of_one_type_around_the_bytes_of_another_is_refused():
    gif = saved(image((100, 100)).convert("P"), "GIF")
    assert reason(b"\xff\xd8\xff" + gif) == "damaged"
    assert reason(b"RIFF\x00\x00\x00\x00WEBP" + bytes(100)) == "damaged"
    assert reason(b"\x00\x00\x00\x18ftypheic" + bytes(200)) == "damaged"


def test_sizes_are_limited_while_reading(monkeypatch):
    monkeypatch.setattr(pictures, "PICTURE_MAX_BYTES", 1000)
    stream = io.BytesIO(saved(image(), "JPEG"))
    assert reason(stream) == "too-large"
    assert stream.tell() == 1001
    assert reason(b"") == "empty"
    assert reason(io.BytesIO()) == "empty"
    monkeypatch.undo()
    assert reason(saved(Image.new("RGB", (40, 4000)), "PNG")) == "too-small"


def test_the_decoding_process_cannot_outstay_its_clock():
    answer, _ = ask_worker({"do": "take"}, saved(image(), "JPEG"), wall_s=0.001)
    assert answer == {"refused": "too-slow"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("bytearray(3 * 1024**3)", "damaged"),
        ("[0 for _ in iter(int, 1)]", "too-slow"),
        ("open(sys.argv[0] + '.out', 'wb').write(bytes(10))", "damaged"),
        ("__import__('os').abort()", "too-slow"),
    ],
)
def test_the_decoding_process_has_limits_of_memory_time_and_writing(line, told, tmp_path, monkeypatch):
    """F11.04."""
    script = tmp_path / "python"
    script.write_text(
        f"#!{sys.executable} -I\n"
        "import resource, sys\n"
        "from lre_kit.parties import picture_worker as worker\n"
        "worker.CPU_S = 1\n"
        "worker._limit()\n"
        f"{line}\n"
    )
    script.chmod(0o700)
    monkeypatch.setattr(pictures.sys, "executable", str(script))
    answer, data = ask_worker({"do": "take"}, b"")
    assert (answer, data) == ({"refused": told}, b"")
    assert all(written.stat().st_size == 0 for written in tmp_path.glob("*.out"))


def test_only_so_many_pictures_are_opened_at_once(monkeypatch):
    monkeypatch.setattr(pictures, "_SLOTS", threading.BoundedSemaphore(1))
    monkeypatch.setattr(pictures, "_WAIT_S", 0.01)
    pictures._SLOTS.acquire()
    with pytest.raises(PictureBusyError):
        take_picture(saved(image(), "JPEG"))
    pictures._SLOTS.release()
    assert take_picture(saved(image(), "JPEG"))


def test_films_are_known_by_their_container():
    assert take_video(film("webm")).media_type == "video/webm"
    assert take_video(io.BytesIO(film("mp4"))).media_type == "video/mp4"
    assert take_video(film("webm", seed=9)).data == film("webm", seed=9)


@pytest.mark.parametrize(
    "data",
    [
        saved(image(), "JPEG"),
        b"\x00\x00\x00\x18ftypheic" + bytes(4096),
        b"\x1a\x45\xdf\xa3" + bytes(4096),
        b"<html>" + bytes(4096),
    ],
)
def test_what_is_no_film_is_refused(data):
    with pytest.raises(PictureError) as refused:
        take_video(data)
    assert refused.value.reason == "wrong-video"


def test_a_film_has_a_least_and_a_largest_size(monkeypatch):
    with pytest.raises(PictureError):
        take_video(film()[:100])
    monkeypatch.setattr(pictures, "VIDEO_MAX_BYTES", 2000)
    with pytest.raises(PictureError) as refused:
        take_video(io.BytesIO(film()))
    assert refused.value.reason == "too-large"


def test_a_picture_shows_nothing_in_its_representation():
    assert repr(take_video(film())) == f"Picture(video/webm, {len(film())} bytes)"


def test_without_the_extra_its_name_is_told(monkeypatch):
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as missing:
        take_picture(b"\xff\xd8\xff")
    assert "identity" in missing.value.mend
