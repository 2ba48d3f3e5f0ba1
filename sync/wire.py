"""One message, for the wire and for the stick (PROTOCOL.md 5; design 5).

A message is a readable outer line and a seal::

    bianmin/1 <sender or -> <reader> <dictionary>\\n     ASCII; node ids of 12 characters; a dictionary's version
    HPKE seal to the reader's key, the outer line as ``info``:
        64 bytes: the sender's Ed25519 signature over "bianmin message 1\\n", the outer line and the frame
        one zstd frame, its content size stated, with the dictionary of that version (0: none)
            the header, JSON on one line; then the event lines, each ended by a newline

``unseal``, ``read`` and ``check`` are three steps, because a sender that the reader does not know yet shows its chain
in the header, which must be read before the signature can be checked.  Nothing else of it may be used before that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import zstandard

from common.errors import BadSignature, LedgerError
from common.events import BadEvent, parse_json
from common.keys import JWK, SIGNATURE_BYTES, BadSeal, PublicKey, SealKey, SigningKey, open_sealed, seal

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_INFLATED_BYTES = 32 * 1024 * 1024
MAX_LINES = 20_000
MAX_HEADER_BYTES = 1024 * 1024
MAX_HEADER_DEPTH = 16
DICTIONARY = 2  # the version that we write with
DICTIONARIES = (0, 1, 2)  # the versions that we can read; 0 is none

_OUTER = re.compile(rb"bianmin/1 (-|[a-z2-7]{12}) ([a-z2-7]{12}) (0|[1-9][0-9]{0,3})\n")
_ANY_VERSION = re.compile(rb"bianmin/([0-9]{1,4}) ")
_SIGNED = b"bianmin message 1\n"
_LEVEL = 9
_MAX_WINDOW_BYTES = 8 * 1024 * 1024
_CHUNK = 256 * 1024


class BadMessage(LedgerError):
    """The bytes are no message that this node can read; ``code`` says why (PROTOCOL.md 5.3)."""


@dataclass(frozen=True, slots=True)
class Outer:
    """What a relay or a stick can read: node ids (``sender`` is None where none is named), the dictionary's version."""

    sender: str | None
    reader: str
    dictionary: int

    def line(self) -> bytes:
        return f"bianmin/1 {self.sender or '-'} {self.reader} {self.dictionary}\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class Opened:
    """A message out of its seal.  ``zbytes`` is the zstd frame; nothing is checked yet but the seal."""

    sender: str | None
    reader: str
    dictionary: int
    signature: bytes
    zbytes: bytes

    @property
    def signed_bytes(self) -> bytes:
        return _SIGNED + Outer(self.sender, self.reader, self.dictionary).line() + self.zbytes


def pack(
    sender: str | None,
    reader: str,
    header: Mapping[str, Any],
    lines: Iterable[bytes],
    signer: SigningKey,
    reader_seal: JWK,
    dictionary: int = DICTIONARY,
) -> bytes:
    """A message.

    Args:
        sender, reader: node ids.
        lines: event lines without their newlines.
        reader_seal: the reader's sealing key as a JWK; BadKey if it is none.
    Raises ValueError for what no reader would take: too long, too many lines, a header that is no strict JSON.
    """
    outer = Outer(sender, reader, dictionary).line()
    if not _OUTER.fullmatch(outer) or dictionary not in DICTIONARIES:
        raise ValueError(f"no outer line: {outer!r}")
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    try:
        parse_json(head, max_bytes=MAX_HEADER_BYTES, max_depth=MAX_HEADER_DEPTH)
    except BadEvent as exc:
        raise ValueError(f"no header: {exc}") from exc
    rows = (head, *lines)
    content = b"".join(row + b"\n" for row in rows)
    if len(content) > MAX_INFLATED_BYTES or not len(rows) == content.count(b"\n") <= MAX_LINES + 1:
        raise ValueError(f"{len(rows)} lines of {len(content)} bytes do not make a message")
    zbytes = _compressor(dictionary).compress(content)
    signature = signer.sign(_SIGNED + outer + zbytes)
    message = outer + seal(reader_seal, signature + zbytes, outer)
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueError(f"{len(message)} bytes are too much for a message")
    return message


