"""What happens to one letter and when, with the outages that touched its time: the deadlines explained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lre_kit.clock import iso
from lre_kit.law.explaining import Dated, explain
from lre_kit.status.published import outage_json
from lre_kit.status.values import Outage

if TYPE_CHECKING:
    from lre_kit.letters.values import Letter
    from lre_kit.office import PostOffice


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The dates of a letter's time; outages are told beside them and move none of them."""

    dates: tuple[Dated, ...] = ()
    outages: tuple[Outage, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "dates": [
                {"name": d.name, "at": iso(d.at), "rule": d.rule, "fr": d.words.fr, "en": d.words.en}
                for d in self.dates
            ],
            "outages": [outage_json(each) for each in self.outages],
        }


def explained(office: "PostOffice", letter: "Letter") -> Explained:
    """Return what happens to a letter and when; nothing as long as its notice has not left.

    Outages are those of services that recipients need to answer, from the notice to the decision or the end
    of the time, whichever comes first.
    """
    if letter.notified_at is None or letter.window_closes_at is None:
        return Explained()
    dates = explain(letter.requirements, notified_at=letter.notified_at, closes_at=letter.window_closes_at)
    ends = min(letter.window_closes_at, letter.decided_at or letter.window_closes_at)
    outages = office.status.reading.outages(letter.notified_at, ends, only_needed=True)
    return Explained(dates=dates, outages=tuple(outages))
