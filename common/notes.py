"""The hub's checkpoints as text: C2SP ``tlog-checkpoint`` in a C2SP ``signed-note`` with two lines by the hub's key.

The first line is the log's signature (type 0x01), the second the hub's own timestamped cosignature (C2SP
``tlog-cosignature``, type 0x04), which gives the time.  Both carry the log's name as key name; the type makes their key
ids differ.  Signatures by others may stand below and are not looked at.  Source: PROTOCOL.md 8.1.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Protocol

from common.errors import BadSignature, LedgerError

MAX_NOTE_BYTES = 16 * 1024
MAX_SIGNATURES = 64
MAX_NUMBER = 2**53 - 1

LOG_SIGNATURE = b"\x01"
COSIGNATURE = b"\x04"
_ID_BYTES, _TIME_BYTES, _SIGNATURE_BYTES, _ROOT_BYTES = 4, 8, 64, 32
_LINE = "\N{EM DASH} "
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")
_NAME = re.compile(r"[!-*,-~]{1,200}\Z")  # visible ASCII without "+"


class BadNote(LedgerError):
    """The text is no checkpoint that the hub's key signed; ``code`` says what is wrong."""


class Verifier(Protocol):
    """A public key: 32 ``raw`` bytes; ``verify`` raises BadSignature."""

    @property
    def raw(self) -> bytes: ...

    def verify(self, data: bytes, signature: bytes) -> None: ...


class Signer(Protocol):
    """The hub's key: ``sign`` gives 64 bytes."""

    @property
    def public(self) -> Verifier: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head of the hub: the log's name, the number of leaves, the root (32 bytes), UTC ms (whole seconds)."""

    log: str
    size: int
    root: bytes
    time: int

    def text(self) -> str:
        """The signed text: three lines."""
        return f"{self.log}\n{self.size}\n{_b64(self.root)}\n"


def sign_checkpoint(log: str, size: int, root: bytes, at: int, signer: Signer) -> str:
    """The signed note of a tree head.

    Args:
        log: the log's name, visible ASCII without spaces and ``+``.
        size, root: of the tree; the root has 32 bytes.
        at: UTC milliseconds; the note carries whole seconds.
    """
    if not (
        _NAME.match(log) and 0 <= size <= MAX_NUMBER and len(root) == _ROOT_BYTES and 0 <= at <= MAX_NUMBER
    ):
        raise ValueError("no such tree head")
    seconds = at // 1000
    text = Checkpoint(log, size, root, seconds * 1000).text()
    signature = signer.sign(text.encode("utf-8"))
    cosignature = signer.sign(_cosigned(text, seconds))
    lines = (
        key_id(log, LOG_SIGNATURE, signer.public.raw) + signature,
        key_id(log, COSIGNATURE, signer.public.raw) + seconds.to_bytes(_TIME_BYTES, "big") + cosignature,
    )
    return text + "\n" + "".join(f"{_LINE}{log} {_b64(line)}\n" for line in lines)


def read_checkpoint(note: str, hub: Verifier) -> Checkpoint:
    """The tree head of a note that the hub's key signed and timed.  Raises BadNote.

    The caller compares the log with the one it knows.
    """
    text, lines = _split(note)
    log, size, root = _head(text)
    signature = _of_hub(lines, log, key_id(log, LOG_SIGNATURE, hub.raw), _SIGNATURE_BYTES)
    timed = _of_hub(lines, log, key_id(log, COSIGNATURE, hub.raw), _TIME_BYTES + _SIGNATURE_BYTES)
    seconds = int.from_bytes(timed[:_TIME_BYTES], "big")
    if seconds * 1000 > MAX_NUMBER:
        raise BadNote("note.wrong_form")
    try:
        hub.verify(text.encode("utf-8"), signature)
        hub.verify(_cosigned(text, seconds), timed[_TIME_BYTES:])
    except BadSignature as exc:
        raise BadNote("note.wrong_signature") from exc
    return Checkpoint(log, size, root, seconds * 1000)


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """The four bytes that name a key in a signature line (C2SP ``signed-note``)."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + kind + public).digest()[:_ID_BYTES]


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text and its signature lines as (key name, key id and signature)."""
    if len(note) > MAX_NOTE_BYTES:
        raise BadNote("note.too_large", limit=MAX_NOTE_BYTES)
    if any((char < " " and char != "\n") or "\ud800" <= char <= "\udfff" for char in note):
        raise BadNote("note.wrong_form")
    text, blank, signatures = note.rpartition("\n\n")
    rows = signatures.split("\n")
    if not blank or rows.pop() != "" or not 0 < len(rows) <= MAX_SIGNATURES:
        raise BadNote("note.wrong_form")
    return text + "\n", [_signature_line(row) for row in rows]


def _signature_line(row: str) -> tuple[str, bytes]:
    name, space, encoded = row.removeprefix(_LINE).partition(" ")
    signature = _unb64(encoded)
    if not row.startswith(_LINE) or not name or not space or signature is None or len(signature) <= _ID_BYTES:
        raise BadNote("note.wrong_form")
    return name, signature


def _head(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or "" in lines or not _NAME.match(lines[0]) or not _NUMBER.match(lines[1]):
        raise BadNote("note.wrong_form")
    size, root = int(lines[1]), _unb64(lines[2])
    if size > MAX_NUMBER or root is None or len(root) != _ROOT_BYTES:
        raise BadNote("note.wrong_form")
    return lines[0], size, root


def _of_hub(lines: list[tuple[str, bytes]], name: str, known: bytes, size: int) -> bytes:
    """The one signature under this key name and key id, without the id."""
    found = [line[_ID_BYTES:] for other, line in lines if other == name and line[:_ID_BYTES] == known]
    if not found:
        raise BadNote("note.not_by_hub")
    if len(found) != 1 or len(found[0]) != size:
        raise BadNote("note.wrong_form")
    return found[0]


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def _unb64(text: str) -> bytes | None:
    """Strict standard base64 with padding; None for any other text."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return raw if _b64(raw) == text else None
