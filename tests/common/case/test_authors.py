"""Who may act: role, appointment, node, as of the act's own ``ref`` (design 4; invariant 4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.case.commands import AcceptCase, AddNote, DecideCase, OfferCase
from common.case.fold import Folding, fold
from common.case.reasons import REASONS
from common.errors import NotPermitted
from tests.builders import (
    COUNTY,
    MZ,
    OTHER_TOWNSHIP,
    POST,
    TOWNSHIP,
    VILLAGE,
    Case,
    Stream,
    World,
    accepted,
    node_id,
    refused,
    register,
)


@pytest.fixture
def case() -> Case:
    made = Case()
    made.do("agent", register("MZ-003"))
    return made


def accept(case: Case, **keys: object) -> str | None:
    """What speaks against an acceptance by the clerk, with these parts of the event changed."""
    event = case.add(keys.pop("by", "clerk"), "case.accepted", keys.pop("body", {}), **keys)  # type: ignore[arg-type]
    return case.reason(event)


# -- appointments


def test_an_act_without_an_actor_has_no_effect(case):
    assert accept(case, actor=None) == "act.no_actor"


def test_an_act_waits_for_its_authors_appointment():
    world = World.new()
    clerk = world.officers["clerk"]
    appointment = world.reference.appointments.pop(clerk.id)
    case = Case(world)
    case.do("agent", register("MZ-003"))
    event = case.add("clerk", "case.accepted", {})
    assert [(w.id, w.reason, w.needs) for w in case.view.waiting] == [(event.id, "wait.actor", clerk.id)]
    with refused(NotPermitted, "case.no_actor"):
        case.do("clerk", AcceptCase(), office=TOWNSHIP)
    world.reference.appointments[clerk.id] = appointment
    assert case.label == "ACCEPTED"


def test_an_act_waits_for_the_reference_event_that_its_author_knew(case):
    unknown = "f" * 64
    event = case.add("clerk", "case.accepted", {}, ref=unknown)
    assert case.view.waiting == ((event.id, "wait.ref", unknown),)


def test_an_act_from_before_the_appointment_has_no_effect(case):
    early = case.world.log[0].id  # the county had just begun
    assert accept(case, ref=early) == "act.node_not_serving"  # nor was the node enrolled
    before = next(e for e in case.world.log if e.type == "node.enrolled" and e.body["office"] == TOWNSHIP)
    assert accept(case, by="lead", ref=before.id) == "act.appointment_ended"


def test_an_appointment_of_the_hub_counts_until_it_ends_as_of_the_acts_ref(case):
    world = case.world
    known = world.reference.head
    world.publish("officer.ended", of=world.officers["lead"].id)
    assert accept(case, by="lead", ref=world.reference.head) == "act.appointment_ended"
    assert accept(case, by="lead", ref=known) is None  # written before he knew
    assert case.label == "ACCEPTED"


def test_a_townships_own_appointment_counts_until_it_ends_in_its_origin(case):
    world = case.world
    before = case.add("clerk", "case.noted", {"text": "还在任"})
    ended = world.write(world.streams[TOWNSHIP], "officer.ended", {"of": world.officers["clerk"].id})
    world.reference.apply(ended)
    after = case.add("clerk", "case.noted", {"text": "已离任"})
    assert (case.reason(before), case.reason(after)) == (None, "act.appointment_ended")


def test_nobody_is_appointed_by_a_village_or_by_another_township(case):
    world = case.world
    for home in (VILLAGE, OTHER_TOWNSHIP):
        event = world.write(
            world.streams[home], "officer.appointed", {"name": "冒充", "office": TOWNSHIP, "role": "clerk"}
        )
        world.reference.apply(event)
        assert accept(case, actor=event.id) == "act.appointment_ended"


# -- roles and offices


@pytest.mark.parametrize("role", ["agent", "window", "chief", "operator", "supervisor", "technician"])
def test_only_clerk_and_lead_accept_at_a_township(case, role):
    case.world.appoint("somebody", role, TOWNSHIP, COUNTY)
    assert accept(case, by="somebody") == "act.role"


def test_a_role_that_nobody_knows_has_no_right(case):
    case.world.appoint("somebody", "mayor", TOWNSHIP, COUNTY)
    assert accept(case, by="somebody") == "act.role"


def test_an_officer_of_one_post_does_not_act_for_another(case):
    assert accept(case, by="post", body={"office": TOWNSHIP}) == "act.not_appointed_there"
    assert accept(case, by="other_clerk", body={"office": TOWNSHIP}) == "act.node_not_serving"


def test_supervisor_and_technician_move_nothing_and_the_supervisor_may_note(case):
    for who in ("supervisor", "technician"):
        assert accept(case, by=who) == "act.role"
    case.do("supervisor", AddNote("请尽快办理"))
    assert case.view.aside != ()  # the two above alone
    with refused(NotPermitted, "case.role"):
        case.do("technician", AddNote("试一下"), office=COUNTY)


# -- nodes


def test_an_act_counts_only_from_a_node_that_serves_the_office(case):
    village = case.world.streams[VILLAGE]
    forged = case.add(village, "case.accepted", {"office": TOWNSHIP}, actor=case.world.officers["clerk"].id)
    assert case.reason(forged) == "act.node_not_serving"  # invariant 4


def test_an_unknown_node_serves_nobody(case):
    stranger = Stream("aaaaaaaaaaaa/EPQCH222", TOWNSHIP)
    forged = case.add(stranger, "case.accepted", {}, actor=case.world.officers["clerk"].id)
    assert case.reason(forged) == "act.node_not_serving"


def test_automatic_acts_are_written_by_the_node_of_the_office_and_by_no_person(case):
    township, village = case.world.streams[TOWNSHIP], case.world.streams[VILLAGE]
    case.later(30)
    relay = case.add(village, "case.lapsed", {"office": TOWNSHIP})
    person = case.add(township, "case.lapsed", {}, actor=case.world.officers["clerk"].id)
    assert (case.reason(relay), case.reason(person)) == ("act.node_not_serving", "act.automatic_with_actor")
    case.add(township, "case.lapsed", {})
    assert case.label == "ACCEPTED"


def test_acts_of_a_revoked_node_after_its_cut_off_have_no_effect_unless_confirmed():
    case = accepted("MZ-003")  # confirmed by the hub
    world, stream = case.world, case.world.streams[TOWNSHIP]
    late = case.add("clerk", "case.decided", {"result": "granted"})
    world.publish("node.revoked", node=stream.node, cuts={})
    assert case.reason(late) == "act.after_cutoff"
    assert case.label == "ACCEPTED"  # the confirmed acceptance stands
    with refused(NotPermitted, "case.after_cutoff"):
        case.do("clerk", DecideCase(granted=True))
    with refused(NotPermitted, "case.after_cutoff"):
        case.do("clerk", AddNote("还想写"))


def test_a_confirmation_of_an_act_of_a_revoked_node_counts_the_same_early_and_late():
    case = accepted("MZ-003")  # confirmed by the hub
    world, stream = case.world, case.world.streams[TOWNSHIP]
    world.publish("node.revoked", node=stream.node, cuts={stream.origin: [stream.seq, "f" * 64]})
    events = [*case.events.values()]
    late = [event for event in events if event.type == "case.confirmed"]
    folding = Folding(world.reference, [event for event in events if event not in late])
    folding.add(late)
    assert late
    assert folding.view() == fold(events, world.reference)


# -- people whom a revoked township appointed


def appointed(case):
    """A clerk whom the township appoints, and his acceptance of the case."""
    world, stream = case.world, case.world.streams[TOWNSHIP]
    event = world.write(stream, "officer.appointed", {"name": "新人", "office": TOWNSHIP, "role": "clerk"})
    world.reference.apply(event)
    return event, case.add("clerk", "case.accepted", {}, actor=event.id)


def cut_at(world, seq):
    stream = world.streams[TOWNSHIP]
    return world.publish("node.revoked", node=stream.node, cuts={stream.origin: [seq, "f" * 64]})


def test_who_was_appointed_after_a_cut_off_acts_without_effect_until_the_appointment_counts(case):
    world = case.world
    appointment, by_new = appointed(case)
    assert case.reason(by_new) is None
    cut_at(world, appointment.seq - 1)
    word = world.publish("node.revoked", node=by_new.node, cuts={}, records={by_new.id: True})
    assert case.reason(by_new) == "act.appointed_after_cutoff"
    assert case.reason(by_new) in REASONS
    assert word.id in case.view.used
    cut_at(world, by_new.seq)
    assert case.reason(by_new) is None
    assert case.label == "ACCEPTED"


def test_what_is_confirmed_stands_whoever_appointed_its_author(case):
    """Invariant 8."""
    appointment, by_new = appointed(case)
    case.settle()
    assert "case.confirmed" in {event.type for event in case.events.values()}
    cut_at(case.world, appointment.seq - 1)
    assert case.reason(by_new) is None
    assert case.label == "ACCEPTED"


def test_an_agent_whom_a_revoked_township_appointed_acts_without_effect_on_a_machine_in_service(case):
    world = case.world
    person = {"name": "新人", "office": VILLAGE, "role": "agent"}
    appointment = world.write(world.streams[TOWNSHIP], "officer.appointed", person)
    world.reference.apply(appointment)
    noted = case.add("agent", "case.noted", {"text": "我来办"}, actor=appointment.id)
    assert case.reason(noted) is None
    cut_at(world, appointment.seq - 1)
    assert not world.reference.cut(noted)
    assert case.reason(noted) == "act.appointed_after_cutoff"
    world.officers["agent"] = replace(world.officers["agent"], id=appointment.id)
    with refused(NotPermitted, "case.appointed_after_cutoff"):
        case.do("agent", AddNote("还想写"))


def test_an_end_after_a_cut_off_ends_no_appointment(case):
    world, stream = case.world, case.world.streams[TOWNSHIP]
    ended = world.write(stream, "officer.ended", {"of": world.officers["clerk"].id})
    world.reference.apply(ended)
    noted = case.add("clerk", "case.noted", {"text": "还在任"})
    assert case.reason(noted) == "act.appointment_ended"
    cut_at(world, ended.seq - 1)
    world.publish("node.revoked", node=stream.node, cuts={}, records={noted.id: True})
    assert case.reason(noted) is None
    cut_at(world, noted.seq)
    assert case.reason(noted) == "act.appointment_ended"


def test_a_cut_off_of_who_appointed_is_judged_the_same_in_whatever_order_all_comes(case):
    """Invariant 2.  The confirmation pins the act that would have no effect without it."""
    appointment, by_new = appointed(case)
    case.settle()
    cut_at(case.world, appointment.seq - 1)
    reference, events = case.world.reference, [*case.events.values()]
    late = [event for event in events if event.type == "case.confirmed"]
    before = Folding(reference, [event for event in events if event not in late])
    assert by_new.id in {one.id for one in before.view().aside}
    before.add(late)
    assert late
    assert before.view() == fold(events, reference) == fold([*reversed(events)], reference)


# -- mergers


def test_the_successor_of_a_merged_office_acts_on_its_cases():
    case = accepted("MZ-003")
    case.world.publish("office.merged", old=TOWNSHIP, new=OTHER_TOWNSHIP)
    assert case.view.state.holder == OTHER_TOWNSHIP
    case.do("other_clerk", DecideCase(granted=True))
    assert case.label == "GRANTED"


def test_the_old_officers_of_a_merged_office_still_count():
    case = accepted("MZ-003")
    case.world.publish("office.merged", old=TOWNSHIP, new=OTHER_TOWNSHIP)
    case.do("clerk", DecideCase(granted=True), office=TOWNSHIP)
    assert case.label == "GRANTED"


def test_a_later_merger_takes_no_act_its_effect():
    case = accepted("MZ-003")
    case.do("clerk", OfferCase(OTHER_TOWNSHIP))
    before = case.view.path
    case.world.publish("office.merged", old=OTHER_TOWNSHIP, new=TOWNSHIP)
    case.world.publish("office.merged", old=POST, new=MZ)
    assert case.view.path == before


def test_a_unit_follows_its_division_unless_it_is_said_otherwise():
    world = World.new()
    assert world.reference.canon(POST) == POST
    world.publish("office.merged", old=TOWNSHIP, new=OTHER_TOWNSHIP)
    assert world.reference.canon(POST) == f"{OTHER_TOWNSHIP}/MZ"
    world.publish("office.merged", old=POST, new=MZ)
    assert world.reference.canon(POST) == MZ


def test_successions_never_run_in_a_circle():
    world = World.new()
    for old, new in (
        (POST, f"{OTHER_TOWNSHIP}/MZ"),
        (OTHER_TOWNSHIP, TOWNSHIP),  # with the line above, the post would follow itself
        (TOWNSHIP, OTHER_TOWNSHIP),
        (OTHER_TOWNSHIP, OTHER_TOWNSHIP),
        (OTHER_TOWNSHIP, MZ),  # a division goes into a division
    ):
        world.publish("office.merged", old=old, new=new)
    assert set(world.reference.heirs) == {POST, TOWNSHIP}
    assert world.reference.canon(POST) == f"{OTHER_TOWNSHIP}/MZ"


def test_node_ids_of_the_builders_have_the_right_form():
    assert len(node_id(COUNTY)) == 12
