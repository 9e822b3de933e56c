"""Machine-readable zones: published specimens, every single change, and a round trip."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lre_kit.parties.mrz import MrzError, MrzFormat, check_digit, read_mrz
from lre_kit.parties.mrz_layouts import FILLER, LAYOUTS

AT = date(2026, 3, 1)

TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
TD1_LONG = (
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "3407127M9507122UTO<<<<<<<<<<<2",
    "STEVENSON<<PETER<JOHN<<<<<<<<<",
)
TD1_TEN = (
    "IDUTO123456789<07<<<<<<<<<<<<<",
    "8601012M3001019UTO<<<<<<<<<<<6",
    "SPECIMEN<<JANE<<<<<<<<<<<<<<<<",
)
FRENCH = (
    "IDFRAX4RTBPFW46<<<<<<<<<<<<<<<",
    "9007138F3002119FRA<<<<<<<<<<<6",
    "MARTIN<<MAELYS<GAELLE<MARIE<<<",
)
OLD_1 = ("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6")
OLD_2 = (OLD_1[0], "9409923102854CORINNE<<<<<<<6512068F4")

SPECIMENS = {
    "TD3": (TD3, MrzFormat.TD3, "L898902C3", "ERIKSSON", "ANNA MARIA", date(1974, 8, 12), date(2012, 4, 15)),
    "TD2": (TD2, MrzFormat.TD2, "D23145890", "ERIKSSON", "ANNA MARIA", date(1974, 8, 12), date(2012, 4, 15)),
    "TD1": (TD1, MrzFormat.TD1, "D23145890", "ERIKSSON", "ANNA MARIA", date(1974, 8, 12), date(2012, 4, 15)),
    "long": (
        TD1_LONG,
        MrzFormat.TD1,
        "D23145890734",
        "STEVENSON",
        "PETER JOHN",
        date(1934, 7, 12),
        date(1995, 7, 12),
    ),
    "ten": (TD1_TEN, MrzFormat.TD1, "1234567890", "SPECIMEN", "JANE", date(1986, 1, 1), date(2030, 1, 1)),
    "French": (
        FRENCH,
        MrzFormat.TD1,
        "X4RTBPFW4",
        "MARTIN",
        "MAELYS GAELLE MARIE",
        date(1990, 7, 13),
        date(2030, 2, 11),
    ),
    "old 1988": (
        OLD_1,
        MrzFormat.OLD_FRENCH_CARD,
        "880692310285",
        "BERTHIER",
        "CORINNE",
        date(1965, 12, 6),
        None,
    ),
    "old 1994": (
        OLD_2,
        MrzFormat.OLD_FRENCH_CARD,
        "940992310285",
        "BERTHIER",
        "CORINNE",
        date(1965, 12, 6),
        None,
    ),
}


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_published_specimen_is_read(name):
    lines, kind, number, surname, given_names, birth, expiry = SPECIMENS[name]
    mrz = read_mrz("\n".join(lines), at=AT)
    assert mrz.ok, mrz.failed
    assert (mrz.format, mrz.number, mrz.surname, mrz.given_names) == (kind, number, surname, given_names)
    assert (mrz.birth, mrz.expiry, mrz.corrected) == (birth, expiry, False)


@pytest.mark.parametrize(
    ("text", "digit"),
    [("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 7), ("0123456789", 7), ("0123456789ABCDEF", 0), ("D23145890734", 9)],
)
def test_the_check_digit_is_the_one_of_the_standard(text, digit):
    assert check_digit(text) == digit


def test_the_old_french_card_tells_its_month_of_issue():
    assert read_mrz(OLD_2, at=AT).issued == date(1994, 9, 1)


def test_a_number_that_goes_on_in_the_optional_field_is_whole_and_leaves_the_rest():
    mrz = read_mrz(TD1_LONG, at=AT)
    assert mrz.number.endswith("734")
    assert mrz.optional == ""


def test_the_personal_number_of_a_passport_is_optional_data():
    assert read_mrz(TD3, at=AT).optional == "ZE184226B"


@pytest.mark.parametrize("digit", ["<", "0"])
def test_an_empty_personal_number_may_carry_a_filler_or_zero(digit):
    line = "L898902C36UTO7408122F1204159" + "<" * 14 + digit
    line += str(check_digit(line[:10] + line[13:20] + line[21:43]))
    assert read_mrz((TD3[0], line), at=AT).ok


def test_a_personal_number_without_check_digit_is_not_read_well():
    line = TD3[1][:42] + "<" + TD3[1][43]
    assert "optional" in read_mrz((TD3[0], line), at=AT).failed


def _changes(lines, kind):
    """Every position that a check digit protects, with the field's name."""
    for check in LAYOUTS[kind].checks:
        for span in (*check.over, check.digit):
            for place in range(span.start, span.end):
                yield span.line, place


