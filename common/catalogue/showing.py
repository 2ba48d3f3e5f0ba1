"""Stored form values as a page shows them: to be typed over again, or to be read by people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from common.catalogue.amounts import yuan_of
from common.catalogue.items import Field


def as_typed(f: Field, value: Any) -> Any:
    """What a person would type for a stored value; ``check_form`` turns it back into the same.

    Returns:
        text; for ``multi_enum`` and ``photo`` a list of texts, for ``table`` a list of objects of texts.
    """
    match f.type:
        case "table":
            return [{c.id: as_typed(c, row[c.id]) for c in f.columns if c.id in row} for row in value]
        case "multi_enum" | "photo":
            return list(value)
        case "money":
            return yuan_of(value)
        case "bool":
            return "true" if value else "false"
        case "geo_point":
            return f"{value['lat']},{value['lng']}"
        case "signature":
            return f"{value['kind']}:{value['paper']}"
    return str(value)


def as_read(f: Field, value: Any) -> str:
    """The value in words.  A table is a line for each row; papers are counted, the page shows them itself."""
    match f.type:
        case "table":
            rows = (
                ",".join(f"{c.name} {as_read(c, row[c.id])}" for c in f.columns if c.id in row)
                for row in value
            )
            return "\n".join(rows)
        case "enum":
            return f.option_name(value)
        case "multi_enum":
            return "、".join(f.option_name(one) for one in value)
        case "money":
            return f"{yuan_of(value)} 元"
        case "bool":
            return "是" if value else "否"
        case "date":
            return _day(date.fromisoformat(value))
        case "datetime":
            moment = datetime.fromisoformat(value)
            return f"{_day(moment.date())} {moment:%H:%M}"
        case "geo_point":
            return f"北纬 {value['lat']},东经 {value['lng']}"
        case "photo":
            return f"照片 {len(value)} 张"
        case "signature":
            return "屏幕手写签名" if value["kind"] == "drawing" else "签字或按印的纸,已拍照"
    return str(value)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
