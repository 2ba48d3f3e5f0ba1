"""The working-day calendar 工作日历 as an immutable value (R-401, R-419, R-420).

A date is a working day if it is an extra workday, or Monday to Friday and not a day off.  Outside the
published range nothing but the day of the week is known: Monday to Friday count, and what rests on them is
provisional (R-419).

Counting is by rank: ``_rank`` numbers the working days from 0001-01-01 (a Monday) on, ``_select`` is its inverse.
Both take the same short time for any distance, inside the published range and out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

from common.errors import Misuse

MAX_COVERED_DAYS = 36_600  # a century; a published calendar that claims more is not one
_LAST_ORDINAL = date.max.toordinal()


def civil_date(text: object) -> date:
    """The date written exactly as ``YYYY-MM-DD``; ValueError for anything else."""
    if isinstance(text, str) and len(text) == 10:
        day = date.fromisoformat(text)
        if day.isoformat() == text:
            return day
    raise ValueError(f"not a date YYYY-MM-DD: {text!r}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of a published range.

    Args:
        id: what names this calendar: the id of its event, or its version where it has none.
        version: label for people, ``2026.1``.
        first, last: the published range, both inclusive; ``last`` is the day before ``first`` if it is empty.
        off_days, extra_workdays: days off, and weekend days worked; inside the range, none in both.
        names: day -> why it differs, in Chinese.
    Errors:
        ValueError: the range is not one, or a day stands outside it or in both sets.
    """

    id: str
    version: str
    first: date
    last: date
    off_days: frozenset[date] = field(repr=False)
    extra_workdays: frozenset[date] = field(repr=False)
    names: Mapping[date, str] = field(default_factory=dict, repr=False, hash=False)
    # Derived.  `_before`: rank of the day before the range; `_shift`: what its exceptions add to later ranks.
    _days: tuple[date, ...] = field(init=False, repr=False, compare=False)
    _through: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _start: int = field(init=False, repr=False, compare=False)
    _before: int = field(init=False, repr=False, compare=False)
    _shift: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        start, end = self.first.toordinal(), self.last.toordinal()
        if not 0 <= end - start + 1 <= MAX_COVERED_DAYS:
            raise ValueError(f"not a range of days: {self.first} to {self.last}")
        if stray := next((d for d in self.off_days | self.extra_workdays if not self.known(d)), None):
            raise ValueError(f"outside the published range: {stray}")
        if both := next(iter(self.off_days & self.extra_workdays), None):
            raise ValueError(f"both a day off and a workday: {both}")
        covered = [date.fromordinal(o) for o in range(start, end + 1)]
        working = [self.is_working_day(d) for d in covered]
        days = tuple(d for d, works in zip(covered, working, strict=True) if works)
        before = _weekdays_through(start - 1)
        derived = {
            "_days": days,
            "_through": tuple(accumulate(working)),
            "_start": start,
            "_before": before,
            "_shift": before + len(days) - _weekdays_through(end),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    # -- building

    @classmethod
    def from_body(cls, body: Mapping[str, Any], id: str | None = None) -> Calendar:
        """The calendar in the body of a ``calendar.published`` event.

        Args:
            body: ``{"version": str, "covers": [first, last], "off_days": [day...],
                "extra_workdays": [day...], "names": {day: name}}``, days as ``YYYY-MM-DD``; ``names`` may be absent.
            id: the event's id; the version stands in where there is none.
        Errors:
            ValueError: the body is not such a one.
        """
        version, names = _text(body.get("version")), body.get("names") or {}
        covers = _dates(body.get("covers"))
        if len(covers) != 2 or not isinstance(names, Mapping):
            raise ValueError("a calendar covers a first and a last day, and names days")
        return cls(
            id=version if id is None else id,
            version=version,
            first=covers[0],
            last=covers[1],
            off_days=frozenset(_dates(body.get("off_days"))),
            extra_workdays=frozenset(_dates(body.get("extra_workdays"))),
            names={civil_date(day): _text(name) for day, name in names.items()},
        )

    def to_body(self) -> dict[str, Any]:
        """The body that ``from_body`` reads, days in order."""
        return {
            "version": self.version,
            "covers": [self.first.isoformat(), self.last.isoformat()],
            "off_days": [d.isoformat() for d in sorted(self.off_days)],
            "extra_workdays": [d.isoformat() for d in sorted(self.extra_workdays)],
            "names": {d.isoformat(): self.names[d] for d in sorted(self.names)},
        }

    # -- asking

    def known(self, day: date) -> bool:
        """True inside the published range."""
        return self.first <= day <= self.last

    def knows(self, after: date, through: date) -> bool:
        """True if every day in (after, through] is published; so too if there is none."""
        return after >= through or (self._start <= after.toordinal() + 1 and through <= self.last)

    def is_working_day(self, day: date) -> bool:
        """R-401; Monday to Friday outside the published range."""
        return day in self.extra_workdays or (day.weekday() < 5 and day not in self.off_days)

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        return self.add_working_days(day, 1)

    def working_day_from(self, day: date) -> date:
        """``day`` itself if it is a working day, else the next one."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def add_working_days(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, which is not counted itself (R-402); ``day`` for 0.

        Past 9999-12-31 the answer is that day.  ValueError if ``count`` is negative.
        """
        if count < 0:
            raise ValueError("working days are counted forwards")
        if count == 0:
            return day
        return date.fromordinal(min(self._select(self._rank(day.toordinal()) + count), _LAST_ORDINAL))

    def count_working_days(self, after: date, through: date) -> int:
        """How many working days lie in (after, through]; if ``through`` comes first, minus those between."""
        return self._rank(through.toordinal()) - self._rank(after.toordinal())

    def working_days(self, after: date, through: date) -> tuple[date, ...]:
        """The working days in (after, through], in order; empty if ``through`` comes first."""
        low, high = self._rank(after.toordinal()), self._rank(through.toordinal())
        if self._before <= low <= high <= self._before + len(self._days):
            return self._days[low - self._before : high - self._before]
        return tuple(date.fromordinal(self._select(rank)) for rank in range(low + 1, high + 1))

    # -- counting

    def _rank(self, ordinal: int) -> int:
        """Working days from 0001-01-01 through the day with this ordinal."""
        position = ordinal - self._start
        if position < 0:
            return _weekdays_through(ordinal)
        if position < len(self._through):
            return self._before + self._through[position]
        return self._shift + _weekdays_through(ordinal)

    def _select(self, rank: int) -> int:
        """Ordinal of the working day with this rank, from 1 on."""
        position = rank - self._before - 1
        if position < 0:
            return _nth_weekday(rank)
        if position < len(self._days):
            return self._days[position].toordinal()
        return _nth_weekday(rank - self._shift)


def _weekdays_through(ordinal: int) -> int:
    """Days from Monday to Friday among the ordinals 1 to ``ordinal``; ordinal 1 is a Monday."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)


def _nth_weekday(count: int) -> int:
    weeks, rest = divmod(count - 1, 5)
    return weeks * 7 + rest + 1


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"not a text: {value!r}")
    return value


def _dates(listed: object) -> list[date]:
    if not isinstance(listed, list):
        raise ValueError(f"not a list of days: {listed!r}")
    return [civil_date(text) for text in listed]


# Before any calendar is published: Monday to Friday, and nothing is known.
UNPUBLISHED = Calendar("", "", date(1, 1, 2), date(1, 1, 1), frozenset(), frozenset())


def calendar_body_from_pack(pack: Mapping[str, Any]) -> dict[str, Any]:
    """The ``calendar.published`` body of a pack's calendar file.

    Args:
        pack: ``{"calendar_version": str, "covers": [first, last], "years": {year: {"off_days": [[day, name]...],
            "extra_workdays": [[day, name]...], "working_days": int}}}``; a year's own count of working days
            may be absent, and must be right where it stands.
    Errors:
        Misuse ``pack.bad_calendar`` with ``reason``: another layout, a day that is none, a wrong count.
    """
    try:
        years: Mapping[str, Mapping[str, Any]] = pack["years"]
        off = [(day, name) for year in years.values() for day, name in year["off_days"]]
        extra = [(day, name) for year in years.values() for day, name in year["extra_workdays"]]
        calendar = Calendar.from_body(
            {
                "version": pack["calendar_version"],
                "covers": pack["covers"],
                "off_days": [day for day, _ in off],
                "extra_workdays": [day for day, _ in extra],
                "names": dict(off + extra),
            }
        )
        _check_counts(calendar, years)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise Misuse("pack.bad_calendar", reason=f"{type(exc).__name__}: {exc}") from exc
    return calendar.to_body()


def _check_counts(calendar: Calendar, years: Mapping[str, Mapping[str, Any]]) -> None:
    for year, listed in years.items():
        before, end = date(int(year) - 1, 12, 31), date(int(year), 12, 31)
        counted = calendar.count_working_days(before, end)
        if listed.get("working_days", counted) != counted:
            raise ValueError(f"{year} has {counted} working days, not {listed['working_days']}")
