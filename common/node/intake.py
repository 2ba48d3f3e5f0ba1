"""Sorting lines into the ledger, inside the lock (design 4, 5; PROTOCOL.md 3.6).

What becomes of a line: *new*, it is stored; *known*, it was here; *waiting*, it came too early and is kept until what
it needs has come; *stub*, its author signed what cannot be read: its bytes go into quarantine and hold their place;
*refused*, nothing is kept and the sender is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from common.events import Event
from common.node.descent import line_to
from common.node.lines import NO_KEY, OPENING, Checker, Line, place_of, read
from common.node.references import References
from common.node.values import Taken
from common.offices import within
from common.reference import NodeRecord
from common.store import Store
from common.store.holding import Held, Stub

WAITS_FOR_PREV, WAITS_FOR_REF, CUT_OFF = "wait.prev", "wait.ref", "wait.cut"


def ruling_on(node: str) -> str:
    """What an event after the node's cut-off needs: another word of the county on that node."""
    return f"{node} {CUT_OFF}"


def goes_on(reason: str, upward: bool) -> bool:
    """May a line that waits here for this be taken in because it comes once more?

    What waits may be its payload with another's signature under it.  Or it waits for a ruling, and now a parent has it.
    """
    return reason == NO_KEY or (reason == CUT_OFF and not upward)


def needed_by(event: Event) -> Iterator[str]:
    """What others may wait for that comes with this event: itself, a node that it makes known, a ruling on one."""
    yield event.id
    node = event.body.get("node")
    if not isinstance(node, str):
        return
    if event.type in (OPENING, "node.enrolled"):
        yield node
    elif event.type == "node.revoked":
        yield ruling_on(node)


@dataclass(slots=True)
class Outcome:
    """What became of the lines so far.  ``new``: the events stored, decoded, in the order of ``pos``."""

    new: dict[str, Event] = field(default_factory=dict)
    pos: dict[str, int] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    stubs: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str | None, str]] = field(default_factory=list)

    def taken(self, cases: Iterable[str]) -> Taken:
        return Taken(
            tuple(self.new),
            tuple(self.known),
            tuple(self.waiting.items()),
            tuple(self.stubs.items()),
            tuple(self.refused),
            frozenset(cases),
        )


def places_of(lines: Iterable[Line]) -> Iterator[tuple[str, int]]:
    """Where the lines' events and those before them stand."""
    for one in lines:
        if one.event:
            yield one.event.origin, one.event.seq
            yield one.event.origin, one.event.seq - 1


class Intake:
    """Sorts lines until nothing that waits can go on."""

    def __init__(self, store: Store, references: References, root: str | None, now: int) -> None:
        self._store, self._references, self._root, self._now = store, references, root, now
        self.outcome = Outcome()

    def checker(self) -> Checker:
        """For lines to be sorted on top of the ledger as it is."""
        return Checker(self._references.current(), self._store.ledger.reference_origin(), self._root)

    def sort(self, lines: Sequence[Line]) -> None:
        """Each line to its place; then what waited for it."""
        nodes = self._references.current().nodes
        self.checker().check([x for x in lines if x.event and x.verdict == NO_KEY and x.event.node in nodes])
        while lines:
            came = _Round(self._store, self._references, self.outcome, self._now).run(lines)
            lines = self._released(came)

    def go_on(self, written: Iterable[Event]) -> None:
        """What waited for events that were written here."""
        self.sort(self._released([need for event in written for need in needed_by(event)]))

    def _released(self, came: Iterable[str]) -> list[Line]:
        """The lines that waited for these; the signatures of those whose node was unknown are checked now."""
        held = self._store.waiting.needing(came)
        self._store.waiting.release(one.id for one in held)
        lines = [read(one.line, one.source, one.upward) for one in held]
        unchecked = []
        for line, one in zip(lines, held, strict=True):
            self.outcome.waiting.pop(one.id, None)
            line.since = one.since
            if one.reason == NO_KEY:
                unchecked.append(line)
            else:
                line.verdict, line.signer = "", line.event.node if line.event else ""
        self.checker().check(unchecked)
        return lines


