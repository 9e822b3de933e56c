"""Making ordered means: the identifier is entered and its sheet printed in the order's own transaction."""

from collections.abc import Callable, Mapping
from typing import Any

from lre_kit.errors import InputError
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.one_time_passwords import OneTimePasswords
from lre_kit.identifiers.order_ports import Made
from lre_kit.identifiers.paper_codes import PaperCodes
from lre_kit.identifiers.sheet_pdf import Letterhead, render_codes, render_seed
from lre_kit.law.assurance import Level
from lre_kit.store.database import UnitOfWork


class SheetMaker:
    """Makes paper codes and secrets on paper; it is the maker of both kinds for orders."""

    def __init__(
        self,
        *,
        codes: PaperCodes,
        passwords: OneTimePasswords,
        letterhead: Callable[[str], Letterhead],
    ) -> None:
        """Prepare.

        Args:
            codes: Makes sheets of codes.
            passwords: Makes secrets.
            letterhead: Returns what a party's sheet says besides its secrets: name, address, language.
        """
        self._codes = codes
        self._passwords = passwords
        self._letterhead = letterhead

    def __call__(
        self,
        uow: UnitOfWork,
        *,
        party_id: str,
        kind: str,
        proofing_id: str | None,
        level: Level | None,
        derogation: str | None,
        actor: Mapping[str, Any],
    ) -> Made:
        """Issue the identifier and return it with its sheet.

        Args:
            uow: Transaction of the order.
            party_id: The holder.
            kind: ``paper_codes`` or ``paper_seed``.
            proofing_id: Identity proofing that it rests on.
            level: Level of that proofing.
            derogation: Id of the derogation it is made under.
            actor: Who makes it.

        Raises:
            InputError: The kind is not printed, or the address cannot be.
        """
        head = self._letterhead(party_id)
        told: dict[str, Any] = {
            "actor": actor,
            "proofing_id": proofing_id,
            "level": level,
            "derogation": derogation,
        }
        if kind == Kind.PAPER_CODES:
            sheet = self._codes.make_sheet(uow, party_id, **told)
            return Made(identifier_id=sheet.identifier.id, pdf=render_codes(sheet, head))
        if kind == Kind.PAPER_SEED:
            seed = self._passwords.make_seed(uow, party_id, **told)
            return Made(identifier_id=seed.identifier.id, pdf=render_seed(seed, head))
        msg = "Only paper codes and secrets on paper are printed."
        raise InputError(msg, mend="Order one of these, or enrol the other means online.")
