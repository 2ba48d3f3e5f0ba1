"""What the county signed for and this node lacks (docs/decisions/0002): whoever stands between withholds it.

A receipt names the county's heads of a division's origins, and of the division's feed the count and the set hash.  The
node compares them with its own, without what it holds beyond those heads: that the county did not have yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.node.settling import FORKED
from common.node.values import Receipt
from common.offices import feeds_of
from common.reference import Reference
from common.store import Store
from common.store.feeds import set_hash


def unreceipted(store: Store, receipts: Mapping[str, Receipt], reference: Reference) -> dict[str, int]:
    """origin -> seq after which its events had not reached the county, of those who write most of what stands here.

    These are the divisions of the receipts, and a village's township, whose own receipt comes with the village's.  An
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


def lacking(store: Store, receipt: Receipt, beyond: Mapping[str, int]) -> int:
    """How many events of the division's feed this node lacks, at the least; 0 if all that can be compared agrees.

    Args:
        beyond: see ``unreceipted``.
    """
    tip = store.feeds.tip(receipt.office)
    new = store.feeds.beyond(receipt.office, beyond)
    _, count, total = receipt.feed
    missing = count - (tip.count - len(new))
    if missing:  # below 0: it holds what the county took in after it signed
        return max(0, missing)
    here = (int(tip.sum, 16) - set_hash(new)) % (1 << 256)
    return int(here != int(total, 16))  # as many, and not the same: one at least is missing
