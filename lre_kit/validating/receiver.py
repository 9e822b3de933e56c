"""Checks of a receiver of webhooks: what is genuine is taken, everything else is refused.

The receiver is sent signed events as an office sends them, and others that only look so. What it does with
an event behind its answer nobody sees from here: whether one that came twice counts once, its owner looks.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lre_kit.client.transport import Asking, OfficeUnreachableError, Transport
from lre_kit.clock import iso
from lre_kit.errors import ConfigurationError
from lre_kit.validating.findings import Failed, Finding, check
from lre_kit.webhooks.events import API_VERSION, BODY_MAX_BYTES, TEST
from lre_kit.webhooks.sending import TIMEOUT_S
from lre_kit.webhooks.signing import SECRET_PREFIX, Signer, signed_headers

STALE = timedelta(minutes=10)
"""Age of an event that is too old: twice what a receiver allows."""

SLOW_S = TIMEOUT_S / 2
"""From this many seconds on an answer is in danger of coming too late."""

_VERIFY = "Check the HMAC over “<webhook-id>.<webhook-timestamp>.<raw body>” first; answer 401."
_TAKE = "Answer 2xx as soon as the event is kept, and work on it afterwards."


class Receiver:
    """A receiver under test."""

    def __init__(self, url: str, secret: str, *, transport: Transport, number: str = "") -> None:
        """Send to `url`, signed with the secret that the receiver holds.

        Args:
            url: Where it listens.
            secret: ``whsec_…``.
            transport: How requests travel.
            number: A letter that the events name.

        Raises:
            ConfigurationError: The secret is none.
        """
        try:
            raw = base64.b64decode(secret.strip().removeprefix(SECRET_PREFIX), validate=True)
        except ValueError:
            raw = b""
        if not raw:
            msg = "The secret of the receiver cannot be read."
            raise ConfigurationError(msg, mend="Give the endpoint's whsec_… as it was shown.")
        self._url, self._signer, self._transport = url, Signer(secret=raw), transport
        self._number = number or "7K3M-Q2VD-9XTB-4HPA"

    def findings(self) -> Iterator[Finding]:
        """Yield what each check finds, in order."""
        yield check("webhook-test", "a genuine test event is taken", lambda: self._taken(self._event(TEST)))
        yield check("webhook-genuine", "a genuine event is taken", lambda: self._taken(self._event()))
        yield check("webhook-forged-signature", "a forged signature is refused", self._forged)
        yield check("webhook-changed-body", "a body that was changed on the way is refused", self._changed)
        yield check("webhook-unsigned", "an event without a signature is refused", self._unsigned)
        yield check("webhook-stale", "an old event with its old signature is refused", self._stale)
        yield check("webhook-moved-time", "an old event under a fresh time is refused", self._moved)
        yield check("webhook-two-signatures", "either of two signatures counts", self._rotated)
        yield check("webhook-repeated", "an event that comes twice is taken both times", self._repeated)
        yield check("webhook-replay", "an event that is replayed is taken", self._replayed)
        yield check("webhook-out-of-order", "events may come out of order", self._out_of_order)
        yield check("webhook-unknown-type", "a type that is not known yet is taken", self._unknown)
        yield check("webhook-unknown-field", "a field that is not known yet does no harm", self._extended)
        yield check("webhook-large", f"a body of {BODY_MAX_BYTES} bytes is taken", self._large)

    # --- one event ----------------------------------------------------------------------------------

    def _event(self, name: str = "letter.received", *, sequence: int = 3, **more: Any) -> bytes:
        data: dict[str, Any] = {"endpoint": "00000000"}
        if name != TEST:
            data = {
                "letter": self._number, "sequence": sequence, "event": "ContentHandover", "code": "E.1",
                "reasons": [], "phase": "received", "product": "simple", "reference": "",
            }  # fmt: skip
        told = {"type": name, "timestamp": iso(datetime.now(UTC)), "api_version": API_VERSION, "data": data}  # noqa: TID251 - a receiver's clock is the machine's
        return json.dumps(told | more, separators=(",", ":")).encode()

    def _headers(self, body: bytes, *, age: timedelta = timedelta(0), message_id: str = "") -> dict[str, str]:
        at = datetime.now(UTC) - age  # noqa: TID251 - a receiver's clock is the machine's
        return signed_headers([self._signer], message_id=message_id or _fresh_id(), at=at, body=body)

    def _send(self, body: bytes, headers: Mapping[str, str]) -> int:
        told = {"Content-Type": "application/json", **headers}
        began = time.monotonic()
        try:
            answered = self._transport.send(Asking(method="POST", url=self._url, headers=told, body=body))
        except OfficeUnreachableError as error:
            msg = f"Let it listen there, with a trusted certificate, and answer within {TIMEOUT_S:g} s."
            raise Failed("no answer came", msg) from error
        if (took := time.monotonic() - began) > SLOW_S:
            raise Failed(f"the answer took {took:.1f} s", _TAKE)
        return answered.status

    def _taken(self, body: bytes, headers: Mapping[str, str] | None = None) -> str:
        status = self._send(body, headers or self._headers(body))
        if 200 <= status < 300:
            return f"answered {status}"
        raise Failed(f"answered {status}", _mend(status))

    def _refused(self, body: bytes, headers: Mapping[str, str], mend: str) -> str:
        status = self._send(body, headers)
        if status == 410:
            msg = "Answer 401: 410 (Gone) disables the endpoint, so that any stranger could end it."
            raise Failed("answered 410", msg)
        if 400 <= status < 500:
            return f"answered {status}"
        raise Failed(f"answered {status}", mend)

    # --- what is not genuine ------------------------------------------------------------------------

    def _forged(self) -> str:
        body = self._event()
        stranger = Signer(secret=secrets.token_bytes(32))
        at = datetime.now(UTC)  # noqa: TID251 - a receiver's clock is the machine's
        return self._refused(
            body, signed_headers([stranger], message_id=_fresh_id(), at=at, body=body), _VERIFY
        )

    def _changed(self) -> str:
        body = self._event()
        return self._refused(
            body.replace(b"ContentHandover", b"ConsignmentXXXX"), self._headers(body), _VERIFY
        )

    def _unsigned(self) -> str:
        return self._refused(self._event(), {"webhook-id": _fresh_id()}, _VERIFY)

    def _stale(self) -> str:
        body = self._event()
        mend = "Refuse what is more than five minutes from your clock by webhook-timestamp."
        return self._refused(body, self._headers(body, age=STALE), mend)

    def _moved(self) -> str:
        body = self._event()
        old, fresh = self._headers(body, age=STALE), self._headers(body)
        return self._refused(body, old | {"webhook-timestamp": fresh["webhook-timestamp"]}, _VERIFY)

    # --- what is genuine, and easily taken wrongly ----------------------------------------------------

    def _rotated(self) -> str:
        body, other = self._event(), Signer(secret=secrets.token_bytes(32))
        at = datetime.now(UTC)  # noqa: TID251 - a receiver's clock is the machine's
        told = signed_headers([other, self._signer], message_id=_fresh_id(), at=at, body=body)
        try:
            return self._taken(body, told)
        except Failed as failed:
            mend = "Try each signature of webhook-signature, with a blank between them, before you refuse."
            raise Failed(failed.seen, mend) from None

    def _repeated(self) -> str:
        body, message_id = self._event(), _fresh_id()
        self._taken(body, self._headers(body, message_id=message_id))
        try:
            return self._taken(body, self._headers(body, message_id=message_id))
        except Failed as failed:
            mend = "Keep webhook-id, do nothing for one you know, and answer 2xx all the same."
            raise Failed(f"the second time it {failed.seen}", mend) from None

    def _replayed(self) -> str:
        return self._taken(self._event(replay=True))

    def _out_of_order(self) -> str:
        self._taken(self._event(sequence=9))
        try:
            return self._taken(self._event("letter.accepted", sequence=2))
        except Failed as failed:
            mend = "Go by data.sequence: ignore an event that is behind what you know, and answer 2xx."
            raise Failed(f"the earlier one was {failed.seen}", mend) from None

    def _unknown(self) -> str:
        try:
            return self._taken(self._event("letter.of_a_later_release"))
        except Failed as failed:
            raise Failed(failed.seen, "Answer 2xx to types that you do not know, and ignore them.") from None

    def _extended(self) -> str:
        return self._taken(self._event(of_a_later_release={"x": [1]}))

    def _large(self) -> str:
        filling = BODY_MAX_BYTES - len(self._event(filling=""))
        return self._taken(self._event(filling="x" * filling))


def _fresh_id() -> str:
    return f"validate{secrets.token_hex(12)}"


def _mend(status: int) -> str:
    if 300 <= status < 400:
        return "Give the address where it leads: redirects are not followed."
    if status == 410:
        return "410 (Gone) disables the endpoint for good: answer 2xx to what is genuine."
    if status in {401, 403}:
        return f"The receiver holds another secret, or checks wrongly. {_VERIFY}"
    return _TAKE
