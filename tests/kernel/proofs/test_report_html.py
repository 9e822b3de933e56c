"""The report as a page: everything is said, nothing is markup, nothing is fetched."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.verifying.report_html import report_html


class Page(HTMLParser):
    """What a browser would see: tags, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "onerror"}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def report(reason: str = "as it should be") -> Report:
    made = Report(not_checked=["revocation"])
    made.passed("seal", "01-Deposit.json", reason)
    return made


@pytest.mark.parametrize(
    ("language", "answers"),
    [
        ("fr", ("Vérification réussie", "Échec de la vérification", "Vérification incomplète")),
        ("en", ("Verification passed", "Verification failed", "Verification indeterminate")),
    ],
)
def test_the_answer_comes_first_in_both_languages(language: str, answers: tuple[str, ...]) -> None:
    passed, failed, unclear = report(), report(), report()
    failed.failed("log", "x", "changed", "HASH_FAILURE")
    unclear.indeterminate("log", "x", "nobody is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
    for made, answer in zip((passed, failed, unclear), answers, strict=True):
        page = Page(report_html(made, "proof.pdf", language))
        text = " ".join(page.words)
        assert answer in text
        assert "revocation" in text
        assert "proof.pdf" in text
    assert "HASH_FAILURE" in report_html(failed, "x", language)
    assert failed.result is Result.FAILED


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_and_no_reason_is_markup(subject: str, reason: str) -> None:
    hostile = f"<script>alert(1)</script>{subject}<img src=x onerror=y>"
    page = Page(report_html(report(reason + hostile), hostile))
    assert "script" not in page.tags
    assert "img" not in page.tags
