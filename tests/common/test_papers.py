from __future__ import annotations

import io
import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from common import papers
from common.errors import AppError, BadInput, CommandRefused, NotFound
from common.papers import Papers
from common.store.local import PaperFile
from common.texts import TEXTS
from common.vault import DamagedPaper

PLENTY = 10**12
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Files:
    """The store's `local`, in memory."""

    def __init__(self, **settings):
        self.settings = settings
        self.known: dict[str, PaperFile] = {}

    def setting(self, key, default=None):
        return self.settings.get(key, default)

    def paper(self, hash):
        return self.known.get(hash)

    def save_paper(self, paper):
        self.known[paper.hash] = paper

    def drop_paper(self, hash):
        self.known.pop(hash, None)

    def write(self):
        return nullcontext()


@pytest.fixture
def files():
    return Files()


@pytest.fixture
def shelf(files, tmp_path):
    return Papers(files, tmp_path / "papers", lambda: 1_772_585_520_000, free=lambda folder: PLENTY)


def picture(width=1600, height=1200, kind="JPEG", mode="RGB", noise=0, **save) -> bytes:
    image = Image.new(mode, (width, height), "white")
    draw = ImageDraw.Draw(image)
    for line in range(0, height, 24):
        draw.line([(0, line), (width, line + 9)], fill="black", width=2)
    if noise:
        grain = Image.frombytes("L", (width, height), os.urandom(width * height))
        image = Image.blend(image, grain.convert(mode), noise)
    out = io.BytesIO()
    image.save(out, kind, **save)
    return out.getvalue()


def opened(shelf, page) -> Image.Image:
    return Image.open(io.BytesIO(shelf.open_page(page)))


# -- capture and opening


@pytest.mark.parametrize("data", [picture(), picture(kind="PNG"), PDF])
def test_a_captured_page_opens_again_and_only_its_ciphertext_is_on_disk(shelf, files, tmp_path, data):
    page = shelf.capture(data)
    path = papers.paper_path(tmp_path / "papers", page["hash"])
    assert path.stat().st_size == page["size"]
    assert data[:200] not in path.read_bytes()
    assert papers.kind_of(shelf.open_page(page)) == page["type"]
    assert files.known[page["hash"]] == PaperFile(
        page["hash"], page["size"], have=page["size"], at=1_772_585_520_000
    )
    assert shelf.here(page["hash"])


def test_the_same_photo_twice_makes_two_papers_that_nobody_can_match(shelf):
    first, second = shelf.capture(picture()), shelf.capture(picture())
    assert first["hash"] != second["hash"]
    assert first["key"] != second["key"]


def test_a_descriptor_is_small_json_without_floats(shelf):
    text = json.dumps(shelf.capture(picture()))
    assert len(text) * papers.MAX_PAGES_IN_ALL < 30_000
    assert "." not in text


def test_a_pdf_is_kept_as_it_is(shelf):
    page = shelf.capture(PDF)
    assert shelf.open_page(page) == PDF
    assert (page["type"], "width" in page) == (papers.PDF, False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_photo_is_scaled_down_to_the_stated_limit(tmp_path, kind):
    shelf = Papers(Files(paper_limit_kb=120), tmp_path, lambda: 0, free=lambda folder: PLENTY)
    page = shelf.capture(picture(2600, 1900, kind, noise=0.3))
    assert page["size"] <= 120_000
    assert opened(shelf, page).size == (page["width"], page["height"])
    assert abs(page["width"] / page["height"] - 2600 / 1900) < 0.02


def test_the_limit_is_300_kb_unless_set_and_a_field_may_ask_for_less(shelf):
    noisy = picture(1800, 1800, noise=0.5)
    assert 150_000 < shelf.capture(noisy)["size"] <= 300_000
    assert shelf.capture(noisy, max_bytes=204_800)["size"] <= 204_800


def test_a_small_photo_keeps_its_pixels(shelf):
    page = shelf.capture(picture(358, 441))
    assert (page["width"], page["height"]) == (358, 441)


def test_a_photo_taken_on_its_side_stands_upright_and_tells_no_place(shelf):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "MadeUpPhone"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    page = shelf.capture(picture(1200, 800, exif=exif.tobytes()))
    assert (page["width"], page["height"]) == (800, 1200)
    kept = shelf.open_page(page)
    assert b"MadeUpPhone" not in kept
    assert not opened(shelf, page).getexif()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_photo_with_broken_metadata_is_still_taken(shelf):
    data = picture(600, 400, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff broken")
    assert shelf.capture(data)["width"] == 600


def test_a_drawing_on_nothing_is_kept_on_white(shelf):
    image = Image.new("RGBA", (300, 120), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(10, 10), (290, 110)], fill=(0, 0, 0, 255), width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    page = shelf.capture(out.getvalue())
    assert page["type"] == papers.PNG
    assert opened(shelf, page).getpixel((0, 119)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_every_kind_of_colour_is_taken(shelf, mode):
    assert opened(shelf, shelf.capture(picture(300, 200, mode=mode))).mode == "RGB"


# -- what is refused, in words


def bomb() -> bytes:
    """A PNG of 30,000 by 30,000 in a few bytes more than its header: it is refused before it is unpacked."""
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "paper.empty"),
        (b"GIF89a" + bytes(100), "paper.type"),
        (b"<html><script>alert(1)</script>", "paper.type"),
        (b"MZ" + bytes(100), "paper.type"),
        (b"PK\x03\x04" + bytes(100), "paper.type"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "paper.heic"),
        (b"\xff\xd8\xff" + bytes(100), "paper.damaged_upload"),
        (picture()[:2000], "paper.damaged_upload"),
        (picture(kind="PNG")[:200], "paper.damaged_upload"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "paper.damaged_upload"),
        (b"%PDF-1.7 cut off", "paper.damaged_upload"),
        (PDF[:-6] + bytes(papers.MAX_PDF_BYTES) + b"%%EOF", "paper.pdf_too_large"),
        (b"\xff\xd8\xff" + bytes(papers.MAX_UPLOAD_BYTES), "paper.upload_too_large"),
        (bomb(), "paper.too_many_pixels"),
    ],
)
def test_what_is_no_good_paper_is_refused_and_nothing_is_kept(shelf, files, tmp_path, data, code):
    with pytest.raises(BadInput) as refused:
        shelf.capture(data)
    assert refused.value.code == code
    assert code in TEXTS
    assert files.known == {}
    assert not (tmp_path / "papers").exists()


