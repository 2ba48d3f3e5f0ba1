"""Taking in: what comes early, twice, unreadable, forged, forked, or from a node that was cut off (design 4, 5)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from common.case.commands import AcceptCase, AddNote
from common.case.decide import Author
from common.errors import BadInput, CommandRefused
from common.events import Event, event_id
from common.keys import SigningKey, jws_sign
from common.node import Node
from common.node.touching import touched
from common.store import open_store
from county_hub.nodes.rulings import revoke, rule
from tests.builders import ids_held, refused
from tests.county import STORE_KEY, County, chance
from tests.forger import Forger


def up(county: County, *lines: bytes) -> Any:
    return county.township.take(lines, county.village.id, upward=True)


# -- early and twice


def test_events_in_any_order_and_repeated_end_in_one_gapless_line(county: County) -> None:
    """Lesson 21, invariant 1."""
    forger = Forger(county.village)
    lines = [forger.write(body={"n": n}).line for n in range(12)]
    shuffled = random.Random(7).sample(lines, len(lines)) * 2
    for line in shuffled:
        up(county, line)
    ledger = county.township.store.ledger
    assert ledger.head(forger.origin) == (forger.seq, forger.head)
    assert [one.line for one in ledger.after(forger.origin, forger.seq - 12, 1 << 20)] == lines
    assert county.township.store.waiting.count() == 0
    assert [one.pos for one in ledger.log()] == list(range(1, ledger.pos() + 1))


def test_an_early_event_waits_in_a_visible_table_until_its_predecessor_comes(county: County) -> None:
    forger = Forger(county.village)
    first, second, third = (forger.write(body={"n": n}) for n in range(3))
    taken = up(county, third.line, second.line)
    assert taken.waiting == ((third.id, "wait.prev"), (second.id, "wait.prev"))
    assert {held.needs for held in county.township.store.waiting.list()} == {first.id, second.id}
    assert up(county, third.line).known == (third.id,)
    taken = up(county, first.line)
    assert set(taken.new) == {first.id, second.id, third.id}
    assert county.township.status().waiting == 0


def test_an_event_waits_for_the_reference_event_that_its_author_knew(county: County) -> None:
    """Whether an author could do an act is judged at the event's own ``ref``: without it nothing can be judged."""
    ref = county.hub.publish("rules.switched", {"edition": 1})
    forger = Forger(county.village)
    event = forger.write(ref=ref.id)
    assert up(county, event.line).waiting == ((event.id, "wait.ref"),)
    taken = county.township.take([ref.line], county.hub.id, upward=False)
    assert set(taken.new) == {ref.id, event.id}


def test_an_event_of_an_unknown_node_waits_until_the_node_is_enrolled(county: County) -> None:
    """A relay may hear of a new village's acts before it hears of the village."""
    key = SigningKey(b"n" * 32)
    stranger = Node.create(
        open_store(county.folder / "new.db", STORE_KEY), county.clock, chance("new"), root=county.root.kid
    )
    forger = Forger(stranger, key=stranger.signing_key)
    good = forger.write("epoch.opened", {"tips": [], "device": "ABCD"}, ref=county.township.reference.head)
    forged = Forger(stranger, key=key).write("epoch.opened", {"tips": [], "device": "WXYZ"}, ref=None)
    taken = up(county, good.line, forged.line)
    assert {reason for _, reason in taken.waiting} == {"wait.node"}
    keys = {"sign": stranger.signing_key.public_jwk(), "seal": stranger.seal_key.public_jwk()}
    office = county.hub.reference.offices
    home = next(
        o
        for o in sorted(office)
        if o.startswith(county.township.office) and o not in {n.office for n in county.nodes}
    )
    enrolled = county.hub.publish(
        "node.enrolled", {"node": stranger.id, "office": home, "name": "新", **keys}
    )
    taken = county.township.take([enrolled.line], county.hub.id, upward=False)
    assert set(taken.new) == {enrolled.id, good.id}
    assert taken.refused == ((forged.id, "event.bad_signature"),)
    assert county.township.store.waiting.count() == 0


def test_what_came_before_the_opening_of_the_reference_ledger_goes_on_with_it(county: County) -> None:
    """A relay, or a stick, may hand down the first page last."""
    lines = [event.line for event in county.hub.store.ledger.reference()]
    store = open_store(county.folder / "new.db", STORE_KEY)
    node = Node.create(store, county.clock, chance("new"), root=county.root.kid)
    assert {reason for _, reason in node.take(lines[1:], county.township.id, upward=False).waiting} == {
        "wait.node"
    }
    node.take(lines[:1], county.township.id, upward=False)
    assert (node.reference.size, store.waiting.count()) == (len(lines), 0)
    store.close()


