"""A server that takes a sync's messages and folds nothing.

    python -m scripts._bench.unfolded serve --data DIR --port 0
    python -m scripts._bench.bare serve --data DIR --port 0

Started on a copy of the hub's data folder: the same HTTP server, the same encrypted database with full sync.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request

from common.cli import KEY_NAME
from common.program import STORE, serve
from common.store import Store, open_store
from common.vault import read_key_file
from sync.http import EXCHANGE

Take = Callable[[bytes], bytes]


def main(make: Callable[[Store, Path], Take]) -> int:
    """``make``: of the store in a data folder, what takes a message."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("serve",))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-sync", action="store_true")
    options = parser.parse_args()
    folder, app = options.data, Flask("floor")
    take = make(open_store(folder / STORE, read_key_file(folder / KEY_NAME), create=False), folder)

    @app.post(EXCHANGE)
    def exchange() -> Response:
        return Response(take(request.get_data(cache=False)), mimetype="application/octet-stream")

    return serve(app, "127.0.0.1", options.port)
