"""How the console looks: dark, light, and with the highest contrast; words say all that colours say."""

import os
from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="lre-dark",
    primary="#2f5f96",
    secondary="#5b8fc7",
    accent="#f2b84b",
    foreground="#dfe6ee",
    background="#10161d",
    surface="#151d26",
    panel="#1e2935",
    success="#7bcf92",
    warning="#e3ae4f",
    error="#ee6a5f",
    dark=True,
    variables={
        "block-cursor-background": "#2f5f96",
        "block-cursor-foreground": "#ffffff",
        "footer-key-foreground": "#f2b84b",
        "footer-background": "#10161d",
    },
)

LIGHT = Theme(
    name="lre-light",
    primary="#1f5a99",
    secondary="#3d78b8",
    accent="#8a4b00",
    foreground="#1b2530",
    background="#f4f5f7",
    surface="#ffffff",
    panel="#e4e9ef",
    success="#1a6b34",
    warning="#855300",
    error="#ad1f16",
    dark=False,
    variables={
        "block-cursor-background": "#1f5a99",
        "block-cursor-foreground": "#ffffff",
        "footer-key-foreground": "#1f5a99",
        "footer-background": "#e4e9ef",
    },
)

CONTRAST = Theme(
    name="lre-contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#66ff66",
    warning="#ffff00",
    error="#ff8080",
    dark=True,
    variables={
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "text-muted": "#d0d0d0",
        "text-disabled": "#d0d0d0",
        "scrollbar": "#d0d0d0",
        "scrollbar-background": "#303030",
        "footer-key-foreground": "#ffff00",
        "footer-background": "#000000",
    },
)

THEMES: Mapping[str, Theme] = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST}
"""By the names that people choose by; ``NO_COLOR`` takes the colours out of any of them."""


def theme_of(environment: Mapping[str, str] = os.environ) -> str:
    """Return the theme the terminal asks for: its background's, where it tells it in ``COLORFGBG``."""
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if background in {"7", "15"} else "dark"
