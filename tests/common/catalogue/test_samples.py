"""Made-up applications: valid for every item on any day, the same for the same draws, and of nobody."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalogue.amounts import age_on
from common.catalogue.field_types import FormContext
from common.catalogue.forms import check_form
from common.catalogue.samples import made_up_person
from common.catalogue.showing import as_read, as_typed
from common.ids import parse_citizen_id
from tests.builders_forms import TODAY, VILLAGE, fill_form, item, shipped

CODES = [each.code for each in shipped().items]
DAYS = st.dates(date(2009, 1, 1), date(2035, 12, 31))


@given(st.sampled_from(CODES), st.integers(0, 10**6), DAYS)
def test_a_sample_of_any_item_passes_on_any_day_as_it_is(code, seed, day):
    answers = fill_form(item(code), seed, today=day)
    checked = check_form(item(code), answers, FormContext(day, divisions=frozenset({VILLAGE})))
    assert (checked.errors, checked.warnings) == ({}, {})
    assert checked.values == answers


@given(st.sampled_from(CODES), st.integers(0, 10**6))
def test_what_a_page_shows_of_a_value_is_typed_back_into_the_same(code, seed):
    chosen = item(code)
    values = fill_form(chosen, seed)
    typed = {f.id: as_typed(f, values[f.id]) for f in chosen.form if f.id in values}
    assert check_form(chosen, typed, FormContext(TODAY)).values == values


@given(st.sampled_from(CODES), st.integers(0, 10**6))
def test_every_value_can_be_read_by_people(code, seed):
    chosen = item(code)
    values = fill_form(chosen, seed)
    for f in chosen.form:
        if f.id in values and values[f.id] != []:
            assert as_read(f, values[f.id])


@pytest.mark.parametrize("code", CODES)
def test_every_field_of_every_item_is_filled_in_some_sample(code):
    filled = {field for seed in range(40) for field in fill_form(item(code), seed)}
    assert filled == {f.id for f in item(code).form}


def test_the_same_seed_gives_the_same_application_and_another_one_another():
    assert fill_form(item("MZ-005"), 7) == fill_form(item("MZ-005"), 7)
    assert len({str(fill_form(item("MZ-005"), seed)) for seed in range(50)}) == 50


@given(st.integers(), DAYS, st.integers(0, 90), st.integers(0, 20))
def test_a_made_up_person_has_the_age_asked_for_and_a_number_of_nobody(seed, day, youngest, more):
    person = made_up_person(random.Random(seed).randrange, day, (youngest, youngest + more))
    assert youngest <= age_on(person.birth, day) <= youngest + more
    assert person.id_number.startswith("511399")
    assert parse_citizen_id(person.id_number, day).birth == person.birth


def test_amounts_and_days_are_read_as_people_say_them():
    aid, fire = item("MZ-003"), item("LY-003")
    assert as_read(aid.field("amount"), 85_050) == "850.50 元"
    assert as_read(aid.field("poverty_cause"), "illness") == aid.field("poverty_cause").option_name("illness")
    assert as_read(fire.field("start"), "2026-03-04T09:05") == "2026年3月4日 09:05"
    assert as_read(item("MZ-001").field("vehicle"), False) == "否"
