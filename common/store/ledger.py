"""The ledger 办理留痕: every event, in the order taken, and where each origin's main line has got to.

An event belongs to its origin's *main line* if its predecessor is the head; at an occupied place it is kept as a *side
branch*, with what follows on it.  An event whose predecessor is not held stands *loose*, as a parent's selection does,
until what is missing comes.  The head moves on over loose events and over stubs.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from common.event_types import APPOINTMENTS
from common.events import Event, recall
from common.store.cases import Cases
from common.store.database import Database, Value

OWN = ""  # the source of what was written here

_COLUMNS = "pos, id, origin, seq, side, source, header, signature, payload"
_CHUNK = 256
_SMALL_LINE_BYTES = 600  # few are shorter: more rows of a page are not worth reading


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as kept, not decoded: enough to send it on.

    ``pos`` is 0 for a stub.  ``side``: off its origin's main line.  ``source``: whom it came from, or ``OWN``.
    """

    pos: int
    id: str
    origin: str
    seq: int
    side: bool
    source: str
    line: bytes

    @property
    def event(self) -> Event:
        jws, _, payload = self.line.partition(b" ")
        return recall(self.id, payload, jws.decode("ascii"))


@dataclass(slots=True)
class _Stream:
    """An origin's row while a batch is appended."""

    id: int
    seq: int
    head: bytes | None
    top: int
    reference: bool
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Tail:
    """What one transaction has appended after the position ``start``: (id, case) of each event, in order."""

    transaction: int
    start: int
    events: list[tuple[str, str | None]] = field(default_factory=list)

    def places(self, after: int, cases: Container[str] | None = None) -> dict[str, dict[str, int]]:
        """case -> id -> pos of the events of these cases, None of all, after a position."""
        found: dict[str, dict[str, int]] = {}
        for pos, (id, case) in enumerate(self.events[after - self.start :], after + 1):
            if case is not None and (cases is None or case in cases):
                found.setdefault(case, {})[id] = pos
        return found


class Names:
    """Short numbers for texts that repeat in every row."""

    def __init__(self, db: Database, table: str, column: str) -> None:
        self._db = db
        self._insert = f"INSERT INTO {table} ({column}) VALUES (?)"  # noqa: S608
        self._by_text = f"SELECT id FROM {table} WHERE {column} = ?"  # noqa: S608
        self._by_id = f"SELECT {column} FROM {table} WHERE id = ?"  # noqa: S608
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        db.on_rollback(self._forget)

    def _forget(self) -> None:
        self._ids.clear()
        self._texts.clear()

    def id(self, text: str) -> int:
        """The number of a text, given now if it has none yet."""
        found = self.find(text)
        if found is None:
            self._db.run(self._insert, (text,))
            found = self._ids[text] = int(self._db.one(self._by_text, (text,)))
        return found

    def find(self, text: str) -> int | None:
        """The number of a text; None if it has none."""
        found = self._ids.get(text)
        if found is None and (number := self._db.one(self._by_text, (text,))) is not None:
            found = self._ids[text] = int(number)
        return found

    def text(self, number: int) -> str:
        """The text of a number that was given."""
        found = self._texts.get(number)
        if found is None:
            found = self._texts[number] = str(self._db.one(self._by_id, (number,)))
        return found


