"""The exchange over a link that drops, repeats and reorders: both sides end level and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import exchange
from sync.exchange import MIN_PAGE_BYTES, Belief, Result, digest, refuse
from sync.headers import Offer
from tests.sync.ledgers import Child, Parent, chain, make

VILLAGE, OTHER, TOWN = "villagevilla", "otherotherot", "townshiptown"
ONE, TWO = f"{VILLAGE}/ABCDEFGH", f"{VILLAGE}/BCDEFGHJ"
BELOW, THEIRS = f"{OTHER}/ABCDEFGH", f"{TOWN}/ABCDEFGH"


def world() -> tuple[Child, Parent]:
    """A child with another node below it, and its parent."""
    nodes = [VILLAGE, OTHER]
    return Child(nodes, "511322115"), Parent(nodes, "511322115")


def once(child: Child, parent: Parent, page_bytes: int = 2_000) -> tuple[exchange.Offered, exchange.Answer]:
    offered = child.offer(page_bytes)
    answer, lines = parent.answer(offered)
    child.use(offered, answer, lines)
    return offered, answer


@pytest.fixture(scope="module", autouse=True, params=["bad link", "good link"])
def link(request: pytest.FixtureRequest) -> Iterator[None]:
    """Small pages count as those of a bad link, with news in each answer, or of a good one, where all goes up first."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "good link":
            patch.setattr(exchange, "GOOD_PAGE_BYTES", 1_500)
        yield


def level(child: Child, parent: Parent, page_bytes: int = 2_000, rounds: int = 200) -> int:
    """Exchange until nothing is left to say; how many rounds that took."""
    for spent in range(1, rounds):
        offered, answer = once(child, parent, page_bytes)
        last = not offered.lines and not offered.header.pulls and not answer.more
        if last and answer.heads is None and answer.refusal is None:
            return spent
    raise AssertionError("never level")


def lines_sent(offered: exchange.Offered) -> int:
    return len(offered.lines)


# ---------------------------------------------------------------- plain


def test_nothing_new_is_one_round_without_heads_or_lines():
    child, parent = world()
    child.ledger.take(chain(ONE, 5), upward=True)
    level(child, parent)
    offered = child.offer()
    answer, lines = parent.answer(offered)
    assert (offered.lines, lines, answer.heads, answer.more, dict(answer.feed)) == ((), (), None, False, {})


def test_one_new_event_is_one_round():
    child, parent = world()
    events = chain(ONE, 5)
    child.ledger.take(events, upward=True)
    level(child, parent)
    child.ledger.take(chain(ONE, 1, events), upward=True)
    offered, answer = once(child, parent)
    assert lines_sent(offered) == 1
    assert answer.heads is None
    assert parent.heads() == child.heads()


def test_own_and_childrens_events_go_up_gapless_and_bounded_in_bytes():
    child, parent = world()
    child.ledger.take([*chain(ONE, 40), *chain(BELOW, 40)], upward=True)
    offered = child.offer(2_000)
    assert sum(len(line) + 1 for line in offered.lines) <= 2_000
    assert not offered.complete
    level(child, parent)
    assert parent.heads() == child.heads() == {ONE: child.heads()[ONE], BELOW: child.heads()[BELOW]}


def test_an_event_larger_than_the_page_still_goes():
    child, parent = world()
    child.ledger.take(chain(ONE, 3, size=9_000), upward=True)
    assert lines_sent(child.offer(100)) == 1
    level(child, parent, page_bytes=100)
    assert parent.heads() == child.heads()


def test_the_feed_comes_down_in_pages_and_every_page_stays():
    child, parent = world()
    parent.hold(chain(THEIRS, 500))
    rounds = level(child, parent, page_bytes=MIN_PAGE_BYTES)
    assert rounds > 5
    assert set(parent.ledger.held) <= set(child.ledger.held)
    assert child.cursors["AAAAAAAA", "511322115"] == 500


def test_what_the_child_sent_is_not_sent_back_through_its_feed():
    child, parent = world()
    child.ledger.take(chain(ONE, 3), upward=True)
    offered = child.offer(10_000)
    answer, lines = parent.answer(offered)
    assert lines == ()
    assert answer.feed["511322115"].upto == 3


