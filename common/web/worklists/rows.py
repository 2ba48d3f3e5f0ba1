"""A case as a line of a list: the lamp and what is left, who, what, where it lies, how far it has got, the next act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from common import clock
from common.calendar import UNPUBLISHED, Calendar
from common.catalogue.items import Item
from common.clock import Lamp
from common.ids import mask_name
from common.node import Node, Truth
from common.offices import Level, level
from common.reference import Appointment
from common.rights import refusal
from common.store.views import CaseRow
from common.texts import STATES
from common.web.cases.acts import BY_SLUG, Act
from common.web.cases.story import short_office
from common.web.words import date_words, left_words

_RUNNING = frozenset({"ACCEPTED", "HANDLING", "FORWARDED", "SENT_BACK", "PARALLEL"})
_RESULTS = frozenset({"GRANTED", "REFUSED", "NOT_ACCEPTED", "RETURNED"})
_ORDER = (Truth.HERE, Truth.TOWNSHIP, Truth.COUNTY)
_LAST = "9999"


@dataclass(frozen=True, slots=True)
class Row:
    """One line.

    Args:
        lamp, left, until: colour, words (还有 3 天) and date; where no clock runs the state in words, and no date.
        provisional: R-419.  person: masked, but on the list of his own agent.  village: where he lives.
        place: who has it, and since when.  truth: the least of its acts, once ``with_truth`` has asked.
        act: what comes next here; None: it can only be opened.
    """

    case: CaseRow
    lamp: Lamp | None
    left: str
    until: str
    provisional: bool
    person: str
    item: str
    tags: tuple[str, ...]
    village: str
    place: str
    since: str
    truth: Truth
    act: Act | None
    is_offered_here: bool
    is_result: bool

    @property
    def order(self) -> tuple[str, int]:
        """The oldest duty first."""
        return (self.case.duty or self.case.due or _LAST, self.case.updated)


class Rows:
    """Makes lines for one officer, one page."""

    def __init__(self, node: Node, officer: Appointment, offices: frozenset[str]) -> None:
        self._node, self._officer, self._offices = node, officer, offices
        self._reference = node.reference
        self._today = node.today()
        newest = self._reference.newest_calendar()
        self._own = (
            level(officer.office) is Level.VILLAGE
        )  # an agent knows his people; lists elsewhere mask them
        self._calendar: Calendar = newest[1] if newest else UNPUBLISHED

    def shown(self, cases: Iterable[CaseRow]) -> tuple[Row, ...]:
        """The lines of one page, each with how far it has got."""
        return self.with_truth([self.row(case) for case in cases])

    def with_truth(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """The lines with the least truth of their acts, which is only asked for what is shown."""
        if self._node.is_hub:
            return tuple(rows)
        truths = self._node.truths()
        stored = self._node.store.ledger.of_cases(row.case.case_id for row in rows)
        least = {
            case: min(truths.of(acts).values(), key=_ORDER.index) for case, acts in stored.items() if acts
        }
        return tuple(replace(row, truth=least.get(row.case.case_id, Truth.COUNTY)) for row in rows)

    def row(self, case: CaseRow) -> Row:
        edition = self._reference.editions.get(case.edition)
        item = edition.item if edition else None
        lamp, left, until = self._time(case, item)
        offered_here = case.offer_to in self._offices
        return Row(
            case=case,
            lamp=lamp,
            left=left,
            until=until,
            provisional=case.provisional,
            person=case.applicant if self._own else mask_name(case.applicant),
            item=item.name if item else case.item,
            tags=_tags(case),
            village=short_office(self._reference, case.village or case.office),
            place=self._place(case),
            since=self._since(case),
            truth=Truth.COUNTY,
            act=self._act(case, item),
            is_offered_here=offered_here,
            is_result=case.label in _RESULTS and case.office in self._offices,
        )

    def _time(self, case: CaseRow, item: Item | None) -> tuple[Lamp | None, str, str]:
        last = self._last_day(case)
        if last is None:
            return None, STATES.get(case.label, case.label), ""
        days = item.promised_days if item and case.label in _RUNNING else 0
        lamp = clock.lamp(self._calendar, last, self._today, clock.warn_days_for(days))
        left = clock.remaining_working_days(self._calendar, last, self._today)
        words = "已到期" if left == 0 and last < self._today else left_words(left, short=True)
        return lamp, words, date_words(last, self._today)

    def _last_day(self, case: CaseRow) -> date | None:
        """The day that a lamp counts to; the applicant's own term has none (R-704)."""
        if case.label in _RUNNING and case.due:
            return date.fromisoformat(case.due)
        if case.label == "RECEIVED" and case.duty:
            return date.fromisoformat(case.duty)
        if case.label == "REGISTERED" and level(case.office) is Level.VILLAGE and case.registered_on:
            return clock.report_by(self._calendar, date.fromisoformat(case.registered_on))
        return None

    def _place(self, case: CaseRow) -> str:
        if case.label == "CORRECTING":
            return "等群众补材料"
        if case.ended:
            return STATES.get(case.label, case.label)
        if case.offer_to is not None:
            return f"等{short_office(self._reference, case.offer_to)}接收"
        if self._reference.canon(self._officer.office) == case.holder:
            return "我单位"
        return short_office(self._reference, case.holder)

    def _since(self, case: CaseRow) -> str:
        if case.ended or case.offer_to is not None or not case.held_since:
            return ""
        days = (self._today - date.fromisoformat(case.held_since)).days
        return "今天" if days <= 0 else f"{days} 天"

    def _act(self, case: CaseRow, item: Item | None) -> Act | None:
        slug = None if case.frozen or case.left else self._slug(case, item)
        act = BY_SLUG.get(slug or "")
        if act is None:
            return None
        office = self._office_of(act, case)
        refused = refusal(act.kind, self._officer.role, self._officer.office, office, self._reference.canon)
        return act if refused is None else None

    def _office_of(self, act: Act, case: CaseRow) -> str:
        """For which office it is done: who watches over a county sees many, and acts for few of them."""
        if act.slug == "take":
            return case.offer_to or ""
        return case.office if act.slug in _AT_REGISTRATION.values() else case.holder

    def _slug(self, case: CaseRow, item: Item | None) -> str | None:
        """The next act by what the line knows; the case's own page judges it again."""
        if case.offer_to in self._offices and not case.ended:
            return "take" if case.label != "REGISTERED" else None
        if case.office in self._offices and case.label in _AT_REGISTRATION:
            return _AT_REGISTRATION[case.label]
        if case.holder not in self._offices or case.offer_to is not None:
            return None
        if case.label in ("ACCEPTED", "HANDLING") and item is not None:
            return "decide" if level(case.holder).value == item.decide_step.level else "report-up"
        return _BY_LABEL.get(case.label)


_BY_LABEL = {"REGISTERED": "submit", "RECEIVED": "accept", "PAUSED": "resume", "SUSPENDED": "restart"}
_AT_REGISTRATION = {"CORRECTING": "hand-in", "GRANTED": "deliver", "REFUSED": "deliver", "DELIVERED": "rate"}


def _tags(case: CaseRow) -> tuple[str, ...]:
    found = {
        "急件": case.urgent,
        "补正": case.label == "CORRECTING",
        "退回补充": case.label == "SENT_BACK",
        "未生效": case.set_aside > 0,
        "有请求": case.asks > 0,
        "等前面的记录": case.waiting > 0,
        "待升级程序": case.frozen,
    }
    return tuple(words for words, holds in found.items() if holds)
