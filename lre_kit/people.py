"""Who people are: the services of parties, identification means and identity proofing, opened together.

An office opens them when they are first asked for: a command that only sends a notice loads none of
them. What needs an extra that is not installed is left out, and the ways offered say so.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lre_kit.addressed import Addressed
from lre_kit.after_verdict import AfterVerdict
from lre_kit.authority import Authorities
from lre_kit.carriers.holder_mail import HolderMail, Told
from lre_kit.carriers.invitation_mail import InvitationMail
from lre_kit.carriers.verdict_mail import VerdictMail
from lre_kit.identifiers.certificate_opening import ListRenewal, issuers_of, open_certificates, proxy_of
from lre_kit.identifiers.certificate_proxy import ProxySettings
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.derogation_files import policy_in_force
from lre_kit.identifiers.derogation_mail import Contact, EndNoticeMail
from lre_kit.identifiers.gate import Gate, Proofed
from lre_kit.identifiers.handles import Handles
from lre_kit.identifiers.high_water import latest_seen
from lre_kit.identifiers.holder_notices import HolderNotices, LostReports
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.key_parcels import KeyParcels
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.operating import MeansDesk
from lre_kit.identifiers.order_adapters import DeskProofings
from lre_kit.identifiers.order_ports import Maker
from lre_kit.identifiers.ordering import Ordering
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.sheet_maker import SheetMaker
from lre_kit.identifiers.sheet_pdf import Letterhead
from lre_kit.identifiers.throttle import Throttle
from lre_kit.identifiers.upkeep import RegisterUpkeep
from lre_kit.law.assurance import Factor
from lre_kit.law.derogations import Policy
from lre_kit.law.refusals import Way
from lre_kit.law.regimes import Requirements
from lre_kit.parties.addresses import AddressBook
from lre_kit.parties.book import PartyBook
from lre_kit.parties.emails import addresses_of
from lre_kit.parties.invitations import TELL as TELL_INVITED
from lre_kit.parties.invitations import Invitations
from lre_kit.parties.mandates import Mandates
from lre_kit.parties.members import Members
from lre_kit.parties.names import NameMatch, PersonName
from lre_kit.parties.proofing import IdentityDesk
from lre_kit.parties.proofing_adapter import method_of, provider_of
from lre_kit.parties.proofing_provider import ProviderDesk
from lre_kit.parties.proofing_review import ReviewDesk
from lre_kit.parties.proofing_rewrap import CaseRewrapper
from lre_kit.parties.proofing_values import CaseView, ProofingRules
from lre_kit.people_ground import Ground
from lre_kit.people_purge import PeoplePurge, rules_of
from lre_kit.people_upkeep import PeopleUpkeep
from lre_kit.sheet_letters import SENDER_REF, SheetLetters, fate_of
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import UnitOfWork

if TYPE_CHECKING:
    from lre_kit.identifiers.certificates import Certificates
    from lre_kit.identifiers.eid import ElectronicIdentities
    from lre_kit.identifiers.one_time_passwords import OneTimePasswords
    from lre_kit.identifiers.paper_codes import PaperCodes
    from lre_kit.identifiers.security_keys import SecurityKeys


class People:
    """The services, each made when it is first asked for."""

    def __init__(self, ground: Ground) -> None:
        """Stand on an office's parts."""
        self._ground = ground
        self._settings = ground.settings
        self._database = ground.database
        self._clock = ground.clock

    @cached_property
    def policy(self) -> Policy:
        """Derogations and suspensions, shipped and the office's own."""
        return policy_in_force(self._settings)

    @cached_property
    def parties(self) -> PartyBook:
        """Persons and organisations."""
        return PartyBook(self._database, clock=self._clock)

    @cached_property
    def register(self) -> IdentifierRegister:
        """Identification means."""
        return IdentifierRegister(self._database, clock=self._clock, vault=self._ground.vault)

    @cached_property
    def challenges(self) -> Challenges:
        """Open questions."""
        return Challenges(self._database, clock=self._clock)

    @cached_property
    def handles(self) -> Handles:
        """What programs keep after a person identified, to act for them within the hour."""
        return Handles(self._database, clock=self._clock)

    @cached_property
    def throttle(self) -> Throttle:
        """Counted tries."""
        return Throttle(self._database, clock=self._clock, pepper=self._ground.pepper)

    @cached_property
    def addresses(self) -> AddressBook:
        """Postal addresses of parties."""
        return AddressBook(self._database, clock=self._clock)

    @cached_property
    def mandates(self) -> Mandates:
        """Who may act for another."""
        return Mandates(self._database, clock=self._clock)

    @cached_property
    def members(self) -> Members:
        """Members of organisations."""
        return Members(self._database, clock=self._clock)

    @cached_property
    def authorities(self) -> Authorities:
        """In whose name persons act."""
        return Authorities(
            self._database,
            clock=self._clock,
            parties=lambda: self.parties,
            members=lambda: self.members,
            mandates=lambda: self.mandates,
        )

    @cached_property
    def invitations(self) -> Invitations:
        """Roles and mandates offered to addresses."""
        return Invitations(self._database, clock=self._clock, members=self.members, mandates=self.mandates)

    def _tell_invited(self, duty: Duty) -> None:
        found = self.invitations.by_id(duty.subject)
        if found.ended_at is None:
            InvitationMail(
                self._ground.courier,
                links=self._ground.links,
                identity=self._ground.mail,
                grantor=lambda party_id: (
                    self.parties.by_id(party_id).name,
                    self.parties.by_id(party_id).language,
                ),
            ).tell(found)
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    @cached_property
    def paper_codes(self) -> "PaperCodes":
        """Sheets of codes."""
        from lre_kit.identifiers.paper_codes import PaperCodes

        return PaperCodes(
            self._database,
            clock=self._clock,
            register=self.register,
            challenges=self.challenges,
            throttle=self.throttle,
            pepper=self._ground.pepper,
            first_use=self._first_use,
            often_refused=self._tell_refused,
            used_again=lambda means: self._tell_refused(means, Told.USED_AGAIN),
        )

    @cached_property
    def one_time_passwords(self) -> "OneTimePasswords":
        """Codes of applications and of secrets on paper."""
        from lre_kit.identifiers.one_time_passwords import OneTimePasswords

        return OneTimePasswords(
            self._database,
            clock=self._clock,
            register=self.register,
            challenges=self.challenges,
            throttle=self.throttle,
            issuer=self._settings.provider_name,
            first_use=self._first_use,
            often_refused=self._tell_refused,
        )

    @cached_property
    def security_keys(self) -> "SecurityKeys | None":
        """Security keys and passkeys; nothing without their library."""
        if find_spec("webauthn") is None:
            return None
        from lre_kit.identifiers.security_keys import SecurityKeys

        base = urlsplit(self._settings.base_url)
        return SecurityKeys(
            self._database,
            clock=self._clock,
            register=self.register,
            challenges=self.challenges,
            throttle=self.throttle,
            rp_id=base.hostname or "",
            rp_name=self._settings.provider_name,
            origin=f"{base.scheme}://{base.netloc}",
            copied=lambda uow, key: self._tell(uow, key, Told.COPIED),
            first_use=self._first_use,
        )

    @cached_property
    def key_parcels(self) -> KeyParcels | None:
        """Security keys that the office posts; nothing where it keeps none in stock."""
        if self._settings.security_keys_posted != "on" or self.security_keys is None:
            return None
        return KeyParcels(
            self.register, clock=self._clock, throttle=self.throttle, letterhead=self._letterhead
        )

    @cached_property
    def certificates(self) -> "Certificates | None":
        """Certificates of persons; nothing where no issuer is accepted."""
        return open_certificates(
            self._ground,
            register=self.register,
            challenges=self.challenges,
            throttle=self.throttle,
            enrolled=lambda uow, made: self._tell(uow, made, Told.ADDED),
        )

    @cached_property
    def certificate_proxy(self) -> ProxySettings | None:
        """Which proxies are believed about client certificates; nothing where none is."""
        return proxy_of(self._settings)

    @cached_property
    def list_renewal(self) -> ListRenewal:
        """Keeps the revocation lists of accepted issuers fresh."""
        return ListRenewal(self._database, clock=self._clock, issuers=lambda: issuers_of(self._settings))

    @cached_property
    def electronic_identities(self) -> "ElectronicIdentities | None":
        """Electronic identities of providers; nothing where no provider is accepted."""
        from lre_kit.identifiers.eid_opening import open_electronic_identities

        return open_electronic_identities(
            self._ground, register=self.register, challenges=self.challenges, parties=self.parties
        )

    @cached_property
    def identity(self) -> IdentityDesk:
        """Where persons show who they are, from afar."""
        return IdentityDesk(
            self._database,
            clock=self._clock,
            blobs=self._ground.blobs,
            vault=self._ground.vault,
            hash_key=self._ground.pepper,
            rules=self.rules,
        )

    @cached_property
    def reviews(self) -> ReviewDesk:
        """Where operators decide who they are."""
        return ReviewDesk(
            self._database,
            clock=self._clock,
            blobs=self._ground.blobs,
            vault=self._ground.vault,
            rules=self.rules,
            on_decided=[self.after_verdict.plan_for],
        )

    @cached_property
    def provider_desk(self) -> ProviderDesk | None:
        """Hands cases over to a certified provider, and takes its verdicts; nothing where none is set up."""
        provider = provider_of(self._settings, links=self._ground.links, clock=self._clock)
        if provider is None:
            return None
        return ProviderDesk(
            self._database,
            clock=self._clock,
            blobs=self._ground.blobs,
            vault=self._ground.vault,
            hash_key=self._ground.pepper,
            provider=provider,
            method=method_of(self._settings),
            rules=self.rules,
            on_decided=[self.after_verdict.plan_for],
        )

    @cached_property
    def ordering(self) -> Ordering:
        """Orders of identification means, their making, and the ends of derogations."""
        maker = SheetMaker(
            codes=self.paper_codes, passwords=self.one_time_passwords, letterhead=self._letterhead
        )
        makers: dict[str, Maker] = {Kind.PAPER_CODES.value: maker, Kind.PAPER_SEED.value: maker}
        if self.key_parcels is not None:
            makers[Kind.SECURITY_KEY.value] = self.key_parcels
        return Ordering(
            self._database,
            clock=self._clock,
            home=self._settings.home,
            register=self.register,
            policy=self.policy,
            addresses=self.addresses,
            proofings=DeskProofings(self.identity, clock=self._clock),
            makers=makers,
            deposit=SheetLetters(
                self._ground.deposit,
                clock=self._clock,
                provider_name=self._settings.provider_name,
                mail_from=self._settings.mail_from,
                contact=self._contact,
                consent=self._ground.consent,
            ),
            fate_of=lambda number: fate_of(
                self._ground.letter_by_number(number, sender_ref=SENDER_REF).phase
            ),
            tell_revoked=lambda uow, means_id: self._tell(uow, self.register.by_id(means_id), Told.REVOKED),
            tell=EndNoticeMail(
                self._ground.courier,
                links=self._ground.links,
                identity=self._ground.mail,
                contact=self._contact,
            ),
        )

    @cached_property
    def holder_notices(self) -> HolderNotices:
        """What holders are told of their means."""
        mail = HolderMail(
            self._ground.courier,
            links=self._ground.links,
            identity=self._ground.mail,
            contact=self._contact,
        )
        return HolderNotices(self._database, clock=self._clock, mail=mail)

    @cached_property
    def lost_reports(self) -> LostReports:
        """Reports of lost means by whoever reads their serial."""
        return LostReports(self._database, register=self.register, notices=self.holder_notices)

    @cached_property
    def means_desk(self) -> MeansDesk:
        """What operators do with means."""
        return MeansDesk(
            self._database,
            register=self.register,
            orders=self.ordering.orders,
            notices=self.holder_notices,
            parties=self.parties,
        )

    @cached_property
    def after_verdict(self) -> AfterVerdict:
        """What a verdict on an identity sets going."""
        return AfterVerdict(
            self._database,
            clock=self._clock,
            identity=lambda: self.identity,
            gate=lambda: self.gate,
            orders=lambda: self.ordering.orders,
            confirm=self._ground.confirm,
            requirements_of=self._ground.requirements_of,
            addressed=lambda: self.addressed,
            mail=VerdictMail(
                self._ground.courier,
                links=self._ground.links,
                identity=self._ground.mail,
                contact=self._contact,
            ),
        )

    @cached_property
    def addressed(self) -> Addressed:
        """Whom letters are addressed to, held against who acts."""
        return Addressed(
            clock=self._clock,
            parties=lambda: self.parties,
            authorities=lambda: self.authorities,
            identity=lambda: self.identity,
            recipient_of=self._ground.recipient_of,
        )

    @cached_property
    def rules(self) -> ProofingRules:
        """The office's settings for identity proofing."""
        settings = self._settings
        return ProofingRules(
            service=timedelta(hours=settings.identity_service_h),
            images_kept=timedelta(days=settings.identity_images_days),
            biometrics_kept=timedelta(hours=settings.identity_biometrics_h),
            two_reviewers=settings.identity_two_reviewers,
            allow_specimens=settings.identity_allow_specimens,
        )

    @cached_property
    def gate(self) -> Gate:
        """The gate before an act."""
        return Gate(
            clock=self._clock,
            proofing_of=self.proofing_of,
            available=lambda: self.ways,
            policy=self.policy,
            latest=self.latest_seen,
        )

    @property
    def ways(self) -> Collection[str]:
        """The ways to identify that the office offers (`lre_kit.law.refusals.Way`)."""
        found = {Way.EMAIL_CODE, Way.REMOTE_IDENTIFICATION}
        if self._settings.accounts == "on":
            found |= {Way.PASSWORD, Way.PAPER_CODES, Way.PAPER_SEED, Way.AUTHENTICATOR}
        if self.security_keys is not None:
            found.add(Way.SECURITY_KEY)
        if self.certificates is not None:
            found.add(Way.CERTIFICATE)
        if self.electronic_identities is not None:
            found.add(Way.EID)
        return frozenset(way.value for way in found)

    def addressee_of(self, case: CaseView) -> tuple[str, NameMatch] | None:
        """Return to whom the letter of a case is addressed, and how that compares with who was declared.

        Nothing for cases that are not about receiving a letter.
        """
        kind, _, letter_id = case.purpose.partition(":")
        if kind != "recipient" or case.declared is None:
            return None
        said = case.declared
        declared = PersonName(given=said.given_names, family=said.family_name, usage=said.usage_name)
        return self._ground.recipient_of(letter_id).name, self.addressed.compared(letter_id, declared)

    def rewrap(self) -> int:
        """Lock with the office's present key what identity cases and means have under a former one."""
        upkeep = RegisterUpkeep(
            self._database, clock=self._clock, register=self.register, vault=self._ground.vault
        )
        return CaseRewrapper(self._database, self._ground.vault).run() + upkeep.rewrap()

    def requirements_of(self, letter_id: str) -> Requirements:
        """Return what was frozen into a letter at its deposit."""
        return self._ground.requirements_of(letter_id)

    def latest_seen(self) -> datetime | None:
        """Return the latest instant the office ever acted at."""
        return latest_seen(self._database)

    def living(self, factors: Collection[Factor]) -> list[Factor]:
        """Return the factors whose means still identifies its owner, and was not revoked since."""
        now = self._clock()
        return [
            factor
            for factor in factors
            if factor.identifier_id is None or self.register.by_id(factor.identifier_id).is_usable(now)
        ]

    def added_at(self, factor: Factor) -> datetime | None:
        """Return when the holder of a factor's means added it by themselves; nothing for any other means."""
        if factor.identifier_id is None or factor.vouched is not None:
            return None
        held = self.register.by_id(factor.identifier_id)
        return held.created_at if held.level is None and held.proofing_id is None else None

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties of these services by action."""
        upkeep = PeopleUpkeep(
            self._database,
            clock=self._clock,
            register=RegisterUpkeep(
                self._database, clock=self._clock, register=self.register, vault=self._ground.vault
            ),
            challenges=self.challenges,
            throttle=self.throttle,
            purge=PeoplePurge(
                self._database,
                clock=self._clock,
                rules=rules_of(self._settings.retention_identity_days),
            ),
        )
        duties = (
            self.identity.duties(),
            self.ordering.actions,
            self.after_verdict.actions,
            self.holder_notices.actions,
            self.list_renewal.actions,
            {TELL_INVITED: self._tell_invited},
            upkeep.actions,
        )
        return {action: run for each in duties for action, run in each.items()}

    def _first_use(self, uow: UnitOfWork, identifier_id: str) -> None:
        self.ordering.orders.first_use(uow, identifier_id)

    def _tell(self, uow: UnitOfWork, means: Identifier, told: Told) -> None:
        self.holder_notices.plan(uow, means.party_id, told, serial=means.serial)

    def _tell_refused(self, means: Identifier, told: Told = Told.REFUSED) -> None:
        # Of answers that come at once several may see the same count: they make one message.
        act_id = f"{means.id}:{self._clock():%Y-%m-%dT%H}"
        with self._database.write() as uow:
            self.holder_notices.plan(uow, means.party_id, told, serial=means.serial, act_id=act_id)
            uow.commit()

    def opened(self) -> None:
        """Plan what the office's own files call for; done each time the office opens."""
        self.ordering.opened()
        if self._settings.certificate_issuers is not None:
            self.list_renewal.plan_first()

    def proofing_of(self, party_id: str, since: datetime | None = None) -> Proofed | None:
        """Return a party's identity proofing in force, if there is one, of a case opened `since`."""
        found = self.identity.proofing_of(party_id, self._clock(), since=since)
        if found is None:
            return None
        return Proofed(id=found.id, level=found.level, method=found.method, at=found.at)

    # -- what sheets and notices say -------------------------------------------------------------------

    def _letterhead(self, party_id: str) -> Letterhead:
        party, kept = self.parties.by_id(party_id), self.addresses.present(party_id)
        return Letterhead(
            provider=self._settings.provider_name,
            # What is posted waits for an address; what goes into a letter needs the name only.
            address=kept.address.printed if kept else (party.name,),
            revoke_url=f"{self._ground.links.sender_url}/profile/lost",
            language=party.language,
        )

    def _contact(self, party_id: str) -> Contact | None:
        party = self.parties.by_id(party_id)
        with self._database.read() as connection:
            emails = addresses_of(connection, party.id)
        return Contact(name=party.name, email=emails[0], language=party.language) if emails else None
