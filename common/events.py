"""Events: the signed bytes, and the strict bounded reading of them (PROTOCOL.md 3; design 4).

The payload is compact UTF-8 JSON exactly as its author wrote it; the id is the SHA-256 of the payload bytes.  A line
is the detached JWS (RFC 7515 appendix F, RFC 7797), one space, the payload.  Nothing here re-encodes what was read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import BadInput, LedgerError

VERSION = 1
MAX_PAYLOAD_BYTES = 64 * 1024
MAX_LINE_BYTES = MAX_PAYLOAD_BYTES + 512
MAX_DEPTH = 16
MAX_INT = 2**53 - 1
MAX_KEYS = 4096

KEYS = ("v", "type", "moves", "origin", "seq", "prev", "at", "seen", "ref", "actor", "case", "base", "body")
_KEYSET = frozenset(KEYS)

REGISTERED = "case.registered"

_ID = re.compile(r"[0-9a-f]{64}\Z")
_ORIGIN = re.compile(r"[a-z2-7]{12}/[A-HJKMNP-TV-Z2-9]{8}\Z")
_TYPE = re.compile(r"[a-z_]{1,24}\.[a-z_]{1,32}\Z")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")


class BadEvent(LedgerError):
    """The envelope rules cannot read the line; ``code`` says which rule (PROTOCOL.md 3.3)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of the hub that an author knew: log origin, tree size, root hash (hex), UTC ms."""

    log: str
    size: int
    root: str
    time: int

    def as_json(self) -> list[Any]:
        return [self.log, self.size, self.root, self.time]


@dataclass(frozen=True, slots=True)
class Event:
    """One signed act, decoded; a view of ``payload``, which alone is kept, hashed and forwarded.

    ``at`` is the device's clock in UTC milliseconds and only informs.  ``jws`` is the detached JWS, ASCII.
    """

    id: str
    v: int
    type: str
    moves: bool
    origin: str
    seq: int
    prev: str | None
    at: int
    seen: Seen | None
    ref: str | None
    actor: str | None
    case: str | None
    base: str | None
    body: Mapping[str, Any]
    payload: bytes
    jws: str

    @property
    def case_id(self) -> str | None:
        """The case that the act belongs to: the registering event's own id, else ``case``."""
        return self.id if self.type == REGISTERED else self.case

    @property
    def node(self) -> str:
        return self.origin.partition("/")[0]

    @property
    def line(self) -> bytes:
        return self.jws.encode("ascii") + b" " + self.payload


def event_id(payload: bytes) -> str:
    """The id of an event: 64 lower-case hex digits of the SHA-256 of its payload."""
    return hashlib.sha256(payload).hexdigest()


def compose(
    *,
    type: str,
    moves: bool,
    origin: str,
    seq: int,
    prev: str | None,
    at: int,
    seen: Seen | None,
    ref: str | None,
    actor: str | None,
    case: str | None,
    base: str | None,
    body: Mapping[str, Any],
    sign: Callable[[bytes], str] = lambda payload: "",
) -> Event:
    """A new event; its payload: keys in the order of ``KEYS``, no white space, UTF-8.

    Args:
        sign: payload -> detached JWS of its author.
    Errors:
        BadInput ``event.too_large``, ``event.bad_text``: what a person gave is too long, or holds what no event can.
        ValueError: the author's own code would write what nobody may read (a bug, not a page).
    """
    fields = {
        "v": VERSION,
        "type": type,
        "moves": moves,
        "origin": origin,
        "seq": seq,
        "prev": prev,
        "at": at,
        "seen": seen.as_json() if seen else None,
        "ref": ref,
        "actor": actor,
        "case": case,
        "base": base,
        "body": body,
    }
    try:
        payload = _PLAIN.encode(fields).encode("utf-8")
        return decode(payload, sign(payload))
    except UnicodeEncodeError as exc:
        raise BadInput("event.bad_text") from exc
    except BadEvent as exc:
        if exc.code in _BY_PEOPLE:
            raise BadInput(_BY_PEOPLE[exc.code]) from exc
        raise ValueError(f"an unreadable event was about to be written: {exc}") from exc


_PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_BY_PEOPLE = {"event.too_large": "event.too_large", "event.not_utf8": "event.bad_text"}


