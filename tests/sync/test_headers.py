"""Headers: what is written reads back; what is no header is refused by the key that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import AppError, BadInput, ProtocolMismatch
from sync import headers
from sync.headers import Answer, FeedSpan, Offer, Pull, Pulled, read_answer, read_offer

counts = st.integers(0, 2**53 - 1)
numbers = st.integers(1, 2**53 - 1)
ids = st.binary(min_size=32, max_size=32).map(bytes.hex)
short_ids = st.binary(min_size=8, max_size=8).map(bytes.hex)
origins = st.from_regex(r"[a-z2-7]{12}/[A-HJKMNP-TV-Z2-9]{8}", fullmatch=True)
epochs = st.from_regex(r"[A-HJKMNP-TV-Z2-9]{8}", fullmatch=True)
divisions = st.sampled_from(["511322", "511322115", "511322115203"])
codes = st.from_regex(r"[a-z]{1,8}\.[a-z_]{1,12}", fullmatch=True)
capabilities = st.from_regex(r"[A-Za-z0-9_-]{16,72}", fullmatch=True)
texts = st.text(max_size=20)


def rows(*parts: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[tuple[object, ...], ...]]:
    return st.lists(st.tuples(*parts), max_size=3).map(tuple)


offers = st.builds(
    Offer,
    request=numbers,
    digest=st.sampled_from(["", "47DEQpj8HBSa-_TImW-5JA"]),
    program=texts,
    epoch=st.none() | epochs,
    cursors=st.dictionaries(divisions, counts),
    pulls=st.lists(st.builds(Pull, origins, rows(counts, ids)), max_size=2).map(tuple),
    yours=st.none() | st.tuples(origins, counts, ids),
    ref=st.tuples(st.integers(1, 900), short_ids) | st.just((0, None)),
    seen=st.tuples(st.integers(1, 900), counts) | st.just((0, 0)),
    receipts=counts,
    papers=rows(ids, counts),
    need=st.lists(ids, max_size=3).map(tuple),
    track=st.lists(ids, max_size=3).map(tuple),
    health=st.dictionaries(texts, texts | st.integers(-(2**53) + 1, 2**53 - 1), max_size=3),
    max_bytes=counts,
    chain=st.lists(texts, max_size=2).map(tuple),
)
answers = st.builds(
    Answer,
    answers=numbers,
    epoch=epochs,
    newest=counts,
    program=texts,
    stranger=st.booleans(),
    refusal=st.none() | codes,
    heads=st.none() | st.dictionaries(origins, st.tuples(counts, ids), max_size=3),
    waiting=rows(ids, codes),
    refused=rows(st.none() | ids, codes),
    pulled=st.lists(
        st.builds(Pulled, origins, counts, st.integers(1, 99), ids)
        | st.builds(Pulled, origins, counts, st.just(0), st.just("")),
        max_size=2,
    ).map(tuple),
    ref=st.none() | st.tuples(counts, counts),
    feed=st.dictionaries(divisions, st.builds(FeedSpan, counts, counts, counts)),
    left=st.lists(ids, max_size=3).map(tuple),
    receipts=st.lists(texts, max_size=3).map(tuple),
    checkpoint=texts,
    wants=rows(ids, capabilities, counts),
    later=rows(ids, codes),
    gives=rows(ids, capabilities),
    arrived=st.lists(ids, max_size=3).map(tuple),
    more=st.booleans(),
)


@settings(max_examples=60)
@given(offers)
def test_an_offer_reads_back_as_it_was_written(offer: Offer):
    assert read_offer(json.loads(json.dumps(offer.as_json()))) == offer


@settings(max_examples=60)
@given(answers)
def test_an_answer_reads_back_as_it_was_written(answer: Answer):
    assert read_answer(json.loads(json.dumps(answer.as_json()))) == answer


def test_what_says_nothing_is_left_out():
    assert Offer(request=3).as_json() == {"v": 1, "request": 3}
    assert Answer(answers=3, epoch="AAAAAAAA").as_json() == {"v": 1, "answers": 3, "epoch": "AAAAAAAA"}


def test_heads_are_there_whenever_the_digest_differs():
    assert Answer(answers=3, epoch="AAAAAAAA", heads={}).as_json()["heads"] == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_any_other_json_is_refused_and_nothing_else_happens(value: object):
    for read in (read_offer, read_answer):
        with pytest.raises(BadInput):
            read(value)


def wrong_key(read: Callable[[object], object], raw: object) -> object:
    """The key that a header is refused by; None if it is read."""
    try:
        read(raw)
    except BadInput as wrong:
        return wrong.detail["key"]
    return None


@given(st.sampled_from(sorted({*Offer(1).__slots__, *Answer(1, "").__slots__, "max"})), json_values)
def test_a_wrong_value_is_named_by_its_key(key: str, value: object):
    for read, base in (
        (read_offer, {"v": 1, "request": 1}),
        (read_answer, {"v": 1, "answers": 1, "epoch": "AAAAAAAA"}),
    ):
        assert wrong_key(read, {**base, key: value}) in (key, None)


@pytest.mark.parametrize("read", [read_offer, read_answer])
def test_another_version_is_a_mismatch(read):
    with pytest.raises(ProtocolMismatch) as other:
        read({"v": headers.VERSION + 1})
    assert other.value.detail == {"theirs": 2, "ours": 1}


def test_unknown_keys_are_ignored():
    assert read_offer({"v": 1, "request": 1, "later": [1]}) == Offer(request=1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("need", ["0" * 64] * 65),
        ("chain", ["a"] * 3),
        ("pulls", [["a" * 12 + "/ABCDEFGH", [[1, "0" * 64]] * 65]]),
        ("health", {str(n): n for n in range(17)}),
        ("request", 2**53),
        ("request", True),
        ("cursors", {"511322/MZ": 1}),
        ("yours", ["a" * 12 + "/ABCDEFGH", 1]),
    ],
)
def test_everything_is_bounded(key: str, value: object):
    with pytest.raises(AppError) as wrong:
        read_offer({"v": 1, "request": 1, key: value})
    assert wrong.value.detail["key"] == key
