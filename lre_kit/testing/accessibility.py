"""What axe-core finds wrong with a page in a browser, by the rules of WCAG 2.2 A and AA.

axe-core (MPL-2.0) is not shipped: it is fetched for tests, and its text never leaves the test's browser.
"""

import functools
from typing import TYPE_CHECKING

from lre_kit.testing import npm

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = "axe-core@4.11.1"
"""What judges."""

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""The rules that are held: those of the norm, and axe's own advice on headings, landmarks and lists."""

_RUN = """async (tags) => {
  const found = await axe.run(document, {
    runOnly: {type: "tag", values: tags}, resultTypes: ["violations"],
  });
  return found.violations.flatMap((rule) => rule.nodes.map(
    (node) => `${rule.id}: ${node.html.slice(0, 160)} (${node.any.concat(node.all, node.none)
      .map((check) => check.message).join("; ").slice(0, 300)})`
  ));
}"""


@functools.cache
def _source() -> str:
    folder = npm.installed(PACKAGE)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def barriers(page: "Page") -> list[str]:
    """Return what keeps people from using a page as it stands, or nothing.

    Closed parts are opened first: what they hold is judged too.

    Raises:
        MissingServiceError: axe-core cannot be installed here.
    """
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, list(TAGS))
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("reflow: the page is wider than the screen (WCAG 1.4.10)")
    return found
