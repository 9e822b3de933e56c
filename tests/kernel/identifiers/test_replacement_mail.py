"""The mails of a derogation's end, and a real process killed between its batches."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.derogation_mail import Contact, EndNoticeMail
from lre_kit.identifiers.derogation_notices import EndNotice, Stage
from lre_kit.identifiers.links import Links
from lre_kit.identifiers.order_rows import ReplacedRow
from lre_kit.identifiers.rows import IdentifierEventRow, IdentifierRow
from lre_kit.law.derogations import COVID_2020
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.orders import OrderOffice

NOTICE = EndNotice(
    party_id="alice",
    derogation="FR-2020-COVID",
    stage=Stage.WEEK,
    last_day=date(2020, 9, 30),
    address_needed=False,
    message_key="derogation-tell:FR-2020-COVID:7d:alice",
)
END = COVID_2020.ends_at

# A worker in a process of its own, killed by the failpoint that its environment arms.
WORKER = """
import sys
from datetime import datetime
from pathlib import Path
from lre_kit.failpoints import arm_from_environment
from lre_kit.store.database import Database
from lre_kit.testing.orders import OrderOffice
url, folder, at = sys.argv[1:]
instant = datetime.fromisoformat(at)
arm_from_environment()
office = OrderOffice(database=Database(url), clock=lambda: instant, folder=Path(folder), batch=3)
office.settle()
"""


def sent(courier: MemoryCourier, contact: Contact | None) -> EndNoticeMail:
    return EndNoticeMail(
        courier,
        links=Links(b"k" * 32, "https://notices.example"),
        identity=MailIdentity(provider_name="Test office", mail_from="office@notices.example"),
        contact=lambda _: contact,
    )


@pytest.mark.parametrize(("language", "words"), [("fr", "Bonjour Hélène Faÿ"), ("en", "Hello Hélène Faÿ")])
def test_people_are_written_to_in_their_language(language: str, words: str) -> None:
    courier = MemoryCourier()
    mail = sent(courier, Contact(name="Hélène Faÿ", email="h@example.org", language=language))
    mail(NOTICE)
    mail(NOTICE)
    first, second = courier.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert words in courier.text_of()
    assert first["Content-Language"] == language


def test_a_notice_that_is_not_taken_is_tried_again() -> None:
    courier = MemoryCourier()
    courier.answers.append(MailAnswer(MailOutcome.REFUSED, 550, "no such user"))
    mail = sent(courier, Contact(name="A", email="a@example.org", language="en"))
    with pytest.raises(MailUnavailableError):
        mail(NOTICE)
    with pytest.raises(MailUnavailableError, match="No e-mail address"):
        sent(courier, None)(NOTICE)


@pytest.mark.parametrize("place", ["derogation.batch", "derogation.batch_committed"])
def test_a_killed_process_leaves_nothing_undone_and_nothing_done_twice(
    database: Database, database_url: str, tmp_path: Path, place: str
) -> None:
    clock = MovedClock(lambda: datetime(2020, 4, 15, tzinfo=UTC))
    office = OrderOffice(database=database, clock=clock, folder=tmp_path, batch=3)
    made = [new_id() for _ in range(7)]
    with database.write() as uow:
        for each in made:
            uow.add(
                IdentifierRow,
                id=each,
                serial=each[-12:].upper(),
                party_id=each,
                kind="paper_codes",
                state="active",
                label="",
                level="substantial",
                derogation=COVID_2020.id,
                facts={},
                created_at=clock(),
            )
        uow.commit()
    office.ends.plan_missing()
    killed = 0
    for turn in range(8):
        at = END + timedelta(minutes=6 * turn)
        done = subprocess.run(
            [sys.executable, "-c", WORKER, database_url, str(tmp_path), at.isoformat()],
            env={**os.environ, "LRE_FAILPOINTS": f"{place}=kill" if turn < 3 else ""},
            capture_output=True,
            timeout=120,
            check=False,
        )
        killed += done.returncode == -signal.SIGKILL
        if done.returncode == 0:
            break
    assert killed == 3
    # Nobody had a confirmed address yet; the next day everybody has.
    for each in made:
        office.person(each, at=clock())
    clock.advance(END + timedelta(days=2) - clock())
    office.settle()
    with database.read() as connection:
        rows = connection.execute(select(table_of(IdentifierRow))).all()
        events = connection.execute(select(table_of(IdentifierEventRow))).all()
        replaced = connection.execute(select(table_of(ReplacedRow))).all()
    ended = {row.id: row for row in rows if row.state == "revoked"}
    assert set(ended) == set(made)
    assert Counter(row.identifier_id for row in events if row.name == "revoke") == dict.fromkeys(made, 1)
    assert Counter(row.identifier_id for row in replaced) == dict.fromkeys(made, 1)
    fresh = Counter(row.party_id for row in rows if row.id not in ended)
    assert fresh == dict.fromkeys(made, 1)
