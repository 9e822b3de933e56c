"""The stored log equals the pure tree, on both databases, and reads little."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, event

from lre_kit.clock import now
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.note import NoteSigner
from lre_kit.proofs.log.log import Log, stored_subtree
from lre_kit.store.database import Database


@pytest.fixture
def log(database: Database) -> Log:
    signer = NoteSigner("test.example/log", Ed25519PrivateKey.generate())
    return Log(database, clock=now, signer=signer, origin=signer.name)


def append(log: Log, database: Database, data: list[bytes]) -> range:
    with database.write() as uow:
        places = log.append(uow, data)
        uow.commit()
    return places


def test_batches_of_any_size_give_the_roots_of_the_pure_tree(log: Log, database: Database) -> None:
    data: list[bytes] = []
    for count in (1, 1, 5, 248, 1, 256, 300, 1000):
        fresh = [f"{len(data) + n}".encode() for n in range(count)]
        assert append(log, database, fresh) == range(len(data), len(data) + count)
        data += fresh
        with database.read() as connection:
            head = log.head(connection)
        assert (head.size, head.root) == (len(data), merkle.root([merkle.leaf_hash(d) for d in data]))


def test_every_record_is_proved_at_every_size(log: Log, database: Database) -> None:
    leaves = [merkle.leaf_hash(f"{n}".encode()) for n in range(700)]
    append(log, database, [f"{n}".encode() for n in range(700)])
    with database.read() as connection:
        for size in (1, 255, 256, 257, 511, 512, 513, 700):
            root = merkle.root(leaves[:size])
            for index in {0, size // 2, size - 1}:
                path = log.inclusion(connection, index, size)
                assert merkle.verify_inclusion(
                    leaf=leaves[index], index=index, size=size, path=path, root=root
                )
            assert merkle.verify_consistency(
                old=size,
                new=700,
                path=log.consistency(connection, size, 700),
                old_root=root,
                new_root=merkle.root(leaves),
            )


def test_a_proof_in_a_large_log_reads_few_tiles(log: Log, database: Database) -> None:
    append(log, database, [n.to_bytes(4, "big") for n in range(70_000)])
    statements: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        del connection, cursor, rest
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as connection:
        path = log.inclusion(connection, 31_337, 70_000)
        root = merkle.tree_root(70_000, stored_subtree(connection))
    leaf = merkle.leaf_hash((31_337).to_bytes(4, "big"))
    assert merkle.verify_inclusion(leaf=leaf, index=31_337, size=70_000, path=path, root=root)
    assert len([s for s in statements if "log_tile" in s]) <= 12
