"""Papers 材料: captured, scaled down, encrypted, kept as files, opened again (design 5).

A *page* is a photo or a PDF.  It is encrypted under a key of its own and kept as ``papers/<aa>/<hash>`` beside the
store; its descriptor stands in an event, so that whoever may read the event may read the page.  A *paper* is one
entry of the published list, or what belongs to a field of the form, with its pages.

page
    hash      of the ciphertext, 64 hex digits        size           of the ciphertext in bytes
    key       32 bytes in base64url                   type           image/jpeg, image/png, application/pdf
    width, height    in pixels, of a picture
paper
    material  id in the item's list, ``form.<field>`` for a field of the form
    name      for people                              pages          list of page
    form      original, copy, photo                   grade          A to D, see ``grade``
    original_seen    已核验原件                        seen_by        id of the officer's appointment, or null
    count     sheets of paper
"""

from __future__ import annotations

import io
import os
import re
import secrets
import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from PIL import Image, ImageOps

from common.errors import BadInput, CommandRefused, NotFound
from common.store.local import PaperFile
from common.vault import (
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    DamagedPaper,
    decrypt_paper,
    encrypt_paper,
    paper_hash,
)

Page = dict[str, Any]
Random = Callable[[int], bytes]

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
_MAGIC = {b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG, b"%PDF-": PDF}
_PILLOW = {JPEG: "JPEG", PNG: "PNG"}
_HEIC = re.compile(rb"\A.{4}ftyp(heic|heix|mif1|msf1|hevc|avif)", re.DOTALL)

MAX_UPLOAD_BYTES = 20 * 1024 * 1024
MAX_PDF_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 64_000_000
MAX_PAGES = 30
"""Pages of one paper."""
MAX_PAGES_IN_ALL = 100
"""Pages that one event names: its limit is 64 kB, and a descriptor takes some 230 bytes."""
DEFAULT_LIMIT_KB = 300
SETTING_LIMIT_KB = "paper_limit_kb"
"""Name of the setting: the largest page that a photo makes, in kB."""
DEFAULT_RESERVE_MB = 200
"""Kept free on the disk, for the ledger and what it needs to go on."""
SETTING_RESERVE_MB = "paper_reserve_mb"
"""Name of the setting: what capture leaves free, in MB, where it is not the default."""
DAMAGED = ".damaged"
"""Suffix of a ciphertext that was put aside."""
HOLD_MS = 24 * 3_600_000
"""A page captured so lately need not be held."""
LONGEST_SIDE = 2400  # px: A4 at 200 dpi, which small print needs
_SMALLEST_SIDE = 480
_DRAWING_PIXELS = 1_000_000  # a signature on the screen; as PNG a photo takes seconds and is larger
_OVERHEAD = NONCE_BYTES + TAG_BYTES
_HASH = re.compile(r"[0-9a-f]{64}")


class Files(Protocol):
    """What is known of the ciphertexts here: ``common.store.local.Local``."""

    def setting(self, key: str, default: Any = None) -> Any: ...
    def paper(self, hash: str) -> PaperFile | None: ...
    def save_paper(self, paper: PaperFile) -> None: ...
    def drop_paper(self, hash: str) -> None: ...
    def write(self) -> AbstractContextManager[object]: ...


def reserve_bytes(files: Files) -> int:
    """What is kept free on the disk, for the ledger and what it needs to go on."""
    return int(files.setting(SETTING_RESERVE_MB, DEFAULT_RESERVE_MB)) * 1_000_000


def paper_path(folder: Path, hash: str) -> Path:
    """Where a ciphertext lies: ``<folder>/<aa>/<hash>``.  ValueError for what is no hash."""
    if not _HASH.fullmatch(hash):
        raise ValueError(f"no paper's hash: {hash!r}")
    return folder / hash[:2] / hash


