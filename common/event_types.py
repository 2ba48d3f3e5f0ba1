"""Every type of event, in one table: does it move, where does it belong, what must stand in its body (PROTOCOL.md 4).

``check_body`` is asked by whoever writes an event and again by whoever folds it: a stored event whose body does not fit
has no effect, with ``body.malformed`` as its reason.  Keys that the table does not name are allowed and carried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from common.offices import is_office


class Home(StrEnum):
    CASE = "case"  # belongs to one case, and is folded with it
    REFERENCE = "reference"  # in the hub's reference origin; gapless at every node
    NODE = "node"  # in a node's own origin, of no case: its epochs, its appointments


@dataclass(frozen=True, slots=True)
class EventType:
    """``body``: field -> kind, see ``_KINDS``; a trailing ``?`` makes the field optional (or null).

    ``automatic``: written by a node, not by a person, so without ``actor``.
    """

    name: str
    chinese: str
    home: Home
    body: Mapping[str, str]
    moves: bool = False
    automatic: bool = False
    asks: bool = False


_ID = re.compile(r"[0-9a-f]{64}\Z")
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")
MAX_TEXT = 4000
MAX_SHORT = 200
MAX_ADDRESS = 127  # of which a slip can carry the host in seven bits


def is_date(value: Any) -> bool:
    """A civil date written ``YYYY-MM-DD``."""
    return isinstance(value, str) and len(value) == 10 and _is_date(value)


@lru_cache(4096)  # the same days again and again
def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    year, month, day = (int(part) for part in text.split("-"))
    if year < 1:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def is_address(value: Any) -> bool:
    """A node's base address: scheme http or https, a host, perhaps a port, nothing else."""
    if not (isinstance(value, str) and value.isascii() and len(value) <= MAX_ADDRESS):
        return False
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    bare = value == f"{parts.scheme}://{parts.netloc}" and "@" not in value
    return good and bare and re.search(r"[\s\"<>\\]", value) is None


_KINDS: Mapping[str, Callable[[Any], object]] = {
    "id": lambda v: isinstance(v, str) and _ID.match(v) is not None,
    "ids": lambda v: (
        isinstance(v, list) and 0 < len(v) <= 200 and all(isinstance(x, str) and _ID.match(x) for x in v)
    ),
    "office": is_office,
    "address": is_address,
    "short": lambda v: isinstance(v, str) and 0 < len(v) <= MAX_SHORT,
    "text": lambda v: isinstance(v, str) and 0 < len(v) <= MAX_TEXT and not v.isspace(),
    "date": is_date,
    "int": lambda v: type(v) is int,
    "count": lambda v: type(v) is int and v >= 0,
    "bool": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "objects": lambda v: isinstance(v, list) and len(v) <= 400 and all(isinstance(x, dict) for x in v),
    "list": lambda v: isinstance(v, list),
}


def _table(*types: EventType) -> dict[str, EventType]:
    return {t.name: t for t in types}


def _moving(name: str, chinese: str, /, *, automatic: bool = False, **body: str) -> EventType:
    return EventType(
        "case." + name, chinese, Home.CASE, {"office": "office", "day": "date", **body}, True, automatic
    )


def _adding(
    name: str, chinese: str, /, *, automatic: bool = False, asks: bool = False, **body: str
) -> EventType:
    return EventType(
        name, chinese, Home.CASE, {"office": "office", "day": "date", **body}, False, automatic, asks
    )


def _reference(name: str, chinese: str, /, **body: str) -> EventType:
    return EventType(name, chinese, Home.REFERENCE, body, automatic=True)


