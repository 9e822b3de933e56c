"""Alembic's environment: runs inside the transaction that `lre_kit.store.schema.upgrade` hands in."""

from alembic import context

from lre_kit.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()