class Papers:
    """The papers of one node.

    Args:
        files: the store's ``local``.
        folder: ``<data>/papers``; made when first needed.
        clock: () -> UTC ms.  random: n -> n bytes.
        free: folder -> bytes free on its disk.
    """

    def __init__(
        self,
        files: Files,
        folder: Path,
        clock: Callable[[], int],
        random: Random = secrets.token_bytes,
        free: Callable[[Path], int] | None = None,
    ) -> None:
        self._files = files
        self._folder = folder
        self._clock = clock
        self._random = random
        self._free = free or _free_bytes

    def capture(self, data: bytes, max_bytes: int | None = None) -> Page:
        """Keep a photo or a PDF; its descriptor, once the ciphertext is durable and known to the store.

        A photo is turned upright, scaled down to the limit (the setting ``paper_limit_kb``) and loses its metadata.

        Args:
            max_bytes: a smaller limit, where a field of the form states one.
        Errors:
            BadInput: ``paper.empty``, ``paper.upload_too_large``, ``paper.pdf_too_large``, ``paper.heic``,
            ``paper.type``, ``paper.damaged_upload``, ``paper.too_many_pixels``;
            CommandRefused ``paper.disk_full``: stop now, while what was typed can still be kept.
        """
        self.check_space()
        kind = kind_of(data)
        limit = int(self._files.setting(SETTING_LIMIT_KB, DEFAULT_LIMIT_KB)) * 1000
        page: Page
        if kind == PDF:
            page = _checked_pdf(data)
        else:
            data, page = _scaled(data, kind, min(limit, max_bytes or limit) - _OVERHEAD)
        key = self._random(KEY_BYTES)
        ciphertext = encrypt_paper(data, key, self._random(NONCE_BYTES))
        name = paper_hash(ciphertext)
        write_paper(self._folder, name, ciphertext)
        size = len(ciphertext)
        self._files.save_paper(PaperFile(name, size, have=size, at=self._clock()))
        return {"hash": name, "size": size, "key": _b64(key), **page}

    def check_space(self) -> None:
        """CommandRefused ``paper.disk_full`` (detail ``left``, in MB) where the disk is nearly full."""
        left = self._free(self._folder)
        if left < reserve_bytes(self._files) + MAX_UPLOAD_BYTES:
            raise CommandRefused("paper.disk_full", left=left // 1_000_000)

    def open_page(self, page: Mapping[str, Any]) -> bytes:
        """The page as it was captured.

        Errors:
            NotFound ``paper.on_its_way``: its ciphertext is not here (yet); DamagedPaper.
        """
        path = paper_path(self._folder, str(page["hash"]))
        try:
            ciphertext = path.read_bytes()
        except FileNotFoundError as exc:
            raise NotFound("paper.on_its_way") from exc
        if paper_hash(ciphertext) != page["hash"]:
            intact(self._files, self._folder, str(page["hash"]))
            raise DamagedPaper("paper.damaged")
        return decrypt_paper(ciphertext, _unb64(str(page["key"])))

    def here(self, hash: str) -> bool:
        """The whole ciphertext is on this machine."""
        return paper_path(self._folder, hash).is_file()

    def want(self, hash: str, size: int) -> None:
        """Ask for a paper that is not here, or damaged: the next exchange fetches it (取回)."""
        intact(self._files, self._folder, hash)
        known = self._files.paper(hash) or PaperFile(hash, size, at=self._clock())
        if not known.complete:
            self._files.save_paper(replace(known, wanted=True))

    def hold(self, hash: str) -> None:
        """An event is about to name a page that was captured here: it stays as if it had been captured now.

        NotFound ``paper.unknown``: it was removed since (``common.leftovers``).
        """
        with self._files.write():
            known = self._files.paper(hash)
            if known is None:
                raise NotFound("paper.unknown")
            if known.at and abs(self._clock() - known.at) > HOLD_MS:
                self._files.save_paper(replace(known, at=self._clock()))

    def discard(self, hash: str) -> None:
        """Drop a page that no event names: it was taken again, or its draft was given up."""
        self._files.drop_paper(hash)
        paper_path(self._folder, hash).unlink(missing_ok=True)


def grade(*, pages: int, electronic: bool, original_seen: bool, at_authority: bool) -> str:
    """The evidence grade 证据等级 of a paper, A to D.

    A  electronic from the start (a signature on the screen, a photo that is itself the paper), or its original was
       seen by an officer of an authority
    B  a photo or copy whose original the village agent has seen (已核验原件)
    C  a photo or copy whose original nobody has seen
    D  stated only: the paper is said to be there, no page of it was captured
    """
    if electronic:
        return "A"
    if not pages:
        return "D"
    if original_seen:
        return "A" if at_authority else "B"
    return "C"


def kind_of(data: bytes) -> str:
    """The content type, by content alone: a name or a header says nothing.  BadInput as ``Papers.capture``."""
    if not data:
        raise BadInput("paper.empty")
    if len(data) > MAX_UPLOAD_BYTES:
        raise BadInput("paper.upload_too_large", most=MAX_UPLOAD_BYTES // (1024 * 1024))
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    raise BadInput("paper.heic" if _HEIC.match(data) else "paper.type")


def write_paper(folder: Path, hash: str, ciphertext: bytes) -> None:
    """Write a whole ciphertext so that it is there as a whole or not at all, and durable before this returns."""
    path = paper_path(folder, hash)
    part = path.with_name(f".{hash}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(ciphertext)
            keep_file(folder, hash, part)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise CommandRefused("paper.unwritable", reason=exc.strerror) from exc


def keep_file(folder: Path, hash: str, part: Path) -> None:
    """Move a whole, checked ciphertext from the same disk to its place; durable before this returns.  OSError."""
    path = paper_path(folder, hash)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(part, "r+b") as file:
        os.fsync(file.fileno())
    os.replace(part, path)
    _sync_folder(path.parent)


def intact(files: Files, folder: Path, hash: str) -> bool:
    """Is a ciphertext there, and what it was?  Else it is known as one that is not here; what is left is put aside."""
    path = paper_path(folder, hash)
    try:
        if paper_hash(path.read_bytes()) == hash:
            return True
        path.replace(path.with_suffix(DAMAGED))
    except OSError:
        pass  # it is gone, or the disk does not give it
    with files.write():
        known = files.paper(hash)
        if known is not None and known.complete:
            files.save_paper(replace(known, have=0))
    return False


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # Windows makes a new name durable by itself
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _checked_pdf(data: bytes) -> Page:
    """A PDF is kept as it is: its pages cannot be scaled without a library that runs what stands in it."""
    if len(data) > MAX_PDF_BYTES:
        raise BadInput("paper.pdf_too_large", most=MAX_PDF_BYTES // (1024 * 1024))
    if b"%%EOF" not in data[-1024:]:
        raise BadInput("paper.damaged_upload")
    return {"type": PDF}


def _scaled(data: bytes, kind: str, limit: int) -> tuple[bytes, Page]:
    """The picture upright, without metadata, at most ``limit`` bytes."""
    picture = _read_picture(data, kind)
    side = min(LONGEST_SIDE, max(picture.size))
    while True:
        smaller = _fit(picture, side)
        for encoded, encoded_kind in _encodings(smaller, kind):
            if len(encoded) <= limit or side <= _SMALLEST_SIDE:
                return encoded, {"type": encoded_kind, "width": smaller.width, "height": smaller.height}
        side = max(_SMALLEST_SIDE, side * 4 // 5)


def _encodings(picture: Image.Image, kind: str) -> Iterator[tuple[bytes, str]]:
    """From the best to the smallest: a drawing as PNG, all else as JPEG of falling quality."""
    if kind == PNG and picture.width * picture.height <= _DRAWING_PIXELS:
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        yield out.getvalue(), PNG
    for quality in (85, 75, 65, 55):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        yield out.getvalue(), JPEG


def _fit(picture: Image.Image, side: int) -> Image.Image:
    if max(picture.size) <= side:
        return picture
    return ImageOps.contain(picture, (side, side), Image.Resampling.LANCZOS)


def _read_picture(data: bytes, kind: str) -> Image.Image:
    """The picture as RGB, turned as its EXIF says.  BadInput for what is damaged, or a bomb."""
    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW[kind]]) as header:
            if header.width * header.height > MAX_PIXELS:
                raise BadInput("paper.too_many_pixels", most=MAX_PIXELS // 1_000_000)
            header.verify()
        with Image.open(io.BytesIO(data), formats=[_PILLOW[kind]]) as picture:
            # a large JPEG is decoded at a fraction of its size
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture.load()
            return _on_white(_upright(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise BadInput("paper.too_many_pixels", most=MAX_PIXELS // 1_000_000) from exc
    except BadInput:
        raise
    except Exception as exc:  # a picture made to do harm may raise anything
        raise BadInput("paper.damaged_upload") from exc


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # a good picture with bad metadata is still a good picture
        return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """Opaque: what is drawn on nothing is drawn on white."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        picture = Image.alpha_composite(ground, clear)
    opaque = picture.convert("RGB")
    opaque.info.clear()
    return opaque


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as exc:
        raise DamagedPaper("paper.damaged") from exc
