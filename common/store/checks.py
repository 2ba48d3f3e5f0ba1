"""Checks of the tables among themselves: what follows from their rows alone, without a fold (``verify``).

Linear in the rows, which are read in pages; what is kept at a time is of one feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from peewee import Field

from common.store.database import Database, Value
from common.store.feeds import set_hash
from common.store.models import LEDGER, VIEWS

_PAGE = 1000

Found = tuple[str, str]
"""Where something is wrong, and the code of what."""


class Checks:
    def __init__(self, db: Database) -> None:
        self._db = db

    # -- what stands in a row

    def kinds(self) -> Iterator[Found]:
        """Every column of the ledger and of the views holds what it may: whatever reads it relies on that."""
        for table in (*LEDGER, *VIEWS):
            name = table._meta.table_name
            wrong = " OR ".join(f"NOT ({_may_hold(field)})" for field in table._meta.sorted_fields)
            if self._db.row(f"SELECT 1 FROM {name} WHERE {wrong} LIMIT 1"):  # noqa: S608
                yield name, "view.differs" if table in VIEWS else "ledger.wrong_row"

    # -- the ledger

    def ledger(self) -> Iterator[Found]:
        """Origins have got as far as they say; numbers stand for something; no case, name or origin is of no event."""
        for number, name, seq, head, top in self._db.rows("SELECT id, name, seq, head, top FROM origin"):
            if top != self._top(number) or (seq == 0) != (head is None):
                yield name, "ledger.wrong_row"
            if top == 0:
                yield name, "ledger.extra"
            if self._goes_on(number, seq, head):
                yield name, "chain.head"
            yield from ((f"{name} {place}", "ledger.wrong_row") for place in self._misplaced(number, seq))
        yield from self._names()
        unheard = "SELECT no FROM cases WHERE NOT EXISTS (SELECT 1 FROM event WHERE case_no = no) LIMIT 1"
        yield from ((f"case {no}", "ledger.extra") for (no,) in self._db.rows(unheard))

    def _top(self, origin: int) -> int:
        """The largest seq held of an origin, of events and stubs."""
        return int(
            self._db.one(
                "SELECT max(coalesce((SELECT max(seq) FROM event WHERE origin = ?), 0),"
                " coalesce((SELECT max(seq) FROM stub WHERE origin = ?), 0))",
                (origin, origin),
            )
        )

    def _goes_on(self, origin: int, seq: int, head: Value) -> bool:
        """Is something held upon the head of the main line?"""
        found = self._db.row(
            "SELECT 1 FROM event WHERE origin = ? AND seq = ? AND prev IS ?"
            " UNION ALL SELECT 1 FROM stub WHERE origin = ? AND seq = ? AND coalesce(prev, ?) IS ?",
            (origin, seq + 1, head, origin, seq + 1, head, head),
        )
        return found is not None

    def _misplaced(self, origin: int, head: int) -> Iterator[int]:
        """Places beyond the head, where the chain says nothing, of rows that do not lie, loose or aside, as they came.

        An event went aside if its place was taken, or if it stands on one that had; it may have where a stub stands, of
        which nobody knows when it came.
        """
        stubs = {seq for (seq,) in self._db.rows("SELECT seq FROM stub WHERE origin = ?", (origin,))}
        seq, taken = head, False
        for place, pos, prev, side in self._beyond(origin, head):
            if place != seq:
                seq, taken = place, False
            upon = self._db.one(
                "SELECT pos FROM event WHERE origin = ? AND seq = ? AND id = ? AND side",
                (origin, place - 1, prev),
            )
            if side:
                good = taken or seq in stubs or upon is not None
            else:  # an event may have gone aside later, as the head went by
                good = not taken and not (upon is not None and upon < pos and seq > head + 1)
            if not good:
                yield seq
            taken = taken or not side

    def _beyond(self, origin: int, head: int) -> Iterator[tuple[Value, ...]]:
        """(seq, pos, prev, side) of what an origin has beyond its head, in the order of places, then as they came."""
        after = (head, 1 << 62)
        while rows := self._db.rows(
            "SELECT seq, pos, prev, side FROM event WHERE origin = ? AND seq >= ? AND (seq, pos) > (?, ?)"
            " ORDER BY seq, pos LIMIT ?",
            (origin, after[0], *after, _PAGE),
        ):
            yield from rows
            after = rows[-1][:2]

    def _names(self) -> Iterator[Found]:
        """Only the source of what is written here (no text) may be there before it is used."""
        columns = ("type", "header", "source")
        pairs = ((name, self._db.rows(f"SELECT DISTINCT {name} FROM event")) for name in columns)  # noqa: S608
        used = {number for _, rows in pairs for (number,) in rows}
        given: dict[int, str] = dict(self._db.rows("SELECT id, text FROM name"))
        if used - given.keys():
            yield "name", "ledger.wrong_row"
        if any(given[number] for number in given.keys() - used):
            yield "name", "ledger.extra"

    # -- feeds

    def feeds(self, own: str | None) -> Iterator[Found]:
        """Entries, scopes, events of no case and tips say the same of each division.

        Args:
            own: the division of which only the tip is kept, since its reader computes it.
        """
        for table in ("feed", "scope", "feed_extra"):
            strays = f"SELECT 1 FROM {table} WHERE division NOT IN (SELECT id FROM division)"  # noqa: S608
            if self._db.row(strays + " LIMIT 1"):
                yield table, "ledger.extra"
        for number, code, *tip in self._db.rows("SELECT id, code, number, count, sum FROM division"):
            yield from ((code, wrong) for wrong in _Feed(self._db, number, silent=code == own).faults(*tip))


def _may_hold(field: Field) -> str:
    """The condition, in SQL, on what stands in a column."""
    name, kind = field.column_name, _KINDS.get(field.field_type, "integer")
    holds = f"{name} IN (0, 1)" if field.field_type == "BOOL" else f"typeof({name}) = '{kind}'"
    return f"{name} IS NULL OR {holds}" if field.null else holds


_KINDS = {"TEXT": "text", "BLOB": "blob"}


@dataclass(slots=True)
class _Told:
    """What a feed has told of a case: of ``count`` events up to ``upto``, the oldest being ``first``.

    It is told in visits, from where it comes into the scope to where it leaves: each begins with the oldest event or
    with what is new, and goes on upwards to ``last``.
    """

    open: bool = False
    first: int = 0
    last: int = 0
    upto: int = 0
    count: int = 0

    def add(self, pos: int | None) -> bool:
        """The next entry; None: the case leaves.  False if it cannot stand there."""
        if pos is None:
            good, self.open = self.open, False
            return good
        good = pos > self.last if self.open else pos > self.upto or pos == self.first
        self.open, self.first, self.last = True, self.first or pos, pos
        if pos > self.upto:
            self.upto, self.count = pos, self.count + 1
        return good


class _Feed:
    """One division's feed.  ``silent``: it has no entries."""

    def __init__(self, db: Database, number: int, *, silent: bool) -> None:
        self._db, self._number, self._silent = db, number, silent
        self._told: dict[int, _Told] = {}
        self._others: set[int] = set()  # pos of the events of no case

    def faults(self, number: int, count: int, total: bytes) -> Iterator[str]:
        """Codes of what is wrong with it, its tip given."""
        yield from self._entries(number)
        present, known = [], False
        for case, upto, there, held, newest in self._scopes():
            told, known = self._told.pop(case, _Told()), True
            if not self._silent and (told.upto, told.open, told.count) != (upto, bool(there), held):
                yield "feed.scope"
            if newest is None or (there and upto != newest):
                yield "feed.scope"
            if there:
                present.append(case)
        extra: dict[int, bool] = {}
        for pos, counted, held in self._extras():
            extra[pos] = counted
            if not held:
                yield "feed.entry"
        if self._told:
            yield "feed.scope"
        if not self._silent and self._others != extra.keys():
            yield "feed.entry"
        if not (known or extra):
            yield "ledger.extra"
        if self._sum(present, [pos for pos, counted in extra.items() if counted]) != (count, total):
            yield "feed.tip"

    def _entries(self, number: int) -> Iterator[str]:
        """They are numbered without gaps up to the tip's number, and say what the ledger says."""
        last = 0
        while rows := self._db.rows(
            "SELECT f.number, f.case_no, f.pos, e.pos, e.case_no FROM feed f LEFT JOIN event e ON e.pos = f.pos"
            " WHERE f.division = ? AND f.number > ? ORDER BY f.number LIMIT ?",
            (self._number, last, _PAGE),
        ):
            for at, case, pos, event, of in rows:
                if at != last + 1:
                    yield "feed.gap"
                last = at
                if event != pos or (pos is not None and of != case) or not self._follows(case, pos):
                    yield "feed.entry"
        if last != number:
            yield "feed.gap"

    def _follows(self, case: int | None, pos: int | None) -> bool:
        """Can this entry stand after those before?"""
        if case is not None:
            return self._told.setdefault(case, _Told()).add(pos)
        if pos is None or pos in self._others:
            return False
        self._others.add(pos)
        return True

    def _extras(self) -> list[tuple[Value, ...]]:
        """(pos, counted, is it that of an event) of the events of no case."""
        return self._db.rows(
            "SELECT x.pos, x.counted, e.pos IS NOT NULL FROM feed_extra x LEFT JOIN event e ON e.pos = x.pos"
            " WHERE x.division = ?",
            (self._number,),
        )

    def _scopes(self) -> list[tuple[Value, ...]]:
        """(case, upto, present, events up to it, newest event if ``upto`` is one of the case)."""
        return self._db.rows(
            "SELECT s.case_no, s.upto, s.present,"
            " (SELECT count(*) FROM event e WHERE e.case_no = s.case_no AND e.pos <= s.upto),"
            " (SELECT max(e.pos) FROM event e WHERE e.case_no = s.case_no AND EXISTS"
            " (SELECT 1 FROM event u WHERE u.pos = s.upto AND u.case_no = s.case_no))"
            " FROM scope s WHERE s.division = ?",
            (self._number,),
        )

    def _sum(self, cases: list[int], others: list[int]) -> tuple[int, bytes]:
        """Count and set hash of all events of these cases and of these others."""
        count, total = 0, 0
        for column, keys in (("case_no", cases), ("pos", others)):
            for (id,) in self._db.chunks(f"SELECT id FROM event WHERE {column} IN (%s)", keys):  # noqa: S608
                count, total = count + 1, set_hash((id.hex(),), total)
        return count, total.to_bytes(32, "big")