@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"%PDF-"]))
def test_any_bytes_are_taken_or_refused_in_words(tmp_path_factory, data, magic):
    shelf = Papers(Files(), tmp_path_factory.getbasetemp() / "any", lambda: 0, free=lambda folder: PLENTY)
    refused = None
    try:
        shelf.capture(magic + data)
    except AppError as exc:
        refused = exc.code
    assert refused is None or refused in TEXTS


def test_capture_stops_early_when_the_disk_is_nearly_full(files, tmp_path):
    left = papers.DEFAULT_RESERVE_MB * 1_000_000 + 1
    shelf = Papers(files, tmp_path / "papers", lambda: 0, free=lambda folder: left)
    with pytest.raises(CommandRefused) as refused:
        shelf.capture(picture())
    assert refused.value.code == "paper.disk_full"
    assert refused.value.detail == {"left": left // 1_000_000}
    assert files.known == {}


def test_the_free_space_is_asked_of_the_disk_even_before_the_folder_is_there(files, tmp_path):
    Papers(files, tmp_path / "not" / "yet", lambda: 0).check_space()


# -- files


def test_a_paper_that_cannot_be_written_leaves_no_half_file(shelf, tmp_path):
    (tmp_path / "papers").write_bytes(b"a file where the folder should be")
    with pytest.raises(CommandRefused, match=r"paper\.unwritable"):
        shelf.capture(picture())
    assert [p.name for p in tmp_path.iterdir()] == ["papers"]


def test_a_paper_still_on_its_way_is_said_to_be_and_can_be_asked_for(shelf, files):
    page = {"hash": "ab" * 32, "size": 1000, "key": "A" * 43, "type": papers.JPEG}
    with pytest.raises(NotFound) as refused:
        shelf.open_page(page)
    assert refused.value.code == "paper.on_its_way"
    shelf.want(page["hash"], page["size"])
    assert files.known[page["hash"]].wanted
    assert not shelf.here(page["hash"])


def test_a_paper_that_is_here_is_not_asked_for_again(shelf, files):
    page = shelf.capture(picture())
    shelf.want(page["hash"], page["size"])
    assert not files.known[page["hash"]].wanted


@pytest.mark.parametrize("where", [0, 20, -1])
def test_a_paper_changed_on_disk_is_not_shown(shelf, tmp_path, where):
    page = shelf.capture(picture())
    path = papers.paper_path(tmp_path / "papers", page["hash"])
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedPaper):
        shelf.open_page(page)


@pytest.mark.parametrize("key", ["", "A" * 43, "%", "汉"])
def test_a_wrong_key_opens_nothing(shelf, key):
    page = shelf.capture(picture())
    with pytest.raises(DamagedPaper):
        shelf.open_page({**page, "key": key})


@pytest.mark.parametrize("hash", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_no_name_but_a_hash_leads_to_a_file(hash):
    with pytest.raises(ValueError):
        papers.paper_path(Path("papers"), hash)


def test_a_page_taken_again_leaves_nothing_behind(shelf, files, tmp_path):
    page = shelf.capture(picture())
    shelf.discard(page["hash"])
    assert files.known == {}
    assert not shelf.here(page["hash"])
    shelf.discard(page["hash"])


# -- evidence


@pytest.mark.parametrize(
    ("pages", "electronic", "seen", "at_authority", "letter"),
    [
        (1, True, False, False, "A"),  # signed on the screen
        (2, False, True, True, "A"),  # the counter saw the original
        (2, False, True, False, "B"),  # the village agent saw it
        (2, False, False, True, "C"),
        (1, False, False, False, "C"),
        (0, False, True, True, "D"),  # nothing captured
    ],
)
def test_the_grade_says_how_far_the_evidence_goes(pages, electronic, seen, at_authority, letter):
    assert (
        papers.grade(pages=pages, electronic=electronic, original_seen=seen, at_authority=at_authority)
        == letter
    )
