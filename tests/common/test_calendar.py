"""The working-day calendar: the shipped data, counting, what is not published (R-401, R-419, R-420)."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import calendar as calendars
from common.calendar import UNPUBLISHED, Calendar, calendar_body_from_pack, civil_date
from common.errors import Misuse

PACK_FILE = Path(calendars.__file__).parent / "data/workdays/calendar.json"
PACK = json.loads(PACK_FILE.read_text("utf-8"))
BODY = calendar_body_from_pack(PACK)
CALENDAR = Calendar.from_body(BODY)
ONE_DAY = timedelta(days=1)

near_days = st.dates(date(2007, 1, 1), date(2028, 12, 31))


def working_by_the_rule(day: date) -> bool:
    """The pack's own words, read off the raw file."""
    year = PACK["years"].get(str(day.year), {"off_days": [], "extra_workdays": []})
    listed = {kind: {entry[0] for entry in year[kind]} for kind in ("off_days", "extra_workdays")}
    text = day.isoformat()
    return text in listed["extra_workdays"] or (day.weekday() < 5 and text not in listed["off_days"])


def days(first: date, last: date) -> list[date]:
    return [first + ONE_DAY * n for n in range((last - first).days + 1)]


# -- the shipped data


def test_every_day_of_the_pack_is_what_the_pack_says():
    every = days(date(2007, 12, 1), date(2027, 1, 31))
    assert [CALENDAR.is_working_day(d) for d in every] == [working_by_the_rule(d) for d in every]


@pytest.mark.parametrize("year", PACK["years"])
def test_year_has_the_working_days_that_the_pack_states(year):
    counted = CALENDAR.count_working_days(date(int(year) - 1, 12, 31), date(int(year), 12, 31))
    assert counted == PACK["years"][year]["working_days"]


def test_shipped_calendar_is_published_for_2008_to_2026_only():
    assert (CALENDAR.id, CALENDAR.version) == ("2026.1", "2026.1")
    assert [CALENDAR.known(date(y, m, d)) for y, m, d in ((2007, 12, 31), (2008, 1, 1))] == [False, True]
    assert [CALENDAR.known(date(y, m, d)) for y, m, d in ((2026, 12, 31), (2027, 1, 1))] == [True, False]


def test_names_say_why_a_day_differs():
    assert CALENDAR.names[date(2026, 2, 14)] == CALENDAR.names[date(2026, 2, 17)] == "春节"
    assert date(2026, 3, 3) not in CALENDAR.names
    assert set(CALENDAR.names) == CALENDAR.off_days | CALENDAR.extra_workdays


def test_body_of_the_shipped_calendar_fits_an_event():
    assert len(json.dumps(BODY, ensure_ascii=False, separators=(",", ":")).encode()) < 60_000


# -- body and pack


def test_body_is_read_and_written_without_loss():
    assert Calendar.from_body(json.loads(json.dumps(BODY))).to_body() == BODY
    assert Calendar.from_body(CALENDAR.to_body()) == CALENDAR


def test_event_id_names_the_calendar_if_there_is_one():
    known = Calendar.from_body(BODY, "ab" * 32)
    assert (known.id, known.version) == ("ab" * 32, "2026.1")
    assert known != CALENDAR


def test_calendar_can_be_hashed_copied_and_pickled():
    assert hash(Calendar.from_body(BODY)) == hash(CALENDAR)
    assert copy.deepcopy(CALENDAR) == pickle.loads(pickle.dumps(CALENDAR)) == CALENDAR


def test_body_without_names_is_read():
    assert Calendar.from_body({k: v for k, v in BODY.items() if k != "names"}).names == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": None},
        {"version": ""},
        {"version": 7},
        {"covers": None},
        {"covers": ["2008-01-01"]},
        {"covers": ["2008-01-01", "2026-12-32"]},
        {"covers": ["2026-12-31", "2008-01-01"]},
        {"covers": ["0001-01-01", "9999-12-31"]},
        {"covers": "2008-01-01"},
        {"off_days": None},
        {"off_days": {"2008-01-01": 1}},
        {"off_days": [20080101]},
        {"off_days": ["20080101"]},
        {"off_days": ["2007-12-31"]},
        {"extra_workdays": ["2027-01-02"]},
        {"extra_workdays": ["2026-02-17"]},
        {"extra_workdays": ["2008-W05-6"]},
        {"names": ["春节"]},
        {"names": {"x": "春节"}},
        {"names": {"2008-01-01": 1}},
    ],
    ids=str,
)
def test_malformed_body_is_a_value_error(wrong):
    with pytest.raises(ValueError):
        Calendar.from_body({**BODY, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"years": None},
        {"years": {"2026": {"off_days": []}}},
        {"years": {"2026": {"off_days": ["2026-01-01"], "extra_workdays": []}}},
        {"years": {"2026": {"off_days": [], "extra_workdays": [], "working_days": 260}}},
        {"years": {"26th": {"off_days": [], "extra_workdays": []}}},
        {"calendar_version": None},
        {"covers": ["2026-01-01", None]},
    ],
    ids=str,
)
def test_malformed_pack_is_refused_with_what_is_wrong(wrong):
    with pytest.raises(Misuse) as caught:
        calendar_body_from_pack({**PACK, **wrong})
    assert caught.value.code == "pack.bad_calendar"
    assert caught.value.detail["reason"]


def test_pack_whose_year_miscounts_its_working_days_is_refused():
    broken = copy.deepcopy(PACK)
    broken["years"]["2024"]["off_days"].pop()
    with pytest.raises(Misuse, match="2024"):
        calendar_body_from_pack(broken)


