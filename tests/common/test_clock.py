"""The clock: due dates, pauses, lamps, instants (R-104, R-205, R-209, R-301, R-401 to R-421, R-701 to R-704)."""

from __future__ import annotations

import contextlib
import copy
import json
import locale
import os
import time
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import calendar as calendars
from common import clock
from common.calendar import UNPUBLISHED, Calendar, calendar_body_from_pack
from common.clock import Due, due_date, local_date
from common.errors import BadInput

PACK = json.loads((Path(calendars.__file__).parent / "data/workdays/calendar.json").read_text("utf-8"))
BODY = calendar_body_from_pack(PACK)
CURRENT = Calendar.from_body(BODY)
CASES = json.loads((Path(__file__).parents[1] / "data/workdays_cases.json").read_text("utf-8"))
ONE_DAY = timedelta(days=1)
MARCH_2 = date(2026, 3, 2)


def as_first_announced_in_2020() -> Calendar:
    """The calendar before the extension of Spring Festival 2020, from the pack's note on the revision."""
    (revision,) = [r for r in PACK["revisions"] if r["id"] == "2020-original"]
    body = copy.deepcopy(BODY)
    for day in revision["differs"]["working_days_then"]:
        body["off_days"].remove(day)
        if date.fromisoformat(day).weekday() > 4:
            body["extra_workdays"].append(day)
    return Calendar.from_body(body)


CALENDARS = {"current": CURRENT, "2020-original": as_first_announced_in_2020()}


def due_of(case: dict) -> Due:
    pauses = [(local_date(start), local_date(end)) for start, end in case["pauses"]]
    calendar = CALENDARS[case["calendar_revision"]]
    return due_date(calendar, local_date(case["accepted_at"]), case["n"], case["unit"], pauses)


def day_by_day(calendar, accepted_on, days, unit, pauses) -> Due:
    """A second, naive counter: walks along the days, and asks the rules of each (R-402, R-404, R-410)."""

    def runs(day):
        return not any(paused < day and (resumed is None or day <= resumed) for paused, resumed in pauses)

    horizon = accepted_on + 400 * ONE_DAY  # farther than any term and pause drawn here
    day, counted = accepted_on, []
    while len(counted) < days:
        day += ONE_DAY
        if day > horizon:
            return Due(None, False, tuple(counted))
        if runs(day) and (unit == "calendar_day" or calendar.is_working_day(day)):
            counted.append(day)
    if unit == "working_day":
        looked_at = [accepted_on + ONE_DAY * n for n in range(1, (day - accepted_on).days + 1)]
        return Due(day, not all(calendar.known(d) for d in looked_at), tuple(counted))
    nominal = day
    while not calendar.is_working_day(day) or (day != accepted_on and not runs(day)):
        day += ONE_DAY
        if day > horizon:
            return Due(None, False, tuple(counted), nominal)
    return Due(day, not (calendar.known(nominal) and calendar.known(day)), tuple(counted), nominal)


near_days = st.dates(date(2007, 12, 1), date(2027, 6, 30))
units = st.sampled_from(["working_day", "calendar_day"])
offsets = st.integers(-5, 60)


@st.composite
def terms(draw):
    """(calendar, day of acceptance, days, unit, pauses): pauses overlap, come early, late, empty, reversed, open."""
    accepted_on = draw(near_days)
    drawn = draw(st.lists(st.tuples(offsets, st.one_of(st.none(), offsets)), max_size=4))
    pauses = [(accepted_on + p * ONE_DAY, None if r is None else accepted_on + r * ONE_DAY) for p, r in drawn]
    calendar = draw(st.sampled_from([*CALENDARS.values(), UNPUBLISHED]))
    return calendar, accepted_on, draw(st.integers(0, 60)), draw(units), pauses


def not_before(later: Due, earlier: Due) -> bool:
    """None is later than every date: that due date is still open."""
    return later.due is None or (earlier.due is not None and later.due >= earlier.due)


# -- the pack's cases


