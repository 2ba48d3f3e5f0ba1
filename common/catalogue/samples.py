"""Made-up applications for any item: for demonstrations, tests and measurements.  Nobody real is meant.

All choices come from ``draw``, so the same draws give the same application; ``random.Random(seed).randrange`` is one.
Citizen ids carry an address code that is assigned to no place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from common.catalogue import sample_text as made_up
from common.catalogue.amounts import age_on, fen_of
from common.catalogue.conditions import Condition, Expression, evaluate
from common.catalogue.field_types import DEFAULT_LENGTHS, PLATE_PATTERN
from common.catalogue.items import TODAY, Field, Item
from common.catalogue.patterns import matches
from common.catalogue.sample_text import Draw, between, one_of
from common.ids import parse_citizen_id

ADULT = (19, 88)
FAR_AWAY = ("110105", "310115", "330106", "440306", "510107")  # where people of a mountain county go to work
WORDS: tuple[tuple[str, Callable[[Draw], str]], ...] = (
    ("地址", made_up.address), ("名称", made_up.shop), ("机构", made_up.hospital), ("号", made_up.serial),
    ("地点", made_up.place), ("受让方", made_up.person_name),
)  # fmt: skip
"""A word in a field's name, and what to write there; else a remark."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    name: str
    id_number: str
    birth: date
    phone: str


def made_up_person(draw: Draw, today: date, ages: tuple[int, int] = ADULT) -> Person:
    """``ages``: youngest and oldest, in completed years on ``today``."""
    birth = made_up.birth_date(draw, today, *ages)
    return Person(made_up.person_name(draw), made_up.citizen_id(draw, birth), birth, made_up.phone(draw))


def made_up_paper(f: Field) -> str:
    """A hash in the place of a paper that was never captured; the same for the same field."""
    return hashlib.sha256(f.id.encode()).hexdigest()


def fill_form(
    item: Item, draw: Draw, *, today: date, village: str, paper_for: Callable[[Field], str] = made_up_paper
) -> dict[str, Any]:
    """Answers that ``check_form`` takes as they are, on this day: stored values, in the form's order.

    Args:
        village: 12-digit code where the applicant lives.
        paper_for: the hash of the paper that a photo or signature field shows.
    """
    return _Filling(item, draw, today, village, paper_for).fill()


