"""What child and parent both reckon with: whose origins go upward, and by which lines a node shows who it is."""

from __future__ import annotations

from common.node import Node
from common.offices import within
from common.reference import Reference
from sync.enrol import Chain, read_chain
from sync.exchange import Heads

CHAIN = "sync.chain"
"""Setting: the lines of this node's chain, kept from its enrolment until the reference ledger has come."""
PENDING = "sync.enrolment"
"""Setting: a new node's request, and the office it is for, until it is answered."""


def upward_heads(node: Node, home: str, child: str) -> Heads:
    """Heads of the origins that a child offers: its own and those of every node whose office lies within its home."""
    reference = node.reference
    nodes = {record.id for record in reference.nodes.values() if within(reference.canon(record.office), home)}
    nodes |= {child}
    heads = node.store.ledger.heads()
    return {origin: head for origin, head in heads.items() if origin.partition("/")[0] in nodes}


def home_of(node: Node) -> str:
    """The node's division, also before its own reference ledger names it.  NotFound ``node.not_enrolled``."""
    if node.enrolled:
        return node.office
    if (chain := own_chain(node)) is not None:
        return chain.office
    pending = node.store.local.setting(PENDING)
    return str(pending["office"]) if pending else node.office


def feed_divisions(reference: Reference, home: str) -> list[str]:
    """The divisions whose feeds a node at home there reads: its own, and those merged into it."""
    return [home, *(old for old in sorted(reference.heirs) if reference.canon(old) == home)]


def own_chain(node: Node) -> Chain | None:
    """The chain of this node; None before it is enrolled."""
    lines = _lines_held(node) or _lines_kept(node)
    return read_chain(lines, node.root) if lines else None


def _lines_held(node: Node) -> tuple[bytes, ...]:
    reference, ledger = node.reference, node.store.ledger
    ids = [
        reference.nodes[id].event for id in dict.fromkeys((reference.hub, node.id)) if id in reference.nodes
    ]
    lines = [line for id in ids if (line := ledger.line(id)) is not None]
    return tuple(lines) if node.enrolled and lines else ()


def _lines_kept(node: Node) -> tuple[bytes, ...]:
    kept = node.store.local.setting(CHAIN, [])
    return tuple(line.encode("utf-8") for line in kept)
