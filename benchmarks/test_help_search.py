"""Searching the help, all articles of the kit twenty times over, as the page does for each question.

Floor: the same question's words looked for in the folded text of each article, by `str.count`: no
stems, no weights, no passages, and a loop in C.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from lre_kit.help.articles import Articles
from lre_kit.help.search import folded, search

QUESTIONS = ("comment refuser une lettre", "délai quinze jours", "identifiant perdu", "étranger")
COPIES = 20


def test_search_the_help(compare: Callable[..., object]) -> None:
    some = Articles().listed("fr", day=date(2026, 11, 24))
    articles = [replace(each, name=f"{each.name}-{copy}") for copy in range(COPIES) for each in some]
    texts = [folded(f"{each.title} {each.text}") for each in articles]
    assert search(articles, QUESTIONS[0])

    def bare() -> int:
        return sum(
            text.count(word) for question in QUESTIONS for word in folded(question).split() for text in texts
        )

    compare(
        f"search {len(articles)} articles of help",
        floor=bare,
        ours=lambda: [search(articles, question) for question in QUESTIONS],
        rounds=5,
        aim=0.05,
    )
