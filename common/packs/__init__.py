"""Packs on disk: the divisions, working days and catalogue of a county, read, checked, turned into reference events.

A pack is a folder with ``divisions/`` and, if it has its own, ``workdays/`` and ``catalogue/``; what it lacks comes
from the pack that is shipped in ``common/data``.  Nothing of any county stands in the code: which codes to leave out
and which townships a demonstration prefers are data too (``leave_out.json`` and ``demo.json`` in ``divisions/``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.calendar import calendar_body_from_pack
from common.catalogue.items import Item
from common.errors import Misuse
from common.packs.catalogue import Catalogue, Department, read_catalogue
from common.packs.divisions import Divisions, Township, read_divisions
from common.packs.files import SHIPPED, Body, own_or_shipped, read_json
from common.texts import words

__all__ = ["BadPack", "Department", "Divisions", "Pack", "Township", "load_pack", "with_item_ids"]

MAX_BODY_BYTES = 60_000  # what an event of 64 kB leaves for its body


class BadPack(Misuse):
    """The pack cannot be used; ``faults`` says every reason in Chinese, with its place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("pack.bad", faults=list(self.faults))


@dataclass(frozen=True, slots=True)
class Pack:
    """A county's reference data; ``calendar`` is the body of ``calendar.published``."""

    divisions: Divisions
    calendar: Body
    catalogue: Catalogue

    @property
    def county(self) -> str:
        return self.divisions.county

    @property
    def county_name(self) -> str:
        return self.divisions.county_name

    @property
    def townships(self) -> tuple[Township, ...]:
        """By code, without those to leave out."""
        return self.divisions.townships

    @property
    def items(self) -> tuple[Item, ...]:
        """In the catalogue's order."""
        return self.catalogue.items

    def item(self, code: str) -> Item:
        """The item with this code; KeyError if there is none."""
        return {item.code: item for item in self.items}[code]

    def reference_events(self, county: str) -> Iterator[tuple[str, Body]]:
        """(type, body) of what a hub publishes when it begins, in order.

        The last is ``catalogue.published``, which lists item codes: ``with_item_ids`` puts in the ids of the events
        that published them.

        Errors:
            BadPack: the pack is of another county.
        """
        if county != self.county:
            raise BadPack([f"资料包是{self.county_name}({self.county})的,不是 {county} 的"])
        yield "division.published", {"code": self.county, "name": self.county_name, "level": "county"}
        for township in self.townships:
            yield "division.published", _township_body(township)
        for department in self.catalogue.departments:
            if department.window:
                yield "office.named", _office_body(self.county, department)
        yield "calendar.published", self.calendar
        for body in self.catalogue.bodies:
            yield "item.published", body
        yield "catalogue.published", self.catalogue.body

    def demo_townships(self, villages: Sequence[int] = (2, 1)) -> tuple[Township, ...]:
        """A township for each number of villages wanted, all different.

        In each place the pack's preferred one, if it has enough villages; else the first by code that is left.

        Errors:
            BadPack: not so many townships have enough villages.
        """
        chosen: list[Township] = []
        for place, wanted in enumerate(villages):
            fit = [t for t in self.townships if t not in chosen and len(t.villages) >= wanted]
            favourites = [t for t in fit if t.name in self.divisions.preferred[place : place + 1]]
            if not fit:
                raise BadPack(
                    [f"演示要 {len(villages)} 个乡镇,各有 {'、'.join(map(str, villages))} 个村,资料包里不够"]
                )
            chosen.append((favourites or fit)[0])
        return tuple(chosen)


def with_item_ids(body: Mapping[str, Any], ids: Mapping[str, str]) -> Body:
    """The body of ``catalogue.published`` with ``items`` as code -> id of the event that published the edition."""
    return {**body, "items": {code: ids[code] for code in body["items"]}}


def load_pack(directory: Path | str | None = None) -> Pack:
    """The pack in a folder, or the shipped one.

    Errors:
        BadPack: with every fault found.
    """
    root = SHIPPED if directory is None else Path(directory)
    faults: list[str] = []
    pack = Pack(read_divisions(root, faults), _read_calendar(root, faults), read_catalogue(root, faults))
    if not faults:
        faults += _oversized(pack)
    if faults:
        raise BadPack(faults)
    return pack


def _read_calendar(root: Path, faults: list[str]) -> Body:
    file = own_or_shipped(root, "workdays", "calendar*.json")
    document = read_json(file, faults)
    if document is None:
        return {}
    try:
        return calendar_body_from_pack(document)
    except Misuse as exc:
        faults.append(f"{file}: {words(exc)}")
        return {}


def _township_body(township: Township) -> Body:
    return {
        "code": township.code,
        "name": township.name,
        "kind": township.kind,
        "level": "township",
        "pinyin": township.pinyin,
        "initials": township.initials,
        "villages": [list(village) for village in township.villages],
    }


def _office_body(county: str, department: Department) -> Body:
    return {
        "office": f"{county}/{department.code}",
        "name": department.name,
        "name_en": department.name_en,
        "window": department.window,
        "post": department.post,
    }


def _oversized(pack: Pack) -> Iterator[str]:
    for kind, body in pack.reference_events(pack.county):
        size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
        if size > MAX_BODY_BYTES:
            yield f"{kind} {body.get('code', '')}: {size} 字节,超过 {MAX_BODY_BYTES},一条记录装不下"
