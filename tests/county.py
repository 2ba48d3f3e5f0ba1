"""A real little county in one process: hub, two townships, three villages, officers, the shipped packs, no network.

    county = build_county(tmp_path)
    case = county.register(county.village)          # 高龄津贴: village registers, township accepts, county decides
    county.carry_up(county.village, county.township)
    county.carry(county.township, county.hub)       # up and down, as an exchange does

Lines are carried by hand: what a child's heads lack in its parent, and what the parent's feed has for the child.
"""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from common.case.commands import RegisterCase
from common.case.decide import Author
from common.catalogue.samples import fill_form
from common.clock import BEIJING
from common.events import Event
from common.keys import SigningKey
from common.node import Node, Taken
from common.offices import Level, township_of, within
from common.packs import Pack, load_pack, with_item_ids
from common.store import Store, open_store

START = datetime(2026, 3, 4, 9, 0, tzinfo=BEIJING)
STORE_KEY = bytes(range(32))
ITEM = "MZ-005"  # 高龄津贴

Say = Callable[[str], None]


@cache
def shipped_pack() -> Pack:
    return load_pack()


@dataclass
class Clock:
    """A clock that stands until it is set; UTC ms.  Each look is a millisecond later."""

    now: int = int(START.timestamp() * 1000)

    def __call__(self) -> int:
        self.now += 1
        return self.now

    def set(self, when: datetime) -> None:
        self.now = int(when.timestamp() * 1000)

    def forward(self, *, days: float = 0, hours: float = 0) -> None:
        self.now += int((days * 24 + hours) * 3_600_000)


@dataclass
class County:
    """The nodes and their people; see the module.  ``clock`` is shared unless a node is given its own."""

    folder: Path
    clock: Clock
    root: SigningKey
    hub: Node
    township: Node
    other_township: Node
    village: Node
    village_2: Node
    other_village: Node
    officers: dict[str, str] = field(default_factory=dict)  # "<office> <role>" -> appointment
    cursors: dict[tuple[str, str, str], int] = field(default_factory=dict)
    seed: int = 1

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (
            self.hub,
            self.township,
            self.other_township,
            self.village,
            self.village_2,
            self.other_village,
        )

    @property
    def county(self) -> str:
        return self.hub.office

    # -- people

    def author(self, office: str, role: str, at: str | None = None) -> Author:
        """The officer appointed at ``office`` with this role, acting for it or for ``at``."""
        return Author(self.officers[f"{office} {role}"], at or office)

    def agent(self, node: Node) -> Author:
        return self.author(node.office, "agent")

    def clerk(self, node: Node) -> Author:
        return self.author(node.office, "clerk")

    # -- cases

    def application(
        self, node: Node, item: str = ITEM, *, channel: str = "village_agent", **more: Any
    ) -> RegisterCase:
        """A made-up application with every paper's original seen, as ``node`` would register it."""
        self.seed += 1
        reference = node.reference
        edition = reference.edition_in_force(item)
        assert edition is not None
        village = node.office if node.level is Level.VILLAGE else self.village.office
        draw = random.Random(self.seed)
        form = fill_form(edition.item, draw.randrange, today=node.today(), village=village)
        papers = tuple(paper(m.id, m.name, draw) for m in edition.item.materials)
        fields: dict[str, Any] = {
            "salt": draw.randbytes(12).hex(),
            "number": "",
            "item": item,
            "edition": edition.id,
            "channel": channel,
            "village": village,
            "applicant": {
                "kind": "person",
                "name": draw.choice(("王秀英", "李国强", "欧阳建平", "赵桂芳")),
                "id_number": form.get("id_number", "511322194403071226"),
                "phone": f"139{draw.randrange(10**8):08}",
            },
            "form": form,
            "query_code": "",
            "papers": papers,
        }
        return RegisterCase(**{**fields, **more})

    def register(self, node: Node, item: str = ITEM, *, author: Author | None = None, **more: Any) -> Event:
        """Register an application at a village (by its agent); the registering event."""
        return node.act(self.application(node, item, **more), author or self.agent(node))[0]

    # -- carrying by hand

    def carry_up(self, child: Node, parent: Node) -> Taken:
        """All that the parent's heads lack of the child's origins and of those below it."""
        return parent.take([line for _, line in self.lines_up(child, parent)], child.id, upward=True)

    def lines_up(self, child: Node, parent: Node) -> Iterator[tuple[str, bytes]]:
        """(id, line) of what ``carry_up`` carries."""
        theirs = parent.store.ledger.heads()
        nodes = child.reference.nodes
        for origin in sorted(child.store.ledger.heads()):
            if within(nodes[origin.partition("/")[0]].office, child.office):
                seq, id = theirs.get(origin, (0, ""))
                after = seq if not seq or child.store.ledger.at(origin, seq) == id else 0
                for one in child.store.ledger.after(origin, after, 1 << 40):
                    yield one.id, one.line

    def carry_down(self, parent: Node, child: Node) -> Taken:
        """The reference ledger, the child's feed, receipts and the checkpoint; heads are shown both ways."""
        reference = parent.reference_origin or ""
        held, _ = child.store.ledger.head(reference) or (0, "")
        lines = [one.line for one in parent.store.ledger.after(reference, held, 1 << 40)]
        home = child.store.local.setting("test.office")
        cursor = (parent.id, child.id, home)
        for entry in parent.store.feeds.page(home, self.cursors.get(cursor, 0), 1 << 40, 1 << 20):
            self.cursors[cursor] = entry.number
            if entry.line is not None:
                lines.append(entry.line)
        taken = child.take(lines, parent.id, upward=False)
        offices = {n.office for n in parent.reference.nodes.values() if within(n.office, home)}
        for office in sorted(offices | {township_of(home) or home}):
            line = parent.receipt(office) if parent.is_hub else parent.receipt_line(office)
            if line:
                child.take_receipt(line)
        if note := parent.checkpoint():
            child.remember_checkpoint(note)
        self._show_heads(parent, child)
        return taken

    def _show_heads(self, parent: Node, child: Node) -> None:
        mine = set(child.store.ledger.heads())
        child.heads_shown(parent.id, {o: h for o, h in parent.store.ledger.heads().items() if o in mine})
        parent.heads_shown(child.id, child.store.ledger.heads())

    def carry(self, child: Node, parent: Node) -> None:
        """Up, then down: what one exchange does."""
        self.carry_up(child, parent)
        self.carry_down(parent, child)

    def level(self) -> None:
        """Carry everywhere until nothing moves."""
        links = (
            (self.village, self.township),
            (self.village_2, self.township),
            (self.other_village, self.other_township),
            (self.township, self.hub),
            (self.other_township, self.hub),
        )
        before = None
        while before != (before := [node.store.ledger.pos() for node in self.nodes]):
            for child, parent in links:
                self.carry(child, parent)

    # -- new nodes

    def store(self, name: str) -> Store:
        return open_store(self.folder / f"{name}.db", STORE_KEY)

    def reopened(self, node: Node) -> Node:
        """Another Node over the same file, as another process would have it."""
        return Node(open_store(node.store.path, STORE_KEY), node.now, chance(node.id))

    def enrol(self, name: str, office: str, parent: Node) -> Node:
        """A new node for an office: created, enrolled by the hub, its chain and its feed taken from the parent."""
        node = Node.create(self.store(name), self.clock, chance(name), root=self.root.kid)
        node.store.local.set_setting("test.office", office)
        words = self.hub.reference.office_name(office)
        keys = {"sign": node.signing_key.public_jwk(), "seal": node.seal_key.public_jwk()}
        self.hub.publish("node.enrolled", {"node": node.id, "office": office, "name": words, **keys})
        if parent is not self.hub:
            self.carry_down(self.hub, parent)
        self.carry_down(parent, node)
        return node

    def appoint(self, node: Node, name: str, office: str, role: str) -> str:
        event = node.appoint(name, office, role)
        self.officers[f"{office} {role}"] = event.id
        return event.id


