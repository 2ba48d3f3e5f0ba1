"""Graded handling 分级承办: which office takes in and which decides, by the item's procedure (R-101, R-105, R-106)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common.case.state import State
from common.catalogue.items import Item, Step
from common.offices import Level, level, township_of
from common.offices import division as division_of
from common.reference import Reference
from common.rights import Place, place

_STEPS_WITH_ACTS_OF_THEIR_OWN = frozenset({"register", "forward", "accept", "decide"})


def steps_to_finish(item: Item) -> tuple[Step, ...]:
    """The steps that ``case.stepped`` can finish: before the decision, and without an act of their own."""
    return tuple(
        step
        for step in item.procedure
        if step.kind not in _STEPS_WITH_ACTS_OF_THEIR_OWN and step.number < item.decide_step.number
    )


def office_of(state: State, step: Step, reference: Reference) -> str:
    """The office that does a step of this case by its item's procedure (R-101, R-105)."""
    item = reference.editions[state.edition].item
    made = state.registration
    at, village = (made.office, made.village) if made else ("", None)
    own = division_of(at) if at and level(at) is Level.VILLAGE else None
    township = township_of(at) if at else None
    if township is None and village is not None:
        township = township_of(village)
    return item.office_for(step, own, township, reference.county)


def intake_office(state: State, reference: Reference) -> str:
    """Where a submission goes, and who accepts: the office of the first ``accept`` step, else ``decide``."""
    return office_of(state, reference.editions[state.edition].item.receiving_step, reference)


def deciding_office(state: State, reference: Reference) -> str:
    """Who decides: the office of the ``decide`` step."""
    return office_of(state, reference.editions[state.edition].item.decide_step, reference)


_ANSWERS = frozenset({"case.accepted", "case.correction_asked", "case.not_accepted"})
_DECIDES = frozenset({"case.decided", "case.revoked"})


def graded(state: State, kind: str, body: Mapping[str, Any], reference: Reference) -> str | None:
    """Why an office of this place does no such thing with this item; None if it does."""
    office = body["office"]
    if kind == "case.submitted":
        wrong = _at(body["to"], intake_office(state, reference), reference.canon)
        return "act.not_intake_office" if wrong else None
    if kind in _ANSWERS:
        wrong = _at(office, intake_office(state, reference), reference.canon)
        by_county = state.taken_over and level(office) is Level.COUNTY
        return "act.not_intake_office" if wrong and not by_county else None
    if kind in _DECIDES and not (state.taken_over and place(office) is Place.DEPARTMENT):
        return _at(office, deciding_office(state, reference), reference.canon)
    return None


def _at(office: str, wanted: str, canon: Callable[[str], str]) -> str | None:
    """The level decides, at the county the department too: departments are authorities of their own."""
    if level(office) is not level(wanted):
        return "act.not_deciding_level"
    if level(office) is Level.COUNTY and canon(office) != canon(wanted):
        return "act.not_deciding_office"
    return None
