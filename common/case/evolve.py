"""One act in one state: does it fit, may its author, what follows (design 4; rules sections 2 to 6).

``refusal`` is asked with the state that the author saw, the act, and the reference ledger as of the act's ``ref``;
nothing else is looked at, not today, not the calendar, not its rivals.  A reason is a code of ``reasons``; one that
begins with ``wait.`` says that the act cannot be judged here yet.  Nothing here raises on a stored event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from common.case.acts import (
    ADOPTABLE,
    AUTOMATIC,
    SUBMIT,
    SUPPLY,
    WITHDRAWAL,
    Ruled,
    after_cutoff,
    from_hub,
    malformed,
    standing,
)
from common.case.effects import adopted_acts, adopted_days, is_second_receipt, reenacted
from common.case.grading import graded, steps_to_finish
from common.case.state import ENDED, OPEN, UNANSWERED, UNDER_WAY, Parties, State, Status, Stop
from common.catalogue.items import Item
from common.clock import EXTENSION_DAYS, JOINT_EXTENSION_DAYS
from common.events import Event
from common.reference import Reference
from common.rights import RIGHTS, Relation

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


Canon = Callable[[str], str]


def refusal(state: State, event: Event, days: tuple[date, ...], reference: Reference) -> str | None:
    """Why the act has no effect in this state, its body and its author's standing given; None if it has.

    Args:
        days: as written, then as ruled (``ruling.dated``).  A ruling can give an act effect, never take it.
    """
    if state.status not in OPEN and (reason := closed(state, event.type)):
        return reason
    return (
        may(state, event.type, event.body, reference.canon)
        or fits(state, event, days, reference)
        or graded(state, event.type, event.body, reference)
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
        case "case.offered" if event.body["to"] in (state.holder, event.body["office"]):
            return "act.offer_to_self"  # by name: a later merger takes no act its effect
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
            return "act.pause_not_allowed" if item.stopped_step(body["kind"]) is None else None
        case "case.extended":
            most = JOINT_EXTENSION_DAYS if item.case_type == "joint" else EXTENSION_DAYS
            return None if 1 <= body["days"] <= most else "act.extension_too_long"
    if body["step"] in state.steps:
        return "act.step_done"
    return None if any(step.number == body["step"] for step in steps_to_finish(item)) else "act.no_such_step"


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
        if reason is None and not is_second_receipt(state, x):
            reason = fits(state, x, days, reference) or graded(state, x.type, x.body, reference)
        if reason is not None:
            return "wait.acts" if reason.startswith("wait.") else "act.adopted_unfit"
        state = reenacted(state, x, days[-1])
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
    if reason := after_cutoff(event, reference):
        return reason
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
