"""The answer to a person as a file: JSON for programs, and text to read, in one ZIP."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lre_kit.clock import iso, local_text
from lre_kit.law.periods import Words
from lre_kit.subject_access import Known

_SECTIONS: Mapping[str, Words] = {
    "parties": Words(fr="Qui vous êtes", en="Who you are"),
    "accounts": Words(fr="Compte", en="Account"),
    "means": Words(fr="Moyens d'identification", en="Means of identification"),
    "identifications": Words(fr="Identifications", en="Identifications"),
    "orders": Words(fr="Commandes de moyens", en="Orders of means"),
    "identity_checks": Words(fr="Vérifications d'identité", en="Identity checks"),
    "letters_sent": Words(fr="Lettres envoyées", en="Letters sent"),
    "letters_received": Words(fr="Lettres reçues ou annoncées", en="Letters received or announced"),
    "consents_given_or_asked_of_you": Words(
        fr="Accords donnés ou demandés à vous", en="Consents given by you or asked of you"
    ),
    "consents_you_asked_for": Words(fr="Accords que vous avez demandés", en="Consents that you asked for"),
    "letters_on_paper": Words(fr="Vos lettres sur papier", en="Your letters on paper"),
    "letters_in_bulk": Words(fr="Envois groupés", en="Letters in bulk"),
    "letters_prepared": Words(fr="Lettres préparées", en="Letters prepared"),
    "address_book": Words(fr="Votre carnet d'adresses", en="Your address book"),
    "in_address_books": Words(
        fr="Fiches à votre sujet dans des carnets d'expéditeurs", en="Entries about you in books of senders"
    ),
    "letters_you_began": Words(fr="Brouillons de lettres", en="Drafts of letters"),
    "documents_uploaded": Words(fr="Documents téléversés", en="Documents uploaded"),
    "messages_you_chose": Words(fr="Messages que vous avez choisis", en="Messages you chose"),
    "views_of_your_list": Words(fr="Vues de votre liste", en="Views of your list"),
    "requests": Words(fr="Demandes à l'assistance", en="Requests to the support"),
    "programs": Words(fr="Programmes autorisés", en="Programs let in"),
    "webhooks": Words(fr="Webhooks", en="Webhooks"),
}
_HEAD = Words(
    fr="Ce que l'office sait de {email}, le {at} (RGPD, article 15)",
    en="What the office knows of {email}, on {at} (GDPR, article 15)",
)
_NOTHING = Words(fr="Rien.", en="Nothing.")
_LEFT_OUT = Words(fr="Ce qui n'y figure pas", en="What is not in it")
_LEFT_OUT_FR = (
    "les documents des lettres (ils sont sur les pages de l'office, tant qu'ils sont conservés)",
    "les images de pièces d'identité et de visages (seules leurs dates figurent ici)",
    "mots de passe, codes, clés et empreintes (personne ne peut les lire, l'office non plus)",
    "les lettres qui ne vous sont pas encore annoncées, et l'expéditeur de celles que vous n'avez pas reçues",
)


def write_known(known: Known, place: Path, *, language: str) -> None:
    """Write the answer as a ZIP; half a file is never left under its name.

    Args:
        known: The answer.
        place: The file to write.
        language: ``fr`` or ``en``, of the text.
    """
    data = {
        "email": known.email,
        "at": iso(known.at),
        "sections": known.sections,
        "left_out": list(known.left_out),
    }
    part = place.with_name(place.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "data.json", json.dumps(data, default=_plain, ensure_ascii=False, indent=2) + "\n"
            )
            archive.writestr("read-me.txt", readable(known, language))
        part.chmod(0o600)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def readable(known: Known, language: str) -> str:
    """Return the answer as text, one fact a line."""
    head = _HEAD.in_language(language).format(email=known.email, at=local_text(known.at))
    lines = [head, "=" * len(head)]
    for name, facts in known.sections.items():
        title = _SECTIONS[name].in_language(language)
        lines += ["", title, "-" * len(title)]
        lines += list(_told(facts, 0)) if facts else [_NOTHING.in_language(language)]
    title = _LEFT_OUT.in_language(language)
    lines += ["", title, "-" * len(title)]
    lines += [f"- {line}" for line in (_LEFT_OUT_FR if language == "fr" else known.left_out)]
    return "\n".join(lines) + "\n"


def _told(value: Any, depth: int) -> Iterator[str]:
    """Yield the lines of a value; empty ones are left out."""
    indent = "  " * depth
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if inner is None or inner in ("", [], {}):
                continue
            if isinstance(inner, Mapping) or _is_list_of_facts(inner):
                yield f"{indent}{_label(name)}:"
                yield from _told(inner, depth + 1)
            else:
                yield f"{indent}{_label(name)}: {_text(inner)}"
    elif _is_list_of_facts(value):
        for place, each in enumerate(value):
            if place and not depth:
                yield ""
            first, *rest = list(_told(each, depth + 1)) or [indent]
            yield f"{indent}- {first.lstrip()}"
            yield from rest
    else:
        yield f"{indent}{_text(value)}"


def _is_list_of_facts(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value)


def _label(name: str) -> str:
    return name.removesuffix("_at").replace("_", " ")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return local_text(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    # One line each: what somebody typed begins no line of its own.
    return " ".join(str(value).split())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    msg = f"cannot write {type(value).__name__}"
    raise TypeError(msg)