def read_outer(data: bytes) -> Outer:
    """The outer line.  Raises BadMessage."""
    version = _ANY_VERSION.match(data)
    if version is not None and version[1] != b"1":
        raise BadMessage("message.unknown_version", version=int(version[1]))
    match = _OUTER.match(data)
    if match is None:
        raise BadMessage("message.wrong_form")
    sender, reader, dictionary = match.groups()
    if int(dictionary) not in DICTIONARIES:
        raise BadMessage("message.unknown_dictionary", dictionary=int(dictionary))
    return Outer(None if sender == b"-" else sender.decode("ascii"), reader.decode("ascii"), int(dictionary))


def unseal(data: bytes, seal_key: SealKey) -> Opened:
    """Open the seal.  Raises BadMessage: too large, not in the form, or not sealed to this key."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise BadMessage("message.too_large", limit=MAX_MESSAGE_BYTES)
    outer = read_outer(data)
    line = outer.line()
    try:
        plain = open_sealed(seal_key, data[len(line) :], line)
    except BadSeal as exc:
        raise BadMessage("message.wrong_seal", reader=outer.reader) from exc
    return Opened(
        outer.sender, outer.reader, outer.dictionary, plain[:SIGNATURE_BYTES], plain[SIGNATURE_BYTES:]
    )


def read(opened: Opened) -> tuple[dict[str, Any], list[bytes]]:
    """The header and the event lines (without newlines), whoever may have signed them.  Raises BadMessage.

    The lines themselves are judged one by one elsewhere: a bad one is no reason to refuse the others.
    """
    content = _inflate(opened)
    if not content.endswith(b"\n"):
        raise BadMessage("message.not_lines")
    rows = content.split(b"\n", MAX_LINES + 2)
    if len(rows) > MAX_LINES + 2:
        raise BadMessage("message.too_many_lines", limit=MAX_LINES)
    try:
        header = parse_json(rows[0], max_bytes=MAX_HEADER_BYTES, max_depth=MAX_HEADER_DEPTH)
    except BadEvent as exc:
        raise BadMessage("message.wrong_header", reason=exc.code) from exc
    if not isinstance(header, dict):
        raise BadMessage("message.wrong_header", reason="event.not_object")
    return header, rows[1:-1]


def check(opened: Opened, sender: PublicKey) -> None:
    """Check that the sender's key signed the message.  Raises BadMessage."""
    try:
        sender.verify(opened.signed_bytes, opened.signature)
    except BadSignature as exc:
        raise BadMessage("message.wrong_signature") from exc


def _inflate(opened: Opened) -> bytes:
    """The content, read through a bound: a frame's word on its own size is compared, never relied on."""
    chunks: list[bytes] = []
    size = 0
    try:
        stated = zstandard.frame_content_size(opened.zbytes)
        if stated > MAX_INFLATED_BYTES:
            raise BadMessage("message.too_large", limit=MAX_INFLATED_BYTES)
        with _decompressor(opened.dictionary).stream_reader(opened.zbytes) as reader:
            while chunk := reader.read(_CHUNK):
                size += len(chunk)
                if size > MAX_INFLATED_BYTES:
                    raise BadMessage("message.too_large", limit=MAX_INFLATED_BYTES)
                chunks.append(chunk)
    except zstandard.ZstdError as exc:
        raise BadMessage("message.not_zstd") from exc
    if size != stated:  # cut short, or more than one frame
        raise BadMessage("message.not_zstd")
    return b"".join(chunks)


@lru_cache(len(DICTIONARIES))
def _dictionary(version: int) -> zstandard.ZstdCompressionDict | None:
    if version == 0:
        return None
    data = files("sync").joinpath("dictionaries", f"{version}.zdict").read_bytes()
    dictionary = zstandard.ZstdCompressionDict(data)
    dictionary.precompute_compress(level=_LEVEL)
    return dictionary


def _compressor(version: int) -> zstandard.ZstdCompressor:
    # A compressor serves one thread at a time, so each message has its own; the dictionary is shared.
    return zstandard.ZstdCompressor(_LEVEL, _dictionary(version), write_checksum=False, write_dict_id=False)


def _decompressor(version: int) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(_dictionary(version), max_window_size=_MAX_WINDOW_BYTES)
