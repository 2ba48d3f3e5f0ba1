"""Finding an item by what people call it: its name, pinyin or initials, another name for it, or the occasion.

``gljt``, ``gaoling``, ``gaoljt``, ``高龄`` and ``养老`` all lead to 高龄津贴.  Pinyin is matched syllable by
syllable, each by a beginning of its own; where nothing fits as typed, sounds that southern speakers do not tell
apart (zh and z, n and l, in and ing) count as one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.catalogue.items import Item

MAX_QUERY = 40
_NO_MATCH = 99


@dataclass(frozen=True, slots=True)
class Label:
    """A name with its syllables, as pronounced and as a southern ear has them; no syllables where pinyin is missing."""

    name: str
    syllables: tuple[str, ...]
    blurred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What the search knows of an item; prepared once for each edition."""

    code: str
    labels: tuple[Label, ...]
    occasions: tuple[str, ...]

    @classmethod
    def of(cls, item: Item) -> IndexEntry:
        names = [(item.name, item.pinyin), *((alias.name, alias.pinyin) for alias in item.aliases)]
        return cls(item.code, tuple(_label(*name) for name in names), item.occasions)


def search(entries: Iterable[IndexEntry], query: str, limit: int = 20) -> list[str]:
    """Codes of the items that fit every word of the query, best first, then in the given order; none for no words."""
    words = _plain(query[:MAX_QUERY]).split()
    if not words:
        return []
    scored = ((sum(_score(entry, word) for word in words), entry.code) for entry in entries)
    found = sorted((pair for pair in scored if pair[0] < _NO_MATCH), key=lambda pair: pair[0])
    return [code for _, code in found[:limit]]


def by_occasion(entries: Sequence[IndexEntry], order: Sequence[str] = ()) -> dict[str, list[str]]:
    """Occasion -> codes of its items.

    Args:
        order: the occasions in the order they are to be shown; others follow as they are met.
    """
    found: dict[str, list[str]] = {name: [] for name in order}
    for entry in entries:
        for occasion in entry.occasions:
            found.setdefault(occasion, []).append(entry.code)
    return {occasion: codes for occasion, codes in found.items() if codes}


def _label(name: str, pinyin: str) -> Label:
    syllables = tuple(pinyin.lower().split())
    return Label(_plain(name), syllables, tuple(_blur(s) for s in syllables))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().strip()


def _blur(sound: str) -> str:
    for strict, loose in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("n", "l")):
        sound = sound.replace(strict, loose)
    return sound


def _score(entry: IndexEntry, word: str) -> int:
    """How well a word fits: 0 best, ``_NO_MATCH`` not at all.  The item's own name goes before its other names."""
    code = entry.code.lower()
    if word in (code, code.replace("-", "")):
        return 0
    scores = [_label_score(label, word) + (rank > 0) for rank, label in enumerate(entry.labels)]
    if any(word in occasion for occasion in entry.occasions):
        scores.append(6)
    if word.isascii() and code.startswith(word):
        scores.append(7)
    return min(scores)


def _label_score(label: Label, word: str) -> int:
    if word == label.name:
        return 0
    if label.name.startswith(word):
        return 1
    if word in label.name:
        return 2
    if not word.isascii():
        return 8 if len(word) > 1 and _scattered(word, label.name) else _NO_MATCH
    for penalty, syllables, typed in ((2, label.syllables, word), (8, label.blurred, _blur(word))):
        start = next((at for at in range(len(syllables)) if _sounds(typed, syllables[at:])), None)
        if start is not None:
            return penalty + (1 if start else 0)
    return _NO_MATCH


def _scattered(word: str, name: str) -> bool:
    """All characters of the word stand in the name, in its order: 残疾补贴 in 困难残疾人生活补贴."""
    rest = iter(name)
    return all(char in rest for char in word)


def _sounds(typed: str, syllables: Sequence[str]) -> bool:
    """Is ``typed`` made of beginnings of these syllables, one of each in turn: ``gljt``, ``gaoling``, ``gaoljt``?"""
    reached = {0}  # how much of `typed` the syllables so far can have used
    for syllable in syllables:
        reached = {
            at + size
            for at in reached
            for size in range(1, len(syllable) + 1)
            if typed.startswith(syllable[:size], at)
        }
        if len(typed) in reached:
            return True
        if not reached:
            return False
    return False