def test_a_payload_under_anothers_signature_that_came_first_does_not_keep_the_event_out(
    county: County,
) -> None:
    """Invariant 5: of a node not known yet no signature can be checked; the good line takes the place of the other."""
    reference = [event.line for event in county.hub.store.ledger.reference()]
    good = next(event for event in county.township.store.ledger.of_type("officer.appointed") if event.ref)
    forged = jws_sign(county.village.signing_key, good.payload).encode() + b" " + good.payload
    store = open_store(county.folder / "new.db", STORE_KEY)
    node = Node.create(store, county.clock, chance("new"), root=county.root.kid)
    assert dict(node.take([forged], county.township.id, upward=False).waiting) == {good.id: "wait.node"}
    node.take([*reference, good.line], county.hub.id, upward=False)
    assert store.ledger.line(good.id) == good.line
    assert store.waiting.count() == 0
    store.close()


def test_the_reference_ledger_is_taken_in_order_only(county: County) -> None:
    events = county.hub.publish_many([("rules.switched", {"edition": n}) for n in range(4)])
    township = county.township
    for event in (events[2], events[3], events[1]):
        assert township.take([event.line], county.hub.id, upward=False).waiting == ((event.id, "wait.prev"),)
    township.take([events[0].line], county.hub.id, upward=False)
    assert township.reference.head == county.hub.reference.head
    assert list(township.reference.positions) == list(county.hub.reference.positions)


def test_a_selection_from_above_may_have_gaps(county: County) -> None:
    forger = Forger(county.township)
    first, second, third = (forger.write(body={"n": n}) for n in range(3))
    village = county.village
    taken = village.take([third.line], county.township.id, upward=False)
    assert taken.new == (third.id,)
    assert village.store.ledger.at(forger.origin, third.seq) is None
    # when what is missing comes, the line closes over what stood loose
    missing = county.township.store.ledger.after(forger.origin, 0, 1 << 20)
    village.take([*(one.line for one in missing), first.line, second.line], county.township.id, upward=False)
    assert village.store.ledger.head(forger.origin) == (third.seq, third.id)


# -- unreadable


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b'"body":{}', b'"body":{"x":1.5}'), "event.float"),
        ((b'"body":{}', b'"body":{"x":1,"x":2}'), "event.duplicate_key"),
        ((b'"v":1', b'"v":2'), "event.unknown_version"),
        ((b'"body":{}', b'"body":{},"more":1'), "event.wrong_keys"),
        ((b'"type":"test.said"', b'"type":7'), "event.wrong_value"),
    ],
)
def test_what_cannot_be_read_becomes_a_stub_and_the_origin_goes_on(
    county: County, change: tuple[bytes, bytes], code: str
) -> None:
    """Design 4, lessons 14 and 23: one bad item is set aside with its reason, the rest flows."""
    forger = Forger(county.village)
    good = forger.write()
    payload = Forger(county.village, origin=forger.origin).write(seq=forger.seq + 1, prev=forger.head).payload
    stub, line = forger.unreadable(payload.replace(*change))
    after = [forger.write(body={"n": n}) for n in range(2)]
    taken = up(county, good.line, line, *(event.line for event in after))
    assert taken.stubs == ((stub, code),)
    assert set(taken.new) == {good.id, *(event.id for event in after)}
    ledger = county.township.store.ledger
    assert ledger.head(forger.origin) == (forger.seq, forger.head)
    # its bytes are in quarantine, and go on unchanged, so that the county makes the same stub
    run = [one.line for one in ledger.after(forger.origin, good.seq - 1, 1 << 20)]
    assert run == [good.line, line, *(event.line for event in after)]
    taken = county.hub.take(run, county.township.id, upward=True)
    assert taken.stubs == ((stub, code),)
    assert county.hub.store.ledger.head(forger.origin) == (forger.seq, forger.head)
    assert county.township.verify()[2] is None


def test_a_stub_without_a_readable_place_gets_it_from_what_follows(county: County) -> None:
    forger = Forger(county.village)
    stub, line = forger.unreadable(b"nothing that can be read")
    follower = forger.write()
    taken = up(county, line, follower.line)
    assert (taken.stubs, taken.new) == (((stub, "event.not_json"),), (follower.id,))
    assert county.township.store.ledger.head(forger.origin) == (follower.seq, follower.id)
    kept = county.township.store.stubs.get(stub)
    assert kept is not None
    assert (kept.origin, kept.seq, kept.line) == (forger.origin, follower.seq - 1, line)


