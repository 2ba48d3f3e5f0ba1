"""What every template may use: filters that say dates and numbers, who asks, what he may, the form's token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, request
from jinja2.bccache import Bucket, BytecodeCache

from common import ids
from common.catalogue.amounts import yuan_of
from common.reference import Appointment
from common.texts import ROLES, STATES
from common.web import fields, visitor, words
from common.web.bar import bar_words
from common.web.rights import UNLOCK, here, may
from common.web.settings import NavLink


class _Compiled(BytecodeCache):
    """Templates compiled once in a process: several nodes may live in one."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if known := self._known.get(bucket.key):
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def furnish(app: Flask) -> None:
    app.jinja_env.bytecode_cache = _COMPILED
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(GLOBALS)
    app.context_processor(_context)


@dataclass(frozen=True, slots=True)
class Time:
    """A time as a page shows it: what people say, the full one on hover and in print, and one for machines."""

    machine: str
    full: str
    said: str

    def __str__(self) -> str:
        return self.said

    def __html__(self) -> str:
        """Nothing here comes from people: digits, and words of ours."""
        return f'<time datetime="{self.machine}" title="{self.full}">{self.said}</time>'


def when(ms: int) -> Time:
    """今天 09:12, with the full instant on hover and in print."""
    node = visitor.node()
    return Time(words.machine_instant(ms), words.full_instant(ms), words.instant_words(ms, node.now()))


def day(value: date | str) -> Time:
    """3月4日 周三, 今天; the full date on hover and in print."""
    value = _date(value)
    return Time(value.isoformat(), words.full_day(value), words.day_words(value, visitor.node().today()))


def formal(value: date | str) -> str:
    """2026年3月4日, as it stands in documents."""
    return words.formal_day(_date(value))


def _date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def who(officer: Appointment) -> str:
    """民政岗 王丽, 代办员 陈国秀, 县民政局首席代表 张华: how the header names an officer."""
    node = visitor.node()
    unit = ""
    if "/" in officer.office:
        unit = node.reference.office_name(officer.office).removeprefix(node.name)
    plain = unit and officer.role in ("clerk", "window")
    return f"{unit}{'' if plain else ROLES.get(officer.role, officer.role)} {officer.name}"


def due(left: int, last: date, *, provisional: bool = False, unit: str = "working_day") -> str:
    """还有 3 个工作日(到 3月9日 周一); ``left`` is the caller's."""
    return words.due_words(left, last, visitor.node().today(), provisional=provisional, unit=unit)


def date_said(last: date) -> str:
    return words.date_words(last, visitor.node().today())


FILTERS: dict[str, Callable[..., Any]] = {
    "when": when,
    "day": day,
    "formal": formal,
    "date_said": date_said,
    "size": words.size_words,
    "yuan": yuan_of,
    "mask_name": ids.mask_name,
    "mask_id": ids.mask_id,
    "mask_phone": ids.mask_phone,
    "state": lambda label: STATES.get(label, label),
    "role": lambda role: ROLES.get(role, role),
    "who": who,
}

GLOBALS: dict[str, Any] = {
    "due_words": due,
    "left_words": words.left_words,
    "may": may,
    "here": here,
    "input_of": fields.input_of,
    "choices_of": fields.choices_of,
    "field_key": fields.key_of,
    "FORM_TOKEN": visitor.FORM_TOKEN,
    "UNLOCK": UNLOCK,
}


def _context() -> dict[str, Any]:
    settings = visitor.settings()
    officer = visitor.officer_or_none()
    return {
        "node": visitor.node(),
        "me": officer,
        "nav": _marked(list(settings.nav(officer))),
        "form_token": visitor.form_token,
        "sync_bar": bar_words() if officer is not None else None,
        "can_sync_now": settings.sync_now is not None,
        "size": settings.size,
        "start": settings.start,
        "idle_ms": visitor.accounts().idle_ms,
        "warn_of_key": settings.key_beside_data,
    }


def _marked(links: list[NavLink]) -> list[tuple[NavLink, bool]]:
    """Each link with whether it leads to the page that is shown: of several that fit, the longest."""
    fitting = [link for link in links if _leads_here(link.path)]
    current = max(fitting, key=lambda link: len(link.path), default=None)
    return [(link, link is current) for link in links]


def _leads_here(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(path.rstrip("/") + "/"))
