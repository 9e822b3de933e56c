"""Takes out of a line of the log what must not be in it.

The kit's own lines name nobody: this is the second wall. Addresses, links, codes and keys have forms that are
known; names have none, so the words of foreign errors, which may quote a row or a form, are left out whole.
"""

import re
import traceback
from types import TracebackType

from lre_kit.errors import LreError

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Signed locators and tokens in paths: /r/…, /c/…, /verify/…, /confirm/…, /reset/…, /phone/…
    (re.compile(r"(/(?:r|c|verify|confirm|reset|phone)/)[A-Za-z0-9_.\-]{16,}"), r"\1[token]"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9_.~+/=\-]{8,}"), r"\1[token]"),
    (re.compile(r"\b(?:lre_|whsec_)[A-Za-z0-9_+/=.\-]{8,}"), "[key]"),
    (re.compile(r"(?<=://)[^/\s@]+@"), "[account]@"),
    (re.compile(r"[^\s@<>\"'(),;:=\[\]]+@[^\s@<>\"'(),;:=\[\]]+\.[^\s@<>\"'(),;:=\[\]]+"), "[address]"),
    # Signed values (itsdangerous): three parts between dots.
    (re.compile(r"\b[A-Za-z0-9_\-]{12,}\.[A-Za-z0-9_\-]{5,8}\.[A-Za-z0-9_\-]{20,}\b"), "[token]"),
    # Codes: four and four of a known alphabet; six or eight digits in a row.
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b"), "[code]"),
    (re.compile(r"(?<![\d.:T-])\b(?:\d{6}|\d{8})\b(?![.:-]?\d)"), "[code]"),
)


def redacted(text: str) -> str:
    """Return a text without addresses, tokens, keys and codes, on one line (ASVS 16.2.5, 16.4.1)."""
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return "".join(sign if sign.isprintable() else " " for sign in text)


def told(error: BaseException) -> str:
    """Return what may be said of an error: its class, and its words only where they are ours and safe."""
    kind = type(error).__name__
    return f"{kind} [{error.slug}]: {redacted(error.problem)}" if isinstance(error, LreError) else kind


def trace_of(error: BaseException, trace: TracebackType | None) -> list[str]:
    """Return where an error came from, one ``file:line function`` a frame, and what may be said of it.

    Neither values nor source lines, and not the words of foreign errors.
    """
    frames = [
        f"{frame.f_code.co_filename.rpartition('site-packages/')[2]}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    chain = [told(error)]
    seen, cause = {id(error)}, error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        chain.append(f"after {told(cause)}")
        cause = cause.__cause__ or cause.__context__
    return [*frames, *chain]