@pytest.mark.parametrize("main", ["event", "stub"])
@pytest.mark.parametrize("rival", ["stub", "stub without a place"])
def test_a_stub_beside_the_main_line_breaks_no_chain(county: County, main: str, rival: str) -> None:
    """Lesson 18: two copies of a machine, of which one runs a newer program, or has a broken disk."""
    one, two = Forger(county.village), Forger(county.village)
    plain = Forger(county.village).write().payload
    newer, newest = (plain.replace(b'"v":1', version) for version in (b'"v":2', b'"v":3'))
    first = one.write().line if main == "event" else one.unreadable(newest)[1]
    beside = two.unreadable(newer if rival == "stub" else b"nothing that can be read")[1]
    up(county, first, one.write(body={"copy": 1}).line, beside, two.write(body={"copy": 2}).line)
    county.carry_up(county.township, county.hub)
    for node in (county.township, county.hub):
        assert node.store.ledger.head(one.origin) == (one.seq, one.head)
        assert node.verify()[2] is None


def test_an_event_that_lies_about_its_place_holds_up_nobody(county: County) -> None:
    forger = Forger(county.village)
    lie = forger.write(seq=forger.seq + 40)
    assert up(county, lie.line).stubs == ((lie.id, "event.broken_chain"),)
    honest = Forger(county.village).write()
    assert up(county, honest.line).new == (honest.id,)


def test_an_event_that_lies_about_its_place_and_comes_early_is_put_aside_under_its_authors_name(
    county: County,
) -> None:
    forger = Forger(county.village)
    first = forger.write()
    lie = forger.write(seq=first.seq + 7)
    assert up(county, lie.line).waiting == ((lie.id, "wait.prev"),)
    assert up(county, first.line).stubs == ((lie.id, "event.broken_chain"),)
    stub = county.township.store.stubs.get(lie.id)
    assert stub is not None
    assert stub.node == county.village.id
    assert county.township.verify()[2] is None


# -- forged


def test_a_bad_signature_is_refused_and_not_kept(county: County) -> None:
    """Invariant 5: a relay cannot change an event."""
    event = Forger(county.village).write(body={"text": "一百元"})
    changed = event.line.replace("一百元".encode(), "一万元".encode())
    taken = up(county, changed)
    assert taken.refused == ((event_id(changed.partition(b" ")[2]), "event.bad_signature"),)
    assert up(county, event.line).new == (event.id,)


def test_an_event_signed_by_another_node_is_refused(county: County) -> None:
    """Invariant 4: no one acts for another."""
    event = Forger(county.village, key=county.village_2.signing_key).write()
    assert up(county, event.line).refused == ((event.id, "event.bad_signature"),)


def test_a_reference_event_by_a_township_is_refused(county: County) -> None:
    forger = Forger(county.township, origin=county.hub.reference_origin or "")
    event = forger.write("rules.switched", {"edition": 9})
    assert county.hub.take([event.line], county.township.id, upward=True).refused == (
        (event.id, "event.bad_signature"),
    )


def test_a_second_hub_is_refused_whoever_signs_it(county: County) -> None:
    store = open_store(county.folder / "hub2.db", STORE_KEY)
    other, _ = Node.create_hub(store, county.clock, chance("x"), county="511322", name="假", practice=True)
    line = next(other.log())
    assert county.township.take([line], county.hub.id, upward=False).refused[0][1] == "event.second_hub"
    fresh = Node.create(
        open_store(county.folder / "n.db", STORE_KEY), county.clock, chance("n"), root=county.root.kid
    )
    assert fresh.take([line], "someone", upward=False).refused[0][1] == "event.wrong_root"
    assert fresh.reference_origin is None


@pytest.mark.parametrize(
    "line", [b"", b"x", b" ", b"\xff\xfe \x00", b"a.b.c {}", b"e30..AA {}", b"." * 70_000]
)
def test_garbage_is_refused_and_changes_nothing(county: County, line: bytes) -> None:
    before = county.township.store.ledger.pos()
    taken = up(county, line)
    assert len(taken.refused) == 1
    assert (taken.new, taken.stubs, taken.waiting) == ((), (), ())
    assert county.township.store.ledger.pos() == before


# -- forks and epochs


def test_fork_of_an_origin_keeps_both_lines_and_blocks_nothing(county: County) -> None:
    """Design 4; lesson 18: two copies of a machine."""
    one, two = Forger(county.village), Forger(county.village)
    first = [one.write(body={"copy": 1, "n": n}) for n in range(3)]
    second = [two.write(body={"copy": 2, "n": n}) for n in range(3)]
    taken = up(county, *(e.line for e in first), *(e.line for e in second))
    assert set(taken.new) == {e.id for e in (*first, *second)}
    ledger = county.township.store.ledger
    assert ledger.head(one.origin) == (one.seq, one.head)
    assert [s.id for s in ledger.sides(0, 1 << 20)] == [e.id for e in second]
    evidence = ledger.of_type("origin.forked")
    assert [(e.body["origin"], e.body["seq"], e.body["ids"]) for e in evidence] == [
        (one.origin, first[0].seq, [first[0].id, second[0].id])
    ]
    assert county.township.verify()[2] is None
    # the side line goes up as well
    county.carry_up(county.township, county.hub)
    county.hub.take([s.line for s in ledger.sides(0, 1 << 20)], county.township.id, upward=True)
    assert ids_held(county.hub.store) >= {e.id for e in second}
    assert len(county.hub.store.ledger.of_type("origin.forked")) == 1


