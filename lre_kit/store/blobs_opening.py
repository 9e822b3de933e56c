"""Which content store the settings name."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lre_kit.errors import ConfigurationError
from lre_kit.settings import Settings
from lre_kit.store.blobs import BlobStore, FolderBlobs


def open_blobs(settings: Settings) -> BlobStore:
    """Return the content store the settings name.

    Raises:
        ConfigurationError: The URL is neither ``file://`` nor ``s3://``.
        MissingExtraError: S3 is asked for and its extra is not installed.
    """
    parts = urlsplit(settings.blobs)
    if parts.scheme == "file" and parts.path:
        return FolderBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from lre_kit.store.blobs_s3 import S3Blobs

        secret = settings.s3_secret_access_key
        return S3Blobs(
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=secret.get_secret_value() if secret else None,
        )
    msg = "The content store's URL is neither a folder nor a bucket."
    raise ConfigurationError(msg, mend="Use file:///<folder> or s3://<bucket>/<prefix> in LRE_BLOB_URL.")
