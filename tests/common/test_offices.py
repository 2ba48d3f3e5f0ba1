"""Offices: the tree that follows from the ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.offices import (
    Level,
    county_of,
    division,
    feeds_of,
    is_office,
    level,
    parent,
    serves,
    township_of,
    within,
)

offices = st.builds(
    "{}{}{}".format,
    st.sampled_from(["511322", "511323"]),
    st.sampled_from(["", "115", "115203", "115204", "116", "116203"]),
    st.sampled_from(["", "/MZ", "/M"]),
)


def above(office: str) -> list[str]:
    """The office and all that it lies in."""
    found = [office]
    while (step := parent(found[-1])) is not None:
        found.append(step)
    return found


@given(offices, offices)
def test_within_is_what_one_meets_on_the_way_up(office, other):
    assert within(office, other) == (other in above(office))


@pytest.mark.parametrize("nothing", ["", "5", "5113", "51132211"])
def test_no_office_lies_within_what_is_none(nothing):
    assert not within("511322115203", nothing)


@given(offices)
def test_every_office_ends_in_its_county(office):
    assert above(office)[-1] == county_of(office)
    assert is_office(office)


@given(offices)
def test_a_node_serves_its_division_and_the_units_of_it(office):
    assert serves(division(office), office)
    assert all(not serves(other, office) for other in above(office) if division(other) != division(office))


@pytest.mark.parametrize(
    ("office", "wanted", "township"),
    [
        ("511322", Level.COUNTY, None),
        ("511322/MZ", Level.COUNTY, None),
        ("511322115", Level.TOWNSHIP, "511322115"),
        ("511322115/MZ", Level.TOWNSHIP, "511322115"),
        ("511322115203", Level.VILLAGE, "511322115"),
    ],
)
def test_the_level_and_the_township_follow_from_the_code(office, wanted, township):
    assert (level(office), township_of(office)) == (wanted, township)


@given(offices)
def test_what_concerns_a_village_concerns_its_township(office):
    wanted = {division(office), township_of(office) or division(office)}
    assert feeds_of(office) == wanted


@pytest.mark.parametrize(
    "text", ["", "51132", "5113221", "511322/", "511322/mz", "511322115203/" + "A" * 13, 511322]
)
def test_what_is_no_office(text):
    assert not is_office(text)


def test_what_is_no_office_has_no_level():
    with pytest.raises(ValueError):
        level("5113")
