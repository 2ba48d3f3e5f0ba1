"""An edition of an item 事项: what may be applied for, by whom, with which papers, through which steps, in what time.

An edition is the body of an ``item.published`` event: the pack's item with its ``edition``, the options its
form uses (``enums``) and, for the search, ``pinyin``, ``initials``, ``aliases`` and ``occasions``.  It stands
by itself: a case that is pinned to an edition (R-421) is read with that edition's steps and options, whatever
the catalogue says later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.catalogue.conditions import Condition
from common.clock import Unit

STEP_LEVELS = ("village", "township", "county", "prefecture_or_above")
COUNTED = ("running", "ends")  # the clock of steps whose days count toward the promise
TODAY = "today"  # as a bound of a date: the day of the application


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    ``least`` and ``most`` are written in the field's own unit: numbers as text, money in yuan, dates ISO or
    ``today``.  ``options`` belong to ``enum`` and ``multi_enum``, ``columns`` to ``table``, ``scale``
    (decimals) to ``decimal``.  ``derive_from`` names the field that this one follows from, ``not_before`` one
    that it must not precede, ``same_as`` one that it usually equals.  Lengths are in characters, ``min_px``
    is width and height.
    """

    id: str
    name: str
    type: str
    required: bool = False
    required_if: Condition | None = None
    hint: str | None = None
    pattern: str | None = None
    least: str | None = None
    most: str | None = None
    scale: int = 2
    min_length: int | None = None
    max_length: int | None = None
    options: tuple[Option, ...] = ()
    columns: tuple[Field, ...] = ()
    min_rows: int = 0
    max_rows: int = 50
    level: str | None = None
    derive_from: str | None = None
    not_before: str | None = None
    same_as: str | None = None
    max_bytes: int | None = None
    min_px: tuple[int, int] | None = None

    def option_name(self, value: str) -> str:
        """The name of an option; the value itself where there is none."""
        return next((option.name for option in self.options if option.value == value), value)


@dataclass(frozen=True, slots=True)
class Material:
    """A paper of the published list.  ``condition`` is None where the paper is ``always`` wanted."""

    id: str
    name: str
    form: str
    copies: int
    always: bool
    source: str
    condition: Condition | None
    note: str | None

    @property
    def original_needed(self) -> bool:
        """The original must be on the table: to be kept, or to be seen."""
        return self.form in ("original", "original_seen_copy")


@dataclass(frozen=True, slots=True)
class Term:
    days: int
    unit: Unit
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the procedure.  ``number`` counts from 1.  ``days`` and ``unit`` are None where the step has no term.

    ``department`` is set where another than the item's own acts; steps with one ``parallel_group`` run at the
    same time.
    """

    number: int
    level: str
    kind: str
    name: str
    clock: str
    days: int | None = None
    unit: Unit | None = None
    department: str | None = None
    parallel_group: int | None = None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A procedure that the promise does not count (R-408), as it is announced to the applicant."""

    kind: str
    name: str
    days: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Basis:
    title: str
    article: str | None


@dataclass(frozen=True, slots=True)
class Agency:
    """May an agent act, and which steps need the applicant himself (R-103)."""

    allowed: bool
    scope: str
    in_person_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Charge:
    """``fen`` is None where the amount is measured on the spot."""

    name: str
    per: str
    fen: int | None


@dataclass(frozen=True, slots=True)
class Fee:
    """R-503: where ``charged`` is false no page offers a way to enter money."""

    charged: bool
    basis: str | None
    standard: str
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class Result:
    type: str
    name: str
    validity_months: int | None


