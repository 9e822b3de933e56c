# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages for templates of letters, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "templates": ("Modèles de lettres", "Templates of letters"),
    "lead": (
        "Un texte à réutiliser, où des mots entre accolades comme {{nom}} nomment des colonnes d'un tableau : chaque destinataire reçoit sa propre lettre, en PDF, sous votre en-tête.",
        "A text to use again, in which words in braces such as {{name}} name columns of a table: each recipient gets a letter of their own, as PDF, under your letterhead.",
    ),
    "none": ("Aucun modèle.", "No template."),
    "new": ("Nouveau modèle", "New template"),
    "name": ("Nom du modèle", "Name of the template"),
    "name_hint": (
        "C'est aussi le nom du document que reçoit le destinataire.",
        "Also the name of the document that the recipient gets.",
    ),
    "subject": ("Objet", "Subject"),
    "text": ("Texte", "Text"),
    "text_hint": (
        "Une ligne vide sépare les paragraphes. **gras**, « - » pour une liste, « 1. » pour une liste numérotée, « # » pour un titre, {{colonne}} pour une valeur du tableau, {{date}} pour le jour de l'envoi. Rien d'autre n'est interprété.",
        "An empty line parts paragraphs. **bold**, “- ” for a list, “1. ” for a numbered list, “# ” for a heading, {{column}} for a value of the table, {{date}} for the day of sending. Nothing else is read as markup.",
    ),
    "columns": ("Colonnes nommées", "Columns it names"),
    "no_columns": ("aucune", "none"),
    "keep": ("Enregistrer", "Save"),
    "preview": ("Aperçu (PDF)", "Preview (PDF)"),
    "preview_hint": (
        "L'aperçu met le nom de chaque colonne à la place de sa valeur.",
        "The preview puts each column's name in place of its value.",
    ),
    "saved": ("Enregistré.", "Saved."),
    "removed": ("Modèle supprimé.", "Template removed."),
    "remove": ("Supprimer ce modèle", "Remove this template"),
    "remove_hint": (
        "Les envois déjà préparés gardent leur texte.",
        "Sendings that are prepared already keep their text.",
    ),
    "back": ("Tous les modèles", "All templates"),
    "head": ("En-tête", "Letterhead"),
    "head_name": ("Nom de l'expéditeur", "Name of the sender"),
    "head_lines": ("Adresse et coordonnées", "Address and contact"),
    "head_lines_hint": ("Au plus six lignes.", "At most six lines."),
    "signature": ("Signature", "Signature"),
    "signature_hint": (
        "Sous le texte : qui signe, et sa qualité.",
        "Below the text: who signs, and as what.",
    ),
    "logo": ("Logo", "Logo"),
    "logo_hint": ("PNG ou JPEG, 200 Kio au plus.", "PNG or JPEG, at most 200 KiB."),
    "logo_there": ("Un logo est en place.", "There is a logo."),
    "logo_remove": ("Retirer le logo", "Take the logo away"),
    "use": ("Envoyer en nombre", "Send in bulk"),
}

TEMPLATE_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "template-input": (
        "Ce modèle, ou cet en-tête, ne peut pas être gardé ainsi.",
        "Donnez un nom et un texte qui conviennent ; un nom de modèle ne sert qu'une fois ; le logo est un PNG ou un JPEG de 200 Kio au plus.",
    ),
    "template-changed": (
        "Ce modèle a été modifié entre-temps.",
        "Regardez-le de nouveau, puis modifiez-le.",
    ),
    "not-mergeable": (
        "Cette lettre ne peut pas être composée : un caractère n'a pas de police ici, ou le logo est abîmé.",
        "Cherchez les émojis et les écritures rares ; essayez sans le logo.",
    ),
    "missing-columns": (
        "Le modèle nomme des colonnes que le tableau n'a pas.",
        "Ajoutez-les à la première ligne du tableau, ou corrigez le modèle.",
    ),
    "recipients": (
        "Les destinataires ne peuvent pas être pris ensemble : il y en a trop, aucun, ou l'un deux fois.",
        "Nommez-en un à cinquante, chacun une fois.",
    ),
    "one-of-several": (
        "Un des destinataires ne convient pas ; rien n'a été déposé.",
        "Corrigez-le, ou retirez-le.",
    ),
    "line-files": (
        "Les fichiers propres aux lignes ne peuvent pas être utilisés ainsi.",
        "Nommez chacun dans la colonne « document », une seule fois ; refaites le ZIP sans liens ni mot de passe.",
    ),
}
"""What can be wrong, and how to mend it, in French, by the error's slug."""


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place].replace("{{", "{").replace("}}", "}") for name, both in _TEXTS.items()}


def template_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("templates", _catalogue(language()))
