"""Whether a browser's answer is that of a security key for this office, by the library and beyond it."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException

from lre_kit.identifiers.security_key_attestation import Models, Registered, read_registered
from lre_kit.identifiers.security_key_checks import (
    Reason,
    SecurityKeyRefusedError,
    check_authenticator_data,
    check_client_data,
    decoded,
    read_response,
)

_LIBRARY = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""What reading a stranger's answer may raise."""


class KeyVerifier:
    """Checks new keys and answers for one office."""

    def __init__(self, rp_id: str, *, origins: list[str], models: Models) -> None:
        """Prepare.

        Args:
            rp_id: The office's domain.
            origins: Its pages' origins.
            models: Which keys are accepted.
        """
        self._rp_id = rp_id
        self._origins = origins
        self._models = models

    def registered(self, response_json: str, *, challenge: str) -> Registered:
        """Return what is to be kept of a key that a browser made.

        Args:
            response_json: The browser's answer.
            challenge: The one that was sent, base64url.

        Raises:
            SecurityKeyRefusedError: It is not accepted.
        """
        response = read_response(response_json, "clientDataJSON", "attestationObject")
        client_data = response["response"]["clientDataJSON"]
        check_client_data(client_data, kind="webauthn.create", challenge=challenge, origins=self._origins)
        try:
            return read_registered(
                response,
                verify=lambda roots: verify_registration_response(
                    credential=response,
                    expected_challenge=base64url_to_bytes(challenge),
                    expected_rp_id=self._rp_id,
                    expected_origin=self._origins,
                    require_user_verification=True,
                    pem_root_certs_bytes_by_fmt=roots,
                ),
                rp_id=self._rp_id,
                models=self._models,
            )
        except _LIBRARY as error:
            raise SecurityKeyRefusedError(Reason.BAD_ATTESTATION) from error

    def answered(self, response: Mapping[str, Any], *, challenge: str, facts: Mapping[str, Any]) -> int:
        """Check an answer against what is kept of a key; return its count, which the caller judges.

        Args:
            response: The browser's answer, as `read_response` returns it.
            challenge: The one that was sent, base64url.
            facts: The key's.

        Raises:
            SecurityKeyRefusedError: It is not accepted.
        """
        inner = response["response"]
        check_client_data(
            inner["clientDataJSON"], kind="webauthn.get", challenge=challenge, origins=self._origins
        )
        count = check_authenticator_data(decoded(inner["authenticatorData"]), rp_id=self._rp_id)
        try:
            verified = verify_authentication_response(
                credential=dict(response),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=base64url_to_bytes(facts["public_key"]),
                credential_current_sign_count=0,  # judged later, so that a copy is told from a forgery
                require_user_verification=True,
            )
        except _LIBRARY as error:
            raise SecurityKeyRefusedError(Reason.BAD_SIGNATURE) from error
        if verified.credential_device_type != facts["device_type"]:
            raise SecurityKeyRefusedError(Reason.BACKUP_CHANGED)  # WebAuthn Level 3 §7.2 step 20
        return count
