"""What pages ask of the reference ledger: items as people look for them, departments and places by name."""

from __future__ import annotations

from collections.abc import Mapping

from common.catalogue.items import Field, Item
from common.catalogue.search import IndexEntry, by_occasion, search
from common.errors import NotFound
from common.offices import Level, division, level, parent, township_of, within
from common.reference import Edition, Reference

# -- items


def edition(reference: Reference, code: str) -> Edition:
    """The edition that one may apply for now.  NotFound ``item.unknown``."""
    found = next((known for known in reference.items() if known.item.code == code), None)
    if found is None:
        raise NotFound("item.unknown", item=code[:40])
    return found


def find(reference: Reference, words: str, limit: int = 20) -> list[Item]:
    """Items by what people call them, best first."""
    items = {known.item.code: known.item for known in reference.items()}
    return [items[code] for code in search(_index(reference), words, limit)]


def catalogue_of(reference: Reference, by: str) -> dict[str, list[Item]]:
    """Name of the occasion (``by`` is ``occasion``) or of the department -> its items, in the catalogue's order."""
    items = {known.item.code: known.item for known in reference.items()}
    if by == "occasion":
        order = tuple((reference.catalogue or {}).get("occasions") or ())
        return {
            name: [items[code] for code in codes]
            for name, codes in by_occasion(_index(reference), order).items()
        }
    found: dict[str, list[Item]] = {}
    for item in items.values():
        found.setdefault(department_name(reference, item.department), []).append(item)
    return found


def department_name(reference: Reference, code: str) -> str:
    """The name of a department; its code where it has none."""
    for department in (reference.catalogue or {}).get("departments") or ():
        if isinstance(department, dict) and department.get("code") == code:
            return str(department.get("name") or code)
    return reference.office_name(f"{reference.county}/{code}")


_ENTRIES: dict[str, IndexEntry] = {}
"""By the id of the edition, which never changes: made once, whatever the reference."""


def _index(reference: Reference) -> list[IndexEntry]:
    for known in reference.items():
        if known.id not in _ENTRIES:
            _ENTRIES[known.id] = IndexEntry.of(known.item)
    return [_ENTRIES[known.id] for known in reference.items()]


# -- places

_ENDINGS = ("便民服务代办点", "便民服务中心", "政务服务中心")
Choices = Mapping[str, list[tuple[str, str]]]


def divisions(reference: Reference) -> frozenset[str]:
    """Codes of the townships and villages that exist."""
    return frozenset(code for code in reference.offices if "/" not in code and len(code) > 6)


def place_name(reference: Reference, code: str | None) -> str:
    """双河村, 回龙镇: the place itself, not the office in it; empty for none."""
    name = reference.office_name(code) if code else ""
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def full_place_name(reference: Reference, code: str) -> str:
    """回龙镇双河村; a township or the county by its own name."""
    above = township_of(code) if len(code) == 12 else None
    return place_name(reference, above) + place_name(reference, code)


def places_for(reference: Reference, field: Field, office: str) -> Choices:
    """The choices of a field that asks for a village or a township: group -> (code, name).

    A village's and a township's own people apply there: of villages it offers those of its own township.
    """
    digits = 9 if field.level == "township" else 12
    codes = [code for code in divisions(reference) if len(code) == digits]
    home = township_of(office)
    if digits == 12 and home is not None:
        codes = [code for code in codes if within(code, home)]
    groups: dict[str, list[tuple[str, str]]] = {}
    for code in sorted(codes):
        group = place_name(reference, parent(code)) or "本县"
        groups.setdefault(group, []).append((code, place_name(reference, code)))
    return groups


# -- who takes it in


def intake_office(reference: Reference, item: Item, office: str, village: str | None) -> str:
    """The office that an application goes to that is registered at ``office``, for an applicant of this village."""
    own = division(office) if level(office) is Level.VILLAGE else None
    township = township_of(office) or (township_of(village) if village else None)
    return item.office_for(item.receiving_step, own, township, str(reference.county))
