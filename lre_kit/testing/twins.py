"""Evidence files that are wrong in one thing each, as a forger or an accident would make them."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import rfc8785

from lre_kit.proofs.sealing.exhibit import parse_exhibit
from lre_kit.proofs.stamping.renewal import Renewal, renewal_leaf, stamped_digest
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.testing.clock import MovedClock


def changed(raw: bytes, where: str, value: Any) -> bytes:
    """Return an exhibit with one member replaced, in its one form."""
    found = json.loads(raw)
    *path, last = where.split(".")
    part = found
    for step in path:
        part = part[step]
    part[last] = value(part[last]) if callable(value) else value
    return rfc8785.dumps(found)


def flipped(encoded: str, place: int, *, url: bool = False) -> str:
    """Flip one bit of what base64 text stands for, written as it was."""
    raw = bytearray(base64.urlsafe_b64decode(encoded + "==") if url else base64.b64decode(encoded))
    raw[place] ^= 1
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") if url else base64.b64encode(raw).decode()


def in_header(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """Return what writes a seal's header again after a change."""

    def value(protected: str) -> str:
        header = json.loads(base64.urlsafe_b64decode(protected + "=="))
        change(header)
        return base64.urlsafe_b64encode(rfc8785.dumps(header)).decode().rstrip("=")

    return value