def paper(material: str, name: str, draw: random.Random) -> dict[str, Any]:
    """A paper of one page that was never captured, its original seen."""
    page = {
        "hash": draw.randbytes(32).hex(),
        "size": 80_000 + draw.randrange(100_000),
        "key": draw.randbytes(32).hex(),
    }
    return {"material": material, "name": name, "form": "copy", "original_seen": True, "pages": [page]}


def chance(seed: str) -> Callable[[int], bytes]:
    """Random bytes that are the same at every run."""
    return random.Random(seed).randbytes


def publish_pack(hub: Node, pack: Pack) -> None:
    """The pack's reference data, as a new hub publishes it."""
    *bodies, (last, catalogue) = pack.reference_events(pack.county)
    with hub.store.write():
        events = hub.publish_many(bodies)
        ids = {event.body["code"]: event.id for event in events if event.type == "item.published"}
        hub.publish(last, with_item_ids(catalogue, ids))


def build_county(folder: Path, *, practice: bool = True) -> County:
    """Hub, township with two villages, a second township with one; all enrolled, level, and with their people.

    The hub appoints its own people and the townships' clerks; a township appoints its villages' agents itself.
    Built once in a process and copied, so that each test has its own files.
    """
    template, county = _template(practice)
    shutil.copytree(template, folder, dirs_exist_ok=True)
    clock = Clock(county.clock.now)
    nodes = [
        Node(open_store(folder / n.store.path.name, STORE_KEY), clock, chance(n.id)) for n in county.nodes
    ]
    return County(folder, clock, county.root, *nodes, dict(county.officers), dict(county.cursors))


@cache
def _template(practice: bool) -> tuple[Path, County]:
    folder = Path(tempfile.mkdtemp(prefix="county-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    county = _build(folder, practice)
    for node in county.nodes:
        node.store.close()
    return folder, county


def _build(folder: Path, practice: bool) -> County:
    pack, clock = shipped_pack(), Clock()
    store = open_store(folder / "hub.db", STORE_KEY)
    hub, root = Node.create_hub(
        store, clock, chance("hub"), county=pack.county, name=pack.county_name, practice=practice
    )
    publish_pack(hub, pack)
    county = County(folder, clock, root, hub, *[hub] * 5)
    first, second = pack.demo_townships()
    county.township = county.enrol("township", first.code, hub)
    county.other_township = county.enrol("other-township", second.code, hub)
    county.village = county.enrol("village-1", first.villages[0][0], county.township)
    county.village_2 = county.enrol("village-2", first.villages[1][0], county.township)
    county.other_village = county.enrol("other-village", second.villages[0][0], county.other_township)
    for office, role, name in (
        (pack.county, "operator", "何开明"),
        (pack.county, "window", "罗小兰"),
        (f"{pack.county}/MZ", "chief", "唐建国"),
        (first.code, "clerk", "王丽"),
        (first.code, "lead", "周大勇"),
        (second.code, "clerk", "邓敏"),
    ):
        county.appoint(hub, name, office, role)
    county.level()
    for township, villages in (
        (county.township, (county.village, county.village_2)),
        (county.other_township, (county.other_village,)),
    ):
        for village, name in zip(villages, ("陈会计", "蒲村长"), strict=False):
            county.appoint(township, name, village.office, "agent")
    county.level()
    return county
