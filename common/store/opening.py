"""Opening a store: the right key, the right program, the right schema, a sound file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from peewee import SchemaManager

from common.errors import Misuse
from common.store.cases import Cases
from common.store.checks import Checks
from common.store.database import Database, StoreDamaged
from common.store.evidence import Evidence
from common.store.feeds import Feeds
from common.store.holding import Stubs, Waiting
from common.store.ledger import Ledger
from common.store.local import Local
from common.store.models import TABLES, TEXT_INDEXES
from common.store.peers import Peers
from common.store.views import Views

APPLICATION_ID = 0x424D4C31  # "BML1": this file is a store of ours
Migration = Callable[[Database], None]
MIGRATIONS: Sequence[Migration] = ()  # the n-th brings a store from schema n to n + 1
SCHEMA = len(MIGRATIONS) + 1


class Store:
    """The rooms of one open store.  Safe to use from several threads; other processes may work on the same file."""

    def __init__(self, db: Database) -> None:
        self.db = db
        cases = Cases(db)
        self.ledger = Ledger(db, cases)
        self.waiting = Waiting(db)
        self.stubs = Stubs(db, self.ledger)
        self.feeds = Feeds(db, cases, self.ledger)
        self.peers = Peers(db)
        self.evidence = Evidence(db)
        self.views = Views(db, cases)
        self.local = Local(db)
        self.checks = Checks(db)

    @property
    def path(self) -> Path:
        return self.db.path

    def write(self) -> AbstractContextManager[None]:
        """The one IMMEDIATE transaction: all of it stands or none; re-entrant in a thread."""
        return self.db.write()

    def read(self) -> AbstractContextManager[None]:
        """A consistent snapshot."""
        return self.db.read()

    def close(self) -> None:
        """Close the connection of this thread."""
        self.db.close()


def open_store(path: Path, key: bytes, *, create: bool = True) -> Store:
    """Open the store at ``path``, or make it.

    Args:
        key: 32 bytes; the raw key of the encrypted file.
        create: False to refuse what is not there yet.
    Errors:
        Misuse: ``store.missing``; ``store.wrong_key`` (or not a store at all); ``store.not_ours``;
        ``store.newer`` (detail ``schema``, ``known``): made by a newer program; ``store.damaged`` (detail ``what``).
    """
    if not create and not path.is_file():
        raise Misuse("store.missing", path=str(path))
    db = Database(path, key)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return Store(db)


def _prepare(db: Database) -> None:
    try:
        schema, application = db.one("PRAGMA user_version"), db.one("PRAGMA application_id")
    except StoreDamaged as exc:
        what = str(exc.detail["what"])
        code = "store.wrong_key" if "not a database" in what else "store.damaged"
        raise Misuse(code, path=str(db.path), what=what) from exc
    if schema > SCHEMA:
        raise Misuse("store.newer", path=str(db.path), schema=schema, known=SCHEMA)
    if schema == 0:
        _create(db)
    elif application != APPLICATION_ID:
        raise Misuse("store.not_ours", path=str(db.path))
    elif schema < SCHEMA:
        _migrate(db)
    _check(db)


def _create(db: Database) -> None:
    with db.write():
        if db.one("PRAGMA user_version"):
            return  # another process was faster
        if db.one("SELECT count(*) FROM sqlite_master"):
            raise Misuse("store.not_ours", path=str(db.path))
        for table in TABLES:
            SchemaManager(table, db.peewee).create_all()
        for index in TEXT_INDEXES:
            db.run(index)
        db.run(f"PRAGMA application_id = {APPLICATION_ID}")
        db.run(f"PRAGMA user_version = {SCHEMA}")


def _migrate(db: Database) -> None:
    with db.write():
        schema = db.one("PRAGMA user_version")
        for step in MIGRATIONS[schema - 1 :]:
            step(db)
        db.run(f"PRAGMA user_version = {SCHEMA}")


def _check(db: Database) -> None:
    """Cheap: the newest event of every origin is there (a damaged end of the file shows first)."""
    try:
        missing = db.one(
            "SELECT o.name FROM origin o WHERE o.seq > 0"
            " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.origin = o.id AND e.seq = o.seq AND e.id = o.head)"
            " AND NOT EXISTS (SELECT 1 FROM stub s WHERE s.id = o.head)"
        )
    except StoreDamaged as exc:
        raise Misuse("store.damaged", path=str(db.path), what=exc.detail["what"]) from exc
    if missing is not None:
        raise Misuse("store.damaged", path=str(db.path), what=missing)
