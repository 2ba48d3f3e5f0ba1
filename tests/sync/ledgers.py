"""Ledgers in memory, with main lines, side branches, gaps and what waits: what the exchange sees of real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sync import exchange
from sync.exchange import Belief, Heads, Papers, Result
from sync.headers import Answer, Offer, read_answer, read_offer

PARENT = "parentparent"
EPOCH_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class One:
    """An event: its line says all of it."""

    id: str
    origin: str
    seq: int
    prev: str | None
    line: bytes
    pos: int = field(default=0, compare=False)


def make(origin: str, seq: int, prev: str | None, salt: str = "", size: int = 200) -> One:
    text = f"{origin} {seq} {prev} {salt} "
    line = (text + "x" * max(0, size - len(text))).encode()
    return One(hashlib.sha256(line).hexdigest(), origin, seq, prev, line)


def read(line: bytes) -> One:
    origin, seq, prev, _, _ = line.decode().split(" ", 4)
    return One(hashlib.sha256(line).hexdigest(), origin, int(seq), None if prev == "None" else prev, line)


def chain(origin: str, count: int, start: Sequence[One] = (), salt: str = "", size: int = 200) -> list[One]:
    """``start`` and ``count`` events after it."""
    made = list(start)
    for _ in range(count):
        made.append(make(origin, len(made) + 1, made[-1].id if made else None, salt, size))
    return made


@dataclass(frozen=True)
class Entry:
    """An entry of a feed."""

    number: int
    case: str | None
    id: str | None = None
    line: bytes | None = None
    origin: str = ""
    seq: int = 0
    side: bool = False


@dataclass
class Ledger:
    """All that a node holds.  ``order``: ids as taken; ``main``: origin -> ids of its gapless line."""

    held: dict[str, One] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    main: dict[str, list[str]] = field(default_factory=dict)
    side: set[str] = field(default_factory=set)
    waiting: dict[str, One] = field(default_factory=dict)

    def take(self, events: Iterable[One], *, upward: bool) -> Result:
        waiting = []
        for event in events:
            if event.id in self.held:
                continue
            if upward and event.prev is not None and event.prev not in self.held:
                self.waiting[event.id] = event
                waiting.append((event.id, "wait.prev"))
                continue
            self._store(event)
        return Result(waiting=tuple((id, why) for id, why in waiting if id not in self.held))

    def _store(self, event: One) -> None:
        self.waiting.pop(event.id, None)
        self.held[event.id] = event
        self.order.append(event.id)
        line = self.main.setdefault(event.origin, [])
        if event.seq <= len(line):
            self.side.add(event.id)
        else:
            self._advance(event.origin)
        for held in [one for one in self.waiting.values() if one.prev == event.id]:
            self._store(held)

    def _advance(self, origin: str) -> None:
        line = self.main[origin]
        while True:
            head = line[-1] if line else None
            following = [o for o in self.held.values() if o.origin == origin and o.seq == len(line) + 1]
            chosen = next((o for o in following if o.prev == head), None)
            if chosen is None:
                return
            self.side -= {chosen.id}
            self.side |= {o.id for o in following if o is not chosen}
            line.append(chosen.id)

    def heads(self, nodes: Iterable[str]) -> dict[str, tuple[int, str]]:
        return {
            o: (len(ids), ids[-1]) for o, ids in self.main.items() if ids and o.partition("/")[0] in nodes
        }

    def at(self, origin: str, seq: int) -> str | None:
        line = self.main.get(origin, [])
        return line[seq - 1] if 0 < seq <= len(line) else None

    def after(self, origin: str, seq: int, max_bytes: int) -> list[One]:
        pos = {id: place for place, id in enumerate(self.order, 1)}
        run = [replace(self.held[id], pos=pos[id]) for id in self.main.get(origin, [])[seq:]]
        return bounded(run, max_bytes)


def bounded(events: Iterable[One], max_bytes: int) -> list[One]:
    taken: list[One] = []
    for one in events:
        max_bytes -= len(one.line) + 1
        if taken and max_bytes < 0:
            break
        taken.append(one)
    return taken


class Child:
    """A child and all it keeps of one parent; ``nodes``: itself and those below it."""

    def __init__(self, nodes: Sequence[str], division: str) -> None:
        self.nodes, self.division = set(nodes), division
        self.ledger = Ledger()
        self.belief = Belief()
        self.cursors: dict[tuple[str, str], int] = {}
        self.request = self.used = 0
        self.reference: list[str] = []
        self.receipts = 0
        self.left: set[str] = set()

    # -- ChildView

    def heads(self) -> Heads:
        return self.ledger.heads(self.nodes)

    def at(self, origin: str, seq: int) -> str | None:
        return self.ledger.at(origin, seq)

    def after(self, origin: str, seq: int, max_bytes: int) -> list[One]:
        return self.ledger.after(origin, seq, max_bytes)

    def closed(self, origin: str) -> bool:
        return False

    def sides(self, after_pos: int, max_bytes: int) -> tuple[list[One], int]:
        found = [
            (pos, self.ledger.held[id])
            for pos, id in enumerate(self.ledger.order, 1)
            if pos > after_pos and id in self.ledger.side
        ]
        taken = bounded([one for _, one in found if one.origin.partition("/")[0] in self.nodes], max_bytes)
        if not taken:
            return [], len(self.ledger.order)
        return taken, next(pos for pos, one in found if one is taken[-1])

    # -- the shell's part

    def offer(self, page_bytes: int = 2_000) -> exchange.Offered:
        self.request += 1
        epoch = self.belief.epoch
        blank = Offer(
            request=self.request,
            cursors={self.division: self.cursors.get((epoch or "", self.division), 0)},
            ref=(len(self.reference), self.reference[-1][:16] if self.reference else None),
            receipts=self.receipts,
            max_bytes=page_bytes,
        )
        return exchange.offer(self, self.belief, blank, page_bytes)

    def use(self, offered: exchange.Offered | None, answer: Answer, lines: Sequence[bytes]) -> bool:
        """Take the events of an answer; if it is newer than the last used, the rest too.  True if something moved."""
        before = len(self.ledger.held)
        mine = self.heads()
        events = [read(line) for line in lines]
        self.reference += [e.id for e in events if e.origin == "ref" and e.id not in self.reference]
        self.ledger.take([e for e in events if e.origin != "ref"], upward=False)
        if answer.answers <= self.used:
            return len(self.ledger.held) > before
        self.used = answer.answers
        settled = exchange.settle(self.belief, offered, answer, mine)
        self.belief = settled.belief
        for division, span in answer.feed.items():
            self.cursors[answer.epoch, division] = span.upto
        self.left |= set(answer.left)
        self.receipts = max([self.receipts, *(int(line) for line in answer.receipts)])
        return settled.moved or len(self.ledger.held) > before


class Parent:
    """A parent with one child in view."""

    def __init__(self, nodes: Sequence[str], division: str, epoch: str = "AAAAAAAA") -> None:
        self.nodes, self.division, self.epoch_name = set(nodes), division, epoch
        self.ledger = Ledger()
        self.entries: list[Entry] = []
        self.references: list[One] = []
        self.signed: list[int] = []
        self.clock = 0

    def hold(self, events: Iterable[One]) -> None:
        """Events that came from elsewhere and concern the child: into ledger and feed."""
        events = list(events)
        self.ledger.take(events, upward=False)
        self.feed_in(events)

    def feed_in(self, events: Iterable[One], case: str = "c" * 64) -> None:
        for one in events:
            side = one.id in self.ledger.side
            entry = Entry(len(self.entries) + 1, case, one.id, one.line, one.origin, one.seq, side)
            self.entries.append(entry)

    def leave(self, case: str) -> None:
        self.entries.append(Entry(len(self.entries) + 1, case))

    def answer(self, offered: exchange.Offered) -> tuple[Answer, tuple[bytes, ...]]:
        asked = read_offer(offered.header.as_json())
        before = set(self.ledger.held)
        result = self.ledger.take([read(line) for line in offered.lines], upward=True)
        self.feed_in(self.ledger.held[id] for id in self.ledger.order if id not in before)
        header, lines = exchange.answer(self, asked, result)
        return read_answer(header.as_json()), lines

    # -- ParentView

    @property
    def epoch(self) -> str:
        return self.epoch_name

    def heads(self) -> Heads:
        return self.ledger.heads(self.nodes)

    def at(self, origin: str, seq: int) -> str | None:
        return self.ledger.at(origin, seq)

    def after(self, origin: str, seq: int, max_bytes: int) -> list[One]:
        return self.ledger.after(origin, seq, max_bytes)

    def reference(self) -> int:
        return len(self.references)

    def reference_at(self, count: int) -> str | None:
        return self.references[count - 1].id if 0 < count <= len(self.references) else None

    def reference_after(self, count: int, max_bytes: int) -> list[One]:
        return bounded(self.references[count:], max_bytes)

    def divisions(self) -> list[str]:
        return [self.division]

    def tip(self, division: str) -> int:
        return len(self.entries)

    def feed(self, division: str, after: int, max_bytes: int, heads: Heads) -> list[Entry]:
        return [
            replace(entry, line=None)
            if not entry.side and entry.seq <= heads.get(entry.origin, (0, ""))[0]
            else entry
            for entry in self.entries[after : after + 20]
        ]

    def receipts(self, after: int, max_bytes: int) -> tuple[list[bytes], bool]:
        return [str(size).encode() for size in self.signed if size > after], False

    def checkpoint(self) -> tuple[int, int, str] | None:
        return len(self.ledger.order), self.clock, "note"

    def papers(self, offer: Offer) -> Papers:
        return Papers()

    def now(self) -> int:
        return self.clock
