"""The page of a case and the pages of its acts, on real nodes: what people see, may do, and are told."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date, datetime

import pytest
from PIL import Image

from common import departments
from common.case import commands as c
from common.case import label
from common.clock import BEIJING
from common.keys import jws_verify, read_public_jwk
from common.rights import RIGHTS
from common.web.cases.acts import ACTS, next_act
from common.web.cases.desk import Desk
from common.web.cases.looks import ACCESS_LOG
from common.web.cases.page import CasePage
from tests.county import build_county
from tests.desks import PASSWORD, Desks, Journey


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return build_county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def desks(county):
    return Desks(county)


@pytest.fixture
def clerk(desks, county):
    return desks.client(county.township, "王丽")


@pytest.fixture
def window(desks, county):
    return desks.client(county.hub, "罗小兰")


@pytest.fixture
def chief(desks, county):
    return desks.client(county.hub, "唐建国")


@pytest.fixture
def agent(desks, county):
    return desks.client(county.village, "陈会计")


def act(client, journey: Journey, slug: str, *, status: int = 200, button: str | None = None, **fields):
    """Opens an act's page, types, presses its button; the page that comes then."""
    path = f"/cases/{journey.number}/{slug}"
    form = main_form(client.get(path), path)
    return client.submit(form, status=status, button=button, **fields)


def main_form(page, path: str):
    return next(f for f in page.forms if f.element.inside("main") and f.action in ("", path))


def at(node, journey: Journey):
    return node.case(journey.made.id)


def types(file) -> list[str]:
    return [file.view.events[x].type for x in file.view.path]


# -- the page


def test_the_page_says_whose_hands_what_is_left_and_one_next_act(county, clerk):
    journey = Journey.start(county)
    page = clerk.get(f"/cases/{journey.number}")
    assert "在回龙镇便民服务中心手里" in page.text
    assert "还有 5 个工作日" in page.text
    (first,) = list(page.main.classed("main-act"))
    assert first.text == "受理"
    quiet = page.main.classed("quiet-acts")[0].text
    assert "一次性告知" in quiet
    assert "不予受理" in quiet
    assert "不接收" not in page.text  # a citizen's application is never declined


