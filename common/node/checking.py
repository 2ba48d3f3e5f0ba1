"""Checking a node's whole store: what does not follow from the signed lines in it is a fault (invariants 1, 2, 5).

Not checked are this node's own facts: what it believes of its peers, settings, drafts, who sent what and when.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

from common.case.fold import fold
from common.case.view import CaseView
from common.errors import LedgerError
from common.events import Event, Seen, decode, event_id
from common.keys import read_public_jwk
from common.node.evidence import checked_receipt, seen_of
from common.node.intake import CUT_OFF, WAITS_FOR_PREV, WAITS_FOR_REF, ruling_on
from common.node.lines import NO_KEY, OPENING, Checker, Line, place_of, read
from common.node.settling import FORKED
from common.node.values import Fault
from common.notes import read_checkpoint
from common.offices import feeds_of
from common.reference import Reference
from common.store import Store
from common.store.holding import Held, Stub
from common.store.ledger import OWN, Stored
from common.store.views import CaseFacts, rows_of

_BATCH = 1000

STUMBLED = (AttributeError, LookupError, TypeError, ValueError)
"""What comes of reading a row that holds what it never holds."""


class Expected(Protocol):
    """What should be kept of a case here, given its view: ``Settling``."""

    def facts(self, view: CaseView, updated: int) -> CaseFacts:
        """In the views; ``updated``: the position of its newest event."""

    def divisions(self, view: CaseView) -> frozenset[str]:
        """Whose feeds have it in scope."""


class Check:
    """One check of a store.

    Args:
        reference: as the ledger gives it.  root: thumbprint of the root key that this node trusts.
        home: the node's division; None before it is enrolled.
    """

    def __init__(
        self,
        store: Store,
        reference: Reference,
        root: str | None,
        expected: Expected,
        *,
        home: str | None,
        hub: bool,
    ) -> None:
        self._store, self._reference, self._root, self._expected = store, reference, root, expected
        self._home, self._hub = home, hub
        self._seen: Seen | None = None  # the newest checkpoint that an event written here names
        self.events = self.cases = 0  # looked at so far

    def run(self) -> tuple[int, int, Fault | None]:
        """(events, cases, first fault): everything, in the order in which one thing rests on the other."""
        parts = (
            self._ledger,
            self._chains,
            self._beside,
            self._tree,
            self._evidence,
            self._feeds,
            self._extras,
            self._views,
        )
        with self._store.read():
            fault = next((fault for part in parts for fault in part()), None)
        return self.events, self.cases, fault

    # -- the ledger

    def _checker(self) -> Checker:
        return Checker(self._reference, self._store.ledger.reference_origin(), self._root)

    def _ledger(self) -> Iterator[Fault]:
        """Every event is what its id says, its columns are what its payload says, and its signature is good."""
        checker = self._checker()
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
        if one.source == OWN and event.seen is not None:
            self._seen = max(self._seen or event.seen, event.seen, key=_age)
        return None, Line(one.id, one.line, one.source, False, event.jws, payload, event)

    def _chains(self) -> Iterator[Fault]:
        """Every main line is gapless up to its head, each event linked to the one before; the tables fit each other."""
        for origin, (seq, _) in sorted(self._store.ledger.heads().items()):
            if place := self._store.ledger.broken_at(origin):
                yield Fault(f"{origin} {place}", "chain.head" if place == seq else "chain.broken")
        yield from (Fault(*found) for found in self._store.checks.ledger())
        opening = self._store.ledger.of_type(OPENING)
        if self._store.ledger.reference_origins() != [event.origin for event in opening]:
            yield Fault("reference", "ledger.wrong_row")

    # -- beside the ledger

    def _beside(self) -> Iterator[Fault]:
        """What waits, and why, and what cannot be read, is as the lines say that are kept of it."""
        checker = self._checker()
        for held in self._store.waiting.all():
            if not self._waits(held, checker):
                yield Fault(held.id, "ledger.wrong_row")
        for stub in self._store.stubs.all():
            if not self._stands(stub, checker):
                yield Fault(stub.id, "ledger.wrong_row")

    def _waits(self, held: Held, checker: Checker) -> bool:
        line = _line(held)
        if line is None or line.event is None:
            return False
        checker.check([line])
        event = line.event
        needs = {
            NO_KEY: event.node,
            WAITS_FOR_REF: event.ref,
            WAITS_FOR_PREV: event.prev,
            CUT_OFF: ruling_on(event.node),
        }
        return needs.get(held.reason) == held.needs and line.verdict == (
            NO_KEY if held.reason == NO_KEY else ""
        )

    def _stands(self, stub: Stub, checker: Checker) -> bool:
        """A stub names who signed it, and the place that its bytes tell or that what follows it gave it."""
        line = _line(stub)
        if line is None:
            return False
        checker.check([line])
        place, told = (stub.origin, stub.seq, stub.prev), place_of(line.payload)
        if line.verdict or line.signer != stub.node:
            return False
        if (told[0] or "").partition("/")[0] == stub.node and (place == told or line.event is None):
            return place == told
        if stub.origin is None or stub.seq is None:
            return place == (None, None, None)
        return stub.prev is None and self._store.ledger.follows(stub.id, stub.origin, stub.seq)

    # -- evidence

    def _tree(self) -> Iterator[Fault]:
        """The hub keeps the tree over its ledger, others keep none."""
        ids = self._store.ledger.ids_after(0) if self._hub else ()
        if self._store.evidence.tree() != self._store.evidence.tree_of(ids):
            yield Fault("tree", "tree.wrong")

    def _evidence(self) -> Iterator[Fault]:
        """Receipts and the newest checkpoint stand as the hub signed them: ● and the time rest on them."""
        yield from (Fault(table, "ledger.extra") for table in self._store.evidence.more_than_one())
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
        if self._seen is not None and (found is None or _age(found[0]) < _age(self._seen)):
            yield Fault("checkpoint", "checkpoint.lost")

    # -- feeds

    def _feeds(self) -> Iterator[Fault]:
        """Feeds are numbered without gaps, tell of each case what its scope says, and end as their tips say."""
        own = None if self._hub else self._home
        yield from (Fault(*found) for found in self._store.checks.feeds(own))

    def _extras(self) -> Iterator[Fault]:
        """Of events of no case only people and forks stand in feeds; those of the division's own count."""
        for code, counted, one in self._store.feeds.all_extras():
            office = self._about(one.event)
            if office is None or counted != (code in feeds_of(office)):
                yield Fault(one.id, "feed.entry")

    def _about(self, event: Event) -> str | None:
        """The office that an event of no case in a feed is about."""
        reference = self._reference
        if event.type == FORKED:
            node = reference.nodes.get(str(event.body.get("origin")).partition("/")[0])
            return node.office if node else None
        appointed = reference.appointments.get(str(event.body.get("of", event.id)))
        return appointed.office if appointed and event.id not in reference.positions else None

    # -- the views

    def _views(self) -> Iterator[Fault]:
        """Each case's row, words and lists are what its fold gives, and its scope; nothing else stands in the views."""
        kept, totals = self._store.views, Counter[str]()
        for case, view, facts in self._all_facts(self._store.ledger.cases()):
            self.cases += 1
            if kept.facts(case) != facts or not kept.has_words(case, facts.row.words):
                yield Fault(case, "view.differs" if kept.get(case) else "view.missing")
            scopes = self._store.feeds.scopes((case,)).get(case, {})
            if {code for code, (_, there) in scopes.items() if there} != self._expected.divisions(view):
                yield Fault(case, "feed.scope")
            totals.update(rows_of(facts))
        yield from (Fault(case, "view.differs") for case in kept.papers_not_found())
        yield from (
            Fault(table, "view.extra") for table, rows in kept.totals().items() if rows != totals[table]
        )

    def _all_facts(self, cases: Iterable[str]) -> Iterator[tuple[str, CaseView, CaseFacts]]:
        """What should be kept of these cases."""
        for case in cases:
            stored = self._store.ledger.of_cases((case,))[case]
            view = fold((one.event for one in stored), self._reference)
            yield case, view, self._expected.facts(view, max(one.pos for one in stored))


def _line(kept: Held | Stub) -> Line | None:
    """The line that is kept, if it is the one that its row names."""
    try:
        line = read(kept.line, kept.source, upward=False)
    except LedgerError:
        return None
    return line if line.id == kept.id else None


def _age(seen: Seen) -> tuple[int, int]:
    """Of two checkpoints the newer has more."""
    return seen.size, seen.time
