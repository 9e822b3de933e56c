"""A recipient who follows a link, fills in forms and keeps cookies, over real HTTP."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

TIMEOUT_S = 20
"""Longest wait for a page, in seconds."""


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes and what it holds."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method", "get").lower() == "post":
            self.forms.append(Form(action=values.get("action", "")))
            self._inside = True
        elif tag == "input" and self._inside and values.get("name"):
            self.forms[-1].fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Recipient:
    """Opens pages and sends their forms, as a person with a browser without scripts does."""

    def __init__(self) -> None:
        """Start with no cookie and no page."""
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))
        self.url = ""
        self.page = ""

    def open(self, url: str) -> None:
        """Follow a link (GET)."""
        self._go(Request(urljoin(self.url, url)))  # noqa: S310 - only our own server's addresses

    def send(self, action_end: str, **typed: str) -> None:
        """Fill in and send the page's form whose action ends with `action_end`.

        Raises:
            LookupError: The page has no such form.
        """
        reader = _Forms()
        reader.feed(self.page)
        for form in reader.forms:
            target = urljoin(self.url, form.action)
            if target.endswith(action_end):
                body = urlencode(form.fields | typed).encode()
                headers = {"Origin": "/".join(target.split("/", 3)[:3])}
                self._go(Request(target, data=body, headers=headers, method="POST"))  # noqa: S310
                return
        msg = f"no form leads to {action_end} on {self.url}"
        raise LookupError(msg)

    def has(self, action_end: str) -> bool:
        """Tell whether the page has a form whose action ends with `action_end`."""
        reader = _Forms()
        reader.feed(self.page)
        return any(urljoin(self.url, form.action).endswith(action_end) for form in reader.forms)

    def _go(self, request: Request) -> None:
        with self._opener.open(request, timeout=TIMEOUT_S) as answer:
            self.url = answer.url
            self.page = answer.read().decode("utf-8", "replace")
