"""How long what is kept, by class of data: spans as data, each with its source; and their ends.

Storage has a floor (the law obliges to keep) and a ceiling (GDPR art. 5(1)(e) obliges to let go).
Both are legal days: a span that began on a day is over at the midnight after its last whole day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lre_kit.clock import PARIS, as_utc
from lre_kit.errors import ConfigurationError
from lre_kit.law.periods import Words


class DataClass(StrEnum):
    """What is kept apart from other things, because it is let go at another time."""

    CONTENT = "content"
    PROOFS = "proofs"
    CODES = "codes"
    DOCUMENT_PICTURES = "document_pictures"
    FACE_PICTURES = "face_pictures"
    IDENTITY_FILE = "identity_file"
    IDENTITY_ATTEMPTS = "identity_attempts"
    MEANS = "means"
    AUTHENTICATIONS = "authentications"
    SESSIONS = "sessions"
    CONSENTS = "consents"
    CONSENT_SCANS = "consent_scans"
    ACCOUNTS = "accounts"
    PARTIES = "parties"
    TRIES = "tries"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span in whole legal years and days; nothing of either: it never ends."""

    years: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        """Refuse what lies backwards."""
        if self.years < 0 or self.days < 0:
            msg = "A retention span is negative."
            raise ConfigurationError(msg, mend="Give a number of days or years, 0 or more.")

    @property
    def is_endless(self) -> bool:
        """Whether what it says is kept for good."""
        return not (self.years or self.days)

    def ends_at(self, began_at: datetime, *, zone: ZoneInfo = PARIS) -> datetime | None:
        """Return the first instant at which a span that began is over, in UTC; nothing if it never is.

        A year from 29 February is over on 1 March: 28 February would be short (CPCE R. 53-2).

        Example:
            >>> Span(years=1).ends_at(datetime(2026, 1, 28, 12, tzinfo=UTC)).isoformat()
            '2027-01-28T23:00:00+00:00'
        """
        if self.is_endless:
            return None
        return _midnight(self._first_free_day(as_utc(began_at).astimezone(zone).date()), zone)

    def over_before(self, now: datetime, *, zone: ZoneInfo = PARIS) -> datetime | None:
        """Return the instant before which a span must have begun to be over now; nothing if it never is.

        The inverse of `ends_at`, so that one comparison in a query finds all that is over.
        """
        if self.is_endless:
            return None
        today = as_utc(now).astimezone(zone).date()
        # Years differ by a day or two in length; from a day that is surely early enough, go up.
        day = today - timedelta(days=self.days + 367 * self.years + 2)
        while self._first_free_day(day + timedelta(days=1)) <= today:
            day += timedelta(days=1)
        return _midnight(day + timedelta(days=1), zone)

    def _first_free_day(self, began: date) -> date:
        try:
            last = began.replace(year=began.year + self.years)
        except ValueError:
            return date(began.year + self.years, 3, 1) + timedelta(days=self.days)
        return last + timedelta(days=self.days + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long one class is kept.

    Attributes:
        span: How long.
        floor: Below which nobody may set the span.
        source: Why.
        starts: From when on, in words.
        erased: What is done at its end, in words.
        stops_for_hold: Whether a legal hold on a letter stops it.
    """

    data: DataClass
    span: Span
    floor: Span
    source: str
    starts: Words
    erased: Words
    stops_for_hold: bool = False

    def lasting(self, days: int) -> "Rule":
        """Return the rule with a span of so many days.

        Raises:
            ConfigurationError: That is below the floor.
        """
        if days < self.floor.days + 366 * self.floor.years:
            msg = f"{days} days are too short a retention of {self.data.value}: {self.source}."
            raise ConfigurationError(msg, mend="Set a longer span.")
        return replace(self, span=Span(days=days))


RULES: Mapping[DataClass, Rule] = {
    rule.data: rule
    for rule in (
        Rule(
            data=DataClass.CONTENT,
            span=Span(years=1),
            floor=Span(days=30),
            source="GDPR art. 5(1)(e), art. 28: held on the sender's behalf",
            starts=Words(fr="à la fin de la lettre", en="the letter's end"),
            erased=Words(
                fr="la clé du contenu est détruite, les fichiers sont supprimés",
                en="the content's key is destroyed, its files are deleted",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.PROOFS,
            span=Span(),
            floor=Span(years=1),
            source="CPCE R. 53-2, R. 53-3: at least one year; GDPR art. 17(3)(b) and (e)",
            starts=Words(fr="à l'établissement de la preuve", en="the making of the proof"),
            erased=Words(
                fr="par défaut rien ; si une durée est réglée, toute la lettre, sauf les empreintes salées",
                en="by default nothing; where a span is set, the whole letter but its salted commitments",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.CODES,
            span=Span(days=30),
            floor=Span(days=1),
            source="GDPR art. 5(1)(e): the evidence says how the recipient was identified",
            starts=Words(fr="à l'envoi du code", en="the sending of the code"),
            erased=Words(fr="la ligne est supprimée", en="the row is deleted"),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.DOCUMENT_PICTURES,
            span=Span(days=30),
            floor=Span(days=1),
            source="GDPR art. 5(1)(c); set by LRE_IDENTITY_IMAGES_DAYS",
            starts=Words(fr="au verdict", en="the verdict"),
            erased=Words(fr="la clé du dossier est détruite", en="the file's key is destroyed"),
        ),
        Rule(
            data=DataClass.FACE_PICTURES,
            span=Span(days=4),
            floor=Span(days=1),
            source="GDPR art. 9; set by LRE_IDENTITY_BIOMETRICS_H",
            starts=Words(fr="au verdict", en="the verdict"),
            erased=Words(fr="la clé des images est détruite", en="the pictures' key is destroyed"),
        ),
        Rule(
            data=DataClass.IDENTITY_FILE,
            span=Span(years=10),
            floor=Span(years=7),
            source="EN 319 411-1: seven years for registration files; set by LRE_RETENTION_IDENTITY_DAYS",
            starts=Words(fr="à la fin de l'identification", en="the end of the proofing"),
            erased=Words(
                fr="le résultat, les verdicts et l'histoire du dossier sont supprimés",
                en="the result, the verdicts and the history of the file are deleted",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.IDENTITY_ATTEMPTS,
            span=Span(years=1),
            floor=Span(days=30),
            source="GDPR art. 6(1)(f): against repeated fraud",
            starts=Words(
                fr="à la fin du dossier sans identification", en="the end of a file that proofed nobody"
            ),
            erased=Words(fr="le dossier est supprimé", en="the file is deleted"),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.MEANS,
            span=Span(years=10),
            floor=Span(years=7),
            source="EN 319 411-1: seven years after the end; set by LRE_RETENTION_IDENTITY_DAYS",
            starts=Words(
                fr="à la révocation ou à l'expiration du moyen, à la fin de la commande",
                en="the means' revocation or expiry, the order's end",
            ),
            erased=Words(
                fr="le moyen, ses codes, son histoire et sa commande sont supprimés",
                en="the means, its codes, its history and its order are deleted",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.AUTHENTICATIONS,
            span=Span(years=10),
            floor=Span(years=1),
            source="GDPR art. 17(3)(e): the trail behind evidence; set by LRE_RETENTION_IDENTITY_DAYS",
            starts=Words(fr="à l'identification", en="the authentication"),
            erased=Words(fr="la ligne est supprimée", en="the row is deleted"),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.SESSIONS,
            span=Span(days=90),
            floor=Span(days=1),
            source="GDPR art. 6(1)(f): owners see what was done in their name",
            starts=Words(
                fr="à la fin de la session ou du lien envoyé par courriel",
                en="the end of the session or of the e-mailed link",
            ),
            erased=Words(fr="la ligne est supprimée", en="the row is deleted"),
        ),
        Rule(
            data=DataClass.CONSENTS,
            span=Span(),
            floor=Span(years=1),
            source="CPCE L. 100: evidence refers to them as long as it is kept",
            starts=Words(
                fr="au refus, au retrait ou à l'échéance, une fois qu'aucune lettre ne s'y réfère",
                en="the refusal, withdrawal or lapse, once no letter refers to it",
            ),
            erased=Words(
                fr="par défaut rien ; si une durée est réglée, tout, sauf les empreintes salées",
                en="by default nothing; where a span is set, all but its salted commitments",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.CONSENT_SCANS,
            span=Span(years=5),
            floor=Span(years=1),
            source="C. civ. art. 2224: five years in which it may have to be shown",
            starts=Words(fr="au refus, au retrait ou à l'échéance", en="the refusal, withdrawal or lapse"),
            erased=Words(
                fr="la clé du document est détruite, le fichier est supprimé",
                en="the scan's key is destroyed, its file is deleted",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.PARTIES,
            span=Span(years=1),
            floor=Span(days=30),
            source="GDPR art. 5(1)(e)",
            starts=Words(
                fr="à leur dernière modification, une fois que plus rien ne les nomme",
                en="their last change, once nothing names them any more",
            ),
            erased=Words(
                fr="la personne, ses adresses, ses mandats finis et son histoire sont supprimés",
                en="the person, their addresses, mandates that ended and their history are deleted",
            ),
            stops_for_hold=True,
        ),
        Rule(
            data=DataClass.ACCOUNTS,
            span=Span(days=30),
            floor=Span(days=1),
            source="GDPR art. 6(1)(b): as long as the account is there",
            starts=Words(fr="à la fermeture", en="the closing"),
            erased=Words(
                fr="le compte, ses sessions et ses codes de secours sont supprimés",
                en="the account, its sessions and its recovery codes are deleted",
            ),
        ),
        Rule(
            data=DataClass.TRIES,
            span=Span(days=90),
            floor=Span(days=1),
            source="GDPR art. 6(1)(f): keyed digests, against guessing",
            starts=Words(fr="au dernier essai", en="the last try"),
            erased=Words(fr="la ligne est supprimée", en="the row is deleted"),
        ),
        Rule(
            data=DataClass.LOG,
            span=Span(),
            floor=Span(),
            source="salted commitments only: no personal data",
            starts=Words(fr="sans objet", en="not applicable"),
            erased=Words(fr="jamais", en="never"),
        ),
    )
}
"""The rule of each class."""


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
