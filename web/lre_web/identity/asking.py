"""For whom something is to be shown: who is logged in, or who reads a letter; the same for every means."""

from dataclasses import dataclass

from flask import url_for

from lre_kit.errors import RequirementError
from lre_kit.law.assurance import Level
from lre_web.account.session import current_session
from lre_web.frame.cookies import read_cookie
from lre_web.frame.people import has_accounts, recipient_party, shown_for_letter
from lre_web.frame.security import COOKIE
from lre_web.mounting import mounted
from lre_web.words.eid import eid_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """For whom an identification is asked, for which act, how surely, and bound to what."""

    party_id: str
    purpose: str
    level: Level
    binding: str


def asked_here() -> Asked:
    """Return for whom something is to be shown: where `add_factor` will put it, and nobody else.

    Raises:
        RequirementError: Nobody is known here.
    """
    people, shown = mounted().office.people, shown_for_letter()
    session = current_session() if has_accounts() else None
    if session is not None and not session.second_due:
        party_id, anchor = session.party_id, f"session:{session.id}"
    elif shown is not None:
        party_id, anchor = recipient_party(shown.letter_id).id, f"letter:{shown.letter_id}"
    else:
        words = eid_texts()
        raise RequirementError(words["nobody"], mend=words["nobody_mend"])
    level = people.requirements_of(shown.letter_id).recipient_level if shown is not None else None
    return Asked(
        party_id=party_id,
        purpose=f"letter:{shown.letter_id}" if shown is not None else "session",
        level=level or Level.SUBSTANTIAL,
        binding=f"{read_cookie(COOKIE)}:{anchor}",
    )


def home() -> str:
    """Return where to go on to if nothing else was asked for."""
    if shown_for_letter() is not None:
        return url_for(".notice")
    return url_for(".account") if has_accounts() else url_for(".letters")
