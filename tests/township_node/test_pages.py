"""The pages of a village's and a township's node, over the nodes of the little county."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from common.case.commands import AcceptCase, AskCorrection, DecideCase, FinishStep, RefuseAcceptance
from common.errors import CommandRefused
from common.node import Node
from common.web.rights import routes_without_right
from common.web.words import SyncWords, sync_words
from sync.child import Progress, SyncReport
from tests.county import County, build_county
from tests.hub import PASSWORD, program_over
from tests.page import Page, PageClient
from township_node.app import create_app
from township_node.exchanging import Exchanging

SMALL = "MZ-003"  # the township decides


@pytest.fixture
def county(tmp_path):
    return build_county(tmp_path)


def app_of(county: County, node: Node):
    program = program_over(node, county.folder)
    return create_app(program, Exchanging(node, program.papers))


def client_of(county: County, node: Node, role: str) -> PageClient:
    client = PageClient(app_of(county, node))
    client.log_in(county.officers[f"{node.office} {role}"], PASSWORD)
    return client


def test_every_route_of_a_node_states_its_right(county):
    assert routes_without_right(app_of(county, county.village)) == []
    assert routes_without_right(app_of(county, county.township)) == []


def test_the_village_begins_with_today_and_each_link_of_its_header_answers(county):
    client = client_of(county, county.village, "agent")
    assert client.page.path == "/today"
    assert "没有要办的" in client.page.text
    for link in client.page.root.all("nav")[0].all("a"):
        client.get(link.get("href"))


def test_an_end_without_a_decision_is_told_and_put_away_and_leaves_the_village_s_day(county):
    """There is nothing to be delivered, so nothing else would ever take it off the list."""
    made = county.register(county.village)
    county.carry(county.village, county.township)
    county.township.act(
        RefuseAcceptance("此事无需审批", None, "not_needed"), county.clerk(county.township), case=made.id
    )
    county.level()
    client = client_of(county, county.village, "agent")
    assert "不予受理,请打印通知书交给本人,再归档" in client.page.text
    page = client.get(client.page.link("去看"))
    assert "打印不予受理通知书" in page.text
    (first,) = page.main.classed("main-act")
    assert first.text == "归档"
    page = client.get(page.link("归档"))
    page = client.submit(page.form())
    assert "已归档" in page.text
    assert not [a for a in page.main.all("a") if a.text == "归档"]
    assert "没有要办的" in client.get("/today").text


def test_the_township_begins_with_its_worklist_and_each_link_of_its_header_answers(county):
    client = client_of(county, county.township, "clerk")
    assert client.page.path == "/worklists/todo"
    for link in client.page.root.all("nav")[0].all("a"):
        client.get(link.get("href"))


def test_today_names_the_correction_to_bring_with_its_last_day_and_the_way_to_it(county):
    made = county.register(county.village)
    county.carry(county.village, county.township)
    wanted = ({"what": "近期免冠照片", "why": "没有交"},)
    county.township.act(AskCorrection(wanted), county.clerk(county.township), case=made.id)
    county.carry(county.village, county.township)
    page = client_of(county, county.village, "agent").get("/today")
    assert "要补材料" in page.text
    assert "差 1 份:近期免冠照片" in page.text
    assert "前补齐" in page.text
    assert page.link("去补").startswith(f"/cases/{made.id}/hand-in")


def test_today_names_the_result_to_deliver_and_the_month_counts_it_as_ended(county):
    made = county.register(county.village, SMALL)
    county.carry(county.village, county.township)
    clerk = county.clerk(county.township)
    county.township.act(AcceptCase(), clerk, case=made.id)
    for step in (
        s.number for s in county.township.case(made.id).edition.item.steps_to_decide if s.kind == "check"
    ):
        county.township.act(FinishStep(step, "属实", ("王丽", "赵德明")), clerk, case=made.id)
    county.township.act(DecideCase(True, reasons="符合规定"), clerk, case=made.id)
    county.carry(county.village, county.township)
    page = client_of(county, county.village, "agent").get("/today")
    assert "送达" in page.text
    assert "本月代办 1 件,办结 1 件" in page.text


def test_today_names_the_draft_and_how_much_of_it_is_left(county):
    client = client_of(county, county.village, "agent")
    page = client.get("/register/MZ-005")
    form = next(f for f in page.forms if f.action == page.path)
    client.submit(form, button="存一下", applicant_name="王桂芳")
    text = client.get("/today").text
    assert "没填完 王桂芳 高龄津贴申领" in text
    assert re.search(r"今天 \d\d:\d\d 存的,还有 \d 处要填", text)


def test_the_outbox_tells_the_township_what_a_lost_machine_wrote_so_that_the_county_can_ask(county):
    cuts = {county.village.origin: [1, county.village.store.ledger.at(county.village.origin, 1)]}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": cuts, "reason": "机器丢了"})
    county.carry_down(county.hub, county.township)
    made = county.register(county.village)
    county.carry_up(county.village, county.township)
    client = client_of(county, county.township, "clerk")
    page = client.get("/outbox")
    assert "停用的机器后来写的" in page.text
    assert f"第 {made.seq} 条 {made.id[:16]} 登记 {made.body['number']}" in page.text
    assert "来得太早" not in page.text
    counts = {county.village.origin: county.village.store.ledger.head(county.village.origin)}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": counts, "reason": "是本人"})
    county.carry_down(county.hub, county.township)
    assert "停用的机器后来写的" not in client.get("/outbox").text


def test_the_outbox_names_each_act_that_the_county_has_not_and_how_far_it_has_got(county):
    county.register(county.village)
    client = client_of(county, county.village, "agent")
    assert "只在本机" in client.get("/outbox").text
    county.carry(county.village, county.township)
    page = client.get("/outbox")
    assert "已传到乡镇" in page.text
    assert "只在本机" not in page.text
    assert "已交出,等县里回执" in page.text
    assert "还没有传到上级" not in page.text


def test_what_the_township_has_is_not_called_waiting_in_the_village_and_is_in_the_township(county):
    county.register(county.village)
    client = client_of(county, county.village, "agent")
    assert bar_of(client.get("/today")) == "1 件待上传"
    assert "待上传 1" in client.page.root.all("nav")[0].text
    county.carry(county.village, county.township)
    peers, township = county.village.store.peers, county.township
    peers.exchanged(township.id, township.now(), "level", url="http://township")
    assert bar_of(client.get("/today")) == "已全部交出,等县里回执"
    assert "待上传 1" not in client.page.root.all("nav")[0].text
    clerk = client_of(county, county.township, "clerk")
    assert bar_of(clerk.page) == "1 件待上传"  # its own arrival is only here
    assert "还没有传到县" in clerk.get("/outbox").text


def test_the_bar_says_how_long_a_sync_takes_how_often_it_failed_and_why_it_was_refused(county, monkeypatch):
    program = program_over(county.village, county.folder)
    exchanging = Exchanging(county.village, program.papers)
    report, seen = SyncReport("cut", code="sync.unreachable"), []

    def sync(node, room, monotonic, progress, stopped):
        progress(Progress("http://township", up=(10, 40)))
        county.clock.now += 60_000
        seen.append(bar_words(exchanging))
        return report

    monkeypatch.setattr("township_node.exchanging.sync_over_http", sync)
    exchanging.worker.now()
    exchanging.worker.now()
    assert seen[0].rest == "正在上传和取回,10 / 40,还要约 3 分钟"
    assert "已试 2 次" in bar_words(exchanging).rest
    report = SyncReport("refused", code="sync.revoked")
    exchanging.worker.now()
    assert "这台机器已被县里停用" in bar_words(exchanging).rest
    assert "现在连不上" not in bar_words(exchanging).rest
    report = SyncReport("level")
    exchanging.worker.now()
    assert bar_words(exchanging).rest == "还没有同步过"


def bar_of(page: Page) -> str:
    return page.root.classed("bar")[0].classed("head")[0].text


def bar_words(exchanging: Exchanging) -> SyncWords:
    return sync_words(exchanging.state(), exchanging.node.now())


def test_my_villages_puts_first_who_was_not_heard_from_for_three_days(county):
    county.township.store.peers.exchanged(county.village.id, county.township.now(), "level")
    client = client_of(county, county.township, "clerk")
    assert "三天没来过" not in client.get("/villages").text
    county.clock.now += int(timedelta(days=4).total_seconds() * 1000)
    page = client_of(county, county.township, "clerk").get("/villages")
    assert "三天没来过" in page.text
    rows = page.root.all("tr")
    assert "三天没来过" in rows[1].text


def test_my_villages_names_first_the_one_whose_machine_is_out_of_service(county):
    county.carry_up(county.village, county.township)
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": {}, "reason": "机器丢了"})
    county.carry_down(county.hub, county.township)
    page = client_of(county, county.township, "clerk").get("/villages")
    first = page.main.all("tr")[1].text
    assert "机器已停用" in first
    assert county.village.office in first


def test_a_village_has_no_villages_of_its_own(county):
    assert client_of(county, county.village, "agent").get("/villages", status=404).status == 404


def test_an_act_wakes_the_worker_and_a_page_that_only_looks_does_not(county, monkeypatch):
    program = program_over(county.village, county.folder)
    exchanging = Exchanging(county.village, program.papers)
    nudges: list[int] = []
    exchanging._at_work = True
    monkeypatch.setattr(exchanging.worker, "nudge", lambda: nudges.append(1))
    client = PageClient(create_app(program, exchanging))
    client.log_in(county.officers[f"{county.village.office} agent"], PASSWORD)
    assert nudges == []
    county.register(county.village)
    exchanging.after_act()
    exchanging.after_act()
    assert nudges == [1]


def test_an_agent_lets_in_a_substitute_whom_the_township_appointed_and_nobody_else(county):
    agent = county.officers[f"{county.village.office} agent"]
    program = program_over(county.village, county.folder)
    substitute = county.appoint(county.township, "杨替补", county.village.office, "agent")
    county.carry(county.village, county.township)
    client = PageClient(create_app(program, Exchanging(county.village, program.papers)))
    client.log_in(agent, PASSWORD)
    page = client.get("/substitutes")
    assert "杨替补" in page.text
    client.submit(page.form(), officer=substitute, new="a first one", again="a first one")
    assert program.accounts.log_in(substitute, "a first one")
    assert "都有口令了" in client.get("/substitutes").text
    with pytest.raises(CommandRefused, match="has_password"):
        program.accounts.give_first_password(agent, "another one")


def test_only_the_lead_of_a_township_sets_passwords_there(county):
    lead = county.appoint(county.township, "赵德明", county.township.office, "lead")
    program = program_over(county.township, county.folder)
    client = PageClient(create_app(program, Exchanging(county.township, program.papers)))
    client.log_in(county.officers[f"{county.township.office} clerk"], PASSWORD)
    client.get("/people", status=403)
    client = PageClient(create_app(program, Exchanging(county.township, program.papers)))
    client.log_in(lead, PASSWORD)
    assert "口令" in client.get("/people").text
