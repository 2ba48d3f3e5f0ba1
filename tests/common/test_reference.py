"""The reference ledger as a value: what does not depend on the order in which a township's own words come."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from common.events import Event
from common.node.references import copied
from tests.builders import COUNTY, TOWNSHIP, VILLAGE, World

Ends = Callable[[World, str], list[Event]]
A, B, C, D = (letter * 64 for letter in "abcd")


def by_the_county(world: World, officer: str) -> list[Event]:
    return [world.publish("officer.ended", of=officer)]


def by_the_township(world: World, officer: str) -> list[Event]:
    return [world.write(world.streams[TOWNSHIP], "officer.ended", {"of": officer})]


def twice(world: World, officer: str) -> list[Event]:
    return [*by_the_township(world, officer), *by_the_township(world, officer)]


def in_another_epoch(world: World, officer: str) -> list[Event]:
    world.new_epoch(TOWNSHIP, "NEWEPQCH")
    return by_the_township(world, officer)


def by_both(world: World, officer: str) -> list[Event]:
    return [*by_the_township(world, officer), *by_the_county(world, officer)]


@pytest.mark.parametrize("ends", [by_the_county, by_the_township, twice, in_another_epoch, by_both])
def test_an_appointment_ends_the_same_in_whatever_order_it_and_its_ends_come(ends: Ends):
    """Invariant 2: a node may hear of the end before it hears of the appointment."""
    world = World.new()
    before = copied(world.reference)
    body = {"name": "新代办员", "office": VILLAGE, "role": "agent"}
    made = world.write(world.streams[TOWNSHIP], "officer.appointed", body)
    written = [made, *ends(world, made.id)]
    seen = []
    for order in permutations(written):
        reference = copied(before)
        for event in order:
            reference.apply(event)
        seen.append(reference.appointments[made.id])
    assert len(set(seen)) == 1
    assert seen[0].ended


def test_nobody_else_ends_an_appointment():
    world = World.new()
    agent = world.officers["agent"]
    for stream in (world.streams[VILLAGE], world.streams[COUNTY]):
        world.reference.apply(world.write(stream, "officer.ended", {"of": agent.id}))
    assert not world.reference.appointments[agent.id].ended


def test_the_newest_address_of_the_hub_counts_and_what_is_none_has_no_effect():
    world = World.new()
    assert world.reference.address is None
    world.publish("hub.addressed", url="http://10.0.0.1:8080")
    world.publish("hub.addressed", url="https://hub.example.org")
    for wrong in (
        "hub.example.org",
        "https://hub.example.org/x",
        "https://a@b",
        "file:///etc/passwd",
        7,
        "http://" + "h" * 128,
    ):
        world.publish("hub.addressed", url=wrong)
    assert world.reference.address == "https://hub.example.org"
    assert world.reference.addresses == ["http://10.0.0.1:8080", "https://hub.example.org"]


def test_what_was_found_out_of_acts_alike_is_forgotten_with_the_next_event_and_in_a_copy():
    world = World.new()
    question = ("case.noted", None, TOWNSHIP, "abcdefghijkl/ABCDEFGH", None)
    world.reference.remember_standing(question, ("act.no_actor", frozenset()))
    assert copied(world.reference).standings == {}
    assert question in world.reference.standings
    world.publish("hub.addressed", url="http://10.0.0.1:8080")
    assert world.reference.standings == {}


def test_a_later_word_on_a_revoked_node_lets_more_of_it_count_and_never_less():
    world = World.new()
    node, origin = world.streams[VILLAGE].node, world.streams[VILLAGE].origin
    other = f"{node}/NEWEPQCH"
    for said, counts in [
        ({origin: [5, A]}, {origin: 5}),
        ({origin: [9, B], other: [2, C]}, {origin: 9, other: 2}),
        ({origin: [3, D]}, {origin: 9, other: 2}),
        ({origin: [True, A], other: 7}, {origin: 9, other: 2}),
    ]:
        word = world.publish("node.revoked", node=node, cuts=said)
        assert world.reference.nodes[node].cuts == counts
        assert world.reference.revoked[node] == word.id
    assert world.reference.nodes[node].lasts == {origin: {(5, A), (9, B), (3, D)}, other: {(2, C)}}


def test_of_the_words_on_a_single_record_the_newest_counts_whatever_its_number():
    world = World.new()
    stream = world.streams[VILLAGE]
    early, late = (world.write(stream, "epoch.opened", {"tips": []}) for _ in range(2))
    world.publish("node.revoked", node=stream.node, cuts={stream.origin: [early.seq, early.id]})
    assert [world.reference.cut(event) for event in (early, late)] == [False, True]
    for said, cut in [
        ({early.id: False, late.id: True}, [True, False]),
        ({early.id: True}, [False, False]),
        ({late.id: "yes"}, [False, False]),
        ({late.id: False}, [False, True]),
    ]:
        world.publish("node.revoked", node=stream.node, cuts={}, records=said)
        assert [world.reference.cut(event) for event in (early, late)] == cut
