"""The post office: opened once from settings, it holds the services and their ports."""

from datetime import timedelta
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lre_kit.announcements.board import Board
from lre_kit.bulk.desk import BulkDesk
from lre_kit.carriers.codes import CodeMail
from lre_kit.carriers.mail import Courier, SmtpCourier
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.references import References, ReferringCourier
from lre_kit.carriers.return_paths import ReturnPaths
from lre_kit.carriers.sms_http import open_sms
from lre_kit.clock import Clock, now
from lre_kit.consents.by_order import ConsentByOrder
from lre_kit.consents.service import ConsentGround, Consents
from lre_kit.contacts.room import Contacts
from lre_kit.content_names import LOCKED, NAMED
from lre_kit.errors import LreError, NotInitialisedError
from lre_kit.help.articles import Articles
from lre_kit.hosting.announcing import Announcer
from lre_kit.hosting.health import Health
from lre_kit.hosting.hooks import DepositHooks
from lre_kit.hosting.settings_check import expect_workable, read_settings
from lre_kit.identifiers.derogation_files import policy_in_force
from lre_kit.identifiers.email_code import EmailCodes
from lre_kit.identifiers.high_water import latest_seen
from lre_kit.identifiers.links import Links
from lre_kit.integration.service import Integration
from lre_kit.law.reminders import parse_plan
from lre_kit.law.retention import RULES, DataClass
from lre_kit.letters.belonging import expect_belonging
from lre_kit.letters.closing import Closings
from lre_kit.letters.desk import Desk
from lre_kit.letters.duties import Duties, claim_batches
from lre_kit.letters.finding import Finding
from lre_kit.letters.forgetting import Forgetting
from lre_kit.letters.intake import Intake, OpenDocuments
from lre_kit.letters.leftovers import Leftovers
from lre_kit.letters.misdirected import Misdirected
from lre_kit.letters.own import Shelf
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.reading import Reading
from lre_kit.letters.retention import Retention
from lre_kit.letters.rewrap import Rewrapper
from lre_kit.mail_room import MailRoom
from lre_kit.mailmerge.keeping import Templates
from lre_kit.news.desk import tell_consent, tell_letters
from lre_kit.news.room import NewsRoom
from lre_kit.people import People
from lre_kit.people_ground import Ground
from lre_kit.postroom.room import PostRoom
from lre_kit.preparing.room import PreparingRoom
from lre_kit.proofs.forms.note import NoteSigner
from lre_kit.proofs.keys.expiry import ExpiryWatch
from lre_kit.proofs.keys.keys import Keys, every_kek
from lre_kit.proofs.keys.opening import open_keys
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.log.restamp import Restamper
from lre_kit.proofs.log.rollback import RollbackWatch
from lre_kit.proofs.log.sequencer import Sequencer
from lre_kit.proofs.packing.backlog import LateEvidence
from lre_kit.proofs.packing.issue import Issuer
from lre_kit.proofs.publication.log_policy import read_policy
from lre_kit.proofs.publication.public_target import open_target
from lre_kit.proofs.publication.publisher import Publisher
from lre_kit.proofs.publication.witness import Witnesses
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.proofs.sealing.seal import Seal
from lre_kit.proofs.sealing.seal_in_force import SealInForce
from lre_kit.proofs.stamping.clock_watch import ClockWatch
from lre_kit.proofs.stamping.opening import open_authority
from lre_kit.proofs.stamping.timestamp import TimestampAuthority
from lre_kit.sandbox.catching import CatchingCourier
from lre_kit.sandbox.clock import SandboxClock
from lre_kit.sandbox.marking import is_sandbox, marked
from lre_kit.sandbox.room import Sandbox
from lre_kit.settings import Settings
from lre_kit.status.room import Status
from lre_kit.store import schema
from lre_kit.store.agenda import Agenda
from lre_kit.store.blobs import BlobStore
from lre_kit.store.blobs_opening import open_blobs
from lre_kit.store.database import Database
from lre_kit.store.rewrapping import rewrap
from lre_kit.store.vault import Vault
from lre_kit.support.room import Support
from lre_kit.typesetting import add_font_folder
from lre_kit.webhooks.outbox import tell as tell_webhooks
from lre_kit.webhooks.room import Webhooks

