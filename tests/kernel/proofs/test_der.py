"""The DER writer says what an independent reader understands, byte for byte."""

from datetime import UTC, datetime

from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.proofs.forms import der

ARCS = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**70), max_size=8))


@given(st.integers(0, 2**200))
def test_integers(value: int) -> None:
    assert der.integer(value) == core.Integer(value).dump()


@given(st.binary(max_size=70_000))
def test_octets_of_every_length(value: bytes) -> None:
    assert der.octets(value) == core.OctetString(value).dump()


@given(ARCS)
def test_object_identifiers(arcs: tuple[int, int, list[int]]) -> None:
    dotted = ".".join(map(str, (arcs[0], arcs[1], *arcs[2])))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@given(st.lists(st.integers(0, 2**40), max_size=20))
def test_sets_are_in_order_whatever_order_they_are_given_in(values: list[int]) -> None:
    elements = [der.integer(value) for value in values]
    assert der.set_of(*elements) == der.set_of(*reversed(elements))
    assert der.set_of(*elements) == core.SetOf(values, spec=core.Integer).dump()


@given(st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_times_keep_their_fraction_without_a_trailing_zero(instant: datetime) -> None:
    written = der.generalized_time(instant)
    assert core.GeneralizedTime.load(written).native == instant
    assert not written.endswith((b"0Z",)) or b"." not in written
    assert not written.endswith(b".Z")


def test_truth_is_all_ones() -> None:
    assert (der.boolean(True), der.boolean(False)) == (b"\x01\x01\xff", b"\x01\x01\x00")
