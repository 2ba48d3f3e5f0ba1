"""One act in one state: does it fit, may its author, what follows (design 4; rules sections 2 to 6).

``refusal`` is asked with the state that the author saw, the act, and the reference ledger as of the act's ``ref``;
nothing else is looked at, not today, not the calendar, not its rivals.  A reason is a code of ``reasons``; one that
begins with ``wait.`` says that the act cannot be judged here yet.  Nothing here raises on a stored event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from common.case.state import (
    ENDED,
    OPEN,
    UNANSWERED,
    UNDER_WAY,
    Decision,
    Direction,
    Parties,
    Registration,
    State,
    Status,
    Stop,
)
from common.catalogue.items import Item, Step
from common.clock import EXTENSION_DAYS, JOINT_EXTENSION_DAYS
from common.event_types import EVENT_TYPES, check_body, is_date
from common.events import Event
from common.offices import RANK, Level, level, township_of
from common.offices import division as division_of
from common.reference import Reference
from common.rights import RIGHTS, Place, Relation, place
from common.rights import refusal as right_refusal

SUBMIT, SUPPLY, WITHDRAWAL = "submit", "supply", "withdrawal"  # what an arrival is of
GRANTED, REFUSED = "granted", "refused"  # results of a decision

AUTOMATIC = frozenset({"case.arrived", "case.lapsed", "case.expired"})

# A person's acts that give the citizen a paper or settle who holds: the hub confirms them once it has them in
# effect.  A timer's act is never confirmed for itself: a notice given in time may still be on its way.
FIRM = frozenset({
    "case.accepted", "case.correction_asked", "case.not_accepted", "case.decided", "case.cancelled",
    "case.terminated", "case.paused", "case.resumed", "case.suspended", "case.restarted", "case.extended",
    "case.revoked", "case.taken", "case.recalled",
})  # fmt: skip

# What a ruling may re-enact on the newest state (the model's list, and what has one obvious place beside it).
ADOPTABLE = (FIRM | AUTOMATIC | {"case.stepped", "case.override_granted"}) - {"case.recalled", "case.revoked"}

_ACCEPTED = frozenset({Status.ACCEPTED})
_REGISTERED = frozenset({Status.REGISTERED})
STATUSES: Mapping[str, frozenset[Status]] = {
    "case.registered": frozenset({Status.NONE}),
    "case.submitted": _REGISTERED,
    "case.cancelled": _REGISTERED,
    "case.arrived": OPEN,
    "case.accepted": UNANSWERED,
    "case.correction_asked": UNANSWERED,
    "case.not_accepted": UNANSWERED,
    "case.lapsed": UNANSWERED,
    "case.expired": frozenset({Status.CORRECTING}),
    "case.override_granted": frozenset({Status.SUPPLIED}),
    "case.offered": UNDER_WAY,
    "case.taken": UNDER_WAY,
    "case.declined": UNDER_WAY,
    "case.recalled": OPEN,
    "case.stepped": _ACCEPTED,
    "case.paused": _ACCEPTED,
    "case.resumed": _ACCEPTED,
    "case.suspended": _ACCEPTED,
    "case.restarted": _ACCEPTED,
    "case.extended": _ACCEPTED,
    "case.decided": _ACCEPTED,
    "case.revoked": frozenset({Status.GRANTED}),
    "case.terminated": UNDER_WAY,
    "case.taken_over": OPEN,
    "case.adopted": OPEN,
}
_ARRIVING = {SUBMIT: _REGISTERED, SUPPLY: frozenset({Status.CORRECTING}), WITHDRAWAL: OPEN}
_RESTS_WHILE_SUSPENDED = frozenset(
    {"case.stepped", "case.paused", "case.suspended", "case.extended", "case.decided"}
)
_STEPS_WITH_ACTS_OF_THEIR_OWN = frozenset({"register", "forward", "accept", "decide"})

Canon = Callable[[str], str]


# -- the act by itself


def malformed(event: Event) -> str | None:
    """Why nobody can read the act's body, whatever the state; None if it can be read."""
    kind, body = event.type, event.body
    if EVENT_TYPES[kind].moves != event.moves:
        return "act.wrong_moves"
    if check_body(kind, body) is not None:
        return "body.malformed"
    check = _BODY_RULES.get(kind)
    return check(event) if check is not None else None


