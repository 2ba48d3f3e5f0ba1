"""One case in a few facts: what the command ``case`` and the API say of it (README, contract of commands)."""

from __future__ import annotations

from datetime import date
from typing import Any

from common.case import due, label, lamp
from common.node import CaseFile, Node


def case_summary(file: CaseFile, node: Node, today: date) -> dict[str, Any]:
    """JSON values; dates ISO or None.  ``today`` is the day the lamp is asked for."""
    view, reference = file.view, node.reference
    ends = due(view, reference)
    return {
        "number": file.row.number,
        "id": file.id,
        "item": file.row.item,
        "item_version": file.edition.item.edition if file.edition else None,
        "state": label(view),
        "holder": view.state.holder or file.row.office,  # what its registration rests on may not be here yet
        "accepted_on": _iso(ends.accepted_on if ends else None),
        "due": _iso(ends.due if ends else None),
        "provisional": bool(ends and ends.provisional),
        "lamp": lamp(view, reference, today),
        "confirmed": file.row.confirmed,
        "set_aside": [act for act, _ in view.aside],
        "asks": list(view.asks),
        "papers_left": sum(paper.left for paper in file.papers),
        "synced": file.synced.value,
        "digest": file.digest,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
