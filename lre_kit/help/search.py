"""Searching articles: words without accents, weighed by where they stand and how rare they are.

Pure: articles and a query go in, hits come out. A word of the query matches words that begin with it from
three letters on, so that "lettres" finds "lettre" by its stem and "iden" finds "identifiant". Weights:
title 6, keywords 5, headings 3, text 1 (with less gain for each repetition).
"""

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile

from lre_kit.help.articles import Article

QUERY_MAX_CHARS = 200
"""Longest query that is looked at."""

WORDS_MAX = 12
"""Words of a query that are looked at."""

FIELDS_KEPT = 2000
"""Articles whose words are kept ready, so that a question reads none of them anew."""

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
    fields = [_fields(article) for article in articles]
    met = [[_met(word, each) for word in wanted] for each in fields]
    holders = [sum(1 for each in column if each) for column in zip(*met, strict=True)]
    rare = [math.log(1 + len(articles) / count) if count else 0.0 for count in holders]
    scored = []
    for article, weights in zip(articles, met, strict=True):
        score = sum(weight * each for weight, each in zip(weights, rare, strict=True))
        if score:
            # Whoever typed three words wants an article about all three.
            matched = sum(1 for weight in weights if weight)
            scored.append((score * matched / len(wanted), article))
    best = sorted(scored, key=lambda each: (-each[0], each[1].order, each[1].name))[:limit]
    return [Hit(article=article, score=score, passage=_passage(article, wanted)) for score, article in best]


def _wanted(query: str) -> Sequence[str]:
    words = _WORD.findall(folded(query[:QUERY_MAX_CHARS]))
    telling = [word for word in words if word not in _COMMON] or words
    return list(dict.fromkeys(stemmed(word) for word in telling))[:WORDS_MAX]


@lru_cache(maxsize=FIELDS_KEPT)
def _fields(article: Article) -> Mapping[str, tuple[Counter[str], Sequence[str]]]:
    """Return the words of each part of an article, counted, and in order."""
    headings = "\n".join(line for line in article.text.splitlines() if line.startswith("#"))
    parts = {"title": article.title, "keywords": article.keywords, "headings": headings, "text": article.text}
    counts = {name: Counter(map(stemmed, _WORD.findall(folded(text)))) for name, text in parts.items()}
    return {name: (counted, sorted(counted)) for name, counted in counts.items()}


def _met(word: str, fields: Mapping[str, tuple[Counter[str], Sequence[str]]]) -> float:
    total = 0.0
    for name, (counted, ordered) in fields.items():
        times: float = counted.get(word, 0)
        if not times and len(word) >= 3:
            begin = bisect_left(ordered, word)
            longer = takewhile(lambda other: other.startswith(word), islice(ordered, begin, None))
            times = 0.5 * sum(counted[other] for other in longer)
        if times:
            total += _WEIGHTS[name] * times / (times + 1.2)
    return total


def _passage(article: Article, wanted: Iterable[str]) -> str:
    words = set(wanted)
    best, _ = max(_sentences(article), key=lambda each: len(words & each[1]), default=("", frozenset()))
    return best if len(best) <= SHOWN_CHARS else f"{best[: SHOWN_CHARS - 1].rsplit(' ', 1)[0]}…"


@lru_cache(maxsize=FIELDS_KEPT)
def _sentences(article: Article) -> Sequence[tuple[str, frozenset[str]]]:
    """Return the sentences of an article's text, each with its words."""
    plain = " ".join(
        _MARKS.sub("", line).strip(" -") for line in article.text.splitlines() if not line.startswith("#")
    )
    sentences = [each for each in re.split(r"(?<=[.!?;:])\s+", " ".join(plain.split())) if each]
    return [(each, frozenset(map(stemmed, _WORD.findall(folded(each))))) for each in sentences]
