"""From registration to acceptance, the one notice, and the ends before a decision (R-101, R-201 to R-209, R-505)."""

from __future__ import annotations

from datetime import date

import pytest

from common.case import Status, due
from common.case.commands import (
    AcceptCase,
    AnswerAsk,
    AskCorrection,
    AskWithdrawal,
    CancelCase,
    DecideCase,
    GrantOverride,
    HandInCorrection,
    RecallOffer,
    RefuseAcceptance,
    SeeOriginals,
    SubmitCase,
    TerminateCase,
)
from common.errors import BadInput, CommandRefused, NotPermitted
from tests.builders import COUNTY, DAY, GA, TOWNSHIP, VILLAGE, Case, accepted, refused, register

WANTED = ({"what": "社会保障卡复印件", "why": "没有交", "material": "bank"},)
NOTICE_BY = date(2026, 3, 11)  # the fifth working day after DAY


@pytest.fixture
def case() -> Case:
    """Registered by the village's agent, received by the township on DAY."""
    made = Case()
    made.do("agent", register())
    return made


# -- registration and receipt


def test_registration_alone_reaches_no_authority_and_starts_no_clock():
    case = Case()
    case.do("agent", register(submit=False))
    state = case.view.state
    assert (case.label, state.holder, state.received) == ("REGISTERED", VILLAGE, None)
    assert due(case.view, case.world.reference) is None


def test_submission_goes_to_the_office_of_the_first_accept_step():
    case = Case(automatic=False)
    case.do("agent", register())
    assert case.view.state.offer_to == TOWNSHIP
    county = Case(automatic=False)
    county.do("agent", register("GA-002"))  # the township's own step only forwards
    assert county.view.state.offer_to == GA


def test_arrival_is_the_receipt_and_fixes_day_notice_term_calendar_and_edition(case):
    state, world = case.view.state, case.world
    assert (case.label, state.holder) == ("RECEIVED", TOWNSHIP)
    assert (state.received, state.notice_by) == (DAY, NOTICE_BY)
    assert (state.calendar, state.edition) == (world.calendar, world.editions["MZ-005"])


def test_holder_stays_the_village_until_the_submission_arrives():
    case = Case(automatic=False)
    case.do("agent", register())
    assert (case.label, case.view.state.holder) == ("REGISTERED", VILLAGE)


def test_submission_can_be_recalled_and_made_again_until_it_arrives():
    case = Case(automatic=False)
    case.do("agent", register())
    with refused(CommandRefused, "case.offer_open"):
        case.do("agent", SubmitCase())
    case.do("agent", RecallOffer())
    assert case.view.state.offer is None
    case.do("agent", SubmitCase())
    assert case.view.state.offer_to == TOWNSHIP


def test_cancelling_takes_back_the_submission_with_it():
    case = Case(automatic=False)
    case.do("agent", register())
    case.do("agent", CancelCase("申请人不办了"))
    assert case.types == ["registered", "submitted", "recalled", "cancelled"]
    assert case.label == "CANCELLED"


def test_what_an_authority_has_received_is_not_cancelled_any_more(case):
    with refused(NotPermitted, "case.not_holder"):
        case.do("agent", CancelCase("申请人不办了"))


# -- acceptance


def test_acceptance_on_time_counts_from_its_own_day(case):
    case.do("clerk", AcceptCase(), day=date(2026, 3, 9))
    state = case.view.state
    assert (case.label, state.accepted, state.deemed) == ("ACCEPTED", date(2026, 3, 9), False)


def test_acceptance_after_the_notice_term_counts_from_the_receipt(case):
    case.do("clerk", AcceptCase(), day=date(2026, 3, 12))
    state = case.view.state
    assert (state.accepted, state.deemed) == (DAY, True)


def test_acceptance_without_a_required_original_is_refused_and_names_it():
    case = Case()
    bank_unseen = tuple(
        {"material": paper["material"], "original_seen": paper["material"] != "bank", "pages": []}
        for paper in register().papers
    )
    case.do("agent", register(papers=bank_unseen))
    with refused(CommandRefused, "case.originals_missing") as error:
        case.do("clerk", AcceptCase())
    assert error.value.detail["materials"] == ["bank"]


@pytest.mark.parametrize("way", ["ticked by the clerk", "seen at the village afterwards", "brought later"])
def test_an_original_counts_once_someone_has_seen_it(way):
    case = Case()
    case.do("agent", register(papers=tuple(p for p in register().papers if p["material"] != "bank")))
    if way == "seen at the village afterwards":
        case.do("agent", SeeOriginals(("bank",)))
    if way == "brought later":
        case.do("agent", HandInCorrection(papers=({"material": "bank", "original_seen": True},)))
    case.do("clerk", AcceptCase(checked=("bank",) if way == "ticked by the clerk" else ()))
    assert case.label == "ACCEPTED"


def test_another_township_and_the_county_cannot_accept(case):
    with refused(NotPermitted, "case.not_holder"):
        case.do("other_clerk", AcceptCase(), office=None)
    with refused(NotPermitted, "case.not_holder"):
        case.do("mz_chief", AcceptCase())


# -- the one notice


def test_the_one_notice_waits_for_the_applicant(case):
    case.do("clerk", AskCorrection(WANTED))
    state = case.view.state
    assert case.label == "CORRECTING"
    assert state.correct_by == date(2026, 4, 16)  # 30 working days by default, R-209
    with refused(CommandRefused, "case.correcting"):
        case.do("clerk", AcceptCase())


