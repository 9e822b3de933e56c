"""The letters the console has seen so far: a run of the office's list, newest first, without a hole.

It grows at the far end as one scrolls and at the near end as letters arrive. Pages are put in
where they belong by the identity of their last letter, so a letter that comes in late or changes
its state ends up right, and what is not on the screen costs nothing to keep fresh.
"""

from collections.abc import Sequence

from lre_kit.letters.reading import Cursor
from lre_kit.letters.values import LetterSummary

PAGE = 100
"""Letters read at once."""


class Listing:
    """A run of letters, from the newest on."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.letters: list[LetterSummary] = []
        self.is_complete = False
        """Whether the oldest letter has been seen."""
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many letters were seen."""
        return len(self.letters)

    def place_of(self, letter_id: str | None) -> int | None:
        """Return a letter's place in the run, if it is in it."""
        return None if letter_id is None else self._places.get(letter_id)

    def cursor_before(self, place: int) -> Cursor | None:
        """Return the cursor of the page that begins at `place`; nothing means the newest letter."""
        if not place or place > len(self.letters):
            return None
        last = self.letters[place - 1]
        return (last.deposited_at, last.id)

    def put(self, page: Sequence[LetterSummary], *, before: Cursor | None, limit: int) -> None:
        """Put in a page that was read with ``before`` and ``limit``.

        A page that no longer touches the run is left out, unless it is the newest: then so many
        letters arrived that the run begins anew with it.
        """
        begin = 0 if before is None else self._after(before)
        if begin is None:
            return
        known = [place for letter in page if (place := self._places.get(letter.id)) is not None]
        if len(page) < limit:
            self.is_complete, rest = True, []
        elif known:
            # Whatever lies between two letters of a page is in the page: the rest joins on.
            rest = self.letters[max(known) + 1 :]
        else:
            self.is_complete, rest = False, []
        self.letters = [*self.letters[:begin], *page, *rest]
        self._places = {letter.id: place for place, letter in enumerate(self.letters)}

    def _after(self, cursor: Cursor) -> int | None:
        place = self._places.get(cursor[1])
        return None if place is None else place + 1
