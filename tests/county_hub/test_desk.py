"""对账台: each thing that needs somebody is on it, with its reason and the way to it; nothing else is."""

from __future__ import annotations

import json

import pytest

from common.case import commands as c
from common.case.decide import Author
from common.events import compose
from common.keys import jws_sign
from county_hub.desk import count, queries
from county_hub.nodes.rulings import revoke
from tests.county import build_county
from tests.desks import Journey
from tests.hub import Hub


@pytest.fixture
def hub(tmp_path):
    return Hub(build_county(tmp_path))


def heaps(hub) -> dict[str, queries.Heap]:
    return {heap.key: heap for heap in queries.desk(hub.node)}


def set_one_aside(county) -> str:
    """Two clerks of a township act on the same state, on two copies; the number of the case."""
    journey = Journey.start(county)
    county.level()
    other = county.enrol("township-b", county.township.office, county.hub)
    county.carry(other, county.hub)
    base = county.township.case(journey.number).view.tip
    author = Author(county.officers[f"{county.township.office} clerk"], county.township.office)
    county.township.act(c.AcceptCase(), author, base=base, case=journey.number)
    lead = Author(county.officers[f"{county.township.office} lead"], county.township.office)
    other.act(
        c.RefuseAcceptance("不属于本机关", "县残联", "not_competent"), lead, base=base, case=journey.number
    )
    county.carry(county.township, county.hub)
    county.carry(other, county.hub)
    return journey.number


def test_a_desk_with_nothing_on_it_is_quiet(hub):
    Journey.start(hub.county)
    hub.county.level()
    assert heaps(hub) == {}
    assert count(hub.node) == 0
    page = hub.client("何开明").get("/desk")
    assert page.root.all("table") == []
    assert "都对得上" in page.text


def test_an_act_set_aside_is_there_with_its_reason_its_author_and_the_way_to_its_case(hub):
    number = set_one_aside(hub.county)
    heap = heaps(hub)["aside"]
    [line] = heap.lines
    assert (line.case.number, heap.total, heap.grave) == (number, 1, True)
    assert line.why == "同一时间另有一条已经生效。"
    assert line.what in ("受理", "不予受理")
    assert "回龙镇" in line.place
    assert count(hub.node) == 1
    page = hub.client("何开明").get("/desk")
    assert line.why in page.text
    case = hub.client("何开明").get(page.link("打开"))
    assert number in case.text


def test_a_paper_delivered_on_a_decision_that_lost_tops_the_desk(hub):
    county = hub.county
    journey = Journey.start(county, "MZ-008")
    journey.at_township(c.AcceptCase())
    county.level()
    second = county.enrol("township-b", county.township.office, county.hub)
    county.carry(second, county.hub)
    for node, name, granted in ((county.township, "王丽", True), (second, "周大勇", False)):
        reasons = None if granted else "收入超过标准"
        journey.do(node, name, c.DecideCase(granted, reasons, document="决定书"))
        journey.do(node, name, c.Deliver("window", "本人", "本人"))
    for node in (county.township, second):
        county.carry_up(node, county.hub)
    found = list(heaps(hub).values())
    assert [heap.key for heap in found] == ["void", "aside"]
    assert found[0].lines[0].case.number == journey.number
    assert count(hub.node) == 2
    assert "作废证件在外" in hub.client("何开明").get("/desk").root.all("section")[0].text


def test_a_ruling_takes_it_off_the_desk(hub):
    number = set_one_aside(hub.county)
    [line] = heaps(hub)["aside"].lines
    operator = Author(hub.officer("何开明").id, "511322")
    hub.node.act(c.DismissAct(line.id, "以先到的为准"), operator, case=number)
    assert heaps(hub) == {}


def test_an_ask_that_nobody_heard_is_there_until_the_holder_has_it(hub):
    county = hub.county
    journey = Journey.start(county)
    county.level()
    journey.do(county.village, "陈会计", c.AskWithdrawal("不办了"))
    county.carry_up(county.village, county.hub)  # the village spoke to the county itself
    [line] = heaps(hub)["asks"].lines
    assert (line.what, line.place, line.case.number) == ("申请撤回", "回龙镇便民服务中心", journey.number)
    county.level()
    assert "asks" not in heaps(hub)


