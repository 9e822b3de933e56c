"""Documents in parts over the API (tus 1.0): nothing is lost, nothing is anybody else's."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from lre_kit.client import LreClient, OfficeUnreachableError, ProblemError, StandardTransport
from lre_kit.client.transport import Answered, Asking
from lre_kit.content_names import NAMED
from lre_kit.failpoints import arm, disarm
from lre_kit.integration.rows import ApiAnswerRow
from lre_kit.integration.uploads import LIFE, PARTS_MAX, UPLOADS_MAX
from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.letters.leftovers import Leftovers
from lre_kit.parties.values import Sender
from lre_kit.store.inserts import table_of
from lre_kit.testing.office import SENDER
from lre_web.testing import ThrowawaySite

OTHER = Sender(ref="host-user-2", name="Bob", email="bob@example.org")
WHO = {"name": "Ada", "email": "ada@example.net"}
TEXT = b"The rent rises in May.\n" * 40


def slug(answer: Any) -> str:
    return str(answer.get_json()["type"]).removeprefix("urn:lre-kit:problem:")


def begin(api: Any, length: int = len(TEXT), name: str = "notice.txt", **headers: str) -> Any:
    named = base64.b64encode(name.encode()).decode()
    told = {"Upload-Length": str(length), "Upload-Metadata": f"filetype dGV4dA==,filename {named}"}
    return api.post("/uploads", headers={"Tus-Resumable": "1.0.0"} | told | headers)


def begun(api: Any, length: int = len(TEXT), name: str = "notice.txt") -> str:
    answer = begin(api, length, name)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith(f"/api/v1/uploads/{answer.get_json()['id']}")
    return str(answer.get_json()["id"])


def part(api: Any, upload: str, offset: int, content: bytes, **headers: str) -> Any:
    told = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)} | headers
    return api.patch(
        f"/uploads/{upload}", data=content, content_type="application/offset+octet-stream", headers=told
    )


def stored(site: ThrowawaySite) -> list[str]:
    return [key for key, _ in site.office.blobs.keys("uploads/")]


def test_a_document_comes_in_parts_and_is_deposited(site: ThrowawaySite, api: Any) -> None:
    """F11.08: the bytes that are deposited are those that came."""
    upload = begun(api)
    first = part(api, upload, 0, TEXT[:100])
    assert (first.status_code, first.headers["Upload-Offset"], first.data) == (204, "100", b"")
    assert first.headers["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in first.headers
    head = api.ask("HEAD", f"/uploads/{upload}", headers={"Tus-Resumable": "1.0.0"})
    assert (head.status_code, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (
        200, "100", str(len(TEXT)),
    )  # fmt: skip
    assert head.headers["Cache-Control"] == "no-store"
    early = api.post("/letters", json={"recipient": WHO, "uploads": [upload]})
    assert (early.status_code, slug(early)) == (422, "upload-unusable")
    assert part(api, upload, 100, TEXT[100:]).headers["Upload-Offset"] == str(len(TEXT))
    digest = hashlib.sha256(TEXT).hexdigest()
    made = api.post("/letters", json={"recipient": WHO, "uploads": [upload], "sha256": [digest]})
    assert made.status_code == 201, made.text
    [document] = made.get_json()["documents"]
    assert (document["name"], document["sha256"]) == ("notice.txt", digest)
    assert api.get(f"/letters/{made.get_json()['number']}/documents/1").data == TEXT
    several = {"recipients": [WHO, {"name": "Bob", "email": "bob@example.net"}], "uploads": [upload]}
    assert api.post("/letters/to-several", json=several).status_code == 201, "it may be named again"


def test_nothing_of_a_part_lies_readable_in_the_store(site: ThrowawaySite, api: Any) -> None:
    upload = begun(api)
    part(api, upload, 0, TEXT)
    [key] = stored(site)
    assert b"rent" not in b"".join(site.office.blobs.get(key))


@pytest.mark.parametrize("offset", [0, 50, 101, 10_000])
def test_a_part_for_another_place_is_refused_and_says_where_the_upload_stands(api: Any, offset: int) -> None:
    upload = begun(api)
    part(api, upload, 0, TEXT[:100])
    answer = part(api, upload, offset, TEXT[:10])
    assert (answer.status_code, slug(answer)) == (409, "upload-offset")
    assert "100" in answer.get_json()["detail"]


def test_a_part_that_is_damaged_is_not_kept(site: ThrowawaySite, api: Any) -> None:
    upload = begun(api)
    for algorithm in ("sha256", "sha1"):
        good = base64.b64encode(hashlib.new(algorithm, TEXT[:10]).digest()).decode()
        wrong = part(api, upload, 0, TEXT[1:11], **{"Upload-Checksum": f"{algorithm} {good}"})
        assert (wrong.status_code, slug(wrong)) == (460, "upload-checksum")
        assert stored(site) == []
    assert part(api, upload, 0, TEXT[:10], **{"Upload-Checksum": f"sha1 {good}"}).status_code == 204
    for unread in ("md5 AAAA", "sha256", "sha256 !", ""):
        answer = part(api, upload, 10, TEXT[10:20], **{"Upload-Checksum": unread})
        assert (answer.status_code, slug(answer)) == (422, "upload-input")


def test_more_than_was_said_is_refused(site: ThrowawaySite, api: Any) -> None:
    """F11.01: what is longer than its length is stopped, and leaves nothing."""
    upload = begun(api, length=10)
    answer = part(api, upload, 0, TEXT)
    assert (answer.status_code, slug(answer)) == (422, "upload-input")
    assert stored(site) == []
    assert part(api, upload, 0, TEXT[:10]).status_code == 204
    assert part(api, upload, 10, b"").status_code == 204, "an empty part changes nothing"
    assert part(api, upload, 10, b"x").status_code == 422


def test_an_upload_is_its_owners_alone(api: Any, programs: Any) -> None:
    """F10.05: another's is told as what is not there."""
    upload, other = begun(api), programs(owner=OTHER)
    part(api, upload, 0, TEXT)
    for answer in (
        other.get(f"/uploads/{upload}"),
        part(other, upload, 0, b"x"),
        other.delete(f"/uploads/{upload}"),
    ):
        assert (answer.status_code, slug(answer)) == (404, "not-found")
    stolen = other.post("/letters", json={"recipient": WHO, "uploads": [upload]})
    assert (stolen.status_code, slug(stolen)) == (422, "upload-unusable")
    assert programs(scopes=frozenset({Scope.LETTERS_READ})).get(f"/uploads/{upload}").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({"Upload-Length": ""}, 400, "malformed-request"),
        ({"Upload-Length": "-1"}, 400, "malformed-request"),
        ({"Upload-Length": "1e3"}, 400, "malformed-request"),
        ({"Upload-Length": "١"}, 400, "malformed-request"),
        ({"Upload-Length": "0"}, 422, "empty-document"),
        ({"Upload-Length": "999999999999"}, 413, "document-too-large"),
        ({"Upload-Metadata": ""}, 422, "upload-input"),
        ({"Upload-Metadata": "filename"}, 422, "upload-input"),
        ({"Upload-Metadata": "filename !!"}, 422, "upload-input"),
        ({"Upload-Metadata": "filename /w=="}, 422, "upload-input"),
        ({"Upload-Metadata": "filename " + base64.b64encode(b"a" * 300).decode()}, 422, "upload-input"),
        ({"Tus-Resumable": "0.2.2"}, 412, "tus-version"),
    ],
)
def test_what_cannot_be_begun_says_why(api: Any, headers: dict[str, str], status: int, name: str) -> None:
    answer = begin(api, **headers)
    assert (answer.status_code, slug(answer)) == (status, name)