def test_a_node_that_hears_of_its_own_lost_act_opens_an_epoch_before_it_writes(county: County) -> None:
    """A restored image: the parent holds what the child lacks."""
    lost = Forger(county.village).write()
    up(county, lost.line)
    old = county.village.origin
    assert county.village.heads_shown(county.township.id, county.township.store.ledger.heads((old,)))
    event = county.register(county.village)
    assert event.origin != old
    assert event.origin == county.village.origin
    opened = county.village.store.ledger.after(event.origin, 0, 1 << 20)[0].event
    assert (opened.type, opened.seq) == ("epoch.opened", 1)
    assert opened.body["tips"] == [[old, *(county.village.store.ledger.head(old) or ())]]
    assert event.body["number"].split("-")[2] == opened.body["device"] == event.origin.partition("/")[2][:4]
    # told again of the old line, it goes on where it is
    assert not county.village.heads_shown(county.township.id, county.township.store.ledger.heads((old,)))
    assert county.register(county.village).origin == event.origin


def test_an_image_from_before_the_first_act_does_not_begin_the_same_epoch_again(county: County) -> None:
    """The lost life wrote its first event; the image knows the epoch's name and nothing of it."""
    store = open_store(county.folder / "image.db", STORE_KEY)
    image = Node.create(store, county.clock, chance("image"), root=county.root.kid)
    drawn = image.origin
    assert image.heads_shown(county.hub.id, {drawn: (1, "a" * 64)})
    office = next(
        o for o in sorted(county.hub.reference.offices) if len(o) == 12 and o > county.village_2.office
    )
    keys = {"sign": image.signing_key.public_jwk(), "seal": image.seal_key.public_jwk()}
    county.hub.publish("node.enrolled", {"node": image.id, "office": office, "name": "新", **keys})
    reference = county.hub.store.ledger.after(county.hub.reference_origin or "", 0, 1 << 30)
    image.take([one.line for one in reference], county.hub.id, upward=False)
    assert image.origin != drawn
    assert image.store.ledger.head(drawn) is None
    assert image.store.ledger.heads_of((image.id,)).keys() == {image.origin}


def test_a_clone_hears_of_the_other_and_both_lines_stay(county: County) -> None:
    twin = county.reopened(county.village)
    first = Forger(twin)
    other = first.write()
    up(county, other.line)
    county.village.take([other.line], county.township.id, upward=False)
    assert county.register(county.village).origin != other.origin


def test_evidence_of_a_fork_reaches_the_node_and_makes_it_open_an_epoch(county: County) -> None:
    one, two = Forger(county.village), Forger(county.village)
    up(county, one.write(body={"copy": 1}).line, two.write(body={"copy": 2}).line)
    old = county.village.origin
    entries = county.township.store.feeds.page(county.village.office, 0, 1 << 20)
    forked = [e.line for e in entries if e.line and b'"origin.forked"' in e.line]
    assert len(forked) == 1
    county.village.take(forked, county.township.id, upward=False)
    assert county.register(county.village).origin != old


def test_what_concerns_a_village_reaches_its_township_from_the_county(county: County) -> None:
    """A township's scope includes its villages': forks that the county saw, people whom its other machine appointed."""
    second = county.enrol("township-2", county.township.office, county.hub)
    fork = Forger(county.village)
    for made in (county.register(county.village), fork.write()):
        county.hub.take([made.line], county.village.id, upward=True)
    agent = county.appoint(county.township, "新代办员", county.village.office, "agent")
    county.level()
    county.carry_down(county.hub, second)
    assert len(second.store.ledger.of_type("origin.forked")) == 1
    assert agent in second.reference.appointments
    assert second.withheld() == county.township.withheld() == {}
    second.store.close()


def test_a_hub_that_lost_part_of_the_reference_ledger_publishes_no_more(county: County) -> None:
    origin = county.hub.reference_origin or ""
    lost = Forger(county.hub, origin=origin).write("rules.switched", {"edition": 1})
    county.hub.heads_shown(county.township.id, {origin: (lost.seq, lost.id)})
    with pytest.raises(CommandRefused, match=r"reference\.behind"):
        county.hub.publish("rules.switched", {"edition": 2})
    county.hub.take([lost.line], county.township.id, upward=True)
    assert county.hub.publish("rules.switched", {"edition": 2}).prev == lost.id


