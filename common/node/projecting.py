"""From the fold of a case to what the views keep of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from common.case.acts import is_receipt
from common.case.clock import due
from common.case.state import ENDED, UNANSWERED, Status
from common.case.view import CaseView, label
from common.events import Event
from common.reference import Reference
from common.store.views import CaseFacts, CaseRow, PaperRow


def facts(
    view: CaseView,
    reference: Reference,
    events: Iterable[Event],
    *,
    node: str,
    updated: int,
    left: bool,
    serves: Callable[[str], bool],
) -> CaseFacts:
    """Everything that the views keep of a case.

    Args:
        events: of these the papers; a page is named once and stays.
        node: whose views they are.
        updated: pos of its newest event.  left: no more of it will come here.
        serves: does this node serve that office; only then does the clock call for acts here.
    """
    made = view.events.get(view.id)
    body = made.body if made else {}
    said = body.get("applicant")
    applicant: Mapping[str, Any] = said if isinstance(said, dict) else {}
    state, ends = view.state, due(view, reference)
    number, name = _text(body.get("number")), _text(applicant.get("name"))
    identity = _text(applicant.get("id_number") or applicant.get("credit_code"))
    phone = _text(applicant.get("phone"))
    edition = reference.editions.get(state.edition or _text(body.get("edition")))
    row = CaseRow(
        case_id=view.id,
        number=number,
        item=edition.item.code if edition else _text(body.get("item")),
        edition=edition.id if edition else _text(body.get("edition")),
        label=label(view),
        ended=state.status in ENDED,
        holder=state.holder,
        held_since=held_since(view),
        offer_to=state.offer_to,
        office=_text(body.get("office")),
        village=_text(body.get("village")) or None,
        salt=_text(body.get("salt")) if made and made.node == node else "",
        applicant=name,
        id_number=identity or None,
        phone=phone or None,
        urgent=any(view.events[act].body.get("urgent") is True for act in view.path),
        registered_on=_text(body.get("day")),
        received=_iso(state.received),
        accepted_on=_iso(ends.accepted_on) if ends else _iso(state.accepted),
        due=_iso(ends.due) if ends else None,
        provisional=bool(ends and ends.provisional),
        duty=_iso(duty(view, ends.due if ends else None)),
        confirmed=view.confirmed,
        frozen=view.frozen,
        set_aside=len(view.aside),
        asks=len(view.asks),
        loose=len(view.loose),
        waiting=len(view.waiting),
        left=left,
        updated=updated,
    )
    return CaseFacts(
        row=row,
        aside=tuple(sorted((act.id, act.reason) for act in view.aside)),
        asks=tuple(sorted(view.asks)),
        needs=frozenset(act.needs for act in view.waiting if act.needs),
        timer=_iso(timer(view)) if serves(state.holder) and not left else None,
        papers=tuple(sorted(papers(view.id, events), key=lambda p: (p.hash, p.event))),
    )


def duty(view: CaseView, due_on: date | None) -> date | None:
    """The next day that matters to the holder: the last for the one notice, for the correction, or the due date."""
    state = view.state
    if state.status in UNANSWERED:
        return state.notice_by
    if state.status is Status.CORRECTING:
        return state.correct_by
    return due_on if state.status is Status.ACCEPTED else None


_GIVES_HOLD = frozenset({"case.registered", "case.taken", "case.taken_over"})


def held_since(view: CaseView) -> str | None:
    """The day, as written, of the act in effect that put the case into its holder's hands."""
    acts = (view.events[step] for step in reversed(view.path))
    return next(
        (_text(act.body.get("day")) for act in acts if act.type in _GIVES_HOLD or is_receipt(act)), None
    )


def timer(view: CaseView) -> date | None:
    """The first day on which the clock alone may call for an act (R-206, R-209)."""
    last = duty(view, None)
    return last + timedelta(days=1) if last else None


def papers(case: str, events: Iterable[Event]) -> Iterator[PaperRow]:
    """Every page that these events of a case name."""
    for event in events:
        for paper, page in pages(event):
            yield PaperRow(page["hash"], event.id, case, paper, page["size"])


def pages(event: Event) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(material, page) of each page that an event names; what does not read as one is passed over."""
    listed = event.body.get("papers")
    for paper in listed if isinstance(listed, list) else ():
        found = paper.get("pages") if isinstance(paper, dict) else None
        for page in found if isinstance(found, list) else ():
            if isinstance(page, dict) and is_hash(page.get("hash")) and type(page.get("size")) is int:
                yield _text(paper.get("material")), page


def is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.match(value) is not None


_HASH = re.compile(r"[0-9a-f]{64}\Z")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
