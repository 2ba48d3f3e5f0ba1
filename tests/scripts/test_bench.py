"""``scripts/bench --quick``: every part runs on real processes, and says what it is to say.  Nothing is timed here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {
    "bulk.300.ratio": ">= 0.60",
    "bulk.300.wire": "<= 260",
    "one.village.trips": "<= 1",
    "one.village.wire": "<= 2,000",
    "one.township.trips": "<= 1",
    "one.township.wire": "<= 2,000",
    "nothing.village.trips": "<= 1",
    "nothing.village.wire": "<= 1,200",
    "nothing.township.trips": "<= 1",
    "nothing.township.wire": "<= 1,200",
    "growth.more": "<= 15",
    "register.p99": "<= 50",
    "memory.serving": "<= 120",
}
OTHERS = {
    *("bulk.payload", "bulk.300.rate", "bulk.300.level", "bulk.300.ratio_bare"),
    *(
        "bulk.300.unfolded",
        "bulk.300.replayed",
        "bulk.300.bare",
        "bulk.300.memory",
        "bulk.300.ratio_replayed",
    ),
    *("one.village.time", "one.township.time", "nothing.village.time", "nothing.township.time"),
    *("growth.at_200", "growth.at_300", "growth.at_400", "register.p50"),
}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "bench"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=900, check=False)


@pytest.mark.process
@pytest.mark.slow
def test_each_part_runs_and_its_figures_stand_beside_their_targets():
    done = bench("--quick", "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert said["quick"] is True
    assert said["machine"].keys() == {"processors", "system", "python"}
    figures = {figure["name"]: figure for figure in said["figures"]}
    assert figures.keys() == TARGETS.keys() | OTHERS
    assert {name: figure["target"] for name, figure in figures.items() if figure["target"]} == TARGETS
    for name, figure in figures.items():
        assert figure.keys() == {"name", "measured", "unit", "target", "met"}
        assert figure["measured"] is not None or "memory" in name
        assert (figure["met"] is None) is (figure["target"] is None or figure["measured"] is None)


def test_an_unknown_part_is_wrong_use():
    done = bench("--only", "speed")
    assert done.returncode == 2
    assert "speed" in done.stderr
