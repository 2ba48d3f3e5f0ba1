"""What lies on the desk: each list with its lines, the gravest list first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from common.event_types import in_words
from common.events import Event
from common.node import Node
from common.node.cutoff import Late, late, told
from common.node.intake import CUT_OFF
from common.offices import division
from common.store.views import CaseRow
from common.web.cases.story import way_words
from common.web.items.queries import full_place_name
from county_hub.nodes.queries import author_of, forked, why

MOST = 100
"""Lines shown of one list; its heading counts all that were found."""
STORED = 5_000
OFFERS = frozenset({"case.offered", "case.submitted"})
OFFER_MS = 2 * 24 * 3_600_000
"""An offer that nobody answered for so long lies on the desk."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to be looked at.

    case     the case that it concerns, or None       place   where it comes from, or where it lies
    what     in a few words       why     the reason, or what to know of it       at      UTC ms, or None
    id       of the event, "" for none        node    whose page tells more: its division, or None
    """

    what: str
    why: str
    place: str
    at: int | None = None
    case: CaseRow | None = None
    id: str = ""
    node: str | None = None


class Heap(NamedTuple):
    """A list on the desk.  ``todo``: what the operator does with its lines."""

    key: str
    title: str
    todo: str
    lines: tuple[Line, ...]
    total: int
    grave: bool = False


def desk(node: Node) -> list[Heap]:
    """The lists that have lines, the gravest first."""
    with node.store.read():
        return [heap for heap in _heaps(_Desk(node)) if heap.total]


def count(node: Node) -> int:
    """How many grave things lie there: for the header of every page, so without reading cases."""
    views = node.store.views
    cases = sum(views.worklist(name, (), 1, 1).total for name in ("county_void_papers", "county_frozen"))
    return cases + views.counts()[1] + len(forked(node)) + len(_unruled(node))


def _unruled(node: Node) -> list[Late]:
    """The records after a cut-off on which the county has not spoken since they came."""
    store = node.store
    waiting = store.waiting.list(STORED) if store.waiting.count() else ()
    return [one for one in late(store, node.reference, waiting) if not one.ruled]


def _heaps(desk: _Desk) -> Iterator[Heap]:
    yield _heap("void", "作废证件在外", "收回证件,再裁定", desk.void_papers(), grave=True)
    yield _heap("aside", "未生效,待裁定", "打开办件,在经过里裁定", desk.set_aside(), grave=True)
    yield _heap("frozen", "冻结的办件", "请升级程序,再看", desk.frozen(), grave=True)
    yield _heap("forks", "分叉", "查明是复制还是恢复,只留一台", desk.forks(), grave=True)
    yield _heap("cut", "停用之后的记录", "问清是谁在用,打开那台机器裁定", desk.after_cutoff(), grave=True)
    yield _heap("stubs", "读不懂的记录", "看那台机器的程序是不是更新", desk.stubs())
    yield _heap("asks", "请求没有答复", "催承办单位", desk.asks())
    yield _heap("offers", "对方没有接收", "催对方接收,或请交出的单位收回", desk.offers())
    yield _heap("waiting", "早到的记录", "等前面的记录,或从别的路再传", desk.waiting())


def _heap(key: str, title: str, todo: str, lines: Iterable[Line], *, grave: bool = False) -> Heap:
    found = tuple(lines)
    return Heap(key, title, todo, found[:MOST], len(found), grave)


class _Desk:
    """The lines of each list."""

    def __init__(self, node: Node) -> None:
        self._node, self._store, self._reference = node, node.store, node.reference

    # -- cases

    def set_aside(self) -> Iterator[Line]:
        found = self._store.views.set_aside(STORED)
        events = self._events({row.case_id for row, _, _ in found[:MOST]})
        for row, id, reason in found:
            event = events.get(id)
            yield Line(
                what=_done(event),
                why=why(reason),
                place=self._author(event),
                at=event.at if event else None,
                case=row,
                id=id,
            )

    def void_papers(self) -> Iterator[Line]:
        for row in self._rows("county_void_papers"):
            yield Line("已送达的决定没有效力", "领证的人手里还有", self._office(row.office), case=row)

    def frozen(self) -> Iterator[Line]:
        for row in self._rows("county_frozen"):
            yield Line(
                "有一步这里不认得",
                "那一步是更新的程序写的,认得之前谁也不能往下办",
                self._office(row.holder),
                case=row,
            )

    def asks(self) -> Iterator[Line]:
        for row in self._rows("county_asks"):
            facts, events = self._store.views.facts(row.case_id), self._events((row.case_id,))
            asks = (events[id] for id in (facts.asks if facts else ()) if id in events)
            oldest = min(asks, key=lambda event: event.at, default=None)
            more = f",共 {row.asks} 项" if row.asks > 1 else ""
            at = oldest.at if oldest else None
            yield Line(_done(oldest) + more, "还没有人回应", self._office(row.holder), at, row)

    def offers(self) -> Iterator[Line]:
        """Open offers that are older than ``OFFER_MS``, the oldest first; younger ones are on the addressee's list."""
        rows = {row.case_id: row for row in self._rows("county_offered")}
        stored = self._store.ledger.of_cases(rows)
        made = {
            case: max((one.event.at for one in found if one.event.type in OFFERS), default=None)
            for case, found in stored.items()
        }
        before = self._node.now() - OFFER_MS
        for case, at in sorted(made.items(), key=lambda item: item[1] or 0):
            if at is None or at < before:
                row = rows[case]
                way = "报送" if row.label == "REGISTERED" else way_words(row.holder, row.offer_to or "")
                yield Line(
                    f"{way}给{self._office(row.offer_to or '')}",
                    "对方没有接收,也没有说不接收",
                    self._office(row.holder),
                    at,
                    row,
                )

    def _rows(self, name: str) -> tuple[CaseRow, ...]:
        return self._node.worklist(name, (), 1, STORED).rows

    # -- nodes

    def forks(self) -> Iterator[Line]:
        for writer, origins in forked(self._node).items():
            for origin in origins:
                epoch = origin.partition("/")[2]
                yield self._of_node(writer, "同一段留痕有两份接着写", f"段 {epoch};它下次同步会另开一段")

    def after_cutoff(self) -> Iterator[Line]:
        for one in told(self._store, self._reference, _unruled(self._node)):
            held, what = one.late.held, f"{one.what} {one.number}".rstrip()
            said = f"第 {one.seq} 条,{why(held.reason)}"
            yield self._of_node(one.late.event.node, what, said, held.since, held.id)

    def waiting(self) -> Iterator[Line]:
        for held in self._store.waiting.list(STORED):
            if held.reason != CUT_OFF:
                yield self._of_node(author_of(held), "早到", why(held.reason), held.since, held.id)

    def stubs(self) -> Iterator[Line]:
        for stub in self._store.stubs.list(STORED):
            where = f"第 {stub.seq} 条" if stub.seq else "一条"
            yield self._of_node(stub.node, f"{where}读不懂", why(stub.code), stub.since, stub.id)

    def _of_node(self, writer: str, what: str, why: str, at: int | None = None, id: str = "") -> Line:
        record = self._reference.nodes.get(writer)
        if record is None:
            return Line(what, why, f"没有启用过的机器 {writer}", at, id=id)
        here = division(record.office) == self._reference.county
        place = "县里" if here else full_place_name(self._reference, record.office)
        return Line(what, why, place, at, id=id, node=None if here else record.office)

    # -- words

    def _events(self, cases: Iterable[str]) -> dict[str, Event]:
        """The events of these cases, by id."""
        found = self._store.ledger.of_cases(cases).values()
        return {one.id: one.event for stored in found for one in stored}

    def _author(self, event: Event | None) -> str:
        if event is None:
            return ""
        person = self._reference.appointments.get(event.actor or "")
        office = self._office(str(event.body.get("office", "")))
        return f"{office} {person.name}" if person else office

    def _office(self, office: str) -> str:
        return self._reference.office_name(office) if office else ""


def _done(event: Event | None) -> str:
    """The act in a word."""
    return in_words(event.type if event else "")
