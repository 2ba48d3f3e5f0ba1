"""The form as a whole: what follows, what is missing, what contradicts itself, and that nothing makes it fall over."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalogue.field_types import FormContext
from common.catalogue.forms import MAX_FORM_BYTES, check_form
from tests.builders_forms import TODAY, VILLAGE, field_body, fill_form, item, shipped, small_item

CONTEXT = FormContext(TODAY)
MAN = "511399198506121017"  # born 1985-06-12
WOMAN = "511399201012310023"  # born 2010-12-31


def codes(checked) -> dict[str, str]:
    return {field: said[0] for field, said in checked.errors.items()}


class TestDerived:
    ITEM = small_item(
        field_body("cn_id", "number"),
        field_body("enum", "gender", enum="gender", derive_from="number"),
        field_body("date", "birth", derive_from="number"),
        field_body("integer", "age", derive_from="birth", min=18),
    )

    def test_gender_birth_date_and_age_follow_from_the_number(self):
        checked = check_form(self.ITEM, {"number": MAN}, CONTEXT)
        assert checked.ok
        assert checked.values == {"number": MAN, "gender": "1", "birth": "1985-06-12", "age": 40}

    def test_what_follows_stands_against_what_was_typed_with_a_warning(self):
        checked = check_form(self.ITEM, {"number": MAN, "gender": "2", "birth": "1985-06-12"}, CONTEXT)
        assert checked.ok
        assert checked.values["gender"] == "1"
        assert checked.warnings == {"gender": ("form.derived", "「gender栏」已按「number栏」改为 男。")}

    def test_an_age_out_of_bounds_is_an_error_though_nobody_typed_it(self):
        assert codes(check_form(self.ITEM, {"number": WOMAN}, CONTEXT)) == {"age": "form.too_small"}

    def test_a_wrong_number_is_the_one_error_told(self):
        checked = check_form(self.ITEM, {"number": MAN[:-1] + "8"}, CONTEXT)
        assert codes(checked) == {"number": "citizen_id.check_character"}

    def test_a_person_without_an_id_at_hand_types_what_else_would_follow(self):
        context = FormContext(TODAY, excused=frozenset({"number"}))
        missing = {"gender": "form.required", "birth": "form.required"}  # the age follows from the birth date
        assert codes(check_form(self.ITEM, {}, context)) == missing
        typed = {"gender": "2", "birth": "1950-02-28"}
        assert check_form(self.ITEM, typed, context).values == {**typed, "age": 75}

    @pytest.mark.parametrize(
        ("today", "age"),
        [(date(2025, 2, 28), 24), (date(2025, 3, 1), 25), (date(2028, 2, 28), 27), (date(2028, 2, 29), 28)],
    )
    def test_one_born_on_29_february_grows_older_when_the_day_has_come(self, today, age):
        context = FormContext(today, excused=frozenset({"number"}))
        assert check_form(self.ITEM, {"gender": "1", "birth": "2000-02-29"}, context).values["age"] == age


class TestRequired:
    def test_blank_answers_are_missing(self):
        several = small_item(
            field_body("string", "a"), field_body("multi_enum", "b"), field_body("bool", "c")
        )
        expected = dict.fromkeys("abc", "form.required")
        assert codes(check_form(several, {"a": " ", "b": [], "c": None}, CONTEXT)) == expected

    def test_no_is_an_answer(self):
        assert check_form(small_item(field_body("bool")), {"x": False}, CONTEXT).values == {"x": False}

    def test_a_guardian_is_wanted_for_a_child_alone(self):
        orphan = item("MZ-007")
        answers = {**fill_form(orphan), "id_number": WOMAN}
        for field in ("guardian_name", "guardian_mobile", "gender", "birth_date"):
            answers.pop(field, None)
        wanted = {"guardian_name": "form.required", "guardian_mobile": "form.required"}
        assert codes(check_form(orphan, answers, CONTEXT)) == wanted
        assert check_form(orphan, {**answers, "id_number": MAN}, CONTEXT).ok


class TestFieldsTogether:
    def test_an_end_before_its_start_is_refused(self):
        term = small_item(field_body("date", "start"), field_body("date", "end", min_field="start"))
        backwards = check_form(term, {"start": "2026-03-02", "end": "2026-03-01"}, CONTEXT)
        assert codes(backwards) == {"end": "form.before"}
        assert backwards.values == {"start": "2026-03-02"}
        assert check_form(term, {"start": "2026-03-02", "end": "2026-03-02"}, CONTEXT).ok

    def test_anothers_account_is_a_warning_and_no_error(self):
        answers = {**fill_form(item("MZ-005")), "account_holder": "别人"}
        checked = check_form(item("MZ-005"), answers, CONTEXT)
        assert checked.ok
        assert checked.warnings["account_holder"][0] == "form.differs"

    def test_answers_to_what_was_not_asked_are_refused(self):
        checked = check_form(small_item(), {"x": "好", "y": "z"}, CONTEXT)
        assert codes(checked) == {"y": "form.unknown_field"}

    def test_a_form_that_would_not_fit_in_an_event_is_refused(self):
        texts = [field_body("text", f"t{n}", max_length=10_000) for n in range(3)]
        answers = {f"t{n}": "长" * (4000 + n) for n in range(3)}
        checked = check_form(small_item(*texts), answers, CONTEXT)
        assert codes(checked) == {"t2": "form.too_long"}
        assert len(json.dumps(checked.values, ensure_ascii=False).encode()) <= MAX_FORM_BYTES


class TestTable:
    COLUMNS = (
        field_body("person_name", "name"),
        field_body("money", "income", required=False, max="99999"),
    )
    ITEM = small_item(field_body("table", "family", columns=COLUMNS, min_rows=1, max_rows=2))

    def test_rows_are_stored_and_empty_ones_left_out(self):
        rows = [{"name": "李 明", "income": "12.5"}, {"name": " ", "income": None}, {}, {"name": "王芳"}]
        stored = [{"name": "李明", "income": 1250}, {"name": "王芳"}]
        assert check_form(self.ITEM, {"family": rows}, CONTEXT).values == {"family": stored}

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([], {"family": "form.required"}),
            ([{}, {}], {"family": "form.required"}),
            ([{"name": "李明"}] * 3, {"family": "form.rows"}),
            ("李明", {"family": "form.wrong_type"}),
            ([["李明"]], {"family.0": "form.wrong_type"}),
            ([{"name": "李明", "wage": "1"}], {"family.0": "form.unknown_field"}),
            ([{"name": "李明"}, {"income": "1"}], {"family.1.name": "form.required"}),
            ([{"name": "李明", "income": "100000"}], {"family.0.income": "form.too_large"}),
        ],
    )
    def test_a_wrong_table_names_the_cell(self, rows, expected):
        checked = check_form(self.ITEM, {"family": rows}, CONTEXT)
        assert codes(checked) == expected
        assert checked.values == {}

    def test_a_table_that_may_be_empty_is_answered_by_none(self):
        children = small_item(field_body("table", columns=self.COLUMNS, min_rows=0))
        assert check_form(children, {}, CONTEXT).values == {"x": []}

    def test_people_are_told_the_row(self):
        said = check_form(self.ITEM, {"family": [{"name": "李明"}, {"name": "3"}]}, CONTEXT).errors
        assert said["family.1.name"][1].startswith("「family栏」第 2 行「name栏」:")


# -- laws

TEXTS = st.text(max_size=30) | st.sampled_from(
    ["\ud800", "\x00", "1" * 5000, "２０２６-02-03", "-0", "nan", "1e9"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
JSONS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def holds_no_float(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(holds_no_float, value.values()))
    if isinstance(value, list):
        return all(map(holds_no_float, value))
    return not isinstance(value, float)


@st.composite
def answers_for(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Any item, with a valid application of which some answers are replaced by anything at all."""
    code = draw(st.sampled_from([i.code for i in shipped().items]))
    answers = fill_form(item(code), draw(st.integers(0, 50)))
    names = st.sampled_from([f.id for f in item(code).form]) | st.text(max_size=5)
    return code, answers | draw(st.dictionaries(names, JSONS, max_size=5))


