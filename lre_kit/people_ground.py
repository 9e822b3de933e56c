"""What the services about people stand on: parts of the office, and the few acts on letters they need."""

from collections.abc import Callable
from dataclasses import dataclass

from lre_kit.carriers.mail import Courier
from lre_kit.carriers.notices import MailIdentity
from lre_kit.clock import Clock
from lre_kit.identifiers.identified import Identified
from lre_kit.identifiers.links import Links
from lre_kit.law.regimes import Requirements
from lre_kit.letters.values import Letter
from lre_kit.parties.values import Recipient, Sender
from lre_kit.settings import Settings
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the services stand on: the office's own parts."""

    settings: Settings
    database: Database
    clock: Clock
    blobs: BlobStore
    vault: Vault
    pepper: bytes
    courier: Courier
    links: Links
    mail: MailIdentity
    deposit: Callable[..., Letter]
    """Takes a letter's deposit (`Desk.deposit`)."""
    consent: Callable[[Sender, Recipient, str], None]
    """Records a consent that an order holds (`ConsentByOrder`)."""
    confirm: Callable[[str, Identified], object]
    """Confirms the identification that an acceptance waits for (`Desk.confirm_identification`)."""
    requirements_of: Callable[[str], Requirements]
    """Returns what was frozen into a letter."""
    recipient_of: Callable[[str], Recipient]
    """Returns to whom a letter is addressed."""
    letter_by_number: Callable[..., Letter]
    """Returns a letter by its number and its sender (`Reading.letter`)."""
