"""The county's program: its pages over the hub of the little county, its command line over a folder of its own.

hub = Hub(build_county(tmp_path))
operator = hub.client("何开明")               a PageClient, logged in
cli = CommandLine(new_data(tmp_path), capsys)
said = cli("status")                          the JSON object; the exit code is cli.code
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from common.accounts import Accounts
from common.node import Node
from common.people import Here
from common.program import Program
from common.reference import Appointment
from county_hub.__main__ import main
from county_hub.app import create_app
from tests.county import County, chance
from tests.page import PageClient
from tests.web_app import fast_check, fast_hash

PASSWORD = "a made-up one"
URL = "https://hub.example.org"


def program_over(node: Node, folder: Path) -> Program:
    """A program with accounts whose passwords cost nothing; every officer of the node has PASSWORD."""
    accounts = Accounts(
        node.store.local,
        Here(node),
        node.now,
        chance(node.id),
        hash_password=fast_hash,
        check_password=fast_check,
    )
    for officer in accounts.people.here():
        if not accounts.has_password(officer.id):
            accounts.set_password(officer.id, PASSWORD)
    return Program(node, accounts, folder, key_beside_data=False)


@dataclass
class Hub:
    """The hub's pages."""

    county: County
    app: Flask = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.program = program_over(self.node, self.county.folder)
        self.app = create_app(self.program)

    @property
    def node(self) -> Node:
        return self.county.hub

    def appoint(self, name: str, office: str, role: str) -> Appointment:
        """A new officer with PASSWORD."""
        officer = self.county.appoint(self.node, name, office, role)
        self.program.accounts.set_password(officer, PASSWORD)
        return self.node.reference.appointments[officer]

    def officer(self, name: str) -> Appointment:
        return next(officer for officer in self.program.accounts.people.here() if officer.name == name)

    def client(self, name: str) -> PageClient:
        client = PageClient(self.app)
        client.log_in(self.officer(name).id, PASSWORD)
        return client

    def citizen(self) -> PageClient:
        return PageClient(self.app)


# -- the command line


@cache
def _initialised() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = folder / "data"
    assert main(["init", "--county", "511322", "--practice", "--url", URL, "--data", str(data)]) == 0
    return data


def new_data(folder: Path) -> Path:
    """A data folder as ``init`` made it, for this test alone."""
    return Path(shutil.copytree(_initialised(), folder / "hub"))


@dataclass
class CommandLine:
    """Runs commands in this process, as ``county-hub ... --json`` would."""

    data: Path
    capsys: Any
    code: int = 0
    words: str = ""

    def __call__(self, *words: str, code: int = 0) -> Any:
        """The one JSON object on stdout; AssertionError if the exit code is not the one named."""
        out = self.text(*words, "--json", code=code)
        return json.loads(out)

    def text(self, *words: str, code: int = 0) -> str:
        """What stands on stdout."""
        self.capsys.readouterr()
        self.code = main([*words, "--data", str(self.data)])
        captured = self.capsys.readouterr()
        self.words = captured.err
        assert self.code == code, f"exit {self.code}: {captured.err}"
        return str(captured.out)