def test_the_trail_is_told_newest_first_and_each_act_says_how_far_it_has_got(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    page = clerk.get(f"/cases/{journey.number}")
    lines = [li.text for li in page.main.classed("trail")[0].all("li")]
    assert [
        word for line in lines for word in ("受理", "收到", "报送", "代办登记") if f" {word}" in line
    ] == [
        "受理",
        "收到",
        "报送",
        "代办登记",
    ]
    assert "王丽 受理,承诺 15 个工作日" in lines[0]
    assert "只在本机" in lines[0]
    assert "待县级确认" in lines[0]
    assert "陈会计 报送" in lines[2]
    assert "已传到乡镇" in lines[2]
    county.level()
    line = clerk.get(f"/cases/{journey.number}").main.classed("trail")[0].all("li")[0].text
    assert "已传到县 · 县级确认" in line
    assert "待县级确认" not in line


def test_numbers_are_masked_until_someone_looks_and_the_look_is_logged(county, clerk):
    journey = Journey.start(county)
    whole = journey.made.body["applicant"]["id_number"]
    page = clerk.get(f"/cases/{journey.number}")
    assert whole not in page.source
    assert journey.made.body["applicant"]["phone"] not in page.source
    page = clerk.submit(page.form(f"/cases/{journey.number}"))
    assert whole in page.text
    log = (county.township.store.path.parent / ACCESS_LOG).read_text(encoding="utf-8")
    assert [json.loads(line)["case"] for line in log.splitlines()][-1] == journey.made.id
    assert whole not in log
    assert whole not in clerk.get(f"/cases/{journey.number}").source


def test_a_print_with_numbers_in_full_is_logged_as_a_look_and_all_others_mask_them(county, clerk, agent):
    """What the applicant signs needs them (R-102); slip and notices do not (rules section 9, R-1202)."""
    journey = Journey.start(county)
    journey.decided()
    whole = journey.made.body["applicant"]["id_number"]
    path = county.village.store.path.parent / ACCESS_LOG
    before = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
    for paper in ("form", "proxy"):
        assert whole in agent.get(f"/cases/{journey.number}/print/{paper}").text
    log = path.read_text(encoding="utf-8")
    officer = county.agent(county.village).actor
    looks = [json.loads(line) for line in log.splitlines()[before:]]
    assert [(look["officer"], look["case"]) for look in looks] == [(officer, journey.made.id)] * 2
    assert whole not in log
    page = agent.get(f"/cases/{journey.number}")
    assert "打开会记录在案" in page.text
    prints = [a.get("href") for a in page.main.all("a") if "/notices/" in a.get("href")]
    assert len(prints) == 2  # of the acceptance and of the decision
    for address in (*prints, f"/cases/{journey.number}/print/slip", f"/cases/{journey.number}/receipt"):
        assert whole not in agent.get(address).source, address
    assert path.read_text(encoding="utf-8") == log


def test_a_technician_reads_no_case(county, desks):
    journey = Journey.start(county)
    county.appoint(county.hub, "周工", county.township.office, "technician")
    county.level()
    desks.apps.pop(county.township.id, None)
    desks.client(county.township, "周工").get(f"/cases/{journey.number}", status=403)


def test_papers_stand_as_tiles_with_what_is_seen_missing_or_on_its_way(county, clerk):
    given = county.application(county.village).papers
    unseen = {**given[1], "original_seen": False}
    journey = Journey.start(county, papers=(given[0], unseen))
    page = clerk.get(f"/cases/{journey.number}")
    tiles = {li.classed("name")[0].text: li.text for li in page.main.classed("papers")[0].all("li")}
    assert "原件已核" in tiles["申请表"]
    assert "页在路上" in tiles["申请表"]
    assert "原件未到" in tiles["居民身份证"]
    assert "没有交" in tiles["代办委托书"]
    assert "缺 4" in page.text


def test_a_signature_on_the_screen_stands_on_what_it_signs_and_counts_as_no_paper(county, clerk):
    given = county.application(county.village).papers
    page = given[0]["pages"][0]
    form = {**given[0], "pages": [], "form": "original", "count": 0, "signed": page["hash"]}
    drawn = {"material": "form.signature", "name": "签名", "pages": [page], "form": "original", "count": 0}
    journey = Journey.start(county, papers=(form, *given[1:], {**drawn, "original_seen": True}))
    page = clerk.get(f"/cases/{journey.number}")
    tiles = {li.classed("name")[0].text: li.text for li in page.main.classed("papers")[0].all("li")}
    assert "签名" not in tiles
    assert "屏幕签名" in tiles["申请表"]
    assert "1 页在路上" in tiles["申请表"]
    assert heading_of(clerk, journey).startswith(f"材料 {len(given)} 份 · ")
    slip = clerk.get(f"/cases/{journey.number}/print/slip")
    assert len(slip.root.classed("received")[0].all("tbody")[0].all("tr")) == len(given)


def test_an_original_that_was_looked_at_counts_once_its_paper_was_handed_in(county, clerk):
    given = county.application(county.village).papers
    journey = Journey.start(county, papers=tuple(paper for paper in given if paper["material"] != "id"))
    before = heading_of(clerk, journey)
    page = act(clerk, journey, "see-originals", checked=["id"])
    seen, of = re.search(r"原件已核 (\d) / (\d)", heading_of(clerk, journey)).groups()
    assert "缺 1" in heading_of(clerk, journey)
    assert int(seen) == int(of) - 1
    assert heading_of(clerk, journey) == before
    tiles = {li.classed("name")[0].text: li.text for li in page.main.classed("papers")[0].all("li")}
    assert "没有交,只看过原件" in tiles["居民身份证"]
    assert "原件都已核验" not in clerk.get(f"/cases/{journey.number}/accept").text


def heading_of(client, journey) -> str:
    """材料 5 份 · 原件已核 4 / 5 · 缺 1."""
    page = client.get(f"/cases/{journey.number}")
    return next(h.text for h in page.main.all("h2") if h.get("id") == "papers-title")


def test_a_due_date_beyond_the_published_calendar_never_looks_final(county, clerk):
    before = county.clock.now
    try:
        county.clock.set(datetime(2026, 12, 22, 9, 0, tzinfo=BEIJING))
        journey = Journey.start(county)
        journey.at_township(c.AcceptCase())
        assert "暂定,待节假日安排公布" in clerk.get(f"/cases/{journey.number}").text
    finally:
        county.clock.now = before


def test_a_bar_shows_where_the_time_went(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    journey.days(6)
    bar = clerk.get(f"/cases/{journey.number}").main.classed("time-bar")[0]
    assert "乡镇 6 天" in bar.text


def test_what_cannot_be_read_yet_or_is_void_stands_above_everything(county):
    journey = Journey.start(county)
    file = at(county.township, journey)
    officer = county.township.reference.appointments[county.officers[f"{county.township.office} clerk"]]
    view = replace(file.view, frozen=True, loose=("0" * 64,), asks=("1" * 64,))
    desk = Desk(replace(file, view=view), county.township.reference, county.township.today(), officer)
    words = [warning.words for warning in CasePage(desk).warnings]
    assert any("升级程序" in said for said in words)
    assert any(said.startswith("作废证件在外") for said in words)
    assert any("请求" in said for said in words)
    assert next_act(desk) is None


# -- the table of acts


def test_every_act_that_people_may_do_has_a_page():
    elsewhere = {
        "case.registered": "registration",
        "case.adopted": "裁定",
        "ruling.dated": "裁定",
    }
    by_people = {kind for kind, right in RIGHTS.items() if right.roles}
    assert by_people - {act.kind for act in ACTS} == set(elsewhere)
    assert {act.kind for act in ACTS} <= by_people


def test_no_button_says_what_a_machine_would_say():
    for each in ACTS:
        assert not any(word in each.verb for word in ("提交", "确定", "处理", "操作"))


def test_an_act_for_another_role_is_refused_in_words(county, agent):
    journey = Journey.start(county)
    county.level()
    page = agent.get(f"/cases/{journey.number}/extend", status=403)
    assert "没有这项权限" in page.h1


def test_the_page_of_an_act_that_no_longer_fits_says_so_and_what_comes(county, clerk):
    journey = Journey.start(county)
    page = clerk.get(f"/cases/{journey.number}/finish-step")
    assert "现在不能完成环节" in page.text


# -- stale pages


def test_a_stale_page_says_what_happened_meanwhile_and_keeps_what_was_typed(county, clerk):
    journey = Journey.start(county)
    path = f"/cases/{journey.number}/refuse-acceptance"
    form = clerk.get(path).form()
    journey.at_township(c.OfferCase(f"{county.township.office}/MZ"), "周大勇")
    journey.at_township(c.RecallOffer("弄错了"), "周大勇")
    typed = {"ground": "not_needed", "reason": "此事无需审批,自行办理即可"}
    page = clerk.submit(form, status=409, **typed)
    assert "没有办成" in page.text
    assert "移送给" in page.text
    assert "收回" in page.text
    assert page.form().fields["reason"] == typed["reason"]
    page = clerk.submit(page.form())  # now it rests on what was seen
    assert label(at(county.township, journey).view) == "NOT_ACCEPTED"


def test_two_clerks_at_once_the_second_is_told_and_loses_nothing(county, clerk):
    journey = Journey.start(county)
    form = clerk.get(f"/cases/{journey.number}/ask-correction").form()
    journey.at_township(c.AcceptCase(), "周大勇")
    page = clerk.submit(form, status=409, material=["id"], **{"why.id": "照片看不清,请重拍"})
    assert "周大勇 受理" in page.text
    assert "现在不能一次性告知" in page.text
    [kept] = page.main.classed("typed")
    assert kept.text == "照片看不清,请重拍", "what somebody wrote, and no word of the machine"
    assert types(at(county.township, journey)).count("case.correction_asked") == 0


# -- acceptance


def test_acceptance_waits_for_originals_to_be_ticked_one_by_one(county, clerk):
    given = county.application(county.village).papers
    journey = Journey.start(county, papers=({**given[0]}, {**given[1], "original_seen": False}, *given[2:]))
    page = act(clerk, journey, "accept", status=409)
    assert any("原件未到:居民身份证" in said for said in page.errors)
    page = clerk.submit(page.form(), checked="id")
    assert "已受理" in page.text
    (accepted,) = [e for e in at(county.township, journey).events if e.type == "case.accepted"]
    assert accepted.body["checked"] == ["id"]


def test_a_notice_wants_papers_of_the_published_list_only_and_says_why_of_each(county, clerk):
    journey = Journey.start(county)
    path = f"/cases/{journey.number}/ask-correction"
    offered = set(clerk.get(path).form().options("material"))
    item = at(county.township, journey).edition.item
    assert offered == {m.id for m in item.materials}
    page = act(clerk, journey, "ask-correction", status=400)
    assert any("没有选要补什么" in said for said in page.errors)
    page = clerk.submit(page.form(), status=400, material=["bank"])
    assert any("为什么要补" in said for said in page.errors)
    page = clerk.submit(page.form(), **{"why.bank": "卡号看不清"})
    (asked,) = [e for e in at(county.township, journey).events if e.type == "case.correction_asked"]
    assert [(w["material"], w["why"]) for w in asked.body["wanted"]] == [("bank", "卡号看不清")]
    assert (
        "一次性告知" not in clerk.get(f"/cases/{journey.number}").main.classed("next")[0].text
    )  # once


def test_a_field_of_the_form_may_be_put_right_too(county, clerk):
    journey = Journey.start(county)
    act(clerk, journey, "ask-correction", **{"field.0": "bank_account", "field_why.0": "少一位"})
    (asked,) = [e for e in at(county.township, journey).events if e.type == "case.correction_asked"]
    assert asked.body["wanted"][0]["field"] == "bank_account"
    assert asked.body["correct_by"] == at(county.township, journey).view.state.correct_by.isoformat()


def test_a_term_in_the_past_is_said_at_its_input(county, clerk):
    journey = Journey.start(county)
    page = act(
        clerk,
        journey,
        "ask-correction",
        status=400,
        material=["id"],
        correct_by="2020-01-01",
        **{"why.id": "模糊"},
    )
    assert any("#f-correct_by" in a.get("href") for a in page.root.classed("summary")[0].all("a"))


def test_who_is_not_competent_names_who_is(county, clerk):
    journey = Journey.start(county)
    page = act(clerk, journey, "refuse-acceptance", status=400, ground="not_competent", reason="不归本镇管")
    assert any("应由哪个机关办" in said for said in page.errors)
    page = clerk.submit(page.form(), competent="县公安局")
    assert "不予受理" in page.text
    assert "应由县公安局办理" in page.text


# -- handling and hand-overs


def test_reporting_up_needs_the_opinion_and_finishes_the_review_with_it(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    page = clerk.get(f"/cases/{journey.number}")
    assert page.main.classed("main-act")[0].text == "上报县里"
    assert "上报后由县民政局接收,他们有 10 个工作日" in page.text
    page = act(clerk, journey, "report-up", status=400)
    assert page.errors == ["没有写意见。"]
    page = clerk.submit(page.form(), opinion="符合条件,建议准予")
    assert "已上报,等对方接收" in page.text
    assert "已交给县民政局" in page.text
    assert page.main.classed("trail")[0].text.count("符合条件,建议准予") == 1
    file = at(county.township, journey)
    assert types(file)[-2:] == ["case.stepped", "case.offered"]
    assert label(file.view) == "FORWARDED"


def test_what_was_reported_can_be_recalled_until_it_is_taken(county, clerk):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    act(clerk, journey, "report-up", opinion="建议准予")
    act(clerk, journey, "recall", note="漏了一份材料")
    assert label(at(county.township, journey).view) == "HANDLING"


def test_a_window_takes_with_one_press_or_declines_with_a_reason(county, window, clerk):
    taken, declined = Journey.start(county), Journey.start(county)
    for journey in (taken, declined):
        journey.to_county()
    page = window.get(f"/cases/{taken.number}")
    page = window.submit(page.form(f"/cases/{taken.number}/take"))
    assert "已接收" in page.text
    assert "等县民政局的首席代表决定" in page.text
    page = act(window, declined, "decline", status=400)
    assert page.errors
    window.submit(page.form(), reason="应由县残联办")
    county.level()
    page = clerk.get(f"/cases/{declined.number}")
    assert any("没有接收:" in w.text for w in page.main.classed("warning"))
    assert "不接收,应由县残联办" in page.text
    assert page.main.classed("main-act")[0].text == "上报县里"


def test_a_check_on_site_needs_two_people(county, clerk):
    journey = Journey.start(county, "MZ-001")
    journey.at_township(c.AcceptCase())
    assert clerk.get(f"/cases/{journey.number}").main.classed("main-act")[0].text == "完成环节"
    page = act(clerk, journey, "finish-step", status=400, opinion="家庭收入属实")
    assert any("两人以上" in said for said in page.errors)
    clerk.submit(page.form(), second="李强")
    (stepped,) = [e for e in at(county.township, journey).events if e.type == "case.stepped"]
    assert stepped.body["people"] == ["王丽", "李强"]
    # The publicity stops the clock: the next act is to stop it, and only its own kind is offered.
    page = clerk.get(f"/cases/{journey.number}")
    assert page.main.classed("main-act")[0].text == "停表"
    form = clerk.get(f"/cases/{journey.number}/pause").form()
    assert set(form.options("kind")) == {"publicity"}
    assert form.fields["days"] == "7"
    clerk.submit(form, reason="在村务公开栏公示")
    assert "停表中" in clerk.get(f"/cases/{journey.number}").text
    act(clerk, journey, "resume", note="无异议")
    assert label(at(county.township, journey).view) == "HANDLING"


def test_sending_back_goes_down_and_the_clock_runs_on(county, window):
    journey = Journey.start(county)
    journey.to_county()
    journey.do(county.hub, "罗小兰", c.TakeCase(), f"{county.county}/MZ")
    form = window.get(f"/cases/{journey.number}/send-back").form()
    assert next(iter(form.options("to"))) == county.township.office
    window.submit(form, opinion="请补充入户调查记录")
    file = at(county.hub, journey)
    assert label(file.view) == "SENT_BACK"
    assert file.row.due is not None


def test_an_extension_asks_who_approved_it_and_no_more_than_the_law_allows(county, desks):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    lead = desks.client(county.township, "周大勇")
    page = act(lead, journey, "extend", status=400, days="11", reason="调查需要", approved_by="镇长")
    assert any("1 到 10" in said for said in page.errors)
    page = lead.submit(page.form(), days="10")
    assert "已延期 10 个工作日" in page.text


# -- the decision


def reach_the_chief(county) -> Journey:
    journey = Journey.start(county)
    journey.to_county()
    journey.do(county.hub, "罗小兰", c.TakeCase(), f"{county.county}/MZ")
    departments.ensure_key(county.hub, f"{county.county}/MZ")
    return journey


def test_a_refusal_without_reasons_never_leaves_the_page(county, chief):
    journey = reach_the_chief(county)
    page = act(chief, journey, "decide", status=400, button="核对文书", result="refused")
    assert any("没有写不予的理由" in said for said in page.errors)


def test_what_is_shown_is_what_is_signed_with_the_departments_key(county, chief):
    journey = reach_the_chief(county)
    page = act(chief, journey, "decide", button="核对文书", result="granted", reasons="年满八十周岁")
    shown = [p.text for p in page.main.classed("preview")[0].all("p")]
    assert page.main.classed("preview")[0].all("h2")[0].text == "准予决定书"
    assert "(盖章)" in shown[-1]
    page = chief.submit(page.form(), button="准予", password=PASSWORD)
    assert "已准予" in page.text
    (decided,) = [e for e in at(county.hub, journey).events if e.type == "case.decided"]
    body = decided.body
    (published,) = [key for _, _, key in county.hub.reference.department_keys[body["office"]]]
    jws_verify(body["signature"], body["document"].encode(), read_public_jwk(published))
    assert body["key"] == published["kid"]
    assert body["number"] in body["document"]
    signed = [line for line in body["document"].split("\n")[1:] if line]
    assert [s for s in shown[:-1] if "签发时编号" not in s] == [s for s in signed if body["number"] not in s]


def test_a_wrong_password_signs_nothing_and_uses_no_number(county, chief):
    journey = reach_the_chief(county)
    page = act(chief, journey, "decide", button="核对文书", result="granted")
    page = chief.submit(page.form(), button="准予", password="a wrong one", status=401)
    assert any("口令不对" in said for said in page.errors)
    assert label(at(county.hub, journey).view) != "GRANTED"
    chief.submit(page.form(), button="准予", password=PASSWORD)
    first = next(e for e in at(county.hub, journey).events if e.type == "case.decided").body["number"]
    other = reach_the_chief(county)
    page = act(chief, other, "decide", button="核对文书", result="refused", reasons="户籍不在本县")
    chief.submit(page.form(), button="不予", password=PASSWORD)
    second = next(e for e in at(county.hub, other).events if e.type == "case.decided").body
    assert int(second["number"][-5:-1]) == int(first[-5:-1]) + 1  # the series has no gap
    assert "行政复议" in second["document"]
    assert "6个月" in second["document"]


def test_a_decision_can_be_changed_before_it_is_signed(county, chief):
    journey = reach_the_chief(county)
    page = act(chief, journey, "decide", button="核对文书", result="granted", reasons="年满八十周岁")
    page = chief.submit(page.form(), button="改")
    assert page.form().fields["reasons"] == "年满八十周岁"


def test_a_township_decides_without_a_departments_signature(county, clerk):
    journey = Journey.start(county, "MZ-008")
    journey.at_township(c.AcceptCase())
    page = act(clerk, journey, "decide", button="核对文书", result="granted")
    assert "password" not in page.form().names
    clerk.submit(page.form(), button="准予")
    (decided,) = [e for e in at(county.township, journey).events if e.type == "case.decided"]
    assert "signature" not in decided.body
    assert decided.body["number"].startswith("回龙镇")


# -- delivery, rating, asks


def test_delivery_needs_the_signed_receipt_then_the_villager_rates_and_nobody_sees_it(county, agent, clerk):
    journey = Journey.start(county)
    journey.decided()
    page = act(agent, journey, "deliver", status=400)
    assert any("送达回证" in said or "签收" in said for said in page.errors)
    page = agent.submit(page.form(), signed="true")
    assert page.main.classed("main-act")[0].text == "请群众评价"
    page = agent.get(f"/cases/{journey.number}/rate")
    assert [b.text for b in page.form(page.path).buttons] == [
        "非常满意",
        "满意",
        "基本满意",
        "不满意",
        "非常不满意",
    ]
    assert not page.root.all("nav")
    assert "不评了" in page.text
    page = agent.submit(page.form(page.path), button="非常不满意", text="跑了三趟")
    assert "谢谢您" in page.h1
    county.level()
    for client in (agent, clerk):
        source = client.get(f"/cases/{journey.number}").source
        assert "<strong> 群众已评价</strong>" in source, "nobody of the office gave it"
        assert "不满意" not in source
        assert "跑了三趟" not in source
    assert label(at(county.hub, journey).view) == "RATED"


def test_a_correction_that_was_handed_in_waits_for_its_arrival_and_is_not_asked_for_again(county, agent):
    journey = Journey.start(county)
    journey.at_township(c.AskCorrection(({"what": "居民身份证", "why": "没有交", "material": "id"},)))
    county.level()
    page = agent.get(f"/cases/{journey.number}")
    assert page.main.classed("main-act")[0].text == "补材料"
    journey.do(
        county.village, "陈会计", c.HandInCorrection(papers=({"material": "id", "name": "居民身份证"},))
    )
    page = agent.get(f"/cases/{journey.number}")
    assert page.main.classed("main-act") == []
    assert "补正材料已经交出,等回龙镇便民服务中心收到" in page.text
    assert "等收到" in page.main.classed("trail")[0].text
    assert "还没有听取" not in page.text
    county.level()
    assert "已收件" in agent.get(f"/cases/{journey.number}").text


def test_a_withdrawal_waits_for_its_arrival_and_is_not_offered_again(county, agent):
    journey = Journey.start(county)
    journey.do(county.village, "陈会计", c.AskWithdrawal("不想办了"))
    page = agent.get(f"/cases/{journey.number}")
    assert "撤回申请已经交出,等回龙镇便民服务中心收到" in page.text
    assert "还没有听取" not in page.text
    assert "申请撤回" not in page.main.classed("quiet-acts")[0].text
    county.level()
    assert "已终止" in agent.get(f"/cases/{journey.number}").text


def test_what_was_submitted_and_has_not_arrived_is_not_called_unsent(county, agent):
    made = county.register(county.village)
    page = agent.get(f"/cases/{made.body['number']}")
    assert "已报送,等收到" in page.text
    assert "还没报送" not in page.text


def test_an_item_of_the_villages_own_is_not_said_to_be_sent_to_somebody_else(county, agent):
    made = county.register(county.village, "CW-001", submit=False)
    page = agent.get(f"/cases/{made.body['number']}")
    assert page.main.classed("main-act")[0].text == "报送"
    assert "由你单位自己受理" in page.text


def test_a_paper_made_here_and_signed_on_the_screen_says_so_and_how_far_it_has_got(county, agent):
    papers = (
        {
            "material": "form",
            "name": "申请表",
            "form": "original",
            "signed": "ab" * 32,
            "original_seen": True,
        },
    )
    journey = Journey.start(county, papers=papers)
    [tile] = agent.get(f"/cases/{journey.number}").root.classed("papers")[0].all("li")[:1]
    assert "屏幕签名" in tile.text
    assert "乡镇" in tile.text


def test_the_signed_receipt_may_be_photographed_with_the_delivery(county, agent):
    journey = Journey.start(county)
    journey.decided()
    path = f"/cases/{journey.number}/deliver"
    wrong = {"_paper.receipt": (io.BytesIO(b"no picture at all"), "note.txt")}
    page = agent.submit(main_form(agent.get(path), path), status=400, files=wrong, signed="true")
    assert page.errors
    files = {"_paper.receipt": (picture(), "receipt.jpg")}
    page = agent.submit(main_form(page, path), files=files, signed="true")
    assert "送达回证" in page.main.classed("papers")[0].text
    (delivered,) = [e for e in at(county.village, journey).events if e.type == "case.delivered"]
    (paper,) = delivered.body["papers"]
    assert paper["name"] == "送达回证"
    assert len(paper["pages"]) == 1


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(out, "JPEG")
    out.seek(0)
    return out


def test_one_number_on_two_cases_asks_which_is_meant_and_goes_on_by_id(county, clerk):
    journey = Journey.start(county)
    twin = county.register(county.village_2, number=journey.number)
    county.carry(county.village_2, county.township)
    page = clerk.get(f"/cases/{journey.number}", status=409)
    assert "这个编号有 2 件" in page.h1  # R-1007
    page = clerk.get(f"/cases/{twin.id}")
    page = clerk.submit(clerk.get(page.link("备注")).form(), text="核对过身份")
    assert page.path == f"/cases/{twin.id}"
    assert [e.type for e in county.township.case(twin.id).events][-1] == "case.noted"


def test_a_rating_sent_twice_counts_once(county, agent):
    journey = Journey.start(county)
    journey.decided()
    act(agent, journey, "deliver", signed="true")
    form = (page := agent.get(f"/cases/{journey.number}/rate")).form(page.path)
    for _ in range(2):
        agent.submit(form, button="非常满意")
    assert [e.type for e in at(county.village, journey).events].count("case.rated") == 1


def test_a_withdrawal_is_asked_in_the_village_and_ends_the_case_where_it_is_heard(county, agent, clerk):
    journey = Journey.start(county)
    county.level()
    page = act(agent, journey, "withdraw", status=400, reason="不想申请了")
    assert any("书面" in said for said in page.errors)
    agent.submit(page.form(), signed="true")
    county.level()
    page = clerk.get(f"/cases/{journey.number}")
    assert "收到撤回申请" in page.text
    assert "已终止" in page.text


def test_urging_and_noting_move_nothing(county, agent, clerk):
    journey = Journey.start(county)
    county.level()
    tip = at(county.village, journey).view.tip
    act(agent, journey, "urge", text="群众等着用")
    act(agent, journey, "note", text="电话改为早上打")
    county.level()
    assert at(county.township, journey).view.tip == tip
    page = clerk.get(f"/cases/{journey.number}")
    assert "催办,群众等着用" in page.text
    assert "备注,电话改为早上打" in page.text


# -- the county's rulings


def rivals(county) -> Journey:
    """The township accepts while the county takes the case over: the acceptance has no effect."""
    journey = Journey.start(county)
    county.carry(county.township, county.hub)
    journey.do(county.hub, "何开明", c.TakeOverCase("乡镇断网多日"), county.county)
    journey.at_township(c.AcceptCase())
    county.level()
    return journey


def test_an_act_without_effect_stands_grey_in_the_trail_with_why_and_who_rules(county, clerk):
    journey = rivals(county)
    page = clerk.get(f"/cases/{journey.number}")
    (grey,) = page.main.classed("trail")[0].classed("aside")
    assert "王丽 受理" in grey.text
    assert "未生效,待裁定" in grey.text
    assert "由县级对账台裁定" in grey.text
    assert any("未生效,待县级裁定" in e.text for e in page.main.classed("warning"))
    assert "裁定" not in page.main.classed("next")[0].text  # the county alone rules


def test_the_county_adopts_or_dismisses_with_a_reason(county, desks):
    operator = desks.client(county.hub, "何开明")
    adopted, dismissed = rivals(county), rivals(county)
    page = operator.get(f"/cases/{adopted.number}")
    assert page.link("裁定")
    page = act(operator, adopted, "rule", status=400, ruling="adopt")
    operator.submit(page.form(), reason="受理在前,机器钟可信")
    assert "case.adopted" in types(at(county.hub, adopted))
    act(operator, dismissed, "rule", ruling="dismiss", reason="已由县级接管")
    file = at(county.hub, dismissed)
    assert not file.view.aside
    assert "裁定不采纳" in operator.get(f"/cases/{dismissed.number}").text


def test_a_wrong_clocks_day_is_corrected_by_a_ruling(county, desks):
    operator = desks.client(county.hub, "何开明")
    journey = rivals(county)
    page = act(operator, journey, "rule", status=400, ruling="date", reason="本机钟慢了两天")
    assert any("日期" in said for said in page.errors)
    page = operator.submit(page.form(), to=date(2026, 3, 3).isoformat())
    assert "更正日期" in page.text


def test_the_glance_beside_a_list_is_a_part_and_not_a_page(county, clerk):
    journey = Journey.start(county)
    answer = clerk.http.get(f"/cases/{journey.number}/glance")
    assert answer.status_code == 200
    assert b"<html" not in answer.data
    assert "经过".encode() in answer.data


def test_the_office_that_registered_a_case_prints_its_sheets_again_from_the_case(county, agent, clerk):
    """A slip that was lost, a printer that had no paper (R-201)."""
    journey = Journey.start(county)
    page = agent.get(f"/cases/{journey.number}")
    for name in ("收件凭证", "申请表", "代办委托书"):
        assert page.link(f"打印{name}").startswith(f"/cases/{journey.made.id}/print/")
    page = clerk.get(f"/cases/{journey.number}")
    assert clerk.get(page.link("打印收件凭证")).h1 == "收件凭证"  # somebody asks for his code at the window
    assert "打印申请表" not in page.text


def test_what_was_reported_up_is_not_called_handed_over(county, window):
    """上报 goes up, 移送 goes to a neighbour: the same word as on the sender's button."""
    journey = Journey.start(county)
    journey.to_county()
    assert "上报来的。接收后由你单位承办" in window.get(f"/cases/{journey.number}").text


def test_a_field_that_was_written_and_not_chosen_is_not_left_out_of_the_one_notice(county, clerk):
    """R-205: what is forgotten cannot be asked for later."""
    journey = Journey.start(county)
    typed = {"field_why.2": "应填现住址", "material": ["id"], "why.id": "模糊"}
    page = act(clerk, journey, "ask-correction", status=400, **typed)
    assert page.errors == ["写了应怎样填,却没有选是哪一栏。"]
    (details,) = [e for e in page.main.all("details") if "more" in e.get("class")]
    assert "open" in details.attributes


def test_who_opens_an_act_out_of_turn_is_told_why_it_cannot_be_done_and_what_can(
    county, clerk, agent, window
):
    received, accepted, decided = (Journey.start(county) for _ in range(3))
    county.level()
    accepted.at_township(c.AcceptCase())
    decided.decided()
    told = {}
    for name, client in (("clerk", clerk), ("agent", agent), ("window", window)):
        for state, journey in (("received", received), ("accepted", accepted), ("decided", decided)):
            for each in ACTS:
                if each.read is None or each.slug == "rate":
                    continue
                path = f"/cases/{journey.number}/{each.slug}"
                status = client.http.get(path).status_code
                page = client.get(path, status)
                if status == 200 and "现在不能" in page.text:
                    (notice,) = page.main.classed("notice")
                    told[name, state, each.slug] = notice.text.removeprefix(f"现在不能{each.verb}。").strip()
                    assert page.link("回到办件")
                else:
                    assert status in (200, 403), path  # 403: no officer of this role does it anywhere
    assert len(told) > 60
    for place, said in told.items():
        assert re.match(r"[^。]{4,}。", said), (place, said)
        assert not re.match(r"由[^。]*办。", said), (place, said)
    assert told["clerk", "accepted", "accept"].startswith(
        "这件已经受理,不能再办这一步。 现在该办的是「上报县里」。"
    )
    assert told["clerk", "received", "report-up"].startswith("受理以后,后面的环节归上级办的,才上报。")
    assert told["agent", "accepted", "report-up"].startswith(
        "这件现在由回龙镇便民服务中心承办,您单位不能办这一步。"
    )
    assert told["clerk", "received", "urge"].startswith("这件就在你单位手里,不用催办。")
    assert told["window", "accepted", "take"].startswith("现在没有等接收的")


def test_who_comes_for_a_second_notice_is_told_that_the_one_is_given(county, clerk):
    """R-205: and the page of acceptance leads nobody there."""
    given = county.application(county.village).papers
    journey = Journey.start(county, papers=given[1:])
    assert clerk.get(f"/cases/{journey.number}/accept").link("一次性告知").endswith("/ask-correction")
    wanted = ({"what": "居民身份证", "why": "没有交", "material": "id"},)
    journey.at_township(c.AskCorrection(wanted))
    journey.at_township(c.HandInCorrection(papers=given[1:2]))
    page = clerk.get(f"/cases/{journey.number}/accept")
    assert "已经一次性告知过" in page.text
    assert not [a for a in page.main.all("a") if a.get("href").endswith("/ask-correction")]
    page = clerk.get(f"/cases/{journey.number}/ask-correction")
    assert "一次性告知已经发过" in page.text
