"""An event type is part of the contract: a stranger finds its vector and its row in PROTOCOL.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from common.event_types import EVENT_TYPES
from tests.guards.sources import ROOT

VECTORS = ROOT / "tests" / "vectors" / "events"
PROTOCOL = ROOT / "sync" / "PROTOCOL.md"


def differing_vectors(types: Iterable[str], folder: Path) -> set[str]:
    """Types without a vector file ``<type>.json``, and vectors of no type."""
    return set(types) ^ {file.stem for file in folder.glob("*.json")}


def missing_rows(types: Iterable[str], protocol: str) -> set[str]:
    """Types that begin no row of a table."""
    return set(types) - set(re.findall(r"^\| *`([a-z_.]+)` *\|", protocol, flags=re.MULTILINE))


def test_each_event_type_has_a_vector_and_each_vector_a_type():
    assert differing_vectors(EVENT_TYPES, VECTORS) == set()


def test_each_event_type_has_a_row_in_the_protocol():
    assert missing_rows(EVENT_TYPES, PROTOCOL.read_text(encoding="utf-8")) == set()


def test_a_type_without_a_vector_and_a_vector_without_a_type_are_caught(tmp_path):
    (tmp_path / "case.accepted.json").write_text("{}", encoding="utf-8")
    (tmp_path / "case.invented.json").write_text("{}", encoding="utf-8")
    assert differing_vectors(["case.accepted", "case.taken"], tmp_path) == {"case.taken", "case.invented"}


def test_a_type_that_the_protocol_only_mentions_is_caught():
    protocol = "| type | moves |\n|---|---|\n| `case.accepted` | yes |\n\nSee `case.taken`.\n"
    assert missing_rows(["case.accepted", "case.taken"], protocol) == {"case.taken"}
