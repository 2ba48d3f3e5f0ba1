"""The worker: soon after an act, later after each cut, never twice at once, and it ends when told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sync.child import Progress, SyncReport
from sync.worker import FIRST_RETRY_S, INTERVAL_S, JITTER, LONGEST_RETRY_S, State, Worker

LEVEL, CUT, REFUSED = SyncReport("level"), SyncReport("cut"), SyncReport("refused", code="sync.revoked")
PATIENCE_S = 10


class Syncs:
    """A sync that gives prepared reports and lets the test wait for them."""

    def __init__(self, *reports: SyncReport | Exception) -> None:
        self.reports = list(reports)
        self.done = 0
        self.more = threading.Condition()

    def __call__(self, listen: Callable[[Progress], None], stopped: Callable[[], bool]) -> SyncReport:
        listen(Progress("http://a", up=(self.done, 9)))
        report = self.reports.pop(0) if self.reports else LEVEL
        with self.more:
            self.done += 1
            self.more.notify_all()
        if isinstance(report, Exception):
            raise report
        return report

    def wait_for(self, count: int) -> None:
        with self.more:
            assert self.more.wait_for(lambda: self.done >= count, PATIENCE_S), f"only {self.done} syncs"


@pytest.fixture
def working() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def make(syncs: Syncs | None, *, start: bool = True, **more: object) -> Worker:
        clock = more.pop("monotonic", lambda: 0.0)
        worker = Worker(syncs, monotonic=clock, random=lambda: 0.5, gather_s=0.01, **more)  # type: ignore[arg-type]
        workers.append(worker)
        if start:
            worker.start()
        return worker

    yield make
    for worker in workers:
        worker.stop(PATIENCE_S)
        assert not worker._thread.is_alive()


def settled(worker: Worker) -> State:
    """Its state once the sync under way has ended."""
    for _ in range(1_000):
        if (state := worker.state).doing != "syncing" and state.report is not None:
            return state
        threading.Event().wait(0.005)
    raise AssertionError("it syncs and syncs")


def test_it_syncs_at_the_start_and_then_after_each_act(working):
    syncs = Syncs()
    worker = working(syncs)
    syncs.wait_for(1)
    settled(worker)
    worker.nudge()
    syncs.wait_for(2)
    assert settled(worker).doing == "idle"


def test_many_acts_at_once_are_one_sync(working):
    syncs = Syncs()
    worker = working(syncs)
    syncs.wait_for(1)
    settled(worker)
    for _ in range(20):
        worker.nudge()
    syncs.wait_for(2)
    threading.Event().wait(0.1)
    assert syncs.done <= 3


def test_it_syncs_on_a_timer(working):
    syncs = Syncs()
    working(syncs, monotonic=time.monotonic, interval_s=0.02)
    syncs.wait_for(3)


@pytest.mark.parametrize("report", [CUT, REFUSED])
def test_after_each_cut_or_refusal_it_waits_twice_as_long(working, report):
    worker = working(Syncs(), start=False)
    waits = []
    for _ in range(12):
        worker._plan(report)
        waits.append(worker.state.next_in_s)
    assert waits[:3] == [FIRST_RETRY_S, 2 * FIRST_RETRY_S, 4 * FIRST_RETRY_S]
    assert waits[-1] == LONGEST_RETRY_S
    assert worker.state.doing == "waiting"
    worker._plan(LEVEL)
    assert (worker.state.doing, worker.state.next_in_s) == ("idle", INTERVAL_S)


@pytest.mark.parametrize(("drawn", "factor"), [(0.0, 1 - JITTER), (1.0, 1 + JITTER)])
def test_waits_are_not_the_same_at_every_node(drawn, factor):
    worker = Worker(Syncs(), monotonic=lambda: 0.0, random=lambda: drawn)
    worker._plan(LEVEL)
    assert worker.state.next_in_s == INTERVAL_S * factor


def test_an_error_in_a_sync_is_no_end(working, caplog):
    syncs = Syncs(RuntimeError("broken"))
    worker = working(syncs)
    syncs.wait_for(1)
    assert settled(worker).report.code == "sync.trouble"
    worker.nudge()
    syncs.wait_for(2)
    assert "broken" in caplog.text


def test_the_button_syncs_at_once_and_gives_the_report(working):
    worker = working(Syncs(REFUSED), start=False)
    assert worker.now() == REFUSED
    assert worker.state.report == REFUSED


def test_two_syncs_never_run_at_the_same_time(working):
    inside, most = [], []
    gate = threading.Event()

    def sync(listen, stopped):
        inside.append(1)
        most.append(len(inside))
        gate.wait(0.05)
        inside.pop()
        return LEVEL

    worker = working(sync)
    buttons = [threading.Thread(target=worker.now) for _ in range(4)]
    for button in buttons:
        button.start()
    for button in buttons:
        button.join(PATIENCE_S)
    assert max(most) == 1


def test_it_tells_how_far_it_is(working):
    syncs = Syncs()
    worker = working(syncs)
    syncs.wait_for(1)
    assert settled(worker).progress == Progress("http://a", up=(0, 9))


def test_chores_are_done_at_the_hub_too(working):
    done = threading.Event()
    worker = working(None, chores=[done.set])
    assert done.wait(PATIENCE_S)
    assert worker.now() is None


def test_a_parent_that_hangs_keeps_nobody_from_ending():
    asked, hung = threading.Event(), threading.Event()

    def sync(listen, stopped):
        asked.set()
        hung.wait(60)
        return LEVEL

    worker = Worker(sync, monotonic=lambda: 0.0, random=lambda: 0.5)
    worker.start()
    assert asked.wait(PATIENCE_S)
    begun = time.monotonic()
    worker.stop()
    assert time.monotonic() - begun < PATIENCE_S
    hung.set()


def test_a_sync_under_way_hears_that_it_should_stop():
    asked = threading.Event()
    heard = []

    def sync(listen, stopped):
        asked.set()
        for _ in range(2_000):
            if stopped():
                heard.append(True)
                break
            threading.Event().wait(0.005)
        return LEVEL

    worker = Worker(sync, monotonic=lambda: 0.0, random=lambda: 0.5)
    worker.start()
    assert asked.wait(PATIENCE_S)
    worker.stop(PATIENCE_S)
    assert heard == [True]
