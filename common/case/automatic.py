"""What a node writes without a person: arrivals, timers, confirmations (design 4; R-206, R-207, R-209, R-505).

Written by the node of the addressee or holder in the transaction that takes the cause in, never by a relay.  What
loses against a rival is due again on the new state, if it still is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from common import clock
from common.calendar import UNPUBLISHED
from common.case.acts import SUBMIT, SUPPLY, WITHDRAWAL
from common.case.state import OPEN, UNANSWERED, Direction, Draft, Status
from common.case.view import CaseView
from common.event_types import EVENT_TYPES
from common.reference import Reference


def draft(kind: str, base: str | None, /, **body: Any) -> Draft:
    """A draft of this type; what is None stays out of the body."""
    known = EVENT_TYPES[kind]
    said = {key: value for key, value in body.items() if value is not None}
    return Draft(kind, known.moves, known.automatic, base, said)


def receipt_body(reference: Reference, item: str, received: date) -> Mapping[str, Any]:
    """What fixes the clock at a receipt: last day for the notice, the calendar it rests on, the edition.

    The newest calendar and edition that are known where the receipt is written (R-207, R-420, R-421).
    """
    newest, edition = reference.newest_calendar(), reference.edition_in_force(item)
    last = clock.notice_by(newest[1] if newest else UNPUBLISHED, received)
    return {
        "notice_by": last.isoformat(),
        "calendar": newest[0] if newest else None,
        "edition": edition.id if edition else None,
    }


def due_automatic(
    view: CaseView, reference: Reference, serves: Callable[[str], bool], today: date, *, timers: bool = False
) -> Draft | None:
    """The next act that this node has to write by itself; None if nothing is due.

    Args:
        serves: does this node serve the office?
        today: the node's civil day.
        timers: may the node's clock set off ``lapsed`` and ``expired``?  Only if it is right.
    """
    if view.frozen or view.state.status not in OPEN:
        return None
    arrival = _withdrawal(view, serves, today) or _submission(view, reference, serves, today)
    arrival = arrival or _supply(view, reference, serves, today)
    return arrival or (_timer(view, serves, today) if timers else None)


def confirmation(view: CaseView, reference: Reference, today: date) -> Draft | None:
    """At the hub: the confirmation that is due; None if all acts in effect are confirmed."""
    if view.unconfirmed is None:
        return None
    return draft("case.confirmed", view.unconfirmed, office=reference.county, day=today.isoformat())


def _withdrawal(view: CaseView, serves: Callable[[str], bool], today: date) -> Draft | None:
    asked = _oldest_ask(view, "withdrawal.asked")
    if asked is None or not serves(view.state.holder):
        return None
    return _arrived(view, view.state.holder, today, of=asked, of_kind=WITHDRAWAL)


def _submission(
    view: CaseView, reference: Reference, serves: Callable[[str], bool], today: date
) -> Draft | None:
    state = view.state
    if state.offer_direction is not Direction.SUBMIT or state.offer_to is None or not serves(state.offer_to):
        return None
    body = receipt_body(reference, state.registration.item if state.registration else "", today)
    return _arrived(view, state.offer_to, today, of=state.offer, of_kind=SUBMIT, **body)


def _supply(view: CaseView, reference: Reference, serves: Callable[[str], bool], today: date) -> Draft | None:
    state = view.state
    handed_in = _oldest_ask(view, "correction.handed_in")
    if state.status is not Status.CORRECTING or handed_in is None or not serves(state.holder):
        return None
    body = receipt_body(reference, state.registration.item if state.registration else "", today)
    return _arrived(view, state.holder, today, of=handed_in, of_kind=SUPPLY, **{**body, "edition": None})


def _timer(view: CaseView, serves: Callable[[str], bool], today: date) -> Draft | None:
    state = view.state
    if not serves(state.holder):
        return None
    if state.status in UNANSWERED and state.notice_by is not None and today > state.notice_by:
        return draft("case.lapsed", view.tip, office=state.holder, day=today.isoformat())
    if state.status is Status.CORRECTING and state.correct_by is not None and today > state.correct_by:
        return draft("case.expired", view.tip, office=state.holder, day=today.isoformat())
    return None


def _arrived(view: CaseView, office: str, today: date, **body: Any) -> Draft:
    return draft("case.arrived", view.tip, office=office, day=today.isoformat(), **body)


def _oldest_ask(view: CaseView, kind: str) -> str | None:
    asked = [view.events[x] for x in view.asks if view.events[x].type == kind]
    return min(asked, key=lambda event: (event.body["day"], event.id)).id if asked else None
