"""Views: what lists, searches and pages ask for.  Made from the ledger by ``settle``, and made again by ``rebuild``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from common.errors import NotFound
from common.store.cases import Cases
from common.store.database import Database, Value
from common.store.models import VIEWS


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a list shows it.  Dates are ISO texts or None.

    label       as the contract of commands names states (``common.case.label``); ``ended``: no moving act follows
    holder      the office in whose hands it is, since ``held_since``; ``offer_to``: the addressee of an open offer
    office      who registered it; ``village``: the applicant's, if given
    salt        of the registration, if it was made here: a draft's idempotency key; else ""
    duty        the next day that matters to the holder: due date, last day for the notice or for the correction
    confirmed   no act in effect awaits the hub
    frozen      an act of a type unknown here moves it: nothing may be done here
    set_aside, asks, waiting    how many acts without effect, unheard asks, missing predecessors
    loose       how many papers are out on a decision that has no effect (作废证件在外)
    left        no more of it will come to this node
    updated     pos of its newest event
    """

    case_id: str
    number: str
    item: str
    edition: str
    label: str
    ended: bool
    holder: str
    held_since: str | None
    offer_to: str | None
    office: str
    village: str | None
    salt: str
    applicant: str
    id_number: str | None
    phone: str | None
    urgent: bool
    registered_on: str
    received: str | None
    accepted_on: str | None
    due: str | None
    provisional: bool
    duty: str | None
    confirmed: bool
    frozen: bool
    set_aside: int
    asks: int
    loose: int
    waiting: int
    left: bool
    updated: int

    @property
    def words(self) -> frozenset[str]:
        """The words that find the case: its applicant's name, and numbers."""
        return words_of(self.applicant, (self.number, self.id_number or "", self.phone or ""))


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper named by an event of a case."""

    hash: str
    event: str
    case: str
    material: str
    size: int


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Everything that the views keep of one case.

    aside   (event id, reason);  asks: event ids;  needs: ids of what its fold misses
    timer   the first day on which the clock alone may call for an act of this node, or None
    """

    row: CaseRow
    aside: tuple[tuple[str, str], ...] = ()
    asks: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    timer: str | None = None
    papers: tuple[PaperRow, ...] = ()