def test_reference_comes_first_and_the_feed_only_after_it():
    child, parent = world()
    parent.references = chain("ref", 200)
    parent.hold(chain(THEIRS, 5))
    offered = child.offer(MIN_PAGE_BYTES)
    answer, lines = parent.answer(offered)
    assert answer.more
    assert dict(answer.feed) == {}
    assert answer.ref == (len(lines), 200)
    level(child, parent, MIN_PAGE_BYTES)
    assert len(child.reference) == 200
    assert set(child.ledger.held) == set(parent.ledger.held)


def test_a_case_that_left_the_scope_is_told_and_one_that_came_back_is_not():
    child, parent = world()
    events = chain(THEIRS, 2)
    parent.ledger.take(events, upward=False)
    parent.feed_in(events[:1], case="a" * 64)
    parent.leave("a" * 64)
    parent.leave("b" * 64)
    parent.feed_in(events[1:], case="b" * 64)
    _, answer = once(child, parent)
    assert answer.left == ("a" * 64,)


def test_receipts_that_the_child_has_are_not_sent_again():
    child, parent = world()
    parent.signed = [3, 8]
    assert once(child, parent)[1].receipts == ("3", "8")
    assert once(child, parent)[1].receipts == ()


def test_a_checkpoint_travels_beside_something_else_or_once_an_hour():
    child, parent = world()
    level(child, parent)
    parent.clock = 1_000
    quiet = Offer(9, digest=digest(parent.heads()), epoch=parent.epoch, seen=(0, 500), max_bytes=1)
    assert exchange.answer(parent, quiet, Result())[0].checkpoint == ""
    parent.clock = 500 + exchange.CHECKPOINT_AGE_MS
    parent.ledger.take(chain(THEIRS, 1), upward=False)
    assert exchange.answer(parent, quiet, Result())[0].checkpoint == "note"
    parent.clock = 1_000
    parent.feed_in(chain(THEIRS, 1))
    assert exchange.answer(parent, quiet, Result())[0].checkpoint == "note"


def test_a_checkpoint_of_the_same_tree_travels_if_its_time_is_newer():
    child, parent = world()
    level(child, parent)
    size = len(parent.ledger.order)
    parent.clock = 500 + exchange.CHECKPOINT_AGE_MS
    same = Offer(9, digest=digest(parent.heads()), epoch=parent.epoch, seen=(size, 500), max_bytes=1)
    assert exchange.answer(parent, same, Result())[0].checkpoint == "note"
    known = replace(same, request=10, seen=(size, parent.clock))
    assert exchange.answer(parent, known, Result())[0].checkpoint == ""


# ---------------------------------------------------------------- lost, repeated, out of order


def test_a_lost_answer_costs_a_repeat_and_nothing_else():
    child, parent = world()
    child.ledger.take(chain(ONE, 5), upward=True)
    lost = child.offer()
    parent.answer(lost)
    offered = child.offer()
    assert offered.lines == lost.lines
    answer, lines = parent.answer(offered)
    child.use(offered, answer, lines)
    assert parent.heads() == child.heads()
    assert once(child, parent)[0].lines == ()


def test_an_old_answer_after_a_newer_one_moves_neither_heads_nor_cursors():
    child, parent = world()
    child.ledger.take(chain(ONE, 3), upward=True)
    first = child.offer()
    old, old_lines = parent.answer(first)
    parent.hold(chain(THEIRS, 4))
    second = child.offer()
    child.use(second, *parent.answer(second))
    belief, cursors = child.belief, dict(child.cursors)
    child.use(first, old, old_lines)
    assert (child.belief, child.cursors) == (belief, cursors)


def test_events_of_an_old_answer_are_taken_all_the_same():
    child, parent = world()
    parent.hold(chain(THEIRS, 3))
    first = child.offer()
    old, old_lines = parent.answer(first)
    parent.hold(chain(f"{TOWN}/BCDEFGHJ", 1))
    child.used = 99
    child.use(first, old, old_lines)
    assert set(child.ledger.held) >= {one.id for one in chain(THEIRS, 3)}


