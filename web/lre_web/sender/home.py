"""The sender's home: what needs attention, the list with its search, filters and views, the export."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import PARIS
from lre_kit.csv_tables import csv_line
from lre_kit.errors import InputError
from lre_kit.law.consents import ConsentState
from lre_kit.law.products import Product, product_name
from lre_kit.letters.finding import COUNT_MAX, GROUPS, Found, Look
from lre_kit.letters.phases import Phase
from lre_kit.letters.reading import not_found
from lre_kit.letters.values import LetterSummary
from lre_kit.letters.word_streams import Cursor
from lre_kit.parties.persons import Party
from lre_web.mounting import mounted
from lre_web.sender.in_name_of import me, names_read_by, read_names
from lre_web.sender.owning import current_actor
from lre_web.texts import language
from lre_web.words.home import home_texts
from lre_web.words.prepared import prepared_texts

PAGE = 25
"""Letters on one page of the list."""

CLOSING = timedelta(days=3)
"""How soon a window closes that the home page warns of."""

MEANS_END = timedelta(days=30)
"""How soon a means ends that the home page warns of."""

EXPORT_MAX = 10_000
"""Letters in one export."""

_FILTERS = ("q", "in", "state", "product", "since", "until", "of")
_TABS = ("", "attention", "under_way", "finished", "closing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page's address asks for.

    Attributes:
        ref: Whose letters.
        house: The organisation, if not one's own letters.
        tab: One of the tabs; empty for all.
        look: What is looked for.
        typed: What was typed, as it is shown again.
        is_wrong_date: A date was typed that is none.
    """

    ref: str
    house: str
    tab: str
    look: Look
    typed: Mapping[str, str]
    is_wrong_date: bool

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab narrows the list."""
        return any(self.typed.get(name) for name in ("q", "state", "product", "since", "until"))


def add_pages(blueprint: Blueprint) -> None:
    """Add the list and what belongs to it."""
    blueprint.add_url_rule("/", "letters", _letters)
    blueprint.add_url_rule("/letters.csv", "letters_export", _export)
    blueprint.add_url_rule("/views", "view_keep", _keep_view, methods=["POST"])
    blueprint.add_url_rule("/views/<view_id>/drop", "view_drop", _drop_view, methods=["POST"])


def _letters() -> str:
    return home_page()


def home_page(error: InputError | None = None) -> str:
    """Return the home page, with what went wrong with an act on its list."""
    asked, office = _asked(), mounted().office
    before = _cursor(request.args.get("before", ""))
    now = office.clock()
    if asked.tab == "closing":
        found = Found(letters=office.finding.closing(asked.ref, until=now + CLOSING))
    else:
        found = office.finding.page(asked.ref, asked.look, limit=PAGE, before=before)
    counts = office.finding.counts(asked.ref, closing_until=now + CLOSING)
    person, words = me(), home_texts()
    houses = names_read_by(person)
    made = render_template(
        "lre/letters.html",
        home=words,
        asked=asked,
        found=found,
        letters=found.letters,
        more=_address(asked, before=_written(found.more)) if found.more else "",
        newest=_address(asked) if before else "",
        looked_to=found.more[0] if found.more and len(found.letters) < PAGE else None,
        tabs=[
            (
                _address(asked, **{"in": tab or None}, keep=("q", "of")),
                words[tab or "all"],
                asked.tab == tab,
                _count(counts, tab),
            )
            for tab in _TABS
            if tab != "closing" or asked.tab == tab
        ],
        tiles=[]
        if asked.is_narrowed or asked.tab or before or asked.house
        else _tiles(asked.ref, counts, person, now),
        houses=houses,
        phases=sorted(
            _phases(asked.tab), key=lambda phase: phase.french if language() == "fr" else phase.english
        ),
        products={
            product.value: product_name(product, office.intake.claim(product), language())
            for product in Product
        },
        views=office.shelf.views(current_actor().ref),
        view=urlencode([(name, asked.typed[name]) for name in _FILTERS if asked.typed.get(name)]),
        export=_export_address(asked),
        export_max=EXPORT_MAX,
        tray=prepared_texts()["prepared"] if houses and _has_tray() else "",
        done=_done(words),
        error=error,
    )
    return str(made)


def _has_tray() -> bool:
    from lre_web.sender.prepared import has_tray  # it knows the sender's module

    return has_tray()


def _done(words: Mapping[str, str]) -> str:
    done, left = request.args.get("done", ""), request.args.get("left", "")
    if not (done.isdecimal() and left.isdecimal() and len(done + left) < 9):
        return ""
    return words["taken_back"].format(done=int(done), left=int(left))


def _asked() -> Asked:
    """Read the page's address.

    Raises:
        NotFoundError: It names an organisation whose letters are not the person's to read.
    """
    typed = {name: request.args.get(name, "").strip()[:200] for name in _FILTERS}
    ref, house = current_actor().ref, typed["of"]
    if house:
        if house not in read_names():
            raise not_found()
        ref = house
    tab = typed["in"] if typed["in"] in _TABS else ""
    state, kind = typed["state"], typed["product"]
    phases = frozenset({Phase(state)}) if state in set(Phase) else GROUPS.get(tab, frozenset())
    since, until = _day(typed["since"]), _day(typed["until"])
    look = Look(
        text=typed["q"],
        phases=phases,
        product=Product(kind) if kind in set(Product) else None,
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )
    wrong = bool(typed["since"] and not since) or bool(typed["until"] and not until)
    return Asked(ref=ref, house=house, tab=tab, look=look, typed=typed, is_wrong_date=wrong)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1900 < found.year < 9000 else None


def _midnight(day: date) -> datetime:
    """Return when a day begins in legal time."""
    return datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)


def _phases(tab: str) -> frozenset[Phase]:
    return GROUPS.get(tab) or frozenset(Phase)


def _export_address(asked: Asked) -> str:
    values: dict[str, Any] = {name: text for name, text in asked.typed.items() if text}
    return url_for(".letters_export", **values)


def _list(**values: Any) -> str:
    return url_for(".letters", **values)


def _address(asked: Asked, keep: tuple[str, ...] = _FILTERS, **changes: str | None) -> str:
    return _list(**({name: asked.typed[name] or None for name in keep} | changes))


def _count(counts: Mapping[str, int], tab: str) -> str | None:
    if tab not in counts:
        return None
    return f"{counts[tab]}+" if counts[tab] >= COUNT_MAX else str(counts[tab])


def _cursor(text: str) -> Cursor | None:
    seconds, _, letter_id = text.partition("~")
    try:
        return (datetime.fromtimestamp(float(seconds), UTC), letter_id) if letter_id else None
    except (ValueError, OverflowError, OSError):
        return None


def _written(cursor: Cursor | None) -> str | None:
    return f"{cursor[0].timestamp():.6f}~{cursor[1]}" if cursor else None


def _tiles(
    ref: str, counts: Mapping[str, int], person: Party | None, now: datetime
) -> list[tuple[str, str, str, str]]:
    """Return what needs the sender: kind, count, words, address; nothing where all is well."""
    office, words = mounted().office, home_texts()
    asked = office.consents.register.counts(ref).get(ConsentState.ASKED, 0)
    found = [
        ("danger", counts["attention"], "attention", _list(**{"in": "attention"})),
        ("", counts["closing"], "closing", _list(**{"in": "closing"})),
        ("", asked, "consents", url_for(".consents")),
    ]
    if person is not None:
        signed_for = office.people.authorities.to_sign(person.id)
        waiting = sum(len(office.preparing.tray.waiting(house.id)) for house in signed_for)
        found.append(("", waiting, "prepared", url_for(".prepared")))
        if f"{request.blueprint}.profile_means" in current_app.view_functions:
            means = office.people.register.of(person.id)
            ending = sum(
                one.state == "active" and not one.is_over(now) and one.is_over(now + MEANS_END)
                for one in means
            )
            found.append(("", ending, "means", url_for(".profile_means")))
    return [
        (kind, f"{count}+" if count >= COUNT_MAX else str(count), words[f"tile_{name}"], url)
        for kind, count, name, url in found
        if count
    ]


# --- export and views -----------------------------------------------------------------------------


def _export() -> Response:
    asked, office, lang = _asked(), mounted().office, language()
    if asked.tab == "closing":
        found: Iterator[LetterSummary] = iter(
            office.finding.closing(asked.ref, until=office.clock() + CLOSING)
        )
    else:
        found = office.finding.each(asked.ref, asked.look, most=EXPORT_MAX)
    heads = [
        "number",
        "recipient",
        "subject",
        "reference",
        "product",
        "state",
        "state_text",
        "deposited_at",
        "window_closes_at",
    ]
    response = Response(_lines(heads, found, lang), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=letters.csv"
    return response


def _lines(heads: list[str], letters: Iterator[LetterSummary], lang: str) -> Iterator[bytes]:
    # Spreadsheets take a file without this mark for one in the machine's own code page.
    yield b"\xef\xbb\xbf" + csv_line(heads).encode()
    for one in letters:
        closes = (
            one.window_closes_at.astimezone(PARIS).isoformat(timespec="seconds")
            if one.window_closes_at
            else ""
        )
        cells = [
            one.number,
            one.recipient_name,
            one.subject,
            one.reference,
            one.product.value,
            one.phase.value,
            one.phase.french if lang == "fr" else one.phase.english,
            one.deposited_at.astimezone(PARIS).isoformat(timespec="seconds"),
            closes,
        ]
        yield csv_line(cells).encode()


def _keep_view() -> BaseResponse | tuple[str, int]:
    query = request.form.get("query", "")
    try:
        mounted().office.shelf.keep_view(current_actor().ref, name=request.form.get("name", ""), query=query)
    except InputError as error:
        return home_page(error), error.status
    return redirect(f"{url_for('.letters')}?{query}", 303)


def _drop_view(view_id: str) -> BaseResponse:
    mounted().office.shelf.drop_view(current_actor().ref, view_id)
    return redirect(url_for(".letters"), 303)