if TYPE_CHECKING:
    from lre_kit.operators.room import OperatorRoom

CLAIM_MAX = 100
"""Duties claimed at once: larger claims gain nothing."""

LEASE = timedelta(minutes=5)
"""How long a worker may hold duties before another takes them over."""


class PostOffice:
    """One office: its desk, agenda, evidence and log. Open it with `PostOffice.open`.

    Attributes:
        desk: Deposits and every later act.
        reading: Lists, letters, timelines.
        identification: One-time codes by e-mail.
        people: Parties, identification means, identity proofing, and the gate before an act.
        post: The post room: what is printed, handed over and followed.
        consents: Consents to receive electronically: asked for, given, withdrawn, proved.
        preparing: Letters that wait for somebody who may sign for them.
        contacts: Address books, and groups to send to.
        bulk: Letters in bulk: checked, sent line by line, paused, stopped.
        templates: Templates of letters, and letterheads.
        integration: Keys of the API, and answers kept for who asks again.
        webhooks: What happens to letters, told to addresses of their senders.
        sandbox: A moved clock and scripted recipients, if this office is one to try out with.
        mail_room: Reminders, delivery reports that come back, senders who are told.
        links: Recipient links.
        outgoing: The courier that prints a reference at the foot of every message.
        agenda, duties: What must happen later, and its carrying out.
        log, sequencer: The transparency log and its one writer.
        rollback: Notices that an old backup was put back, and stops the office until somebody decides.
        publisher: Publishes the log's stamped checkpoints and gets them cosigned.
        restamper: Renews time stamps before their certificate ends.
        issuer: Exhibits, proofs and bundles.
        expiry: Warns before certificates end.
        rewrapper: Locks letters' keys with the present key-encryption key.
        retention: Erases what may not be kept longer.
        operators: Who works in the office, and all they do.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        database: Database,
        keys: Keys,
        blobs: BlobStore,
        courier: Courier,
        seal: Seal,
        authority: TimestampAuthority,
    ) -> None:
        """Wire an office from its parts; hosts use `open`."""
        self.settings = settings
        self.clock = clock
        self.database = database
        self.keys = keys
        self.blobs = blobs
        self.courier = courier
        self.outgoing = courier = ReferringCourier(
            courier,
            References(keys.link_secret),
            clock=clock,
            page=f"{settings.base_url.rstrip('/')}/authenticity",
        )
        self.seal = seal
        self.authority = authority
        self.vault = Vault(
            keys.kek,
            keys.kek_id,
            others=keys.old_keks,
            look_again=lambda: every_kek(open_keys(settings)),
        )
        self.identity = MailIdentity(provider_name=settings.provider_name, mail_from=settings.mail_from)
        self.links = Links(keys.link_secret, settings.base_url, settings.sender_url)
        paths = ReturnPaths(keys.link_secret, settings.mail_return_address)
        self.reading = Reading(database)
        self.signer = NoteSigner(keys.origin, keys.log_key)
        self.log = Log(
            database,
            clock=clock,
            signer=self.signer,
            origin=keys.origin,
            former=keys.old_log_verifiers,
        )
        self.sequencer = Sequencer(
            database,
            log=self.log,
            clock=clock,
            batch_max=settings.batch_max,
            anchors=settings.home / "checkpoints",
            restamp_margin=timedelta(days=settings.restamp_before_days),
            may_go_on=self.rollback.refuse,
        )
        policy = read_policy(settings.log_witnesses) if settings.log_witnesses else None
        self.publisher = Publisher(
            database,
            self.log,
            target=open_target(settings),
            witnesses=Witnesses(
                database,
                self.log,
                witnesses=policy.witnesses if policy else (),
                clock=clock,
                timeout_s=settings.witness_timeout_s,
            ),
            clock=clock,
        )
        self.restamper = Restamper(
            database,
            clock=clock,
            authority=authority,
            margin=timedelta(days=settings.restamp_before_days),
        )
        self.recorder = Recorder(
            seal=seal, settings=settings, tells=(tell_webhooks, tell_letters, self.announcer.tell)
        )
        self.intake = Intake(
            database,
            settings=settings,
            clock=clock,
            blobs=blobs,
            vault=self.vault,
            recorder=self.recorder,
            refuse_if_late=LateEvidence(
                self.sequencer, settings=settings, clock=clock, may_act=self.expect_fit
            ).refuse,
            policy=policy_in_force(settings),
            latest=lambda: latest_seen(database),
            printable=self._printable if settings.post_provider != "off" else None,
        )
        self.post = PostRoom(
            settings=settings,
            database=database,
            clock=clock,
            blobs=blobs,
            vault=self.vault,
            open_document=self.intake.open_document,
            desk=lambda: self.desk,
        )
        self.desk = Desk(
            database,
            clock=clock,
            recorder=self.recorder,
            intake=self.intake,
            reminders=parse_plan(settings.reminders),
            may_act=self.expect_fit,
        )
        self.mail_room = MailRoom(
            settings,
            database=database,
            clock=clock,
            courier=courier,
            links=self.links,
            paths=paths,
            identity=self.identity,
            desk=self.desk,
            reading=self.reading,
            replies=self.support.mail.take,
            news=self.news.desk,
        )
        self.sandbox = Sandbox(
            database,
            clock=clock if isinstance(clock, SandboxClock) else None,
            bounces=self.mail_room.bounces,
        )
        self.webhooks = Webhooks(
            settings,
            database=database,
            clock=clock,
            vault=self.vault,
            courier=courier,
            links=self.links,
            identity=self.identity,
        )
        self.contacts = Contacts(database, clock=clock)
        self.bulk = BulkDesk(
            database,
            settings=settings,
            clock=clock,
            blobs=blobs,
            vault=self.vault,
            desk=self.desk,
            authorities=lambda: self.people.authorities,
        )
        self.preparing = PreparingRoom(
            database,
            settings=settings,
            clock=clock,
            blobs=blobs,
            vault=self.vault,
            courier=courier,
            links=self.links,
            identity=self.identity,
            desk=self.desk,
            people=lambda: self.people,
            news=self.news.desk,
        )
        self.integration = Integration(
            settings, database=database, clock=clock, pepper=keys.pepper, blobs=blobs, vault=self.vault
        )
        self.agenda = Agenda(database, clock, may_go_on=partial(self.expect_fit, anew=True))
        self.issuer = Issuer(
            database,
            settings=settings,
            clock=clock,
            log=self.log,
            blobs=blobs,
            keys=keys,
            authority=authority,
            links=self.links,
            open_document=self.intake.open_document,
        )
        self.expiry = ExpiryWatch(database, keys, clock=clock)
        self.rewrapper = Rewrapper(
            database,
            self.vault,
            clock=clock,
            others=(
                self._rewrap_people,
                self.webhooks.rewrap,
                self.support.keeping.rewrap,
                *(partial(rewrap, database, self.vault, locked) for locked in LOCKED),
            ),
        )
        kept, proofs = settings.retention_proofs_days, RULES[DataClass.PROOFS]
        self.forgetting = Forgetting(
            database,
            clock=clock,
            blobs=blobs,
            recorder=self.recorder,
            rule=proofs if kept is None else proofs.lasting(kept),
        )
        self.retention = Retention(
            database,
            clock=clock,
            blobs=blobs,
            recorder=self.recorder,
            content=RULES[DataClass.CONTENT].lasting(settings.retention_content_days),
            codes=RULES[DataClass.CODES],
            forget=lambda: self.forgetting.run() + self.consents.forgetting.run(),
        )
        codes = CodeMail(
            courier,
            reading=self.reading,
            links=self.links,
            identity=self.identity,
            minutes=settings.code_ttl_s // 60,
        )
        self.identification = EmailCodes(
            database,
            clock=clock,
            pepper=keys.pepper,
            ttl=timedelta(seconds=settings.code_ttl_s),
            attempts_max=settings.code_attempts_max,
            deliver=codes.deliver,
        )
        self.consents = Consents(
            ConsentGround(
                settings=settings,
                database=database,
                clock=clock,
                agenda=self.agenda,
                recorder=self.recorder,
                log=self.log,
                keys=keys,
                authority=authority,
                blobs=blobs,
                vault=self.vault,
                courier=courier,
                links=self.links,
                mail=self.identity,
                sms=open_sms(settings),
                tell=tell_consent,
            )
        )
        by_order = ConsentByOrder(self.consents.desk, self.consents.register, clock=clock)
        self.people = People(
            Ground(
                settings=settings,
                database=database,
                clock=clock,
                blobs=blobs,
                vault=self.vault,
                pepper=keys.pepper,
                courier=courier,
                links=self.links,
                mail=self.identity,
                deposit=self.desk.deposit,
                consent=by_order,
                confirm=self.desk.confirm_identification,
                requirements_of=lambda letter_id: self.reading.by_id(letter_id).requirements,
                recipient_of=lambda letter_id: self.reading.by_id(letter_id).recipient,
                letter_by_number=self.reading.letter,
            )
        )
        self.duties = Duties(
            agenda=self.agenda,
            desk=self.desk,
            closings=Closings(database, clock=clock, recorder=self.recorder),
            reading=self.reading,
            issuer=self.issuer,
            restamper=self.restamper,
            leftovers=Leftovers(database, blobs, clock=clock, named=NAMED),
            expiry=self.expiry,
            rewrapper=self.rewrapper,
            retention=self.retention,
            courier=courier,
            links=self.links,
            paths=paths,
            identity=self.identity,
            clock=clock,
            more=lambda: {
                **self.people.actions,
                **self.post.actions,
                **self.consents.actions,
                **self.mail_room.actions,
                **self.news.actions,
                **self.bulk.actions,
                **self.integration.actions,
                **self.webhooks.actions,
                **self.preparing.actions,
                **self.support.actions,
                **self.operators.actions,
                **self.sandbox.actions,
                **self.status.actions,
            },
        )

    @cached_property
    def news(self) -> NewsRoom:
        """News of letters by mail, as their senders chose."""
        return NewsRoom(
            self.database,
            clock=self.clock,
            courier=self.outgoing,
            links=self.links,
            identity=self.identity,
        )

    @cached_property
    def templates(self) -> Templates:
        """Templates of letters, and letterheads."""
        return Templates(self.database, clock=self.clock)

    @cached_property
    def announcer(self) -> Announcer:
        """Tells the host, in its own process, what happened."""
        return Announcer()

    @property
    def deposit_hooks(self) -> DepositHooks:
        """What is asked before each deposit."""
        return self.intake.hooks

    @cached_property
    def rollback(self) -> RollbackWatch:
        """Whether the database is older than what was signed."""
        folder = self.settings.home / "checkpoints"
        return RollbackWatch(self.database, self.log, folder=folder, clock=self.clock)

    @cached_property
    def clock_watch(self) -> ClockWatch:
        """Whether the clock agrees with the time-stamping authorities."""
        tolerance = timedelta(seconds=self.settings.clock_tolerance_s)
        return ClockWatch(lambda: self.authority, clock=self.clock, tolerance=tolerance)

    def expect_fit(self, *, anew: bool = False) -> None:
        """Raise while nothing may leave and nothing may be decided; reading goes on.

        Args:
            anew: Look at the database now, and believe no look of a second ago.

        Raises:
            RolledBackError: The database is older than what was signed.
            ClockInDoubtError: The clock disagrees with the time-stamping authorities.
        """
        if anew:
            self.rollback.refuse()
        else:
            self.rollback.refuse_act()
        self.clock_watch.refuse()

    @cached_property
    def health(self) -> Health:
        """Whether the office can work now; looked at when asked, at most once in a few seconds."""
        return Health(self)

    @cached_property
    def finding(self) -> Finding:
        """A sender's letters, found and counted."""
        return Finding(self.database)

    @cached_property
    def misdirected(self) -> Misdirected:
        """What readers say of letters that are not for them."""
        return Misdirected(self.database, clock=self.clock)

    @cached_property
    def shelf(self) -> Shelf:
        """What senders keep beside their letters: views of the list, notes."""
        return Shelf(self.database, clock=self.clock)

    @cached_property
    def operators(self) -> "OperatorRoom":
        """Operators: accounts, entrance, desk, journal; opened when first asked for."""
        from lre_kit.operators.room import OperatorRoom

        return OperatorRoom(self)

    @cached_property
    def support(self) -> Support:
        """Opening hours, and what people ask of the office; opened when first asked for."""
        return Support(
            self.settings,
            database=self.database,
            clock=self.clock,
            vault=self.vault,
            pepper=self.keys.pepper,
            courier=self.outgoing,
            links=self.links,
            identity=self.identity,
            throttle=lambda: self.people.throttle,
        )

    @cached_property
    def status(self) -> Status:
        """How each service is; opened when first asked for."""
        return Status(self)

    @cached_property
    def help(self) -> Articles:
        """Articles that help; read when first asked for."""
        return Articles(self.settings.help_folder)

    @cached_property
    def announcements(self) -> Board:
        """What pages tell everybody; opened when first asked for."""
        return Board(
            self.database,
            clock=self.clock,
            policy=policy_in_force(self.settings),
            latest=lambda: latest_seen(self.database),
        )

    def _rewrap_people(self) -> int:
        # Who people are is opened after the keys, and only when it is asked for.
        return self.people.rewrap()

    @classmethod
    def open(
        cls,
        settings: Settings | None = None,
        *,
        clock: Clock = now,
        courier: Courier | None = None,
        authority: TimestampAuthority | None = None,
        read_only: bool = False,
    ) -> Self:
        """Open an office that `lre init` has prepared.

        Args:
            settings: By default read from the environment (``LRE_…``).
            clock: By default the machine's.
            courier: By default SMTP as configured.
            authority: By default as configured: built in, or RFC 3161 over HTTP.
            read_only: Let the database itself refuse every write, for whoever only looks.

        Raises:
            NotInitialisedError: Keys or tables are missing.
            ConfigurationError: The settings cannot work.
            WrongKeyError: The keys are not those of the data.
            StoreUnavailableError: The database does not answer.
        """
        settings = settings or read_settings()
        expect_workable(settings)
        keys = open_keys(settings)
        database = Database(settings.database, read_only=read_only)
        if not schema.is_current(database):
            database.close()
            msg = "The database's tables are missing or older than this version."
            raise NotInitialisedError(msg, mend="Run: lre init (it keeps what is there).")
        try:
            expect_belonging(database, keys)
        except LreError:
            database.close()
            raise
        if is_sandbox(database):
            settings, clock = marked(settings), SandboxClock(database, base=clock)
            courier = CatchingCourier(database, clock=clock, links=Links(keys.link_secret, settings.base_url))
        if settings.font_folder is not None:
            add_font_folder(settings.font_folder)
        office = cls(
            settings,
            clock=clock,
            database=database,
            keys=keys,
            blobs=open_blobs(settings),
            courier=courier or SmtpCourier(settings),
            seal=SealInForce(settings, keys),
            authority=authority or open_authority(settings, keys, clock),
        )
        if read_only:
            return office
        office.expiry.plan_missing()
        office.people.opened()
        office.mail_room.opened()
        office.retention.plan_missing()
        office.integration.opened()
        if keys.old_keks:
            office.rewrapper.plan_missing()
        return office

    def _printable(self, documents: OpenDocuments, wish: PaperWish) -> tuple[int, int]:
        return self.post.judge(documents, wish)

    def sweep(self, limit: int = CLAIM_MAX) -> int:
        """Claim due duties and carry them out; return how many were fulfilled."""
        return sum(map(self.duties.run_all, claim_batches(self.agenda, limit=limit, lease=LEASE)))

    def tick(self) -> int:
        """Do once all that is due: duties, places in the log, time stamps, publication; return how much."""
        return self.sweep() + self.sequence() + self.publish_log()

    def sequence(self) -> int:
        """Seal what waits for the seal, place a batch, get it stamped; return how much was done."""
        done = self.recorder.seal_waiting(self.database, self.clock)
        done += self.sequencer.run_once()
        return done + self.sequencer.stamp_once(self.authority)

    def publish_log(self) -> int:
        """Publish what was stamped since the last time, and get it cosigned; return how much was done.

        A target or a witness that fails is logged and asked again later; the log goes on without it.
        """
        return self.publisher.run_once()

    def run_until_idle(self, rounds: int = 50) -> None:
        """Tick until nothing is due (or `rounds` is reached): for demonstrations and tests."""
        for _ in range(rounds):
            if not self.tick():
                return

    def close(self) -> None:
        """Let go of connections."""
        self.database.close()

    def __enter__(self) -> Self:
        """Return the office."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the office."""
        self.close()
