"""The headers of the exchange's two messages, as values and as JSON (PROTOCOL.md 6.2 and 6.4).

Keys with nothing to say are left out; unknown keys are allowed and ignored, so that a newer peer can say more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from common.errors import BadInput, ProtocolMismatch
from common.events import MAX_INT
from common.offices import division, is_office

VERSION = 1
MAX_ORIGINS = 4_096
MAX_LINES = 100_000
MAX_ITEMS = 2_000
MAX_PLACES = 64
MAX_HASHES = 64
MAX_HEARD = 64

_ID = re.compile(r"[0-9a-f]{64}\Z")
_SHORT_ID = re.compile(r"[0-9a-f]{16}\Z")
_ORIGIN = re.compile(r"[a-z2-7]{12}/[A-HJKMNP-TV-Z2-9]{8}\Z")
_NODE = re.compile(r"[a-z2-7]{12}\Z")
_EPOCH = re.compile(r"[A-HJKMNP-TV-Z2-9]{8}\Z")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_CODE = re.compile(r"[a-z_]{1,24}\.[a-z_]{1,40}\Z")
_CAPABILITY = re.compile(r"[A-Za-z0-9_-]{16,128}\Z")

SHORT_ID = 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pull:
    """A child lacks the end of the parent's line of an origin: places (seq, id) of its own line, the newest first."""

    origin: str
    places: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Pulled:
    """The parent's line from ``common``, the newest place that both have, to ``seq`` (``id``) goes with this answer."""

    origin: str
    common: int
    seq: int
    id: str


