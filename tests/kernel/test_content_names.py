"""Content of every room is swept up once no row names it, and none that a row names."""

import io
from datetime import date, timedelta
from pathlib import Path

import pytest

from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkWish
from lre_kit.consents.desk import PaperConsent
from lre_kit.consents.values import ConsentRequest
from lre_kit.content_names import NAMED
from lre_kit.law.products import Product
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.leftovers import GRACE, Leftovers
from lre_kit.letters.values import Upload
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.preparing.values import Draft
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, deposit_sample, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_kit.testing.post import deposit_on_paper, posted

pytest.importorskip("pikepdf")


def test_what_no_row_names_goes_and_everything_else_stays(tmp_path: Path) -> None:
    """F7.05: in every room."""
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, post_provider="spool") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.issuer.make(letter.id, "deposit")
        person = office.people.parties.add(PartyFacts(kind=PartyKind.PERSON, usage_name="Paul Roy"))
        house = office.people.parties.add(BRUMES)
        office.people.members.set_role(house.id, person.id, MemberRole.PREPARER, actor=ACTOR)
        office.preparing.tray.prepare(
            house.id,
            person.id,
            Draft(recipient=RECIPIENT, product=Product.SIMPLE),
            [Upload(name="a.pdf", stream=[SMALL_PDF])],
        )
        item = posted(office, deposit_on_paper(office, product="hybrid"))
        scan = Upload(name="ar.png", stream=io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"x" * 40))
        office.post.files.take(item, PaperFile.ACKNOWLEDGEMENT, scan)
        office.consents.desk.take_in_paper(
            SENDER,
            PaperConsent(
                request=ConsentRequest(name="Ada", email="ada@example.net"),
                given_on=date(2020, 1, 1),
                vouched_by="Anne",
                scan_name="scan.pdf",
                scan=io.BytesIO(SMALL_PDF),
            ),
            actor={"role": "sender"},
        )
        table = read_recipients(io.BytesIO(b"email\na@example.net\n"), limit=10)
        office.bulk.draft(SENDER, table, [Upload(name="a.pdf", stream=[SMALL_PDF])], BulkWish())
        draft = office.preparing.drafts.keep(SENDER.ref, {"name": "Ada"})
        office.preparing.draft_documents.add(SENDER.ref, draft.id, Upload(name="a.pdf", stream=[SMALL_PDF]))
        begun = office.integration.uploads.begin(SENDER.ref, name="a.txt", length=2)
        office.integration.uploads.append(begun.id, owner_ref=SENDER.ref, offset=0, pieces=[b"a"])
        kept = {key for key, _ in office.blobs.keys("")}
        assert {key.partition("/")[0] + "/" for key in kept} >= set(NAMED)
        orphans = {f"{prefix}{'0' * 32}/1" for prefix in NAMED}
        for key in orphans:
            office.blobs.put(key, [b"left over"])
        sweeper = Leftovers(office.database, office.blobs, clock=clock, named=NAMED)
        assert sweeper.sweep() == 0, "it may still be on its way"
        clock.advance(GRACE + timedelta(minutes=1))
        assert sweeper.sweep() == len(orphans)
        assert {key for key, _ in office.blobs.keys("")} == kept
