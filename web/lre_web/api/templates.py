"""Templates of letters over the API."""

from pydantic import Field

from lre_kit.errors import NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.mailmerge.values import (
    TEXT_MAX_CHARS,
    Template,
    TemplateChangedError,
    TemplateInputError,
    TemplateText,
)
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.houses import HOUSE_ERRORS, BookAsked, book_of, suffix
from lre_web.api.paging import expect_id
from lre_web.mounting import API_PREFIX


class TemplateAsked(Asked):
    """What a template says."""

    name: str = Field(max_length=100)
    """What you call it, and the name of the documents made from it."""
    subject: str = Field(default="", max_length=200)
    """The letters' subject; it may name columns in braces."""
    text: str = Field(max_length=TEXT_MAX_CHARS)
    """Their text: paragraphs, **bold**, lists, headings, and columns of a table in braces."""

    def to_value(self) -> TemplateText:
        """Return it as it is kept."""
        return TemplateText(name=self.name, subject=self.subject, text=self.text)


class TemplateChangeAsked(TemplateAsked):
    """All that a template says from now on."""

    version: int
    """The version that was looked at: another one is not overwritten."""


class TemplateTold(Told):
    """A template as it is kept."""

    id: str
    """Its id."""
    name: str
    """What you call it."""
    subject: str
    """The letters' subject."""
    text: str
    """Their text."""
    columns: list[str]
    """The columns that it names."""
    version: int
    """Grows with each change."""


class TemplatesTold(Told):
    """Your templates, in the order of their names."""

    items: list[TemplateTold]
    """The templates."""


def _told(template: Template) -> TemplateTold:
    text = template.text
    return TemplateTold(
        id=template.id,
        name=text.name,
        subject=text.subject,
        text=text.text,
        columns=list(text.columns),
        version=template.version,
    )


def _missing() -> NotFoundError:
    return NotFoundError("There is no such template.", mend="Look in the list of them.")


def _id(call: Call) -> str:
    return expect_id(str(call.args["template_id"]), _missing)


def _list(call: Call) -> Result:
    found = call.office.templates.all(book_of(call))
    return Result(body=TemplatesTold(items=[_told(each) for each in found]))


def _read(call: Call) -> Result:
    return Result(body=_told(call.office.templates.by_id(book_of(call), _id(call))))


def _add(call: Call) -> Result:
    made = call.office.templates.add(book_of(call), call.body.to_value(), also=call.note)
    return _placed(call, made.id)


def _placed(call: Call, template_id: str) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/templates/{template_id}{suffix(call)}"
    found = call.office.templates.by_id(book_of(call), template_id)
    return Result(body=_told(found), headers={"Location": place})


def _change(call: Call) -> Result:
    asked: TemplateChangeAsked = call.body
    return Result(
        body=_told(
            call.office.templates.change(
                book_of(call), _id(call), asked.to_value(), version=asked.version, also=call.note
            )
        )
    )


def _again(call: Call, template_id: str) -> Result:
    return Result(body=_told(call.office.templates.by_id(book_of(call), template_id)))


def _remove(call: Call) -> Result:
    call.office.templates.remove(book_of(call), _id(call), also=call.note)
    return _list(call)


def _list_again(call: Call, subject: str) -> Result:
    del subject
    return _list(call)


_ONE = "/templates/<template_id>"

ROUTES = (
    Route(
        method="GET", path="/templates", name="listTemplates", tag="Templates", scope=Scope.CONTACTS_READ,
        summary="List your templates of letters", handler=_list, query=BookAsked, answer=TemplatesTold,
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="POST", path="/templates", name="addTemplate", tag="Templates", scope=Scope.CONTACTS_WRITE,
        summary="Keep a template", handler=_add, query=BookAsked, body=TemplateAsked, answer=TemplateTold,
        status=201,
        is_act=True, has_etag=True, again=_placed, errors=(*HOUSE_ERRORS, TemplateInputError),
    ),
    Route(
        method="GET", path=_ONE, name="readTemplate", tag="Templates", scope=Scope.CONTACTS_READ,
        summary="Read a template", handler=_read, query=BookAsked, answer=TemplateTold, has_etag=True,
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="PUT", path=_ONE, name="changeTemplate", tag="Templates", scope=Scope.CONTACTS_WRITE,
        summary="Change a template; sendings that are prepared keep their text", handler=_change,
        query=BookAsked,
        body=TemplateChangeAsked, answer=TemplateTold, is_act=True, has_etag=True, again=_again,
        errors=(*HOUSE_ERRORS, TemplateChangedError, TemplateInputError),
    ),
    Route(
        method="DELETE", path=_ONE, name="removeTemplate", tag="Templates", scope=Scope.CONTACTS_WRITE,
        summary="Remove a template", handler=_remove, query=BookAsked, answer=TemplatesTold, is_act=True,
        again=_list_again,
        errors=HOUSE_ERRORS,
    ),
)  # fmt: skip
"""The routes of templates."""
