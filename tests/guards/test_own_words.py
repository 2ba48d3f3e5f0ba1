"""The pages load nothing from outside, and the project speaks of itself alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards.sources import ROOT, package_files, texts

PAGES = (".html", ".css", ".js", ".svg", ".txt", ".xml", ".webmanifest")
_ADDRESS = re.compile(
    r"""(?: \b(?:https?|wss?|ftp):// | (?<=["'(=]) \s* // (?=[\w\[]) ) [^\s"'<>)`]*""",
    re.VERBOSE | re.IGNORECASE,
)
_OWN = re.compile(r"(?:https?:)?//(?:127\.0\.0\.1|localhost|\[::1\])(?=[:/]|\Z)")
# Names of languages, not places: nothing is fetched from them.
NAMESPACES = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")

_HERE = {str(ROOT), str(Path.home())} - {"/"}
STRANGE = {
    "a folder of somebody's machine": re.compile(
        r"(?<![\w.>/}])/(?:root|home/\w+|Users/\w+|w[o]rk|f[a]rm)/|\b[A-Z]:\\+Users\\|"
        + "|".join(map(re.escape, _HERE))
    ),
    "a tool the project does not have": re.compile(
        r"b[a]sh_jobs|\.[l]ibrary/|f[a]rm-(?:studio|bench)|\b(?:c[l]aude|a[n]thropic)\b", re.I
    ),
    "the host of a package index": re.compile(
        r"\b(?:py[p]i\.org|files\.python[h]osted\.org|registry\.npm[j]s\.\w+|deb\.deb[i]an\.org)", re.I
    ),
    "a number of some tracker": re.compile(
        r"\bissues?\s*#?\d+\b|\bfixes\s+#\d+\b|\bround\s+\d+ of the work\b", re.I
    ),
}


def outside_addresses(text: str) -> list[str]:
    """Addresses in a page, script or style that a browser could follow or fetch away from this machine."""
    found = (match.group(0).strip() for match in _ADDRESS.finditer(text))
    return [address for address in found if address not in NAMESPACES and not _OWN.match(address)]


def strange_words(text: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, the words) of all in a file that speaks of something other than the project."""
    for wrong, pattern in STRANGE.items():
        for match in pattern.finditer(text):
            yield wrong, match.group(0)


def test_no_page_names_an_outside_address():
    named = {
        file.relative_to(ROOT).as_posix(): outside
        for file in package_files(*PAGES)
        if (outside := outside_addresses(file.read_text(encoding="utf-8")))
    }
    assert named == {}


def test_no_file_speaks_of_the_machine_or_the_tools_it_was_written_with():
    assert {path: strange for path, text in texts() if (strange := list(strange_words(text)))} == {}


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js">',
        "<img src='//cdn.example/x.png'>",
        "@import url(//fonts.example/a.css);",
        "fetch(`https://example.org`)",
        "<a href=http://example.org>",
        'new WebSocket("wss://example.org")',
        '<a href="http://127.0.0.1.example.org/">',
    ],
)
def test_an_outside_address_is_caught(text):
    assert outside_addresses(text)


@pytest.mark.parametrize(
    "text",
    [
        '<svg xmlns="http://www.w3.org/2000/svg">',
        '<a href="http://127.0.0.1:8000/x">',
        '<a href="/cases/1">',
        "// a comment of a script",
        'let a = "x"; // "quoted" in a comment',
        '<a href="{{ hub_address }}/q/{{ number }}">',
    ],
)
def test_what_stays_on_this_machine_is_left_alone(text):
    assert outside_addresses(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"see {ROOT}/docs",
        "open('/home/" + "wang/x')",
        r"C:\Users" + r"\wang\data",
        "pip install -i https://py" + "pi.org/simple",
        "as iss" + "ue 12 asks",
    ],
)
def test_words_of_a_machine_or_a_tracker_are_caught(text):
    assert list(strange_words(text))


@pytest.mark.parametrize(
    "text", ["/workflow/", "<a href='/cases/'>", "the issuer's key", "~/bianmin", "/api/v1/home/"]
)
def test_plain_words_are_left_alone(text):
    assert list(strange_words(text)) == []
