"""Taking a machine out of service, and ruling on what it wrote later (docs/decisions/0019, 0021).

The county's word names of each origin the last event that counts, and so the line that ends there.  Who holds a part of
that line cannot tell a record beside it, at or below its number, from one of it; so of those that are known the word
says singly whether they count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.errors import BadInput, NotFound
from common.node import Node
from common.node.cutoff import Told, late, told
from common.node.descent import Descent, line_to
from common.offices import Level
from common.reference import NodeRecord
from county_hub.nodes.queries import waiting_of

MOST_SINGLY = 500
"""Records that one word names singly; the others are in the next."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a machine that is out of service wrote in one of its epochs.

    counts    the last seq that counts       late    what waits for a ruling, by seq
    """

    origin: str
    counts: int
    late: tuple[Told, ...] = ()

    @property
    def epoch(self) -> str:
        return self.origin.partition("/")[2]

    @property
    def unruled(self) -> bool:
        return any(not one.late.ruled for one in self.late)


def stretches(node: Node, record: NodeRecord) -> list[Stretch]:
    """Of a machine that is out of service; those of which something waits, and its newest."""
    store, cuts = node.store, record.cuts or {}
    found: dict[str, list[Told]] = {}
    for one in told(store, node.reference, late(store, node.reference, waiting_of(node, record.id))):
        found.setdefault(one.late.event.origin, []).append(one)
    newest = store.ledger.newest_of(record.id)
    if newest is not None:
        found.setdefault(newest[0], [])
    return [Stretch(origin, cuts.get(origin, 0), tuple(there)) for origin, there in sorted(found.items())]


def revoke(node: Node, machine: str, reason: str) -> None:
    """Take a machine out of service: what the county holds of it now counts, what comes later waits for a ruling.

    Errors: NotFound ``node.no_such_machine``; BadInput ``node.no_reason``.
    """
    record = node.reference.nodes.get(machine)
    if record is None or record.level is Level.COUNTY or record.cuts is not None:
        raise NotFound("node.no_such_machine", node=machine[:40])
    if not reason:
        raise BadInput("node.no_reason")
    with node.store.write():
        ledger = node.store.ledger
        lasts = ledger.heads_of([machine])
        beyond = (
            one.id
            for one in ledger.sides(0, 1 << 62)
            if one.origin in lasts and one.seq > lasts[one.origin][0]
        )
        _speak(node, machine, lasts, dict.fromkeys(beyond, True), reason)


def rule(node: Node, machine: str, counts: Mapping[str, tuple[int, str]], reason: str) -> None:
    """How far a machine that is out of service counts after all.

    Args:
        counts: origin -> the last event that counts: its seq, and the beginning of its id, which may be empty where
            the county knows one event alone at that place.  Where the seq is what it was, nothing more counts.
    Errors:
        NotFound ``node.no_such_machine``; BadInput ``node.no_ruling_reason``, ``node.counts_no_less``,
        ``node.no_such_record``, ``node.which_record``, each but the first with the ``origin``.
    """
    record = node.reference.nodes.get(machine)
    if record is None or record.cuts is None or any(o.partition("/")[0] != machine for o in counts):
        raise NotFound("node.no_such_machine", node=machine[:40])
    if not reason:
        raise BadInput("node.no_ruling_reason")
    with node.store.write():
        desk = _Desk(node, record)
        lasts = {
            origin: (seq, id)
            for origin, (seq, short) in counts.items()
            if (id := desk.named(origin, seq, short)) is not None
        }
        _speak(node, machine, lasts, desk.singly(lasts), reason)


def _speak(
    node: Node, machine: str, lasts: Mapping[str, tuple[int, str]], singly: Mapping[str, bool], reason: str
) -> None:
    """In as many words as what is said singly needs."""
    listed = sorted(singly.items())
    body = {"node": machine, "cuts": {origin: list(last) for origin, last in lasts.items()}, "reason": reason}
    for start in range(0, max(1, len(listed)), MOST_SINGLY):
        some = dict(listed[start : start + MOST_SINGLY])
        node.publish("node.revoked", {**body, "records": some} if some else body)


class _Desk:
    """What the county knows of the records of a machine that is out of service."""

    def __init__(self, node: Node, record: NodeRecord) -> None:
        self._store, self._record = node.store, record
        self._cuts = record.cuts or {}
        waiting = late(node.store, node.reference, waiting_of(node, record.id))
        self._late = {one.event.id: one.event for one in waiting}

    def named(self, origin: str, seq: int, short: str) -> str | None:
        """The event that is meant, with its whole line known here; None if nothing new is."""
        least = self._cuts.get(origin, 0)
        if not short and seq == least:
            return None
        if not short and seq < least:
            raise BadInput("node.counts_no_less", seq=least, origin=origin)
        found = sorted(id for id in self._at(origin, seq) if id.startswith(short))
        if not found:
            raise BadInput("node.no_such_record", seq=seq, origin=origin)
        if len(found) > 1:
            raise BadInput("node.which_record", seq=seq, count=len(found), id=found[0][:16], origin=origin)
        if missing := line_to(self._store, origin, seq, found[0]).missing:
            raise BadInput("node.no_such_record", seq=missing, origin=origin)
        return found[0]

    def _at(self, origin: str, seq: int) -> set[str]:
        """All that is known at a place, on whatever line."""
        held = self._store.ledger.at_places([(origin, seq)])
        here = {id for id, place in held.items() if place == (origin, seq)}
        return here | {e.id for e in self._late.values() if (e.origin, e.seq) == (origin, seq)}

    def singly(self, lasts: Mapping[str, tuple[int, str]]) -> dict[str, bool]:
        """Whether a record counts, where that does not follow from its number, or was said to be otherwise."""
        before = self._record.singly
        lines = {origin: line_to(self._store, origin, *last) for origin, last in lasts.items()}
        upto = {**self._cuts, **{o: max(seq, self._cuts.get(o, 0)) for o, (seq, _) in lasts.items()}}
        found: dict[str, bool] = {}
        for id, (origin, seq) in self._known(lasts).items():
            counted = id not in self._late and before.get(id, seq <= self._cuts.get(origin, 0))
            if origin in lines and self._stands_on(lines[origin], origin, seq, id):
                main = self._store.ledger.at(origin, seq)
                beside = main is not None and main != id  # a parent may never see where it leads
                if before.get(id, not beside) is False:
                    found[id] = True
            elif not counted and seq <= upto.get(origin, 0) and before.get(id) is not False:
                found[id] = False
        return found

    def _known(self, lasts: Mapping[str, tuple[int, str]]) -> dict[str, tuple[str, int]]:
        """id -> place of what may come to count, or to look as if it did: what waits, and what lies in the ledger."""
        again = False in self._record.singly.values()
        places = [
            (origin, place)
            for origin, (seq, _) in lasts.items()
            for place in range(1 if again else self._cuts.get(origin, 0) + 1, seq + 1)
        ]
        held = self._store.ledger.at_places(places)
        return {**held, **{one.id: (one.origin, one.seq) for one in self._late.values()}}

    def _stands_on(self, line: Descent, origin: str, seq: int, id: str) -> bool:
        return id in line.ids or (seq <= line.meets and self._store.ledger.at(origin, seq) == id)
