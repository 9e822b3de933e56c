/*
 * The page's words, French and English, and the French of the reasons that checks give.
 */

const WORDS = {
  title: ["Vérifier une preuve", "Verify a proof"],
  lead: [
    "Cette page vérifie les preuves d'un envoi électronique dans votre navigateur. Rien n'est envoyé : elle fonctionne sans réseau.",
    "This page verifies the evidence of an electronic letter in your browser. Nothing is sent: it works without a network.",
  ],
  proof: ["1. La preuve", "1. The proof"],
  proof_hint: [
    "Déposez ici un fichier de preuve (.json) avec, si vous les avez, les documents de la lettre ; ou le dossier complet.",
    "Drop an evidence file (.json) here, with the letter's documents if you have them; or the whole bundle folder.",
  ],
  choose_files: ["Choisir des fichiers", "Choose files"],
  choose_folder: ["Choisir un dossier", "Choose a folder"],
  trust: ["2. À qui se fier", "2. Whom to trust"],
  trust_inside: [
    "Cette page contient les ancres de confiance ci-dessous. Comparez leurs empreintes avec celles que publie le prestataire.",
    "This page holds the trust anchors below. Compare their fingerprints with those the provider publishes.",
  ],
  trust_none: [
    "Cette page ne contient aucune ancre de confiance : sans elles, rien ne peut être certain. Choisissez les fichiers seal-ca.pem, tsa-ca.pem et log.vkey du prestataire.",
    "This page holds no trust anchors: without them, nothing can be certain. Choose the provider's files seal-ca.pem, tsa-ca.pem and log.vkey.",
  ],
  choose_anchors: ["Choisir d'autres ancres de confiance", "Choose other trust anchors"],
  anchor_seal: ["Autorité des cachets", "Authority of seals"],
  anchor_timestamp: ["Autorité d'horodatage", "Time-stamp authority"],
  anchor_log: ["Clé du journal", "Key of the log"],
  anchors_bad: ["Ces ancres de confiance ne peuvent pas être lues.", "These trust anchors cannot be read."],
  working: ["Vérification en cours…", "Verifying…"],
  result: ["Résultat", "Result"],
  passed: ["valide", "passed"],
  failed: ["échec", "failed"],
  indeterminate: ["indéterminé", "indeterminate"],
  passed_text: ["Tout ce que cette page sait vérifier est exact.", "All that this page can check holds."],
  failed_text: [
    "Au moins une vérification échoue : quelque chose a été modifié, ou n'a jamais été ce qu'il prétend.",
    "At least one check does not hold: something was changed, or never was what it says.",
  ],
  indeterminate_text: [
    "Rien ne contredit la preuve, mais il manque quelque chose pour être certain.",
    "Nothing contradicts the proof, but something needed for certainty is missing.",
  ],
  not_checked: ["Ce qui n'est pas vérifié ici", "Not checked here"],
  command_line: ["Pour vérifier cela aussi, en ligne de commande :", "To check these too, on the command line:"],
  too_large: ["Ces fichiers sont trop volumineux pour cette page.", "These files are too large for this page."],
  no_crypto: [
    "Ce navigateur n'offre pas WebCrypto ici. Utilisez un navigateur récent.",
    "This browser offers no WebCrypto here. Use a recent browser.",
  ],
  other_language: ["English", "Français"],
};

const CHECKS = {
  format: "format", checkpoint: "tête du journal", "log inclusion": "inscription au journal",
  "time stamp": "horodatage", renewal: "renouvellement", seal: "cachet", manifest: "liste des fichiers",
  story: "chronologie", document: "document",
};

