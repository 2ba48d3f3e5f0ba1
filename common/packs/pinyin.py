"""Pinyin of names, so that nodes find them without a dictionary of their own."""

from __future__ import annotations

from pypinyin import lazy_pinyin


def pinyin_of(name: str) -> str:
    """Syllables apart by spaces, lower case; other letters and digits stand for themselves, the rest is left out."""
    parts = lazy_pinyin(name.lower(), errors=lambda other: "".join(c if c.isalnum() else " " for c in other))
    return " ".join(" ".join(parts).split())


def initials_of(pinyin: str) -> str:
    return "".join(syllable[0] for syllable in pinyin.split())
