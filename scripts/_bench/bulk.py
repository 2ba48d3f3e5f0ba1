"""(a) Many events from a township's disk to the county's ledger and views, beside two floors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from _demo.machines import Machine, stopped_at_the_end

from _bench.figures import Figure, resident_mb
from _bench.places import UNDER_WAY, Place, a_county, lay_in, upward
from _bench.sizes import Say, Sizes
from _bench.ways import Counted, synced
from common.events import Event

KINDS = ("unfolded", "bare")  # of floors, each a program beside this one


@dataclass(frozen=True)
class Run:
    """Seconds and bytes of one bulk, and of the floors.

    Args:
        up_s: from the child's disk until all was in the parent's ledger and views, and acknowledged.
        level_s: until the parent's confirmations of it were in the child's views too.
        floors_s: of the messages up to ``up_s``, by kind.  wire: bytes of all messages, both ways.
        memory: MB that the parent has in use afterwards.
    """

    up_s: float
    level_s: float
    floors_s: Mapping[str, float]
    wire: int
    memory: float | None


def measure(folder: Path, sizes: Sizes, say: Say) -> Iterator[Figure]:
    county = a_county()
    county.papers = False
    hub = Place.found(folder / "hub", county.hub, county)
    township = Place.found(folder / "township", county.townships[0], county)
    stream = upward(county)
    url = _make_level(hub, township, list(islice(stream, sizes.before)))
    events = list(islice(stream, max(sizes.bulk)))
    yield Figure("bulk.payload", sum(len(e.payload) for e in events) / len(events), "bytes an event")
    for count in sizes.bulk:
        runs = []
        for again in range(sizes.repeats):
            say(f"bulk: {count:,} events, {again + 1} of {sizes.repeats}")
            runs.append(_run(hub, township, events[:count], url, f"{count}-{again}"))
        yield from _figures(count, runs)


def _figures(count: int, runs: Sequence[Run]) -> Iterator[Figure]:
    name = f"bulk.{count}"
    yield Figure(f"{name}.rate", median(count / run.up_s for run in runs), "events/s")
    yield Figure(f"{name}.level", median(count / run.level_s for run in runs), "events/s")
    for kind in KINDS:
        yield Figure(f"{name}.{kind}", median(count / run.floors_s[kind] for run in runs), "events/s")
    of_floor = {kind: median(run.floors_s[kind] / run.up_s for run in runs) for kind in KINDS}
    yield Figure(f"{name}.ratio", of_floor["unfolded"], "of unfolded", at_least=0.6)
    yield Figure(f"{name}.ratio_bare", of_floor["bare"], "of bare")
    yield Figure(
        f"{name}.memory", max((run.memory for run in runs if run.memory), default=None), "MB at the hub"
    )
    yield Figure(f"{name}.wire", median(run.wire / count for run in runs), "bytes an event", at_most=260)


def _make_level(hub: Place, township: Place, before: Sequence[Event]) -> str:
    """Each has opened its epoch and knows the other; cases of all ages are under way.  The hub's address."""
    server = Machine("hub", "county_hub", hub.folder)
    with stopped_at_the_end([server]), township.opened() as (node, room):
        server.start()
        node.open_epoch()
        lay_in(node, before)
        synced(node, room, server.url)
        return server.url


def _run(hub: Place, township: Place, events: Sequence[Event], url: str, name: str) -> Run:
    child, parent = township.copy(f"township-{name}"), hub.copy(f"hub-{name}")
    server = Machine("hub", "county_hub", parent.folder, url=url)
    with stopped_at_the_end([server]), child.opened() as (node, room):
        lay_in(node, events)
        server.start()
        done = synced(node, room, server.url)
        _check(server, done.report.sent, len(events))
        memory = resident_mb(server)
    pushed = done.link.messages[: done.pushed]
    floors = {kind: _floor(hub.copy(f"{kind}-{name}"), kind, pushed) for kind in KINDS}
    wire = sum(len(message) for message in done.link.messages) + done.link.answered
    return Run(done.up_s, done.took_s, floors, wire, memory)


def _check(server: Machine, sent: int, count: int) -> None:
    """Everything arrived, and is folded."""
    if (
        not count <= sent <= count + UNDER_WAY
    ):  # besides, the child itself writes arrivals of what was submitted
        raise RuntimeError(f"{sent} of {count} events were sent")
    status = server.ask("status")
    if status["waiting"] or status["pos"] < count or not status["cases"]:
        raise RuntimeError(f"the parent holds {status}")


def _floor(place: Place, kind: str, messages: Sequence[bytes]) -> float:
    """Seconds for the same messages."""
    server = Machine(kind, f"scripts._bench.{kind}", place.folder)
    with stopped_at_the_end([server]):
        server.start()
        with closing(Counted(server.url)) as link:
            started = time.perf_counter()
            for message in messages:
                link.exchange(message)
            return time.perf_counter() - started
