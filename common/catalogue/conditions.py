"""When a paper or a field is wanted: the little language of the catalogue's conditions.

A condition is either an expression over form values, in ASCII, ::

    field = value    field != value    field < 18 (also <=, >, >=)    field in [value, value]    age(field) < 18

or Chinese words that a person reads and ticks, such as 已婚.  One form of words is understood: 通过代办员申请 holds
where the channel is the village agent's.  Expressions are parsed strictly against the form, so a misspelt
field or option is found when the catalogue is loaded and not when someone stands at the table.  Evaluation is
total: what is not known is None.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from common.calendar import civil_date
from common.catalogue.amounts import age_on, decimal_of, fen_of

if TYPE_CHECKING:
    from common.catalogue.items import Item, Material

AGENT = "village_agent"  # the channel of an application that a village agent makes for someone
BY_AGENT = "通过代办员申请"

Operand = str | int | bool | Decimal

_FIELD = r"(?P<age>age\(\s*)?(?P<field>[a-z][a-z0-9_]{0,63})(?(age)\s*\))"
_COMPARISON = re.compile(_FIELD + r"\s*(?P<op>!=|<=|>=|=|<|>)\s*(?P<value>[A-Za-z0-9_.\-]{1,64})\Z")
_MEMBERSHIP = re.compile(_FIELD + r"\s+in\s+\[(?P<values>[A-Za-z0-9_.\-, ]{1,640})\]\Z")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ORDERING = {"<": "小于", "<=": "不超过", ">": "大于", ">=": "不小于"}
_ORDERED = frozenset({"integer", "money", "decimal", "date"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What a condition needs to know of a form field; ``options`` are values with their names."""

    type: str
    name: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expression:
    """``operands`` are in the form's stored units: fen for money, Decimal for decimals, ISO text for dates.

    ``words`` says it in Chinese, for people.
    """

    words: str
    field: str
    of_age: bool
    op: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A condition that only a person can judge."""

    words: str


Condition = Expression | Words


def parse_condition(text: str, form: Mapping[str, Shape]) -> Condition:
    """The condition written in ``text``; ``form`` names the fields that it may speak of.

    Errors:
        ValueError, in Chinese: ASCII that is no expression, an unknown field or option, or a comparison that makes
            no sense.
    """
    text = text.strip()
    if not text.isascii():
        return Words(text)
    found = _COMPARISON.match(text) or _MEMBERSHIP.match(text)
    if found is None:
        raise ValueError(f"看不懂的条件 {text!r}")
    parts = found.groupdict()
    name, of_age, op = parts["field"], parts["age"] is not None, parts.get("op") or "in"
    shape = form.get(name)
    if shape is None:
        raise ValueError(f"条件 {text!r} 里的 {name} 不在表单中")
    if of_age and shape.type != "date":
        raise ValueError(f"条件 {text!r}: 只有日期才能算年龄")
    shape = Shape("integer", "年龄") if of_age else shape
    if op in _ORDERING and shape.type not in _ORDERED:
        raise ValueError(f"条件 {text!r}: {name} 不能比大小")
    written = [part.strip() for part in parts["values"].split(",")] if op == "in" else [parts["value"]]
    try:
        operands = tuple(_operand(value, shape) for value in written)
    except ValueError as exc:
        raise ValueError(f"条件 {text!r}: {name} 没有这样的值") from exc
    return Expression(_words(shape, op, written), name, of_age, op, operands)


def evaluate(condition: Condition, values: Mapping[str, Any], *, channel: str, today: date) -> bool | None:
    """Does the condition hold for these stored form values; None if a person must say."""
    if isinstance(condition, Words):
        return channel == AGENT if condition.words == BY_AGENT else None
    value = values.get(condition.field)
    if condition.of_age:
        value = _age(value, today)
    if isinstance(value, list):  # several chosen: the condition asks whether one of them is meant
        hit = any(operand in value for operand in condition.operands)
        return not hit if condition.op == "!=" else hit
    wanted = type(condition.operands[0])
    if wanted is Decimal and isinstance(value, str):
        try:
            value = decimal_of(value)
        except ValueError:
            return None
    if type(value) is not wanted:
        return None
    if condition.op == "in":
        return value in condition.operands
    return _OPERATORS[condition.op](value, condition.operands[0])


@dataclass(frozen=True, slots=True)
class Requirement:
    """A paper of an item's list as it stands for one application.

    ``required`` is None where a person must say whether the condition holds; ``why`` is for people, empty if
    always wanted.
    """

    material: Material
    required: bool | None
    why: str


def materials_required(
    item: Item, values: Mapping[str, Any], channel: str, ticked: Collection[str], *, today: date
) -> list[Requirement]:
    """Each paper of the item's published list and no other (R-210), in its order.

    Args:
        values: stored form values, as ``check_form`` returns them; they may be incomplete.
        channel: ``village_agent``, ``township_window``, ``county_window``.
        ticked: ids of papers whose condition, in words, a person said holds.
        today: the day of the application, for conditions about age.
    """
    wanted = []
    for material in item.materials:
        if material.condition is None:
            wanted.append(Requirement(material, material.always, material.note or ""))
            continue
        holds = evaluate(material.condition, values, channel=channel, today=today)
        if holds is None and material.id in ticked:
            holds = True
        wanted.append(Requirement(material, holds, material.condition.words))
    return wanted


def _operand(text: str, shape: Shape) -> Operand:
    match shape.type:
        case "enum" | "multi_enum" if text in shape.options:
            return text
        case "integer" if text.removeprefix("-").isdigit():
            return int(text)
        case "money":
            return fen_of(text)
        case "decimal":
            return decimal_of(text)
        case "bool" if text in ("true", "false"):
            return text == "true"
        case "date":
            return civil_date(text).isoformat()
    raise ValueError(text)


def _words(shape: Shape, op: str, written: list[str]) -> str:
    if op in _ORDERING:
        return f"{shape.name}{_ORDERING[op]} {written[0]}"
    choice = {"true": "是", "false": "否"} if shape.type == "bool" else shape.options
    named = "或".join(f"「{choice.get(value, value)}」" for value in written)
    return f"{shape.name}{'不是' if op == '!=' else '为'}{named}"


def _age(value: object, today: date) -> int | None:
    try:
        age = age_on(civil_date(value), today)
    except ValueError:
        return None
    return age if age >= 0 else None