def test_a_new_epoch_of_the_hub_is_announced_with_a_higher_generation(county: County) -> None:
    opened = county.hub.open_epoch()
    assert opened.body["generation"] == 2
    assert county.hub.reference.generation(opened.origin) == 2


# -- cut off


def test_later_events_of_a_revoked_node_wait_and_earlier_ones_count(county: County) -> None:
    """Design 4, 5: a revoked node's later ones wait for a ruling; nothing is dropped."""
    first = county.register(county.village)
    cuts = {county.village.origin: county.village.store.ledger.head(county.village.origin)}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": cuts, "reason": "机器被盗"})
    county.carry_down(county.hub, county.township)
    later = county.register(county.village)
    taken = county.carry_up(county.village, county.township)
    assert first.id in taken.new
    assert dict(taken.waiting)[later.id] == "wait.cut"
    assert county.township.case(first.id).row.label == "RECEIVED"


def test_a_cut_off_that_comes_later_sets_the_acts_after_it_aside(county: County) -> None:
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    cuts = {county.village.origin: [1, county.village.store.ledger.at(county.village.origin, 1)]}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": cuts, "reason": "机器被盗"})
    county.carry_down(county.hub, county.township)
    row = county.township.case(first.id).row
    assert (row.label, row.set_aside > 0) == ("REGISTERED", True)


def cut_off(county: County) -> None:
    """The village has registered a case, which the county holds, and its machine is out of service."""
    county.register(county.village)
    county.carry_up(county.village, county.township)
    county.carry_up(county.township, county.hub)
    cuts = {county.village.origin: county.hub.store.ledger.head(county.village.origin)}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": cuts, "reason": "机器丢了"})
    county.carry_down(county.hub, county.township)


def count_up_to(county: County, seq: int, id: str | None = None) -> Event:
    """The line up to this event counts, of the village's own main line if none is named."""
    cuts = {county.village.origin: [seq, id or county.village.store.ledger.at(county.village.origin, seq)]}
    return county.hub.publish(
        "node.revoked", {"node": county.village.id, "cuts": cuts, "reason": "是代办员自己写的"}
    )


def test_a_ruling_lets_what_came_after_a_cut_off_count_up_to_a_place(county: County) -> None:
    """Design 5: later events wait for a ruling.  The township alone holds them, and goes by the county's word."""
    cut_off(county)
    cut = county.hub.reference.nodes[county.village.id].cuts[county.village.origin]
    genuine, doubtful = county.register(county.village), county.register(county.village)
    county.carry_up(county.village, county.township)
    held = {one.id: one for one in county.township.store.waiting.list()}
    assert len(held) == 4
    count_up_to(county, cut + 2)
    county.clock.forward(hours=1)
    county.carry_down(county.hub, county.township)
    assert county.township.case(genuine.id).row.label == "RECEIVED"
    left = county.township.store.waiting.list()
    assert {one.id for one in left} < held.keys()
    assert doubtful.id in {one.id for one in left}
    assert all(one == held[one.id] for one in left)  # they have waited since they came
    county.carry_up(county.township, county.hub)
    case = county.hub.case(genuine.id)
    assert (case.row.label, case.row.set_aside) == ("RECEIVED", 0)
    assert county.hub.verify()[2] is county.township.verify()[2] is None


def test_a_ruling_lets_in_what_waits_at_the_county_itself(county: County) -> None:
    cut_off(county)
    later = county.register(county.village)
    county.carry_up(county.village, county.hub)
    assert {one.reason for one in county.hub.store.waiting.list()} == {"wait.cut"}
    count_up_to(county, later.seq + 1)
    assert county.hub.store.waiting.count() == 0
    assert county.hub.case(later.id).row.label == "REGISTERED"
    assert county.hub.verify()[2] is None


def test_a_ruling_gives_acts_their_effect_that_a_cut_off_had_set_aside(county: County) -> None:
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    cuts = {county.village.origin: [1, county.village.store.ledger.at(county.village.origin, 1)]}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": cuts})
    county.carry_down(county.hub, county.township)
    assert county.township.case(first.id).row.set_aside > 0
    count_up_to(county, first.seq + 1)
    county.carry_down(county.hub, county.township)
    row = county.township.case(first.id).row
    assert (row.label, row.set_aside) == ("RECEIVED", 0)