@pytest.mark.parametrize("case", CASES["due_cases"], ids=lambda case: case["id"])
def test_due_date_of_the_pack_comes_out(case):
    due = due_of(case)
    assert local_date(case["accepted_at"]).isoformat() == case["local_date"]
    if case["error"] == "CALENDAR_NOT_PUBLISHED":
        assert due.provisional  # answered, and marked
        return
    assert (due.due.isoformat(), due.provisional) == (case["due_date"], False)
    assert "一二三四五六日"[due.due.weekday()] == case["due_weekday"]
    if case["unit"] == "working_day":
        assert due.nominal is None
        assert (
            " ".join(f"{d.month}/{d.day}{'一二三四五六日'[d.weekday()]}" for d in due.counted)
            == case["counted_days"]
        )
    else:
        weekday = "一二三四五六日"[due.nominal.weekday()]
        assert f"nominal last day {due.nominal} {weekday}" == case["counted_days"]
        assert len(due.counted) == case["n"]


def test_all_cases_of_the_pack_are_there():
    assert (len(CASES["due_cases"]), len(CASES["lamp_cases"])) == (29, 7)


@pytest.mark.parametrize("case", CASES["lamp_cases"], ids=lambda case: case["id"])
def test_lamp_of_the_pack_comes_out(case):
    due, today = date.fromisoformat(case["due_date"]), local_date(case["now"])
    assert clock.lamp(CURRENT, due, today, case["warn_days"]) == case["lamp"]
    remaining = case["remaining_working_days"]
    assert clock.remaining_working_days(CURRENT, due, today) == remaining
    assert clock.overdue_working_days(CURRENT, due, today) == max(0, -remaining)


# -- laws


@given(terms())
def test_due_date_agrees_with_a_naive_counter(term):
    assert due_date(*term) == day_by_day(*term)


@given(terms(), offsets, st.one_of(st.none(), offsets))
def test_another_pause_never_makes_a_due_date_earlier(term, paused, resumed):
    calendar, accepted_on, days, unit, pauses = term
    pause = (accepted_on + paused * ONE_DAY, None if resumed is None else accepted_on + resumed * ONE_DAY)
    longer = due_date(calendar, accepted_on, days, unit, [*pauses, pause])
    assert not_before(longer, due_date(*term))


@given(terms(), st.integers(1, 60))
def test_longer_term_is_never_due_earlier(term, more):
    calendar, accepted_on, days, unit, pauses = term
    longer = due_date(calendar, accepted_on, days + more, unit, pauses)
    assert not_before(longer, due_date(*term))
    assert longer == due_date(*term, extended_by=more)


@given(terms(), st.randoms())
def test_order_and_repetition_of_pauses_do_not_matter(term, random):
    calendar, accepted_on, days, unit, pauses = term
    shuffled = pauses * 2
    random.shuffle(shuffled)
    assert due_date(calendar, accepted_on, days, unit, shuffled) == due_date(*term)


@given(terms())
def test_resuming_a_pause_later_never_makes_a_due_date_earlier(term):
    """What an open pause leaves open is fixed by its end, and only moves on with it."""
    calendar, accepted_on, days, unit, pauses = term
    ends = [accepted_on + n * ONE_DAY for n in (0, 7, 30, 90)]
    closed = [due_date(calendar, accepted_on, days, unit, [(p, r or end) for p, r in pauses]) for end in ends]
    assert all(not_before(later, sooner) for sooner, later in pairwise(closed))
    assert not_before(due_date(*term), closed[-1])


@given(terms())
def test_due_day_works_unless_it_is_the_day_itself(term):
    calendar, accepted_on, days, unit, _ = term
    due = due_date(*term).due
    assert (
        due is None
        or calendar.is_working_day(due)
        or (days == 0 and unit == "working_day" and due == accepted_on)
    )


def everything() -> list[object]:
    instants = [
        0,
        1_770_998_399_999,
        1_770_998_400_000,
        "2026-02-13T23:59:59+08:00",
        "2026-02-13T16:00:00Z",
        "2026-02-13T09:00",
    ]
    lamps = [clock.lamp(CURRENT, MARCH_2, MARCH_2 + n * ONE_DAY) for n in range(-9, 9)]
    return [*map(due_of, CASES["due_cases"]), *map(local_date, instants), *lamps]


