"""Due dates and lamps of a case: from its acts and the calendars alone (R-104, R-206, R-301, R-401 to R-421, R-704)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from common.case import TermKind, due, lamp, open_terms, statutory_passed
from common.case.commands import (
    AcceptCase,
    AskCorrection,
    AskWithdrawal,
    DecideCase,
    ExtendCase,
    OfferCase,
    PauseCase,
    RestartCase,
    ResumeCase,
    RevokeDecision,
    SuspendCase,
    TakeCase,
)
from common.errors import AppError
from tests.builders import DAY, MZ, Case, accepted, item, register, shipped


def due_of(case: Case) -> date | None:
    limits = due(case.view, case.world.reference)
    assert limits is not None
    return limits.due


def publish_calendar(case: Case, **changes: object) -> str:
    return case.world.publish("calendar.published", **{**shipped().calendar, "version": "next", **changes}).id


def test_the_day_of_acceptance_is_not_counted():
    case = accepted("MZ-003")  # five working days from Wednesday, 4 March
    limits = due(case.view, case.world.reference)
    assert limits is not None
    assert (limits.accepted_on, limits.due, limits.days, limits.provisional) == (
        DAY,
        date(2026, 3, 11),
        5,
        False,
    )
    assert limits.counted == tuple(date(2026, 3, day) for day in (5, 6, 9, 10, 11))


def test_an_instant_item_is_due_on_the_day_of_acceptance():
    case = Case()
    case.do("agent", register("MZ-008"))
    case.do("clerk", AcceptCase())
    assert due_of(case) == DAY
    assert lamp(case.view, case.world.reference, DAY) == "yellow"
    assert lamp(case.view, case.world.reference, DAY + timedelta(days=1)) == "red"


def test_a_term_in_calendar_days_moves_to_a_working_day():
    case = Case()
    case.do("agent", register("GA-004"), day=date(2026, 3, 18))
    case.do("ga_chief", AcceptCase())
    assert due_of(case) == date(2026, 3, 30)  # ten days on is Saturday, 28 March: R-404


def test_a_deemed_acceptance_counts_from_the_receipt():
    case = Case()
    case.do("agent", register("MZ-003"))
    case.do("clerk", AcceptCase(), day=date(2026, 3, 16))
    assert due_of(case) == date(2026, 3, 11)


def test_the_edition_of_the_arrival_governs_whatever_comes_later():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    body = next(body for body in shipped().catalogue.bodies if body["code"] == "MZ-003")
    faster = {
        **body,
        "edition": "2",
        "time_limit": {**body["time_limit"], "promised": {"days": 2, "unit": "working_day"}},
    }
    between = case.world.publish("item.published", **faster).id
    case.settle()
    assert case.view.state.edition == between  # in force on the day of receipt, not of registration
    case.world.publish("item.published", **{**body, "edition": "3"})
    case.do("clerk", AcceptCase())
    assert due_of(case) == date(2026, 3, 6)


def test_an_open_case_is_counted_on_the_newest_calendar_and_a_finished_one_on_its_own():
    case = accepted("MZ-003")
    assert due_of(case) == date(2026, 3, 11)
    off = sorted({*shipped().calendar["off_days"], "2026-03-06"})
    publish_calendar(case, off_days=off)
    assert due_of(case) == date(2026, 3, 12)
    case.do("clerk", DecideCase(granted=True))
    publish_calendar(case)
    assert due_of(case) == date(2026, 3, 12)
    case.do("lead", RevokeDecision("材料造假"))
    assert due_of(case) == date(2026, 3, 12)


def test_past_the_published_calendar_the_date_is_provisional():
    case = accepted("MZ-003")
    late = Case()
    late.do("agent", register("MZ-003"), day=date(2026, 12, 29))
    late.do("clerk", AcceptCase())
    limits = due(late.view, late.world.reference)
    assert limits is not None
    assert limits.provisional
    assert not due(case.view, case.world.reference).provisional  # type: ignore[union-attr]


def test_without_any_calendar_monday_to_friday_count_and_all_is_provisional():
    case = Case()
    case.world.reference.calendars.clear()
    case.do("agent", register("MZ-003"))
    case.do("clerk", AcceptCase())
    limits = due(case.view, case.world.reference)
    assert limits is not None
    assert (limits.due, limits.provisional, case.view.state.calendar) == (date(2026, 3, 11), True, None)


def test_an_extension_adds_its_days_to_promise_and_law():
    case = accepted("MZ-001")
    before = due(case.view, case.world.reference)
    case.do("lead", ExtendCase(10, "案情复杂", "李强"))
    after = due(case.view, case.world.reference)
    assert before is not None
    assert after is not None
    assert before.due is not None
    calendar = before.calendar
    assert after.due == calendar.add_working_days(before.due, 10)
    assert before.statutory is not None
    assert before.statutory.due is not None
    assert after.statutory is not None
    assert after.statutory.due == calendar.add_working_days(before.statutory.due, 10)


def test_pauses_and_suspensions_are_counted_once_where_they_overlap():
    case = accepted("MZ-001")  # 22 working days: 3 April
    assert due_of(case) == date(2026, 4, 3)
    case.do("clerk", PauseCase("publicity", "村里公示"), day=date(2026, 3, 9))
    assert due_of(case) is None  # it stands still
    case.do("clerk", SuspendCase("等鉴定"), day=date(2026, 3, 11))
    case.do("clerk", ResumeCase(), day=date(2026, 3, 13))
    case.do("clerk", RestartCase(), day=date(2026, 3, 16))
    assert due_of(case) == date(2026, 4, 13)  # 10 to 16 March swallow five working days, and Qingming a day


def test_no_lamp_where_no_promise_runs():
    reference = accepted("MZ-001").world.reference
    case = Case()
    case.do("agent", register("MZ-001", submit=False))
    assert lamp(case.view, reference, DAY) is None
    running = accepted("MZ-001")
    assert lamp(running.view, reference, DAY) == "green"
    running.do("clerk", PauseCase("publicity", "村里公示"))
    assert lamp(running.view, running.world.reference, date(2027, 1, 1)) is None
    running.do("clerk", ResumeCase())
    running.do("clerk", SuspendCase("等鉴定"))
    assert lamp(running.view, running.world.reference, date(2027, 1, 1)) is None
    running.do("clerk", RestartCase())
    running.do("agent", AskWithdrawal())
    assert lamp(running.view, running.world.reference, date(2027, 1, 1)) is None


def test_the_lamp_turns_yellow_before_the_end_and_red_after_it():
    case = accepted("MZ-001")  # 3 April; a term of 22 days warns three days before
    reference, view = case.world.reference, case.view
    days = {
        date(2026, 3, 30): "green",
        date(2026, 3, 31): "yellow",
        date(2026, 4, 3): "yellow",
        date(2026, 4, 4): "red",
    }
    assert {day: lamp(view, reference, day) for day in days} == days


def test_a_send_back_does_not_stop_the_clock():
    case = accepted("MZ-005")
    limit = due_of(case)
    case.do("clerk", OfferCase(MZ))
    case.do("mz_chief", TakeCase())
    case.do("mz_chief", OfferCase(case.view.state.registration.office[:9]))  # type: ignore[union-attr]
    assert (case.label, due_of(case)) == ("SENT_BACK", limit)
    assert lamp(case.view, case.world.reference, date(2027, 1, 4)) == "red"


def test_passing_the_statutory_limit_is_a_fact_of_its_own():
    case = accepted("MZ-001")  # by law 30 working days
    reference = case.world.reference
    limits = due(case.view, reference)
    assert limits is not None
    assert limits.statutory is not None
    assert limits.statutory.due is not None
    last = limits.statutory.due
    assert not statutory_passed(case.view, reference, last)
    assert statutory_passed(case.view, reference, last + timedelta(days=1))


def test_before_acceptance_the_short_terms_have_their_own_lamps():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))

    def terms(day: date) -> list[tuple[str, date, str]]:
        return [
            (term.kind.value, term.by, term.lamp) for term in open_terms(case.view, case.world.reference, day)
        ]

    assert terms(date(2026, 3, 10)) == [(TermKind.REPORT, date(2026, 3, 9), "red")]
    case.settle()
    assert terms(DAY) == [(TermKind.NOTICE, date(2026, 3, 11), "green")]
    case.do("clerk", AskCorrection(({"what": "身份证"},), date(2026, 3, 20)))
    assert terms(date(2026, 3, 20)) == [(TermKind.CORRECT, date(2026, 3, 20), "yellow")]


def test_a_pause_longer_than_announced_is_yellow_itself():
    case = accepted("MZ-001")
    case.do("clerk", PauseCase("publicity", "村里公示"))  # seven calendar days: Wednesday, 11 March
    (term,) = open_terms(case.view, case.world.reference, date(2026, 3, 11))
    assert (term.kind, term.by, term.lamp) == (TermKind.PAUSE, date(2026, 3, 11), "green")
    (later,) = open_terms(case.view, case.world.reference, date(2026, 3, 12))
    assert later.lamp == "yellow"


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("PRSTE")), max_size=8))
def test_a_clock_that_counts_day_by_day_agrees(moves: list[tuple[int, str]]):
    commands = {
        "P": PauseCase("publicity", "公示"),
        "R": ResumeCase(),
        "S": SuspendCase("等鉴定"),
        "T": RestartCase(),
        "E": ExtendCase(5, "案情复杂", "李强"),
    }
    case = accepted("MZ-001")
    case.automatic = False
    for days, letter in moves:
        case.later(days)
        try:
            case.do("lead", commands[letter])
        except AppError:
            continue
    state = case.view.state
    limits = due(case.view, case.world.reference)
    assert limits is not None
    stops = [(stop.start, stop.end or date.max) for stop in (*state.pauses, *state.suspensions)]
    wanted = item("MZ-001").promised.days + state.extension
    day, counted = DAY, []
    for _ in range(400):
        day += timedelta(days=1)
        if limits.calendar.is_working_day(day) and not any(start < day <= end for start, end in stops):
            counted.append(day)
        if len(counted) == wanted:
            break
    assert limits.due == (counted[-1] if len(counted) == wanted else None)
    assert limits.counted == tuple(counted)
