"""How much of everything: the real sizes, and small ones by which the benchmark itself is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """Counts.

    Args:
        before: events that are there before bulks and single ones.
        bulk: events at once.  repeats: of each bulk; the middle one counts.
        singles: syncs with one event, and with none.
        growth: (first, last) size of the ledger between which it grows by ``round`` events at a time.
        compared: rounds at either end whose middle ones are compared.
        cases: at a full township.  registrations: of more cases there.
    """

    before: int = 2_000
    bulk: tuple[int, ...] = (5_000, 20_000)
    repeats: int = 7
    singles: int = 30
    growth: tuple[int, int] = (10_000, 200_000)
    round: int = 1_000
    compared: int = 20
    cases: int = 20_000
    registrations: int = 300


QUICK = Sizes(
    before=100,
    bulk=(300,),
    repeats=1,
    singles=3,
    growth=(200, 600),
    round=100,
    compared=2,
    cases=60,
    registrations=10,
)
