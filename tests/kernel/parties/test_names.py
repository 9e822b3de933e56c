"""Comparing names: a table of pairs as people really write them, and laws that hold for all."""

import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.parties.names import NameMatch, PersonName, compare_names
from lre_kit.parties.spellings import plain

SAME, CLOSE, UNSURE, DIFFERENT = NameMatch.SAME, NameMatch.CLOSE, NameMatch.UNSURE, NameMatch.DIFFERENT

PAIRS = [
    # case, accents, spacing, punctuation
    ("Hélène|Faÿ", "HELENE|FAY", SAME),
    ("Jean|Dupont", "jean|dupont", SAME),
    ("Jean-Pierre|Martin", "JEAN PIERRE|MARTIN", SAME),
    ("Anne|O'Connor", "ANNE|O CONNOR", SAME),
    ("José|Muñoz", "JOSE|MUNOZ", SAME),
    ("Zoë|Lefèvre", "ZOE|LEFEVRE", SAME),
    ("François|Ça", "FRANCOIS|CA", SAME),
    ("Noël|L'Hôte", "NOEL|L HOTE", SAME),
    ("Maëlys|Martin", "MAELYS|MARTIN", SAME),
    ("Đặng|Nguyễn", "ĐANG|NGUYEN", SAME),
    # order and number of given names
    ("Maëlys|Martin", "MAELYS GAELLE MARIE|MARTIN", CLOSE),
    ("Marie Gaëlle|Martin", "GAELLE MARIE|MARTIN", CLOSE),
    ("Gaëlle|Martin", "MAELYS GAELLE MARIE|MARTIN", CLOSE),
    ("Jean Paul|Petit", "JEAN|PETIT", CLOSE),
    ("Jean-Paul|Petit", "JEANPAUL|PETIT", CLOSE),
    ("|Dupont Jean", "Jean|Dupont", CLOSE),
    ("Dupont|Jean", "Jean|Dupont", CLOSE),
    # name of birth and name in use
    ("Anne|Durand|Moreau", "ANNE|DURAND", CLOSE),
    ("Anne|Moreau", "ANNE|DURAND|MOREAU", CLOSE),
    ("Anne|Durand|Moreau", "ANNE|DURAND|DURAND MOREAU", CLOSE),
    ("Anne|Durand-Moreau", "ANNE|DURAND|MOREAU", CLOSE),
    ("Sophie|Leroy|Petit", "SOPHIE|LEROY EP PETIT", CLOSE),
    # particles
    ("Charles|de Gaulle", "CHARLES|GAULLE", CLOSE),
    ("Charles|de Gaulle", "CHARLES|DE GAULLE", SAME),
    ("Ludwig|van Beethoven", "LUDWIG|BEETHOVEN", CLOSE),
    ("Maria|dos Santos", "MARIA|SANTOS", CLOSE),
    ("Pierre|d'Aubigné", "PIERRE|AUBIGNE", CLOSE),
    ("Jeanne|du Bois", "JEANNE|BOIS", CLOSE),
    ("Pierre|d'Aubigné", "PIERRE|DAUBIGNE", CLOSE),
    ("Anne|O'Connor", "ANNE|OCONNOR", CLOSE),
    ("Marc|de La Tour", "MARC|DELATOUR", CLOSE),
    ("Maria|Sá", "MARIA JOANA|DE SA", CLOSE),
    ("Thị Hoa|Lê", "THI HOA|LE", SAME),
    # other letters, ICAO 9303
    ("Jürgen|Müller", "JUERGEN|MUELLER", CLOSE),
    ("Jürgen|Müller", "JURGEN|MULLER", SAME),
    ("Björn|Ström", "BJOERN|STROEM", CLOSE),
    ("Søren|Åberg", "SOEREN|AABERG", CLOSE),
    ("Lætitia|Cœur", "LAETITIA|COEUR", CLOSE),
    ("Hans|Groß", "HANS|GROSS", SAME),
    ("Łukasz|Wałęsa", "LUKASZ|WALESA", CLOSE),
    ("Þór|Jónsson", "THOR|JONSSON", CLOSE),
    # cut off by a machine-readable zone
    ("Christopher Alexander|Papadopoulos", "CHRISTOPHER ALEX|PAPADOPOULOS", CLOSE),
    ("Christopher Alexander|Papadakis", "CHRISTOPHER ALEX|PAPADAKIS", UNSURE),
    ("Marie-Antoinette|Duval", "MARIE ANTOINET|DUVAL", CLOSE),
    ("Christophe Alain|Roy", "CHRISTOPHE AL|ROY", CLOSE),
    ("Christian|Dupont", "CHRISTIANE|DUPONT", UNSURE),
    ("Emmanuel|Roux", "EMMANUELLE|ROUX", UNSURE),
    ("Nilavadhanananda|Chayapa", "NILAVADHANANAN|CHAYAPA", CLOSE),
    # titles
    ("M. Jean|Dupont", "JEAN|DUPONT", CLOSE),
    ("Dr Anne|Leroy", "ANNE|LEROY", CLOSE),
    # one name only
    ("|Suharto", "|SUHARTO", SAME),
    ("Suharto|", "|SUHARTO", CLOSE),
    ("|Björk", "|BJOERK", CLOSE),
    # a machine cannot tell
    ("J.|Dupont", "JEAN|DUPONT", UNSURE),
    ("J P|Petit", "JEAN PAUL|PETIT", UNSURE),
    ("|Dupont", "JEAN|DUPONT", UNSURE),
    ("Ольга|Иванова", "OLGA|IVANOVA", UNSURE),
    ("李|小龙", "XIAOLONG|LI", UNSURE),
    ("محمد|علي", "MOHAMMED|ALI", UNSURE),
    ("|Brumes et Fils SARL", "JEAN|DUPONT", UNSURE),
    ("|Société Brumes SA", "|SOCIETE BRUMES SAS", UNSURE),
    ("|Brumes et Fils SARL", "|BRUMES ET FILS SARL", SAME),
    ("Ольга|Иванова", "Όλγα|Ιβανόβα", UNSURE),
    ("|Jean Pierre", "JEAN PIERRE|DUPONT", UNSURE),
    ("|Jean", "JEAN|DUPONT", UNSURE),
    ("Anne|Durand", "ANNE|DURAND MOREAU", UNSURE),
    # a name of one line: any order, some given names left out
    ("|Jean Dupont", "|DUPONT JEAN", CLOSE),
    ("|Jean Dupont", "|JEAN MARIE DUPONT", CLOSE),
    ("|Jean Dupont", "JEAN MARIE|DUPONT", CLOSE),
    ("|DUPONT Jean", "JEAN MARIE|DUPONT", CLOSE),
    ("|Anne Moreau", "ANNE|DURAND|MOREAU", CLOSE),
    ("|Charles de Gaulle", "CHARLES ANDRE|DE GAULLE", CLOSE),
    ("|J. Dupont", "JEAN|DUPONT", UNSURE),
    ("|Jean Dupont", "PAUL|DUPONT", DIFFERENT),
    # others, of the same letters or the same words
    ("Jean|Dupont", "JANE|DUPONT", DIFFERENT),
    ("Léa|Roy", "ALE|ROY", DIFFERENT),
    ("|Jean Dupont", "|JANE DUPONT", DIFFERENT),
    ("Jean|Martin", "MARTIN JEAN PAUL|DURAND", DIFFERENT),
    ("Martin|Jean", "JEAN MARIE|MARTIN", DIFFERENT),
    # others
    ("Jean|Dupont", "PAUL|DUPONT", DIFFERENT),
    ("Jean|Dupont", "JEAN|DURAND", DIFFERENT),
    ("Jean|Dupont", "JEANNE|DUPOND", DIFFERENT),
    ("Marie|Martin", "MARIO|MARTIN", DIFFERENT),
    ("Anne|Durand", "ANNE|MOREAU", DIFFERENT),
    ("Jean|Petit", "JEAN|PETITJEAN", UNSURE),
    ("Ольга|Иванова", "ОЛЬГА|ПЕТРОВА", DIFFERENT),
    ("Luc|Bernard", "LUCIEN|BERNARD", DIFFERENT),
    ("Lea|Roy", "LEO|ROY", DIFFERENT),
    ("Pierre|Paul", "JACQUES|PAUL", DIFFERENT),
]


