"""Who looked at numbers in full, on a page, a print or through the API (R-1202).

A line in ``access.log`` beside the store, with no number in it.
"""

from __future__ import annotations

import json

from common.node import Node
from common.web.words import machine_instant

ACCESS_LOG = "access.log"


def record_look(node: Node, officer: str, case: str) -> None:
    """One line of JSON: when, whose appointment, which case."""
    line = json.dumps({"at": machine_instant(node.now()), "officer": officer, "case": case, "saw": "numbers"})
    with open(node.store.path.parent / ACCESS_LOG, "a", encoding="utf-8", newline="\n") as log:
        log.write(line + "\n")
