"""The actors: three doorbells, declared on a broker that is handed in. Their messages carry nothing.

A message says only "look at the agenda", so it may be lost, doubled, shuffled, delayed, or be of
another release: there is nothing in it to be wrong.
"""

import threading
from dataclasses import dataclass
from hashlib import sha256

from dramatiq import Actor, Broker, actor

from lre_jobs.rounds import Rounds
from lre_kit.office import PostOffice
from lre_kit.settings import Settings


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors of one office on one broker."""

    sweep: "Actor[[], None]"
    """Claim due duties and carry them out."""
    sequence: "Actor[[], None]"
    """Give sealed evidence its place in the log, and get checkpoints stamped."""
    publish: "Actor[[], None]"
    """Publish what was stamped, and get it cosigned."""


def queue_of(settings: Settings) -> str:
    """Return the name of an office's queue: the same in all its processes, no other office's."""
    return f"lre-{sha256(settings.origin.encode()).hexdigest()[:12]}"


def declare(broker: Broker, office: PostOffice, *, stopping: threading.Event | None = None) -> Actors:
    """Declare the actors of an office on a broker.

    Args:
        broker: The host's own broker, or one of `make_broker`.
        office: Whose duties they do.
        stopping: Once set, rounds end after the duty in hand.
    """
    rounds, queue = Rounds(office, stopping=stopping), queue_of(office.settings)
    return Actors(
        sweep=actor(broker=broker, actor_name=f"{queue}-sweep", queue_name=queue)(rounds.sweep),
        sequence=actor(broker=broker, actor_name=f"{queue}-sequence", queue_name=queue)(rounds.sequence),
        publish=actor(broker=broker, actor_name=f"{queue}-publish", queue_name=queue)(rounds.publish),
    )
