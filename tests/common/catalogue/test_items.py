"""Item editions: what their procedure says of offices and time, and how a body that is wrong is told."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalogue.items import Item
from common.catalogue.reading import BadData
from tests.builders_forms import field_body, item, item_body, shipped, small_item

VILLAGE, TOWNSHIP, COUNTY = "511322115203", "511322115", "511322"


def kinds(steps) -> list[tuple[str, str]]:
    return [(step.level, step.kind) for step in steps]


class TestProcedure:
    def test_old_age_allowance_is_accepted_by_the_township_and_decided_by_the_county(self):
        old_age = item("MZ-005")
        assert kinds(old_age.steps_before_accept) == [("village", "register")]
        assert kinds([old_age.receiving_step]) == [("township", "accept")]
        assert kinds(old_age.steps_to_decide) == [("township", "review"), ("county", "decide")]
        assert kinds(old_age.steps_after_decision) == [("county", "deliver")]

    def test_steps_before_the_acceptance_move_nothing_even_where_the_township_forwards(self):
        birth = item("GA-002")
        assert kinds(birth.steps_before_accept) == [("village", "register"), ("township", "forward")]
        assert birth.receiving_step.level == "county"

    @pytest.mark.parametrize("code", ["RS-003", "CW-001", "CW-002"])
    def test_the_villages_own_items_are_received_and_decided_in_the_village(self, code):
        own = item(code)
        assert own.first_accept_step is None
        assert own.receiving_step is own.decide_step
        assert own.village_decides
        assert kinds(own.steps_to_decide) == [("village", "decide")]

    def test_the_procedure_governs_and_not_the_authority(self):
        farmland = item("NY-006")
        assert farmland.authority == "village_direct"
        assert not farmland.village_decides
        assert farmland.receiving_step.level == "township"

    def test_each_step_has_its_office(self):
        subsidy = item("MZ-006")
        offices = {
            (step.level, step.kind): subsidy.office_for(step, VILLAGE, TOWNSHIP, COUNTY)
            for step in subsidy.procedure
        }
        assert offices == {
            ("village", "register"): VILLAGE,
            ("township", "accept"): TOWNSHIP,
            ("township", "review"): TOWNSHIP,
            ("county", "parallel_opinion"): "511322/CL",
            ("county", "decide"): "511322/MZ",
            ("county", "deliver"): "511322/MZ",
        }

    def test_a_step_above_the_county_is_seen_to_by_the_countys_department(self):
        card = item("TY-001")
        issue = next(step for step in card.procedure if step.level == "prefecture_or_above")
        assert card.office_for(issue, VILLAGE, TOWNSHIP, COUNTY) == "511322/TY"

    def test_an_application_at_a_counter_has_the_counters_office_for_the_villages_steps(self):
        pension = item("RS-001")
        deliver = pension.procedure[-1]
        assert deliver.level == "village"
        assert pension.office_for(deliver, None, TOWNSHIP, COUNTY) == TOWNSHIP
        assert pension.office_for(deliver, None, None, COUNTY) == "511322/RS"
        assert pension.office_for(pension.receiving_step, VILLAGE, None, COUNTY) == TOWNSHIP


class TestTime:
    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("MZ-005", {"township": 5, "county": 10}),
            ("MZ-001", {"village": 3, "township": 11, "county": 8}),
            ("RS-006", {"county": 15}),
            ("ZR-001", {"township": 15}),
            ("GA-001", {"county": 20}),
            ("RS-003", {}),
        ],
    )
    def test_each_level_has_its_own_term_of_the_promise(self, code, expected):
        assert item(code).promised_by_level() == expected

    def test_levels_come_lowest_first(self):
        assert list(item("MZ-001").promised_by_level()) == ["village", "township", "county"]

    def test_the_promise_and_the_law_have_their_units(self):
        card = item("GA-001")
        assert (card.promised_days, card.promised_unit) == (20, "calendar_day")
        assert (card.statutory.days, card.statutory.unit) == (60, "calendar_day")
        assert item("MZ-005").statutory is None

    def test_only_the_kinds_of_stopped_steps_may_pause_the_clock(self):
        assert item("ZR-004").excluded_kinds == ("assess", "publicity")
        assert item("ZR-004").stopped_step("assess").days == 20
        assert item("ZR-004").excluded[0].kind == "survey"
        assert item("ZR-004").stopped_step("survey").kind == "assess"  # as the notice calls it
        assert item("ZR-004").stopped_step("review") is None
        assert item("MZ-005").excluded_kinds == ()
        assert item("MZ-005").stopped_step("publicity") is None


class TestReading:
    def test_a_body_without_an_office_key_is_told_with_every_fault(self):
        body = item_body(field_body("enum", enum="weather"), authority="king", case_type=None)
        del body["fee"]
        with pytest.raises(BadData) as caught:
            Item.from_body(body)
        told = "\n".join(caught.value.faults)
        assert all(word in told for word in ("weather", "authority", "case_type", "fee"))

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"materials": [{"id": "a"}]}, "materials a"),
            ({"form": []}, "没有字段"),
            ({"form": [field_body("string"), field_body("text")]}, "字段重复"),
            ({"form": [field_body("string", pattern="(a+)+")]}, "格式规则"),
            ({"form": [field_body("integer", min="low")]}, "界限"),
            ({"form": [field_body("money", min="-1")]}, "界限"),
            ({"form": [field_body("date", min="2026-02-30")]}, "界限"),
            ({"form": [field_body("string", max=3)]}, "界限"),
            ({"form": [field_body("decimal", scale=7)]}, "scale"),
            ({"form": [field_body("date", derive_from="number")]}, "没有 number"),
            ({"form": [field_body("text", derive_from="y"), field_body("cn_id", "y")]}, "不能从 y 得出"),
            ({"form": [field_body("date", min_field="y"), field_body("text", "y")]}, "比不出先后"),
            ({"form": [field_body("string", required_if="y = 1")]}, "y 不在表单中"),
            ({"form": [field_body("table", columns=[field_body("table")])]}, "type"),
            ({"form": [field_body("division", level="street")]}, "level"),
            ({"procedure": item_body()["procedure"][:2]}, "decide"),
            ({"procedure": item_body()["procedure"][1:]}, "依次编号"),
            ({"time_limit": {"promised": {"days": -1, "unit": "week"}}}, "unit"),
            ({"enums": {"colour": []}}, "没有选项"),
        ],
    )
    def test_a_wrong_body_is_refused_with_the_place(self, change, word):
        with pytest.raises(BadData) as caught:
            small_item(**change) if "form" not in change else Item.from_body({**item_body(), **change})
        assert word in "\n".join(caught.value.faults)

    def test_keys_that_are_not_known_are_no_fault(self):
        assert small_item(official_code="511A0147300000").code == "XX-001"

    @given(st.data())
    def test_a_body_with_anything_in_any_place_is_read_or_refused_and_never_falls_over(self, data):
        body = copy.deepcopy(dict(shipped().catalogue.bodies[data.draw(st.integers(0, 61))]))
        replace_something(body, data)
        try:
            read = Item.from_body(body)
        except BadData as exc:
            assert all(exc.faults)  # noqa: PT017
        else:
            assert read.decide_step in read.procedure


ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([[{}], {}, [], [[]]])
)


def replace_something(place: dict | list, data: st.DataObject) -> None:
    """Put anything in the place of one value, at any depth."""
    keys = st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1)
    key = data.draw(keys)
    if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        replace_something(place[key], data)
    else:
        place[key] = data.draw(ANYTHING)
