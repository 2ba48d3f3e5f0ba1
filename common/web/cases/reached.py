"""Has what a lower office is to know got there: 村里未取到, 村里已取到 (as far as this node knows)."""

from __future__ import annotations

from collections.abc import Mapping

from common.node import CaseFile, Node
from common.offices import Level, division, level

MEANT_BELOW = frozenset({
    "case.correction_asked", "case.not_accepted", "case.accepted", "case.decided", "case.terminated", "case.expired",
    "case.paused", "case.suspended", "case.extended",
})  # fmt: skip


def reached(node: Node, file: CaseFile) -> Mapping[str, str]:
    """Act -> where it has got downward, for acts that the registering village is to hear of.

    Empty where this is not known: the village reads its feed from another node than this one.
    """
    made = file.view.state.registration
    if made is None or level(made.office) is not Level.VILLAGE or division(made.office) == node.office:
        return {}
    read = _read_by(node, division(made.office))
    if read is None:
        return {}
    places = node.store.feeds.places(division(made.office), file.id)
    acts = (x for x in file.view.path if file.view.events[x].type in MEANT_BELOW)
    return {act: "村里已取到" if 0 < places.get(act, 0) <= read else "村里未取到" for act in acts}


def _read_by(node: Node, office: str) -> int | None:
    """How far the nodes of an office have read its feed here; None if none ever did."""
    epoch = node.origin.partition("/")[2]
    readers = (record.id for record in node.reference.nodes.values() if record.office == office)
    return max((node.store.peers.cursor(reader, epoch, office) for reader in readers), default=0) or None
