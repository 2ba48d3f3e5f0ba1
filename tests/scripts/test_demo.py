"""``scripts/demo --once``: the whole story with real processes over real HTTP, and the file that it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"hub", "township", "village-1", "village-2", "other-township", "other-village"}


@pytest.mark.process
@pytest.mark.slow
def test_the_story_holds_and_each_node_says_the_same_of_each_case(tmp_path):
    """Given from another folder, with names in Chinese and a space."""
    out, data = tmp_path / "结果.json", tmp_path / "数据 1"
    command = [
        sys.executable,
        str(ROOT / "scripts" / "demo"),
        "--once",
        "--out",
        out.name,
        "--data",
        data.name,
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    said = json.loads(out.read_text(encoding="utf-8"))
    assert set(said["nodes"]) == FOLDERS
    assert {path.name for path in data.iterdir() if path.is_dir()} == FOLDERS
    assert len(said["cases"]) == 6
    for case in said["cases"]:
        assert "hub" in case["nodes"]
        assert not {"other-township", "other-village"} & set(case["nodes"])
        assert len({node["digest"] for node in case["nodes"].values()}) == 1
        assert len({node["holder"] for node in case["nodes"].values()}) == 1
    assert "○" in done.stdout or "●" in done.stdout


@pytest.mark.process
def test_a_story_that_is_broken_off_is_no_success(tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "demo"), "--once", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as story:
        assert story.stdout is not None
        story.stdout.readline()  # the hub is there
        story.send_signal(signal.SIGTERM)
        story.stdout.read()
    assert story.returncode == 1


def test_a_wrong_pack_is_refused_in_words_and_nothing_is_started(tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "demo"), "--once", "--pack", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 1
    assert "资料包" in done.stderr
