"""Ways to a parent, counted and timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing

from common.node import Node
from sync.child import SyncReport, sync_once
from sync.http import HttpLink, Reply
from sync.papers import Room

TIMEOUT_S = 600.0


class Counted:
    """An HTTP link that counts: messages as they went out, bytes of messages both ways, seconds until answered."""

    def __init__(self, url: str) -> None:
        self._link = HttpLink(
            url, monotonic=time.monotonic, read_timeout_s=TIMEOUT_S, total_timeout_s=TIMEOUT_S
        )
        self.messages: list[bytes] = []
        self.answered = 0
        self.waited_s = 0.0

    @property
    def url(self) -> str:
        return self._link.url

    def close(self) -> None:
        self._link.close()

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        started = time.perf_counter()
        answer = self._link.exchange(message, meanwhile)
        self.waited_s += time.perf_counter() - started
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


def synced(node: Node, room: Room, url: str) -> tuple[float, SyncReport, Counted]:
    """One sync over a connection of its own: its seconds, its report, its link.  RuntimeError if it is not level."""
    with closing(Counted(url)) as link:
        started = time.perf_counter()
        report = sync_once(node, [link], room)
        took_s = time.perf_counter() - started
    if report.result != "level" or report.refused:
        raise RuntimeError(f"the sync came to {report}")
    return took_s, report, link
