"""The foldings of the cases that were settled last, so that each new act is judged once and not with the whole past."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from common.case.fold import Folding
from common.events import Event
from common.reference import Reference
from common.store import Store

KEPT_EVENTS = 4_000  # about 20 MB; under way at a township at a time are some hundred cases of ten


class Placed(NamedTuple):
    """A folding, and where each of its events stands in the ledger, in the order of pos."""

    folding: Folding
    pos: dict[str, int]


class Foldings:
    """Used inside ``write`` only, so by one thread at a time; what a write that failed had added is forgotten.

    What is kept of a case is all that the ledger holds of it up to a position; another process may have written since.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Placed] = OrderedDict()
        self._events = self._upto = 0
        store.db.on_rollback(self._forget)

    def _forget(self) -> None:
        self._kept.clear()
        self._events = 0

    def of(self, cases: Collection[str], reference: Reference, new: Mapping[str, Event]) -> dict[str, Placed]:
        """case -> its folding, of all that the ledger holds of it; a case without events is left out.

        Args:
            new: events at hand, by id; the others are read.
        """
        since = self._store.ledger.places_after(self._upto) if self._kept else {}
        taken = {case: self._take(case) for case in {*cases, *since}}
        kept = {x: one for x in cases if (one := taken[x]) and one.folding.reference is reference}
        places = self._store.ledger.places_of_cases(x for x in cases if x not in kept)
        found = {x: Placed(Folding(reference), pos) for x, pos in places.items()}
        for x, one in kept.items():
            found[x] = Placed(one.folding, one.pos | since.get(x, {}))
        self._add(found, new)
        return dict(sorted(found.items(), key=lambda item: next(iter(item[1].pos.values()))))

    def _add(self, found: Mapping[str, Placed], new: Mapping[str, Event]) -> None:
        """To each folding what it lacks."""
        lacking = {
            case: [id for id in one.pos if id not in there]
            for case, one in found.items()
            if len(one.pos) > len(there := one.folding.ids)
        }
        unread = [case for case, ids in lacking.items() if not all(id in new for id in ids)]
        read = {one.id: one for stored in self._store.ledger.of_cases(unread).values() for one in stored}
        for case, ids in lacking.items():
            found[case].folding.add(new[id] if id in new else read[id].event for id in ids)

    def keep(self, placed: Mapping[str, Placed]) -> None:
        """Keep these for the next time, and let go of those not used for longest."""
        for case, one in placed.items():
            self._take(case)
            self._kept[case] = one
            self._events += len(one.folding)
        self._upto = self._store.ledger.pos()
        while self._events > KEPT_EVENTS:
            _, oldest = self._kept.popitem(last=False)
            self._events -= len(oldest.folding)

    def _take(self, case: str) -> Placed | None:
        kept = self._kept.pop(case, None)
        self._events -= len(kept.folding) if kept is not None else 0
        return kept
