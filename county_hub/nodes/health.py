"""What is wrong with a node, and what to do about it.  Pure: all that is known comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from common.offices import Level
from common.web.words import duration_words

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

SILENT_MS = {Level.TOWNSHIP: DAY_MS, Level.VILLAGE: 7 * DAY_MS}
"""So long without a word, and somebody asks.  A township has a line; a village may be without one for days."""
SKEW_MS = 10 * MINUTE_MS
LEAST_FREE_MB = 1_000


@dataclass(frozen=True, slots=True)
class Health:
    """What a node said of itself in its last exchange with the county.

    skew_ms    its clock minus ours at that moment       free_mb    free on the disk of its data
    program    its version       waiting, stubs    events that came too early there, or cannot be read there
    refused    its own events that a parent refused or could not read
    """

    skew_ms: int | None = None
    free_mb: int | None = None
    program: str = ""
    waiting: int = 0
    stubs: int = 0
    refused: int = 0

    @classmethod
    def read(cls, said: Mapping[str, Any], at: int | None) -> Health:
        """From the health of an offer that came at ``at``; what is missing or odd is left out."""

        def count(name: str) -> int | None:
            value = said.get(name)
            return value if type(value) is int else None

        clock = count("clock")
        return cls(
            skew_ms=clock - at if clock is not None and at is not None else None,
            free_mb=count("free"),
            program=str(said.get("program", ""))[:40],
            waiting=count("waiting") or 0,
            stubs=count("stubs") or 0,
            refused=count("refused") or 0,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What the county knows of one enrolled node.  Times are UTC ms.

    at         of its last exchange with the county itself; None if there was none
    written    its own clock at the newest of its events that the county holds
    enrolled   when it was enrolled
    relayed    when its township last heard it, as far as the township has said
    waiting, stubs    of its events: come too early, or not readable, here
    forked     on a line of events that another copy of the machine has gone on with
    """

    level: Level
    revoked: bool
    at: int | None
    written: int | None
    enrolled: int
    waiting: int
    stubs: int
    forked: bool
    health: Health
    relayed: int | None = None

    def heard(self, now: int) -> int | None:
        """The last sign of life, never in the future: an exchange with county or township, or the newest event held."""
        signs = [sign for sign in (self.at, self.written, self.relayed) if sign is not None]
        return min(max(signs), now) if signs else None


@dataclass(frozen=True, slots=True)
class Trouble:
    """``kind`` names it in two to four characters, ``what`` says it, ``todo`` says what to do."""

    kind: str
    what: str
    todo: str
    grave: bool = False


def troubles(node: Known, now: int, program: str) -> Iterator[Trouble]:
    """What is wrong with a node, the gravest first.

    Args:
        program: the version that the county runs.
    """
    if node.revoked:
        if node.waiting:
            said = f"停用以后还传来 {node.waiting} 条"
            yield Trouble("停用后", said, "问清是谁在用这台机器,再裁定", grave=True)
        return
    yield from _records(node)
    yield from _silence(node, now)
    yield from _machine(node.health, program)


def _records(node: Known) -> Iterator[Trouble]:
    if node.forked:
        todo = "机器可能被复制或恢复过:只留一台,等它再同步一次"
        yield Trouble("分叉", "同一段留痕有两份接着写", todo, grave=True)
    if node.stubs:
        todo = "看这台机器的程序是不是更新了;记录已原样留存"
        yield Trouble("读不懂", f"有 {node.stubs} 条记录县里读不懂", todo, grave=True)
    if node.health.refused:
        todo = "请它的人看「待上传」里写的原因"
        yield Trouble("没收下", f"有 {node.health.refused} 条上级没有收下", todo, grave=True)
    if node.waiting:
        todo = "再同步一次;还在等,就让它从别的路(乡镇或县)再传"
        yield Trouble("在等", f"有 {node.waiting} 条记录早到,在等前面的", todo)


def _machine(health: Health, program: str) -> Iterator[Trouble]:
    if health.skew_ms is not None and abs(health.skew_ms) > SKEW_MS:
        off = duration_words(abs(health.skew_ms)).removeprefix("约")
        side = "快" if health.skew_ms > 0 else "慢"
        yield Trouble("校时", f"钟{side}了{off}", "请校准日期和时间,换主板电池")
    if health.free_mb is not None and health.free_mb < LEAST_FREE_MB:
        yield Trouble("硬盘", f"硬盘只剩 {health.free_mb} MB", "请删掉不用的文件,快满时不能再拍材料")
    if health.program and health.program != program:
        yield Trouble("版本", f"程序是 {health.program},县里是 {program}", "请安排升级")


def _silence(node: Known, now: int) -> Iterator[Trouble]:
    heard = node.heard(now)
    limit = SILENT_MS.get(node.level, DAY_MS)
    if heard is None:
        if now - node.enrolled > limit:
            yield Trouble("没来过", "启用以后没有联系过", "看机器开着没有,上级地址对不对")
    elif now - heard > limit:
        ask = "村里可能没有网,先问乡镇" if node.level is Level.VILLAGE else "请打电话问:机器开着没有,网通不通"
        yield Trouble("断联", f"{duration_words(now - heard).removeprefix('约 ')}没有消息", ask)
