"""事项目录 and 办事指南: public, complete, and clear about who must come himself (R-103)."""

from __future__ import annotations

import pytest

from tests.builders_forms import shipped
from tests.county import build_county
from tests.page import PageClient
from tests.registering import app_of
from tests.web_app import PASSWORD

CODES = [item.code for item in shipped().items]


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return build_county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def client(county):
    """The public, at the county's node."""
    return PageClient(app_of(county.hub))


@pytest.fixture(scope="module")
def agent(county):
    client = PageClient(app_of(county.village))
    client.log_in(county.agent(county.village).actor, PASSWORD)
    return client


def test_the_catalogue_lists_every_item_by_department(client):
    page = client.get("/items?by=department")
    listed = {a.get("href") for a in page.root.all("a") if a.get("href").startswith("/items/")}
    assert listed == {f"/items/{code}" for code in CODES}
    assert "县民政局" in [h.text.split()[0] for h in page.root.all("h2")]


def test_the_catalogue_begins_with_what_people_come_for(client):
    page = client.get("/items")
    assert [h.text.split()[0] for h in page.root.all("h2")][:2] == ["生孩子", "上学"]


@pytest.mark.parametrize(("words", "found"), [("低保", "MZ-001"), ("zjd", "ZR-001"), ("摩托", None)])
def test_the_catalogue_is_searched(client, words, found):
    page = client.get(f"/items?q={words}")
    if found:
        assert f"/items/{found}" in [a.get("href") for a in page.root.all("a")]
    else:
        assert f"没有找到「{words}」" in page.text


@pytest.mark.parametrize("code", CODES)
def test_every_guide_has_the_eight_disclosures(client, code):
    item = shipped().item(code)
    page = client.get(f"/items/{code}")
    assert page.h1 == item.name
    for heading in ("设定依据", "申报条件", "申报材料", "办理程序", "办理时限", "收费依据和标准", "办理结果"):
        assert heading in page.text
    for said in (
        *item.conditions,
        *(m.name for m in item.materials),
        *(s.name for s in item.procedure),
        item.result.name,
    ):
        assert said in page.text
    assert item.fee.standard in page.text


def test_who_must_come_himself_is_told_large_and_first(client):
    page = client.get("/items/GA-001")
    (box,) = page.root.classed("in-person")
    assert "本人必须到场" in box.text
    assert "人像与指纹采集" in box.text
    assert not client.get("/items/MZ-005").root.classed("in-person")


def test_a_season_is_told(client):
    assert "只在 1 月、2 月、3 月收" in client.get("/items/WJ-003").text


def test_where_there_is_no_fee_there_is_no_way_to_enter_money(client):
    page = client.get("/items/MZ-005")
    assert "不收费" in page.text
    assert not page.root.classed("charge")


def test_a_fee_shows_its_basis_and_standard(client):
    page = client.get("/items/GA-001")
    assert "依据:居民身份证收费标准" in page.text
    assert "20.00 元/证" in page.text or "20 元/证" in page.text


def test_the_public_is_offered_no_registration_and_an_agent_is(client, agent):
    assert "/register/MZ-005" not in client.get("/items/MZ-005").source
    assert agent.get("/items/MZ-005").link("登记") == "/register/MZ-005"


def test_an_item_that_does_not_exist_is_said_so(client):
    assert "没有这个事项" in client.get("/items/XX-001", status=404).text
