"""The walls of docs/architecture.md: what is pure, which way the arrows point, where each foreign library lives."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from tests.guards.sources import PACKAGES, ROOT, Module, dotted, imports, is_below, modules

# Everything in common/ and sync/ is pure, except the shell, which is named here and nowhere else.
SHELL = (
    "common.accounts",
    "common.cli",
    "common.commands",
    "common.departments",
    "common.keys",
    "common.leftovers",
    "common.node",
    "common.packs",
    "common.papers",
    "common.people",
    "common.program",
    "common.readings",
    "common.store",
    "common.summary",
    "common.vault",
    "common.web",
    "sync.beliefs",
    "sync.blueprint",
    "sync.child",
    "sync.enrolling",
    "sync.hearsay",
    "sync.lateness",
    "sync.http",
    "sync.papers",
    "sync.parent",
    "sync.session",
    "sync.upward",
    "sync.worker",
    "township_node",
    "county_hub",
)
# Pure, but that they sign, seal and compress: they may use common.keys and these libraries.
KEYED = ("sync.enrol", "sync.wire")
KEYED_MAY_USE = ("common.keys", "zstandard", "importlib.resources")  # the dictionary stands beside sync.wire

# All that a pure module may import from outside. No clock, no randomness, no disk, no network, no locale.
PURE_MAY_USE = frozenset(
    "__future__ abc base64 binascii bisect collections contextlib copy dataclasses datetime decimal enum fractions "
    "functools hashlib heapq hmac html io itertools json math numbers operator re string struct textwrap types typing "
    "unicodedata urllib.parse zlib pypinyin".split()
)
_CLOCKS = frozenset({"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"})
_CLOCK_CLASSES = frozenset({"datetime", "date", "datetime.datetime", "datetime.date"})
_FORBIDDEN_BUILTINS = frozenset({"open", "input", "print", "eval", "exec", "compile", "__import__"})

MAY_IMPORT = {
    "common": ("common",),
    "sync": ("common", "sync"),
    "township_node": ("common", "sync", "township_node"),
    "county_hub": ("common", "sync", "county_hub"),
}

# A foreign library stands behind one wall each, so that it can be replaced there.
HOMES = {
    "cryptography": ("common.keys", "common.vault"),
    "nacl": ("common.keys",),
    "peewee": ("common.store",),
    "playhouse": ("common.store",),
    "sqlcipher3": ("common.store",),
    "sqlite3": ("common.store",),
    "psycopg": ("common.store",),
    "requests": ("sync.http",),
    "urllib3": ("sync.http",),
    "zstandard": ("sync.wire",),
    "PIL": ("common.papers",),
    "flask": ("common.web", "sync.blueprint", "township_node", "county_hub"),
    "werkzeug": ("common.web", "sync.blueprint", "township_node", "county_hub"),
    "jinja2": ("common.web", "township_node", "county_hub"),
}


def impurities(module: Module) -> Iterator[str]:
    """What a pure module must not do, one sentence each."""
    if is_below(module.name, *SHELL):
        return
    extra = KEYED_MAY_USE if is_below(module.name, *KEYED) else ()
    for name, line in imports(module):
        if is_below(name, *PACKAGES):
            if is_below(name, *SHELL) and not is_below(name, *extra):
                yield f"{module.path}:{line} is pure and imports the shell: {name}"
        elif not is_below(name, *PURE_MAY_USE, *extra) and not any(is_below(p, name) for p in PURE_MAY_USE):
            yield f"{module.path}:{line} is pure and imports {name}"
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = dotted(node.func)
        owner, _, method = called.rpartition(".")
        if method in _CLOCKS and owner in _CLOCK_CLASSES:
            yield f"{module.path}:{node.lineno} is pure and asks the machine for the time: {called}()"
        if called in _FORBIDDEN_BUILTINS:
            yield f"{module.path}:{node.lineno} is pure and calls {called}()"


def crossings(module: Module) -> Iterator[str]:
    """Imports against the direction programs -> sync -> common, or between the programs."""
    top = module.name.split(".")[0]
    for name, line in imports(module):
        if is_below(name, *PACKAGES, "tests", "scripts") and not is_below(name, *MAY_IMPORT[top]):
            yield f"{module.path}:{line} stands in {top}/ and imports {name}"


def strays(module: Module) -> Iterator[str]:
    """Foreign libraries imported outside their home."""
    for name, line in imports(module):
        homes = HOMES.get(name.split(".")[0])
        if homes and not is_below(module.name, *homes):
            yield f"{module.path}:{line} imports {name}, which only {', '.join(homes)} may"


def rooms_of_architecture() -> dict[str, str]:
    """Dotted module -> what the table in docs/architecture.md says under "pure"."""
    rooms = {}
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for first, pure in re.findall(r"^\| (`[^|]*`) \| ([^|]*)\|", text, flags=re.MULTILINE):
        for path in re.findall(r"`([a-z0-9_/]+?)/?(?:\.py)?`", first):
            rooms[path.replace("/", ".")] = pure.strip()
    return rooms


@pytest.mark.parametrize("rule", [impurities, crossings, strays])
def test_every_import_keeps_to_the_walls(rule):
    assert [broken for module in modules() for broken in rule(module)] == []


def test_each_module_has_a_room_in_the_architecture():
    rooms = rooms_of_architecture()
    homeless = [m.path for m in modules() if not is_below(m.name, *rooms) and not m.is_package]
    assert homeless == [], "docs/architecture.md names every module or the package that holds it"


def test_the_architecture_calls_pure_what_the_guard_keeps_pure():
    kept = {
        room: "shell" if is_below(room, *SHELL) else "but for keys" if is_below(room, *KEYED) else "yes"
        for room in rooms_of_architecture()
    }
    assert rooms_of_architecture() == kept


def test_each_exception_of_the_guard_is_a_room_of_the_architecture():
    assert sorted({*SHELL, *KEYED} - set(rooms_of_architecture())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import time as t",
        "from random import choice",
        "def f():\n    import requests",
        "import os.path",
        "from common import keys",
        "from common.store import open_store",
        "import common.node",
        "from . import vault",
        "from .store import ledger",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.date.today()",
        "x = open('f')",
        "import zstandard",
        "import zoneinfo",
    ],
)
def test_an_impure_module_is_caught(source):
    assert list(impurities(Module.of("common.clock", source)))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date, timedelta",
        "from collections.abc import Mapping",
        "import urllib.parse",
        "from urllib import parse",
        "from common.case import fold",
        "from . import offices",
        "x = node.today()",
    ],
)
def test_a_pure_module_is_left_alone(source):
    assert list(impurities(Module.of("common.clock", source))) == []


def test_the_messages_may_use_keys_and_nothing_else_of_the_shell():
    assert list(impurities(Module.of("sync.wire", "import zstandard\nfrom common import keys"))) == []
    assert list(impurities(Module.of("sync.wire", "from common import store")))
    assert list(impurities(Module.of("sync.exchange", "from common import keys")))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("common.case", "from sync import wire"),
        ("common.web.pages", "import county_hub"),
        ("sync.http", "from township_node import create_app"),
        ("township_node.app", "import county_hub.queries"),
        ("county_hub.app", "def f():\n    from township_node import x"),
        ("county_hub.app", "import tests.builders"),
    ],
)
def test_an_arrow_that_points_the_wrong_way_is_caught(name, source):
    assert list(crossings(Module.of(name, source)))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("common.accounts", "from cryptography.hazmat.primitives.kdf import argon2"),
        ("common.node", "import peewee"),
        ("sync.worker", "import requests"),
        ("county_hub.nodes.views", "from playhouse.pool import PooledDatabase"),
    ],
)
def test_a_library_outside_its_home_is_caught(name, source):
    assert list(strays(Module.of(name, source)))


def test_the_pure_part_can_use_only_what_every_python_has():
    missing = {name.split(".")[0] for name in PURE_MAY_USE} - sys.stdlib_module_names
    assert missing == {"pypinyin"}