def _registered_body(event: Event) -> str | None:
    return None if event.base is None and event.case is None else "body.malformed"


def _arrived_body(event: Event) -> str | None:
    body = event.body
    if body["of_kind"] not in _ARRIVING:
        return "body.malformed"
    if body["of_kind"] != WITHDRAWAL and body.get("notice_by") is None:
        return "body.malformed"
    return "body.malformed" if body["of_kind"] == SUBMIT and body.get("edition") is None else None


def _decided_body(event: Event) -> str | None:
    if event.body["result"] not in (GRANTED, REFUSED):
        return "body.malformed"
    return "act.no_reasons" if event.body["result"] == REFUSED and not event.body.get("reasons") else None


def _adopted_body(event: Event) -> str | None:
    dates = event.body.get("dates") or {}
    return None if all(is_date(day) for day in dates.values()) else "body.malformed"


def _rated_body(event: Event) -> str | None:
    return None if 1 <= event.body["score"] <= 5 else "body.malformed"


_BODY_RULES: Mapping[str, Callable[[Event], str | None]] = {
    "case.registered": _registered_body,
    "case.arrived": _arrived_body,
    "case.decided": _decided_body,
    "case.adopted": _adopted_body,
    "case.rated": _rated_body,
}


def standing(event: Event, reference: Reference, used: set[str]) -> str | None:
    """Why the author may not do such an act for this office at all, whatever the state; None if he may.

    Judged at the event's own ``ref``.  The ids of what was consulted go into ``used``.  The body is readable.
    """
    at = reference.position(event.ref)
    if at is None:
        return "wait.ref"
    office = event.body["office"]
    if (node := reference.nodes.get(event.node)) is None or not reference.node_serves(node.id, office, at):
        return "act.node_not_serving"
    used.add(node.event)
    if EVENT_TYPES[event.type].automatic:
        return None if event.actor is None else "act.automatic_with_actor"
    if event.actor is None:
        return "act.no_actor"
    appointment = reference.appointments.get(event.actor)
    if appointment is None:
        return "wait.actor"
    used.add(appointment.id)
    if not reference.appointment_counts(appointment, event, at):
        return "act.appointment_ended"
    return right_refusal(event.type, appointment.role, appointment.office, office, reference.canon)


def from_hub(event: Event, reference: Reference) -> int | None:
    """The generation of the hub's epoch that wrote it; None if it is not the hub's word, or cut off from it."""
    generation = reference.generation(event.origin)
    return None if generation is None or reference.cut(event) else generation


# -- the act in a state


def refusal(state: State, event: Event, days: tuple[date, ...], reference: Reference) -> str | None:
    """Why the act has no effect in this state, its body and its author's standing given; None if it has.

    Args:
        days: as written, then as ruled (``ruling.dated``).  A ruling can give an act effect, never take it.
    """
    return (
        fits(state, event, days, reference)
        or graded(state, event.type, event.body, reference)
        or may(state, event.type, event.body, reference.canon)
    )


def closed(state: State, kind: str) -> str | None:
    """Why no act of this type makes sense in this state, whatever its body says; None if one does."""
    if state.status not in STATUSES[kind]:
        return "act.case_ended" if state.status in ENDED else "act.wrong_state"
    if kind in _RESTS_WHILE_SUSPENDED and state.suspended:
        return "act.while_suspended"
    if kind == "case.correction_asked" and state.noticed and not state.override:
        return "act.second_notice"
    if kind == "case.override_granted" and state.override:
        return "act.wrong_state"
    if kind == "case.extended" and state.extension:
        return "act.extended_already"
    return None


def fits(state: State, event: Event, days: tuple[date, ...], reference: Reference) -> str | None:
    """Why the act makes no sense in this state, whoever did it; None if it does."""
    if reason := closed(state, event.type):
        return reason
    match event.type:
        case "case.registered":
            return _registers(event, reference)
        case "case.arrived":
            return _arrives(state, event, reference)
        case "case.correction_asked" | "case.not_accepted" if not _by(state.notice_by, days):
            return "act.after_notice_term"
        case "case.lapsed" if not _past(state.notice_by, days):
            return "act.before_notice_term"
        case "case.expired" if not _past(state.correct_by, days):
            return "act.before_correction_term"
        case "case.resumed" if not _is_open(state.pauses, event.body["of"]):
            return "act.no_such_pause"
        case "case.restarted" if not _is_open(state.suspensions, event.body["of"]):
            return "act.no_such_suspension"
        case "case.revoked" if event.body["of"] != state.result:
            return "act.no_such_decision"
        case "case.taken_over":
            return _takes_over(state, event, reference)
        case "case.offered" if reference.canon(event.body["to"]) == reference.canon(state.holder):
            return "act.offer_to_self"
        case "case.stepped" | "case.paused" | "case.extended":
            return _fits_item(state, event, reference.editions[state.edition].item)
    return None


