"""Several workers at once, on PostgreSQL: each event told, each letter's in order."""

import threading
from itertools import pairwise
from pathlib import Path

from lre_kit.office import LEASE, PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, deposit_sample, identify, throwaway_office
from lre_kit.testing.webhooks import Answer, WebhookReceiver
from lre_kit.webhooks.values import DeliveryState, EndpointWish, Owner

WORKERS = 3
LETTERS = 4


def test_workers_share_the_work_and_keep_the_order_of_each_letter(
    tmp_path: Path, postgres_url: str, receiver: WebhookReceiver
) -> None:
    clock = MovedClock()
    with throwaway_office(
        tmp_path / "office",
        clock=clock,
        database_url=postgres_url.replace("postgresql://", "postgresql+psycopg://"),
        webhook_http="on",
        webhook_private_hosts="127.0.0.1",
    ) as office:
        owner = Owner(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
        made = office.webhooks.desk.add(owner, EndpointWish(url=receiver.url))
        receiver.otherwise = Answer(hold_s=0.05)
        letters = [deposit_sample(office) for _ in range(LETTERS)]
        _work(office)
        for letter in letters:
            office.desk.accept(letter.id, identify(office, letter))
        _work(office)
        office.run_until_idle()
        shown = office.webhooks.reading.deliveries(made.endpoint.id, limit=500)
        office.webhooks.desk.rotate(made.endpoint.id)
        again = office.webhooks.desk.replay(
            made.endpoint.id, since=letters[0].deposited_at, until=clock(), only_missed=True
        )
    assert again == 0
    assert len(shown) == LETTERS * 5
    assert {each.state for each in shown} == {DeliveryState.DELIVERED}
    for letter in letters:
        places = [
            got.told["data"]["sequence"]
            for got in receiver.received
            if got.told["data"]["letter"] == letter.number
        ]
        assert sorted(set(places)) == [0, 1, 2, 3, 4]
        assert all(before <= after for before, after in pairwise(places)), places


def _work(office: PostOffice) -> None:
    def sweep() -> None:
        # Small claims, so that workers meet at the same letter; until nothing is due.
        while claimed := office.agenda.claim(limit=1, lease=LEASE):
            for duty in claimed:
                office.duties.run(duty)

    workers = [threading.Thread(target=sweep) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
