"""The catalogue of a pack: ``catalogue/catalogue.json`` and, for the search, ``catalogue/occasions.json`` beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.catalogue.items import COUNTED, Item
from common.catalogue.reading import BadData, Reading
from common.packs.files import SHIPPED, Body, own_or_shipped, read_json, refuse_doubles, texts
from common.packs.pinyin import initials_of, pinyin_of

FOLDER = "catalogue"
_NOT_PUBLISHED = frozenset({"load"})  # weights for made-up load, no part of an item


@dataclass(frozen=True, slots=True)
class Department:
    """``window``: it sits at the county centre; ``post`` is the name of its post in a township, if it has one."""

    code: str
    name: str
    name_en: str
    post: str | None
    window: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``body`` is that of ``catalogue.published``, its ``items`` still codes; ``items`` and ``bodies`` go in step."""

    body: Body
    departments: tuple[Department, ...] = ()
    items: tuple[Item, ...] = ()
    bodies: tuple[Body, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Occasion -> item codes, in the order to show them; item code -> other names that people use."""

    occasions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_catalogue(root: Path, faults: list[str]) -> Catalogue:
    file = own_or_shipped(root, FOLDER, "catalogue.json")
    document = read_json(file, faults)
    if document is None:
        return Catalogue({})
    raw = Reading(document, "catalogue.json", faults)
    version, enums = raw.text("catalogue_version"), dict(raw.items("enums"))
    departments = tuple(_read_department(d) for d in raw.each("departments"))
    refuse_doubles((d.code for d in departments), "catalogue.json 的部门", faults)
    listed = [item for item in raw.values("items") if isinstance(item, Mapping)]
    finding = _read_finding(file.parent, listed, faults)
    bodies = tuple(item_body(item, version, enums, finding) for item in listed)
    items = tuple(_read_items(bodies, faults))
    for item in items:
        faults.extend(f"事项 {item.code}: {why}" for why in inconsistencies(item, departments))
    refuse_doubles((item.code for item in items), "catalogue.json 的事项", faults)
    if not items:
        raw.fault("items", "一个事项也没有")
    body = {
        "version": version,
        "notice": raw.text_or_none("notice") or "",
        "enums": enums,
        "code_lists": dict(raw.items("code_lists")),
        "departments": list(raw.values("departments")),
        "occasions": list(finding.occasions),
        "items": [item.code for item in items],
    }
    return Catalogue(body, departments, items, bodies)


def item_body(raw: Mapping[str, Any], edition: str, enums: Mapping[str, Any], finding: Finding) -> Body:
    """The body of ``item.published``: the pack's item with what makes it stand by itself (see ``common.catalogue``)."""
    name, code = str(raw.get("name", "")), str(raw.get("code", ""))
    pinyin = pinyin_of(name)
    return {
        **{key: value for key, value in raw.items() if key not in _NOT_PUBLISHED},
        "edition": edition,
        "enums": {key: enums[key] for key in _enums_used(raw) if key in enums},
        "pinyin": pinyin,
        "initials": initials_of(pinyin),
        "aliases": [_alias(alias) for alias in finding.aliases.get(code, ())],
        "occasions": [occasion for occasion, codes in finding.occasions.items() if code in codes],
    }


def inconsistencies(item: Item, departments: Collection[Department]) -> Iterator[str]:
    """What an item says that cannot all be true, in Chinese."""
    if not re.fullmatch("[A-Z0-9][A-Z0-9-]{1,19}", item.code):
        yield "编号只能是大写字母、数字和横线,2 到 20 个"
    windows = {d.code: d.window for d in departments}
    named = [item.department, *item.co_departments, *(s.department for s in item.procedure if s.department)]
    yield from (f"没有 {code} 这个部门" for code in dict.fromkeys(named) if code not in windows)
    for step in item.procedure:
        if step.level in ("county", "prefecture_or_above") and not windows.get(
            step.department or item.department, True
        ):
            yield f"环节 {step.number} 在县级,但部门 {step.department or item.department} 没有县级窗口"
    counted = sum(item.promised_by_level().values())
    if counted != item.promised.days:
        yield f"各环节合计 {counted} 天,和承诺的 {item.promised.days} 天不符"
    if any(s.unit != item.promised.unit for s in item.procedure if s.clock in COUNTED and s.days):
        yield "计入时限的环节和承诺时限用的不是一种天数"
    if item.instant != (item.case_type == "instant"):
        yield "即办件的承诺时限应是 0 天,别的办件不是"
    limit = item.statutory
    if limit is not None and limit.unit == item.promised.unit and limit.days < item.promised.days:
        yield f"承诺 {item.promised.days} 天,超过法定的 {limit.days} 天"
    stopped = [s for s in item.procedure if s.clock == "stopped"]
    if len(stopped) != len(item.excluded):
        yield f"有 {len(stopped)} 个停表环节,不计时限的程序却列了 {len(item.excluded)} 个"


def _read_department(raw: Reading) -> Department:
    code = raw.text("code")
    if not re.fullmatch("[A-Z0-9]{1,12}", code):
        raw.fault("code", "部门代码只能是大写字母和数字,最多 12 个")
    return Department(
        code=code,
        name=raw.text("name"),
        name_en=raw.text_or_none("name_en") or "",
        post=raw.text_or_none("township_post"),
        window=raw.flag("county_window", default=True),
    )


def _read_items(bodies: Collection[Body], faults: list[str]) -> Iterator[Item]:
    for body in bodies:
        try:
            yield Item.from_body(body)
        except BadData as exc:
            faults.extend(exc.faults)


def _read_finding(folder: Path, listed: Collection[Mapping[str, Any]], faults: list[str]) -> Finding:
    """The catalogue's own ``occasions.json``; else the shipped one, for the items that are the shipped ones by name."""
    own = folder / "occasions.json"
    file = own if own.is_file() else SHIPPED / FOLDER / "occasions.json"
    raw = Reading(read_json(file, faults), "occasions.json", faults)
    occasions = {
        name: texts(codes, f"occasions.json 的 {name}", faults) for name, codes in raw.items("occasions")
    }
    aliases = {
        code: texts(names, f"occasions.json 的 {code}", faults) for code, names in raw.items("aliases")
    }
    codes = {str(item.get("code")) for item in listed}
    if own.is_file():
        strange = {*aliases, *(code for found in occasions.values() for code in found)} - codes
        faults.extend(f"occasions.json: 没有 {code} 这个事项" for code in sorted(strange))
        return Finding(occasions, aliases)
    known = codes & _shipped_codes(listed, faults)
    kept = {name: tuple(code for code in found if code in known) for name, found in occasions.items()}
    return Finding(
        {name: found for name, found in kept.items() if found},
        {code: names for code, names in aliases.items() if code in known},
    )


def _shipped_codes(listed: Collection[Mapping[str, Any]], faults: list[str]) -> set[str]:
    """Codes that mean in the shipped catalogue what they mean in this one."""
    shipped = read_json(SHIPPED / FOLDER / "catalogue.json", faults) or {"items": []}
    named = {(item["code"], item["name"]) for item in shipped["items"]}
    return {str(item.get("code")) for item in listed if (item.get("code"), item.get("name")) in named}


def _enums_used(raw: Mapping[str, Any]) -> list[str]:
    """Names of the option lists that an item's form uses, its tables' columns included."""
    fields = Reading(raw, "").each("form")
    found = (f.value("enum") for one in fields for f in (one, *one.each("columns")))
    return sorted({name for name in found if isinstance(name, str)})


def _alias(name: str) -> Body:
    pinyin = pinyin_of(name)
    return {"name": name, "pinyin": pinyin, "initials": initials_of(pinyin)}
