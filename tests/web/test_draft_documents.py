"""Documents of drafts: kept when they come, found on another device, sent with the letter, gone with it."""

import io
import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from lre_kit.errors import DocumentTooLargeError, InputError, NotFoundError
from lre_kit.letters.values import Upload
from lre_kit.preparing import draft_documents
from lre_kit.preparing.draft_documents import DraftChangedError, DraftDocument
from lre_kit.preparing.drafts import LIFE
from lre_kit.testing.office import SENDER, SMALL_PDF, throwaway_office
from lre_web import Actor
from lre_web.testing import ThrowawaySite, send_form

FORM, KEEP = "/lre/deposit", "/lre/deposit/draft"
TYPED = {"name": "Zoé", "email": "zoe@example.net", "subject": "Congé", "product": "simple"}
OTHER_PDF = SMALL_PDF.replace(b"%%EOF", b"% another\n%%EOF")


def kept(
    site: ThrowawaySite, *names: str, **fields: object
) -> tuple[str, tuple[DraftDocument, ...], TestResponse]:
    """Save a draft with documents as a browser without scripts does."""
    files = [(io.BytesIO(SMALL_PDF), name) for name in names]
    answer = send_form(site.client(), KEEP, FORM, documents=files, **TYPED)
    [draft] = site.office.preparing.drafts.of(SENDER.ref)
    return draft.id, site.office.preparing.draft_documents.of(SENDER.ref, draft.id), answer


def test_a_draft_resumed_elsewhere_has_its_documents_and_sends_them(site: ThrowawaySite) -> None:
    draft_id, documents, answer = kept(site, "congé.pdf", "annexe.pdf")
    assert answer.status_code == 303
    phone = site.client()
    page = phone.get(f"{FORM}?draft={draft_id}").text
    assert "congé.pdf" in page
    assert "annexe.pdf" in page
    assert "2 document" in phone.get("/lre/drafts").text
    assert phone.get(f"/lre/drafts/documents/{documents[0].id}").data == SMALL_PDF
    ids = [one.id for one in documents]
    sent = send_form(phone, FORM, FORM, draft=draft_id, shown=ids, kept=ids[:1], **TYPED)
    assert sent.status_code == 303, sent.text
    [letter] = site.office.reading.letters(SENDER.ref, limit=5)
    assert [one.name for one in site.office.reading.letter(letter.number).documents] == ["congé.pdf"]
    assert not list(site.office.blobs.keys("drafts/")), "with the letter deposited the draft's contents go"


def test_a_form_sent_twice_deposits_once_though_its_draft_went_with_it(site: ThrowawaySite) -> None:
    """F9.14: double click, back button."""
    draft_id, documents, _ = kept(site, "a.pdf")
    ids = [one.id for one in documents]
    said = {"draft": draft_id, "shown": ids, "kept": ids, "once": "once-and-for-all", **TYPED}
    first, second = (send_form(site.client(), FORM, FORM, **said) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert site.office.reading.count() == 1


def test_only_what_its_writer_saw_is_sent(site: ThrowawaySite) -> None:
    draft_id, documents, _ = kept(site, "a.pdf")
    site.office.preparing.draft_documents.add(
        SENDER.ref, draft_id, Upload(name="from-the-phone.pdf", stream=[OTHER_PDF])
    )
    ids = [one.id for one in documents]
    answer = send_form(site.client(), FORM, FORM, draft=draft_id, shown=ids, kept=ids, **TYPED)
    assert answer.status_code == 422
    assert "autre appareil" in answer.text
    assert "from-the-phone.pdf" in answer.text
    assert site.office.reading.count() == 0
    with pytest.raises(DraftChangedError):
        site.office.preparing.draft_documents.uploads(SENDER.ref, draft_id, shown=[], chosen=[])


def test_what_is_unticked_goes_when_the_draft_is_kept(site: ThrowawaySite) -> None:
    draft_id, documents, _ = kept(site, "a.pdf", "b.pdf")
    ids = [one.id for one in documents]
    send_form(site.client(), KEEP, FORM, draft=draft_id, shown=ids, kept=ids[1:], **TYPED)
    assert [one.name for one in site.office.preparing.draft_documents.of(SENDER.ref, draft_id)] == ["b.pdf"]
    assert len(list(site.office.blobs.keys("drafts/"))) == 1


def test_a_deposit_that_is_refused_keeps_what_came_with_it(site: ThrowawaySite) -> None:
    """The form comes back with its documents in a draft: nobody chooses them again."""
    wrong = TYPED | {"email": "not an address"}
    answer = send_form(site.client(), FORM, FORM, documents=[(io.BytesIO(SMALL_PDF), "a.pdf")], **wrong)
    assert answer.status_code == 422
    assert "Documents gardés" in answer.text
    assert "Choisissez de nouveau" not in answer.text
    said = dict(re.findall(r'name="(draft|shown|once)" value="([^"]+)"', answer.text))
    sent = send_form(site.client(), FORM, FORM, **said, kept=said["shown"], **TYPED)
    assert sent.status_code == 303
    assert site.office.reading.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"MZ\x90\x00", "n&#39;est pas un PDF"),
        ("a.pdf", SMALL_PDF[:40], "n&#39;est pas un PDF"),
        ("a.pdf", b"", "vide"),
        ("run.exe", b"MZ\x90\x00", "pas admis"),
        ("a.png", b"<svg onload='x()'/>", "pas admis"),
    ],
)
def test_a_file_is_looked_at_when_it_comes(site: ThrowawaySite, name: str, content: bytes, told: str) -> None:
    """F11.02: what a deposit would refuse is refused then; what was typed, and the other files, are kept."""
    files = [(io.BytesIO(content), name), (io.BytesIO(SMALL_PDF), "good.pdf")]
    answer = send_form(site.client(), KEEP, FORM, documents=files, **TYPED)
    assert answer.status_code in {415, 422}
    assert told in answer.text
    assert 'value="Congé"' in answer.text
    [draft] = site.office.preparing.drafts.of(SENDER.ref)
    assert [one.name for one in site.office.preparing.draft_documents.of(SENDER.ref, draft.id)] == [
        "good.pdf"
    ]
    assert len(list(site.office.blobs.keys("drafts/"))) == 1, "nothing of the refused file stays"


