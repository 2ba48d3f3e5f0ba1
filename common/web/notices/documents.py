"""What stands in each document 文书 (rules section 9), read from the act that it belongs to.

A document says only what its act said: it is the same on every node and on every day.  Whether the act has its
effect, and whether the county has confirmed it, stands at its head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from common.case import CaseView
from common.case.acts import GRANTED, malformed
from common.case.choices import WAYS
from common.case.file import acts_in_effect
from common.catalogue.items import Item
from common.clock import due_date
from common.errors import LedgerError, NotFound
from common.events import Event
from common.keys import jws_verify, read_public_jwk
from common.node import CaseFile
from common.reference import Reference
from common.web.cases.story import basis_words, promise
from common.web.cases.titles import TITLES, has_document
from common.web.cases.wanted import papers_wanted, registration
from common.web.notices.decision import decision_text, decision_title, full_office, id_words


@dataclass(frozen=True, slots=True)
class Document:
    """What every document carries; ``body`` has what belongs to its kind.

    Args:
        number: of the document: the case's, with the document's place in it; a decision's own (R-511).
        issuer: the office in full, as it stands above a document.
        final: in effect and confirmed by the county; else it prints 「待县级确认」.  void: it has no effect (未生效).
        signed: it carries the department's electronic signature.
        remedies: the authorities to which the applicant may go, None where there is nothing to contest.
    """

    title: str
    template: str
    number: str
    case_number: str
    query_code: str | None
    issuer: str
    day: date
    handler: str
    applicant: str
    id_words: str
    item: Item
    final: bool
    void: bool
    signed: bool
    event: Event
    body: Mapping[str, Any]
    remedies: str | None = None


def document_of(file: CaseFile, event_id: str, reference: Reference) -> Document:
    """The document of an act.  NotFound ``notice.none`` where the act has none or is not here."""
    event, made = file.view.events.get(event_id), registration(acts_in_effect(file.view))
    if event is None or not has_document(event) or malformed(event) or made is None or file.edition is None:
        raise NotFound("notice.none")
    title, template = TITLES[event.type]
    view, item, body = file.view, file.edition.item, event.body
    effective = event.id in file.view.path or event.id in file.view.added or _adopted(file.view, event.id)
    person = reference.appointments.get(event.actor or "")
    authority = (
        view.events[body["of"]].body if event.type == "case.delivered" and body["of"] in view.events else body
    )
    return Document(
        title=decision_title(item, granted=body["result"] == GRANTED)
        if event.type == "case.decided"
        else title,
        template=template,
        number=str(body.get("number") or _number(file, event)),
        case_number=str(made.body["number"]),
        query_code=str(made.body["query_code"]),
        issuer=full_office(reference, str(authority["office"])),
        day=date.fromisoformat(body["day"]),
        handler=person.name if person else "",
        applicant=str(made.body["applicant"].get("name", "")),
        id_words=id_words(made.body["applicant"]),
        item=item,
        final=effective and (event.id in view.pinned or not event.moves),
        void=not effective,
        signed=_signed(event, reference),
        event=event,
        body=_BODIES[template](file, event, item, reference),
        remedies=f"{reference.county_name}人民政府",
    )


def _adopted(view: CaseView, event_id: str) -> bool:
    return any(
        event_id in view.events[step].body["acts"]
        for step in view.path
        if view.events[step].type == "case.adopted"
    )


def _number(file: CaseFile, event: Event) -> str:
    """The case's number with a mark of the document's kind and its place among its kind: …-57-告1."""
    alike = [each.id for each in file.events if each.type == event.type and has_document(each)]
    place = alike.index(event.id) + 1
    return f"{file.row.number}-{_MARKS[TITLES[event.type][1]]}{place}"


_MARKS = {
    "correction": "告", "acceptance": "受", "not_accepted": "不受", "returned": "退", "pause": "停", "suspension": "中",
    "extension": "延", "decision": "决", "termination": "终", "receipt": "达",
}  # fmt: skip


# -- the bodies of the kinds


def _correction(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    notices = [x for x in file.view.path if file.view.events[x].type == event.type]
    place = notices.index(event.id) + 1 if event.id in notices else 1
    return {"wanted": _wanted(event), "correct_by": event.body["correct_by"], "place": place}


def _wanted(asked: Event) -> list[dict[str, str]]:
    """What a notice wants and why, whatever its author left out."""
    return [{key: str(each.get(key, "")) for key in ("what", "why")} for each in asked.body["wanted"]]


def _acceptance(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    view = file.view
    promised = promise(event, view, file.edition, reference)
    late = event.type == "case.lapsed" or view.state.deemed
    accepted = view.state.accepted if late and view.state.accepted else date.fromisoformat(event.body["day"])
    return {
        "accepted": accepted,
        "deemed": late,
        "due": promised[2] if promised else None,
        "provisional": bool(promised and promised[3]),
        "papers": papers_wanted(acts_in_effect(view), item),
    }


def _reasons(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    return {key: event.body.get(key) for key in ("reason", "competent", "ground")}


def _returned(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    asked = [
        file.view.events[x] for x in file.view.path if file.view.events[x].type == "case.correction_asked"
    ]
    return {"wanted": _wanted(asked[-1]) if asked else [], "correct_by": file.view.state.correct_by}


def _pause(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    step = item.stopped_step(event.body["kind"])
    unit = step.unit if step and step.unit else "working_day"
    start = date.fromisoformat(event.body["day"])
    calendar = reference.newest_calendar(reference.position(event.ref))
    until = due_date(calendar[1], start, event.body["announced_days"], unit) if calendar else None
    excluded = next((each for each in item.excluded if each.kind == event.body["kind"]), None)
    return {
        "kind": step.name if step else excluded.name if excluded else event.body["kind"],
        "reason": event.body["reason"],
        "days": event.body["announced_days"],
        "unit": unit,
        "until": until.due if until else None,
        "provisional": bool(until and until.provisional),
    }


def _extension(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    return {
        "days": event.body["days"],
        "reason": event.body["reason"],
        "approved_by": event.body["approved_by"],
        "due": file.row.due,
        "provisional": file.row.provisional,
    }


def _decision(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    """The document as it was written; one that was decided on the spot without any is made from what it says."""
    body = event.body
    text = body.get("document") or decision_text(
        file.view,
        item,
        reference,
        office=body["office"],
        granted=body["result"] == GRANTED,
        reasons=body.get("reasons") or "",
        basis=body.get("basis") or basis_words(item),
        number=body.get("number"),
        day=date.fromisoformat(body["day"]),
    )
    return {"text": text}


def _signed(event: Event, reference: Reference) -> bool:
    """Does a department's signature stand on the document, by a key that the county published for it (R-507)?"""
    body = event.body
    if not body.get("signature") or not body.get("document"):
        return False
    for _, _, key in reference.department_keys.get(body["office"], ()):
        try:
            jws_verify(body["signature"], body["document"].encode("utf-8"), read_public_jwk(key))
        except LedgerError:
            continue
        return True
    return False


