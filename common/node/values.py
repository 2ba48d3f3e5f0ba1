"""What a node answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from common.events import Event
from common.store.views import CaseRow

if TYPE_CHECKING:
    from common.case import CaseView
    from common.reference import Edition


class Truth(StrEnum):
    """How far an event or a paper has got, as far as is known here (the three badges)."""

    HERE = "here"  # ○ only on this machine
    TOWNSHIP = "township"  # ◐ another node has it, the county not yet
    COUNTY = "county"  # ● the county's signed receipt names it, or it came from the county


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the lines given to ``Node.take``.  Ids are hex; None where a line is too broken to have one.

    new      stored now, among them what was held until now and has been released
    known    held here already (stored, waiting, or a stub)
    waiting  (id, reason): came too early, kept; reasons ``wait.prev``, ``wait.ref``, ``wait.node``
    stubs    (id, code): signed well but not readable; kept in quarantine, the origin goes on
    refused  (id, code): not kept; ``event.bad_signature`` and what no key can be found in
    cases    ids of the cases touched
    """

    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()
    stubs: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str | None, str], ...] = ()
    cases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Paper:
    """A page that an event of a case names.

    here     its ciphertext is on this machine       wanted   asked for, not here yet
    left     still on the way up: owed by this node, or to come from a node below it
    page     its descriptor, as the event has it (``common.papers``)
    """

    hash: str
    material: str
    size: int
    event: str
    here: bool
    wanted: bool
    left: bool
    truth: Truth
    page: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All of one case for a page: the fold, its events in the order they came, and how far each thing has got.

    ``left``: the case has left this node's scope, no more of it will come.  ``synced``: the least truth of its events.
    """

    id: str
    row: CaseRow
    view: CaseView
    events: tuple[Event, ...]
    edition: Edition | None
    digest: str
    truth: Mapping[str, Truth]
    papers: tuple[Paper, ...]
    synced: Truth
    left: bool


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A line of the outbox: an event of this node or of one below it that the county has not receipted."""

    event: str
    type: str
    case: str | None
    number: str | None
    at: int
    truth: Truth


@dataclass(frozen=True, slots=True)
class Receipt:
    """The county's receipt for one division (design 5): what the hub held of it when it signed.

    heads   origin -> (seq, id) of the newest gapless event that the hub holds
    feed    (number, count, sum): entries of the feed, distinct events in it, their set hash (docs/decisions/0002)
    size    of the hub's tree: of two receipts the one with the larger is newer
    """

    office: str
    heads: Mapping[str, tuple[int, str]]
    feed: tuple[int, int, str]
    size: int
    at: int
    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Status:
    """The contract's ``status``; ``as_json`` has its keys."""

    node: str
    name: str
    level: str
    offices: tuple[str, ...]
    origin: str
    seq: int
    head: str | None
    pos: int
    ref: str | None
    cases: int
    unsent_events: int
    unsent_papers: int
    refused: int
    waiting: int
    set_aside: int
    asks: int
    parents: tuple[Mapping[str, Any], ...]
    program: str
    schema: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that ``verify`` found wrong: ``where`` names an event, a case or a row, ``code`` says what."""

    where: str
    code: str
