"""When a township last heard its villages: told upward once an hour at most, by age, and of its own alone."""

from __future__ import annotations

from common.node import Node
from sync.hearsay import MOST, hearsay, note, to_tell, told
from tests.sync.linked import Linked

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def minutes_ago(hub: Node, node: Node) -> int:
    return (hub.now() - hearsay(hub)[node.id]) // MINUTE_MS


def test_the_county_hears_of_a_village_through_its_township(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    c.clock.forward(hours=5)
    linked.sync(c.township, c.hub)
    assert minutes_ago(c.hub, c.village) == 300
    c.clock.forward(hours=1)
    assert minutes_ago(c.hub, c.village) == 360


def test_what_was_said_is_said_again_when_it_is_an_hour_newer_and_no_sooner(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    linked.sync(c.township, c.hub)
    assert to_tell(c.township, c.hub.id) == {}
    c.clock.forward(hours=0.9)
    linked.sync(c.village, c.township)
    assert to_tell(c.township, c.hub.id) == {}
    c.clock.forward(hours=0.2)
    linked.sync(c.village, c.township)
    assert to_tell(c.township, c.hub.id) == {c.village.id: 0}


def test_beside_events_a_village_is_named_once_a_day(linked: Linked):
    c = linked.county
    linked.level()
    for hours, named in ((2, False), (20, False), (3, True)):
        c.clock.forward(hours=hours)
        c.register(c.village)
        linked.sync(c.village, c.township)
        linked.sync(c.township, c.hub)
        assert (minutes_ago(c.hub, c.village) == 0) is named


def test_beside_events_one_village_is_named_at_a_time(linked: Linked):
    c = linked.county
    linked.level()
    c.clock.forward(hours=30)
    linked.sync(c.village, c.township)
    linked.sync(c.village_2, c.township)
    assert len(to_tell(c.township, c.hub.id)) == 2
    assert len(to_tell(c.township, c.hub.id, busy=True)) == 1


def test_what_a_lost_answer_leaves_unsaid_is_said_again(linked: Linked):
    c = linked.county
    linked.level()
    c.clock.forward(hours=2)
    linked.sync(c.village, c.township)
    assert linked.sync(c.township, linked.link(c.hub, "cut", "cut", "cut")).result == "cut"
    assert c.village.id in to_tell(c.township, c.hub.id)
    linked.sync(c.township, c.hub)
    assert to_tell(c.township, c.hub.id) == {}


def test_a_townships_wrong_clock_makes_no_village_older_or_newer(linked: Linked):
    c = linked.county
    away = [0]
    c.township._clock = lambda: c.clock() + away[0]
    linked.level()
    for years in (-20, 20, 0):
        away[0] = years * 365 * 24 * HOUR_MS
        c.clock.forward(hours=2)
        linked.sync(c.village, c.township)
        c.clock.forward(hours=3)
        linked.sync(c.township, c.hub)
        assert minutes_ago(c.hub, c.village) == 180


def test_a_clock_set_back_since_the_contact_says_nothing_of_it(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    c.clock.forward(hours=-400)
    assert c.village.id not in to_tell(c.township, c.hub.id)


def test_few_are_named_at_once_and_the_others_the_next_time(linked: Linked):
    c = linked.county
    more = [c.enrol(f"village-1{i}", c.village.office, c.township) for i in range(MOST + 1)]
    linked.level()
    c.clock.forward(hours=2)
    for node in more:
        c.township.store.peers.exchanged(node.id, c.township.now(), "level")
    for left in (MOST, 1, 0):
        said = to_tell(c.township, c.hub.id)
        assert len(said) == left
        told(c.township, c.hub.id, said, lost_past=False)


def test_a_parent_that_lost_its_past_is_told_again(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    linked.sync(c.township, c.hub)
    told(c.township, c.hub.id, {}, lost_past=True)
    assert to_tell(c.township, c.hub.id)[c.village.id] == 0


def test_a_village_has_nothing_to_tell(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    assert to_tell(c.village, c.township.id) == {}


def test_nobody_speaks_for_another_townships_village_or_for_one_taken_out_of_service(linked: Linked):
    c = linked.county
    cuts = {
        origin: head
        for origin, head in c.hub.store.ledger.heads().items()
        if origin.startswith(c.village_2.id)
    }
    c.hub.publish("node.revoked", {"node": c.village_2.id, "cuts": cuts, "reason": "坏了"})
    others = (
        c.other_village.id,
        c.other_township.id,
        c.hub.id,
        c.township.id,
        c.village_2.id,
        "nobodynobody",
    )
    before = hearsay(c.hub)
    note(c.hub, c.township.id, c.township.office, dict.fromkeys(others, 0))
    assert hearsay(c.hub) == before
    note(c.hub, c.township.id, c.township.office, {c.village.id: 2**50})
    assert hearsay(c.hub) == before