def _by(last: date | None, days: tuple[date, ...]) -> bool:
    return last is not None and min(days) <= last


def _past(last: date | None, days: tuple[date, ...]) -> bool:
    return last is None or max(days) > last


def _is_open(stops: tuple[Stop, ...], stop_id: str) -> bool:
    return any(stop.id == stop_id and stop.end is None for stop in stops)


def _edition_of(code: str, edition: str | None, reference: Reference) -> str | None:
    known = reference.editions.get(edition or "")
    if known is None:
        return "wait.edition"
    return None if known.item.code == code else "act.wrong_item"


def _registers(event: Event, reference: Reference) -> str | None:
    return _edition_of(event.body["item"], event.body["edition"], reference)


def _arrives(state: State, event: Event, reference: Reference) -> str | None:
    of_kind = event.body["of_kind"]
    if state.status not in _ARRIVING[of_kind]:
        return "act.wrong_state"
    return _receipt_edition(state, event, reference) if of_kind == SUBMIT else None


def _takes_over(state: State, event: Event, reference: Reference) -> str | None:
    if state.status is not Status.REGISTERED:
        return None
    if event.body.get("notice_by") is None or event.body.get("edition") is None:
        return "act.receipt_missing"
    return _receipt_edition(state, event, reference)


def _receipt_edition(state: State, event: Event, reference: Reference) -> str | None:
    return _edition_of(
        state.registration.item if state.registration else "", event.body["edition"], reference
    )


def _fits_item(state: State, event: Event, item: Item) -> str | None:
    body = event.body
    match event.type:
        case "case.paused":
            return None if body["kind"] in item.excluded_kinds else "act.pause_not_allowed"
        case "case.extended":
            most = JOINT_EXTENSION_DAYS if item.case_type == "joint" else EXTENSION_DAYS
            return None if 1 <= body["days"] <= most else "act.extension_too_long"
    if body["step"] in state.steps:
        return "act.step_done"
    return None if any(step.number == body["step"] for step in steps_to_finish(item)) else "act.no_such_step"


def steps_to_finish(item: Item) -> tuple[Step, ...]:
    """The steps that ``case.stepped`` can finish: before the decision, and without an act of their own."""
    return tuple(
        step
        for step in item.procedure
        if step.kind not in _STEPS_WITH_ACTS_OF_THEIR_OWN and step.number < item.decide_step.number
    )


# -- graded handling 分级承办


def office_of(state: State, step: Step, reference: Reference) -> str:
    """The office that does a step of this case by its item's procedure (R-101, R-105)."""
    item = reference.editions[state.edition].item
    made = state.registration
    at, village = (made.office, made.village) if made else ("", None)
    own = division_of(at) if at and level(at) is Level.VILLAGE else None
    township = township_of(at) if at else None
    if township is None and village is not None:
        township = township_of(village)
    return item.office_for(step, own, township, reference.county)


def intake_office(state: State, reference: Reference) -> str:
    """Where a submission goes, and who accepts: the office of the first ``accept`` step, else ``decide``."""
    return office_of(state, reference.editions[state.edition].item.receiving_step, reference)


def deciding_office(state: State, reference: Reference) -> str:
    """Who decides: the office of the ``decide`` step."""
    return office_of(state, reference.editions[state.edition].item.decide_step, reference)


_ANSWERS = frozenset({"case.accepted", "case.correction_asked", "case.not_accepted"})
_DECIDES = frozenset({"case.decided", "case.revoked"})


