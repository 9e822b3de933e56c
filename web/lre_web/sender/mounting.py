"""All pages of senders."""

from flask import Blueprint

from lre_web.sender import (
    acts,
    api_keys,
    bulk,
    consents_register,
    contacts,
    contacts_tables,
    deposit,
    drafts,
    home,
    letter,
    letter_pages,
    letter_templates,
    look,
    many,
    post,
    preferences,
    prepared,
    several,
    webhooks,
)


def add_pages(blueprint: Blueprint) -> None:
    """Add them to a blueprint."""
    for each in (
        acts,
        api_keys,
        bulk,
        consents_register,
        contacts,
        contacts_tables,
        deposit,
        drafts,
        home,
        letter,
        letter_pages,
        letter_templates,
        look,
        many,
        post,
        preferences,
        prepared,
        several,
        webhooks,
    ):
        each.add_pages(blueprint)
