"""Papers on their way 材料传输: ciphertexts up in small pieces, down on demand (PROTOCOL.md 9; design 5).

Upward a parent gives an address with a capability for each paper that it wants; the child sends pieces there by the
core of tus 1.0.  Downward the child asks for a hash and reads from an address that it was given.  A paper is *had* only
when all its bytes are there, its hash is right, and both are durable; the next signed answer says so, not a status.
"""

from __future__ import annotations

import hmac
import re
import shutil
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from common.errors import AppError, BadInput, CommandRefused, NotFound, PeerUnreachable
from common.events import decode, split_line
from common.keys import hmac_sha256
from common.node.lines import NO_KEY
from common.node.projecting import is_hash, pages
from common.papers import intact, keep_file, paper_path, reserve_bytes
from common.store import Store
from common.store.database import StoreTrouble
from common.store.local import PaperFile
from common.vault import paper_hash
from sync.exchange import Papers as Word
from sync.headers import Offer
from sync.http import DOWN, UP, Reply

TUS_VERSION = "1.0.0"
TUS_TYPE = "application/offset+octet-stream"
MAX_PIECE_BYTES = 64 * 1024
MIN_PIECE_BYTES = 4 * 1024
MAX_PAPER_BYTES = 24 * 1024 * 1024
MAX_STAGED_BYTES = 256 * 1024 * 1024
OFFERED = 16
"""Papers named in one offer."""
TRACKED = 4
"""Papers of which one offer asks whether they are at the county."""
TRIES = 3
_WAITING_LOOKED_AT = 2000

_TAG_BYTES = 16
_STAGING = ".staging"
_SECRET = "papers.capabilities"  # noqa: S105  # the name of a secret, not one
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})\Z")

Free = Callable[[Path], int]


class TooMuch(AppError):
    """A piece is larger than one may be."""

    http_status = 413


class NoRoom(AppError):
    """The disk takes no more."""

    http_status = 507


class WrongOffset(CommandRefused):
    """A piece does not begin where the last one ended (tus: 409)."""


class WrongContent(BadInput):
    """All bytes are there, and they are not the paper: they are thrown away, the next piece begins at 0."""

    http_status = 422


# ---------------------------------------------------------------- files


