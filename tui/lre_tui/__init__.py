"""The operators' console of LRE Kit, in the terminal."""

from lre_kit.errors import MissingExtraError

try:
    import textual  # noqa: F401 - only to see that it is there
except ModuleNotFoundError as error:
    msg = f"The console needs the package {error.name}."
    raise MissingExtraError(msg, mend='Run: pip install "lre-kit[tui]"') from error
