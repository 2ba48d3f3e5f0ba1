"""Versions of a draft: a page that does not know the newest one changes nothing of it.

A draft may stand open in two windows, on two machines, and on a page that the Back button brought again, and every save
sends the whole form.  So each page has a name, drawn as it is served, and numbers its saves; a version is called by the
save that made it: ``<page>.<number>``.  A form carries two names: ``_base``, the version that it was served with, and
``_save``, the version that it makes.  The page's script gives each save the next number; without a script the number
stays, and the page is known by its name.

A save is next to the kept version if that is its base, or was made by the same page.  The page's own later saves need
no answer to the earlier ones: two may be on their way at once, and one whose answer was lost is simply sent again.  A
save that comes after a later one of its own page is late: what it says is known already, and nothing is changed.  All
else is stale and is refused, unless it says what is kept anyway.  A save that changes no word makes no version: whoever
was served in between knows all there is to know.

Fields are not merged.  To tell which fields a page without a script has changed, the node would have to keep every
version that a page may have been served with; tables, ticks and what follows from the id number would each need a rule
for being merged; and two hands on one field would need this refusal all the same.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

BASE, SAVE = "_base", "_save"
"""Names of the hidden inputs of a form."""
_VERSION = re.compile(r"([0-9a-f]{16})\.([0-9]{1,9})", re.ASCII)


class Order(Enum):
    """Where a save stands to the version that is kept."""

    NEXT = "next"
    LATE = "late"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Version:
    """A save by its name: ``page`` (16 hexadecimal digits), ``number`` (0 or more)."""

    page: str
    number: int

    def __str__(self) -> str:
        return f"{self.page}.{self.number}"

    @classmethod
    def read(cls, text: str | None) -> Version | None:
        """The version called so; None for what is no name."""
        found = _VERSION.fullmatch(text or "")
        return cls(found[1], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a form says of itself: the version it was served with, None if there was none, and the one that it makes."""

    base: Version | None
    save: Version

    @classmethod
    def new(cls, base: Version | None) -> Stamp:
        """For a page that is served with this version."""
        return cls(base, Version(secrets.token_hex(8), 0))

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Stamp:
        """As it came; a form that says nothing comes from a page that knows no version."""
        base, save = Version.read(form.get(BASE)), Version.read(form.get(SAVE))
        return cls(base, save) if save else cls.new(base)

    def order(self, kept: Version | None, last: int) -> Order:
        """Where this save stands to what is kept.

        Args:
            kept: the version; None where no draft is kept, to which anything is next.
            last: number of the newest save of the version's page; those after it have changed no word.
        """
        if kept is None:
            return Order.NEXT
        if kept.page == self.save.page:
            return Order.NEXT if self.save.number >= last else Order.LATE
        return Order.NEXT if kept == self.base else Order.STALE

    def after(self, kept: Version | None, last: int, *, changed: bool) -> tuple[Version, int]:
        """(version, last) once this save was taken, by whether it changed a word."""
        if changed or kept is None:
            return self.save, self.save.number
        return kept, self.save.number if kept.page == self.save.page else last
