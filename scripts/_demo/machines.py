"""The machines of the demonstration: data folders, commands, processes, and clients of their API."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
START_S = 60
PASSWORD = "bianmin-2026"  # printed for whoever tries the demonstration


class Broken(Exception):
    """Something of the story did not hold."""


@dataclass
class Machine:
    """One node: ``program`` is ``county_hub`` or ``township_node``; its data lies in ``folder``."""

    name: str
    program: str
    folder: Path
    url: str = ""
    id: str = ""
    title: str = ""
    syncs: bool = False  # by itself; in the story each sync is a command
    process: subprocess.Popen[str] | None = None
    officers: dict[str, str] = field(default_factory=dict)  # who works here: a key for the story -> id
    tokens: dict[str, str] = field(default_factory=dict)

    # -- commands

    def run(self, *arguments: str, stdin: str | None = None, expect: Sequence[int] = (0,)) -> tuple[int, Any]:
        """One command; (exit code, JSON object).  Broken if it ends with another code than expected."""
        command = [sys.executable, "-m", self.program, *arguments, "--data", str(self.folder), "--json"]
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=_environment(),
            check=False,
        )
        if done.returncode not in expect:
            raise Broken(
                f"{self.name}: {' '.join(arguments[:3])} ended with {done.returncode}: {done.stderr.strip()[-600:]}"
            )
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}

    def ask(self, *arguments: str, stdin: str | None = None) -> Any:
        return self.run(*arguments, stdin=stdin)[1]

    # -- the process

    def start(self) -> None:
        """Serve; at the same address as before, so that children find it again."""
        port = self.url.rpartition(":")[2] or "0"
        flags = [] if self.program == "county_hub" or self.syncs else ["--no-sync"]
        command = [
            sys.executable,
            "-m",
            self.program,
            "serve",
            "--data",
            str(self.folder),
            "--port",
            port,
            *flags,
        ]
        with (self.folder / "serve.log").open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                cwd=ROOT,
                env=_environment(),
            )
        self.url = self._listening(self.process)

    def _listening(self, process: subprocess.Popen[str]) -> str:
        lines: list[str] = []
        stdout = process.stdout
        assert stdout is not None  # asked for with PIPE
        reader = threading.Thread(target=lambda: lines.extend(iter(stdout.readline, "")), daemon=True)
        reader.start()
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            for line in lines:
                if line.startswith("listening "):
                    return line.split()[1]
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise Broken(f"{self.name} did not start; see {self.folder / 'serve.log'}")

    def stop(self) -> None:
        """SIGTERM, as an operator would; the process ends with 0."""
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            code = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Broken(f"{self.name} did not end in 30 s") from None
        if os.name == "posix" and code != 0:
            raise Broken(f"{self.name} ended with {code}; see {self.folder / 'serve.log'}")

    # -- the API

    def token(self, officer: str) -> str:
        """An officer's bearer token; the first time he gets it and his password."""
        if officer not in self.tokens:
            self.give_password(officer)
            self.tokens[officer] = self.ask("token", "--officer", self.officers[officer])["token"]
        return self.tokens[officer]

    def give_password(self, officer: str) -> None:
        self.ask("officer", "password", self.officers[officer], "--password-stdin", stdin=PASSWORD)

    def api(self, officer: str, method: str, path: str, body: Any = None, expect: int | None = None) -> Any:
        """One request in an officer's name; its JSON.  Broken on any answer but the one expected."""
        headers = {"Authorization": f"Bearer {self.token(officer)}"}
        kind: Mapping[str, Any] = (
            {"data": body, "headers": headers}
            if isinstance(body, bytes)
            else {"json": body, "headers": headers}
        )
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.url}/api/v1{path}", timeout=60, **kind)
        wanted = expect or (201 if method == "POST" and path != "/sync" else 200)
        if answer.status_code != wanted:
            raise Broken(f"{self.name}: {method} {path} gave {answer.status_code}: {answer.text[:600]}")
        return answer.json()

    def act(self, officer: str, number: str, kind: str, expect: int | None = None, **body: Any) -> Any:
        """One act on a case, on the tip as this node knows it."""
        base = self.api(officer, "GET", f"/cases/{number}")["base"]
        return self.api(
            officer, "POST", f"/cases/{number}/acts", {"type": kind, "base": base, "body": body}, expect
        )

    # -- the pages

    def page(self, officer: str, *paths: str) -> list[str]:
        """Pages as this officer's browser gets them, after login with his password."""
        self.token(officer)
        with requests.Session() as session:
            session.trust_env = False
            asked = session.get(f"{self.url}/login", timeout=60).text
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked))
            sent = {**hidden, "officer": self.officers[officer], "password": PASSWORD}
            answer = session.post(f"{self.url}/login", data=sent, timeout=60, allow_redirects=False)
            if answer.status_code != 303:
                raise Broken(f"{self.name}: login gave {answer.status_code}")
            return [self._page(session, path) for path in paths]

    def _page(self, session: requests.Session, path: str) -> str:
        answer = session.get(self.url + path, timeout=60)
        if answer.status_code != 200:
            raise Broken(f"{self.name}: {path} gave {answer.status_code}")
        return answer.text


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BIANMIN_")}
    return {**kept, "PYTHONUTF8": "1"}


@contextlib.contextmanager
def stopped_at_the_end(machines: Sequence[Machine]) -> Any:
    try:
        yield
    finally:
        for machine in machines:
            with contextlib.suppress(Broken):
                machine.stop()
