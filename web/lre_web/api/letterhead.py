"""The letterhead of templates over the API: what stands above merged letters, and who signs them."""

import base64

from pydantic import Field

from lre_kit.integration.values import Scope
from lre_kit.mailmerge.values import LOGO_MAX_BYTES, Letterhead, TemplateInputError
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.houses import HOUSE_ERRORS, BookAsked, book_of
from lre_web.api.models import Content


class LetterheadAsked(Asked):
    """All that a letterhead says from now on."""

    name: str = Field(max_length=200)
    """The sender's name."""
    lines: list[str] = Field(default_factory=list, max_length=6)
    """Address, telephone, register number."""
    signature: str = Field(default="", max_length=200)
    """What stands below the text; line ends are kept."""
    logo: Content | None = None
    """A small PNG or JPEG picture, as base64."""

    def to_value(self) -> Letterhead:
        """Return it as it is kept."""
        return Letterhead(
            name=self.name, lines=tuple(self.lines), signature=self.signature, logo=self.logo or None
        )


class LetterheadTold(Told):
    """A letterhead as it is kept."""

    name: str
    """The sender's name."""
    lines: list[str]
    """Address, telephone, register number."""
    signature: str
    """What stands below the text."""
    logo: str | None
    """The picture, as base64, if there is one."""


def _told(call: Call) -> Result:
    owner = book_of(call)
    head = call.office.templates.letterhead(owner)
    if head is None:
        party = None if owner == call.owner.ref else call.office.people.parties.by_id(owner)
        head = Letterhead(name=party.name if party is not None else call.owner.name)
    logo = base64.b64encode(head.logo).decode() if head.logo else None
    return Result(
        body=LetterheadTold(name=head.name, lines=list(head.lines), signature=head.signature, logo=logo)
    )


def _set(call: Call) -> Result:
    call.office.templates.set_letterhead(book_of(call), call.body.to_value(), also=call.note)
    return _told(call)


def _again(call: Call, subject: str) -> Result:
    del subject
    return _told(call)


ROUTES = (
    Route(
        method="GET", path="/letterhead", name="readLetterhead", tag="Templates", scope=Scope.CONTACTS_READ,
        summary="Read the letterhead of your templates", handler=_told, query=BookAsked,
        answer=LetterheadTold, has_etag=True, errors=HOUSE_ERRORS,
        about="Who made none has their name alone.",
    ),
    Route(
        method="PUT", path="/letterhead", name="changeLetterhead", tag="Templates",
        scope=Scope.CONTACTS_WRITE, summary="Replace the letterhead; sendings that are prepared keep theirs",
        handler=_set, query=BookAsked, body=LetterheadAsked, answer=LetterheadTold, is_act=True,
        has_etag=True, again=_again, errors=(*HOUSE_ERRORS, TemplateInputError),
        about=f"The logo has at most {LOGO_MAX_BYTES // 1024} KiB.",
    ),
)  # fmt: skip
"""The routes of the letterhead."""
