"""A verification's report as one HTML page, to file or print: no script, no outside request."""

from collections.abc import Mapping
from html import escape

from lre_kit.proofs.report import Check, Report
from lre_kit.proofs.verifying.report_words import check_name, reason_text

_WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Rapport de vérification",
        "answer_passed": "Vérification réussie",
        "answer_failed": "Échec de la vérification",
        "answer_indeterminate": "Vérification incomplète",
        "passed": "réussi",
        "failed": "échec",
        "indeterminate": "indéterminé",
        "result": "Résultat",
        "check": "Contrôle",
        "subject": "Objet",
        "reason": "Motif",
        "not_checked": "Ce qui n'a pas été contrôlé",
        "of": "Objet : {subject}",
        "at": "Vérifié le {at:%Y-%m-%d à %H:%M:%S} (UTC), avec les ancres de confiance fournies.",
    },
    "en": {
        "title": "Verification report",
        "answer_passed": "Verification passed",
        "answer_failed": "Verification failed",
        "answer_indeterminate": "Verification indeterminate",
        "passed": "passed",
        "failed": "failed",
        "indeterminate": "indeterminate",
        "result": "Result",
        "check": "Check",
        "subject": "Of",
        "reason": "Reason",
        "not_checked": "What was not checked",
        "of": "Object: {subject}",
        "at": "Verified on {at:%Y-%m-%d at %H:%M:%S} (UTC), with the trust anchors given.",
    },
}

_COLUMNS = ("result", "check", "subject", "reason")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; --ink: #14344f; --quiet: #4a5763; --line: #d5dbe1; --page: #fff;
  --text: #1b2733; --passed: #0b6b3a; --failed: #a3151f; --indeterminate: #8a5a00 }
@media (prefers-color-scheme: dark) { :root { --ink: #bcd8f0; --quiet: #a9b6c2; --line: #3a4752;
  --page: #11181f; --text: #e8edf2; --passed: #6fd39b; --failed: #ff9a9f; --indeterminate: #f0c36a } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { color: var(--ink); font-size: 1.6rem; margin: 0 0 .3rem }
h2 { color: var(--ink); font-size: 1.1rem }
p, th, code { color: var(--quiet) }
.answer { font-size: 1.2rem; font-weight: 600; border-left: .4rem solid; padding: .6rem 1rem; margin: 1rem 0 }
.passed { color: var(--passed) }
.failed { color: var(--failed) }
.indeterminate { color: var(--indeterminate) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem .45rem 0;
  border-top: 1px solid var(--line); overflow-wrap: anywhere }
td:first-child { font-weight: 600; white-space: nowrap }
td:nth-child(2) { overflow-wrap: normal }
code { font-size: .85em }
@media (max-width: 40rem) { table, tbody, tr, td { display: block } thead { display: none }
  tr { border-top: 1px solid var(--line); padding: .4rem 0 } td { border: 0; padding: .1rem 0 } }
@media print { body { margin: 0; max-width: none } }
"""


def report_html(report: Report, subject: str, language: str = "fr") -> str:
    """Return the report as a whole HTML page.

    Args:
        report: What was found.
        subject: What was verified, as its user knows it.
        language: ``fr`` or ``en``.
    """
    words = _WORDS[language]
    title, answer = words["title"], words[f"answer_{report.result.value}"]
    rows = "".join(_row(check, words, language) for check in report.checks)
    heads = "".join(f'<th scope="col">{column}</th>' for column in (words[c] for c in _COLUMNS))
    left = "".join(f"<li>{escape(reason_text(line, language))}</li>" for line in report.not_checked)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} – {answer}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1><p>{escape(words['of'].format(subject=subject))}<br>"
        f"{escape(words['at'].format(at=report.at))}</p>"
        f'<div class="answer {report.result.value}">{answer}</div>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>{words['not_checked']}</h2><ul>{left}</ul></main></body></html>\n"
    )


def _row(check: Check, words: Mapping[str, str], language: str) -> str:
    code = f" <code>{escape(check.sub_indication)}</code>" if check.sub_indication else ""
    return (
        f'<tr><td class="{check.result.value}">{words[check.result.value]}</td>'
        f"<td>{escape(check_name(check.name, language))}</td><td>{escape(check.subject)}</td>"
        f"<td>{escape(reason_text(check.reason, language))}{code}</td></tr>"
    )
