"""A county over links, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.linked import Linked, fresh_county


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Linked]:
    linked = Linked(fresh_county(tmp_path))
    yield linked
    for node in linked.county.nodes:
        node.store.close()