def graded(state: State, kind: str, body: Mapping[str, Any], reference: Reference) -> str | None:
    """Why an office of this place does no such thing with this item; None if it does."""
    office = body["office"]
    if kind == "case.submitted":
        wrong = _at(body["to"], intake_office(state, reference), reference.canon)
        return "act.not_intake_office" if wrong else None
    if kind in _ANSWERS:
        wrong = _at(office, intake_office(state, reference), reference.canon)
        by_county = state.taken_over and level(office) is Level.COUNTY
        return "act.not_intake_office" if wrong and not by_county else None
    if kind in _DECIDES and not (state.taken_over and place(office) is Place.DEPARTMENT):
        return _at(office, deciding_office(state, reference), reference.canon)
    return None


def _at(office: str, wanted: str, canon: Canon) -> str | None:
    """The level decides, at the county the department too: departments are authorities of their own."""
    if level(office) is not level(wanted):
        return "act.not_deciding_level"
    if level(office) is Level.COUNTY and canon(office) != canon(wanted):
        return "act.not_deciding_office"
    return None


# -- the relation to the case


def may(state: State, kind: str, body: Mapping[str, Any], canon: Canon) -> str | None:
    """Why the office may not do a moving act in this state; None if it may.  Compared by successor."""
    relation = RIGHTS[kind].relation
    if relation in (Relation.ANYONE, Relation.COUNTY):
        return None
    who = canon(body["office"])
    if relation is Relation.ADDRESSEE or (kind == "case.arrived" and body["of_kind"] == SUBMIT):
        if state.offer is None or body["of"] != state.offer:
            return "act.no_such_offer"
        return None if who == canon(state.offer_to or "") else "act.not_addressee"
    if who != canon(state.holder):
        return "act.not_holder"
    if kind == "case.recalled":
        return None if state.offer is not None and body["of"] == state.offer else "act.no_such_offer"
    return "act.offer_open" if state.offer is not None and kind not in AUTOMATIC else None


# -- what follows


Ruled = Mapping[
    str, tuple[date, ...]
]  # id -> days that rulings put in place of the written one, the newest last


def apply(state: State, event: Event, known: Mapping[str, Event], ruled: Ruled) -> State:
    """The state after an act that fits; ``known`` are the case's events, for what a ruling adopts."""
    if event.type != "case.adopted":
        return _after(state, event, days_of(event, ruled)[-1])
    for x in adopted_acts(event, known):
        state = _reenacted(state, x, adopted_days(event, x, ruled)[-1])
    return state


def written_day(event: Event) -> date:
    return date.fromisoformat(event.body["day"])


def days_of(event: Event, ruled: Ruled) -> tuple[date, ...]:
    """The day as written, then as ruled; the last one counts."""
    return (written_day(event), *ruled.get(event.id, ()))


def adopted_acts(event: Event, known: Mapping[str, Event]) -> tuple[Event, ...]:
    return tuple(known[x] for x in event.body["acts"])


def adopted_days(event: Event, x: Event, ruled: Ruled) -> tuple[date, ...]:
    """The days of an adopted act: as written, as its adoption says, as ruled; the last one counts."""
    dates: Mapping[str, str] = event.body.get("dates") or {}
    said = (date.fromisoformat(dates[x.id]),) if x.id in dates else ()
    return (written_day(x), *said, *ruled.get(x.id, ()))


def _reenacted(state: State, event: Event, day: date) -> State:
    """After a set-aside act was adopted.  Of two receipts the earlier counts (R-207); the notice's term stays."""
    if not _is_second_receipt(state, event):
        return _after(state, event, day)
    received = min(state.received or day, day)
    return _moved(
        state, replace(state, received=received, accepted=received if state.deemed else state.accepted)
    )


def _is_second_receipt(state: State, event: Event) -> bool:
    return state.received is not None and state.status in OPEN and is_receipt(event)


def is_receipt(event: Event) -> bool:
    """An arrival of the submission: what R-207 dates the receipt by."""
    return event.type == "case.arrived" and event.body.get("of_kind") == SUBMIT


def _after(state: State, event: Event, day: date) -> State:
    return _moved(state, _EFFECTS[event.type](state, event, day))


def _moved(before: State, after: State) -> State:
    return replace(after, moved=True) if before.accepted is not None and not before.moved else after


def _registered(state: State, event: Event, day: date) -> State:
    body = event.body
    made = Registration(
        day,
        body["office"],
        body["item"],
        body["edition"],
        body.get("village"),
        body["channel"],
        body["number"],
    )
    return replace(
        state, status=Status.REGISTERED, registration=made, holder=body["office"], edition=body["edition"]
    )


