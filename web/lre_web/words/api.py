# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages about the API, and of its problems, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

FRENCH_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "api-key-refused": (
        "Cette clé n'est pas acceptée.",
        "Envoyez « Authorization: Bearer lre_… » avec une clé en vigueur.",
    ),
    "api-scope-missing": (
        "Cette clé ou ce jeton n'ouvre pas cela.",
        "Utilisez-en un qui a l'accès demandé.",
    ),
    "access-token-refused": (
        "Ce jeton d'accès n'est pas accepté.",
        "Demandez un nouveau jeton pour ce service à votre serveur d'autorisation.",
    ),
    "upload-offset": (
        "L'envoi du fichier n'en est pas là.",
        "Demandez où il en est, et envoyez la suite.",
    ),
    "upload-checksum": ("Cette partie du fichier a été abîmée.", "Envoyez-la de nouveau."),
    "upload-input": (
        "Cet envoi de fichier, ou cette partie, ne peut pas être pris ainsi.",
        "Voyez la description de l'API, openapi.json.",
    ),
    "upload-quota": (
        "Trop de fichiers envoyés attendent un dépôt.",
        "Déposez-les ou supprimez-en ; ils s'effacent un jour après leur dernière partie.",
    ),
    "upload-unusable": (
        "Un fichier que le dépôt nomme n'est pas là, ou n'est pas entier.",
        "Envoyez-le de nouveau, ou envoyez la suite.",
    ),
    "not-acceptable": (
        "Cette adresse ne répond rien que l'en-tête « Accept » accepte.",
        "Acceptez ce que dit la description de l'API, ou n'envoyez pas cet en-tête.",
    ),
    "tus-version": ("Cette API parle une autre version de tus.", "Envoyez « Tus-Resumable: 1.0.0 »."),
    "token-issuer-unavailable": (
        "L'émetteur de ce jeton d'accès ne répond pas : il ne peut pas être vérifié.",
        "Réessayez dans une minute, ou utilisez une clé de l'API.",
    ),
    "api-key-kind": (
        "Une clé de cette sorte ne peut pas faire cela.",
        "Rien n'a été changé ; utilisez une clé d'une autre sorte.",
    ),
    "api-key-input": (
        "Cette clé ne peut pas être créée ainsi.",
        "Donnez un nom, au moins un accès, une durée de 1 à 1095 jours, et des adresses pour la seule sorte « équipe ».",
    ),
    "rate-limited": (
        "Trop de demandes en une minute avec cette clé.",
        "Reprenez quand l'en-tête Retry-After le dit.",
    ),
    "idempotency-key-reused": (
        "Cette clé d'idempotence a servi à une autre demande.",
        "Prenez une clé neuve pour chaque demande.",
    ),
    "idempotency-in-progress": ("La même demande est en cours.", "Redemandez dans quelques secondes."),
    "malformed-request": (
        "Cette demande ne peut pas être lue.",
        "Voyez la description de l'API, openapi.json.",
    ),
    "invalid-request": (
        "Des champs de la demande ne conviennent pas.",
        "Voyez « errors », et la description de l'API, openapi.json.",
    ),
    "unsupported-media-type": (
        "Ce type de corps n'est pas lu ici.",
        "Envoyez ce que dit la description de l'API.",
    ),
    "body-too-large": (
        "Le corps de la demande est trop volumineux.",
        "Envoyez moins de documents, ou de plus petits, sous forme de formulaire.",
    ),
    "bulk-lines": (
        "Des lignes du tableau ne peuvent pas être envoyées.",
        "Corrigez-les, et envoyez de nouveau le tableau.",
    ),
    "no-such-route": ("Il n'y a rien à cette adresse.", "Voyez la description de l'API, openapi.json."),
    "method-not-allowed": ("Cette adresse ne prend pas cette méthode.", "L'en-tête Allow dit lesquelles."),
    "precondition-failed": (
        "Cela a changé depuis que vous l'avez lu.",
        "Relisez, et envoyez son ETag actuel.",
    ),
    "not-a-sandbox": (
        "Cet office n'est pas un bac à sable.",
        "Essayez dans un office qui en est un : lre sandbox begin.",
    ),
    "sandbox-time": (
        "L'horloge du bac à sable ne peut pas être réglée ainsi.",
        "Avancez-la de 400 jours au plus à la fois ; un jour dure de 1 à 86 400 secondes.",
    ),
    "digest-mismatch": (
        "Un document n'est pas celui que son empreinte annonce.",
        "Envoyez chaque document entier, et son SHA-256 dans le même ordre.",
    ),
    "lease-lost": ("Un autre a repris cette demande.", "Redemandez avec la même clé d'idempotence."),
}
"""What problems of the API say in French, by slug."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    "api_keys": ("Clés de l'API", "API keys"),
    "short": ("API", "API"),
    "lead": (
        "Une clé permet à un autre programme d'envoyer et de suivre des lettres en votre nom. Traitez-la comme un mot de passe.",
        "A key lets another program send and follow letters in your name. Treat it like a password.",
    ),
    "reference": ("Description de l'API", "Description of the API"),
    "made_title": ("Votre nouvelle clé", "Your new key"),
    "made": (
        "Copiez-la maintenant : elle ne sera plus jamais montrée.",
        "Copy it now: it will never be shown again.",
    ),
    "new": ("Créer une clé", "Make a key"),
    "name": ("Nom", "Name"),
    "name_hint": (
        "Le programme qui l'utilisera, par exemple.",
        "The program that will use it, for instance.",
    ),
    "kind": ("Sorte", "Kind"),
    "kind_live": ("Réelle", "Live"),
    "kind_live_hint": ("Lettres à tout destinataire.", "Letters to anybody."),
    "kind_team": ("Équipe", "Team"),
    "kind_team_hint": (
        "Lettres à vous-même et aux adresses ci-dessous, et à personne d'autre.",
        "Letters to yourself and the addresses below, and to nobody else.",
    ),
    "kind_test": ("Essai", "Test"),
    "kind_test_hint": (
        "Tout est vérifié, rien n'est gardé, rien ne part.",
        "Everything is checked, nothing is kept, nothing leaves.",
    ),
    "team": ("Adresses de l'équipe", "Addresses of the team"),
    "team_hint": ("Une par ligne ; pour la sorte « équipe ».", "One a line; for the kind “team”."),
    "scopes": ("Accès", "Access"),
    "scope_letters:read": (
        "Lire les lettres, leurs preuves et documents",
        "Read letters, their proofs and documents",
    ),
    "scope_letters:write": (
        "Déposer, retirer, corriger une adresse",
        "Deposit, withdraw, correct an address",
    ),
    "scope_consents:read": ("Lire les accords", "Read consents"),
    "scope_consents:write": (
        "Demander des accords, noter des retraits",
        "Ask for consents, note withdrawals",
    ),
    "scope_contacts:read": ("Lire le carnet d'adresses", "Read the address book"),
    "scope_contacts:write": ("Tenir le carnet d'adresses", "Keep the address book"),
    "scope_bulk:read": ("Lire les envois groupés", "Read bulk sendings"),
    "scope_bulk:write": ("Préparer et conduire des envois groupés", "Prepare and run bulk sendings"),
    "scope_webhooks:read": ("Lire les webhooks et leurs livraisons", "Read webhooks and their deliveries"),
    "scope_webhooks:write": ("Gérer les webhooks", "Manage webhooks"),
    "scope_prepared:read": ("Lire les lettres préparées", "Read prepared letters"),
    "scope_prepared:write": (
        "Préparer, signer ou renvoyer des lettres préparées",
        "Prepare letters, sign them or send them back",
    ),
    "scope_people:read": (
        "Lire les identifiants, organisations et mandats",
        "Read identification means, organisations and mandates",
    ),
    "scope_people:write": (
        "Gérer les identifiants, organisations et mandats",
        "Manage identification means, organisations and mandates",
    ),
    "days": ("Durée en jours", "Life in days"),
    "days_hint": ("De 1 à 1095.", "From 1 to 1095."),
    "make": ("Créer la clé", "Make the key"),
    "list": ("Vos clés", "Your keys"),
    "none": ("Aucune clé.", "No key yet."),
    "in_force": ("En vigueur", "In force"),
    "over": ("Terminée", "Over"),
    "expires": ("Expire le {when}", "Expires on {when}"),
    "expired": ("A expiré le {when}", "Expired on {when}"),
    "token_client": ("Jetons d'accès du client", "Access tokens of the client"),
    "never_expires": ("N'expire pas", "Never expires"),
    "revoked": ("Révoquée le {when}", "Revoked on {when}"),
    "used": ("Dernier usage le {when}", "Last used on {when}"),
    "unused": ("Jamais utilisée", "Never used"),
    "revoke": ("Révoquer", "Revoke"),
    "pass": ("Lettres qualifiées pour une heure", "Qualified letters for an hour"),
    "given_title": ("Votre laissez-passer", "Your pass"),
    "given": (
        "Pendant une heure, et au plus cent fois, ce que vous avez montré ici vaut pour les lettres qualifiées de cette clé. Envoyez-le dans cet en-tête ; il ne sera plus jamais montré.",
        "For an hour, and a hundred times at most, what you showed here counts for this key's qualified letters. Send it in this header; it will never be shown again.",
    ),
    "done": (
        "La clé est révoquée : elle n'ouvre plus rien.",
        "The key is revoked: it opens nothing any more.",
    ),
    "intro": (
        "Toutes les adresses commencent par {base}. Le document lisible par machine est {file}.",
        "Every address begins with {base}. The document for machines is {file}.",
    ),
    "in_english": ("Cette page est en anglais, comme les noms qu'elle décrit.", ""),
    "parameters": ("Paramètres", "Parameters"),
    "body": ("Corps", "Body"),
    "answers": ("Réponses", "Answers"),
    "shapes": ("Formes", "Shapes"),
    "required": ("obligatoire", "required"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def api_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("api", _catalogue(language()))
