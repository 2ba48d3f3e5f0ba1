"""Pages that nobody named: captured through the API and given up, or left by a stop between capture and draft.

A page stays as long as an event or a draft names it; one that neither does is removed some time after its capture,
with its file.  Pages that came from another node were named by an event before they came, and are not looked at.
"""

from __future__ import annotations

from common.papers import Papers
from common.store import Store

KEEP_MS = 14 * 24 * 3_600_000
"""A page waits so long for what it was captured for; twice as long as an answer to ``POST /papers`` is repeated."""
EVERY_MS = 24 * 3_600_000
MOST = 200
"""Removed at once; the others the next time."""
_SWEPT = "papers.swept"
"""Setting: when all had been looked at last, UTC ms."""


def remove(store: Store, papers: Papers, now: int) -> int:
    """Once a day: remove pages that nobody named; how many."""
    local = store.local
    if abs(now - local.setting(_SWEPT, 0)) < EVERY_MS:
        return 0
    before, gone = now - KEEP_MS, 0
    if local.papers_unnamed(before, 1):  # looked for first, since the ledger is held while they are removed
        with store.write():
            for file in local.papers_unnamed(before, MOST):
                papers.discard(file.hash)
                gone += 1
    if gone < MOST:
        local.set_setting(_SWEPT, now)
    return gone
