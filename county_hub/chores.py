"""What the hub does by itself while it serves.

It signs a checkpoint if the tree has grown (timers fire only near one), writes the timers whose day has come, notes
which nodes were heard from today, and forgets old counts of tries and pages that nobody named.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from common import leftovers
from common.node import Node
from common.web.papers_view import papers_of
from county_hub.nodes import contacts
from sync.worker import Worker

FORGET_TRIES_MS = 7 * 24 * 3_600_000
"""A count of wrong passwords and codes lasts so long after the last; the longest wait is far shorter."""


@contextmanager
def at_work(node: Node) -> Iterator[Worker]:
    """A thread that does the chores on a timer, stopped at the end."""
    chores = (
        node.checkpoint,
        node.tick,
        partial(contacts.note, node),
        partial(forget_tries, node),
        partial(forget_pages, node),
    )
    worker = Worker(None, monotonic=time.monotonic, random=random.random, chores=chores)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def forget_pages(node: Node) -> None:
    """Remove pages that were captured here and never named."""
    leftovers.remove(node.store, papers_of(node), node.now())


def forget_tries(node: Node) -> None:
    """Drop the counts of tries that nobody goes on with."""
    node.store.local.forget_tries(node.now() - FORGET_TRIES_MS)
