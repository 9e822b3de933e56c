"""Public pages: blocking a lost sheet by its serial, and the certificate issuers that are accepted."""

from flask import Blueprint, abort, redirect, request, url_for

from lre_kit.errors import InputError, LreError
from lre_kit.identifiers.holder_notices import could_be_serial
from lre_kit.identifiers.throttle import network_key
from lre_web.profile.site import Answer, office, render


def add_pages(blueprint: Blueprint) -> None:
    """Add the public pages to a blueprint."""
    blueprint.add_url_rule("/profile/lost", "profile_lost", _lost, methods=["GET", "POST"])
    blueprint.add_url_rule("/profile/issuers", "profile_issuers", _issuers)


class NoSerialError(InputError):
    """What was typed is no serial, whatever means there are."""

    slug = "no-serial"


def _lost() -> Answer:
    """Take the report of whoever holds a sheet or its envelope: they need not be its owner, nor log in."""
    if request.method == "GET":
        return render("lost")
    people, typed = office().people, request.form.get("serial", "")
    try:
        if not could_be_serial(typed):
            msg = "This is not a serial number."
            raise NoSerialError(msg, mend="Type the three groups of four characters printed on the sheet.")
        # Never taken back: were right ones not counted, the pace would tell which serials exist.
        people.throttle.check(network_key(request.remote_addr))
    except LreError as error:
        return render("lost", error)
    people.lost_reports.report(typed)
    return redirect(url_for(".profile_lost", done="reported"), 303)


def _issuers() -> Answer:
    certificates = office().people.certificates
    if certificates is None:
        abort(404)
    return render("issuers", issuers=certificates.issuers.public())
