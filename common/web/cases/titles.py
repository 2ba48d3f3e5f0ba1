"""Which acts give the applicant a paper, and what it is called (rules section 9)."""

from __future__ import annotations

from collections.abc import Mapping

from common.case.acts import WITHDRAWAL
from common.events import Event

TITLES: Mapping[str, tuple[str, str]] = {
    "case.correction_asked": ("一次性告知书", "correction"),
    "case.accepted": ("受理通知书", "acceptance"),
    "case.lapsed": ("受理通知书", "acceptance"),
    "case.not_accepted": ("不予受理通知书", "not_accepted"),
    "case.expired": ("退件通知书", "returned"),
    "case.paused": ("特别程序告知书", "pause"),
    "case.suspended": ("中止通知书", "suspension"),
    "case.extended": ("延期通知书", "extension"),
    "case.decided": ("决定书", "decision"),
    "case.terminated": ("终止通知书", "termination"),
    "case.arrived": ("终止通知书", "termination"),
    "case.delivered": ("送达回证", "receipt"),
}
"""Type of act -> the document's title and its template; of arrivals only that of a withdrawal has one."""


def printed_after(event: Event) -> str | None:
    """Title of the paper that is printed once this act is done; a receipt is printed before, to be signed."""
    return TITLES[event.type][0] if has_document(event) and event.type != "case.delivered" else None


def has_document(event: Event) -> bool:
    """Does this act give the applicant a paper?"""
    return event.type in TITLES and (event.type != "case.arrived" or event.body.get("of_kind") == WITHDRAWAL)
