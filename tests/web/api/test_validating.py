"""``lre validate-integration`` against a sandbox that is served, and its jobs done."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lre_kit.client import LreClient
from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.testing.office import SENDER
from lre_kit.testing.webhooks import webhook_receiver
from lre_kit.validating.findings import Verdict
from lre_kit.validating.office import OfficeChecks
from lre_web.testing import ThrowawaySite


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    """A sandbox whose jobs are done as soon as they are due."""
    folder = tmp_path_factory.mktemp("validate") / "office"
    more = {"webhook_http": "on", "webhook_private_hosts": "127.0.0.1"}
    with ThrowawaySite.served(folder, sandbox=True, **more) as site:
        done = threading.Event()

        def work() -> None:
            while not done.wait(0.1):
                site.office.run_until_idle()

        worker = threading.Thread(target=work)
        worker.start()
        yield site
        done.set()
        worker.join()


def client(site: ThrowawaySite, **wish: object) -> LreClient:
    key = site.office.integration.keys.create(SENDER, KeyWish(name="validate", **wish)).text  # type: ignore[arg-type]
    return LreClient(site.office.links.base_url, key)


def test_a_sandbox_that_is_set_up_passes(sandbox: ThrowawaySite) -> None:
    with client(sandbox) as office, webhook_receiver() as receiver:
        office.add_webhook(receiver.url)
        lines = list(OfficeChecks(office, webhook_url=receiver.url).findings())
    assert [(each.name, each.seen) for each in lines if each.verdict is not Verdict.PASSED] == []
    assert [each.name for each in lines][-1] == "endpoint"


def test_a_receiver_that_is_no_endpoint_is_left_out_and_a_failing_one_is_told(sandbox: ThrowawaySite) -> None:
    from lre_kit.testing.webhooks import Answer

    with client(sandbox) as office, webhook_receiver() as receiver:
        checks = OfficeChecks(office, webhook_url=receiver.url)
        list(checks.findings())
        receiver.otherwise = Answer(status=500)
        office.add_webhook(receiver.url)
        line = next(each for each in checks.findings() if each.name == "endpoint")
    assert (line.verdict, "500" in line.seen) == (Verdict.FAILED, True)


def test_in_a_real_office_nothing_is_sent(tmp_path: Path) -> None:
    with ThrowawaySite.served(tmp_path / "office") as site, client(site) as office:
        lines = {each.name: each for each in OfficeChecks(office).findings()}
        assert lines["sandbox"].verdict is Verdict.FAILED
        assert lines["deposit"].verdict is Verdict.SKIPPED
        assert lines["strictness"].verdict is Verdict.SKIPPED
        assert site.office.reading.count() == 0


def test_a_key_that_lacks_what_it_needs_is_told(sandbox: ThrowawaySite) -> None:
    with client(sandbox, scopes=frozenset({Scope.LETTERS_READ}), kind=KeyKind.LIVE) as office:
        lines = {each.name: each for each in OfficeChecks(office).findings()}
    assert lines["deposit"].verdict is Verdict.FAILED
    assert "letters:write" in lines["deposit"].seen
    with LreClient(sandbox.office.links.base_url, "lre_live_x_y") as stranger:
        first = next(iter(OfficeChecks(stranger).findings()))
    assert (first.verdict, first.mend) == (Verdict.FAILED, "Make a key for the sandbox: lre api-key new.")
