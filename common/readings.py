"""When a village took what its feed holds for it: 村里已取到 今天 09:12, as this node knows it.

A child says in its offer how far it has read.  What it had not read in the offer before came with the answer to that
one, so the time of that exchange is when it was taken.
"""

from __future__ import annotations

from common.store import Store

MOST = 300
"""Moves kept of one child; of what was taken before them no time is known."""
_KEPT = "readings."
"""Setting, by child: [the feed's epoch, [[number, UTC ms], ...]], the oldest first."""


def note(store: Store, child: str, epoch: str, number: int, at: int) -> None:
    """The child has read up to this number of its feed, with the exchange of that time.  Inside a transaction."""
    known, moves = store.local.setting(_KEPT + child, [epoch, []])
    kept = [move for move in moves if move[0] < number] if known == epoch else []
    store.local.set_setting(_KEPT + child, [epoch, [*kept, [number, at]][-MOST:]])


def taken(store: Store, child: str, epoch: str, number: int) -> int | None:
    """When the child took the entry of this number, UTC ms; None if that is not known (any more)."""
    known, moves = store.local.setting(_KEPT + child, [epoch, []])
    later = [at for upto, at in moves if upto >= number] if known == epoch else []
    if not later or (len(later) == len(moves) == MOST):
        return None
    return int(later[0])
