"""Names of every script, on a page, in mail, in a proof and in a table: the same letters, and no tricks."""

import csv
import io
import subprocess
import unicodedata
from html import escape
from pathlib import Path

import pytest

from lre_kit.consents.values import ConsentRequest
from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.letters.values import Upload
from lre_kit.parties.values import Recipient
from lre_kit.testing.office import SENDER
from lre_web.testing import ThrowawaySite

SHOWN = {
    "arabic": "محمد بن علي",
    "hebrew": "דוד לוי",
    "cyrillic homoglyph": "Јеаn Dupоnt",
    "combining": unicodedata.normalize("NFD", "Hélène Faÿ-Ÿ"),
    "vietnamese": "Nguyễn Thị Ánh",
    "markup": '<b>Jean</b> & "Co" onclick=',
    "formula": "=HYPERLINK(1)",
    "long": "Anne " + "x" * 190,
}

REFUSED = {
    "turned round": "Jean \u202etnopuD",
    "isolated": "Jean \u2067Dupont\u2069",
    "a line of its own": "Jean\u2028Dupont",
    "nothing between": "Jean\x00Dupont",
    "too long": "x" * 301,
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_name_with_marks_that_turn_or_hide_letters_is_refused(what: str) -> None:
    """F11.07: at the door, with a sentence; nobody has to show it safely later."""
    with pytest.raises(InputError):
        Recipient(name=REFUSED[what], email="jean@example.net").checked()


@pytest.mark.needs("pdftotext")
def test_a_name_is_the_same_on_page_in_mail_in_proof_and_in_table(
    site: ThrowawaySite, tmp_path: Path
) -> None:
    """F11.07: isolated on pages, whole in mail and PDF, and no formula in a spreadsheet."""
    client = site.client()
    for what, typed in SHOWN.items():
        name = unicodedata.normalize("NFC", typed)
        letter = site.letter(
            recipient=Recipient(name=typed, email=f"{what.replace(' ', '-')}@example.net"),
            documents=[Upload(name=f"{typed[:40]}.txt", stream=io.BytesIO(b"Bonjour"))],
        )
        assert letter.recipient.name == name, what
        page = client.get(f"/lre/letters/{letter.number}").text
        assert f"<bdi>{escape(name, quote=False)}</bdi>" in page.replace("&#34;", '"'), what
        assert typed not in page or typed == escape(typed, quote=False), what
        to = next(m for m in reversed(site.courier.messages) if letter.number in str(m["Subject"]))["To"]
        assert to.addresses[0].display_name == name, what
        site.office.run_until_idle()
        proof = tmp_path / "proof.pdf"
        proof.write_bytes(site.office.issuer.make(letter.id, "deposit"))
        text = subprocess.run(["pdftotext", "-raw", proof, "-"], check=True, capture_output=True).stdout
        if what not in {"arabic", "hebrew"}:  # a PDF keeps glyphs in the order they are drawn
            told, wanted = "".join(text.decode().split()), "".join(name.split())
            assert wanted in unicodedata.normalize("NFC", told), what
        request = ConsentRequest(name=typed, email=f"{what.replace(' ', '-')}@example.net")
        site.office.consents.desk.ask(SENDER, request)
    rows = list(csv.reader(io.StringIO(client.get("/lre/consents/export.csv").text)))
    cells = {cell for row in rows for cell in row}
    for what, typed in SHOWN.items():
        name = unicodedata.normalize("NFC", typed)
        assert name in cells or f"'{name}" in cells, what
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells), what


def test_twins_that_differ_in_how_letters_are_composed_are_one(site: ThrowawaySite) -> None:
    """F11.07: NFC and NFD of one name are kept as one."""
    composed, parted = "Hélène Faÿ", unicodedata.normalize("NFD", "Hélène Faÿ")
    assert composed != parted
    first, second = (
        site.letter(recipient=Recipient(name=name, email="helene@example.net")) for name in (composed, parted)
    )
    assert first.recipient == second.recipient
    site.office.consents.desk.ask(SENDER, ConsentRequest(name=composed, email="helene@example.net"))
    with pytest.raises(UnlawfulActError):
        site.office.consents.desk.ask(SENDER, ConsentRequest(name=parted, email="HELENE@example.net"))
