# ruff: noqa: E501 - a sentence and its translation read better on one line
"""A report's sentences in French. Checks answer in English; people read them in their own language.

What is not here stays English: a report never says less for want of a translation.
"""

import re
from collections.abc import Mapping
from functools import partial

_CHECKS = {
    "format": "format", "checkpoint": "tête du journal", "log inclusion": "inscription au journal",
    "time stamp": "horodatage", "renewal": "renouvellement", "seal": "cachet", "manifest": "liste des fichiers",
    "story": "chronologie", "document": "document", "container": "conteneur", "container seal": "cachet du conteneur",
    "container time stamp": "horodatage du conteneur", "PDF": "PDF", "PDF seal": "cachet du PDF",
    "PDF time stamp": "horodatage du PDF", "part": "pièces", "revocation list": "liste de révocation",
    "twin": "forme XML", "witnesses": "témoins", "trusted list": "liste de confiance", "evidence": "preuve jointe", "qualification": "qualification",
}  # fmt: skip

_REASONS = (
    (r"(\w+) at (\S+)", r"\1 le \2"),
    (r"signed by (.+), size (\d+)", r"signée par \1, taille \2"),
    (r"record (\d+) of (\d+)", r"enregistrement \1 sur \2"),
    (r"proof of logging of record (\d+)", r"preuve d'inscription de l'enregistrement \1"),
    (r"existed on (\S+), says (.+)", r"existait le \1, selon \2"),
    (r"the whole document existed on (.+)", r"le document entier existait le \1"),
    (r"sealed by (.+), its evidence by (.+)", r"cachet de \1, mais celui de ses preuves est de \2"),
    (r"sealed by (.+)", r"cachet de \1"),
    (r"cosigned by (.+)", r"contresignée par \1"),
    (r"PAdES (.+), stamped (.+), whole file", r"PAdES \1, horodaté le \2, fichier entier"),
    (r"of (.+) at (\S+)", r"de \1, du \2"),
    (r"(\d+) files, all as listed", r"\1 fichiers, tous conformes à la liste"),
    (r"(\d+) files say what the evidence holds", r"\1 fichiers disent ce que contient la preuve"),
    (r"(\d+) entries in the one form", r"\1 entrées dans leur forme unique"),
    (r"(\d+) acts, from the deposit, without a gap", r"\1 actes, depuis le dépôt, sans lacune"),
    (r"the one that was deposited", "celui qui a été déposé"),
    (r"says what the JSON evidence says", "dit ce que dit la preuve JSON"),
    (r"differs from the JSON evidence", "diffère de la preuve JSON"),
    (r"it is not what the evidence holds", "ce n'est pas ce que contient la preuve"),
    (r"not a document the evidence names", "ce n'est pas un document nommé par la preuve"),
    (r"this file is not listed", "ce fichier n'est pas dans la liste"),
    (r"this file is missing", "ce fichier manque"),
    (r"this file was changed", "ce fichier a été modifié"),
    (r"this file is far larger than any proof", "ce fichier est bien plus grand qu'une preuve"),
    (r"it cannot be read", "illisible"),
    (r"this is not a PDF that can be read", "ce n'est pas un PDF lisible"),
    (r"bytes beside a signature were changed", "des octets autour d'une signature ont été modifiés"),
    (r"its maker is not trusted", "son auteur n'est pas de confiance"),
    (r"something was added after sealing \(after ([^)]+)\)(.*)", r"quelque chose a été ajouté après le cachet (après le \1)\2"),
    (r"the document was changed after sealing", "le document a été modifié après le cachet"),
    (r"a document time stamp does not fit", "un horodatage du document ne correspond pas"),
    (r"no key of the log is trusted", "aucune clé du journal n'est de confiance"),
    (r"no authority is trusted", "aucune autorité n'est de confiance"),
    (r"no key that is trusted signed this note", "aucune clé de confiance n'a signé cette tête"),
    (r"no configured witness cosigned it", "aucun témoin connu ne l'a contresignée"),
    (r"a signature line of the note cannot be read", "une ligne de signature de la tête est illisible"),
    (r"the signature of (.+) does not fit the note", r"la signature de \1 ne correspond pas à la tête"),
    (r"this is not a signed note", "ce n'est pas une tête signée"),
    (r"the record is not where it says", "l'enregistrement n'est pas où il le dit"),
    (r"the record it speaks of is not here", "l'enregistrement dont elle parle n'est pas là"),
    (r"the record is not a compact JWS", "l'enregistrement n'est pas un JWS compact"),
    (r"the proof has no salt", "la preuve n'a pas de sel"),
    (r"(\S+) is missing", r"\1 manque"),
    (r"(\S+) is not one of its own files", r"\1 n'est pas un de ses propres fichiers"),
    (r"its first entry is not its media type", "sa première entrée n'est pas son type"),
    (r"its media type is that of something else", "son type est celui d'autre chose"),
    (r"the headers of (.+) are not in their one form", r"les en-têtes de \1 n'ont pas leur forme unique"),
    (r"the list names a signature that is not the container's", "la liste nomme une signature qui n'est pas celle du conteneur"),
    (r"the container is refused: (.+)", r"conteneur refusé : \1"),
    (r"the container's seal cannot be relied on: (.+)", r"le cachet du conteneur n'est pas fiable : \1"),
    (r"the container's seal was made over another list of files", "le cachet du conteneur porte sur une autre liste"),
    (r"the seal has no time stamp", "le cachet n'a pas d'horodatage"),
    (r"the seal claims to be later than its time stamp", "le cachet se dit postérieur à son horodatage"),
    (r"it says (.+), which is later than this verification: one of two clocks is wrong", r"il dit \1, après cette vérification : une des deux horloges est fausse"),
    (r"the event claims to be later than its time stamp", "l'événement se dit postérieur à son horodatage"),
    (r"no trusted authority stands above (.+)", r"aucune autorité de confiance au-dessus de \1"),
    (r"the certificate of (.+) was not valid on (.+)", r"le certificat de \1 n'était pas valable le \2"),
    (r"the certificate of (.+) was revoked (?:on|since) (.+)", r"le certificat de \1 est révoqué depuis le \2"),
    (r"the certificate of (.+) ended on (\S+): ask for a fresh container", r"le certificat de \1 a pris fin le \2 : demandez un nouveau conteneur"),
    (r"the certificate of (.+) ended on (\S+) and no renewal shows that the time stamp was made before", r"le certificat de \1 a pris fin le \2 et aucun renouvellement ne montre que l'horodatage est antérieur"),
    (r"renewal (\d+) of (\d+): (.+)", r"renouvellement \1 sur \2 : \3"),
    (r"the evidence is not of one letter", "les preuves ne concernent pas une seule lettre"),
    (r"an act of the letter is missing or doubled", "un acte de la lettre manque ou figure deux fois"),
    (r"far more acts than a letter has", "bien plus d'actes que n'en a une lettre"),
    (r"no file of a letter is called so", "aucun fichier d'une lettre ne s'appelle ainsi"),
    (r"the file is named for another act", "le fichier porte le nom d'un autre acte"),
    (r"the file is named for another proof", "le fichier porte le nom d'une autre preuve"),
    (r"it carries other evidence than lies beside it", "elle porte d'autres preuves que celles qui l'accompagnent"),
    (r"it carries no evidence of one letter", "elle ne porte pas les preuves d'une seule lettre"),
    (r"what changed since (\S+) in the trusted list of (.+), no\. (\d+) .*", r"ce qui a changé depuis le \1 dans la liste de confiance de \2, n° \3 (elle a pris fin ce jour-là ; procurez-vous la suivante)"),
    (r"whether more happened later .*", "ce qui a suivi (le dernier acte ici n'est pas la fin d'une lettre)"),
    (r"the bundle has no list of files that can be read", "le dossier n'a pas de liste de fichiers lisible"),
    (r"the bundle's list of files is not in its one form: it was changed", "la liste des fichiers n'a pas sa forme unique : elle a été modifiée"),
    (r"the evidence file cannot be read", "le fichier de preuve est illisible"),
    (r"the evidence file declares a document type", "le fichier de preuve déclare un type de document"),
    (r"the evidence file does not hold a record", "le fichier de preuve ne contient pas d'enregistrement"),
    (r"the evidence file is not XML", "le fichier de preuve n'est pas du XML"),
    (r"the evidence file is not in its one form: it was changed", "le fichier de preuve n'a pas sa forme unique : il a été modifié"),
    (r"the evidence file is far larger than any", "le fichier de preuve est bien plus grand que tout autre"),
    (r"the evidence is not a record", "la preuve n'est pas un enregistrement"),
    (r"the evidence has (\d+) seals at its end instead of one", r"la preuve a \1 cachets à sa fin au lieu d'un"),
    (r"the proof of logging cannot be read", "la preuve d'inscription est illisible"),
    (r"the proof of logging is not in its one form", "la preuve d'inscription n'a pas sa forme unique"),
    (r"the proof of logging is far larger than any", "la preuve d'inscription est bien plus grande que toute autre"),
    (r"this is not a proof of logging", "ce n'est pas une preuve d'inscription"),
    (r"the seal does not fit the evidence", "le cachet ne correspond pas à la preuve"),
    (r"the seal names another certificate", "le cachet nomme un autre certificat"),
    (r"the seal's header cannot be read", "l'en-tête du cachet est illisible"),
    (r"the seal's header says what is not understood", "l'en-tête du cachet dit ce qui n'est pas compris"),
    (r"the seal is not of the length of ES256", "le cachet n'a pas la longueur d'un ES256"),
    (r"the seal is not in its one form", "le cachet n'a pas sa forme unique"),
    (r"the seal cannot be read", "le cachet est illisible"),
    (r"the sealed file is not in its one form", "le fichier scellé n'a pas sa forme unique"),
    (r"the time stamp was made for something else", "l'horodatage porte sur autre chose"),
    (r"the time stamp cannot be read", "l'horodatage est illisible"),
    (r"the time stamp does not sign its content", "l'horodatage ne signe pas son contenu"),
    (r"the time stamp has (\d+) signers instead of one", r"l'horodatage a \1 signataires au lieu d'un"),
    (r"the time stamp holds or signs something else", "l'horodatage contient ou signe autre chose"),
    (r"the time stamp's signature does not fit", "la signature de l'horodatage ne correspond pas"),
    (r"the time stamp is signed by an algorithm that is too weak, or unknown", "l'horodatage est signé par un algorithme trop faible ou inconnu"),
    (r"the time stamp is of an unknown version", "l'horodatage est d'une version inconnue"),
    (r"the time stamp does not name its certificate \(ESSCertIDv2\)", "l'horodatage ne nomme pas son certificat (ESSCertIDv2)"),
    (r"the certificate that the time stamp names is not one it carries", "le certificat que nomme l'horodatage n'est pas un de ceux qu'il porte"),
    (r"the name the time stamp gives its certificate cannot be used", "le nom que l'horodatage donne à son certificat est inutilisable"),
    (r"the authority's certificate is not critically and only for time stamps", "le certificat de l'autorité n'est pas réservé, de façon critique, à l'horodatage"),
    (r"it does not cover this checkpoint and its tokens", "il ne couvre pas cette tête et ses jetons"),
    (r"its path leads nowhere", "son chemin ne mène nulle part"),
    (r"made on (\S+), before the certificate of (.+) ended on (.+)", r"fait le \1, avant la fin du certificat de \2, le \3"),
    (r"made on (\S+), says (.+)", r"fait le \1, selon \2"),
    (r"consistency with other checkpoints of the log .*", "la cohérence avec d'autres têtes du journal (comparez avec une que vous détenez)"),
    (r"cosignatures of witnesses .*", "les contresignatures de témoins (aucun n'est configuré)"),
    (r"documents \(none lie beside .*", "les documents (aucun n'accompagne un fichier de preuve seul)"),
    (r"documents \(the bundle holds none.*", "les documents (le dossier n'en contient aucun ; leurs empreintes sont dans la preuve)"),
    (r"revocation of certificates .*", "la révocation des certificats (aucune liste de révocation parmi les ancres de confiance)"),
    (r"seal and time stamp .*", "le cachet et l'horodatage (une preuve d'inscription n'en contient pas)"),
    (r"the time of XML seals .*", "l'heure des cachets XML (seulement déclarée ; la preuve JSON porte journal et horodatage)"),
    (r"whether the provider is qualified .*", "la qualification du prestataire (aucune liste de confiance parmi les ancres)"),
    (r"(\S+) \(nobody trusted signed it\)", r"\1 (personne de confiance ne l'a signée)"),
)  # fmt: skip

_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), french) for pattern, french in _REASONS)
_PLACE = re.compile(r"\\(\d)")
_SLUG = re.compile(r"[a-z-]+: (?=[A-Z])")


def check_name(name: str, language: str) -> str:
    """Return a check's name for people."""
    return _CHECKS.get(name, name) if language == "fr" else name


def reason_text(reason: str, language: str) -> str:
    """Return a reason, or a line of what was not checked, for people."""
    return (translated(reason) or reason) if language == "fr" else reason


def translated(reason: str) -> str | None:
    """Return a reason in French; nothing where there is no translation."""
    plain = _SLUG.sub("", reason, count=1).removesuffix(".")
    for pattern, french in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found:
            inner = {n: translated(part) or part for n, part in enumerate(found.groups(), 1) if part}
            return _PLACE.sub(partial(_filled, inner), french)
    return None


def _filled(parts: Mapping[int, str], place: re.Match[str]) -> str:
    return parts.get(int(place[1]), "")
