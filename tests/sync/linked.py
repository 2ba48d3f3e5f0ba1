"""The county of ``tests.county`` over links: in memory, with faults on demand, or real HTTP on the loopback.

A county is built and brought level once, and copied for each test.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from select import select
from tempfile import mkdtemp

from flask import Flask

from common.errors import AppError, PeerUnreachable
from common.node import Node
from common.papers import write_paper
from common.store import open_store
from common.store.local import PaperFile
from common.vault import paper_hash
from sync.blueprint import blueprint
from sync.child import Progress, SyncReport, sync_once
from sync.enrol import write_lines
from sync.enrolling import answer_enrolment
from sync.http import DOWN, UP, HttpLink, Reply
from sync.papers import Room, tus_headers
from sync.parent import Parent
from sync.upward import own_chain
from tests.county import STORE_KEY, Clock, County, build_county, chance
from tests.serving import serving

NAMES = ("hub", "township", "other_township", "village", "village_2", "other_village")
PLENTY = 10**12


@cache
def _template() -> tuple[County, Path]:
    folder = Path(mkdtemp(prefix="county-"))
    county = build_county(folder)
    Linked(county).level()
    for node in county.nodes:
        node.store.close()
    return county, folder


def fresh_county(folder: Path) -> County:
    """A county of its own, level, as ``build_county`` makes it."""
    template, source = _template()
    shutil.copytree(source, folder, dirs_exist_ok=True)
    nodes, clock = {}, Clock(template.clock.now)
    for name in NAMES:
        node: Node = getattr(template, name)
        store = open_store(folder / node.store.path.name, STORE_KEY)
        nodes[name] = Node(store, clock, chance(f"{name} again"))
        known = node._references  # reading the whole pack again for each test would take most of its time
        nodes[name]._references._now, nodes[name]._references._pos = known._now, known._pos
    officers, cursors = dict(template.officers), dict(template.cursors)
    return replace(template, folder=folder, clock=clock, officers=officers, cursors=cursors, **nodes)


class Linked:
    """A county whose nodes can sync."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.free = PLENTY
        self.rooms: dict[str, Room] = {}
        for node in self.county.nodes:
            self.room(node)
        self._parents: dict[str, Parent] = {}

    def room(self, node: Node) -> Room:
        """The node's papers; on a disk with ``free`` bytes left."""
        if node.id not in self.rooms:
            folder = self.county.folder / f"papers-{node.id}"
            self.rooms[node.id] = Room(node.store, folder, lambda path: self.free)
        return self.rooms[node.id]

    def parent(self, node: Node) -> Parent:
        """What answers for a node."""
        if node.id not in self._parents:
            self._parents[node.id] = Parent(node, self.room(node), secrets.token_bytes)
        return self._parents[node.id]

    def link(self, parent: Node, *faults: str | Callable[[bytes], bytes]) -> MemoryLink:
        return MemoryLink(self.parent(parent), *faults)

    def sync(
        self, child: Node, *parents: Node | MemoryLink, progress: Callable[[Progress], None] | None = None
    ) -> SyncReport:
        links = [self.link(one) if isinstance(one, Node) else one for one in parents]
        return sync_once(child, links, self.room(child), progress=progress)

    def level(self) -> None:
        """Sync everywhere until nothing moves."""
        c, before = self.county, None
        while before != (before := [node.store.ledger.pos() for node in c.nodes]):
            for child, parent in (
                (c.village, c.township),
                (c.village_2, c.township),
                (c.other_village, c.other_township),
                (c.township, c.hub),
                (c.other_township, c.hub),
            ):
                assert self.sync(child, parent).result == "level"

    def paper(self, node: Node, size: int = 3_000) -> dict[str, object]:
        """A paper captured at a node: its ciphertext is there."""
        content = secrets.token_bytes(size)
        hash = paper_hash(content)
        write_paper(self.rooms[node.id].path(hash).parent.parent, hash, content)
        node.store.local.save_paper(PaperFile(hash, size, have=size))
        page = {"hash": hash, "size": size, "key": secrets.token_urlsafe(32)}
        return {"material": "id", "name": "身份证", "form": "copy", "original_seen": True, "pages": [page]}


