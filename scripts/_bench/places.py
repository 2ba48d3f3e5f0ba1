"""The county that is measured: made-up events that read like real ones, and data folders of real nodes for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from common.cli import KEY_NAME
from common.events import Event
from common.node import Node
from common.packs import load_pack
from common.program import PAPERS, STORE, system_clock
from common.store import open_store
from common.vault import make_key_file, read_key_file
from sync.papers import Room
from tests.realistic import Author, County

SEED = 20_261_122
VILLAGES = 20
UNDER_WAY = 10 * VILLAGES  # cases at a time: ten at a village
PAUSE_MS = (1_000, 60_000)  # a busy county: 200,000 acts are ten weeks
APPEND = 5_000


class Place:
    """A node's data folder, as its own program would have made it."""

    def __init__(self, folder: Path, author: Author) -> None:
        self.folder, self.author = folder, author

    @classmethod
    def found(cls, folder: Path, author: Author, county: County) -> Place:
        """A node with this author's keys, a new life of it: the reference ledger is there, the acts are not."""
        folder.mkdir(parents=True)
        draw = _draws(author)
        key = make_key_file(folder / KEY_NAME, draw.randbytes)
        store = open_store(folder / STORE, key)
        seeds = iter((author.seed, author.seal_seed))

        def random(count: int) -> bytes:
            return next(seeds, None) or draw.randbytes(count)

        node = Node.create(store, system_clock, random, root=county.root.kid)
        node.take([event.line for event in county.reference], county.hub.id, upward=False)
        store.close()
        return cls(folder, author)

    def copy(self, name: str) -> Place:
        """Another folder beside this one with the same in it."""
        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder)
        return Place(folder, self.author)

    @contextmanager
    def opened(self) -> Iterator[tuple[Node, Room]]:
        """The node in this process."""
        store = open_store(self.folder / STORE, read_key_file(self.folder / KEY_NAME), create=False)
        try:
            yield Node(store, system_clock, _draws(self.author).randbytes), Room(store, self.folder / PAPERS)
        finally:
            store.close()


def _draws(author: Author) -> Random:
    return Random(author.id)


def a_county(seed: int = SEED) -> County:
    """One township with its villages, and the hub; people apply for what the township takes in."""
    county = County(seed, load_pack(), townships=1, villages=VILLAGES)
    county.pause_ms = PAUSE_MS
    county.items = tuple(item for item in county.items if item.receiving_step.level == "township")
    return county


def upward(county: County) -> Iterator[Event]:
    """What a township and its villages write, in the order of time, many cases under way at once; without end.

    The hub's acts are left out: it is there to write its own.  A case ends where it would take it from there.
    """
    lives = [county.life() for _ in range(UNDER_WAY)]
    while True:
        place = county.random.randrange(UNDER_WAY)
        event = next(lives[place], None)
        if event is None or event.type == "case.taken":
            lives[place] = county.life()
        elif event.node != county.hub.id:
            yield event


def lay_in(node: Node, events: Sequence[Event]) -> None:
    """Put events into a node's ledger that it wrote, or that its children brought: on its disk, not sent on."""
    for start in range(0, len(events), APPEND):
        with node.store.write():
            node.store.ledger.append(events[start : start + APPEND])


def take_cases(node: Node, county: County, cases: int, say: Callable[[str], None]) -> None:
    """What a township has done in some years: cases that it decided, and every twentieth still in its hands.

    Folded and in the views of a node that gets its past from the county.
    """
    county.items = tuple(item for item in county.items if item.decide_step.level == "township")
    for start in range(0, cases, 200):
        lives = [_life(county, ended=number % 20 > 0) for number in range(start, min(start + 200, cases))]
        node.take([event.line for life in lives for event in life], county.hub.id, upward=False)
        if start % 4_000 == 0:
            say(f"  {start:,} of {cases:,} cases")


def _life(county: County, *, ended: bool) -> list[Event]:
    """One case; up to its acceptance if it has not ended."""
    events = []
    for event in county.life():
        events.append(event)
        if not ended and event.type == "case.accepted":
            break
    return events
