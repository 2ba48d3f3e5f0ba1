"""Offices 承办单位: ids, levels and the tree that follows from them (design 3, R-1001).

An id is a division code, ``511322115203`` village (12 digits), ``511322115`` township (9), ``511322`` county (6),
with an optional part after a slash for a unit in it: ``511322115/MZ`` a post, ``511322/MZ`` a department.  The parent
follows from the id alone: the unit's division, then the shorter code.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

_OFFICE = re.compile(r"([0-9]{6}|[0-9]{9}|[0-9]{12})(/[A-Z0-9]{1,12})?\Z")


class Level(StrEnum):
    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"


_LONGEST = 25
REMEMBERED = 4096  # more than a county has offices
RANK = {Level.VILLAGE: 0, Level.TOWNSHIP: 1, Level.COUNTY: 2}
_BY_LENGTH = {12: Level.VILLAGE, 9: Level.TOWNSHIP, 6: Level.COUNTY}


def is_office(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST and _is_office(text)


@lru_cache(REMEMBERED)
def _is_office(text: str) -> bool:
    return _OFFICE.match(text) is not None


def division(office: str) -> str:
    """The division code of an office: what stands before the slash.  A feed is kept for a division."""
    return office.partition("/")[0]


@lru_cache(REMEMBERED)
def level(office: str) -> Level:
    """The level of an office by the length of its division code.  ValueError for what is no office."""
    try:
        return _BY_LENGTH[len(division(office))]
    except KeyError:
        raise ValueError(f"no office: {office!r}") from None


def parent(office: str) -> str | None:
    """The office one step up; None for the county."""
    code = division(office)
    if code != office:
        return code
    return code[:-3] if len(code) > 6 else None


@lru_cache(REMEMBERED)
def upwards(office: str) -> tuple[str, ...]:
    """The office and all above it."""
    above = parent(office)
    return (office,) if above is None else (office, *upwards(above))


def township_of(office: str) -> str | None:
    """The township (9 digits) that an office belongs to; None for the county's own."""
    code = division(office)
    return code[:9] if len(code) >= 9 else None


@lru_cache(REMEMBERED)
def feeds_of(office: str) -> frozenset[str]:
    """The divisions whose feeds have what concerns an office: its own, and for a village its township's (design 5)."""
    return frozenset(code for code in (division(office), township_of(office)) if code is not None)


def county_of(office: str) -> str:
    return office[:6]


def within(office: str, above: str) -> bool:
    """True if ``office`` is ``above`` or lies below it in the tree: ``parent`` meets it on the way up.

    Asked for every node of a county in every exchange, so it looks at the code alone.
    """
    return office == above or (
        len(above) in _BY_LENGTH
        and "/" not in above
        and office.startswith(above)
        and len(office) > len(above)
    )


def serves(home: str, office: str) -> bool:
    """True if a node at home in the division ``home`` serves ``office``: the division itself and its units."""
    return division(office) == home