def twins(raw: bytes, other: bytes) -> dict[str, bytes]:
    """Return exhibits that are wrong in one thing each; `other` is of a later event under another head."""
    found, second = json.loads(raw), json.loads(other)
    text, size = raw.decode(), found["log"]["size"]
    header = ("evidence.protected", in_header)
    unknown_line = "— stranger.example/log " + base64.b64encode(bytes(68)).decode() + "\n"
    return {
        "a byte at the end": raw + b" ",
        "a byte order mark": b"\xef\xbb\xbf" + raw,
        "a blank between members": text.replace(",", ", ", 1).encode(),
        "a member twice": text.replace('"format":', '"format":"lre-exhibit/1","format":', 1).encode(),
        "an escape that is not needed": text.replace("lre-exhibit", "\\u006cre-exhibit").encode(),
        "a number with a fraction": text.replace(
            f'"index":{found["log"]["index"]}', f'"index":{found["log"]["index"]}.0'
        ).encode(),
        "half a character": changed(raw, "checkpoint", "X").replace(b'"X"', b'"\\ud800"'),
        "not UTF-8": raw.replace(b"lre-exhibit", b"\xffre-exhibit"),
        "cut short": raw[: len(raw) // 2],
        "nothing": b"",
        "a list": b"[]",
        "far too deep": b"[" * 100_000,
        "an unknown member": rfc8785.dumps(found | {"more": 1}),
        "a missing member": rfc8785.dumps({k: v for k, v in found.items() if k != "token"}),
        "an unknown format": changed(raw, "format", "lre-exhibit/9"),
        "the name of an inherited member as format": changed(raw, "format", "constructor"),
        "the second format without renewals": rfc8785.dumps(
            found | {"format": "lre-exhibit/2", "renewals": []}
        ),
        "text as index": changed(raw, "log.index", "2"),
        "a negative index": changed(raw, "log.index", -1),
        "the next index": changed(raw, "log.index", lambda n: n + 1),
        "an index beyond the tree": changed(raw, "log.index", 10**6),
        "another size": changed(raw, "log.size", lambda n: n + 1),
        "a path too short": changed(raw, "log.path", lambda p: p[1:]),
        "a path too long": changed(raw, "log.path", lambda p: [*p, p[0]]),
        "a path in another order": changed(raw, "log.path", lambda p: p[::-1]),
        "a path in capitals": changed(raw, "log.path", lambda p: [p[0].upper(), *p[1:]]),
        "another hash on the path": changed(raw, "log.path", lambda p: ["00" * 32, *p[1:]]),
        "another salt": changed(raw, "log.salt", lambda s: s[2:] + s[:2]),
        "no salt": changed(raw, "log.salt", ""),
        "another payload": changed(raw, "evidence.payload", second["evidence"]["payload"]),
        "a payload that is no record": changed(raw, "evidence.payload", "W10"),
        "a padded payload": changed(raw, "evidence.payload", lambda p: p + "="),
        "a payload with a bit flipped": changed(
            raw, "evidence.payload", lambda p: flipped(p, 30, url=True)
        ),
        "a signature with a bit flipped": changed(
            raw, "evidence.signature", lambda s: flipped(s, 5, url=True)
        ),
        "a signature of zeros": changed(raw, "evidence.signature", "A" * 86),
        "no signature": changed(raw, "evidence.signature", ""),
        "a signature that is not base64url": changed(raw, "evidence.signature", lambda s: "+" + s[1:]),
        "the seal of another event": rfc8785.dumps(found | {"evidence": second["evidence"]}),
        "no algorithm": changed(raw, header[0], in_header(lambda h: h.update(alg="none"))),
        "another algorithm": changed(raw, header[0], in_header(lambda h: h.update(alg="HS256"))),
        "something critical": changed(raw, header[0], in_header(lambda h: h.update(crit=["exp"], exp=1))),
        "a time that is no number": changed(raw, header[0], in_header(lambda h: h.update(iat="1"))),
        "no certificate": changed(raw, header[0], in_header(lambda h: h.update(x5c=[]))),
        "another certificate named": changed(
            raw, header[0], in_header(lambda h: h.update({"x5t#S256": "A" * 43}))
        ),
        "no certificate named": changed(raw, header[0], in_header(lambda h: h.pop("x5t#S256"))),
        "a header that is not JSON": changed(raw, header[0], "AAAA"),
        "no header": changed(raw, header[0], ""),
        "the checkpoint of another head": rfc8785.dumps(found | {"checkpoint": second["checkpoint"]}),
        "another size in the checkpoint": changed(
            raw, "checkpoint", lambda c: c.replace(f"\n{size}\n", f"\n{size + 1}\n")
        ),
        "a line added to the checkpoint": changed(
            raw, "checkpoint", lambda c: c.replace("\n\n", "\nmore\n\n")
        ),
        "an unknown signature on the checkpoint": changed(raw, "checkpoint", lambda c: c + unknown_line),
        "a checkpoint nobody signed": changed(raw, "checkpoint", lambda c: c.split("\n\n")[0] + "\n"),
        "a carriage return in the checkpoint": changed(raw, "checkpoint", lambda c: c.replace("\n", "\r\n")),
        "a checkpoint signature with a bit flipped": changed(
            raw, "checkpoint", lambda c: c.rsplit(" ", 1)[0] + " " + flipped(c.rsplit(" ", 1)[1], 20) + "\n"
        ),
        "the token of another checkpoint": rfc8785.dumps(found | {"token": second["token"]}),
        "no token": changed(raw, "token", ""),
        "a token that is not DER": changed(raw, "token", "AAAA"),
        "a token with something after it": changed(
            raw, "token", lambda t: base64.b64encode(base64.b64decode(t) + b"\0").decode()
        ),
        "a token with a blank": changed(raw, "token", lambda t: t[:8] + " " + t[8:]),
    }  # fmt: skip


def renewed(raw: bytes, authority: BuiltinAuthority, clock: MovedClock, *, times: int = 2) -> bytes:
    """Return an exhibit whose time stamp was renewed, each time thirty days later."""
    exhibit = parse_exhibit(raw)
    for _ in range(times):
        clock.advance(timedelta(days=30))
        tokens = [exhibit.token, *(renewal.token for renewal in exhibit.renewals)]
        root = renewal_leaf(exhibit.checkpoint, tokens)
        token = authority.stamp(stamped_digest(1, root))
        renewal = Renewal(index=0, size=1, path=(), token=token)
        exhibit = replace(exhibit, renewals=(*exhibit.renewals, renewal))
    return exhibit.to_bytes()
