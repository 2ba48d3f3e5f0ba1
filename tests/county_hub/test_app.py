"""The hub's application as a whole: rights, first pages, what the header names, the hub as a parent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.web.features import SHARED, may_act
from common.web.rights import routes_without_right
from county_hub.app import create_app
from county_hub.chores import FORGET_TRIES_MS, at_work, forget_tries
from sync.enrol import read_chain, read_lines
from tests.county import build_county
from tests.hub import Hub


@pytest.fixture
def hub(tmp_path):
    return Hub(build_county(tmp_path))


def test_every_route_states_its_right(hub):
    assert routes_without_right(hub.app) == []


def test_each_shared_feature_is_there_once(hub):
    assert {blueprint.name for blueprint in SHARED} <= set(hub.app.blueprints)
    assert len({blueprint.name for blueprint in SHARED}) == len(SHARED)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("何开明", "/desk"),
        ("唐建国", "/worklists/todo"),
        ("罗小兰", "/worklists/todo"),
        ("技术", "/nodes"),
        ("效能", "/desk"),
    ],
)
def test_each_begins_with_his_own_work(hub, name, path):
    hub.appoint("技术", "511322", "technician")
    hub.appoint("效能", "511322", "supervisor")
    client = hub.client(name)
    assert client.page.path == path
    nav = client.page.root.all("nav")[0]
    assert next(a for a in nav.all("a") if a.get("aria-current")).get("href") == path
    for link in nav.all("a"):
        client.get(link.get("href"))


def test_nobody_is_led_to_the_login_and_may_ask_for_progress(hub):
    page = hub.citizen().get("/")
    assert page.path == "/login"
    assert page.link("查进度") == "/q"


def test_a_window_may_take_in_and_a_chief_may_decide(hub):
    window, chief, operator = (hub.officer(name) for name in ("罗小兰", "唐建国", "何开明"))
    assert may_act(window, "case.registered")
    assert not may_act(window, "case.decided")
    assert may_act(chief, "case.decided")
    assert may_act(operator, "case.adopted")
    assert not may_act(chief, "case.adopted")
    assert not may_act(operator, "case.unheard_of")


def test_the_practice_county_says_so_on_every_page(hub):
    client = hub.client("何开明")
    for path in ("/desk", "/nodes", "/slips", "/people", "/people/all", "/q", "/items"):
        assert "演练" in client.get(path).root.text


def test_a_key_beside_the_data_is_warned_of_on_ones_first_page(tmp_path):
    hub = Hub(build_county(tmp_path))
    hub.app = create_app(replace(hub.program, key_beside_data=True))
    client = hub.client("何开明")
    assert "不得录入真实个人信息" in client.page.text
    assert "不得录入真实个人信息" not in client.get("/nodes").text


def test_the_hub_shows_its_chain_to_whoever_asks(hub):
    answer = hub.app.test_client().get("/sync/v1/node")
    chain = read_chain(read_lines(answer.data), hub.node.root)
    assert chain.node == hub.node.id
    assert "Content-Security-Policy" not in answer.headers


def test_what_is_no_message_is_refused_and_nothing_breaks(hub):
    for path in ("/sync/v1/exchange", "/sync/v1/enrol"):
        for body in (b"", b"x" * 1000, b"{}"):
            assert hub.app.test_client().post(path, data=body).status_code == 400


def test_there_is_nobody_above_to_exchange_with(hub):
    client = hub.client("何开明")
    assert client.page.root.classed("bar") == []
    assert client.http.get("/sync-state").status_code == 404


def test_timers_fire_while_the_hub_serves(hub):
    county = hub.county
    items = [edition.item for edition in hub.node.reference.items()]
    code = next(item.code for item in items if item.receiving_step.level == "county" and not item.instant)
    application = county.application(county.hub, code, channel="county_window")
    case = county.hub.act(application, county.author(county.county, "window"))[0].id
    county.clock.forward(days=30)
    with at_work(county.hub) as worker:
        worker.now()
    assert "case.lapsed" in [event.type for event in county.hub.case(case).events]


def test_old_counts_of_tries_are_forgotten(hub):
    local = hub.node.store.local
    local.count_try("old", hub.node.now() - FORGET_TRIES_MS - 1000)
    local.count_try("new", hub.node.now() - FORGET_TRIES_MS + 60_000)
    forget_tries(hub.node)
    assert (local.tries("old")[0], local.tries("new")[0]) == (0, 1)