class Room:
    """The papers' folder of one node: whole ones, and the parts of those that are on their way here."""

    def __init__(self, store: Store, folder: Path, free: Free | None = None) -> None:
        self._local = store.local
        self._store = store
        self._folder = folder
        self._free = free or _free_bytes
        self._lock = threading.RLock()

    def path(self, hash: str) -> Path:
        return paper_path(self._folder, hash)

    def whole(self, hash: str) -> bool:
        return self.path(hash).is_file()

    def had(self, hash: str, size: int, *, from_parent: bool = False) -> bool:
        """True if the whole paper is here.  Makes good what a stop or a full disk left undone after the last piece."""
        if not self.whole(hash) and not self._finished(hash, size):
            return False
        known = self._local.paper(hash) or PaperFile(hash, size)
        if not known.complete or (from_parent and not known.at_parent):
            with self._store.write():
                known = self._local.paper(hash) or PaperFile(hash, size)
                at_parent = known.at_parent or from_parent
                self._local.save_paper(
                    replace(known, size=size, have=size, wanted=False, at_parent=at_parent)
                )
        return True

    def take_stock(self) -> int:
        """Have what events name and a stop left here whole and unheard of: nobody may send it again; how many pages.

        For the start of a program; looks at the names of all files.  On a full disk they wait for the next start.
        """
        lying = {path.name for path in self._folder.glob("[0-9a-f][0-9a-f]/*") if is_hash(path.name)}
        unknown = lying - self._local.papers_whole()
        named = {row.hash for row in self._store.views.papers_by_hash(unknown)}
        try:
            return sum(self.had(hash, self.part_bytes(hash)) for hash in named)
        except StoreTrouble:
            return 0

    def part_bytes(self, hash: str) -> int:
        """How many bytes of a paper on its way are here; all of them if it is whole."""
        for path in (self.path(hash), self._part(hash)):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                continue
        return 0

    def free_bytes(self) -> int:
        """Free on the disk that papers lie on."""
        return self._free(self._folder)

    def has_space(self, size: int) -> bool:
        """Room for so many bytes more, on the disk and in the staging area."""
        return size <= MAX_PAPER_BYTES and self.free_bytes() - size >= reserve_bytes(self._local)

    def add(self, hash: str, size: int, offset: int, piece: bytes, *, from_parent: bool) -> int:
        """Put a piece at its place; how many bytes are here now.  With the last one the paper is checked and had.

        Errors:
            WrongOffset ``paper.wrong_offset`` (detail ``offset``); WrongContent ``paper.wrong_content``;
            BadInput ``paper.beyond_size``; NoRoom ``paper.unwritable``.
        """
        with self._lock:
            if self.had(hash, size, from_parent=from_parent):
                return size
            here = self.part_bytes(hash)
            if offset != here:
                raise WrongOffset("paper.wrong_offset", offset=here)
            if offset + len(piece) > size:
                raise BadInput("paper.beyond_size", size=size)
            part = self._part(hash)
            try:
                part.parent.mkdir(parents=True, exist_ok=True)
                if not here:
                    self._make_room(size)
                with open(part, "ab") as file:
                    file.write(piece)
                here += len(piece)
                if here == size:
                    self._finish(hash, part)
                    self.had(hash, size, from_parent=from_parent)
            except OSError as exc:
                raise NoRoom("paper.unwritable", reason=exc.strerror) from exc
            return here

    def piece(self, hash: str, start: int, size: int) -> bytes:
        """Bytes of a whole paper.  NotFound ``paper.on_its_way``."""
        try:
            with open(self.path(hash), "rb") as file:
                file.seek(start)
                return file.read(size)
        except FileNotFoundError as exc:
            raise NotFound("paper.on_its_way") from exc

    def intact(self, hash: str) -> bool:
        """Is the file of a paper that is here still what it was?  See ``common.papers.intact``."""
        with self._lock:
            return intact(self._local, self._folder, hash)

    def _finished(self, hash: str, size: int) -> bool:
        """Put a part in its place that has all its bytes; True if it is there now."""
        with self._lock:
            if self.part_bytes(hash) == size and not self.whole(hash):
                try:
                    self._finish(hash, self._part(hash))
                except (OSError, WrongContent):
                    return False
            return self.whole(hash)

    def _finish(self, hash: str, part: Path) -> None:
        if paper_hash(part.read_bytes()) != hash:
            part.unlink(missing_ok=True)
            raise WrongContent("paper.wrong_content")
        keep_file(self._folder, hash, part)

    def _part(self, hash: str) -> Path:
        return self._folder / _STAGING / self.path(hash).name

    def _make_room(self, size: int) -> None:
        """Drop the parts that were left lying longest, until this one fits."""
        parts = sorted((p for p in self._part("0" * 64).parent.iterdir()), key=lambda p: p.stat().st_mtime)
        staged = sum(p.stat().st_size for p in parts)
        for part in parts:
            if staged + size <= MAX_STAGED_BYTES:
                return
            staged -= part.stat().st_size
            part.unlink(missing_ok=True)


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


# ---------------------------------------------------------------- the parent


