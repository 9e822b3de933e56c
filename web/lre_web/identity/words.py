"""Sentences of the identification pages that are made from facts: spans, consent, the challenge."""

from lre_kit.parties.proofing_values import ProofingRules
from lre_web.texts import language, texts
from lre_web.words.identity import identity_catalogue, identity_texts

GESTURES = {
    "turn:left": "do_turn_left",
    "turn:right": "do_turn_right",
    "look:up": "do_look_up",
    "look:down": "do_look_down",
    "show:title_beside_face": "do_show_title_beside_face",
    "hand:before_face": "do_hand_before_face",
}
"""Which words stand for which part of a challenge (`CaseView.challenge`)."""


def camera_words() -> dict[str, str]:
    """Return what the script says, by its own names."""
    own = {name.removeprefix("cam_"): text for name, text in identity_texts().items() if name[:4] == "cam_"}
    return own | {"problem": texts()["error_title"]}


def span_words(seconds: float, spoken: str = "") -> str:
    """Return a span in hours, or in days from three on, rounded down; in `spoken` or the page's language."""
    words, hours = identity_catalogue(spoken or language()), int(seconds // 3600)
    if hours < 1:
        return words["minutes"]
    if hours < 72:
        return words["hour_1"] if hours == 1 else words["hours"].format(n=hours)
    days = hours // 24
    return words["day_1"] if days == 1 else words["days"].format(n=days)


def spans(rules: ProofingRules, spoken: str = "") -> dict[str, str]:
    """Return the office's spans in words: what is kept how long, and when an answer comes."""
    named = {"face": rules.biometrics_kept, "images": rules.images_kept, "service": rules.service}
    return {name: span_words(span.total_seconds(), spoken) for name, span in named.items()}


def consent_wording(provider: str, rules: ProofingRules, spoken: str = "") -> str:
    """Return the words a person agrees to, exactly as shown; kept with the case under their version.

    Args:
        provider: Who runs the office.
        rules: Its settings.
        spoken: The language in which they were shown; by default the page's.
    """
    words = identity_catalogue(spoken or language())
    return words["consent_wording"].format(provider=provider, **spans(rules, spoken))


def challenge_words(challenge: tuple[str, ...]) -> list[str]:
    """Return what to do before the camera, one sentence for each part of a challenge."""
    words = identity_texts()
    return [
        words["do_say"].format(what=part.removeprefix("say:").replace("-", "\N{NO-BREAK SPACE}"))
        if part.startswith("say:")
        else words[GESTURES[part]]
        for part in challenge
    ]
