"""The ledger: positions, main lines, loose events, side branches, runs (design 4)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.events import Event, compose, decode
from common.keys import SigningKey, jws_sign
from common.store import Store, open_store
from common.store.holding import Stub
from tests.builders import ids_held

KEY = SigningKey(b"k" * 32)
ORIGIN = "abcdefghijkl/ABCDEFGH"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "a.db", bytes(32))
    yield opened
    opened.close()


def event(
    seq: int, prev: str | None, body: object = None, origin: str = ORIGIN, case: str | None = None
) -> Event:
    payload = compose(
        type="test.said",
        moves=False,
        origin=origin,
        seq=seq,
        prev=prev,
        at=1,
        seen=None,
        ref=None,
        actor=None,
        case=case,
        base=None,
        body={"x": body},
    ).payload
    return decode(payload, jws_sign(KEY, payload))


def line_of(count: int, origin: str = ORIGIN, body: object = None, start: Event | None = None) -> list[Event]:
    events: list[Event] = []
    seq, prev = (start.seq, start.id) if start else (0, None)
    for n in range(count):
        events.append(event(seq + n + 1, prev, [body, n], origin))
        prev = events[-1].id
    return events


def append(store: Store, *events: Event) -> None:
    with store.write():
        store.ledger.append(events)


def test_positions_are_given_without_gaps_in_the_order_of_appending(store: Store) -> None:
    events = line_of(5)
    append(store, *events[:2])
    append(store, *events[2:])
    assert [(one.pos, one.id) for one in store.ledger.log()] == [(n + 1, e.id) for n, e in enumerate(events)]
    assert store.ledger.pos() == 5


def test_a_line_comes_back_byte_for_byte(store: Store) -> None:
    events = line_of(3)
    append(store, *events)
    for one in events:
        assert store.ledger.line(one.id) == one.line
        assert store.ledger.get(one.id) == one
    assert store.ledger.get("0" * 64) is None


def test_an_append_outside_a_write_is_a_bug(store: Store) -> None:
    with pytest.raises(ValueError, match="transaction"):
        store.ledger.append(line_of(1))


def test_one_event_is_never_stored_twice(store: Store) -> None:
    """Lesson 22: uniqueness is a constraint of the database."""
    events = line_of(1)
    append(store, *events)
    with pytest.raises(Exception, match="UNIQUE"):
        append(store, *events)
    assert store.ledger.pos() == 1


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), cut=st.integers(1, 5))
def test_the_head_is_the_same_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int
) -> None:
    store = open_store(tmp_path_factory.mktemp("s") / "a.db", bytes(32))
    draw = random.Random(seed)
    events = line_of(12)
    shuffled = draw.sample(events, len(events))
    while shuffled:
        append(store, *shuffled[:cut])
        shuffled = shuffled[cut:]
    assert store.ledger.heads() == {ORIGIN: (12, events[-1].id)}
    assert [one.id for one in store.ledger.after(ORIGIN, 0, 1 << 20)] == [e.id for e in events]
    assert not any(one.side for one in store.ledger.log())
    store.close()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_of_two_lines_one_is_the_main_line_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    store = open_store(tmp_path_factory.mktemp("s") / "a.db", bytes(32))
    stem = line_of(3)
    left, right = line_of(4, body="left", start=stem[-1]), line_of(4, body="right", start=stem[-1])
    everything = random.Random(seed).sample([*stem, *left, *right], 11)
    for one in everything:
        append(store, one)
    seq, head = store.ledger.heads()[ORIGIN]
    main = left if left[-1].id == head else right
    assert (seq, head) == (7, main[-1].id)
    assert [one.id for one in store.ledger.after(ORIGIN, 0, 1 << 20)] == [e.id for e in (*stem, *main)]
    assert ids_held(store) == {e.id for e in everything}
    assert {one.id for one in store.ledger.sides(0, 1 << 20)} == {e.id for e in everything} - {
        e.id for e in (*stem, *main)
    }
    store.close()


def test_a_head_stops_at_a_gap_and_a_run_ends_there(store: Store) -> None:
    events = line_of(6)
    append(store, *events[:2], *events[3:])
    assert store.ledger.head(ORIGIN) == (2, events[1].id)
    assert [one.seq for one in store.ledger.after(ORIGIN, 0, 1 << 20)] == [1, 2]
    append(store, events[2])
    assert [one.seq for one in store.ledger.after(ORIGIN, 2, 1 << 20)] == [3, 4, 5, 6]


def test_a_run_is_bounded_in_bytes_but_has_at_least_one_event(store: Store) -> None:
    events = line_of(600)
    append(store, *events)
    size = len(events[1].line) + 1
    assert len(store.ledger.after(ORIGIN, 0, 1)) == 1
    assert len(store.ledger.after(ORIGIN, 0, size * 3 + 5)) == 3
    assert [one.seq for one in store.ledger.after(ORIGIN, 0, 1 << 30)] == list(range(1, 601))
    assert store.ledger.after(ORIGIN, 600, 1 << 30) == []
    assert store.ledger.after("mmmmmmmmmmmm/ABCDEFGH", 0, 1 << 30) == []


def test_a_stub_holds_its_place_and_the_head_goes_over_it(store: Store) -> None:
    first, lost, *rest = line_of(5)
    append(store, first)
    with store.write():
        store.stubs.record(
            Stub(lost.id, "abcdefghijkl", ORIGIN, 2, first.id, "event.float", lost.line, "peer", 1)
        )
    assert store.ledger.head(ORIGIN) == (2, lost.id)
    append(store, *rest)
    assert store.ledger.head(ORIGIN) == (5, rest[-1].id)
    assert [one.line for one in store.ledger.after(ORIGIN, 0, 1 << 20)] == [
        e.line for e in (first, lost, *rest)
    ]


def test_events_of_a_case_come_in_the_order_of_pos(store: Store) -> None:
    case = "c" * 64
    first = event(1, None, case=case)
    second = event(2, first.id, case="d" * 64)
    third = event(3, second.id, case=case)
    append(store, first, second, third)
    assert store.ledger.of_case(case) == [first, third]
    assert store.ledger.cases() == [case, "d" * 64]
    assert store.ledger.of_case("e" * 64) == []


Places = tuple[list[dict[str, dict[str, int]]], dict[str, dict[str, int]], list[list[str]]]


def places(store: Store, cases: list[str]) -> Places:
    ledger = store.ledger
    return (
        [ledger.places_after(pos) for pos in range(8)],
        ledger.places_of_cases(cases),
        [list(ledger.ids_after(pos)) for pos in range(8)],
    )


def test_inside_a_write_its_events_stand_where_everyone_finds_them_afterwards(store: Store) -> None:
    """What this process appends, another one has, was rolled back, belongs to cases old and new: all the same."""
    cases = ["c" * 64, "d" * 64, "e" * 64]
    other = open_store(store.path, bytes(32))
    chain: list[Event] = []
    for n, case in enumerate([None, *cases[:2], *cases, cases[0]]):
        chain.append(event(n + 1, chain[-1].id if chain else None, n, case=case))
    append(store, *chain[:2])
    append(other, chain[2])
    with pytest.raises(Exception, match="UNIQUE"):
        append(store, *chain[3:], chain[3])
    with store.write():
        store.ledger.append(chain[3:5])
        store.ledger.append(chain[5:])
        told = places(store, cases)
    assert told == places(store, cases) == places(other, cases)
    assert told[1] == {case: {one.id: one.seq for one in chain if one.case == case} for case in cases}
    other.close()


def test_what_a_rolled_back_write_gave_numbers_to_is_forgotten(store: Store) -> None:
    events = line_of(2, origin="bbbbbbbbbbbb/ABCDEFGH")
    with pytest.raises(Exception, match="UNIQUE"):
        append(store, *events, events[0])
    append(store, *line_of(1))
    append(store, *events)
    assert set(store.ledger.heads()) == {ORIGIN, "bbbbbbbbbbbb/ABCDEFGH"}
    assert [one.origin for one in store.ledger.log()] == [ORIGIN, *["bbbbbbbbbbbb/ABCDEFGH"] * 2]


def test_the_oldest_after_some_places_are_those_that_came_first_whatever_their_origin(store: Store) -> None:
    other = ORIGIN[:-1] + "Z"
    mine, theirs = line_of(4), line_of(3, other)
    append(store, *theirs[:2], *mine, theirs[2])
    found = store.ledger.oldest_after({ORIGIN: 1, other: 0}, 4)
    assert [one.id for one in found] == [theirs[0].id, theirs[1].id, mine[1].id, mine[2].id]
    assert [one.id for one in store.ledger.oldest_after({ORIGIN: 4, other: 2}, 4)] == [theirs[2].id]
    assert store.ledger.oldest_after({ORIGIN: 4}, 4) == store.ledger.oldest_after({}, 4) == []


def test_what_stands_loose_or_on_a_side_branch_is_not_among_the_oldest(store: Store) -> None:
    events = line_of(4)
    side = event(2, events[0].id, "another")
    append(store, *events[:2], side, events[3])
    assert [one.id for one in store.ledger.oldest_after({ORIGIN: 0}, 9)] == [e.id for e in events[:2]]
