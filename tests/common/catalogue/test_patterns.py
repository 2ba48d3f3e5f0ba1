"""Patterns that came with the catalogue: whole values are matched, and none of them can keep the machine busy."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalogue.field_types import ACCOUNT_PATTERN, NAME_PATTERN, PHONE_PATTERN, PLATE_PATTERN
from common.catalogue.patterns import compile_pattern, matches
from common.catalogue.sample_text import matching
from tests.builders_forms import shipped

SHIPPED = sorted({f.pattern for item in shipped().items for f in item.form if f.pattern})
OURS = [NAME_PATTERN, PHONE_PATTERN, ACCOUNT_PATTERN, PLATE_PATTERN]


@pytest.mark.parametrize("pattern", [*SHIPPED, *OURS])
def test_the_patterns_in_use_are_let_pass(pattern):
    compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b", "(a|a)*b", "(a|aa)+b", "(?:a*)*b", "(ab){2,9}", "a*a*a*a*b", "a?" * 25 + "a" * 25, "(a|b)" * 20,
        r"(a)\1", "(?=a)a", "(?!a)b", "(?<=a)b", "(?P<n>a)", "(?i)a", "[a", "a{99999999999}", "*a", "a" * 201,
    ],
)  # fmt: skip
def test_a_pattern_that_could_run_for_ever_or_is_none_is_refused(pattern):
    with pytest.raises(ValueError, match="格式规则"):
        compile_pattern(pattern)


def test_a_pattern_must_match_the_whole_value():
    assert matches(r"^\d{3}$", "123")
    assert not matches(r"^\d{3}$", "123\n")
    assert not matches(r"\d{3}", "1234")
    assert not matches(r"\d{3}", "１２３")


def test_what_is_longer_than_we_match_does_not_match():
    assert matches("a*", "a" * 200)
    assert not matches("a*", "a" * 201)


PIECES = st.sampled_from(
    ["a", "b", r"\d", "[ab]", ".", "?", "*", "+", "{2}", "{1,3}", "{2,}", "(", ")", "|", "(?:"]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_pattern_that_is_let_pass_takes_long(pattern):
    try:
        compile_pattern(pattern)
    except ValueError:
        return
    started = time.perf_counter()
    matches(pattern, "a" * 199 + "!")
    matches(pattern, "ab" * 100)
    assert time.perf_counter() - started < 2


@given(st.sampled_from([*SHIPPED, *OURS, "[^a]b?", "(x|yz)?w{2,}", "a|b|", r"\.[.+]"]), st.integers())
def test_a_sample_for_a_pattern_matches_it(pattern, seed):
    assert matches(pattern, matching(random.Random(seed).randrange, pattern))
