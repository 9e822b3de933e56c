"""The keys of identity cases after a rotation: locked anew, and the former key is needed no more."""

import secrets
from typing import Any

import pytest
from sqlalchemy import select

from lre_kit.errors import WrongKeyError
from lre_kit.parties.proofing_cases import CASE, MEDIA, case_row
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_rewrap import CaseRewrapper
from lre_kit.parties.proofing_values import Part
from lre_kit.store.columns import new_id
from lre_kit.store.vault import Vault


def images(identity: Any, vault: Vault) -> CaseImages:
    return CaseImages(identity.database, clock=identity.clock, blobs=identity.blobs, vault=vault)


def test_after_a_rotation_the_former_key_may_be_withdrawn(identity: Any) -> None:
    party, fresh = new_id(), secrets.token_bytes(32)
    case = identity.filled(party)
    former = identity.vault._keks
    assert set(former) == {"kek-1"}
    rotated = Vault(fresh, "kek-2", others={})
    rotated._keks |= former
    rewrapper = CaseRewrapper(identity.database, rotated)
    assert rewrapper.run() == 2
    assert rewrapper.run() == 0
    alone = images(identity, Vault(fresh, "kek-2"))
    with identity.database.read() as connection:
        row = case_row(connection, case.id)
        media = {part.part for part in case.parts}
        assert alone.unseal(row.id, row.wrapped_key, row.sealed)
        blobs = {one.part: one.blob_key for one in connection.execute(select(MEDIA.c.part, MEDIA.c.blob_key))}
    assert Part.FACE_VIDEO in media
    for part in media:
        assert alone.get(row, part, blobs[part.value])
    with pytest.raises(WrongKeyError):
        images(identity, identity.vault).unseal(row.id, row.wrapped_key, row.sealed)


def test_a_destroyed_key_stays_destroyed_and_a_foreign_one_is_left(identity: Any) -> None:
    party, fresh = new_id(), secrets.token_bytes(32)
    case, other = identity.filled(party), identity.filled(new_id(), seed=1)
    identity.desk.withdraw(case.id, party_id=party)
    rotated = Vault(fresh, "kek-2")
    rotated._keks |= identity.vault._keks
    with identity.database.write() as uow:
        foreign = Vault(secrets.token_bytes(32), "kek-9").wrap(b"k" * 32, letter_id="x")
        uow.execute(CASE.update().where(CASE.c.id == other.id).values(wrapped_key=foreign))
        uow.commit()
    assert CaseRewrapper(identity.database, rotated).run() == 1
    with identity.database.read() as connection:
        row = case_row(connection, case.id)
        assert (row.wrapped_key, row.wrapped_face_key) == (None, None)
        assert case_row(connection, other.id).wrapped_key == foreign
