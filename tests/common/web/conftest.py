"""A little county of its own for each test of the pages."""

from __future__ import annotations

import pytest

from tests.county import build_county


@pytest.fixture
def county(tmp_path):
    return build_county(tmp_path)