class MemoryLink:
    """A link without a wire.  ``faults``: one for each message, in order, then none.

    ``lost``: the message never arrives; ``silent``: it goes, and nothing is ever heard; ``cut``: it arrives, the answer
    does not; any function: what it makes of the answer arrives; ``old``: the answer before this one arrives.
    """

    def __init__(self, parent: Parent, *faults: str | Callable[[bytes], bytes]) -> None:
        self.parent = parent
        self.url = f"http://{parent.node.id}"
        self.faults = list(faults)
        self.messages: list[bytes] = []
        self.answers: list[bytes] = []
        self.piece_faults: list[str] = []
        self.pieces = 0

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        fault = self.faults.pop(0) if self.faults else ""
        self.messages.append(message)
        if fault == "lost":
            raise PeerUnreachable("sync.cut")
        if fault == "silent":
            raise PeerUnreachable("sync.silent")
        self.answers.append(self.parent.exchange(message))
        if meanwhile:
            meanwhile()
        if fault == "cut":
            raise PeerUnreachable("sync.cut")
        if fault == "old":
            return self.answers[-2]
        return fault(self.answers[-1]) if callable(fault) else self.answers[-1]

    def node(self) -> bytes:
        chain = own_chain(self.parent.node)
        if chain is None:
            raise PeerUnreachable("sync.bad_answer")
        return write_lines(chain.lines)

    def enrol(self, request: bytes) -> bytes:
        return answer_enrolment(self.parent.node, request)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The addresses of papers, as the blueprint has them."""
        self.pieces += 1
        fault = self.piece_faults.pop(0) if self.piece_faults else ""
        if fault == "lost":
            raise PeerUnreachable("sync.cut")
        reply = self._papers(method, path, body or b"", headers or {})
        if fault == "cut":
            raise PeerUnreachable("sync.cut")
        return reply

    def _papers(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        desk = self.parent.desk
        try:
            if path.startswith(DOWN):
                return Reply(206, {}, desk.give(path.removeprefix(DOWN), headers.get("Range"))[2])
            capability = path.removeprefix(UP)
            if method == "HEAD":
                said = tus_headers(*desk.upload(capability))
                return Reply(200, {k.lower(): v for k, v in said.items()}, b"")
            offset = desk.take(capability, int(headers["Upload-Offset"]), body)
            return Reply(204, {k.lower(): v for k, v in tus_headers(offset).items()}, b"")
        except AppError as exc:
            return Reply(exc.http_status, {}, exc.code.encode())


# ---------------------------------------------------------------- real HTTP


@contextmanager
def served(parent: Parent, enrol: Callable[[bytes], bytes] | None = None) -> Iterator[str]:
    """The parent's routes on a real server; its base address."""
    app = Flask("parent")
    app.register_blueprint(blueprint(parent, enrol or (lambda data: answer_enrolment(parent.node, data))))
    with serving(app) as url:
        yield url


class Proxy:
    """A wire on the loopback that counts bytes, and can be cut after so many of them in both directions."""

    def __init__(self, target: str) -> None:
        self._target = ("127.0.0.1", int(target.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.up = self.down = self.connections = 0
        self.cut_after: int | None = None
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def reset(self) -> None:
        self.up = self.down = 0

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far:
            open_ = True
            while open_:
                for source in select([near, far], [], [], 10)[0]:
                    open_ = open_ and self._pass(source, far if source is near else near, up=source is near)

    def _pass(self, source: socket.socket, sink: socket.socket, *, up: bool) -> bool:
        try:
            piece = source.recv(4096)
            self.up, self.down = self.up + len(piece) * up, self.down + len(piece) * (not up)
            if not piece or (self.cut_after is not None and self.up + self.down > self.cut_after):
                return False
            sink.sendall(piece)
        except OSError:
            return False
        return True


def http_link(url: str, **more: float) -> HttpLink:
    return HttpLink(url, monotonic=time.monotonic, **more)  # type: ignore[arg-type]
