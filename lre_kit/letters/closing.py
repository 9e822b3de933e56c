"""Closing windows, many at once: one transaction for all letters whose windows a worker holds.

Each letter is decided as it would be alone, on its journal as it stands under the lock. Where one of them
cannot be closed this way, nothing is changed, and each is closed by itself.
"""

from collections.abc import Sequence
from datetime import datetime

from lre_kit.clock import Clock
from lre_kit.failpoints import declare, failpoint
from lre_kit.letters import commands
from lre_kit.letters.effects import PROVIDER, plan_after, project
from lre_kit.letters.lifecycle import decide
from lre_kit.letters.phases import Phase
from lre_kit.letters.reading_many import locked_letters
from lre_kit.letters.reminders import stop_reminders_of
from lre_kit.letters.state import LetterState, evolve
from lre_kit.proofs.sealing.recorder import Act, Recorder
from lre_kit.store.agenda import Duty, fulfil_all
from lre_kit.store.database import Database

ACTION = "close_window"
"""Name of the duty."""

declare("close.locked", "close.before_commit", "close.after_commit")


def closing(state: LetterState, *, now: datetime, to_paper: bool) -> commands.Command | None:
    """Return what the end of a letter's window calls for; nothing, where it is not over or was settled.

    Args:
        state: The letter as it stands.
        now: The instant of the act.
        to_paper: The duty is that of a letter with a choice whose recipient could not be told.
    """
    if state.phase is Phase.NOTIFICATION_FAILED and to_paper:
        return commands.ChoosePaper(by="notice_failed")
    is_open = state.phase in {Phase.NOTIFIED, Phase.CHOOSING}
    if not is_open or state.window_closes_at is None or now < state.window_closes_at:
        return None
    # Whoever did not choose gets paper; only a letter that waited for a decision is unclaimed.
    return commands.ChoosePaper(by="clock") if state.phase is Phase.CHOOSING else commands.Expire()


class Closings:
    """Closes the windows of many letters in one transaction."""

    def __init__(self, database: Database, *, clock: Clock, recorder: Recorder) -> None:
        """Wire it to the store, the office's clock and the evidence recorder."""
        self._database = database
        self._clock = clock
        self._recorder = recorder

    def close(self, duties: Sequence[Duty]) -> None:
        """Fulfil duties `ACTION`, all or none.

        Raises:
            LeaseLostError: One of them is another's by now; nothing was changed.
        """
        with self._database.write() as uow:
            letters = locked_letters(uow.connection, [duty.subject for duty in duties])
            failpoint("close.locked")
            now = self._clock()
            changed: dict[str, tuple[LetterState, LetterState]] = {}
            acts: list[tuple[Act, LetterState]] = []
            for duty in duties:
                letter, found = letters[duty.subject]
                before, state = changed.get(letter.id, (found, found))
                command = closing(state, now=now, to_paper=bool(duty.payload.get("to_paper")))
                if command is None:
                    continue
                for event in decide(state, command, letter.requirements, now):
                    act = Act(letter=letter, seq=state.version, event=event, actor=PROVIDER)
                    state = evolve(state, event)
                    acts.append((act, state))
                changed[letter.id] = before, state
            self._recorder.record_all(uow, [act for act, _ in acts])
            for act, state in acts:
                plan_after(uow, act.letter, act.event, state)
            if changed:
                stop_reminders_of(uow, list(changed))
                project(uow, changed)
            fulfil_all(uow, duties)
            failpoint("close.before_commit")
            uow.commit()
        failpoint("close.after_commit")
