"""A form as a whole: every field checked, what follows filled in, what is missing or contradicts itself named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.catalogue.amounts import age_on
from common.catalogue.conditions import Condition, evaluate
from common.catalogue.field_types import FIELD_CHECKS, FormContext, Wrong, blank
from common.catalogue.items import Field, Item
from common.ids import parse_citizen_id

MAX_FORM_BYTES = 32 * 1024  # the form travels in the registering event, whose limit is 64 kB
MAX_UNKNOWN = 10

Said = tuple[str, str]
"""A code, and what is wrong and what to do about it, in Chinese."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a form comes to.

    Args:
        values: the fields that passed, as they are stored, in the form's order; checking them again gives the same.
        errors: field id -> why it did not pass; ``table.0.column`` for a cell (rows count from 0).
        warnings: field id -> what a person should look at; it does not stand in the way.
    """

    values: dict[str, Any]
    errors: dict[str, Said] = field(default_factory=dict)
    warnings: dict[str, Said] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors


def check_form(item: Item, answers: Mapping[str, Any], context: FormContext) -> Checked:
    """Check the answers to an item's form; never raises on JSON, whatever its shape.

    Args:
        answers: field id -> what was typed, or the stored value (see ``field_types`` for both).  Blank is not answered.
    """
    form = _Form(item, answers if isinstance(answers, Mapping) else {}, context)
    form.read_typed()
    form.derive()
    form.require()
    form.compare()
    form.refuse_unknown()
    form.bound()
    values = {f.id: form.values[f.id] for f in item.form if f.id in form.values}
    return Checked(values, form.errors, form.warnings)


class _Form:
    """The steps of ``check_form``, in order."""

    def __init__(self, item: Item, answers: Mapping[str, Any], ctx: FormContext) -> None:
        self.item = item
        self.answers = answers
        self.ctx = ctx
        self.values: dict[str, Any] = {}
        self.errors: dict[str, Said] = {}
        self.warnings: dict[str, Said] = {}

    def read_typed(self) -> None:
        """Every field by itself."""
        for f in self.item.form:
            raw = self.answers.get(f.id)
            if f.type == "table":
                self._read_table(f, raw)
            elif not blank(raw):
                self._read(f, raw, self.values)

    def derive(self) -> None:
        """What follows from an id number or a birth date; it stands against what was typed, with a warning."""
        ages_last = sorted(self.item.form, key=lambda f: f.type == "integer")  # they rest on birth dates
        for f in ages_last:
            if f.derive_from is None or f.derive_from not in self.values:
                continue
            value = _derived(f, self.values[f.derive_from], self.ctx.today)
            if value is None:
                continue
            typed = self.values.pop(f.id, None)
            self.errors.pop(f.id, None)
            self._read(f, value, self.values)
            if typed is not None and typed != value:
                said = f"「{f.name}」已按「{self._name(f.derive_from)}」改为 {f.option_name(str(value))}。"
                self.warnings[f.id] = ("form.derived", said)

    def require(self) -> None:
        """What must be filled in and is not."""
        for f in self.item.form:
            if f.id in self.values or f.id in self.ctx.excused or self._has_error(f.id):
                continue
            if self._follows_later(f):
                continue
            if f.required or self._holds(f.required_if):
                self.errors[f.id] = ("form.required", f"「{f.name}」没有填。")

    def compare(self) -> None:
        """Fields that speak of each other."""
        for f in self.item.form:
            if f.id not in self.values:
                continue
            value = self.values[f.id]
            if f.not_before in self.values and value < self.values[f.not_before]:
                del self.values[f.id]
                self.errors[f.id] = ("form.before", f"「{f.name}」不能早于「{self._name(f.not_before)}」。")
            elif f.same_as in self.values and value != self.values[f.same_as]:
                said = f"「{f.name}」和「{self._name(f.same_as)}」不一样,请核对;确实不是一个人的,请在材料里说明。"
                self.warnings[f.id] = ("form.differs", said)

    def refuse_unknown(self) -> None:
        """Answers to what was not asked: another edition's page, or a mistake of a program."""
        unknown = [key for key in self.answers if self.item.field(str(key)) is None]
        for key in unknown[:MAX_UNKNOWN]:
            self.errors[str(key)[:64]] = ("form.unknown_field", "这一版表格里没有这一栏,请刷新页面后再填。")

    def bound(self) -> None:
        """The whole must fit in one event."""
        sizes = {key: _size(value) for key, value in self.values.items()}
        while sum(sizes.values()) > MAX_FORM_BYTES:
            longest = max(sizes, key=lambda key: sizes[key])
            del sizes[longest], self.values[longest]
            self.errors[longest] = ("form.too_long", f"整张表太长,请把「{self._name(longest)}」写短些。")

    def _read(self, f: Field, raw: object, into: dict[str, Any], place: str = "", where: str = "") -> None:
        """One value; ``place`` and ``where`` name a cell for programs and for people."""
        try:
            value = FIELD_CHECKS[f.type](f, raw, self.ctx)
            if value == "":
                raise Wrong("form.required", "没有填")  # nothing was left of it
            into[f.id] = value
        except Wrong as exc:
            self.errors[place or f.id] = (exc.code, f"{where}「{f.name}」:{exc.advice.rstrip('。')}。")

    def _read_table(self, f: Field, raw: object) -> None:
        if not isinstance(raw, list) and not blank(raw):
            self.errors[f.id] = ("form.wrong_type", f"「{f.name}」应一行一行地填。")
            return
        rows = [row for row in raw if not _blank_row(row)] if isinstance(raw, list) else []
        if not rows and (f.min_rows or not f.required):
            return  # not answered; `require` says so where it must be
        if not f.min_rows <= len(rows) <= f.max_rows:
            said = f"「{f.name}」应填 {f.min_rows} 到 {f.max_rows} 行,现在有 {len(rows)} 行。"
            self.errors[f.id] = ("form.rows", said)
            return
        stored = [self._read_row(f, index, row) for index, row in enumerate(rows)]
        if not self._has_error(f.id):
            self.values[f.id] = stored

    def _read_row(self, f: Field, index: int, row: object) -> dict[str, Any]:
        stored: dict[str, Any] = {}
        place, where = f"{f.id}.{index}", f"「{f.name}」第 {index + 1} 行"
        if not isinstance(row, Mapping):
            self.errors[place] = ("form.wrong_type", f"{where}看不懂,请删掉重填。")
            return stored
        for column in f.columns:
            raw = row.get(column.id)
            if not blank(raw):
                self._read(column, raw, stored, f"{place}.{column.id}", where)
            elif column.required:
                self.errors[f"{place}.{column.id}"] = ("form.required", f"{where}「{column.name}」没有填。")
        if not row.keys() <= {column.id for column in f.columns}:
            self.errors[place] = ("form.unknown_field", f"{where}有多余的栏,请刷新页面后再填。")
        return stored

    def _has_error(self, field_id: str) -> bool:
        """In the field or in a cell of it."""
        return any(key == field_id or key.startswith(field_id + ".") for key in self.errors)

    def _follows_later(self, f: Field) -> bool:
        """It will follow as soon as another field is right, which is said there."""
        source = self.item.field(f.derive_from or "")
        return source is not None and (source.id in self.errors or self._follows_later(source))

    def _holds(self, condition: Condition | None) -> bool:
        return condition is not None and bool(
            evaluate(condition, self.values, channel="", today=self.ctx.today)
        )

    def _name(self, field_id: str | None) -> str:
        found = self.item.field(field_id or "")
        return found.name if found else str(field_id)


def _blank_row(row: object) -> bool:
    return blank(row) or (isinstance(row, Mapping) and all(blank(value) for value in row.values()))


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _derived(f: Field, source: Any, today: date) -> Any:
    """The value of a field that follows from a stored one; None if it does not follow."""
    if f.type == "integer":
        return age_on(date.fromisoformat(source), today)
    citizen = parse_citizen_id(source, today)
    if f.type == "date":
        return citizen.birth.isoformat()
    wanted = {"male": "男", "female": "女"}[citizen.sex]
    return next((option.value for option in f.options if option.name == wanted), None)
