"""The links between machines: they lose, cut, garble, repeat, delay and reorder, as the draw of the run says.

A link is the real one's double (``sync.child.Link``, ``sync.enrolling.EnrolLink``): what it carries are the real
messages, and the machine at its far end answers with the real ``Parent``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from common.errors import AppError, PeerUnreachable
from sync.child import sync_once
from sync.enrolling import answer_enrolment, relay_enrolment
from sync.http import Reply, TooLarge
from tests.simulator.disk import Stopped
from tests.simulator.machines import Machine
from tests.sync.linked import MemoryLink

T = TypeVar("T")
KEPT_ANSWERS = 6

FAULTS = (
    "lost", "cut", "cut", "torn request", "torn answer", "flipped request", "flipped answer", "garbage", "repeated",
    "old answer", "delayed", "too large",
)  # fmt: skip


@dataclass
class Weather:
    """How the links are now.  ``bad``: how often a message meets a fault; ``down``: pairs without any link."""

    draw: random.Random
    bad: float = 0.15
    down: set[tuple[str, str]] = field(default_factory=set)
    delayed: list[tuple[Machine, Machine, bytes]] = field(default_factory=list)
    answers: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def fault(self) -> str:
        return self.draw.choice(FAULTS) if self.draw.random() < self.bad else ""

    def calm(self) -> None:
        """All links are good."""
        self.bad = 0.0
        self.down.clear()


@dataclass
class Traffic:
    """What is told to the run: of messages that got through, and when others may act meanwhile."""

    weather: Weather
    exchanged: Callable[[Machine, Machine, bytes, bytes], None]
    meanwhile: Callable[[Machine], None]
    met: Callable[[str], None]
    twist: Callable[[Machine, Machine, bytes, bool], bytes]


class SimulatedLink:
    """From one machine to another."""

    def __init__(self, child: Machine, parent: Machine, traffic: Traffic) -> None:
        self.child, self.far, self.traffic = child, parent, traffic
        self.url = parent.url

    # -- the exchange

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        traffic, pair = self.traffic, (self.child.name, self.far.name)
        self._reach()
        fault = traffic.weather.fault()
        if fault:
            traffic.met(fault)
        match fault:
            case "lost":
                raise PeerUnreachable("sync.cut")
            case "too large":
                raise TooLarge("sync.too_large_for_peer")
            case "delayed":
                traffic.weather.delayed.append((self.child, self.far, message))
                raise PeerUnreachable("sync.cut")
            case "torn request":
                self._deliver(message[: self._somewhere(message)])
                raise PeerUnreachable("sync.cut")
            case "flipped request":
                message = self._flipped(message)
            case "repeated":
                self._deliver(message)
        answer = self._deliver(message)
        if fault != "flipped request":
            # what was said to it is known, and what it signed, whatever arrives of that
            traffic.exchanged(self.child, self.far, message, answer)
        if meanwhile:
            meanwhile()
        kept = traffic.weather.answers.setdefault(pair, [])
        match fault:
            case "cut":
                raise PeerUnreachable("sync.cut")
            case "torn answer":
                return answer[: self._somewhere(answer)]
            case "flipped answer":
                return self._flipped(answer)
            case "garbage":
                return "<html>请登录</html>".encode()
            case "old answer" if kept:
                return self._draw.choice(kept)
        kept.append(answer)
        del kept[:-KEPT_ANSWERS]
        return answer

    def _deliver(self, message: bytes) -> bytes:
        message = self.traffic.twist(self.child, self.far, message, True)
        answer = self._answered(lambda link: link.exchange(message))
        return self.traffic.twist(self.child, self.far, answer, False)

    # -- enrolment

    def node(self) -> bytes:
        self._reach()
        return self._answered(lambda link: link.node())

    def enrol(self, request: bytes) -> bytes:
        self._reach()
        fault = self.traffic.weather.fault()
        if fault in ("lost", "too large", "delayed", "torn request"):
            raise PeerUnreachable("sync.cut")
        answer = self._answered(lambda link: self._enrol(request))
        if fault in ("cut", "torn answer"):
            raise PeerUnreachable("sync.cut")
        return self._flipped(answer) if fault == "flipped answer" else answer

    def _enrol(self, request: bytes) -> bytes:
        """As the two programs do it: the hub answers, a township relays and then fetches what the hub wrote of it."""
        if self.far.here.is_hub:
            return answer_enrolment(self.far.here, request)
        above = [SimulatedLink(self.far, each, self.traffic) for each in self.far.parents]
        answer = relay_enrolment(above, request)
        sync_once(self.far.here, above, self.far.room or _no_room())
        return answer

    # -- papers

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        self._reach()
        fault = self.traffic.weather.fault()
        if fault in ("lost", "too large", "delayed", "torn request"):
            raise PeerUnreachable("sync.cut")
        if fault == "repeated":
            self._answered(lambda link: link.call(method, path, body, headers))
        reply = self._answered(lambda link: link.call(method, path, body, headers))
        if fault in ("cut", "torn answer"):
            raise PeerUnreachable("sync.cut")
        return reply

    # -- the wire

    @property
    def _draw(self) -> random.Random:
        return self.traffic.weather.draw

    def _reach(self) -> None:
        """There is a link at all; while the message is on its way, others act."""
        self.traffic.meanwhile(self.child)
        if self.child.disk.stopped:
            raise Stopped(self.child.disk)
        if (self.child.name, self.far.name) in self.traffic.weather.down or not self.far.up:
            raise PeerUnreachable("sync.unreachable")

    def _answered(self, ask: Callable[[MemoryLink], T]) -> T:
        """What the far machine says.  It may stop over it; and what it refuses as no message is no answer."""
        if self.far.parent is None:
            raise PeerUnreachable("sync.unreachable")
        try:
            with self.far.at_work():
                return ask(MemoryLink(self.far.parent))
        except Stopped as stop:
            if self.child.disk.stopped:
                raise Stopped(self.child.disk) from stop
            raise PeerUnreachable("sync.cut") from stop
        except PeerUnreachable:
            raise
        except AppError as exc:
            raise PeerUnreachable("sync.bad_answer") from exc

    def _somewhere(self, data: bytes) -> int:
        return self._draw.randrange(len(data))

    def _flipped(self, data: bytes) -> bytes:
        at = self._somewhere(data)
        return data[:at] + bytes([data[at] ^ (1 << self._draw.randrange(8))]) + data[at + 1 :]


def _no_room() -> object:
    raise ValueError("a machine that runs has a room for papers")
