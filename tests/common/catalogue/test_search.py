"""Finding an item as people do: by word, pinyin, initials, another name, an occasion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalogue.items import Item
from common.catalogue.search import IndexEntry, by_occasion, search
from tests.builders_forms import item_body, shipped

ENTRIES = [IndexEntry.of(item) for item in shipped().items]


def first(query: str) -> str:
    return next(iter(search(ENTRIES, query)), "")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("gljt", "MZ-005"), ("GLJT", "MZ-005"), ("ｇｌｊｔ", "MZ-005"), ("gaoling", "MZ-005"), ("gaoljt", "MZ-005"),
        ("高龄", "MZ-005"), ("津贴", "MZ-005"), ("高龄津贴申领", "MZ-005"), ("mz-005", "MZ-005"), ("MZ005", "MZ-005"),
        ("低保", "MZ-001"), ("dibao", "MZ-001"), ("残疾补贴", "MZ-006"), ("身份证", "GA-001"), ("sfz", "GA-001"),
        ("宅基地 建房", "ZR-001"), ("烧荒", "LY-003"), ("kaizhengming", "CW-001"), ("lvyuan", "SF-001"), ("护照", ""),
    ],
)  # fmt: skip
def test_what_people_type_finds_what_they_mean(query, code):
    assert first(query) == code


@pytest.mark.parametrize(
    ("query", "code"), [("gaolin", "MZ-005"), ("sengfenzen", "GA-001"), ("canji zen", "CL-001")]
)
def test_sounds_that_southern_speakers_do_not_tell_apart_still_find_it(query, code):
    assert code in search(ENTRIES, query)


def test_every_word_must_fit():
    assert search(ENTRIES, "高龄 养老") == ["MZ-005"]
    assert search(ENTRIES, "高龄 盖房子") == []


def test_an_occasion_finds_its_items():
    assert {"MZ-005", "RS-001"} <= set(search(ENTRIES, "养老"))


def test_the_name_itself_goes_before_other_names_and_parts():
    found = search(ENTRIES, "居住证")
    assert found[0] == "GA-004"


def test_nothing_typed_finds_nothing_and_the_limit_holds():
    assert search(ENTRIES, "  ") == []
    assert len(search(ENTRIES, "申", limit=3)) == 3


def test_an_item_without_pinyin_is_found_by_its_words():
    entries = [IndexEntry.of(Item.from_body(item_body(name="高龄津贴申领")))]
    assert search(entries, "高龄") == ["XX-001"]
    assert search(entries, "gljt") == []


def test_occasions_come_in_the_order_asked_for_and_without_empty_ones():
    order = ["盖房子", "出国", "养老"]
    found = by_occasion(ENTRIES, order)
    assert list(found)[:2] == ["盖房子", "养老"]
    assert "MZ-005" in found["养老"]


@given(st.text(max_size=60))
def test_any_query_is_answered_with_items_each_once(query):
    found = search(ENTRIES, query)
    assert len(set(found)) == len(found) <= 20


@given(st.sampled_from(shipped().items), st.data())
def test_any_run_of_initials_finds_the_item(item, data):
    start = data.draw(st.integers(0, len(item.initials) - 2))
    end = data.draw(st.integers(start + 2, len(item.initials)))
    assert item.code in search(ENTRIES, item.initials[start:end], limit=len(ENTRIES))
