"""The pen: signs the node's own events, each linked to the one before it, and has them appended together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from common.events import Event, Seen, compose
from common.keys import SigningKey, jws_sign
from common.store import Store


class Pen:
    """Writes on one origin for one transaction.  What it wrote is in the ledger after ``flush``."""

    def __init__(self, store: Store, key: SigningKey, origin: str, *, at: int, seen: Seen | None) -> None:
        self._store, self._key, self.origin = store, key, origin
        self._at, self._seen = at, seen
        head = store.ledger.head(origin)
        self.seq = head[0] if head else 0
        self.head = head[1] if head else None
        self._written: list[Event] = []

    def write(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        ref: str | None,
        moves: bool = False,
        actor: str | None = None,
        case: str | None = None,
        base: str | None = None,
    ) -> Event:
        """The next event of the origin, signed."""
        event = compose(
            type=kind,
            moves=moves,
            origin=self.origin,
            seq=self.seq + 1,
            prev=self.head,
            at=self._at,
            seen=self._seen,
            ref=ref,
            actor=actor,
            case=case,
            base=base,
            body=body,
            sign=partial(jws_sign, self._key),
        )
        self.seq, self.head = event.seq, event.id
        self._written.append(event)
        return event

    def flush(self) -> dict[str, int]:
        """Append what was written since the last time; id -> pos."""
        written, self._written = self._written, []
        return dict(zip((e.id for e in written), self._store.ledger.append(written), strict=True))
