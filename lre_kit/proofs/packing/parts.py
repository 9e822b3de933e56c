"""What evidence files hold, once more as files of its own, for tools that know nothing of evidence files.

All of it is in the evidence already. Laid out by itself it can be checked with common tools: the record
and its seal as a JWS, the proof of logging as a C2SP tlog-proof, each checkpoint with its RFC 3161 token,
each certificate as PEM.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from lre_kit.proofs.packing.tlog_proof import SUFFIX, proof_of
from lre_kit.proofs.sealing.exhibit import Exhibit

LOG = "log/"
"""Where proofs of logging, records, checkpoints and their tokens lie."""

CERTIFICATES = "certificates/"
"""Where the certificates lie that seals and tokens carry."""

PREFIXES = (LOG, CERTIFICATES)
"""Where parts lie."""


def parts_of(exhibits: Mapping[str, Exhibit]) -> dict[str, bytes]:
    """Return the parts of evidence as files by relative name; the same evidence always gives the same.

    Args:
        exhibits: Evidence by file name without suffix, such as ``01-SubmissionAcceptance``.
    """
    made: dict[str, bytes] = {}
    for stem, exhibit in exhibits.items():
        made[f"{LOG}{stem}{SUFFIX}"] = proof_of(exhibit).to_bytes()
        made[f"{LOG}{stem}.jws"] = exhibit.compact.encode()
        # The text alone: it is what the token's digest is of.
        made[f"{LOG}checkpoint-{exhibit.size}.txt"] = exhibit.checkpoint.encode()
        made[f"{LOG}checkpoint-{exhibit.size}.tst"] = exhibit.token
        made |= {
            f"{CERTIFICATES}{_name(each)}.pem": each.public_bytes(Encoding.PEM) for each in _all(exhibit)
        }
    return made


def _all(exhibit: Exhibit) -> Iterator[x509.Certificate]:
    yield from _of_seal(exhibit.protected)
    for token in (exhibit.token, *(renewal.token for renewal in exhibit.renewals)):
        try:
            yield from load_der_pkcs7_certificates(token)
        except (ValueError, UnsupportedAlgorithm):
            continue


def _of_seal(protected: str) -> Iterable[x509.Certificate]:
    """Return the certificates in a seal's header; none where it cannot be read: the seal's check says so."""
    try:
        header = json.loads(base64.urlsafe_b64decode(protected + "=="))
        return [x509.load_der_x509_certificate(base64.b64decode(each)) for each in header["x5c"]]
    except (ValueError, binascii.Error, KeyError, TypeError, RecursionError):
        return []


def _name(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()[:16]
