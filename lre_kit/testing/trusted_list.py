"""Trusted lists for tests: signed by xmlsec1, as a second implementation, never for real use."""

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lre_kit.clock import now

GRANTED = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
WITHDRAWN = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"

_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


class Somebody:
    """A key and its own certificate."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make them, and write both into a folder as ``<name>.key`` and ``<name>.pem``."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_BEGAN)
            .not_valid_after(_BEGAN + timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )
        self.key_file, self.certificate_file = folder / f"{name}.key", folder / f"{name}.pem"
        self.key_file.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.certificate_file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))


def listed_service(
    kind: str, certificate: x509.Certificate, *, status: str, since: datetime, history: str = ""
) -> str:
    """Return a TSPService element."""
    text = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    return f"""<TSPService><ServiceInformation>
      <ServiceTypeIdentifier>{kind}</ServiceTypeIdentifier>
      <ServiceName><Name xml:lang="en">A service</Name></ServiceName>
      <ServiceDigitalIdentity><DigitalId><X509Certificate>{text}</X509Certificate></DigitalId>
      </ServiceDigitalIdentity>
      <ServiceStatus>{status}</ServiceStatus><StatusStartingTime>{since:%Y-%m-%dT%H:%M:%SZ}</StatusStartingTime>
    </ServiceInformation>{history}</TSPService>"""


_TEMPLATE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>
<ds:Reference URI=""><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>
</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"""


def make_list(folder: Path, services: str, signer: Somebody, *, ends_at: datetime | None = None) -> bytes:
    """Return a list signed by xmlsec1 with exclusive canonicalisation, as the member states' are.

    Args:
        folder: Where to work.
        services: The services listed.
        signer: Who signs.
        ends_at: When the next list is due, by default in half a year.
    """
    following = (ends_at or now() + timedelta(days=182)).strftime("%Y-%m-%dT%H:%M:%SZ")
    unsigned = folder / "list.xml"
    unsigned.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" TSLTag="http://uri.etsi.org/19612/TSLTag">
<SchemeInformation><TSLVersionIdentifier>6</TSLVersionIdentifier><TSLSequenceNumber>42</TSLSequenceNumber>
<SchemeOperatorName><Name xml:lang="en">Test scheme</Name></SchemeOperatorName>
<SchemeTerritory>FR</SchemeTerritory><ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>
<NextUpdate><dateTime>{following}</dateTime></NextUpdate></SchemeInformation>
<TrustServiceProviderList><TrustServiceProvider>
<TSPInformation><TSPName><Name xml:lang="en">Étude &amp; Associés</Name></TSPName></TSPInformation>
<TSPServices>{services}</TSPServices></TrustServiceProvider></TrustServiceProviderList>
{_TEMPLATE}</TrustServiceStatusList>""",
        encoding="utf-8",
    )
    signed = folder / "signed.xml"
    subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", f"{signer.key_file},{signer.certificate_file}",
         "--output", signed, unsigned],
        check=True, capture_output=True,
    )  # fmt: skip
    return signed.read_bytes()
