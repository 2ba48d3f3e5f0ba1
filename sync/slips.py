"""Slips 启用单: what a new node is given on paper, in a message or on a stick (PROTOCOL.md 10.1).

A slip carries the office, its parents' addresses in order, the root key's thumbprint and a one-time code of 128
bits.  As text it is one line, ``BMS1-`` and groups of eight characters with hyphens between, in Crockford's base 32: no
I, L, O, U; I and L read as 1, O as 0, capitals or not.  The last character of each group checks the group and its
place, so that a mistyped or misplaced one is named; the last three bytes check the whole.

The content, big-endian: flags (1: practice), size of all bytes, kind of office (0, 1, 2: 6, 9, 12 digits), its
number (5), end (4), code (16), thumbprint (32), for each parent a length (128 added for https) and its host, check.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import NoReturn

from common.errors import BadInput
from common.event_types import is_address
from common.offices import division, is_office

PREFIX = "BMS1"
CODE_BYTES = 16
MAX_TEXT = 4096
MAX_PARENTS = 8
MAX_EXPIRES_S = 2**32 - 1

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {char: value for value, char in enumerate(_ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_GROUP = 7  # characters of content in a group; the eighth checks them
_CHECK_BYTES = 3
_SLIP = re.compile(rf"{PREFIX}((?:[-\s]+[0-9A-Za-z]+)+)", re.IGNORECASE)
_OFFICE_DIGITS = (6, 9, 12)
_HTTPS = 0x80
_PRACTICE = 0x01


@dataclass(frozen=True, slots=True)
class Slip:
    """``office`` a division's code; ``parents`` base addresses in the order to be tried, none where who sets the node
    up is to name them; ``root`` the thumbprint of the root key (RFC 7638, base64url); ``code`` 16 secret bytes;
    ``expires`` seconds since 1970 by the hub's clock."""

    office: str
    parents: tuple[str, ...]
    root: str
    code: bytes
    expires: int
    practice: bool

    def __post_init__(self) -> None:
        """Raises BadInput where a slip could not be written or used."""
        if not is_office(self.office) or division(self.office) != self.office:
            raise BadInput("slip.bad_office", office=self.office)
        if len(self.parents) > MAX_PARENTS:
            raise BadInput("slip.too_many_parents", most=MAX_PARENTS)
        for url in self.parents:
            check_address(url)
        if len(self.code) != CODE_BYTES or not 0 <= self.expires <= MAX_EXPIRES_S:
            raise ValueError("a slip's code has 16 bytes, its end 32 bits")
        if len(_thumbprint_bytes(self.root)) != 32:
            raise ValueError("a thumbprint has 32 bytes")

    def __repr__(self) -> str:
        return f"Slip(office={self.office!r}, parents={self.parents!r}, root={self.root!r})"  # never the code


def check_address(url: str) -> str:
    """A parent's base address: scheme http or https, a host, perhaps a port, nothing else.  Raises BadInput."""
    if not is_address(url):
        raise BadInput("slip.bad_address", url=url[:200])
    return url


def make_slip(
    office: str, parents: tuple[str, ...], root: str, code: bytes, expires: int, *, practice: bool = False
) -> str:
    """The slip as text, one line.  Raises BadInput for an office or an address that cannot be used."""
    return write_slip(Slip(office, parents, root, code, expires, practice))


def write_slip(slip: Slip) -> str:
    """The text of a slip; ``read_slip`` gives it back."""
    data = _pack(slip)
    data = data[:1] + bytes([len(data) + 1 + _CHECK_BYTES]) + data[1:]
    data += hashlib.sha256(data).digest()[:_CHECK_BYTES]
    content = _encode(data)
    groups = [content[i : i + _GROUP] for i in range(0, len(content), _GROUP)]
    return "-".join([PREFIX, *(group + _check(group, place) for place, group in enumerate(groups, 1))])


def read_slip(text: str) -> Slip:
    """The slip in a text, which may have other words around it and line breaks in it.

    Raises BadInput: ``slip.not_found``, ``slip.group_wrong`` (detail ``group``, counted from 1), ``slip.too_short``,
    ``slip.damaged``, ``slip.unknown_version``.
    """
    data = _decode(_groups(text))
    content, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if hashlib.sha256(content).digest()[:_CHECK_BYTES] != check:
        raise BadInput("slip.damaged")
    try:
        return _unpack(content[:1] + content[2:])
    except (ValueError, IndexError) as exc:
        raise BadInput("slip.damaged") from exc


