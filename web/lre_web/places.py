"""Places in sentences, such as ``{name}``: whoever says one otherwise keeps them."""

from string import Formatter


def placeholders(text: str) -> set[str]:
    """Return the names of the places in a sentence."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"a broken brace"}
