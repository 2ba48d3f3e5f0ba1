"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# Machines here are old and shared: a slow example is no failure. In CI the examples are the same at every run.
settings.register_profile("bianmin", deadline=None, print_blob=True)
settings.register_profile("bianmin-ci", settings.get_profile("bianmin"), derandomize=True, database=None)
settings.load_profile("bianmin-ci" if os.environ.get("CI") else "bianmin")