def test_an_answer_whose_offer_is_forgotten_is_still_of_use():
    child, parent = world()
    child.ledger.take(chain(ONE, 3), upward=True)
    parent.hold(chain(THEIRS, 3))
    offered = child.offer()
    answer, lines = parent.answer(offered)
    child.use(None, answer, lines)
    assert set(child.ledger.held) >= set(parent.ledger.held)
    level(child, parent)
    assert parent.heads() == child.heads()


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(st.data())
def test_whatever_the_link_does_both_end_level(data):
    child, parent = world()
    child.ledger.take([*chain(ONE, 12), *chain(BELOW, 7)], upward=True)
    parent.hold(chain(THEIRS, 9))
    flying: list[tuple] = []
    for step in range(data.draw(st.integers(1, 12))):
        match data.draw(
            st.sampled_from(
                ["whole", "no answer", "late", "old answer", "repeat", "more below", "more above"]
            )
        ):
            case "whole":
                once(child, parent, page_bytes=900)
            case "no answer":
                parent.answer(child.offer(900))
            case "late":
                flying.append((offered := child.offer(900), *parent.answer(offered)))
            case "old answer" if flying:
                child.use(*flying.pop(data.draw(st.integers(0, len(flying) - 1))))
            case "repeat" if flying:
                parent.answer(flying[0][0])
            case "more below":
                mine = [child.ledger.held[id] for id in child.ledger.main[ONE]]
                child.ledger.take(chain(ONE, 1, mine, salt=str(step)), upward=True)
            case "more above":
                theirs = [parent.ledger.held[id] for id in parent.ledger.main[THEIRS]]
                parent.hold(chain(THEIRS, 1, theirs, salt=str(step))[-1:])
    level(child, parent)
    for one in flying:
        child.use(*one)
    level(child, parent)
    assert parent.heads() == child.heads()
    assert set(child.ledger.held) == set(parent.ledger.held)
    assert digest(parent.heads()) == child.offer().header.digest


# ---------------------------------------------------------------- waiting, refused


def test_what_waits_at_the_parent_is_not_sent_again_and_blocks_nothing():
    child, parent = world()
    events = chain(ONE, 4)
    child.ledger.take(events, upward=True)
    stranger = parent.ledger.take

    def holds_the_rest(given, *, upward):
        given = list(given)
        stranger(given[:1], upward=upward)
        return Result(waiting=tuple((one.id, "wait.ref") for one in given[1:]))

    parent.ledger.take = holds_the_rest
    once(child, parent)
    assert child.belief.marks == {ONE: 4}
    assert child.offer().lines == ()
    parent.ledger.take = stranger
    parent.ledger.take(events, upward=True)
    level(child, parent)
    assert child.belief.marks == {}


def test_a_refused_line_is_not_sent_for_ever():
    child, parent = world()
    child.ledger.take(chain(ONE, 2), upward=True)
    parent.ledger.take = lambda given, *, upward: Result(
        refused=tuple((one.id, "event.bad_signature") for one in given)
    )
    once(child, parent)
    assert child.offer().lines == ()


# ---------------------------------------------------------------- lost pasts and forks


def test_a_child_that_lost_its_tail_fetches_it_back():
    child, parent = world()
    events = chain(ONE, 30)
    child.ledger.take([*events, *chain(BELOW, 3)], upward=True)
    level(child, parent)
    restored = Child(child.nodes, child.division)
    restored.ledger.take(events[:11], upward=True)
    restored.request = restored.used = 0
    level(restored, parent)
    assert restored.heads() == parent.heads()


def test_a_new_node_in_the_place_of_an_old_one_gets_all_of_the_old_ones_past():
    child, parent = world()
    parent.ledger.take(chain(BELOW, 50), upward=False)
    level(child, parent, page_bytes=MIN_PAGE_BYTES)
    assert child.heads() == parent.heads()


