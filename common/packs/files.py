"""Files of a pack: strict JSON and CSV, where a fault is noted and not raised."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from common.events import BadEvent, parse_json

SHIPPED = Path(__file__).parent.parent / "data"
MAX_FILE_BYTES = 8 * 1024 * 1024

Body = dict[str, Any]

_WHY = {
    "event.too_large": "太大",
    "event.not_utf8": "不是 UTF-8 编码",
    "event.too_deep": "套得太深",
    "event.duplicate_key": "有重复的键",
    "event.float": "有小数,请写成带引号的文字",
    "event.integer_too_large": "有太大的整数",
}


def read_json(path: Path, faults: list[str]) -> Any:
    """The document in a file, by the ledger's own strict rules; None, with the fault noted, if it cannot be read."""
    try:
        return parse_json(path.read_bytes(), max_bytes=MAX_FILE_BYTES)
    except OSError as exc:
        faults.append(f"{path}: 读不出来({exc.strerror or exc})")
    except BadEvent as exc:
        at = exc.__cause__
        place = f"第 {at.lineno} 行" if isinstance(at, json.JSONDecodeError) else ""
        faults.append(f"{path}: {_WHY.get(exc.code, f'{place}不是正确的 JSON')}")
    return None


def read_rows(path: Path, faults: list[str]) -> list[dict[str, str]]:
    """The rows of a CSV file with a heading; none if there is no such file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {key: value for key, value in row.items() if key and value} for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        faults.append(f"{path}: 读不出来({exc})")
        return []


def own_or_shipped(root: Path, folder: str, pattern: str) -> Path:
    """The newest, by name, of the pack's files of this kind; of the shipped pack's if it has none."""
    own = sorted((root / folder).glob(pattern))
    return (own or sorted((SHIPPED / folder).glob(pattern)))[-1]


def texts(raw: Any, where: str, faults: list[str]) -> tuple[str, ...]:
    """A list of texts; none, with the fault noted, if it is no such list."""
    if isinstance(raw, list) and all(isinstance(text, str) for text in raw):
        return tuple(raw)
    faults.append(f"{where}: 应是文字的列表")
    return ()


def refuse_doubles(codes: Iterable[str], where: str, faults: list[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            faults.append(f"{where}: {code} 重复")
        seen.add(code)
