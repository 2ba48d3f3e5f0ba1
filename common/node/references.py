"""One Reference a node, brought up to date from the ledger: another process may have written."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from common.events import Event
from common.reference import Reference
from common.store import Store


class References:
    """``current()`` is cheap when nothing is new.  A Reference given out never changes: a newer one takes its place."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._now, self._pos = Reference(), 0
        self._safe, self._safe_write = (self._now, 0), -1  # what stood before the write that is under way
        store.db.on_rollback(self._undo)

    def current(self) -> Reference:
        """The reference ledger as the ledger holds it now, inside a write with what this write has appended."""
        with self._lock:
            ledger, db = self._store.ledger, self._store.db
            if ledger.referred() > self._pos:
                if db.writing and self._safe_write != db.writes:
                    self._safe, self._safe_write = (self._now, self._pos), db.writes
                found = ledger.referring(self._pos)
                self._now = with_events(self._now, (one.event for one in found))
                self._pos = found[-1].pos
            return self._now

    def _undo(self) -> None:
        with self._lock:
            if self._safe_write == self._store.db.writes:
                self._now, self._pos = self._safe


def with_events(reference: Reference, events: Iterable[Event]) -> Reference:
    """A Reference of its own that has taken in these events too."""
    grown = copied(reference)
    for event in events:
        grown.apply(event)
    return grown


def copied(reference: Reference) -> Reference:
    """A Reference that shares values with this one, but no table that ``apply`` changes."""
    return Reference(**{f.name: _copied(getattr(reference, f.name)) for f in fields(reference) if f.init})


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: list(inner) if isinstance(inner, list) else inner for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value
