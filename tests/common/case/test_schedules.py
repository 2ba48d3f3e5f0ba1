"""Laws of the fold on random lives of a case among nodes (design 4, 9).  A failing seed prints itself and replays."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from common.case import CaseView, Folding, Moment, decide, digest, fold, label, needs_confirmation, office_for
from common.case import commands as c
from common.case.desk import Author
from common.errors import AppError
from common.event_types import EVENT_TYPES
from common.events import Event
from tests.builders import COUNTY, DAY, MZ, OTHER_TOWNSHIP, PEOPLE, TOWNSHIP
from tests.common.case.schedules import Schedule, shuffled
from tests.model import Model

SEEDS = st.integers(0, 10**6)


def compared(view: CaseView) -> dict[str, Any]:
    """What the second model also says."""

    def moving(listed: Any) -> set[str]:
        return {entry.id for entry in listed if EVENT_TYPES[view.events[entry.id].type].moves}

    state = view.state
    return {
        "status": state.status.value,
        "holder": state.holder,
        "received": state.received and state.received.isoformat(),
        "accepted": state.accepted and state.accepted.isoformat(),
        "path": view.path,
        "aside": moving(view.aside),
        "waiting": moving(view.waiting),
        "asks": set(view.asks),
        "loose": set(view.loose),
        "pinned": set(view.pinned),
    }


@settings(max_examples=60)
@given(SEEDS)
def test_the_fold_agrees_with_a_model_written_another_way(seed: int):
    life = Schedule(seed)
    for held in (life.everything, *life.known.values()):
        view = fold(held.values(), life.world.reference)
        assert compared(view) == Model(held.values(), life.facts).result()


@settings(max_examples=40)
@given(SEEDS)
def test_nodes_that_hold_the_same_show_the_same(seed: int):
    life = Schedule(seed)
    views = [fold(shuffled(life.everything, seed + i), life.world.reference) for i in range(3)]
    assert views[0] == views[1] == views[2]
    assert len({digest(view) for view in views}) == 1  # invariant 2
    assert len({label(view) for view in views}) == 1


@settings(max_examples=60)
@given(SEEDS)
def test_a_fold_that_goes_on_gives_what_a_fold_of_all_gives(seed: int):
    life = Schedule(seed)
    reference, draw = life.world.reference, Random(seed)
    for turmoil in range(3):  # as they were written; some late; in any order
        rest = sorted(life.everything.values(), key=lambda e: (e.at, e.seq, e.id))
        if turmoil:
            late = {event.id: draw.random() < (0.1, 1.0)[turmoil - 1] and draw.random() for event in rest}
            rest.sort(key=lambda event: late[event.id])
        folding, held = Folding(reference), []
        while rest:
            count = draw.choice((1, 1, 1, 2, 5))
            held += rest[:count]
            folding.add(rest[:count])
            del rest[:count]
            assert folding.view() == fold(held, reference)


@settings(max_examples=40)
@given(SEEDS)
def test_nothing_is_lost_and_each_thing_is_somewhere(seed: int):
    life = Schedule(seed, turmoil=False)
    view = fold(life.everything.values(), life.world.reference)
    listed = {entry[0] for entry in (*view.aside, *view.waiting)}
    ruled = {event.body["of"] for event in life.everything.values() if event.type == "ruling.dismissed"}
    adopted = {
        x
        for step in view.path
        if view.events[step].type == "case.adopted"
        for x in view.events[step].body["acts"]
    }
    machines = {
        x
        for x, event in life.everything.items()
        if event.type in ("case.arrived", "case.lapsed", "case.expired")
    }
    assert set(life.everything) == {
        *view.path,
        *view.added,
        *listed,
        *ruled,
        *adopted,
        *machines,
    }  # invariant 9
    assert bool(view.state.holder) == bool(view.path)  # invariant 3


def forgotten(act: str | None, view: CaseView) -> bool:
    """Does it rest on an act that nobody holds: one that the hub forgot before anyone else had it?"""
    while act is not None:
        if act not in view.events:
            return True
        act = view.events[act].base
    return False


@settings(max_examples=60)
@given(SEEDS)
def test_what_the_hub_has_confirmed_never_loses_its_effect(seed: int):
    life = Schedule(seed)
    hub = life.world.log[1].body["origin"]  # its first epoch: of several the older one is right
    confirmed = {
        event.base
        for event in life.everything.values()
        if event.origin == hub and (event.type == "case.confirmed" or event.type.startswith("ruling."))
    }
    view = fold(life.everything.values(), life.world.reference)
    assert {x for x in confirmed if not forgotten(x, view)} <= set(view.path)  # invariant 8


@settings(max_examples=30)
@given(SEEDS)
def test_once_all_is_confirmed_more_events_of_others_change_nothing_confirmed(seed: int):
    life = Schedule(seed, turmoil=False)
    known = life.everything
    view = fold(known.values(), life.world.reference)
    if (act := needs_confirmation(view)) is not None:
        event = life.world.write(
            life.world.streams[COUNTY],
            "case.confirmed",
            {"office": COUNTY, "day": "2026-03-04"},
            case=life.case,
            base=act,
        )
        known[event.id] = event
    before = fold(known.values(), life.world.reference)
    assert before.confirmed
    pinned = [x for x in before.path if x in before.pinned]
    for home in (TOWNSHIP, OTHER_TOWNSHIP):  # late rivals on every act in effect
        officer = life.world.officers["lead" if home == TOWNSHIP else "other_lead"]
        for base in before.path:
            for kind, body in (("case.terminated", {"reason": "晚到"}), ("case.taken", {"of": base})):
                whole = {"office": home, "day": "2026-03-05", **body}
                rival = life.world.write(officer, kind, whole, case=life.case, base=base)
                known[rival.id] = rival
    after = fold(known.values(), life.world.reference)
    assert list(after.path[: len(pinned)]) == pinned  # invariant 8


# -- commands

TEXT = st.sampled_from(["理由", "情况说明", ""])


def commands(view: CaseView) -> st.SearchStrategy[c.Command]:
    """Any command, mostly with ids and names that occur in the case."""
    ids = st.sampled_from([*view.events, "f" * 64])
    offices = st.sampled_from([TOWNSHIP, OTHER_TOWNSHIP, MZ, COUNTY, "511322/XX"])
    days = st.integers(-30, 60).map(lambda n: DAY + timedelta(days=n))
    papers = st.sampled_from([(), ({"material": "bank", "original_seen": True},)])
    asides = st.sampled_from([act.id for act in view.aside] or ["f" * 64])
    return st.one_of(
        st.builds(c.SubmitCase),
        st.builds(c.CancelCase, TEXT, st.none() | ids),
        st.builds(c.AcceptCase),
        st.builds(c.AskCorrection, st.just(({"what": "收入证明"},)), st.none() | days),
        st.builds(c.RefuseAcceptance, TEXT),
        st.builds(c.OfferCase, offices),
        st.builds(c.TakeCase),
        st.builds(c.DeclineCase, TEXT),
        st.builds(c.RecallOffer),
        st.builds(c.FinishStep, st.integers(0, 9), st.none(), st.just(("王丽", "张强"))),
        st.builds(
            c.PauseCase, st.sampled_from(["publicity", "assess"]), TEXT, st.none() | st.integers(-1, 30)
        ),
        st.builds(c.ResumeCase, st.none() | ids),
        st.builds(c.SuspendCase, TEXT),
        st.builds(c.RestartCase),
        st.builds(c.ExtendCase, st.integers(-1, 12), TEXT, TEXT),
        st.builds(c.GrantOverride, TEXT),
        st.builds(c.DecideCase, st.booleans(), st.none() | TEXT),
        st.builds(c.RevokeDecision, TEXT),
        st.builds(c.TerminateCase, TEXT),
        st.builds(c.TakeOverCase, TEXT),
        st.builds(c.AdoptActs, st.lists(asides, max_size=3).map(tuple), TEXT, st.none()),
        st.builds(c.DismissAct, asides, TEXT),
        st.builds(c.DateAct, ids, days, TEXT),
        st.builds(c.AddNote, TEXT),
        st.builds(c.AddPapers, papers),
        st.builds(c.SeeOriginals, st.sampled_from([(), ("bank",)])),
        st.builds(c.HandInCorrection, papers),
        st.builds(c.AskWithdrawal, st.none() | TEXT),
        st.builds(c.AnswerAsk, st.sampled_from([*view.asks, "f" * 64]), TEXT),
        st.builds(c.Urge, st.none() | TEXT),
        st.builds(c.Deliver, TEXT, TEXT),
        st.builds(c.Rate, st.integers(0, 6)),
        st.builds(c.Archive),
    )


@settings(max_examples=60)
@given(st.data(), st.integers(0, 300))
def test_an_accepted_command_takes_effect(data: st.DataObject, seed: int):
    life = Schedule(seed, steps=30)
    home = data.draw(st.sampled_from(sorted(life.known)))
    known: dict[str, Event] = dict(life.known[home])
    reference, world = life.world.reference, life.world
    for _ in range(4):
        view = fold(known.values(), reference)
        command = data.draw(commands(view))
        officer = world.officers[data.draw(st.sampled_from(sorted([*PEOPLE, "other_lead"])))]
        appointment = reference.appointments[officer.id]
        office = office_for(view, c.KIND_OF[type(command)], appointment, reference) or officer.office
        moment = Moment(life.day, officer.stream.origin, officer.stream.seq + 1)
        try:
            drafts = decide(view, command, Author(officer.id, office), reference, moment)
        except AppError:
            continue
        assert drafts
        previous = None
        for draft in drafts:
            event = world.seal(draft, officer, life.case, previous)
            known[event.id] = event
            previous = event.id
            after = fold(known.values(), reference)
            assert event.id in (after.path if event.moves else after.added), (after.aside, after.waiting)
            assert not event.moves or after.tip == event.id
