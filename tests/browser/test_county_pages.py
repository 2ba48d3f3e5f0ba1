"""The county's pages in a real Chromium: nothing serious for axe, nothing too wide, the citizen's page on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from common.node.asking import program_version
from county_hub.nodes.rulings import revoke
from county_hub.slips import making
from tests.browser.conftest import DESK, PHONE
from tests.county import build_county
from tests.desks import Journey
from tests.hub import PASSWORD, Hub

pytestmark = pytest.mark.browser

EMPTY = "511322104"
URL = "https://hub.example.org"


@pytest.fixture
def hub(tmp_path):
    """A hub with something on every page: troubles, set aside and waiting records, slips, a machine out of service."""
    county = build_county(tmp_path)
    hub = Hub(county)
    node = hub.node
    health = {"clock": 0, "free": 300, "waiting": 1, "stubs": 1, "program": program_version()}
    node.store.peers.exchanged(county.township.id, node.now(), "level", health=health)
    Journey.start(county).to_county()
    county.clock.forward(days=3)
    county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, county.township)]
    node.take(lines[1:], county.township.id, upward=True)
    revoke(node, county.other_village.id, "机器丢了")
    county.register(county.other_village)
    late = [line for _, line in county.lines_up(county.other_village, node)]
    node.take(late, county.other_village.id, upward=True)
    making.make(node, [EMPTY], [URL])
    return hub


@pytest.fixture
def paths(hub):
    township = hub.county.township.office
    agent = hub.county.officers[f"{hub.county.village.office} agent"]
    return [
        "/desk", "/nodes", "/nodes?show=missing", f"/nodes/{township}", f"/nodes/{hub.county.village.office}",
        f"/nodes/{hub.county.other_village.office}", f"/nodes/{EMPTY}", "/slips", f"/slips/{EMPTY}", "/people",
        f"/people/all?at={township}", f"/people/appoint?at={township}", "/people/import", f"/people/{agent}/end",
        "/q", "/items",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(visit, axe, hub, paths, size):
    with visit(hub.app, size, bypass_csp=True) as it:
        it.log_in(hub.officer("何开明").id, PASSWORD)
        for path in paths:
            it.page.goto(path)
            assert axe(it.page) == [], path
            assert it.page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_nothing_is_blocked_or_asked_for_elsewhere(visit, hub, paths):
    with visit(hub.app) as it:
        it.log_in(hub.officer("何开明").id, PASSWORD)
        for path in paths:
            it.page.goto(path)


def test_a_citizen_opens_the_code_on_the_slip_and_presses_once(visit, hub):
    body = hub.county.village.store.ledger.registration(
        hub.node.worklist("county_offered", ()).rows[0].case_id
    ).body
    with visit(hub.app, PHONE) as it:
        it.page.goto(f"/q/{body['number']}#{body['query_code']}")
        expect(it.page.get_by_label("查询码")).to_have_value(body["query_code"])
        assert "#" not in it.page.url  # it stays in no list of visited pages
        it.page.keyboard.press("Enter")  # the button has the focus
        expect(it.page.locator("h1")).to_have_text("正在办")
        expect(it.page.get_by_text("承诺最迟")).to_be_visible()


def test_what_stands_behind_the_address_and_is_no_code_is_left_alone(visit, hub):
    with visit(hub.app, PHONE) as it:
        it.page.goto("/q/511322115203-20260304-K7QD-0001-57#<b>1")
        expect(it.page.get_by_label("查询码")).to_have_value("")


def test_a_machine_is_put_out_of_service_by_keys_alone(visit, hub):
    office, machine = hub.county.village.office, hub.county.village.id
    with visit(hub.app) as it:
        it.log_in(hub.officer("何开明").id, PASSWORD)
        it.page.goto(f"/nodes/{office}")
        it.page.locator("summary").focus()
        it.page.keyboard.press("Enter")
        it.page.keyboard.press("Tab")
        it.page.keyboard.type("机器丢了")
        it.page.keyboard.press("Enter")
        expect(it.page.get_by_text("已停用。")).to_be_visible()
    assert hub.node.reference.nodes[machine].cuts is not None
