"""What other rooms hold under the key-encryption key: locked anew after it rotated, and opened without it."""

import io
import secrets
from pathlib import Path

from sqlalchemy import select, update

from lre_kit.bulk.rows import BulkRow
from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkState, BulkWish
from lre_kit.clock import now
from lre_kit.consents.desk import PaperConsent
from lre_kit.consents.rows import ConsentScanRow
from lre_kit.consents.values import ConsentRequest
from lre_kit.law.products import Product
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.preparing.values import Draft
from lre_kit.proofs.keys.rotation import rotate
from lre_kit.store.inserts import table_of
from lre_kit.store.rewrapping import Locked, rewrap
from lre_kit.store.vault import Vault
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40 + b"\xff\xd9"
MINE = {"sender_ref": SENDER.ref}


def bulk_draft(office: PostOffice) -> str:
    table = read_recipients(io.BytesIO(b"email,name\na@example.net,Ada\nb@example.net,Bob\n"), limit=10)
    made = office.bulk.draft(SENDER, table, [Upload(name="a.pdf", stream=[SMALL_PDF])], BulkWish())
    assert made.bulk_id is not None
    return made.bulk_id


def prepared(office: PostOffice) -> tuple[str, str]:
    """Let a member prepare a letter; return it and who signs."""
    people = office.people
    party = people.parties.add(BRUMES)
    for role in (MemberRole.PREPARER, MemberRole.SENDER):
        person = people.parties.add(PartyFacts(kind=PartyKind.PERSON, usage_name=f"{role.value} Roy"))
        people.parties.emails.verify(person.id, f"{role.value}@example.org", actor=ACTOR)
        people.members.set_role(party.id, person.id, role, actor=ACTOR)
        if role is MemberRole.PREPARER:
            draft = Draft(recipient=RECIPIENT, product=Product.SIMPLE, subject="Mise en demeure")
            made = office.preparing.tray.prepare(
                party.id, person.id, draft, [Upload(name="a.pdf", stream=[SMALL_PDF])]
            )
    return made.id, party.id


def paper_consent(office: PostOffice) -> str:
    asked = PaperConsent(
        request=ConsentRequest(name=RECIPIENT.name, email=RECIPIENT.email),
        given_on=office.clock().date(),
        vouched_by="Claire Morin",
        scan_name="scan.jpg",
        scan=io.BytesIO(JPEG),
    )
    return office.consents.desk.take_in_paper(SENDER, asked, actor={"role": "sender"}).id


def withdraw_former(office: PostOffice) -> int:
    """Destroy the files of former key-encryption keys; return how many there were."""
    files = list(office.settings.home.rglob("old/*-kek.secret"))
    for path in files:
        path.unlink()
    return len(files)


def test_bulks_prepared_letters_and_scans_need_no_former_key_after_a_rotation(tmp_path: Path) -> None:
    with throwaway_office(tmp_path) as office:
        settings = office.settings
        bulk_id, (prepared_id, _), consent_id = bulk_draft(office), prepared(office), paper_consent(office)
        draft = office.preparing.drafts.keep(SENDER.ref, {"name": "Ada"})
        upload = Upload(name="a.pdf", stream=[SMALL_PDF])
        drafted = office.preparing.draft_documents.add(SENDER.ref, draft.id, upload)
    rotate(settings, "kek", clock=now)
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        assert office.rewrapper.run_others() >= 4
        assert office.rewrapper.run_others() == 0
        scan = table_of(ConsentScanRow)
        with office.database.read() as connection:
            assert connection.scalars(select(scan.c.key_id)).all() == [office.vault.key_id]
        assert withdraw_former(office) == 1
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        assert not office.keys.old_keks
        assert office.preparing.tray.by_id(prepared_id).draft is not None
        assert b"".join(office.preparing.tray.open_document(prepared_id, 1)[1]) == SMALL_PDF
        assert b"".join(office.preparing.draft_documents.open(SENDER.ref, drafted.id)[1]) == SMALL_PDF
        [found] = office.consents.register.scans(consent_id)
        assert b"".join(office.consents.scans.open(found)) == JPEG
        office.bulk.start(bulk_id, **MINE)
        office.run_until_idle()
        assert office.bulk.by_id(bulk_id, **MINE).state is BulkState.DONE
        assert len(office.reading.all_letters()) == 2


def test_a_key_that_was_destroyed_stays_so_and_a_foreign_one_is_left(tmp_path: Path) -> None:
    table = table_of(BulkRow)
    with throwaway_office(tmp_path) as office:
        settings, (gone, foreign) = office.settings, (bulk_draft(office), bulk_draft(office))
        office.bulk.stop(gone, **MINE)
        strange = Vault(secrets.token_bytes(32), "kek-9").wrap(b"k" * 32, letter_id=foreign)
        with office.database.write() as uow:
            uow.execute(update(table).where(table.c.id == foreign).values(wrapped_key=strange))
            uow.commit()
    rotate(settings, "kek", clock=now)
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        assert rewrap(office.database, office.vault, Locked(table=table)) == 0
        with office.database.read() as connection:
            kept = dict(tuple(row) for row in connection.execute(select(table.c.id, table.c.wrapped_key)))
    assert kept == {gone: None, foreign: strange}
