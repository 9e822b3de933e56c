"""A sandbox over the API: its clock, and the mail it caught."""

from datetime import datetime, timedelta

from pydantic import Field

from lre_kit.errors import NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.sandbox.clock import DAY_MIN_S, DAY_S, SandboxTimeError
from lre_kit.sandbox.room import CaughtMail, NotASandboxError, SandboxState
from lre_kit.sandbox.scripts import DOMAIN, ScriptedOutcome, parse_span
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.models import PLAIN, PageAsked
from lre_web.api.paging import expect_id, read_cursor, written_cursor

MAIL = "message/rfc822"


class ClockAsked(Asked):
    """How the clock of the sandbox is set; what is left out stays."""

    advance: str | None = Field(default=None, pattern="^[0-9]{1,6}[smhd]$")
    """How far it moves forward: a number and ``s``, ``m``, ``h`` or ``d``, such as ``15d``."""
    day_lasts_s: float | None = Field(default=None, ge=DAY_MIN_S, le=DAY_S)
    """Seconds that a day lasts from now on: 60 makes a minute of each day, 86400 is the common pace."""


class MailAsked(PageAsked):
    """Which caught mail is looked for; the newest comes first."""

    recipient: str = Field(default="", max_length=320, pattern=PLAIN)
    """Only to this address."""


class SandboxTold(Told):
    """Where the sandbox stands."""

    at: datetime
    """What its clock shows (UTC)."""
    ahead_s: float
    """By how much it is ahead of the machine's, in seconds."""
    day_lasts_s: float
    """Seconds that a day lasts."""
    domain: str
    """Domain of the addresses that script what a recipient does."""
    outcomes: list[ScriptedOutcome]
    """What stands before the ``@`` of such an address; ``+3d`` behind it is a delay."""


class MailTold(Told):
    """One message that was caught."""

    id: str
    """Its id."""
    letter: str | None
    """Number of the letter it is about."""
    recipient: str
    """To whom."""
    subject: str
    """Its subject."""
    sent_at: datetime
    """When, by the clock of the sandbox (UTC)."""
    text: str
    """Its plain text."""


class MailPage(Told):
    """A page of caught mail, the newest first."""

    items: list[MailTold]
    """The messages."""
    next: str | None
    """Cursor of the page after this one; nothing: this is the last."""


def _told(state: SandboxState) -> SandboxTold:
    return SandboxTold(
        at=state.at,
        ahead_s=state.ahead_s,
        day_lasts_s=state.day_lasts_s,
        domain=DOMAIN,
        outcomes=list(ScriptedOutcome),
    )


def _state(call: Call) -> Result:
    return Result(body=_told(call.office.sandbox.state()))


def _set_clock(call: Call) -> Result:
    asked: ClockAsked = call.body
    advance = parse_span(asked.advance) if asked.advance is not None else None
    state = call.office.sandbox.set_clock(advance=advance or timedelta(0), day_lasts_s=asked.day_lasts_s)
    return Result(body=_told(state))


def _mail_told(mail: CaughtMail) -> MailTold:
    names = MailTold.model_fields.keys() - {"letter"}
    return MailTold(letter=mail.letter_number, **{name: getattr(mail, name) for name in names})


def _mails(call: Call) -> Result:
    asked: MailAsked = call.query
    before = read_cursor(asked.cursor)
    found = call.office.sandbox.mails(
        call.owner.ref,
        recipient=asked.recipient,
        before=before[1] if before is not None else None,
        limit=asked.limit + 1,
    )
    page, rest = found[: asked.limit], found[asked.limit :]
    after = written_cursor(page[-1].sent_at, page[-1].id) if rest else None
    return Result(body=MailPage(items=[_mail_told(each) for each in page], next=after))


def _missing() -> NotFoundError:
    return NotFoundError("There is no such message.", mend="Look in the list of caught mail.")


def _mail(call: Call) -> Result:
    mail_id = expect_id(str(call.args["mail_id"]), _missing)
    found = call.office.sandbox.mail(mail_id, call.owner.ref)
    return Result(body=found.raw, media=MAIL, name=f"{found.id}.eml")


ROUTES = (
    Route(
        method="GET", path="/sandbox", name="readSandbox", tag="Sandbox", scope=None,
        summary="Read what the clock of the sandbox shows", handler=_state, answer=SandboxTold,
        errors=(NotASandboxError,),
    ),
    Route(
        method="POST", path="/sandbox/clock", name="setSandboxClock", tag="Sandbox",
        scope=Scope.LETTERS_WRITE, summary="Move the clock of the sandbox forward, or change its pace",
        about="What falls due by it is done within moments. All who try out in this sandbox share its clock.",
        handler=_set_clock, body=ClockAsked, answer=SandboxTold, is_act=True,
        errors=(NotASandboxError, SandboxTimeError),
    ),
    Route(
        method="GET", path="/sandbox/mail", name="listCaughtMail", tag="Sandbox", scope=Scope.LETTERS_READ,
        summary="Read mail about your letters that was caught, the newest first", handler=_mails,
        query=MailAsked, answer=MailPage, errors=(NotASandboxError,),
    ),
    Route(
        method="GET", path="/sandbox/mail/<mail_id>", name="readCaughtMail", tag="Sandbox",
        scope=Scope.LETTERS_READ, summary="Read one message as it would have left", handler=_mail,
        media=(MAIL,), errors=(NotFoundError, NotASandboxError),
    ),
)  # fmt: skip
"""The routes of a sandbox."""
