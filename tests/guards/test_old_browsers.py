"""What the pages ask of a browser: nothing that Chromium 109, the last for older Windows, lacks.

What it passes over without loss (``text-wrap``) may stand.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.guards.sources import PACKAGES, ROOT

NEWER = {
    ".css": (
        r"^\s*&", r"@starting-style", r"@scope", r"@view-transition", r"color-mix\(", r"light-dark\(", r"oklch\(",
        r"\bsubgrid\b", r"field-sizing", r"anchor\(", r"animation-timeline", r"\(scripting",
    ),
    ".js": (
        r"\.fromAsync\(", r"\.to(Sorted|Reversed|Spliced)\(", r"\.groupBy\(", r"withResolvers", r"startViewTransition",
        r"Popover\(", r"isWellFormed", r"URL\.canParse", r"checkVisibility", r"Promise\.try",
    ),
    ".html": (r"\spopover\b", r"popovertarget", r"<selectlist"),
}  # fmt: skip


def newer(suffix: str, text: str) -> list[str]:
    """What in a file of this kind is newer."""
    return [word for word in NEWER[suffix] if re.search(word, text, re.MULTILINE)]


def files() -> list[Path]:
    return sorted(path for room in PACKAGES for path in (ROOT / room).rglob("*") if path.suffix in NEWER)


def test_the_pages_ask_for_nothing_newer_than_chromium_109():
    assert len(files()) > 60
    found = {path.name: words for path in files() if (words := newer(path.suffix, path.read_text("utf-8")))}
    assert found == {}


def test_what_is_newer_is_found():
    assert newer(".css", "a {\n  & b { color: red }\n}")
    assert newer(".js", "const sorted = list.toSorted();")
    assert newer(".html", '<button popovertarget="sheet">')
