"""Recipients in tables: the parts of an address that people keep in columns, and the lines they make.

The order of the norm (NF Z10-011) is kept: who, then flat, building, street, place, and the town last.
Nothing is shortened or corrected: an address that cannot be printed is told.
"""

from collections.abc import Mapping

from lre_kit.csv_tables import bad_line
from lre_kit.law.consents import Capacity
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.countries import FRENCH

ADDRESS_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "postal_name": ("postal_name", "nom postal"),
    "address_unit": ("address_unit", "appartement", "étage", "etage"),
    "address_more": (
        "address_more",
        "complément",
        "complement",
        "complément d'adresse",
        "complement d'adresse",
    ),
    "address": ("address", "adresse", "adresse postale", "voie", "street"),
    "address_place": ("address_place", "lieu-dit", "lieu dit", "boîte postale", "boite postale"),
    "postcode": ("postcode", "code postal", "cp", "zip"),
    "city": ("city", "ville", "commune", "town"),
    "country": ("country", "pays"),
}
"""Columns of an address, by the names they may have."""

_CAPACITIES: Mapping[str, Capacity] = {
    "particulier": Capacity.CONSUMER,
    "consommateur": Capacity.CONSUMER,
    "professionnel": Capacity.PROFESSIONAL,
    "organisme public": Capacity.PUBLIC_BODY,
}
_BETWEEN = ("address_unit", "address_more", "address", "address_place")
_PLACES = {1: ("address",), 2: ("address_more", "address"), 3: ("address_unit", "address_more", "address")}


def address_of_cells(fields: Mapping[str, str], *, name: str) -> PostalAddress | None:
    """Return the address a line of a table gives, checked; nothing if it gives none.

    Args:
        fields: The line's cells by column.
        name: Whose it is: the first line, unless the column ``postal_name`` says another.

    Raises:
        InvalidPostalAddressError: It cannot be printed or carried.
    """
    if not any(fields.get(column) for column in ADDRESS_COLUMNS if column != "country"):
        return None
    town = " ".join(part for part in (fields.get("postcode", ""), fields.get("city", "")) if part)
    lines = (fields.get("postal_name") or name, *(fields.get(column, "") for column in _BETWEEN), town)
    return PostalAddress(lines=lines, country=fields.get("country") or "FR").checked()


def cells_of_address(address: PostalAddress | None, *, name: str) -> dict[str, str]:
    """Return the cells from which `address_of_cells` makes the same address again."""
    cells = dict.fromkeys(ADDRESS_COLUMNS, "")
    if address is None:
        return cells
    first, *between, town = address.lines
    cells["postal_name"] = "" if first == name else first
    cells |= dict(zip(_PLACES.get(len(between), _BETWEEN), between, strict=False))
    cells["country"] = address.country
    if address.country in FRENCH:
        cells["postcode"], _, cells["city"] = town.partition(" ")
    else:
        cells["city"] = town
    return cells


def capacity_of(text: str) -> Capacity:
    """Return the capacity a cell names, in French or English; none: a consumer.

    Raises:
        InputError: There is no such capacity.
    """
    word = text.strip().lower()
    if not word:
        return Capacity.CONSUMER
    try:
        return _CAPACITIES.get(word) or Capacity(word)
    except ValueError:
        problem = f"names a capacity that is none: {word[:30]}"
        raise bad_line(problem) from None
