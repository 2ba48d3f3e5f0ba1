"""The desk: one officer before one case.  What pages of acts read: the fold, what may be done, where it goes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from common import clock
from common.calendar import UNPUBLISHED
from common.case import Author, CaseDue, CaseView, State, Status, allowed_acts, due, office_for
from common.case.file import acts_in_effect, originals_missing
from common.case.grading import deciding_office, intake_office, office_of, steps_to_finish
from common.catalogue.conditions import Requirement
from common.catalogue.items import Item, Material, Step
from common.errors import CommandRefused
from common.events import Event
from common.node import CaseFile
from common.offices import RANK, Level, division, level, parent
from common.reference import Appointment, Reference
from common.web.cases.story import basis_words
from common.web.cases.wanted import given, handed_in, lacking, on_the_way, papers_wanted, registration


@dataclass(frozen=True)
class Desk:
    """An officer before a case.

    Args:
        file: the case.  reference: the reference ledger.  today: the node's day.  officer: who looks at it.
        asked: the number or id by which it was asked for; of two cases with one number only the id tells them apart.
    """

    file: CaseFile
    reference: Reference
    today: date
    officer: Appointment
    asked: str = ""

    @property
    def key(self) -> str:
        """What stands for the case in addresses."""
        return self.asked or self.file.row.number

    @property
    def view(self) -> CaseView:
        return self.file.view

    @property
    def state(self) -> State:
        return self.file.view.state

    @cached_property
    def item(self) -> Item:
        """CommandRefused ``case.no_edition`` where the item's edition has not come here yet."""
        if self.file.edition is None:
            raise CommandRefused("case.no_edition")
        return self.file.edition.item

    @cached_property
    def acts(self) -> list[Event]:
        """The acts in effect, in the order of their days."""
        return acts_in_effect(self.view)

    @cached_property
    def made(self) -> Event | None:
        """The registering act; None if it has no effect."""
        return registration(self.acts)

    @property
    def basis(self) -> str:
        """《社会救助暂行办法》第九条、…: the item's published basis, as a decision cites it."""
        return basis_words(self.item)

    @property
    def applicant(self) -> str:
        return self.file.row.applicant

    # -- what may be done

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Types of the acts that the officer may do now."""
        if self.file.edition is None:
            return frozenset()
        return frozenset(allowed_acts(self.view, self.officer, self.reference, self.today))

    def author(self, kind: str) -> Author:
        """The officer, for the office that the act asks for; his own where none fits, and the command says why."""
        office = office_for(self.view, kind, self.officer, self.reference)
        return Author(self.officer.id, office or self.officer.office)

    @property
    def at_county(self) -> bool:
        """Does the case lie with the county?"""
        return bool(self.state.holder) and level(self.state.holder) is Level.COUNTY

    # -- where it stands

    @cached_property
    def limits(self) -> CaseDue | None:
        return due(self.view, self.reference)

    @property
    def term_unit(self) -> str:
        """个工作日 or 天: of the promise."""
        return "个工作日" if self.item.promised.unit == "working_day" else "天"

    @property
    def promised_last(self) -> date | None:
        """The last day if the case were accepted today; None without a calendar."""
        calendar = self.reference.newest_calendar()
        if calendar is None:
            return None
        return clock.due_date(calendar[1], self.today, self.item.promised.days, self.item.promised.unit).due

    @property
    def default_correct_by(self) -> date:
        """The last day for a correction that is asked for today (R-209)."""
        calendar = self.reference.newest_calendar()
        return clock.correct_by(calendar[1] if calendar else UNPUBLISHED, self.today)

    @property
    def registered_here(self) -> bool:
        """Did the officer's own village, township or county register it?"""
        made = self.state.registration
        canon = self.reference.canon
        return made is not None and division(canon(made.office)) == division(canon(self.officer.office))

    # -- the procedure

    @cached_property
    def steps_left(self) -> tuple[Step, ...]:
        """The steps that an act can finish and has not."""
        return tuple(step for step in steps_to_finish(self.item) if step.number not in self.state.steps)

    @cached_property
    def own_step(self) -> Step | None:
        """The next step of the holder's level that needs an act of its own.

        Not a review: its outcome is the opinion that goes up, or the decision.
        """
        return next((s for s in self.steps_left if s.kind != "review" and self._is_own(s)), None)

    @cached_property
    def own_reviews(self) -> tuple[Step, ...]:
        """Unfinished reviews at the holder's level: the opinion that goes up with the case finishes them."""
        return tuple(step for step in self.steps_left if step.kind == "review" and self._is_own(step))

    def _is_own(self, step: Step) -> bool:
        return _level_of(step) is level(self.state.holder)

    @property
    def decides_here(self) -> bool:
        """Is the decision the holder's, by the item's procedure, or because the county took the case over?"""
        return level(deciding_office(self.state, self.reference)) is level(self.state.holder)

    def was_paused_for(self, step: Step) -> bool:
        return any(stop.kind == step.kind for stop in self.state.pauses)

    @cached_property
    def pause_kinds(self) -> list[tuple[str, str]]:
        """(kind, its name) of the procedures that may stop the clock of this item (R-411)."""
        steps = ((kind, self.item.stopped_step(kind)) for kind in self.item.excluded_kinds)
        return [(kind, step.name if step else kind) for kind, step in steps]

    @property
    def most_extension(self) -> int:
        """The longest extension in working days (R-406)."""
        return clock.JOINT_EXTENSION_DAYS if self.item.case_type == "joint" else clock.EXTENSION_DAYS

    # -- where it may go

    @cached_property
    def intake(self) -> str:
        """The office that takes the application in and accepts it."""
        return intake_office(self.state, self.reference)

    @cached_property
    def above(self) -> str | None:
        """The office above the holder that does the first step left there; None if there is none."""
        mine = RANK[level(self.state.holder)]
        rest = sorted([*self.steps_left, self.item.decide_step], key=lambda step: step.number)
        offices = (office_of(self.state, step, self.reference) for step in rest)
        return next((office for office in offices if RANK[level(office)] > mine), None)

    @property
    def reports_up(self) -> bool:
        return self.state.status is Status.ACCEPTED and self.above is not None

    @cached_property
    def below(self) -> str | None:
        """The office below from which the case came; None if it came from none."""
        mine = RANK[level(self.state.holder)]
        for step in reversed(self.view.path):
            office = str(self.view.events[step].body.get("office", ""))
            if office and RANK[level(office)] < mine:
                return self.reference.canon(office)
        return None

    def offices_above(self) -> list[tuple[str, str]]:
        """(office, name) of those that the holder may report to, the usual one first."""
        above = self.above
        if above is None:
            return []
        others = self._departments() if level(above) is Level.COUNTY else []
        return self._named(dict.fromkeys([above, *others]))

    def offices_beside(self) -> list[tuple[str, str]]:
        """(office, name) of those of the holder's own level that he may hand over to: posts, or departments."""
        holder, reference = self.state.holder, self.reference
        if level(holder) is Level.COUNTY:
            return self._named(office for office in self._departments() if office != holder)
        if level(holder) is Level.TOWNSHIP:
            home = division(holder)
            posts = [f"{home}/{o.id.partition('/')[2]}" for o in reference.offices.values() if o.post]
            return self._named(office for office in (home, *posts) if office != holder)
        return []

    def offices_below(self) -> list[tuple[str, str]]:
        """(office, name) of those below, to which the case may be sent back: whence it came, and who registered it."""
        made = self.state.registration
        chain: list[str] = [self.below] if self.below else []
        step = made.office if made else None
        while step is not None:
            if RANK[level(step)] < RANK[level(self.state.holder)]:
                chain.append(step)
            step = parent(step)
        return self._named(dict.fromkeys(chain))

    def _departments(self) -> list[str]:
        county = self.reference.county
        return [office for office in self.reference.offices if office.startswith(f"{county}/")]

    def name(self, office: str) -> str:
        return self.reference.office_name(office)

    def _named(self, offices: Iterable[str]) -> list[tuple[str, str]]:
        return [(office, self.name(office)) for office in offices]

    @cached_property
    def on_the_way(self) -> frozenset[str]:
        """Ids of the asks that their arrival at the holder will hear."""
        return on_the_way(self.view)

    @property
    def handed_in(self) -> bool:
        """Is a correction on its way to the holder?"""
        return handed_in(self.view)

    @property
    def withdrawal_asked(self) -> bool:
        """Has the applicant asked to withdraw, and nobody heard it yet?"""
        events = self.view.events
        return any(events[ask].type == "withdrawal.asked" for ask in self.view.asks if ask in events)

    # -- papers

    @cached_property
    def wanted(self) -> list[Requirement]:
        """The papers of the published list that this application needs (R-210)."""
        return papers_wanted(self.acts, self.item)

    @cached_property
    def given(self) -> frozenset[str]:
        """Ids of the materials of which something was handed in."""
        return given(self.acts)

    @cached_property
    def originals_missing(self) -> tuple[Material, ...]:
        """原件未到 (R-208)."""
        return originals_missing(self.acts, self.item)

    @cached_property
    def lacking(self) -> list[Requirement]:
        """Required papers of which nothing was handed in."""
        return lacking(self.acts, self.item)


def _level_of(step: Step) -> Level:
    try:
        return Level(step.level)
    except ValueError:  # prefecture_or_above: the county sees to it
        return Level.COUNTY
