"""Drafts of bulk sendings: table, documents and template judged whole, and kept only if nothing is wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from lre_kit.bulk.files import LineFile, expect_all_named, line_files
from lre_kit.bulk.keeping import Keeping
from lre_kit.bulk.making import kept_wish, rare
from lre_kit.bulk.rows import BulkLineRow, BulkRow
from lre_kit.bulk.tables import BulkLine, Judge
from lre_kit.bulk.values import BulkReport, BulkState, BulkWish, LineProblem, LineState
from lre_kit.clock import Clock
from lre_kit.csv_tables import SheetLine, TableError
from lre_kit.errors import (
    ConsentMissingError,
    DocumentTooLargeError,
    EmptyDocumentError,
    InputError,
    LreError,
    RequirementError,
)
from lre_kit.law.products import Product
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.paper import ON_PAPER, PaperWish
from lre_kit.letters.values import Upload
from lre_kit.mailmerge.setting import Setter
from lre_kit.parties.values import Sender
from lre_kit.postroom.errors import NoPostRoomError
from lre_kit.preparing.digest import plan_digest
from lre_kit.settings import Settings
from lre_kit.store.agenda import plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, OutcomeUnknownError, UnitOfWork
from lre_kit.store.vault import Vault

DROP = "drop_bulk"
"""Action of the duty that forgets a draft nobody started."""

DRAFT_LIFE = timedelta(days=7)
"""How long a draft waits to be started."""

WAITING_LIFE = timedelta(days=30)
"""How long a draft waits that somebody else must start."""

OFFERED = (Product.SIMPLE, Product.QUALIFIED, Product.HYBRID, Product.OPTIMAL)
"""Products that can be sent in bulk; those on paper only where the office has a post room."""

RARE_SET_MAX = 200
"""Lines with rare characters that a check sets as PDF; a font may be missing for them."""

Note = Callable[[UnitOfWork, str], None]
"""Told, inside an act's own transaction, of what it was carried out on."""


