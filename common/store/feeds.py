"""Feeds: for each division below this node, the numbered list of what concerns it (design 5).

A case that enters a division's scope brings its whole past; leaving is an entry of its own.  The tip carries the count
and the set hash of the distinct events in the feed (docs/decisions/0002).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from common.store.cases import Cases
from common.store.database import Database, Value
from common.store.ledger import Ledger, Stored

_MODULUS = 1 << 256
LEAVING_BYTES = 96  # what an entry without an event takes of a page
_ROWS = 128  # read at a time

Heads = Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed: an event and where it stands in its origin.

    Without ``id``: the case has left the division's scope.  Without ``line``: the reader has it.  ``case`` None:
    an event of no case.
    """

    number: int
    case: str | None
    id: str | None = None
    line: bytes | None = None
    origin: str = ""
    seq: int = 0
    side: bool = False


@dataclass(frozen=True, slots=True)
class Tip:
    """Last number of a feed; count and set hash (32 bytes hex) of the events that concern the division now.

    These are those of the cases in its scope, its people's appointments, the forks of its nodes: whoever holds the same
    has the same, whatever has come and gone.
    """

    number: int = 0
    count: int = 0
    sum: str = "0" * 64


def set_hash(ids: Iterable[str], start: int = 0) -> int:
    """The sum modulo 2^256 of SHA-256 over each id's 32 bytes (docs/decisions/0002)."""
    hashes = (hashlib.sha256(bytes.fromhex(id)).digest() for id in ids)
    return (start + sum(int.from_bytes(one, "big") for one in hashes)) % _MODULUS


@dataclass(frozen=True, slots=True)
class News:
    """Events of a case: their positions in order, their ids, and the set hash of these."""

    pos: tuple[int, ...]
    ids: tuple[str, ...]
    sum: int

    @classmethod
    def since(cls, places: Mapping[str, int], after: int) -> News:
        """Those after a position.  ``places``: id -> pos, in the order of pos."""
        ids = tuple(id for id, pos in places.items() if pos > after)
        return cls(tuple(places[id] for id in ids), ids, set_hash(ids))


@dataclass(slots=True)
class _Feed:
    id: int
    number: int
    count: int
    sum: int
    silent: bool


class Writer:
    """Collects what a transaction appends to feeds, and writes it at once."""

    def __init__(self, db: Database, cases: Cases, silent: Iterable[str] = ()) -> None:
        self._db, self._cases = db, cases
        self._silent = frozenset(silent)
        self._feeds: dict[str, _Feed] = {}
        self._entries: list[tuple[Value, ...]] = []
        self._scopes: dict[tuple[int, int], tuple[int, bool]] = {}

    def bring(self, division: str, case: str, news: News) -> None:
        """The case is in the division's scope: append what is new of it, all of it if it was not before."""
        feed, key = self._feed(division), self._cases.number(case)
        for pos in news.pos:
            self._enter(feed, key, pos)
        feed.count += len(news.pos)
        feed.sum = (feed.sum + news.sum) % _MODULUS
        self._scopes[key, feed.id] = (news.pos[-1], True)

    def leave(self, division: str, case: str, events: Collection[str]) -> None:
        """The case has left the division's scope: it counts no more, with all its events."""
        feed, key = self._feed(division), self._cases.number(case)
        self._enter(feed, key, None)
        feed.count -= len(events)
        feed.sum = (feed.sum - set_hash(events)) % _MODULUS
        upto = self._scopes.get((key, feed.id))
        if upto is None:
            self._db.run("UPDATE scope SET present = 0 WHERE case_no = ? AND division = ?", (key, feed.id))
        else:
            self._scopes[key, feed.id] = (upto[0], False)

    def bring_extra(self, division: str, pos: int, id: str, *, counted: bool) -> None:
        """An event of no case (an appointment, evidence of a fork), unless the division's feed has it.

        Args:
            counted: it concerns the division whatever its cases are.
        """
        feed = self._feed(division)
        if self._db.run(
            "INSERT INTO feed_extra (division, pos, counted) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (feed.id, pos, counted),
        ):
            self._enter(feed, None, pos)
            feed.count += counted
            feed.sum = set_hash((id,) if counted else (), feed.sum)

    def flush(self) -> None:
        """Write what was collected."""
        self._db.run_many(
            "INSERT INTO feed (division, number, case_no, pos) VALUES (?, ?, ?, ?)", self._entries
        )
        self._db.run_many(
            "INSERT INTO scope (case_no, division, upto, present) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (case_no, division) DO UPDATE SET upto = excluded.upto, present = excluded.present",
            [(case, division, upto, present) for (case, division), (upto, present) in self._scopes.items()],
        )
        self._db.run_many(
            "UPDATE division SET number = ?, count = ?, sum = ? WHERE id = ?",
            [(f.number, f.count, f.sum.to_bytes(32, "big"), f.id) for f in self._feeds.values()],
        )
        self._entries.clear()
        self._scopes.clear()
        self._feeds.clear()

    def _enter(self, feed: _Feed, case: int | None, pos: int | None) -> None:
        if not feed.silent:
            feed.number += 1
            self._entries.append((feed.id, feed.number, case, pos))

    def _feed(self, division: str) -> _Feed:
        if (known := self._feeds.get(division)) is not None:
            return known
        row = self._db.row("SELECT id, number, count, sum FROM division WHERE code = ?", (division,))
        if row is None:
            self._db.run(
                "INSERT INTO division (code, number, count, sum) VALUES (?, 0, 0, ?)", (division, bytes(32))
            )
            return self._feed(division)
        found = self._feeds[division] = _Feed(
            row[0], row[1], row[2], int.from_bytes(row[3], "big"), division in self._silent
        )
        return found


