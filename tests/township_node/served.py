"""A township's application over its own data folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from common.program import opened
from township_node.app import create_app
from township_node.exchanging import Exchanging


@contextmanager
def township_app(data: Path) -> Iterator[Flask]:
    with opened(argparse.Namespace(data=str(data), key_file=None, program="township-node")) as program:
        yield create_app(program, Exchanging(program.node, program.papers))
