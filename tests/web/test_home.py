"""The sender's home: search, filters, views, acts on several letters, the export."""

import csv
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

import lre_web
from lre_kit.parties.values import Recipient
from lre_kit.testing.office import deposit_sample
from lre_web import Actor
from lre_web.testing import ThrowawaySite, send_form

HOME = "/lre/"


def _to(site: ThrowawaySite, name: str, **changes: str) -> str:
    email = f"{name.rsplit(maxsplit=1)[-1].lower()}@example.net"
    return deposit_sample(site.office, recipient=Recipient(name=name, email=email), **changes).number


def test_letters_are_found_by_words_and_filters_and_nothing_is_said_twice(site: ThrowawaySite) -> None:
    one, two = _to(site, "Zoé Martin", reference="2026-7"), _to(site, "Aïcha Benali", subject="Congé")
    client = site.client()
    for query, found in {
        "q=zoe": {one},
        "q=BENALI+conge": {two},
        f"q={one}": {one},
        "q=martin@example": {one},
        "q=nobody": set(),
        "state=deposited": {one, two},
        "state=refused": set(),
        "in=under_way&product=simple": {one, two},
        "since=2001-01-01&until=2001-12-31": set(),
        "since=never": {one, two},
        "in=attention": set(),
    }.items():
        page = client.get(f"{HOME}?{query}").text
        assert {number for number in (one, two) if f"/letters/{number}" in page} == found, query
    assert "never" in client.get(f"{HOME}?since=never&lang=en").text
    assert "not a date" in client.get(f"{HOME}?since=never&lang=en").text


def test_a_view_is_kept_under_a_name_shown_and_dropped(site: ThrowawaySite) -> None:
    client = site.client()
    _to(site, "Zoé Martin")
    page = f"{HOME}?q=zoe"
    kept = send_form(client, "/lre/views", page, name="Zoé <b>", query="q=zoe")
    assert kept.status_code == 303
    assert kept.headers["Location"] == "/lre/?q=zoe"
    shown = client.get(HOME).text
    assert "Zoé &lt;b&gt;" in shown
    assert 'href="/lre/?q=zoe"' in shown
    assert send_form(client, "/lre/views", page, name=" ", query="q=zoe").status_code == 422
    dropping = re.search(r'action="(/lre/views/\w+/drop)"', shown)
    assert dropping is not None
    other, site.actor = site.actor, Actor(ref="eve", name="Eve", email="eve@example.org")
    assert "Zoé" not in site.client().get(HOME).text
    site.actor = other
    send_form(client, dropping.group(1), HOME)
    assert "Zoé &lt;b&gt;" not in client.get(HOME).text


def test_proofs_of_ticked_letters_come_in_one_file(site: ThrowawaySite) -> None:
    first, second = _to(site, "A Martin"), _to(site, "B Martin")
    site.office.run_until_idle()
    client = site.client()
    answer = send_form(client, "/lre/letters/acts", HOME, number=[first, second], act="proofs")
    assert answer.mimetype == "application/zip"
    names = set(zipfile.ZipFile(io.BytesIO(answer.data)).namelist())
    assert names == {f"{number}/{number}-deposit.pdf" for number in (first, second)}
    assert send_form(client, "/lre/letters/acts", HOME, act="proofs").status_code == 422
    site.actor = Actor(ref="eve", name="Eve", email="eve@example.org")
    foreign = send_form(site.client(), "/lre/letters/acts", "/lre/deposit", number=[first], act="proofs")
    assert foreign.status_code == 404


def test_exactly_the_letters_that_were_shown_are_taken_back(site: ThrowawaySite) -> None:
    """A letter deposited after the page was made, or whose notice left meanwhile, stays as it is."""
    now = site.clock()
    later = {"notify_at": now + timedelta(days=2)}
    planned = [_to(site, f"P{place} Martin", **later) for place in range(2)]
    gone = _to(site, "Gone Martin")
    site.office.run_until_idle()
    client = site.client()
    page = send_form(client, "/lre/letters/acts", HOME, number=[*planned, gone], act="withdraw")
    assert page.status_code == 200
    frozen = re.search(r'name="frozen" value="([^"]+)"', page.text)
    assert frozen is not None
    newer = _to(site, "Newer Martin", **later)
    site.office.desk.withdraw(site.office.reading.letter(planned[1]).id, actor={"role": "sender"})
    done = send_form(client, "/lre/letters/withdraw", HOME, frozen=frozen.group(1))
    assert "done=1&left=1" in done.headers["Location"]
    phases = [site.office.reading.letter(number).phase.value for number in (*planned, gone, newer)]
    assert phases == ["withdrawn", "withdrawn", "notified", "deposited"]
    assert send_form(client, "/lre/letters/withdraw", HOME, frozen="forged").status_code == 422
    site.actor = Actor(ref="eve", name="Eve", email="eve@example.org")
    stolen = send_form(site.client(), "/lre/letters/withdraw", "/lre/deposit", frozen=frozen.group(1))
    assert stolen.status_code == 422


@pytest.mark.parametrize("evil", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1"])
def test_an_export_holds_no_formula_and_reads_back(site: ThrowawaySite, evil: str) -> None:
    """F11.10: cells that a spreadsheet would run are made text, here as in every export."""
    number = _to(site, "Zoé Martin", subject=evil.strip(), reference="=R")
    answer = site.client().get("/lre/letters.csv?q=zoe")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    [row] = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert row["number"] == number
    assert row["recipient"] == "Zoé Martin"
    assert row["subject"] == f"'{evil.strip()}"
    assert row["reference"] == "'=R"
    assert row["deposited_at"].endswith(("+01:00", "+02:00"))


def test_what_needs_the_sender_is_counted_and_leads_there(site: ThrowawaySite) -> None:
    site.letter()
    client = site.client()
    assert 'class="tiles"' not in client.get(HOME).text
    site.clock.advance(timedelta(days=13))
    page = client.get(f"{HOME}?lang=en").text
    assert "within three days" in page
    assert "in=closing" in page
    assert "Jean Dupont" in client.get(f"{HOME}?in=closing").text


def test_the_list_is_small(site: ThrowawaySite) -> None:
    """A full page with its sheet and script stays within 60 kB."""
    for _ in range(26):
        _to(site, "Aïcha Benmoussa-Lefèvre", subject="x" * 60, reference="2026-1")
    static = Path(lre_web.__file__).parent / "static"
    sizes = [
        len(site.client().get(HOME).data),
        *((static / name).stat().st_size for name in ("lre.css", "home.js")),
    ]
    assert sum(sizes) < 60_000, sizes


def test_the_list_is_read_in_few_statements(site: ThrowawaySite) -> None:
    """On a server elsewhere each is a journey."""
    for _ in range(3):
        deposit_sample(site.office)
    seen: list[str] = []
    client = site.client()
    client.get("/lre/")
    event.listen(site.office.database.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    assert client.get("/lre/").status_code == 200
    assert len(seen) <= 8, seen
