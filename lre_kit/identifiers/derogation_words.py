"""What people are told when a derogation ends."""

from datetime import date

from lre_kit.law.periods import Words

_MONTHS_FR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_MONTHS_EN = "January February March April May June July August September October November December".split()


def day_words(day: date) -> Words:
    """Return a day written out: ``30 septembre 2020`` and ``30 September 2020``."""
    first = "1er" if day.day == 1 else str(day.day)
    return Words(
        fr=f"{first} {_MONTHS_FR[day.month - 1]} {day.year}",
        en=f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}",
    )


def notice_subject(*, ended: bool, address_needed: bool) -> Words:
    """Return the subject line."""
    if address_needed:
        return Words(
            fr="Confirmez votre adresse postale pour recevoir votre nouveau moyen d'identification",
            en="Confirm your postal address to receive your new means of identification",
        )
    if ended:
        return Words(
            fr="Votre moyen d'identification a pris fin : le nouveau vous est envoyé",
            en="Your means of identification has ended: the new one is on its way",
        )
    return Words(
        fr="Votre moyen d'identification sera remplacé",
        en="Your means of identification will be replaced",
    )


def notice_body(*, last_day: date, ended: bool, address_needed: bool) -> Words:
    """Return the text.

    Args:
        last_day: Last day of the derogation, included.
        ended: Whether it is over.
        address_needed: Whether the person's postal address is not confirmed.
    """
    day = day_words(last_day)
    if ended:
        fr = f"Votre moyen d'identification, délivré par dérogation, a pris fin après le {day.fr}."
        en = f"Your means of identification, issued under a derogation, ended after {day.en}."
    else:
        fr = (
            f"Votre moyen d'identification, délivré à titre dérogatoire, fonctionne jusqu'au {day.fr} inclus."
        )
        en = f"Your means of identification, issued under a derogation, works up to and including {day.en}."
    if address_needed:
        fr += (
            " Un nouveau moyen vous sera envoyé gratuitement par la poste dès que votre adresse postale sera "
            "confirmée dans votre profil. Confirmez-la dès maintenant."
        )
        en += (
            " A new one will be posted to you free of charge as soon as your postal address is confirmed in "
            "your profile. Please confirm it now."
        )
    else:
        fr += (
            " Un nouveau moyen vous est envoyé gratuitement par la poste à l'adresse confirmée de votre "
            "profil ; vous n'avez rien à faire. Vos autres moyens d'identification continuent de fonctionner."
        )
        en += (
            " A new one is posted to you free of charge at the confirmed address of your profile; you need "
            "do nothing. Your other means of identification keep working."
        )
    return Words(fr=fr, en=en)