class Ledger:
    """See the module.  Ids are hex text outside and bytes inside."""

    def __init__(self, db: Database, cases: Cases) -> None:
        self._db, self._cases = db, cases
        self._names = Names(db, "name", "text")
        self._origins = Names(db, "origin", "name")
        self._tail = _Tail(-1, 0)

    # -- writing

    def append(self, events: Sequence[Event], source: str = OWN) -> list[int]:
        """Store verified events, none of them held yet, in the order given; their positions 1, 2, 3 ...

        Inside ``write`` only.  ValueError if an event is held already (a bug: ask ``has`` first).
        """
        streams: dict[str, _Stream] = {}
        pos = self.pos()
        tail = self._tail_at(pos)
        number = self._names.id(source)
        rows: list[tuple[Value, ...]] = []
        pending: dict[str, bool] = {}  # appended in this batch but not in the table yet: id -> side
        for event in events:
            stream = streams.get(event.origin) or streams.setdefault(event.origin, self._stream(event.origin))
            if stream.top != stream.seq or event.seq != stream.top + 1:
                self._write(rows)  # this one asks the table about its place
                rows, pending = [], {}
            side = self._place(stream, event, pending)
            pos += 1
            tail.events.append((event.id, event.case_id))
            pending[event.id] = side
            rows.append(self._row(pos, event, stream, side, number))
            if not side and stream.top > stream.seq:
                self._write(rows)
                rows, pending = [], {}
                self._advance(stream)
        self._write(rows)
        for stream in streams.values():
            if stream.changed:
                self._db.run(
                    "UPDATE origin SET seq = ?, head = ?, top = ? WHERE id = ?",
                    (stream.seq, stream.head, stream.top, stream.id),
                )
        return list(range(pos - len(events) + 1, pos + 1))

    def _tail_at(self, pos: int) -> _Tail:
        """The tail of this transaction, to be appended to after ``pos``."""
        if self._tail.transaction != self._db.writes:
            self._tail = _Tail(self._db.writes, pos)
        return self._tail

    def _tail_after(self, pos: int) -> _Tail | None:
        """The tail of this transaction, if all events after ``pos`` are in it."""
        tail = self._tail
        return (
            tail if self._db.writing and tail.transaction == self._db.writes and tail.start <= pos else None
        )

    def _place(self, stream: _Stream, event: Event, pending: dict[str, bool]) -> bool:
        """Move the stream's head or top for an event about to be stored; True if it goes on a side branch."""
        prev = bytes.fromhex(event.prev) if event.prev else None
        if event.seq == stream.seq + 1 and prev == stream.head:
            if stream.top > stream.seq:  # a loose one from another line may stand there
                self._db.run("UPDATE event SET side = 1 WHERE origin = ? AND seq = ?", (stream.id, event.seq))
            stream.seq, stream.head = event.seq, bytes.fromhex(event.id)
            stream.top, stream.changed = max(stream.top, event.seq), True
            return False
        maybe_taken = event.seq <= stream.top
        stream.top, stream.changed = max(stream.top, event.seq), True
        if event.seq <= stream.seq or (maybe_taken and self._occupied(stream, event.seq)):
            return True
        return self._on_side(stream, event.seq - 1, prev, pending)

    def _occupied(self, stream: _Stream, seq: int) -> bool:
        found = self._db.row(
            "SELECT 1 FROM event WHERE origin = ? AND seq = ? AND NOT side"
            " UNION ALL SELECT 1 FROM stub WHERE origin = ? AND seq = ?",
            (stream.id, seq, stream.id, seq),
        )
        return found is not None

    def _on_side(self, stream: _Stream, seq: int, id: bytes | None, pending: dict[str, bool]) -> bool:
        """Is the event at this place held on a side branch?"""
        if id is None:
            return False
        if (known := pending.get(id.hex())) is not None:
            return known
        found = self._db.row(
            "SELECT side FROM event WHERE origin = ? AND seq = ? AND id = ?", (stream.id, seq, id)
        )
        return found is not None and bool(found[0])

    def _advance(self, stream: _Stream) -> None:
        """Move the head over what stands loose behind it."""
        while stream.top > stream.seq:
            place = (stream.id, stream.seq + 1)
            following = [
                *self._db.rows("SELECT id, prev FROM event WHERE origin = ? AND seq = ?", place),
                *self._db.rows(
                    "SELECT id, coalesce(prev, ?) FROM stub WHERE origin = ? AND seq = ?",
                    (stream.head, *place),
                ),
            ]
            chosen = next((id for id, prev in following if prev == stream.head), None)
            if chosen is None:
                return
            self._db.run("UPDATE event SET side = (id <> ?) WHERE origin = ? AND seq = ?", (chosen, *place))
            stream.seq, stream.head, stream.changed = stream.seq + 1, chosen, True

    def _row(self, pos: int, event: Event, stream: _Stream, side: bool, source: int) -> tuple[Value, ...]:
        header, _, signature = event.jws.partition("..")
        case = event.case_id
        return (
            pos,
            bytes.fromhex(event.id),
            stream.id,
            event.seq,
            bytes.fromhex(event.prev) if event.prev else None,
            self._names.id(event.type),
            self._cases.number(case) if case else None,
            side,
            event.type in APPOINTMENTS or (stream.reference and not side),
            source,
            self._names.id(header),
            urlsafe_b64decode(signature + "=="),
            event.payload,
        )

    def _write(self, rows: Sequence[tuple[Value, ...]]) -> None:
        if rows:
            self._db.run_many(
                "INSERT INTO event (pos, id, origin, seq, prev, type, case_no, side, refers, source, header, signature,"
                " payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def stand_in(self, origin: str, seq: int) -> None:
        """A stub was recorded at this place: move the origin's head over it if it can."""
        stream = self._stream(origin)
        stream.top = max(stream.top, seq)
        self._advance(stream)
        self._db.run(
            "UPDATE origin SET seq = ?, head = ?, top = ? WHERE id = ?",
            (stream.seq, stream.head, stream.top, stream.id),
        )

    def mark_reference(self, origin: str) -> None:
        """This origin is the hub's reference ledger: what is appended to its main line makes the Reference."""
        self._db.run("UPDATE origin SET reference = 1 WHERE id = ?", (self._origins.id(origin),))

    def _stream(self, origin: str) -> _Stream:
        number = self._origins.id(origin)
        found = self._db.row("SELECT seq, head, top, reference FROM origin WHERE id = ?", (number,))
        if found is None:
            raise ValueError(f"no origin {origin}")
        seq, head, top, reference = found
        return _Stream(number, seq, head, top, bool(reference))

    # -- asking

    def pos(self) -> int:
        """The newest position; 0 in an empty ledger."""
        return self._db.one("SELECT max(pos) FROM event") or 0

    def at_places(self, places: Iterable[tuple[str, int]]) -> dict[str, tuple[str, int]]:
        """id -> (origin, seq) of all events held at these places, and maybe at some between them.

        What is taken in is looked up so: an origin's places lie side by side, ids lie all over.
        """
        by_origin: dict[str, set[int]] = {}
        for origin, seq in places:
            by_origin.setdefault(origin, set()).add(seq)
        found = {}
        for origin, seqs in by_origin.items():
            for id, seq in self._between(self._origins.find(origin), sorted(seqs)):
                found[id.hex()] = (origin, seq)
        return found

    def follows(self, id: str, origin: str, seq: int) -> bool:
        """Does an event that is held stand on this one, or this stub, at a place?"""
        found = self._db.row(
            "SELECT 1 FROM event WHERE origin = ? AND seq = ? AND prev = ?",
            (self._origins.find(origin), seq + 1, bytes.fromhex(id)),
        )
        return found is not None

    def _between(self, origin: int | None, seqs: Sequence[int]) -> Iterable[tuple[Value, ...]]:
        if seqs[-1] - seqs[0] < 2 * len(seqs):
            return self._db.rows(
                "SELECT id, seq FROM event WHERE origin = ? AND seq BETWEEN ? AND ?",
                (origin, seqs[0], seqs[-1]),
            )
        return self._db.chunks(
            "SELECT id, seq FROM event WHERE origin = ? AND seq IN (%s)", seqs, before=(origin,)
        )

    def stored_at(self, places: Iterable[int]) -> list[Stored]:
        """The events at these positions, in their order."""
        rows = self._db.chunks(f"SELECT {_COLUMNS} FROM event WHERE pos IN (%s)", places)  # noqa: S608
        return sorted((self._stored(row) for row in rows), key=lambda one: one.pos)

    # Ids lie all over an index, each on a page of its own: only what belongs to no case is found by id alone.

    def of_no_case(self, ids: Iterable[str]) -> dict[str, Stored]:
        """Those of these events that are held and belong to no case, by id."""
        found = self.stored_at(self.positions(ids).values())
        return {one.id: one for one in found}

    def positions(self, ids: Iterable[str]) -> dict[str, int]:
        """id -> pos of those of the ids that are held and belong to no case."""
        wanted = {bytes.fromhex(id) for id in ids}
        sql = "SELECT id, pos FROM event WHERE case_no IS NULL AND substr(id, 1, 8) IN (%s)"
        rows = self._db.chunks(sql, {id[:8] for id in wanted})
        return {id.hex(): pos for id, pos in rows if id in wanted}

    def get(self, id: str) -> Event | None:
        """An event of no case."""
        found = self.of_no_case((id,)).get(id)
        return found.event if found else None

    def line(self, id: str) -> bytes | None:
        """The line of an event of no case."""
        found = self.of_no_case((id,)).get(id)
        return found.line if found else None

    def registration(self, case: str) -> Event | None:
        """The event that registered the case, if it is held."""
        return next((event for event in self.of_case(case) if event.id == case), None)

    def of_case(self, case: str) -> list[Event]:
        """The events of a case, in the order of pos."""
        return [one.event for one in self.stored_of_case(case)]

    def stored_of_case(self, case: str) -> list[Stored]:
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM event WHERE case_no = ?", (self._cases.find(case),))  # noqa: S608
        return sorted((self._stored(row) for row in rows), key=lambda one: one.pos)

    def of_cases(self, cases: Iterable[str]) -> dict[str, list[Stored]]:
        """case -> its events, in the order of pos; a case without any is left out."""
        found: dict[str, list[Stored]] = {}
        known = self._cases.find_all(cases)
        rows = self._db.chunks(f"SELECT case_no, {_COLUMNS} FROM event WHERE case_no IN (%s)", known)  # noqa: S608
        for number, *row in rows:
            found.setdefault(known[number], []).append(self._stored(tuple(row)))
        for stored in found.values():
            stored.sort(key=lambda one: one.pos)
        return found

    def places_of_cases(self, cases: Iterable[str]) -> dict[str, dict[str, int]]:
        """case -> id -> pos of its events, in the order of pos; a case without any is left out."""
        asked = set(cases)
        first_heard_of = asked & self._cases.first_heard_of()
        known = self._cases.find_all(asked - first_heard_of)
        rows = self._db.chunks("SELECT pos, case_no, id FROM event WHERE case_no IN (%s)", known)
        found = self._by_case(sorted(rows), known)
        return found | self._tail.places(self._tail.start, first_heard_of) if first_heard_of else found

    def places_after(self, pos: int) -> dict[str, dict[str, int]]:
        """case -> id -> pos of the events of cases after a position, in the order of pos."""
        if (tail := self._tail_after(pos)) is not None:
            return tail.places(pos)
        rows = self._db.rows(
            "SELECT pos, case_no, id FROM event WHERE pos > ? AND case_no NOTNULL ORDER BY pos", (pos,)
        )
        return self._by_case(rows, self._cases.ids(number for _, number, _ in rows))

    @staticmethod
    def _by_case(rows: Iterable[tuple[Value, ...]], cases: Mapping[int, str]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for pos, number, id in rows:
            found.setdefault(cases[number], {})[id.hex()] = pos
        return found

    def ids_after(self, pos: int) -> Iterator[str]:
        """The ids of all events after a position, in the order of pos."""
        if (tail := self._tail_after(pos)) is not None:
            yield from (id for id, _ in tail.events[pos - tail.start :])
            return
        more = True
        while more:
            rows = self._db.rows(
                "SELECT pos, id FROM event WHERE pos > ? ORDER BY pos LIMIT ?", (pos, _CHUNK)
            )
            yield from (id.hex() for _, id in rows)
            more = len(rows) == _CHUNK
            pos = rows[-1][0] if rows else pos

    def heads(self, origins: Iterable[str] | None = None) -> dict[str, tuple[int, str]]:
        """origin -> (seq, id) of the head of its main line; an origin without one is left out."""
        if origins is None:
            rows: Iterable[tuple[Value, ...]] = self._db.rows(
                "SELECT name, seq, head FROM origin WHERE seq > 0"
            )
        else:
            rows = self._db.chunks(
                "SELECT name, seq, head FROM origin WHERE seq > 0 AND name IN (%s)", origins
            )
        return {name: (seq, head.hex()) for name, seq, head in rows}

    def newest(self, origins: Iterable[str]) -> list[Stored]:
        """The events at the heads of these origins, in the order of pos; where a stub stands there is none."""
        sql = (
            "SELECT e.pos FROM origin o JOIN event e ON e.origin = o.id AND e.seq = o.seq AND e.id = o.head"
            " WHERE o.name IN (%s)"
        )
        return self.stored_at(pos for (pos,) in self._db.chunks(sql, origins))

    def newest_of(self, node: str) -> tuple[str, int, str] | None:
        """(origin, seq, id) of the newest event held of the epoch of a node that came here last, gaps or not."""
        found = self._db.row(
            "SELECT o.name, e.seq, e.id FROM origin o JOIN event e ON e.origin = o.id AND e.seq = o.top AND NOT e.side"
            " WHERE o.name > ? AND o.name < ? AND NOT o.reference ORDER BY o.id DESC LIMIT 1",
            (f"{node}/", f"{node}0"),  # "0" follows "/"
        )
        return (found[0], found[1], found[2].hex()) if found else None

    def heads_of(self, nodes: Iterable[str]) -> dict[str, tuple[int, str]]:
        """As ``heads``, of all origins of these nodes."""
        found: dict[str, tuple[int, str]] = {}
        for node in nodes:
            rows = self._db.rows(
                "SELECT name, seq, head FROM origin WHERE seq > 0 AND name > ? AND name < ?",
                (node + "/", node + "0"),
            )
            found.update((name, (seq, head.hex())) for name, seq, head in rows)
        return found

    def tops_of(self, nodes: Iterable[str]) -> dict[str, int]:
        """origin -> highest seq held, gaps or not, of all origins of these nodes."""
        found: dict[str, int] = {}
        for node in nodes:
            rows = self._db.rows(
                "SELECT name, top FROM origin WHERE top > 0 AND name > ? AND name < ?",
                (node + "/", node + "0"),
            )
            found.update(rows)
        return found

    def head(self, origin: str) -> tuple[int, str] | None:
        return self.heads((origin,)).get(origin)

    def at(self, origin: str, seq: int) -> str | None:
        """The id at a place of the main line, a stub's too; None beyond its head."""
        number = self._origins.find(origin)
        found = self._db.one(
            "SELECT id FROM event WHERE origin = ? AND seq = ? AND NOT side"
            " AND seq <= (SELECT o.seq FROM origin o WHERE o.id = event.origin)"
            " UNION ALL SELECT s.id FROM stub s WHERE s.origin = ? AND s.seq = ?",
            (number, seq, number, seq),
        )
        return found.hex() if found else None

    def ids_at(self, origin: str, seq: int) -> set[str]:
        """The ids held at a place on no side branch: of the main line, loose, stubs."""
        number = self._origins.find(origin)
        rows = self._db.rows(
            "SELECT id FROM event WHERE origin = ? AND seq = ? AND NOT side"
            " UNION ALL SELECT id FROM stub WHERE origin = ? AND seq = ?",
            (number, seq, number, seq),
        )
        return {id.hex() for (id,) in rows}

    def linked_at(self, origin: str, seq: int) -> dict[str, str | None]:
        """id -> id of the one before it, of all held at a place, on whatever line: events and stubs."""
        number = self._origins.find(origin)
        rows = self._db.rows(
            "SELECT id, prev FROM event WHERE origin = ? AND seq = ?"
            " UNION ALL SELECT id, prev FROM stub WHERE origin = ? AND seq = ?",
            (number, seq, number, seq),
        )
        return {id.hex(): prev.hex() if prev else None for id, prev in rows}

    def beyond(self, places: Mapping[str, int]) -> list[tuple[str, str | None]]:
        """(id, case) of what stands after these places, origin -> seq, on no side branch."""
        rows = [
            row
            for origin, seq in places.items()
            for row in self._db.rows(
                "SELECT id, case_no FROM event WHERE origin = ? AND seq > ? AND NOT side",
                (self._origins.find(origin), seq),
            )
        ]
        cases = self._cases.ids({case for _, case in rows if case})
        return [(id.hex(), cases.get(case)) for id, case in rows]

    def after(self, origin: str, seq: int, max_bytes: int) -> list[Stored]:
        """The run of an origin's main line after ``seq``, stubs among it: ``max_bytes`` of lines, at least one."""
        number = self._origins.find(origin)
        if number is None:
            return []
        found: list[Stored] = []
        chunk = min(_CHUNK, max(0, max_bytes) // _SMALL_LINE_BYTES + 1)
        while True:
            rows = self._db.rows(
                f"SELECT {_COLUMNS} FROM event WHERE origin = ? AND seq > ? AND NOT side"  # noqa: S608
                " AND seq <= (SELECT o.seq FROM origin o WHERE o.id = event.origin) ORDER BY seq LIMIT ?",
                (number, seq, chunk),
            )
            last = rows[-1][3] if len(rows) == chunk else 1 << 62
            stubs = self._db.rows(
                "SELECT 0, id, origin, seq, 0, 0, 0, NULL, line FROM stub WHERE origin = ? AND seq > ? AND seq <= ?"
                " AND seq <= (SELECT o.seq FROM origin o WHERE o.id = stub.origin)",
                (number, seq, last),
            )
            for row in sorted(rows + stubs, key=lambda row: row[3]):
                one = self._stored(row)
                max_bytes -= len(one.line) + 1
                if found and max_bytes < 0:
                    return found
                found.append(one)
            if len(rows) < chunk:
                return found
            seq = last

    def oldest_after(self, places: Mapping[str, int], limit: int) -> list[Stored]:
        """What follows these places (origin -> seq) on the main lines: the ``limit`` that came first, by pos."""
        sql = (
            "SELECT e.pos FROM event e JOIN origin o ON o.id = e.origin"
            " WHERE o.name = ? AND e.seq > ? AND e.seq <= o.seq AND NOT e.side ORDER BY e.seq LIMIT ?"
        )
        oldest = sorted(
            pos for origin, seq in places.items() for (pos,) in self._db.rows(sql, (origin, seq, limit))
        )
        return self.stored_at(oldest[:limit])

    def cases_after(self, origin: str, seq: int) -> list[str]:
        """The cases with an event of this origin after ``seq``."""
        rows = self._db.rows(
            "SELECT DISTINCT case_no FROM event WHERE origin = ? AND seq > ? AND case_no IS NOT NULL",
            (self._origins.find(origin), seq),
        )
        return list(self._cases.ids(number for (number,) in rows).values())

    def of_type(self, kind: str) -> list[Event]:
        """All events of a type.  Reads the whole ledger."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM event WHERE type = ?", (self._names.find(kind),))  # noqa: S608
        return [self._stored(row).event for row in rows]

    def broken_at(self, origin: str) -> int:
        """The place that an origin's main line, stubs among it, cannot be followed back to from its head; 0 if whole.

        Other stubs may lie beside it.  One that does not tell what it stands on stands on what is there.
        """
        number = self._origins.find(origin)
        at: int
        at, wanted = self._db.row("SELECT seq, head FROM origin WHERE id = ?", (number,)) or (0, None)
        while at > 0:
            place = (number, at - _CHUNK, at)
            rows = self._db.rows(
                "SELECT seq, id, prev, 0 FROM event WHERE origin = ? AND NOT side AND seq > ? AND seq <= ?"
                " UNION ALL SELECT seq, id, prev, 1 FROM stub WHERE origin = ? AND seq > ? AND seq <= ?"
                " ORDER BY 1 DESC, 4",
                (*place, *place),
            )
            for seq, here in groupby(rows, key=itemgetter(0)):
                found = next((row for row in here if wanted is None or row[1] == wanted), None)
                if seq != at or found is None or not _links(*found):
                    return at
                at, wanted = at - 1, found[2]
            if not rows:
                return at
        return 0

    def columns_fit(self, pos: int, event: Event) -> bool:
        """Do the columns that queries look at say what the event says?"""
        row = self._db.row(
            "SELECT e.origin, e.seq, e.prev, e.type, e.case_no, e.id, e.refers, o.reference AND NOT e.side"
            " FROM event e JOIN origin o ON o.id = e.origin WHERE e.pos = ?",
            (pos,),
        )
        if row is None:
            return False
        *said, of_reference = row
        return said == [
            self._origins.find(event.origin),
            event.seq,
            bytes.fromhex(event.prev) if event.prev else None,
            self._names.find(event.type),
            self._cases.find(event.case_id) if event.case_id else None,
            bytes.fromhex(event.id),
            event.type in APPOINTMENTS or bool(of_reference),
        ]

    def sides(self, after_pos: int, max_bytes: int) -> list[Stored]:
        """Events off their main lines, after a position: what no head tells a parent about."""
        rows = self._db.rows("SELECT pos FROM event WHERE side AND pos > ? ORDER BY pos", (after_pos,))
        return _bounded((self._at_pos(pos) for (pos,) in rows), max_bytes)

    def _at_pos(self, pos: int) -> Stored:
        return self._stored(self._db.rows(f"SELECT {_COLUMNS} FROM event WHERE pos = ?", (pos,))[0])  # noqa: S608

    def log(self, from_pos: int = 1, case: str | None = None) -> Iterator[Stored]:
        """All events from a position on, or those of one case, in the order of pos."""
        if case is not None:
            yield from (one for one in self.stored_of_case(case) if one.pos >= from_pos)
            return
        while rows := self._db.rows(
            f"SELECT {_COLUMNS} FROM event WHERE pos >= ? ORDER BY pos LIMIT ?",  # noqa: S608
            (from_pos, _CHUNK),
        ):
            yield from map(self._stored, rows)
            from_pos = rows[-1][0] + 1

    def referring(self, after_pos: int) -> list[Stored]:
        """What the Reference is made from, after a position: the reference ledger and townships' appointments."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM event WHERE refers AND pos > ? ORDER BY pos",  # noqa: S608
            (after_pos,),
        )
        return [self._stored(row) for row in rows]

    def referred(self) -> int:
        """The newest position of what the Reference is made from; 0 for none."""
        return self._db.one("SELECT max(pos) FROM event WHERE refers") or 0

    def reference_origin(self) -> str | None:
        """The hub's reference origin; None before anything of it is held."""
        found: str | None = self._db.one("SELECT name FROM origin WHERE reference")
        return found

    def reference_origins(self) -> list[str]:
        """All that are marked as the hub's reference origin; one of them, or none, is right."""
        return [name for (name,) in self._db.rows("SELECT name FROM origin WHERE reference")]

    def reference(self) -> Iterator[Event]:
        """The reference ledger in its order."""
        origin = self.reference_origin()
        if origin is not None:
            yield from (one.event for one in self.after(origin, 0, 1 << 62))

    def counts(self) -> tuple[int, int]:
        """(events, events that lie off their main lines)."""
        found = self._db.row("SELECT count(*), coalesce(sum(side), 0) FROM event")
        return (found[0], found[1]) if found else (0, 0)

    def cases(self, origins: Iterable[str] = ()) -> list[str]:
        """All cases, in the order in which their first events came; or those with an event of these origins."""
        if origins:
            streams = [self._origins.find(origin) for origin in origins]
            rows: Iterable[tuple[Value, ...]] = self._db.chunks(
                "SELECT DISTINCT case_no FROM event WHERE case_no IS NOT NULL AND origin IN (%s)", streams
            )
        else:
            rows = self._db.rows(
                "SELECT no FROM cases WHERE EXISTS (SELECT 1 FROM event e WHERE e.case_no = no) ORDER BY no"
            )
        numbers = [int(number) for (number,) in rows]
        ids = self._cases.ids(numbers)
        return [ids[number] for number in numbers]

    def _stored(self, row: tuple[Value, ...]) -> Stored:
        pos, id, origin, seq, side, source, header, signature, payload = row
        if signature is None:  # a stub: the whole line
            return Stored(0, id.hex(), self._origins.text(origin), seq, False, OWN, payload or b"")
        jws = f"{self._names.text(header)}..{urlsafe_b64encode(signature).rstrip(b'=').decode('ascii')}"
        return Stored(
            pos,
            id.hex(),
            self._origins.text(origin),
            seq,
            bool(side),
            self._names.text(source),
            jws.encode("ascii") + b" " + payload,
        )


def _links(seq: int, id: bytes, prev: bytes | None, is_stub: bool) -> bool:
    """The first of an origin stands on nothing, each other on the one before; of a stub that may not be known."""
    return prev is None if seq == 1 else prev is not None or is_stub


def _bounded(found: Iterable[Stored], max_bytes: int) -> list[Stored]:
    """The first of them up to so many bytes of lines, at least one."""
    taken: list[Stored] = []
    for one in found:
        max_bytes -= len(one.line) + 1
        if taken and max_bytes < 0:
            break
        taken.append(one)
    return taken
