"""Events written by hand on a node's origin: what a broken program, a thief or a copy of its disk might write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from common.events import Event, compose, decode, event_id
from common.keys import SigningKey, jws_sign
from common.node import Node


@dataclass
class Forger:
    """Writes events of a node's newest origin by hand, valid or not, without the node's knowing."""

    node: Node
    origin: str = ""
    seq: int = 0
    head: str | None = None
    key: SigningKey | None = None
    written: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.origin = self.origin or self.node.origin
        self.seq, self.head = self.node.store.ledger.head(self.origin) or (0, None)

    def write(self, kind: str = "test.said", body: dict[str, Any] | None = None, **envelope: Any) -> Event:
        fields: dict[str, Any] = {
            "type": kind,
            "moves": False,
            "origin": self.origin,
            "seq": self.seq + 1,
            "prev": self.head,
            "at": 1,
            "seen": None,
            "ref": self.node.reference.head,
            "actor": None,
            "case": None,
            "base": None,
            "body": body or {},
        }
        payload = compose(**{**fields, **envelope}).payload
        event = decode(payload, jws_sign(self.key or self.node.signing_key, payload))
        self.seq, self.head = event.seq, event.id
        self.written.append(event)
        return event

    def unreadable(self, payload: bytes) -> tuple[str, bytes]:
        """(id, line) of bytes that break the envelope rules, signed well; the chain goes on from there."""
        self.seq, self.head = self.seq + 1, event_id(payload)
        return self.head, jws_sign(self.node.signing_key, payload).encode() + b" " + payload
