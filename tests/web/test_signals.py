"""Signals after the commit, hooks before a deposit, and pings."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import text

from lre_kit.errors import InputError, NotFoundError
from lre_kit.hosting.announcing import Happened
from lre_kit.hosting.hooks import DepositProposal, DepositRefusedError, HookFailedError
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.values import Upload
from lre_kit.parties.values import Recipient
from lre_kit.proofs.sealing.recorder import Recorded
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, deposit_sample
from lre_web.frame.error_words import error_words
from lre_web.signals import BY_EVENT, letter_event
from lre_web.testing import ThrowawaySite, send_form


def test_each_event_is_told_after_its_commit_with_the_letter_readable(site: ThrowawaySite) -> None:
    heard: list[tuple[str, int, str]] = []

    @letter_event.connect_via(site.app)
    def listening(app: object, *, happened: Happened, mount: str) -> None:
        assert app is site.app
        letter = site.office.reading.by_id(happened.letter_id)
        entries = site.office.reading.timeline(letter.id)
        assert entries[happened.seq].name == happened.name.value
        heard.append((happened.number, happened.seq, mount))

    accepted: list[Happened] = []
    signal = BY_EVENT[ErdsEvent.CONSIGNMENT_ACCEPTANCE]

    @signal.connect_via(site.app)
    def accepting(app: object, *, happened: Happened, mount: str) -> None:
        accepted.append(happened)

    letter = site.letter()
    client = site.identified(letter)
    send_form(client, "/lre/r/accept", letter=letter.number)
    entries = site.office.reading.timeline(letter.id)
    assert heard == [(letter.number, place, "lre") for place in range(len(entries))]
    assert [each.sender_ref for each in accepted] == [SENDER.ref]


def test_what_is_not_committed_is_not_told_and_a_receiver_that_raises_changes_nothing(
    site: ThrowawaySite, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Happened] = []
    stop = site.office.announcer.listen(told.append)

    @letter_event.connect_via(site.app)
    def failing(app: object, **said: object) -> None:
        raise RuntimeError(RECIPIENT.email)

    letter = deposit_sample(site.office)
    assert site.office.reading.by_id(letter.id).number == letter.number
    assert "a listener failed" in caplog.text
    assert RECIPIENT.email not in caplog.text
    with site.office.database.write() as uow:
        site.office.announcer.tell(uow, [Recorded(letter, 0, _event_of(site, letter.id), "e")])
    assert len(told) == 1
    stop()
    deposit_sample(site.office, subject="another")
    assert len(told) == 1


def _event_of(site: ThrowawaySite, letter_id: str):  # type: ignore[no-untyped-def]
    from lre_kit.letters import commands
    from lre_kit.letters.lifecycle import decide
    from lre_kit.letters.state import EMPTY

    letter = site.office.reading.by_id(letter_id)
    return decide(EMPTY, commands.Deposit(), letter.requirements, letter.deposited_at)[0]


def deposit(site: ThrowawaySite, **fields: str):  # type: ignore[no-untyped-def]
    client = site.client()
    typed = {"name": "Jean Dupont", "email": "jean@example.net", "subject": "Bail", **fields}
    return send_form(
        client, "/lre/deposit?lang=en", "/lre/deposit", **typed, documents=(BytesIO(SMALL_PDF), "a.pdf")
    )


def counted(site: ThrowawaySite) -> tuple[int, int]:
    with site.office.database.read() as connection:
        rows = connection.execute(text("SELECT count(*) FROM letter")).scalar_one()
    folder = site.office.settings.home / "blobs" / "letters"
    return int(rows), len([path for path in folder.rglob("*") if path.is_file()]) if folder.exists() else 0


def test_a_hook_refuses_in_its_own_words_and_nothing_is_kept(site: ThrowawaySite) -> None:
    @site.office.deposit_hooks.add
    def only_customers(proposal: DepositProposal) -> None:
        if proposal.recipient.email.endswith("@example.net"):
            raise DepositRefusedError("This is no customer of ours.", mend="Choose one from the list.")

    answer = deposit(site)
    assert answer.status_code == 422
    assert "This is no customer of ours." in answer.text
    assert "Choose one from the list." in answer.text
    assert 'value="jean@example.net"' in answer.text
    assert counted(site) == (0, 0)
    assert deposit(site, email="jean@example.com").status_code == 303


def test_a_french_page_says_a_refusing_hooks_own_words(site: ThrowawaySite) -> None:
    refused = DepositRefusedError("Ce client n'est plus le nôtre.", mend="Choisissez-en un autre.")
    assert error_words(refused, "fr") == (refused.problem, refused.mend)
    wrong = error_words(InputError("The name is too long.", mend="Shorten it."), "fr")
    assert wrong[1] == "Vérifiez ce que vous avez saisi et recommencez."
    gone = error_words(NotFoundError("There is no such contact.", mend="Look in the list."), "fr")
    assert "Ce que vous cherchez n'existe pas" in gone[0]

    @site.office.deposit_hooks.add
    def only_customers(proposal: DepositProposal) -> None:
        raise refused

    page, path = site.client(), "/lre/deposit?lang=fr"
    fields = {"name": "Jean", "email": "jean@example.net", "subject": "Bail"}
    answer = send_form(page, path, path, **fields, documents=[(BytesIO(SMALL_PDF), "bail.pdf")])
    assert answer.status_code == 422
    assert "Ce client n&#39;est plus le nôtre." in answer.text
    assert "Choisissez-en un autre." in answer.text


def test_a_hook_that_raises_or_overreaches_changes_nothing_and_says_so(
    site: ThrowawaySite, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]

    @site.office.deposit_hooks.add
    def failing(proposal: DepositProposal) -> DepositProposal:
        if broken[0]:
            raise ZeroDivisionError(proposal.recipient.email)
        return replace(proposal, recipient=Recipient(name="Mallory", email="mallory@example.org"))

    for words in ("ZeroDivisionError", "it changed recipient"):
        answer = deposit(site)
        assert answer.status_code == 503
        assert "own check of this deposit failed" in answer.text
        assert 'value="jean@example.net"' in answer.text
        assert words in caplog.text
        broken[0] = False
    assert "jean@example.net" not in caplog.text
    assert counted(site) == (0, 0)


def test_a_hook_adds_what_only_the_host_knows_and_a_repeated_request_is_not_judged_again(
    site: ThrowawaySite,
) -> None:
    asked: list[DepositProposal] = []

    @site.office.deposit_hooks.add
    def referring(proposal: DepositProposal) -> DepositProposal:
        asked.append(proposal)
        if len(asked) > 1:
            raise DepositRefusedError("Enough.", mend="Come back tomorrow.")
        return replace(proposal, reference=f"file-{len(asked)}")

    def once():  # type: ignore[no-untyped-def]
        return site.office.desk.deposit(
            sender=SENDER, recipient=RECIPIENT, product="simple", subject="s", idempotency_key="k",
            documents=[Upload(name="a.pdf", stream=BytesIO(SMALL_PDF))],
        )  # fmt: skip

    first, second = once(), once()
    assert first.reference == "file-1"
    assert second.id == first.id
    assert len(asked) == 1
    assert asked[0].documents == ("a.pdf",)
    with pytest.raises(DepositRefusedError):
        deposit_sample(site.office)


def test_a_hook_answers_with_a_proposal_or_nothing(site: ThrowawaySite) -> None:
    site.office.deposit_hooks.add(lambda proposal: "yes")  # type: ignore[arg-type,return-value]
    with pytest.raises(HookFailedError):
        deposit_sample(site.office)


def test_the_pings_tell_what_is_not_well_and_nobodys_name(site: ThrowawaySite) -> None:
    client = site.client()
    assert client.get("/lre/healthz").json == {"status": "alive"}
    ready = client.get("/lre/readyz")
    assert ready.status_code == 200
    assert set(ready.json["checks"]) == {"database", "keys", "evidence", "duties"}
    deposit_sample(site.office)
    site.clock.advance(timedelta(minutes=20))
    late = client.get("/lre/readyz")
    assert late.status_code == 503
    assert late.json["checks"]["duties"]["oldest_waits_s"] >= 1100
    assert not late.json["checks"]["duties"]["well"]
    assert SENDER.name not in late.text
    assert RECIPIENT.email not in late.text
    site.office.run_until_idle()
    # Told again for some seconds without looking.
    assert client.get("/lre/readyz").status_code == 503
    site.clock.advance(timedelta(seconds=6))
    assert client.get("/lre/readyz").status_code == 200
    site.clock.advance(timedelta(days=365 * 12))
    ended = client.get("/lre/readyz").json["checks"]["keys"]
    assert ended == {"well": False, "found": "seal, time stamps"}


def test_an_office_without_its_database_is_alive_and_not_ready(site: ThrowawaySite) -> None:
    site.office.close()
    (site.office.settings.home / "office.db").write_bytes(b"not a database, and longer than its header" * 10)
    site.clock.advance(timedelta(minutes=1))
    client = site.client()
    assert client.get("/lre/healthz").status_code == 200
    answer = client.get("/lre/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"] == {"database": {"well": False, "found": "integrity"}}
