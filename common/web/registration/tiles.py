"""Papers on a page and in an event: a tile for each, and the object that is written of it (``common.papers``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common import papers
from common.offices import Level, level
from common.papers import Page

DRAWING = "drawing"
"""Where the page is kept that was signed on the screen."""
OF_FIELD = "form."
"""Before a field's id: the paper that belongs to a field of the form and to no entry of the published list."""
PAPER = "_paper."
"""Before the place in the name of a paper's file input."""
MOST_SHEETS = 999


@dataclass(frozen=True, slots=True)
class Tile:
    """A paper as the page shows it.

    Args:
        state: ``wanted``; ``maybe``, a person must say whether it applies; ``closed``, not asked for now.
        why: the condition or the note, for people.
        seen_words: what may be ticked of the original; None where there is nothing to tick.
        electronic: made by the system and signed on the screen.
        to_sign: made by the system; the applicant signs it.
    """

    id: str
    name: str
    state: str
    why: str
    pages: tuple[Page, ...]
    seen: bool
    seen_words: str | None
    count: str
    electronic: bool
    to_sign: bool
    max_bytes: int | None = None
    condition: str | None = None

    @property
    def given(self) -> bool:
        return bool(self.pages) or self.electronic or self.seen

    @property
    def missing(self) -> bool:
        return self.state == "wanted" and not self.given

    @property
    def sheets(self) -> int:
        """Sheets of paper that were taken in; 0 for what is no number."""
        return int(self.count) if self.count.isdecimal() and int(self.count) <= MOST_SHEETS else 0


SEEN_WORDS = {"original": "原件已收下", "original_seen_copy": "已核验原件"}


def paper_body(
    material: str,
    name: str,
    pages: tuple[Page, ...],
    *,
    form: str,
    count: int,
    officer: str,
    office: str,
    electronic: bool,
    seen: bool,
) -> dict[str, Any]:
    """A paper as it stands in an event (``common.papers``)."""
    at_authority = level(office) is not Level.VILLAGE
    return {
        "material": material,
        "name": name,
        "pages": list(pages),
        "form": form,
        "grade": papers.grade(
            pages=len(pages), electronic=electronic, original_seen=seen, at_authority=at_authority
        ),
        "original_seen": seen,
        "seen_by": officer if seen else None,
        "count": 0 if electronic and form == "original" else count or len(pages),
    }


def is_electronic(paper: Mapping[str, Any]) -> bool:
    """Was the paper made here and signed on the screen, or is it that signature: there is no sheet to carry."""
    return bool(paper.get("signed")) or (paper.get("form") == "original" and paper.get("count") == 0)


def is_drawing(paper: Mapping[str, Any]) -> bool:
    """Is it the signature on the screen?  It stands on the papers signed with it, and counts as none itself."""
    return is_electronic(paper) and not paper.get("signed")
