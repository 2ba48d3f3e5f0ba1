"""The county's machines: each with its disk, its wrong clock, its zone, and the node that runs on it.

The county is built and brought level once in a process, and its files are copied for each run.
"""

from __future__ import annotations

import atexit
import locale
import os
import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from common.node import Node
from common.offices import Level, level
from common.packs import Pack, Township, with_item_ids
from common.people import Here
from common.reference import Appointment, Reference
from common.store import Store, open_store
from sync.papers import Room
from sync.parent import Parent
from sync.upward import home_of
from tests.county import Clock as CountyClock
from tests.county import County, chance, shipped_pack
from tests.simulator.disk import STORE_KEY, Disk, make_folder
from tests.sync.linked import Linked

ZONES = ("Asia/Shanghai", "UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu")
LOCALES = ("C", "C.UTF-8", "zh_CN.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8")  # those that the system has are used
DAY_MS = 24 * 3_600_000
WRONG_BY_MS = (0, 0, 0, 0, 40_000, -3 * 3_600_000, -DAY_MS, 2 * DAY_MS, 25 * DAY_MS, -23 * 365 * DAY_MS)


@dataclass
class Time:
    """The county's true time, UTC ms.  Each look at any clock is a millisecond later."""

    now: int

    def clock(self, wrong_by_ms: int = 0) -> Clock:
        return Clock(self, wrong_by_ms)


@dataclass
class Clock:
    """One machine's clock, wrong by so much."""

    time: Time
    wrong_by_ms: int = 0

    def __call__(self) -> int:
        self.time.now += 1
        return self.time.now + self.wrong_by_ms


