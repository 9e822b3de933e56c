# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages for letters in bulk, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "bulk": ("Envois groupés", "Letters in bulk"),
    "bulk_short": ("Envois groupés", "In bulk"),
    "lead": (
        "Un tableau de destinataires ou un groupe de votre carnet, et pour chacun les mêmes documents, une lettre composée d'un modèle, ou un fichier à lui : chacun reçoit sa propre lettre, avec ses preuves, et n'en voit aucune autre.",
        "A table of recipients or a group of your address book, and for each the same documents, a letter made from a template, or a file of their own: everybody gets a letter of their own, with its proofs, and sees no other.",
    ),
    "several": ("Une lettre à plusieurs destinataires", "A letter to several recipients"),
    "several_lead": (
        "Jusqu'à {count} destinataires : chacun reçoit sa lettre et ses preuves, sans voir les autres. Si l'un ne convient pas, rien ne part. Au-delà :",
        "Up to {count} recipients: each gets a letter with proofs, and sees no other. If one cannot be written to, nothing leaves. For more:",
    ),
    "several_link": ("Pour quelques destinataires : un seul dépôt", "For a few recipients: one deposit"),
    "several_send": ("Déposer les lettres", "Deposit the letters"),
    "recipients": ("Destinataires", "Recipients"),
    "recipients_hint": (
        "Un par ligne : Prénom Nom <adresse@exemple.fr>. Ce sont des particuliers ; pour d'autres, ou par la poste, passez par un tableau.",
        "One a line: First Last <address@example.org>. They are private persons; for others, or by post, use a table.",
    ),
    "recipient": ("Destinataire {number}", "Recipient {number}"),
    "who": ("À qui", "To whom"),
    "what": ("Quoi", "What"),
    "how": ("Comment", "How"),
    "group": ("Groupe du carnet", "Group of the address book"),
    "group_hint": ("Ou joignez un tableau, qui l'emporte.", "Or choose a table, which wins."),
    "no_group": ("aucun : un tableau", "none: a table"),
    "template": ("Modèle", "Template"),
    "template_hint": (
        "Ses colonnes doivent être dans le tableau. Vous verrez l'aperçu avant l'envoi.",
        "Its columns must be in the table. You will see a preview before anything is sent.",
    ),
    "no_template": ("aucun", "none"),
    "templates": ("Modèles et en-tête", "Templates and letterhead"),
    "documents": ("Documents pour tous", "Documents for all"),
    "files": ("Un fichier par ligne", "A file for each line"),
    "files_hint": (
        "Plusieurs fichiers ou un ZIP ; chaque ligne nomme le sien dans la colonne « document ».",
        "Several files or a ZIP; each line names its own in the column “document”.",
    ),
    "prepares": (
        "Vous préparez cet envoi ; il attendra qu'une personne qui peut envoyer au nom de l'organisation le lance.",
        "You prepare this sending; it will wait until somebody who may send in the organisation's name starts it.",
    ),
    "waits": (
        "Cet envoi attend qu'une personne qui peut envoyer au nom de l'organisation le lance.",
        "This sending waits until somebody who may send in the organisation's name starts it.",
    ),
    "in_name_of": ("Au nom de", "In the name of"),
    "previews": ("Aperçu des lettres", "Preview of the letters"),
    "preview_line": ("Ligne {number} (PDF)", "Line {number} (PDF)"),
    "by_post": ("Impression, pour ce qui part par la poste", "Printing, for what goes by post"),
    "new": ("Préparer un envoi", "Prepare a sending"),
    "title": ("Nom de l'envoi", "Name of the sending"),
    "title_hint": ("Pour vous y retrouver.", "For your own use."),
    "table": ("Tableau des destinataires", "Table of recipients"),
    "table_hint": (
        "CSV ou XLSX, au plus {count} lignes. Colonnes lues : email, nom, référence, objet, langue, qualité, document, et l'adresse postale. Chaque ligne est vérifiée avant tout envoi.",
        "CSV or XLSX, at most {count} lines. Columns read: email, name, reference, subject, language, capacity, document, and the postal address. Each line is checked before anything is sent.",
    ),
    "encoding": ("Codage du fichier CSV", "Encoding of the CSV file"),
    "check": ("Vérifier", "Check"),
    "no_table": ("Aucun tableau n'a été choisi.", "No table was chosen."),
    "no_table_mend": (
        "Choisissez un fichier CSV ou XLSX, puis envoyez-le.",
        "Choose a CSV or XLSX file, then send it.",
    ),
    "report": (
        "Rien n'a été envoyé : des lignes sont à corriger",
        "Nothing was sent: some lines need correcting",
    ),
    "report_counts": (
        "Lignes lues : {lines}. À corriger : {problems}.",
        "Lines read: {lines}. To be corrected: {problems}.",
    ),
    "report_more": ("Les {count} premières sont montrées.", "The first {count} are shown."),
    "refused": ("Ce qui ne partirait pas maintenant", "What would not be sent now"),
    "refused_counts": (
        "{count} ligne(s) sur {lines} seraient refusées si vous confirmiez maintenant ; les autres partiraient. Un accord donné d'ici là compte.",
        "{count} of {lines} line(s) would be refused if you confirmed now; the others would be sent. A consent given until then counts.",
    ),
    "line": ("Ligne {number}", "Line {number}"),
    "list": ("Vos envois groupés", "Your sendings"),
    "none": ("Aucun envoi groupé.", "No sending yet."),
    "state_draft": ("Vérifié, rien n'est envoyé", "Checked, nothing sent"),
    "state_running": ("En cours", "Under way"),
    "state_paused": ("En pause", "Paused"),
    "state_stopped": ("Arrêté", "Stopped"),
    "state_done": ("Terminé", "Finished"),
    "state_dropped": ("Abandonné", "Dropped"),
    "unnamed": ("Envoi du {when}", "Sending of {when}"),
    "counts": ("{done} sur {lines}", "{done} of {lines}"),
    "sent": ("Envoyées", "Sent"),
    "failed": ("Non envoyées", "Not sent"),
    "waiting": ("En attente", "Waiting"),
    "stopped": ("Arrêtées", "Stopped"),
    "lines": ("Lettres", "Letters"),
    "product": ("Produit", "Product"),
    "progress": ("Avancement", "Progress"),
    "draft_note": (
        "Chaque ligne a été vérifiée. Rien ne part avant votre confirmation ; sans elle, ce brouillon est effacé au bout de sept jours.",
        "Every line was checked. Nothing leaves before you confirm; without that this draft is erased after seven days.",
    ),
    "confirm": ("Envoyer ces {count} lettres", "Send these {count} letters"),
    "go_on": ("Reprendre", "Go on"),
    "pause": ("Mettre en pause", "Pause"),
    "stop": ("Arrêter définitivement", "Stop for good"),
    "drop": ("Abandonner ce brouillon", "Drop this draft"),
    "stop_hint": (
        "Ce qui est envoyé le reste ; rien d'autre ne partira.",
        "What is sent stays sent; nothing else will leave.",
    ),
    "look_again": ("Actualiser", "Look again"),
    "result": ("Télécharger le résultat (CSV)", "Download the result (CSV)"),
    "back": ("Tous les envois groupés", "All sendings"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def bulk_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("bulk", _catalogue(language()))