@pytest.mark.skipif(
    not hasattr(time, "tzset"), reason="the zone of a running process can be changed on POSIX only"
)
@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati", "XYZ+11:30"]
)
def test_results_do_not_depend_on_the_time_zone(zone):
    """Invariant 7."""
    expected, before = everything(), os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        time.tzset()
        assert everything() == expected
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def test_results_do_not_depend_on_the_locale():
    """Invariant 7.  ``C`` is on every machine; the others are tried where they are."""
    expected, before, tried = everything(), locale.setlocale(locale.LC_ALL), []
    try:
        for name in ("C", "C.UTF-8", "zh_CN.UTF-8", "tr_TR.UTF-8", "th_TH.UTF-8", "ar_SA.UTF-8"):
            with contextlib.suppress(locale.Error):
                tried.append(locale.setlocale(locale.LC_ALL, name))
                assert everything() == expected
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert "C" in tried


# -- pauses


def march(*pauses: tuple[int, int | None], days: int = 10, unit: clock.Unit = "working_day") -> Due:
    dated = [(date(2026, 3, p), None if r is None else date(2026, 3, r)) for p, r in pauses]
    return due_date(CURRENT, MARCH_2, days, unit, dated)


def test_day_on_which_the_clock_stops_counts_and_the_day_of_restart_does_not():
    """R-410: P < D <= R."""
    assert date(2026, 3, 4) in march((4, 6)).counted
    assert not {date(2026, 3, 5), date(2026, 3, 6)} & set(march((4, 6)).counted)
    assert march((4, 6)).due == date(2026, 3, 18)


def test_pauses_over_days_off_only_cost_nothing():
    assert march((6, 8)).due == march().due == date(2026, 3, 16)


def test_due_date_is_open_while_a_pause_is_and_days_of_the_term_remain():
    assert march((9, None)) == Due(None, False, tuple(date(2026, 3, d) for d in (3, 4, 5, 6, 9)))
    assert march((4, 6), (9, None)).counted == tuple(date(2026, 3, d) for d in (3, 4, 9))


def test_due_date_stands_if_the_term_had_run_out_before_the_open_pause():
    assert march((16, None)).due == march().due
    assert march((15, None)).due is None


def test_pause_before_acceptance_costs_only_what_lies_after_it():
    assert march((1, 2)) == march()
    assert march((1, 4)) == march((2, 4))


def test_reversed_pause_costs_nothing():
    assert march((9, 4)) == march()


def test_calendar_days_stand_still_in_a_pause_too():
    assert march((4, 9), days=15, unit="calendar_day").nominal == date(2026, 3, 22)
    assert march((4, 9), days=15, unit="calendar_day").due == date(2026, 3, 23)


def test_last_calendar_day_on_a_day_off_moves_past_a_pause_as_well():
    """Saturday 3/7; the clock stands still from then to Tuesday 3/10."""
    assert march(days=5, unit="calendar_day") == Due(
        date(2026, 3, 9), False, tuple(date(2026, 3, d) for d in range(3, 8)), date(2026, 3, 7)
    )
    assert march((7, 10), days=5, unit="calendar_day").due == date(2026, 3, 11)
    assert march((7, 9), days=5, unit="calendar_day").due == date(2026, 3, 10)
    assert march((7, None), days=5, unit="calendar_day").due is None
    assert march((7, None), days=5, unit="calendar_day").nominal == date(2026, 3, 7)


# -- terms


def test_instant_case_is_due_the_same_day_whatever_day_and_pause_it_is():
    """R-301; nothing is counted, so nothing is provisional."""
    for day in (MARCH_2, date(2026, 3, 7), date(2027, 3, 6)):
        assert due_date(CURRENT, day, 0) == Due(day, False, ())
        assert due_date(CURRENT, day, 0, pauses=[(day - ONE_DAY, None)]) == Due(day, False, ())


def test_term_of_no_calendar_days_still_ends_on_a_working_day():
    """R-404."""
    assert due_date(CURRENT, date(2026, 3, 7), 0, "calendar_day").due == date(2026, 3, 9)


def test_term_that_runs_past_the_calendar_is_provisional_and_counts_monday_to_friday():
    """R-419: case W35, with its date."""
    due = due_date(CURRENT, date(2026, 12, 18), 20)
    assert (due.due, due.provisional, len(due.counted)) == (date(2027, 1, 15), True, 20)


