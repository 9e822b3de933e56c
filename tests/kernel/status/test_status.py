"""Status: real probes, outages attested, history, incidents; and announcements with their dates."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from lre_kit.announcements.values import AnnouncementKind, Place
from lre_kit.cli.main import cli
from lre_kit.clock import PARIS
from lre_kit.errors import InputError, MailUnavailableError, NotFoundError, UnlawfulActError
from lre_kit.law.periods import Words
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.status.published import overall, status_json
from lre_kit.status.values import Service, State
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.operators import signed_in

MINUTE = timedelta(minutes=1)


class FailingCourier(MemoryCourier):
    """Answers pings until it is told not to."""

    is_down = False

    def ping(self) -> str:
        if self.is_down:
            raise MailUnavailableError("No server for secret@example.org.", mend="Wait.")
        return "here"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    told = {"operator_entrance": "accounts"}
    if request.param == "postgresql":
        told["database_url"] = request.getfixturevalue("postgres_url")
    with throwaway_office(tmp_path / "office", clock=clock, courier=FailingCourier(), **told) as opened:
        yield opened


def probe(office: PostOffice, clock: MovedClock, times: int = 1) -> None:
    for _ in range(times):
        office.status.watch.probe_now()
        clock.advance(MINUTE)


def fail(office: PostOffice, *, down: bool) -> None:
    assert isinstance(office.courier, FailingCourier)
    office.courier.is_down = down


def test_every_service_that_an_office_uses_is_really_looked_at(office: PostOffice) -> None:
    found = office.status.watch.probe_now()
    assert set(found) == set(Service) - {Service.DOORBELL}
    assert {service: one.state for service, one in found.items() if one.state is not State.UP} == {}
    assert overall(office.status.reading, office.clock()) is State.UP
    office.blobs.put = lambda key, chunks: 1 / 0  # type: ignore[method-assign]
    broken = office.status.watch.probe_now()
    assert broken[Service.CONTENTS].state is State.DOWN
    assert broken[Service.CONTENTS].failure == "ZeroDivisionError"


def test_an_outage_is_measured_attested_in_the_log_and_audited(office: PostOffice, clock: MovedClock) -> None:
    began = clock()
    probe(office, clock)
    fail(office, down=True)
    probe(office, clock, 3)
    (running,) = office.status.reading.outages(began, clock())
    assert (running.service, running.ended_at, running.evidence_id) == (Service.MAIL, None, None)
    fail(office, down=False)
    probe(office, clock)
    office.run_until_idle()
    (outage,) = office.status.reading.outages(began, clock(), only_needed=True)
    assert outage.ended_at is not None
    assert (outage.probes, outage.failure) == (3, "mail-unavailable")
    assert timedelta(minutes=3) <= outage.ended_at - outage.began_at < timedelta(minutes=4)
    with office.database.read() as connection:
        record = connection.execute(
            text(
                "SELECT e.record FROM evidence e JOIN log_entry l ON l.evidence_id = e.id "
                "WHERE e.id = :id AND e.signature IS NOT NULL AND l.log_index IS NOT NULL"
            ),
            {"id": outage.evidence_id},
        ).scalar_one()
    told = json.loads(record)
    assert told["ERDSEventId"] == "urn:lre-kit:outage"
    assert told["Extensions"]["Service"] == "mail"
    assert "secret" not in record
    assert audit_office(office).exit_code == 0
    with office.database.write() as uow:
        uow.execute(text("UPDATE status_span SET probes = 99 WHERE id = :id"), {"id": outage.id})
        uow.commit()
    assert [(f.table, f.field) for f in audit_office(office).findings] == [("status_span", "probes")]


def test_one_failed_probe_alone_is_no_outage(office: PostOffice, clock: MovedClock) -> None:
    began = clock()
    for down in (False, True, False):
        fail(office, down=down)
        probe(office, clock)
    assert office.status.reading.outages(began, clock()) == []
    (mail,) = [each for each in office.status.reading.services() if each.service is Service.MAIL]
    assert mail.days[-1].worst is not State.DOWN
    assert mail.days[-1].down_s == 0


def test_an_office_that_stood_still_says_so_and_from_when(office: PostOffice, clock: MovedClock) -> None:
    """F5.07: the standstill is an attested outage."""
    probe(office, clock, 2)
    last = clock() - MINUTE
    clock.advance(timedelta(hours=2))
    probe(office, clock)
    (outage,) = office.status.reading.outages(last - MINUTE, clock())
    assert (outage.service, outage.failure) == (Service.OFFICE, "silence")
    assert outage.ended_at is not None
    assert abs(outage.began_at - last) < MINUTE
    assert timedelta(hours=2) <= outage.ended_at - outage.began_at < timedelta(hours=2, minutes=3)
    assert outage.evidence_id is not None
    (mail,) = [each for each in office.status.reading.services() if each.service is Service.MAIL]
    assert sum(day.down_s for day in mail.days) == 0, "nobody knows how the others were meanwhile"


def test_a_probe_behind_much_slow_work_tells_of_no_outage_and_a_real_stop_still_does(
    office: PostOffice, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, order = clock(), list[str]()

    def slow(duty: Duty) -> None:
        order.append(duty.action)
        clock.advance(timedelta(seconds=4))
        with office.database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    monkeypatch.setattr(office.duties, "_actions", {**office.duties._actions, "slow": slow})
    with office.database.write() as uow:
        for number in range(300):
            plan(uow, key=f"slow:{number}", due_at=began - MINUTE, action="slow", subject="x")
        uow.commit()
    office.status.watch.start()
    for probes in range(1, 5):
        office.sweep()
        with office.database.read() as connection:
            query = "SELECT probes FROM status_span WHERE service = 'office' AND ended_at IS NULL"
            assert connection.execute(text(query)).scalar_one() == probes, "it goes first, in one span"
        clock.advance(MINUTE)
    assert len(order) == 300
    assert clock() - began > 300 * timedelta(seconds=4)
    assert office.status.reading.outages(began, clock()) == []
    stopped = clock()
    clock.advance(timedelta(minutes=10))
    office.sweep()
    (outage,) = office.status.reading.outages(began, clock())
    assert (outage.service, outage.failure) == (Service.OFFICE, "silence")
    assert outage.ended_at is not None
    assert outage.ended_at - outage.began_at >= timedelta(minutes=10)
    assert outage.began_at >= stopped - 2 * MINUTE


def test_the_duty_goes_on_by_itself_and_what_was_not_attested_is_forgotten(
    office: PostOffice, clock: MovedClock
) -> None:
    office.status.watch.start()
    office.status.watch.start()
    for _ in range(3):
        office.run_until_idle()
        clock.advance(MINUTE)
    assert office.agenda.next_due("status") is not None
    with office.database.read() as connection:
        probes = "SELECT max(probes) FROM status_span WHERE service = 'mail'"
        assert connection.execute(text(probes)).scalar_one() == 3
    fail(office, down=True)
    probe(office, clock)
    clock.advance(timedelta(days=95))
    fail(office, down=False)
    probe(office, clock)
    probe(office, clock)
    with office.database.read() as connection:
        kept = connection.execute(text("SELECT service FROM status_span WHERE ended_at IS NOT NULL"))
        assert "mail" not in [row.service for row in kept]


def test_the_twin_for_programs_says_unknown_once_nobody_looks(office: PostOffice, clock: MovedClock) -> None:
    probe(office, clock)
    told = status_json(office.status.reading, now=clock())
    assert told["state"] == "up"
    assert len(told["services"][0]["days"]) == 90
    json.dumps(told)
    clock.advance(timedelta(hours=1))
    assert status_json(office.status.reading, now=clock())["state"] == "unknown"


# --- incidents and announcements -------------------------------------------------------------------------

TITLE = Words(fr="Retards", en="Delays")
TEXT = Words(fr="Les courriels partent en retard.", en="Mail leaves late.")


def test_operators_announce_add_to_and_end_an_incident(office: PostOffice, clock: MovedClock) -> None:
    anne, desk = signed_in(office, clock, "anne", "clerk"), office.operators.desk
    facts = {"kind": "incident", "services": "mail duties", "title_fr": "Retards", "title_en": "Delays"}
    facts |= {"fr": TEXT.fr, "en": TEXT.en}
    made = desk.act(anne, Act.OPEN_INCIDENT, "new", facts=facts).answer
    desk.act(anne, Act.UPDATE_INCIDENT, made, facts={"fr": "On répare.", "en": "We mend it."})
    desk.act(anne, Act.END_INCIDENT, made, facts={"fr": "Réparé.", "en": "Mended."})
    notice = office.status.reading.notice(made)
    assert notice.services == (Service.MAIL, Service.DUTIES)
    assert [each.words.en for each in notice.updates] == [TEXT.en, "We mend it.", "Mended."]
    assert notice.ended_at is not None
    with pytest.raises(UnlawfulActError):
        desk.act(anne, Act.UPDATE_INCIDENT, made, facts={"fr": "a", "en": "b"})
    with pytest.raises(NotFoundError):
        desk.act(anne, Act.END_INCIDENT, "nothing", facts={"fr": "a", "en": "b"})
    for changed in (
        {"services": "moon"},
        {"kind": "feast"},
        {"fr": ""},
        {"begins_at": "tomorrow"},
        {"ends_at": "2020-01-01T00:00+00:00"},
        {"services": ""},
    ):
        with pytest.raises(InputError):
            desk.act(anne, Act.OPEN_INCIDENT, "new", facts=facts | changed)
    assert len(office.status.reading.page(limit=9)) == 1


def test_an_announcement_shows_where_and_while_it_should(office: PostOffice, clock: MovedClock) -> None:
    board = office.announcements
    later, end = clock() + timedelta(hours=1), clock() + timedelta(hours=2)
    board.publish(AnnouncementKind.INFO, [Place.ALL], TEXT, by="anne")
    board.publish(AnnouncementKind.MEASURE, [Place.DEPOSIT], TITLE, by="anne", begins_at=later, ends_at=end)

    def shown(place: Place) -> list[str]:
        board._read_at = None
        return [each.words.en for each in board.shown(place)]

    assert shown(Place.DEPOSIT) == [TEXT.en]
    clock.advance(timedelta(minutes=90))
    assert shown(Place.DEPOSIT) == [TITLE.en, TEXT.en], "measures come first"
    assert shown(Place.RECIPIENT) == [TEXT.en]
    clock.advance(timedelta(minutes=31))
    assert shown(Place.DEPOSIT) == [TEXT.en]
    (measure, info) = board.page(limit=9)
    board.end(info.id)
    assert shown(Place.DEPOSIT) == []
    for gone in (info.id, measure.id):
        with pytest.raises(UnlawfulActError):
            board.end(gone)
    with pytest.raises(InputError):
        board.publish(AnnouncementKind.INFO, [], TEXT, by="anne")
    with pytest.raises(InputError):
        board.publish(AnnouncementKind.INFO, [Place.ALL], TEXT, by="anne", ends_at=clock())


def test_the_commands_announce_and_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    with throwaway_office(tmp_path / "office"):
        pass

    def run(*arguments: str) -> str:
        cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)
        return capsys.readouterr().out

    made = run(
        "status", "announce", "--service", "mail", "--maintenance", "--title-fr", "Travaux", "--title-en",
        "Works", "--fr", "Samedi.", "--en", "Saturday.", "--from", "2099-01-03T08:00+01:00",
    ).split()[1].strip(".")  # fmt: skip
    run("status", "update", made, "--fr", "Dimanche.", "--en", "Sunday.")
    told = json.loads(run("status", "show", "--json"))
    assert told["state"] == "unknown"
    assert [each["text"]["en"] for each in told["notices"][0]["updates"]] == ["Saturday.", "Sunday."]
    assert "Works" in run("status", "show")
    run("status", "end", made, "--fr", "Annulé.", "--en", "Called off.")
    announced = run("announce", "add", "--fr", "Bonjour", "--en", "Hello", "--measure").split()[1].strip(".")
    assert json.loads(run("announce", "list", "--json"))[0]["kind"] == "measure"
    run("announce", "end", announced)
    assert json.loads(run("announce", "list", "--json"))[0]["ends_at"] is not None


def test_a_derogations_public_message_shows_like_an_announcement_while_it_holds(
    tmp_path: Path, clock: MovedClock
) -> None:
    today = clock().astimezone(PARIS).date()
    home = tmp_path / "office"
    home.mkdir()
    (home / "derogations.toml").write_text(
        f"""
[[suspension]]
id = "sheets"
kinds = ["paper_codes"]
valid_from = {today}
valid_until = {today}
[suspension.message]
fr = "Les feuilles de codes ne peuvent pas être commandées."
en = "Sheets of codes cannot be ordered."
""",
        encoding="utf-8",
    )
    with throwaway_office(home, clock=clock) as office:
        board = office.announcements
        (told,) = board.shown(Place.IDENTIFICATION)
        assert told.kind is AnnouncementKind.MEASURE
        assert told.words.en == "Sheets of codes cannot be ordered."
        assert board.shown(Place.RECIPIENT) == []
        clock.advance(timedelta(days=2))
        assert board.shown(Place.IDENTIFICATION) == []
