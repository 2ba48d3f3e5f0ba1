"""What the hub does by itself while it serves: timers of cases whose day has come, and old counts forgotten."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from common.node import Node
from sync.worker import Worker


@contextmanager
def at_work(node: Node) -> Iterator[Worker]:
    """A thread that does the chores on a timer, stopped at the end."""
    worker = Worker(None, monotonic=time.monotonic, random=random.random, chores=(node.tick,))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
