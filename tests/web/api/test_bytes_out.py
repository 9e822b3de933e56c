"""F11.08: bytes out are bytes in, at every door and after a restore; what was changed is given to nobody."""

import hashlib
import io
import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import IntegrityError
from lre_kit.letters.intake_rows import blob_key
from lre_kit.office import PostOffice
from lre_kit.testing.office import SMALL_PDF, identify
from lre_web.testing import ThrowawaySite

RANDOM = random.Random(20_260_320)
PIECE = 64 * 1024
CONTENTS: dict[str, bytes] = {
    "small.pdf": SMALL_PDF,
    "one byte.txt": b"a",
    "crlf.txt": b"a\r\nb\rc\n\xef\xbb\xbf end without a line end",
    "at the edge of a piece.txt": b"x" * PIECE,
    "one beyond.txt": b"x" * (PIECE + 1),
    "noise.pdf": b"%PDF-1.7\n" + RANDOM.randbytes(3 * PIECE + 17) + b"\n%%EOF\n",
    "café 王.png": b"\x89PNG\r\n\x1a\n" + RANDOM.randbytes(2 * PIECE),
}


def deposited(site: ThrowawaySite, api: Any) -> str:
    asked = {
        "recipient": {"name": "Jean Dupont", "email": "jean.dupont@example.net"},
        "sha256": [hashlib.sha256(each).hexdigest() for each in CONTENTS.values()],
    }
    files = [(io.BytesIO(raw), name) for name, raw in CONTENTS.items()]
    made = api.post("/letters", data={"letter": json.dumps(asked), "documents": files})
    assert made.status_code == 201, made.text
    told = made.get_json()
    for document, raw in zip(told["documents"], CONTENTS.values(), strict=True):
        assert (document["size_bytes"], document["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
    return str(told["number"])


def expect_whole(office: PostOffice, letter_id: str) -> None:
    for position, raw in enumerate(CONTENTS.values(), start=1):
        info, pieces = office.desk.open_document(letter_id, position)
        assert b"".join(pieces) == raw, info.name


def test_every_door_gives_the_bytes_that_came_in(site: ThrowawaySite, api: Any, tmp_path: Path) -> None:
    office, number = site.office, deposited(site, api)
    letter = office.reading.letter(number)
    expect_whole(office, letter.id)
    office.run_until_idle()
    for position, raw in enumerate(CONTENTS.values(), start=1):
        assert api.get(f"/letters/{number}/documents/{position}").data == raw
    for archive in (
        api.get(f"/letters/{number}/bundle?documents=true").data,
        api.get(f"/letters/{number}/container?documents=true").data,
    ):
        held = zipfile.ZipFile(io.BytesIO(archive))
        inside = {hashlib.sha256(held.read(each)).digest() for each in held.namelist()}
        assert {hashlib.sha256(raw).digest() for raw in CONTENTS.values()} <= inside
    folder = office.issuer.export(letter.id, tmp_path / "out")
    sealed = " ".join(each.read_text() for each in folder.rglob("*.json"))
    assert all(hashlib.sha256(raw).hexdigest() in sealed for raw in CONTENTS.values())
    office.desk.accept(letter.id, identify(office, letter))
    expect_whole(office, letter.id)


def test_they_are_the_same_after_a_restore(site: ThrowawaySite, api: Any, tmp_path: Path) -> None:
    number = deposited(site, api)
    office, home = site.office, site.office.settings.home
    office.run_until_idle()
    office.close()
    shutil.copytree(home, tmp_path / "backup")
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "backup", home)
    with PostOffice.open(office.settings, clock=site.clock) as restored:
        expect_whole(restored, restored.reading.letter(number).id)


def test_a_byte_that_changed_in_the_store_is_given_to_nobody(site: ThrowawaySite, api: Any) -> None:
    office, number = site.office, deposited(site, api)
    letter_id = office.reading.letter(number).id
    for position, raw in enumerate(CONTENTS.values(), start=1):
        place = blob_key(letter_id, position)
        sealed = bytearray(b"".join(office.blobs.get(place)))
        sealed[RANDOM.randrange(len(sealed))] ^= 1
        office.blobs.put(place, [bytes(sealed)])
        given = bytearray()
        with pytest.raises(IntegrityError):
            for piece in office.desk.open_document(letter_id, position)[1]:
                given += piece
        assert bytes(given) == raw[: len(given)], "what came before the fault was right"
        assert len(given) < len(raw)
        # Over HTTP the answer breaks off: who downloads sees that it is not whole.
        with pytest.raises(IntegrityError):
            api.get(f"/letters/{number}/documents/{position}")
