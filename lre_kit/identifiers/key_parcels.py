"""Security keys that the office posts: a key from stock, and a letter with a code that takes it into use.

Any key answers like any other, so the key itself cannot show that it came by post. The code can: whoever
registers a key with it has opened the envelope at the confirmed address. The means is entered when the
order is made, and becomes active when its holder registers the key; it then rests on the proofing that
the order stands on.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from lre_kit.clock import Clock
from lre_kit.identifiers.challenges import refused
from lre_kit.identifiers.email_code import normalised
from lre_kit.identifiers.holding import is_on_its_way
from lre_kit.identifiers.identifier_values import Identifier, grouped
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.order_ports import Made
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.sheet_pdf import Letterhead, render_key
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Level
from lre_kit.letters.numbers import ALPHABET
from lre_kit.store.database import UnitOfWork

CODE_CHARS = 8
"""Characters of the code in the letter: 40 bits, in two groups of four."""

_TYPED_MAX = 64


class KeyParcels:
    """Makes the letters, and finds the means that a code belongs to; the maker of ordered keys."""

    def __init__(
        self,
        register: IdentifierRegister,
        *,
        clock: Clock,
        throttle: Throttle,
        letterhead: Callable[[str], Letterhead],
    ) -> None:
        """Prepare.

        Args:
            register: Where the means are entered.
            clock: The office's clock.
            throttle: Counts wrong codes.
            letterhead: Returns what a party's letter says besides the code.
        """
        self._register = register
        self._clock = clock
        self._throttle = throttle
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
        """Enter the means and return it with its letter; the post room encloses a key."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))
        made = self._register.issue(
            uow,
            party_id=party_id,
            kind=Kind(kind),
            label="",
            actor=actor,
            proofing_id=proofing_id,
            level=level,
            derogation=derogation,
            secret=code.encode(),
        )
        return Made(identifier_id=made.id, pdf=render_key(made, grouped(code), self._letterhead(party_id)))

    def waiting(self, party_id: str) -> Identifier | None:
        """Return the newest key on its way to a party that was not registered yet, if there is one."""
        now = self._clock()
        found = [each for each in self._register.of(party_id) if is_on_its_way(each, now)]
        return found[-1] if found else None

    def opened(self, party_id: str, typed: str) -> str:
        """Judge the code of a letter; return the id of the means that it takes into use.

        Args:
            party_id: Who typed it; only their own letter is looked at.
            typed: The code.

        Raises:
            IdentificationError: It is wrong, or no key is on its way.
            ThrottledError: Too many wrong ones came.
        """
        found = self.waiting(party_id)
        if found is None:
            raise refused()
        key = f"identifier:{found.id}"
        self._throttle.check(key)
        code = normalised(typed[:_TYPED_MAX])
        if not hmac.compare_digest(code.encode(), self._register.secret(found.id)):
            self._throttle.failed(key)
            raise refused()
        self._throttle.succeeded(key)
        return found.id