# Each act of a case carries `office`, for whom its author acted, and `day`, its civil date in Asia/Shanghai.
# fmt: off
EVENT_TYPES: Mapping[str, EventType] = _table(
    # -- moving acts
    _moving(
        "registered", "登记",
        salt="short", number="short", item="short", edition="id", channel="short", village="office?",
        applicant="object", form="object", papers="objects", mandate="object?", query_code="short",
        first_asked="id?", ticked="list?",
    ),
    _moving("submitted", "报送", to="office", urgent="bool?"),
    _moving("cancelled", "撤回登记", reason="text", of="id?"),
    _moving(
        "arrived", "收到", automatic=True,
        of="id", of_kind="short", to="office?", notice_by="date?", calendar="id?", edition="id?",
    ),
    _moving("accepted", "受理", originals="ids?", checked="list?", note="text?"),
    _moving("correction_asked", "一次性告知", correct_by="date", wanted="objects"),
    _moving("not_accepted", "不予受理", reason="text", competent="short?", ground="short?"),
    _moving("lapsed", "视为受理", automatic=True),
    _moving("expired", "逾期未补,退件", automatic=True),
    _moving("stepped", "完成环节", step="count", opinion="text?", people="list?"),
    _moving("offered", "移送", to="office", direction="short", opinion="text?"),
    _moving("taken", "接收", of="id"),
    _moving("declined", "不接收", of="id", reason="text"),
    _moving("recalled", "收回", of="id", reason="text?"),
    _moving("paused", "停表", kind="short", reason="text", announced_days="count"),
    _moving("resumed", "恢复计时", of="id", note="text?"),
    _moving("suspended", "中止", reason="text"),
    _moving("restarted", "恢复办理", of="id", note="text?"),
    _moving("extended", "延期", days="count", reason="text", approved_by="short"),
    _moving("override_granted", "准许再次告知", reason="text"),
    _moving(
        "decided", "决定",
        result="short", reasons="text?", basis="text?", document="text?",
        number="short?", signature="text?", key="short?",
    ),
    _moving("revoked", "撤销决定", of="id", reason="text"),
    _moving("terminated", "终止", reason="text"),
    _moving("taken_over", "县级接管", reason="text", notice_by="date?", calendar="id?", edition="id?"),
    _moving("adopted", "裁定采纳", acts="ids", reason="text", dates="object?"),
    # -- adding acts
    _adding("case.noted", "备注", text="text"),
    _adding("case.urged", "催办", text="text?"),
    _adding("paper.added", "补充说明材料", papers="objects", note="text?"),
    _adding("paper.original_seen", "核验原件", materials="list"),
    _adding("correction.handed_in", "交来补正材料", asks=True, papers="objects", form="object?", note="text?"),
    _adding("withdrawal.asked", "申请撤回", asks=True, reason="text?", papers="objects?"),
    _adding("ask.answered", "答复", of="id", reason="text"),
    _adding("case.delivered", "送达", of="id", way="short", received_by="short", relation="short?", papers="objects?"),
    _adding("case.rated", "评价", score="count", text="text?", named="bool?"),
    _adding("case.archived", "归档", note="text?"),
    _adding("case.confirmed", "县级确认", automatic=True),
    _adding("ruling.dismissed", "裁定不采纳", of="id", reason="text"),
    _adding("ruling.dated", "更正日期", of="id", to="date", reason="text"),
    # -- a node's own
    EventType(
        "epoch.opened", "开启新的留痕段", Home.NODE,
        {"tips": "list", "device": "short", "generation": "count?", "program": "short?"}, automatic=True,
    ),
    EventType(
        "origin.forked", "发现分叉", Home.NODE,
        {"origin": "short", "seq": "count", "ids": "ids"}, automatic=True,
    ),
    # -- people: in the reference origin where the hub appoints, in a township's own where the township does
    EventType(
        "officer.appointed", "任用", Home.NODE,
        {"name": "short", "office": "office", "role": "short", "post": "short?"}, automatic=True,
    ),
    EventType("officer.ended", "解除任用", Home.NODE, {"of": "id", "reason": "text?"}, automatic=True),
    # -- reference
    _reference(
        "hub.enrolled", "县级中心启用",
        county="short", name="short", node="short", root="object", sign="object", seal="object",
        generation="count", practice="bool",
    ),
    _reference("hub.addressed", "县级中心地址", url="address"),
    _reference("origin.opened", "县级留痕段启用", origin="short", generation="count"),
    _reference("division.published", "行政区划", code="short", name="short", kind="short?", villages="list?"),
    _reference(
        "office.named", "承办单位",
        office="office", name="short", name_en="short?", post="short?", window="bool?",
    ),
    _reference(
        "calendar.published", "工作日历",
        version="short", covers="list", off_days="list", extra_workdays="list",
    ),
    _reference("item.published", "事项版本", code="short", name="short", edition="short"),
    _reference(
        "catalogue.published", "事项目录",
        version="short", items="object", enums="object", departments="list",
    ),
    _reference("node.enrolled", "节点启用", node="short", office="office", name="short", sign="object", seal="object"),
    _reference("node.revoked", "节点停用", node="short", cuts="object", records="object?", reason="text?"),
    _reference("department.keyed", "部门签名公钥", office="office", key="object"),
    _reference("office.merged", "承办单位合并", old="office", new="office", reason="text?"),
    _reference("rules.switched", "规则版本启用", edition="count"),
)
# fmt: on


def in_words(kind: str) -> str:
    """An event of this type in a word for people, one that is not known here too."""
    known = EVENT_TYPES.get(kind)
    return known.chinese if known else "这里不认得的一步"


APPOINTMENTS = frozenset({"officer.appointed", "officer.ended"})


def check_body(kind: str, body: Mapping[str, Any]) -> str | None:
    """The first field of ``body`` that does not fit the table, None if all fit or the type is not known here."""
    for field, needed, fits in _CHECKS.get(kind, ()):
        value = body.get(field)
        if needed if value is None else not fits(value):
            return field
    return None


_CHECKS: Mapping[str, Sequence[tuple[str, bool, Callable[[Any], object]]]] = {
    name: tuple(
        (field, not rule.endswith("?"), _KINDS[rule.rstrip("?")]) for field, rule in kind.body.items()
    )
    for name, kind in EVENT_TYPES.items()
}
