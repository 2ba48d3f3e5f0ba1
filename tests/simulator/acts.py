"""One case looked at from outside the fold: what its acts say by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from common.case import CaseView
from common.case.acts import is_receipt
from common.events import Event
from common.offices import division, township_of, within
from common.reference import Reference
from tests.simulator.broken import hold

_EAST = timedelta(hours=8)
_A_LOOK = timedelta(seconds=2)  # between two looks at one clock while an act is written
_WORDS = frozenset({"case.confirmed", "ruling.dismissed", "ruling.dated"})


def acts_in_turn(view: CaseView) -> Iterator[tuple[Event, bool]]:
    """The moving acts in effect; those that a ruling adopts in its place, marked."""
    for step in view.path:
        event = view.events[step]
        if event.type == "case.adopted":
            yield from ((view.events[x], True) for x in event.body["acts"])
        else:
            yield event, False


def check_holder(view: CaseView, reference: Reference) -> None:
    """One office holds the case after each act in effect, and it, or the addressee, or the county, made it."""
    holder, received, offer = "", False, None
    for event, adopted in acts_in_turn(view):
        office, kind = reference.canon(event.body["office"]), event.type
        where = f"case {view.id[:6]}: {kind} {event.id[:6]} by {office}, while {holder} held it"
        takes = kind == "case.taken" or is_receipt(event)
        if kind == "case.registered" or kind == "case.taken_over":
            hold(kind == "case.taken_over" or not holder, 3, where)
            holder, offer = office, None
            received = received or kind == "case.taken_over"
        elif adopted:
            if kind == "case.taken" or (is_receipt(event) and not received):
                holder, offer = office, None
        elif takes or kind == "case.declined":
            hold(offer is not None and offer == (event.body["of"], office), 3, where)
            holder, offer = office if takes else holder, None
        else:
            hold(office == holder, 3, where)
            if kind in ("case.submitted", "case.offered"):
                hold(offer is None, 3, where)
                offer = (event.id, reference.canon(event.body["to"]))
            elif kind == "case.recalled":
                offer = None
        received = received or is_receipt(event)
    hold(holder == view.state.holder, 3, f"case {view.id[:6]}: {view.state.holder} for {holder}")
    hold(holder or not view.path, 3, f"case {view.id[:6]}: nobody holds it")


def concerned(view: CaseView) -> set[str]:
    """Divisions that must hold the case: of who registered it, its township, all holders, the present addressee."""
    found = {view.state.holder, view.state.offer_to}
    for event, _ in acts_in_turn(view):
        office = event.body["office"]
        if event.type == "case.registered":
            found |= {office, township_of(office)}
        elif event.type in ("case.taken", "case.taken_over") or is_receipt(event):
            found.add(office)
    return {division(office) for office in found if office}


def in_scope(view: CaseView, home: str) -> bool:
    """Does the case concern a node of this division, or one below it?

    Whoever registered it or ever took it, in effect or not, goes on hearing of it; a township's scope includes its
    villages'.
    """
    took = {
        division(event.body["office"])
        for event in view.events.values()
        if event.type in ("case.registered", "case.taken", "case.taken_over") or is_receipt(event)
    }
    return any(within(code, home) for code in concerned(view) | took)


def named(view: CaseView) -> set[str]:
    """Divisions that may hold the case: of each office that any of its moving acts names, and their townships."""
    said = {event.body.get(key) for event in view.events.values() if event.moves for key in ("office", "to")}
    offices = {division(office) for office in said if office}
    made = view.events.get(view.id)
    return offices | ({township_of(made.body["office"]) or ""} if made else set())


def offered(events: Sequence[Event], since: int, home: str) -> bool:
    """From this place on: does an act offer the case to this division, or below it, or stand on one that does?"""
    offers = {event.id for event in events if event.moves and within(str(event.body.get("to")), home)}
    return any(event.moves and offers & {event.id, event.base} for event in events[since:])


def built_on(view: CaseView, hub: str) -> set[str]:
    """The acts on which the county has built: its own moving acts, what it confirmed or ruled on, and their whole past.

    Of them only those whose past is all here: the rest waits.
    """
    found: set[str] = set()
    for event in view.events.values():
        if event.node == hub and (event.moves or event.type in _WORDS):
            past = list(_past(view, event.id if event.moves else event.base))
            if past and view.events[past[-1]].base is None:
                found.update(past)
    return found


def _past(view: CaseView, act: str | None) -> Iterator[str]:
    while act is not None and act in view.events:
        yield act
        act = view.events[act].base


def check_day(event: Event) -> None:
    """An act is dated by the later of its device's clock and the newest checkpoint, in Beijing's days (design 4)."""
    day = event.body.get("day")
    if day is None:
        return
    newest = max(event.at, event.seen.time if event.seen else event.at)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=newest) + _EAST
    days = {(moment + span).date() for span in (-_A_LOOK, _A_LOOK)}
    hold(date.fromisoformat(day) in days, 7, f"{event.type} {event.id[:6]} of {moment} in Beijing says {day}")


def short(ids: Iterable[str]) -> list[str]:
    return sorted(id[:6] for id in ids)
