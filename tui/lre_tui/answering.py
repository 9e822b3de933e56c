"""Answering a request: a template is chosen, changed as needed, and sent."""

from functools import partial
from typing import Any

from lre_kit.operators.rules import Act
from lre_tui.choice_screen import NEW, ChoiceScreen
from lre_tui.manners import Manners


class Answering(Manners):
    """What the screen of requests does besides."""

    def action_answer(self) -> None:
        """Offer the templates for the chosen request."""
        line, words = self.chosen_line, self.sight.words
        if self.is_refused(Act.ANSWER_REQUEST):
            return
        if line is None:
            self.say(words["no_line"])
            return
        support = self.sight.office.support

        def look() -> Any:
            request = support.desk.show(line.id)
            spoken = request.info.language
            return request, [support.templates.get(name, spoken) for name in support.templates.names(spoken)]

        self.work(look, partial(self._choose_template, line.id), title=words["answer"])

    def _choose_template(self, request_id: str, found: Any) -> None:
        request, templates = found
        words, info = self.sight.words, request.info
        options = [(NEW, words["answer_new"]), *((one.name, one.name) for one in templates)]
        by_name = {one.name: one for one in templates}

        def chosen(answer: tuple[str, str] | None) -> None:
            if answer is None:
                return
            template = by_name.get(answer[1])
            text = template.filled(name=request.asking.name, reference=info.reference) if template else ""
            self._write(request_id, info.reference, text, template=template.name if template else "")

        self.app.push_screen(ChoiceScreen(f"{words['answer']} · {info.reference}", options, words), chosen)

    def _write(self, request_id: str, reference: str, text: str, *, template: str, wrong: str = "") -> None:
        from lre_tui.text_screen import TextScreen

        words = self.sight.words

        def written(typed: str | None) -> None:
            if typed is None:
                return
            desk = self.sight.office.operators.desk
            facts = {"text": typed, "template": template}
            job = partial(desk.act, self.session, Act.ANSWER_REQUEST, request_id, facts=facts)

            def again(why: str) -> None:
                self._write(request_id, reference, typed, template=template, wrong=why)

            then = partial(self._acted, act=Act.ANSWER_REQUEST, label=reference, subject=request_id)
            self.work(job, then, act=Act.ANSWER_REQUEST, again=again)

        title = f"{words['answer']} · {reference}"
        self.app.push_screen(TextScreen(title, text, words, wrong=wrong), written)
