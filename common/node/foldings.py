"""The foldings of the cases that were settled last, so that each new act is judged once and not with the whole past."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from common.case.fold import Folding
from common.events import Event
from common.reference import Reference
from common.store import Store

KEPT_EVENTS = 4_000  # about 20 MB; under way at a township at a time are some hundred cases of ten


class Foldings:
    """Used inside ``write`` only, so by one thread at a time; what a write that failed had added is forgotten.

    What is kept counts only as far as the ledger still holds it, under the Reference that it was folded with: another
    process may have written.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Folding] = OrderedDict()
        self._events = 0
        store.db.on_rollback(self._forget)

    def _forget(self) -> None:
        self._kept.clear()
        self._events = 0

    def of(
        self, cases: Mapping[str, Iterable[str]], reference: Reference, new: Mapping[str, Event]
    ) -> dict[str, Folding]:
        """case -> its folding, of all that the ledger holds of it.

        Args:
            cases: case -> ids of all its events, in the order of pos.
            new: events at hand, by id; the others are read.
        """
        found: dict[str, Folding] = {}
        lacking: dict[str, list[str]] = {}
        for case, ids in cases.items():
            kept = self._take(case)
            if kept is None or kept.reference is not reference or not kept.ids <= {*ids}:
                kept = Folding(reference)
            found[case] = kept
            if missing := [id for id in ids if id not in kept.ids]:
                lacking[case] = missing
        unread = [case for case, ids in lacking.items() if not all(id in new for id in ids)]
        read = {one.id: one for stored in self._store.ledger.of_cases(unread).values() for one in stored}
        for case, ids in lacking.items():
            found[case].add(new[id] if id in new else read[id].event for id in ids)
        return found

    def keep(self, foldings: Mapping[str, Folding]) -> None:
        """Keep these for the next time, and let go of those not used for longest."""
        for case, folding in foldings.items():
            self._take(case)
            self._kept[case] = folding
            self._events += len(folding)
        while self._events > KEPT_EVENTS:
            _, oldest = self._kept.popitem(last=False)
            self._events -= len(oldest)

    def _take(self, case: str) -> Folding | None:
        kept = self._kept.pop(case, None)
        self._events -= len(kept) if kept is not None else 0
        return kept
