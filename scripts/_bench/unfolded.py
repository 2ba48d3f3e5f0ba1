"""The floor: the program itself without what follows from events.

A message is opened and answered, its lines are read by all the rules, their signatures checked, and they are inserted
into the ledger; no case is folded, no view or feed written, nothing confirmed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from common.events import Event
from common.node import Node
from common.program import PAPERS, system_clock
from common.store import Store
from scripts._bench.floor import Take, main
from sync.papers import Room
from sync.parent import Parent


class Unfolded(Node):
    """A node that keeps what comes, and draws nothing from it."""

    def _settle(self, cases: Iterable[str], new: Iterable[Event]) -> None:
        pass


def unfolded(store: Store, folder: Path) -> Take:
    node = Unfolded(store, system_clock, secrets.token_bytes)
    return Parent(node, Room(store, folder / PAPERS), secrets.token_bytes).exchange


if __name__ == "__main__":
    raise SystemExit(main(unfolded))
