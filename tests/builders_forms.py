"""Items of the shipped catalogue, small made-up ones, and a valid application for any of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from common.catalogue import samples
from common.catalogue.items import Field, Item
from common.packs import Pack, load_pack

TODAY = date(2026, 2, 13)
VILLAGE = "511322115203"


@lru_cache(maxsize=1)
def shipped() -> Pack:
    """The shipped pack, read once."""
    return load_pack()


def item(code: str) -> Item:
    """An item of the shipped catalogue."""
    return shipped().item(code)


def fill_form(
    item: Item,
    seed: int = 0,
    *,
    today: date = TODAY,
    village: str = VILLAGE,
    paper_for: Callable[[Field], str] = samples.made_up_paper,
) -> dict[str, Any]:
    """A valid application, the same for the same seed; see ``common.catalogue.samples.fill_form``."""
    draw = random.Random(seed).randrange
    return samples.fill_form(item, draw, today=today, village=village, paper_for=paper_for)


def item_body(*form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of a small valid item that a township decides, with this form and these keys changed."""
    return {
        "code": "XX-001",
        "edition": "1",
        "name": "示例事项",
        "department": "MZ",
        "nature": "公共服务",
        "applicant_type": "natural_person",
        "authority": "township_decides",
        "case_type": "promised",
        "agency": {"allowed": True, "scope": "full", "in_person_steps": []},
        "materials": [],
        "procedure": [
            {"step": 1, "level": "village", "kind": "register", "name": "登记", "clock": "not_started"},
            {"step": 2, "level": "township", "kind": "accept", "name": "受理", "clock": "starts"},
            {
                "step": 3, "level": "township", "kind": "decide", "name": "决定", "clock": "ends",
                "days": 5, "unit": "working_day",
            },
        ],
        "time_limit": {"statutory": None, "promised": {"days": 5, "unit": "working_day"}, "excluded": []},
        "fee": {"charged": False, "basis": None, "standard": "不收费"},
        "result": {"type": "登记", "name": "回执"},
        "form": list(form) or [field_body("string")],
        "enums": {
            "gender": [{"value": "1", "name": "男"}, {"value": "2", "name": "女"}],
            "colour": [{"value": "red", "name": "红"}, {"value": "blue", "name": "蓝"}],
        },
        **changes,
    }  # fmt: skip


def field_body(type: str, id: str = "x", **more: Any) -> dict[str, Any]:
    """A form field as a pack writes it; ``enum`` types choose from red and blue."""
    chosen = {"enum": "colour"} if type in ("enum", "multi_enum") else {}
    level = {"level": "village"} if type == "division" else {}
    return {"id": id, "name": f"{id}栏", "type": type, "required": True, **chosen, **level, **more}


def small_item(*form: dict[str, Any], **changes: Any) -> Item:
    return Item.from_body(item_body(*form, **changes))