class Desk:
    """What a parent says of papers, and the addresses that it gives out.

    A capability names the direction, the hash and the size under this node's own secret: nothing is remembered, and the
    same paper keeps its address, so that a stock client of tus can resume.
    """

    def __init__(self, store: Store, room: Room, random: Callable[[int], bytes], *, at_county: bool) -> None:
        self._store = store
        self._room = room
        self._random = random
        self._at_county = at_county

    def word(self, offer: Offer, divisions: Sequence[str]) -> Word:
        """Which of the offered papers this node wants, which it cannot take, which of those asked for it gives."""
        sizes = self._named(offer.papers)
        if any(hash not in sizes for hash, _ in offer.papers):
            sizes = {**self._waited_for(), **sizes}
        wants, later = self._wants(offer.papers, sizes)
        return Word(wants, later, self._gives(offer.need, divisions), self._arrived(offer.track))

    def word_to_revoked(self, offer: Offer) -> Word:
        """Of a machine out of service papers are wanted that belong to what counts, and nothing is said of others."""
        named = self._named(offer.papers)
        wants, _ = self._wants([one for one in offer.papers if one[0] in named], named)
        return Word(wants)

    def _named(self, offered: Sequence[tuple[str, int]]) -> dict[str, int]:
        """hash -> size of those that events in the ledger name."""
        rows = self._store.views.papers_by_hash(hash for hash, _ in offered)
        sizes = {row.hash: row.size for row in rows}
        return sizes | dict(
            {(row.hash, row.size) for row in rows} & set(offered)
        )  # another may lie about its size

    def _wants(
        self, offered: Sequence[tuple[str, int]], sizes: Mapping[str, int]
    ) -> tuple[tuple[tuple[str, str, int], ...], tuple[tuple[str, str], ...]]:
        wants: list[tuple[str, str, int]] = []
        later: list[tuple[str, str]] = []
        for hash, _ in offered:
            if hash not in sizes:
                later.append((hash, "paper.unknown"))
            elif self._room.had(hash, sizes[hash]):
                continue
            elif not self._room.has_space(sizes[hash]):
                later.append((hash, "paper.no_space"))
            else:
                wants.append((hash, self.capability("up", hash, sizes[hash]), self._room.part_bytes(hash)))
        return tuple(wants), tuple(later)

    def _waited_for(self) -> dict[str, int]:
        """hash -> size of the papers that lines name which wait here, for a ruling it may be: what comes is kept.

        Not of those whose signature nobody could check yet: anybody may have written them.
        """
        found = {}
        for held in self._store.waiting.list(_WAITING_LOOKED_AT):
            if held.reason != NO_KEY:
                found.update(
                    {page["hash"]: page["size"] for _, page in pages(decode(split_line(held.line)[1]))}
                )
        return found

    def _gives(self, asked: Iterable[str], divisions: Sequence[str]) -> tuple[tuple[str, str], ...]:
        rows = {row.hash: row for row in self._store.views.papers_by_hash(asked)}
        scopes = self._store.feeds.scopes({row.case for row in rows.values()})
        gives = []
        for hash, row in rows.items():
            scope = scopes.get(row.case, {})
            if not any(scope.get(division, (0, False))[1] for division in divisions):
                continue  # not in the child's scope: as if it did not exist
            if self._room.whole(hash):
                gives.append((hash, self.capability("down", hash, self._room.part_bytes(hash))))
            elif not self._at_county:
                self._want(hash, row.size)
        return tuple(gives)

    def _want(self, hash: str, size: int) -> None:
        with self._store.write():
            known = self._store.local.paper(hash) or PaperFile(hash, size)
            if not known.wanted and not known.complete:
                self._store.local.save_paper(replace(known, wanted=True))

    def _arrived(self, tracked: Sequence[str]) -> tuple[str, ...]:
        if self._at_county:
            return tuple(hash for hash in tracked if self._room.whole(hash))
        return tuple(hash for hash, file in self._store.local.papers(tracked).items() if file.at_county)

    # -- addresses

    def upload(self, capability: str) -> tuple[int, int]:
        """(bytes here, size) of the paper at an upload address.  NotFound ``paper.no_such_address``."""
        hash, size = self._read(capability, "up")
        return self._room.part_bytes(hash), size

    def take(self, capability: str, offset: int, piece: bytes) -> int:
        """Take a piece; how many bytes are here now.  Raises as ``Room.add``, TooMuch, NotFound."""
        hash, size = self._read(capability, "up")
        if len(piece) > MAX_PIECE_BYTES:
            raise TooMuch("paper.piece_too_large", most=MAX_PIECE_BYTES)
        return self._room.add(hash, size, offset, piece, from_parent=False)

    def give(self, capability: str, wanted: str | None) -> tuple[int, int, bytes]:
        """(first byte, size of the paper, bytes) of what a ``Range`` asks for: at most 64 kB a time.

        Raises NotFound; BadInput ``paper.bad_range``.
        """
        hash, size = self._read(capability, "down")
        match = _RANGE.match(wanted or "bytes=0-")
        if match is None or int(match[1]) >= size:
            raise BadInput("paper.bad_range", size=size)
        start = int(match[1])
        end = min(int(match[2]) if match[2] else size - 1, size - 1, start + MAX_PIECE_BYTES - 1)
        if end < start:
            raise BadInput("paper.bad_range", size=size)
        return start, size, self._room.piece(hash, start, end - start + 1)

    def capability(self, way: str, hash: str, size: int) -> str:
        """The last part of an address; ``way``: ``up`` or ``down``."""
        content = bytes.fromhex(hash) + size.to_bytes(6, "big")
        return urlsafe_b64encode(content + self._tag(way, content)).rstrip(b"=").decode("ascii")

    def _read(self, capability: str, way: str) -> tuple[str, int]:
        try:
            raw = urlsafe_b64decode(capability + "=" * (-len(capability) % 4))
        except ValueError:
            raw = b""
        content, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
        if len(content) != 38 or not hmac.compare_digest(tag, self._tag(way, content)):
            raise NotFound("paper.no_such_address")
        return content[:32].hex(), int.from_bytes(content[32:], "big")

    def _tag(self, way: str, content: bytes) -> bytes:
        secret = self._store.local.secret(_SECRET)
        if secret is None:
            with self._store.write():
                secret = self._store.local.secret(_SECRET)
                if secret is None:
                    secret = self._random(32)
                    self._store.local.set_secret(_SECRET, secret)
        return hmac_sha256(secret, way.encode("ascii") + content)[:_TAG_BYTES]


