"""What the pages of contact ask of the node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from common.event_types import in_words
from common.node import Node, Outgoing
from common.node.cutoff import Told, late, told
from common.node.values import Truth
from common.offices import Level, level, within
from common.store.holding import Held

SILENT_MS = 3 * 24 * 3_600_000
"""R-104: registered work is handed in within three working days; a village that is silent longer is looked at."""


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """An act on its way up: what it is, of which case, how far it has got; ``unsent``: those above have it not yet."""

    words: str
    number: str | None
    case: str | None
    at: int
    truth: str
    unsent: bool


@dataclass(frozen=True, slots=True)
class Village:
    """A village of this township and its node: ``state`` none, ended (out of service), waiting, silent, here."""

    code: str
    name: str
    state: str
    last_at: int | None
    open_cases: int
    waiting: int


def outbox_lines(node: Node) -> list[OutboxLine]:
    return [_line(node, one) for one in node.outbox()]


def _line(node: Node, one: Outgoing) -> OutboxLine:
    words = in_words(one.type)
    return OutboxLine(words, one.number, one.case, one.at, one.truth.value, still_to_send(node, one))


def still_to_send(node: Node, one: Outgoing) -> bool:
    """Is it yet to be sent up?  At a village ◐ says that its township has it, at a township that a village has."""
    return one.truth is Truth.HERE or (node.level is Level.TOWNSHIP and one.truth is Truth.TOWNSHIP)


def cases_of(acts: Iterable[Outgoing]) -> int:
    """How many cases these acts belong to; an act of no case counts for itself."""
    return len({one.case or one.event for one in acts})


def villages(node: Node) -> list[Village]:
    """Every village of the township, the silent ones first."""
    reference = node.reference
    offices = [
        o for o in reference.offices if level(o) is Level.VILLAGE and "/" not in o and within(o, node.office)
    ]
    found = [_village(node, office) for office in offices]
    rank = {"ended": 0, "silent": 1, "waiting": 2, "here": 3, "none": 4}
    return sorted(found, key=lambda village: (rank[village.state], village.code))


@dataclass(frozen=True, slots=True)
class LatePlace:
    """Where a machine that is out of service goes on writing: its place, its epoch, what waits."""

    name: str
    epoch: str
    records: tuple[Told, ...]


def late_places(node: Node, waiting: Iterable[Held]) -> list[LatePlace]:
    """Records after a cut-off that are held here: the county asks by telephone which of them count."""
    found: dict[str, list[Told]] = {}
    for one in told(node.store, node.reference, late(node.store, node.reference, waiting)):
        found.setdefault(one.late.event.origin, []).append(one)
    nodes = node.reference.nodes
    return [
        LatePlace(
            node.reference.office_name(nodes[origin.partition("/")[0]].office),
            origin.partition("/")[2],
            tuple(records),
        )
        for origin, records in found.items()
    ]


def _village(node: Node, office: str) -> Village:
    peers = {peer.id: peer for peer in node.store.peers.list()}
    ever = [known for known in node.reference.nodes.values() if known.office == office]
    here = [known for known in ever if known.cuts is None]
    nodes = here or ever
    contacts = [at for known in nodes if known.id in peers and (at := peers[known.id].at) is not None]
    last = max(contacts, default=None)
    if not here:
        state = "ended" if ever else "none"
    elif last is None:
        state = "waiting"
    else:
        state = "silent" if node.now() - last > SILENT_MS else "here"
    waiting = sum(1 for held in node.store.waiting.list() if held.source in {known.id for known in nodes})
    return Village(
        office,
        node.reference.office_name(office),
        state,
        last,
        len(node.store.views.open_at(office)),
        waiting,
    )