# ---------------------------------------------------------------- the bytes


def _pack(slip: Slip) -> bytes:
    parts = [
        bytes([_PRACTICE if slip.practice else 0]),
        bytes([_OFFICE_DIGITS.index(len(slip.office))]),
        int(slip.office).to_bytes(5, "big"),
        slip.expires.to_bytes(4, "big"),
        slip.code,
        _thumbprint_bytes(slip.root),
    ]
    for url in slip.parents:
        scheme, _, host = url.partition("://")
        parts.append(bytes([len(host) | (_HTTPS if scheme == "https" else 0)]) + host.encode("ascii"))
    return b"".join(parts)


def _unpack(data: bytes) -> Slip:
    flags, digits = data[0], _OFFICE_DIGITS[data[1]]
    office = f"{int.from_bytes(data[2:7], 'big'):0{digits}d}"
    expires = int.from_bytes(data[7:11], "big")
    code, root, rest = data[11:27], data[27:59], data[59:]
    if flags & ~_PRACTICE or len(root) != 32:
        _damaged()
    parents = []
    while rest:
        size = rest[0] & ~_HTTPS
        host = rest[1 : 1 + size]
        if len(host) != size:
            _damaged()
        parents.append(("https://" if rest[0] & _HTTPS else "http://") + host.decode("ascii"))
        rest = rest[1 + size :]
    thumbprint = base64.urlsafe_b64encode(root).rstrip(b"=").decode()
    return Slip(office, tuple(parents), thumbprint, code, expires, bool(flags & _PRACTICE))


def _damaged() -> NoReturn:
    raise BadInput("slip.damaged")


def _thumbprint_bytes(root: str) -> bytes:
    return base64.urlsafe_b64decode(root + "=" * (-len(root) % 4))


# ---------------------------------------------------------------- the characters


def _groups(text: str) -> list[str]:
    """The groups of the slip in a text, in plain characters, each checked and without its check character."""
    found = _SLIP.search(text[:MAX_TEXT])
    if found is None:
        if re.search(r"BMS[02-9]", text[:MAX_TEXT], re.IGNORECASE):
            raise BadInput("slip.unknown_version")
        raise BadInput("slip.not_found")
    groups: list[str] = []
    wanted = 1
    for place, group in enumerate(re.split(r"[-\s]+", found.group(1).strip("- \t\r\n")), 1):
        plain = "".join(_ALPHABET[_VALUE[char]] for char in group.upper() if char in _VALUE)
        if (
            len(plain) != len(group)
            or not 2 <= len(plain) <= _GROUP + 1
            or _check(plain[:-1], place) != plain[-1]
        ):
            raise BadInput("slip.group_wrong", group=place, text=group[:20])
        groups.append(plain[:-1])
        if place == 1:  # it says how long the slip is: what follows are other words
            wanted = -(-_characters(_number(groups) >> 19 & 0xFF) // _GROUP)
        if place == wanted:
            return groups
    raise BadInput("slip.too_short", groups=wanted, found=len(groups))


def _check(group: str, place: int) -> str:
    """Luhn modulo 32 over the group, begun with its place: finds every single wrong character and most swaps."""
    total, factor = place, 2
    for char in reversed(group):
        doubled = _VALUE[char] * factor
        total += doubled // 32 + doubled % 32
        factor = 3 - factor
    return _ALPHABET[-total % 32]


def _characters(size: int) -> int:
    return -(-size * 8 // 5)


def _number(groups: list[str]) -> int:
    number = 0
    for char in "".join(groups):
        number = number << 5 | _VALUE[char]
    return number


def _encode(data: bytes) -> str:
    length = _characters(len(data))
    number = int.from_bytes(data, "big") << (length * 5 - len(data) * 8)
    return "".join(_ALPHABET[number >> 5 * (length - 1 - i) & 31] for i in range(length))


def _decode(groups: list[str]) -> bytes:
    if any(len(group) != _GROUP for group in groups[:-1]):
        raise BadInput("slip.damaged")
    size, spare = divmod(sum(map(len, groups)) * 5, 8)
    number = _number(groups)
    if number & ((1 << spare) - 1) or spare >= 5 or size <= _CHECK_BYTES:
        raise BadInput("slip.damaged")
    return (number >> spare).to_bytes(size, "big")
