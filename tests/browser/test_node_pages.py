"""The pages of a village's and a township's own node in a real browser: full lists, a phone, those who hear them."""

from __future__ import annotations

import pytest

from common.case import commands as c
from tests.browser.conftest import DESK, PHONE
from tests.county import build_county
from tests.desks import Journey
from tests.hub import PASSWORD, program_over
from township_node.app import create_app
from township_node.exchanging import Exchanging

pytestmark = pytest.mark.browser

PAGES = {"agent": ("/today", "/outbox", "/substitutes"), "clerk": ("/worklists/todo", "/outbox", "/villages")}


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """With something to do, to send, and to wait for at each node."""
    county = build_county(tmp_path_factory.mktemp("county"))
    accepted, corrected = Journey.start(county), Journey.start(county)
    accepted.at_township(c.AcceptCase())
    corrected.at_township(c.AskCorrection(({"what": "居民身份证", "why": "模糊", "material": "id"},)))
    county.carry(county.village, county.township)
    county.register(county.village)
    agent = county.officers[f"{county.village.office} agent"]
    county.appoint(county.township, "杨替补", county.village.office, "agent")
    county.officers[f"{county.village.office} agent"] = agent
    return county


def app_of(county, node):
    program = program_over(node, county.folder)
    return create_app(program, Exchanging(node, program.papers))


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("role", PAGES)
def test_no_page_is_wider_than_its_screen_or_hard_to_hear(county, visit, axe, role, size):
    node = county.village if role == "agent" else county.township
    with visit(app_of(county, node), size, bypass_csp=True) as it:
        it.log_in(county.officers[f"{node.office} {role}"], PASSWORD)
        for path in PAGES[role]:
            it.page.goto(path)
            assert it.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert axe(it.page) == [], path


def test_on_a_phone_the_headers_link_of_the_page_is_in_sight(county, visit):
    node = county.township
    with visit(app_of(county, node), PHONE) as it:
        it.log_in(county.officers[f"{node.office} clerk"], PASSWORD)
        it.page.goto("/villages")
        box = it.page.locator('nav [aria-current="page"]').bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0] + 1
