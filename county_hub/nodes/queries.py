"""What the county knows of its nodes: from the reference ledger, what they said of themselves, and the events held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from common.case.reasons import REASONS
from common.errors import LedgerError, NotFound
from common.events import decode, split_line
from common.node import Node
from common.node.asking import program_version
from common.node.cutoff import late
from common.offices import Level, level, parent, within
from common.reference import NodeRecord
from common.store.holding import Held, Stub
from common.texts import say
from common.web.items.queries import place_name
from county_hub.nodes.contacts import days_heard
from county_hub.nodes.health import Health, Known, Trouble, troubles
from sync.hearsay import hearsay

MOST_WAITING = 2_000


@dataclass(frozen=True, slots=True)
class Machine:
    """A node as the pages show it.

    heard    last sign of life, UTC ms       events    how many of its events the county holds
    heads    origin -> (seq, id)       carried    known by what others brought of it alone
    days     the last days, the oldest first, with whether it was heard from
    """

    record: NodeRecord
    known: Known
    heard: int | None
    events: int
    heads: Mapping[str, tuple[int, str]]
    troubles: tuple[Trouble, ...]
    days: tuple[tuple[date, bool], ...] = ()

    @property
    def days_heard(self) -> int:
        return sum(heard for _, heard in self.days)

    @property
    def revoked(self) -> bool:
        return self.known.revoked

    @property
    def carried(self) -> bool:
        return self.known.at is None and self.heard is not None

    @property
    def relayed(self) -> bool:
        """Its last sign of life is what its township says."""
        return self.heard is not None and self.heard == self.known.relayed != self.known.at

    @property
    def sign(self) -> str:
        """``good``, ``ask`` (something is to be done) or ``bad``."""
        if any(trouble.grave for trouble in self.troubles):
            return "bad"
        return "ask" if self.troubles else "good"


@dataclass(frozen=True, slots=True)
class Place:
    """A township or village, with its machines, the newest first, and its villages."""

    office: str
    name: str
    machines: tuple[Machine, ...] = ()
    villages: tuple[Place, ...] = ()

    @property
    def machine(self) -> Machine | None:
        """The one at work: the newest that is not revoked."""
        return next((machine for machine in self.machines if not machine.revoked), None)

    @property
    def all(self) -> tuple[Place, ...]:
        """Itself and its villages."""
        return (self, *self.villages)

    @property
    def begun(self) -> bool:
        """Some machine is or was enrolled here or in a village of it."""
        return any(place.machines for place in self.all)

    @property
    def troubled(self) -> bool:
        return any(machine.troubles for place in self.all for machine in place.machines)


@dataclass(frozen=True, slots=True)
class Kind:
    """All troubles of one kind: what to do about them, and (where, what) of each."""

    name: str
    todo: str
    grave: bool
    found: tuple[tuple[Place, str], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All places by township, and what is wrong anywhere, by kind, the gravest first."""

    townships: tuple[Place, ...]
    troubles: tuple[Kind, ...] = ()

    @property
    def villages(self) -> int:
        return sum(len(township.villages) for township in self.townships)

    @property
    def enrolled(self) -> int:
        return sum(place.machine is not None for township in self.townships for place in township.all)


def overview(node: Node) -> Overview:
    """Every township with its villages."""
    machines, villages = _machines(node), _villages(node)
    townships = tuple(
        _place(node, code, machines, villages.get(code, ()))
        for code in sorted(node.reference.offices)
        if _is_township(code)
    )
    return Overview(townships, tuple(_kinds(townships)))


def _kinds(townships: Iterable[Place]) -> list[Kind]:
    found: dict[tuple[bool, str, str], list[tuple[Place, str]]] = {}
    for place in (place for township in townships for place in township.all):
        for trouble in (trouble for machine in place.machines for trouble in machine.troubles):
            lines = found.setdefault((trouble.grave, trouble.kind, trouble.todo), [])
            lines.append((place, trouble.what))
    kinds = [Kind(name, todo, grave, tuple(lines)) for (grave, name, todo), lines in found.items()]
    return sorted(kinds, key=lambda kind: not kind.grave)


def place(node: Node, office: str) -> Place:
    """One township or village.  NotFound ``node.no_such_place``."""
    if office not in node.reference.offices or "/" in office or level(office) is Level.COUNTY:
        raise NotFound("node.no_such_place", office=office[:20])
    return _place(node, office, _machines(node, office), _villages(node).get(office, ()))


def township(node: Node, office: str) -> Place | None:
    """The township of a village, without its villages; None for a township itself."""
    above = parent(office)
    if above is None or not _is_township(above):
        return None
    return Place(above, place_name(node.reference, above))


