"""Starting a county: what ``init`` publishes, and the root key's file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.errors import Misuse
from common.keys import SigningKey
from common.node import Node
from common.packs import Pack, with_item_ids

ROOT_KEY = "root.key"


def publish_pack(node: Node, pack: Pack) -> None:
    """Divisions, offices, calendar, items and the catalogue into the reference ledger, in one transaction."""
    items: dict[str, str] = {}
    bodies: list[tuple[str, Mapping[str, Any]]] = []
    with node.store.write():
        for kind, body in pack.reference_events(node.office):
            if kind == "catalogue.published":
                published = node.publish_many(bodies)
                items = {str(e.body["code"]): e.id for e in published if e.type == "item.published"}
                bodies = [(kind, with_item_ids(body, items))]
            else:
                bodies.append((kind, body))
        node.publish_many(bodies)


def write_root_key(path: Path, root: SigningKey) -> None:
    """The root key as a private JWK, for its owner alone; to be copied to two offline media and removed from here.

    Raises Misuse: there is a file already (it is never overwritten), or it cannot be written.
    """
    text = json.dumps(root.private_jwk(), indent=1)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as exc:
        raise Misuse("data.exists", path=str(path)) from exc
    except OSError as exc:
        raise Misuse("data.unwritable", path=str(path), reason=exc.strerror) from exc
