"""The worker of ``serve``: syncs after each act and on a timer, backs off while there is no link, says what it does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from common.node import Node
from sync.child import Progress, SyncReport, parents, sync_once
from sync.http import links
from sync.papers import Room

INTERVAL_S = 120.0
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 900.0
JITTER = 0.25
"""A wait is longer or shorter by up to this part of it, so that a township's villages do not come all at once."""
GATHER_S = 0.3
"""After a nudge, wait so long for others: one form often makes several acts."""
STOPS_IN_S = 3.0
"""Told to end, wait so long for the round under way: a parent that hangs must not keep the machine from going off."""

Sync = Callable[[Callable[[Progress], None], Callable[[], bool]], SyncReport]
Chore = Callable[[], object]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """What the worker does, for pages.

    doing     ``idle``, ``syncing`` or ``waiting`` (after a cut or a refusal, for the next try)
    progress  of the sync under way, or of the last one
    report    of the last sync that ended
    next_in_s seconds until the next try
    """

    doing: str = "idle"
    progress: Progress | None = None
    report: SyncReport | None = None
    next_in_s: float = 0.0


def sync_over_http(
    node: Node,
    room: Room,
    monotonic: Callable[[], float],
    progress: Callable[[Progress], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> SyncReport:
    """One sync with the parents of a node, in their order, as the command ``sync`` and the worker do it."""
    with links(parents(node), monotonic) as ways:
        return sync_once(node, ways, room, progress=progress, stopped=stopped)


class Worker:
    """One thread.  ``start``, ``nudge`` as often as one likes, ``stop``.

    Args:
        sync: does one sync, given a listener for its progress and a question whether to stop; None for the hub,
              which has no parent.
        chores: done before each sync, and on the timer: the timers of cases.
        monotonic: seconds of a clock that only goes forward.  random: a number from 0 to 1.
    """

    def __init__(
        self,
        sync: Sync | None,
        *,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        chores: Sequence[Chore] = (),
        interval_s: float = INTERVAL_S,
        gather_s: float = GATHER_S,
    ) -> None:
        self._sync, self._chores = sync, chores
        self._monotonic, self._random = monotonic, random
        self._interval_s, self._gather_s = interval_s, gather_s
        self._wake = threading.Condition()
        self._nudged, self._stopped = True, False
        self._due = 0.0
        self._cuts = 0
        self._state = State()
        self._running = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = STOPS_IN_S) -> None:
        """End after the round under way, or in the midst of one that takes long; what has arrived stays."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def nudge(self) -> None:
        """Something was written: sync soon."""
        with self._wake:
            self._nudged = True
            self._wake.notify_all()

    def now(self) -> SyncReport | None:
        """立即同步: sync in this thread and give the report; None for the hub.  Waits for a sync under way."""
        report = self._work()
        self._plan(report)
        return report

    @property
    def state(self) -> State:
        """What it does now."""
        with self._wake:
            left = max(0.0, self._due - self._monotonic()) if self._state.doing != "syncing" else 0.0
            return replace(self._state, next_in_s=left)

    # -- the thread

    def _run(self) -> None:
        while self._wait():
            try:
                self._plan(self._work())
            except Exception:
                log.exception("a sync failed")
                self._plan(SyncReport("cut", code="sync.trouble"))

    def _wait(self) -> bool:
        """Until something is to be done; False when it is over."""
        with self._wake:
            while not self._stopped and not self._nudged and (left := self._due - self._monotonic()) > 0:
                self._wake.wait(left)
            if self._nudged and self._due:
                self._wake.wait_for(lambda: self._stopped, self._gather_s)
            self._nudged = False
            return not self._stopped

    def _work(self) -> SyncReport | None:
        with self._running:
            for chore in self._chores:
                chore()
            if self._sync is None:
                return None
            self._show(replace(self._state, doing="syncing"))
            return self._sync(self._listen, lambda: self._stopped)

    def _plan(self, report: SyncReport | None) -> None:
        """When to try again: soon after a cut, later after each further one."""
        good = report is None or report.result == "level"
        self._cuts = 0 if good else self._cuts + 1
        wait_s = (
            self._interval_s if good else min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(self._cuts - 1, 12))
        )
        wait_s *= 1 + JITTER * (2 * self._random() - 1)
        with self._wake:
            self._due = self._monotonic() + wait_s
            self._state = replace(self._state, doing="idle" if good else "waiting", report=report)
            self._wake.notify_all()

    def _listen(self, progress: Progress) -> None:
        self._show(replace(self._state, progress=progress))

    def _show(self, state: State) -> None:
        with self._wake:
            self._state = state