class _Filling:
    """One application in the making; a field that must not precede another is filled after it."""

    def __init__(
        self, item: Item, draw: Draw, today: date, village: str, paper_for: Callable[[Field], str]
    ) -> None:
        self.item = item
        self.draw = draw
        self.today = today
        self.village = village
        self.paper_for = paper_for
        self.applicant = made_up_person(draw, today, self._ages())
        self.values: dict[str, Any] = {}

    def fill(self) -> dict[str, Any]:
        for f in sorted(self.item.form, key=lambda f: f.not_before is not None):
            if f.required or self.draw(3):
                self.values[f.id] = self._value(f)
        for f in self.item.form:
            if f.required_if and evaluate(f.required_if, self.values, channel="", today=self.today):
                self.values.setdefault(f.id, self._value(f))
        return {f.id: self.values[f.id] for f in self.item.form if f.id in self.values}

    def _ages(self) -> tuple[int, int]:
        """The applicant's: as the form demands, and now and then a child where it asks for more then."""
        bounds = [f for f in self.item.form if f.derive_from and f.type == "integer"]
        youngest = max([int(f.least) for f in bounds if f.least] or [ADULT[0]])
        oldest = min([int(f.most) for f in bounds if f.most] or [ADULT[1]])
        if not bounds and any(_asks_age(f.required_if) for f in self.item.form) and self.draw(2):
            return 1, 17
        return youngest, min(oldest, max(ADULT[1], youngest + 20))

    def _value(self, f: Field) -> Any:
        own = self._of_applicant(f)
        return own if own is not None else self._any(f)

    def _of_applicant(self, f: Field) -> Any:
        """What follows from who applies; None for any other field."""
        first = {
            kind: next((g.id for g in self.item.form if g.type == kind), None)
            for kind in ("person_name", "cn_id")
        }
        if f.id == first["cn_id"]:
            return self.applicant.id_number
        if f.type == "person_name" and first["person_name"] in (f.id, f.same_as):
            return self.applicant.name
        if f.derive_from is None:
            return None
        if f.type == "integer":
            return age_on(self.applicant.birth, self.today)
        if f.type == "date":
            return self.applicant.birth.isoformat()
        sex = parse_citizen_id(self.applicant.id_number, self.today).sex
        return next(
            option.value for option in f.options if option.name == {"male": "男", "female": "女"}[sex]
        )

    def _any(self, f: Field) -> Any:
        draw = self.draw
        match f.type:
            case "string":
                return self._string(f)
            case "text":
                return self._text(f)
            case "person_name":
                return made_up.person_name(draw)
            case "cn_id":
                return made_up_person(draw, self.today, (0, 95)).id_number
            case "uscc":
                return made_up.credit_code(draw)
            case "phone":
                return made_up.phone(draw)
            case "bank_account":
                return made_up.account(draw)
            case "plate":
                return made_up.matching(draw, f.pattern or PLATE_PATTERN)
            case "date":
                return self._date(f).isoformat()
            case "datetime":
                return self._datetime(f).isoformat(timespec="minutes")
            case "integer":
                least = int(f.least or 0)
                return between(draw, least, min(int(f.most or least + 100), least + 100))
            case "decimal":
                return f"{self._decimal(f):.{f.scale}f}"
            case "money":
                return self._fen(f)
            case "enum":
                return one_of(draw, f.options).value
            case "multi_enum":
                chosen = [option.value for option in f.options if draw(2)]
                return chosen or [one_of(draw, f.options).value]
            case "bool":
                return draw(2) == 1
            case "division":
                return {"village": self.village, "township": self.village[:9]}.get(
                    f.level or "", one_of(draw, FAR_AWAY)
                )
            case "geo_point":
                return {"lat": f"30.{draw(10**6):06d}", "lng": f"104.{draw(10**6):06d}"}
            case "photo":
                return [self.paper_for(f)]
            case "signature":
                return {"kind": "sheet", "paper": self.paper_for(f)}
            case "table":
                rows = between(draw, f.min_rows, min(f.max_rows, f.min_rows + 3))
                return [self._row(f) for _ in range(rows)]
        raise ValueError(f.type)

    def _row(self, f: Field) -> dict[str, Any]:
        return {c.id: self._any(c) for c in f.columns if c.required or self.draw(3)}

    def _string(self, f: Field) -> str:
        if f.pattern:
            certificate = (
                f"{self.applicant.id_number}{between(self.draw, 1, 7)}{between(self.draw, 1, 4)}"  # R-1004
            )
            return certificate if matches(f.pattern, certificate) else made_up.matching(self.draw, f.pattern)
        write = next((write for word, write in WORDS if word in f.name), made_up.remark)
        return self._fitting(f, write)

    def _text(self, f: Field) -> str:
        return self._fitting(f, made_up.sentence)

    def _fitting(self, f: Field, write: Callable[[Draw], str]) -> str:
        text = write(self.draw)
        while len(text) < (f.min_length or 0):
            text += write(self.draw)
        return text[: f.max_length or DEFAULT_LENGTHS[f.type]]

    def _date(self, f: Field) -> date:
        """Within the field's bounds; without any, in the last three years or, after another date, soon after it."""
        least = self._day(f.least, date(self.today.year - 3, 1, 1))
        most = self._day(f.most, self.today)
        if f.not_before in self.values:
            least = max(least, date.fromisoformat(self.values[f.not_before]))
            most = self._day(f.most, least + timedelta(days=30))
        elif f.least and not f.most:
            most = least + timedelta(days=30)
        elif f.most and not f.least:
            most = min(most, self.today)
            least = most - timedelta(days=1000)
        return least + timedelta(days=between(self.draw, 0, (most - least).days))

    def _day(self, bound: str | None, default: date) -> date:
        if bound is None:
            return default
        return self.today if bound == TODAY else date.fromisoformat(bound)

    def _datetime(self, f: Field) -> datetime:
        if f.not_before in self.values:
            earlier = datetime.fromisoformat(self.values[f.not_before])
            return earlier + timedelta(minutes=10 * between(self.draw, 1, 24))
        day = self.today + timedelta(days=self.draw(10))
        return datetime.combine(day, time(between(self.draw, 6, 17), 10 * self.draw(6)))

    def _decimal(self, f: Field) -> Decimal:
        unit = Decimal(1).scaleb(-f.scale)
        least = Decimal(f.least or 0)
        most = min(Decimal(f.most or least + 500), least + 500)
        return least + unit * between(self.draw, 0, int((most - least) / unit))

    def _fen(self, f: Field) -> int:
        least = fen_of(f.least or "0")
        most = min(fen_of(f.most or "20000"), least + 2_000_000)
        whole = least + 100 * between(self.draw, 0, (most - least) // 100)
        return whole if self.draw(3) else min(most, whole + self.draw(100))


def _asks_age(condition: Condition | None) -> bool:
    return isinstance(condition, Expression) and condition.of_age
