"""Fields of an item's form: an input for each type, and what was typed comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from common.catalogue.item_reading import FIELD_TYPES
from common.catalogue.items import Field, Option
from common.web.fields import MOST_RADIOS, choices_of, input_of, row_act, typed, with_row_act

NAME, INCOME = Field("name", "姓名", "person_name"), Field("income", "月收入", "money")
MEMBERS = Field("members", "家庭成员", "table", columns=(NAME, INCOME), max_rows=3)


def options(count: int) -> tuple[Option, ...]:
    return tuple(Option(str(n), f"第 {n} 种") for n in range(count))


@pytest.mark.parametrize("type", FIELD_TYPES)
def test_every_type_of_the_catalogue_has_an_input(type):
    assert input_of(Field("x", "x", type, options=options(2))).kind


def test_few_options_are_all_on_the_page_and_many_are_in_a_list():
    assert input_of(Field("x", "x", "enum", options=options(MOST_RADIOS))).kind == "radios"
    assert input_of(Field("x", "x", "enum", options=options(MOST_RADIOS + 1))).kind == "select"


def test_a_signature_is_a_picture_and_never_typed_text():
    assert input_of(Field("x", "x", "signature")).kind == "file"


def test_yes_and_no_are_the_values_that_the_catalogue_reads():
    assert choices_of(Field("x", "x", "bool")) == (("true", "是"), ("false", "否"))


def test_what_was_typed_comes_back_without_space_around_it_and_blank_fields_are_absent():
    form = MultiDict(
        [("name", " 李秀英 "), ("income", "  "), ("kinds", "a"), ("kinds", "b"), ("strange", "x")]
    )
    kinds = Field("kinds", "类别", "multi_enum", options=options(2))
    assert typed([NAME, INCOME, kinds], form) == {"name": "李秀英", "kinds": ["a", "b"]}


def test_rows_come_in_order_whatever_their_numbers_and_empty_ones_are_left_out():
    form = MultiDict(
        [
            ("members.10.name", "乙"),
            ("members.2.name", "甲"),
            ("members.2.income", "100"),
            ("members.5.name", " "),
            ("members.5.income", ""),
        ]
    )
    assert typed([MEMBERS], form) == {"members": [{"name": "甲", "income": "100"}, {"name": "乙"}]}


def test_a_table_takes_no_more_rows_and_no_other_columns_than_it_has():
    form = MultiDict(
        [(f"members.{n}.name", "x") for n in range(9)] + [("members.0.admin", "x"), ("other.0.name", "x")]
    )
    assert typed([MEMBERS], form) == {"members": [{"name": "x"}] * 3}


def test_a_row_is_added_and_taken_away_without_a_script():
    form = MultiDict([("members.0.name", "甲"), ("members.1.name", "乙"), ("_add", "members")])
    assert with_row_act({}, form, [MEMBERS]) == {"members": [{"name": "甲"}, {"name": "乙"}, {}]}
    form = MultiDict([("members.0.name", "甲"), ("members.1.name", "乙"), ("_drop", "members.0")])
    assert with_row_act({}, form, [MEMBERS]) == {"members": [{"name": "乙"}]}


def test_a_full_table_grows_no_further():
    form = MultiDict([(f"members.{n}.name", "x") for n in range(3)] + [("_add", "members")])
    assert len(with_row_act({}, form, [MEMBERS])["members"]) == 3


@pytest.mark.parametrize("pressed", ["nothing", "members", "members.", "members.x", ".1", "members.-1"])
def test_a_row_button_that_is_none_changes_nothing(pressed):
    assert row_act(MultiDict([("_drop", pressed)])) is None
    values = {"members": [{"name": "甲"}]}
    assert with_row_act(values, MultiDict([("_add", pressed + "?")]), [MEMBERS]) == values


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=8))
def test_no_form_however_strange_is_an_error(sent):
    form = MultiDict(sent)
    assert set(typed([NAME, MEMBERS], form)) <= {"name", "members"}
    with_row_act({}, form, [NAME, MEMBERS])