/** English reasons as patterns, and their French; what is not here stays English. */
const REASONS = [
  [/^(\w+) at (\S+)$/, "$1 le $2"],
  [/^signed by (.+), size (\d+)$/, "signée par $1, taille $2"],
  [/^record (\d+) of (\d+)$/, "enregistrement $1 sur $2"],
  [/^existed on (\S+), says (.+)$/, "existait le $1, selon $2"],
  [/^sealed by (.+)$/, "cachet de $1"],
  [/^(\d+) files, all as listed$/, "$1 fichiers, tous conformes à la liste"],
  [/^(\d+) acts, from the deposit, without a gap$/, "$1 actes, depuis le dépôt, sans lacune"],
  [/^the one that was deposited$/, "celui qui a été déposé"],
  [/^not a document the evidence names$/, "ce n'est pas un document nommé par la preuve"],
  [/^a sealed PDF, and none of .*$/, "un PDF scellé, qui n'est aucun des documents : lre verify peut le vérifier"],
  [/^(.+) \(this page does not read such files\)$/, "$1 (cette page ne lit pas ces fichiers)"],
  [/^this file is not listed$/, "ce fichier n'est pas dans la liste"],
  [/^this file is missing$/, "ce fichier manque"],
  [/^this file was changed$/, "ce fichier a été modifié"],
  [/^it is not in its one form: it was changed$/, "il n'a pas sa forme unique : il a été modifié"],
  [/^it cannot be read$/, "illisible"],
  [/^the evidence file has other members than it should$/, "le fichier de preuve n'a pas les champs prévus"],
  [/^the evidence is not a record$/, "la preuve n'est pas un enregistrement"],
  [/^no key of the log is trusted$/, "aucune clé de journal n'est de confiance"],
  [/^no authority is trusted$/, "aucune autorité n'est de confiance"],
  [/^no key that is trusted signed this note$/, "aucune clé de confiance n'a signé cette tête"],
  [/^the signature does not fit the note$/, "la signature ne correspond pas à la tête"],
  [/^the record is not where it says$/, "l'enregistrement n'est pas où il le dit"],
  [/^imprint: .*$/, "l'horodatage porte sur autre chose"],
  [/^format: the time stamp cannot be read$/, "l'horodatage est illisible"],
  [/^signature: .*$/, "la signature de l'horodatage ne correspond pas"],
  [/^it says (.+), which is later than this verification: one of two clocks is wrong$/, "il dit $1, après cette vérification : une des deux horloges est fausse"],
  [/^the event claims to be later than its time stamp$/, "l'événement se dit postérieur à son horodatage"],
  [/^the seal does not fit the evidence$/, "le cachet ne correspond pas à la preuve"],
  [/^the seal names another certificate$/, "le cachet nomme un autre certificat"],
  [/^the seal's header cannot be read$/, "l'en-tête du cachet est illisible"],
  [/^no trusted authority stands above (.+)$/, "aucune autorité de confiance au-dessus de $1"],
  [/^the certificate of (.+) was not valid on (\S+)$/, "le certificat de $1 n'était pas valable le $2"],
  [/^this browser does not know (\S+)$/, "ce navigateur ne connaît pas $1"],
  [/^the evidence is not of one letter$/, "les preuves ne concernent pas une seule lettre"],
  [/^an act of the letter is missing or doubled$/, "un acte de la lettre manque ou figure deux fois"],
  [/^no file of a letter is called so$/, "aucun fichier d'une lettre ne s'appelle ainsi"],
  [/^the file is named for another act$/, "le fichier porte le nom d'un autre acte"],
  [/^whether more happened later .*$/, "ce qui a suivi (le dernier acte ici n'est pas la fin d'une lettre)"],
  [/^(.+) \(it lies beside the bundle, not in it\)$/, "$1 (à côté du dossier, pas dedans)"],
  [/^no evidence file was given$/, "aucun fichier de preuve n'a été donné"],
  [/^revocation of certificates .*$/, "la révocation des certificats (lre verify consulte les listes du prestataire)"],
  [/^the seal on a proof PDF .*$/, "le cachet d'une preuve PDF (lre verify le vérifie ; ses preuves le sont ici si leurs fichiers .json sont donnés)"],
  [/^whether the provider is qualified .*$/, "la qualification du prestataire (c'est à une liste de confiance de la dire)"],
  [/^consistency with other checkpoints .*$/, "la cohérence avec d'autres têtes du journal (comparez avec une que vous détenez)"],
  [/^documents \(none .*$/, "les documents (aucun n'a été donné ; leurs empreintes sont dans la preuve)"],
];

export const LANGUAGES = ["fr", "en"];

/** Return a word of the page. */
export const word = (name, language) => WORDS[name][LANGUAGES.indexOf(language)];

/** Return the name of a check for people. */
export const checkName = (name, language) => (language === "fr" ? (CHECKS[name] ?? name) : name);

/** Return a reason for people. */
export function reasonText(reason, language) {
  const found = language === "fr" ? REASONS.find(([pattern]) => pattern.test(reason)) : undefined;
  return found ? reason.replace(...found) : reason;
}
