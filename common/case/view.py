"""What folding a case gives, and what is read from it: label, scope, digest (design 4, 9)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any, NamedTuple

from common.case.state import DECIDED, UNANSWERED, Direction, Parties, State, Status
from common.events import Event


class Aside(NamedTuple):
    """An act kept without effect, with the code of the reason (``reasons``)."""

    id: str
    reason: str


class Waiting(NamedTuple):
    """An act that cannot be judged yet: the code of what is missing, and the id that it needs, if known."""

    id: str
    reason: str
    needs: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """What folding gives; the same for the same events and reference ledger (design 9, invariant 2).

    Args:
        id: the case's id; "" if no event was given.
        state: at the tip, with holder and addressee as the offices that now do their work (R-111).
        path: ids of the acts in effect, in order; the last is the tip.
        added: ids of the adding acts that have their effect.
        aside: without effect and not ruled yet (未生效,待裁定), by id.
        waiting: not judged yet, by id.
        asks: asking acts that nobody has heard or answered, by id.
        loose: deliveries of a decision that has no effect: a void paper is out (作废证件在外), by id.
        pinned: acts that the hub has built on or confirmed, with their whole past.
        unconfirmed: the newest act in effect that the hub has yet to confirm; None if all are confirmed.
        frozen: the tip is of a type not known here; nothing moves the case until the program is newer.
        delivered, rated, archived: of the decision in effect.
        parties: the offices that may add to it.
        divisions: that hold the case, as the acts name them (``scope``).
        addressed: (act, office) of each moving act that offers the case to an office, or stands on one that does, in
            effect or not: with it the case may come into the office's scope, or leave it, where only some of these
            events are held.
        used: ids of the reference events and appointments that the folding consulted.
        events: all events given, by id.
    """

    id: str
    state: State
    path: tuple[str, ...]
    added: frozenset[str]
    aside: tuple[Aside, ...]
    waiting: tuple[Waiting, ...]
    asks: tuple[str, ...]
    loose: tuple[str, ...]
    pinned: frozenset[str]
    unconfirmed: str | None
    frozen: bool
    delivered: bool
    rated: bool
    archived: bool
    parties: Parties
    divisions: frozenset[str]
    addressed: frozenset[tuple[str, str]]
    used: frozenset[str]
    events: Mapping[str, Event] = field(repr=False, compare=False)

    @property
    def tip(self) -> str | None:
        """The id of the newest act in effect: the ``base`` of the next one."""
        return self.path[-1] if self.path else None

    @property
    def confirmed(self) -> bool:
        """No act in effect awaits the hub."""
        return self.unconfirmed is None


def label(view: CaseView) -> str:
    """The state as people are told it: REGISTERED … ARCHIVED, as the contract of ``case NO`` names them; or REVOKED."""
    state = view.state
    if state.status in DECIDED:
        steps = (("ARCHIVED", view.archived), ("RATED", view.rated), ("DELIVERED", view.delivered))
        return next((name for name, reached in steps if reached), state.status.value)
    if state.status in UNANSWERED:
        return "RECEIVED"
    if state.status is Status.NONE:
        return Status.REGISTERED.value  # the registration is here, what it rests on is not
    return _label_accepted(state) if state.status is Status.ACCEPTED else state.status.value


def _label_accepted(state: State) -> str:
    if state.suspended:
        return "SUSPENDED"
    if state.paused:
        return "PAUSED"
    if state.offer_direction is Direction.UP:
        return "FORWARDED"
    if state.offer_direction is Direction.DOWN:
        return "SENT_BACK"
    return "HANDLING" if state.moved else "ACCEPTED"


def needs_confirmation(view: CaseView) -> str | None:
    """The act that the hub is to confirm next, with its whole past; None if all in effect are confirmed."""
    return view.unconfirmed


def scope(view: CaseView) -> frozenset[str]:
    """The divisions that hold the case: of the registering office, every holder, the addressee; their townships."""
    return view.divisions


def digest(view: CaseView) -> str:
    """SHA-256, hex, over the sorted ids of the events, those of the reference events used, and the state.

    Source: design 9, invariant 2.
    """
    whole = {"events": sorted(view.events), "reference": sorted(view.used), "state": canonical(view.state)}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def canonical(value: object) -> Any:
    """A value of the state as plain JSON: dates as text, sets in order."""
    if isinstance(value, State):
        return {name: canonical(each) for name, each in value._asdict().items()}
    if is_dataclass(value):
        return {f.name: canonical(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(canonical(each) for each in value)
    if isinstance(value, tuple):
        return [canonical(each) for each in value]
    return value
