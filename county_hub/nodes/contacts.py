"""On which of the last days each node was heard from: kept by a chore, shown as a strip.

A node is heard from on a day if it exchanged with the county itself, or if others brought something new of it, or if
its township says that it heard it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from common.clock import local_date
from common.node import Node
from sync.hearsay import hearsay

DAYS = 30
_KEPT = "nodes.contacts"
"""Setting: node -> [the last day noted as an ordinal, its days as bits (0: that day), events held then]."""


def note(node: Node) -> None:
    """Note for every node whether it has been heard from today, or on the day of which its township spoke."""
    today = local_date(node.now()).toordinal()
    kept: dict[str, list[int]] = node.store.local.setting(_KEPT, {})
    held: Counter[str] = Counter()
    for origin, (seq, _) in node.store.ledger.heads().items():
        held[origin.partition("/")[0]] += seq
    spoke = {
        peer.id for peer in node.store.peers.list() if peer.at and local_date(peer.at).toordinal() == today
    }
    relayed = hearsay(node)
    noted = {}
    for machine in node.reference.nodes:
        if machine != node.id:
            day, bits, events = kept.get(machine, (today, 0, 0))
            if machine in spoke or held[machine] > events:
                day, bits = today, _moved(bits, today - day) | 1
            if machine in relayed:
                heard = local_date(relayed[machine]).toordinal()
                day, bits = (heard, _moved(bits, heard - day)) if heard > day else (day, bits)
                bits |= 1 << day - heard if day - heard < DAYS else 0
            noted[machine] = [day, bits, held[machine]]
    if noted != kept:
        node.store.local.set_setting(_KEPT, noted)


def days_heard(node: Node) -> dict[str, list[tuple[date, bool]]]:
    """Node -> each of the last days, the oldest first, with whether it was heard from."""
    today = local_date(node.now())
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    kept: dict[str, list[int]] = node.store.local.setting(_KEPT, {})
    return {
        machine: [
            (day, bool(_moved(bits, today.toordinal() - last) >> (today - day).days & 1)) for day in days
        ]
        for machine, (last, bits, _) in kept.items()
    }


def _moved(bits: int, days: int) -> int:
    """The bits as so many days later; a clock that was set back loses what lies ahead of it."""
    moved = bits << min(days, DAYS) if days >= 0 else bits >> min(-days, DAYS)
    return moved & (1 << DAYS) - 1
