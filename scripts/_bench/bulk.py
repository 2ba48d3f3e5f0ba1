"""(a) Many events from a township's disk to the county's ledger and views, beside the floor."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from _demo.machines import Machine, stopped_at_the_end

from _bench.figures import Figure
from _bench.places import UNDER_WAY, Place, a_county, lay_in, upward
from _bench.sizes import Say, Sizes
from _bench.ways import Counted, synced
from common.events import Event


@dataclass(frozen=True)
class Run:
    """Seconds and bytes of one bulk and of its floor; ``waited_s``: of ``took_s``, for the parent's answers."""

    took_s: float
    waited_s: float
    floor_s: float
    wire: int


def measure(folder: Path, sizes: Sizes, say: Say) -> Iterator[Figure]:
    county = a_county()
    hub = Place.found(folder / "hub", county.hub, county)
    township = Place.found(folder / "township", county.townships[0], county)
    stream = upward(county)
    _make_level(hub, township, list(islice(stream, sizes.before)))
    events = list(islice(stream, max(sizes.bulk)))
    yield Figure("bulk.payload", sum(len(e.payload) for e in events) / len(events), "bytes an event")
    for count in sizes.bulk:
        runs = []
        for again in range(sizes.repeats):
            say(f"bulk: {count:,} events, {again + 1} of {sizes.repeats}")
            runs.append(_run(hub, township, events[:count], f"{count}-{again}"))
        yield from _figures(count, runs)


def _figures(count: int, runs: Sequence[Run]) -> Iterator[Figure]:
    name = f"bulk.{count}"
    yield Figure(f"{name}.rate", median(count / run.took_s for run in runs), "events/s")
    yield Figure(f"{name}.parent", median(count / run.waited_s for run in runs), "events/s")
    yield Figure(f"{name}.floor", median(count / run.floor_s for run in runs), "events/s")
    yield Figure(
        f"{name}.ratio", median(run.floor_s / run.took_s for run in runs), "of the floor", at_least=0.6
    )
    yield Figure(f"{name}.wire", median(run.wire / count for run in runs), "bytes an event", at_most=260)


def _make_level(hub: Place, township: Place, before: Sequence[Event]) -> None:
    """Each has opened its epoch and knows the other; cases of all ages are under way."""
    server = Machine("hub", "county_hub", hub.folder)
    with stopped_at_the_end([server]), township.opened() as (node, room):
        server.start()
        node.open_epoch()
        lay_in(node, before)
        synced(node, room, server.url)


def _run(hub: Place, township: Place, events: Sequence[Event], name: str) -> Run:
    under, child = hub.copy(f"floor-{name}"), township.copy(f"township-{name}")
    parent = hub.copy(f"hub-{name}")
    server = Machine("hub", "county_hub", parent.folder)
    with stopped_at_the_end([server]), child.opened() as (node, room):
        lay_in(node, events)
        server.start()
        took_s, report, link = synced(node, room, server.url)
        _check(server, report.sent, len(events))
    wire = sum(len(message) for message in link.messages) + link.answered
    return Run(took_s, link.waited_s, _floor(under, link.messages, len(events)), wire)


def _check(server: Machine, sent: int, count: int) -> None:
    """Everything arrived, and is folded."""
    if (
        not count <= sent <= count + UNDER_WAY
    ):  # besides, the child itself writes arrivals of what was submitted
        raise RuntimeError(f"{sent} of {count} events were sent")
    status = server.ask("status")
    if status["waiting"] or status["pos"] < count or not status["cases"]:
        raise RuntimeError(f"the parent holds {status}")


def _floor(place: Place, messages: Sequence[bytes], count: int) -> float:
    """Seconds for the same messages."""
    server = Machine("floor", "scripts._bench.floor", place.folder)
    with stopped_at_the_end([server]):
        server.start()
        with closing(Counted(server.url)) as link:
            started = time.perf_counter()
            kept = [int(link.exchange(message)) for message in messages]
            took_s = time.perf_counter() - started
    if kept[-1] < count:
        raise RuntimeError(f"the floor kept {kept[-1]} of {count}")
    return took_s
