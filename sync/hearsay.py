"""When a township last heard its villages, told upward for the people who watch over the county (PROTOCOL.md 6.2).

A village that speaks to its township alone may have nothing new for weeks; the county then sees no sign of it but this.
Ages travel, not times, so that a wrong clock at the township changes nothing; of each node only what is an hour newer
than was said before, a day where events go along, and few in one offer: messages stay small.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.node import Node
from common.offices import Level, within

MOST = 8
"""Nodes named in one offer; the others in the next.  Beside events one: with them a message has its size."""
MINUTE_MS = 60_000
STEP_MS = 60 * MINUTE_MS
BUSY_STEP_MS = 24 * STEP_MS
_TOLD = "sync.told:"
"""Setting, by parent: node -> UTC ms of the last contact that the parent was told of."""
_HEARD = "sync.hearsay:"
"""Setting, by child: node -> UTC ms, by our clock, at which the child heard it."""


def to_tell(node: Node, parent: str, *, busy: bool = False) -> dict[str, int]:
    """Node -> minutes since it spoke to this one, for the parent to know; those longest untold first.

    Args:
        busy: events go with the offer.
    """
    if not node.enrolled or node.level is Level.VILLAGE:
        return {}
    now, told = node.now(), node.store.local.setting(_TOLD + parent, {})
    news = [
        (told.get(peer.id, 0), peer.id, peer.at)
        for peer in node.store.peers.list()
        if peer.at is not None and peer.at <= now and _is_below(node, peer.id, node.id, node.office)
    ]
    step_ms = BUSY_STEP_MS if busy else STEP_MS
    fresh = [(before, id, at) for before, id, at in news if abs(at - before) >= step_ms]
    return {id: (now - at) // MINUTE_MS for _, id, at in sorted(fresh)[: 1 if busy else MOST]}


def told(node: Node, parent: str, said: Mapping[str, int], *, lost_past: bool) -> None:
    """The parent has heard this; or it has lost its past, and knows nothing.  Inside the transaction of its answer."""
    if not said and not lost_past:
        return
    before = {} if lost_past else node.store.local.setting(_TOLD + parent, {})
    now = node.now()
    after = {**before, **{id: now - minutes * MINUTE_MS for id, minutes in said.items()}}
    node.store.local.set_setting(_TOLD + parent, after)


def note(node: Node, child: str, office: str, said: Mapping[str, int]) -> None:
    """Keep what a child says of the nodes below its home; of others it has nothing to say."""
    now = node.now()
    heard = {
        id: at
        for id, minutes in said.items()
        if (at := now - minutes * MINUTE_MS) > 0 and _is_below(node, id, child, office)
    }
    if heard:
        before = node.store.local.setting(_HEARD + child, {})
        newest = {id: max(at, before.get(id, 0)) for id, at in heard.items()}
        node.store.local.set_setting(_HEARD + child, before | newest)


def hearsay(node: Node) -> dict[str, int]:
    """Node -> UTC ms at which a child of this node last heard it, as the child said."""
    found: dict[str, int] = {}
    for child in node.reference.nodes.values():
        said = node.store.local.setting(_HEARD + child.id, {}) if child.level is not Level.VILLAGE else {}
        for id, at in said.items():
            found[id] = max(at, found.get(id, 0))
    return found


def _is_below(node: Node, id: str, above: str, home: str) -> bool:
    """Is this a node at work within the home of the one above it?"""
    record = node.reference.nodes.get(id)
    if record is None or record.cuts is not None or id == above:
        return False
    return within(node.reference.canon(record.office), home)