@settings(max_examples=60)
@given(st.integers(0, 20), st.integers(1, 20), st.integers(1, 20), st.sampled_from([600, 5_000]))
def test_both_lines_of_a_fork_reach_both_sides(shared, here, there, page_bytes):
    child, parent = world()
    common = chain(ONE, shared)
    mine, theirs = chain(ONE, here, common, salt="mine"), chain(ONE, there, common, salt="theirs")
    child.ledger.take(mine, upward=True)
    parent.ledger.take(theirs, upward=True)
    level(child, parent, page_bytes)
    everything = {one.id for one in [*mine, *theirs]}
    assert set(child.ledger.held) == set(parent.ledger.held) == everything
    offered, answer = once(child, parent, page_bytes)
    assert (offered.lines, offered.header.pulls, answer.heads) == ((), (), None)


def test_a_fork_that_a_relay_holds_goes_on_to_its_parent():
    child, parent = world()
    common = chain(BELOW, 3)
    child.ledger.take([*chain(BELOW, 4, common, salt="a"), *chain(BELOW, 2, common, salt="b")], upward=True)
    assert child.ledger.side
    level(child, parent)
    assert set(parent.ledger.held) == set(child.ledger.held)


def test_a_parent_with_a_new_epoch_is_offered_everything_again():
    child, parent = world()
    child.ledger.take(chain(ONE, 20), upward=True)
    parent.hold(chain(THEIRS, 20))
    level(child, parent)
    fresh = Parent(parent.nodes, parent.division, epoch="BBBBBBBB")
    fresh.hold(chain(f"{TOWN}/BCDEFGHJ", 2))
    level(child, fresh)
    assert fresh.heads() == child.heads()
    assert child.cursors["BBBBBBBB", "511322115"] >= 2
    assert child.cursors["AAAAAAAA", "511322115"] == 20 + 20


def test_a_parent_that_shrank_without_a_new_epoch_is_refused_and_still_gets_the_events():
    child, parent = world()
    child.ledger.take(chain(ONE, 20), upward=True)
    level(child, parent)
    shrunk = Parent(parent.nodes, parent.division)
    shrunk.ledger.take(chain(ONE, 5), upward=True)
    _, answer = once(child, shrunk)
    assert answer.refusal == "sync.beyond_feed"


def test_another_countys_reference_is_refused():
    child, parent = world()
    parent.references = chain("ref", 3)
    child.reference = [make("ref", 1, None, "other").id]
    _, answer = once(child, parent)
    assert answer.refusal == "sync.other_reference"
    assert child.belief.heads == {}


def test_a_child_whose_reference_is_ahead_of_its_parents_is_served():
    child, parent = world()
    parent.references = chain("ref", 3)
    child.reference = [one.id for one in chain("ref", 5)]
    parent.hold(chain(THEIRS, 2))
    level(child, parent)
    assert set(child.ledger.held) == set(parent.ledger.held)


def test_a_refusal_shows_no_heads_but_what_went_along_is_there():
    """Else a machine out of service would send its first page again and again, and never the next."""
    child, _ = world()
    child.ledger.take(chain(ONE, 2), upward=True)
    offered = child.offer()
    child.use(offered, refuse(offered.header.request, "AAAAAAAA", "sync.revoked"), ())
    assert child.belief == Belief(epoch="AAAAAAAA", marks={ONE: 2})
    assert child.offer().lines == ()
    child.ledger.take(chain(ONE, 3), upward=True)
    assert list(child.offer().sent.values()) == [(ONE, 3)]


@pytest.mark.parametrize("division", ["511322115203", "511322"])
def test_only_its_own_feed_is_given_to_a_child(division):
    child, parent = world()
    parent.hold(chain(THEIRS, 4))
    child.division = division
    offered = child.offer()
    answer, _ = parent.answer(offered)
    assert set(answer.feed) == {"511322115"}


def test_the_digest_is_as_the_protocol_writes_it():
    assert digest({}) == "47DEQpj8HBSa-_TImW-5JA"
    assert len(digest({ONE: (1, "0" * 64)})) == 22
    assert digest({ONE: (1, "0" * 64), BELOW: (2, "1" * 64)}) == digest(
        {BELOW: (2, "1" * 64), ONE: (1, "0" * 64)}
    )
