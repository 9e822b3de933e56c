"""Which time-stamping authority the settings name."""

from datetime import timedelta

from cryptography import x509

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.stamping.timestamp import CheckedAuthority, TimestampAuthority
from lre_kit.settings import Settings


def open_authority(settings: Settings, keys: Keys, clock: Clock) -> TimestampAuthority:
    """Return the authority that the settings name: several in order, built in, or RFC 3161 over HTTP.

    Raises:
        ConfigurationError: An address without its trust anchors, or anchors that cannot be read.
    """
    if settings.tsa_file is not None:
        from lre_kit.proofs.stamping.timestamp_authorities import open_authorities

        return open_authorities(settings, keys, clock)
    tolerance = timedelta(seconds=settings.clock_tolerance_s)
    if settings.tsa_url is None:
        from lre_kit.proofs.stamping.tsa import BuiltinAuthority

        built_in = BuiltinAuthority(keys, clock)
        return CheckedAuthority(built_in, anchors=keys.tsa_chain[-1:], clock=clock, tolerance=tolerance)
    from lre_kit.proofs.stamping.tsa_http import HttpAuthority

    if settings.tsa_anchor_file is None:
        msg = "LRE_TSA_URL is set, but not whom to trust there."
        raise ConfigurationError(msg, mend="Set LRE_TSA_ANCHOR_FILE to the authority's root, in PEM.")
    try:
        anchors = x509.load_pem_x509_certificates(settings.tsa_anchor_file.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"The file {settings.tsa_anchor_file} holds no certificate that can be read."
        raise ConfigurationError(msg, mend="Set LRE_TSA_ANCHOR_FILE to a PEM file.") from error
    remote = HttpAuthority(settings.tsa_url, policy=settings.tsa_policy, timeout_s=settings.tsa_timeout_s)
    return CheckedAuthority(
        remote, anchors=anchors, clock=clock, tolerance=tolerance, policy=settings.tsa_policy
    )
