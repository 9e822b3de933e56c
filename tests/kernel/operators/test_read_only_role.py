"""Looking with a database role that may only read."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.operators import lists
from lre_kit.testing.office import deposit_sample, throwaway_office

ROLE = "lre_reader_of_a_test"


def test_a_role_that_may_only_read_looks_at_everything_and_writes_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    """F14.08: the database itself refuses, whatever a program tries."""
    with throwaway_office(tmp_path / "office", database_url=postgres_url) as office:
        letter = deposit_sample(office)
        owner = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with closing(owner.raw_connection()), owner.connect() as admin:
            admin.execute(text(f"DROP ROLE IF EXISTS {ROLE}"))
            admin.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'reader'"))
            admin.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}"))
        url = make_url(postgres_url).set(username=ROLE, password="reader")
        shown = url.render_as_string(hide_password=False)
        told = office.settings.model_copy(update={"database_url": shown})
        try:
            with PostOffice.open(told, read_only=True) as looked_at:
                assert looked_at.reading.by_id(letter.id).number == letter.number
                assert lists.count(looked_at.database, "duties") > 0
                with pytest.raises(LreError):
                    looked_at.desk.hold(letter.id, reason="x", actor="x")
            reader = create_engine(url)
            with reader.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text("UPDATE letter SET phase = 'withdrawn'"))
            reader.dispose()
        finally:
            with owner.connect() as admin:
                admin.execute(text(f"DROP OWNED BY {ROLE}"))
                admin.execute(text(f"DROP ROLE {ROLE}"))
            owner.dispose()
        assert not office.desk.holds.of(letter.id)
