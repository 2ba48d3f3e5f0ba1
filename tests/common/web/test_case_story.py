"""The trail as a story, and the bar of where the time went: pure, on cases that are made event by event."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.case import Direction
from common.case import commands as c
from common.case.view import digest
from common.event_types import EVENT_TYPES, Home
from common.node import CaseFile, Truth
from common.web.cases import story
from common.web.cases.spans import Turn, held_since, history, shares
from common.web.cases.story import tell
from tests.builders import DAY, MZ, TOWNSHIP, VILLAGE, Case, register


def file_of(case: Case) -> CaseFile:
    view = case.view
    events = tuple(case.events.values())
    reference = case.world.reference
    return CaseFile(
        id=case.id,
        row=None,  # the story does not look at it
        view=view,
        events=events,
        edition=reference.editions.get(view.state.edition),
        digest=digest(view),
        truth=dict.fromkeys(case.events, Truth.COUNTY),
        papers=(),
        synced=Truth.COUNTY,
        left=False,
    )


def told(case: Case):
    return tell(file_of(case), case.world.reference)


def one(case: Case, kind: str):
    return next(each for each in told(case) if each.event.type == kind)


def reported() -> Case:
    """High-age allowance: registered, accepted on the third day, reported up on the eighth, taken on the tenth."""
    case = Case()
    case.do("agent", register())
    case.do("clerk", c.AcceptCase(), day=DAY + timedelta(days=2))
    case.do("clerk", c.FinishStep(3, "年龄、户籍属实"), day=DAY + timedelta(days=7))
    case.do("clerk", c.OfferCase(MZ, "建议准予"))
    case.do("window", c.TakeCase(), day=DAY + timedelta(days=9))
    return case


# -- the story


def test_each_act_is_told_with_who_did_it_and_what_it_came_to():
    case = reported()
    said = [f"{each.who} {each.did}" for each in told(case)]
    assert said[0].endswith("接收")
    assert said[1].endswith(f"上报给{case.world.reference.office_name(MZ)}")
    assert said[2].endswith("完成「乡镇审核」")
    assert said[3].endswith("clerk 受理")
    assert one(case, "case.accepted").rest == "承诺 15 个工作日,3月27日(含)前办结"
    assert one(case, "case.offered").rest == "建议准予"


def test_an_opinion_that_finishes_the_reviews_and_goes_up_with_the_case_is_read_once_where_it_goes():
    case = Case()
    case.do("agent", register())
    case.do("clerk", c.AcceptCase())
    case.do("clerk", c.FinishStep(3, "符合条件,建议准予"))
    case.do("clerk", c.OfferCase(MZ, "符合条件,建议准予"))  # as 上报 writes them
    assert one(case, "case.offered").rest == "符合条件,建议准予"
    assert (one(case, "case.stepped").did, one(case, "case.stepped").rest) == ("完成「乡镇审核」", "")


@pytest.mark.parametrize(
    ("who", "opinion"), [("lead", "年龄属实"), ("clerk", "建议准予"), ("clerk", None)], ids=str
)
def test_an_opinion_of_a_step_alone_is_read_at_the_step(who, opinion):
    case = Case()
    case.do("agent", register())
    case.do("clerk", c.AcceptCase())
    case.do("clerk", c.FinishStep(3, "年龄属实"))
    assert one(case, "case.stepped").rest == "年龄属实"  # nothing has gone up yet
    case.do(who, c.OfferCase(MZ, opinion))
    assert one(case, "case.stepped").rest == "年龄属实"


def test_an_opinion_stays_at_its_step_where_the_offer_has_no_effect():
    case = Case(automatic=False)
    case.do("agent", register())
    case.settle()
    case.do("clerk", c.AcceptCase())
    (step,) = case.do("clerk", c.FinishStep(3, "年龄属实"))
    case.add("agent", "case.offered", {"to": MZ, "direction": "up", "opinion": "年龄属实"}, base=step.id)
    assert one(case, "case.offered").aside
    assert one(case, "case.stepped").rest == "年龄属实"


def test_the_promise_in_the_trail_stays_what_was_promised_when_the_clock_is_stopped_later():
    case = Case()
    case.do("agent", register("MZ-001"))
    case.do("clerk", c.AcceptCase())
    before = one(case, "case.accepted").rest
    case.do("clerk", c.PauseCase("publicity", "公示"))
    case.later(10)
    case.do("clerk", c.ResumeCase())
    assert one(case, "case.accepted").rest == before


@pytest.mark.parametrize(
    ("to", "verb"),
    [(MZ, "上报给"), (f"{TOWNSHIP}/MZ", "移送给"), (VILLAGE, "退回补充给")],
    ids=list(Direction)[1:],
)
def test_an_offer_is_called_by_its_direction(to, verb):
    case = Case()
    case.do("agent", register())
    case.do("clerk", c.AcceptCase())
    case.do("clerk", c.OfferCase(to, "请办"))
    assert one(case, "case.offered").did.startswith(verb)


def test_a_score_is_never_told():
    case = reported()
    case.do("mz_chief", c.DecideCase(granted=True))
    case.do("agent", c.Deliver("agent", "王芳", "本人"))
    case.do("agent", c.Rate(1, "跑了三趟", named=True))
    line = one(case, "case.rated")
    assert (line.did, line.rest) == ("群众已评价", "")


def test_an_act_whose_clock_was_wrong_says_which_day_counts():
    case = Case()
    case.do("agent", register())
    case.do(
        "clerk", c.AcceptCase(), day=DAY + timedelta(days=3)
    )  # the builder's clock stands at the first day
    line = one(case, "case.accepted")
    assert line.clock_off
    assert line.day == DAY + timedelta(days=3)


def test_what_is_set_aside_follows_what_its_author_had_seen_and_says_why():
    case = Case(automatic=False)
    case.do("agent", register())
    case.settle()
    base = case.view.tip
    first = case.add("clerk", "case.accepted", {}, base=base)
    second = case.add("lead", "case.accepted", {}, base=base)
    case.settle()
    lines = told(case)
    grey = next(each for each in lines if each.aside)
    assert grey.aside == "同一时间另有一条已经生效"
    assert {grey.id} < {first.id, second.id}
    assert grey.can_adopt
    assert [each.event.type for each in lines][-1] == "case.registered"


def test_an_unknown_type_and_an_unreadable_body_are_told_and_break_nothing():
    case = Case()
    case.do("agent", register())
    case.add("clerk", "case.foretold", {"what": 1}, moves=False)
    case.add("clerk", "case.offered", {"to": 7})
    case.add("clerk", "case.adopted", {"acts": "none"})
    words = [each.did for each in told(case)]
    assert "新版本的动作" in words
    assert "移送" in words


def test_every_type_of_act_of_a_case_has_its_own_words():
    for name, kind in EVENT_TYPES.items():
        if kind.home is Home.CASE:
            assert kind.chinese
            assert name in story._WORDS or name in (
                "case.confirmed",  # a mark on what it confirms
                "case.taken",
                "case.expired",
                "case.resumed",
                "case.restarted",
                "case.archived",
            ), name


# -- where the time went


def test_days_belong_to_whose_turn_it_was():
    case = reported()
    until = DAY + timedelta(days=14)
    assert shares(history(case.view, case.world.reference), until) == (
        (Turn.TOWNSHIP, 7),
        (Turn.WAY, 2),
        (Turn.DEPARTMENT, 5),
    )


def test_the_applicants_days_are_not_the_offices():
    case = Case()
    case.do("agent", register())
    case.do("clerk", c.AskCorrection(({"what": "居民身份证", "why": "模糊", "material": "id"},)))
    case.do(
        "agent", c.HandInCorrection(papers=({"material": "id", "pages": []},)), day=DAY + timedelta(days=6)
    )
    case.do("clerk", c.AcceptCase(), day=DAY + timedelta(days=8))
    assert dict(shares(history(case.view, case.world.reference), DAY + timedelta(days=8))) == {
        Turn.APPLICANT: 6,
        Turn.TOWNSHIP: 2,
    }


def test_a_pause_is_nobodys_time_and_the_end_of_the_case_ends_the_bar():
    case = Case()
    case.do("agent", register("MZ-001"))
    case.do("clerk", c.AcceptCase())
    case.do("clerk", c.PauseCase("publicity", "公示"), day=DAY + timedelta(days=1))
    case.do("clerk", c.ResumeCase(), day=DAY + timedelta(days=8))
    case.do("clerk", c.TerminateCase("申请人已故"), day=DAY + timedelta(days=10))
    found = shares(history(case.view, case.world.reference), DAY + timedelta(days=99))
    assert dict(found) == {Turn.TOWNSHIP: 3, Turn.PAUSED: 7}


def test_who_holds_it_since_when_is_when_it_was_taken():
    assert held_since(history(reported().view, reported().world.reference)) == DAY + timedelta(days=9)
    assert held_since(()) is None


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.integers(0, 30))
def test_no_day_is_lost_or_counted_twice(gaps, more):
    days = [DAY + timedelta(days=sum(gaps[: n + 1])) for n in range(4)]
    case = Case()
    case.do("agent", register())
    case.do("clerk", c.AcceptCase(), day=days[0])
    case.do("clerk", c.FinishStep(3), day=days[1])
    case.do("clerk", c.OfferCase(MZ), day=days[2])
    case.do("window", c.TakeCase(), day=days[3])
    until = days[3] + timedelta(days=more)
    found = shares(history(case.view, case.world.reference), until)
    assert sum(count for _, count in found) == (until - DAY).days
    assert all(count > 0 for _, count in found)
    assert isinstance(until, date)
