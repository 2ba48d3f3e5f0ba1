"""A lower floor: what no ledger could do without.

A message is opened, each payload read as JSON, since it says whose key is to be asked, its signature checked, and it is
inserted, to be found by its id, its place and its case.  None of the rules, no chain, no answer.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from pathlib import Path

from common.cli import KEY_NAME
from common.keys import PublicKey, jws_verify_many, read_public_jwk
from common.node import Node
from common.program import system_clock
from common.store import Store
from common.store.database import Database
from common.vault import read_key_file
from scripts._bench.floor import main
from sync import wire

LINES = "floor.db"
TABLES = (
    "CREATE TABLE line (pos INTEGER PRIMARY KEY, id BLOB, origin TEXT, seq INTEGER, of BLOB, jws BLOB, payload BLOB)",
    "CREATE UNIQUE INDEX line_id ON line (id)",
    "CREATE UNIQUE INDEX line_place ON line (origin, seq)",
    "CREATE INDEX line_case ON line (of)",
)


class Bare:
    """Keeps lines.  ValueError if one is not signed by its node."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._node = Node(store, system_clock, bytes)
        records = self._node.reference.nodes.values()
        self._keys: dict[str, PublicKey] = {record.id: read_public_jwk(record.sign) for record in records}
        self._db = Database(folder / LINES, read_key_file(folder / KEY_NAME))
        with self._db.write():
            for sql in TABLES:
                self._db.run(sql)

    def __call__(self, message: bytes) -> bytes:
        opened = wire.unseal(message, self._node.seal_key)
        wire.check(opened, self._keys[opened.sender or ""])
        _, lines = wire.read(opened)
        signed, rows = [], []
        for line in lines:
            jws, _, payload = line.partition(b" ")
            text, event = jws.decode("ascii"), json.loads(payload)
            origin, id = event["origin"], hashlib.sha256(payload).digest()
            signed.append((text, payload, self._keys[origin.partition("/")[0]]))
            signature = urlsafe_b64decode(text.rpartition(".")[2] + "==")
            case = bytes.fromhex(event["case"]) if event["case"] else id
            rows.append((id, origin, event["seq"], case, signature, payload))
        if not all(jws_verify_many(signed)):
            raise ValueError("a bad signature")
        with self._db.write():
            self._db.run_many(
                "INSERT INTO line (id, origin, seq, of, jws, payload) VALUES (?, ?, ?, ?, ?, ?)", rows
            )
        return b""


if __name__ == "__main__":
    raise SystemExit(main(Bare))
