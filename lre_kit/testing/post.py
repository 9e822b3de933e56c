"""Letters on paper for tests: depositing them, and bringing them to the carrier."""

from io import BytesIO
from typing import Any

from lre_kit.law.paper import PrintOptions
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.values import Recipient
from lre_kit.postroom.items import batches
from lre_kit.postroom.values import BatchState, PostBatch, PostItem
from lre_kit.testing.office import deposit_sample
from lre_kit.testing.printable import printable_pdf

ADDRESS = PostalAddress(lines=("M JEAN DUPONT", "12 RUE DES LILAS", "75002 PARIS"))
ON_PAPER = Recipient(name="Jean Dupont", email="jean.dupont@example.net", postal=ADDRESS)


def deposit_on_paper(office: PostOffice, **changes: Any) -> Letter:
    """Deposit a small hybrid letter; any argument of `desk.deposit` may be replaced."""
    arguments: dict[str, Any] = {
        "product": "hybrid",
        "recipient": ON_PAPER,
        "documents": [Upload(name="letter.pdf", stream=BytesIO(printable_pdf(2)))],
        "paper": PaperWish(options=PrintOptions(duplex=True)),
        "identified": None,
    }
    return deposit_sample(office, **(arguments | changes))


def open_batch(office: PostOffice) -> PostBatch:
    """Return the batch that takes letters now."""
    return next(batch for batch in batches(office.database) if batch.state is BatchState.OPEN)


def posted(office: PostOffice, letter: Letter) -> PostItem:
    """Bring a deposited letter to the carrier, and return its newest posting."""
    office.run_until_idle()
    office.post.batches.close(open_batch(office).number)
    office.run_until_idle()
    return office.post.legs(letter.id)[-1].item
