"""Documents in parts over the API, by the protocol of tus 1.0: creation, checksum, expiration, termination.

https://tus.io/protocols/resumable-upload names the headers; any of its clients sends documents here, and what
breaks on the way goes on where it stopped. A deposit then names the upload's id.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import Response, request
from werkzeug.exceptions import ClientDisconnected

from lre_kit.errors import DocumentTooLargeError, EmptyDocumentError, LreError, NotFoundError
from lre_kit.integration.uploads import (
    CHECKSUMS,
    Checksum,
    UploadChecksumError,
    Uploaded,
    UploadInputError,
    UploadOffsetError,
    UploadQuotaError,
)
from lre_kit.integration.values import Scope
from lre_kit.office import PostOffice
from lre_web.api.declaring import Call, Header, Result, Route, Told
from lre_web.api.problems import MalformedError
from lre_web.mounting import API_PREFIX

VERSION = "1.0.0"
"""Version of tus."""

EXTENSIONS = "creation,checksum,expiration,termination"
"""What of it is served beside its core."""

MEDIA = "application/offset+octet-stream"
"""Media type of a part."""

READ_BYTES = 64 * 1024
"""How much of a part is in memory at once, in bytes."""

PATH = "/uploads"

_COUNT = re.compile(r"[0-9]{1,15}")


class TusVersionError(LreError):
    """Another version of tus is spoken here: the header ``Tus-Version`` names it."""

    slug = "tus-version"
    status = 412

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            "Another version of tus is spoken here.", mend=f"Send “Tus-Resumable: {VERSION}”, or nothing."
        )


class UploadTold(Told):
    """A document that comes in parts."""

    id: str
    """What a deposit names it by."""
    name: str
    """Its file name."""
    length: int
    """Its bytes, once it is whole."""
    received: int
    """How many of them are here: the next part begins there."""
    is_whole: bool
    """Whether a deposit may name it."""
    expires_at: datetime
    """When it is erased (UTC): a day after its last part."""


def describe_tus(response: Response, office: PostOffice) -> None:
    """Say on the addresses of uploads which tus is spoken there."""
    if f"{API_PREFIX}{PATH}" not in request.path:
        return
    response.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS" or response.status_code == TusVersionError.status:
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Max-Size"] = str(office.settings.document_max_bytes)
        response.headers["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)


def _begin(call: Call) -> Result:
    _expect_version()
    made = call.office.integration.uploads.begin(
        call.owner.ref,
        name=_name(request.headers.get("Upload-Metadata", "")),
        length=_count("Upload-Length"),
        note=call.note,
    )
    return _begun(call, made)


def _begun_before(call: Call, upload_id: str) -> Result:
    return _begun(call, call.office.integration.uploads.by_id(upload_id, owner_ref=call.owner.ref))


def _begun(call: Call, made: Uploaded) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}{PATH}/{made.id}"
    return Result(body=_told(made), status=201, headers={"Location": place, **_headers(made)})


def _one(call: Call) -> Result:
    _expect_version()
    found = call.office.integration.uploads.by_id(str(call.args["upload_id"]), owner_ref=call.owner.ref)
    return Result(body=_told(found), headers={"Upload-Length": str(found.length), **_headers(found)})


def _append(call: Call) -> Result:
    _expect_version()
    told = request.headers.get("Upload-Checksum")
    kept = call.office.integration.uploads.append(
        str(call.args["upload_id"]),
        owner_ref=call.owner.ref,
        offset=_count("Upload-Offset"),
        pieces=_pieces(),
        checksum=Checksum.read(told) if told is not None else None,
    )
    return Result(body=b"", headers=_headers(kept))


def _end(call: Call) -> Result:
    _expect_version()
    call.office.integration.uploads.end(str(call.args["upload_id"]), owner_ref=call.owner.ref)
    return Result(body=b"")


def _pieces() -> Iterator[bytes]:
    """Yield the body as it comes; a connection that broke ends it as a broken file would."""
    try:
        while piece := request.stream.read(READ_BYTES):
            yield piece
    except ClientDisconnected as error:
        raise ConnectionResetError from error


def _expect_version() -> None:
    if request.headers.get("Tus-Resumable", VERSION) != VERSION:
        raise TusVersionError


def _count(name: str) -> int:
    text = request.headers.get(name, "")
    if not _COUNT.fullmatch(text):
        msg = f"The header {name} holds no number of bytes."
        raise MalformedError(msg, mend=f"Send {name}, in decimal digits.")
    return int(text)


def _name(metadata: str) -> str:
    """Return the file name of ``Upload-Metadata``: pairs of a word and its value in base64."""
    for pair in metadata.split(","):
        word, _, encoded = pair.strip().partition(" ")
        if word in {"filename", "name"} and encoded:
            try:
                return base64.b64decode(encoded, validate=True).decode()
            except ValueError:
                break
    return ""


def _told(upload: Uploaded) -> UploadTold:
    return UploadTold(
        id=upload.id,
        name=upload.name,
        length=upload.length,
        received=upload.received,
        is_whole=upload.is_whole,
        expires_at=upload.expires_at,
    )


def _headers(upload: Uploaded) -> Mapping[str, str]:
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at.replace(microsecond=0), usegmt=True),
    }


_BYTES: dict[str, Any] = {"type": "integer", "minimum": 0}
_LENGTH = Header("Upload-Length", "Bytes of the whole document", {"type": "integer", "minimum": 1})
_NAME = Header(
    "Upload-Metadata", "`filename`, a space, and the file name in base64", {"type": "string", "minLength": 1}
)
_OFFSET = Header("Upload-Offset", "Where the part begins: what was received so far", _BYTES)
_CHECKSUM = Header(
    "Upload-Checksum", "`sha256` or `sha1`, a space, and the part's digest in base64", {"type": "string"},
    is_required=False,
)  # fmt: skip
_STANDS = {"Upload-Offset": "How much is here", "Upload-Expires": "When it is erased"}

ROUTES = (
    Route(
        method="POST", path=PATH, name="beginUpload", tag="Uploads", scope=Scope.LETTERS_WRITE,
        summary="Begin to send a document in parts",
        about="By the protocol of tus 1.0: any of its clients will do. Large documents go this way, and what "
        "breaks on the way goes on where it stopped. The deposit then names the upload's id.",
        handler=_begin, again=_begun_before, answer=UploadTold, status=201, is_act=True, judges=True,
        headers=(_LENGTH, _NAME), tells=_STANDS,
        errors=(MalformedError, UploadInputError, UploadQuotaError, DocumentTooLargeError, EmptyDocumentError,
                TusVersionError),
    ),
    Route(
        method="GET", path=f"{PATH}/<upload_id>", name="readUpload", tag="Uploads", scope=Scope.LETTERS_WRITE,
        summary="Read where an upload stands", about="`HEAD` answers with the headers alone, as tus asks it.",
        handler=_one, answer=UploadTold, tells=_STANDS | {"Upload-Length": "Bytes of the whole"},
        errors=(NotFoundError, TusVersionError),
    ),
    Route(
        method="PATCH", path=f"{PATH}/<upload_id>", name="appendUpload", tag="Uploads",
        scope=Scope.LETTERS_WRITE, summary="Send the next part",
        about="What came before a connection broke is kept, unless a checksum was sent: ask where the upload "
        "stands, and go on from there. Some millions of bytes make a good part.",
        handler=_append, raw=MEDIA, status=204, headers=(_OFFSET, _CHECKSUM), tells=_STANDS,
        errors=(NotFoundError, MalformedError, UploadOffsetError, UploadChecksumError, UploadInputError,
                TusVersionError),
    ),
    Route(
        method="DELETE", path=f"{PATH}/<upload_id>", name="endUpload", tag="Uploads",
        scope=Scope.LETTERS_WRITE, summary="Erase an upload", handler=_end, status=204,
        errors=(NotFoundError, TusVersionError),
    ),
)  # fmt: skip
"""The routes of uploads."""
