"""Short numbers for cases: an id is 32 random bytes, and would be most of what every row and index holds."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from common.store.database import Database

_REMEMBERED = 50_000


class Cases:
    """id of a case (hex) <-> its number in this store, given in the order in which cases are first heard of."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._numbers: dict[str, int] = {}
        self._new: set[str] = set()  # given a number in the transaction ``_of``
        self._of = -1
        db.on_rollback(self._forget)

    def _forget(self) -> None:
        self._numbers.clear()
        self._new.clear()

    def first_heard_of(self) -> AbstractSet[str]:
        """The cases that were given a number in this transaction: all of their events were appended in it."""
        return self._new if self._db.writing and self._of == self._db.writes else frozenset()

    def number(self, case: str) -> int:
        """The number of a case, given now if it has none yet.  Only inside ``write``."""
        found = self.find(case)
        if found is None:
            self._db.run("INSERT INTO cases (id) VALUES (?)", (bytes.fromhex(case),))
            found = self._remember(case, int(self._db.one("SELECT last_insert_rowid()")))
            if self._of != self._db.writes:
                self._new, self._of = set(), self._db.writes
            self._new.add(case)
        return found

    def find(self, case: str) -> int | None:
        """The number of a case; None if it was never heard of."""
        found = self._numbers.get(case)
        if found is None:
            number = self._db.one("SELECT no FROM cases WHERE id = ?", (bytes.fromhex(case),))
            found = self._remember(case, int(number)) if number is not None else None
        return found

    def find_all(self, cases: Iterable[str]) -> dict[int, str]:
        """number -> id of those of the cases that were heard of."""
        unknown, found = [], {}
        for case in cases:
            number = self._numbers.get(case)
            if number is None:
                unknown.append(bytes.fromhex(case))
            else:
                found[number] = case
        for number, id in self._db.chunks("SELECT no, id FROM cases WHERE id IN (%s)", unknown):
            found[self._remember(id.hex(), int(number))] = id.hex()
        return found

    def ids(self, numbers: Iterable[int]) -> dict[int, str]:
        """number -> id."""
        return {
            no: id.hex()
            for no, id in self._db.chunks("SELECT no, id FROM cases WHERE no IN (%s)", set(numbers))
        }

    def _remember(self, case: str, number: int) -> int:
        if len(self._numbers) >= _REMEMBERED:
            self._numbers.clear()
        self._numbers[case] = number
        return number