def _termination(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    if event.type == "case.arrived":
        asked = file.view.events.get(event.body["of"])
        reason = asked.body.get("reason") if asked else None
        return {"reason": f"申请人撤回申请{':' + reason if reason else ''}", "withdrawn": True}
    return {"reason": event.body["reason"], "withdrawn": False}


def _receipt(file: CaseFile, event: Event, item: Item, reference: Reference) -> dict[str, Any]:
    decision = file.view.events.get(event.body["of"])
    return {
        "document": document_of(file, decision.id, reference)
        if decision and has_document(decision)
        else None,
        "way": WAYS.get(event.body["way"], event.body["way"]),
        "received_by": event.body["received_by"],
        "relation": event.body.get("relation"),
        "blank": False,
    }


_BODIES = {
    "correction": _correction,
    "acceptance": _acceptance,
    "not_accepted": _reasons,
    "returned": _returned,
    "pause": _pause,
    "suspension": _reasons,
    "extension": _extension,
    "decision": _decision,
    "termination": _termination,
    "receipt": _receipt,
}


def receipt_for(file: CaseFile, decision_id: str, reference: Reference) -> Document:
    """A receipt to be signed: its lines are left open."""
    decision = document_of(file, decision_id, reference)
    body = {"document": decision, "way": "", "received_by": "", "relation": None, "blank": True}
    number = f"{decision.case_number}-达"
    return replace(decision, title="送达回证", template="receipt", number=number, signed=False, body=body)
