"""Opening the electronic identities of an office: its list of providers, and its pages for them."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from lre_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from lre_kit.identifiers.challenges import Challenges
    from lre_kit.identifiers.eid import ElectronicIdentities
    from lre_kit.identifiers.register import IdentifierRegister
    from lre_kit.parties.book import PartyBook
    from lre_kit.people_ground import Ground

BACK_PATH = "/eid/back"
"""The page that providers send browsers back to, below the office's address; it is registered with them."""

GOODBYE_PATH = "/eid/bye"
"""The page to come back to after a logout at a provider; it is registered with them too."""


def open_electronic_identities(
    ground: "Ground", *, register: "IdentifierRegister", challenges: "Challenges", parties: "PartyBook"
) -> "ElectronicIdentities | None":
    """Return the office's electronic identities; nothing where no provider is accepted.

    Args:
        ground: The office's parts.
        register: Its identification means.
        challenges: Its open questions.
        parties: Its persons and organisations.

    Raises:
        ConfigurationError: The list cannot be used, or the library for it is not installed.
    """
    place = ground.settings.eid_providers
    if place is None:
        return None
    if find_spec("joserfc") is None:
        msg = "Identity providers are listed, but what reads their answers is not installed."
        raise ConfigurationError(msg, mend="Install lre-kit[identity], or empty LRE_EID_PROVIDERS.")
    from lre_kit.identifiers.eid import ElectronicIdentities
    from lre_kit.identifiers.eid_names import fits_party
    from lre_kit.identifiers.eid_providers import EidProviders

    base = ground.links.base_url
    return ElectronicIdentities(
        ground.database,
        clock=ground.clock,
        register=register,
        challenges=challenges,
        providers=EidProviders.load(place),
        redirect_uri=base + BACK_PATH,
        after_logout=base + GOODBYE_PATH,
        key=ground.pepper,
        fits=fits_party(parties),
    )
