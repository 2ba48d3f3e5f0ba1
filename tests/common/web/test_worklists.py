"""The lists: the oldest duty first, filtered by plain words, the next act in the row; several at once; the search."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from common.case import commands as c
from common.clock import BEIJING
from common.web.worklists.lists import DUTY_FILTERS, TITLES
from tests.desks import Desks, Journey
from tests.sync.linked import fresh_county

MARCH = datetime(2026, 3, 4, 9, 0, tzinfo=BEIJING)


@pytest.fixture
def county(tmp_path):
    return fresh_county(tmp_path)


@pytest.fixture
def desks(county):
    return Desks(county)


@pytest.fixture
def clerk(desks, county):
    return desks.client(county.township, "王丽")


def rows(page) -> list[str]:
    return [tr.text for body in page.main.all("tbody") for tr in body.all("tr")]


def filters(page) -> dict[str, int]:
    found = {}
    for a in page.main.classed("filters")[0].all("a"):
        words, _, count = a.text.rpartition(" ")
        found[words or a.text] = int(count)
    return found


def test_the_oldest_duty_stands_first_with_its_lamp_and_its_next_act(county, clerk):
    late = Journey.start(county, "MZ-003")  # 5 working days
    late.at_township(c.AcceptCase())
    slow = Journey.start(county, "MZ-005")  # 15
    slow.at_township(c.AcceptCase())
    county.clock.set(datetime(2026, 3, 13, 9, 0, tzinfo=BEIJING))
    Journey.start(county, "WJ-001")
    page = clerk.get("/worklists/todo")
    first, second, third = rows(page)
    assert "红灯 超 2 天" in first
    assert "临时救助" in first
    assert "绿灯 还有 5 天" in second
    assert "生育登记" in second
    assert "受理" in second
    assert "绿灯 还有 8 天" in third
    assert "高龄津贴" in third
    assert "上报县里" in third
    assert filters(page) == {"全部": 3, "快到期": 0, "已超期": 1, "等别人": 0, "退回补充": 0}
    page = clerk.get("/worklists/todo?filter=late")
    assert len(rows(page)) == 1
    assert "临时救助" in rows(page)[0]
    assert page.main.all("h1")[0].text == "待办 1 件"


def test_names_are_masked_on_desks_and_not_on_the_agents_own_list(county, desks, clerk):
    journey = Journey.start(county)
    name = journey.made.body["applicant"]["name"]
    assert name not in clerk.get("/worklists/todo").text
    agent = desks.client(county.village, "陈会计")
    assert name in agent.get("/worklists/mine").text


def test_a_line_says_how_far_the_case_has_got(county, clerk):
    Journey.start(county)
    assert "本机" in rows(clerk.get("/worklists/todo"))[0]
    county.level()
    assert "县" in rows(clerk.get("/worklists/todo"))[0].split("今天")[1]


def test_what_waits_for_others_is_told_apart(county, clerk):
    asked = Journey.start(county)
    asked.at_township(c.AskCorrection(({"what": "居民身份证", "why": "模糊", "material": "id"},)))
    reported = Journey.start(county)
    reported.to_county()
    page = clerk.get("/worklists/todo?filter=waiting")
    said = " ".join(rows(page))
    assert len(rows(page)) == 2
    assert "等群众补材料" in said
    assert "等县民政局接收" in said
    assert "红灯" not in said  # the applicant's own term has no lamp


def test_what_is_offered_is_taken_several_at_once_and_failures_are_named(county, desks):
    journeys = [Journey.start(county) for _ in range(3)]
    for journey in journeys:
        journey.to_county()
    window = desks.client(county.hub, "罗小兰")
    page = window.get("/worklists/incoming")
    assert len(rows(page)) == 3
    form = page.form("/worklists/incoming/take")
    journeys[1].do(county.township, "王丽", c.RecallOffer("弄错了"))
    county.level()
    page = window.submit(form)
    assert "没有选中" in page.text
    sent = {"case": [journey.number for journey in journeys]}
    answer = window.http.post("/worklists/incoming/take", data={**form.fields, **sent})
    assert answer.status_code == 303
    page = window.get("/worklists/incoming")
    assert "已接收 2 件" in page.text
    assert f"{journeys[1].number} 没有接收" in page.text
    assert "没有等接收的办件" in page.text


def test_the_filter_of_what_waits_to_be_taken_is_called_by_what_all_of_it_waits_for(county, clerk):
    """上报 is no 移送, but the other side has to take either."""
    up, beside = Journey.start(county), Journey.start(county)
    for journey, to in ((up, f"{county.county}/MZ"), (beside, f"{county.township.office}/MZ")):
        journey.at_township(c.AcceptCase())
        journey.at_township(c.OfferCase(to, "材料齐全。"))
    page = clerk.get("/worklists/all")
    assert filters(page)["等对方接收"] == 2
    assert "移送" not in page.text
    assert len(rows(clerk.get("/worklists/all?filter=offered"))) == 2


def test_a_line_offers_the_next_act_that_the_page_of_the_case_offers(county, desks):
    whole, lacking, checked = (
        Journey.start(county, **more) for more in ({}, {"papers": ()}, {"item": "MZ-001"})
    )
    second = Journey.start(county, papers=())
    second.at_township(c.AskCorrection(({"what": "居民身份证", "why": "没有交", "material": "id"},)))
    checked.at_township(c.AcceptCase())
    decided = Journey.start(county)
    decided.decided()
    Journey.start(county).to_county()
    for node, name, lists in (
        (county.township, "王丽", ("todo", "all")),
        (county.township, "周大勇", ("todo", "all")),
        (county.village, "陈会计", ("mine",)),
        (county.hub, "罗小兰", ("incoming", "all")),
    ):
        client = desks.client(node, name)
        for listed in lists:
            page = client.get(f"/worklists/{listed}")
            lines = {tr.get("data-href"): tr for body in page.main.all("tbody") for tr in body.all("tr")}
            assert lines
            for path, line in lines.items():
                (button,) = line.classed("act")
                first = client.get(path).main.classed("main-act")
                assert button.text.partition(":")[0] == (first[0].text if first else "打开"), (name, path)
    offered = {tr.get("data-href"): tr.classed("act")[0].text for tr in rows_of(desks, county)}
    assert offered[f"/cases/{whole.number}"].startswith("受理:")
    assert offered[f"/cases/{lacking.number}"].startswith("一次性告知:")
    assert offered[f"/cases/{checked.number}"].startswith("完成环节:")


def rows_of(desks, county):
    page = desks.client(county.township, "王丽").get("/worklists/todo")
    return [tr for body in page.main.all("tbody") for tr in body.all("tr")]


def test_what_an_act_done_from_a_list_gives_to_print_is_a_link_beside_what_was_said(county, clerk):
    journey = Journey.start(county)
    page = clerk.get("/worklists/todo")
    page = clerk.get(page.main.all("tbody")[0].classed("act")[0].get("href"))
    page = clerk.submit(page.form())
    assert page.path == "/worklists/todo"
    (said,) = page.main.classed("said")
    assert said.text == "已受理。 打印受理通知书"
    notice = clerk.get(page.link("打印受理通知书"))
    assert notice.h1 == "受理通知书"
    assert journey.number in notice.text
    assert clerk.get(notice.link("返回")).path == "/worklists/todo"


def test_a_row_takes_with_one_press_and_comes_back_to_the_list(county, desks):
    journey = Journey.start(county)
    journey.to_county()
    window = desks.client(county.hub, "罗小兰")
    page = window.get("/worklists/incoming")
    page = window.submit(page.form(f"/cases/{journey.number}/take"))
    assert page.path == "/worklists/incoming"
    assert "已接收" in page.text


def test_who_watches_over_the_county_is_offered_no_act_of_a_department(county, desks):
    journey = Journey.start(county)
    journey.to_county()
    page = desks.client(county.hub, "何开明").get("/worklists/incoming")
    assert len(rows(page)) == 1
    assert page.main.classed("acts-cell")[0].text.startswith("打开")
    assert "接收选中的" not in page.text
    assert all(box.get("type") != "checkbox" for box in page.main.all("input"))


def test_the_agents_list_tells_apart_what_is_where(county, desks):
    agent = desks.client(county.village, "陈会计")
    Journey.start(county).decided()
    county.register(county.village, submit=False)
    page = agent.get("/worklists/mine")
    assert filters(page) == {"全部": 2, "待报送": 1, "待送达": 1, "已办结": 1}
    assert "送达" in rows(agent.get("/worklists/mine?filter=results"))[0]
    assert "报送" in rows(agent.get("/worklists/mine?filter=registered"))[0]


def test_correction_leads_the_agent_to_where_it_is_handed_in(county, desks):
    journey = Journey.start(county)
    journey.at_township(c.AskCorrection(({"what": "居民身份证", "why": "模糊", "material": "id"},)))
    county.level()
    agent = desks.client(county.village, "陈会计")
    page = agent.get("/worklists/mine?filter=correcting")
    (act,) = page.main.classed("acts-cell")
    assert act.all("a")[0].get("href") == f"/cases/{journey.number}/hand-in"
    page = agent.get(f"/cases/{journey.number}")
    assert page.main.classed("main-act")[0].text == "补材料"


def test_long_lists_come_in_pages(county, clerk):
    for _ in range(52):
        county.register(county.village)
    county.carry(county.village, county.township)
    page = clerk.get("/worklists/todo")
    assert len(rows(page)) == 50
    assert page.link("下一页")
    assert len(rows(clerk.get("/worklists/todo?page=2"))) == 2
    assert len(rows(clerk.get("/worklists/todo?page=99"))) == 2
    assert len(rows(clerk.get("/worklists/all?page=2"))) == 2


@pytest.mark.parametrize("query", ["?page=0", "?page=-3", "?page=x", "?filter=nonsense", "?page=9999999999"])
def test_a_wrong_address_shows_the_list_from_its_start(county, clerk, query):
    Journey.start(county)
    assert len(rows(clerk.get("/worklists/todo" + query))) == 1


def test_an_unknown_list_is_not_found_in_words(county, clerk):
    page = clerk.get("/worklists/nothing", status=404)
    assert "没有" in page.text


@pytest.mark.parametrize("name", TITLES)
def test_a_list_with_nothing_to_do_looks_quiet(county, clerk, name):
    page = clerk.get(f"/worklists/{name}")
    assert not page.main.all("table")
    assert page.main.classed("nothing")


def test_a_township_keeps_what_its_villages_registered_on_its_list_of_all(county, clerk, desks):
    """Also while the county has it, and after its end; a post of the township has its own alone."""
    taken, ended = Journey.start(county), Journey.start(county)
    taken.to_county()
    taken.do(county.hub, "罗小兰", c.TakeCase(), f"{county.county}/MZ")
    ended.decided()
    page = clerk.get("/worklists/all")
    assert taken.number in page.source
    assert ended.number in page.source
    assert (filters(page)["别处在办"], filters(page)["已办结"]) == (1, 1)
    assert ended.number in clerk.get("/worklists/all?filter=ended").source
    assert taken.number not in clerk.get("/worklists/todo").source


def test_a_department_sees_its_own_cases_and_searches_no_others(county, desks):
    mine, other = Journey.start(county), Journey.start(county)
    mine.to_county()
    chief = desks.client(county.hub, "唐建国")
    assert [n for n in (mine.number, other.number) if n in chief.get("/worklists/all").source] == [
        mine.number
    ]
    county.level()
    found = chief.get(f"/search?q={other.number[-4:].replace('-', '')}").source
    assert other.number not in found


def test_the_search_finds_by_name_number_and_last_four_and_says_when_it_finds_nothing(county, clerk):
    journey = Journey.start(county)
    applicant = journey.made.body["applicant"]
    for asked in (applicant["name"], applicant["id_number"][-4:], journey.number, applicant["phone"]):
        assert journey.number in clerk.get("/search?q=" + asked).source, asked
    assert "没有找到「查无此人」" in clerk.get("/search?q=查无此人").text
    assert not clerk.get("/search").main.all("table")


def test_no_filter_is_a_word_of_the_machine():
    words = [words for words, _ in DUTY_FILTERS.values()]
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", each) for each in words)
    assert MARCH.tzinfo is BEIJING
