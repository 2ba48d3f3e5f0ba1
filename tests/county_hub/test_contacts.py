"""The strip of days: who was heard from when, across days, gaps and clocks that jump."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county_hub.nodes.contacts import DAYS, _moved, days_heard, note
from sync.hearsay import note as say
from tests.county import build_county


@pytest.fixture
def county(tmp_path):
    return build_county(tmp_path)


def shown(county, node) -> str:
    """The days as a line, the newest last; without the empty ones before."""
    return "".join("x" if heard else "." for _, heard in days_heard(county.hub)[node.id]).lstrip(".")


def speak(county, node) -> None:
    county.hub.store.peers.exchanged(node.id, county.hub.now(), "level")


def test_nothing_is_known_before_the_first_note(county):
    assert days_heard(county.hub) == {}


def test_a_day_counts_by_an_exchange_or_by_what_others_bring(county):
    note(county.hub)
    county.clock.forward(days=1)
    speak(county, county.township)
    note(county.hub)
    assert (shown(county, county.township), shown(county, county.village)) == ("xx", "x.")
    county.clock.forward(days=2)
    county.register(county.village)
    county.carry_up(county.village, county.township)
    county.carry_up(county.township, county.hub)
    note(county.hub)
    assert shown(county, county.village) == "x..x"
    assert shown(county, county.other_village) == "x..."
    assert county.hub.id not in days_heard(county.hub)


def test_a_day_counts_on_which_the_township_heard_it(county):
    note(county.hub)
    county.clock.forward(days=3)
    say(county.hub, county.township.id, county.township.office, {county.village.id: 26 * 60})
    note(county.hub)
    assert shown(county, county.village) == "x.x."
    county.clock.forward(days=1)
    speak(county, county.village)
    note(county.hub)
    note(county.hub)
    assert shown(county, county.village) == "x.x.x"


def test_a_day_long_past_of_which_the_township_speaks_is_left_out(county):
    note(county.hub)
    say(county.hub, county.township.id, county.township.office, {county.village.id: 40 * 24 * 60})
    note(county.hub)
    assert shown(county, county.village) == "x"


def test_a_second_note_of_a_day_writes_nothing(county):
    note(county.hub)
    written = county.hub.store.db.writes
    note(county.hub)
    assert county.hub.store.db.writes == written


def test_old_days_fall_off(county):
    note(county.hub)
    county.clock.forward(days=DAYS - 1)
    assert len(shown(county, county.village)) == DAYS
    county.clock.forward(days=1)
    assert shown(county, county.village) == ""
    county.clock.forward(days=100_000)
    assert shown(county, county.village) == ""


def test_a_clock_that_is_set_back_breaks_nothing(county):
    note(county.hub)
    county.clock.forward(days=-400)
    speak(county, county.village)
    note(county.hub)
    assert shown(county, county.village) == "x"


@given(st.integers(0, (1 << DAYS) - 1), st.integers(-5000, 5000))
def test_what_is_kept_never_grows(bits, days):
    assert 0 <= _moved(bits, days) < 1 << DAYS
