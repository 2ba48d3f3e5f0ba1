"""``init``: a new machine becomes an office's node by its slip, and may be told to go on after a missing link."""

from __future__ import annotations

import argparse
import secrets
import time
from pathlib import Path

from common.cli import data_folder
from common.errors import BadInput, Misuse, PeerRefused, PeerUnreachable
from common.node import Node
from common.program import PAPERS, STORE, existing_store, new_store, practice_clock, refuse_moved_clock
from common.store import Store
from sync.child import parents, sync_once
from sync.enrol import Chain
from sync.enrolling import begin, enrol, pending
from sync.http import links
from sync.papers import Room
from sync.slips import Slip, read_slip

MAX_SLIP_BYTES = 10_000


def join(args: argparse.Namespace) -> Chain:
    """Create the node or take up where the last try ended; the chain that says whose node it now is.

    Errors: Misuse ``data.exists`` for a node that is at work, ``slip.no_parent``, ``slip.not_found``; BadInput for a
    slip that was typed wrong; PeerUnreachable: nothing is lost, run it again; PeerRefused: the slip is of no use.
    """
    slip = _slip_of(args.slip)
    refuse_moved_clock(slip.practice)
    if not (args.parent or slip.parents):
        raise Misuse("slip.no_parent")
    store = _store_for(args, slip)
    try:
        node = Node(store, practice_clock(), secrets.token_bytes)
        with links(parents(node), time.monotonic) as ways:
            chain = enrol(node, ways)
            report = sync_once(node, ways, Room(store, data_folder(args) / PAPERS))
    finally:
        store.close()
    if report.result == "refused":
        raise PeerRefused(report.code or "sync.refused", url=report.parent)
    if report.result == "cut":
        raise PeerUnreachable("enrol.reference_missing")
    return chain


def _store_for(args: argparse.Namespace, slip: Slip) -> Store:
    """The store of a node that has made its request: new, or as an earlier try left it, with the slip of this time."""
    if not (data_folder(args) / STORE).exists():
        with new_store(args) as store, store.write():
            node = Node.create(store, practice_clock(), secrets.token_bytes, root=slip.root)
            begin(node, slip, secrets.token_bytes, args.parent)
        return existing_store(args)
    store = existing_store(args)
    node = Node(store, practice_clock(), secrets.token_bytes)
    if node.root != slip.root or (not pending(node) and node.reference.size):
        store.close()
        raise Misuse("data.exists", path=str(data_folder(args)))
    begin(node, slip, secrets.token_bytes, args.parent)
    return store


def _slip_of(given: str) -> Slip:
    """The slip that was given, as text or by its file.  Misuse ``slip.not_found``: neither is there."""
    try:
        return read_slip(_text_of(given))
    except BadInput as exc:
        if exc.code == "slip.not_found":
            raise Misuse("slip.not_found") from exc
        raise


def _text_of(slip: str) -> str:
    """The slip given as text, or as the name of a file that holds it."""
    path = Path(slip)
    try:
        if len(slip) > 400 or not path.is_file():
            return slip
        with path.open("rb") as file:
            return file.read(MAX_SLIP_BYTES).decode("utf-8", "replace")
    except OSError:
        return slip


def require_enrolled(node: Node) -> None:
    """Misuse ``node.not_enrolled`` before ``init`` has come to its end."""
    if not node.enrolled:
        raise Misuse("node.not_enrolled")