# ---------------------------------------------------------------- the child


class Link(Protocol):
    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply: ...


class Carrier:
    """Carries papers over one link, in pieces that shrink where the link is bad.

    Args:
        progress: called with (bytes done, bytes in all) of the paper under way.
    """

    def __init__(
        self,
        room: Room,
        link: Link,
        piece_bytes: int = MAX_PIECE_BYTES,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._room = room
        self._link = link
        self._progress = progress or (lambda done, size: None)
        self.piece_bytes = piece_bytes

    def up(self, hash: str, size: int, capability: str, offset: int) -> bool:
        """Send a paper from ``offset`` on.  True if its last byte was taken now; False if the parent takes no more.

        Raises PeerUnreachable after ``TRIES`` cuts in a row: what has arrived stays there.
        """
        path, tries, begun = UP + capability, 0, offset
        while offset < size:
            headers = {"Tus-Resumable": TUS_VERSION, "Upload-Offset": str(offset), "Content-Type": TUS_TYPE}
            try:
                reply = self._link.call(
                    "PATCH", path, self._room.piece(hash, offset, self.piece_bytes), headers
                )
                if reply.status not in (204, 409, 413):
                    return self._over(reply)
                if reply.status == 413 and not self._shrink():
                    return False
                if reply.status == 409:
                    tries += 1
                    reply = self._link.call("HEAD", path, headers={"Tus-Resumable": TUS_VERSION})
                    if reply.status != 200 or tries > TRIES:
                        return self._over(reply)
                else:
                    tries = 0
            except PeerUnreachable:
                tries += 1
                self._shrink()
                if tries > TRIES:
                    raise
                reply = self._link.call("HEAD", path, headers={"Tus-Resumable": TUS_VERSION})
            offset = _number(reply.headers.get("upload-offset"), offset)
            self._progress(offset, size)
        return offset > begun

    def down(self, hash: str, size: int, capability: str) -> bool:
        """Fetch a paper from where it was left.  True if it is whole now; False if the parent gives no more of it.

        Raises PeerUnreachable after ``TRIES`` cuts in a row: what has arrived stays here.
        """
        tries = 0
        while not self._room.had(hash, size, from_parent=True):
            offset = self._room.part_bytes(hash)
            last = min(offset + self.piece_bytes, size) - 1
            try:
                reply = self._link.call("GET", DOWN + capability, headers={"Range": f"bytes={offset}-{last}"})
            except PeerUnreachable:
                tries += 1
                self._shrink()
                if tries > TRIES:
                    raise
                continue
            tries = 0
            if reply.status != 206 or not reply.body or offset == size:
                return self._over(reply)
            try:
                self._room.add(hash, size, offset, reply.body, from_parent=True)
            except (BadInput, CommandRefused, NoRoom):
                return False
            self._progress(offset + len(reply.body), size)
        return True

    def _shrink(self) -> bool:
        """Smaller pieces from now on; False if they are as small as they get."""
        smaller = max(MIN_PIECE_BYTES, self.piece_bytes // 2)
        changed, self.piece_bytes = smaller < self.piece_bytes, smaller
        return changed

    @staticmethod
    def _over(reply: Reply) -> bool:
        """The parent takes no more of this paper; a server's own trouble is a bad link."""
        if reply.status >= 500:
            raise PeerUnreachable("sync.bad_answer", status=reply.status)
        return False


def _number(text: str | None, otherwise: int) -> int:
    return (
        int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else otherwise
    )


def tus_headers(offset: int | None = None, size: int | None = None) -> dict[str, str]:
    """Headers of an answer at an upload address."""
    headers = {"Tus-Resumable": TUS_VERSION, "Cache-Control": "no-store"}
    if offset is not None:
        headers["Upload-Offset"] = str(offset)
    if size is not None:
        headers["Upload-Length"] = str(size)
    return headers


__all__ = [
    "MAX_PIECE_BYTES",
    "OFFERED",
    "TRACKED",
    "Carrier",
    "Desk",
    "Free",
    "Link",
    "Room",
    "TooMuch",
    "WrongContent",
    "WrongOffset",
    "tus_headers",
]