def rows_of(facts: CaseFacts) -> dict[str, int]:
    """table -> how many rows these facts take; see ``Views.totals``."""
    return {
        "case_view": 1,
        "aside": len(facts.aside),
        "ask": len(facts.asks),
        "need": len(facts.needs),
        "timer": int(facts.timer is not None),
        "paper": len(facts.papers),
        "word": len(facts.row.words),
        "paper_key": len(facts.papers),
    }


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``total`` counts all."""

    rows: tuple[CaseRow, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


_OPEN = "NOT ended AND NOT left"
# name -> condition; {offices} stands for the offices asked about
WORKLISTS: Mapping[str, str] = {
    "incoming": f"offer_to IN ({{offices}}) AND {_OPEN}",  # 待接收
    "registered": "holder IN ({offices}) AND label = 'REGISTERED'",  # 待报送
    "received": "holder IN ({offices}) AND label = 'RECEIVED'",  # 待受理
    "holding": f"holder IN ({{offices}}) AND {_OPEN}",  # 在办
    "offered": f"holder IN ({{offices}}) AND offer_to IS NOT NULL AND {_OPEN}",  # 报送、上报、移送、退回补充,等对方接收
    "correcting": "(holder IN ({offices}) OR office IN ({offices})) AND label = 'CORRECTING'",  # 补正中
    "away": f"office IN ({{offices}}) AND holder NOT IN ({{offices}}) AND {_OPEN}",  # 已报送,他处在办
    "results": "office IN ({offices}) AND label IN ('GRANTED', 'REFUSED', 'NOT_ACCEPTED', 'RETURNED')",  # 待送达
    "delivered": "office IN ({offices}) AND label IN ('DELIVERED', 'RATED')",  # 已送达
    "asks": "holder IN ({offices}) AND asks > 0",  # 有诉求待答复
    "aside": "(holder IN ({offices}) OR office IN ({offices})) AND set_aside > 0",  # 有未生效
    "ended": "(holder IN ({offices}) OR office IN ({offices})) AND ended",  # 已办结
    "all": "(holder IN ({offices}) OR office IN ({offices}) OR offer_to IN ({offices}))",
    # of the whole county, whatever the offices: what the reconciliation desk asks
    "county_void_papers": "loose > 0",  # 作废证件在外
    "county_frozen": "frozen",  # 冻结
    "county_asks": "asks > 0",  # 诉求没有答复
    "county_offered": f"offer_to IS NOT NULL AND {_OPEN}",  # 对方没有接收
}

_NAMES = tuple(f.name for f in fields(CaseRow))
_SELECT = f"SELECT {', '.join(_NAMES)} FROM case_view"  # noqa: S608
_UPSERT = (
    f"INSERT INTO case_view (case_no, {', '.join(_NAMES)}) VALUES ({', '.join('?' * (len(_NAMES) + 1))})"  # noqa: S608
    f" ON CONFLICT (case_no) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in _NAMES[1:])}"
)
_COLUMNS_OF = attrgetter(*_NAMES[1:])
_FLAGS = frozenset(("ended", "urgent", "provisional", "confirmed", "frozen", "left"))


class Views:
    def __init__(self, db: Database, cases: Cases) -> None:
        self._db, self._cases = db, cases

    # -- writing

    def write(self, cases: Sequence[CaseFacts], *, fresh: bool = False) -> None:
        """Put what is known of these cases in the place of what was; ``fresh``: nothing was.

        Words and papers follow from events, which never change: they are only added.  Papers are given once.
        """
        numbered = [(self._cases.number(case.row.case_id), case) for case in cases]
        numbers = [number for number, _ in numbered]
        worded = set() if fresh else self._worded(numbers)
        self._db.run_many(_UPSERT, [(number, *_values(case.row)) for number, case in numbered])
        self._add_words((number, case.row.words) for number, case in numbered if number not in worded)
        self._add_papers((number, paper) for number, case in numbered for paper in case.papers)
        self._write_lists(numbered, fresh)

    def _write_lists(self, numbered: Sequence[tuple[int, CaseFacts]], fresh: bool) -> None:
        """What comes and goes: acts set aside, unheard asks, what is missing, timers."""
        if not fresh:
            for table in ("aside", "ask", "need", "timer"):
                gone = [(number,) for number, _ in numbered]
                self._db.run_many(f"DELETE FROM {table} WHERE case_no = ?", gone)  # noqa: S608
        self._db.run_many(
            "INSERT INTO aside (id, case_no, reason) VALUES (?, ?, ?)",
            [(bytes.fromhex(act), number, reason) for number, case in numbered for act, reason in case.aside],
        )
        self._db.run_many(
            "INSERT INTO ask (id, case_no) VALUES (?, ?)",
            [(bytes.fromhex(act), number) for number, case in numbered for act in case.asks],
        )
        self._db.run_many(
            "INSERT INTO need (needs, case_no) VALUES (?, ?)",
            [(bytes.fromhex(id), number) for number, case in numbered for id in case.needs],
        )
        self._db.run_many(
            "INSERT INTO timer (case_no, day) VALUES (?, ?)",
            [(number, case.timer) for number, case in numbered if case.timer],
        )

    def _worded(self, numbers: Iterable[int]) -> set[int]:
        """Those of the cases whose words are there: their registering event has been seen."""
        rows = self._db.chunks(
            "SELECT case_no FROM case_view WHERE number <> '' AND case_no IN (%s)", numbers
        )
        return {number for (number,) in rows}

    def _add_words(self, words: Iterable[tuple[int, frozenset[str]]]) -> None:
        self._db.run_many(
            "INSERT INTO word (rowid, text) VALUES (?, ?)",
            [(number, " ".join(sorted(said))) for number, said in words if said],
        )

    def _add_papers(self, papers: Iterable[tuple[int, PaperRow]]) -> None:
        first = (self._db.one("SELECT max(id) FROM paper") or 0) + 1
        numbered = list(enumerate(papers, first))
        self._db.run_many(
            "INSERT INTO paper (id, hash, event, case_no, material, size) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    id,
                    bytes.fromhex(paper.hash),
                    bytes.fromhex(paper.event),
                    number,
                    paper.material,
                    paper.size,
                )
                for id, (number, paper) in numbered
            ],
        )
        self._db.run_many(
            "INSERT INTO paper_key (rowid, key) VALUES (?, ?)",
            [(id, paper.hash[:16]) for id, (_, paper) in numbered],
        )

    def clear(self) -> None:
        """Empty them all, before they are made again."""
        for table in VIEWS:
            self._db.run(f"DELETE FROM {table._meta.table_name}")  # noqa: S608
        for index in ("word", "paper_key"):
            self._db.run(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608

    # -- one case

    def get(self, case: str) -> CaseRow | None:
        row = self._db.row(_SELECT + " WHERE case_no = ?", (self._cases.find(case),))
        return _row(row) if row else None

    def rows(self, cases: Iterable[str]) -> dict[str, CaseRow]:
        """The rows of these cases, by id."""
        found = self._db.chunks(_SELECT + " WHERE case_no IN (%s)", self._cases.find_all(cases))
        return {row.case_id: row for row in map(_row, found)}

    def by_number(self, number: str) -> list[CaseRow]:
        """The cases with this number: one, or several where two copies of a machine gave it twice (R-1007)."""
        return [_row(r) for r in self._db.rows(_SELECT + " WHERE number = ? ORDER BY case_id", (number,))]

    def by_salt(self, salt: str, office: str) -> CaseRow | None:
        """The case that an office registered from the draft with this salt."""
        row = self._db.row(_SELECT + " WHERE salt = ? AND salt <> '' AND office = ?", (salt, office))
        return _row(row) if row else None

    def facts(self, case: str) -> CaseFacts | None:
        """Everything kept of one case but its words."""
        row = self.get(case)
        if row is None:
            return None
        return CaseFacts(
            row=row,
            aside=tuple(self.asides(case)),
            asks=tuple(
                x.hex() for x in self._column("SELECT id FROM ask WHERE case_no = ? ORDER BY id", case)
            ),
            needs=frozenset(x.hex() for x in self._column("SELECT needs FROM need WHERE case_no = ?", case)),
            timer=next(iter(self._column("SELECT day FROM timer WHERE case_no = ?", case)), None),
            papers=tuple(self.papers(case)),
        )

    def has_words(self, case: str, words: frozenset[str]) -> bool:
        """Are all of these kept of this case?"""
        if not words:
            return True
        wanted = " AND ".join(f'"{word}"' for word in sorted(words))
        number = self._cases.find(case)
        return (
            self._db.row("SELECT 1 FROM word WHERE word MATCH ? AND rowid = ?", (wanted, number)) is not None
        )

    def papers_not_found(self) -> Iterator[str]:
        """Cases with a paper that is not found by its hash."""
        rows = self._db.rows(
            "SELECT DISTINCT case_no FROM paper p WHERE NOT EXISTS (SELECT 1 FROM paper_key"
            " WHERE paper_key MATCH '\"' || hex(substr(p.hash, 1, 8)) || '\"' AND rowid = p.id)"
        )
        yield from self._cases.ids(number for (number,) in rows).values()

    def totals(self) -> dict[str, int]:
        """table -> how many rows it has; of a text index the pairs of a word and what it finds."""
        tables = (table._meta.table_name for table in VIEWS)
        rows = {table: int(self._db.one(f"SELECT count(*) FROM {table}")) for table in tables}  # noqa: S608
        return {**rows, **{index: self._pairs(index) for index in ("word", "paper_key")}}

    def _pairs(self, index: str) -> int:
        self._db.run(f"CREATE VIRTUAL TABLE temp.terms USING fts5vocab ('main', '{index}', 'row')")
        try:
            return int(self._db.one("SELECT coalesce(sum(doc), 0) FROM temp.terms"))
        finally:
            self._db.run("DROP TABLE temp.terms")

    def _column(self, sql: str, case: str) -> list[Value]:
        return [value for (value,) in self._db.rows(sql, (self._cases.find(case),))]

    def asides(self, case: str) -> list[tuple[str, str]]:
        """(event id, reason) of a case's acts without effect."""
        rows = self._db.rows(
            "SELECT id, reason FROM aside WHERE case_no = ? ORDER BY id", (self._cases.find(case),)
        )
        return [(id.hex(), reason) for id, reason in rows]

    def papers(self, case: str) -> list[PaperRow]:
        rows = self._db.rows(
            "SELECT hash, event, material, size FROM paper WHERE case_no = ? ORDER BY hash, event",
            (self._cases.find(case),),
        )
        return [
            PaperRow(hash.hex(), event.hex(), case, material, size) for hash, event, material, size in rows
        ]

    def papers_by_hash(self, hashes: Iterable[str]) -> list[PaperRow]:
        """Which events name these papers."""
        wanted = set(hashes)
        rows = [
            row
            for key in sorted({hash[:16] for hash in wanted})
            for row in self._db.rows(
                "SELECT p.hash, p.event, c.id, p.material, p.size FROM paper p JOIN cases c ON c.no = p.case_no"
                " WHERE p.id IN (SELECT rowid FROM paper_key WHERE paper_key MATCH ?)",
                (f'"{key}"',),
            )
        ]
        return [PaperRow(h.hex(), e.hex(), c.hex(), m, s) for h, e, c, m, s in rows if h.hex() in wanted]

    def papers_owed(self, limit: int = 1000) -> list[tuple[str, int]]:
        """(hash, size) of papers that an event names, whole here, that no parent has; small ones first."""
        rows = self._db.rows(
            "SELECT f.hash, f.size FROM paper_file f WHERE f.have >= f.size AND NOT f.at_parent AND NOT f.at_county"
            " AND EXISTS (SELECT 1 FROM paper_key WHERE paper_key MATCH '\"' || hex(substr(f.hash, 1, 8)) || '\"')"
            " ORDER BY f.size, f.hash LIMIT ?",
            (limit,),
        )
        return [(hash.hex(), size) for hash, size in rows]

    # -- lists

    def worklist(
        self, name: str, offices: Sequence[str], page: int = 1, size: int = 50, text: str = ""
    ) -> Page:
        """A named list for these offices: the oldest duty first.  NotFound ``worklist.unknown``."""
        if name not in WORKLISTS:
            raise NotFound("worklist.unknown", name=name)
        wanted = WORKLISTS[name]
        marks = ", ".join("?" * len(offices))
        where = wanted.replace("{offices}", marks)
        values: list[Value] = [*offices] * wanted.count("{offices}")
        if normal_word(text):
            where, values = f"({where}) AND {_FOUND}", [*values, _sought(text)]
        total = self._db.one(f"SELECT count(*) FROM case_view WHERE {where}", values)  # noqa: S608
        rows = self._db.rows(
            f"{_SELECT} WHERE {where} ORDER BY duty IS NULL, duty, updated LIMIT ? OFFSET ?",
            (*values, size, (page - 1) * size),
        )
        return Page(tuple(map(_row, rows)), total, page, size)

    def search(self, text: str, limit: int = 20) -> list[CaseRow]:
        """Cases by part of a name or number, the newest first."""
        if not normal_word(text):
            return []
        rows = self._db.rows(
            f"{_SELECT} WHERE {_FOUND} ORDER BY updated DESC LIMIT ?", (_sought(text), limit)
        )
        return [_row(r) for r in rows]

    def set_aside(self, limit: int = 500) -> list[tuple[CaseRow, str, str]]:
        """(case, event id, reason) of every act without effect that nobody has ruled on, the newest case first."""
        names = ", ".join(f"v.{n}" for n in _NAMES)
        rows = self._db.rows(
            f"SELECT a.id, a.reason, {names} FROM aside a JOIN case_view v ON v.case_no = a.case_no"  # noqa: S608
            " ORDER BY v.updated DESC, a.id LIMIT ?",
            (limit,),
        )
        return [(_row(row[2:]), row[0].hex(), row[1]) for row in rows]

    def counts(self) -> tuple[int, int, int]:
        """(cases, acts set aside, unheard asks)."""
        return (
            int(self._db.one("SELECT count(*) FROM case_view")),
            int(self._db.one("SELECT count(*) FROM aside")),
            int(self._db.one("SELECT count(*) FROM ask")),
        )

    def all(self) -> Iterator[CaseRow]:
        """Every case, in the order in which they were first heard of."""
        for number in [no for (no,) in self._db.rows("SELECT case_no FROM case_view ORDER BY case_no")]:
            yield from map(_row, self._db.rows(_SELECT + " WHERE case_no = ?", (number,)))

    def registered_since(self, office: str, day: str, today: str) -> tuple[int, int, int, int]:
        """Of the cases that an office registered since a day: (all, ended, under way, of these past their due date)."""
        row = self._db.rows(
            "SELECT count(*), coalesce(sum(ended), 0), coalesce(sum(NOT ended), 0),"
            " coalesce(sum(NOT ended AND due < ?), 0) FROM case_view WHERE office = ? AND registered_on >= ?",
            (today, office, day),
        )[0]
        return int(row[0]), int(row[1]), int(row[2]), int(row[3])

    # -- which cases to fold again

    def needing(self, ids: Iterable[str]) -> set[str]:
        """The cases whose fold misses one of these."""
        if self._db.is_empty("need"):
            return set()
        keys = [bytes.fromhex(id) for id in ids]
        rows = self._db.chunks("SELECT case_no FROM need WHERE needs IN (%s)", keys)
        return set(self._cases.ids(number for (number,) in rows).values())

    def timers(self, day: str) -> list[str]:
        """The cases on which the clock may call for an act on this day."""
        rows = self._db.rows("SELECT case_no FROM timer WHERE day <= ?", (day,))
        return list(self._cases.ids(number for (number,) in rows).values())

    def open_cases(self) -> list[str]:
        return [case.hex() for (case,) in self._db.rows("SELECT case_id FROM case_view WHERE NOT ended")]

    def open_at(self, division: str) -> list[str]:
        """The open cases that an office of this division holds, is offered, or registered."""
        return self.at(division, ended=False)

    def at(self, division: str, *, ended: bool = True) -> list[str]:
        """The cases that an office of this division holds, is offered, or registered."""
        rows = self._db.rows(
            "SELECT case_id FROM case_view WHERE (? OR NOT ended) AND (holder = ? OR holder LIKE ? || '/%'"
            " OR offer_to = ? OR offer_to LIKE ? || '/%' OR office = ? OR office LIKE ? || '/%')",
            (ended, *(division,) * 6),
        )
        return [case.hex() for (case,) in rows]


