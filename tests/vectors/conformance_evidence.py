# ruff: noqa: E501 - tables of cases read better a line each
"""Vectors of evidence files: one fault each, every member, every field; time stamps and renewals."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import rfc8785
from conformance_kit import BOTH, Kit, Made

from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.token_forge import Forge, token_changes
from lre_kit.testing.twins import changed, flipped, renewed, twins


def add_exhibits(kit: Kit, made: Made) -> None:
    """Evidence files: the good ones, one fault each, every member, every field of the record."""
    for name, content in made.exhibits.items():
        kit.add("evidence", "", content, name="e.json", base=kit.base(name, content), judges=BOTH)
    names = list(made.exhibits)
    chosen, first = names[2], names[0]
    raw, place = made.exhibits[chosen], f"good/{chosen}"
    for wrong, content in twins(raw, made.exhibits[first]).items():
        kit.add("evidence", wrong, content, name="e.json", base=place, judges=BOTH)
    for wrong, content in _fields(raw):
        kit.add("record", wrong, content, name="e.json", base=place, judges=BOTH)
    for wrong, content in _members(raw):
        kit.add("member", wrong, content, name="e.json", base=place, judges=BOTH)
    for trust, wrong in (
        ("", "no anchors at all"),
        ("strangers-trust", "the anchors of another office of the same name"),
    ):
        kit.add("trust", wrong, raw, name="e.json", base=place, judges=BOTH, trust=trust)
    for missing, wrong in (
        ("seal-ca.pem", "no anchor for the seal"),
        ("tsa-ca.pem", "no anchor for the time stamp"),
        ("log.vkey", "no key of the log"),
    ):
        folder = kit.folder / f"trust-without-{missing.partition('.')[0]}"
        folder.mkdir()
        for file in (kit.folder / "trust").iterdir():
            if file.name != missing:
                (folder / file.name).write_bytes(file.read_bytes())
        kit.add("trust", wrong, raw, name="e.json", base=place, judges=BOTH, trust=folder.name)
    late = made.keys.tsa_certificate.not_valid_after_utc + timedelta(days=1)
    kit.add(
        "trust",
        "verified after the time stamp's certificate ended",
        raw,
        name="e.json",
        base=place,
        judges=BOTH,
        at=late,
    )


def _fields(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Change each field of the record, and take each away."""
    found = json.loads(raw)
    record = json.loads(base64.urlsafe_b64decode(found["evidence"]["payload"] + "=="))

    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if isinstance(value, dict):
            for key in value:
                yield (*path, key)
                yield from walk(value[key], (*path, key))
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from walk(item, (*path, place))

    for path in list(walk(record, ())):
        for word, change in (("changed", _another), ("taken away", None)):
            copy = json.loads(json.dumps(record))
            part = copy
            for step in path[:-1]:
                part = part[step]
            if change is None:
                del part[path[-1]]
            else:
                if isinstance(part[path[-1]], dict | list):
                    continue
                part[path[-1]] = change(part[path[-1]])
            payload = base64.urlsafe_b64encode(rfc8785.dumps(copy)).decode().rstrip("=")
            yield f"{'.'.join(map(str, path))} {word}", changed(raw, "evidence.payload", payload)


def _another(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("x" if value[-1:] != "x" else "y")


def _members(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Flip a bit at the beginning, in the middle and at the end of each signed or hashed member."""
    found = json.loads(raw)
    where = {
        "evidence.protected": True, "evidence.payload": True, "evidence.signature": True, "token": False,
    }  # fmt: skip
    for member, is_url in where.items():
        part = found
        for step in member.split("."):
            part = part[step]
        size = len(base64.urlsafe_b64decode(part + "==") if is_url else base64.b64decode(part))
        for place in sorted({0, size // 4, size // 2, 3 * size // 4, size - 1}):
            yield (
                f"byte {place} of {member} with a bit flipped",
                changed(raw, member, lambda text, p=place, u=is_url: flipped(text, p, url=u)),
            )
    for place in range(len(found["log"]["path"])):
        for digit in (0, 31, 63):

            def other(path: list[str], p: int = place, d: int = digit) -> list[str]:
                letter = "0" if path[p][d] != "0" else "1"
                return [*path[:p], path[p][:d] + letter + path[p][d + 1 :], *path[p + 1 :]]

            yield f"digit {digit} of hash {place} of the path changed", changed(raw, "log.path", other)
    note = found["checkpoint"]
    for place in range(0, len(note), max(1, len(note) // 24)):
        other_note = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
        yield f"character {place} of the checkpoint changed", changed(raw, "checkpoint", other_note)


def add_tokens(kit: Kit, made: Made) -> None:
    """Time stamps that are properly signed and wrong in one thing, and renewals."""
    name = list(made.exhibits)[2]
    raw, place = made.exhibits[name], f"good/{name}"
    exhibit = json.loads(raw)
    imprint = hashlib.sha256(exhibit["checkpoint"].encode()).digest()
    for wrong, change in token_changes(made.keys).items():
        token = Forge(keys=made.keys, **({"imprint": imprint, "at": kit.at} | change)).token()
        content = rfc8785.dumps(exhibit | {"token": base64.b64encode(token).decode()})
        kit.add(
            "token",
            "" if wrong.startswith("right") else wrong,
            content,
            name="e.json",
            base=place,
            judges=BOTH,
        )
    clock = MovedClock(lambda: kit.at)
    authority = BuiltinAuthority(made.keys, clock)
    good = renewed(raw, authority, clock)
    after = clock() + timedelta(days=1)
    found = json.loads(good)
    first, last = found["renewals"]
    cases = {
        "": good,
        "the renewals swapped": rfc8785.dumps(found | {"renewals": [last, first]}),
        "the first renewal dropped": rfc8785.dumps(found | {"renewals": [last]}),
        "another index in a renewal": changed(good, "renewals", [first | {"index": 1}, last]),
        "another size in a renewal": changed(good, "renewals", [first | {"size": 2}, last]),
        "a path in a renewal": changed(good, "renewals", [first | {"path": ["00" * 32]}, last]),
        "a renewal with a bit flipped": changed(good, "renewals", [first, last | {"token": flipped(last["token"], -1)}]),
        "an unknown member in a renewal": changed(good, "renewals", [first | {"more": 1}, last]),
        "renewals under the first format": changed(good, "format", "lre-exhibit/1"),
    }  # fmt: skip
    base = kit.base("renewed.json", good)
    for wrong, content in cases.items():
        kit.add("renewal", wrong, content, name="e.json", base=base, judges=BOTH, at=after)
