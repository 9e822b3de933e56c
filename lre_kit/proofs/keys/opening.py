"""The office's keys, opened as the settings say: from its folder, the seal key from a token."""

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.errors import ConfigurationError
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.token_key import TokenKey, TokenPlace
from lre_kit.settings import Settings


def token_key(settings: Settings) -> TokenKey | None:
    """Return the seal key in the token that the settings name, or nothing if they name none.

    The token is not asked yet.

    Raises:
        ConfigurationError: They name a module, but not the token or its PIN.
    """
    module, token, pin = (
        settings.seal_pkcs11_module,
        settings.seal_pkcs11_token,
        settings.seal_pkcs11_pin,
    )
    if module is None:
        return None
    if token is None or pin is None:
        msg = "LRE_SEAL_PKCS11_MODULE is set, but not which token to use, or not its PIN."
        raise ConfigurationError(msg, mend="Set LRE_SEAL_PKCS11_TOKEN and LRE_SEAL_PKCS11_PIN.")
    place = TokenPlace(
        module=module, token=token, label=settings.seal_pkcs11_label, pin=pin.get_secret_value()
    )
    return TokenKey(place)


def open_keys(settings: Settings) -> Keys:
    """Load the office's keys: from its folder, the seal key from a token if the settings name one.

    Raises:
        NotInitialisedError: Some are missing.
        WrongKeyError: A key cannot be read, or does not belong to its certificate.
        ConfigurationError: The token is named by halves.
    """
    held = token_key(settings)
    keys = Keys.load(settings.keys_folder, seal_key=held)
    public = keys.seal_certificate.public_key()
    if held is None or not isinstance(public, ec.EllipticCurvePublicKey):
        return keys
    return replace(keys, seal_key=held.bound_to(public))