def test_a_part_of_another_kind_is_refused(api: Any) -> None:
    upload = begun(api)
    answer = api.patch(f"/uploads/{upload}", data=b"x", content_type="text/plain")
    assert (answer.status_code, slug(answer)) == (415, "unsupported-media-type")
    answer = api.patch(f"/uploads/{upload}", data=b"x", content_type="application/offset+octet-stream")
    assert (answer.status_code, slug(answer)) == (400, "malformed-request")


def test_what_is_spoken_is_told(site: ThrowawaySite, api: Any) -> None:
    answer = api.ask("OPTIONS", "/uploads")
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"
    assert answer.headers["Tus-Max-Size"] == str(site.office.settings.document_max_bytes)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert "Tus-Version" not in api.get("/letters").headers


def test_an_upload_begun_twice_with_one_idempotency_key_is_one(site: ThrowawaySite, api: Any) -> None:
    once = {"Idempotency-Key": "k"}
    first, again = begin(api, **once), begin(api, **once)
    assert first.get_json() == again.get_json()
    other = begin(api, length=7, **once)
    assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")


def test_an_upload_is_erased_by_its_owner_and_after_a_day_by_a_duty(site: ThrowawaySite, api: Any) -> None:
    erased, left, living = begun(api), begun(api), begun(api)
    for upload in (erased, left):
        part(api, upload, 0, TEXT)
    assert api.delete(f"/uploads/{erased}").status_code == 204
    assert api.get(f"/uploads/{erased}").status_code == 404
    assert len(stored(site)) == 1
    site.clock.advance(timedelta(hours=20))
    part(api, living, 0, TEXT[:10])
    site.clock.advance(LIFE - timedelta(hours=19))
    assert api.get(f"/uploads/{left}").status_code == 404, "before the duty came too"
    assert part(api, left, len(TEXT), b"").status_code == 404
    site.office.run_until_idle()
    assert [key.split("/")[1] for key in stored(site)] == [living]


