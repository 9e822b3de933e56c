"""Bulk sendings over the API: check a table, prepare, start, pause, resume, stop, result."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from pydantic import Field

from lre_kit.bulk.files import LineFilesError
from lre_kit.bulk.results import result_lines
from lre_kit.bulk.tables import MissingColumnsError, read_recipients
from lre_kit.bulk.values import Bulk, BulkReport, BulkState, BulkWish, LineState, MergeWish
from lre_kit.csv_tables import SheetLine, TableError
from lre_kit.errors import InputError, NotFoundError, UnlawfulActError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.integration.values import KeyKind, KeyKindError, Scope
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.values import Upload
from lre_kit.mailmerge.values import Letterhead, NotMergeableError
from lre_web.api.acting import identified_sender
from lre_web.api.declaring import CSV, PDF, Asked, Call, Result, Route, Told
from lre_web.api.letters import expect_reachable
from lre_web.api.models import PLAIN, PageAsked, PaperAsked
from lre_web.api.paging import expect_id, read_cursor, written_cursor
from lre_web.api.problems import FieldProblem
from lre_web.mounting import API_PREFIX

PROBLEMS_TOLD = 200
"""Lines with a problem that an answer tells of; the rest is only counted."""

LINE_MAX = 2**31 - 1
"""Largest number of a line that is looked up."""

TABLE = {"table": "The recipients, one a line: CSV or XLSX, with a column email"}
"""The file that a check takes."""


class BulkLinesError(InputError):
    """Lines of a table of recipients cannot be sent; nothing was kept."""

    slug = "bulk-lines"

    def __init__(self, report: BulkReport) -> None:
        """Tell of the first lines that are wrong."""
        super().__init__(
            f"{len(report.problems)} of {report.lines} lines cannot be sent.",
            mend="Correct them, and send the table again.",
        )
        self.errors = tuple(
            FieldProblem(pointer=f"/table/{each.line}", detail=f"{each.error.problem} {each.error.mend}")
            for each in report.problems[:PROBLEMS_TOLD]
        )


class BulkAsked(Asked):
    """What all letters of a bulk sending have in common."""

    title: str = Field(default="", max_length=200)
    """What you call it; no recipient sees it."""
    product: Product = Product.SIMPLE
    """What is sent."""
    subject: str = ""
    """For lines that name none; hidden from recipients before acceptance."""
    language: str = Field(default="fr", pattern="^(fr|en)$")
    """For lines that name none."""
    template: str | None = Field(default=None, max_length=32, pattern=PLAIN)
    """A template's id: each line's letter is made from it, under your letterhead."""
    paper: PaperAsked | None = None
    """How letters that go or may go by post are printed."""
    encoding: str = Field(default="utf-8", pattern="^(utf-8|cp1252)$")
    """Of a table in CSV."""
    group: str | None = Field(default=None, max_length=32, pattern=PLAIN)
    """A group of your address book, instead of a table."""


class LineTold(Told):
    """A line that cannot be sent."""

    line: int
    """Its number in the table, the heads being line 1."""
    type: str
    """The type of its problem."""
    detail: str
    """What is wrong with it."""
    mend: str
    """How to put it right."""


class BulkReportTold(Told):
    """What a check found."""

    lines: int
    """Lines of the table, empty ones left out."""
    wrong: int
    """How many of them cannot be sent."""
    problems: list[LineTold]
    """The first of those, in order."""


class BulkTold(Told):
    """A bulk sending as it stands."""

    id: str
    """Its id."""
    title: str
    """What its sender calls it."""
    product: Product
    """What is sent."""
    state: BulkState
    """Where it stands."""
    created_at: datetime
    """When it was prepared (UTC)."""
    ended_at: datetime | None
    """When it ended."""
    lines: int
    """How many letters it is."""
    done: int
    """Lines that are behind it, sent or not."""
    counts: dict[LineState, int]
    """How many lines stand where."""


class BulkPage(Told):
    """A page of bulk sendings, the newest first."""

    items: list[BulkTold]
    """The bulk sendings."""
    next: str | None
    """Cursor of the page after this one; nothing: this is the last."""


def _told(bulk: Bulk) -> BulkTold:
    counts = {state: bulk.counts.get(state, 0) for state in LineState}
    names = BulkTold.model_fields.keys() - {"counts"}
    return BulkTold(counts=counts, **{name: getattr(bulk, name) for name in names})


def _missing() -> NotFoundError:
    return NotFoundError("There is no such bulk sending.", mend="Look in the list of them.")


def _id(call: Call) -> str:
    return expect_id(str(call.args["bulk_id"]), _missing)


def _table(call: Call) -> Iterator[SheetLine]:
    """Return the recipients: a group of the address book, or the table that came.

    Raises:
        TableError: There is neither, or both.
        NotFoundError: There is no such group.
    """
    sent, group = call.files.get("table", ()), call.body.group
    if bool(sent) is (group is not None):
        msg = "The recipients come as a table or as a group of the address book: one of the two."
        raise TableError(msg, mend="Send the part “table”, or name a group.")
    if group is not None:
        return call.office.contacts.sheets.table_of_group(call.owner.ref, group)
    stream: Any = sent[0].stream
    stream.seek(0)
    limit = call.office.settings.bulk_lines_max
    return read_recipients(stream, encoding=call.body.encoding, limit=limit, product=call.body.product)


def _wish(call: Call) -> BulkWish:
    asked: BulkAsked = call.body
    merge = paper = None
    if asked.template is not None:
        template = call.office.templates.by_id(call.owner.ref, asked.template).text
        head = call.office.templates.letterhead(call.owner.ref) or Letterhead(name=call.owner.name)
        merge = MergeWish(template=template, head=head)
    if asked.paper is not None:
        options = PrintOptions(colour=asked.paper.colour, duplex=asked.paper.duplex)
        paper = PaperWish(
            options=options, electronic=asked.paper.electronic, choice_days=asked.paper.choice_days
        )
    return BulkWish(
        product=asked.product,
        subject=asked.subject,
        language=asked.language,
        title=asked.title,
        merge=merge,
        paper=paper,
    )


def _report(call: Call) -> BulkReport:
    """Judge the table; what a team's key may not write to is refused.

    Raises:
        KeyKindError: A recipient is outside the team.
    """
    good, report = call.office.bulk.check(_table(call), _wish(call), sender=call.owner)
    if call.key.kind is KeyKind.TEAM:
        for line in good:
            expect_reachable(call, line.recipient.email, call.body.product)
    return report


def _check(call: Call) -> Result:
    report = _report(call)
    told = [
        LineTold(
            line=each.line,
            type=f"urn:lre-kit:problem:{each.error.slug}",
            detail=each.error.problem,
            mend=each.error.mend,
        )
        for each in report.problems[:PROBLEMS_TOLD]
    ]
    return Result(body=BulkReportTold(lines=report.lines, wrong=len(report.problems), problems=told))


def _draft(call: Call) -> Result:
    if call.key.kind is KeyKind.TEAM:
        _report(call)
    documents, files = (_uploads(call, name) for name in ("documents", "files"))
    report = call.office.bulk.draft(
        call.owner, _table(call), documents, _wish(call), files=files, note=call.note
    )
    if report.bulk_id is None:
        raise BulkLinesError(report)
    return _placed(call, report.bulk_id)


def _uploads(call: Call, name: str) -> list[Upload]:
    return [Upload(name=each.filename or "", stream=each.stream) for each in call.files.get(name, ())]


def _preview(call: Call) -> Result:
    line = int(call.args["line"])
    if line > LINE_MAX:
        raise _missing()
    name, made = call.office.bulk.preview(_id(call), line, sender_ref=call.owner.ref)
    return Result(body=made, media=PDF, name=name)


def _placed(call: Call, bulk_id: str) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/bulk/{bulk_id}"
    found = call.office.bulk.by_id(bulk_id, sender_ref=call.owner.ref)
    return Result(body=_told(found), headers={"Location": place})


def _list(call: Call) -> Result:
    asked: PageAsked = call.query
    before = read_cursor(asked.cursor)
    place = before[1] if before is not None else None
    found = call.office.bulk.of(call.owner.ref, limit=asked.limit + 1, before=place)
    page, rest = found[: asked.limit], found[asked.limit :]
    after = written_cursor(page[-1].created_at, page[-1].id) if rest else None
    return Result(body=BulkPage(items=[_told(each) for each in page], next=after))


def _one(call: Call) -> Result:
    return Result(body=_told(call.office.bulk.by_id(_id(call), sender_ref=call.owner.ref)))


def _start(call: Call) -> Result:
    if call.key.kind is KeyKind.TEAM:
        # The sending may have been prepared elsewhere, for anybody.
        msg = "A team key starts no bulk sending."
        raise KeyKindError(msg, mend="Start it on the pages, or with a live key.")
    desk, bulk_id, ref = call.office.bulk, _id(call), call.owner.ref
    product = desk.by_id(bulk_id, sender_ref=ref).identifies_as
    identified = identified_sender(call, product)
    return Result(body=_told(desk.start(bulk_id, sender_ref=ref, identified=identified, note=call.note)))


def _pause(call: Call) -> Result:
    found = call.office.bulk.pause(_id(call), sender_ref=call.owner.ref, note=call.note)
    return Result(body=_told(found))


def _stop(call: Call) -> Result:
    found = call.office.bulk.stop(_id(call), sender_ref=call.owner.ref, note=call.note)
    return Result(body=_told(found))


def _again(call: Call, bulk_id: str) -> Result:
    return Result(body=_told(call.office.bulk.by_id(bulk_id, sender_ref=call.owner.ref)))


def _result(call: Call) -> Result:
    found = call.office.bulk.by_id(_id(call), sender_ref=call.owner.ref)
    lines = (line.encode() for line in result_lines(call.office.database, found.id))
    return Result(body=lines, media=f"{CSV}; charset=utf-8", name=f"bulk-{found.id[-8:]}.csv")


_ONE = "/bulk/<bulk_id>"


def _act(name: str, path: str, summary: str, handler: Callable[[Call], Result], **more: Any) -> Route:
    return Route(
        method="POST", path=f"{_ONE}/{path}", name=name, tag="Bulk", scope=Scope.BULK_WRITE, summary=summary,
        handler=handler, answer=BulkTold, is_act=True, has_etag=True, again=_again,
        identifies=bool(more.get("identifies")),
        errors=(NotFoundError, UnlawfulActError, *more.get("errors", ())),
    )  # fmt: skip


ROUTES = (
    Route(
        method="POST", path="/bulk/check", name="checkBulk", tag="Bulk", scope=Scope.BULK_WRITE,
        summary="Check every line of a table; nothing is kept", handler=_check, body=BulkAsked,
        about="The recipients come as a table, or as a group of your address book. Consents, and whatever "
        "else a deposit would refuse now, are told line by line in its words.",
        part="bulk", files=TABLE, may_lack=frozenset({"table"}), answer=BulkReportTold,
        errors=(TableError, KeyKindError, NotFoundError),
    ),
    Route(
        method="POST", path="/bulk", name="draftBulk", tag="Bulk", scope=Scope.BULK_WRITE,
        summary="Check a table and keep it with its documents, to be started",
        about="Nothing is sent before it is started; a draft that is not is forgotten after seven days. The "
        "recipients come as a table, or as a group of your address book.",
        handler=_draft, body=BulkAsked, part="bulk",
        files=TABLE | {
            "documents": "What each recipient gets: PDF, PNG, JPEG or text",
            "files": "Files that lines name in the column document, or a ZIP of them",
        },
        answer=BulkTold, may_lack=frozenset({"table", "documents", "files"}), status=201,
        is_act=True, has_etag=True, again=_placed,
        errors=(TableError, BulkLinesError, LineFilesError, MissingColumnsError, NotFoundError),
    ),
    Route(
        method="GET", path="/bulk", name="listBulk", tag="Bulk", scope=Scope.BULK_READ,
        summary="List your bulk sendings, the newest first", handler=_list, query=PageAsked, answer=BulkPage,
    ),
    Route(
        method="GET", path=_ONE, name="readBulk", tag="Bulk", scope=Scope.BULK_READ,
        summary="Read how far a bulk sending is", handler=_one, answer=BulkTold, has_etag=True,
        errors=(NotFoundError,),
    ),
    _act("startBulk", "start", "Begin to send it", _start, identifies=True,
        errors=(NotIdentifiedError, KeyKindError)),
    _act("pauseBulk", "pause", "Send no further line until it is resumed", _pause),
    _act(
        "resumeBulk", "resume", "Go on with a paused one", _start, identifies=True,
        errors=(NotIdentifiedError, KeyKindError),
    ),
    _act("stopBulk", "stop", "Send no further line, for ever", _stop),
    Route(
        method="GET", path=f"{_ONE}/lines/<int:line>", name="previewBulkLine", tag="Bulk",
        scope=Scope.BULK_READ, summary="Look at the letter that a template makes for a line",
        handler=_preview, media=(PDF,), errors=(NotFoundError, NotMergeableError),
    ),
    Route(
        method="GET", path=f"{_ONE}/result", name="readBulkResult", tag="Bulk", scope=Scope.BULK_READ,
        summary="Download what became of each line, as CSV", handler=_result, media=(CSV,),
        errors=(NotFoundError,),
    ),
)  # fmt: skip
"""The routes of bulk sendings."""
