"""Has what a lower office is to know got there: 村里未取到, 村里已取到 (as far as this node knows)."""

from __future__ import annotations

from collections.abc import Mapping

from common.node import CaseFile, Node

MEANT_BELOW = frozenset({
    "case.correction_asked", "case.not_accepted", "case.accepted", "case.decided", "case.terminated", "case.expired",
    "case.paused", "case.suspended", "case.extended",
})  # fmt: skip


def reached(node: Node, file: CaseFile) -> Mapping[str, str]:
    """Act -> where it has got downward, for acts that the registering village is to hear of."""
    return {}