def name(text: str) -> PersonName:
    given, family, *usage = text.split("|")
    return PersonName(given=given, family=family, usage="".join(usage))


def test_the_table_is_long_and_has_every_answer() -> None:
    assert len(PAIRS) >= 60
    assert set(Counter(answer for *_, answer in PAIRS)) == set(NameMatch)


@pytest.mark.parametrize(("declared", "shown", "answer"), PAIRS, ids=str)
def test_two_names_compare_as_a_person_would_say(declared: str, shown: str, answer: NameMatch) -> None:
    """F9.15: sixty pairs and more."""
    assert compare_names(name(declared), name(shown)) is answer


WORDS = st.text(st.characters(whitelist_categories=["Lu", "Ll", "Lo", "Mn", "Pd", "Zs"]), max_size=20)
NAMES = st.builds(PersonName, given=WORDS, family=WORDS, usage=WORDS)


@given(NAMES, NAMES)
def test_the_order_of_the_two_does_not_matter(left: PersonName, right: PersonName) -> None:
    assert compare_names(left, right) is compare_names(right, left)


@given(NAMES)
def test_every_name_with_a_letter_is_the_same_as_itself(own: PersonName) -> None:
    expected = SAME if any(part.strip() and plain(part) for part in own.parts) else DIFFERENT
    assert compare_names(own, own) is expected


@given(st.permutations(list("jeandupo")), st.permutations(list("martinse")))
def test_names_of_the_same_letters_are_not_the_same(given_name: list[str], family: list[str]) -> None:
    left, right = (
        PersonName(given="jeandupo", family="martinse"),
        PersonName(given="".join(given_name), family="".join(family)),
    )
    same = left.parts == right.parts
    assert compare_names(left, right) is (SAME if same else DIFFERENT)


def test_the_longest_names_take_a_bounded_number_of_steps() -> None:
    left = PersonName(given="Üä Öå ñæ " * 22, family="Üäöå " * 40, usage="öü " * 60)
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    for right in (
        PersonName(given="Öäü ñ " * 30, family="åäöü ñ " * 28, usage="ñä " * 60),
        PersonName.of_text("Öä üñ åö " * 20),
        PersonName.of_text(" ".join("Ä Ö Ü Ñ Å B C E F G".split())),
    ):
        sys.setprofile(count)
        try:
            compare_names(left, right)
        finally:
            sys.setprofile(None)
    assert calls < 5_000_000


@given(
    st.from_regex(r"[A-Za-zÀ-ÿ]{2,12}", fullmatch=True), st.from_regex(r"[A-Za-zÀ-ÿ]{2,12}", fullmatch=True)
)
def test_every_name_is_the_same_as_itself_in_capitals(given_name: str, family: str) -> None:
    own = PersonName(given=given_name, family=family)
    assert compare_names(own, own) is NameMatch.SAME
    assert compare_names(own, PersonName(given=given_name.lower(), family=family.lower())) in {SAME, CLOSE}
