"""What waits at a node for a ruling of the county is handed up to it, for the people who rule (PROTOCOL.md 10.5).

It stands in no ledger, so no head tells a parent of it; each line goes once to each parent, once it has all else,
and waits there as well.
"""

from __future__ import annotations

from collections.abc import Collection

from common.node import Node
from common.node.intake import CUT_OFF, ruling_on
from common.store.holding import Held

MOST = 500
"""Of the lines that wait, the oldest so many go up: who has a lost machine's key can write without end."""
_HANDED = "sync.handed:"
"""Setting, by parent: ids of the lines that it has."""


def to_hand_up(node: Node, parent: str, max_bytes: int) -> list[Held]:
    """Lines from below that wait here for a ruling and that the parent was not given: so many bytes, at least one."""
    revoked = (ruling_on(record.id) for record in node.reference.nodes.values() if record.cuts is not None)
    waiting = [one for one in node.store.waiting.needing(revoked) if one.reason == CUT_OFF and one.upward]
    if not waiting:
        return []
    handed = set(node.store.local.setting(_HANDED + parent, ()))
    page: list[Held] = []
    left = max_bytes
    for one in sorted(waiting, key=lambda one: (one.since, one.id))[:MOST]:
        if one.id not in handed:
            left -= len(one.line) + 1
            if page and left < 0:
                break
            page.append(one)
    return page


def handed_up(node: Node, parent: str, ids: Collection[str], *, lost_past: bool) -> None:
    """The parent has them; or it has lost its past, and knows nothing.  Inside the transaction of its answer."""
    if not ids and not lost_past:
        return
    before = () if lost_past else node.store.local.setting(_HANDED + parent, ())
    waiting = node.store.waiting.has({*before, *ids})
    node.store.local.set_setting(_HANDED + parent, sorted(waiting))
