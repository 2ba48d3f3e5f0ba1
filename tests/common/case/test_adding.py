"""Adding acts: each with its right, none of them ever loses, those that ask stay open until heard (design 4)."""

from __future__ import annotations

import pytest

from common.case.commands import (
    AddNote,
    AddPapers,
    AnswerAsk,
    Archive,
    AskCorrection,
    AskWithdrawal,
    DecideCase,
    Deliver,
    HandInCorrection,
    OfferCase,
    Rate,
    RevokeDecision,
    SeeOriginals,
    TakeCase,
    Urge,
)
from common.errors import BadInput, CommandRefused, NotPermitted
from tests.builders import (
    COUNTY,
    MZ,
    OTHER_TOWNSHIP,
    OTHER_VILLAGE,
    TOWNSHIP,
    VILLAGE,
    Case,
    accepted,
    refused,
    register,
)

PAPER = ({"material": "bank", "original_seen": True},)


@pytest.fixture
def case() -> Case:
    made = Case()
    made.do("agent", register())
    return made


def decided() -> Case:
    made = accepted("MZ-003")
    made.do("clerk", DecideCase(granted=True))
    return made


# -- rights


@pytest.mark.parametrize("who", ["agent", "clerk", "lead", "window", "operator", "supervisor"])
def test_the_registering_office_and_those_above_it_may_note(case, who):
    noted = case.do(who, AddNote("已电话告知"))[0]
    assert noted.id in case.view.added


@pytest.mark.parametrize("who", ["other_agent", "other_clerk", "mz_window", "agent_2"])
def test_who_has_nothing_to_do_with_the_case_adds_nothing(case, who):
    with refused(NotPermitted, "case.not_concerned"):
        case.do(who, AddNote("看看"), office=case.world.officers[who].office)
    forced = case.add(who, "case.noted", {"text": "看看"})
    assert case.reason(forced) == "act.not_concerned"


def test_who_is_named_in_an_act_in_effect_may_add():
    case = accepted("MZ-005")
    case.do("clerk", OfferCase(MZ))
    case.do("mz_window", AddNote("请补一份审核意见"))
    assert case.view.aside == ()


def test_naming_oneself_in_an_act_without_effect_opens_nothing(case):
    case.add("other_clerk", "case.taken", {"of": case.id})
    noted = case.add("other_clerk", "case.noted", {"text": "看看"})
    assert case.reason(noted) == "act.not_concerned"
    assert OTHER_TOWNSHIP not in case.view.divisions


def test_only_who_stands_close_hands_in_and_withdraws():
    case = accepted("MZ-005")
    case.do("clerk", OfferCase(MZ))
    for who, office in (("window", COUNTY), ("mz_window", MZ)):  # concerned, but never held it
        for command in (HandInCorrection(PAPER), AskWithdrawal("不办了")):
            with refused(NotPermitted, "case.not_concerned"):
                case.do(who, command, office=office)
    case.do("mz_window", TakeCase())
    handed_in = case.do("mz_window", HandInCorrection(PAPER))[0]
    assert handed_in.id in case.view.asks


def test_adding_waits_for_the_registration():
    case = Case(automatic=False)
    case.do("agent", register())
    noted = case.add("clerk", "case.noted", {"text": "已电话告知"})
    registered = case.events.pop(case.id)
    assert (noted.id, "wait.case", registered.id) in case.view.waiting
    case.events[registered.id] = registered
    assert noted.id in case.view.added


# -- asks


def test_what_is_handed_in_stays_open_until_someone_hears_it():
    case = accepted("MZ-005")
    asked = case.do("agent", HandInCorrection(PAPER))[0]
    assert case.view.asks == (asked.id,)
    case.do("clerk", AnswerAsk(asked.id, "材料已收,已附卷"))
    assert case.view.asks == ()


def test_only_the_holder_answers(case):
    asked = case.add("agent", "correction.handed_in", {"papers": []})
    with refused(NotPermitted, "case.not_holder"):
        case.do("agent", AnswerAsk(asked.id, "不用了"))
    forced = case.add("agent", "ask.answered", {"of": asked.id, "reason": "不用了"})
    assert case.reason(forced) == "act.not_holder"
    assert case.view.asks == (asked.id,)
    with refused(CommandRefused, "case.no_such_ask"):
        case.do("clerk", AnswerAsk(case.id, "没有这回事"))


def test_an_answer_of_who_held_the_case_when_he_wrote_counts():
    case = accepted("MZ-005")
    asked = case.add("agent", "correction.handed_in", {"papers": []})
    held = case.view.tip
    case.do("clerk", OfferCase(MZ))
    case.do("mz_window", TakeCase())
    case.add("clerk", "ask.answered", {"of": asked.id, "reason": "已附卷"}, base=held)
    assert case.view.asks == ()


def test_an_answer_waits_for_the_act_that_its_author_saw(case):
    asked = case.add("agent", "correction.handed_in", {"papers": []})
    unknown = "d" * 64
    answer = case.add("clerk", "ask.answered", {"of": asked.id, "reason": "已附卷"}, base=unknown)
    assert case.view.waiting == ((answer.id, "wait.base", unknown),)
    assert case.view.asks == (asked.id,)


