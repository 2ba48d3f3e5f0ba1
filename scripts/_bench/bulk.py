"""(a) Many events from a township's disk to the county's ledger and views, beside two floors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from _demo.machines import Machine, stopped_at_the_end

from _bench.figures import Figure, resident_mb
from _bench.places import UNDER_WAY, Place, a_county, lay_in, upward
from _bench.sizes import Say, Sizes
from _bench.ways import Counted, Synced, synced
from common.events import Event

FOLDED, UNFOLDED, BARE = "county_hub", "scripts._bench.unfolded", "scripts._bench.bare"  # programs


@dataclass(frozen=True)
class Run:
    """Seconds and bytes of one bulk, and of the floors.

    Args:
        up_s: from the child's disk until all was in the parent's ledger and views, and acknowledged.
        level_s: until the parent's confirmations of it were in the child's views too.
        unfolded_s: from the same disk until all was in the ledger of a parent that folds nothing, and acknowledged.
        replayed_s, bare_s: of the messages up to ``up_s``, sent again, at that parent and at one that keeps lines.
        wire: bytes of all messages, both ways.  memory: MB that the parent has in use afterwards.
    """

    up_s: float
    level_s: float
    unfolded_s: float
    replayed_s: float
    bare_s: float
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

    def rate(kind: str, seconds: Callable[[Run], float]) -> Figure:
        return Figure(f"{name}.{kind}", median(count / seconds(run) for run in runs), "events/s")

    def ratio(kind: str, seconds: Callable[[Run], float], at_least: float | None = None) -> Figure:
        found = median(seconds(run) / run.up_s for run in runs)
        return Figure(f"{name}.ratio{kind}", found, f"of {kind[1:] or 'unfolded'}", at_least=at_least)

    yield rate("rate", lambda run: run.up_s)
    yield rate("level", lambda run: run.level_s)
    yield rate("unfolded", lambda run: run.unfolded_s)
    yield rate("replayed", lambda run: run.replayed_s)
    yield rate("bare", lambda run: run.bare_s)
    yield ratio("", lambda run: run.unfolded_s, at_least=0.6)
    yield ratio("_replayed", lambda run: run.replayed_s)
    yield ratio("_bare", lambda run: run.bare_s)
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
    laid = township.copy(f"township-{name}")
    with laid.opened() as (node, _):
        lay_in(node, events)
    done, memory = _brought(hub, laid, url, FOLDED, len(events))
    floor, _ = _brought(hub, laid, url, UNFOLDED, len(events))
    pushed = done.link.messages[: done.pushed]
    return Run(
        up_s=done.up_s,
        level_s=done.took_s,
        unfolded_s=floor.up_s,
        replayed_s=_replayed(hub, f"replayed-{name}", UNFOLDED, pushed),
        bare_s=_replayed(hub, f"bare-{name}", BARE, pushed),
        wire=sum(len(message) for message in done.link.messages) + done.link.answered,
        memory=memory,
    )


def _brought(hub: Place, laid: Place, url: str, program: str, count: int) -> tuple[Synced, float | None]:
    """One sync of what lies on the township's disk, with this program at the hub; MB in use there afterwards."""
    child, parent = laid.copy(f"{laid.folder.name}-{program}"), hub.copy(f"hub-{laid.folder.name}-{program}")
    server = Machine("hub", program, parent.folder, url=url)
    with stopped_at_the_end([server]), child.opened() as (node, room):
        server.start()
        done = synced(node, room, server.url)
        if program == FOLDED:
            _check(server, done.report.sent, count)
        return done, resident_mb(server)


def _check(server: Machine, sent: int, count: int) -> None:
    """Everything arrived, and is folded."""
    if (
        not count <= sent <= count + UNDER_WAY
    ):  # besides, the child itself writes arrivals of what was submitted
        raise RuntimeError(f"{sent} of {count} events were sent")
    status = server.ask("status")
    if status["waiting"] or status["pos"] < count or not status["cases"]:
        raise RuntimeError(f"the parent holds {status}")


def _replayed(hub: Place, name: str, program: str, messages: Sequence[bytes]) -> float:
    """Seconds for the same messages."""
    server = Machine(name, program, hub.copy(name).folder)
    with stopped_at_the_end([server]):
        server.start()
        with closing(Counted(server.url)) as link:
            started = time.perf_counter()
            for message in messages:
                link.exchange(message)
            return time.perf_counter() - started
