"""What the API answers: a case, a line of a list, an item, as JSON.  A score is never told (R-802)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.case.file import form_of
from common.catalogue.items import Item
from common.events import Event
from common.ids import mask_name
from common.node import CaseFile, Node
from common.offices import Level, level
from common.reference import Appointment
from common.rights import RIGHTS
from common.store.views import CaseRow
from common.summary import case_summary
from common.web.cases.desk import Desk
from common.web.cases.looks import record_look

UNTOLD = frozenset({"applicant", "form", "papers", "mandate", "query_code", "salt"})
"""Of an act's body: numbers and keys.  The form is told in full to who asks for it, and that is logged (R-1202)."""
_SILENT = frozenset({"case.rated"})


def whole_case(file: CaseFile, node: Node, officer: Appointment) -> dict[str, Any]:
    """All of a case but the numbers of people."""
    desk = Desk(file, node.reference, node.today(), officer)
    view = file.view
    return {
        **case_summary(file, node, node.today()),
        "base": view.tip,
        "applicant": file.row.applicant,
        "office": file.row.office,
        "offer_to": view.state.offer_to,
        "left": file.left,
        "allowed": [kind for kind in RIGHTS if kind in desk.allowed],
        "acts": [_act(event, file) for event in file.events],
        "papers": [
            {
                "hash": paper.hash,
                "material": paper.material,
                "size": paper.size,
                "event": paper.event,
                "here": paper.here,
                "wanted": paper.wanted,
                "synced": paper.truth.value,
            }
            for paper in file.papers
        ],
    }


def in_full(file: CaseFile, node: Node, officer: Appointment) -> dict[str, Any]:
    """Form and applicant with their numbers; who looked is logged (R-1202)."""
    record_look(node, officer.id, file.id)
    desk = Desk(file, node.reference, node.today(), officer)
    made = desk.made
    return {
        "form": dict(form_of(desk.acts)),
        "applicant_body": dict(made.body["applicant"]) if made else {},
    }


def _act(event: Event, file: CaseFile) -> dict[str, Any]:
    aside = {act.id: act.reason for act in file.view.aside}
    waiting = {act.id: act.reason for act in file.view.waiting}
    return {
        "id": event.id,
        "type": event.type,
        "at": event.at,
        "day": event.body.get("day"),
        "office": event.body.get("office"),
        "actor": event.actor,
        "base": event.base,
        "in_effect": event.id in file.view.path or (not event.moves and event.id in file.view.added),
        "reason": aside.get(event.id) or waiting.get(event.id),
        "synced": file.truth[event.id].value,
        "body": _told(event),
    }


def _told(event: Event) -> Mapping[str, Any]:
    if event.type in _SILENT:
        return {}
    return {key: value for key, value in event.body.items() if key not in UNTOLD}


def line(row: CaseRow, officer: Appointment) -> dict[str, Any]:
    """A case on a list; names are masked but for his own agent, as on the pages."""
    own = level(officer.office) is Level.VILLAGE
    return {
        "number": row.number,
        "id": row.case_id,
        "item": row.item,
        "state": row.label,
        "holder": row.holder,
        "offer_to": row.offer_to,
        "office": row.office,
        "village": row.village,
        "applicant": row.applicant if own else mask_name(row.applicant),
        "urgent": row.urgent,
        "registered_on": row.registered_on,
        "accepted_on": row.accepted_on,
        "due": row.due,
        "provisional": row.provisional,
        "duty": row.duty,
        "confirmed": row.confirmed,
        "set_aside": row.set_aside,
        "asks": row.asks,
        "left": row.left,
    }


def item_line(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "department": item.department,
        "authority": item.authority,
        "case_type": item.case_type,
        "edition": item.edition,
        "promised": {"days": item.promised_days, "unit": item.promised_unit},
    }


__all__ = ["in_full", "item_line", "line", "whole_case"]
