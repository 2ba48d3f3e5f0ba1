"""Patterns of form fields: regular expressions that came with the catalogue, so bounded before they are used.

Python's ``re`` backtracks, and a careless expression can keep it busy for years.  An expression is refused if a
group repeats, if it looks around or back, or if there are more ways through it than can be tried in a moment.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_PATTERN = 200
MAX_MATCHED = 200
MAX_WAYS = 100_000

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\{(\d*)(,?)(\d*)\}|.", re.DOTALL)


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> re.Pattern[str]:
    """The compiled pattern; ``\\d`` are ASCII digits.

    Errors:
        ValueError, in Chinese: it is none, or one that we do not run.
    """
    if len(text) > MAX_PATTERN:
        raise ValueError(f"格式规则超过 {MAX_PATTERN} 个字符")
    if _ways(text) > MAX_WAYS:
        raise ValueError("格式规则的可能情况太多,可能算不完")
    try:
        return re.compile(text, re.ASCII)
    except (re.error, OverflowError, RecursionError) as exc:
        raise ValueError(f"格式规则写错了: {exc}") from exc


def matches(text: str, value: str) -> bool:
    """Does the whole value match?  False if it is longer than ``MAX_MATCHED``."""
    return len(value) <= MAX_MATCHED and compile_pattern(text).fullmatch(value) is not None


def _ways(text: str) -> int:
    """An upper bound of the ways to match a value, since no group repeats: the product of all choices."""
    ways, before = 1, ""
    for token in _TOKEN.finditer(text):
        mark = token.group()
        repeat = mark in ("*", "+") or (mark[0] == "{" and len(mark) > 1)
        if before == "(" and mark == "?":
            raise ValueError("格式规则里不能用环视、命名组等写法")
        if before == ")" and repeat:
            raise ValueError("格式规则里的括号不能重复,可能算不完")
        if re.fullmatch(r"\\[1-9]", mark):
            raise ValueError("格式规则里不能引用前面的括号")
        if mark in ("?", "|"):
            ways *= 2
        elif repeat:
            ways *= _widths(token)
        before = mark
    return ways


def _widths(repeat: re.Match[str]) -> int:
    """How many lengths a repeat may take."""
    low, comma, high = repeat.groups()
    if low and not comma:
        return 1
    return max(1, min(int(high or MAX_MATCHED), MAX_MATCHED) - int(low or 0) + 1)
