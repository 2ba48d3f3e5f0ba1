"""The disk of one machine: it stops between any two writes, fills up, can be copied, and an old copy be put back.

A stop is what a power cut leaves: the files as they are at that instant, copied aside before anything is rolled back,
the last commit torn at any byte if it was under way.  The machine starts again from the copy alone.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from common.store import Store, open_store
from common.store.database import Database, Value, Values

STORE_KEY = bytes(range(32))
_MEMORY = Path("/dev/shm")
_NO_LIMIT = (1 << 32) - 2  # pages: SQLite's own


class Stopped(BaseException):
    """The machine with this disk has stopped: nothing more of its program runs.  Not to be caught by it."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.name)
        self.disk = disk


class StoppingDatabase(Database):
    """The real database; before each writing statement, and around each commit, it asks whether the machine runs on."""

    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path, STORE_KEY)
        self._disk = disk

    def run(self, sql: str, values: Values = ()) -> int:
        self._disk.beat(_kind(sql))
        return super().run(sql, values)

    def run_many(self, sql: str, rows: Iterable[tuple[Value, ...]]) -> None:
        self._disk.beat(_kind(sql))
        super().run_many(sql, rows)

    @contextmanager
    def write(self) -> Iterator[None]:
        if self.writing:
            with super().write():
                yield
            return
        before = self._disk.log_bytes
        with super().write():
            yield
            self._disk.beat("COMMIT")
        self._disk.beat("", committed_from=before)


class Disk:
    """One machine's files.  Each life of the machine, from start to stop, has files of its own.

    Args:
        folder: all lives lie there, and the papers.  draw: where a commit is torn.

    ``full``: it takes no more.  ``before``: the kind of the statement before which the machine stopped, "" after a
    commit.  ``kinds``: of all writing statements so far.
    """

    def __init__(self, name: str, folder: Path, draw: random.Random) -> None:
        self.name, self.folder = name, folder
        self._draw = draw
        self._life = 0
        self._left: int | None = None
        self._db: StoppingDatabase | None = None
        self.stopped = self.torn = self.full = self._commits = False
        self.before = ""
        self.kinds: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def path(self) -> Path:
        return self.folder / f"store-{self._life}.db"

    @property
    def papers(self) -> Path:
        return self.folder / "papers"

    @property
    def log_bytes(self) -> int:
        """The size of the write-ahead log."""
        log = _log(self.path)
        return log.stat().st_size if log.exists() else 0

    def open(self) -> Store:
        """The store as its files are, after the checks that a program makes at its start."""
        self.stopped = self.full = False
        open_store(self.path, STORE_KEY).close()
        self._db = StoppingDatabase(self.path, self)
        return Store(self._db)

    def close(self) -> None:
        """Let go of the files; what was not committed is rolled back."""
        if self._db is not None:
            self._db.close()
            self._db = None

    # -- stopping

    def stop_after(self, beats: int, *, commits: bool = False) -> None:
        """The machine stops at the n-th writing statement, or begin or end of a commit, from now.

        Args:
            commits: count the ends of commits alone.
        """
        self._left, self._commits = beats, commits

    def spare(self) -> None:
        """A stop that was on its way does not come."""
        self._left = None

    @property
    def ending(self) -> bool:
        """A stop is on its way."""
        return self._left is not None

    def beat(self, kind: str, committed_from: int | None = None) -> None:
        """Raises Stopped where the machine stops; always, once it has.

        Args:
            kind: of the statement that is to be run.
            committed_from: a commit has just ended that began at this size of the log: it may be torn.
        """
        if self.stopped:
            raise Stopped(self)
        self.kinds.add(kind)
        if self._left is None or (self._commits and committed_from is None):
            return
        self._left -= 1
        if self._left < 0:
            self.before = kind
            self.stop(committed_from)
            raise Stopped(self)

    def stop(self, committed_from: int | None = None) -> None:
        """The machine stops now."""
        torn_at = None
        if committed_from is not None and self.log_bytes > committed_from and self._draw.random() < 0.7:
            torn_at = self._draw.randrange(committed_from, self.log_bytes)
        before = self.path
        self._life += 1
        _copy(before, self.path)
        if torn_at is not None:
            with _log(self.path).open("r+b") as log:
                log.truncate(torn_at)
        self.torn = torn_at is not None
        self.stopped, self._left = True, None

    # -- space

    def fill(self, pages: int) -> None:
        """The disk has room for so many pages of the store more, and for no paper: SQLite itself says so."""
        self._allow(self._pragma("page_count") + pages)
        self.full = True

    def make_room(self) -> None:
        self._allow(_NO_LIMIT)
        self.full = False

    def _allow(self, pages: int) -> None:
        self._pragma(f"max_page_count = {pages}")

    def _pragma(self, words: str) -> int:
        return int(self._db.one(f"PRAGMA {words}")) if self._db is not None else 0

    # -- images

    def image(self, name: str) -> Path:
        """A copy of all files, made while nothing is being written."""
        kept = self.folder / "images" / name
        kept.mkdir(parents=True)
        _copy(self.path, kept / "store.db")
        if self.papers.exists():
            shutil.copytree(self.papers, kept / "papers")
        return kept

    def put_back(self, image: Path) -> None:
        """The machine starts a new life from an image; what its disk had is gone."""
        self.close()
        self._life += 1
        self._left = None
        _copy(image / "store.db", self.path)
        shutil.rmtree(self.papers, ignore_errors=True)
        if (image / "papers").exists():
            shutil.copytree(image / "papers", self.papers)


def _kind(sql: str) -> str:
    """A writing statement by its first words: what it does to which table."""
    return " ".join(sql.split()[:3]).partition("(")[0]


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _copy(store: Path, to: Path) -> None:
    shutil.copyfile(store, to)
    with suppress(FileNotFoundError):
        shutil.copyfile(_log(store), _log(to))


def make_folder() -> Path:
    """A temporary folder, in memory where the system has such a place: a stop is simulated, no disk is waited for."""
    return Path(tempfile.mkdtemp(prefix="simulator-", dir=_MEMORY if _MEMORY.is_dir() else None))
