"""The lock on a data folder: one holder at a time, gone with the process that held it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from common.errors import Misuse
from common.store.lock import hold

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys
from pathlib import Path
from common.store.lock import hold
with hold(Path(sys.argv[1])) as free:
    print(free, flush=True)
    sys.stdin.readline()
"""


def test_a_lock_is_held_by_one_at_a_time_and_given_back(tmp_path):
    with hold(tmp_path / "lock") as first:
        assert first
        with hold(tmp_path / "lock") as second:
            assert not second
        with hold(tmp_path / "other") as other:
            assert other
    with hold(tmp_path / "lock") as again:
        assert again


def test_a_lock_is_given_back_when_the_work_inside_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "lock"):
        raise ZeroDivisionError
    with hold(tmp_path / "lock") as again:
        assert again


def test_a_process_that_is_killed_holds_nothing_any_more(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline().strip() == b"True"
        with hold(tmp_path / "lock") as free:
            assert not free
    finally:
        process.kill()
        process.wait(30)
        process.stdin.close()
        process.stdout.close()
    with hold(tmp_path / "lock") as free:
        assert free


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Misuse, match=r"data\.unwritable"), hold(tmp_path / "none" / "lock"):
        pass
