"""Figures: what was measured, beside what it should be."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _demo.machines import Machine


@dataclass(frozen=True)
class Figure:
    """One number of a run.

    Args:
        name: ``<part>.<what>``, the same in every run.
        at_least, at_most: the target, where there is one.
    """

    name: str
    measured: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f">= {_number(self.at_least)}"
        return f"<= {_number(self.at_most)}" if self.at_most is not None else ""

    @property
    def met(self) -> bool | None:
        """None where there is no target, or where it could not be measured here."""
        if self.measured is None:
            return None
        if self.at_least is not None:
            return self.measured >= self.at_least
        return self.measured <= self.at_most if self.at_most is not None else None

    def as_json(self) -> dict[str, Any]:
        measured = None if self.measured is None else round(self.measured, 4)
        return {
            "name": self.name,
            "measured": measured,
            "unit": self.unit,
            "target": self.target or None,
            "met": self.met,
        }


def machine() -> dict[str, Any]:
    """The machine in general words."""
    return {
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines for people."""
    rows: list[Sequence[str]] = [("figure", "measured", "", "target", "")]
    for one in figures:
        measured = "-" if one.measured is None else _number(one.measured)
        verdict = {True: "met", False: "NOT MET", None: ""}[one.met]
        rows.append((one.name, measured, one.unit, one.target, verdict))
    name, number, unit, target = (max(len(row[i]) for row in rows) for i in range(4))
    return "\n".join(
        f"{r[0]:{name}}  {r[1]:>{number}} {r[2]:{unit}}  {r[3]:{target}}  {r[4]}".rstrip() for r in rows
    )


def _number(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def resident_mb(server: Machine) -> float | None:
    """MB that a machine's process has in use; None where the system does not say."""
    if server.process is None:
        return None
    try:
        status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) / 1000
