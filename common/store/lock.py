"""One at a time: a lock on a file that ends with the process that holds it, on every system.

SQLite's own file lock, taken on a file that holds nothing: it needs nothing of the system by name, and it cannot be
left behind by a machine that was switched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlcipher3 import dbapi2  # type: ignore[import-untyped]

from common.errors import Misuse


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """True while this process holds the lock of that file; False if another does.  Misuse ``data.unwritable``."""
    try:
        connection = dbapi2.connect(str(path), timeout=0, isolation_level=None)
    except dbapi2.OperationalError as exc:
        raise _unwritable(path, exc) from exc
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except dbapi2.OperationalError as exc:
            if "locked" not in str(exc):
                raise _unwritable(path, exc) from exc
            yield False
        else:
            yield True
    finally:
        connection.close()


def _unwritable(path: Path, why: Exception) -> Misuse:
    return Misuse("data.unwritable", path=str(path.parent), reason=str(why))
