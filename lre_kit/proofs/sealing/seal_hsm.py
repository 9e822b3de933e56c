"""The seal over the office's key, wherever it lies: in its folder, or in a PKCS#11 token."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.token_key import TokenKey
from lre_kit.proofs.sealing.seal import FileSeal, JadesSeal, Seal

_ES256 = ec.ECDSA(hashes.SHA256())


class HsmSeal(JadesSeal):
    """Seals with a key in a token."""

    def __init__(
        self, key: TokenKey, certificate: x509.Certificate, chain: Sequence[x509.Certificate]
    ) -> None:
        """Hold the key; its certificate and the authorities above it come from ``keys/seal.pem``."""
        super().__init__(certificate, chain)
        self._key = key

    def sign_raw(self, message: bytes) -> bytes:
        """Sign a message; see `Seal.sign_raw`."""
        return self._key.sign(message, _ES256)


def seal_of(keys: Keys) -> Seal:
    """Return the seal that signs with the office's key, wherever it lies."""
    if isinstance(keys.seal_key, TokenKey):
        return HsmSeal(keys.seal_key, keys.seal_certificate, keys.seal_chain)
    return FileSeal(keys)