def test_both_lines_of_a_fork_that_a_ruling_lets_in_are_told_of(county: County) -> None:
    """Lesson 18: two copies of the lost machine have written; at the county, and where the word comes from above."""
    cut_off(county)
    one, two = Forger(county.village), Forger(county.village)
    lines = [forger.write(body={"copy": n}).line for n, forger in enumerate((one, two))]
    up(county, *lines)
    county.hub.take(lines, county.village.id, upward=True)
    words = [count_up_to(county, forger.seq, forger.head) for forger in (one, two)]
    county.township.take([word.line for word in words], county.hub.id, upward=False)
    for node in (county.hub, county.township):
        told = [event.body for event in node.store.ledger.of_type("origin.forked") if event.node == node.id]
        assert [(body["origin"], body["seq"], set(body["ids"])) for body in told] == [
            (one.origin, one.seq, {one.head, two.head})
        ]
        assert node.verify()[2] is None


def test_the_countys_word_on_a_machine_has_its_cases_folded_again_and_no_others(county: County) -> None:
    """Invariant 10: at a village, which holds of its township's acts a selection with gaps, too."""
    own, _ = county.register(county.village), county.register(county.village_2)
    county.level()
    revoked = {
        node.id: county.hub.publish("node.revoked", {"node": node.id, "cuts": {}, "reason": "丢失"})
        for node in (county.township, county.village, county.other_village)
    }

    def folded(at: Node, of: Node) -> set[str]:
        return set(touched(at.store, revoked[of.id], at.id))

    assert folded(county.village, county.township) == {own.id}
    assert folded(county.township, county.village) == {own.id}
    assert (
        folded(county.village, county.other_village) == folded(county.township, county.other_village) == set()
    )


# -- beside the line that counts


def thief(county: County) -> Forger:
    """Who has the village's key and writes beside its line, from its first event on."""
    forger = Forger(county.village)
    forger.seq, forger.head = 1, county.village.store.ledger.at(county.village.origin, 1)
    return forger


def forged_case(forger: Forger, like: Event) -> Event:
    body = {**like.body, "salt": "forged", "number": like.body["number"] + "9"}
    return forger.write("case.registered", body, moves=True, actor=like.actor)


def test_a_record_beside_the_line_that_counts_waits_whatever_its_number(county: County) -> None:
    """Design 5: the county names the last event that counts; of who has the machine's key no other counts."""
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    county.carry_up(county.township, county.hub)
    cut_off(county)
    stolen = forged_case(thief(county), first)
    assert stolen.seq == 2 < first.seq + 2
    for parent in (county.township, county.hub):
        taken = parent.take([stolen.line], county.village.id, upward=True)
        assert dict(taken.waiting) == {stolen.id: "wait.cut"}
        assert stolen.id not in parent.store.ledger.cases()
        assert parent.verify()[2] is None


def test_what_leads_to_the_event_that_the_county_named_is_let_in_once_that_has_come(county: County) -> None:
    """Until then nobody can tell it from what stands beside the line."""
    for _ in range(2):
        county.register(county.village)
    genuine = [line for _, line in county.lines_up(county.village, county.hub)]
    county.hub.take(genuine, county.village.id, upward=True)
    cut_off_here = {county.village.origin: county.hub.store.ledger.head(county.village.origin)}
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": cut_off_here})
    township = county.township
    township.take([e.line for e in county.hub.store.ledger.reference()], county.hub.id, upward=False)
    first, *rest = genuine
    assert [reason for _, reason in up(county, first).waiting] == ["wait.cut"]
    assert [reason for _, reason in up(county, *rest[:-1]).waiting] == ["wait.cut"] * len(rest[:-1])
    taken = up(county, rest[-1])
    assert len(taken.new) == len(genuine)
    assert township.store.waiting.count() == 0
    assert township.store.ledger.head(county.village.origin) == cut_off_here[county.village.origin]
    assert township.verify()[2] is None


def test_what_waits_for_a_ruling_is_taken_in_when_a_parent_brings_it(county: County) -> None:
    """It knows more: the county has it in its ledger."""
    first, second = county.register(county.village), county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, county.hub)]
    county.hub.take(lines, county.village.id, upward=True)
    last = county.hub.store.ledger.head(county.village.origin)
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": {county.village.origin: last}})
    township = county.township
    township.take([e.line for e in county.hub.store.ledger.reference()], county.hub.id, upward=False)
    assert {reason for _, reason in up(county, *lines[:2]).waiting} == {"wait.cut"}
    taken = township.take([lines[0]], county.hub.id, upward=False)
    assert taken.new == (first.id,)
    assert township.case(first.id).row.label == "REGISTERED"
    assert township.store.waiting.count() == 1
    up(county, *lines[2:])
    assert township.case(second.id).row.label == "RECEIVED"
    assert township.store.waiting.count() == 0
    assert township.verify()[2] is None


