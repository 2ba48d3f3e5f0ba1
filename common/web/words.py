"""How pages say dates, days that are left, sizes and the state of the exchange.  Pure: "now" and "today" come in.

Dates are said as people say them: 今天 09:12, 昨天 16:40, 3月4日 14:05, 2025年3月4日.  The full one is for hover and
print.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from common.clock import BEIJING

_EPOCH = datetime(1970, 1, 1, 8, tzinfo=BEIJING)
_WEEKDAYS = "一二三四五六日"
_NEAR = {0: "今天", -1: "昨天", 1: "明天"}


def instant_words(ms: int, now_ms: int) -> str:
    """今天 09:12, 昨天 16:40, 3月4日 14:05, 2025年3月4日 14:05."""
    at, now = _local(ms), _local(now_ms)
    near = {0: "今天", -1: "昨天"}.get((at.date() - now.date()).days)
    return f"{near or _month_day(at.date(), now.date())} {at:%H:%M}"


def full_instant(ms: int) -> str:
    """2026年3月4日 周三 09:12:05."""
    at = _local(ms)
    return f"{full_day(at.date())} {at:%H:%M:%S}"


def machine_instant(ms: int) -> str:
    """For the datetime attribute: ISO 8601 with its offset."""
    return _local(ms).isoformat(timespec="seconds")


def day_words(day: date, today: date) -> str:
    """今天, 昨天, 明天, 3月4日 周三, 2025年3月4日 周二."""
    near = _NEAR.get((day - today).days)
    return near or f"{_month_day(day, today)} 周{_WEEKDAYS[day.weekday()]}"


def full_day(day: date) -> str:
    """2026年3月4日 周三."""
    return f"{day.year}年{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"


def formal_day(day: date) -> str:
    """2026年3月4日, as it stands in documents."""
    return f"{day.year}年{day.month}月{day.day}日"


def date_words(day: date, today: date) -> str:
    """3月4日 周三, never 今天: beside words that say how far off it is."""
    return f"{_month_day(day, today)} 周{_WEEKDAYS[day.weekday()]}"


def left_words(left: int, *, unit: str = "working_day", short: bool = False) -> str:
    """还有 3 个工作日, 今天到期, 超 1 个工作日; short: 还有 3 天, 超 1 天 (R-702: 0 is the last day)."""
    days = "天" if short else "个工作日" if unit == "working_day" else "天"
    if left == 0:
        return "今天到期"
    return f"还有 {left} {days}" if left > 0 else f"超 {-left} {days}"


def due_words(
    left: int, due: date, today: date, *, provisional: bool = False, unit: str = "working_day"
) -> str:
    """还有 3 个工作日(到 3月9日 周一); a provisional date says so (R-419)."""
    if left == 0 and due < today:  # the days since were days off: late, but by no working day
        head, when = "已到期", f"{date_words(due, today)}到期"
    else:
        head = left_words(left, unit=unit)
        when = date_words(due, today) if left == 0 else f"到 {date_words(due, today)}"
        if left < 0:
            when = f"{date_words(due, today)}到期"
    return f"{head}({when}{',暂定:工作日历还没公布' if provisional else ''})"


def size_words(size: int) -> str:
    """820 字节, 96 kB, 1.2 MB."""
    if size < 1000:
        return f"{size} 字节"
    if size < 999_500:
        return f"{round(size / 1000)} kB"
    return f"{size / 1_000_000:.1f} MB"


def duration_words(ms: int) -> str:
    """不到 1 分钟, 约 3 分钟, 约 2 小时, 约 5 天."""
    minutes = round(ms / 60_000)
    if minutes < 1:
        return "不到 1 分钟"
    if minutes < 60:
        return f"约 {minutes} 分钟"
    hours = round(minutes / 60)
    return f"约 {hours} 小时" if hours < 48 else f"约 {round(hours / 24)} 天"


def _local(ms: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:  # a clock may have claimed anything
        return datetime.max.replace(tzinfo=BEIJING) if ms > 0 else datetime.min.replace(tzinfo=BEIJING)


def _month_day(day: date, today: date) -> str:
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


# -- the bar at the foot of a node's page


@dataclass(frozen=True, slots=True)
class SyncState:
    """What the node knows of its exchange with those above.

    Args:
        waiting: cases with an act that those above have not; they are still to be sent.
        last_peer_name, last_at_ms: with whom and when an exchange last came to its end; None: never.
        running: (done, total) events and papers of the exchange under way; None: none is.
        offline: the last try found no link.
        retry_at_ms: when it will be tried again.
        all_at_county: the county's receipt names all that this node wrote.
        tries: tries without a link in a row.  started_at_ms: when the running exchange began.
        papers: papers that those above have not.
        copied: what waits came from nodes below, which have it too.
        refused: why those above refuse to exchange, in words; None: they do not.
    """

    waiting: int
    last_peer_name: str | None = None
    last_at_ms: int | None = None
    running: tuple[int, int] | None = None
    offline: bool = False
    retry_at_ms: int | None = None
    all_at_county: bool = False
    tries: int = 0
    started_at_ms: int | None = None
    papers: int = 0
    copied: bool = False
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class SyncWords:
    """``truth`` is a badge's kind (here, township, county), ``head`` its words, ``rest`` the sentence after it."""

    truth: str
    head: str
    rest: str
    running: tuple[int, int] | None


def sync_words(state: SyncState, now_ms: int) -> SyncWords:
    """The bar in words.  It says what works where there is no link, and never that something is done that is not."""
    if state.waiting or state.papers:
        truth, head = "township" if state.copied else "here", _waiting(state)
    elif state.all_at_county:
        truth, head = "county", "全部已传到县"
    elif state.last_at_ms is None and not state.refused:
        truth, head = "here", "还没有办件要传"
    else:
        truth, head = "township", "已全部交出,等县里回执"
    return SyncWords(truth, head, _rest(state, now_ms), state.running)


def _waiting(state: SyncState) -> str:
    """3 件待上传, 3 件、2 页材料待上传; 到县 where the village has it too."""
    counts = [(state.waiting, "件"), (state.papers, "页材料")]
    words = "、".join(f"{count} {unit}" for count, unit in counts if count)
    return f"{words}待上传{'到县' if state.copied else ''}"


def _rest(state: SyncState, now_ms: int) -> str:
    if state.running is not None:
        return _running(state.running, state.started_at_ms, now_ms)
    last = (
        f"{instant_words(state.last_at_ms, now_ms)} 已与{state.last_peer_name or '上级'}同步"
        if state.last_at_ms is not None
        else ""
    )
    if state.refused:
        return f"没有同步成:{state.refused}{last}"  # they have been in touch: no time known is not "never"
    last = last or "还没有同步过"
    if not state.offline:
        return last
    tries = f",已试 {state.tries} 次" if state.tries > 1 else ""
    again = (
        f",{instant_words(state.retry_at_ms, now_ms).removeprefix('今天 ')} 再试" if state.retry_at_ms else ""
    )
    return f"现在连不上{tries}{again}。办件照常,都存在本机。{last}"


def _running(running: tuple[int, int], started_at_ms: int | None, now_ms: int) -> str:
    done, total = running
    if not total:
        return "正在和上级核对"
    text = f"正在上传和取回,{done} / {total}"
    if started_at_ms is None or not 0 < done < total or now_ms - started_at_ms < 2_000:
        return text
    return f"{text},还要{duration_words((now_ms - started_at_ms) * (total - done) // done)}"
