"""What events of no case act on later: cut-offs, mergers, calendars, ends of appointments, enrolment (design 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from common.event_types import APPOINTMENTS
from common.events import Event
from common.offices import division, is_office, within
from common.store import Store


def touching(event: Event) -> bool:
    """May later folds of cases act on it at all?  Asked first: of what a bulk brings hardly any does."""
    return event.type in _TOUCHES or event.type == ENROLLED


def touched(store: Store, event: Event, node: str) -> Iterable[str]:
    """The cases to fold again because of this event; ``node``: whose store this is."""
    if _enrols(event, node):
        return store.ledger.cases()  # now it is known whose feeds this node keeps
    find = _TOUCHES.get(event.type)
    return find(store, event) if find is not None else ()


def caught_up(store: Store, event: Event, node: str) -> list[Event]:
    """Events of no case that came before it was known whose feeds this node keeps, if it is known from now on."""
    return [old for kind in OF_NO_CASE for old in store.ledger.of_type(kind)] if _enrols(event, node) else []


ENROLLED = "node.enrolled"
OF_NO_CASE = ("officer.appointed", "officer.ended", "origin.forked")


def _enrols(event: Event, node: str) -> bool:
    return event.type == ENROLLED and event.body.get("node") == node


def _calendar(store: Store, event: Event) -> Iterable[str]:
    return store.views.open_cases()


def _rules(store: Store, event: Event) -> Iterable[str]:
    return store.ledger.cases()


def _revoked(store: Store, event: Event) -> Iterable[str]:
    """Those that it acted on; where it appointed people, those that the nodes within its home acted on as well."""
    node = str(event.body.get("node"))
    nodes = {node}
    if any(one.node == node for kind in APPOINTMENTS for one in store.ledger.of_type(kind)):
        homes = {
            str(one.body.get("node")): str(one.body.get("office")) for one in store.ledger.of_type(ENROLLED)
        }
        home = homes.get(node, "")
        nodes |= {one for one, office in homes.items() if is_office(office) and within(office, home)}
    origins = store.ledger.tops_of(nodes)
    return store.ledger.cases(origins) if origins else ()


def _merged(store: Store, event: Event) -> Iterable[str]:
    old = division(str(event.body.get("old")))
    return {*store.views.at(old), *store.feeds.cases_of(old)}


def _ended(store: Store, event: Event) -> Iterable[str]:
    """Acts of the same origin after the end are judged anew."""
    return store.ledger.cases_after(event.origin, event.seq)


_TOUCHES: Mapping[str, Callable[[Store, Event], Iterable[str]]] = {
    "calendar.published": _calendar,
    "rules.switched": _rules,
    "node.revoked": _revoked,
    "office.merged": _merged,
    "officer.ended": _ended,
}
