"""The desk on which a command is worked out: each act is judged after those before it, as the fold will judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.case.acts import after_cutoff, days_of, malformed, standing
from common.case.automatic import draft
from common.case.effects import apply
from common.case.evolve import adding_refusal, refusal, unadoptable
from common.case.file import acts_in_effect, originals_missing
from common.case.state import PREVIOUS, UNDER_WAY, Draft, Parties, State, Status
from common.case.view import CaseView
from common.catalogue.items import Item
from common.errors import AppError, BadInput, CommandRefused, NotPermitted
from common.event_types import check_body
from common.events import VERSION, Event
from common.reference import Reference


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: the officer's appointment, and the office that he acts for (``acting.office_for``)."""

    actor: str
    office: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where the acts will be written: the civil day that they carry, the origin and its next seq."""

    today: date
    origin: str
    seq: int


class Desk:
    """One command's work.  ``write`` adds an act to ``drafts`` and to ``state``, or raises what speaks against it."""

    def __init__(self, view: CaseView | None, author: Author, reference: Reference, moment: Moment) -> None:
        self.view, self.author, self.reference, self.moment = view, author, reference, moment
        self.state = view.state if view else State()
        self.drafts: list[Draft] = []
        self._known: dict[str, Event] = dict(view.events) if view else {}
        self._written: list[Event] = []

    @property
    def today(self) -> date:
        return self.moment.today

    @property
    def item(self) -> Item:
        """The item in the edition that governs the case."""
        return self.reference.editions[self.state.edition].item

    def event(self, event_id: str) -> Event | None:
        return self._known.get(event_id)

    def aside(self) -> frozenset[str]:
        return frozenset(act.id for act in self.view.aside) if self.view else frozenset()

    def missing_originals(self) -> list[str]:
        acts = [*(acts_in_effect(self.view) if self.view else ()), *self._written]
        return [material.id for material in originals_missing(acts, self.item)]

    def write(self, kind: str, /, **body: Any) -> None:
        """One act by the author for his office, on the day of the moment.  Raises what speaks against it."""
        base = PREVIOUS if self._written else self.view.tip if self.view else None
        said = {key: _plain(value) for key, value in body.items()}
        made = draft(kind, base, office=self.author.office, day=self.today.isoformat(), **said)
        event = self._as_event(made)
        if reason := self._reason(event):
            raise self._error(event, reason)
        if event.moves:
            self.state = apply(self.state, event, self._known, {})
        self._known[event.id] = event
        self._written.append(event)
        self.drafts.append(made)

    def _as_event(self, made: Draft) -> Event:
        """The event that the draft will become, with a stand-in for its id."""
        count = len(self._written)
        bound = made.bound(self._written[-1].id if count else None)
        return Event(
            id=f"{count + 1:064x}",
            v=VERSION,
            type=made.type,
            moves=made.moves,
            origin=self.moment.origin,
            seq=self.moment.seq + count,
            prev=None,
            at=0,
            seen=None,
            ref=self.reference.head,
            actor=None if made.automatic else self.author.actor,
            case=self._case,
            base=bound.base,
            body=bound.body,
            payload=b"",
            jws="",
        )

    @property
    def _case(self) -> str | None:
        if self.view is not None:
            return self.view.id
        return self._written[0].id if self._written else None

    def _reason(self, event: Event) -> str | None:
        used: set[str] = set()
        if not event.moves:
            parties = self.view.parties if self.view else Parties()
            return adding_refusal(event, self.state, parties, self.reference, used)
        if self.view is not None and self.view.frozen:
            return "case.frozen"
        reason = malformed(event) or standing(event, self.reference, used)
        reason = reason or after_cutoff(event, self.reference)
        reason = reason or refusal(self.state, event, days_of(event, {}), self.reference)
        if reason is None and event.type == "case.adopted":
            return unadoptable(self.state, event, self._known, {}, self.reference, used)
        return reason

    def _error(self, event: Event, reason: str) -> AppError:
        """A reason of the fold as an error for the person who asked."""
        detail = {
            "type": event.type,
            "state": self.state.status.value,
            "holder": self._name(self.state.holder),
        }
        if reason == "body.malformed":
            return BadInput("case.field", field=check_body(event.type, event.body) or "body", **detail)
        if reason.startswith("wait."):
            return _WAITING.get(reason, CommandRefused)("case." + reason.replace("wait.", "no_"), **detail)
        code = refusal_code(event.type, reason, self.state.status)
        return (NotPermitted if reason in _NOT_PERMITTED else CommandRefused)(code, **detail)

    def _name(self, office: str) -> str:
        return self.reference.office_name(office) if office else ""


def _plain(value: Any) -> Any:
    """As it stands in a body: lists and objects, days as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value


def refusal_code(kind: str, reason: str, status: Status) -> str:
    """The code by which a command is refused, of the reason for which the fold would set its act aside."""
    if reason in ("act.wrong_state", "act.case_ended"):
        return _wrong_state(kind, status)
    return reason.replace("act.", "case.")


def _wrong_state(kind: str, status: Status) -> str:
    if kind in _BEFORE_RECEIPT and status in UNDER_WAY:
        return "case.received_already"
    return _WRONG_STATE.get(status, "case.ended")


_BEFORE_RECEIPT = frozenset({"case.submitted", "case.cancelled"})
_WRONG_STATE = {
    Status.NONE: "case.nothing_registered",
    Status.REGISTERED: "case.not_received",
    Status.RECEIVED: "case.not_accepted_yet",
    Status.SUPPLIED: "case.not_accepted_yet",
    Status.CORRECTING: "case.correcting",
    Status.ACCEPTED: "case.accepted_already",
}
_WAITING: Mapping[str, type[AppError]] = {"wait.actor": NotPermitted, "wait.edition": BadInput}
_NOT_PERMITTED = frozenset({
    "act.role", "act.not_appointed_there", "act.appointment_ended", "act.node_not_serving", "act.not_holder",
    "act.not_addressee", "act.not_county", "act.not_concerned", "act.not_intake_office", "act.not_deciding_level",
    "act.not_deciding_office", "act.after_cutoff", "act.appointed_after_cutoff",
})  # fmt: skip