def test_term_that_ends_on_the_last_published_day_is_final():
    assert due_date(CURRENT, date(2026, 12, 18), 9) == due_date(CURRENT, date(2026, 12, 18), 8, extended_by=1)
    assert not due_date(CURRENT, date(2026, 12, 18), 9).provisional
    assert due_date(CURRENT, date(2026, 12, 18), 10).provisional
    assert not due_date(CURRENT, date(2026, 12, 24), 7, "calendar_day").provisional
    assert due_date(CURRENT, date(2026, 12, 24), 8, "calendar_day").provisional


@pytest.mark.parametrize("covers", [["2026-01-01", "2026-03-07"], ["2026-03-08", "2026-12-31"]], ids=str)
def test_move_from_or_to_an_unpublished_day_is_provisional(covers):
    """Saturday 3/7 moves to Monday 3/9: both must be known for what they are."""
    calendar = Calendar.from_body({"version": "part", "covers": covers, "off_days": [], "extra_workdays": []})
    due = due_date(calendar, MARCH_2, 5, "calendar_day")
    assert (due.nominal, due.due, due.provisional) == (date(2026, 3, 7), date(2026, 3, 9), True)


def test_provisional_date_becomes_final_when_the_next_calendar_arrives():
    """R-419, R-420: 2027-01-01 is then a day off."""
    body = {**BODY, "version": "2027.1", "covers": ["2008-01-01", "2027-12-31"]}
    body["off_days"] = [*BODY["off_days"], "2027-01-01"]
    due = due_date(Calendar.from_body(body), date(2026, 12, 18), 20)
    assert (due.due, due.provisional) == (date(2027, 1, 18), False)


def test_term_before_any_calendar_is_provisional():
    assert due_date(UNPUBLISHED, MARCH_2, 5) == Due(
        date(2026, 3, 9), True, tuple(date(2026, 3, d) for d in (3, 4, 5, 6, 9))
    )


@pytest.mark.parametrize(("days", "extended_by"), [(-1, 0), (5, -1)])
def test_negative_term_is_misuse(days, extended_by):
    with pytest.raises(ValueError):
        due_date(CURRENT, MARCH_2, days, extended_by=extended_by)


@pytest.mark.parametrize("unit", ["working_day", "calendar_day"])
def test_absurd_terms_and_days_of_stored_acts_never_fail(unit):
    """The fold is total: an act may say 2**53 days, or the year 9999."""
    assert due_date(CURRENT, MARCH_2, 2**53, unit) == Due(None, False, ())
    assert due_date(CURRENT, MARCH_2, 0, unit, extended_by=2**53).due is None
    assert due_date(CURRENT, MARCH_2, clock.MAX_TERM_DAYS, unit).due is not None
    assert due_date(CURRENT, MARCH_2, clock.MAX_TERM_DAYS + 1, unit).due is None
    assert due_date(CURRENT, date(9999, 12, 30), 5, unit).due == date.max
    assert due_date(CURRENT, date(9999, 12, 30), 5, unit).provisional
    assert due_date(CURRENT, date.max, 5, unit).due == date.max
    assert due_date(CURRENT, date.min, 5, unit, [(date.min, date.max)]).due == date.max
    assert due_date(CURRENT, date.max, 5, unit, [(date.min, None)]).due is None


def test_short_terms_around_acceptance():
    """R-104, R-205, R-206, R-209 over Spring Festival 2026: 2/14 works, 2/15 to 2/23 are off."""
    friday = date(2026, 2, 13)
    assert clock.report_by(CURRENT, friday) == date(2026, 2, 25)
    assert clock.report_by(CURRENT, friday, 1) == date(2026, 2, 14)
    assert clock.notice_by(CURRENT, friday) == date(2026, 2, 27)
    assert clock.correct_by(CURRENT, MARCH_2) == date(2026, 4, 14)
    assert clock.correct_by(CURRENT, MARCH_2, 10) == date(2026, 3, 16)


# -- lamps


@pytest.mark.parametrize(("days", "warn"), [(0, 1), (1, 1), (5, 1), (6, 2), (10, 2), (11, 3), (45, 3)])
def test_longer_terms_warn_earlier(days, warn):
    """R-702."""
    assert clock.warn_days_for(days) == warn


def test_lamp_goes_from_green_over_yellow_to_red_and_never_back():
    """R-701; due on Wednesday 3/11, warned three working days before."""
    lamps = [clock.lamp(CURRENT, date(2026, 3, 11), date(2026, 3, day), 3) for day in range(4, 14)]
    assert lamps == ["green"] * 2 + ["yellow"] * 6 + ["red"] * 2


