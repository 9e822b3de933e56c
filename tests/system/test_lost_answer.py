"""A commit whose answer is lost: the act happened or it did not, and repeating it does nothing twice."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.errors import AlreadyDecidedError, IdempotencyMismatchError
from lre_kit.law.events import DECISIVE, ErdsEvent
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.store.faults import OutcomeUnknownError
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office
from lre_kit.testing.proxy import Proxy

COMMIT = b"COMMIT"
"""How PostgreSQL names a commit in its answer."""


@pytest.fixture
def proxied(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Proxy, PostOffice]]:
    parts = urlsplit(postgres_url)
    with Proxy(parts.hostname or "", parts.port or 5432) as proxy:
        url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl()
        with throwaway_office(tmp_path / "office", database_url=url) as office:
            yield proxy, office


def names(office: PostOffice, letter_id: str) -> list[ErdsEvent]:
    return [entry.name for entry in office.reading.timeline(letter_id)]


@pytest.mark.parametrize("lost", [b"BEGIN", b"INSERT", COMMIT])
def test_a_deposit_repeated_with_its_key_gives_the_same_letter(
    proxied: tuple[Proxy, PostOffice], lost: bytes
) -> None:
    """F2.02: All statements leave together, so from the first answer on nobody knows what was saved."""
    proxy, office = proxied
    proxy.lose_answer_after = lost
    with pytest.raises(OutcomeUnknownError, match="idempotency key"):
        deposit_sample(office, idempotency_key="order-17")
    assert proxy.lost == 1
    (kept,) = office.reading.all_letters(limit=10)
    again = deposit_sample(office, idempotency_key="order-17")
    assert (again.id, again.number) == (kept.id, kept.number)
    assert office.reading.count() == 1
    assert names(office, again.id) == [ErdsEvent.SUBMISSION_ACCEPTANCE]
    with pytest.raises(IdempotencyMismatchError):
        deposit_sample(office, idempotency_key="order-17", subject="Another")
    _, pieces = office.desk.open_document(again.id, 1)
    assert b"".join(pieces).startswith(b"%PDF")


def test_an_acceptance_repeated_finds_itself_done(proxied: tuple[Proxy, PostOffice]) -> None:
    """F2.02: so with an acceptance."""
    proxy, office = proxied
    letter = deposit_sample(office)
    office.run_until_idle()
    identified = identify(office, letter)
    proxy.lose_answer_after = COMMIT
    with pytest.raises(OutcomeUnknownError):
        office.desk.accept(letter.id, identified)
    with pytest.raises(AlreadyDecidedError, match="received"):
        office.desk.accept(letter.id, identified)
    assert sum(name in DECISIVE for name in names(office, letter.id)) == 1
    assert office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_a_notice_whose_record_was_lost_from_sight_is_recorded_once(
    proxied: tuple[Proxy, PostOffice],
) -> None:
    proxy, office = proxied
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    letter = deposit_sample(office)
    courier.answers = [MailAnswer(MailOutcome.ACCEPTED)]
    send = courier.send

    def send_then_lose(message: object, **more: object) -> MailAnswer:
        answer = send(message, **more)  # type: ignore[arg-type]  # passed on as it came
        proxy.lose_answer_after = COMMIT
        return answer

    courier.send = send_then_lose  # type: ignore[method-assign]  # one conversation is cut
    office.run_until_idle()
    courier.send = send  # type: ignore[method-assign]
    office.run_until_idle()
    assert proxy.lost >= 1
    assert names(office, letter.id).count(ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE) == 1
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