def test_what_a_township_took_in_beside_the_line_loses_its_effect_when_the_county_says_so(
    county: County,
) -> None:
    """It knew of no cut-off then.  The county's word names such records singly; the fold is the same everywhere."""
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    county.carry_up(county.township, county.hub)
    origin = county.village.origin
    stolen = forged_case(thief(county), first)
    assert up(county, stolen.line).new == (stolen.id,)
    revoke(county.hub, county.village.id, "机器被盗")
    county.carry_down(county.hub, county.township)
    assert county.township.case(stolen.id).row.set_aside == 0
    lines = [county.township.store.ledger.registration(stolen.id).line]
    county.hub.take(lines, county.township.id, upward=True)
    assert stolen.id not in county.hub.store.ledger.cases()
    counts = county.hub.reference.nodes[county.village.id].cuts[origin]
    rule(county.hub, county.village.id, {origin: (counts, "")}, "不是代办员写的")
    county.carry_down(county.hub, county.township)
    assert county.township.case(stolen.id).row.set_aside == 1
    assert county.township.case(first.id).row.set_aside == 0
    rule(county.hub, county.village.id, {origin: (stolen.seq, stolen.id[:16])}, "是代办员用另一份写的")
    county.carry_down(county.hub, county.township)
    assert county.township.case(stolen.id).row.set_aside == 0
    assert county.hub.case(stolen.id).row.set_aside == 0
    assert county.hub.case(first.id).row.set_aside == 0
    for node in (county.hub, county.township):
        assert node.verify()[2] is None


def test_all_that_the_county_has_when_it_speaks_counts_on_whatever_line(county: County) -> None:
    """A copy of a disk wrote longer than its original before the machine was put aside."""
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    county.carry_up(county.township, county.hub)
    forger = thief(county)
    longer = [forger.write() for _ in range(first.seq + 2)]
    for node in (county.township, county.hub):
        node.take([event.line for event in longer], county.village.id, upward=True)
    revoke(county.hub, county.village.id, "换了机器")
    county.carry_down(county.hub, county.township)
    for node in (county.township, county.hub):
        assert not any(node.reference.cut(event) for event in longer)
        assert node.reference.cut(forger.write())


def test_a_ruling_names_what_the_county_knows_and_knows_how_to_reach(county: County) -> None:
    cut_off(county)
    origin, cut = county.village.origin, county.hub.store.ledger.head(county.village.origin)[0]
    machine = county.village.id
    one, two = Forger(county.village), Forger(county.village)
    lines = [forger.write(body={"copy": n}) for n, forger in enumerate((one, two))]
    beyond = [one.write() for _ in range(2)][-1]
    before = county.hub.store.ledger.pos()
    with refused(BadInput, "node.no_such_record"):
        rule(county.hub, machine, {origin: (cut + 1, "")}, "问清了")
    county.hub.take([event.line for event in (*lines, beyond)], machine, upward=True)
    with refused(BadInput, "node.which_record") as failed:
        rule(county.hub, machine, {origin: (cut + 1, "")}, "问清了")
    assert failed.value.detail["count"] == 2
    with refused(BadInput, "node.no_such_record") as failed:  # the one before it lies elsewhere
        rule(county.hub, machine, {origin: (beyond.seq, "")}, "问清了")
    assert failed.value.detail["seq"] == beyond.seq - 1
    with refused(BadInput, "node.counts_no_less"):
        rule(county.hub, machine, {origin: (cut - 1, "")}, "问清了")
    assert county.hub.store.ledger.pos() == before
    rule(county.hub, machine, {origin: (cut + 1, lines[1].id[:8])}, "问清了")
    assert county.hub.store.ledger.head(origin) == (cut + 1, lines[1].id)
    assert county.hub.reference.cut(lines[0])
    assert {one.id for one in county.hub.store.waiting.list()} == {lines[0].id, beyond.id}
    assert county.hub.verify()[2] is None


# -- people of the township


def test_a_cut_off_of_who_appointed_is_felt_wherever_the_officers_acts_are_held(county: County) -> None:
    """The officer's own machine is in service, and goes on; his acts stand aside with a reason."""
    township, village = county.township, county.village
    case = county.register(village).id
    person = township.appoint("新人", village.office, "agent")
    county.level()
    [noted] = village.act(AddNote("我来办"), Author(person.id, village.office), case=case)
    county.level()
    others = {node: node.case(case).row.set_aside for node in (county.hub, village)}
    for seq, aside in ((person.seq - 1, 1), (township.store.ledger.head(person.origin)[0], 0)):
        last = [seq, township.store.ledger.at(person.origin, seq)]
        county.hub.publish("node.revoked", {"node": township.id, "cuts": {person.origin: last}})
        county.carry_down(county.hub, village)
        for node, before in others.items():
            found = {one.id: one.reason for one in node.case(case).view.aside}
            assert (noted.id in found) is bool(aside)
            assert found.get(noted.id, "act.appointed_after_cutoff") == "act.appointed_after_cutoff"
            assert node.case(case).row.set_aside >= before + aside
            assert node.verify()[2] is None