class _Round:
    """One pass over some lines.  The reference ledger goes first."""

    def __init__(self, store: Store, references: References, outcome: Outcome, now: int) -> None:
        self._store, self._references, self._outcome, self._now = store, references, outcome, now
        self._reference = references.current()
        self._batch: list[Event] = []
        self._here: dict[str, Event] = {}
        self._lines: dict[str, frozenset[str]] = {}
        self._heard_of: set[str] = set()
        self._source = ""
        self._held: list[Held] = []
        self._came: list[str] = []

    def run(self, lines: Sequence[Line]) -> list[str]:
        """Sort them; what came that others may wait for: ids of events, and of nodes."""
        self._look_up(lines)
        reference, others = self._split(lines)
        for one, event in reference:
            self._sort_reference(one, event)
        self._flush()
        self._reference = self._references.current()
        for line in others:
            self._sort_other(line)
        self._flush()
        self._store.waiting.hold(self._held)
        return self._came

    def _look_up(self, lines: Sequence[Line]) -> None:
        ids = {one.id for one in lines}
        self._places = self._store.ledger.at_places(places_of(lines))
        heads = self._store.ledger.heads({one.event.origin for one in lines if one.event})
        self._places.update((id, (origin, seq)) for origin, (seq, id) in heads.items())
        self._stubs = self._store.stubs.has(ids | {x.event.prev for x in lines if x.event and x.event.prev})
        self._waiting = self._store.waiting.reasons(ids)
        self._here = {one.id: one.event for one in lines if one.event and not one.verdict}

    def _split(self, lines: Sequence[Line]) -> tuple[list[tuple[Line, Event]], list[Line]]:
        """(lines of the reference ledger with their events, all others); its origin is learnt from its first event."""
        origin = self._store.ledger.reference_origin()
        if origin is None:
            opening = next(
                (x.event for x in lines if x.event and x.event.type == OPENING and not x.verdict), None
            )
            if opening is not None:
                origin = opening.origin
                self._store.ledger.mark_reference(origin)
        reference = [(x, x.event) for x in lines if x.event and x.event.origin == origin]
        others = [x for x in lines if not (x.event and x.event.origin == origin)]
        return reference, others

    # -- one line

    def _known(self, one: Line) -> bool:
        """Is it here already, or refused: then it is done with."""
        if one.id in self._waiting and not one.verdict and self._better(one):
            self._store.waiting.release((one.id,))
            del self._waiting[one.id]
        if one.id in self._places or one.id in self._stubs or one.id in self._waiting:
            self._outcome.known.append(one.id)
            return True
        if one.verdict and one.verdict != NO_KEY:
            self._outcome.refused.append((one.id, one.verdict))
            return True
        return False

    def _better(self, one: Line) -> bool:
        """Is it to take the place of what waits under this id?"""
        reason = self._waiting[one.id]
        cut = reason == CUT_OFF and one.event is not None and self._reference.cut(one.event)
        return goes_on(reason, one.upward) and not cut

    def _sort_reference(self, one: Line, event: Event) -> None:
        """Gapless and in order, so that everyone's Reference is the same."""
        if self._known(one):
            return
        if event.prev is None or event.prev in self._places:
            self._store_event(one, event)
        else:
            self._hold(one, WAITS_FOR_PREV, event.prev)

    def _sort_other(self, one: Line) -> None:
        if self._known(one):
            return
        event = one.event
        if event is None:
            self._quarantine(one, one.code)
        elif one.verdict == NO_KEY:
            self._hold(one, NO_KEY, event.node)
        elif event.ref is not None and event.ref not in self._reference.positions:
            self._hold(one, WAITS_FOR_REF, event.ref)
        elif not self._counts(one, event):
            self._hold(one, CUT_OFF, ruling_on(event.node))
        elif event.prev is not None and event.prev in self._stubs:
            self._store_after_stub(one, event, event.prev)
        elif event.prev is not None and event.prev not in self._places and self._gapless(one, event):
            self._hold(one, WAITS_FOR_PREV, event.prev)
        elif event.prev in self._places and self._places[event.prev] != (event.origin, event.seq - 1):
            self._quarantine(one, "event.broken_chain")
        else:
            self._store_event(one, event)

    def _counts(self, one: Line, event: Event) -> bool:
        """Does it count, of a node that was revoked?  With it, what waits of that node may turn out to count.

        From a child only what the county named, and what stands on the line that ends in an event it named; what comes
        from a parent the county has.
        """
        record = self._reference.nodes[event.node]
        if record.cuts is None:
            return True
        if self._reference.cut(event):
            return False
        if one.upward and event.id not in record.singly and event.id not in self._line(record, event.origin):
            return False
        if event.node not in self._heard_of:
            self._heard_of.add(event.node)
            self._came.append(ruling_on(event.node))
        return True

    def _line(self, record: NodeRecord, origin: str) -> frozenset[str]:
        """What is here of the line, or the lines, that end in an event which the county named."""
        if origin not in self._lines:
            named = record.lasts.get(origin, frozenset())
            found = (line_to(self._store, origin, seq, last, self._here).ids for seq, last in named)
            self._lines[origin] = frozenset[str]().union(*found)
        return self._lines[origin]

    def _gapless(self, one: Line, event: Event) -> bool:
        """Upward a child's own origins, and those of the nodes below it, come without gaps."""
        nodes = self._reference.nodes
        if not one.upward:
            return False
        return one.source not in nodes or within(nodes[event.node].office, nodes[one.source].office)

    def _store_event(self, one: Line, event: Event) -> None:
        if one.source != self._source:
            self._flush()
            self._source = one.source
        self._batch.append(event)
        self._places[event.id] = (event.origin, event.seq)
        self._outcome.new[event.id] = event
        self._came += needed_by(event)

    def _store_after_stub(self, one: Line, event: Event, stub: str) -> None:
        """What follows a stub says where it stands."""
        self._flush()
        if not self._store.stubs.place(stub, event.node, event.origin, event.seq - 1):
            self._quarantine(one, "event.broken_chain")
            return
        self._store_event(one, event)

    def _quarantine(self, one: Line, code: str) -> None:
        self._flush()
        origin, seq, prev = place_of(one.payload)
        if origin is None or origin.partition("/")[0] != one.signer or code == "event.broken_chain":
            origin = seq = prev = None
        stub = Stub(one.id, one.signer, origin, seq, prev, code, one.data, one.source, self._now)
        self._store.stubs.record(stub)
        self._stubs.add(one.id)
        self._outcome.stubs[one.id] = code
        self._came.append(one.id)

    def _hold(self, one: Line, reason: str, needs: str) -> None:
        since = self._now if one.since is None else one.since
        self._held.append(Held(one.id, needs, reason, one.data, one.source, one.upward, since))
        self._waiting[one.id] = reason
        self._outcome.waiting[one.id] = reason

    def _flush(self) -> None:
        positions = self._store.ledger.append(self._batch, self._source)
        self._outcome.pos.update(zip((e.id for e in self._batch), positions, strict=True))
        self._batch = []
