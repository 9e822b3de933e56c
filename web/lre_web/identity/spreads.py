"""What was declared and what the title says, side by side, with how they compare. Pure."""

from dataclasses import dataclass

from lre_kit.parties.names import NameMatch
from lre_kit.parties.proofing_review_values import ReviewView


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One attribute.

    Attributes:
        name: Such as ``family_name``.
        declared: What the person said.
        read: What the zone of the title says.
        fit: ``same``, ``close``, ``unsure``, ``different``, ``unknown``; empty where a row before speaks
            for this one too.
        rows: How many rows `fit` speaks for.
    """

    name: str
    declared: str
    read: str
    fit: str = ""
    rows: int = 1

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"AttributeRow({self.name})"


def attribute_rows(view: ReviewView) -> list[AttributeRow]:
    """Return the attributes that were declared, each beside the title's; names compare as a whole."""
    declared, title = view.case.declared, view.title
    if declared is None:
        return []
    usage = [AttributeRow("usage_name", declared.usage_name, "")] if declared.usage_name else []
    born = declared.birth_date.isoformat() if declared.birth_date else ""
    rows = 2 + len(usage)
    return [
        AttributeRow(
            "family_name", declared.family_name, title.get("surname", ""), _names_fit(view), rows=rows
        ),
        *usage,
        AttributeRow("given_names", declared.given_names, title.get("given_names", "")),
        AttributeRow("birth_date", born, title.get("birth", ""), _birth_fit(view)),
    ]


def _names_fit(view: ReviewView) -> str:
    if not view.title:
        return "unknown"
    slugs = {flag.slug for flag in view.flags}
    fits = (match.value for match in NameMatch if f"names_{match.value}" in slugs)
    return next(fits, NameMatch.SAME.value)


def _birth_fit(view: ReviewView) -> str:
    slugs = {flag.slug for flag in view.flags}
    if not view.title or "birth_date_unknown" in slugs:
        return "unknown"
    return "different" if "birth_date_differs" in slugs else "same"