@dataclass(frozen=True, slots=True)
class Season:
    """The months in which the item is taken in, where it is not all year."""

    months: tuple[int, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name that people use, with its pinyin (syllables apart by spaces) and initials."""

    name: str
    pinyin: str
    initials: str


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    edition: str
    name: str
    name_en: str
    department: str
    co_departments: tuple[str, ...]
    nature: str
    applicant_type: str
    authority: str
    case_type: str
    agency: Agency
    channels: tuple[str, ...]
    legal_basis: tuple[Basis, ...]
    conditions: tuple[str, ...]
    materials: tuple[Material, ...]
    procedure: tuple[Step, ...]
    promised: Term
    statutory: Term | None
    excluded: tuple[Excluded, ...]
    fee: Fee
    result: Result
    form: tuple[Field, ...]
    notify_and_commit: bool = False
    season: Season | None = None
    note: str | None = None
    pinyin: str = ""
    initials: str = ""
    aliases: tuple[Alias, ...] = ()
    occasions: tuple[str, ...] = ()

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Item:
        """The edition in the body of an ``item.published`` event.

        Errors:
            BadData (a ValueError) with every fault in Chinese: a key that we rely on is missing or of the wrong
            kind, a condition, pattern or bound that cannot be read, a field that refers to none, not exactly
            one ``decide`` step.
        """
        from common.catalogue.item_reading import read_item  # it builds what stands here

        return read_item(body)

    # -- the form and the papers

    def field(self, field_id: str) -> Field | None:
        return next((f for f in self.form if f.id == field_id), None)

    def material(self, material_id: str) -> Material | None:
        return next((m for m in self.materials if m.id == material_id), None)

    # -- the procedure

    @property
    def decide_step(self) -> Step:
        return next(s for s in self.procedure if s.kind == "decide")

    @property
    def first_accept_step(self) -> Step | None:
        return next((s for s in self.procedure if s.kind == "accept"), None)

    @property
    def receiving_step(self) -> Step:
        """Where a submission arrives: the first ``accept`` step, or ``decide`` where nothing is accepted."""
        return self.first_accept_step or self.decide_step

    @property
    def steps_before_accept(self) -> tuple[Step, ...]:
        """What is done before an authority has it: it starts no clock and moves no case (R-101)."""
        return tuple(s for s in self.procedure if s.number < self.receiving_step.number)

    @property
    def steps_to_decide(self) -> tuple[Step, ...]:
        """The steps after the acceptance up to the decision, which is the last of them."""
        first, last = self.receiving_step.number, self.decide_step.number
        return tuple(s for s in self.procedure if first < s.number <= last or s.kind == "decide")

    @property
    def steps_after_decision(self) -> tuple[Step, ...]:
        return tuple(s for s in self.procedure if s.number > self.decide_step.number)

    @property
    def village_decides(self) -> bool:
        """The village finishes it itself: what its procedure says, not its ``authority``."""
        return self.decide_step.level == "village"

    def office_for(
        self, step: Step, village_code: str | None, township_code: str | None, county_code: str
    ) -> str:
        """The office that does a step for an application of this village.

        A village's or township's step falls to the next level where the application has no such office (it
        was made at the township's or the county's own counter).  A step above the county is seen to by the
        county's department.
        """
        if step.level == "village" and village_code is not None:
            return village_code
        if step.level in ("village", "township") and (township_code or village_code):
            return township_code or str(village_code)[:9]
        return f"{county_code}/{step.department or self.department}"

    # -- time

    @property
    def promised_days(self) -> int:
        return self.promised.days

    @property
    def promised_unit(self) -> Unit:
        return self.promised.unit

    @property
    def instant(self) -> bool:
        """R-301: done on the spot or the same day."""
        return self.promised.days == 0

    @property
    def excluded_kinds(self) -> tuple[str, ...]:
        """The kinds of pause allowed (R-411): those of the steps with a stopped clock, in their order."""
        return tuple(dict.fromkeys(s.kind for s in self.procedure if s.clock == "stopped"))

    def stopped_step(self, kind: str) -> Step | None:
        """The step that a pause of this kind stands for (R-411); its days are what is announced (R-408).

        ``kind``: the step's, or the one under which ``excluded`` has it.
        """
        stopped = [s for s in self.procedure if s.clock == "stopped"]
        listed = zip((each.kind for each in self.excluded), stopped, strict=False)
        named = [*((s.kind, s) for s in stopped), *listed]
        return next((s for name, s in named if name == kind), None)

    def promised_by_level(self) -> dict[str, int]:
        """Each level's own term (R-303), lowest level first, in the promise's unit; together the promise.

        Of steps that run at the same time the longest counts, for the level it is done at.
        """
        days: dict[str, int] = {}
        groups: dict[int, Step] = {}
        for step in self.procedure:
            if step.clock not in COUNTED or not step.days:
                continue
            if step.parallel_group is None:
                days[step.level] = days.get(step.level, 0) + step.days
            elif step.days > (groups[step.parallel_group].days or 0 if step.parallel_group in groups else 0):
                groups[step.parallel_group] = step
        for step in groups.values():
            days[step.level] = days.get(step.level, 0) + (step.days or 0)
        return {level: days[level] for level in STEP_LEVELS if level in days}
