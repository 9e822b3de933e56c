"""The verifier page: one HTML file that checks evidence in a browser, without a network.

Its scripts lie beside this module as plain ES modules, written to be read. Here they are put into
one file with the style and, if wished, the provider's trust anchors. The file's own policy lets
nothing run but that very script, and nothing connect anywhere.
"""

import base64
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Literal

from lre_kit.errors import InputError
from lre_kit.proofs.verifying.verify import Anchors

LANGUAGES = ("fr", "en")
"""Languages the page may begin in; it knows both."""

_MODULES = (
    "bytes", "der", "certificates", "token", "log", "exhibit", "renewal", "verifier", "words", "page",
)  # fmt: skip
_IMPORT = re.compile(r"^import [^;]*? from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async |function |const |class )", re.MULTILINE)
_ANCHOR_FILES = {"seal": "seal-ca*.pem", "timestamp": "tsa-ca*.pem", "log": "*.vkey"}
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'none'; img-src 'none'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


def verifier_html(anchors_folder: Path | None, language: Literal["fr", "en"]) -> bytes:
    """Return the verifier page; the same arguments give the same bytes.

    Args:
        anchors_folder: Folder of trust anchors to put into the page (``seal-ca*.pem``, ``tsa-ca*.pem``,
            ``*.vkey``), or nothing: then whoever uses the page must bring them.
        language: Language the page begins in.

    Returns:
        HTML in UTF-8, with no reference to anything outside itself.

    Raises:
        ConfigurationError: An anchor cannot be read, or the folder holds none.
        InputError: A language other than these.
    """
    if language not in LANGUAGES:
        msg = f"The verifier page does not speak “{language}”."
        raise InputError(msg, mend="Choose fr or en.")
    script = "\n" + "\n".join(_module(name) for name in _MODULES)
    style = _part("style.css")
    page = _part("page.html").replace('<html lang="en">', f'<html lang="{language}">')
    policy = _POLICY.format(script=_source(script), style=_source(style))
    for name, text in {
        "policy": policy,
        "style": style,
        "anchors": _data_block(_anchors(anchors_folder)),
        "script": script,
    }.items():
        before, after = page.split(f"@{name}@")
        page = before + text + after
    return page.encode()


def _part(name: str) -> str:
    return (files("lre_kit.proofs.verifying") / "verifier_page" / name).read_text("utf-8")


def _module(name: str) -> str:
    """Return a module without its imports and exports: in one script, all share one scope."""
    text = _EXPORT.sub("", _IMPORT.sub("", _part(f"{name}.js")))
    # An HTML reader ends a script at the first of these, wherever it stands.
    if re.search(r"</script|<!--|^(im|ex)port ", text, re.IGNORECASE | re.MULTILINE):
        msg = f"{name}.js cannot stand within a page"
        raise AssertionError(msg)
    return text


def _source(text: str) -> str:
    """Return a text's name in a content security policy (CSP Level 3 §2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _anchors(folder: Path | None) -> dict[str, list[str]]:
    if folder is None:
        return {}
    Anchors.load(folder)
    return {
        kind: [path.read_text("utf-8") for path in sorted(folder.glob(pattern))]
        for kind, pattern in _ANCHOR_FILES.items()
    }


def _data_block(value: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    return json.dumps(value, sort_keys=True).replace("<", "\\u003c")