@dataclass(frozen=True, slots=True)
class FeedSpan:
    """Of a feed, the entries after ``after`` up to ``upto`` go with this answer; its last number is ``tip``."""

    after: int
    upto: int
    tip: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a child says (PROTOCOL.md 6.2).

    request    increases with each message to this parent
    digest     over the heads that the parent should hold once it has taken this message
    epoch      the parent's epoch in which ``cursors`` (division -> number) count
    pulls      origins of which the parent showed more than the child holds
    yours      newest event held of the parent's own: (origin, seq, id)
    ref        reference events held: count, and the beginning of the newest's id
    seen       newest checkpoint: tree size, UTC ms
    receipts   largest tree size of the receipts that this parent has given
    papers     (hash, size) that the child can send up
    need       hashes that it asks for
    track      hashes of which it asks whether they are at the county
    health     device's clock, free disk, counts: for people
    heard      node below it -> minutes since it spoke to the child: for people
    max_bytes  of lines that it wants in the answer; 0: nothing at all, while it has more to send
    chain      its own chain, once the parent said that it does not know it
    """

    request: int
    digest: str = ""
    program: str = ""
    epoch: str | None = None
    cursors: Mapping[str, int] = field(default_factory=dict)
    pulls: tuple[Pull, ...] = ()
    yours: tuple[str, int, str] | None = None
    ref: tuple[int, str | None] = (0, None)
    seen: tuple[int, int] = (0, 0)
    receipts: int = 0
    papers: tuple[tuple[str, int], ...] = ()
    need: tuple[str, ...] = ()
    track: tuple[str, ...] = ()
    health: Mapping[str, int | str] = field(default_factory=dict)
    heard: Mapping[str, int] = field(default_factory=dict)
    max_bytes: int = 0
    chain: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The header, without what says nothing."""
        return _slim(
            {
                "v": VERSION,
                "request": self.request,
                "digest": self.digest,
                "program": self.program,
                "epoch": self.epoch,
                "cursors": dict(self.cursors),
                "pulls": [[pull.origin, [list(place) for place in pull.places]] for pull in self.pulls],
                "yours": list(self.yours) if self.yours else None,
                "ref": list(self.ref) if self.ref[0] else None,
                "seen": list(self.seen) if self.seen[0] else None,
                "receipts": self.receipts,
                "papers": [list(paper) for paper in self.papers],
                "need": list(self.need),
                "track": list(self.track),
                "health": dict(self.health),
                "heard": dict(self.heard),
                "max": self.max_bytes,
                "chain": list(self.chain),
            }
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a parent says (PROTOCOL.md 6.4).

    answers    request id
    newest     the largest request id that the parent knows of this child, where that is larger
    epoch      of the parent's feeds
    stranger   the parent knows the child by its chain alone: it must go on showing it
    refusal    why the offer is not answered further
    heads      what the parent holds of the child's upward origins; None where the digest agrees
    waiting    (id, reason) of lines that came too early and are kept
    refused    (id, code) of lines put aside or not kept
    pulled     see ``Pulled``
    ref        reference events that the child holds once it has taken this answer, and how many there are
    feed       division -> ``FeedSpan``
    left       cases that have left the child's scope
    receipts   lines of the county's receipts
    checkpoint the newest note
    wants      (hash, capability, bytes had) of offered papers that the parent lacks
    later      (hash, code) of offered papers that it cannot take now
    gives      (hash, capability) of papers asked for
    arrived    those tracked that are at the county
    more       there is more to be had
    """

    answers: int
    epoch: str
    newest: int = 0
    program: str = ""
    stranger: bool = False
    refusal: str | None = None
    heads: Mapping[str, tuple[int, str]] | None = None
    waiting: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str | None, str], ...] = ()
    pulled: tuple[Pulled, ...] = ()
    ref: tuple[int, int] | None = None
    feed: Mapping[str, FeedSpan] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    checkpoint: str = ""
    wants: tuple[tuple[str, str, int], ...] = ()
    later: tuple[tuple[str, str], ...] = ()
    gives: tuple[tuple[str, str], ...] = ()
    arrived: tuple[str, ...] = ()
    more: bool = False

    def as_json(self) -> dict[str, Any]:
        """The header, without what says nothing; ``heads`` is there whenever the digest differs."""
        slim = _slim(
            {
                "v": VERSION,
                "answers": self.answers,
                "newest": self.newest,
                "epoch": self.epoch,
                "program": self.program,
                "stranger": self.stranger,
                "refusal": self.refusal,
                "waiting": [list(pair) for pair in self.waiting],
                "refused": [list(pair) for pair in self.refused],
                "pulled": [[p.origin, p.common, p.seq, p.id] for p in self.pulled],
                "ref": list(self.ref) if self.ref else None,
                "feed": {d: [span.after, span.upto, span.tip] for d, span in self.feed.items()},
                "left": list(self.left),
                "receipts": list(self.receipts),
                "checkpoint": self.checkpoint,
                "wants": [list(want) for want in self.wants],
                "later": [list(pair) for pair in self.later],
                "gives": [list(pair) for pair in self.gives],
                "arrived": list(self.arrived),
                "more": self.more,
            }
        )
        if self.heads is not None:
            slim["heads"] = {origin: list(head) for origin, head in self.heads.items()}
        return slim


def read_offer(raw: object) -> Offer:
    """An offer from its JSON.

    Raises ProtocolMismatch ``sync.version``, BadInput ``sync.bad_header`` (detail ``key``).
    """
    get = _Header(raw)
    return Offer(
        request=get("request", _number),
        digest=get("digest", _match(_DIGEST), ""),
        program=get("program", _text(40), ""),
        epoch=get("epoch", _match(_EPOCH), None),
        cursors=get("cursors", _map(_division, _count, MAX_ITEMS), {}),
        pulls=get("pulls", _list(_pull, MAX_ITEMS), ()),
        yours=get("yours", _row(_origin, _count, _id), None),
        ref=get("ref", _row(_count, _match(_SHORT_ID)), (0, None)),
        seen=get("seen", _row(_count, _count), (0, 0)),
        receipts=get("receipts", _count, 0),
        papers=get("papers", _list(_row(_id, _count), MAX_HASHES), ()),
        need=get("need", _list(_id, MAX_HASHES), ()),
        track=get("track", _list(_id, MAX_HASHES), ()),
        health=get("health", _map(_text(20), _fact, 16), {}),
        heard=get("heard", _map(_match(_NODE), _count, MAX_HEARD), {}),
        max_bytes=get("max", _count, 0),
        chain=get("chain", _list(_text(70_000), 2), ()),
    )


def read_answer(raw: object) -> Answer:
    """An answer from its JSON.  Raises as ``read_offer``."""
    get = _Header(raw)
    span = _row(_count, _count, _count)
    return Answer(
        answers=get("answers", _number),
        newest=get("newest", _count, 0),
        epoch=get("epoch", _match(_EPOCH)),
        program=get("program", _text(40), ""),
        stranger=get("stranger", _flag, False),
        refusal=get("refusal", _match(_CODE), None),
        heads=get("heads", _map(_origin, _row(_count, _id), MAX_ORIGINS), None),
        waiting=get("waiting", _list(_row(_id, _match(_CODE)), MAX_LINES), ()),
        refused=get("refused", _list(_row(_maybe(_id), _match(_CODE)), MAX_LINES), ()),
        pulled=get("pulled", _list(_pulled, MAX_ITEMS), ()),
        ref=get("ref", _row(_count, _count), None),
        feed=get("feed", _map(_division, lambda v: FeedSpan(*span(v)), MAX_ITEMS), {}),
        left=get("left", _list(_id, MAX_LINES), ()),
        receipts=get("receipts", _list(_text(70_000), MAX_ITEMS), ()),
        checkpoint=get("checkpoint", _text(4_000), ""),
        wants=get("wants", _list(_row(_id, _match(_CAPABILITY), _count), MAX_HASHES), ()),
        later=get("later", _list(_row(_id, _match(_CODE)), MAX_HASHES), ()),
        gives=get("gives", _list(_row(_id, _match(_CAPABILITY)), MAX_HASHES), ()),
        arrived=get("arrived", _list(_id, MAX_HASHES), ()),
        more=get("more", _flag, False),
    )


# ---------------------------------------------------------------- reading


def _slim(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in fields.items()
        if value not in (None, 0, "", False) and value != [] and value != {}
    }


class _Wrong(Exception):
    """The value does not fit."""


_NEEDED = object()


class _Header:
    """Reads the keys of one header; says which of them is wrong."""

    def __init__(self, raw: object) -> None:
        if not isinstance(raw, Mapping):
            raise BadInput("sync.bad_header", key="")
        version = raw.get("v")
        if type(version) is not int:
            raise BadInput("sync.bad_header", key="v")
        if version != VERSION:
            raise ProtocolMismatch("sync.version", theirs=version, ours=VERSION)
        self._raw = raw

    def __call__(self, key: str, read: Callable[[Any], Any], missing: Any = _NEEDED) -> Any:
        value = self._raw.get(key)
        if value is None:
            if missing is _NEEDED:
                raise BadInput("sync.bad_header", key=key)
            return missing
        try:
            return read(value)
        except _Wrong as exc:
            raise BadInput("sync.bad_header", key=key) from exc


def _require(ok: object) -> None:
    if not ok:
        raise _Wrong


def _count(value: Any) -> int:
    _require(type(value) is int and 0 <= value <= MAX_INT)
    return int(value)


def _number(value: Any) -> int:
    _require(value != 0)
    return _count(value)


def _flag(value: Any) -> bool:
    _require(isinstance(value, bool))
    return bool(value)


def _text(most: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        _require(isinstance(value, str) and len(value) <= most)
        return str(value)

    return read


def _match(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        _require(isinstance(value, str) and pattern.match(value))
        return str(value)

    return read


_id = _match(_ID)
_origin = _match(_ORIGIN)


def _division(value: Any) -> str:
    _require(is_office(value) and division(value) == value)
    return str(value)


def _fact(value: Any) -> int | str:
    if isinstance(value, str):
        return _text(80)(value)
    _require(type(value) is int and abs(value) <= MAX_INT)
    return int(value)


def _maybe(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else read(value)


def _list(read: Callable[[Any], T], most: int) -> Callable[[Any], tuple[T, ...]]:
    def each(value: Any) -> tuple[T, ...]:
        _require(isinstance(value, list) and len(value) <= most)
        return tuple(read(one) for one in value)

    return each


def _row(*reads: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def each(value: Any) -> tuple[Any, ...]:
        _require(isinstance(value, list) and len(value) == len(reads))
        return tuple(read(one) for read, one in zip(reads, value, strict=True))

    return each


def _map(name: Callable[[Any], str], read: Callable[[Any], T], most: int) -> Callable[[Any], dict[str, T]]:
    def each(value: Any) -> dict[str, T]:
        _require(isinstance(value, Mapping) and len(value) <= most)
        return {name(key): read(one) for key, one in value.items()}

    return each


def _pull(value: Any) -> Pull:
    places: Sequence[tuple[int, str]]
    origin, places = _row(_origin, _list(_row(_count, _id), MAX_PLACES))(value)
    return Pull(origin, tuple(places))


def _pulled(value: Any) -> Pulled:
    # ``id`` is empty where nothing of the origin is common and nothing went.
    origin, common, seq, id = _row(_origin, _count, _count, _text(64))(value)
    _require(_ID.match(id) if seq else not id)
    return Pulled(origin, common, seq, id)