def test_lamp_warns_one_working_day_before_unless_told():
    """R-702."""
    assert [clock.lamp(CURRENT, date(2026, 3, 11), date(2026, 3, day)) for day in (9, 10)] == [
        "green",
        "yellow",
    ]


@given(near_days, near_days, st.integers(0, 5))
def test_remaining_and_overdue_days_belong_to_the_lamp(due, today, warn_days):
    remaining = clock.remaining_working_days(CURRENT, due, today)
    overdue = clock.overdue_working_days(CURRENT, due, today)
    shown = clock.lamp(CURRENT, due, today, warn_days)
    assert overdue == max(0, -remaining)
    assert (shown == "red") == (today > due)
    assert (shown == "green") == (remaining > warn_days)


def test_pause_turns_yellow_once_it_lasts_longer_than_announced():
    """R-410."""
    lamps = [clock.pause_lamp(CURRENT, MARCH_2, 3, "working_day", date(2026, 3, day)) for day in (2, 5, 6)]
    assert lamps == ["green", "green", "yellow"]
    assert clock.pause_lamp(CURRENT, MARCH_2, 7, "calendar_day", date(2026, 3, 9)) == "green"
    assert clock.pause_lamp(CURRENT, MARCH_2, 7, "calendar_day", date(2026, 3, 10)) == "yellow"


# -- instants


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-14",
        "2026-02-14T00:00",
        "2026-02-14T23:59:59.999",
        "2026-02-14T00:00:00+08:00",
        "2026-02-13T16:00:00Z",
        "2026-02-13T16:00:00+00:00",
        "2026-02-14 10:00:00+08:00",
        datetime(2026, 2, 13, 16, tzinfo=UTC),
        datetime(2026, 2, 13, 5, tzinfo=timezone(timedelta(hours=-11))),
        datetime(2026, 2, 14, 23, 59, 59, 999_999, tzinfo=clock.BEIJING),
        1_770_998_400_000,
        1_770_998_400_000 + 86_399_999,
    ],
    ids=str,
)
def test_instants_of_one_beijing_day_have_its_date(instant):
    assert local_date(instant) == date(2026, 2, 14)


def test_millisecond_before_midnight_belongs_to_the_day_before():
    assert local_date(1_770_998_399_999) == date(2026, 2, 13)
    assert local_date("2026-02-13T15:59:59.999999Z") == date(2026, 2, 13)


def test_first_and_last_instant_that_a_date_can_name():
    assert local_date("0001-01-01T00:00+08:00") == date.min
    assert local_date("9999-12-31T23:59:59.999+08:00") == date.max
    first = (date.min - date(1970, 1, 1)).days * 86_400_000 - 8 * 3_600_000
    last = ((date.max - date(1970, 1, 1)).days + 1) * 86_400_000 - 8 * 3_600_000 - 1
    assert (local_date(first), local_date(last)) == (date.min, date.max)
    for beyond in (first - 1, last + 1):
        with pytest.raises(BadInput):
            local_date(beyond)


def test_instants_before_1970_have_their_date():
    assert local_date(-1) == local_date(0) == date(1970, 1, 1)
    assert local_date(-8 * 3_600_000 - 1) == date(1969, 12, 31)


@given(st.integers(-2_000_000_000_000, 7_000_000_000_000))
def test_milliseconds_datetime_and_text_of_an_instant_agree(milliseconds):
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    expected = instant.astimezone(timezone(timedelta(hours=8))).date()
    assert local_date(instant) == local_date(milliseconds) == local_date(instant.isoformat()) == expected


@pytest.mark.parametrize(
    "instant",
    ["", "heute", "2026-02-30", "2026-13-01T00:00", "9999-12-31T23:00:00Z", 2**53, -(2**53)],
    ids=str,
)
def test_what_is_no_instant_is_refused(instant):
    with pytest.raises(BadInput) as caught:
        local_date(instant)
    assert caught.value.code == "clock.bad_time"


def test_naive_datetime_is_misuse():
    with pytest.raises(ValueError):
        local_date(datetime(2026, 2, 14))  # noqa: DTZ001 - that is the point
