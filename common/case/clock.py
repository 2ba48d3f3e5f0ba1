"""The clock of a case 时限: due dates, lamps, the short terms before acceptance (R-104, R-205, R-209, R-401 to R-421).

All of it follows from the fold and the calendars.  An open case is counted on the newest calendar, a finished one
on that of its end (R-420); the term is that of the edition in the arrival (R-421), plus the one extension (R-406).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from common import clock
from common.calendar import UNPUBLISHED, Calendar
from common.case.state import UNANSWERED, State, Status, Stop
from common.case.view import CaseView
from common.catalogue.items import Term
from common.clock import Due, Lamp, Unit
from common.offices import Level, level
from common.reference import Reference


@dataclass(frozen=True, slots=True)
class CaseDue:
    """The limits of an accepted case.

    Args:
        accepted_on: day 0 (R-402); deemed acceptance counts from the receipt (R-206).
        promised, statutory: each limit with its counted days; ``statutory`` None where the item has none (R-407).
        days, unit: the promised term with the extension.
        calendar: the one counted on.
    """

    accepted_on: date
    promised: Due
    statutory: Due | None
    days: int
    unit: Unit
    calendar: Calendar

    @property
    def due(self) -> date | None:
        """The promised last day; None while a pause is open."""
        return self.promised.due

    @property
    def provisional(self) -> bool:
        """Past the published calendar: to be computed again (R-419)."""
        return self.promised.provisional

    @property
    def counted(self) -> tuple[date, ...]:
        return self.promised.counted


class TermKind(StrEnum):
    """The clocks before acceptance, and that of a pause."""

    REPORT = "report"  # the agent hands in what was registered
    NOTICE = "notice"  # the one notice, or acceptance
    CORRECT = "correct"  # the applicant corrects
    PAUSE = "pause"  # as long as was announced


@dataclass(frozen=True, slots=True)
class OpenTerm:
    """A short term that runs now: its last day, and its own lamp."""

    kind: TermKind
    by: date
    lamp: Lamp


def due(view: CaseView, reference: Reference) -> CaseDue | None:
    """The limits of a case; None if it was never accepted."""
    state = view.state
    edition = reference.editions.get(state.edition)
    if state.accepted is None or edition is None:
        return None
    item, calendar = edition.item, calendar_of(view, reference)
    return CaseDue(
        accepted_on=state.accepted,
        promised=_ends(state, state.accepted, item.promised, calendar),
        statutory=_ends(state, state.accepted, item.statutory, calendar) if item.statutory else None,
        days=item.promised.days + state.extension,
        unit=item.promised.unit,
        calendar=calendar,
    )


def _ends(state: State, accepted_on: date, term: Term, calendar: Calendar) -> Due:
    stops = [(stop.start, stop.end) for stop in (*state.pauses, *state.suspensions)]
    return clock.due_date(calendar, accepted_on, term.days, term.unit, stops, extended_by=state.extension)


def calendar_of(view: CaseView, reference: Reference) -> Calendar:
    """The newest calendar for an open case; for a finished one that known to the act that ended it (R-420)."""
    decision = view.state.decision
    end = view.events.get(decision.id if decision else view.state.result or "")
    at = reference.position(end.ref) if end is not None else None
    found = reference.newest_calendar(at)
    return found[1] if found else UNPUBLISHED


def lamp(view: CaseView, reference: Reference, today: date) -> Lamp | None:
    """The lamp of the promised limit; None for finished, paused, suspended, not yet accepted cases (R-704)."""
    state = view.state
    limits = due(view, reference) if state.status is Status.ACCEPTED else None
    if limits is None or limits.due is None or state.paused or state.suspended:
        return None
    return clock.lamp(limits.calendar, limits.due, today, clock.warn_days_for(limits.days))


def statutory_passed(view: CaseView, reference: Reference, today: date) -> bool:
    """Has an open case, or had a finished one at its end, passed the statutory limit (R-407)?"""
    limits = due(view, reference)
    if limits is None or limits.statutory is None or limits.statutory.due is None:
        return False
    return (view.state.ended or today) > limits.statutory.due


def open_terms(view: CaseView, reference: Reference, today: date) -> tuple[OpenTerm, ...]:
    """The short terms that run now, each with its own lamp (R-104, R-205, R-209, R-410)."""
    state, calendar = view.state, calendar_of(view, reference)
    terms = [
        _pause_term(calendar, stop, state, reference, today) for stop in state.pauses if stop.end is None
    ]
    if (made := state.registration) is not None and state.status is Status.REGISTERED:
        if level(made.office) is Level.VILLAGE:
            terms.append(_term(TermKind.REPORT, calendar, clock.report_by(calendar, made.day), today))
    elif state.status in UNANSWERED and state.notice_by is not None:
        terms.append(_term(TermKind.NOTICE, calendar, state.notice_by, today))
    elif state.status is Status.CORRECTING and state.correct_by is not None:
        terms.append(_term(TermKind.CORRECT, calendar, state.correct_by, today))
    return tuple(terms)


def _term(kind: TermKind, calendar: Calendar, by: date, today: date) -> OpenTerm:
    return OpenTerm(kind, by, clock.lamp(calendar, by, today))


def _pause_term(calendar: Calendar, stop: Stop, state: State, reference: Reference, today: date) -> OpenTerm:
    step = reference.editions[state.edition].item.stopped_step(stop.kind or "")
    unit: Unit = (step.unit if step else None) or "working_day"
    days = stop.announced_days or 0
    by = clock.due_date(calendar, stop.start, days, unit).due or date.max
    return OpenTerm(TermKind.PAUSE, by, clock.pause_lamp(calendar, stop.start, days, unit, today))
