# ruff: noqa: E501 - sentences for people read better whole
"""The words of the address book's pages, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "contacts": ("Carnet d'adresses", "Address book"),
    "lead": (
        "Les personnes à qui vous écrivez. Aucune fiche ne change d'elle-même : ni un import, ni un retour de courrier ne corrige une adresse.",
        "The people you write to. No entry changes by itself: neither an import nor a returned letter corrects an address.",
    ),
    "whose": ("Carnet", "Book"),
    "mine": ("Le vôtre", "Your own"),
    "choose": ("Ouvrir", "Open"),
    "search": ("Chercher", "Search"),
    "search_label": ("Nom, adresse électronique ou référence", "Name, e-mail address or reference"),
    "count": ("{count} fiches", "{count} entries"),
    "count_one": ("1 fiche", "1 entry"),
    "none": ("Aucune fiche.", "No entry."),
    "more": ("Suite", "More"),
    "add": ("Ajouter une fiche", "Add an entry"),
    "add_do": ("Ajouter", "Add"),
    "name": ("Nom", "Name"),
    "name_hint": ("Prénom et nom, ou raison sociale.", "First and last name, or company name."),
    "email": ("Adresse électronique", "E-mail address"),
    "email_hint": (
        "Peut rester vide pour qui ne reçoit que du papier.",
        "May stay empty for somebody who receives on paper only.",
    ),
    "postal": ("Adresse postale", "Postal address"),
    "capacity": ("Cette personne est", "This person is"),
    "language": ("Langue de ce qui lui est envoyé", "Language of what is sent to them"),
    "details": (
        "Adresse postale, qualité, langue, référence",
        "Postal address, capacity, language, reference",
    ),
    "change_do": ("Enregistrer", "Save"),
    "changed": ("Enregistré.", "Saved."),
    "added": ("Fiche ajoutée.", "Entry added."),
    "removed": ("Fiche retirée.", "Entry removed."),
    "remove": ("Retirer du carnet", "Remove from the book"),
    "remove_hint": (
        "Les lettres déjà envoyées ne changent pas.",
        "Letters that were sent stay as they are.",
    ),
    "back": ("Tout le carnet", "The whole book"),
    "consent": ("Accord pour recevoir par voie électronique", "Consent to receive electronically"),
    "c_not_needed": ("pas nécessaire", "not needed"),
    "c_never_asked": ("jamais demandé", "never asked for"),
    "c_asked": ("demandé, sans réponse", "asked for, no answer yet"),
    "c_given": ("donné", "given"),
    "c_refused": ("refusé", "refused"),
    "c_ended": ("terminé", "ended"),
    "ask_consent": ("Demander l'accord", "Ask for consent"),
    "write": ("Écrire une lettre", "Write a letter"),
    "groups": ("Groupes d'envoi", "Sending groups"),
    "groups_none": ("Aucun groupe.", "No group."),
    "group_new": ("Nouveau groupe", "New group"),
    "group_name": ("Nom du groupe", "Name of the group"),
    "group_add": ("Créer le groupe", "Make the group"),
    "group_rename": ("Renommer", "Rename"),
    "group_remove": ("Supprimer ce groupe", "Remove this group"),
    "group_remove_hint": ("Ses fiches restent dans le carnet.", "Its entries stay in the book."),
    "group_in": ("Groupes de cette fiche", "Groups of this entry"),
    "group_keep": ("Enregistrer les groupes", "Save the groups"),
    "group_all": ("Tout le carnet", "The whole book"),
    "group_send": ("Écrire à ce groupe", "Write to this group"),
    "group_fill": (
        "Ouvrez une fiche pour la placer dans ce groupe, ou importez un tableau dans le groupe.",
        "Open an entry to put it into this group, or import a table into the group.",
    ),
    "import": ("Importer", "Import"),
    "export": ("Exporter (CSV)", "Export (CSV)"),
    "import_title": ("Importer un tableau", "Import a table"),
    "import_lead": (
        "CSV ou XLSX, au plus {count} lignes. Colonnes lues : nom, courriel, appartement, complément, adresse, lieu-dit, code postal, ville, pays, qualité, justification, langue, référence. Si une ligne ne convient pas, rien n'est gardé.",
        "CSV or XLSX, at most {count} lines. Columns read: name, email, address_unit, address_more, address, address_place, postcode, city, country, capacity, capacity_basis, language, reference. If one line is wrong, nothing is kept.",
    ),
    "table": ("Tableau", "Table"),
    "encoding": ("Codage du fichier CSV", "Encoding of the CSV file"),
    "into_group": ("Placer aussi dans le groupe", "Put into the group too"),
    "no_group": ("aucun", "none"),
    "differing": (
        "Quand une ligne dit autre chose que le carnet",
        "When a line says something else than the book",
    ),
    "differing_leave": (
        "laisser le carnet comme il est, et me le dire",
        "leave the book as it is, and tell me",
    ),
    "differing_replace": (
        "changer le carnet ; ce qu'une ligne laisse vide reste",
        "change the book; what a line leaves empty stays",
    ),
    "check_only": ("Vérifier seulement", "Check only"),
    "import_do": ("Importer", "Import"),
    "no_table": ("Aucun tableau n'a été choisi.", "No table was chosen."),
    "no_table_mend": (
        "Choisissez un fichier CSV ou XLSX, puis envoyez-le.",
        "Choose a CSV or XLSX file, then send it.",
    ),
    "r_wrong": (
        "Rien n'a été gardé : des lignes sont à corriger",
        "Nothing was kept: some lines need correcting",
    ),
    "r_checked": ("Vérifié, rien n'a été gardé", "Checked, nothing was kept"),
    "r_done": ("Tableau importé", "Table imported"),
    "r_counts": (
        "Lignes lues : {lines}. Nouvelles : {added}. Déjà là : {same}. Différentes : {differing}. À corriger : {wrong}.",
        "Lines read: {lines}. New: {added}. There already: {same}. Different: {differing}. To be corrected: {wrong}.",
    ),
    "r_differs": (
        "Ligne {number} : le carnet dit autre chose ({fields}).",
        "Line {number}: the book says something else ({fields}).",
    ),
    "r_see": ("Voir la fiche", "See the entry"),
    "line": ("Ligne {number}", "Line {number}"),
    "f_name": ("nom", "name"),
    "f_email": ("adresse électronique", "e-mail address"),
    "f_postal": ("adresse postale", "postal address"),
    "f_capacity": ("qualité", "capacity"),
    "f_capacity_basis": ("justification", "basis"),
    "f_language": ("langue", "language"),
    "f_reference": ("référence", "reference"),
    "twins": ("Fiches qui se ressemblent", "Entries that look alike"),
    "twins_lead": (
        "Même adresse électronique, ou même nom. Rien n'est réuni sans vous : gardez une fiche, elle reprend ce qui lui manque et les groupes de l'autre.",
        "The same e-mail address, or the same name. Nothing is joined without you: keep one entry, it takes over what it lacks and the other's groups.",
    ),
    "twins_none": ("Aucune.", "None."),
    "twins_maybe": (
        "Cette personne figure peut-être déjà dans le carnet.",
        "This person may be in the book already.",
    ),
    "twin_keep": ("Garder celle-ci", "Keep this one"),
    "twin_keep_of": ("Garder « {name} » ({email})", "Keep “{name}” ({email})"),
    "twin_no_email": ("sans adresse électronique", "no e-mail address"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def contact_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("contacts", _catalogue(language()))