def _submitted(state: State, event: Event, day: date) -> State:
    return replace(state, offer=event.id, offer_to=event.body["to"], offer_direction=Direction.SUBMIT)


def _offered(state: State, event: Event, day: date) -> State:
    to = event.body["to"]
    return replace(state, offer=event.id, offer_to=to, offer_direction=direction(event.body["office"], to))


def direction(sender: str, to: str) -> Direction:
    """Which way an offer goes, by the levels of the two offices alone."""
    up = RANK[level(to)] - RANK[level(sender)]
    return Direction.SIDE if up == 0 else Direction.UP if up > 0 else Direction.DOWN


def _arrived(state: State, event: Event, day: date) -> State:
    body = event.body
    heard = state.heard | {body["of"]}
    if body["of_kind"] == SUBMIT:
        return replace(
            _received(state, event, day),
            holder=body["office"],
            offer=None,
            offer_to=None,
            offer_direction=None,
        )
    if body["of_kind"] == SUPPLY:
        by, calendar = date.fromisoformat(body["notice_by"]), body.get("calendar")
        return replace(
            state, status=Status.SUPPLIED, received=day, notice_by=by, calendar=calendar, heard=heard
        )
    return _over(state, event, day, Status.CANCELLED if state.received is None else Status.TERMINATED, heard)


def _received(state: State, event: Event, day: date) -> State:
    body = event.body
    return replace(
        state,
        status=Status.RECEIVED,
        received=day,
        notice_by=date.fromisoformat(body["notice_by"]),
        calendar=body.get("calendar"),
        edition=body["edition"],
    )


def _over(
    state: State, event: Event, day: date, status: Status, heard: frozenset[str] | None = None
) -> State:
    """The end of a case: no offer is out any more, and no clock stands still."""
    return replace(
        state,
        status=status,
        result=event.id,
        ended=day,
        offer=None,
        offer_to=None,
        offer_direction=None,
        pauses=_all_ended(state.pauses, day),
        suspensions=_all_ended(state.suspensions, day),
        heard=state.heard if heard is None else heard,
    )


def _all_ended(stops: tuple[Stop, ...], day: date) -> tuple[Stop, ...]:
    return tuple(replace(stop, end=day) if stop.end is None else stop for stop in stops)


def _one_ended(stops: tuple[Stop, ...], stop_id: str, day: date) -> tuple[Stop, ...]:
    return tuple(
        replace(stop, end=day) if stop.id == stop_id and stop.end is None else stop for stop in stops
    )


def _taken(state: State, event: Event, day: date) -> State:
    # by the act's own office, so that it can be re-enacted too
    return replace(state, holder=event.body["office"], offer=None, offer_to=None, offer_direction=None)


def _no_offer(state: State, event: Event, day: date) -> State:
    return replace(state, offer=None, offer_to=None, offer_direction=None)


def _cancelled(state: State, event: Event, day: date) -> State:
    of = event.body.get("of")
    return _over(state, event, day, Status.CANCELLED, state.heard | {of} if of else None)


def _correction_asked(state: State, event: Event, day: date) -> State:
    correct_by = date.fromisoformat(event.body["correct_by"])
    return replace(state, status=Status.CORRECTING, noticed=True, override=False, correct_by=correct_by)


def _accepted(state: State, event: Event, day: date) -> State:
    # Late is the same as deemed: the clock has run since the receipt.
    late = event.type == "case.lapsed" or state.notice_by is None or day > state.notice_by
    return replace(state, status=Status.ACCEPTED, accepted=state.received if late else day, deemed=late)


def _not_accepted(state: State, event: Event, day: date) -> State:
    return _over(state, event, day, Status.NOT_ACCEPTED)


def _expired(state: State, event: Event, day: date) -> State:
    return _over(state, event, day, Status.RETURNED)


def _terminated(state: State, event: Event, day: date) -> State:
    return _over(state, event, day, Status.TERMINATED)


def _decided(state: State, event: Event, day: date) -> State:
    body = event.body
    granted = body["result"] == GRANTED
    decision = Decision(event.id, day, body["office"], granted, body.get("number"))
    return replace(_over(state, event, day, Status.GRANTED if granted else Status.REFUSED), decision=decision)


