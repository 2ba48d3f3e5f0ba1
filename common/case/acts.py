"""An act of a case by itself, whatever the state: can it be read, has its author standing, on which day was it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from common.event_types import EVENT_TYPES, check_body, is_date
from common.events import Event
from common.reference import Reference
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


_WAITS = frozenset({"wait.ref", "wait.actor"})

Ruled = Mapping[
    str, tuple[date, ...]
]  # id -> days that rulings put in place of the written one, the newest last


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
    if body["of_kind"] not in (SUBMIT, SUPPLY, WITHDRAWAL):
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
    question = (event.type, event.ref, event.body["office"], event.origin, event.actor)
    answer = reference.standings.get(question)
    if answer is None:
        consulted: set[str] = set()
        answer = _standing(event, reference, consulted), frozenset(consulted)
        if answer[0] not in _WAITS and not _goes_by_place(event, reference):
            reference.remember_standing(question, answer)
    used.update(answer[1])
    return answer[0]


def _goes_by_place(event: Event, reference: Reference) -> bool:
    """Has the author's appointment been ended by its township, so that it counts up to a place in the act's origin?"""
    appointment = reference.appointments.get(event.actor or "")
    return appointment is not None and bool(appointment.ends)


def _standing(event: Event, reference: Reference, used: set[str]) -> str | None:
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


def after_cutoff(event: Event, reference: Reference) -> str | None:
    """Why an act has no effect unless confirmed: a cut-off of its node, or of the one that appointed its author."""
    if reference.cut(event):
        return "act.after_cutoff"
    return "act.appointed_after_cutoff" if reference.appointment_cut(event.actor) else None


def from_hub(event: Event, reference: Reference) -> int | None:
    """The generation of the hub's epoch that wrote it; None if it is not the hub's word, or cut off from it."""
    generation = reference.generation(event.origin)
    return None if generation is None or reference.cut(event) else generation


def is_receipt(event: Event) -> bool:
    """An arrival of the submission: what R-207 dates the receipt by."""
    return event.type == "case.arrived" and event.body.get("of_kind") == SUBMIT


def written_day(event: Event) -> date:
    return date.fromisoformat(event.body["day"])


def days_of(event: Event, ruled: Ruled) -> tuple[date, ...]:
    """The day as written, then as ruled; the last one counts."""
    return (written_day(event), *ruled.get(event.id, ()))
