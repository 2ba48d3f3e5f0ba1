"""What a request says, read strictly: the wrong kind of value, a key too many or too few is refused by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import request

from common.errors import BadInput
from common.events import BadEvent, parse_json

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_TEXT = 4_000
_NEEDED = object()


class Asked:
    """A JSON object of a request.

    Args:
        value: the object.  where: its place in the request, ``papers.0``; empty for the whole body.

    Each reader takes a key; without a default the key must be there.
    Errors: BadInput ``api.field_missing``, ``command.field`` (detail ``field``).
    """

    def __init__(self, value: Mapping[str, Any], where: str = "") -> None:
        self.value = value
        self._where = where

    def only(self, *known: str) -> Asked:
        """Refuses every other key: BadInput ``api.field_unknown``."""
        for key in self.value:
            if key not in known:
                raise BadInput("api.field_unknown", field=self.place(key)[:80])
        return self

    def text(self, key: str, default: Any = _NEEDED, *, most: int = MAX_TEXT) -> Any:
        value = self._get(key, default)
        self._require(value is default or (isinstance(value, str) and len(value) <= most), key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        self._require(isinstance(value, bool), key)
        return bool(value)

    def count(self, key: str, default: Any = _NEEDED, *, most: int) -> int:
        value = self._get(key, default)
        self._require(type(value) is int and 0 <= value <= most, key)
        return int(value)

    def mapping(self, key: str, default: Any = _NEEDED) -> Mapping[str, Any]:
        value = self._get(key, default)
        self._require(isinstance(value, dict) or value is default, key)
        return value  # type: ignore[no-any-return]  # a mapping, or the caller's default

    def part(self, key: str) -> Asked | None:
        """The object under a key, None where there is none."""
        value = self.mapping(key, None)
        return None if value is None else Asked(value, self.place(key))

    def parts(self, key: str) -> list[Asked]:
        found = self._list(key)
        self._require(all(isinstance(one, dict) for one in found), key)
        return [Asked(one, self.place(f"{key}.{place}")) for place, one in enumerate(found)]

    def texts(self, key: str) -> list[str]:
        found = self._list(key)
        self._require(all(isinstance(one, str) and len(one) <= MAX_TEXT for one in found), key)
        return found

    def wrong(self, key: str) -> BadInput:
        """The error that says that this key's value cannot be."""
        return BadInput("command.field", field=self.place(key))

    def _list(self, key: str) -> list[Any]:
        value = self._get(key, [])
        self._require(isinstance(value, list), key)
        return list(value)

    def _get(self, key: str, default: Any) -> Any:
        if key in self.value:
            return self.value[key]
        if default is _NEEDED:
            raise BadInput("api.field_missing", field=self.place(key))
        return default

    def _require(self, ok: object, key: str) -> None:
        if not ok:
            raise self.wrong(key)

    def place(self, key: str) -> str:
        """Where a key stands in the request: ``papers.0.material``."""
        return f"{self._where}.{key}" if self._where else key


def body() -> Asked:
    """The request's JSON object.  BadInput ``api.not_json``."""
    try:
        value = parse_json(request.get_data(), max_bytes=MAX_BODY_BYTES, max_depth=MAX_DEPTH)
    except BadEvent as exc:
        raise BadInput("api.not_json", why=exc.code) from exc
    if not isinstance(value, dict):
        raise BadInput("api.not_json", why="event.not_object")
    return Asked(value)


def canonical(asked: Asked, *, without: str = "") -> bytes:
    """The object as bytes that do not depend on how it was written, but for one key."""
    kept = {key: value for key, value in asked.value.items() if key != without}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def page_number() -> int:
    """``?page``, from 1.  BadInput ``command.field``."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) >= 1):
        raise BadInput("command.field", field="page")
    return int(text)


def flag_in_query(name: str) -> bool:
    """A ``true`` or ``false`` in the address.  BadInput ``command.field``."""
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise BadInput("command.field", field=name)
    return text == "true"
