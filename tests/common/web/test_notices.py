"""The prints of acts (rules section 9): what each must contain, and what says that it is not final yet."""

from __future__ import annotations

import pytest

from common import departments
from common.case import commands as c
from common.web.notices.decision import full_office
from tests.county import build_county
from tests.desks import Desks, Journey


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return build_county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def desks(county):
    return Desks(county)


@pytest.fixture
def clerk(desks, county):
    return desks.client(county.township, "王丽")


def sheet(client, journey: Journey, kind: str, node=None) -> str:
    """The words of the print of the newest act of this type."""
    node = node or journey.county.township
    event = [e for e in node.case(journey.made.id).events if e.type == kind][-1]
    page = client.get(f"/cases/{journey.number}/notices/{event.id}")
    (paper,) = page.main.classed("paper-sheet")
    return paper.text


def test_every_print_carries_office_number_date_place_for_the_stamp_and_the_case_code(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    page = clerk.get(f"/cases/{journey.number}/notices/{county.township.case(journey.made.id).view.tip}")
    (paper,) = page.main.classed("paper-sheet")
    for words in (
        "营山县回龙镇便民服务中心",
        f"{journey.number}-受1",
        "(盖章)",
        "联系电话",
        "监督电话",
        "查询码",
    ):
        assert words in paper.text
    assert journey.made.body["query_code"] in paper.text
    (code,) = [svg for svg in paper.all("svg") if svg.get("aria-label") == "查询码"]
    assert code.all("path")
    assert not paper.all("img")  # no seal is ever drawn
    assert "演练" in page.root.text
    whole_id = journey.made.body["applicant"]["id_number"]
    assert whole_id not in page.source


def test_what_the_county_has_not_confirmed_says_so_and_what_it_has_does_not(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    assert "待县级确认" in sheet(clerk, journey, "case.accepted")
    county.level()
    assert "待县级确认" not in sheet(clerk, journey, "case.accepted")


def test_an_act_without_effect_prints_only_as_void(county, clerk):
    journey = Journey.start(county)
    county.carry(county.township, county.hub)
    journey.do(county.hub, "何开明", c.TakeOverCase("乡镇断网"), county.county)
    journey.at_township(c.AcceptCase())
    county.level()
    assert "未生效，不得发给群众" in sheet(clerk, journey, "case.accepted")


def test_the_correction_notice_lists_everything_with_why_by_when_and_that_it_is_the_first(county, clerk):
    journey = Journey.start(county)
    wanted = (
        {"what": "居民身份证", "why": "照片模糊,请重拍", "material": "id"},
        {"what": "申请表「手机号码」", "why": "少一位", "field": "mobile"},
    )
    journey.at_township(c.AskCorrection(wanted))
    words = sheet(clerk, journey, "case.correction_asked")
    for each in wanted:
        assert each["what"] in words
        assert each["why"] in words
    last = county.township.case(journey.made.id).view.state.correct_by
    assert f"{last.year}年{last.month}月{last.day}日(含)前补齐" in words
    assert "第 1 次" in words
    assert "王丽" in words


def test_the_acceptance_notice_has_both_limits_the_due_date_papers_and_excluded_procedures(county, clerk):
    journey = Journey.start(county, "MZ-001")
    journey.at_township(c.AcceptCase())
    words = sheet(clerk, journey, "case.accepted")
    assert "承诺时限 22 个工作日" in words
    assert "法定时限 30 个工作日" in words
    due = county.township.case(journey.made.id).row.due
    year, month, day = (int(part) for part in due.split("-"))
    assert f"{year}年{month}月{day}日(含)" in words
    assert "村(社区)公示 7 天" in words
    assert "居民身份证" in words
    assert "疾病诊断证明" not in words or "illness" in str(journey.made.body["form"].get("poverty_cause"))


def test_a_deemed_acceptance_says_by_what_it_became_one_and_counts_from_the_receipt(tmp_path):
    county = build_county(tmp_path)
    journey = Journey.start(county)
    received = county.township.case(journey.made.id).view.state.received
    journey.days(8)
    county.hub.checkpoint()
    county.level()
    county.township.tick()
    clerk = Desks(county).client(county.township, "王丽")
    words = sheet(clerk, journey, "case.lapsed")
    assert "5 个工作日内告知" in words
    assert f"受理日期 {received.year}年{received.month}月{received.day}日" in words


def test_a_refusal_of_acceptance_names_reason_competent_authority_and_remedies(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.RefuseAcceptance("不属本镇职权", "县公安局", "not_competent"))
    words = sheet(clerk, journey, "case.not_accepted")
    assert "不属本镇职权" in words
    assert "县公安局" in words
    assert "60 日" in words
    assert "6 个月" in words


def test_the_notice_of_an_excluded_procedure_says_kind_time_and_start(county, clerk):
    journey = Journey.start(county, "MZ-001")
    journey.at_township(c.AcceptCase())
    journey.at_township(c.PauseCase("publicity", "在村务公开栏公示"))
    words = sheet(clerk, journey, "case.paused")
    assert "村(社区)公示" in words
    assert "7 天" in words
    assert "开始日期" in words


@pytest.mark.parametrize(
    ("command", "kind", "expected"),
    [
        (c.SuspendCase("继承人待定"), "case.suspended", ("中止", "继承人待定")),
        (c.TerminateCase("申请人已故"), "case.terminated", ("终止办理", "申请人已故")),
    ],
)
def test_suspension_and_termination_say_reason_and_date(county, clerk, command, kind, expected):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    journey.at_township(command)
    words = sheet(clerk, journey, kind)
    assert all(each in words for each in expected)


def test_an_extension_says_reason_who_approved_and_the_new_date(county, desks, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    journey.at_township(c.ExtendCase(5, "需要补充调查", "周大勇"), "周大勇")
    words = sheet(clerk, journey, "case.extended")
    assert "需要补充调查" in words
    assert "批准人 周大勇" in words
    due = county.township.case(journey.made.id).row.due
    year, month, day = (int(part) for part in due.split("-"))
    assert f"{year}年{month}月{day}日(含)" in words


def test_a_withdrawn_case_prints_its_termination(county, clerk):
    journey = Journey.start(county)
    county.level()
    journey.do(county.village, "陈会计", c.AskWithdrawal("不想申请了"))
    county.level()
    words = sheet(clerk, journey, "case.arrived")
    assert "终止通知书" in words
    assert "申请人撤回申请:不想申请了" in words


def test_a_decision_prints_word_for_word_what_was_written_with_its_own_number(county, desks):
    journey = Journey.start(county)
    journey.decided(granted=False)
    agent = desks.client(county.village, "陈会计")
    file = county.village.case(journey.made.id)
    words = sheet(agent, journey, "case.decided", county.village)
    assert "全文" in words
    assert "不予决定书" in words
    assert "(盖章)" in words
    assert file.view.state.decision.number is not None
    receipt = agent.get(f"/cases/{journey.number}/receipt").main.classed("paper-sheet")[0].text
    assert file.view.state.decision.number in receipt
    assert "□ 代办员送达" in receipt
    journey.do(county.village, "陈会计", c.Deliver("agent", "赵桂芳", "本人"))
    words = sheet(agent, journey, "case.delivered", county.village)
    assert "代办员送达" in words
    assert "签收人 赵桂芳" in words


def test_a_decision_names_the_office_that_accepted_where_another_one_decides(county, desks):
    """The township takes it, the department decides (R-107, R-208)."""
    journey = Journey.start(county)
    journey.to_county()
    hub, office = county.hub, f"{county.county}/MZ"
    journey.do(hub, "罗小兰", c.TakeCase(), office)
    departments.ensure_key(hub, office)
    journey.do(hub, "唐建国", c.DecideCase(True), office)
    township = full_office(hub.reference, county.township.office)
    words = sheet(desks.client(hub, "唐建国"), journey, "case.decided", hub)
    assert f"{township}自" in words
    assert "本机关自" not in words


def test_only_a_signature_that_verifies_is_called_one(county, desks):
    hub, office = county.hub, f"{county.county}/MZ"
    departments.ensure_key(hub, office)
    chief = desks.client(hub, "唐建国")
    for document, said in (("决定书\n全文", True), ("决定书\n改过的全文", False)):
        journey = Journey.start(county)
        journey.to_county()
        journey.do(hub, "罗小兰", c.TakeCase(), office)
        signature, key = departments.sign(hub, office, "决定书\n全文")
        command = c.DecideCase(True, document=document, signature=signature, key=key)
        journey.do(hub, "唐建国", command, office)
        assert ("系统签名,可核验" in sheet(chief, journey, "case.decided", hub)) is said


def test_a_decision_made_on_the_spot_without_a_document_prints_one_from_what_it_says(county, desks):
    decided = c.FinishNow(c.DecideCase(granted=True, reasons="情况属实"))
    made = county.register(county.village, "CW-001", finish=decided)
    agent = desks.client(county.village, "陈会计")
    words = sheet(agent, Journey(county, made), "case.decided", county.village)
    assert "情况属实" in words
    assert county.village.case(made.id).view.state.decision.number in words


def test_an_act_that_gives_no_paper_has_no_print(county, clerk):
    journey = Journey.start(county)
    tip = county.township.case(journey.made.id).view.tip
    clerk.get(f"/cases/{journey.number}/notices/{tip}", status=404)
    clerk.get(f"/cases/{journey.number}/notices/{'0' * 64}", status=404)
    clerk.get(f"/cases/{journey.number}/receipt", status=404)
