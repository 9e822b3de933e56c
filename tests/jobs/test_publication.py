"""The log is published by a round of its own, which keeps nothing else waiting."""

import socket
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lre_jobs.embedded import embedded
from lre_jobs.rounds import Rounds
from lre_kit.proofs.log.cosignature import Cosigner
from lre_kit.proofs.publication.publish import published_head
from lre_kit.testing.office import deposit_sample, throwaway_office


def test_a_round_publishes_what_the_other_had_stamped(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office") as office:
        deposit_sample(office)
        rounds = Rounds(office)
        rounds.sequence()
        assert not (tmp_path / "office" / "public-log").exists()
        rounds.publish()
        assert office.publisher.target is not None
        head = published_head(office.publisher.target, office.log)
        assert head is not None
        assert head.size > 0


def test_a_witness_that_says_nothing_keeps_no_evidence_waiting(tmp_path: Path) -> None:
    key = Cosigner("w", Ed25519PrivateKey.generate()).witness.vkey
    with socket.create_server(("127.0.0.1", 0)) as silent:
        policy = tmp_path / "policy"
        policy.write_text(f"witness w {key} http://127.0.0.1:{silent.getsockname()[1]}\nquorum none\n")
        with throwaway_office(tmp_path / "office", log_witnesses=policy, witness_timeout_s=30) as office:
            deposit_sample(office)
            rounds = Rounds(office)
            rounds.sequence()
            publishing = threading.Thread(target=rounds.publish, daemon=True)
            publishing.start()
            asked, _ = silent.accept()
            deposit_sample(office)
            rounds.sequence()
            assert publishing.is_alive()
            assert office.sequencer.waiting().unstamped == 0
            asked.close()
            publishing.join(20)
            assert not publishing.is_alive()


@pytest.mark.timeout(60)
def test_the_embedded_shape_publishes_by_itself(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office") as office:
        deposit_sample(office)
        with embedded(office, beat_s=0.05):
            checkpoint = tmp_path / "office" / "public-log" / "checkpoint"
            while not checkpoint.exists():
                threading.Event().wait(0.05)
