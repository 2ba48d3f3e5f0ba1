"""Reading of data that others wrote: every fault is noted with its place, so that all of them can be told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any


class BadData(ValueError):
    """The data cannot be used.  ``faults`` says each reason in Chinese, with its place."""

    def __init__(self, faults: Collection[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class Reading:
    """A JSON object that is read key by key.

    A value that does not fit is noted in ``faults``, which all readings below one object share, and a harmless stand-in
    of the right type is returned: the reader goes on, and ``finish`` raises once at the end.
    """

    def __init__(self, raw: object, where: str, faults: list[str] | None = None) -> None:
        self.where = where
        self.faults: list[str] = [] if faults is None else faults
        self._raw: Mapping[str, Any] = {}
        if isinstance(raw, Mapping):
            self._raw = raw
        else:
            self.faults.append(f"{where}: 应是一个对象")

    def __contains__(self, key: str) -> bool:
        return self._raw.get(key) is not None

    def fault(self, key: str, why: str) -> None:
        self.faults.append(f"{self.where} 的 {key}: {why}" if key else f"{self.where}: {why}")

    def finish(self) -> None:
        """Raise BadData if anything was noted."""
        if self.faults:
            raise BadData(tuple(dict.fromkeys(self.faults)))

    def value(self, key: str) -> Any:
        """What stands at ``key``, whatever it is; None if nothing."""
        return self._raw.get(key)

    def text(self, key: str) -> str:
        value = self._raw.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.fault(key, "应有文字")
        return ""

    def text_or_none(self, key: str) -> str | None:
        """None where the key is absent or its text is blank."""
        return self.text(key) if self._raw.get(key) not in (None, "") else None

    def choice(self, key: str, allowed: Collection[str]) -> str:
        value = self._raw.get(key)
        if isinstance(value, str) and value in allowed:
            return value
        self.fault(key, f"只能是 {'、'.join(sorted(allowed))} 之一,不是 {value!r}"[:300])
        return ""

    def count(self, key: str, least: int = 0, most: int = 2**53 - 1) -> int:
        value = self._raw.get(key)
        if type(value) is int and least <= value <= most:
            return value
        self.fault(key, f"应是 {least} 到 {most} 的整数")
        return least

    def count_or_none(self, key: str, least: int = 0) -> int | None:
        return self.count(key, least) if key in self else None

    def flag(self, key: str, default: bool | None = None) -> bool:
        """A boolean; required where there is no default."""
        if default is not None and key not in self:
            return default
        value = self._raw.get(key)
        if isinstance(value, bool):
            return value
        self.fault(key, "应是 true 或 false")
        return False

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is absent."""
        found = self._list(key)
        if all(isinstance(value, str) for value in found):
            return tuple(found)
        self.fault(key, "应是文字的列表")
        return ()

    def counts(self, key: str) -> tuple[int, ...]:
        found = self._list(key)
        if all(type(value) is int and value >= 0 for value in found):
            return tuple(found)
        self.fault(key, "应是整数的列表")
        return ()

    def below(self, key: str) -> Reading:
        """The object at ``key``."""
        return Reading(self._raw.get(key), f"{self.where} 的 {key}", self.faults)

    def each(self, key: str) -> Iterator[Reading]:
        """The objects of the list at ``key``; none where the key is absent."""
        for index, value in enumerate(self._list(key), start=1):
            yield Reading(value, f"{self.where} 的 {key} {_name(value) or f'第 {index} 个'}", self.faults)

    def values(self, key: str) -> list[Any]:
        """The values of the list at ``key``, whatever they are; none where the key is absent."""
        return self._list(key)

    def items(self, key: str) -> Iterator[tuple[str, Any]]:
        """The members of the object at ``key``; none where the key is absent."""
        value = self._raw.get(key)
        if isinstance(value, Mapping):
            yield from value.items()
        elif value is not None:
            self.fault(key, "应是一个对象")

    def _list(self, key: str) -> list[Any]:
        value = self._raw.get(key)
        if value is None:
            return []
        if isinstance(value, list | tuple):
            return list(value)
        self.fault(key, "应是一个列表")
        return []


def _name(value: object) -> str | None:
    """What an object of a list goes by."""
    if not isinstance(value, Mapping):
        return None
    return next((value[key] for key in ("id", "code", "value") if isinstance(value.get(key), str)), None)
