"""What makes an office a sandbox, and what follows from it when it is opened.

The mark stands in the database and never goes: proofs made under a moved clock must not come from an office
that sends real letters, before or after. An office that has placed anything in its log, or holds a letter
or a consent, can never become one.
"""

from sqlalchemy import func, insert, select

from lre_kit.clock import Clock
from lre_kit.consents.rows import ConsentRow
from lre_kit.errors import UnlawfulActError
from lre_kit.letters.rows import LetterRow
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.sandbox.clock import DAY_S
from lre_kit.sandbox.rows import SandboxRow
from lre_kit.sandbox.scripts import DOMAIN
from lre_kit.settings import Settings
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

POLICY = "urn:lre-kit:policy:sandbox"
"""Policy under which a sandbox makes evidence: whoever reads a proof sees what it is."""

MARK = " (sandbox)"
"""What follows the provider's name, in every notice, proof and evidence record."""

_SANDBOX = table_of(SandboxRow)


class NotEmptyError(UnlawfulActError):
    """An office that holds letters, consents or evidence can never become a sandbox."""

    slug = "sandbox-not-empty"


def is_sandbox(database: Database) -> bool:
    """Tell whether a database is that of a sandbox."""
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(_SANDBOX)) == 1


def begin(database: Database, *, clock: Clock) -> bool:
    """Make an empty office a sandbox for ever; return whether it was none before.

    Raises:
        NotEmptyError: It holds something real.
    """
    with database.write() as uow:
        uow.serialise("sandbox clock")
        if uow.execute(select(_SANDBOX.c.id)).first() is not None:
            return False
        for row in (LetterRow, ConsentRow, EvidenceRow):
            if uow.execute(select(table_of(row).c.id).limit(1)).first() is not None:
                msg = "This office holds letters, consents or evidence."
                raise NotEmptyError(
                    msg, mend="Prepare another office, in a folder and a database of its own."
                )
        now = clock()
        values = {"id": 1, "began_at": now, "machine_at": now, "office_at": now, "day_lasts_s": DAY_S}
        uow.execute(insert(_SANDBOX).values(values))
        uow.commit()
    return True


def marked(settings: Settings) -> Settings:
    """Return the settings that a sandbox goes by: it says what it is, and reaches nobody outside.

    Mail is caught, whatever server is configured; no text message and no paper leaves; seal and time stamp
    claim nothing; no authority and no witness is asked to vouch for a moved clock.
    """
    return settings.model_copy(
        update={
            "provider_name": f"{settings.provider_name.removesuffix(MARK)}{MARK}",
            "provider_policy": POLICY,
            "seal_trust_reference": None,
            "timestamp_trust_reference": None,
            "tsa_url": None,
            "tsa_file": None,
            "log_witnesses": None,
            "sms_url": None,
            "imap_host": None,
            "post_provider": "spool" if settings.post_provider != "off" else "off",
            "post_tracking_url": None,
            "mail_return_address": settings.mail_return_address or f"reports@{DOMAIN}",
        }
    )
