"""How pages say dates, days that are left, and the state of the exchange."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.web.words import (
    SyncState,
    day_words,
    due_words,
    duration_words,
    full_day,
    full_instant,
    instant_words,
    left_words,
    machine_instant,
    size_words,
    sync_words,
)
from tests.web_app import NOON

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOON, "今天 12:00"),
        (NOON - 12 * HOUR, "今天 00:00"),
        (NOON - 12 * HOUR - 1, "昨天 23:59"),
        (NOON - 2 * DAY, "3月2日 12:00"),
        (NOON + DAY, "3月5日 12:00"),
        (NOON - 365 * DAY, "2025年3月4日 12:00"),
    ],
)
def test_an_instant_is_said_by_its_day_in_beijing(at, said):
    assert instant_words(at, NOON) == said


def test_the_full_instant_is_for_hover_and_print():
    assert full_instant(NOON) == "2026年3月4日 周三 12:00:00"
    assert machine_instant(NOON) == "2026-03-04T12:00:00+08:00"


@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53))
def test_no_clock_however_wrong_breaks_a_page(at, now):
    assert instant_words(at, now)
    assert full_instant(at)
    assert machine_instant(at)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 4), "今天"),
        (date(2026, 3, 3), "昨天"),
        (date(2026, 3, 5), "明天"),
        (date(2026, 3, 9), "3月9日 周一"),
        (date(2025, 3, 4), "2025年3月4日 周二"),
    ],
)
def test_a_day_is_said_as_people_say_it(day, said):
    assert day_words(day, TODAY) == said


@given(st.dates())
def test_the_full_day_names_its_weekday(day):
    assert full_day(day).endswith("周" + "一二三四五六日"[day.weekday()])


@pytest.mark.parametrize(
    ("left", "due", "said"),
    [
        (3, date(2026, 3, 9), "还有 3 个工作日(到 3月9日 周一)"),
        (0, TODAY, "今天到期(3月4日 周三)"),
        (-1, date(2026, 3, 3), "超 1 个工作日(3月3日 周二到期)"),
        (0, date(2026, 3, 1), "已到期(3月1日 周日到期)"),
    ],
)
def test_working_days_are_said_with_their_date(left, due, said):
    assert due_words(left, due, TODAY) == said


def test_a_provisional_date_never_looks_final():
    """R-419"""
    assert due_words(30, date(2027, 1, 5), TODAY, provisional=True) == (
        "还有 30 个工作日(到 2027年1月5日 周二,暂定:工作日历还没公布)"
    )


def test_in_a_table_days_are_short():
    assert [left_words(n, short=True) for n in (2, 0, -2)] == ["还有 2 天", "今天到期", "超 2 天"]


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 字节"), (820, "820 字节"), (96_400, "96 kB"), (999_499, "999 kB"), (1_234_567, "1.2 MB")],
)
def test_sizes_have_one_unit(size, said):
    assert size_words(size) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [(10_000, "不到 1 分钟"), (3 * MINUTE, "约 3 分钟"), (100 * MINUTE, "约 2 小时"), (5 * DAY, "约 5 天")],
)
def test_durations_are_round(ms, said):
    assert duration_words(ms) == said


# -- the bar


def bar(**state):
    return sync_words(SyncState(**{"waiting": 0, **state}), NOON)


def test_what_waits_is_counted_and_only_here():
    said = bar(waiting=3, last_peer_name="回龙镇便民服务中心", last_at_ms=NOON - 3 * HOUR)
    assert (said.truth, said.head) == ("here", "3 件待上传")
    assert said.rest == "今天 09:00 已与回龙镇便民服务中心同步"


def test_papers_that_wait_are_counted_beside_the_cases():
    assert bar(papers=2).head == "2 页材料待上传"
    assert bar(waiting=1, papers=2).head == "1 件、2 页材料待上传"
    assert bar(papers=2, all_at_county=True).truth == "here"


def test_what_the_village_has_too_waits_for_the_county_and_is_not_only_here():
    said = bar(waiting=1, copied=True)
    assert (said.truth, said.head) == ("township", "1 件待上传到县")


def test_a_refusal_is_no_bad_link():
    why = "这台机器已被县里停用,不再交换。"
    said = bar(offline=True, refused=why, last_at_ms=NOON - DAY).rest
    assert said == f"没有同步成:{why}昨天 12:00 已与上级同步"


def test_a_machine_put_out_of_service_is_not_said_to_have_had_nothing_to_send():
    why = "这台机器已被县里停用,不再交换。"
    said = bar(offline=True, refused=why)
    assert (said.truth, said.head) == ("township", "已全部交出,等县里回执")
    assert said.rest == f"没有同步成:{why}"


def test_only_the_countys_receipt_makes_it_whole():
    done = {"last_peer_name": "回龙镇便民服务中心", "last_at_ms": NOON}
    assert bar(**done).truth == "township"
    assert "已传到县" not in bar(**done).head
    assert bar(**done, all_at_county=True).truth == "county"
    assert bar(**done, all_at_county=True).head == "全部已传到县"
    assert bar(waiting=1, **done, all_at_county=True).truth == "here"


def test_without_a_link_it_says_when_it_is_tried_again_and_what_still_works():
    said = bar(waiting=1, offline=True, tries=2, retry_at_ms=NOON + 40 * MINUTE, last_at_ms=NOON - DAY).rest
    assert said == "现在连不上,已试 2 次,12:40 再试。办件照常,都存在本机。昨天 12:00 已与上级同步"


def test_while_it_runs_it_says_how_much_of_how_much_and_how_long():
    said = bar(waiting=4, running=(10, 40), started_at_ms=NOON - MINUTE)
    assert said.rest == "正在上传和取回,10 / 40,还要约 3 分钟"
    assert said.running == (10, 40)


@pytest.mark.parametrize("running", [(0, 0), (0, 8), (8, 8)])
def test_it_promises_no_time_that_it_cannot_know(running):
    assert "还要" not in bar(running=running, started_at_ms=NOON - MINUTE).rest


def test_a_new_node_says_that_it_never_spoke_to_anyone():
    assert bar().rest == "还没有同步过"
    assert bar().truth == "here"


@given(
    st.integers(0, 10**6),
    st.none() | st.integers(0, 2**53),
    st.none() | st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    st.booleans(),
    st.none() | st.integers(0, 2**53),
    st.booleans(),
    st.none() | st.integers(0, 2**53),
)
def test_every_state_has_words(waiting, last, running, offline, retry, county, started):
    state = SyncState(waiting, None, last, running, offline, retry, county, 3, started)
    said = sync_words(state, NOON)
    assert said.head
    assert said.rest
    assert (said.truth == "county") == (county and not waiting)
