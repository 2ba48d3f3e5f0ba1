"""What a child believes of its parents, at rest (PROTOCOL.md 6.6)."""

from __future__ import annotations

from dataclasses import asdict

from common.node import Node
from common.offices import within
from sync.exchange import Belief, Fork
from sync.upward import home_of

_STATE = "sync.belief:"


def load_belief(node: Node, parent: str) -> tuple[Belief, bool]:
    """What is believed of a parent, and whether it must be shown our chain."""
    kept = node.store.local.setting(_STATE + parent, {})
    belief = Belief(
        epoch=kept.get("epoch"),
        heads=node.store.peers.heads(parent) if "epoch" in kept else {},
        marks=kept.get("marks", {}),
        forks={
            origin: Fork(fork["common"], tuple(fork["pulled"]), fork["pushed"])
            for origin, fork in kept.get("forks", {}).items()
        },
        sides=kept.get("sides", 0),
        receipts=kept.get("receipts", 0),
    )
    return belief, kept.get("show_chain", False)


def save_belief(node: Node, parent: str, after: Belief, *, show_chain: bool) -> None:
    """Keep what changed.  Inside the transaction that takes the answer."""
    shown = node.store.peers.heads(parent)
    if after.heads != shown:
        node.store.peers.forget_heads(parent, set(shown) - set(after.heads))
        changed = {origin: head for origin, head in after.heads.items() if shown.get(origin) != head}
        node.store.peers.show_heads(parent, changed)
    state = {
        "epoch": after.epoch,
        "marks": dict(after.marks),
        "forks": {origin: asdict(fork) for origin, fork in after.forks.items()},
        "sides": after.sides,
        "receipts": after.receipts,
        "show_chain": show_chain,
    }
    if node.store.local.setting(_STATE + parent) != state:
        node.store.local.set_setting(_STATE + parent, state)


def forget_revoked(node: Node) -> None:
    """What a parent got that has been taken out of service since may not have gone further: others are offered it."""
    local, home = node.store.local, home_of(node)
    lost = [
        record.id
        for record in node.reference.nodes.values()
        if record.cuts is not None and within(home, record.office) and local.setting(_STATE + record.id)
    ]
    if lost:
        with node.store.write():
            local.forget_parents_papers()
            for parent in lost:
                local.set_setting(_STATE + parent, None)
