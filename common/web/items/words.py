"""The catalogue's codes in the words of a service hall."""

from __future__ import annotations

from collections.abc import Mapping

from common.catalogue.items import Item, Material, Step, Term
from common.clock import Unit

AUTHORITY: Mapping[str, str] = {
    "village_direct": "村里当场办",
    "township_decides": "乡镇办结",
    "township_accepts_county_decides": "乡镇受理,县里决定",
    "township_reviews_county_decides": "乡镇审查,县里决定",
    "county_decides": "县里受理并决定",
    "parallel_departments": "几个部门同时办",
}
SCOPE: Mapping[str, str] = {
    "full": "代办员可以全程代办,本人不用跑",
    "partial": "可以代办,但有的环节须本人到场",
    "booking_only": "代办员只能代为预约和送达",
    "none": "不得代办,须本人来办",
}
COMES_HIMSELF: Mapping[str, str] = {
    "full": "有的环节,本人必须到场",
    "partial": "有的环节,本人必须到场",
    "booking_only": "本人必须到场,代办员只能预约和送达",
    "none": "须本人来办,不能代办",
}
"""R-103, in large letters before anything is registered."""
MATERIAL_FORM: Mapping[str, str] = {
    "original": "原件,收存",
    "original_seen_copy": "带原件核验,留复印件或照片",
    "photo": "照片",
    "electronic": "电子材料",
}
MATERIAL_SOURCE: Mapping[str, str] = {
    "applicant": "自备",
    "government": "政府部门核发,能共享核验的免交",
    "third_party": "第三方出具",
    "village": "村(社区)出具",
    "form": "系统生成,签字即可",
}
LEVEL: Mapping[str, str] = {
    "village": "村",
    "township": "乡镇",
    "county": "县",
    "prefecture_or_above": "市以上",
}
_UNIT: Mapping[Unit, str] = {"working_day": "个工作日", "calendar_day": "天"}


def days_words(days: int, unit: Unit | None) -> str:
    """15 个工作日, 60 天."""
    return f"{days} {_UNIT[unit or 'working_day']}"


def term_words(term: Term) -> str:
    """当场办结, 15 个工作日."""
    return days_words(term.days, term.unit) if term.days else "当场办结"


def step_words(step: Step) -> str:
    """How long a step takes, and whether it counts toward the promise; empty where it has no term."""
    if not step.days:
        return "当场" if step.clock == "instant" else ""
    return days_words(step.days, step.unit) + (",不计入承诺时限" if step.clock == "stopped" else "")


def material_words(material: Material) -> str:
    """带原件核验,留复印件或照片 · 1 份 · 自备."""
    parts = [MATERIAL_FORM[material.form], f"{material.copies} 份", MATERIAL_SOURCE[material.source]]
    return " · ".join(parts)


def months_words(months: tuple[int, ...]) -> str:
    return "、".join(f"{month} 月" for month in months)


def comes_himself(item: Item) -> bool:
    """R-103: the applicant must come, for the whole or for some step."""
    return not item.agency.allowed or item.agency.scope != "full" or bool(item.agency.in_person_steps)


def agent_may_register(item: Item) -> bool:
    """A village agent may take it on for the applicant."""
    return item.agency.allowed and item.agency.scope != "none" and "village_agent" in item.channels


def basis_words(item: Item) -> str:
    """《老年人权益保障法》第三十三条、《…》: the item's published basis, as it is cited."""
    return "、".join(f"《{each.title.strip('《》')}》{each.article or ''}" for each in item.legal_basis)
