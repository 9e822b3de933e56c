"""Derogations (dérogations) and suspensions: rules that hold for some days only, kept as data.

A derogation eases what a regime asks, between two legal days, by a decision that is named. When it
ends, it has ended: an office that has once seen a later day never uses it again, whatever its clock
says afterwards.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lre_kit.errors import ConfigurationError
from lre_kit.law.assurance import Level
from lre_kit.law.periods import Period, Words, checked_rule_id
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ProofingMethod


class Page(StrEnum):
    """A page that says publicly what is different for now."""

    ORDER = "order"
    DEPOSIT = "deposit"
    IDENTIFY = "identify"


class Delivery(StrEnum):
    """How an identification means reaches its holder (Reg. 2015/1502 §2.2.2)."""

    POST = "post"
    """On paper, to the confirmed address."""
    LETTER = "letter"
    """As a document of a registered letter of this office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a derogation makes different while it holds.

    Args:
        products: Products it is about.
        sender_level: Level that suffices for senders; none leaves the regime's.
        sender_proofing_level: Level of proofing that suffices for senders; none leaves the regime's.
        sender_proofing_methods: Methods accepted for senders besides the regime's.
        deliveries: Ways of delivery allowed besides the post.
        suspended_kinds: Kinds of identification means that cannot be ordered meanwhile.
    """

    products: frozenset[Product] = frozenset({Product.QUALIFIED})
    sender_level: Level | None = None
    sender_proofing_level: Level | None = None
    sender_proofing_methods: frozenset[ProofingMethod] = frozenset()
    deliveries: frozenset[Delivery] = frozenset()
    suspended_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Derogation:
    """A dated easing of the requirements, with the decision behind it.

    Args:
        id: Stands in evidence and beside every identification means issued under it.
        reference: The text of the decision.
        period: Its legal days.
        title: Its name for people.
        notice: What pages announce meanwhile.
        changes: What it makes different.
        pages: Pages that announce it.
        approved_by: Who decided, in the office, to apply it.
        note: Remark for operators, such as what is not verified.
    """

    id: str
    reference: str
    period: Period
    title: Words
    notice: Words
    changes: Changes
    pages: frozenset[Page] = frozenset(Page)
    approved_by: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse an id that cannot be kept, and a derogation from nothing in particular."""
        checked_rule_id(self.id)
        if not self.reference.strip():
            msg = f"The derogation {self.id} names no decision."
            raise ConfigurationError(msg, mend="Give its reference: a derogation without a text is none.")

    @property
    def valid_from(self) -> date:
        """First legal day."""
        return self.period.valid_from

    @property
    def valid_until(self) -> date:
        """Last legal day, included."""
        return self.period.valid_until

    @property
    def ends_at(self) -> datetime:
        """First instant at which it no longer holds."""
        return self.period.ends_at

    def in_force(self, at: datetime, *, not_after_seen: datetime | None = None) -> bool:
        """Tell whether it holds at an instant; see `Period.holds`."""
        return self.period.holds(at, not_after_seen=not_after_seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Kinds of identification means that cannot be ordered for some days, and what is said of it.

    Args:
        id: Name for operators.
        kinds: Kinds suspended.
        period: Legal days.
        message: Public message, shown where the kind would be ordered.
    """

    id: str
    kinds: frozenset[str]
    period: Period
    message: Words

    def __post_init__(self) -> None:
        """Refuse an id that cannot be kept, and a suspension of nothing."""
        checked_rule_id(self.id)
        if not self.kinds:
            msg = f"The suspension {self.id} names no kind."
            raise ConfigurationError(msg, mend="List what cannot be ordered under kinds.")

    def in_force(self, at: datetime) -> bool:
        """Tell whether it holds at an instant."""
        return self.period.holds(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a page says of a derogation or a suspension while it holds."""

    id: str
    title: Words | None
    words: Words
    until: date
    """Last day, included."""


COVID_2020 = Derogation(
    id="FR-2020-COVID",
    reference="ANSSI, waiver of physical presence during the health emergency of 2020",
    period=Period(valid_from=date(2020, 3, 17), valid_until=date(2020, 9, 30)),
    title=Words(
        fr="Dérogation liée à l'urgence sanitaire de 2020",
        en="Derogation for the health emergency of 2020",
    ),
    notice=Words(
        fr=(
            "Pendant l'urgence sanitaire, l'identité des expéditeurs peut être vérifiée à distance et "
            "les codes papier sont remis en pièce jointe d'une lettre recommandée. Les clés de "
            "sécurité ne peuvent pas être commandées. Les moyens délivrés ainsi seront remplacés "
            "gratuitement à la fin de la dérogation."
        ),
        en=(
            "During the health emergency senders can be identified remotely, and paper codes are "
            "delivered as an attachment of a registered letter. Security keys cannot be ordered. "
            "Means issued in this way will be replaced free of charge when the derogation ends."
        ),
    ),
    changes=Changes(
        sender_level=Level.SUBSTANTIAL,
        sender_proofing_level=Level.SUBSTANTIAL,
        sender_proofing_methods=frozenset({ProofingMethod.REMOTE_VISUAL}),
        deliveries=frozenset({Delivery.LETTER}),
        suspended_kinds=frozenset({"security_key"}),
    ),
    note="dates unverified: no text with the exact days was found; set them in a file of the same id",
)
"""The derogation of 2020 for senders of qualified letters. Its dates are configurable, because unverified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The derogations and suspensions an office knows.

    Args:
        derogations: With ids that differ.
        suspensions: With ids that differ.
    """

    derogations: tuple[Derogation, ...] = (COVID_2020,)
    suspensions: tuple[Suspension, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two of the same id."""
        for found in (self.derogations, self.suspensions):
            ids = [one.id for one in found]
            if twice := {name for name in ids if ids.count(name) > 1}:
                msg = f"The id {min(twice)} is given twice."
                raise ConfigurationError(msg, mend="Give every derogation and suspension its own id.")

    def by_id(self, derogation_id: str) -> Derogation | None:
        """Return the derogation of an id, if the office knows it."""
        return next((one for one in self.derogations if one.id == derogation_id), None)

    def in_force(
        self, at: datetime, *, product: Product | None = None, not_after_seen: datetime | None = None
    ) -> tuple[Derogation, ...]:
        """Return the derogations that hold at an instant, the one that began last at the end.

        Args:
            at: The instant.
            product: Only those about this product; by default all.
            not_after_seen: Latest instant the office ever saw.
        """
        found = [
            one
            for one in self.derogations
            if one.in_force(at, not_after_seen=not_after_seen)
            and (product is None or product in one.changes.products)
        ]
        return tuple(sorted(found, key=lambda one: (one.valid_from, one.id)))

    def suspended(self, kind: str, at: datetime, *, not_after_seen: datetime | None = None) -> Words | None:
        """Return the public message if a kind of means cannot be ordered at an instant, else nothing."""
        for suspension in self.suspensions:
            if kind in suspension.kinds and suspension.in_force(at):
                return suspension.message
        for derogation in self.in_force(at, not_after_seen=not_after_seen):
            if kind in derogation.changes.suspended_kinds:
                return derogation.notice
        return None

    def deliveries(self, at: datetime, *, not_after_seen: datetime | None = None) -> frozenset[Delivery]:
        """Return the ways in which means may be delivered at an instant; the post always is one."""
        found = self.in_force(at, not_after_seen=not_after_seen)
        return frozenset({Delivery.POST}).union(*(one.changes.deliveries for one in found))

    def announcements(
        self, at: datetime, pages: Collection[Page], *, not_after_seen: datetime | None = None
    ) -> list[Announcement]:
        """Return what pages have to say; suspensions touch the pages where means are ordered."""
        found = [
            Announcement(id=one.id, title=one.title, words=one.notice, until=one.valid_until)
            for one in self.in_force(at, not_after_seen=not_after_seen)
            if one.pages & set(pages)
        ]
        touched = {Page.ORDER, Page.IDENTIFY} & set(pages)
        return found + [
            Announcement(id=one.id, title=None, words=one.message, until=one.period.valid_until)
            for one in self.suspensions
            if touched and one.in_force(at)
        ]


SHIPPED = Policy()
"""What ships with the kit."""
