"""What follows from an act that fits: the state after it (design 4; rules sections 2 to 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from common.case.acts import GRANTED, SUBMIT, SUPPLY, Ruled, days_of, is_receipt, written_day
from common.case.state import OPEN, Decision, Direction, Registration, State, Status, Stop
from common.events import Event
from common.offices import RANK, level


def apply(state: State, event: Event, known: Mapping[str, Event], ruled: Ruled) -> State:
    """The state after an act that fits; ``known`` are the case's events, for what a ruling adopts."""
    if event.type != "case.adopted":
        return _after(state, event, days_of(event, ruled)[-1])
    for x in adopted_acts(event, known):
        state = reenacted(state, x, adopted_days(event, x, ruled)[-1])
    return state


def adopted_acts(event: Event, known: Mapping[str, Event]) -> tuple[Event, ...]:
    return tuple(known[x] for x in event.body["acts"])


def adopted_days(event: Event, x: Event, ruled: Ruled) -> tuple[date, ...]:
    """The days of an adopted act: as written, as its adoption says, as ruled; the last one counts."""
    dates: Mapping[str, str] = event.body.get("dates") or {}
    said = (date.fromisoformat(dates[x.id]),) if x.id in dates else ()
    return (written_day(x), *said, *ruled.get(x.id, ()))


def reenacted(state: State, event: Event, day: date) -> State:
    """After a set-aside act was adopted.  Of two receipts the earlier counts (R-207); the notice's term stays."""
    if not is_second_receipt(state, event):
        return _after(state, event, day)
    received = min(state.received or day, day)
    return _moved(
        state, state._replace(received=received, accepted=received if state.deemed else state.accepted)
    )


def is_second_receipt(state: State, event: Event) -> bool:
    return state.received is not None and state.status in OPEN and is_receipt(event)


def _after(state: State, event: Event, day: date) -> State:
    return _moved(state, _EFFECTS[event.type](state, event, day))


def _moved(before: State, after: State) -> State:
    return after._replace(moved=True) if before.accepted is not None and not before.moved else after


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
    return state._replace(
        status=Status.REGISTERED, registration=made, holder=body["office"], edition=body["edition"]
    )


def _submitted(state: State, event: Event, day: date) -> State:
    return state._replace(offer=event.id, offer_to=event.body["to"], offer_direction=Direction.SUBMIT)


def _offered(state: State, event: Event, day: date) -> State:
    to = event.body["to"]
    return state._replace(offer=event.id, offer_to=to, offer_direction=direction(event.body["office"], to))


def direction(sender: str, to: str) -> Direction:
    """Which way an offer goes, by the levels of the two offices alone."""
    up = RANK[level(to)] - RANK[level(sender)]
    return Direction.SIDE if up == 0 else Direction.UP if up > 0 else Direction.DOWN


def _arrived(state: State, event: Event, day: date) -> State:
    body = event.body
    heard = state.heard | {body["of"]}
    if body["of_kind"] == SUBMIT:
        return _received(state, event, day)._replace(
            holder=body["office"],
            offer=None,
            offer_to=None,
            offer_direction=None,
        )
    if body["of_kind"] == SUPPLY:
        by, calendar = date.fromisoformat(body["notice_by"]), body.get("calendar")
        return state._replace(
            status=Status.SUPPLIED, received=day, notice_by=by, calendar=calendar, heard=heard
        )
    return _over(state, event, day, Status.CANCELLED if state.received is None else Status.TERMINATED, heard)


def _received(state: State, event: Event, day: date) -> State:
    body = event.body
    return state._replace(
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
    return state._replace(
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
    return state._replace(holder=event.body["office"], offer=None, offer_to=None, offer_direction=None)


def _no_offer(state: State, event: Event, day: date) -> State:
    return state._replace(offer=None, offer_to=None, offer_direction=None)


def _cancelled(state: State, event: Event, day: date) -> State:
    of = event.body.get("of")
    return _over(state, event, day, Status.CANCELLED, state.heard | {of} if of else None)


def _correction_asked(state: State, event: Event, day: date) -> State:
    correct_by = date.fromisoformat(event.body["correct_by"])
    return state._replace(status=Status.CORRECTING, noticed=True, override=False, correct_by=correct_by)


def _accepted(state: State, event: Event, day: date) -> State:
    # Late is the same as deemed: the clock has run since the receipt.
    late = event.type == "case.lapsed" or state.notice_by is None or day > state.notice_by
    return state._replace(status=Status.ACCEPTED, accepted=state.received if late else day, deemed=late)


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
    return _over(state, event, day, Status.GRANTED if granted else Status.REFUSED)._replace(decision=decision)


def _revoked(state: State, event: Event, day: date) -> State:
    return state._replace(status=Status.REVOKED, result=event.id)


def _stepped(state: State, event: Event, day: date) -> State:
    return state._replace(steps=(*state.steps, event.body["step"]))


def _paused(state: State, event: Event, day: date) -> State:
    stop = Stop(event.id, day, None, event.body["kind"], event.body["announced_days"])
    return state._replace(pauses=(*state.pauses, stop))


def _resumed(state: State, event: Event, day: date) -> State:
    return state._replace(pauses=_one_ended(state.pauses, event.body["of"], day))


def _suspended(state: State, event: Event, day: date) -> State:
    return state._replace(suspensions=(*state.suspensions, Stop(event.id, day)))


def _restarted(state: State, event: Event, day: date) -> State:
    return state._replace(suspensions=_one_ended(state.suspensions, event.body["of"], day))


def _extended(state: State, event: Event, day: date) -> State:
    return state._replace(extension=event.body["days"])


def _override_granted(state: State, event: Event, day: date) -> State:
    return state._replace(override=True)


def _taken_over(state: State, event: Event, day: date) -> State:
    over = state._replace(
        holder=event.body["office"], offer=None, offer_to=None, offer_direction=None, taken_over=True
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
