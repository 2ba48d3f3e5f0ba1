"""Which acts an officer may do on a case now, and for which office: what the pages offer (``common.rights``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from common.case.acts import ADOPTABLE
from common.case.desk import refusal_code
from common.case.evolve import closed, may
from common.case.grading import graded, intake_office, steps_to_finish
from common.case.state import DECIDED, ENDED, State
from common.case.view import CaseView
from common.event_types import EVENT_TYPES
from common.offices import division
from common.reference import Appointment, Reference
from common.rights import RIGHTS, Relation, refusal


def office_for(view: CaseView, kind: str, appointment: Appointment, reference: Reference) -> str | None:
    """The office for which the officer would do an act of this type on this case; None if for none."""
    for office in _offices(view, kind, appointment, reference):
        if refusal(kind, appointment.role, appointment.office, office, reference.canon) is None:
            return office
    return None


def _offices(view: CaseView, kind: str, appointment: Appointment, reference: Reference) -> Iterator[str]:
    relation, state = RIGHTS[kind].relation, view.state
    if relation is Relation.HOLDER and state.holder:
        yield state.holder
    elif relation is Relation.ADDRESSEE and state.offer_to is not None:
        yield state.offer_to
    elif relation is Relation.COUNTY:
        yield reference.county
    elif relation is Relation.ANYONE:
        yield appointment.office
    elif relation in (Relation.CLOSE, Relation.CONCERNED):
        among = view.parties.close if relation is Relation.CLOSE else view.parties.concerned
        first = (state.holder, reference.canon(appointment.office))
        yield from (office for office in (*first, *sorted(among)) if office in among)


def allowed_acts(
    view: CaseView, appointment: Appointment, reference: Reference, today: date | None = None
) -> tuple[str, ...]:
    """The types of acts that an officer may do on a case now, in the order of the table of rights.

    ``today`` also leaves out what its term no longer allows (R-206).  An act named here may still be refused for
    its details: a paper not seen, a reason not given.
    """
    return tuple(kind for kind in _BY_PEOPLE if hindrance(view, kind, appointment, reference, today) is None)


def hindrance(
    view: CaseView, kind: str, appointment: Appointment, reference: Reference, today: date | None = None
) -> str | None:
    """Why an officer may not do an act of this type on a case now: the code of its refusal; None if he may."""
    if not view.path:
        return "case.nothing_registered"
    if appointment.ended:
        return "case.appointment_ended"
    moves, state = EVENT_TYPES[kind].moves, view.state
    if moves and state.status in ENDED and (reason := closed(state, kind)):
        return refusal_code(kind, reason, state.status)
    office = office_for(view, kind, appointment, reference)
    if office is None:
        return _not_his(view, kind, appointment, reference)
    if moves and view.frozen:
        return "case.frozen"
    if moves and (reason := _unfit(state, kind, office, reference)):
        return refusal_code(kind, reason, state.status)
    makes_sense, otherwise = _SENSE.get(kind, (None, None))
    return None if makes_sense is None or makes_sense(view, reference, today) else otherwise


def _not_his(view: CaseView, kind: str, appointment: Appointment, reference: Reference) -> str:
    """Why there is no office for which he could do it: it is another's turn, or in his own office another role's."""
    relation, state, own = RIGHTS[kind].relation, view.state, division(reference.canon(appointment.office))
    if relation is Relation.COUNTY:
        return "case.not_county"
    if relation is Relation.ADDRESSEE:
        if state.offer_to is None:
            return "case.no_such_offer"
        return "case.role" if division(state.offer_to) == own else "case.not_addressee"
    if relation is Relation.HOLDER:
        return "case.role" if division(state.holder) == own else "case.not_holder"
    return "case.role" if own in map(division, view.parties.concerned) else "case.not_concerned"


def _unfit(state: State, kind: str, office: str, reference: Reference) -> str | None:
    """Why an act that moves makes no sense in this state, by this office, with this item."""
    body = {"office": office, "of": state.offer}
    reason = closed(state, kind) or may(state, kind, body, reference.canon)
    if reason is not None and reason != _GONE.get(kind):
        return reason
    return graded(state, kind, {**body, "to": intake_office(state, reference)}, reference)


# Whoever takes a registration back takes its submission back with it, if that is out (``decide``).
_GONE = {"case.cancelled": "act.offer_open"}

_BY_PEOPLE = tuple(kind for kind, right in RIGHTS.items() if right.roles and kind != "case.registered")


def _notice_in_time(view: CaseView, reference: Reference, today: date | None) -> bool:
    by = view.state.notice_by
    return by is None or today is None or today <= by


def _pause_listed(view: CaseView, reference: Reference, today: date | None) -> bool:
    return bool(reference.editions[view.state.edition].item.excluded_kinds)


def _steps_left(view: CaseView, reference: Reference, today: date | None) -> bool:
    steps = steps_to_finish(reference.editions[view.state.edition].item)
    return any(step.number not in view.state.steps for step in steps)


def _decided(view: CaseView, reference: Reference, today: date | None) -> bool:
    return view.state.status in DECIDED


def _not_ended(view: CaseView, reference: Reference, today: date | None) -> bool:
    return view.state.status not in ENDED


_SENSE: Mapping[str, tuple[Callable[[CaseView, Reference, date | None], bool], str]] = {
    "case.correction_asked": (_notice_in_time, "case.after_notice_term"),
    "case.not_accepted": (_notice_in_time, "case.after_notice_term"),
    "case.paused": (_pause_listed, "case.pause_not_allowed"),
    "case.stepped": (_steps_left, "case.no_such_step"),
    "case.submitted": (lambda view, reference, today: view.state.offer is None, "case.offer_open"),
    "case.resumed": (lambda view, reference, today: view.state.paused, "case.no_such_pause"),
    "case.restarted": (lambda view, reference, today: view.state.suspended, "case.no_such_suspension"),
    "case.adopted": (
        lambda view, reference, today: any(view.events[act.id].type in ADOPTABLE for act in view.aside),
        "case.not_set_aside",
    ),
    "ruling.dismissed": (lambda view, reference, today: bool(view.aside), "case.not_set_aside"),
    "correction.handed_in": (_not_ended, "case.ended"),
    "withdrawal.asked": (_not_ended, "case.ended"),
    "ask.answered": (lambda view, reference, today: bool(view.asks), "case.no_such_ask"),
    "case.urged": (_not_ended, "case.ended"),
    "case.delivered": (_decided, "case.not_decided"),
    "case.rated": (_decided, "case.not_decided"),
    "case.archived": (lambda view, reference, today: view.state.status in ENDED, "case.not_ended"),
}
"""type -> (does it make sense now, the code of its refusal where it does not)."""
