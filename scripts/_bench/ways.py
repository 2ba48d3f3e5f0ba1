"""Ways to a parent, counted and timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from common.node import Node
from sync.child import Progress, SyncReport, sync_once
from sync.http import HttpLink, Reply
from sync.papers import Room

TIMEOUT_S = 600.0


class Counted:
    """An HTTP link that counts: messages as they went out, bytes of the answers, and when each was there."""

    def __init__(self, url: str) -> None:
        self._link = HttpLink(
            url, monotonic=time.monotonic, read_timeout_s=TIMEOUT_S, total_timeout_s=TIMEOUT_S
        )
        self.messages: list[bytes] = []
        self.answered = 0
        self.heard: list[float] = []

    @property
    def url(self) -> str:
        return self._link.url

    def close(self) -> None:
        self._link.close()

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        answer = self._link.exchange(message, meanwhile)
        self.heard.append(time.perf_counter())
        self.messages.append(message)
        self.answered += len(answer)
        return answer

    def node(self) -> bytes:
        return self._link.node()

    def enrol(self, request: bytes) -> bytes:
        return self._link.enrol(request)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return self._link.call(method, path, body, headers)


@dataclass(frozen=True)
class Synced:
    """A sync that came to be level.

    Args:
        took_s: until level.  up_s: until the parent had answered for the last event that it was owed at first.
        pushed: how many messages that took.
    """

    took_s: float
    up_s: float
    pushed: int
    report: SyncReport
    link: Counted


def synced(node: Node, room: Room, url: str) -> Synced:
    """One sync over a connection of its own.  RuntimeError if it is not level."""
    owed: list[int] = []
    pushed: list[int] = []

    def look(seen: Progress) -> None:
        owed.append(seen.up[1])
        if seen.up[0] >= owed[0] and not pushed:
            pushed.append(len(link.messages))

    with closing(Counted(url)) as link:
        started = time.perf_counter()
        report = sync_once(node, [link], room, progress=look)
        took_s = time.perf_counter() - started
    if report.result != "level" or report.refused or not pushed:
        raise RuntimeError(f"the sync came to {report}")
    return Synced(took_s, link.heard[pushed[0] - 1] - started, pushed[0], report, link)
