"""When a child took an entry of its feed: by the moves of its cursor that are kept."""

from __future__ import annotations

import pytest

from common.readings import MOST, note, taken
from common.store import open_store


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "node.db", bytes(32))
    yield store
    store.close()


def test_an_entry_was_taken_with_the_first_move_that_covers_it(store):
    for number, at in ((3, 100), (7, 200), (9, 300)):
        note(store, "child", "EPOCH", number, at)
    assert [taken(store, "child", "EPOCH", n) for n in (1, 3, 4, 7, 8, 9, 10)] == [
        100,
        100,
        200,
        200,
        300,
        300,
        None,
    ]
    assert taken(store, "other", "EPOCH", 1) is None


def test_a_new_epochs_numbers_begin_again(store):
    note(store, "child", "EPOCH", 3, 100)
    assert taken(store, "child", "LATER", 1) is None
    note(store, "child", "LATER", 1, 200)
    assert taken(store, "child", "EPOCH", 1) is None
    assert taken(store, "child", "LATER", 1) == 200


def test_few_moves_are_kept_and_of_what_came_before_them_no_time_is_said(store):
    for number in range(1, MOST + 2):
        note(store, "child", "EPOCH", number, number * 10)
    assert taken(store, "child", "EPOCH", 1) is None
    assert taken(store, "child", "EPOCH", 3) == 30
    assert taken(store, "child", "EPOCH", MOST + 1) == (MOST + 1) * 10