def test_an_offer_lies_on_the_desk_once_nobody_has_answered_it_for_two_days(hub):
    journey = Journey.start(hub.county)
    journey.to_county()
    assert "offers" not in heaps(hub)
    hub.county.clock.forward(days=3)
    [line] = heaps(hub)["offers"].lines
    assert (line.what, line.place, line.case.number) == (
        "上报给县民政局",
        "回龙镇便民服务中心",
        journey.number,
    )
    journey.do(hub.node, "罗小兰", c.TakeCase(), "511322/MZ")
    assert "offers" not in heaps(hub)


def test_an_event_that_came_too_early_is_there_with_its_node(hub):
    county = hub.county
    county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, county.township)]
    hub.node.take(lines[1:], county.township.id, upward=True)
    heap = heaps(hub)["waiting"]
    assert heap.total == len(lines[1:])
    assert {line.node for line in heap.lines} == {county.village.office}
    page = hub.client("何开明").get("/desk")
    assert county.village.id in hub.client("何开明").get(page.link("打开")).text
    hub.node.take(lines[:1], county.township.id, upward=True)
    assert "waiting" not in heaps(hub)


def test_what_comes_from_a_revoked_machine_is_a_list_of_its_own(hub):
    county = hub.county
    revoke(hub.node, county.village.id, "机器丢了")
    county.register(county.village)
    hub.node.take(
        [line for _, line in county.lines_up(county.village, hub.node)], county.township.id, upward=True
    )
    found = heaps(hub)
    assert found["cut"].total == count(hub.node) == 2
    assert "waiting" not in found


def test_a_record_that_cannot_be_read_is_there_with_its_reason(hub):
    county = hub.county
    event = county.register(county.village)
    raw = json.loads(event.payload)
    payload = json.dumps({**raw, "v": 9}, ensure_ascii=False, separators=(",", ":")).encode()
    line = jws_sign(county.village.signing_key, payload).encode("ascii") + b" " + payload
    hub.node.take([line], county.township.id, upward=True)
    [stub] = heaps(hub)["stubs"].lines
    assert stub.node == county.village.office
    assert "更新的版本" in stub.why
    assert count(hub.node) == 0  # it is on the desk, and not grave


def test_a_case_moved_by_an_act_that_is_not_known_here_is_frozen_and_on_the_desk(hub):
    county = hub.county
    journey = Journey.start(county)
    county.level()
    township = county.township
    seq, head = township.store.ledger.head(township.origin)
    payload = compose(
        type="case.teleported",
        moves=True,
        origin=township.origin,
        seq=seq + 1,
        prev=head,
        at=township.now(),
        seen=None,
        ref=township.reference.head,
        actor=county.officers[f"{township.office} clerk"],
        case=journey.made.id,
        base=township.case(journey.number).view.tip,
        body={"office": township.office, "day": "2026-03-04"},
    ).payload
    line = jws_sign(township.signing_key, payload).encode("ascii") + b" " + payload
    hub.node.take([line], township.id, upward=True)
    [line] = heaps(hub)["frozen"].lines
    assert (line.case.number, line.place) == (journey.number, "回龙镇便民服务中心")
    assert count(hub.node) == 1


def test_a_long_list_is_cut_and_says_so(hub, monkeypatch):
    county = hub.county
    for _ in range(3):
        county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, county.township)]
    hub.node.take(lines[1:], county.township.id, upward=True)
    monkeypatch.setattr(queries, "MOST", 2)
    heap = heaps(hub)["waiting"]
    assert (len(heap.lines), heap.total) == (2, 5)
    assert "只列出 2 项" in hub.client("何开明").get("/desk").text


def test_the_desk_is_for_who_watches_over_the_county(hub):
    hub.appoint("效能", "511322", "supervisor")
    hub.client("效能").get("/desk")
    hub.client("罗小兰").get("/desk", status=403)
