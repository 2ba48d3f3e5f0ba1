"""A township's application over its own data folder, and any application served over HTTP for a test."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from common.program import opened
from township_node.app import create_app
from township_node.exchanging import Exchanging


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application at a free port of 127.0.0.1; its base address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Closed by the thread that waits on its sockets: closed from here, that wait would fail now and then.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(5)
        server.task_dispatcher.shutdown(timeout=5)


@contextmanager
def township_app(data: Path) -> Iterator[Flask]:
    with opened(argparse.Namespace(data=str(data), key_file=None)) as program:
        yield create_app(program, Exchanging(program.node, program.papers))
