"""Which acts an officer may do on a case now, and for which office: what the pages offer (``common.rights``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from common.case.acts import ADOPTABLE
from common.case.evolve import closed, may
from common.case.grading import graded, intake_office, steps_to_finish
from common.case.state import DECIDED, ENDED
from common.case.view import CaseView
from common.event_types import EVENT_TYPES
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
    if not view.path or appointment.ended:
        return ()
    return tuple(kind for kind in _BY_PEOPLE if _allowed(view, kind, appointment, reference, today))


# Whoever takes a registration back takes its submission back with it, if that is out (``decide``).
_GONE = {"case.cancelled": "act.offer_open"}

_BY_PEOPLE = tuple(kind for kind, right in RIGHTS.items() if right.roles and kind != "case.registered")


def _allowed(
    view: CaseView, kind: str, appointment: Appointment, reference: Reference, today: date | None
) -> bool:
    office = office_for(view, kind, appointment, reference)
    if office is None or (view.frozen and EVENT_TYPES[kind].moves):
        return False
    if EVENT_TYPES[kind].moves:
        body = {"office": office, "of": view.state.offer}
        if closed(view.state, kind) or may(view.state, kind, body, reference.canon) not in (
            None,
            _GONE.get(kind),
        ):
            return False
        if graded(view.state, kind, {**body, "to": intake_office(view.state, reference)}, reference):
            return False
    makes_sense = _SENSE.get(kind)
    return makes_sense is None or makes_sense(view, reference, today)


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


_SENSE: Mapping[str, Callable[[CaseView, Reference, date | None], bool]] = {
    "case.correction_asked": _notice_in_time,
    "case.not_accepted": _notice_in_time,
    "case.paused": _pause_listed,
    "case.stepped": _steps_left,
    "case.submitted": lambda view, reference, today: view.state.offer is None,
    "case.resumed": lambda view, reference, today: view.state.paused,
    "case.restarted": lambda view, reference, today: view.state.suspended,
    "case.adopted": lambda view, reference, today: any(
        view.events[act.id].type in ADOPTABLE for act in view.aside
    ),
    "ruling.dismissed": lambda view, reference, today: bool(view.aside),
    "correction.handed_in": _not_ended,
    "withdrawal.asked": _not_ended,
    "ask.answered": lambda view, reference, today: bool(view.asks),
    "case.urged": _not_ended,
    "case.delivered": _decided,
    "case.rated": _decided,
    "case.archived": lambda view, reference, today: view.state.status in ENDED,
}
