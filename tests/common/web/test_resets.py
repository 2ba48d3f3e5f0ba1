"""A forgotten password reset over the telephone: county and village find the same key with no message between them."""

from __future__ import annotations

import pytest

from common.accounts import LoginNeeded, reset_answer
from common.web.resets import reset_choices, reset_keys
from tests.county import build_county
from tests.hub import PASSWORD, Hub, program_over


@pytest.fixture
def county(tmp_path):
    return build_county(tmp_path)


def choice_of(node, officer):
    return next(choice for choice in reset_choices(node) if choice.officer.id == officer)


def test_the_county_and_a_village_share_a_key_that_nobody_else_has(county):
    officer = county.officers[f"{county.village.office} agent"]
    theirs = choice_of(county.hub, officer).key()
    mine = list(reset_keys(county.village))
    assert theirs in mine
    assert len(set(mine)) == 2  # with the county, and with the township
    assert choice_of(county.township, officer).key() in mine
    assert theirs not in list(reset_keys(county.village_2))
    assert theirs not in list(reset_keys(county.township))


def test_a_node_answers_for_those_below_it_alone(county):
    offices = {choice.officer.office for choice in reset_choices(county.township)}
    assert offices == {county.village.office, county.village_2.office}
    assert reset_choices(county.village) == []
    assert not {choice.officer.office for choice in reset_choices(county.hub)} & {county.county}
    assert list(reset_keys(county.hub)) == []


def test_a_revoked_node_is_answered_for_no_more_and_answers_no_more(county):
    officer = county.officers[f"{county.village.office} agent"]
    county.hub.publish("node.revoked", {"node": county.township.id, "cuts": {}, "reason": "丢失"})
    county.carry_down(county.hub, county.township)
    county.carry_down(county.township, county.village)
    assert list(reset_keys(county.village)) == [choice_of(county.hub, officer).key()]
    assert "511322115" not in {choice.officer.office for choice in reset_choices(county.hub)}


def test_an_operator_answers_a_village_by_the_page(county):
    hub, village = Hub(county), program_over(county.village, county.folder).accounts
    officer = county.officers[f"{county.village.office} agent"]
    challenge = village.start_reset(officer)
    client = hub.client("何开明")
    page = client.get("/people").link("凭电话回复")
    page = client.submit(
        client.get(page).form(""), officer=officer, challenge=f"{challenge[:4]} {challenge[4:]}"
    )
    digits = "".join(page.root.classed("dictation")[0].text.split())
    with pytest.raises(LoginNeeded, match="wrong_answer"):
        village.finish_reset(officer, "12345678", "成都平原 2026", reset_keys(county.village))
    village.finish_reset(officer, digits, "成都平原 2026", reset_keys(county.village))
    assert village.log_in(officer, "成都平原 2026")
    with pytest.raises(LoginNeeded):
        village.log_in(officer, PASSWORD)
    assert digits == reset_answer(choice_of(county.hub, officer).key(), challenge, officer)