def parse_json(data: bytes, *, max_bytes: int = MAX_PAYLOAD_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Strict bounded JSON (PROTOCOL.md 3.2): no duplicate keys, floats, NaN, integers beyond 2^53, deep nesting.

    Raises BadEvent with the code of the first rule broken.  Also used for every other document of the protocol.
    """
    if len(data) > max_bytes:
        raise BadEvent("event.too_large", size=len(data), limit=max_bytes)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BadEvent("event.not_utf8") from exc
    if text.count("[") + text.count("{") > max_depth and _depth(text) > max_depth:
        raise BadEvent("event.too_deep", limit=max_depth)
    try:
        value = _STRICT.decode(text)
    except RecursionError as exc:
        raise BadEvent("event.too_deep", limit=max_depth) from exc
    except json.JSONDecodeError as exc:
        raise BadEvent("event.not_json") from exc
    if "\\u" in text and _not_text(value):
        raise BadEvent("event.not_utf8")
    return value


def decode(payload: bytes, jws: str = "") -> Event:
    """Read a payload by the envelope rules.  Raises BadEvent; judges nothing about its meaning."""
    if b"\n" in payload:  # a line is a line
        raise BadEvent("event.not_a_line")
    raw = parse_json(payload)
    if not isinstance(raw, dict):
        raise BadEvent("event.not_object")
    if raw.get("v") != VERSION or type(raw["v"]) is not int:
        raise BadEvent("event.unknown_version", version=str(raw.get("v"))[:20])
    if raw.keys() != _KEYSET:
        raise BadEvent("event.wrong_keys", keys=sorted(set(raw) ^ _KEYSET)[:5])
    kind, moves, origin, seq, at, body = (raw[k] for k in ("type", "moves", "origin", "seq", "at", "body"))
    _check(isinstance(kind, str) and _TYPE.match(kind), "type")
    _check(isinstance(moves, bool), "moves")
    _check(isinstance(origin, str) and _ORIGIN.match(origin), "origin")
    _check(type(seq) is int and seq >= 1, "seq")
    _check(type(at) is int and at >= 0, "at")
    _check(isinstance(body, dict), "body")
    for key in ("prev", "ref", "actor", "case", "base"):
        value = raw[key]
        _check(value is None or (isinstance(value, str) and _ID.match(value)), key)
    _check((raw["prev"] is None) == (seq == 1), "prev")
    return Event(
        id=event_id(payload),
        v=VERSION,
        type=kind,
        moves=moves,
        origin=origin,
        seq=seq,
        prev=raw["prev"],
        at=at,
        seen=_seen(raw["seen"]),
        ref=raw["ref"],
        actor=raw["actor"],
        case=raw["case"],
        base=raw["base"],
        body=body,
        payload=payload,
        jws=jws,
    )


def recall(id: str, payload: bytes, jws: str) -> Event:
    """An event that was decoded once and kept since under its id: nothing is judged again: half the time."""
    raw = json.loads(payload)
    raw["seen"] = Seen(*raw["seen"]) if raw["seen"] else None
    return Event(id=id, payload=payload, jws=jws, **raw)


def split_line(line: bytes) -> tuple[str, bytes]:
    """A line as (JWS text, payload).  Raises BadEvent."""
    if len(line) > MAX_LINE_BYTES:
        raise BadEvent("event.too_large", size=len(line), limit=MAX_LINE_BYTES)
    jws, space, payload = line.rstrip(b"\n").partition(b" ")
    if not space or not jws.isascii():
        raise BadEvent("event.not_a_line")
    return jws.decode("ascii"), payload


def _check(ok: object, key: str) -> None:
    if not ok:
        raise BadEvent("event.wrong_value", key=key)


def _seen(raw: Any) -> Seen | None:
    if raw is None:
        return None
    _check(isinstance(raw, list) and len(raw) == 4, "seen")
    log, size, root, time = raw
    _check(isinstance(log, str) and 0 < len(log) <= 200 and type(size) is int and size >= 0, "seen")
    _check(isinstance(root, str) and _ID.match(root) and type(time) is int and time >= 0, "seen")
    return Seen(log, size, root, time)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadEvent("event.duplicate_key")
    if len(value) > MAX_KEYS:
        raise BadEvent("event.too_large", limit=MAX_KEYS)
    return value


def _no_float(text: str) -> Any:
    raise BadEvent("event.float", text=text[:20])


def _bounded_int(text: str) -> int:
    if len(text) > 17:
        raise BadEvent("event.integer_too_large")
    value = int(text)
    if not -MAX_INT <= value <= MAX_INT:
        raise BadEvent("event.integer_too_large")
    return value


_STRICT = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_float=_no_float,
    parse_int=_bounded_int,
    parse_constant=_no_float,
)


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in _NO_BRACKET.sub("", _STRING.sub("", text)):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _not_text(value: Any) -> bool:
    """A lone surrogate, which UTF-8 cannot write, or U+0000, which not every store can keep."""
    try:
        written = json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return b"\\u0000" in written.replace(b"\\\\", b"")
