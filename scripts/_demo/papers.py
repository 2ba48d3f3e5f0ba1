"""Pictures that stand for papers: drawn, so that no real one is shown."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter


def photo(seed: int, side: int = 1400) -> bytes:
    """A JPEG of a sheet of paper on a table, different for each seed."""
    picture = Image.effect_noise((side, side * 3 // 4), 24).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((80, 60, side - 80, side * 3 // 4 - 60), fill=(250, 249, 245))
    for line in range(14):
        width = 300 + (seed * 7919 + line * 104729) % (side - 600)
        draw.rectangle((140, 120 + line * 60, 140 + width, 132 + line * 60), fill=(60, 60, 70))
    output = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.6)).save(output, "JPEG", quality=88)
    return output.getvalue()
