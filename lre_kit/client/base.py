"""What all groups of calls share: asking, reading, pages."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from lre_kit.client.asking import Asker
from lre_kit.client.transport import Answered


class Calls:
    """Asks an office, and reads what it answers."""

    _asker: Asker

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return read(self._asker.ask("GET", path, query=query))

    def _post(self, path: str, **more: Any) -> Any:
        return read(self._asker.ask("POST", path, **more))

    def _pages(self, path: str, which: Mapping[str, Any]) -> Iterator[Any]:
        asked: dict[str, Any] = plain(which)
        while True:
            page = self._get(path, asked)
            yield from page["items"]
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]


def read(answered: Answered) -> Any:
    """Return what an answer in JSON holds."""
    return json.loads(answered.body)


def plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON and addresses hold them: instants as RFC 3339."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
