"""The hub as a real process: it says where it listens, answers, lets commands work beside it, and ends with 0."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from common.store.lock import hold
from tests.hub import CommandLine, new_data

pytestmark = pytest.mark.process
PATIENCE_S = 60
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving(data: Path, *words: str):
    """(the process, its address)."""
    command = [sys.executable, "-m", "county_hub", "serve", "--port", "0", "--data", str(data), *words]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("listening http://127.0.0.1:"), (
            line,
            process.stderr.read() if process.poll() else "",
        )
        yield process, line.split()[1]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_it_listens_answers_lets_commands_work_and_ends_with_0(tmp_path, capsys, session):
    cli = CommandLine(new_data(tmp_path), capsys)
    with serving(cli.data) as (process, address):
        answer = session.get(address + "/healthz", timeout=PATIENCE_S)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert session.get(address + "/sync/v1/node", timeout=PATIENCE_S).content.count(b"\n") == 1
        assert "演练" in session.get(address + "/login", timeout=PATIENCE_S).text

        officer = cli("officer", "add", "何开明", "--office", "511322", "--role", "operator")["officer"]
        assert "何开明" in session.get(address + "/login", timeout=PATIENCE_S).text
        token = cli("token", "--officer", officer)["token"]
        mine = {"Authorization": f"Bearer {token}"}
        status = session.get(address + "/api/v1/status", headers=mine, timeout=PATIENCE_S).json()
        assert status["pos"] == cli("status")["pos"]
        assert cli("slip", "511322115")["office"] == "511322115"
        assert cli("verify")["ok"] is True
        assert cli.text("log").count("\n") == status["pos"]

        assert cli("rebuild", code=1)["error"] == "serve.running"
        assert cli("serve", code=1)["error"] == "serve.running"

        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr.read() == ""
    assert cli("rebuild") == {"cases": 0}


@pytest.mark.parametrize(("words", "believed"), [(["--proxy", "127.0.0.1"], True), ([], False)])
def test_a_proxy_is_believed_only_where_it_is_named(tmp_path, session, words, believed):
    with serving(new_data(tmp_path), *words) as (_, address):
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        answer = session.get(address + "/q", headers=said, timeout=PATIENCE_S)
    assert ("Strict-Transport-Security" in answer.headers) is believed
    assert ("Secure" in answer.headers["Set-Cookie"]) is believed


def test_a_hub_that_was_killed_leaves_no_lock_behind(tmp_path, capsys):
    cli = CommandLine(new_data(tmp_path), capsys)
    with serving(cli.data) as (process, _):
        assert cli("rebuild", code=1)["error"] == "serve.running"
        process.kill()
        process.wait(PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with hold(cli.data / "serving.lock") as free:
                if free:
                    break
            time.sleep(0.05)
    assert cli("rebuild") == {"cases": 0}


def test_a_port_that_is_taken_or_none_is_said_with_2(tmp_path, capsys):
    cli = CommandLine(new_data(tmp_path), capsys)
    with serving(new_data(tmp_path / "other")) as (_, address):
        said = cli("serve", "--port", address.rpartition(":")[2], code=2)
    assert said["error"] == "serve.port"
    assert cli("serve", "--port", "70000", code=2)["error"] == "serve.port"
    assert cli("serve", "--host", "no.such.host.invalid", code=2)["error"] == "serve.port"


def test_a_real_process_says_its_object_and_words_apart(tmp_path):
    data = tmp_path / "hub"
    done = subprocess.run(
        [sys.executable, "-m", "county_hub", "init", "--county", "511322", "--data", str(data), "--json"],
        cwd=ROOT,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["county"] == "511322"
    assert "根密钥" in done.stderr.decode("utf-8")
