"""A throwaway office in a folder: real keys, real tables, real proofs; mail stays in memory."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from lre_kit.clock import Clock, now
from lre_kit.consents.values import Answerer, ConsentInfo, ConsentRequest
from lre_kit.errors import UnlawfulActError
from lre_kit.identifiers.email_code import MEANS
from lre_kit.identifiers.identified import Identified, SenderIdentified
from lre_kit.law.assurance import Category, Level, Means
from lre_kit.law.products import Product, parse_product
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient, Sender
from lre_kit.sandbox.marking import begin
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.tables import lay_tables

SENDER = Sender(ref="host-user-1", name="Hélène Faÿ", email="helene.fay@example.org")
RECIPIENT = Recipient(name="Jean Dupont", email="jean.dupont@example.net")

SMALL_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
"""The smallest thing the desk takes for a PDF."""


def throwaway_office(
    folder: Path,
    *,
    clock: Clock = now,
    courier: MemoryCourier | None = None,
    sandbox: bool = False,
    **settings: Any,
) -> PostOffice:
    """Prepare and open an office below `folder`; its `courier` is a `MemoryCourier`, a sandbox's its own.

    Example:
        >>> with throwaway_office(tmp_path) as office:                   # doctest: +SKIP
        ...     letter = deposit_sample(office)
    """
    made = Settings.model_validate({"home": folder, "base_url": "https://notices.example"} | settings)
    lay_tables(made.database)
    for _ in prepare(made, clock=clock):
        pass
    if sandbox:
        with PostOffice.open(made, clock=clock) as plain:
            begin(plain.database, clock=clock)
    return PostOffice.open(made, clock=clock, courier=courier or MemoryCourier())


def record_consent(
    office: PostOffice, recipient: Recipient = RECIPIENT, sender: Sender = SENDER
) -> ConsentInfo:
    """Let a recipient consent to a sender, as if they had answered with a code by e-mail."""
    request = ConsentRequest(name=recipient.name, email=recipient.email)
    try:
        asked = office.consents.desk.ask(sender, request)
    except UnlawfulActError:
        [held] = [c for c in office.consents.register.about([recipient.email]) if c.sender_ref == sender.ref]
        return held
    answerer = Answerer(consent_id=asked.id, means=MEANS, at=office.clock())
    return office.consents.desk.give(answerer)


def deposit_sample(office: PostOffice, **changes: Any) -> Letter:
    """Deposit a small letter; any argument of `desk.deposit` may be replaced.

    Where the product asks for the recipient's consent, they give it first.
    """
    arguments: dict[str, Any] = {
        "sender": SENDER,
        "recipient": RECIPIENT,
        "product": "simple",
        "subject": "Résiliation de bail",
        "documents": [Upload(name="letter.pdf", stream=BytesIO(SMALL_PDF))],
        "identified": sender_identified(office),
    }
    arguments |= changes
    if parse_product(arguments["product"]) is Product.QUALIFIED:
        record_consent(office, arguments["recipient"], arguments["sender"])
    return office.desk.deposit(**arguments)


def sender_identified(office: PostOffice) -> SenderIdentified:
    """Return a sender identified just now, as the strongest product asks: met in person, two factors."""
    return SenderIdentified(
        party_id=SENDER.ref,
        means=f"{Means.PASSWORD} + {Means.SECURITY_KEY}",
        level=Level.SUBSTANTIAL,
        categories=(Category.KNOWLEDGE, Category.POSSESSION),
        at=office.clock(),
        proofing_method=ProofingMethod.FACE_TO_FACE,
    )


def identify(office: PostOffice, letter: Letter) -> Identified:
    """Identify as the recipient by a real e-mailed code, read from the office's memory courier."""
    office.identification.send_code(letter.id)
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    found = re.search(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", courier.text_of(), re.MULTILINE)
    assert found is not None
    return office.identification.check_code(letter.id, found.group())
