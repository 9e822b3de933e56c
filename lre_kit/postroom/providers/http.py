"""Handing over to a print provider's HTTP API.

Three kinds of request below one address, all with a bearer token, all safe to send twice::

    PUT  batches/<number>              the manifest (JSON)   200, 201: taken; 409: the number is used
    PUT  batches/<number>/<file>       a file (PDF)          200, 201: taken; header Digest: sha-256=<base64>
    POST batches/<number>/submit       nothing               200: {"reference", "rejected": {item: why},
                                                                   "numbers": {item: number}}
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lre_kit.errors import ConfigurationError
from lre_kit.postroom.errors import BatchConflictError, PrintProviderError
from lre_kit.postroom.values import HandOverReceipt, PrintBatch
from lre_kit.proofs.publication.http_peer import Answer, HttpPeer, PeerUnavailableError
from lre_kit.settings import Settings

ANSWER_MAX_BYTES = 1024 * 1024
"""Longest answer read."""


class HttpProvider:
    """A print provider's API."""

    name = "http"

    def __init__(self, url: str, *, token: str, timeout_s: float) -> None:
        """Hand over below `url` with a bearer token; each answer may take `timeout_s` seconds."""
        self._url = url
        self._token = token
        self._timeout_s = timeout_s

    def hand_over(self, batch: PrintBatch) -> HandOverReceipt:
        """Send a batch; see `PrintProvider.hand_over`."""
        place = f"batches/{quote(batch.number, safe='')}"
        try:
            with HttpPeer(self._url, timeout_s=self._timeout_s) as peer:
                self._send(peer, "PUT", place, batch.manifest_json, {"Content-Type": "application/json"})
                for item in batch.items:
                    digest = base64.b64encode(bytes.fromhex(item.sha256)).decode()
                    headers = {"Content-Type": "application/pdf", "Digest": f"sha-256={digest}"}
                    name = quote(item.file_name, safe="")
                    self._send(peer, "PUT", f"{place}/{name}", item.open(), headers)
                headers = {"Idempotency-Key": batch.number}
                answer = self._send(peer, "POST", f"{place}/submit", b"", headers)
        except PeerUnavailableError as error:
            raise _failed("does not answer") from error
        try:
            return _receipt(json.loads(answer.body))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _failed("answers in another form than agreed") from error

    def _send(
        self, peer: HttpPeer, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        sent = {**headers, "Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        answer = peer.ask(method, path, limit=ANSWER_MAX_BYTES, body=body, headers=sent)
        if answer.status == 409:
            msg = "The print provider holds another batch under this number."
            raise BatchConflictError(msg, mend="Ask it to remove that one.")
        if answer.status not in {200, 201, 204} or len(answer.body) > ANSWER_MAX_BYTES:
            raise _failed(f"answers {answer.status}")
        return answer


def open_http(settings: Settings) -> HttpProvider:
    """Return the provider that ``LRE_POST_URL`` names.

    Raises:
        ConfigurationError: The address or the token is missing.
    """
    if not settings.post_url or settings.post_token is None:
        msg = "Handing over by HTTP needs an address and a token."
        raise ConfigurationError(msg, mend="Set LRE_POST_URL and LRE_POST_TOKEN.")
    token = settings.post_token.get_secret_value()
    return HttpProvider(settings.post_url, token=token, timeout_s=settings.post_timeout_s)


def _receipt(told: dict[str, Any]) -> HandOverReceipt:
    return HandOverReceipt(
        reference=str(told["reference"]),
        rejected={str(item): str(why) for item, why in (told.get("rejected") or {}).items()},
        numbers={str(item): str(number) for item, number in (told.get("numbers") or {}).items()},
    )


def _failed(why: str) -> PrintProviderError:
    return PrintProviderError(f"The print provider {why}.", mend="Check LRE_POST_URL and its token.")
