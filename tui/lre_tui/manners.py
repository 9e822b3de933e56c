"""What every list lets one do: keep filters, act on all of it, take it away as text or file."""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.widgets import Input

from lre_kit.clock import PARIS
from lre_kit.errors import InputError
from lre_kit.operators.bulk_values import Bulk, Frozen
from lre_kit.operators.desk import Acted
from lre_kit.operators.rules import IN_BULK, RULES, Act, View, may
from lre_tui.act_screen import ActScreen, Confirmed, Question
from lre_tui.acting import Acting
from lre_tui.choice_screen import NEW, ChoiceScreen
from lre_tui.lines import Line
from lre_tui.listing import PAGE
from lre_tui.panel import linked
from lre_tui.texts import number_text

EXPORT_MAX = 100_000
"""Most lines in an export."""

_ASKS = {Act.POSTPONE_DUTY: ("until",)}
DIGEST_SHOWN = 16
"""Digits of a digest that are shown to compare."""


class ExportError(InputError):
    """The file could not be written; nothing is left of it."""

    slug = "export-failed"


class Manners(Acting):
    """What a screen with a list can do with the list."""

    _filter: str
    _field: Input

    # --- filters ----------------------------------------------------------------------------------

    def action_filters(self) -> None:
        """Offer the filters that are kept for this screen."""
        kept = self.sight.office.operators.filters
        self.work(
            partial(kept.of, self.session, self.panel.view),
            self._choose_filter,
            title=self.sight.words["filters"],
        )

    def _choose_filter(self, found: Any) -> None:
        words = self.sight.words
        texts = {one.name: one.text for one in found}
        options = [(one.name, f"{one.name}  –  {one.text}") for one in found]
        if self._filter and not self.is_read_only:
            options.append((NEW, words["keep_filter"].format(text=self._filter)))
        if not options:
            self.say(words["no_filters"])
            return

        def chosen(answer: tuple[str, str] | None) -> None:
            if answer is None:
                return
            step, name = answer
            if step == "drop":
                self._drop_filter(name)
            elif name == NEW:
                self._keep_filter()
            else:
                self.filter_by(texts[name])

        screen = ChoiceScreen(words["filters"], options, words, may_drop=not self.is_read_only)
        self.app.push_screen(screen, chosen)

    def _drop_filter(self, name: str) -> None:
        kept = self.sight.office.operators.filters
        words = self.sight.words
        self.work(
            partial(kept.drop, self.session, self.panel.view, name),
            lambda _: self.say(words["filter_dropped"].format(name=name)),
            title=words["filters"],
        )

    def _keep_filter(self) -> None:
        words, text = self.sight.words, self._filter
        question = Question(
            title=words["filters"], about=text, consequence=words["does_keep_filter"], asks=("filter_name",),
            asks_reason=False,
        )  # fmt: skip

        def keep(confirmed: Confirmed | None) -> None:
            if confirmed is None:
                return
            name = confirmed.facts["filter_name"]
            kept = self.sight.office.operators.filters
            job = partial(kept.keep, self.session, self.panel.view, name=name, text=text)
            self.work(job, lambda _: self.say(words["filter_kept"].format(name=name)), title=words["filters"])

        self.app.push_screen(ActScreen(question, words), keep)

    def filter_by(self, text: str) -> None:
        """Put a filter on."""
        self._field.add_class("shown")
        self._field.value = text

    # --- many at once -----------------------------------------------------------------------------

    def action_bulk(self) -> None:
        """Offer what can be done to all lines that fit."""
        words, roles = self.sight.words, self.session.roles
        acts = [act for act, view in IN_BULK.items() if view == self.panel.view.value and may(roles, act)]
        if self.is_read_only:
            self.say(words["is_read_only"])
        elif not acts:
            self.say(words["no_bulk"])
        else:
            options = [(act.value, self.sight.called(RULES[act]).capitalize()) for act in acts]
            title = words["bulk_title"].format(filter=self._filter or words["bulk_all"])
            self.app.push_screen(ChoiceScreen(title, options, words), self._freeze)

    def _freeze(self, answer: tuple[str, str] | None) -> None:
        if answer is not None:
            act = Act(answer[1])
            bulk = self.sight.office.operators.bulk
            job = partial(bulk.freeze, self.session, act, text=self._filter)
            self.work(job, self._confirm_many, act=act)

    def _confirm_many(self, frozen: Frozen, wrong: str = "", typed: Confirmed | None = None) -> None:
        words = self.sight.words
        count = number_text(frozen.count, self.sight.language)
        note = words["bulk_note"].format(count=count, digest=frozen.digest[:DIGEST_SHOWN])
        asks = (*_ASKS.get(frozen.act, ()), "count")
        asked = self.question(frozen.act, f"{count} ×", asks=asks, note=note)
        kept = {**typed.facts, "reason": typed.reason} if typed is not None else {}
        question = Question(
            title=asked.title, about=asked.about, consequence=asked.consequence, note=asked.note, asks=asks,
            asks_reason=asked.asks_reason, typed=kept, wrong=wrong,
        )  # fmt: skip

        def start(confirmed: Confirmed | None) -> None:
            if confirmed is None:
                return
            facts = dict(confirmed.facts)
            bulk = self.sight.office.operators.bulk
            job = partial(
                bulk.start, self.session, frozen, typed_count=facts.pop("count"), reason=confirmed.reason,
                facts=facts,
            )  # fmt: skip
            again = partial(self._again_many, frozen, confirmed)
            self.work(job, self._started, act=frozen.act, again=again)

        self.app.push_screen(ActScreen(question, words), start)

    def _again_many(self, frozen: Frozen, confirmed: Confirmed, wrong: str) -> None:
        self._confirm_many(frozen, wrong, confirmed)

    def _started(self, bulk: Bulk) -> None:
        words = self.sight.words
        self.say(
            words[f"bulk_said_{bulk.state.value}"].format(count=number_text(bulk.count, self.sight.language))
        )
        self.app.go(View.BULK)

    # --- taking it away -----------------------------------------------------------------------------

    def action_copy_story(self) -> None:
        """Copy all that is told of the chosen line."""
        text = self.story_text
        if text:
            self.app.copy_to_clipboard(text)
            self.say(self.sight.words["copied_story"])

    @property
    def story_text(self) -> str:
        """What is told of the chosen line."""
        raise NotImplementedError

    def action_export(self) -> None:
        """Ask where the list goes as a file."""
        words = self.sight.words
        if self.is_read_only:
            self.say(words["is_read_only"])
            return
        now = self.sight.office.clock().astimezone(PARIS)
        name = f"lre-{self.panel.view.value}-{now:%Y%m%d-%H%M%S}.csv"
        asked = self.question(Act.EXPORT, words[f"view_{self.panel.view.value}"])
        asks = () if self.app.is_web else ("file",)
        question = Question(
            title=asked.title, about=asked.about, consequence=asked.consequence, asks=asks,
            typed={"file": str(Path.home() / name)},
        )  # fmt: skip
        self._ask_export(question, name)

    def _ask_export(self, question: Question, name: str) -> None:
        def confirmed(typed: Confirmed | None) -> None:
            if typed is not None:
                self._export(typed, question, name=name)

        self.app.push_screen(ActScreen(question, self.sight.words), confirmed)

    def _export(self, confirmed: Confirmed, question: Question, *, name: str) -> None:
        kept = {**confirmed.facts, "reason": confirmed.reason}

        def again(wrong: str) -> None:
            self._ask_export(replace(question, typed=kept, wrong=wrong), name)

        path = None if self.app.is_web else Path(confirmed.facts["file"]).expanduser()
        text, session, desk = self._filter, self.session, self.sight.office.operators.desk
        as_json = path is not None and path.suffix == ".json"
        content = io.StringIO()

        def job() -> tuple[Path | None, int]:
            lines = list(self._all_lines(text))
            _write(content, lines, as_json=as_json)
            whole = content.getvalue().encode()
            facts = {
                "write": partial(_put, path, whole), "count": len(lines),
                "digest": hashlib.sha256(whole).hexdigest(),
            }  # fmt: skip
            acted: Acted = desk.act(
                session, Act.EXPORT, self.panel.view.value, reason=confirmed.reason, facts=facts
            )
            return acted.answer, len(lines)

        self.work(job, partial(self._exported, name=name, content=content), act=Act.EXPORT, again=again)

    def _all_lines(self, text: str) -> Iterator[Line]:
        before, done = None, 0
        total = min(self.panel.count(self.sight, text), EXPORT_MAX)
        while done < EXPORT_MAX:
            page = self.panel.page(self.sight, text, before, PAGE)
            yield from page
            done += len(page)
            self.progress(min(done, total), max(total, done))
            if len(page) < PAGE:
                return
            before = page[-1].cursor

    def _exported(self, made: tuple[Path | None, int], *, name: str, content: io.StringIO) -> None:
        path, count = made
        words = self.sight.words
        told = words["exported"].format(count=number_text(count, self.sight.language))
        if path is None:
            content.seek(0)
            self.app.deliver_text(content, save_filename=name, open_method="download")
            self.say(told)
            return
        self.report(words["export"], [f"{told}\n", linked(path), "\n"])


def _write(stream: io.StringIO, lines: list[Line], *, as_json: bool) -> None:
    if as_json:
        json.dump([{"id": line.id, **line.cells} for line in lines], stream, ensure_ascii=False, indent=1)
        return
    names = ["id", *(lines[0].cells if lines else ())]
    writer = csv.writer(stream)
    writer.writerow(names)
    for line in lines:
        cells = (line.cells.get(name, "") for name in names[1:])
        writer.writerow([line.id, *map(_harmless, cells)])


def _harmless(cell: str) -> str:
    """Keep spreadsheets from reading a cell as a formula (CWE-1236)."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _put(path: Path | None, content: bytes) -> Path | None:
    if path is None:
        return None
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except OSError as error:
        msg = f"The file {path} cannot be written: {error.strerror}."
        raise ExportError(
            msg, mend="Name a file that is not there yet, in a folder you may write to."
        ) from error
    return path
