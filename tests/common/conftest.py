"""What tests of nodes share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.county import County, build_county


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """A county of its own for the test: hub, two townships and three villages, level."""
    built = build_county(tmp_path)
    yield built
    for node in built.nodes:
        node.store.close()
