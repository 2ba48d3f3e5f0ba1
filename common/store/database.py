"""The encrypted database: how it is opened, and its transactions.

SQLCipher with a raw key, WAL, full sync.  Every write transaction is IMMEDIATE: a read-then-write transaction that
starts DEFERRED loses to "database is locked" whatever the timeout.  One connection a thread; several processes may work
on one file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import DatabaseError as PeeweeError
from playhouse.sqlcipher_ext import SqlCipherDatabase  # type: ignore[import-untyped]
from sqlcipher3.dbapi2 import DatabaseError  # type: ignore[import-untyped]

from common.errors import AppError

BUSY_TIMEOUT_S = 60
_PRAGMAS = {
    "cipher_log_level": "none",  # a wrong key is told to people in words of ours
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -4_000,  # kB a connection, and each thread has one; more gains nothing, since writes lie together
    "temp_store": "memory",
    "wal_autocheckpoint": 4000,  # pages: what several writes touch is written back once
    "journal_size_limit": 64 * 1024 * 1024,
}

Value = Any  # what SQLite holds: int, str, bytes, None
Values = Sequence[Value]


class StoreTrouble(AppError):
    """The disk is full, or another process holds the store for too long: nothing was written."""

    http_status = 503
    retryable = True


class StoreDamaged(AppError):
    """The file cannot be read any more: keep it, and restore a backup."""


_TROUBLE = (PeeweeError, DatabaseError)  # as peewee wraps it, and as it comes from a cursor


def _in_our_words(exc: Exception) -> Exception:
    """What SQLite says, as an error that callers know; a bug stays what it is."""
    said = str(exc)
    if "is full" in said:
        return StoreTrouble("store.full")
    if "locked" in said:
        return StoreTrouble("store.busy")
    if any(sign in said for sign in ("malformed", "not a database", "disk I/O", "no such table")):
        return StoreDamaged("store.damaged_now", what=said)
    return exc


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except _TROUBLE as exc:
        raise _in_our_words(exc) from exc


class Database:
    """A thin hand on Peewee's database: plain SQL for the hot paths, ``peewee`` for the queries of pages."""

    def __init__(self, path: Path, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a store's key has 32 bytes")
        self.path = path
        self.peewee = SqlCipherDatabase(
            str(path),
            passphrase=f"x'{key.hex()}'",
            pragmas=_PRAGMAS,
            timeout=BUSY_TIMEOUT_S,
            autoconnect=True,
        )
        self._depth = threading.local()
        self._rolled_back: list[Callable[[], None]] = []
        self.writes = 0  # transactions begun by this process

    def on_rollback(self, forget: Callable[[], None]) -> None:
        """Have ``forget`` called when a write is undone: what was remembered inside it may not be so."""
        self._rolled_back.append(forget)

    def _forget(self) -> None:
        for forget in self._rolled_back:
            forget()

    # -- transactions

    @contextmanager
    def write(self) -> Iterator[None]:
        """The one writing transaction; inside it again, the same one.  Rolls back as a whole on any error."""
        if self._level("write"):
            yield
            return
        if self._level("read"):
            raise ValueError("a write inside a read would lose to another writer")
        with _told(), self._entered("write"), self._transaction("IMMEDIATE"):
            self.writes += 1
            try:
                yield
            except BaseException:
                self._forget()  # before the lock is let go
                raise

    @contextmanager
    def read(self) -> Iterator[None]:
        """A consistent snapshot; inside a transaction, that one."""
        if self._level("write") or self._level("read"):
            yield
            return
        with _told(), self._entered("read"), self._transaction("DEFERRED"):
            yield

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        """By hand: after some errors, a full disk one of them, SQLite has rolled back by itself."""
        connection = self.peewee.connection()
        connection.execute(f"BEGIN {kind}")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._forget()
            raise

    @property
    def writing(self) -> bool:
        """True inside ``write`` in this thread."""
        return bool(self._level("write"))

    def _level(self, kind: str) -> int:
        return getattr(self._depth, kind, 0)

    @contextmanager
    def _entered(self, kind: str) -> Iterator[None]:
        setattr(self._depth, kind, 1)
        try:
            yield
        finally:
            setattr(self._depth, kind, 0)

    # -- statements

    def run(self, sql: str, values: Values = ()) -> int:
        """One writing statement; how many rows it touched."""
        with _told():
            return int(self.peewee.execute_sql(sql, values).rowcount)

    def run_many(self, sql: str, rows: Iterable[Values]) -> None:
        """One writing statement over many rows.  Only inside ``write``."""
        if not self.writing:
            raise ValueError("many rows belong into one transaction")
        with _told():
            self.peewee.connection().executemany(sql, rows)

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Value, ...]]:
        """All rows of a query."""
        with _told():
            return list(self.peewee.execute_sql(sql, values).fetchall())

    def row(self, sql: str, values: Values = ()) -> tuple[Value, ...] | None:
        """The first row; None if there is none."""
        with _told():
            found: tuple[Value, ...] | None = self.peewee.execute_sql(sql, values).fetchone()
            return found

    def one(self, sql: str, values: Values = ()) -> Value:
        """The first column of the first row; None if there is none."""
        found = self.row(sql, values)
        return found[0] if found else None

    def is_empty(self, table: str) -> bool:
        """True if the table has no row: most often so of those that hold exceptions."""
        return self.row(f"SELECT 1 FROM {table} LIMIT 1") is None  # noqa: S608

    def chunks(self, sql: str, keys: Iterable[Value], before: Values = ()) -> Iterator[tuple[Value, ...]]:
        """Rows of a query with ``IN (%s)`` over any number of keys, some hundred at a time."""
        listed = list(keys)
        for start in range(0, len(listed), 500):
            part = listed[start : start + 500]
            yield from self.rows(sql % ",".join("?" * len(part)), (*before, *part))

    def close(self) -> None:
        """Close this thread's connection."""
        if not self.peewee.is_closed():
            self.peewee.close()
