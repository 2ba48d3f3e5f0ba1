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
from common.store.views import CaseRow
from common.texts import STATES
from common.web.cases.acts import Act, next_act
from common.web.cases.desk import Desk
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
        place: who has it, and since when.
        truth, act: the least of its acts' truths, and what comes next here (None: it can only be opened); both are
            asked of the case itself, once it is ``shown``.
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

    def of(self, cases: Iterable[CaseRow]) -> tuple[Row, ...]:
        """The lines of one page."""
        return self.shown([self.row(case) for case in cases])

    def shown(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """The lines with what only the case itself tells; it is asked for what is shown and for no other."""
        with self._node.store.read():
            least = self._least(rows)
            return tuple(
                replace(row, truth=least.get(row.case.case_id, Truth.COUNTY), act=self._next(row.case))
                for row in rows
            )

    def _least(self, rows: Sequence[Row]) -> dict[str, Truth]:
        """case -> the least truth of its acts; those that are not named are at the county."""
        if self._node.is_hub:
            return {}
        truths = self._node.truths()
        stored = self._node.store.ledger.of_cases(row.case.case_id for row in rows)
        return {
            case: min(truths.of(acts).values(), key=_ORDER.index) for case, acts in stored.items() if acts
        }

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
            act=None,
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

    def _next(self, case: CaseRow) -> Act | None:
        """What the page of the case says is the next act of this officer: its one judge is ``next_act``."""
        file = self._node.case(case.case_id)
        return next_act(Desk(file, self._reference, self._today, self._officer))


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
