"""The room of prepared letters, wired: the tray, its duties, who is told."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from lre_kit.news.values import NewsKind, Pace
from lre_kit.parties.emails import addresses_of
from lre_kit.parties.members import MemberRole
from lre_kit.preparing.digest import ACTION, Digest, Signer
from lre_kit.preparing.draft_documents import DraftDocuments
from lre_kit.preparing.drafts import EXPIRE as EXPIRE_DRAFT
from lre_kit.preparing.drafts import Drafts
from lre_kit.preparing.tray import EXPIRE, LIFE, Tray
from lre_kit.store.agenda import Duty

if TYPE_CHECKING:
    from lre_kit.carriers.mail import Courier
    from lre_kit.carriers.notices import MailIdentity
    from lre_kit.clock import Clock
    from lre_kit.identifiers.links import Links
    from lre_kit.letters.desk import Desk
    from lre_kit.news.desk import NewsDesk
    from lre_kit.people import People
    from lre_kit.settings import Settings
    from lre_kit.store.blobs import BlobStore
    from lre_kit.store.database import Database
    from lre_kit.store.vault import Vault


class PreparingRoom:
    """Letters that wait for somebody who may sign for them.

    Attributes:
        tray: Keeps them, and has them sent, declined or taken back.
        drafts: Letters somebody began to write.
        draft_documents: Their documents.
    """

    def __init__(
        self,
        database: "Database",
        *,
        settings: "Settings",
        clock: "Clock",
        blobs: "BlobStore",
        vault: "Vault",
        courier: "Courier",
        links: "Links",
        identity: "MailIdentity",
        desk: "Desk",
        people: "Callable[[], People]",
        news: "NewsDesk",
    ) -> None:
        """Wire it to the office's parts; `people` is asked when somebody acts."""
        self._news = news
        self._database = database
        self._people = people
        self.tray = Tray(
            database,
            settings=settings,
            clock=clock,
            blobs=blobs,
            vault=vault,
            members=lambda: people().members,
            deposit=desk.deposit,
            deposit_all=desk.deposit_all,
        )
        self.draft_documents = DraftDocuments(
            database, settings=settings, clock=clock, blobs=blobs, vault=vault
        )
        self.drafts = Drafts(database, clock=clock, documents=self.draft_documents)
        self._digest = Digest(
            database,
            clock=clock,
            courier=courier,
            links=links,
            identity=identity,
            signers=self._signers,
            days=LIFE.days,
        )

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {EXPIRE: self.tray.expire, ACTION: self._digest.run, EXPIRE_DRAFT: self.drafts.expire}

    def _signers(self, organisation_id: str) -> tuple[str, list[Signer]]:
        people = self._people()
        able = [
            people.parties.by_id(member.person_id)
            for member in people.members.members(organisation_id)
            if member.role.may(MemberRole.SENDER)
        ]
        with self._database.read() as connection:
            found = [(party, addresses_of(connection, party.id)) for party in able]
        signers = [
            Signer(party_id=party.id, name=party.name, email=emails[0], language=party.language)
            for party, emails in found
            if emails and self._news.wishes(party.id).of(NewsKind.TO_SIGN) is Pace.DAILY
        ]
        return people.parties.by_id(organisation_id).name, signers
