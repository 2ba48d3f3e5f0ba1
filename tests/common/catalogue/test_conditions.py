"""Conditions of papers and fields: read strictly, judged totally; the papers that an application needs (R-210)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalogue.conditions import (
    BY_AGENT,
    Expression,
    Shape,
    Words,
    evaluate,
    materials_required,
    parse_condition,
)
from tests.builders_forms import TODAY, fill_form, item, shipped

FORM = {
    "cause": Shape("enum", "原因", {"illness": "因病", "other": "其他"}),
    "kinds": Shape("multi_enum", "种类", {"a": "甲", "b": "乙"}),
    "birth": Shape("date", "生日"),
    "rooms": Shape("integer", "间数"),
    "fee": Shape("money", "费用"),
    "area": Shape("decimal", "面积"),
    "car": Shape("bool", "有车"),
    "note": Shape("text", "备注"),
}


def holds(
    text: str, values: dict[str, object], channel: str = "township_window", today: date = TODAY
) -> bool | None:
    return evaluate(parse_condition(text, FORM), values, channel=channel, today=today)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("cause = illness", {"cause": "illness"}, True),
        ("cause = illness", {"cause": "other"}, False),
        ("cause=illness", {"cause": "illness"}, True),
        ("cause != illness", {"cause": "other"}, True),
        ("cause in [illness, other]", {"cause": "other"}, True),
        ("cause in [illness]", {"cause": "other"}, False),
        ("kinds = a", {"kinds": ["b", "a"]}, True),
        ("kinds = a", {"kinds": ["b"]}, False),
        ("kinds != a", {"kinds": ["b"]}, True),
        ("kinds in [a, b]", {"kinds": ["b"]}, True),
        ("rooms >= 3", {"rooms": 3}, True),
        ("rooms < 3", {"rooms": 3}, False),
        ("rooms = -1", {"rooms": -1}, True),
        ("fee > 1500", {"fee": 150_001}, True),
        ("fee > 1500", {"fee": 150_000}, False),
        ("area <= 15.0", {"area": "15.00"}, True),
        ("area > 9", {"area": "10.5"}, True),
        ("car = true", {"car": True}, True),
        ("car = true", {"car": False}, False),
        ("birth < 2008-02-13", {"birth": "2008-02-12"}, True),
        ("age(birth) < 18", {"birth": "2008-02-14"}, True),
        ("age(birth) < 18", {"birth": "2008-02-13"}, False),
        ("age( birth ) >= 80", {"birth": "1946-02-13"}, True),
    ],
)
def test_an_expression_is_judged_by_the_stored_values(text, values, expected):
    assert holds(text, values) is expected


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("cause = illness", {}),
        ("cause = illness", {"cause": None}),
        ("cause = illness", {"cause": 3}),
        ("rooms < 3", {"rooms": True}),
        ("rooms < 3", {"rooms": "2"}),
        ("area > 9", {"area": "wide"}),
        ("age(birth) < 18", {"birth": "2026-02-14"}),
        ("age(birth) < 18", {"birth": "13.2.2008"}),
        ("已婚", {"cause": "illness"}),
    ],
)
def test_what_is_not_known_is_asked(text, values):
    assert holds(text, values) is None


@pytest.mark.parametrize(
    "text",
    [
        "cause == illness", "cause = flu", "reason = illness", "cause in [illness, flu]", "cause in []",
        "cause < illness", "kinds > a", "rooms < many", "rooms in [1, 1_0]", "fee > 0.001", "birth < yesterday",
        "birth < 2008-02-30", "age(rooms) < 18", "age(birth) < adult", "car = yes", "note = x", "married", "",
        "cause = illness or car = true", "__import__", "cause = illness; 1",
    ],
)  # fmt: skip
def test_an_expression_that_makes_no_sense_is_refused_when_it_is_read(text):
    with pytest.raises(ValueError, match="条件"):
        parse_condition(text, FORM)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cause = illness", "原因为「因病」"),
        ("cause in [illness, other]", "原因为「因病」或「其他」"),
        ("cause != illness", "原因不是「因病」"),
        ("age(birth) < 18", "年龄小于 18"),
        ("car = true", "有车为「是」"),
        ("换领或注销", "换领或注销"),
    ],
)
def test_people_read_a_condition_in_their_own_words(text, words):
    assert parse_condition(text, FORM).words == words


def test_an_agents_channel_answers_the_one_form_of_words_that_is_understood():
    assert holds(BY_AGENT, {}, "village_agent") is True
    assert holds(BY_AGENT, {}, "township_window") is False
    assert holds(BY_AGENT, {}, "county_window") is False


@given(st.text(max_size=30))
def test_any_text_is_an_expression_words_or_an_error(text):
    try:
        condition = parse_condition(text, FORM)
    except ValueError:
        return
    assert isinstance(condition, Expression | Words)


@given(
    st.sampled_from(
        [
            "cause = illness",
            "kinds in [a]",
            "rooms < 3",
            "fee > 1",
            "area > 9",
            "age(birth) < 18",
            "car = true",
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_judging_is_total(text, value):
    assert holds(text, dict.fromkeys(FORM, value)) in (True, False, None)


class TestPapersRequired:
    def wanted(self, code: str, values: dict[str, object], channel: str = "village_agent", ticked=()):
        found = materials_required(item(code), values, channel, ticked, today=TODAY)
        return {requirement.material.id: requirement.required for requirement in found}

    def test_old_age_allowance_through_an_agent_needs_every_paper_and_the_proxy(self):
        expected = dict.fromkeys(["form", "id", "hukou", "bank", "photo1", "proxy"], True)
        assert self.wanted("MZ-005", {}) == expected
        assert self.wanted("MZ-005", {}, "township_window") == {**expected, "proxy": False}

    def test_a_paper_follows_the_form(self):
        assert self.wanted("MZ-001", {})["diag"] is None
        assert self.wanted("MZ-001", {"poverty_cause": "illness"})["diag"] is True
        assert self.wanted("MZ-001", {"poverty_cause": "other"})["diag"] is False

    def test_a_paper_with_a_condition_in_words_is_asked_until_a_person_ticks_it(self):
        assert self.wanted("WJ-001", {})["marriage"] is None
        assert self.wanted("WJ-001", {}, ticked=["marriage"])["marriage"] is True

    def test_ticking_does_not_overrule_the_form(self):
        assert self.wanted("MZ-001", {"poverty_cause": "other"}, ticked=["diag"])["diag"] is False

    def test_people_are_told_why(self):
        found = materials_required(item("MZ-001"), {}, "village_agent", (), today=TODAY)
        why = {requirement.material.id: requirement.why for requirement in found}
        assert why["diag"] == "主要致困原因为「因病」"
        assert why["proxy"] == "通过代办员申请"

    def test_no_paper_but_the_published_ones_is_ever_wanted(self):
        for each in shipped().items:
            found = materials_required(each, fill_form(each), "village_agent", (), today=TODAY)
            assert tuple(requirement.material for requirement in found) == each.materials