def _is_township(code: str) -> bool:
    return "/" not in code and level(code) is Level.TOWNSHIP


def _villages(node: Node) -> dict[str, list[str]]:
    """Township -> its villages, by code."""
    found: dict[str, list[str]] = {}
    for code in sorted(node.reference.offices):
        if "/" not in code and level(code) is Level.VILLAGE:
            found.setdefault(parent(code) or "", []).append(code)
    return found


def _place(
    node: Node, office: str, machines: Mapping[str, list[Machine]], villages: Iterable[str] = ()
) -> Place:
    return Place(
        office,
        place_name(node.reference, office),
        tuple(machines.get(office, ())),
        tuple(_place(node, code, machines) for code in villages),
    )


# -- machines


def _machines(node: Node, above: str | None = None) -> dict[str, list[Machine]]:
    """Office -> its machines, the newest first; all of the county, or those at ``above`` and below it."""
    records = [
        record
        for record in node.reference.nodes.values()
        if record.level is not Level.COUNTY and (above is None or within(record.office, above))
    ]
    facts = _Facts(node, records)
    found: dict[str, list[Machine]] = {}
    for record in sorted(records, key=lambda record: -record.since):
        found.setdefault(record.office, []).append(facts.machine(record))
    return found


class _Facts:
    """What the store has of some nodes, asked once."""

    def __init__(self, node: Node, records: Iterable[NodeRecord]) -> None:
        store = node.store
        self._now, self._program = node.now(), program_version()
        self._peers = {peer.id: peer for peer in store.peers.list()}
        self._heads: dict[str, dict[str, tuple[int, str]]] = {}
        for origin, head in store.ledger.heads().items():
            self._heads.setdefault(origin.partition("/")[0], {})[origin] = head
        waiting = store.waiting.list(MOST_WAITING)
        ruled = {one.held.id for one in late(store, node.reference, waiting) if one.ruled}
        self._waiting = Counter(author_of(held) for held in waiting if held.id not in ruled)
        self._stubs = Counter(stub.node for stub in store.stubs.list(MOST_WAITING))
        self._forked = forked(node)
        self._days = days_heard(node)
        self._relayed = hearsay(node)
        listed = list(records)
        origins = [origin for record in listed for origin in self._heads.get(record.id, {})]
        enrolments = store.ledger.of_no_case(record.event for record in listed).values()
        self._at = {one.id: one.event.at for one in (*store.ledger.newest(origins), *enrolments)}

    def machine(self, record: NodeRecord) -> Machine:
        heads = self._heads.get(record.id, {})
        peer = self._peers.get(record.id)
        at = peer.at if peer else None
        known = Known(
            level=record.level,
            revoked=record.cuts is not None,
            at=at,
            written=max((self._at[id] for _, id in heads.values() if id in self._at), default=None),
            enrolled=self._at.get(record.event, self._now),
            waiting=self._waiting[record.id],
            stubs=self._stubs[record.id],
            forked=record.id in self._forked,
            health=Health.read(peer.health, at) if peer else Health(),
            relayed=self._relayed.get(record.id),
        )
        return Machine(
            record=record,
            known=known,
            heard=known.heard(self._now),
            events=sum(seq for seq, _ in heads.values()),
            heads=heads,
            troubles=tuple(troubles(known, self._now, self._program)),
            days=tuple(self._days.get(record.id, ())),
        )


def why(code: str) -> str:
    """The words for a code that no error carries: why an act stands aside, why a record waits or cannot be read."""
    return REASONS.get(code) or say(code)


def author_of(held: Held) -> str:
    """The node that wrote a line which waits; the one that brought it, where that cannot be read."""
    try:
        jws, payload = split_line(held.line)
        return decode(payload, jws).node
    except LedgerError:
        return held.source


def forked(node: Node) -> dict[str, list[str]]:
    """Node -> its origins of which two lines are held, while it has opened no newer epoch."""
    found: dict[str, list[str]] = {}
    for one in node.store.ledger.sides(0, 1 << 20):
        writer = one.origin.partition("/")[0]
        newest = node.store.ledger.newest_of(writer)
        if newest is not None and newest[0] == one.origin and one.origin not in found.get(writer, ()):
            found.setdefault(writer, []).append(one.origin)
    return found


def waiting_of(node: Node, machine: str) -> list[Held]:
    """The events of a machine that came too early."""
    return [held for held in node.store.waiting.list(MOST_WAITING) if author_of(held) == machine]


def stubs_of(node: Node, machine: str) -> list[Stub]:
    """The lines of a machine that cannot be read."""
    return [stub for stub in node.store.stubs.list(MOST_WAITING) if stub.node == machine]