CHECKED = [(name, line, place) for name in SPECIMENS for line, place in _changes(*SPECIMENS[name][:2])]
VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {FILLER: 0}


def weights(line):
    """What each character of a line counts for in a check digit."""
    return [VALUES[character] % 10 for character in line]


@example(where=("old 1994", 0, 6), new="0")
@given(
    where=st.sampled_from(CHECKED),
    new=st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"),
)
def test_any_single_change_in_a_checked_field_is_found_or_undone(where, new):
    name, line, place = where
    lines = SPECIMENS[name][0]
    old = lines[line][place]
    if VALUES[old] % 10 == VALUES[new] % 10:
        return  # the standard's arithmetic cannot tell these apart
    changed = list(lines)
    changed[line] = changed[line][:place] + new + changed[line][place + 1 :]
    mrz = read_mrz(changed, at=AT)
    # A digit where a letter must stand is read as the letter it looks like, which may weigh the same.
    assert not mrz.ok or (mrz.corrected and [*map(weights, mrz.lines)] == [*map(weights, lines)])


def test_look_alikes_are_read_as_meant_where_only_digits_or_letters_stand():
    lines = (FRENCH[0], FRENCH[1].replace("9007138", "9OO7I3B"), FRENCH[2].replace("MARTIN", "MART1N"))
    mrz = read_mrz(lines, at=AT)
    assert mrz.ok
    assert mrz.corrected
    assert mrz.lines == FRENCH


def test_look_alikes_in_the_number_are_not_guessed():
    lines = (FRENCH[0].replace("X4RTBPFW4", "X4RTBPFWA"), *FRENCH[1:])
    assert "number" in read_mrz(lines, at=AT).failed


def test_miscounted_fillers_at_the_end_of_a_line_of_names_are_mended():
    assert read_mrz((FRENCH[0] + "<<", FRENCH[1], FRENCH[2][:-2]), at=AT).ok
    assert read_mrz(f"  {TD3[0][:-5].lower()} \n\n{TD3[1]}", at=AT).ok


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "HELLO",
        TD3[0],
        (*TD1, TD1[0]),
        (TD3[0], TD3[1][:-1]),
        ("V" + TD3[0][1:], TD3[1]),
        (TD2[0], "É" + TD2[1][1:]),
        (TD1[0], TD1[1] + "<", TD1[2]),
        ("<", "<"),
        "٣" * 30 + "\n" + "٣" * 30 + "\n" + "٣" * 30,
    ],
)
def test_what_has_not_the_form_of_a_zone_is_refused_in_words(lines):
    with pytest.raises(MrzError) as refused:
        read_mrz(lines, at=AT)
    assert refused.value.mend


@given(st.lists(st.text(alphabet="ABZ019<", min_size=28, max_size=46), min_size=0, max_size=4))
def test_no_text_of_the_right_letters_breaks_the_reader(lines):
    try:
        mrz = read_mrz(lines, at=AT)
    except MrzError:
        return
    assert mrz.checks


