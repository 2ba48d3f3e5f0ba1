"""Has what a lower office is to know got there: 村里未取到, 村里已取到 今天 09:12 (as far as this node knows)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common import readings
from common.node import CaseFile, Node
from common.offices import Level, division, level

MEANT_BELOW = frozenset({
    "case.correction_asked", "case.not_accepted", "case.accepted", "case.decided", "case.terminated", "case.expired",
    "case.paused", "case.suspended", "case.extended",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reached:
    """``words``: 村里已取到 or 村里未取到.  ``at``: UTC ms at which it was taken, where that is known."""

    words: str
    at: int | None = None


def reached(node: Node, file: CaseFile) -> Mapping[str, Reached]:
    """Act -> where it has got downward, for acts that the registering village is to hear of.

    Empty where this is not known: the village reads its feed from another node than this one.
    """
    made = file.view.state.registration
    if made is None or level(made.office) is not Level.VILLAGE or division(made.office) == node.office:
        return {}
    village = division(made.office)
    read = _read_by(node, village)
    if not read:
        return {}
    places = node.store.feeds.places(village, file.id)
    acts = (x for x in file.view.path if file.view.events[x].type in MEANT_BELOW)
    return {act: _reached(node, read, places.get(act, 0)) for act in acts}


def _reached(node: Node, read: Mapping[str, int], place: int) -> Reached:
    readers = [reader for reader, number in read.items() if 0 < place <= number]
    if not readers:
        return Reached("村里未取到")
    times = (readings.taken(node.store, reader, _epoch(node), place) for reader in readers)
    return Reached("村里已取到", min((at for at in times if at is not None), default=None))


def _read_by(node: Node, office: str) -> dict[str, int]:
    """How far each node of an office has read its feed here; empty if none ever did."""
    readers = (record.id for record in node.reference.nodes.values() if record.office == office)
    read = {reader: node.store.peers.cursor(reader, _epoch(node), office) for reader in readers}
    return {reader: number for reader, number in read.items() if number}


def _epoch(node: Node) -> str:
    return node.origin.partition("/")[2]
