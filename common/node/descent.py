"""The line that ends in an event 到某条为止的一线: it and those before it, each named by the next as ``prev``.

An id is a hash over its event with the ids before it, so who names one event has named all that it stands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from common.events import Event, decode, split_line
from common.store import Store

_NOTHING: Mapping[str, Event] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Descent:
    """What is known here of such a line.

    ids      of its events, back to where it meets the main line of the ledger, or begins
    meets    the last seq of the main line that belongs to it; 0 if it begins beside it
    missing  the seq of the event that nobody here has, or that does not stand where the next one says; 0 if none
    """

    ids: frozenset[str]
    meets: int = 0
    missing: int = 0


def line_to(
    store: Store, origin: str, seq: int, last: str, at_hand: Mapping[str, Event] = _NOTHING
) -> Descent:
    """Follow the line back from an event, over what the ledger holds, what waits, stubs, and events at hand."""
    ids: set[str] = set()
    id: str | None = last
    while id is not None:
        if store.ledger.at(origin, seq) == id:
            return Descent(frozenset({*ids, id}), meets=seq)
        ids.add(id)
        held = store.ledger.linked_at(origin, seq)
        event = at_hand.get(id) or _waiting(store, id)
        if id in held:
            id = held[id]
        elif event is not None and (event.origin, event.seq) == (origin, seq):
            id = event.prev
        else:
            return Descent(frozenset(ids), missing=seq)
        seq -= 1
    return Descent(frozenset(ids))


def _waiting(store: Store, id: str) -> Event | None:
    held = store.waiting.get(id)
    if held is None:
        return None
    jws, payload = split_line(held.line)
    return decode(payload, jws)