def test_centuries_are_decided_by_the_day_of_reading():
    line = "D231458907UTO2501017F3512312<<<<<<<"
    line = line[:20] + "F" + line[21:]
    line = (
        line[:19] + str(check_digit(line[13:19])) + line[20:27] + str(check_digit(line[21:27])) + line[28:35]
    )
    line += str(check_digit(line[:10] + line[13:20] + line[21:35]))
    assert read_mrz((TD2[0], line), at=date(2026, 1, 1)).birth == date(2025, 1, 1)
    assert read_mrz((TD2[0], line), at=date(2024, 1, 1)).birth == date(1925, 1, 1)
    assert read_mrz((TD2[0], line), at=date(2024, 1, 1)).expiry == date(2035, 12, 31)


def test_an_unknown_day_of_birth_is_allowed_and_an_impossible_one_is_not():
    def with_birth(birth):
        line = TD2[1][:13] + birth + str(check_digit(birth)) + TD2[1][20:35]
        return line + str(check_digit(line[:10] + line[13:20] + line[21:35]))

    unknown = read_mrz((TD2[0], with_birth("7408<<")), at=AT)
    assert unknown.ok
    assert unknown.birth is None
    assert "birth" in read_mrz((TD2[0], with_birth("741332")), at=AT).failed


def test_a_zone_shows_no_personal_datum_in_its_representation():
    shown = repr(read_mrz(FRENCH, at=AT))
    assert "MARTIN" not in shown
    assert "X4RTBPFW4" not in shown


# --- a generator of its own: what it writes is read back ------------------------------------------

names = st.lists(
    st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5), min_size=1, max_size=2
)
numbers = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=14)
births = st.dates(date(1930, 1, 1), AT)
expiries = st.dates(AT - timedelta(days=40 * 365), AT + timedelta(days=40 * 365))


def _number_fields(number, width):
    """Return number field, its digit, and optional data of this width, long numbers included."""
    if len(number) <= 9:
        return number.ljust(9, "<"), str(check_digit(number.ljust(9, "<"))), "<" * width
    return number[:9], "<", (number[9:] + str(check_digit(number)) + "<").ljust(width, "<")


def write_td1(surname, given_names, number, birth, expiry, sex="F"):
    """Write a TD1 zone."""
    field, digit, optional = _number_fields(number, 15)
    one = "IDFRA" + field + digit + optional
    born, ends = f"{birth:%y%m%d}", f"{expiry:%y%m%d}"
    two = born + str(check_digit(born)) + sex + ends + str(check_digit(ends)) + "FRA" + "<" * 11
    two += str(check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29]))
    return one, two, ("<".join(surname) + "<<" + "<".join(given_names)).ljust(30, "<")


def write_td2(surname, given_names, number, birth, expiry, sex="F"):
    """Write a TD2 zone."""
    field, digit, optional = _number_fields(number, 7)
    born, ends = f"{birth:%y%m%d}", f"{expiry:%y%m%d}"
    two = (
        field + digit + "BEL" + born + str(check_digit(born)) + sex + ends + str(check_digit(ends)) + optional
    )
    two += str(check_digit(two[:10] + two[13:20] + two[21:35]))
    return "I<BEL" + ("<".join(surname) + "<<" + "<".join(given_names)).ljust(31, "<"), two


@given(surname=names, given_names=names, number=numbers, birth=births, expiry=expiries)
def test_what_is_written_as_td1_is_read_back(surname, given_names, number, birth, expiry):
    mrz = read_mrz(write_td1(surname, given_names, number, birth, expiry), at=AT)
    assert mrz.ok, mrz.failed
    assert (mrz.surname, mrz.given_names) == (" ".join(surname), " ".join(given_names))
    assert (mrz.number, mrz.birth, mrz.expiry) == (number, birth, expiry)


@given(
    surname=names,
    given_names=names,
    number=numbers.filter(lambda n: len(n) <= 14),
    birth=births,
    expiry=expiries,
)
def test_what_is_written_as_td2_is_read_back(surname, given_names, number, birth, expiry):
    mrz = read_mrz(write_td2(surname, given_names, number, birth, expiry), at=AT)
    assert mrz.ok, mrz.failed
    assert (mrz.number, mrz.birth, mrz.expiry) == (number, birth, expiry)
