"""(e) Registering a case where many are, and (f) the memory of a node that serves them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles

from _demo.machines import Machine, stopped_at_the_end

from _bench.figures import Figure, resident_mb
from _bench.places import Place, a_county, take_cases
from _bench.sizes import Say, Sizes
from common.case.commands import RegisterCase
from common.case.decide import Author
from common.node import Node
from tests.realistic import County

PAGES = ("/worklists/todo", "/worklists/all", "/items", "/search?q=王")
TAKEN = ("item", "edition", "village", "applicant", "form", "papers")


def measure(folder: Path, sizes: Sizes, say: Say) -> Iterator[Figure]:
    county = a_county()
    township = Place.found(folder / "township", county.townships[0], county)
    say(f"full: a township with {sizes.cases:,} cases")
    with township.opened() as (node, _):
        take_cases(node, county, sizes.cases, say)
        took_ms = list(_registered(node, county, sizes.registrations))
    yield Figure("register.p50", median(took_ms), "ms")
    yield Figure("register.p99", quantiles(took_ms, n=100)[98], "ms", at_most=50)
    say("full: serving")
    yield Figure("memory.serving", _memory(township), "MB", at_most=120)


def _registered(node: Node, county: County, count: int) -> Iterator[float]:
    """Milliseconds of each registration: decided, signed, durable, in the views."""
    clerk = Author(county.townships[0].actor or "", node.office)
    for _ in range(count):
        command = _application(county)
        started = time.perf_counter()
        node.act(command, clerk)
        yield (time.perf_counter() - started) * 1000


def _application(county: County) -> RegisterCase:
    """What somebody applies for at the township's counter."""
    random: Random = county.random
    said = county.registration(random.choice(county.villages), random.choice(county.items))
    fields = {name: said[name] for name in TAKEN}
    fields["papers"] = tuple({**paper, "original_seen": True} for paper in said["papers"])
    return RegisterCase(salt="", number="", query_code="", channel="township_window", **fields)


def _memory(township: Place) -> float | None:
    """MB in use after some pages were asked for; None where the system does not say."""
    author = township.author
    server = Machine("township", "township_node", township.folder, officers={"clerk": author.actor or ""})
    with stopped_at_the_end([server]):
        server.start()
        for _ in range(3):
            server.page("clerk", *PAGES)
        return resident_mb(server)
