"""Jobs of LRE Kit: dramatiq actors on a broker that is handed in, and APScheduler as a bell.

The broker is only a doorbell and the scheduler only rings it: every duty lives in the kernel's
agenda, so losing a message loses nothing and delivering it twice does nothing twice.
"""

from lre_kit.errors import MissingExtraError

try:
    import apscheduler  # noqa: F401 - only to see that it is there
    import dramatiq  # noqa: F401
except ModuleNotFoundError as error:
    msg = f"Jobs need the package {error.name}."
    raise MissingExtraError(msg, mend='Run: pip install "lre-kit[jobs]"') from error
