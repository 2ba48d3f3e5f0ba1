"""What is not known here, or cannot be read: carried, frozen or set aside, and never an error (design 4)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.case import digest, due, fold, label, lamp, open_terms
from common.case.acting import allowed_acts
from common.case.automatic import confirmation, due_automatic
from common.case.commands import AddNote, DecideCase
from common.errors import CommandRefused
from common.event_types import EVENT_TYPES, Home
from common.events import Event, compose, decode
from tests.builders import DAY, TOWNSHIP, Case, World, accepted, refused, register
from tests.common.case.schedules import Schedule, shuffled

CASE_TYPES = sorted(name for name, kind in EVENT_TYPES.items() if kind.home is Home.CASE)


# -- types that this program does not know


def test_an_unknown_moving_act_freezes_the_case():
    case = accepted("MZ-003")
    unknown = case.add("clerk", "case.split", {"parts": 2}, moves=True)
    view = case.view
    assert (view.frozen, view.tip, case.label) == (True, unknown.id, "ACCEPTED")
    with refused(CommandRefused, "case.frozen"):
        case.do("clerk", DecideCase(granted=True))
    assert due_automatic(view, case.world.reference, lambda _: True, case.later(60), timers=True) is None
    later = case.add("clerk", "case.decided", {"result": "granted"})
    assert (later.id, "wait.unknown", unknown.id) in case.view.waiting
    further = case.add("clerk", "case.recalled", {"of": later.id}, base=later.id)
    assert (further.id, "wait.base", later.id) in case.view.waiting


def test_a_frozen_case_still_takes_additions():
    case = accepted("MZ-003")
    case.add("clerk", "case.split", {"parts": 2}, moves=True)
    case.do("agent", AddNote("申请人来问过"))
    lead = case.world.reference.appointments[case.world.officers["lead"].id]
    allowed = allowed_acts(case.view, lead, case.world.reference)
    assert "case.noted" in allowed
    assert not any(EVENT_TYPES[kind].moves for kind in allowed)


def test_an_unknown_moving_act_goes_before_its_rivals_unless_the_hub_has_built_on_one():
    case = accepted("MZ-003")
    case.automatic = False
    base = case.view.tip
    case.add("clerk", "case.decided", {"result": "granted"}, base=base)
    unknown = case.add("lead", "case.split", {"parts": 2}, base=base, moves=True)
    assert case.view.tip == unknown.id
    decided = case.last("case.decided")
    case.add(case.world.streams["511322"], "case.confirmed", {}, base=decided.id)
    assert case.view.tip == decided.id
    assert case.reason(unknown) == "act.rival"


def test_an_unknown_act_begins_no_case():
    case = Case(automatic=False)
    case.do("agent", register())
    stranger = case.add("agent", "case.begun", {}, moves=True, base=None)
    assert case.reason(stranger) == "act.wrong_state"
    assert not case.view.frozen


def test_an_unknown_adding_act_is_carried_and_changes_nothing():
    case = accepted("MZ-003")
    before = case.view
    carried = case.add("clerk", "case.tagged", {"colour": "red"}, moves=False)
    after = case.view
    assert (after.state, after.path, after.aside, after.waiting) == (before.state, before.path, (), ())
    assert carried.id in after.events
    assert digest(after) != digest(before)  # the same events, or not the same digest


# -- what lies about itself


@pytest.mark.parametrize("kind", ["case.accepted", "case.noted"])
def test_an_act_that_claims_the_wrong_kind_has_no_effect(kind):
    case = Case()
    case.do("agent", register("MZ-003"))
    body = {"text": "备注"} if kind == "case.noted" else {}
    liar = case.add("clerk", kind, body, moves=not EVENT_TYPES[kind].moves)
    assert case.reason(liar) == "act.wrong_moves"
    assert case.label == "RECEIVED"


def test_an_event_that_belongs_to_no_case_has_no_place_in_one():
    case = accepted("MZ-003")
    body = {"name": "冒充", "office": TOWNSHIP, "role": "clerk"}
    stray = case.add("clerk", "officer.appointed", body)
    moving = case.add("clerk", "officer.appointed", body, moves=True)
    assert (case.reason(stray), case.reason(moving)) == ("act.wrong_type", "act.wrong_type")


def test_nothing_stands_on_an_adding_act():
    case = accepted("MZ-003")
    noted = case.do("clerk", AddNote("备注"))[0]
    act = case.add("clerk", "case.decided", {"result": "granted"}, base=noted.id)
    assert case.reason(act) == "act.wrong_base"


def test_a_registration_stands_on_nothing():
    case = accepted("MZ-003")
    world = case.world
    again = dict(case.events[case.id].body)
    second = world.write(world.officers["agent"], "case.registered", again, base=case.view.tip)
    alone = Case(world, {second.id: second}, automatic=False)
    assert alone.view.path == ()


def test_an_edition_that_is_not_held_here_is_waited_for():
    case = Case(automatic=False)
    unknown = "c" * 64
    case.do("agent", register("MZ-003", submit=False))
    body = {**case.events[case.id].body, "edition": unknown}
    event = case.world.write(case.world.officers["agent"], "case.registered", body)
    alone = Case(case.world, {event.id: event}, automatic=False)
    assert alone.view.waiting == ((event.id, "wait.edition", unknown),)


def test_an_edition_of_another_item_is_refused():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003", submit=False))
    body = {**case.events[case.id].body, "edition": case.world.editions["MZ-005"]}
    event = case.world.write(case.world.officers["agent"], "case.registered", body)
    alone = Case(case.world, {event.id: event}, automatic=False)
    assert alone.view.aside == ((event.id, "act.wrong_item"),)


# -- totality

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12)
    | st.sampled_from(
        [DAY.isoformat(), TOWNSHIP, "submit", "granted", "f" * 64, "2026-02-30", "２０２６-01-01"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcd_", max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def garbled(draw: st.DrawFn) -> tuple[World, list[Event]]:
    """The events of a life, some of them with other bodies, bases, actors, refs or types."""
    schedule = Schedule(draw(st.integers(0, 40)), steps=25)
    events = list(schedule.everything.values())
    ids = [event.id for event in events] + ["f" * 64, None]
    made = []
    for event in draw(st.lists(st.sampled_from(events), min_size=1, max_size=6)):
        body: Any = copy.deepcopy(dict(event.body))
        for key in draw(st.lists(st.sampled_from(sorted(body)), max_size=3, unique=True)):
            if draw(st.booleans()):
                body[key] = draw(JSON)
            else:
                del body[key]
        kind = draw(
            st.sampled_from([event.type, event.type, *CASE_TYPES, "case.unheard_of", "item.published"])
        )
        payload = compose(
            type=kind,
            moves=draw(st.sampled_from([event.moves, event.moves, not event.moves])),
            origin=event.origin,
            seq=event.seq,
            prev=event.prev,
            at=event.at,
            seen=None,
            ref=draw(st.sampled_from([event.ref, event.ref, *ids])),
            actor=draw(st.sampled_from([event.actor, event.actor, *ids])),
            case=schedule.case,
            base=draw(st.sampled_from([event.base, *ids])),
            body=body,
        ).payload
        made.append(decode(payload))
    return schedule.world, events + made


@settings(max_examples=120)
@given(garbled(), st.integers(0, 9))
def test_folding_never_fails_and_never_depends_on_the_order(
    given_events: tuple[World, list[Event]], seed: int
):
    world, events = given_events
    view = fold(events, world.reference)
    again = fold(shuffled({event.id: event for event in events}, seed), world.reference)
    assert again == view
    assert digest(again) == digest(view)
    for read in (label, digest):
        read(view)
    due(view, world.reference)
    lamp(view, world.reference, DAY)
    open_terms(view, world.reference, DAY)
    confirmation(view, world.reference, DAY)
    due_automatic(view, world.reference, lambda _: True, DAY, timers=True)
    for officer in world.officers.values():
        allowed_acts(view, world.reference.appointments[officer.id], world.reference, DAY)
    assert bool(view.state.holder) == bool(view.path)  # exactly one holder, invariant 3
    listed = [entry[0] for entry in (*view.aside, *view.waiting)]
    assert len(listed) == len(set(listed))
    assert not set(listed) & set(view.path)
