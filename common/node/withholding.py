"""What the county signed for and this node lacks (docs/decisions/0002): whoever stands between withholds it.

A receipt names the county's heads of a division's origins, and of the division's feed the count and the set hash.  The
node compares them with what it would hold without all beyond those heads, which the county did not have yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common.case.fold import fold
from common.case.view import scope
from common.node.settling import FORKED
from common.node.values import Receipt
from common.offices import feeds_of
from common.reference import Reference
from common.store import Store
from common.store.feeds import set_hash


@dataclass(frozen=True, slots=True)
class Past:
    """A case now, and as it was without what the county lacked: ids of its events, the divisions that it concerns."""

    events: frozenset[str]
    concerns: frozenset[str]
    events_then: frozenset[str]
    concerned: frozenset[str]


@dataclass(frozen=True, slots=True)
class Beyond:
    """What this node holds that the county lacked: the cases that have such acts, and events of no case."""

    cases: tuple[Past, ...]
    others: frozenset[str]


def unreceipted(store: Store, receipts: Mapping[str, Receipt], reference: Reference) -> Beyond:
    """What had not reached the county when these receipts were signed, of those who write most of what stands here.

    An act that the county lacked may have brought a case into a division's scope, or taken it out.
    """
    ids: dict[str | None, set[str]] = {}
    for id, case in store.ledger.beyond(_places(store, receipts, reference)):
        ids.setdefault(case, set()).add(id)
    others = frozenset(ids.pop(None, ()))
    cases = [case for case in ids if case is not None]
    return Beyond(tuple(_pasts(store, reference, cases, frozenset().union(*ids.values()))), others)


def _places(store: Store, receipts: Mapping[str, Receipt], reference: Reference) -> dict[str, int]:
    """origin -> seq after which its events had not reached the county.

    Of the divisions of the receipts, and of a village's township, whose own receipt comes with the village's.  An
    origin that has forked is left out: nobody can say which of its events lie where at the county.
    """
    offices = {code for office in receipts for code in feeds_of(office)}
    forked = {one.event.body.get("origin") for one in store.feeds.extras(offices) if one.event.type == FORKED}
    nodes = [node.id for node in reference.nodes.values() if node.office in offices]
    named = {origin: head for receipt in receipts.values() for origin, head in receipt.heads.items()}
    found: dict[str, int] = {}
    for origin, newest in store.ledger.tops_of(nodes).items():
        seq, id = named.get(origin, (0, ""))
        here = store.ledger.ids_at(origin, seq) if seq else set()  # none where a parent's selection has a gap
        if seq < newest and (not here or id in here) and origin not in forked:
            found[origin] = seq
    return found


def _pasts(store: Store, reference: Reference, cases: list[str], beyond: frozenset[str]) -> Iterator[Past]:
    scopes = store.feeds.scopes(cases)
    for case, stored in store.ledger.of_cases(cases).items():
        then = [one.event for one in stored if one.id not in beyond]
        yield Past(
            events=frozenset(one.id for one in stored),
            concerns=frozenset(code for code, (_, there) in scopes.get(case, {}).items() if there),
            events_then=frozenset(event.id for event in then),
            concerned=scope(fold(then, reference)) if then else frozenset(),
        )


def lacking(store: Store, receipt: Receipt, beyond: Beyond) -> int:
    """How many events of the division's feed this node lacks, at the least; 0 if all that can be compared agrees.

    Args:
        beyond: see ``unreceipted``.
    """
    tip, office = store.feeds.tip(receipt.office), receipt.office
    new = store.feeds.counted(office, beyond.others)
    here, total_here = tip.count - len(new), int(tip.sum, 16) - set_hash(new)
    for past in beyond.cases:
        if office in past.concerns:
            here, total_here = here - len(past.events), total_here - set_hash(past.events)
        if office in past.concerned:
            here, total_here = here + len(past.events_then), total_here + set_hash(past.events_then)
    _, count, total = receipt.feed
    if count != here:  # more here: it holds what the county took in after it signed
        return max(0, count - here)
    return int(
        total_here % (1 << 256) != int(total, 16)
    )  # as many, and not the same: one at least is missing