@dataclass
class Machine:
    """One machine.  ``node`` is None while it stands still.

    parents   the machines that it asks, in order
    busy      how many calls deep its program runs now
    acked     ids of events that it has acknowledged: its own acts to their authors, children's in signed answers
    final     case -> ids of acts that it has shown as final
    captured  hashes of the papers that were photographed here;  asked: of those that somebody here wants to see
    """

    name: str
    disk: Disk
    clock: Clock
    zone: str
    locale: str
    draw: random.Random
    parents: list[Machine] = field(default_factory=list)
    parent_kind: type[Parent] = Parent
    node: Node | None = None
    room: Room | None = None
    parent: Parent | None = None
    busy: int = 0
    acked: set[str] = field(default_factory=set)
    final: dict[str, set[str]] = field(default_factory=dict)
    captured: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    seen_pos: int = 0
    known: tuple[Reference, int, str] | None = None
    images: list[Path] = field(default_factory=list)
    _enrolled: bool = False

    @property
    def up(self) -> bool:
        return self.node is not None and not self.disk.stopped

    @property
    def url(self) -> str:
        return f"http://{self.name}"

    @property
    def here(self) -> Node:
        """Its node, which runs."""
        if self.node is None:
            raise ValueError(f"{self.name} stands still")
        return self.node

    @property
    def enrolled(self) -> bool:
        """It knows its own enrolment."""
        self._enrolled = self._enrolled or self.here.enrolled
        return self._enrolled

    @property
    def home(self) -> str:
        return home_of(self.here)

    @property
    def level(self) -> Level:
        return level(self.home)

    def start(self) -> None:
        """Switch it on: the node as the files say."""
        self.disk.close()
        store = self.disk.open()
        self.run(Node(store, self.clock, self.draw.randbytes))

    def run(self, node: Node) -> None:
        self.node, self._enrolled = node, False
        self._remember(node.store)
        self.room = Room(node.store, self.disk.papers, lambda path: 0 if self.disk.full else 10**12)
        self.room.take_stock()
        self.parent = self.parent_kind(node, self.room, self.draw.randbytes)

    def switch_off(self) -> None:
        self.disk.close()
        self.node = self.room = self.parent = None

    def put_back(self, image: Path) -> None:
        """Its disk is put back as it was; it has forgotten what it had seen since."""
        self.switch_off()
        self.disk.put_back(image)
        self.known, self.seen_pos, self.final = None, 0, {}
        self.start()

    def _remember(self, store: Store) -> None:
        """Reading the whole reference ledger again at each start would take most of a run's time."""
        if self.known is not None:
            reference, pos, id = self.known
            found = next(iter(store.ledger.log(pos)), None)
            if found is not None and found.id == id:
                self.here._references._now, self.here._references._pos = reference, pos

    def note_reference(self) -> None:
        """Keep the Reference as it is now for the next start."""
        references = self.here._references
        references.current()
        if references._pos and (self.known is None or references._pos != self.known[1]):
            at = next(iter(self.here.store.ledger.log(references._pos)))
            self.known = (references._now, references._pos, at.id)

    def officers(self) -> list[Appointment]:
        """The people who work here now, in the order of their appointments' ids."""
        return sorted(Here(self.here).here(), key=lambda officer: officer.id) if self.enrolled else []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Its program runs: in its own zone and locale."""
        self.busy += 1
        before = os.environ.get("TZ"), locale.setlocale(locale.LC_ALL)
        _go(self.zone, self.locale)
        try:
            yield
        finally:
            self.busy -= 1
            _go(*before)


def _go(zone: str | None, words: str) -> None:
    """The process is in this zone and locale from now on."""
    if zone != os.environ.get("TZ"):
        if zone is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = zone
        if hasattr(time, "tzset"):  # elsewhere the zone stays what it is
            time.tzset()
    if words != locale.setlocale(locale.LC_ALL):
        locale.setlocale(locale.LC_ALL, words)


@cache
def locales() -> tuple[str, ...]:
    """Those of LOCALES that the system has."""
    found, before = [], locale.setlocale(locale.LC_ALL)
    for each in LOCALES:
        with suppress(locale.Error):
            found.append(locale.setlocale(locale.LC_ALL, each))
    locale.setlocale(locale.LC_ALL, before)
    return tuple(found)


def settled(draw: random.Random) -> tuple[str, str]:
    """A zone and a locale for a machine.  What is drawn does not depend on what the system has."""
    zone, place = draw.choice(ZONES), draw.random()
    return zone, locales()[int(place * len(locales()))]


# ---------------------------------------------------------------- the county as each run finds it


@dataclass(frozen=True)
class Template:
    """Files of the county, level, and what its nodes know: name -> (Reference, pos, id of the event there)."""

    folder: Path
    now: int
    root: str
    places: Sequence[Township]
    stores: Mapping[str, Path]
    known: Mapping[str, tuple[Reference, int, str]]


PARENTS = {
    "hub": (),
    "township": ("hub",),
    "township-2": ("hub",),
    "other-township": ("hub",),
    "village-1": ("township",),
    "village-2": ("township", "hub"),
    "village-3": ("township-2", "township"),
    "other-village": ("other-township",),
}


ITEMS = frozenset("MZ-001 MZ-003 MZ-005 MZ-008 CL-001 RS-003 CW-001 NY-006 GA-004 WJ-004 YB-004".split())
"""Items of each authority, with pauses and calendar days: reading all of a catalogue takes longer than a run."""


@cache
def template() -> Template:
    folder = make_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pack, clock = shipped_pack(), CountyClock()
    store = open_store(folder / "hub.db", STORE_KEY)
    hub, root = Node.create_hub(
        store, clock, chance("hub"), county=pack.county, name=pack.county_name, practice=True
    )
    places = first, second = pack.demo_townships((4, 1))
    _publish(hub, pack, places)
    county = County(folder, clock, root, hub, *[hub] * 5)
    nodes = {"hub": hub}
    for name, office, parent in (
        ("township", first.code, "hub"),
        ("township-2", first.code, "hub"),
        ("other-township", second.code, "hub"),
        ("village-1", first.villages[0][0], "township"),
        ("village-2", first.villages[1][0], "township"),
        ("village-3", first.villages[2][0], "township"),
        ("other-village", second.villages[0][0], "other-township"),
    ):
        nodes[name] = county.enrol(name, office, nodes[parent])
    linked = Linked(county)
    _level(linked, nodes)
    _appoint(county, nodes)
    for _ in range(3):
        _level(linked, nodes)
    known = {}
    for name, node in nodes.items():
        node._references.current()
        at = next(iter(node.store.ledger.log(node._references._pos)))
        known[name] = (node._references._now, node._references._pos, at.id)
        node.store.close()
    stores = {name: node.store.path for name, node in nodes.items()}
    return Template(folder, clock.now, root.kid, places, stores, known)


def _publish(hub: Node, pack: Pack, places: Sequence[Township]) -> None:
    """Of the pack what a run needs."""
    codes = {pack.county, *(place.code for place in places)}
    ids: dict[str, str] = {}
    for kind, body in pack.reference_events(pack.county):
        if kind == "item.published" and body["code"] in ITEMS:
            ids[body["code"]] = hub.publish(kind, body).id
        elif kind == "catalogue.published":
            listed = {"items": [code for code in body["items"] if code in ITEMS]}
            hub.publish(kind, with_item_ids({**body, **listed}, ids))
        elif kind != "item.published" and body.get("code", pack.county) in codes:
            hub.publish(kind, body)


def _level(linked: Linked, nodes: Mapping[str, Node]) -> None:
    for name, parents in PARENTS.items():
        for parent in parents:
            assert linked.sync(nodes[name], nodes[parent]).result == "level"


def _appoint(county: County, nodes: Mapping[str, Node]) -> None:
    """People enough for rivals: at the centre, in departments, in both townships, a post; the villages' agents."""
    hub, township = nodes["hub"], nodes["township"].office
    centre, other = hub.office, nodes["other-township"].office
    for name, office, role in (
        ("何开明", centre, "operator"),
        ("罗小兰", centre, "window"),
        ("何科", centre, "supervisor"),
        ("窗口甲", f"{centre}/MZ", "window"),
        *((f"首席{unit}", f"{centre}/{unit}", "chief") for unit in ("MZ", "CL", "GA", "WJ", "YB", "NY")),
        ("王丽", township, "clerk"),
        ("周大勇", township, "lead"),
        ("邓敏", other, "clerk"),
        ("刘书记", other, "lead"),
    ):
        county.appoint(hub, name, office, role)
    county.appoint(nodes["township"], "民政办张", f"{township}/MZ", "clerk")
    for name, node in nodes.items():
        if node.level is Level.VILLAGE:
            county.appoint(
                nodes[PARENTS[name][-1] if name == "other-village" else "township"],
                f"代办{name}",
                node.office,
                "agent",
            )


def machines(seed: int, folder: Path, kinds: Mapping[str, Any]) -> dict[str, Machine]:
    """The county's machines for one run, by name, all on.

    Args:
        kinds: name -> the kind of Parent that it answers with, where that is not the real one.
    """
    base, draw = template(), random.Random(f"machines {seed}")
    shared = Time(base.now + draw.randrange(0, 200) * DAY_MS // 10)
    found: dict[str, Machine] = {}
    for name, parents in PARENTS.items():
        disk = Disk(name, folder / name, random.Random(f"disk {seed} {name}"))
        shutil.copyfile(base.stores[name], disk.path)
        wrong = 0 if name == "hub" else draw.choice(WRONG_BY_MS)
        own = random.Random(f"{seed} {name}")
        machine = Machine(name, disk, shared.clock(wrong), *settled(draw), own)
        machine.parent_kind = kinds.get(name, Parent)
        machine.known = base.known[name]
        machine.parents = [found[parent] for parent in parents]
        machine.start()
        machine.seen_pos = machine.here.store.ledger.pos()
        found[name] = machine
    return found


__all__ = ["DAY_MS", "WRONG_BY_MS", "Machine", "Time", "machines", "settled", "template"]
