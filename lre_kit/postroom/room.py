"""The post room as an office has it: its services, each opened when first asked for, and its duties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lre_kit.clock import Clock
from lre_kit.errors import UnlawfulActError
from lre_kit.law.carrier_codes import CarrierStatus
from lre_kit.law.paper import Mark
from lre_kit.letters.desk import Desk, Guard
from lre_kit.letters.intake import OpenDocuments
from lre_kit.letters.paper import ACTION, PaperWish, address_of, plan_posting
from lre_kit.letters.phases import CAME_BACK
from lre_kit.letters.reading import read_letter, state_of
from lre_kit.letters.rows import LetterPostRow
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.parties.addresses import PostalAddress
from lre_kit.postroom.batches import HAND_OVER, RECONCILE, TRACK, Batches
from lre_kit.postroom.contents import Contents, OpenDocument
from lre_kit.postroom.errors import NoPostRoomError, NotPrintableError
from lre_kit.postroom.files import PostFile, PostFiles
from lre_kit.postroom.imports import LineReport, import_file
from lre_kit.postroom.items import items_of_letter
from lre_kit.postroom.numbers import ItemNumbers
from lre_kit.postroom.opening import open_provider, open_tracker
from lre_kit.postroom.ports import PrintProvider, Tracker
from lre_kit.postroom.preparing import CLOSE, Preparing
from lre_kit.postroom.printing import Page, PrintFile, plan_print, print_file
from lre_kit.postroom.reconciling import Reconciling
from lre_kit.postroom.tracking import Tracking
from lre_kit.postroom.values import CarrierNews, PostItem
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

PRINT_MAX_BYTES = 60 * 1024 * 1024
"""Largest letter that is printed, all documents together."""

_POST = table_of(LetterPostRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLeg:
    """One posting of a letter, with all that was said of it and came back."""

    item: PostItem
    news: Sequence[tuple[CarrierNews, CarrierStatus]]
    files: Sequence[PostFile]


class PostRoom:
    """Prints, batches, hands over, follows."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        open_document: OpenDocument,
        desk: Callable[[], Desk],
    ) -> None:
        """Stand on an office's parts; `desk` is asked for when an act is recorded."""
        self._settings = settings
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._desk = desk
        self.contents = Contents(database, blobs=blobs, vault=vault, open_document=open_document)

    @property
    def is_open(self) -> bool:
        """Whether this office hands anything to the post."""
        return self._settings.post_provider != "off"

    @cached_property
    def provider(self) -> PrintProvider:
        """Who prints and posts.

        Raises:
            NoPostRoomError: Nobody is set.
        """
        if not self.is_open:
            msg = "This office hands nothing to the post."
            raise NoPostRoomError(msg, mend="Set LRE_POST_PROVIDER to spool, sftp or http.")
        return open_provider(self._settings)

    @cached_property
    def tracker(self) -> Tracker | None:
        """Who tells what became of items; nothing if none is set."""
        return open_tracker(self._settings)

    @cached_property
    def numbers(self) -> ItemNumbers:
        """Ranges of item numbers."""
        return ItemNumbers(self._database, clock=self._clock)

    @cached_property
    def preparing(self) -> Preparing:
        """Prints letters and puts them into batches."""
        return Preparing(self._database, clock=self._clock, settings=self._settings, contents=self.contents)

    @cached_property
    def batches(self) -> Batches:
        """Closes batches and hands them over."""
        return Batches(
            self._database,
            clock=self._clock,
            settings=self._settings,
            blobs=self._blobs,
            contents=self.contents,
            desk=self._desk(),
        )

    @cached_property
    def tracking(self) -> Tracking:
        """Takes what the carrier says."""
        return Tracking(
            self._database,
            clock=self._clock,
            settings=self._settings,
            desk=self._desk(),
            tracker=lambda: self.tracker,
        )

    @cached_property
    def files(self) -> PostFiles:
        """Pictures of the paper leg."""
        return PostFiles(self._database, clock=self._clock, contents=self.contents, desk=self._desk())

    @cached_property
    def reconciling(self) -> Reconciling:
        """What left against what came to an end."""
        return Reconciling(self._database, clock=self._clock)

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The post room's duties by action."""
        return {
            ACTION: self.preparing.prepare,
            CLOSE: self._quietly_close,
            HAND_OVER: self._handed_over,
            TRACK: self.tracking.poll,
            RECONCILE: self.reconciling.look,
        }

    def _quietly_close(self, duty: Duty) -> None:
        self.batches.close(duty.subject, duty=duty)

    def _handed_over(self, duty: Duty) -> None:
        self.batches.hand_over(duty.subject, self.provider, duty=duty)

    def judge(self, documents: OpenDocuments, wish: PaperWish) -> tuple[int, int]:
        """Refuse what cannot be printed; return pages and sheets. The intake asks this at each deposit."""
        plan = plan_print(_bounded(documents()), wish.options)
        return plan.pages, plan.sheets

    def preview(
        self, letter: Letter, documents: Sequence[Page], address: PostalAddress, wish: PaperWish
    ) -> PrintFile:
        """Return what would be printed for a letter that is not deposited yet."""
        return print_file(
            documents,
            plan=plan_print(documents, wish.options),
            options=wish.options,
            letter=letter,
            address=address.checked().printed,
            return_address=self._settings.post_return_lines,
            provider=self._settings.provider_name,
            item_number="",
            mark=Mark(self._settings.post_mark),
            name="0" * 12,
        )

    def legs(self, letter_id: str) -> list[PaperLeg]:
        """Return a letter's postings, each with its news and pictures."""
        with self._database.read() as connection:
            items = items_of_letter(connection, letter_id)
        return [
            PaperLeg(item=item, news=self.tracking.history(item.id), files=self.files.of(item.id))
            for item in items
        ]

    def readdress(self, letter_id: str, address: PostalAddress, *, guard: Guard | None = None) -> None:
        """Post a letter that came back again, to a corrected address: a new posting with its own number.

        Args:
            letter_id: The letter.
            address: The corrected address.
            guard: Looks at the letter under its lock; what it raises refuses the act.

        Raises:
            InvalidPostalAddressError: It cannot be printed or carried.
            UnlawfulActError: The letter did not come back.
        """
        checked, now = address.checked(), self._clock()
        with self._database.write() as uow:
            letter = read_letter(uow.connection, letter_id, lock=True)
            if guard is not None:
                guard(uow, letter)
            state = state_of(uow.connection, letter_id)
            if state.phase not in CAME_BACK:
                msg = "This letter did not come back from the post."
                raise UnlawfulActError(msg, mend="Only what came back can be posted again.")
            attempt = max(item.attempt for item in items_of_letter(uow.connection, letter_id)) + 1
            uow.execute(
                _POST.update().where(_POST.c.letter_id == letter_id).values(address=checked.to_json())
            )
            plan_posting(uow, letter_id, attempt=attempt, at=now)
            uow.commit()

    def import_file(self, content: bytes, *, source: str) -> list[LineReport]:
        """Take a carrier's file; see `lre_kit.postroom.imports.import_file`."""
        return import_file(self._database, self.tracking, content, source=source)

    def present_address(self, letter_id: str) -> PostalAddress | None:
        """Return where a letter goes now."""
        with self._database.read() as connection:
            row = connection.execute(_POST.select().where(_POST.c.letter_id == letter_id)).first()
        return address_of(row.address) if row is not None else None


def _bounded(documents: Sequence[tuple[DocumentInfo, bytes]]) -> list[Page]:
    if sum(len(content) for _, content in documents) > PRINT_MAX_BYTES:
        msg = "The documents are too large to be printed."
        raise NotPrintableError(
            msg, mend="Make their pictures smaller, or use several letters.", reason="too-large"
        )
    return [Page(name=info.name, media_type=info.media_type, content=content) for info, content in documents]
