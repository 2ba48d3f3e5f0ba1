"""The county's word: confirmation, pins, rulings, take-over, its own epochs (design 4; invariant 8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.case import due_automatic, needs_confirmation
from common.case.commands import (
    AcceptCase,
    AdoptActs,
    AskCorrection,
    AskWithdrawal,
    DateAct,
    DecideCase,
    DismissAct,
    OfferCase,
    RefuseAcceptance,
    TakeCase,
    TakeOverCase,
    TerminateCase,
)
from common.errors import CommandRefused, NotPermitted
from tests.builders import COUNTY, DAY, MZ, OTHER_TOWNSHIP, TOWNSHIP, Case, accepted, refused, register

WANTED = ({"what": "社会保障卡复印件", "why": "没有交"},)


def received(code: str = "MZ-003", *, automatic: bool = True) -> Case:
    made = Case()
    made.do("agent", register(code))
    made.automatic = automatic
    return made


def rivals() -> tuple[Case, str, str]:
    """A case in which a notice and an acceptance stand on one base; the tip, and the other."""
    case = received(automatic=False)
    base = case.view.tip
    one = case.add("clerk", "case.accepted", {}, base=base)
    two = case.add("lead", "case.correction_asked", {"correct_by": "2026-04-16", "wanted": []}, base=base)
    tip = case.view.tip
    assert tip is not None
    return case, tip, (two if tip == one.id else one).id


# -- confirmation


def test_the_hub_confirms_the_newest_firm_act_with_its_whole_past():
    case = received(automatic=False)
    assert needs_confirmation(case.view) is None  # an arrival is a machine's act
    accepted_by = case.do("clerk", AcceptCase())[0]
    view = case.view
    assert (needs_confirmation(view), view.confirmed) == (accepted_by.id, False)
    case.settle()
    view = case.view
    assert (needs_confirmation(view), view.confirmed) == (None, True)
    assert view.pinned == frozenset(view.path)


def test_offers_and_steps_are_not_confirmed_for_themselves():
    case = accepted("MZ-005")
    case.automatic = False
    case.do("clerk", OfferCase(MZ))
    assert case.view.confirmed


def test_the_hubs_own_acts_need_no_confirmation():
    case = accepted("MZ-005")
    case.automatic = False
    case.do("clerk", OfferCase(MZ))
    case.do("mz_chief", TakeCase())
    case.do("mz_chief", DecideCase(granted=True))
    assert case.view.confirmed


def test_what_is_confirmed_outranks_whatever_comes_later():
    case, tip, other = rivals()
    confirmed = case.add(case.world.streams[COUNTY], "case.confirmed", {}, base=other)
    view = case.view
    assert view.tip == other
    assert (confirmed.id in view.added, tip in {act.id for act in view.aside}) == (True, True)


@pytest.mark.parametrize("home", [TOWNSHIP, OTHER_TOWNSHIP])
def test_nobody_but_the_hub_confirms(home):
    case, tip, other = rivals()
    forged = case.add(case.world.streams[home], "case.confirmed", {"office": COUNTY}, base=other)
    assert case.view.tip == tip
    assert case.reason(forged) == "act.node_not_serving"
    own = case.add(case.world.streams[home], "case.confirmed", {}, base=other)
    assert case.view.tip == tip
    assert case.reason(own) == "act.not_county"


def test_an_epoch_of_the_hub_that_the_root_did_not_open_pins_nothing():
    case, tip, other = rivals()
    hub = case.world.new_epoch(COUNTY, "NQTQPENE")
    case.add(hub, "case.confirmed", {}, base=other)
    assert case.view.tip == tip


def test_of_two_epochs_of_the_hub_the_older_one_is_right():
    case, tip, other = rivals()
    first = case.world.streams[COUNTY]
    case.add(first, "case.confirmed", {}, base=other)
    second = case.world.new_epoch(COUNTY, "RESTQRED", generation=2)
    case.add(second, "case.confirmed", {}, base=tip)
    assert case.view.tip == other


# -- adoption


def test_adoption_reenacts_a_set_aside_act_on_the_newest_state_with_its_own_author_and_day():
    case = received(automatic=False)
    stale = case.view.tip
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    case.do("other_clerk", TakeCase(), day=date(2026, 3, 6))
    case.settle()
    lost = case.add("lead", "case.accepted", {"day": "2026-03-05"}, base=stale)  # on another page, in time
    assert (case.label, case.view.aside) == ("RECEIVED", ((lost.id, "act.rival"),))
    case.do("operator", AdoptActs((lost.id,), "两人同时办理,以受理为准"))
    state = case.view.state
    assert (case.label, state.accepted, state.holder) == ("ACCEPTED", date(2026, 3, 5), OTHER_TOWNSHIP)
    assert case.view.aside == ()


def test_adoption_takes_all_or_nothing():
    case = accepted("MZ-001")
    case.automatic = False
    base = case.view.tip
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    case.do("other_clerk", TakeCase())
    case.settle()
    step = case.add("lead", "case.stepped", {"step": 6}, base=base)
    second = case.add("clerk", "case.accepted", {}, base=base)  # it is accepted already
    with refused(CommandRefused, "case.adopted_unfit"):
        case.do("operator", AdoptActs((step.id, second.id), "都要"))
    assert case.view.state.steps == ()
    case.do("operator", AdoptActs((step.id,), "这一条"))
    assert case.view.state.steps == (6,)


def test_what_cannot_be_reenacted_is_not_adopted():
    case = accepted("MZ-005")
    case.automatic = False
    base = case.view.tip
    offers = [
        case.add("clerk", "case.offered", {"to": to, "direction": "up"}, base=base)
        for to in (MZ, OTHER_TOWNSHIP)
    ]
    (aside,) = case.view.aside
    assert aside.id in {offer.id for offer in offers}
    with refused(CommandRefused, "case.not_adoptable"):
        case.do("operator", AdoptActs((aside.id,), "也移送"))


def test_adoption_gives_nobody_a_right_that_he_never_had():
    case = accepted("MZ-005")
    forged = case.add("clerk", "case.decided", {"result": "granted"})  # the county decides it
    with refused(CommandRefused, "case.adopted_unfit"):
        case.do("operator", AdoptActs((forged.id,), "算了"))
    by_technician = case.add("technician", "case.terminated", {"reason": "测试"})
    with refused(CommandRefused, "case.adopted_unfit"):
        case.do("operator", AdoptActs((by_technician.id,), "算了"))


def test_adoption_overcomes_a_cut_off():
    case = received(automatic=False)
    stream = case.world.streams[TOWNSHIP]
    late = case.add("clerk", "case.accepted", {})
    case.add(
        case.world.streams[COUNTY], "case.noted", {"text": "核对"}, actor=case.world.officers["operator"].id
    )
    arrival = case.last("case.arrived")
    case.add(case.world.streams[COUNTY], "case.confirmed", {}, base=arrival.id)
    case.world.publish("node.revoked", node=stream.node, cuts={})
    assert case.reason(late) == "act.after_cutoff"
    case.do("operator", AdoptActs((late.id,), "停机前确已受理"))
    assert case.label == "ACCEPTED"


def test_of_two_receipts_the_earlier_counts_once_adopted():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    submission = case.view.tip
    case.do("operator", TakeOverCase("乡镇停电"), day=date(2026, 3, 9))
    earlier = case.add(
        case.world.streams[TOWNSHIP],
        "case.arrived",
        {
            "of": submission,
            "of_kind": "submit",
            "day": "2026-03-05",
            "notice_by": "2026-03-12",
            "calendar": case.world.calendar,
            "edition": case.world.editions["MZ-003"],
        },
        base=submission,
    )
    # a completed hand-over outranks, but the hub had built on its own take-over
    assert case.view.state.holder == COUNTY
    assert case.reason(earlier) == "act.rival"
    notice_by = case.view.state.notice_by
    case.do("operator", AdoptActs((earlier.id,), "乡镇已于五日收到"))
    state = case.view.state
    assert (state.received, state.notice_by) == (date(2026, 3, 5), notice_by)
    assert case.view.aside == ()


def test_a_deemed_acceptance_moves_with_an_earlier_receipt():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    submission = case.view.tip
    case.do("operator", TakeOverCase("乡镇停电"), day=date(2026, 3, 9))
    body = {
        "of": submission,
        "of_kind": "submit",
        "notice_by": "2026-03-12",
        "edition": case.world.editions["MZ-003"],
    }
    township = case.world.streams[TOWNSHIP]
    earlier = case.add(township, "case.arrived", {**body, "day": "2026-03-05"}, base=submission)
    case.add(case.world.streams[COUNTY], "case.lapsed", {"day": "2026-03-20"})
    assert case.view.state.accepted == date(2026, 3, 9)
    case.do("operator", AdoptActs((earlier.id,), "乡镇已于五日收到"))
    assert case.view.state.accepted == date(2026, 3, 5)


def test_an_adoption_waits_for_what_it_rules_on():
    case, tip, _ = rivals()
    unknown = "e" * 64
    ruling = case.add("operator", "case.adopted", {"acts": [unknown], "reason": "以此为准"})
    assert case.view.waiting == ((ruling.id, "wait.acts", unknown),)
    assert case.view.tip == tip


def test_adoption_can_correct_the_day_of_what_it_adopts():
    case = received(automatic=False)
    wrong = case.add(
        "clerk", "case.correction_asked", {"correct_by": "2026-04-16", "wanted": [], "day": "2031-01-01"}
    )
    assert case.reason(wrong) == "act.after_notice_term"
    with refused(CommandRefused, "case.adopted_unfit"):
        case.do("operator", AdoptActs((wrong.id,), "确在期内告知"))
    case.do("operator", AdoptActs((wrong.id,), "确在期内告知,钟表错误", {wrong.id: DAY}))
    assert case.label == "CORRECTING"


def test_only_the_countys_operator_rules():
    case, _, other = rivals()
    for command in (AdoptActs((other,), "以此为准"), DismissAct(other, "重复"), TakeOverCase("停机")):
        for who in ("clerk", "mz_chief", "window", "supervisor"):
            with refused(NotPermitted, "case.role"):
                case.do(who, command, office=case.world.officers[who].office)


def test_only_what_is_set_aside_is_ruled_on():
    case = accepted()
    for command in (AdoptActs((case.last("case.accepted").id,), "再来"), DismissAct("f" * 64, "没有")):
        with refused(CommandRefused, "case.not_set_aside"):
            case.do("operator", command)


# -- dismissal


def test_dismissal_takes_an_act_off_the_list_and_leaves_it_without_effect():
    case, tip, other = rivals()
    case.settle()
    case.do("operator", DismissAct(other, "重复"))
    assert case.view.aside == ()
    assert case.view.tip == tip


def test_a_dismissed_act_stays_without_effect_whatever_arrives_later():
    case, tip, other = rivals()
    case.settle()
    case.do("operator", DismissAct(other, "重复"))
    child = case.add("clerk", "case.terminated", {"reason": "撤销"}, base=other)
    assert case.reason(child) == "act.base_aside"
    assert case.view.tip == tip


def test_dismissal_takes_no_effect_from_what_the_hub_has_built_on():
    case = accepted()
    act = case.last("case.accepted")
    case.add("operator", "ruling.dismissed", {"of": act.id, "reason": "误"})
    assert act.id in case.view.path  # invariant 8


# -- days


def test_a_corrected_day_is_what_the_clock_reads():
    case = received(automatic=False)
    wrong = case.add("clerk", "case.accepted", {"day": "2026-03-10"})
    case.settle()
    case.do("operator", DateAct(wrong.id, date(2026, 3, 5), "机器时间错误"))
    assert case.view.state.accepted == date(2026, 3, 5)
    case.do("operator", DateAct(wrong.id, date(2026, 3, 6), "再核对"))
    assert case.view.state.accepted == date(2026, 3, 6)  # the newest order counts


def test_a_corrected_day_can_give_an_act_its_effect():
    case = received(automatic=False)
    wrong = case.add("clerk", "case.not_accepted", {"reason": "不属职权", "day": "2031-01-01"})
    assert case.reason(wrong) == "act.after_notice_term"
    case.do("operator", DateAct(wrong.id, DAY, "机器时间错误"))
    assert case.label == "NOT_ACCEPTED"


def test_a_corrected_day_never_takes_an_act_its_effect():
    case = received(automatic=False)
    notice = case.do("clerk", AskCorrection(WANTED))[0]
    case.settle()
    case.do("operator", DateAct(notice.id, date(2026, 6, 1), "误"))
    assert case.label == "CORRECTING"  # confirmed is final


def test_nobody_but_the_operator_corrects_a_day():
    case = accepted()
    act = case.last("case.accepted")
    forged = case.add("clerk", "ruling.dated", {"of": act.id, "to": "2026-01-01", "reason": "改"})
    assert case.reason(forged) == "act.role"
    assert case.view.state.accepted == DAY
    with refused(CommandRefused, "case.no_such_act"):
        case.do("operator", DateAct("f" * 64, DAY, "没有"))


# -- take-over


def test_the_county_takes_over_a_case_whose_holder_cannot_act():
    case = accepted("MZ-003")
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    case.do("operator", TakeOverCase("乡镇机器损坏"))
    state = case.view.state
    assert (state.holder, state.offer, case.label) == (COUNTY, None, "HANDLING")
    with refused(NotPermitted, "case.not_holder"):
        case.do("clerk", DecideCase(granted=True))


def test_a_case_taken_over_before_its_receipt_is_received_by_the_county_and_answered_there():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    case.do("operator", TakeOverCase("乡镇停机"))
    state = case.view.state
    assert (case.label, state.received, state.notice_by) == ("RECEIVED", DAY, date(2026, 3, 11))
    case.do("operator", AcceptCase())
    assert case.label == "ACCEPTED"


def test_after_a_take_over_a_department_decides_what_its_township_would_have():
    case = accepted("MZ-003")
    case.do("operator", TakeOverCase("乡镇停机"))
    case.do("operator", OfferCase(MZ))
    case.do("mz_chief", TakeCase())
    case.do("mz_chief", DecideCase(granted=True))
    assert case.label == "GRANTED"


def test_without_a_take_over_the_countys_centre_answers_nothing():
    case = received()
    case.do("clerk", OfferCase(COUNTY))
    case.do("window", TakeCase(), office=COUNTY)
    for command in (AcceptCase(), AskCorrection(WANTED), RefuseAcceptance("不属职权")):
        with refused(NotPermitted, "case.not_intake_office"):
            case.do("window", command, office=COUNTY)


def test_an_ended_case_is_neither_taken_over_nor_ruled_on():
    case = received()
    case.do("clerk", TerminateCase("申请人去世"))
    with refused(CommandRefused, "case.ended"):
        case.do("operator", TakeOverCase("停机"))


# -- rivals


def test_the_receipt_outranks_a_recall_and_the_asked_withdrawal_stays_open_until_heard():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    submission = case.view.tip
    asked = case.do("agent", AskWithdrawal("不办了"))[0]
    heard = due_automatic(
        case.view, case.world.reference, case.world.serves(case.view.state.holder), case.day
    )
    assert heard is not None
    case.seal([heard], case.world.streams[case.view.state.holder])
    assert (case.label, case.view.asks) == ("CANCELLED", ())
    case.add(
        case.world.streams[TOWNSHIP],
        "case.arrived",
        {
            "of": submission,
            "of_kind": "submit",
            "notice_by": (DAY + timedelta(days=7)).isoformat(),
            "edition": case.world.editions["MZ-003"],
        },
        base=submission,
    )
    assert (case.label, case.view.asks) == ("RECEIVED", (asked.id,))  # what heard it was set aside
    case.settle()
    assert (case.label, case.view.asks) == ("TERMINATED", ())


def test_a_persons_act_outranks_a_timer_and_an_arrival_outranks_it_too():
    case = received(automatic=False)
    case.later(20)
    base = case.view.tip
    lapsed = case.add(case.world.streams[TOWNSHIP], "case.lapsed", {}, base=base)
    ended = case.add("clerk", "case.terminated", {"reason": "申请人去世"}, base=base)
    assert case.view.tip == ended.id
    assert lapsed.id not in {act.id for act in case.view.aside}  # a timer troubles nobody
