"""All pages that anyone may read."""

from flask import Blueprint

from lre_web.public import (
    health,
    help_pages,
    observing,
    status,
    support,
    trust,
    verification,
)


def add_pages(blueprint: Blueprint) -> None:
    """Add them to a blueprint."""
    for each in (
        health,
        help_pages,
        observing,
        status,
        support,
        trust,
        verification,
    ):
        each.add_pages(blueprint)