def test_who_fills_the_store_is_stopped(site: ThrowawaySite, api: Any, programs: Any) -> None:
    uploads = site.office.integration.uploads
    for n in range(UPLOADS_MAX):
        uploads.begin(SENDER.ref, name=f"{n}.txt", length=1)
    answer = begin(api)
    assert (answer.status_code, slug(answer)) == (413, "upload-quota")
    other = programs(owner=OTHER)
    for _ in range(20):
        assert begin(other, length=50 * 1024 * 1024).status_code == 201
    assert begin(other, length=50 * 1024 * 1024).status_code == 413
    site.clock.advance(LIFE)
    assert begin(api).status_code == 201


def test_a_test_key_sends_parts_and_deposits_nothing(api: Any, programs: Any) -> None:
    tester = programs(kind=KeyKind.TEST)
    upload = begun(tester)
    part(tester, upload, 0, TEXT)
    answer = tester.post("/letters", json={"recipient": WHO, "uploads": [upload]})
    assert (answer.status_code, answer.get_json()["is_test"]) == (200, True)


def test_documents_come_in_one_way_only(api: Any) -> None:
    upload = begun(api)
    part(api, upload, 0, TEXT)
    inside = {"name": "a.txt", "content": "aGVsbG8="}
    answer = api.post("/letters", json={"recipient": WHO, "uploads": [upload], "documents": [inside]})
    assert (answer.status_code, slug(answer)) == (422, "invalid-request")


def test_of_parts_for_one_place_at_one_moment_one_counts(site: ThrowawaySite) -> None:
    """F11.08: and the others leave nothing behind."""
    uploads = site.office.integration.uploads
    upload = uploads.begin(SENDER.ref, name="a.txt", length=100)
    barrier, done = threading.Barrier(8), []

    def send(n: int) -> None:
        barrier.wait()
        try:
            uploads.append(upload.id, owner_ref=SENDER.ref, offset=0, pieces=[bytes([n]) * 100])
            done.append(n)
        except Exception:
            return

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = done
    [document] = uploads.documents([upload.id], owner_ref=SENDER.ref)
    assert b"".join(document.chunks()) == bytes([winner]) * 100
    assert len(stored(site)) == 1


def test_what_came_before_the_connection_broke_is_kept(site: ThrowawaySite) -> None:
    uploads = site.office.integration.uploads
    upload = uploads.begin(SENDER.ref, name="a.txt", length=100)

    def broken() -> Iterator[bytes]:
        yield b"a" * 30
        raise ConnectionResetError

    kept = uploads.append(upload.id, owner_ref=SENDER.ref, offset=0, pieces=broken())
    assert kept.received == 30


def test_who_dies_between_part_and_commit_loses_the_part_alone(site: ThrowawaySite, api: Any) -> None:
    upload = begun(api)
    arm("upload.kept", "raise")
    try:
        assert part(api, upload, 0, TEXT).status_code == 500
    finally:
        disarm()
    assert api.get(f"/uploads/{upload}").get_json()["received"] == 0
    assert part(api, upload, 0, TEXT).status_code == 204
    assert len(stored(site)) == 2
    site.clock.advance(timedelta(hours=23))
    site.clock.advance(timedelta(hours=2))
    Leftovers(site.office.database, site.office.blobs, clock=site.clock, named=NAMED).sweep()
    assert len(stored(site)) == 1


def test_byte_by_byte_goes_so_far_and_no_further(site: ThrowawaySite) -> None:
    from sqlalchemy import update

    from lre_kit.integration.rows import ApiUploadRow
    from lre_kit.integration.uploads import UploadInputError
    from lre_kit.store.inserts import table_of

    uploads = site.office.integration.uploads
    upload = uploads.begin(SENDER.ref, name="a.txt", length=100)
    with site.office.database.write() as uow:
        uow.execute(update(table_of(ApiUploadRow)).values(parts=PARTS_MAX))
        uow.commit()
    with pytest.raises(UploadInputError, match="larger parts"):
        uploads.append(upload.id, owner_ref=SENDER.ref, offset=0, pieces=[b"x"])


