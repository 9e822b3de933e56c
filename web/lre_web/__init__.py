"""The web face of LRE Kit: a Flask extension and blueprint that host applications mount."""

from lre_kit.errors import MissingExtraError

try:
    import flask  # noqa: F401 - only to see that it is there
except ModuleNotFoundError as error:
    msg = f"The web face needs the package {error.name}."
    raise MissingExtraError(msg, mend='Run: pip install "lre-kit[web]"') from error

from lre_web.actor import Actor
from lre_web.extension import LRE

__all__ = ["LRE", "Actor"]
