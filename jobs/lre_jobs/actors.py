"""The actors: two doorbells. Each does what is due, in batches, until nothing is."""

from dataclasses import dataclass

from dramatiq import Actor, Broker, actor

from lre_kit.office import PostOffice

QUEUE = "lre"
"""Queue of all our messages."""

ROUNDS_MAX = 1000
"""Batches done for one ring at most, so that a worker comes up for air."""


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors of one office on one broker."""

    sweep: "Actor[[], None]"
    """Claim due duties and carry them out."""
    sequence: "Actor[[], None]"
    """Give sealed evidence its place in the log, and get checkpoints stamped."""


def declare(broker: Broker, office: PostOffice) -> Actors:
    """Declare the actors of an office on a broker that is handed in."""

    def sweep() -> None:
        for _ in range(ROUNDS_MAX):
            if not office.sweep():
                return

    def sequence() -> None:
        for _ in range(ROUNDS_MAX):
            placed = office.sequencer.run_once()
            stamped = office.sequencer.stamp_once(office.authority)
            if not placed and not stamped:
                return

    return Actors(
        sweep=actor(broker=broker, actor_name="lre_sweep", queue_name=QUEUE)(sweep),
        sequence=actor(broker=broker, actor_name="lre_sequence", queue_name=QUEUE)(sequence),
    )
