"""The child's side: a sync with the first parent that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.node import Node
from common.node.asking import PARENTS, addresses
from sync.papers import Room
from sync.session import Link, Progress, Session, SyncReport, contact, papers_left


def parents(node: Node) -> tuple[str, ...]:
    """The addresses of the parents, in the order to be tried."""
    return addresses(node.store, node.reference)


def set_parents(node: Node, urls: Sequence[str]) -> None:
    """A person chose these: try them from now on, in this order."""
    node.store.local.set_setting(PARENTS, list(urls))


def sync_once(
    node: Node,
    links: Sequence[Link],
    room: Room,
    *,
    progress: Callable[[Progress], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> SyncReport:
    """Exchange with the first parent that answers; with the next one where one refuses or cannot be reached.

    Args:
        stopped: asked after each round; True ends the sync as a cut does.
    Raises nothing that a link or a parent could cause.
    """
    best = SyncReport("cut", papers_left=papers_left(node))
    for link in links:
        session = Session(node, link, room, progress or _nobody, stopped or _never)
        report = session.run()
        if report.result == "level":
            return report
        if best.parent is None or (report.result, best.result) == ("refused", "cut"):
            best = report
    return best


def _nobody(seen: Progress) -> None:
    """Nobody looks."""


def _never() -> bool:
    return False


__all__ = [
    "Link",
    "Progress",
    "SyncReport",
    "contact",
    "papers_left",
    "parents",
    "set_parents",
    "sync_once",
]
