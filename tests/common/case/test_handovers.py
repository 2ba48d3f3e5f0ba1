"""Hand-overs, graded handling, the decision (design 4; R-101, R-105 to R-107, R-203, R-502, R-506)."""

from __future__ import annotations

import pytest

from common.case.commands import (
    AcceptCase,
    DecideCase,
    DeclineCase,
    FinishNow,
    FinishStep,
    OfferCase,
    RecallOffer,
    RevokeDecision,
    TakeCase,
)
from common.errors import BadInput, CommandRefused, NotPermitted
from tests.builders import (
    CL,
    COUNTY,
    MZ,
    OTHER_TOWNSHIP,
    POST,
    TOWNSHIP,
    VILLAGE,
    Case,
    accepted,
    refused,
    register,
)


@pytest.fixture
def case() -> Case:
    """Accepted by the township; the county decides it."""
    return accepted("MZ-005")


def offered(code: str = "MZ-005", to: str = MZ) -> Case:
    made = accepted(code)
    made.do("clerk", OfferCase(to, "符合条件,请确认"))
    return made


# -- offered, taken, declined, recalled


def test_an_offer_leaves_the_case_with_its_sender_until_it_is_taken(case):
    case.do("clerk", OfferCase(MZ))
    assert (case.label, case.view.state.holder) == ("FORWARDED", TOWNSHIP)
    case.do("mz_window", TakeCase())
    assert (case.label, case.view.state.holder) == ("HANDLING", MZ)


def test_an_offer_downward_reads_sent_back():
    case = offered()
    case.do("mz_window", TakeCase())
    case.do("mz_window", OfferCase(TOWNSHIP, "请补充审核意见"))
    assert (case.label, case.view.state.holder) == ("SENT_BACK", MZ)


def test_an_offer_to_an_equal_reads_as_handling(case):
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    assert case.label == "HANDLING"


def test_the_direction_follows_from_the_offices_whatever_the_body_says(case):
    case.add("clerk", "case.offered", {"to": MZ, "direction": "down"})
    assert case.label == "FORWARDED"


def test_a_declined_offer_leaves_everything_with_the_sender():
    case = offered()
    case.do("mz_window", DeclineCase("不属本部门"))
    assert (case.label, case.view.state.holder) == ("HANDLING", TOWNSHIP)
    with refused(CommandRefused, "case.no_such_offer"):
        case.do("mz_window", TakeCase())


def test_while_an_offer_is_open_its_holder_can_only_recall_it():
    case = offered("MZ-003", OTHER_TOWNSHIP)
    for command in (DecideCase(granted=True), OfferCase(MZ), FinishStep(3, people=("王丽", "张强"))):
        with refused(CommandRefused, "case.offer_open"):
            case.do("clerk", command)
    case.do("clerk", RecallOffer("移送错了"))
    case.do("clerk", DecideCase(granted=True))
    assert case.label == "GRANTED"


def test_only_the_addressee_takes_or_declines():
    case = offered()
    for who in ("cl_chief", "other_clerk"):
        with refused(NotPermitted, "case.not_addressee"):
            case.do(who, TakeCase(), office=case.world.officers[who].office)
    with refused(NotPermitted, "case.not_appointed_there"):
        case.do("cl_chief", TakeCase(), office=MZ)


def test_a_taking_and_a_recall_of_one_offer_both_reach_the_ledger_and_the_taking_stands():
    case = offered()
    tip = case.view.tip
    recalled = case.add("clerk", "case.recalled", {"of": tip}, base=tip)
    taken = case.add("mz_window", "case.taken", {"of": tip}, base=tip)
    assert case.view.tip == taken.id
    assert case.reason(recalled) == "act.rival"


def test_an_offer_to_oneself_or_to_nobody_is_refused(case):
    with refused(CommandRefused, "case.offer_to_self"):
        case.do("clerk", OfferCase(TOWNSHIP))
    for nobody in ("511322199", "511322/XX", "511322115/XX", "somewhere"):
        with refused(BadInput, "case.unknown_office"):
            case.do("clerk", OfferCase(nobody))


def test_a_township_hands_a_case_to_one_of_its_posts(case):
    case.do("clerk", OfferCase(POST))
    case.do("post", TakeCase())
    assert case.view.state.holder == POST


def test_the_centre_works_for_its_posts_but_a_post_not_for_the_centre(case):
    case.do("clerk", OfferCase(POST))
    case.do("clerk", TakeCase(), office=POST)
    assert case.view.state.holder == POST
    case.do("clerk", OfferCase(TOWNSHIP), office=POST)
    with refused(NotPermitted, "case.not_appointed_there"):
        case.do("post", TakeCase(), office=TOWNSHIP)


def test_the_common_window_of_the_county_takes_in_for_a_department():
    case = offered()
    case.do("window", TakeCase())
    assert case.view.state.holder == MZ


def test_a_submission_is_never_declined():
    case = Case(automatic=False)
    case.do("agent", register())
    with refused(CommandRefused, "case.submission_not_declinable"):
        case.do("clerk", DeclineCase("材料不齐"))
    declined = case.add("clerk", "case.declined", {"of": case.view.tip, "reason": "材料不齐"})
    assert case.reason(declined) == "act.wrong_state"
    taken = case.add("clerk", "case.taken", {"of": case.view.state.offer})
    assert case.reason(taken) == "act.wrong_state"


# -- graded handling


