"""Help: every article in both languages, safe Markdown, dates, overriding, and a search people can use."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import ConfigurationError
from lre_kit.help.articles import OWN, Articles, read_articles, render
from lre_kit.help.search import folded, search

DAY = date(2026, 11, 30)


def test_every_article_is_there_in_both_languages_with_the_same_place_and_reader() -> None:
    found = {(each.name, each.language): each for each in read_articles(OWN)}
    names = {name for name, _ in found}
    assert len(names) >= 18
    for name in names:
        french, english = found[name, "fr"], found[name, "en"]
        assert (french.order, french.audience) == (english.order, english.audience)
        assert french.text.count("\n## ") == english.text.count("\n## ")
        assert french.text.count("\n|") == english.text.count("\n|")


@pytest.mark.parametrize(
    ("language", "query", "first"),
    [
        ("fr", "puis-je lire depuis l'etranger", "from-abroad"),
        ("fr", "identifiant volé", "lost-identifier"),
        ("fr", "arnaque", "is-this-mail-genuine"),
        ("fr", "combien de jours pour répondre délai", "deadlines"),
        ("fr", "quel produit choisir", "which-product"),
        ("fr", "est-ce payant", "costs-nothing"),
        ("fr", "refuser", "refusing"),
        ("fr", "HANDICAP", "accessibility"),
        ("en", "lost my key", "lost-identifier"),
        ("en", "is it a scam", "is-this-mail-genuine"),
        ("en", "what do i need to open a letter", "open-a-letter"),
        ("en", "deadline weekend", "deadlines"),
        ("en", "traveling abroad", "from-abroad"),
        ("en", "verify proofs", "proofs"),
    ],
)
def test_people_find_what_they_ask_for(language: str, query: str, first: str) -> None:
    hits = search(Articles().listed(language, day=DAY), query)
    assert [hit.article.name for hit in hits][:1] == [first]
    assert hits[0].passage


ARTICLES = Articles().listed("fr", day=DAY)


@given(st.text(max_size=300))
def test_whatever_is_asked_gets_an_orderly_answer(query: str) -> None:
    hits = search(ARTICLES, query)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.article.name for hit in hits}) == len(hits)
    assert search(ARTICLES, folded(query)[:200]) == search(ARTICLES, folded(folded(query)[:200]))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hi)",
        "[x](JaVaScRiPt:alert(1))",
        "![x](https://evil.example/p.png)",
        "<img src=x onerror=alert(1)>",
        "[x](vbscript:x)",
        "# <b>x</b>",
        '[x](https://ok.example "t\\" onmouseover=\\"x")',
    ],
)
def test_no_markup_and_no_script_passes(text: str) -> None:
    made = render(text)
    for sign in (
        "<script",
        "<img",
        "<b>",
        'href="javascript',
        'href="data',
        'href="vbscript',
        '" onmouseover="',
    ):
        assert sign not in made.lower()


@given(st.text(max_size=200))
def test_only_known_tags_come_out(text: str) -> None:
    import re

    tags = set(re.findall(r"</?([a-z0-9]+)", render(text)))
    assert tags <= set(
        "p h2 h3 h4 h5 h6 ul ol li a strong em code pre blockquote hr br table thead tbody tr th td".split()
    )


def write(folder: Path, name: str, head: str, text: str = "Text.") -> None:
    (folder / name).write_text(f"+++\n{head}\n+++\n{text}\n", encoding="utf-8")


def test_an_operators_folder_stands_before_the_kits(tmp_path: Path) -> None:
    write(tmp_path, "deadlines.en.md", 'title = "Ours"\norder = 1')
    write(tmp_path, "refusing.en.md", 'title = "Away"', text=" ")
    write(tmp_path, "strike.en.md", 'title = "Strike"\nvalid_from = 2026-12-01\nvalid_until = 2026-12-05')
    (tmp_path / "notes.txt").write_text("left alone")
    articles = Articles(tmp_path)
    found = articles.get("deadlines", "en", day=DAY)
    assert found is not None
    assert found.title == "Ours"
    assert articles.get("refusing", "en", day=DAY) is None
    shows = [articles.get("strike", "en", day=date(2026, 12, day)) is not None for day in (1, 5, 6)]
    assert shows == [True, True, False]
    assert articles.get("strike", "en", day=DAY) is None


@pytest.mark.parametrize(
    "content",
    [
        "no head",
        "+++\ntitle = 3 =\n+++\nx",
        "+++\norder = 1\n+++\nx",
        '+++\ntitle = "x"\naudience = "cats"\n+++\nx',
        '+++\ntitle = "x"\nvalid_from = "soon"\n+++\nx',
        '+++\ntitle = "x"\ncolour = "red"\n+++\nx',
    ],
)
def test_an_article_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "broken.fr.md").write_text(content)
    with pytest.raises(ConfigurationError, match="broken"):
        Articles(tmp_path).listed("fr", day=DAY)


def test_a_french_sign_of_a_title_never_begins_a_line() -> None:
    """Its space is one that no browser breaks at; English has none to keep."""
    for one in Articles().listed("fr", day=date(2026, 11, 30)):
        assert not re.search(r" [?!:;»]|« ", one.title), one.title
