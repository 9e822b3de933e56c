"""An office that identifies people by security keys, and people with keys: for tests, never for real use."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import AuthenticationRow
from lre_kit.identifiers.security_keys import SecurityKeys
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Factor
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.testing.authenticator import SoftwareAuthenticator
from lre_kit.testing.clock import MovedClock

RP_ID, ORIGIN = "post.example", "https://post.example"
"""The office's domain and its pages' origin."""

AAGUID = bytes(range(16))
"""A model of key."""

SESSION, ACT = "session-1", "accept:1"
"""Where and for what keys are used."""


@dataclass(frozen=True)
class Owner:
    """Somebody with keys."""

    id: str
    name: str


ADA, BOB = Owner(new_id(), "Ada Lovelace"), Owner(new_id(), "Bob Byron")
"""Two people."""


class Desk:
    """An office's identification by security key, and one person with a key before it."""

    def __init__(self, database: Database, vault: Vault, **settings: Any) -> None:
        """Stand on a database; settings go to `SecurityKeys`."""
        self.clock = MovedClock()
        self.database = database
        self.register = IdentifierRegister(database, clock=self.clock, vault=vault)
        self.keys = SecurityKeys(
            database,
            clock=self.clock,
            register=self.register,
            challenges=Challenges(database, clock=self.clock),
            throttle=Throttle(database, clock=self.clock, pepper=b"p" * 32),
            rp_id=RP_ID,
            rp_name="Example Post",
            origin=ORIGIN,
            **settings,
        )

    def enrol(self, device: SoftwareAuthenticator, owner: Owner = ADA, **told: Any) -> Identifier:
        """Register a key that the device makes."""
        asked = self.keys.begin_registration(owner, binding=SESSION)
        answer = device.create(asked.options)
        told = {"label": "My key", "binding": SESSION} | told
        return self.keys.complete_registration(asked.challenge_id, answer, **told)

    def use(self, device: SoftwareAuthenticator, owner: Owner = ADA, *, rp_id: str | None = None) -> Factor:
        """Identify by a key of the device."""
        asked = self.keys.begin(owner.id, purpose=ACT, binding=SESSION)
        answer = device.get(asked.options, rp_id=rp_id)
        return self.keys.complete(asked.challenge_id, answer, purpose=ACT, binding=SESSION)

    def authentications(self) -> int:
        """Return how many factors were recorded."""
        with self.database.read() as connection:
            return len(connection.execute(select(table_of(AuthenticationRow))).all())
