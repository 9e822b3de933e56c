"""An office's desk for electronic identities, in tests: accepts who is called Ada Lovelace."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.eid import ElectronicIdentities
from lre_kit.identifiers.eid_providers import EidProvider, EidProviders
from lre_kit.identifiers.eid_values import EidAttributes, EidRefusedError, EidResult
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.law.assurance import Level
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

SESSION, ACT = "session-1", "accept:1"
REDIRECT = "https://post.example/lre/eid/back"
GOODBYE = "https://post.example/lre/"


class EidDesk:
    """The service with its register; `ada` and `bob` are parties."""

    def __init__(self, database: Database, *providers: EidProvider, clock: Clock, **changed: Any) -> None:
        """Open it on a database with the office's tables."""
        self.database = database
        self.ada, self.bob = new_id(), new_id()
        self.register = IdentifierRegister(database, clock=clock, vault=Vault(bytes(range(32)), "kek"))
        told: dict[str, Any] = {
            "clock": clock,
            "register": self.register,
            "challenges": Challenges(database, clock=clock),
            "providers": EidProviders(providers),
            "redirect_uri": REDIRECT,
            "after_logout": GOODBYE,
            "key": b"k" * 32,
            "fits": lambda _, told: is_ada(told),
        }
        self.identities = ElectronicIdentities(database, **(told | changed))

    def begin(
        self,
        *,
        slug: str = "test",
        party_id: str | None = None,
        binding: str = SESSION,
        level: Level | None = None,
    ) -> str:
        """Open a question for an act."""
        return self.identities.begin(slug, party_id=party_id, purpose=ACT, binding=binding, level=level)

    def identify(
        self, visit: Callable[[str], Mapping[str, str]], *, binding: str = SESSION, **asked: Any
    ) -> EidResult:
        """Send a browser there and back."""
        party_for = asked.pop("party_for", None)
        found = visit(self.begin(binding=binding, **asked))
        return self.identities.complete(found, binding=binding, party_for=party_for)

    def refused(self, act: Callable[[], object]) -> str:
        """Return why an act is refused; nothing if it is not."""
        try:
            act()
        except EidRefusedError as error:
            return error.reason.value
        return ""

    def change(self, identifier_id: str, act: str) -> None:
        """Move a means by an act."""
        with self.database.write() as uow:
            self.register.change(uow, identifier_id, act, actor={"role": "provider"}, reason="test")
            uow.commit()

    def count(self, row: type[AuthenticationRow] | type[IdentifierRow]) -> int:
        """Return how many rows a table has."""
        with self.database.read() as connection:
            return len(connection.execute(select(table_of(row))).all())


def is_ada(told: EidAttributes) -> bool:
    """Tell whether attributes are Ada's."""
    return (told.given_names, told.family_name) == ("Ada", "Lovelace")


def asked_in(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