def test_what_was_handed_in_arrives_by_itself_with_a_new_term(case):
    case.do("clerk", AskCorrection(WANTED))
    case.do(
        "agent",
        HandInCorrection(papers=({"material": "bank", "original_seen": True},)),
        day=date(2026, 3, 20),
    )
    state = case.view.state
    assert (case.label, state.status) == ("RECEIVED", Status.SUPPLIED)
    assert (state.received, state.notice_by) == (date(2026, 3, 20), date(2026, 3, 27))
    assert case.view.asks == ()
    case.do("clerk", AcceptCase())
    assert case.label == "ACCEPTED"


def test_a_second_notice_is_blocked_until_a_superior_allows_one(case):
    case.do("clerk", AskCorrection(WANTED))
    case.do("agent", HandInCorrection(papers=({"material": "bank"},)))
    with refused(CommandRefused, "case.second_notice"):
        case.do("clerk", AskCorrection(WANTED))
    with refused(NotPermitted, "case.role"):
        case.do("clerk", GrantOverride("交来的是别人的卡"))
    case.do("lead", GrantOverride("交来的是别人的卡"))
    case.do("clerk", AskCorrection(WANTED))
    assert case.label == "CORRECTING"
    case.do("agent", HandInCorrection(papers=({"material": "bank"},)))
    with refused(CommandRefused, "case.second_notice"):
        case.do("clerk", AskCorrection(WANTED))


def test_no_second_notice_is_allowed_before_there_was_a_first(case):
    with refused(CommandRefused, "case.no_second_notice"):
        case.do("lead", GrantOverride("以防万一"))


@pytest.mark.parametrize("late", [AskCorrection(WANTED), RefuseAcceptance("不属职权")])
def test_after_the_notice_term_neither_notice_nor_refusal_counts(case, late):
    with refused(CommandRefused, "case.after_notice_term"):
        case.do("clerk", late, day=date(2026, 3, 12))
    case.do("clerk", late, day=NOTICE_BY)
    assert case.label in ("CORRECTING", "NOT_ACCEPTED")


def test_a_notice_wants_only_papers_of_the_published_list(case):
    with refused(BadInput, "case.irrelevant_material"):
        case.do("clerk", AskCorrection(({"what": "无犯罪记录证明", "why": "领导要求", "material": "crime"},)))
    with refused(BadInput, "case.nothing_wanted"):
        case.do("clerk", AskCorrection(()))


def test_a_term_for_correcting_lies_ahead(case):
    with refused(BadInput, "case.term_in_the_past"):
        case.do("clerk", AskCorrection(WANTED, correct_by=date(2026, 3, 3)))


# -- timers


def test_no_answer_within_the_notice_term_is_acceptance_on_the_day_of_receipt(case):
    case.day = NOTICE_BY
    case.settle(timers=True)
    assert case.label == "RECEIVED"
    case.later(1)
    case.settle(timers=True)
    state = case.view.state
    assert (case.label, state.accepted, state.deemed) == ("ACCEPTED", DAY, True)


def test_timers_stay_silent_unless_asked_for(case):
    case.day = date(2026, 4, 1)
    case.settle(timers=False)
    assert case.label == "RECEIVED"


def test_no_correction_in_time_returns_the_case_and_refuses_nothing(case):
    case.do("clerk", AskCorrection(WANTED, correct_by=date(2026, 3, 20)))
    case.day = date(2026, 3, 21)
    case.settle(timers=True)
    assert (case.label, case.types[-1]) == ("RETURNED", "expired")


def test_what_comes_before_the_return_is_written_keeps_the_case_open(case):
    case.do("clerk", AskCorrection(WANTED, correct_by=date(2026, 3, 20)))
    case.day = date(2026, 3, 25)
    case.do("agent", HandInCorrection(papers=({"material": "bank"},)))
    case.settle(timers=True)
    assert case.label == "RECEIVED"


def test_a_premature_timer_has_no_effect_and_troubles_nobody(case):
    lapsed = case.add(case.world.streams[TOWNSHIP], "case.lapsed", {})
    assert case.label == "RECEIVED"
    assert lapsed.id not in {act.id for act in case.view.aside}


# -- ends


def test_refusal_of_acceptance_ends_the_case(case):
    case.do("clerk", RefuseAcceptance("不属本机关职权", competent="市民政局"))
    assert case.label == "NOT_ACCEPTED"
    with refused(CommandRefused, "case.ended"):
        case.do("clerk", AcceptCase())


def test_withdrawal_ends_a_received_case_at_the_holder_by_itself(case):
    case.do("agent", AskWithdrawal("改到外地申请"))
    assert (case.label, case.view.asks) == ("TERMINATED", ())


def test_withdrawal_before_the_receipt_cancels():
    case = Case(automatic=False)
    case.do("agent", register(submit=False))
    case.do("agent", AskWithdrawal("改到外地申请"))
    case.settle()
    assert case.label == "CANCELLED"


def test_withdrawal_after_the_decision_ends_nothing_and_stays_to_be_answered():
    case = accepted("MZ-003")
    case.do("clerk", DecideCase(granted=True))
    asked = case.add("agent", "withdrawal.asked", {"reason": "不要了"})
    case.settle()
    assert (case.label, case.view.asks) == ("GRANTED", (asked.id,))
    case.do("clerk", AnswerAsk(asked.id, "已经决定,不能撤回"))
    assert case.view.asks == ()


def test_termination_by_the_holder_ends_any_received_case(case):
    case.do("clerk", TerminateCase("申请人去世"))
    assert case.label == "TERMINATED"


def test_the_county_counter_takes_in_what_the_county_accepts():
    case = Case()
    case.do("window", register("WJ-004", channel="county_window", village=None), office=f"{COUNTY}/WJ")
    assert (case.label, case.view.state.holder) == ("RECEIVED", f"{COUNTY}/WJ")
    case.do("window", AcceptCase())
    assert case.label == "ACCEPTED"