class Feeds:
    """Reading of feeds, and their writer."""

    def __init__(self, db: Database, cases: Cases, ledger: Ledger) -> None:
        self._db, self._cases, self._ledger = db, cases, ledger

    def writer(self, silent: Iterable[str] = ()) -> Writer:
        """For one transaction; ``flush`` at its end.  Of ``silent`` divisions only the tip is kept."""
        return Writer(self._db, self._cases, silent)

    def scopes(self, cases: Iterable[str]) -> dict[str, dict[str, tuple[int, bool]]]:
        """case -> division -> (upto, present): which feeds know the case."""
        found: dict[str, dict[str, tuple[int, bool]]] = {}
        known = self._cases.find_all(cases)
        for number, division, upto, present in self._db.chunks(
            "SELECT s.case_no, d.code, s.upto, s.present FROM scope s JOIN division d ON d.id = s.division"
            " WHERE s.case_no IN (%s)",
            known,
        ):
            found.setdefault(known[number], {})[division] = (upto, bool(present))
        return found

    def places(self, division: str, case: str) -> dict[str, int]:
        """Event of a case -> its first number in the division's feed."""
        number = self._cases.find(case)
        rows = self._db.rows(
            "SELECT e.id, min(f.number) FROM feed f JOIN division d ON d.id = f.division"
            " JOIN event e ON e.pos = f.pos WHERE d.code = ? AND f.case_no = ? GROUP BY e.id",
            (division, number),
        )
        return {id.hex(): place for id, place in rows}

    def cases_of(self, division: str) -> list[str]:
        """The cases in a division's scope now."""
        rows = self._db.rows(
            "SELECT s.case_no FROM scope s JOIN division d ON d.id = s.division WHERE d.code = ? AND s.present",
            (division,),
        )
        return list(self._cases.ids(number for (number,) in rows).values())

    def with_extra(self, id: str) -> list[str]:
        """The divisions whose feeds have this event of no case."""
        rows = self._db.rows(
            "SELECT d.code FROM feed_extra x JOIN division d ON d.id = x.division WHERE x.pos = ?",
            (self._ledger.positions((id,)).get(id),),
        )
        return [code for (code,) in rows]

    def extras(self, divisions: Iterable[str]) -> list[Stored]:
        """The events of no case in the feeds of these divisions, in the order of pos."""
        rows = self._db.chunks(
            "SELECT DISTINCT x.pos FROM feed_extra x JOIN division d ON d.id = x.division WHERE d.code IN (%s)",
            divisions,
        )
        return self._ledger.stored_at({pos for (pos,) in rows})

    def page(
        self, division: str, after: int, max_bytes: int, limit: int = 2000, heads: Heads | None = None
    ) -> list[Entry]:
        """The entries after a number, in order: at most ``max_bytes`` of lines, at least one entry.

        Args:
            heads: origin -> (seq, id); what they cover on main lines comes without its line, and counts nothing.
        """
        found: list[Entry] = []
        while len(found) < limit and (rows := self._entries(division, after)):
            unknown = (row[6] for row in rows if row[6] is not None and not _covered(row, heads or {}))
            stored = {one.pos: one for one in self._ledger.stored_at(unknown)}
            cases = self._cases.ids(row[1] for row in rows if row[1])
            for number, case, id, origin, seq, side, pos in rows:
                line = stored[pos].line if pos in stored else None
                entry = Entry(
                    number, cases.get(case), id and id.hex(), line, origin or "", seq or 0, bool(side)
                )
                max_bytes -= len(line) + 1 if line else LEAVING_BYTES if id is None else 0
                if found and max_bytes < 0:
                    return found
                found.append(entry)
            after = rows[-1][0]
        return found

    def _entries(self, division: str, after: int) -> list[tuple[Value, ...]]:
        """Some rows: number, case, and of an event id, origin, seq, side, pos."""
        return self._db.rows(
            "SELECT f.number, f.case_no, e.id, o.name, e.seq, e.side, e.pos FROM feed f"
            " JOIN division d ON d.id = f.division LEFT JOIN event e ON e.pos = f.pos"
            " LEFT JOIN origin o ON o.id = e.origin WHERE d.code = ? AND f.number > ? ORDER BY f.number LIMIT ?",
            (division, after, _ROWS),
        )

    def all_extras(self) -> Iterator[tuple[str, bool, Stored]]:
        """(division, counted, event) of every event of no case in a feed, one division after the other."""
        for number, code in self._db.rows("SELECT id, code FROM division"):
            rows = self._db.rows(
                "SELECT pos, counted FROM feed_extra WHERE division = ?",
                (number,),
            )
            counted = {pos: bool(here) for pos, here in rows}
            for one in self._ledger.stored_at(counted):
                yield code, counted[one.pos], one

    def counted(self, division: str, ids: Iterable[str]) -> set[str]:
        """Those of these events of no case that count in the division's tip."""
        pos = {place: id for id, place in self._ledger.positions(ids).items()}
        rows = self._db.chunks(
            "SELECT x.pos FROM feed_extra x JOIN division d ON d.id = x.division"
            " WHERE d.code = ? AND x.counted AND x.pos IN (%s)",
            pos,
            (division,),
        )
        return {pos[place] for (place,) in rows}

    def tip(self, division: str) -> Tip:
        """Where a division's feed has got to; all zero for one without entries."""
        row = self._db.row("SELECT number, count, sum FROM division WHERE code = ?", (division,))
        return Tip(row[0], row[1], row[2].hex()) if row else Tip()


def _covered(row: tuple[Value, ...], heads: Heads) -> bool:
    _, _, _, origin, seq, side, _ = row
    return not side and origin in heads and seq <= heads[origin][0]
