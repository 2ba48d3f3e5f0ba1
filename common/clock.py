"""The clock 时限 as functions of values: due dates, pauses, lamps (R-104, R-205, R-209, R-301, R-401 to R-421, R-702).

Nothing here asks for "now", a zone or a locale.  Days are civil dates in Asia/Shanghai; a last day ends at 24:00
(R-403).  A due date follows from the calendar, the day of acceptance, the term and the pauses alone.  So a newer
calendar (R-420), an extension or a pause is another call with other arguments, and each limit of a case has a call
of its own: statutory, promised, each level's (R-303, R-405, R-407, R-414).  Nothing is granted because its time ran
out: it goes red (R-418).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

from common.calendar import Calendar
from common.errors import BadInput

Unit = Literal["working_day", "calendar_day"]
Lamp = Literal["green", "yellow", "red"]

# The local dates on which the clock stopped and restarted; None while it stands still.
Pause = tuple[date, date | None]

REPORTING_DAYS = 3  # working days for the agent to hand in what was registered
NOTICE_DAYS = 5  # working days for the one correction notice
CORRECTION_DAYS = 30  # working days for the applicant, unless the notice sets another term
STATUTORY_DAYS = 20  # working days, unless a law says otherwise
EXTENSION_DAYS = 10  # working days at most, once
JOINT_DAYS, JOINT_EXTENSION_DAYS = 45, 15  # joint handling

# Ten years.  No law gives such a term; an event that claims a longer one leaves the due date open.
MAX_TERM_DAYS = 3_660

# Beijing time.  Fixed, not from a zone database: a village's Windows PC has none, and the zone's history would change
# nothing.  Asia/Shanghai had summer time in 1986-1991 and before 1950; the instants that are turned into dates here
# are those of acts, all of them later.  Birth dates and other civil dates are dates from the start.
BEIJING = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_OFFSET_MS = 8 * 3_600_000
_DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Due:
    """When a term ends.

    Args:
        due: the last day, inclusive; None while it is not fixed, because a pause is open and days remain.
        provisional: a day of the term lies outside the published calendar (R-419): to be computed again on a new
            one, never to look final.  False while ``due`` is None.
        counted: the days that count, in order, for people to check (R-410); while ``due`` is None, those so far.
        nominal: for a term in calendar days its last day before that moved to a working day (R-404), else None.
    """

    due: date | None
    provisional: bool
    counted: tuple[date, ...]
    nominal: date | None = None


def due_date(
    calendar: Calendar,
    accepted_on: date,
    days: int,
    unit: Unit = "working_day",
    pauses: Iterable[Pause] = (),
    *,
    extended_by: int = 0,
) -> Due:
    """The end of a term that began on ``accepted_on``, which is day 0 and not counted (R-402).

    A day D counts if no pause (P, R) has P < D <= R; pauses may overlap and come in any order (R-410).  Working
    days are the calendar's (R-401); a term of 0 working days is due the same day (R-301).  A term in calendar days
    whose last day is no working day ends on the next working day on which the clock runs (R-404).

    Args:
        days: the term, in ``unit``.
        extended_by: what an extension adds, in ``unit`` (R-406).
    Errors:
        ValueError: ``days`` or ``extended_by`` is negative.
    """
    if days < 0 or extended_by < 0:
        raise ValueError("a term is not negative")
    days += extended_by
    if days > MAX_TERM_DAYS:
        return Due(None, False, ())
    gaps = _gaps(accepted_on, pauses)
    if unit == "working_day":
        return _due_in_working_days(calendar, accepted_on, days, gaps)
    return _due_in_calendar_days(calendar, accepted_on, days, gaps)


def _due_in_working_days(calendar: Calendar, accepted_on: date, days: int, gaps: list[Pause]) -> Due:
    steps = _steps(days, gaps, lambda day: calendar.count_working_days(accepted_on, day))
    due = None if steps is None else calendar.add_working_days(accepted_on, steps)
    counted = _outside(gaps, accepted_on, due, calendar.working_days)
    return Due(due, due is not None and not calendar.knows(accepted_on, due), counted)


def _due_in_calendar_days(calendar: Calendar, accepted_on: date, days: int, gaps: list[Pause]) -> Due:
    steps = _steps(days, gaps, lambda day: (day - accepted_on).days)
    nominal = None if steps is None else _later(accepted_on, steps)
    counted = _outside(gaps, accepted_on, nominal, _every_day)
    due = None if nominal is None else _running_working_day(calendar, nominal, gaps)
    if nominal is None or due is None:
        return Due(None, False, counted, nominal)
    return Due(due, not (calendar.known(nominal) and calendar.known(due)), counted, nominal)


def _gaps(accepted_on: date, pauses: Iterable[Pause]) -> list[Pause]:
    """The union of the pauses after day 0, in order and apart from each other; only the last may be open."""
    gaps: list[Pause] = []
    for paused, resumed in sorted(pauses, key=lambda pause: pause[0]):
        if gaps:
            _, before = gaps[-1]
            if before is None:
                break
            start = max(paused, before)
        else:
            start = max(paused, accepted_on)
        if resumed is None or resumed > start:
            gaps.append((start, resumed))
    return gaps


def _steps(days: int, gaps: list[Pause], count: Callable[[date], int]) -> int | None:
    """How many steps after day 0 the term ends, with those that pauses swallow; None if an open one comes first.

    ``count(day)``: steps from day 0 through ``day``.
    """
    steps = days
    for paused, resumed in gaps:
        if steps <= count(paused):
            break
        if resumed is None:
            return None
        steps += count(resumed) - count(paused)
    return steps


def _outside(
    gaps: list[Pause],
    after: date,
    through: date | None,
    listed: Callable[[date, date], tuple[date, ...]],
) -> tuple[date, ...]:
    """What ``listed`` gives in (after, through] outside the gaps; up to the open gap if ``through`` is None."""
    counted: tuple[date, ...] = ()
    for paused, resumed in gaps:
        if through is not None and paused >= through:
            break
        counted += listed(after, paused)
        if resumed is None:
            return counted
        after = resumed
    return counted if through is None else counted + listed(after, through)


def _running_working_day(calendar: Calendar, day: date, gaps: list[Pause]) -> date | None:
    """The first working day from ``day`` on that lies in no gap; None if the open gap swallows it."""
    day = calendar.working_day_from(day)
    for paused, resumed in gaps:
        if paused < day and resumed is None:
            return None
        if resumed is not None and paused < day <= resumed:
            day = calendar.next_working_day(resumed)
    return day


def _later(day: date, count: int) -> date:
    return date.fromordinal(min(day.toordinal() + count, date.max.toordinal()))


def _every_day(after: date, through: date) -> tuple[date, ...]:
    return tuple(date.fromordinal(o) for o in range(after.toordinal() + 1, through.toordinal() + 1))


# -- the short terms around acceptance


def report_by(calendar: Calendar, registered_on: date, days: int = REPORTING_DAYS) -> date:
    """The last day for the agent to hand in what was registered (R-104)."""
    return calendar.add_working_days(registered_on, days)


def notice_by(calendar: Calendar, received_on: date) -> date:
    """The last day for the one correction notice (R-205); later, the case counts as accepted on receipt (R-206)."""
    return calendar.add_working_days(received_on, NOTICE_DAYS)


def correct_by(calendar: Calendar, notified_on: date, days: int = CORRECTION_DAYS) -> date:
    """The last day for the applicant to hand in what the notice wants; later, the case is returned (R-209)."""
    return calendar.add_working_days(notified_on, days)


# -- lamps


def remaining_working_days(calendar: Calendar, due: date, today: date) -> int:
    """Working days in (today, due], 0 on the due date; minus those in (due, today] once it has passed (R-702)."""
    return calendar.count_working_days(today, due)


def overdue_working_days(calendar: Calendar, due: date, today: date) -> int:
    """Working days in (due, today]; 0 while in time, and on days off right after the due date."""
    return max(0, calendar.count_working_days(due, today))


def warn_days_for(days: int) -> int:
    """How many working days before its end a term of ``days`` turns yellow, unless the item says (R-702)."""
    if days > 10:
        return 3
    return 2 if days > 5 else 1


def lamp(calendar: Calendar, due: date, today: date, warn_days: int = 1) -> Lamp:
    """Red once the due date has passed, yellow when at most ``warn_days`` working days remain (R-701, R-702).

    Which cases have no lamp follows from their state, not from their dates (R-704).
    """
    if today > due:
        return "red"
    return "yellow" if remaining_working_days(calendar, due, today) <= warn_days else "green"


def pause_lamp(calendar: Calendar, paused_on: date, announced_days: int, unit: Unit, today: date) -> Lamp:
    """The lamp of a pause itself: yellow once it lasts longer than was announced (R-408, R-410)."""
    announced = due_date(calendar, paused_on, announced_days, unit).due
    return "yellow" if announced is not None and today > announced else "green"


# -- instants


def local_date(instant: int | str | datetime) -> date:
    """The civil date in Asia/Shanghai on which an instant lies (R-402).

    Args:
        instant: UTC milliseconds; an aware datetime; or ISO 8601 text, in which a bare date is that date, and a time
            without an offset is Beijing time, as people write it.
    Errors:
        BadInput ``clock.bad_time``: a text that is no time, or an instant outside the years 1 to 9999.
        ValueError: a naive datetime.
    """
    if isinstance(instant, int):
        return _date_of_ms(instant)
    if isinstance(instant, datetime):
        return _date_of_datetime(instant)
    try:
        read = datetime.fromisoformat(instant)
    except ValueError as exc:
        raise BadInput("clock.bad_time", text=instant[:40]) from exc
    return _date_of_datetime(read if read.tzinfo else read.replace(tzinfo=BEIJING))


def _date_of_datetime(instant: datetime) -> date:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return _date_of_ms((instant - _EPOCH) // _MS)


def _date_of_ms(milliseconds: int) -> date:
    ordinal = _EPOCH.toordinal() + (milliseconds + _OFFSET_MS) // _DAY_MS
    if not 1 <= ordinal <= date.max.toordinal():
        raise BadInput("clock.bad_time", text=str(milliseconds)[:40])
    return date.fromordinal(ordinal)
