"""The state of a case as a value, and the draft of an act (design 4; rules section 6).

Days are civil dates in Asia/Shanghai.  Offices stand as the acts name them; ``Reference.canon`` gives the successor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple


class Status(StrEnum):
    """Where the case stands; what people are shown follows from it (``label``)."""

    NONE = "NONE"  # nothing in effect yet
    REGISTERED = "REGISTERED"
    RECEIVED = "RECEIVED"  # by an authority
    CORRECTING = "CORRECTING"  # the one notice is out
    SUPPLIED = "SUPPLIED"  # what was handed in has arrived
    ACCEPTED = "ACCEPTED"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    RETURNED = "RETURNED"  # not corrected in time
    CANCELLED = "CANCELLED"  # before an authority received it
    TERMINATED = "TERMINATED"  # afterwards, without a decision
    REVOKED = "REVOKED"  # a grant taken back


UNANSWERED = frozenset({Status.RECEIVED, Status.SUPPLIED})
UNDER_WAY = frozenset({Status.RECEIVED, Status.SUPPLIED, Status.CORRECTING, Status.ACCEPTED})
OPEN = UNDER_WAY | {Status.REGISTERED}
DECIDED = frozenset({Status.GRANTED, Status.REFUSED})
ENDED = frozenset(Status) - OPEN - {Status.NONE}


class Direction(StrEnum):
    """Which way an open offer goes; a submission is the applicant's and is never declined (R-203)."""

    SUBMIT = "submit"
    UP = "up"
    DOWN = "down"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registering act said, as far as the rules need it."""

    day: date
    office: str
    item: str
    edition: str
    village: str | None
    channel: str
    number: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A pause or suspension: the clock stands still from ``start`` to ``end``, None while it does (R-410, R-412).

    ``kind`` and ``announced_days`` belong to a pause (R-408).
    """

    id: str
    start: date
    end: date | None = None
    kind: str | None = None
    announced_days: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: by which act and office, when, and its number (R-511)."""

    id: str
    day: date
    office: str
    granted: bool
    number: str | None


class State(NamedTuple):
    """One case after the acts of one path.

    Args:
        holder: the one office that holds the case; "" before it is registered.
        offer, offer_to, offer_direction: the open offer (or submission), whom it goes to, which way.
        received: day of receipt by the authority (R-207).  notice_by: last day for the one notice, from the arrival.
        edition, calendar: event ids; the item edition that governs (R-421), the calendar of ``notice_by``.
        accepted: day 0 of the clock.  deemed: accepted by lapse of time (R-206).
        noticed, override: the one notice is out; another one is allowed (R-205).  correct_by: R-209.
        extension: days added by the one extension (R-406).
        steps: numbers of the finished ``procedure[]`` steps, in order of finishing.
        moved: an act has moved the case since its acceptance.
        taken_over: the county's operator took the case from an office that could not act.
        result: id of the act that ended the case.  ended: its day.
        heard: ids of the asking acts that an act in effect has heard.
    """

    status: Status = Status.NONE
    registration: Registration | None = None
    holder: str = ""
    offer: str | None = None
    offer_to: str | None = None
    offer_direction: Direction | None = None
    received: date | None = None
    notice_by: date | None = None
    edition: str = ""
    calendar: str | None = None
    accepted: date | None = None
    deemed: bool = False
    noticed: bool = False
    override: bool = False
    correct_by: date | None = None
    pauses: tuple[Stop, ...] = ()
    suspensions: tuple[Stop, ...] = ()
    extension: int = 0
    steps: tuple[int, ...] = ()
    moved: bool = False
    taken_over: bool = False
    decision: Decision | None = None
    result: str | None = None
    ended: date | None = None
    heard: frozenset[str] = frozenset()

    @property
    def paused(self) -> bool:
        return any(stop.end is None for stop in self.pauses)

    @property
    def suspended(self) -> bool:
        return any(stop.end is None for stop in self.suspensions)


@dataclass(frozen=True, slots=True)
class Parties:
    """The offices that have to do with a case, as those that now do their work (R-111).

    Args:
        concerned: named by an act that was valid where it was written; the registering one and those above.
        close: the registering office, its township, and each that held the case in a state that someone saw.
    """

    concerned: frozenset[str] = frozenset()
    close: frozenset[str] = frozenset()


# Stands in a draft for the id that the event before it gets when it is signed.
PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be written.  ``base`` and ``body["of"]`` may be ``PREVIOUS``; ``bound`` puts the id in.

    ``automatic``: written by the node, so without ``actor``.
    """

    type: str
    moves: bool
    automatic: bool
    base: str | None
    body: Mapping[str, Any]

    def bound(self, previous: str | None) -> Draft:
        """The draft with the id of the event before it in place of ``PREVIOUS``."""
        base = previous if self.base == PREVIOUS else self.base
        body = {**self.body, "of": previous} if self.body.get("of") == PREVIOUS else self.body
        return replace(self, base=base, body=body)
