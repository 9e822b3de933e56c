"""Searching articles: words without accents, weighed by where they stand and how rare they are.

Pure: articles and a query go in, hits come out. A word of the query matches words that begin with it from
three letters on, so that "lettres" finds "lettre" by its stem and "iden" finds "identifiant". Weights:
title 6, keywords 5, headings 3, text 1 (with less gain for each repetition).
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lre_kit.help.articles import Article

QUERY_MAX_CHARS = 200
"""Longest query that is looked at."""

WORDS_MAX = 12
"""Words of a query that are looked at."""

SHOWN_CHARS = 180
"""Length of the passage shown with a hit."""

_WEIGHTS = {"title": 6.0, "keywords": 5.0, "headings": 3.0, "text": 1.0}
_WORD = re.compile(r"[a-z0-9]+")
_MARKS = re.compile(r"[*_`#>|\[\]]+|\]\([^)]*\)")
_COMMON = frozenset(
    "le la les un une des de du d l et ou a au aux en je tu il on ce c est sont mon ma mes que qui quoi me ne"
    " pas pour par sur avec the an of to in for and or is are my i it do does can how what with be".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article that was found."""

    article: Article
    score: float
    passage: str
    """The sentence that fits best, as plain text."""


def folded(text: str) -> str:
    """Return a text in small letters without accents; ligatures are opened."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def stemmed(word: str) -> str:
    """Return a word without the usual endings of French and English plurals and verbs."""
    for ending in (
        "ements",
        "ement",
        "ations",
        "ation",
        "ings",
        "ing",
        "ees",
        "es",
        "ed",
        "ee",
        "er",
        "s",
        "x",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def search(articles: Sequence[Article], query: str, *, limit: int = 20) -> Sequence[Hit]:
    """Return the articles that a query finds, the best first."""
    wanted = _wanted(query)
    if not wanted:
        return []
    indexed = [(article, _fields(article)) for article in articles]
    found = []
    for article, fields in indexed:
        score = 0.0
        for word in wanted:
            met = _met(word, fields)
            if met:
                holders = sum(1 for _, others in indexed if _met(word, others))
                score += met * math.log(1 + len(indexed) / holders)
        if score:
            # Whoever typed three words wants an article about all three.
            matched = sum(1 for word in wanted if _met(word, fields))
            found.append(
                Hit(article=article, score=score * matched / len(wanted), passage=_passage(article, wanted))
            )
    return sorted(found, key=lambda hit: (-hit.score, hit.article.order, hit.article.name))[:limit]


def _wanted(query: str) -> Sequence[str]:
    words = _WORD.findall(folded(query[:QUERY_MAX_CHARS]))
    telling = [word for word in words if word not in _COMMON] or words
    return list(dict.fromkeys(stemmed(word) for word in telling))[:WORDS_MAX]


def _fields(article: Article) -> Mapping[str, Counter[str]]:
    headings = "\n".join(line for line in article.text.splitlines() if line.startswith("#"))
    parts = {"title": article.title, "keywords": article.keywords, "headings": headings, "text": article.text}
    return {name: Counter(map(stemmed, _WORD.findall(folded(text)))) for name, text in parts.items()}


def _met(word: str, fields: Mapping[str, Counter[str]]) -> float:
    total = 0.0
    for name, counted in fields.items():
        times = counted.get(word, 0)
        if not times and len(word) >= 3:
            times = 0.5 * sum(count for other, count in counted.items() if other.startswith(word))  # type: ignore[assignment]
        if times:
            total += _WEIGHTS[name] * times / (times + 1.2)
    return total


def _passage(article: Article, wanted: Iterable[str]) -> str:
    plain = " ".join(
        _MARKS.sub("", line).strip(" -") for line in article.text.splitlines() if not line.startswith("#")
    )
    sentences = [each for each in re.split(r"(?<=[.!?;:])\s+", " ".join(plain.split())) if each]
    words = set(wanted)

    def fits(sentence: str) -> int:
        return len(words & set(map(stemmed, _WORD.findall(folded(sentence)))))

    best = max(sentences, key=fits, default="")
    return best if len(best) <= SHOWN_CHARS else f"{best[: SHOWN_CHARS - 1].rsplit(' ', 1)[0]}…"
