"""Numbers written by people, exact and bounded, without floats: money is whole fen, decimals are text."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

_DECIMAL = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?\Z")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?\Z")


def decimal_of(text: str) -> Decimal:
    """The exact number written, ``12,000.50`` too.

    Errors:
        ValueError: no number, or more than 13 digits before the point or 6 after it.
    """
    if _THOUSANDS.match(text):
        text = text.replace(",", "")
    if not _DECIMAL.match(text):
        raise ValueError(f"no plain number: {text!r}")
    return Decimal(text) + 0  # +0 turns -0 into 0


def fen_of(yuan: str) -> int:
    """Whole fen of an amount in yuan: ``12.5`` is 1250.

    Errors:
        ValueError: no number, or parts of a fen.
    """
    fen = decimal_of(yuan) * 100
    if fen != int(fen):
        raise ValueError(f"parts of a fen: {yuan!r}")
    return int(fen)


def yuan_of(fen: int) -> str:
    """The amount in yuan with two decimals: 1250 is ``12.50``."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def age_on(birth: date, day: date) -> int:
    """Completed years 周岁 on a day; negative before birth."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