def test_an_act_waits_for_its_authors_appointment_and_is_folded_when_it_comes(county: County) -> None:
    """An appointment by the township is needed like a base; the village may reach the county by itself."""
    agent = county.appoint(county.township, "新代办员", county.village.office, "agent")
    county.carry_down(county.township, county.village)
    first = county.register(county.village)
    own = [line for _, line in county.lines_up(county.village, county.hub)]
    county.hub.take(own, county.village.id, upward=True)
    assert (county.hub.case(first.id).row.label, county.hub.case(first.id).row.waiting) == ("REGISTERED", 2)
    county.carry_up(county.township, county.hub)
    assert county.hub.case(first.id).row.label == "REGISTERED"
    assert agent in county.hub.reference.appointments


def test_the_end_of_an_appointment_follows_it_into_every_feed(county: County) -> None:
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    agent = county.officers[f"{county.village.office} agent"]
    ended = county.township.end_appointment(agent, "调离")
    entries = county.township.store.feeds.page(county.village.office, 0, 1 << 20)
    ids = [entry.id for entry in entries]
    assert ids.index(agent) < ids.index(first.id) < ids.index(ended.id)
    county.carry_down(county.township, county.village)
    assert county.village.reference.appointments[agent].ended


def test_the_end_of_an_appointment_that_comes_before_it_is_in_the_feed_too(county: County) -> None:
    agent = county.township.appoint("新代办员", county.village.office, "agent")
    ended = county.township.end_appointment(agent.id, "调离")
    for line in (ended.line, agent.line):
        county.village.take([line], county.township.id, upward=False)
    there = county.township.store.feeds.tip(county.village.office)
    here = county.village.store.feeds.tip(county.village.office)
    assert (here.count, here.sum) == (there.count, there.sum)


# -- the same everywhere


def test_a_case_folds_the_same_whatever_the_way_its_events_took(county: County) -> None:
    """Invariant 2: in order, in one lump, one by one backwards: one digest."""
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    county.township.act(AcceptCase(), county.clerk(county.township), case=first.id)
    county.village.act(AddNote("补充"), county.agent(county.village), case=first.id)
    county.carry(county.village, county.township)
    lines = [event.line for event in county.township.case(first.id).events]
    township, village = county.township, county.village
    appointments = [e.line for e in township.store.ledger.of_type("officer.appointed")]
    copies = []
    for name, order in (("a", lines), ("b", lines[::-1]), ("c", random.Random(3).sample(lines, len(lines)))):
        node = Node.create(
            open_store(county.folder / f"{name}.db", STORE_KEY),
            county.clock,
            chance(name),
            root=county.root.kid,
        )
        for chunk in (
            list(township.log())[: township.reference.size],
            [*appointments],
            *([line] for line in order),
        ):
            node.take(chunk, township.id, upward=False)
        copies.append(node.case(first.id).digest)
    assert set(copies) == {township.case(first.id).digest} == {village.case(first.id).digest}


def test_a_node_that_learns_late_who_it_is_fills_its_feeds_then(county: County) -> None:
    """The events came before its own enrolment did."""
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    lines = list(county.township.log())
    own = county.hub.reference.nodes[county.township.id].event
    signing, sealing = county.township.signing_key, county.township.seal_key
    store = open_store(county.folder / "late.db", STORE_KEY)
    late = Node.create(store, county.clock, chance("late"), root=county.root.kid)
    store.local.set_secret("signing_key", signing._key.private_bytes_raw())
    store.local.set_secret("seal_key", sealing._key.private_bytes_raw())
    late = Node(store, county.clock, chance("late"))
    order = [line for line in lines if event_id(line.partition(b" ")[2]) != own]
    late.take(order, county.hub.id, upward=False)
    assert not late.enrolled
    late.take([line for line in lines if line not in order], county.hub.id, upward=False)
    assert late.enrolled
    ids = [entry.id for entry in store.feeds.page(county.village.office, 0, 1 << 20)]
    assert first.id in ids
    for office in (county.village.office, county.township.office):
        here, there = store.feeds.tip(office), county.township.store.feeds.tip(office)
        assert (here.count, here.sum) == (there.count, there.sum), (
            "people whom nobody needed yet are there too"
        )
