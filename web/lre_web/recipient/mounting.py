"""All pages of recipients, of letters and of requests for consent."""

from flask import Blueprint

from lre_web.recipient import (
    consents,
    more,
    pages,
)


def add_pages(blueprint: Blueprint) -> None:
    """Add them to a blueprint."""
    for each in (
        consents,
        more,
        pages,
    ):
        each.add_pages(blueprint)
