"""The exchange of a node at work: with its parents above, and as a parent for the villages below."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from common import leftovers
from common.node import Node
from common.node.values import Truth
from common.texts import say
from common.web.papers_view import papers_of
from common.web.words import SyncState
from sync.child import Progress, SyncReport, parents, sync_once
from sync.enrolling import relay_enrolment
from sync.http import links
from sync.papers import Room
from sync.parent import Parent
from sync.worker import Worker, sync_over_http
from township_node.contact.queries import cases_of, still_to_send

MOST_COUNTED = 1_000
"""Papers that the bar counts; with more than that under way the number itself says nothing new."""


class Exchanging:
    """Wires worker, parent and pages together.

    ``running()`` starts the worker, which syncs after each act and on its timer; without it a sync happens only when a
    person asks for one.
    """

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self.room = Room(node.store, folder)
        self.room.take_stock()
        self.parent = Parent(node, self.room, secrets.token_bytes, taken=self._taken)
        self.worker = Worker(
            self._sync,
            monotonic=time.monotonic,
            random=random.random,
            chores=(node.tick, self.forget_pages),
        )
        self._at_work = False
        self._pos = node.store.ledger.pos()
        self._started_ms: int | None = None
        self._tries = 0

    def _sync(self, progress: Callable[[Progress], None], stopped: Callable[[], bool]) -> SyncReport:
        """The worker's sync; when it began and how often it failed is what the bar says."""
        self._started_ms = self.node.now()
        progress(Progress(""))  # not how far the one before had got
        report = sync_over_http(self.node, self.room, time.monotonic, progress, stopped)
        self._tries = 0 if report.result == "level" else self._tries + 1
        return report

    def _taken(self, new: int) -> None:
        if new:
            self.after_act()

    def after_act(self) -> None:
        """Sync soon if something was written since the last look."""
        pos = self.node.store.ledger.pos()
        if pos > self._pos and self._at_work:
            self.worker.nudge()
        self._pos = pos

    @contextmanager
    def running(self) -> Iterator[None]:
        """The worker at work, ended in order."""
        self._at_work = True
        self.worker.start()
        try:
            yield
        finally:
            self._at_work = False
            self.worker.stop()

    def once(self, addresses: Sequence[str] | None = None) -> SyncReport:
        """One sync in this thread, with the node's parents or with other addresses."""
        self.node.tick()
        with links(addresses or parents(self.node), time.monotonic) as ways:
            return sync_once(self.node, ways, self.room)

    def forget_pages(self) -> None:
        """Remove pages that were captured here and never named."""
        leftovers.remove(self.node.store, papers_of(self.node), self.node.now())

    def nudge(self) -> None:
        """立即同步: soon, and not in the request that asks for it."""
        if self._at_work:
            self.worker.nudge()
        else:
            threading.Thread(target=self.worker.now, name="sync once", daemon=True).start()

    def relay(self, request: bytes) -> bytes:
        """Carry a village's enrolment request up, and its answer down, unchanged.

        Then fetch what the county wrote of it: the village asks this node next for the reference ledger.
        """
        with links(parents(self.node), time.monotonic) as ways:
            answer = relay_enrolment(ways, request)
        self.once()
        return answer

    def state(self) -> SyncState:
        """What the bar at the foot of each page says."""
        state, node = self.worker.state, self.node
        outgoing = node.outbox()
        unsent = [one for one in outgoing if still_to_send(node, one)]
        papers = len(node.store.views.papers_owed(limit=MOST_COUNTED))
        last = max(
            (p for p in node.store.peers.list() if p.result == "level" and p.url),
            key=lambda p: p.at or 0,
            default=None,
        )
        progress = state.progress if state.doing == "syncing" else None
        done, total = (
            (sum(pair) for pair in zip(progress.up, progress.down, progress.papers, strict=True))
            if progress
            else (0, 0)
        )
        failed = state.report if state.doing == "waiting" else None
        return SyncState(
            waiting=cases_of(unsent),
            last_peer_name=str((last.health or {}).get("name") or "") or None if last else None,
            last_at_ms=last.at if last else None,
            running=(done, total) if progress else None,
            offline=failed is not None,
            retry_at_ms=node.now() + int(state.next_in_s * 1000) if failed else None,
            all_at_county=not outgoing and not papers,
            tries=self._tries,
            started_at_ms=self._started_ms,
            papers=papers,
            copied=bool(unsent) and all(one.truth is not Truth.HERE for one in unsent),
            refused=_why_refused(failed),
        )


def _why_refused(report: SyncReport | None) -> str | None:
    """In words, where it is not the link that was bad."""
    if report is None or report.result != "refused" or report.code is None:
        return None
    return say(report.code, {"url": report.parent})
