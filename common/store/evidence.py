"""Evidence: the hub's Merkle tree, the newest checkpoint, and the county's receipts (design 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from common.events import Seen
from common.merkle import HASH_BYTES, Frontier
from common.store.database import Database, StoreDamaged


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A receipt for a division as kept: tree size (the larger is newer), its time, the line as the hub signed it."""

    office: str
    size: int
    at: int
    line: bytes


class Evidence:
    def __init__(self, db: Database) -> None:
        self._db = db

    def more_than_one(self) -> list[str]:
        """Those of the tables of one row that have another."""
        tables = ("tree", "checkpoint")
        return [table for table in tables if self._db.row(f"SELECT 1 FROM {table} WHERE id <> 1")]  # noqa: S608

    # -- the hub's tree

    def tree(self) -> Frontier:
        """The tree over all event ids in the order of pos; empty where none is kept.  StoreDamaged."""
        row = self._db.row("SELECT size, range FROM tree WHERE id = 1")
        if row is None:
            return Frontier()
        size, packed = row
        hashes = tuple(packed[i : i + HASH_BYTES] for i in range(0, len(packed), HASH_BYTES))
        try:
            return Frontier(size, hashes)
        except ValueError as exc:
            raise StoreDamaged("store.damaged_now", what="tree") from exc

    def tree_of(self, ids: Iterable[str]) -> Frontier:
        """The tree over these ids."""
        return Frontier().extend(bytes.fromhex(id) for id in ids)

    def grow(self, ids: Iterable[str]) -> None:
        """These events were appended, in this order."""
        grown = self.tree().extend(bytes.fromhex(id) for id in ids)
        self._db.run(
            "INSERT INTO tree (id, size, range) VALUES (1, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET size = excluded.size, range = excluded.range",
            (grown.size, b"".join(grown.hashes)),
        )

    # -- checkpoints

    def checkpoint(self) -> tuple[Seen, str] | None:
        """The newest checkpoint known and its note."""
        row = self._db.row("SELECT log, size, root, time, note FROM checkpoint WHERE id = 1")
        return (Seen(row[0], row[1], row[2].hex(), row[3]), row[4].decode("utf-8")) if row else None

    def seen(self) -> Seen | None:
        found = self.checkpoint()
        return found[0] if found else None

    def keep_checkpoint(self, seen: Seen, note: str) -> None:
        """This one is the newest."""
        with self._db.write():
            self._db.run(
                "INSERT INTO checkpoint (id, log, size, root, time, note) VALUES (1, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET log = excluded.log, size = excluded.size, root = excluded.root,"
                " time = excluded.time, note = excluded.note",
                (seen.log, seen.size, bytes.fromhex(seen.root), seen.time, note.encode("utf-8")),
            )

    # -- receipts

    def receipt(self, office: str) -> KeptReceipt | None:
        row = self._db.row("SELECT office, size, at, line FROM receipt WHERE office = ?", (office,))
        return KeptReceipt(*row) if row else None

    def receipts(self) -> list[KeptReceipt]:
        return [
            KeptReceipt(*row)
            for row in self._db.rows("SELECT office, size, at, line FROM receipt ORDER BY office")
        ]

    def keep_receipt(self, receipt: KeptReceipt) -> bool:
        """True if it was newer than the one held; the newer is kept."""
        with self._db.write():
            return (
                self._db.run(
                    "INSERT INTO receipt (office, size, at, line) VALUES (?, ?, ?, ?) ON CONFLICT (office) DO UPDATE"
                    " SET size = excluded.size, at = excluded.at, line = excluded.line"
                    " WHERE (excluded.size, excluded.at) > (receipt.size, receipt.at)",
                    (receipt.office, receipt.size, receipt.at, receipt.line),
                )
                > 0
            )
