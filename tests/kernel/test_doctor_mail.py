"""What the doctor says of mail records, by a resolver that answers from a table (F3.11)."""

from pathlib import Path

import pytest

from lre_kit.carriers.dkim_signing import make_key, record_of
from lre_kit.doctor_mail import UNKNOWN, NoAnswerError, look_at_records, looks_at_records
from lre_kit.errors import ConfigurationError
from lre_kit.settings import Settings

SPF, DMARC = "v=spf1 mx -all", "v=DMARC1; p=reject; rua=mailto:dmarc@notices.example"


class Table:
    """A resolver that knows a few names, or that nobody answers."""

    def __init__(self, known: dict[str, list[str]] | None) -> None:
        self._known = known

    def texts(self, name: str) -> list[str]:
        if self._known is None:
            raise NoAnswerError
        return self._known.get(name, [])


def settings(**more: object) -> Settings:
    return Settings.model_validate({"mail_from": "letters@notices.example"} | more)


GOOD = {"notices.example": ["other text", SPF], "_dmarc.notices.example": [DMARC]}


def test_good_records_are_well() -> None:
    assert look_at_records(settings(), Table(GOOD)) == (
        "SPF at notices.example, DKIM is left to the mail server, DMARC reject"
    )


@pytest.mark.parametrize(
    ("known", "named"),
    [
        ({}, "notices.example has no SPF"),
        ({"notices.example": [SPF, SPF]}, "has 2 SPF"),
        ({"notices.example": ["v=spf10 all"]}, "has no SPF"),
        ({"notices.example": [SPF]}, "_dmarc.notices.example has no DMARC"),
        ({"notices.example": [SPF], "_dmarc.notices.example": ["v=other"]}, "has no DMARC"),
    ],
)
def test_a_record_that_is_missing_is_named(known: dict[str, list[str]], named: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        look_at_records(settings(), Table(known))
    assert named in found.value.problem


def test_the_domain_above_speaks_for_its_names() -> None:
    known = {"n.notices.example": [SPF], "_dmarc.notices.example": [DMARC]}
    assert "DMARC reject" in look_at_records(settings(mail_from="a@n.notices.example"), Table(known))


def test_the_published_key_is_the_one_that_signs(tmp_path: Path) -> None:
    key, other = tmp_path / "dkim.pem", make_key()
    key.write_bytes(make_key())
    signing = settings(dkim_key_file=key, dkim_selector="s1")
    name = "s1._domainkey.notices.example"
    for published, named in (([], "has no key"), ([record_of(other)], "another key")):
        with pytest.raises(ConfigurationError) as found:
            look_at_records(signing, Table(GOOD | {name: published}))
        assert named in found.value.problem
        assert name in found.value.problem
    spread = record_of(key.read_bytes()).replace("p=", "p= ")
    assert "DKIM signs as published" in look_at_records(signing, Table(GOOD | {name: [spread]}))


def test_reports_to_another_domain_need_a_signature() -> None:
    elsewhere = settings(mail_return_address="bounces@elsewhere.example")
    with pytest.raises(ConfigurationError, match="does not align"):
        look_at_records(elsewhere, Table(GOOD | {"elsewhere.example": [SPF]}))
    below = settings(mail_return_address="bounces@b.notices.example")
    assert "SPF at b.notices.example" in look_at_records(below, Table(GOOD | {"b.notices.example": [SPF]}))


def test_where_nobody_answers_nothing_is_wrong() -> None:
    assert look_at_records(settings(), Table(None)) == UNKNOWN
    assert looks_at_records(settings())
    assert not looks_at_records(Settings())
