"""Which lists there are, how each is filtered by plain words, and the cases on them.

待办 is gathered whole and filtered here, since lamps follow from the calendar; the others are pages of stored lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from common.node import Node
from common.offices import Level, division, within
from common.reference import Appointment
from common.rights import AGENT, OPERATOR, SUPERVISOR, TECHNICIAN, covers
from common.store.views import CaseRow
from common.web.worklists.rows import Row, Rows

SIZE = 50
MOST = 5_000
"""The most cases that 待办 looks at: a desk with more than that has another trouble than its list."""
TITLES: Mapping[str, str] = {"todo": "待办", "incoming": "待接收", "all": "全部办件", "mine": "我的办件"}

# filter -> (words, list of the store); the first is the whole list
STORED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "incoming": {"": ("全部", "incoming")},
    "all": {
        "": ("全部", "all"),
        "holding": ("在办", "holding"),
        "away": ("别处在办", "away"),
        "offered": ("等对方接收", "offered"),
        "correcting": ("补正中", "correcting"),
        "results": ("待送达", "results"),
        "aside": ("未生效", "aside"),
        "ended": ("已办结", "ended"),
    },
    "mine": {
        "": ("全部", "all"),
        "registered": ("待报送", "registered"),
        "correcting": ("要补材料", "correcting"),
        "away": ("在办", "away"),
        "results": ("待送达", "results"),
        "delivered": ("已送达", "delivered"),
        "aside": ("未生效", "aside"),
        "ended": ("已办结", "ended"),
    },
}
_DUTIES = ("holding", "incoming", "results", "asks", "aside")
_WAITING = frozenset({"CORRECTING", "FORWARDED", "SENT_BACK", "PAUSED", "SUSPENDED"})

Test = Callable[[Row], bool]
DUTY_FILTERS: Mapping[str, tuple[str, Test]] = {
    "": ("全部", lambda row: True),
    "soon": ("快到期", lambda row: row.lamp == "yellow"),
    "late": ("已超期", lambda row: row.lamp == "red"),
    "waiting": ("等别人", lambda row: row.case.label in _WAITING and not row.is_offered_here),
    "back": ("退回补充", lambda row: row.case.label == "SENT_BACK"),
    "incoming": ("待接收", lambda row: row.is_offered_here),
    "results": ("待送达", lambda row: row.is_result),
    "asks": ("有请求", lambda row: row.case.asks > 0),
    "aside": ("未生效", lambda row: row.case.set_aside > 0),
}
_ALWAYS = frozenset({"", "soon", "late", "waiting", "back"})
"""Filters that stand there even with nothing in them."""


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list.  ``chosen``: the filter; ``total``: of it."""

    name: str
    title: str
    filters: tuple[Filter, ...]
    chosen: str
    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int


def offices_of(officer: Appointment, node: Node) -> tuple[str, ...]:
    """The offices whose cases an officer works on here.

    Who watches over the county sees those of all its offices; a technician keeps machines, and sees no case.
    """
    if officer.role == TECHNICIAN:
        return ()
    if officer.role in (OPERATOR, SUPERVISOR):
        return node.offices
    canon = node.reference.canon
    return tuple(office for office in node.offices if covers(officer.role, officer.office, office, canon))


def offices_listed(name: str, officer: Appointment, node: Node) -> tuple[str, ...]:
    """The offices whose cases are on a list of his: on 全部办件 of a township those of its villages too.

    What a village registered stays there while the county has it, and after its end.
    """
    offices = offices_of(officer, node)
    if name not in ("all", "ended") or node.level is not Level.TOWNSHIP or node.office not in offices:
        return offices
    known = sorted(node.reference.offices)
    return (*offices, *(code for code in known if code not in offices and within(code, node.office)))


def listing(node: Node, officer: Appointment, name: str, chosen: str, page: int) -> Listing:
    """A page of a list; an unknown filter is the whole list."""
    offices = offices_listed(name, officer, node)
    make = Rows(node, officer, frozenset(offices_of(officer, node)))
    if name == "todo":
        return _todo(node, offices, make, chosen, page)
    stored = STORED[name]
    chosen = chosen if chosen in stored else ""
    counts = {key: node.worklist(kind, offices, 1, 1).total for key, (_, kind) in stored.items()}
    found = node.worklist(stored[chosen][1], offices, page, SIZE)
    filters = tuple(
        Filter(key, words, counts[key])
        for key, (words, _) in stored.items()
        if counts[key] or key in ("", chosen)
    )
    return Listing(
        name,
        TITLES[name],
        filters,
        chosen,
        make.of(found.rows),
        found.total,
        found.page,
        found.pages,
    )


def _todo(node: Node, offices: Sequence[str], make: Rows, chosen: str, page: int) -> Listing:
    cases: dict[str, CaseRow] = {}
    for kind in _DUTIES:
        cases.update((row.case_id, row) for row in node.worklist(kind, offices, 1, MOST).rows)
    rows = sorted(map(make.row, cases.values()), key=lambda row: row.order)
    chosen = chosen if chosen in DUTY_FILTERS else ""
    counts = {key: sum(map(test, rows)) for key, (_, test) in DUTY_FILTERS.items()}
    filters = tuple(
        Filter(key, words, counts[key])
        for key, (words, _) in DUTY_FILTERS.items()
        if counts[key] or key in _ALWAYS or key == chosen
    )
    kept = [row for row in rows if DUTY_FILTERS[chosen][1](row)]
    pages = max(1, -(-len(kept) // SIZE))
    page = min(page, pages)
    shown = make.shown(kept[(page - 1) * SIZE : page * SIZE])
    return Listing("todo", TITLES["todo"], filters, chosen, shown, len(kept), page, pages)


def counts(node: Node, officer: Appointment) -> Mapping[str, int]:
    """What the header shows beside its links: how many cases wait to be taken in."""
    return {"incoming": node.worklist("incoming", offices_of(officer, node), 1, 1).total}


def search(node: Node, officer: Appointment, text: str, limit: int = 50) -> tuple[Row, ...]:
    """Cases by part of a name or number, among those that the officer may look at."""
    offices = frozenset(offices_of(officer, node))
    make = Rows(node, officer, offices)
    whole = officer.role != TECHNICIAN and (
        officer.role in (AGENT, OPERATOR, SUPERVISOR) or division(officer.office) == officer.office
    )
    found = node.search(text, limit)
    return make.of(row for row in found if whole or offices & {row.holder, row.offer_to, row.office})