def test_a_township_cannot_decide_what_the_county_decides(case):
    with refused(NotPermitted, "case.not_deciding_level"):
        case.do("clerk", DecideCase(granted=True))
    decided = case.add("clerk", "case.decided", {"result": "granted"})
    assert case.reason(decided) == "act.not_deciding_level"


def test_the_county_cannot_decide_what_the_township_decides():
    case = offered("MZ-003")
    case.do("mz_window", TakeCase())
    with refused(NotPermitted, "case.not_deciding_level"):
        case.do("mz_chief", DecideCase(granted=True))


def test_another_department_cannot_decide():
    case = offered("MZ-005", CL)
    case.do("cl_chief", TakeCase())
    with refused(NotPermitted, "case.not_deciding_office"):
        case.do("cl_chief", DecideCase(granted=True))


def test_a_county_decision_is_the_chief_representatives_own():
    case = offered()
    case.do("mz_window", TakeCase())
    for who, code in (("mz_window", "case.role"), ("window", "case.role"), ("operator", "case.role")):
        with refused(NotPermitted, code):
            case.do(who, DecideCase(granted=True), office=MZ)
    case.do("mz_chief", DecideCase(granted=True, number="营民〔2026〕1号"))
    decision = case.view.state.decision
    assert decision is not None
    assert (case.label, decision.office, decision.number) == ("GRANTED", MZ, "营民〔2026〕1号")


def test_a_refusal_needs_reasons(case):
    case = offered()
    case.do("mz_chief", TakeCase())
    with refused(CommandRefused, "case.no_reasons"):
        case.do("mz_chief", DecideCase(granted=False))
    bare = case.add("mz_chief", "case.decided", {"result": "refused"})
    assert case.reason(bare) == "act.no_reasons"
    case.do("mz_chief", DecideCase(granted=False, reasons="未满 80 周岁"))
    assert case.label == "REFUSED"


def test_what_is_not_accepted_cannot_be_decided():
    case = Case()
    case.do("agent", register("MZ-003"))
    with refused(CommandRefused, "case.not_accepted_yet"):
        case.do("clerk", DecideCase(granted=True))


def test_a_case_offered_before_acceptance_is_accepted_by_the_intake_office_alone():
    case = Case()
    case.do("agent", register("MZ-005"))
    case.do("clerk", OfferCase(MZ))
    case.do("mz_window", TakeCase())
    with refused(NotPermitted, "case.not_intake_office"):
        case.do("mz_window", AcceptCase())
    case.do("mz_window", OfferCase(TOWNSHIP))
    case.do("clerk", TakeCase())
    case.do("clerk", AcceptCase())
    assert case.label == "ACCEPTED"


def test_a_grant_can_be_revoked_and_a_refusal_not():
    case = accepted("MZ-003")
    case.do("clerk", DecideCase(granted=True))
    with refused(NotPermitted, "case.role"):
        case.do("clerk", RevokeDecision("材料造假"))
    case.do("lead", RevokeDecision("材料造假"))
    assert (case.label, case.view.state.status.value) == ("REVOKED", "REVOKED")
    other = accepted("MZ-003")
    other.do("clerk", DecideCase(granted=False, reasons="不符合条件"))
    with refused(CommandRefused, "case.not_granted"):
        other.do("lead", RevokeDecision("材料造假"))


# -- on the spot


@pytest.mark.parametrize("code", ["RS-003", "CW-001"])
def test_what_the_village_decides_is_finished_there_in_one_go(code):
    case = Case(automatic=False)
    case.do("agent", register(code, finish=FinishNow(DecideCase(granted=True))))
    assert case.types == ["registered", "submitted", "arrived", "accepted", "decided"]
    assert (case.label, case.view.state.holder) == ("GRANTED", VILLAGE)
    assert (case.view.aside, case.view.waiting) == ((), ())


def test_an_instant_item_is_finished_at_the_townships_own_counter():
    case = Case()
    case.do(
        "clerk", register("MZ-008", channel="township_window", finish=FinishNow(DecideCase(granted=True)))
    )
    assert (case.label, case.view.state.holder) == ("GRANTED", TOWNSHIP)


def test_the_village_cannot_finish_what_its_procedure_gives_to_the_township():
    case = Case()
    for code in ("NY-006", "MZ-008"):  # the procedure governs, not the authority
        with refused(CommandRefused, "case.not_finished_here") as error:
            case.do("agent", register(code, finish=FinishNow(DecideCase(granted=True))))
        assert error.value.detail["office"] == case.world.reference.office_name(TOWNSHIP)


def test_who_would_finish_what_another_level_decides_is_told_who_decides_it():
    """Nothing is registered yet, so nothing can be reported up: the refusal speaks of what was asked."""
    case = Case()
    with refused(CommandRefused, "case.not_decided_here") as error:
        case.do(
            "clerk", register("MZ-005", channel="township_window", finish=FinishNow(DecideCase(granted=True)))
        )
    assert error.value.detail["office"] == case.world.reference.office_name(MZ)
    assert case.events == {}


def test_at_the_townships_counter_a_villages_item_falls_to_the_township():
    case = Case(automatic=False)
    case.do("clerk", register("CW-001", channel="township_window"))
    assert case.view.state.offer_to == TOWNSHIP


def test_at_the_county_counter_an_application_goes_to_the_applicants_township():
    case = Case(automatic=False)
    case.do("window", register("MZ-003", channel="county_window"), office=COUNTY)
    assert case.view.state.offer_to == TOWNSHIP
