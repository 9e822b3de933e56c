"""The consents that somebody gave from their own mailboxes, seen and withdrawn in their profile."""

from flask import Blueprint, redirect, url_for

from lre_kit.consents.values import Answerer, ConsentInfo
from lre_kit.errors import LreError, NotFoundError
from lre_kit.law.consents import RULES, ConsentState
from lre_kit.parties.emails import addresses_of
from lre_web.profile.site import Answer, fresh_required, office, person, person_required, render
from lre_web.words.consents import consent_texts

MEANS = "account"
"""Name in evidence of a login to the office's own account."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the page to a blueprint."""
    blueprint.add_url_rule("/profile/consents", "profile_consents", _list)
    blueprint.add_url_rule(
        "/profile/consents/<consent_id>/withdraw", "profile_consents_withdraw", _withdraw, methods=["POST"]
    )


def _mine() -> list[ConsentInfo]:
    """Return the consents about mailboxes that who is here was shown to read."""
    with office().database.read() as connection:
        emails = addresses_of(connection, person().id)
    return office().consents.register.about(emails)


@person_required
def _list() -> Answer:
    return _page()


def _page(error: LreError | None = None) -> Answer:
    against = {ConsentState.REFUSED, ConsentState.WITHDRAWN}
    listed = [
        (
            info,
            info.state is ConsentState.GIVEN or (RULES[info.regime].presumed and info.state not in against),
        )
        for info in _mine()
    ]
    return render("consents", error, c=consent_texts(), listed=listed)


@fresh_required
def _withdraw(consent_id: str) -> Answer:
    try:
        if consent_id not in {info.id for info in _mine()}:
            raise NotFoundError("There is no such consent.", mend="Look at your list of consents.")
        now = office().clock()
        office().consents.desk.withdraw(Answerer(consent_id=consent_id, means=MEANS, at=now))
    except LreError as error:
        return _page(error)
    return redirect(url_for(".profile_consents"), 303)