class Drafting:
    """Judges bulk sendings, and keeps those that can be sent."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        vault: Vault,
        keeping: Keeping,
        check_deposit: Callable[..., Any],
        refused_deposits: Callable[[Sequence[Mapping[str, Any]]], list[LreError | None]],
    ) -> None:
        """Work on `database` by the office's `clock`; letters are judged by the two last."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._vault = vault
        self._keeping = keeping
        self._check_deposit = check_deposit
        self._refused_deposits = refused_deposits

    def check(
        self,
        table: Iterable[SheetLine],
        wish: BulkWish,
        *,
        files: Mapping[str, LineFile] | None = None,
        sender: Sender | None = None,
    ) -> tuple[list[BulkLine], BulkReport]:
        """Judge every line as a deposit would; nothing is kept.

        Args:
            table: The recipients, as read.
            wish: What all letters have in common.
            files: The files that lines name, if there are any.
            sender: Who will send it: consents, and what the host asks of deposits, are held against them.

        Returns:
            The lines that are well formed, and the report: a line whose recipient has not consented is among
            both, because they still may.

        Raises:
            InputError: The table or the wish cannot be used at all.
        """
        if wish.product in ON_PAPER and self._settings.post_provider == "off":
            msg = "This office has no post room, so it sends nothing on paper."
            raise NoPostRoomError(msg, mend="Choose another product, or set LRE_POST_PROVIDER.")
        judge = Judge(
            wish, subject=checked_subject(wish.subject), now=self._clock(), documents=(files or {}).keys()
        )
        good: list[BulkLine] = []
        problems: list[LineProblem] = []
        for line in table:
            found = judge.judged(line)
            if isinstance(found, BulkLine):
                good.append(found)
            else:
                problems.append(LineProblem(line=line.number, error=found))
        if not good and not problems:
            msg = "The table names no recipient."
            raise TableError(msg, mend="Write one recipient a line, below the names of the columns.")
        if wish.merge is not None:
            unset = self._unset(good, wish)
            good = [each for each in good if each.line not in unset]
            problems += [LineProblem(line=line, error=error) for line, error in unset.items()]
        count = len(good) + len(problems)
        if sender is not None:
            refused = self.refused(sender, good, wish)
            faulty = {each.line for each in refused if not each.may_pass}
            good = [each for each in good if each.line not in faulty]
            problems += refused
        problems.sort(key=lambda each: each.line)
        return good, BulkReport(lines=count, problems=tuple(problems))

    def refused(self, sender: Sender, lines: Sequence[BulkLine], wish: BulkWish) -> list[LineProblem]:
        """Return the lines whose letters would be refused if they were sent now, with what a deposit says."""
        # What each letter holds is judged apart: a deposit only asks here whether there is something.
        documents = [Upload(name="", stream=[])]
        found = self._refused_deposits(
            [
                {
                    "sender": sender,
                    "recipient": each.recipient,
                    "product": wish.product,
                    "subject": each.subject,
                    "documents": documents,
                    "language": each.language,
                    "paper": wish.paper,
                    "reference": each.reference,
                    "notify_at": each.notify_at,
                    "pre_notice": each.pre_notice,
                }
                for each in lines
            ]
        )
        pairs = zip(lines, found, strict=True)
        return [LineProblem(line=each.line, error=error) for each, error in pairs if error is not None]

    def draft(
        self,
        sender: Sender,
        table: Iterable[SheetLine],
        documents: Sequence[Upload],
        wish: BulkWish,
        *,
        files: Sequence[Upload] = (),
        prepared_by: str | None = None,
        note: Note | None = None,
    ) -> BulkReport:
        """Check a table and its documents, and keep them as a draft if nothing is wrong.

        Args:
            sender: Who will send it.
            table: The recipients, as read.
            documents: What each of them gets.
            wish: What all letters have in common.
            files: Files that lines name in the column ``document``, or a ZIP of them.
            prepared_by: The member who prepares it for somebody who may send it.
            note: Told, inside the transaction, of the draft that is kept.

        Raises:
            InputError: The table, the wish or a document cannot be used at all; nothing is kept.
        """
        sender, title = sender.checked(), checked_subject(wish.title)
        wish = _with_paper(wish)
        with line_files(files, limit=self._settings.bulk_lines_max) as named:
            lines, report = self.check(table, wish, files=named, sender=sender)
            if not all(each.may_pass for each in report.problems):
                return report
            self._expect_documents(len(documents) + bool(named) + (wish.merge is not None))
            expect_all_named(list(named), {each.document for each in lines})
            bulk_id, key = new_id(), self._vault.new_key()
            count = len(documents) + len(named)
            try:
                names, own, wrong = self._kept(bulk_id, key, documents, named, lines)
                wrong = wrong or self._unprintable(
                    bulk_id, key, [*names, *own], list(named), lines[0], sender, wish
                )
                if wrong:
                    self._keeping.discard(bulk_id, count)
                    return replace(report, problems=tuple(wrong))
                wish = replace(wish, title=title)
                self._write(bulk_id, key, sender, lines, names, own, wish, prepared_by, note)
            except OutcomeUnknownError:
                # The draft may be kept: its content stays, and the daily sweep removes it if it is not.
                raise
            except LreError:
                self._keeping.discard(bulk_id, count)
                raise
        return replace(report, bulk_id=bulk_id)

    def _expect_documents(self, count: int) -> None:
        if not count:
            msg = "The letters have no document."
            raise EmptyDocumentError(msg, mend="Add at least one document, or choose a template.")
        if count > self._settings.documents_max:
            msg = f"Each letter would have {count} documents."
            raise DocumentTooLargeError(msg, mend=f"Send at most {self._settings.documents_max} at once.")

    def _kept(
        self,
        bulk_id: str,
        key: bytes,
        documents: Sequence[Upload],
        named: Mapping[str, LineFile],
        lines: Sequence[BulkLine],
    ) -> tuple[list[str], list[str], list[LineProblem]]:
        """Keep documents and files of lines; return their names, and what is wrong with a line's file."""
        names, room = [], self._settings.letter_max_bytes
        for place, one in enumerate(documents, start=1):
            name, size = self._keeping.put(bulk_id, key, place, one, room=room)
            names.append(name)
            room -= size
        own: list[str] = []
        wrong: dict[str, LreError] = {}
        for place, (name, file) in enumerate(named.items(), start=len(documents) + 1):
            try:
                own.append(self._keeping.put(bulk_id, key, place, file.upload(), room=room)[0])
            except InputError as error:
                wrong[name] = error
        blamed = [each for each in lines if each.document in wrong]
        return names, own, [LineProblem(line=each.line, error=wrong[each.document]) for each in blamed]

    def _unset(self, lines: Sequence[BulkLine], wish: BulkWish) -> dict[int, LreError]:
        """Return the lines whose letter cannot be set: the first tells of the template, others of fonts."""
        assert wish.merge is not None
        doubtful = [each for each in lines if rare([each.recipient.name, *each.values.values()])]
        some = {each.line: each for each in [*lines[:1], *doubtful[:RARE_SET_MAX]]}
        wrong: dict[int, LreError] = {}
        with Setter(wish.merge.template, wish.merge.head, at=self._clock()) as setter:
            for each in some.values():
                try:
                    setter.pdf(each.recipient, each.values, language=each.language)
                except InputError as error:
                    wrong[each.line] = error
        return wrong

    def _unprintable(  # noqa: PLR0917 - the parts of a draft, each of its own type
        self,
        bulk_id: str,
        key: bytes,
        names: Sequence[str],
        keys: Sequence[str],
        first: BulkLine,
        sender: Sender,
        wish: BulkWish,
    ) -> list[LineProblem]:
        """Judge the first letter on paper whole: what all share can be printed for all or for none."""
        if wish.product not in ON_PAPER:
            return []
        shared = len(names) - len(keys)
        places = [*range(1, shared + 1)]
        if first.document:
            places.append(shared + 1 + keys.index(first.document))
        documents = [
            Upload(name=names[place - 1], stream=self._keeping.pieces(bulk_id, key, place))
            for place in places
        ]
        if wish.merge is not None:
            with Setter(wish.merge.template, wish.merge.head, at=self._clock()) as setter:
                made = setter.pdf(first.recipient, first.values, language=first.language)
            documents.append(Upload(name=setter.file_name, stream=[made]))
        try:
            self._check_deposit(
                sender=sender,
                recipient=first.recipient,
                product=wish.product,
                subject=first.subject,
                language=first.language,
                documents=documents,
                paper=wish.paper,
            )
        except InputError as error:
            return [LineProblem(line=first.line, error=error)]
        except (RequirementError, ConsentMissingError):
            # Who sends, and consents, are judged when it is started and when each letter is deposited.
            return []
        return []

    def _write(  # noqa: PLR0917 - the parts of a draft, each of its own type
        self,
        bulk_id: str,
        key: bytes,
        sender: Sender,
        lines: Sequence[BulkLine],
        names: Sequence[str],
        own: Sequence[str],
        wish: BulkWish,
        prepared_by: str | None,
        note: Note | None,
    ) -> None:
        now = self._clock()
        waits = WAITING_LIFE if prepared_by is not None else DRAFT_LIFE
        merge = wish.merge
        with self._database.write() as uow:
            uow.add(
                BulkRow,
                id=bulk_id,
                sender_ref=sender.ref,
                sender_name=sender.name,
                sender_email=sender.email,
                title=wish.title,
                product=wish.product.value,
                subject=wish.subject,
                language=wish.language,
                state=BulkState.DRAFT.value,
                lines=len(lines),
                documents=list(names),
                files=list(own) or None,
                merge=self._keeping.seal_merge(key, bulk_id, merge) if merge is not None else None,
                paper=kept_wish(wish.paper),
                prepared_by=prepared_by,
                wrapped_key=self._vault.wrap(key, letter_id=bulk_id),
                round=0,
                created_at=now,
            )
            uow.flush()
            uow.add_all(
                BulkLineRow,
                [
                    {
                        "bulk_id": bulk_id,
                        "line": each.line,
                        "state": LineState.WAITING.value,
                        "sealed": self._keeping.seal_line(key, bulk_id, each),
                        "error": "",
                    }
                    for each in lines
                ],
            )
            plan(uow, key=f"{DROP}:{bulk_id}", due_at=now + waits, action=DROP, subject=bulk_id)
            if prepared_by is not None:
                plan_digest(uow, sender.ref, now=now)
            if note is not None:
                note(uow, bulk_id)
            uow.commit()


def _with_paper(wish: BulkWish) -> BulkWish:
    if wish.product not in ON_PAPER:
        return replace(wish, paper=None)
    return wish if wish.paper is not None else replace(wish, paper=PaperWish())
