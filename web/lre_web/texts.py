# ruff: noqa: E501 - sentences for people read better whole
"""The pages' words, in French and English, and the choice between them."""

from collections import ChainMap
from collections.abc import Mapping
from functools import cache

from flask import g, request

from lre_web.frame.cookies import read_cookie
from lre_web.mounting import mounted

LANGUAGES = ("fr", "en")
"""Languages of the pages."""

LANGUAGE_COOKIE = "lre_language"
"""Cookie that remembers a language chosen on a page."""

REFUSE_WORDS = frozenset({"REFUSER", "REFUSE"})
"""What a recipient types to refuse, in either language."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    "menu": ("Menu", "Menu"),
    "skip": ("Aller au contenu", "Skip to content"),
    "letters": ("Vos lettres", "Your letters"),
    "deposit": ("Déposer une lettre", "Deposit a letter"),
    "consents": ("Accords", "Consents"),
    "capacity": ("Le destinataire est", "The recipient is"),
    "capacity_consumer": ("un particulier", "a private person"),
    "capacity_professional": ("un professionnel", "a professional"),
    "capacity_public_body": ("un organisme public", "a public body"),
    "capacity_hint": (
        "Un particulier doit avoir donné son accord pour une lettre qualifiée (CPCE L. 100).",
        "A private person must have consented to a qualified letter (CPCE L. 100).",
    ),
    "capacity_basis": (
        "Si ce n'est pas un particulier : sur quelle base ?",
        "If no private person: on what basis?",
    ),
    "capacity_basis_hint": (
        "Par exemple un numéro SIREN ou un contrat.",
        "For instance a register number or a contract.",
    ),
    "no_letters": ("Vous n'avez encore déposé aucune lettre.", "You have not deposited any letter yet."),
    "number": ("Numéro", "Number"),
    "recipient": ("Destinataire", "Recipient"),
    "sender": ("Expéditeur", "Sender"),
    "bulk": ("Envois groupés", "In bulk"),
    "subject": ("Objet", "Subject"),
    "reference": ("Votre référence", "Your reference"),
    "reference_hint": (
        "Pour vous y retrouver. Le destinataire ne la voit jamais.",
        "For your own use. The recipient never sees it.",
    ),
    "notify_at": ("Départ de l'avis", "Notice leaves on"),
    "notify_at_hint": (
        "En heure de Paris, dans les 90 jours. Vide : aussitôt. Le dépôt est prouvé dès maintenant, et vous pouvez retirer la lettre jusque-là.",
        "In Paris time, within 90 days. Empty: at once. The deposit is proved now, and you can withdraw the letter until then.",
    ),
    "pre_notice": ("Prévenir le destinataire avant l'avis", "Tell the recipient before the notice"),
    "pre_notice_hint": (
        "Un message lui annonce qu'un envoi viendra, et quand : il ne vous nomme que si l'avis le fait. Ce n'est pas l'avis : aucun délai n'en court. Pour un avis à venir, ou un pli imprimé.",
        "A message says that a letter will come, and when; it names you only where the notice does. It is not the notice: no time runs from it. For a notice planned for later, or a printed letter.",
    ),
    "pre_notice_none": ("Non", "No"),
    "pre_notice_deposit": ("Dès le dépôt", "At the deposit"),
    "pre_notice_day": ("1 jour avant l'avis", "1 day before the notice"),
    "pre_notice_days": ("{days} jours avant l'avis", "{days} days before the notice"),
    "notify_at_wrong": ("Cette heure n'en est pas une.", "This is not a time."),
    "state": ("État", "State"),
    "deposited": ("Déposée le", "Deposited on"),
    "older": ("Lettres plus anciennes", "Older letters"),
    "sender_for": ("Au nom de", "In the name of"),
    "sender_for_hint": (
        "Votre nom figure dans les preuves comme celui de qui agit.",
        "Your name stands in the proofs as that of who acts.",
    ),
    "sender_self": ("Moi-même", "Myself"),
    "recipient_name": ("Nom du destinataire", "Recipient's name"),
    "recipient_name_hint": ("Nom et prénom, ou raison sociale.", "First and last name, or company name."),
    "recipient_email": ("Adresse électronique du destinataire", "Recipient's e-mail address"),
    "subject_hint": (
        "Il reste caché au destinataire jusqu'à son acceptation.",
        "It stays hidden from the recipient until acceptance.",
    ),
    "notice_language": ("Langue de l'avis et des preuves", "Language of the notice and the proofs"),
    "documents": ("Documents", "Documents"),
    "documents_hint": (
        "PDF, PNG, JPEG ou texte. Choisissez un ou plusieurs fichiers, ou déposez-les ici.",
        "PDF, PNG, JPEG or text. Choose one or more files, or drop them here.",
    ),
    "send": ("Déposer", "Deposit"),
    "sending": ("Envoi en cours…", "Uploading…"),
    "error_title": ("Il y a un problème", "There is a problem"),
    "choose_again": (
        "Choisissez de nouveau vos documents : le navigateur ne les garde pas.",
        "Choose your documents again: the browser does not keep them.",
    ),
    "lost": (
        "La connexion a été coupée : rien n'est perdu. Vérifiez le réseau et déposez de nouveau ; la lettre ne partira qu'une fois.",
        "The connection was cut: nothing is lost. Check the network and deposit again; the letter leaves only once.",
    ),
    "optional": ("(facultatif)", "(optional)"),
    "notice_failed_note": (
        "L'avis n'a pas pu être remis au destinataire : son serveur de messagerie l'a refusé. Corrigez l'adresse ci-dessous, et un nouvel avis partira.",
        "The notice could not be delivered: the recipient's mail server refused it. Correct the address below, and a new notice will leave.",
    ),
    "correct_address": ("Corriger l'adresse du destinataire", "Correct the recipient's address"),
    "corrected_email": ("Adresse électronique correcte", "Correct e-mail address"),
    "corrected_email_hint": (
        "Un nouvel avis part aussitôt, et un nouveau délai s'ouvre à son envoi. L'ancienne et la nouvelle adresse figurent dans les preuves.",
        "A new notice leaves at once, and a new window opens when it does. The old address and the new one stand in the evidence.",
    ),
    "correct_address_do": ("Envoyer un avis à cette adresse", "Send a notice to this address"),
    "withdraw": ("Retirer la lettre", "Take the letter back"),
    "withdraw_text": (
        "Tant que l'avis n'est pas parti, vous pouvez retirer la lettre : le destinataire n'en saura rien. Le retrait est définitif et figure dans les preuves.",
        "As long as the notice has not left, you can take the letter back: the recipient will not learn of it. This is final and stands in the evidence.",
    ),
    "withdraw_do": ("Retirer définitivement", "Take back for good"),
    "done_address": (
        "L'adresse est corrigée. Un avis part vers elle.",
        "The address is corrected. A notice is on its way to it.",
    ),
    "done_withdrawn": ("La lettre est retirée.", "The letter was taken back."),
    "timeline": ("Chronologie", "Timeline"),
    "proofs": ("Preuves", "Proofs"),
    "proof_deposit": ("Preuve de dépôt", "Proof of deposit"),
    "proof_receipt": ("Preuve de réception", "Proof of receipt"),
    "proof_refusal": ("Preuve de refus", "Proof of refusal"),
    "proof_non_claim": ("Preuve de non-réclamation", "Proof of non-claim"),
    "proof_not_identified": ("Preuve de non-remise", "Proof of non-delivery"),
    "proof_waiting": (
        "horodatage en cours, revenez dans un instant",
        "being time-stamped, come back in a moment",
    ),
    "colon": ("\N{NO-BREAK SPACE}:", ":"),
    "bundle": ("Dossier complet de preuves (ZIP)", "Complete bundle of proofs (ZIP)"),
    "bundle_hint": (
        "Il se vérifie hors ligne, sans nous, avec « lre verify ».",
        "It can be verified offline, without us, with “lre verify”.",
    ),
    "ev_stamped": ("horodaté et inscrit au journal", "time-stamped and in the log"),
    "ev_logged": ("inscrit au journal, horodatage attendu", "in the log, time stamp awaited"),
    "ev_sealed": ("scellé, inscription attendue", "sealed, place in the log awaited"),
    "ev_recorded": ("enregistré, cachet attendu", "recorded, seal awaited"),
    "window_until": (
        "Le destinataire peut décider jusqu'au {when} (exclu). Sans réponse, une preuve de non-réclamation est établie.",
        "The recipient may decide until {when} (exclusive). Without an answer, a proof of non-claim is made.",
    ),
    "back": ("Retour à vos lettres", "Back to your letters"),
    "back_to_notice": ("Retour à l'envoi", "Back to the sending"),
    "waiting_title": ("Un envoi vous attend", "A letter is waiting for you"),
    "waiting_lead": (
        "Un envoi de type « {product} » vous est adressé. Vous pouvez l'accepter ou le refuser.",
        "A sending of the kind “{product}” is addressed to you. You may accept or refuse it.",
    ),
    "not_finished": ("Rien n'est encore décidé.", "Nothing is decided yet."),
    "local_time": ("Chez vous ({zone}) : {when}.", "Where you are ({zone}): {when}."),
    "if_nothing": (
        "Si vous ne faites rien, l'envoi sera réputé non réclamé à partir du {when}.",
        "If you do nothing, it will be recorded as not claimed from {when}.",
    ),
    "sender_known": (
        "Il vous est envoyé par {name}. Son contenu vous est remis si vous acceptez.",
        "It is sent by {name}. Its content is handed to you if you accept.",
    ),
    "matter": ("Objet régi par un texte particulier", "Matter with rules of its own"),
    "matter_hint": (
        "Convocations et notifications de copropriété : lettre à identification forte, vingt et un jours, expéditeur montré.",
        "Summonses and notices of a co-ownership: strongly identified letter, twenty-one days, sender shown.",
    ),
    "matter_ordinary": ("aucun", "none"),
    "matter_co_ownership": (
        "copropriété (loi du 10 juillet 1965, art. 42-1)",
        "co-ownership (law of 10 July 1965, art. 42-1)",
    ),
    "sender_after": (
        "L'identité de l'expéditeur et le contenu vous seront révélés si vous acceptez.",
        "You will learn who sent it, and its content, if you accept.",
    ),
    "step_1": ("1. Montrez que vous lisez cette adresse", "1. Show that you read this address"),
    "step_1_text": (
        "Nous envoyons un code à usage unique à l'adresse à laquelle l'avis est arrivé.",
        "We send a one-time code to the address the notice came to.",
    ),
    "get_code": ("Recevoir un code", "Send me a code"),
    "code_sent": ("Un code vient de vous être envoyé.", "A code has just been sent to you."),
    "code": ("Code reçu par courriel", "Code received by e-mail"),
    "code_hint": ("Huit caractères, par exemple 7K3M-9QXA.", "Eight characters, such as 7K3M-9QXA."),
    "another_code": ("Recevoir un autre code", "Send me another code"),
    "step_2": ("2. Décidez", "2. Decide"),
    "accept": ("Accepter l'envoi", "Accept the letter"),
    "accept_text": (
        "Vous recevez le contenu tout de suite. L'expéditeur reçoit une preuve de réception.",
        "You receive the content at once. The sender receives a proof of receipt.",
    ),
    "refuse": ("Refuser l'envoi", "Refuse the letter"),
    "refuse_text": (
        "C'est définitif : vous ne verrez ni le contenu ni l'expéditeur, qui reçoit une preuve de refus.",
        "This is final: you will see neither the content nor the sender, who receives a proof of refusal.",
    ),
    "refuse_type": ("Pour confirmer, écrivez REFUSER", "To confirm, type REFUSE"),
    "refuse_typed": ("Le refus n'est pas confirmé.", "The refusal is not confirmed."),
    "refuse_typed_mend": ("Écrivez REFUSER dans la case.", "Type REFUSE in the box."),
    "identified": ("Vous êtes identifié pour cet envoi.", "You are identified for this sending."),
    "ended_received": ("Vous avez accepté cet envoi.", "You accepted this sending."),
    "ended_read_again": (
        "Pour relire son contenu, demandez un code.",
        "To read its content again, ask for a code.",
    ),
    "ended_refused": ("Vous avez refusé cet envoi le {when}.", "You refused this sending on {when}."),
    "ended_unclaimed": (
        "Le délai est passé : cet envoi est réputé non réclamé.",
        "The time is over: this sending is recorded as not claimed.",
    ),
    "ended_other": ("Cet envoi n'attend pas de décision.", "This sending awaits no decision."),
    "read_title": ("Votre lettre", "Your letter"),
    "received": ("Reçue le", "Received on"),
    "read_here": ("Lire ici", "Read here"),
    "download": ("Télécharger", "Download"),
    "own_proof": ("Votre preuve de réception (PDF)", "Your proof of receipt (PDF)"),
    "no_letter_title": ("Ouvrez le lien de votre avis", "Open the link in your notice"),
    "no_letter": (
        "Cette page ne sait pas de quel envoi il s'agit. Ouvrez de nouveau le lien reçu par courriel.",
        "This page does not know which sending you mean. Open the link you received by e-mail again.",
    ),
    "identify_first": (
        "Vous n'êtes pas identifié pour cet envoi.",
        "You are not identified for this sending.",
    ),
    "identify_first_mend": ("Demandez un code par courriel.", "Ask for a code by e-mail."),
    "accept_first": (
        "Le contenu n'est remis qu'après acceptation.",
        "Content is handed over only after acceptance.",
    ),
    "accept_first_mend": ("Acceptez d'abord l'envoi.", "Accept the sending first."),
    "stale_form": ("Ce formulaire n'est plus valable.", "This form is no longer valid."),
    "stale_form_mend": ("Rechargez la page et recommencez.", "Reload the page and try again."),
    "unforeseen": ("Une erreur imprévue s'est produite.", "An error occurred that nobody foresaw."),
    "unforeseen_mend": (
        "Rien n'est fait à moitié : regardez où en est l'envoi, puis recommencez.",
        "Nothing is half done: look how the sending stands, then try again.",
    ),
    "too_large": ("Ces documents dépassent la taille admise.", "These documents are above the size allowed."),
    "too_large_mend": (
        "Réduisez-les ou répartissez-les en plusieurs lettres.",
        "Make them smaller, or use several letters.",
    ),
    "reload": ("Recharger", "Reload"),
    "mailbox": ("Boîte aux lettres de démonstration", "Demonstration mailbox"),
    "mailbox_empty": (
        "Aucun message pour l'instant. Cette page se recharge seule.",
        "No message yet. This page reloads by itself.",
    ),
    "mailbox_lead": (
        "Ici arrivent les courriels que l'office envoie. Rien ne sort de cette machine.",
        "The e-mails the office sends arrive here. Nothing leaves this machine.",
    ),
    "verify_title": ("Vérifier une preuve", "Verify a proof"),
    "verify_lead": (
        "Déposez une preuve pour savoir si elle est authentique et inchangée. Nous ne la gardons pas.",
        "Drop a proof to learn whether it is authentic and unchanged. We do not keep it.",
    ),
    "verify_file": ("Fichier à vérifier", "File to verify"),
    "verify_hint": (
        "Preuve PDF, fichier de preuve (.json ou .xml), conteneur (.asice) ou dossier complet (.zip).",
        "A PDF proof, an evidence file (.json or .xml), a container (.asice) or a whole bundle (.zip).",
    ),
    "verify_do": ("Vérifier", "Verify"),
    "verify_another": ("Vérifier un autre fichier", "Verify another file"),
    "verify_no_file": ("Aucun fichier n'a été choisi.", "No file was chosen."),
    "verify_no_file_mend": ("Choisissez la preuve à vérifier.", "Choose the proof to verify."),
    "verify_often": (
        "Vous avez vérifié beaucoup de fichiers en peu de temps.",
        "You have verified many files in a short time.",
    ),
    "verify_often_mend": (
        "Attendez quelques minutes, ou vérifiez hors ligne avec la page à télécharger ou la commande lre verify.",
        "Wait a few minutes, or verify offline with the page to download or the command lre verify.",
    ),
    "verify_busy": ("Trop de vérifications sont en cours.", "Too many files are being verified."),
    "verify_busy_mend": ("Réessayez dans un instant.", "Try again in a moment."),
    "verify_passed": ("Preuve valide", "The proof is valid"),
    "verify_passed_text": (
        "Toutes les vérifications ci-dessous sont exactes.",
        "All the checks below hold.",
    ),
    "verify_failed": ("Preuve non valide", "The proof is not valid"),
    "verify_failed_text": (
        "Au moins une vérification échoue : quelque chose a été modifié, ou n'a jamais été ce qu'il prétend.",
        "At least one check does not hold: something was changed, or never was what it says.",
    ),
    "verify_indeterminate": ("Preuve incertaine", "The proof is uncertain"),
    "verify_indeterminate_text": (
        "Rien ne contredit la preuve, mais il manque quelque chose pour être certain.",
        "Nothing contradicts the proof, but something needed for certainty is missing.",
    ),
    "check_code": ("Valider le code", "Check the code"),
    "stronger_title": ("Étape 2 : montrez qui vous êtes", "Step 2: show who you are"),
    "stronger_ways": ("Choisissez un moyen :", "Choose a way:"),
    "stronger_none": (
        "Aucun moyen n'est proposé ici pour le moment. Contactez le prestataire avant la fin du délai.",
        "No way is offered here at present. Contact the provider before the time to decide ends.",
    ),
    "stronger_mend": (
        "Choisissez un des moyens proposés sur la page de l'envoi.",
        "Choose one of the ways offered on the letter's page.",
    ),
    "other_letter": (
        "Un autre envoi a été ouvert entre-temps dans ce navigateur.",
        "Another letter was opened in this browser meanwhile.",
    ),
    "other_letter_mend": (
        "Rouvrez le lien de l'envoi sur lequel vous voulez décider.",
        "Open the link of the letter you want to decide on again.",
    ),
    "sender_name": (
        "Votre compte porte un autre nom que celui qui a été vérifié.",
        "Your account bears another name than the one that was verified.",
    ),
    "sender_name_mend": (
        "Identifiez-vous sous le nom de votre compte, ou demandez à le faire corriger.",
        "Identify yourself under your account's name, or ask for it to be corrected.",
    ),
    "identity_pending": (
        "Votre identité est encore en cours de vérification.",
        "Your identity is still being checked.",
    ),
    "identity_pending_mend": (
        "Vous pourrez le faire dès qu'elle sera vérifiée ; un message vous le dira.",
        "You can do this as soon as it is verified; a message will tell you.",
    ),
    "other_name": (
        "L'envoi est adressé à un autre nom que celui que nous connaissons pour vous. Une identification à distance permet à une personne de vérifier que c'est bien vous.",
        "The letter is addressed to another name than the one we know for you. With remote identification a person checks that it is you.",
    ),
    "identified_pending": (
        "Votre identité est en cours de vérification. Vous pouvez déjà décider : votre choix comptera à partir de maintenant, et le contenu vous sera remis après la vérification.",
        "Your identity is being checked. You may decide already: your choice counts from now on, and the content is handed over after the check.",
    ),
    "accepted_pending": (
        "Vous avez accepté cet envoi le {when}. Votre identité est en cours de vérification : le contenu vous sera remis dès qu'elle sera confirmée.",
        "You accepted this letter on {when}. Your identity is being checked: the content is handed over as soon as it is confirmed.",
    ),
    "receive": ("Recevoir le contenu", "Receive the content"),
    "receive_text": (
        "Vous êtes identifié par un autre moyen : le contenu peut vous être remis maintenant.",
        "You are identified by another means: the content can be handed over now.",
    ),
    "accepted_until": (
        "Si elle ne l'est pas avant le {when}, le contenu ne vous sera pas remis. Une vérification écartée peut être recommencée, ou remplacée par un autre moyen.",
        "If it is not confirmed before {when}, the content is not handed over to you. A check that failed can be made again, or replaced by another means.",
    ),
    "ended_not_identified": (
        "Vous avez accepté cet envoi le {when}, mais votre identité n'a pas été confirmée dans le délai : le contenu ne vous a pas été remis. L'expéditeur peut vous l'adresser de nouveau.",
        "You accepted this letter on {when}, but your identity was not confirmed in time: the content was not handed over. Its sender may send it again.",
    ),
    "product": ("Type d'envoi", "Kind of sending"),
    "product_simple": (
        "Le destinataire s'identifie par un code reçu par courriel. Sans équivalence avec une lettre recommandée.",
        "The recipient identifies by a code received by e-mail. It does not replace a registered letter.",
    ),
    "product_qualified": (
        "Vous et le destinataire vous identifiez fortement ; il a quinze jours pour décider.",
        "You and the recipient identify strongly; the recipient has fifteen days to decide.",
    ),
    "result_passed": ("exact", "passed"),
    "result_failed": ("échec", "failed"),
    "result_indeterminate": ("indéterminé", "indeterminate"),
    "verify_not_checked": ("Ce qui n'est pas vérifié", "What is not checked"),
    "verify_known": ("Cette preuve existe dans notre journal.", "This proof exists in our register."),
    "verify_known_hint": (
        "Ce lien ne dit rien du fichier que vous tenez. Pour le vérifier aussi, déposez-le ici.",
        "This link says nothing of the file you hold. To verify that too, drop it here.",
    ),
    "verify_kind": ("Nature", "Kind"),
    "verify_date": ("Date de l'événement", "Date of the event"),
    "verify_identifier": ("Identifiant de la preuve", "Identifier of the evidence"),
    "verify_digest": ("Empreinte de la preuve scellée", "Digest of the sealed evidence"),
    "verify_unknown": ("Ce lien ne mène à aucune preuve.", "This link does not lead to a proof."),
    "verify_unknown_mend": (
        "Lisez le code imprimé sur la preuve, ou déposez son fichier ci-dessous.",
        "Scan the code printed on the proof, or drop its file below.",
    ),
    "verify_offline": ("Vérifier sans nous", "Verify without us"),
    "verify_offline_text": (
        "Ce fichier HTML vérifie les preuves dans votre navigateur, sans réseau et sans nous. Gardez-le avec elles.",
        "This HTML file verifies evidence in your browser, without a network and without us. Keep it with the proofs.",
    ),
    "verify_offline_get": ("Télécharger le vérificateur", "Download the verifier"),
    "verify_link": ("Vérifier une preuve", "Verify a proof"),
    "carried_by": ("Acheminé par {provider}", "Carried by {provider}"),
    "other_language": ("English", "Français"),
    "home": ("Navigation principale", "Main navigation"),
}


def language() -> str:
    """Return the page's language: ``?lang=``, else what was chosen before, what the browser asks for, French."""
    if "lre_language" not in g:
        asked = request.args.get("lang") or read_cookie(LANGUAGE_COOKIE)
        g.lre_language = (
            asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "fr"
        )
    return str(g.lre_language)


@cache
def catalogue(chosen: str) -> Mapping[str, str]:
    """Return all words in one language."""
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def texts() -> Mapping[str, str]:
    """Return the words in the page's language, with those that the host says otherwise."""
    return spoken("", catalogue(language()))


def spoken(shelf: str, ours: Mapping[str, str]) -> Mapping[str, str]:
    """Return a shelf's words, with those that the host says otherwise before them."""
    theirs = mounted().texts.get(language(), {}).get(shelf)
    return ChainMap(dict(theirs), dict(ours)) if theirs else ours
