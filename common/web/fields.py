"""Fields of an item's form on a page: what kind of input each of the 21 types gets, and how what was typed comes back.

What comes back is *as typed*: text, lists of text (``multi_enum``, ``photo``), rows of text (``table``); what it means
and whether it is right, ``common.catalogue.forms`` says.  Names of inputs: the field's id; in a table
``members.0.name``.  A picture's file has its field's name among the request's files; the papers that are there already
are named in hidden inputs of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from common.catalogue.items import Field

Kind = Literal["line", "text", "radios", "select", "ticks", "file", "table"]
MOST_RADIOS = 5
_CELL = re.compile(r"(?P<table>[a-z][a-z0-9_]*)\.(?P<row>\d{1,3})\.(?P<column>[a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Input:
    """How a field looks: ``kind`` picks the markup, the rest are attributes; None leaves one out."""

    kind: Kind
    type: str = "text"
    mode: str | None = None
    width: Literal["short", "middle", "full"] = "full"
    most: int | None = None
    unit: str | None = None
    hint: str | None = None
    accept: str | None = None


_INPUTS: Mapping[str, Input] = {
    "string": Input("line"),
    "text": Input("text"),
    "person_name": Input("line", width="middle", most=60),
    "cn_id": Input("line", width="middle", most=24),
    "uscc": Input("line", width="middle", most=24),
    "phone": Input("line", type="tel", width="middle", most=20),
    "date": Input("line", type="date", width="short"),
    "datetime": Input("line", type="datetime-local", width="short"),
    "integer": Input("line", mode="numeric", width="short", most=12),
    "decimal": Input("line", mode="decimal", width="short", most=24),
    "money": Input("line", mode="decimal", width="short", most=24, unit="元"),
    "bool": Input("radios"),
    "bank_account": Input("line", mode="numeric", width="middle", most=40),
    "plate": Input("line", width="short", most=12),
    "geo_point": Input("line", mode="text", width="middle", most=40, hint="纬度,经度,例如 31.0766,106.5652"),
    "photo": Input("file", accept="image/jpeg,image/png"),
    "signature": Input("file", accept="image/jpeg,image/png", hint="拍下已签名或按手印的纸,或在屏幕上写"),
    "multi_enum": Input("ticks"),
    "table": Input("table"),
    "division": Input("select"),
}


def input_of(field: Field) -> Input:
    """The input for a field of any type of the catalogue."""
    if field.type == "enum":
        return Input("radios" if len(field.options) <= MOST_RADIOS else "select")
    return _INPUTS[field.type]


def key_of(name: str) -> str:
    """The element's id for an input's name: ``members.0.name`` is ``f-members-0-name``."""
    return "f-" + name.replace(".", "-")


def choices_of(field: Field) -> tuple[tuple[str, str], ...]:
    """(value, words) to choose from in an ``enum``, ``multi_enum`` or ``bool``."""
    return YES_NO if field.type == "bool" else tuple((option.value, option.name) for option in field.options)


YES_NO = (("true", "是"), ("false", "否"))


def typed(fields: Iterable[Field], form: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, by field id: text, a list of text, or a list of rows; fields without anything typed are absent.

    Wholly empty rows of a table are left out; new pictures are not here but among the request's files.
    """
    values: dict[str, Any] = {}
    for field in fields:
        value: Any
        if field.type == "table":
            value = [row for row in _rows(field, form).values() if any(row.values())]
        elif field.type in ("multi_enum", "photo"):
            value = [one for one in form.getlist(field.id) if one]
        else:
            value = form.get(field.id, "").strip()
        if value:
            values[field.id] = value
    return values


def _rows(field: Field, form: MultiDict[str, str]) -> dict[int, dict[str, str]]:
    """The rows by their numbers, in order; there may be gaps where a script took a row away."""
    columns = {column.id for column in field.columns}
    rows: dict[int, dict[str, str]] = {}
    for name in form:
        cell = _CELL.fullmatch(name)
        if cell and cell["table"] == field.id and cell["column"] in columns:
            rows.setdefault(int(cell["row"]), {})[cell["column"]] = form[name].strip()
    return {number: rows[number] for number in sorted(rows)[: field.max_rows]}


@dataclass(frozen=True, slots=True)
class RowAct:
    """A button of a table was pressed instead of the form's own: add a row, or take one away (its number)."""

    field: str
    drop: int | None


ADD, DROP = "_add", "_drop"


def row_act(form: Mapping[str, str]) -> RowAct | None:
    """The row button that was pressed, if one was: tables grow without a script."""
    if ADD in form:
        return RowAct(form[ADD], None)
    field, _, row = form.get(DROP, "").rpartition(".")
    return RowAct(field, int(row)) if field and row.isdecimal() else None


def with_row_act(
    values: dict[str, Any], form: MultiDict[str, str], fields: Iterable[Field]
) -> dict[str, Any]:
    """What was typed, after the row button: the table as it is to be shown again, its empty rows kept."""
    act = row_act(form)
    field = next((f for f in fields if act and f.id == act.field and f.type == "table"), None)
    if act is None or field is None:
        return values
    rows = [row for number, row in _rows(field, form).items() if number != act.drop]
    if act.drop is None:
        rows = [*rows, {}][: field.max_rows]
    return {**values, field.id: rows}
