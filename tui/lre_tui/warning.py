"""The line of warnings: certificates that end soon, contents still under a former key."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from lre_tui.observing import Seen
from lre_tui.texts import number_text

_PARIS = ZoneInfo("Europe/Paris")


def warning_text(seen: Seen, words: Mapping[str, str], language: str) -> str:
    """Return what an operator is warned of, the most urgent first; nothing if all is well."""
    parts = [
        words["ended" if left < 0 else "ends"].format(
            what=words[f"certificate_{warning.name}"],
            day=f"{warning.ends_at.astimezone(_PARIS):%d/%m/%Y}",
            days=number_text(left, language),
            name=warning.name,
        )
        for warning in sorted(seen.warnings, key=lambda each: each.ends_at)
        for left in [(warning.ends_at - seen.at).days]
    ]
    if seen.former_key:
        parts.append(words["former_key"].format(letters=number_text(seen.former_key, language)))
    return "\n".join(f"⚠ {part}" for part in parts)