@given(answers_for())
def test_whatever_is_answered_comes_to_values_without_floats_that_check_to_themselves(case):
    chosen, answers = item(case[0]), case[1]
    checked = check_form(chosen, answers, CONTEXT)
    assert holds_no_float(checked.values)
    json.dumps(checked.values, ensure_ascii=False, allow_nan=False).encode()
    again = check_form(chosen, checked.values, CONTEXT)
    assert again.values.items() >= checked.values.items()
    assert (
        again.values == checked.values or not checked.ok
    )  # a table that failed may be empty in the next round
    assert set(checked.values).isdisjoint(checked.errors)


@given(
    st.sampled_from(["string", "text", "person_name", "phone", "plate", "bank_account", "date", "datetime"]),
    TEXTS,
)
def test_text_of_any_type_that_is_taken_is_taken_again_as_it_is(type, answer):
    loose = small_item(
        field_body(type, pattern=".*") if type not in ("date", "datetime", "text") else field_body(type)
    )
    once = check_form(loose, {"x": answer}, CONTEXT).values
    assert check_form(loose, once, CONTEXT).values == once


@given(JSONS)
def test_answers_that_are_no_form_are_refused_and_not_fallen_over(answers):
    checked = check_form(item("MZ-005"), answers, FormContext(TODAY, divisions=frozenset({VILLAGE})))
    assert not checked.ok
