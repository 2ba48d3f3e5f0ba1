"""Where the time went 时间在谁那里: the civil days of a case, by whose turn it was (R-106, R-205, R-410).

A day belongs to whoever had the case when it began; two moves in a day leave no trace of the stay between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from common.case import CaseView, State, Status
from common.case.acts import SUPPLY, days_of
from common.case.tree import Tree
from common.event_types import EVENT_TYPES
from common.events import Event
from common.offices import Level, level
from common.reference import Reference


class Turn(StrEnum):
    """Whose turn it is; the values are the names of the bar's colours."""

    VILLAGE = "village"
    WAY = "way"
    TOWNSHIP = "township"
    DEPARTMENT = "department"
    APPLICANT = "applicant"
    PAUSED = "paused"


WORDS = {
    Turn.VILLAGE: "村",
    Turn.WAY: "路上",
    Turn.TOWNSHIP: "乡镇",
    Turn.DEPARTMENT: "县级部门",
    Turn.APPLICANT: "群众补材料",
    Turn.PAUSED: "停表",
}
_BY_LEVEL = {Level.VILLAGE: Turn.VILLAGE, Level.TOWNSHIP: Turn.TOWNSHIP, Level.COUNTY: Turn.DEPARTMENT}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From which day on it was whose turn, and in whose hands; ``turn`` None once the case has ended."""

    turn: Turn | None
    since: date
    holder: str


def history(view: CaseView, reference: Reference) -> tuple[Stretch, ...]:
    """The stretches of a case in order, one for each act in effect.  Days never run backwards: clocks may."""
    tree = Tree(view.events, reference)
    tree.grow()
    found: list[Stretch] = []
    day = date.min
    for step in view.path:
        event, state = view.events[step], tree.after[step]
        if handed_in := _handed_in(event, view):
            day = max(day, days_of(handed_in, tree.ruled)[-1])
            found.append(Stretch(Turn.WAY, day, state.holder))
        if event.type in EVENT_TYPES:
            day = max(day, days_of(event, tree.ruled)[-1])
        found.append(Stretch(turn_of(state), day, state.holder))
    return tuple(found)


def shares(stretches: tuple[Stretch, ...], until: date) -> tuple[tuple[Turn, int], ...]:
    """The days of each turn up to ``until``, in the order in which each was first had; turns of no day are left out."""
    days: dict[Turn, int] = {}
    ends = [*(each.since for each in stretches[1:]), until]
    for stretch, end in zip(stretches, ends, strict=True):
        if stretch.turn is not None and (count := (min(end, until) - stretch.since).days) > 0:
            days[stretch.turn] = days.get(stretch.turn, 0) + count
    return tuple(days.items())


def held_since(stretches: tuple[Stretch, ...]) -> date | None:
    """The day on which the present holder got the case; None before anyone had it."""
    since: date | None = None
    holder = ""
    for stretch in stretches:
        if stretch.holder != holder:
            since, holder = stretch.since, stretch.holder
    return since


def turn_of(state: State) -> Turn | None:
    """Whose turn it is in a state; None before the first act and after the end."""
    if state.ended is not None or not state.holder:
        return None
    if state.status is Status.CORRECTING:
        return Turn.APPLICANT
    if state.offer is not None:
        return Turn.WAY
    if state.paused or state.suspended:
        return Turn.PAUSED
    return _BY_LEVEL[level(state.holder)]


def _handed_in(event: Event, view: CaseView) -> Event | None:
    """What the applicant brought and this arrival takes in: until then it was on its way."""
    if event.type != "case.arrived" or event.body.get("of_kind") != SUPPLY:
        return None
    return view.events.get(str(event.body.get("of")))