def _revoked(state: State, event: Event, day: date) -> State:
    return replace(state, status=Status.REVOKED, result=event.id)


def _stepped(state: State, event: Event, day: date) -> State:
    return replace(state, steps=(*state.steps, event.body["step"]))


def _paused(state: State, event: Event, day: date) -> State:
    stop = Stop(event.id, day, None, event.body["kind"], event.body["announced_days"])
    return replace(state, pauses=(*state.pauses, stop))


def _resumed(state: State, event: Event, day: date) -> State:
    return replace(state, pauses=_one_ended(state.pauses, event.body["of"], day))


def _suspended(state: State, event: Event, day: date) -> State:
    return replace(state, suspensions=(*state.suspensions, Stop(event.id, day)))


def _restarted(state: State, event: Event, day: date) -> State:
    return replace(state, suspensions=_one_ended(state.suspensions, event.body["of"], day))


def _extended(state: State, event: Event, day: date) -> State:
    return replace(state, extension=event.body["days"])


def _override_granted(state: State, event: Event, day: date) -> State:
    return replace(state, override=True)


def _taken_over(state: State, event: Event, day: date) -> State:
    over = replace(
        state, holder=event.body["office"], offer=None, offer_to=None, offer_direction=None, taken_over=True
    )
    if state.status is Status.REGISTERED:  # it never reached an authority before
        return _received(over, event, day)
    return over


_EFFECTS: Mapping[str, Callable[[State, Event, date], State]] = {
    "case.registered": _registered,
    "case.submitted": _submitted,
    "case.cancelled": _cancelled,
    "case.arrived": _arrived,
    "case.accepted": _accepted,
    "case.correction_asked": _correction_asked,
    "case.not_accepted": _not_accepted,
    "case.lapsed": _accepted,
    "case.expired": _expired,
    "case.stepped": _stepped,
    "case.offered": _offered,
    "case.taken": _taken,
    "case.declined": _no_offer,
    "case.recalled": _no_offer,
    "case.paused": _paused,
    "case.resumed": _resumed,
    "case.suspended": _suspended,
    "case.restarted": _restarted,
    "case.extended": _extended,
    "case.override_granted": _override_granted,
    "case.decided": _decided,
    "case.revoked": _revoked,
    "case.terminated": _terminated,
    "case.taken_over": _taken_over,
}


# -- rulings


def unadoptable(
    state: State, event: Event, known: Mapping[str, Event], ruled: Ruled, reference: Reference, used: set[str]
) -> str | None:
    """A ruling must fit as a whole: no act may leave the list without having taken effect.

    It overcomes what the author could not know (rivals, a lost base, a cut-off, a wrong clock), not a right that
    he never had.
    """
    for x in adopted_acts(event, known):
        if x.type not in ADOPTABLE:
            return "act.not_adoptable"
        reason = malformed(x) or standing(x, reference, used)
        days = adopted_days(event, x, ruled) if reason is None else ()
        if reason is None and not _is_second_receipt(state, x):
            reason = fits(state, x, days, reference) or graded(state, x.type, x.body, reference)
        if reason is not None:
            return "wait.acts" if reason.startswith("wait.") else "act.adopted_unfit"
        state = _reenacted(state, x, days[-1])
    return None


# -- adding acts


def adding_refusal(
    event: Event, seen: State | None, parties: Parties, reference: Reference, used: set[str]
) -> str | None:
    """Why an adding act has no effect; None if it has.

    Args:
        seen: the state at the act's base, in which the holder's own adding acts are judged; None if there is none.
        parties: of the whole case, for the others; they commute.
    """
    if reason := malformed(event) or standing(event, reference, used):
        return reason
    if reference.cut(event):
        return "act.after_cutoff"
    who = reference.canon(event.body["office"])
    match RIGHTS[event.type].relation:
        case Relation.CONCERNED:
            return None if who in parties.concerned else "act.not_concerned"
        case Relation.CLOSE:
            return None if who in parties.close else "act.not_concerned"
        case Relation.HOLDER:
            holder = reference.canon(seen.holder) if seen is not None else ""
            return None if who == holder else "act.not_holder"
    return None if from_hub(event, reference) is not None else "act.not_county"
