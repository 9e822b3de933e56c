"""Regimes: the rules in force, derogations and suspensions, with their dates and their texts."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from lre_kit.clock import PARIS
from lre_kit.law.derogations import Derogation, Suspension
from lre_kit.law.products import Product
from lre_kit.law.regimes import STANDING, Regime
from lre_kit.law.requirements import Role, for_role
from lre_kit.operators import adopting
from lre_kit.operators.rules import View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, Piece, Sight, fitting, instant, told, window_of
from lre_tui.texts import number_text

Rule = Regime | Derogation | Suspension


def _rules(sight: Sight) -> list[tuple[str, Rule]]:
    policy = sight.office.people.policy
    found: list[tuple[str, Rule]] = [("regime", one) for one in STANDING]
    found += [("derogation", one) for one in policy.derogations]
    return found + [("suspension", one) for one in policy.suspensions]


def _days(rule: Rule) -> tuple[date, date | None]:
    if isinstance(rule, Regime):
        return rule.valid_from, rule.valid_until
    return rule.period.valid_from, rule.period.valid_until


def _state(sight: Sight, rule: Rule) -> str:
    now = sight.office.clock()
    begins, _ = _days(rule)
    if rule.in_force(now):
        return "in_force"
    return "to_come" if begins > now.astimezone(PARIS).date() else "over"


def _lines(sight: Sight, text: str) -> list[Line]:
    return fitting([_line(sight, kind, rule) for kind, rule in _rules(sight)], text)


def _line(sight: Sight, kind: str, rule: Rule) -> Line:
    (begins, ends), state = _days(rule), _state(sight, rule)
    cells = {
        "rule": rule.id,
        "rule_kind": sight.words[f"rule_{kind}"],
        "rule_state": sight.words[f"rule_{state}"],
        "begins": f"{begins}",
        "ends": f"{ends}" if ends else "–",
    }
    return Line(rule.id, rule.id, cells, Tone.PLAIN if state == "in_force" else Tone.OVER)


def _story(sight: Sight, rule_id: str) -> Iterator[Piece]:
    words = sight.words
    kind, rule = next(pair for pair in _rules(sight) if pair[1].id == rule_id)
    yield (f"{rule.id}\n", "bold $accent")
    yield from told(words["col_rule_kind"], words[f"rule_{kind}"])
    yield from told(words["col_rule_state"], words[f"rule_{_state(sight, rule)}"])
    if isinstance(rule, Suspension):
        yield f"{inert(rule.message.in_language(sight.language))}\n"
        yield from told(words["col_kind"], inert(", ".join(sorted(rule.kinds))))
        return
    yield from told(words["reference"], inert(rule.reference))
    if isinstance(rule, Derogation):
        yield f"{inert(rule.title.in_language(sight.language))}\n"
        if rule.approved_by:
            yield from told(words["approved_by"], inert(rule.approved_by))
        if rule.note:
            yield from told(words["note"], inert(rule.note))
        yield from _campaign(sight, rule)
    yield from _required(sight)


def _campaign(sight: Sight, rule: Derogation) -> Iterator[Piece]:
    """Tell what is left to do for a derogation: means that live by it, people without an address."""
    from lre_kit.identifiers.simulation import endings

    office, words = sight.office, sight.words
    found = endings(
        office.database, office.people.policy, now=office.clock(), at=rule.ends_at,
        addresses=office.people.addresses,
    )  # fmt: skip
    mine = next((one for one in found if one.derogation == rule.id), None)
    if mine is None or not mine.serials:
        return
    yield (f"\n{words['campaign']}\n", "bold")
    yield from told(words["campaign_means"], number_text(len(mine.serials), sight.language))
    yield from told(words["campaign_people"], number_text(mine.parties, sight.language))
    if mine.without_address:
        yield from told(words["campaign_no_address"], number_text(mine.without_address, sight.language))
    yield f"{words['campaign_how'].format(name=rule.id)}\n"


def simulated_told(sight: Sight, draft: str, *, at: datetime) -> Iterator[Piece]:
    """Tell what a draft would bring up to an instant."""
    words, office = sight.words, sight.office
    found = adopting.simulated(office, draft, at=at)
    yield (f"{words['simulated_up_to'].format(day=instant(at))}\n", "bold $accent")
    for head, ids in (("rules_added", found.added), ("rules_removed", found.removed)):
        yield from told(words[head], inert(", ".join(ids)) or "–")
    for ending in found.endings:
        yield from told(
            words["rule_ends"].format(name=inert(ending.derogation), day=instant(ending.ends_at)),
            number_text(len(ending.serials), sight.language),
        )
    for change in found.changes:
        before, after = (one.level.value if one.level else "–" for one in (change.before, change.after))
        role = sight.word(f"role_{change.role.value}")
        yield (f"{change.product.value}, {role}: {before} → {after}\n", "$text-warning")
    if not found.changes:
        yield f"{words['no_changes']}\n"


def _required(sight: Sight) -> Iterator[Piece]:
    """Tell what is required today, by product and role."""
    words, now = sight.words, sight.office.clock()
    yield (f"\n{words['required_today']}\n", "bold")
    for product in Product:
        for role in Role:
            found = for_role(product, role, now, derogations=sight.office.people.policy)
            level = found.level.value if found.level else "–"
            eased = f" ({found.derogation})" if found.derogation else ""
            yield f"  {product.value}, {sight.word('role_' + role.value)}: {level}{eased}\n"


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return window_of(_lines(sight, text), before, limit)


REGIMES = Panel(
    view=View.REGIMES,
    key="e",
    columns=(
        Column("rule", 20, is_flexible=True),
        Column("rule_kind", 14),
        Column("rule_state", 12),
        Column("begins", 10, gives_way=2),
        Column("ends", 10, gives_way=1),
    ),
    page=_page,
    count=lambda sight, text: len(_lines(sight, text)),
    story=_story,
)
