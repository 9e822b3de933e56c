"""Trusted lists: signed by xmlsec1 here, read by us; who was qualified, and when."""

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lre_kit.proofs.trusted_list import Service, TrustedListError, read_trusted_list

GRANTED = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
WITHDRAWN = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"
T0 = datetime(2024, 1, 1, tzinfo=UTC)
T1 = datetime(2025, 6, 1, tzinfo=UTC)


class Somebody:
    """A key and its own certificate."""

    def __init__(self, folder: Path, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(T0)
            .not_valid_after(T0 + timedelta(days=3650))
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

    @property
    def text(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()


def service(kind: str, who: Somebody, *, status: str, since: datetime, history: str = "") -> str:
    return f"""<TSPService><ServiceInformation>
      <ServiceTypeIdentifier>{kind}</ServiceTypeIdentifier>
      <ServiceName><Name xml:lang="en">A service</Name></ServiceName>
      <ServiceDigitalIdentity><DigitalId><X509Certificate>{who.text}</X509Certificate></DigitalId></ServiceDigitalIdentity>
      <ServiceStatus>{status}</ServiceStatus><StatusStartingTime>{since:%Y-%m-%dT%H:%M:%SZ}</StatusStartingTime>
    </ServiceInformation>{history}</TSPService>"""


TEMPLATE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>
<ds:Reference URI=""><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>
</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"""


def make_list(folder: Path, services: str, signer: Somebody) -> bytes:
    """Return a list signed by xmlsec1 with exclusive canonicalisation, as the member states' are."""
    unsigned = folder / "list.xml"
    unsigned.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" TSLTag="http://uri.etsi.org/19612/TSLTag">
<SchemeInformation><TSLVersionIdentifier>6</TSLVersionIdentifier><TSLSequenceNumber>42</TSLSequenceNumber>
<SchemeOperatorName><Name xml:lang="en">Test scheme</Name></SchemeOperatorName>
<SchemeTerritory>FR</SchemeTerritory><ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>
<NextUpdate><dateTime>2026-07-01T00:00:00Z</dateTime></NextUpdate></SchemeInformation>
<TrustServiceProviderList><TrustServiceProvider>
<TSPInformation><TSPName><Name xml:lang="en">Étude &amp; Associés</Name></TSPName></TSPInformation>
<TSPServices>{services}</TSPServices></TrustServiceProvider></TrustServiceProviderList>
{TEMPLATE}</TrustServiceStatusList>""",
        encoding="utf-8",
    )
    signed = folder / "signed.xml"
    subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", f"{signer.key_file},{signer.certificate_file}",
         "--output", signed, unsigned],
        check=True, capture_output=True,
    )  # fmt: skip
    return signed.read_bytes()


@pytest.fixture
def operator(tmp_path: Path) -> Somebody:
    return Somebody(tmp_path, "operator")


@pytest.fixture
def authority(tmp_path: Path) -> Somebody:
    return Somebody(tmp_path, "authority")


@pytest.fixture
def listed(tmp_path: Path, operator: Somebody, authority: Somebody) -> bytes:
    past = f"""<ServiceHistory><ServiceHistoryInstance><ServiceStatus>{GRANTED}</ServiceStatus>
      <StatusStartingTime>{T0:%Y-%m-%dT%H:%M:%SZ}</StatusStartingTime></ServiceHistoryInstance></ServiceHistory>"""
    services = (
        service(Service.TIMESTAMP, authority, status=WITHDRAWN, since=T1, history=past)
        + service(Service.SEAL, operator, status=GRANTED, since=T1)
        + service("http://uri.etsi.org/TrstSvc/Svctype/EDS/Q", authority, status=GRANTED, since=T0)
    )
    return make_list(tmp_path, services, operator)


def test_a_list_says_who_was_qualified_and_when(
    listed: bytes, operator: Somebody, authority: Somebody
) -> None:
    found = read_trusted_list(listed, signers=[authority.certificate, operator.certificate])
    assert (found.territory, found.operator, found.number) == ("FR", "Test scheme", 42)
    assert found.next_update == datetime(2026, 7, 1, tzinfo=UTC)
    assert [s.provider for s in found.services] == ["Étude & Associés"] * 2
    day = timedelta(days=1)
    assert list(found.certificates(Service.TIMESTAMP, T0 - day)) == []
    assert list(found.certificates(Service.TIMESTAMP, T0)) == [authority.certificate]
    assert list(found.certificates(Service.TIMESTAMP, T1 - day)) == [authority.certificate]
    assert list(found.certificates(Service.TIMESTAMP, T1)) == [], "withdrawn from that instant on"
    assert list(found.certificates(Service.SEAL, T1 - day)) == []
    assert list(found.certificates(Service.SEAL, T1)) == [operator.certificate]


def test_a_list_signed_by_somebody_else_is_refused(listed: bytes, authority: Somebody) -> None:
    for signers in ([authority.certificate], []):
        with pytest.raises(TrustedListError, match="not signed"):
            read_trusted_list(listed, signers=signers)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"withdrawn", b"granted"),
        (b"<SchemeTerritory>FR", b"<SchemeTerritory>DE"),
        (b"2024-01-01T", b"2023-01-01T"),
        (b"Svctype/EDS/Q", b"Svctype/TSA/QTST"),
        (b"<TSPServices>", b"<TSPServices><!-- -->  "),
    ],
)
def test_a_changed_list_is_refused(listed: bytes, operator: Somebody, old: bytes, new: bytes) -> None:
    assert old in listed
    with pytest.raises(TrustedListError, match="not signed"):
        read_trusted_list(listed.replace(old, new, 1), signers=[operator.certificate])


def test_what_lies_outside_the_signed_part_is_not_read(listed: bytes, operator: Somebody) -> None:
    """Signature wrapping: the signed list is put inside another one."""
    inner = listed.split(b"?>", 1)[1].strip()
    wrapped = (
        b'<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"><SchemeInformation>'
        b"<SchemeTerritory>XX</SchemeTerritory></SchemeInformation>" + inner + b"</TrustServiceStatusList>"
    )
    with pytest.raises(TrustedListError):
        read_trusted_list(wrapped, signers=[operator.certificate])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>',
        b'<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>',
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(raw: bytes, operator: Somebody) -> None:
    with pytest.raises(TrustedListError) as refused:
        read_trusted_list(raw, signers=[operator.certificate])
    assert refused.value.problem.startswith(("The trusted list", "This XML"))
