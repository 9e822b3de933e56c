"""Templates and letterheads of senders and organisations, kept to be used again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from lre_kit.clock import Clock
from lre_kit.contacts.book import Also
from lre_kit.contacts.values import name_key
from lre_kit.errors import NotFoundError
from lre_kit.mailmerge.rows import LetterheadRow, LetterTemplateRow
from lre_kit.mailmerge.values import (
    Letterhead,
    Template,
    TemplateChangedError,
    TemplateInputError,
    TemplateText,
)
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork
from lre_kit.store.inserts import table_of

TEMPLATES_MAX = 500
"""Most templates of one owner."""

_TEMPLATE, _HEAD = table_of(LetterTemplateRow), table_of(LetterheadRow)


class Templates:
    """Keeps templates and letterheads."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def add(self, owner_ref: str, text: TemplateText, *, also: Also | None = None) -> Template:
        """Keep a template.

        Raises:
            InputError: It cannot be used, another has its name, or there are too many.
        """
        checked, template_id = text.checked(), new_id()
        with _named_once(), self._database.write() as uow:
            count = select(func.count()).select_from(_TEMPLATE).where(_TEMPLATE.c.owner_ref == owner_ref)
            if uow.execute(count).scalar_one() >= TEMPLATES_MAX:
                msg = f"There are {TEMPLATES_MAX} templates already."
                raise TemplateInputError(msg, mend="Remove one that serves no more.")
            uow.add(LetterTemplateRow, id=template_id, owner_ref=owner_ref, version=1, **self._said(checked))
            if also is not None:
                uow.flush()
                also(uow, template_id)
            uow.commit()
        return Template(id=template_id, text=checked, version=1)

    def change(
        self, owner_ref: str, template_id: str, text: TemplateText, *, version: int, also: Also | None = None
    ) -> Template:
        """Change a template; letters and sendings that were prepared with it stay as they are.

        Raises:
            NotFoundError: There is none, or it is another's.
            TemplateChangedError: It is another than the one with this version.
            InputError: It cannot be used, or another has its name.
        """
        checked = text.checked()
        with _named_once(), self._database.write() as uow:
            if _locked(uow, owner_ref, template_id).version != version:
                raise TemplateChangedError
            values = self._said(checked) | {"version": version + 1}
            uow.execute(update(_TEMPLATE).where(_TEMPLATE.c.id == template_id).values(**values))
            if also is not None:
                also(uow, template_id)
            uow.commit()
        return Template(id=template_id, text=checked, version=version + 1)

    def remove(self, owner_ref: str, template_id: str, *, also: Also | None = None) -> None:
        """Remove a template.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.write() as uow:
            _locked(uow, owner_ref, template_id)
            uow.execute(delete(_TEMPLATE).where(_TEMPLATE.c.id == template_id))
            if also is not None:
                also(uow, template_id)
            uow.commit()

    def by_id(self, owner_ref: str, template_id: str) -> Template:
        """Return a template.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        mine = (_TEMPLATE.c.id == template_id, _TEMPLATE.c.owner_ref == owner_ref)
        with self._database.read() as connection:
            row = connection.execute(select(_TEMPLATE).where(*mine)).first()
        if row is None:
            raise _not_there()
        return _template(row)

    def all(self, owner_ref: str) -> list[Template]:
        """Return an owner's templates in the order of their names."""
        query = select(_TEMPLATE).where(_TEMPLATE.c.owner_ref == owner_ref).order_by(_TEMPLATE.c.name_key)
        with self._database.read() as connection:
            return [_template(row) for row in connection.execute(query)]

    def letterhead(self, owner_ref: str) -> Letterhead | None:
        """Return an owner's letterhead, if they made one."""
        with self._database.read() as connection:
            row = connection.execute(select(_HEAD).where(_HEAD.c.owner_ref == owner_ref)).first()
        if row is None:
            return None
        return Letterhead(name=row.name, lines=tuple(row.lines), signature=row.signature, logo=row.logo)

    def set_letterhead(self, owner_ref: str, head: Letterhead, *, also: Also | None = None) -> Letterhead:
        """Keep an owner's letterhead in place of the one before.

        Raises:
            InputError: It cannot be used.
        """
        checked = head.checked()
        with self._database.write() as uow:
            uow.serialise(f"letterhead {owner_ref}")
            uow.execute(delete(_HEAD).where(_HEAD.c.owner_ref == owner_ref))
            uow.add(
                LetterheadRow,
                owner_ref=owner_ref,
                name=checked.name,
                lines=list(checked.lines),
                signature=checked.signature,
                logo=checked.logo,
            )
            if also is not None:
                uow.flush()
                also(uow, owner_ref)
            uow.commit()
        return checked

    def _said(self, text: TemplateText) -> dict[str, Any]:
        return {
            "name": text.name,
            "name_key": name_key(text.name),
            "subject": text.subject,
            "text": text.text,
            "changed_at": self._clock(),
        }


@contextmanager
def _named_once() -> Iterator[None]:
    try:
        yield
    except UniqueViolation as error:
        msg = "There is a template of this name already."
        raise TemplateInputError(msg, mend="Choose another name, or change that one.") from error


def _locked(uow: UnitOfWork, owner_ref: str, template_id: str) -> Row[Any]:
    mine = (_TEMPLATE.c.id == template_id, _TEMPLATE.c.owner_ref == owner_ref)
    row = uow.execute(select(_TEMPLATE).where(*mine).with_for_update()).first()
    if row is None:
        raise _not_there()
    found: Row[Any] = row
    return found


def _template(row: Row[Any]) -> Template:
    text = TemplateText(name=row.name, subject=row.subject, text=row.text)
    return Template(id=row.id, text=text, version=row.version)


def _not_there() -> NotFoundError:
    return NotFoundError("There is no such template.", mend="Look in the list of them.")
