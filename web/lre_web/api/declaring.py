"""How a route of the API is declared: once, for serving it and for its description."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict
from werkzeug.datastructures import FileStorage

from lre_kit.errors import LreError
from lre_kit.integration.answers import Claim
from lre_kit.integration.values import ApiKey, Scope
from lre_kit.office import PostOffice
from lre_kit.parties.values import Sender
from lre_kit.store.database import UnitOfWork

JSON, MULTIPART = "application/json", "multipart/form-data"

SINGLE = frozenset({"table", "proof"})
"""Files that come once; of the others there may be several."""

PDF, XML, CSV = "application/pdf", "application/xml", "text/csv"

ANY = "application/octet-stream"
"""Stands for whatever a document is."""

ZIP, ASICE = "application/zip", "application/vnd.etsi.asic-e+zip"


class Told(BaseModel):
    """What the API answers; a field's meaning stands under it."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class Asked(BaseModel):
    """What the API is asked; what it does not know is refused."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, once its key was accepted and its form was checked."""

    office: PostOffice
    key: ApiKey
    owner: Sender
    args: Mapping[str, Any]
    query: Any = None
    body: Any = None
    files: Mapping[str, Sequence[FileStorage]] = field(default_factory=dict)
    claim: Claim | None = None
    idempotency_key: str | None = None

    def note(self, uow: UnitOfWork, subject: str) -> None:
        """Note, in the act's own transaction, what it was carried out on: its answer can then be made again.

        Raises:
            LeaseLostError: Another carries the same request out by now.
        """
        if self.claim is not None:
            self.office.integration.answers.done(uow, self.claim, subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a route answers: a model, or a file in pieces."""

    body: Told | bytes | Iterable[bytes]
    status: int | None = None
    media: str = JSON
    name: str = ""
    """Name of a file."""
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: Told | None = None
    """What is kept for who asks again, where the body holds a secret that is shown once."""


Handler = Callable[[Call], Result]


@dataclass(frozen=True, slots=True)
class Header:
    """A header that a request bears; `schema` is what the description says of its value."""

    name: str
    words: str
    schema: Mapping[str, Any]
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route.

    Attributes:
        path: As Flask writes it, below the API's prefix.
        name: The operation's name.
        scope: What a key must open; nothing: any key will do.
        about: More on it, in Markdown.
        query: What its address may ask.
        body: What its body says.
        files: Files that come with a body as ``multipart/form-data``: field, and what it is.
        may_lack: Those of the files that may be left out.
        takes_json: Whether the body may come as JSON.
        raw: Media type of a body that is read as it comes, by the handler.
        headers: Headers that its requests bear.
        tells: Headers of its answer, and what each says.
        part: Name of the field that holds the body, where it comes with files.
        answer: What it answers.
        media: The kinds of files it answers with, where it does.
        status: With which status.
        is_act: Whether it changes something.
        judges: Whether a test key may use it: it then judges and keeps nothing.
        has_etag: Whether its answer has an ETag.
        takes_match: Whether it heeds ``If-Match``.
        identifies: Whether it heeds a pass of the sender's (`lre_web.api.acting`).
        again: Answers for an act that was carried out and whose answer was lost, given its subject.
        errors: What it refuses with, besides what any route does.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    handler: Handler
    scope: Scope | None
    about: str = ""
    query: type[Asked] | None = None
    body: type[Asked] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    may_lack: frozenset[str] = frozenset()
    takes_json: bool = True
    raw: str = ""
    headers: tuple[Header, ...] = ()
    tells: Mapping[str, str] = field(default_factory=dict)
    part: str = ""
    answer: type[Told] | None = None
    media: tuple[str, ...] = ()
    status: int = 200
    is_act: bool = False
    judges: bool = False
    has_etag: bool = False
    takes_match: bool = False
    identifies: bool = False
    again: Callable[[Call, str], Result] | None = None
    errors: tuple[type[LreError], ...] = ()
