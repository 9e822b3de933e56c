"""Preparing an office: keys, tables, folders. What is there is kept."""

from collections.abc import Iterator

from lre_kit.clock import Clock, now
from lre_kit.letters.leftovers import plan_sweep
from lre_kit.letters.retention import plan_purge
from lre_kit.people_upkeep import plan_upkeep
from lre_kit.proofs.keys.expiry import plan_warnings
from lre_kit.proofs.keys.key_files import KeyFolder
from lre_kit.proofs.keys.keys import create_keys
from lre_kit.proofs.keys.opening import open_keys
from lre_kit.proofs.keys.rotation import finish
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.settings import Settings
from lre_kit.store import schema
from lre_kit.store.blobs_opening import open_blobs
from lre_kit.store.content_owner import claim_content
from lre_kit.store.database import Database


def prepare(settings: Settings, *, clock: Clock = now) -> Iterator[str]:
    """Create what is missing and yield a line for each step.

    Raises:
        ConfigurationError: The folder or the database cannot be used.
    """
    folder = settings.keys_folder
    if folder.exists():
        open_keys(settings)
        files = KeyFolder(folder)
        if files.is_unfinished:
            with files.changing():
                finish(settings, files, clock)
            yield f"A change of keys that was interrupted is finished: {folder}"
        yield f"Keys are there: {folder}"
    else:
        create_keys(folder, provider_name=settings.provider_name, origin=settings.origin, clock=clock)
        yield f"Keys made: {folder} (back them up, apart from the data)"
    keys = open_keys(settings)
    write_trust_folder(settings.home / "trust", settings, keys, clock)
    yield f"Trust anchors for verifiers: {settings.home / 'trust'}"
    database = Database(settings.database)
    try:
        if schema.is_current(database):
            yield "Tables are there and current"
        else:
            schema.upgrade(database)
            yield f"Tables made or upgraded to {schema.head()}"
        claim_content(database, open_blobs(settings))
        with database.write() as uow:
            plan_sweep(uow, clock=clock)
            plan_upkeep(uow, clock=clock)
            plan_purge(uow, clock=clock)
            plan_warnings(uow, keys, at=clock())
            uow.commit()
    finally:
        database.close()
