"""Trusted lists: signed by xmlsec1 here, read by us; who was qualified, and when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lre_kit.proofs.verifying.trusted_list import Service, TrustedListError, read_trusted_list
from lre_kit.testing.trusted_list import GRANTED, WITHDRAWN, Somebody, listed_service, make_list

pytestmark = pytest.mark.needs("xmlsec1")

DELIVERY = "http://uri.etsi.org/TrstSvc/Svctype/EDS/Q"
T0 = datetime(2024, 1, 1, tzinfo=UTC)
T1 = datetime(2025, 6, 1, tzinfo=UTC)
END = datetime(2026, 7, 1, tzinfo=UTC)


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
        listed_service(Service.TIMESTAMP, authority.certificate, status=WITHDRAWN, since=T1, history=past)
        + listed_service(Service.SEAL, operator.certificate, status=GRANTED, since=T1)
        + listed_service(
            "http://uri.etsi.org/TrstSvc/Svctype/EDS/Q", authority.certificate, status=GRANTED, since=T0
        )
    )
    return make_list(tmp_path, services, operator, ends_at=END)


def test_a_list_says_who_was_qualified_and_when(
    listed: bytes, operator: Somebody, authority: Somebody
) -> None:
    found = read_trusted_list(listed, signers=[authority.certificate, operator.certificate])
    assert (found.territory, found.operator, found.number) == ("FR", "Test scheme", 42)
    assert found.next_update == END
    assert [s.provider for s in found.services] == ["Étude & Associés"] * 2
    day = timedelta(days=1)
    assert list(found.certificates(Service.TIMESTAMP, T0 - day)) == []
    assert list(found.certificates(Service.TIMESTAMP, T0)) == [authority.certificate]
    assert list(found.certificates(Service.TIMESTAMP, T1 - day)) == [authority.certificate]
    assert list(found.certificates(Service.TIMESTAMP, T1)) == [], "withdrawn from that instant on"
    assert list(found.certificates(Service.SEAL, T1 - day)) == []
    assert list(found.certificates(Service.SEAL, T1)) == [operator.certificate]
    assert list(found.certificates(Service.SEAL, END)) == [operator.certificate]
    assert list(found.certificates(Service.SEAL, END + day)) == [], "of what came later it says nothing"


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
