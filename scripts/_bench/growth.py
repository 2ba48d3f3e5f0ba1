"""(d) The cost of an event as the county's ledger grows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from _demo.machines import Machine, stopped_at_the_end

from _bench.figures import Figure
from _bench.places import Place, a_county, lay_in, upward
from _bench.sizes import Say, Sizes
from _bench.ways import synced

MARKS = 5


def measure(folder: Path, sizes: Sizes, say: Say) -> Iterator[Figure]:
    county = a_county()
    hub = Place.found(folder / "hub", county.hub, county)
    township = Place.found(folder / "township", county.townships[0], county)
    stream, (first, last) = upward(county), sizes.growth
    server = Machine("hub", "county_hub", hub.folder)
    costs: list[tuple[int, float]] = []
    with stopped_at_the_end([server]), township.opened() as (node, room):
        server.start()
        node.open_epoch()
        synced(node, room, server.url)
        for size in range(0, last, sizes.round):
            lay_in(node, list(islice(stream, sizes.round)))
            done = synced(node, room, server.url)
            if size >= first:
                costs.append((size, done.took_s / done.report.sent * 1e6))
            if size % (20 * sizes.round) == 0:
                say(f"growth: {size:,} of {last:,} events")
    yield from _figures(costs, sizes)


def _figures(costs: list[tuple[int, float]], sizes: Sizes) -> Iterator[Figure]:
    """The middle cost around some sizes on the way, and how much more the last cost than the first."""
    width = min(sizes.compared, len(costs))
    starts = sorted({round(i * (len(costs) - width) / (MARKS - 1)) for i in range(MARKS)})
    middles = [median(cost for _, cost in costs[start : start + width]) for start in starts]
    for start, middle in zip(starts, middles, strict=True):
        yield Figure(f"growth.at_{costs[start][0]}", middle, "microseconds an event")
    yield Figure("growth.more", (middles[-1] / middles[0] - 1) * 100, "per cent", at_most=15)
