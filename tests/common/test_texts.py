"""Every error has a sentence that a person can act on."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import AppError, BadInput, CommandRefused
from common.texts import DEFAULT, ROLES, STATES, TEXTS, say, words


def test_the_sentence_names_the_details():
    assert words(BadInput("citizen_id.length", length=17)) == (
        "身份证号应是 18 位,现在是 17 位。请对照证件再看一次。"
    )


def test_a_code_without_a_sentence_of_its_own_says_the_code_and_what_to_do():
    said = words(CommandRefused("case.unheard_of"))
    assert "case.unheard_of" in said
    assert "技术员" in said


@given(
    st.sampled_from(sorted(TEXTS)), st.dictionaries(st.text(max_size=5), st.text(max_size=300), max_size=3)
)
def test_no_missing_or_strange_detail_makes_an_error_of_an_error(code, detail):
    error = AppError(code)
    error.detail = detail
    assert words(error)


def test_a_detail_is_filled_in_as_it_is_and_never_read_as_a_template():
    assert "{0.__class__} {code} %s" in words(BadInput("clock.bad_time", text="{0.__class__} {code} %s"))


def test_a_detail_that_is_missing_reads_unknown():
    assert "未知" in words(BadInput("citizen_id.length"))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (date(2026, 3, 9), "2026年3月9日"),
        (["身份证", "户口簿"], "身份证、户口簿"),
        (True, "是"),
        (0, "0"),
        ("RECEIVED", STATES["RECEIVED"]),
        ("clerk", ROLES["clerk"]),
        ("", "未知"),
    ],
)
def test_details_read_as_people_write_them(value, said):
    assert say("clock.bad_time", {"text": value}).startswith(f"看不懂这个时间:{said}。")


def test_a_long_detail_is_cut():
    assert len(say("clock.bad_time", {"text": "长" * 5000})) < 250


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_each_code_is_dotted_and_each_sentence_is_one(code):
    room, dot, name = code.partition(".")
    assert dot
    assert room.replace("_", "").isalnum()
    assert name.replace("_", "").replace(".", "").isalnum()
    assert TEXTS[code].endswith(("。", "。」", ")", "?")), "a sentence ends"
    for _, field, spec, conversion in string.Formatter().parse(TEXTS[code] + DEFAULT):
        assert not spec
        assert not conversion
        assert field is None or field.isidentifier(), "names alone: no attributes, no indexes"


def test_every_state_of_the_contract_and_every_role_has_its_name():
    assert len(STATES) == 20  # those of the contract, and a grant that was revoked
    assert set(ROLES) == {"agent", "clerk", "lead", "window", "chief", "operator", "supervisor", "technician"}
