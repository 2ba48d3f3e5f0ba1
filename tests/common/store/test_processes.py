"""Several threads and processes on one store; a process killed between any two writes (invariant 1; lessons 19, 26)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from common.node import Node
from common.store import open_store
from tests.builders import ids_held
from tests.county import STORE_KEY, build_county, chance

ROOT = Path(__file__).parents[3]

WORKER = """
import sys
from pathlib import Path
from common.store import open_store
store = open_store(Path(sys.argv[1]), bytes(32))
for _ in range(int(sys.argv[2])):
    with store.write():
        seen = store.local.setting("count", 0)
        store.local.set_setting("count", seen + 1)
        print(seen + 1, store.local.next_number("series"), flush=True)
"""


def worker(path: Path, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path), str(times)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


@pytest.mark.process
def test_two_processes_lose_no_update_and_are_never_locked_out(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_store(path, bytes(32)).close()
    both = [worker(path, 150) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    numbers = sorted(int(line.split()[1]) for text in said for line in text.splitlines())
    assert numbers == list(range(1, 301))
    store = open_store(path, bytes(32))
    assert store.local.setting("count") == 300
    store.close()


@pytest.mark.process
def test_what_was_acknowledged_survives_the_kill_of_the_process(tmp_path: Path) -> None:
    """Every line that the worker printed inside its write came before a commit; killed at any moment, none but the last
    may be missing, and what is there is whole."""
    path = tmp_path / "a.db"
    open_store(path, bytes(32)).close()
    acknowledged = 0
    for kill_after in (3, 17, 40):
        process = worker(path, 10_000)
        assert process.stdout is not None
        for _ in range(kill_after):
            acknowledged = int(process.stdout.readline().split()[0]) - 1  # the one before has been committed
        os.kill(process.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        process.wait(timeout=30)
        process.stdout.close()
        store = open_store(path, bytes(32))
        count = store.local.setting("count")
        assert count >= acknowledged
        assert store.local.next_number("series") == count + 1  # both of one write, or neither
        store.local.set_setting("count", count + 1)
        store.close()


REGISTRAR = """
import sys
from pathlib import Path
from common.node import Node
from common.store import open_store
from tests.county import STORE_KEY, chance
store = open_store(Path(sys.argv[1]) / "village-1.db", STORE_KEY)
node = Node(store, lambda: int(sys.argv[2]), chance(sys.argv[3]))
from tests import county as c
people = {f"{node.office} agent": sys.argv[4]}
village = c.County(Path(sys.argv[1]), c.Clock(), None, *[node] * 6, officers=people, seed=int(sys.argv[5]))
while True:
    print(village.register(node).id, flush=True)
"""


@pytest.mark.process
def test_a_node_killed_between_any_two_writes_goes_on_with_a_whole_chain_and_equal_views(
    tmp_path: Path,
) -> None:
    """Lesson 26: event, view and feed change in one transaction."""
    county = build_county(tmp_path)
    village = county.village
    agent = county.officers[f"{village.office} agent"]
    village.store.close()
    acknowledged: list[str] = []
    for life in range(3):
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                REGISTRAR,
                str(tmp_path),
                str(county.clock.now),
                f"life {life}",
                agent,
                str(life * 1000),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        acknowledged += [process.stdout.readline().strip() for _ in range(4 + life)]
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()
        again = Node(open_store(tmp_path / "village-1.db", STORE_KEY), county.clock, chance("again"))
        assert ids_held(again.store) >= set(acknowledged)
        _, _, fault = again.verify()
        assert fault is None
        again.store.close()
    again = Node(open_store(tmp_path / "village-1.db", STORE_KEY), county.clock, chance("again"))
    numbers = [row.number for row in again.store.views.all()]
    assert len(set(numbers)) == len(numbers) >= len(acknowledged)
    again.store.close()


def test_threads_acting_at_once_make_one_gapless_chain(tmp_path: Path) -> None:
    county = build_county(tmp_path)
    village = county.village
    applications = [[county.application(village, "CW-002") for _ in range(6)] for _ in range(4)]
    agent = county.agent(village)
    failures: list[BaseException] = []

    def register(mine: list[object]) -> None:
        try:
            for application in mine:
                village.act(application, agent)  # type: ignore[arg-type]
        except BaseException as exc:
            failures.append(exc)
        finally:
            village.store.close()

    threads = [threading.Thread(target=register, args=(mine,)) for mine in applications]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    seq, _ = village.store.ledger.heads()[village.origin]
    assert seq == 1 + 3 * 24  # the epoch; registered, submitted, arrived
    assert village.verify()[2] is None
    assert len({row.number for row in village.store.views.all()}) == 24
    village.store.close()