def test_another_ones_documents_are_not_there(site: ThrowawaySite) -> None:
    """F10.05: neither to read, nor to add to, nor to send."""
    draft_id, documents, _ = kept(site, "a.pdf")
    room = site.office.preparing.draft_documents
    site.actor = Actor(ref="eve", name="Eve", email="eve@example.org")
    assert site.client().get(f"/lre/drafts/documents/{documents[0].id}").status_code == 404
    with pytest.raises(NotFoundError):
        room.add("eve", draft_id, Upload(name="e.pdf", stream=[SMALL_PDF]))
    ids = [documents[0].id]
    answer = send_form(site.client(), FORM, FORM, draft=draft_id, shown=ids, kept=ids, **TYPED)
    assert answer.status_code == 422
    room.keep_only("eve", draft_id, shown=[], chosen=[])
    assert site.office.reading.count() == 0
    assert room.of(SENDER.ref, draft_id) == documents


def test_documents_lie_encrypted_and_go_with_a_draft_left_alone(site: ThrowawaySite) -> None:
    secret = SMALL_PDF.replace(b"%%EOF", b"% planted-in-a-draft\n%%EOF")
    files = [(io.BytesIO(secret), "a.pdf")]
    send_form(site.client(), KEEP, FORM, documents=files, **TYPED)
    [(key, _)] = site.office.blobs.keys("drafts/")
    assert b"planted-in-a-draft" not in b"".join(site.office.blobs.get(key))
    site.clock.advance(LIFE)
    site.office.run_until_idle()
    assert not list(site.office.blobs.keys("drafts/"))
    assert site.office.preparing.drafts.of(SENDER.ref) == ()


def test_drafts_hold_no_more_than_they_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F11.01: quotas of a letter and of a writer, counted inside the write."""
    monkeypatch.setattr(draft_documents, "OWNER_MAX_BYTES", 4 * len(SMALL_PDF))
    limits = {"documents_max": 3, "letter_max_bytes": 3 * len(SMALL_PDF)}
    with throwaway_office(tmp_path, **limits) as office:
        room, drafts = office.preparing.draft_documents, office.preparing.drafts
        first, second = (drafts.keep(SENDER.ref, {"name": name}).id for name in "ab")
        for name in ("a.pdf", "b.pdf"):
            room.add(SENDER.ref, first, Upload(name=name, stream=[SMALL_PDF]))
        with pytest.raises(DocumentTooLargeError, match="left of the limit"):
            room.add(SENDER.ref, first, Upload(name="c.pdf", stream=[SMALL_PDF, SMALL_PDF]))
        room.add(SENDER.ref, first, Upload(name="c.txt", stream=[b"."]))
        with pytest.raises(DocumentTooLargeError, match="3 documents"):
            room.add(SENDER.ref, first, Upload(name="d.txt", stream=[b"."]))
        with pytest.raises(DocumentTooLargeError):
            room.add(SENDER.ref, second, Upload(name="e.pdf", stream=[SMALL_PDF, SMALL_PDF]))
        monkeypatch.setattr(draft_documents, "OWNER_MAX_BYTES", 2 * len(SMALL_PDF))
        with pytest.raises(InputError, match="as many documents as they may"):
            room.add(SENDER.ref, second, Upload(name="f.txt", stream=[b"."]))
        assert len(list(office.blobs.keys("drafts/"))) == 3
        assert room.counts(SENDER.ref) == {first: 3}


def test_scripts_learn_what_was_kept_and_what_was_not(site: ThrowawaySite) -> None:
    client = site.client()
    token = re.findall(r'name="form_token" value="([^"]+)"', client.get(FORM).text)[0]
    files = [(io.BytesIO(SMALL_PDF), "<b>.pdf"), (io.BytesIO(b"MZ\x00"), "x.pdf")]
    answer = client.post(
        KEEP, data={"form_token": token, "documents": files, **TYPED}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    assert "&lt;b&gt;.pdf" in answer.json["documents"]
    assert "<b>" not in answer.json["documents"]
    assert "« x.pdf »" in answer.json["problem"]
