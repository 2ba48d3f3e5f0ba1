"""Opening a node's data folder and serving its pages: what both programs do in the same way."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.accounts import Accounts
from common.cli import data_folder, end_on_sigterm, key_beside_data, key_file
from common.clock import BEIJING
from common.errors import CommandRefused, Misuse
from common.node import Clock, Node
from common.people import Here
from common.store import Store, open_store
from common.store.lock import hold
from common.vault import make_key_file, read_key_file

GARBAGE_AFTER = 20_000  # new objects; a page of events makes hundreds of thousands that are no garbage yet
WSGI = Callable[..., Iterable[bytes]]  # an application, whatever it was made with
HUB_PROGRAM = "county-hub"  # the county's data are for it alone, all others for ``township-node``
STORE, LOCK, PAPERS = "node.db", "serving.lock", "papers"
THREADS = 6  # each keeps a connection, and what a page took: some 6 MB
MAX_PORT = 65_535
MAX_BODY_BYTES = 24 * 1024 * 1024
IDLE_CONNECTION_S = 120
_WEB_SECRET = "web"  # noqa: S105  the name of a secret, not one


@dataclass(frozen=True)
class Program:
    """A node that is open: its folder, its accounts, and whether its key lies beside the data."""

    node: Node
    accounts: Accounts
    folder: Path
    key_beside_data: bool

    @property
    def papers(self) -> Path:
        """Where the papers' files lie."""
        return self.folder / PAPERS

    def web_secret(self) -> bytes:
        """What signs the short words that a page carries over a redirect; drawn once, the same in all processes."""
        local = self.node.store.local
        with self.node.store.write():
            if local.secret(_WEB_SECRET) is None:
                local.set_secret(_WEB_SECRET, secrets.token_bytes(32))
        return local.secret(_WEB_SECRET) or b""


# -- the clock


def system_clock() -> int:
    return time.time_ns() // 1_000_000


def practice_clock() -> Clock:
    """The clock of this process: the system's, or moved so that it starts at ``BIANMIN_NOW`` (ISO 8601)."""
    text = os.environ.get("BIANMIN_NOW")
    if not text:
        return system_clock
    try:
        start = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Misuse("clock.bad_now", text=text) from exc
    if start.tzinfo is None:
        start = start.replace(tzinfo=BEIJING)
    begun, first = time.monotonic_ns(), int(start.timestamp() * 1000)
    return lambda: first + (time.monotonic_ns() - begun) // 1_000_000


def refuse_moved_clock(practice: bool) -> None:
    """Only a practice county may run on a moved clock.  Misuse ``clock.moved_in_a_real_county``."""
    if os.environ.get("BIANMIN_NOW") and not practice:
        raise Misuse("clock.moved_in_a_real_county")


# -- the data folder


@contextmanager
def new_store(args: argparse.Namespace) -> Iterator[Store]:
    """A store in a folder that has none, its key made beside it unless there is one.  Never overwrites.

    If what is done inside fails, what was made here is taken away again, so that it can be tried anew.
    """
    folder, key_path = data_folder(args), key_file(args)
    path = folder / STORE
    if path.exists():
        raise Misuse("data.exists", path=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Misuse("data.unwritable", path=str(folder), reason=exc.strerror) from exc
    made = [] if key_path.exists() else [key_path]
    key = make_key_file(key_path, secrets.token_bytes) if made else read_key_file(key_path)
    store = open_store(path, key)
    try:
        yield store
    except BaseException:
        store.close()
        for file in (*made, path, *folder.glob(f"{STORE}-*")):
            file.unlink(missing_ok=True)
        raise
    store.close()


def existing_store(args: argparse.Namespace) -> Store:
    """The store of a folder that was initialised before.  Misuse ``data.none``."""
    path = data_folder(args) / STORE
    if not path.exists():
        raise Misuse("data.none", path=str(path.parent))
    return open_store(path, read_key_file(key_file(args)), create=False)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Program]:
    """The program over its data folder, closed at the end.  Misuse ``data.other_program``: the other one's data."""
    store = existing_store(args)
    try:
        node = Node(store, practice_clock(), secrets.token_bytes)
        if node.enrolled:
            if node.is_hub != (args.program == HUB_PROGRAM):
                raise Misuse("data.other_program", path=str(data_folder(args)), name=node.name)
            refuse_moved_clock(node.practice)
        yield program_of(node, args)
    finally:
        store.close()


def program_of(node: Node, args: argparse.Namespace) -> Program:
    accounts = Accounts(node.store.local, Here(node), node.now, secrets.token_bytes)
    return Program(node, accounts, data_folder(args), key_beside_data(args))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for ``serve`` or ``rebuild``: one of them at a time.  CommandRefused ``serve.running``."""
    with hold(folder / LOCK) as free:
        if not free:
            raise CommandRefused("serve.running", path=str(folder))
        yield


# -- serving


def serve(app: WSGI, host: str, port: int, *, proxy: str | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; prints ``listening http://HOST:PORT`` when it is ready.  Gives the exit code.

    Args:
        port: 0 takes a free one.
        proxy: address of the reverse proxy whose word on the client's address and on https is believed.
    Errors:
        Misuse ``serve.port``.
    """
    import waitress  # type: ignore[import-untyped]  # the other commands start sooner without it

    end_on_sigterm()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue for a moment is no news
    gc.freeze()  # what stands by now stays: no collection looks at it again
    gc.set_threshold(GARBAGE_AFTER, 20, 20)
    listener = _listen(host, port)
    trusted: dict[str, Any] = {}
    if proxy:
        trusted = {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}}
    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident="",
        max_request_body_size=MAX_BODY_BYTES,
        channel_timeout=IDLE_CONNECTION_S,
        clear_untrusted_proxy_headers=True,
        **trusted,
    )
    place = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"listening http://{place}:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port > MAX_PORT:
        raise Misuse("serve.port", host=host, port=port, reason=f"> {MAX_PORT}")
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        raise Misuse("serve.port", host=host, port=port, reason=str(exc)) from exc
