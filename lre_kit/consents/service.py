"""All that an office does with consents, opened together: desk, register, codes, proofs, duties."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from lre_kit.carriers.mail import Courier
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.sms import SmsSender
from lre_kit.clock import Clock
from lre_kit.consents.desk import ConsentDesk
from lre_kit.consents.duties import ConsentDuties
from lre_kit.consents.forgetting import ConsentForgetting
from lre_kit.consents.journal import ConsentJournal, TellAct
from lre_kit.consents.proof import ConsentProofs
from lre_kit.consents.register import ConsentRegister
from lre_kit.consents.request_mail import ConsentLinks, RequestCourier
from lre_kit.consents.rows import ConsentCodeRow
from lre_kit.consents.scans import Scans
from lre_kit.consents.values import Answerer
from lre_kit.identifiers.email_code import MEANS, EmailCodes
from lre_kit.identifiers.links import Links
from lre_kit.law.consents import RULES, ConsentPolicy, ConsentRegime
from lre_kit.law.retention import RULES as KEPT
from lre_kit.law.retention import DataClass, Rule
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.proofs.stamping.timestamp import TimestampAuthority
from lre_kit.settings import Settings
from lre_kit.store.agenda import Agenda, Duty
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGround:
    """What consents stand on: the office's own parts."""

    settings: Settings
    database: Database
    clock: Clock
    agenda: Agenda
    recorder: Recorder
    log: Log
    keys: Keys
    authority: TimestampAuthority
    blobs: BlobStore
    vault: Vault
    courier: Courier
    links: Links
    mail: MailIdentity
    sms: SmsSender | None = None
    tell: TellAct | None = None


class Consents:
    """The services of consents, each opened when it is first asked for."""

    def __init__(self, ground: ConsentGround) -> None:
        """Keep the office's parts."""
        self._ground = ground

    @cached_property
    def policies(self) -> Mapping[ConsentRegime, ConsentPolicy]:
        """The spans of each regime in this office."""
        days = self._ground.settings.consent_valid_days or None
        return {
            regime: rule.policy if rule.presumed else replace(rule.policy, valid_days=days)
            for regime, rule in RULES.items()
        }

    @cached_property
    def journal(self) -> ConsentJournal:
        """Writes acts."""
        return ConsentJournal(self._ground.recorder, policies=self.policies, tell=self._ground.tell)

    @cached_property
    def scans(self) -> Scans:
        """Scans of consents given on paper."""
        return Scans(self._ground.blobs, self._ground.vault)

    @cached_property
    def desk(self) -> ConsentDesk:
        """Every act."""
        ground = self._ground
        return ConsentDesk(ground.database, clock=ground.clock, journal=self.journal, scans=self.scans)

    @cached_property
    def register(self) -> ConsentRegister:
        """Reads consents."""
        return ConsentRegister(self._ground.database)

    @cached_property
    def links(self) -> ConsentLinks:
        """Links of requests."""
        return ConsentLinks(self._ground.links)

    @cached_property
    def courier(self) -> RequestCourier:
        """Carries requests and codes."""
        ground = self._ground
        return RequestCourier(
            ground.courier,
            links=ground.links,
            identity=ground.mail,
            sms=ground.sms,
            minutes=ground.settings.code_ttl_s // 60,
        )

    @cached_property
    def codes(self) -> EmailCodes:
        """Codes by e-mail, bound to one consent."""
        ground = self._ground
        return EmailCodes(
            ground.database,
            clock=ground.clock,
            pepper=ground.keys.pepper,
            ttl=timedelta(seconds=ground.settings.code_ttl_s),
            attempts_max=ground.settings.code_attempts_max,
            deliver=lambda consent_id, code, code_id: self.courier.send_code(
                self.register.by_id(consent_id), code, code_id
            ),
            codes=ConsentCodeRow,
            bound_to="consent_id",
        )

    def check_code(self, consent_id: str, typed: str) -> Answerer:
        """Use a code up and return who was shown to be there.

        Raises:
            IdentificationError: Wrong, used, expired or over-tried; one sentence for all.
        """
        return Answerer(consent_id=consent_id, means=MEANS, at=self.codes.use(consent_id, typed))

    @cached_property
    def proofs(self) -> ConsentProofs:
        """Proofs of consents."""
        ground = self._ground
        return ConsentProofs(
            ground.database,
            settings=ground.settings,
            clock=ground.clock,
            log=ground.log,
            keys=ground.keys,
            authority=ground.authority,
            links=ground.links,
        )

    @cached_property
    def forgetting(self) -> ConsentForgetting:
        """Lets go of what is over."""
        ground, settings = self._ground, self._ground.settings
        return ConsentForgetting(
            ground.database,
            clock=ground.clock,
            blobs=ground.blobs,
            recorder=ground.recorder,
            consents=_lasting(DataClass.CONSENTS, settings.retention_consents_days),
            scans=_lasting(DataClass.CONSENT_SCANS, settings.retention_consent_scans_days),
            codes=KEPT[DataClass.CODES],
        )

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties of consents by action."""
        return ConsentDuties(
            self._ground.database,
            clock=self._ground.clock,
            agenda=self._ground.agenda,
            desk=self.desk,
            journal=self.journal,
            courier=self.courier,
        ).actions


def _lasting(data: DataClass, days: int | None) -> Rule:
    rule = KEPT[data]
    return rule if days is None else rule.lasting(days)
