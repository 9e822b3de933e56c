"""Opening what the settings name: the print provider and the carrier's tracking."""

from lre_kit.postroom.ports import PrintProvider, Tracker
from lre_kit.postroom.providers.spool import SpoolProvider
from lre_kit.postroom.suivi import SuiviTracker
from lre_kit.settings import Settings


def open_provider(settings: Settings) -> PrintProvider:
    """Return the provider that the settings name.

    Raises:
        ConfigurationError: Its settings cannot work.
        MissingExtraError: It needs a package that is not installed.
    """
    if settings.post_provider == "sftp":
        from lre_kit.postroom.providers.sftp import open_sftp

        return open_sftp(settings)
    if settings.post_provider == "http":
        from lre_kit.postroom.providers.http import open_http

        return open_http(settings)
    return SpoolProvider(settings.post_spool or settings.home / "post-room")


def open_tracker(settings: Settings) -> Tracker | None:
    """Return the tracking that the settings name, if they do."""
    if not settings.post_tracking_url:
        return None
    key = settings.post_tracking_key.get_secret_value() if settings.post_tracking_key else ""
    return SuiviTracker(settings.post_tracking_url, key=key, timeout_s=settings.post_timeout_s)
