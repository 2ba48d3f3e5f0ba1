"""The divisions of a pack: ``divisions/divisions.json``, the townships' pinyin, what to leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.catalogue.reading import Reading
from common.packs.files import own_or_shipped, read_json, read_rows, refuse_doubles, texts
from common.packs.pinyin import initials_of, pinyin_of

FOLDER = "divisions"


@dataclass(frozen=True, slots=True)
class Township:
    """``villages`` are (12-digit code, name), by code; ``pinyin`` has its syllables apart."""

    code: str
    name: str
    kind: str
    pinyin: str
    initials: str
    villages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Divisions:
    """``edition`` is the one taken: the oldest that has villages.  ``preferred``: townships to show first."""

    county: str
    county_name: str
    edition: str
    townships: tuple[Township, ...]
    preferred: tuple[str, ...]


def read_divisions(root: Path, faults: list[str]) -> Divisions:
    document = read_json(root / FOLDER / "divisions.json", faults)
    if document is None:
        return Divisions("", "", "", (), ())
    raw = Reading(document, "divisions.json", faults)
    county = raw.below("county")
    code, name = county.text("code"), county.text("name")
    if not re.fullmatch("[0-9]{6}", code):
        county.fault("code", "应是 6 位数字")
    edition = _oldest_with_villages(raw)
    if not edition:
        raw.fault("editions", "没有一版是有村的")
        return Divisions(code, name, "", (), ())
    sounds = _read_sounds(root / FOLDER / f"townships_{edition}.csv", faults)
    listed = [_read_township(t, code, sounds) for t in raw.below("editions").below(edition).each("townships")]
    refuse_doubles((t.code for t in listed), "divisions.json 的乡镇", faults)
    refuse_doubles((v for t in listed for v, _ in t.villages), "divisions.json 的村", faults)
    left_out = _read_left_out(root, raw, code, edition, faults)
    kept = (_without(t, left_out) for t in listed if t.code not in left_out)
    return Divisions(
        code, name, edition, tuple(sorted(kept, key=lambda t: t.code)), _read_preferred(root, code, faults)
    )


def _oldest_with_villages(raw: Reading) -> str:
    """By the day that an edition speaks of, ``as_of``; by its name where that is missing."""
    dated = []
    for name, body in raw.items("editions"):
        townships = body.get("townships") if isinstance(body, Mapping) else None
        if any(isinstance(t, Mapping) and t.get("villages") for t in townships or ()):
            dated.append((str(body.get("as_of") or name), name))
    return min(dated)[1] if dated else ""


def _read_sounds(path: Path, faults: list[str]) -> dict[str, tuple[str, str]]:
    """Township code -> (pinyin, initials), as far as the pack gives them."""
    return {
        row.get("code", ""): (row["pinyin"], row.get("initials") or initials_of(row["pinyin"]))
        for row in read_rows(path, faults)
        if row.get("pinyin")
    }


def _read_township(raw: Reading, county: str, sounds: Mapping[str, tuple[str, str]]) -> Township:
    code, name = raw.text("code"), raw.text("name")
    if not re.fullmatch(f"{re.escape(county)}[0-9]{{3}}", code):
        raw.fault("code", f"应是 {county} 加 3 位数字")
    kind = raw.text_or_none("kind") or "township"
    villages = []
    for village in raw.values("villages"):
        if _is_village(village):
            villages.append((code + village[0], village[1]))
        else:
            raw.fault("villages", f"{str(village)[:40]} 应是 [三位数字, 村名]")
    pinyin = pinyin_of(name)
    pinyin, initials = sounds.get(code, (pinyin, initials_of(pinyin)))
    return Township(code, name, kind, pinyin, initials, tuple(sorted(villages)))


def _is_village(raw: Any) -> bool:
    if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(part, str) for part in raw)):
        return False
    return re.fullmatch("[0-9]{3}", raw[0]) is not None and bool(raw[1].strip())


def _read_left_out(root: Path, raw: Reading, county: str, edition: str, faults: list[str]) -> frozenset[str]:
    """Codes of townships and villages to leave out: of the pack, else what the shipped one says of this county.

    In ``leave_out.json`` or as a key of ``divisions.json``: county -> edition -> codes; a pack of one county may write
    edition -> codes, or the codes alone.
    """
    file = own_or_shipped(root, FOLDER, "leave_out.json")
    own_key = "leave_out" in raw and file.parent != root / FOLDER
    said = raw.value("leave_out") if own_key else read_json(file, faults)
    for key in (county, edition):
        if isinstance(said, Mapping):
            said = said.get(key, said if edition in said else [])
    return frozenset(texts(said, "leave_out", faults))


def _read_preferred(root: Path, county: str, faults: list[str]) -> tuple[str, ...]:
    """Names of townships that a demonstration takes first: of the pack, else what the shipped one says of this county.

    In ``demo.json``: county -> names; a pack of one county may write the names alone.
    """
    said = read_json(own_or_shipped(root, FOLDER, "demo.json"), faults)
    return texts(said.get(county, []) if isinstance(said, Mapping) else said, "demo.json", faults)


def _without(township: Township, left_out: frozenset[str]) -> Township:
    return replace(township, villages=tuple(v for v in township.villages if v[0] not in left_out))
