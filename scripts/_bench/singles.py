"""(b) One new event and (c) nothing new: round trips, bytes on the wire with HTTP headers, milliseconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median

from _demo.machines import Machine, stopped_at_the_end

from _bench.figures import Figure
from _bench.places import Place, a_county, upward
from _bench.sizes import Say, Sizes
from _bench.ways import synced
from common.case.commands import AddNote
from common.case.decide import Author
from common.node import Node
from sync.papers import Room
from tests.realistic import County
from tests.sync.linked import Proxy

MOST_BYTES = {"one": 2_000, "nothing": 1_200}


def measure(folder: Path, sizes: Sizes, say: Say) -> Iterator[Figure]:
    county = a_county()
    hub = Place.found(folder / "hub", county.hub, county)
    township = Place.found(folder / "township", county.townships[0], county)
    village = Place.found(folder / "village", county.villages[0], county)
    with township.opened() as (node, _):
        lines = [event.line for event in islice(upward(county), sizes.before)]
        node.take(lines, county.hub.id, upward=False)
    say(f"one event, nothing: a township with {len(county.villages)} villages at the hub")
    with _served(Machine("hub", "county_hub", hub.folder)) as url:
        yield from _at("township", township, county, url, sizes)
    say("one event, nothing: a village at its township")
    with _served(Machine("township", "township_node", township.folder)) as url:
        yield from _at("village", village, county, url, sizes)


@contextmanager
def _served(machine: Machine) -> Iterator[str]:
    """The program at work; its address."""
    with stopped_at_the_end([machine]):
        machine.start()
        yield machine.url


def _at(name: str, place: Place, county: County, url: str, sizes: Sizes) -> Iterator[Figure]:
    with place.opened() as (node, room):
        synced(node, room, url)
        synced(node, room, url)
        author = Author(place.author.actor or "", place.author.office)
        for what in ("one", "nothing"):
            yield from _figures(f"{what}.{name}", what, node, room, url, sizes, author, county)


def _figures(
    name: str, what: str, node: Node, room: Room, url: str, sizes: Sizes, author: Author, county: County
) -> Iterator[Figure]:
    case = _a_case(node)

    def happens() -> None:
        if what == "one":
            node.act(AddNote(county.text(1)), author, case=case)

    trips, took_ms = [], []
    for _ in range(sizes.singles):
        happens()
        done = synced(node, room, url)
        trips.append(len(done.link.messages))
        took_ms.append(done.took_s * 1000)
    sent = []
    with closing(Proxy(url)) as wire:
        for _ in range(sizes.singles):
            happens()
            wire.reset()
            synced(node, room, wire.url)
            sent.append(wire.up + wire.down)
    yield Figure(f"{name}.trips", max(trips), "round trips", at_most=1)
    yield Figure(f"{name}.wire", median(sent), "bytes", at_most=MOST_BYTES[what])
    yield Figure(f"{name}.time", median(took_ms), "ms")


def _a_case(node: Node) -> str:
    """An open case that this node's office registered, or that it holds."""
    rows = (
        node.worklist("holding", [node.office], size=1).rows
        or node.worklist("all", [node.office], size=1).rows
    )
    return rows[0].case_id
