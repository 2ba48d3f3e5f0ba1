"""What a run ends with when something that must hold does not."""

from __future__ import annotations

from collections.abc import Sequence

INVARIANTS = {
    0: "nothing fails but in a way that is foreseen",
    1: "what was acknowledged is at the acknowledger",
    2: "the same events give the same state everywhere",
    3: "one office holds a case",
    5: "a relay can withhold and delay, which shows, and nothing else",
    6: "a node holds what concerns its offices, and no more",
    7: "one due date everywhere",
    8: "what was confirmed keeps its effect",
}


class Broken(AssertionError):
    """An invariant of design 9 does not hold; 0: an error that nobody foresaw, or a county that never gets level."""

    def __init__(self, invariant: int, words: str) -> None:
        super().__init__(invariant, words)
        self.invariant, self.words = invariant, words
        self.seed = 0
        self.trace: Sequence[str] = ()

    def __str__(self) -> str:
        head = (
            f"seed {self.seed} broke invariant {self.invariant} ({INVARIANTS[self.invariant]}): {self.words}"
        )
        return "\n".join((head, *(f"    {step}" for step in self.trace)))


def hold(true: object, invariant: int, words: str) -> None:
    """Broken unless it is true."""
    if not true:
        raise Broken(invariant, words)
