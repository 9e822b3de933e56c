"""Whether keys and data belong together: an office may not take letters under another's keys."""

from sqlalchemy import select

from lre_kit.errors import WrongKeyError
from lre_kit.letters.rows import LetterRow
from lre_kit.proofs.forms.note import NoteError, open_note
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

_MEND = "Restore the keys folder that belongs to this database."
_LETTER, _CHECKPOINT = table_of(LetterRow), table_of(CheckpointRow)


def expect_belonging(database: Database, keys: Keys) -> None:
    """Check that the keys locked the newest letter and signed the newest checkpoint.

    Raises:
        WrongKeyError: They are another office's.
    """
    with database.read() as connection:
        key_id = connection.scalar(select(_LETTER.c.key_id).order_by(_LETTER.c.id.desc()).limit(1))
        note = connection.scalar(select(_CHECKPOINT.c.note).order_by(_CHECKPOINT.c.size.desc()).limit(1))
    if key_id not in {None, keys.kek_id, *keys.old_keks}:
        msg = f"The newest letter was locked with key {key_id}, not {keys.kek_id}."
        raise WrongKeyError(msg, mend=_MEND)
    if note is None:
        return
    try:
        open_note(note, keys.log_verifiers)
    except NoteError as error:
        raise WrongKeyError("The newest checkpoint is not signed with the log's key.", mend=_MEND) from error
