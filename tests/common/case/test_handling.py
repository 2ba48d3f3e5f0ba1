"""Between acceptance and decision: steps, pauses, suspension, extension (R-406, R-408 to R-413, R-501)."""

from __future__ import annotations

from datetime import date

import pytest

from common.case import Status
from common.case.commands import (
    AcceptCase,
    AskWithdrawal,
    DecideCase,
    ExtendCase,
    FinishStep,
    OfferCase,
    PauseCase,
    RestartCase,
    ResumeCase,
    SuspendCase,
    TakeCase,
    TerminateCase,
)
from common.errors import BadInput, CommandRefused, NotPermitted
from tests.builders import DAY, MZ, SJ, Case, accepted, refused, register


@pytest.fixture
def case() -> Case:
    """最低生活保障: accepted by the township, with publicity as its one kind of pause."""
    return accepted("MZ-001")


# -- steps


def test_a_finished_step_is_kept_and_makes_it_handling(case):
    case.do("clerk", FinishStep(6, opinion="符合条件"))
    assert (case.label, case.view.state.steps) == ("HANDLING", (6,))
    with refused(CommandRefused, "case.step_done"):
        case.do("clerk", FinishStep(6))


@pytest.mark.parametrize("step", [0, 1, 2, 7, 8, 99])
def test_acceptance_decision_and_what_comes_after_are_no_steps_to_finish(case, step):
    with refused(CommandRefused, "case.no_such_step"):
        case.do("clerk", FinishStep(step))


@pytest.mark.parametrize("people", [(), ("王丽",), ("王丽", "王丽 "), ("王丽", " ")])
def test_a_check_on_site_needs_two_people(case, people):
    with refused(BadInput, "case.two_people"):
        case.do("clerk", FinishStep(3, people=people))
    case.do("clerk", FinishStep(3, people=("王丽", "张强")))
    assert case.view.state.steps == (3,)


# -- pauses


def test_only_the_kinds_that_the_item_lists_stop_the_clock(case):
    with refused(CommandRefused, "case.pause_not_allowed"):
        case.do("clerk", PauseCase("assess", "等领导"))
    forced = case.add("clerk", "case.paused", {"kind": "assess", "reason": "等领导", "announced_days": 5})
    assert case.reason(forced) == "act.pause_not_allowed"
    case.do("clerk", PauseCase("publicity", "村里公示"))
    assert case.label == "PAUSED"
    assert case.view.state.pauses[0].announced_days == 7  # as the item says, R-408


def test_several_pauses_may_be_open_and_a_resumption_names_its_own(case):
    first = case.do("clerk", PauseCase("publicity", "村里公示"))[0]
    second = case.do("clerk", PauseCase("publicity", "镇里公示", 3))[0]
    with refused(BadInput, "case.which_pause"):
        case.do("clerk", ResumeCase())
    case.do("clerk", ResumeCase(first.id), day=date(2026, 3, 12))
    assert case.label == "PAUSED"
    case.do("clerk", ResumeCase())
    assert case.label == "HANDLING"
    assert [(stop.id, stop.end) for stop in case.view.state.pauses] == [
        (first.id, date(2026, 3, 12)),
        (second.id, date(2026, 3, 12)),
    ]


def test_a_pause_is_resumed_once(case):
    paused = case.do("clerk", PauseCase("publicity", "村里公示"))[0]
    case.do("clerk", ResumeCase())
    with refused(CommandRefused, "case.no_such_pause"):
        case.do("clerk", ResumeCase(paused.id))
    again = case.add("clerk", "case.resumed", {"of": paused.id})
    assert case.reason(again) == "act.no_such_pause"


def test_a_decision_ends_the_open_pauses_with_its_day():
    case = accepted("MZ-001")
    case.do("clerk", PauseCase("publicity", "村里公示"))
    case.do("clerk", OfferCase(MZ))
    assert case.label == "PAUSED"
    case.do("mz_chief", TakeCase())
    case.do("mz_chief", DecideCase(granted=True), day=date(2026, 3, 20))
    assert [stop.end for stop in case.view.state.pauses] == [date(2026, 3, 20)]


# -- suspension


def test_while_suspended_the_case_rests(case):
    case.do("clerk", SuspendCase("等法院判决"))
    assert case.label == "SUSPENDED"
    for command in (FinishStep(6), PauseCase("publicity", "公示"), SuspendCase("又一次")):
        with refused(CommandRefused, "case.while_suspended"):
            case.do("clerk", command)
    case.do("clerk", RestartCase(), day=date(2026, 3, 18))
    suspension = case.view.state.suspensions[0]
    assert (suspension.start, suspension.end) == (DAY, date(2026, 3, 18))
    with refused(CommandRefused, "case.no_such_suspension"):
        case.do("clerk", RestartCase())


def test_a_suspended_case_can_still_be_handed_over_withdrawn_and_terminated():
    handed = accepted("MZ-001")
    handed.do("clerk", SuspendCase("等法院判决"))
    handed.do("clerk", OfferCase(MZ))
    assert (handed.label, handed.view.state.offer_to) == ("SUSPENDED", MZ)
    withdrawn = accepted("MZ-001")
    withdrawn.do("clerk", SuspendCase("等法院判决"))
    withdrawn.do("agent", AskWithdrawal())
    assert withdrawn.label == "TERMINATED"
    ended = accepted("MZ-001")
    ended.do("clerk", SuspendCase("等法院判决"))
    ended.do("clerk", TerminateCase("申请人去世"))
    assert ended.view.state.status is Status.TERMINATED
    assert ended.view.state.suspensions[0].end == DAY


# -- extension


def test_one_extension_of_at_most_ten_days_by_the_head(case):
    with refused(NotPermitted, "case.role"):
        case.do("clerk", ExtendCase(5, "人手不足", "李强"))
    with refused(CommandRefused, "case.extension_too_long"):
        case.do("lead", ExtendCase(11, "案情复杂", "李强"))
    with refused(CommandRefused, "case.extension_too_long"):
        case.do("lead", ExtendCase(0, "案情复杂", "李强"))
    case.do("lead", ExtendCase(10, "案情复杂", "李强"))
    assert case.view.state.extension == 10
    with refused(CommandRefused, "case.extended_already"):
        case.do("lead", ExtendCase(1, "案情复杂", "李强"))


def test_an_extension_comes_before_the_term_ends(case):
    due = date(2026, 4, 3)  # 22 working days after DAY
    with refused(CommandRefused, "case.term_over"):
        case.do("lead", ExtendCase(5, "案情复杂", "李强"), day=date(2026, 4, 7))
    case.do("lead", ExtendCase(5, "案情复杂", "李强"), day=due)
    assert case.view.state.extension == 5


def test_joint_handling_may_be_extended_by_fifteen_days():
    case = Case()
    case.do("window", register("SJ-003", channel="county_window"), office=SJ)
    case.do("window", AcceptCase())
    case.do("sj_chief", ExtendCase(15, "要现场勘验", "县政府"))
    assert case.view.state.extension == 15