_FOUND = "case_no IN (SELECT rowid FROM word WHERE word MATCH ?)"
_BACKWARDS = "‹"  # before a number that is written from its end, so that any of its endings is a beginning


def _sought(text: str) -> str:
    """What finds the words that begin, or the numbers that end, with this text."""
    wanted = normal_word(text)
    return f'"{wanted}" * OR "{_BACKWARDS}{wanted[::-1]}" *'


def normal_word(text: str) -> str:
    """A word as it is kept and sought: capitals, and of ASCII only letters and digits."""
    capitals = text.upper()
    if capitals.isalnum():
        return capitals
    return "".join(char for char in capitals if char.isalnum() or (ord(char) > 127 and not char.isspace()))


def words_of(name: str, numbers: Iterable[str]) -> frozenset[str]:
    """The words that find a case: every ending of the name, and each number, forwards and backwards."""
    plain = normal_word(name)
    found = {plain[i:] for i in range(len(plain))}
    for number in filter(None, map(normal_word, numbers)):
        found |= {number, _BACKWARDS + number[::-1]}
    return frozenset(found)


def _values(row: CaseRow) -> tuple[Value, ...]:
    return (bytes.fromhex(row.case_id), *_COLUMNS_OF(row))


def _row(values: Sequence[Any]) -> CaseRow:
    found = dict(zip(_NAMES, values, strict=True))
    found["case_id"] = found["case_id"].hex()
    for flag in _FLAGS:
        found[flag] = bool(found[flag])
    return CaseRow(**found)
