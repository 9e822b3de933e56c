"""The paper leg in forms: what is typed of it, and what pages show."""

from collections.abc import Mapping

from lre_kit.errors import InputError
from lre_kit.law.choosing import Needs, caution
from lre_kit.law.optimal import CHOICE_DAYS, CHOICE_DAYS_MAX, CHOICE_DAYS_MIN, ELECTRONIC_KINDS
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Claim, Product, parse_product
from lre_kit.letters.paper import ON_PAPER, PaperWish
from lre_kit.letters.phases import CAME_BACK, Phase
from lre_kit.letters.values import Letter
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.countries import COUNTRIES
from lre_kit.postroom.printing import can_print
from lre_web.mounting import mounted
from lre_web.words.post import post_words

LINES_READ = 12
"""Lines of a typed address that are looked at."""


def offered_on_paper() -> tuple[Product, ...]:
    """Return the products that go by post, if this office can send them."""
    return (Product.HYBRID, Product.OPTIMAL) if mounted().office.post.is_open and can_print() else ()


def typed_address(typed: Mapping[str, str]) -> PostalAddress | None:
    """Return the postal address somebody typed; nothing if there is none."""
    lines = tuple(line.strip() for line in typed.get("postal", "").splitlines()[:LINES_READ] if line.strip())
    return PostalAddress(lines=lines, country=typed.get("country") or "FR") if lines else None


def typed_wish(typed: Mapping[str, str]) -> PaperWish:
    """Return how somebody wants a letter printed, and the time to choose.

    Raises:
        InputError: The days are no number, or the kind is none.
    """
    days = typed.get("choice_days", "").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 4):
        words = post_words()
        problem = f"{words['choice_days']}: {days[:20]}"
        hint = words["choice_days_hint"].format(first=CHOICE_DAYS_MIN, last=CHOICE_DAYS_MAX)
        raise InputError(f"{problem}.", mend=hint)
    return PaperWish(
        options=PrintOptions(colour="colour" in typed, duplex="duplex" in typed),
        electronic=parse_product(typed.get("electronic") or Product.SIMPLE.value),
        choice_days=int(days) if days else None,
    )


def expect_fitting(product: Product, claim: Claim, typed: Mapping[str, str]) -> None:
    """Refuse once a kind that cannot do what the sender said it must; who knows it may go on.

    Raises:
        InputError: It says why, and what else to choose.
    """
    found = caution(product, claim, Needs(equivalence=typed.get("needs") == "yes"))
    if found is not None and "understood" not in typed:
        words = post_words()
        raise InputError(words[f"caution_{found.value}"], mend=words["caution_mend"])


def form_values() -> dict[str, object]:
    """Return what the deposit form shows of the paper leg."""
    return {
        "p": post_words(),
        "on_paper": offered_on_paper(),
        "countries": COUNTRIES,
        "choice": {"default": CHOICE_DAYS, "first": CHOICE_DAYS_MIN, "last": CHOICE_DAYS_MAX},
        "electronic_kinds": [kind.value for kind in ELECTRONIC_KINDS],
    }


def letter_values(letter: Letter) -> dict[str, object]:
    """Return what a letter's page shows of the paper leg."""
    is_paper = letter.product in ON_PAPER
    return {
        "p": post_words(),
        "legs": mounted().office.post.legs(letter.id) if is_paper else [],
        "came_back": letter.phase in CAME_BACK,
        "is_choosing": letter.phase is Phase.CHOOSING,
        "countries": COUNTRIES,
    }
