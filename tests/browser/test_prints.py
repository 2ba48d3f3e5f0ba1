"""The slip on a roll of 80 mm: one piece of paper, as long as what stands on it, in Chromium's own printing."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import DESK
from tests.county import build_county
from tests.hub import PASSWORD
from tests.programs import Programs, application

pytestmark = pytest.mark.browser

POINTS_A_MM = 72 / 25.4
SHORT, LONG = "MZ-005", "ZR-001"  # six papers and ten


def sheets(pdf: bytes) -> list[tuple[float, float]]:
    """(width, height) of each page in mm."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(boxes) == len(re.findall(rb"/Type /Page\b", pdf))
    return [(float(width) / POINTS_A_MM, float(height) / POINTS_A_MM) for width, height in boxes]


@pytest.mark.parametrize("practice", [True, False])
def test_the_slip_is_one_piece_of_an_80_mm_roll_however_many_papers_stand_on_it(visit, tmp_path, practice):
    county = build_county(tmp_path, practice=practice)
    programs = Programs(county)
    api = programs.api(county.village, "陈会计")
    lengths = []
    with visit(programs.app(county.village), DESK) as it:
        it.log_in(county.agent(county.village).actor, PASSWORD)
        for item in (SHORT, LONG):
            case = api.post("/cases", application(programs, api, county.village, item))
            it.page.goto(f"/cases/{case['number']}/print/slip?width=80")
            it.page.wait_for_load_state("networkidle")
            [(width, length)] = sheets(it.page.pdf(prefer_css_page_size=True))
            assert width == pytest.approx(80, abs=0.5)
            lengths.append(length)
            it.page.emulate_media(media="print")
            it.page.set_viewport_size({"width": round(72 * 96 / 25.4), "height": 800})
            used = (
                it.page.evaluate("document.querySelector('.paper-sheet').getBoundingClientRect().bottom")
                * 25.4
                / 96
            )
            assert used + 8 <= length <= used + 8 + 20, "nothing is cut off, and little paper is wasted"
            it.page.emulate_media(media="null")
            it.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    assert lengths[0] < lengths[1]


BROKEN_GROUPS = """() => [...document.querySelectorAll(".paper-sheet .num")].flatMap((element) => {
  const broken = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data;
    for (const group of text.matchAll(/[0-9A-Z*]{2,}/g)) {
      const range = document.createRange();
      range.setStart(walker.currentNode, group.index);
      range.setEnd(walker.currentNode, group.index + group[0].length);
      if (range.getClientRects().length > 1) broken.push(group[0]);
    }
  }
  return broken;
})"""


@pytest.mark.parametrize("width", [360, 390])
def test_no_number_on_the_slip_breaks_inside_its_digits_on_a_phone(visit, tmp_path, width):
    county = build_county(tmp_path)
    programs = Programs(county)
    api = programs.api(county.village, "陈会计")
    case = api.post("/cases", application(programs, api, county.village, SHORT))
    with visit(programs.app(county.village), (width, 780)) as it:
        it.log_in(county.agent(county.village).actor, PASSWORD)
        for path in ("slip", "slip?width=80", "form", "proxy"):
            it.page.goto(f"/cases/{case['number']}/print/{path}")
            assert it.page.evaluate(BROKEN_GROUPS) == [], path
            assert it.page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert case["number"] in it.page.inner_text(".paper-sheet")


def test_without_a_script_the_slip_still_prints_on_the_roll(visit, tmp_path):
    county = build_county(tmp_path)
    programs = Programs(county)
    api = programs.api(county.village, "陈会计")
    case = api.post("/cases", application(programs, api, county.village, LONG))
    with visit(programs.app(county.village), DESK, scripts=False) as it:
        it.log_in(county.agent(county.village).actor, PASSWORD)
        it.page.goto(f"/cases/{case['number']}/print/slip?width=80")
        pages = sheets(it.page.pdf(prefer_css_page_size=True))
    assert {round(width) for width, _ in pages} == {80}