@given(cuts=st.lists(st.integers(1, 40), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_cut_the_whole_is_the_same(site: ThrowawaySite, cuts: list[int]) -> None:
    uploads, whole = site.office.integration.uploads, bytes(range(256))[: sum(cuts)]
    upload = uploads.begin(SENDER.ref, name="a.bin", length=len(whole))
    at = 0
    for size in cuts:
        piece = whole[at : at + size]
        at = uploads.append(
            upload.id, owner_ref=SENDER.ref, offset=at, pieces=[piece] if piece else []
        ).received
    [document] = uploads.documents([upload.id], owner_ref=SENDER.ref)
    assert b"".join(document.chunks()) == whole
    document.stream.seek(0)  # type: ignore[union-attr]
    assert b"".join(document.chunks()) == whole
    uploads.end(upload.id, owner_ref=SENDER.ref)


class Breaking(StandardTransport):
    """Loses every third answer, and damages every fifth part."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = 0

    def send(self, asking: Asking) -> Answered:
        if asking.method != "PATCH":
            return super().send(asking)
        self.parts += 1
        if self.parts % 5 == 0:
            body = b"X" + (asking.body or b"")[1:]
            asking = Asking(method="PATCH", url=asking.url, headers=asking.headers, body=body)
        answered = super().send(asking)
        if self.parts % 3 == 0:
            raise OfficeUnreachableError("Lost.", mend="Again.")
        return answered


def test_the_client_goes_on_by_itself(tmp_path: Path) -> None:
    with ThrowawaySite.served(tmp_path / "office") as site:
        key = site.office.integration.keys.create(SENDER, KeyWish(name="client")).text
        content = bytes(range(256)) * 400
        path = tmp_path / "big.txt"
        path.write_bytes(content)
        with LreClient(site.office.links.base_url, key, transport=Breaking()) as office:
            office._sleep = office._asker._sleep = lambda _: None  # type: ignore[method-assign,assignment]
            told: list[int] = []
            upload = office.upload(path, part_bytes=10_000, progress=lambda got, _: told.append(got))
            assert told[-1] == len(content)
            assert office.upload_state(upload)["is_whole"]
            [document] = site.office.integration.uploads.documents([upload], owner_ref=SENDER.ref)
            assert b"".join(document.chunks()) == content
            assert office.upload(path, resume=upload) == upload
            office.end_upload(upload)
            with pytest.raises(ProblemError):
                office.upload(path, resume=upload)


def test_the_client_sends_large_documents_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lre_kit.client.uploading.LARGE_BYTES", 500)
    with ThrowawaySite.served(tmp_path / "office") as site:
        key = site.office.integration.keys.create(SENDER, KeyWish(name="client")).text
        (tmp_path / "big.txt").write_bytes(TEXT)
        with LreClient(site.office.links.base_url, key) as office:
            documents: list[Any] = [("small.txt", b"hello"), tmp_path / "big.txt"]
            made = office.deposit(WHO, documents, idempotency_key="mine")
            assert [each["name"] for each in made["documents"]] == ["small.txt", "big.txt"]
            again = office.deposit(WHO, documents, idempotency_key="mine")
            assert again["number"] == made["number"]
            assert office.document(made["number"], 2) == TEXT
            upload = office.upload(("b.txt", TEXT))
            assert office.deposit(WHO, [], uploads=[upload])["documents"][0]["name"] == "b.txt"


def test_a_deposit_repeated_after_its_uploads_are_over_gives_its_letter(
    site: ThrowawaySite, api: Any
) -> None:
    """F2.02: who never got the answer asks again, and no second letter leaves."""
    upload = begun(api)
    part(api, upload, 0, TEXT)
    body = {
        "recipient": {"name": "Jean Dupont", "email": "jean@example.net"},
        "product": "simple", "subject": "Bail", "uploads": [upload],
    }  # fmt: skip
    headers = {"Idempotency-Key": "once-and-once-only"}
    first = api.post("/letters", json=body, headers=headers)
    assert first.status_code == 201, first.text
    with site.office.database.write() as uow:
        uow.execute(delete(table_of(ApiAnswerRow)))
        uow.commit()
    site.clock.advance(LIFE + timedelta(hours=1))
    again = api.post("/letters", json=body, headers=headers)
    assert (again.status_code, again.get_json()["number"]) == (201, first.get_json()["number"])
    other = api.post("/letters", json={**body, "subject": "Congé"}, headers=headers)
    assert other.status_code == 422


def test_what_is_erased_twice_or_while_somebody_dies_is_gone_once(site: ThrowawaySite, api: Any) -> None:
    upload = begun(api)
    part(api, upload, 0, TEXT)
    arm("upload.swept", "raise")
    try:
        assert api.delete(f"/uploads/{upload}").status_code == 500
    finally:
        disarm()
    assert api.delete(f"/uploads/{upload}").status_code == 404
    assert len(stored(site)) == 1
    site.clock.advance(timedelta(days=2))
    Leftovers(site.office.database, site.office.blobs, clock=site.clock, named=NAMED).sweep()
    assert stored(site) == []
