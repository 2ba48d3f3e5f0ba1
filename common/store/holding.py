"""What is kept beside the ledger: events that came too early, stubs of what cannot be read.  People see both lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from common.store.database import Database, Value
from common.store.ledger import Ledger, Names

_PAGE = 256


@dataclass(frozen=True, slots=True)
class Held:
    """A good event that waits for ``needs``: the id of an event, or of a node.  ``since``: UTC ms."""

    id: str
    needs: str
    reason: str
    line: bytes
    source: str
    upward: bool
    since: int


@dataclass(frozen=True, slots=True)
class Stub:
    """A line that its author signed well but that the envelope rules cannot read; ``line`` is its quarantine.

    ``origin``, ``seq`` and ``prev`` as far as they could be read; ``node``: whose key signed it.
    """

    id: str
    node: str
    origin: str | None
    seq: int | None
    prev: str | None
    code: str
    line: bytes
    source: str
    since: int


class Waiting:
    """Events held until what they need has come."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def hold(self, held: Iterable[Held]) -> None:
        """Keep them; one that waits already now waits for the new need."""
        self._db.run_many(
            "INSERT INTO waiting (id, needs, reason, line, source, upward, since) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET needs = excluded.needs, reason = excluded.reason",
            [(bytes.fromhex(h.id), h.needs, h.reason, h.line, h.source, h.upward, h.since) for h in held],
        )

    def release(self, ids: Iterable[str]) -> None:
        """They wait no more."""
        self._db.run_many("DELETE FROM waiting WHERE id = ?", [(bytes.fromhex(id),) for id in ids])

    def needing(self, needs: Iterable[str]) -> Sequence[Held]:
        """Those that wait for one of these."""
        if self._db.is_empty("waiting"):
            return ()
        return [_held(r) for r in self._db.chunks(_HELD + " WHERE needs IN (%s)", needs)]

    def has(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that wait here."""
        if self._db.is_empty("waiting"):
            return set()
        keys = [bytes.fromhex(id) for id in ids]
        return {id.hex() for (id,) in self._db.chunks("SELECT id FROM waiting WHERE id IN (%s)", keys)}

    def reasons(self, ids: Iterable[str]) -> dict[str, str]:
        """Those of the ids that wait here, each with why."""
        if self._db.is_empty("waiting"):
            return {}
        keys = [bytes.fromhex(id) for id in ids]
        found = self._db.chunks("SELECT id, reason FROM waiting WHERE id IN (%s)", keys)
        return {id.hex(): str(reason) for id, reason in found}

    def get(self, id: str) -> Held | None:
        row = self._db.row(_HELD + " WHERE id = ?", (bytes.fromhex(id),))
        return _held(row) if row else None

    def all(self) -> Iterator[Held]:
        """Every one."""
        return map(_held, _paged(self._db, _HELD))

    def list(self, limit: int = 500) -> Sequence[Held]:
        """The oldest first."""
        return [_held(r) for r in self._db.rows(_HELD + " ORDER BY since, id LIMIT ?", (limit,))]

    def count(self) -> int:
        return int(self._db.one("SELECT count(*) FROM waiting"))


_HELD = "SELECT id, needs, reason, line, source, upward, since FROM waiting"


def _held(row: tuple[Value, ...]) -> Held:
    id, needs, reason, line, source, upward, since = row
    return Held(id.hex(), needs, reason, line, source, bool(upward), since)


class Stubs:
    """Places in a chain whose bytes cannot be read."""

    def __init__(self, db: Database, ledger: Ledger) -> None:
        self._db = db
        self._ledger = ledger
        self._origins = Names(db, "origin", "name")

    def record(self, stub: Stub) -> None:
        """Keep it; where its place is known, the origin goes on over it."""
        origin = self._origins.id(stub.origin) if stub.origin else None
        self._db.run(
            "INSERT INTO stub (id, node, origin, seq, prev, code, line, source, since)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (
                bytes.fromhex(stub.id),
                stub.node,
                origin,
                stub.seq,
                bytes.fromhex(stub.prev) if stub.prev else None,
                stub.code,
                stub.line,
                stub.source,
                stub.since,
            ),
        )
        if stub.origin and stub.seq:
            self._ledger.stand_in(stub.origin, stub.seq)

    def place(self, id: str, node: str, origin: str, seq: int) -> bool:
        """An event of this node follows a stub and so says where it stands.  False if the stub stands elsewhere."""
        self._db.run(
            "UPDATE stub SET origin = ?, seq = ? WHERE id = ? AND node = ? AND seq IS NULL",
            (self._origins.id(origin), seq, bytes.fromhex(id), node),
        )
        self._ledger.stand_in(origin, seq)
        found = self.get(id)
        return found is not None and (found.node, found.origin, found.seq) == (node, origin, seq)

    def has(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are stubs here."""
        if self._db.is_empty("stub"):
            return set()
        keys = [bytes.fromhex(id) for id in ids]
        return {id.hex() for (id,) in self._db.chunks("SELECT id FROM stub WHERE id IN (%s)", keys)}

    def get(self, id: str) -> Stub | None:
        row = self._db.row(_STUB + " WHERE id = ?", (bytes.fromhex(id),))
        return self._stub(row) if row else None

    def all(self) -> Iterator[Stub]:
        """Every one."""
        return map(self._stub, _paged(self._db, _STUB))

    def list(self, limit: int = 500) -> Sequence[Stub]:
        """The newest first."""
        return [self._stub(r) for r in self._db.rows(_STUB + " ORDER BY since DESC, id LIMIT ?", (limit,))]

    def count(self) -> int:
        return int(self._db.one("SELECT count(*) FROM stub"))

    def _stub(self, row: tuple[Value, ...]) -> Stub:
        id, node, origin, seq, prev, code, line, source, since = row
        name = self._origins.text(origin) if origin is not None else None
        return Stub(id.hex(), node, name, seq, prev.hex() if prev else None, code, line or b"", source, since)


_STUB = "SELECT id, node, origin, seq, prev, code, line, source, since FROM stub"


def _paged(db: Database, sql: str) -> Iterator[tuple[Value, ...]]:
    """All rows of a query that begins with ``id``, by id, some at a time."""
    rows = db.rows(sql + " ORDER BY id LIMIT ?", (_PAGE,))
    while rows:
        yield from rows
        rows = db.rows(sql + " WHERE id > ? ORDER BY id LIMIT ?", (rows[-1][0], _PAGE))
