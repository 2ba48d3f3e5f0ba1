"""The machine-readable code on prints: a QR code as inline SVG, made here and loaded from nowhere."""

from __future__ import annotations

import io
from dataclasses import dataclass
from html import escape

import segno


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code as a template writes it: our own markup, the words escaped."""

    svg: str

    def __html__(self) -> str:
        return self.svg


def qr_svg(text: str, words: str) -> QrCode:
    """The text as a QR code; ``words`` say what it is to those who do not see it."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, border=2, omitsize=True, svgclass=None, lineclass=None
    )
    svg = out.getvalue().decode("utf-8")
    return QrCode(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1))


def case_link(address: str | None, number: str, query_code: str | None) -> str:
    """What the code on a print says: where the case can be looked up, or its number where no address is known."""
    if not address:
        return number
    return f"{address}/q/{number}" + (f"#{query_code}" if query_code else "")
