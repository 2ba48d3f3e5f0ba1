"""The floor: a server that takes a sync's messages, checks every signature, keeps every line, and folds nothing.

    python -m scripts._bench.floor serve --data DIR --port 0

Started on a copy of the hub's data folder, whose sealing key it needs.  The same HTTP server, the same encrypted
database with full sync, one transaction a message; no envelope read, no chain, no case, no view.
"""

from __future__ import annotations

import argparse
import hashlib
from base64 import urlsafe_b64decode
from pathlib import Path

from flask import Flask, Response, request

from common.cli import KEY_NAME
from common.keys import PublicKey, jws_kid, jws_verify_many, read_public_jwk
from common.node import Node
from common.program import STORE, serve, system_clock
from common.store import open_store
from common.store.database import Database
from common.vault import read_key_file
from sync import wire
from sync.http import EXCHANGE

LINES = "floor.db"


class Floor:
    """Keeps lines."""

    def __init__(self, folder: Path) -> None:
        key = read_key_file(folder / KEY_NAME)
        store = open_store(folder / STORE, key, create=False)
        self._node = Node(store, system_clock, bytes)
        records = self._node.reference.nodes.values()
        self._keys: dict[str, PublicKey] = {k.kid: k for k in (read_public_jwk(r.sign) for r in records)}
        self._senders = {record.id: read_public_jwk(record.sign) for record in records}
        self._db = Database(folder / LINES, key)
        with self._db.write():
            self._db.run("CREATE TABLE line (pos INTEGER PRIMARY KEY, id BLOB, signature BLOB, payload BLOB)")

    def take(self, message: bytes) -> int:
        """Keep the lines of a message; how many are kept by now.  ValueError if one is not signed by its node."""
        opened = wire.unseal(message, self._node.seal_key)
        wire.check(opened, self._senders[opened.sender or ""])
        _, lines = wire.read(opened)
        signed = []
        for line in lines:
            jws, _, payload = line.partition(b" ")
            text = jws.decode("ascii")
            signed.append((text, payload, self._keys[jws_kid(text)]))
        if not all(jws_verify_many(signed)):
            raise ValueError("a bad signature")
        rows = [
            (hashlib.sha256(payload).digest(), urlsafe_b64decode(jws.rpartition(".")[2] + "=="), payload)
            for jws, payload, _ in signed
        ]
        with self._db.write():
            self._db.run_many("INSERT INTO line (id, signature, payload) VALUES (?, ?, ?)", rows)
        return int(self._db.one("SELECT max(pos) FROM line") or 0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("serve",))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-sync", action="store_true")
    options = parser.parse_args()
    floor, app = Floor(options.data), Flask("floor")

    @app.post(EXCHANGE)
    def exchange() -> Response:
        return Response(str(floor.take(request.get_data(cache=False))), mimetype="text/plain")

    return serve(app, "127.0.0.1", options.port)


if __name__ == "__main__":
    raise SystemExit(main())
