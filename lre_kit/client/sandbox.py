"""Calls of a sandbox: its clock, and the mail it caught."""

from collections.abc import Iterator
from typing import Any, cast

from lre_kit.client import shapes
from lre_kit.client.asking import place
from lre_kit.client.base import Calls


class SandboxCalls(Calls):
    """What an office to try out with can do besides."""

    def sandbox(self) -> shapes.SandboxTold:
        """Return what the clock of the sandbox shows."""
        return cast("shapes.SandboxTold", self._get("/sandbox"))

    def set_clock(
        self, *, advance: str | None = None, day_lasts_s: float | None = None
    ) -> shapes.SandboxTold:
        """Move the clock of the sandbox forward (such as ``15d``), or let a day last so many seconds."""
        told = {"advance": advance, "day_lasts_s": day_lasts_s}
        return cast("shapes.SandboxTold", self._post("/sandbox/clock", told=told))

    def caught_mail(self, **which: Any) -> Iterator[shapes.MailTold]:
        """Yield mail about your letters that was caught, the newest first; `which`: recipient, limit."""
        return cast("Iterator[shapes.MailTold]", self._pages("/sandbox/mail", which))

    def caught_message(self, mail_id: str) -> bytes:
        """Return one message as it would have left (RFC 5322)."""
        return self._asker.ask("GET", place("sandbox", "mail", mail_id)).body
