"""Checking a node's whole store: signatures, chains, keys, tree, and views equal to the fold (invariants 1, 2, 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from common.case.fold import fold
from common.case.view import CaseView
from common.errors import LedgerError
from common.events import decode, event_id
from common.keys import read_public_jwk
from common.node.evidence import checked_receipt, seen_of
from common.node.lines import Checker, Line
from common.node.values import Fault
from common.notes import read_checkpoint
from common.reference import Reference
from common.store import Store
from common.store.ledger import Stored
from common.store.views import CaseFacts

_BATCH = 1000
Facts = Callable[[CaseView, int], CaseFacts]


class Check:
    """One check of a store.

    Args:
        reference: as the ledger gives it.  root: thumbprint of the root key that this node trusts.
        facts: what the views should keep of a case, from its view and the position of its newest event.
    """

    def __init__(
        self, store: Store, reference: Reference, root: str | None, facts: Facts, *, hub: bool
    ) -> None:
        self._store, self._reference, self._root, self._facts, self._hub = store, reference, root, facts, hub
        self.events = self.cases = 0  # looked at so far

    def run(self) -> tuple[int, int, Fault | None]:
        """(events, cases, first fault): everything, in the order in which one thing rests on the other."""
        parts = (self._ledger, self._chains, self._tree, self._evidence, self._feeds, self._views)
        with self._store.read():
            fault = next((fault for part in parts for fault in part()), None)
        return self.events, self.cases, fault

    # -- the ledger

    def _ledger(self) -> Iterator[Fault]:
        """Every event is what its id says, its columns are what its payload says, and its signature is good."""
        checker = Checker(self._reference, self._store.ledger.reference_origin(), self._root)
        stored = self._store.ledger.log()
        while batch := list(islice(stored, _BATCH)):
            lines = []
            for one in batch:
                self.events += 1
                if one.pos != self.events:
                    yield Fault(str(self.events), "ledger.missing")
                fault, line = self._readable(one)
                if fault is not None:
                    yield fault
                if line is not None:
                    lines.append(line)
            checker.check(lines)
            yield from (Fault(line.id, line.verdict) for line in lines if line.verdict)

    def _readable(self, one: Stored) -> tuple[Fault | None, Line | None]:
        jws, _, payload = one.line.partition(b" ")
        if event_id(payload) != one.id:
            return Fault(one.id, "event.wrong_id"), None
        try:
            event = decode(payload, jws.decode("ascii"))
        except (LedgerError, UnicodeDecodeError):
            return Fault(one.id, "event.unreadable"), None
        if not self._store.ledger.columns_fit(one.pos, event):
            return Fault(one.id, "ledger.wrong_row"), None
        return None, Line(one.id, one.line, one.source, False, event.jws, payload, event)

    def _chains(self) -> Iterator[Fault]:
        """Every main line is gapless up to its head, each event linked to the one before."""
        for origin, (seq, id) in sorted(self._store.ledger.heads().items()):
            at, previous = 0, None
            for place, known, prev in self._store.ledger.chain(origin):
                if place != at + 1 or prev != previous:
                    yield Fault(f"{origin} {at + 1}", "chain.broken")
                    return
                at, previous = place, known
            if (at, previous) != (seq, id):
                yield Fault(f"{origin} {seq}", "chain.head")

    def _tree(self) -> Iterator[Fault]:
        if not self._hub:
            return
        if self._store.evidence.tree() != self._store.evidence.tree_of(self._store.ledger.ids_after(0)):
            yield Fault("tree", "tree.wrong")

    def _evidence(self) -> Iterator[Fault]:
        """Receipts and the newest checkpoint stand as the hub signed them: ● and the time rest on them."""
        hub = self._reference.nodes.get(self._reference.hub)
        if hub is None:
            return
        key, kept = read_public_jwk(hub.sign), self._store.evidence
        for one in kept.receipts():
            try:
                said = checked_receipt(one.line, key)
                if (said.office, said.size, said.at) != (one.office, one.size, one.at):
                    yield Fault(f"receipt {one.office}", "ledger.wrong_row")
            except LedgerError as exc:
                yield Fault(f"receipt {one.office}", exc.code)
        found = kept.checkpoint()
        try:
            if found is not None and seen_of(read_checkpoint(found[1], key)) != found[0]:
                yield Fault("checkpoint", "ledger.wrong_row")
        except (LedgerError, UnicodeError) as exc:
            yield Fault("checkpoint", getattr(exc, "code", "note.wrong_form"))

    def _feeds(self) -> Iterator[Fault]:
        """Feeds are numbered without gaps; their tips say what stands in them."""
        for division, wrong in self._store.feeds.faults():
            yield Fault(division, wrong)

    # -- the views

    def _views(self) -> Iterator[Fault]:
        """Each case's row, words and lists are what its fold gives; no other case stands in the views."""
        ids = self._store.ledger.cases()
        worded = 0
        for case, facts in self.all_facts(ids):
            self.cases += 1
            worded += bool(facts.words)
            kept = self._store.views.facts(case, facts.words)
            if kept != facts:
                yield Fault(case, "view.differs" if kept else "view.missing")
        if self._store.views.counts()[0] != self.cases:
            known = set(ids)
            extra = next(row.case_id for row in self._store.views.all() if row.case_id not in known)
            yield Fault(extra, "view.extra")
        if self._store.views.count_worded() != worded:
            yield Fault("word", "view.extra")

    def all_facts(self, cases: Iterable[str]) -> Iterator[tuple[str, CaseFacts]]:
        """What the views should keep of these cases."""
        for case in cases:
            stored = self._store.ledger.of_cases((case,))[case]
            view = fold((one.event for one in stored), self._reference)
            yield case, self._facts(view, max(one.pos for one in stored))