@pytest.mark.parametrize(
    "text", ["2026-2-13", "20260213", "2026-W07-5", "2026-02-30", "２026-02-13", "", None, 20260213], ids=repr
)
def test_civil_date_is_written_in_one_way(text):
    with pytest.raises(ValueError):
        civil_date(text)


@given(st.dates())
def test_civil_date_is_read_back(day):
    assert civil_date(day.isoformat()) == day


# -- counting


@given(near_days, st.integers(0, 400))
def test_adding_working_days_agrees_with_counting_day_by_day(day, count):
    expected, left = day, count
    while left:
        expected += ONE_DAY
        left -= CALENDAR.is_working_day(expected)
    assert CALENDAR.add_working_days(day, count) == expected


@given(near_days, near_days)
def test_counting_working_days_agrees_with_looking_at_each_day(one, other):
    first, last = sorted((one, other))
    expected = tuple(d for d in days(first + ONE_DAY, last) if CALENDAR.is_working_day(d))
    assert CALENDAR.working_days(first, last) == expected
    assert CALENDAR.count_working_days(first, last) == len(expected)
    assert CALENDAR.count_working_days(last, first) == -len(expected)
    assert CALENDAR.working_days(last, first) == ()


@given(st.dates(), st.integers(1, 10_000))
def test_adding_and_counting_undo_each_other_anywhere_in_time(day, count):
    later = CALENDAR.add_working_days(day, count)
    if later < date.max:
        assert CALENDAR.is_working_day(later)
        assert CALENDAR.count_working_days(day, later) == count


@given(near_days)
def test_next_working_day_comes_after_and_working_day_from_may_stay(day):
    following = next(d for d in days(day + ONE_DAY, day + 12 * ONE_DAY) if CALENDAR.is_working_day(d))
    assert CALENDAR.next_working_day(day) == following
    assert CALENDAR.working_day_from(day) == (day if CALENDAR.is_working_day(day) else following)


@given(near_days, near_days)
def test_a_stretch_is_known_if_each_of_its_days_is(after, through):
    if (through - after).days < 500:
        assert CALENDAR.knows(after, through) == all(
            CALENDAR.known(d) for d in days(after + ONE_DAY, through)
        )


def test_counting_crosses_both_ends_of_the_published_range():
    assert CALENDAR.next_working_day(date(2007, 12, 28)) == date(2007, 12, 31)
    assert CALENDAR.next_working_day(date(2007, 12, 31)) == date(2008, 1, 2)  # 1/1 is off
    assert CALENDAR.next_working_day(date(2026, 12, 30)) == date(2026, 12, 31)
    assert CALENDAR.next_working_day(date(2026, 12, 31)) == date(2027, 1, 1)  # as far as is known


@pytest.mark.parametrize(
    ("after", "through", "known"),
    [
        (date(2007, 12, 31), date(2026, 12, 31), True),
        (date(2007, 12, 30), date(2008, 1, 2), False),
        (date(2026, 12, 30), date(2027, 1, 1), False),
        (date(2027, 1, 1), date(2027, 1, 1), True),
    ],
)
def test_day_zero_itself_need_not_be_published(after, through, known):
    assert CALENDAR.knows(after, through) is known


def test_adding_nothing_stays_even_on_a_day_off():
    assert CALENDAR.add_working_days(date(2026, 2, 17), 0) == date(2026, 2, 17)


def test_working_days_are_not_counted_backwards():
    with pytest.raises(ValueError):
        CALENDAR.add_working_days(date(2026, 2, 17), -1)


@pytest.mark.parametrize("calendar", [CALENDAR, UNPUBLISHED])
def test_counting_holds_at_both_ends_of_time(calendar):
    """A stored act may carry any day; nothing that reads it may fail on it."""
    assert (
        calendar.add_working_days(date.max, 1)
        == calendar.add_working_days(date(9999, 12, 1), 10**9)
        == date.max
    )
    assert calendar.next_working_day(date.min) == date(1, 1, 2)
    assert calendar.count_working_days(date.min, date.max) > 2_600_000


def test_past_the_published_range_monday_to_friday_count():
    """R-419."""
    first_week = [CALENDAR.is_working_day(date(2027, 1, day)) for day in range(1, 8)]
    assert first_week == [True, False, False, True, True, True, True]  # 2027-01-01 is a Friday


@given(st.dates(), st.integers(0, 1000))
def test_before_any_calendar_monday_to_friday_count_and_nothing_is_known(day, count):
    assert not UNPUBLISHED.known(day)
    assert UNPUBLISHED.is_working_day(day) == (day.weekday() < 5)
    later = UNPUBLISHED.add_working_days(day, count)
    if later < date.max:
        assert UNPUBLISHED.count_working_days(day, later) == count


def test_new_calendar_changes_only_what_it_changes():
    """R-420: a later day off moves a day; the calendar before stays as it was."""
    body = copy.deepcopy(BODY)
    body["off_days"].append("2026-03-03")
    changed = Calendar.from_body(body)
    differing = [
        d
        for d in days(date(2026, 1, 1), date(2026, 12, 31))
        if changed.is_working_day(d) != CALENDAR.is_working_day(d)
    ]
    assert differing == [date(2026, 3, 3)]
    assert CALENDAR.next_working_day(date(2026, 3, 2)) == date(2026, 3, 3)
    assert changed.next_working_day(date(2026, 3, 2)) == date(2026, 3, 4)


def test_working_days_come_in_order_without_repeats():
    listed = CALENDAR.working_days(date(2007, 12, 20), date(2027, 1, 20))
    assert all(one < other for one, other in pairwise(listed))