def test_papers_handed_in_before_the_notice_are_heard_when_it_is_out(case):
    case.add("agent", "correction.handed_in", {"papers": []})
    case.do("clerk", AskCorrection(({"what": "社会保障卡复印件"},)))
    assert (case.label, case.view.asks) == ("RECEIVED", ())


def test_a_correction_needs_something_to_hand_in_and_an_open_case(case):
    with refused(BadInput, "case.no_papers"):
        case.do("agent", HandInCorrection())
    for command in (AddPapers(()), SeeOriginals(())):
        with refused(BadInput, "case.no_papers"):
            case.do("agent", command)
    done = decided()
    for command in (HandInCorrection(PAPER), AskWithdrawal(), Urge("请快些")):
        with refused(CommandRefused, "case.ended"):
            done.do("agent", command)


# -- after the decision


def test_the_label_follows_delivery_rating_and_archive():
    case = decided()
    labels = [case.label]
    for who, command in (
        ("agent", Deliver("agent", "王芳", relation="本人")),
        ("agent", Rate(5)),
        ("clerk", Archive()),
    ):
        case.do(who, command)
        labels.append(case.label)
    assert labels == ["GRANTED", "DELIVERED", "RATED", "ARCHIVED"]


def test_before_the_decision_nothing_is_delivered_rated_or_archived(case):
    for command, code in (
        (Deliver("agent", "王芳"), "case.not_decided"),
        (Rate(5), "case.not_decided"),
        (Archive(), "case.not_ended"),
    ):
        with refused(CommandRefused, code):
            case.do("agent", command)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_has_five_steps(score):
    case = decided()
    with refused(BadInput, "case.field"):
        case.do("agent", Rate(score))


def test_delivery_of_a_decision_without_effect_is_a_void_paper_out():
    case = accepted("MZ-003")
    case.automatic = False
    base = case.view.tip
    case.add("clerk", "case.decided", {"result": "granted"}, base=base)
    case.add("lead", "case.decided", {"result": "refused", "reasons": "不符合条件"}, base=base)
    (lost,) = case.view.aside
    delivered = case.add("agent", "case.delivered", {"of": lost.id, "way": "agent", "received_by": "王芳"})
    view = case.view
    assert (view.loose, view.delivered) == ((delivered.id,), False)
    assert case.label in ("GRANTED", "REFUSED")


def test_rating_and_archive_of_an_earlier_decision_do_not_speak_of_a_later_one():
    case = accepted("MZ-003")
    rated = case.add("agent", "case.rated", {"score": 1})  # before any decision
    case.do("clerk", DecideCase(granted=True))
    assert rated.id in case.view.added
    assert (case.label, case.view.rated) == ("GRANTED", False)


def test_a_revoked_grant_reads_revoked_whatever_was_delivered():
    case = decided()
    case.do("agent", Deliver("agent", "王芳"))
    case.do("lead", RevokeDecision("材料造假"))
    assert case.label == "REVOKED"
    assert (
        case.view.loose == ()
    )  # the paper was valid when it went out; the revocation says that it no longer is


# -- scope


def test_the_case_is_held_by_the_registering_village_its_township_every_holder_and_the_addressee():
    case = accepted("MZ-005")
    assert case.view.divisions == {VILLAGE, TOWNSHIP}
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    assert case.view.divisions == {VILLAGE, TOWNSHIP, OTHER_TOWNSHIP}
    case.do("other_clerk", TakeCase())
    case.do("other_clerk", OfferCase(MZ))
    case.do("mz_chief", TakeCase())
    assert case.view.divisions == {VILLAGE, TOWNSHIP, OTHER_TOWNSHIP, COUNTY}


def test_a_village_that_is_sent_a_case_holds_it_through_its_township():
    """A village may speak to its township alone; a township's scope includes its villages'."""
    case = accepted("MZ-005")
    case.do("clerk", OfferCase(OTHER_VILLAGE))
    assert case.view.divisions == {VILLAGE, TOWNSHIP, OTHER_VILLAGE, OTHER_TOWNSHIP}


def test_an_addressee_that_declined_holds_the_case_no_more():
    case = accepted("MZ-005")
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    from common.case.commands import DeclineCase

    case.do("other_clerk", DeclineCase("不属本镇"))
    assert case.view.divisions == {VILLAGE, TOWNSHIP}


def test_a_registration_without_effect_still_belongs_to_its_office():
    case = Case(automatic=False)
    case.do("agent", register())
    broken = case.world.write(case.world.officers["agent"], "case.registered", {"office": VILLAGE})
    alone = Case(case.world, {broken.id: broken}, automatic=False)
    view = alone.view
    assert (view.aside, view.state.status.value, view.tip) == (((broken.id, "body.malformed"),), "NONE", None)
    assert alone.label == "REGISTERED"  # until something says more
    assert view.divisions == {VILLAGE, TOWNSHIP}
