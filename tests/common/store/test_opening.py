"""Opening a store: the right key, program, schema and file (field lesson 19)."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import Misuse
from common.store import SCHEMA, open_store
from common.store.database import Database, StoreTrouble
from common.texts import words

KEY = bytes(range(32))


def code(path: Path, key: bytes = KEY, *, create: bool = True) -> str:
    with pytest.raises(Misuse) as refused:
        open_store(path, key, create=create)
    assert words(refused.value), "every refusal has words for a person"
    return refused.value.code


def test_a_store_is_made_once_and_opened_again_with_what_it_holds(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db", KEY)
    store.local.set_setting("name", "回龙镇")
    store.close()
    again = open_store(tmp_path / "a.db", KEY, create=False)
    assert again.local.setting("name") == "回龙镇"
    again.close()


def test_what_lies_on_the_disk_is_encrypted(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db", KEY)
    store.local.set_setting("name", "SECRET NAME OF A CITIZEN")
    store.close()
    for file in tmp_path.iterdir():
        data = file.read_bytes()
        assert b"SECRET NAME" not in data
        assert b"SQLite format" not in data


def test_the_wrong_key_is_said_in_words_and_changes_nothing(tmp_path: Path) -> None:
    open_store(tmp_path / "a.db", KEY).close()
    before = (tmp_path / "a.db").read_bytes()
    assert code(tmp_path / "a.db", bytes(32)) == "store.wrong_key"
    assert (tmp_path / "a.db").read_bytes() == before


def test_a_store_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db", KEY)
    store.db.run(f"PRAGMA user_version = {SCHEMA + 1}")
    store.close()
    assert code(tmp_path / "a.db") == "store.newer"


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    db = Database(tmp_path / "a.db", KEY)
    db.run("CREATE TABLE theirs (x)")
    db.close()
    assert code(tmp_path / "a.db") == "store.not_ours"


def test_a_missing_store_is_not_made_by_who_wants_an_old_one(tmp_path: Path) -> None:
    assert code(tmp_path / "a.db", create=False) == "store.missing"
    assert list(tmp_path.iterdir()) == []


def test_a_torn_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = open_store(path, KEY)
    store.local.set_setting("fill", "x" * 50_000)
    store.close()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    assert code(path) == "store.damaged"


def test_the_ledger_is_written_with_full_sync_and_foreign_keys(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db", KEY)
    assert store.db.one("PRAGMA journal_mode") == "wal"
    assert store.db.one("PRAGMA synchronous") == 2
    assert store.db.one("PRAGMA foreign_keys") == 1
    store.close()


def test_a_write_is_all_or_nothing_and_may_stand_in_another(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db", KEY)

    def fail() -> None:
        with store.write():
            store.local.set_setting("a", 1)
            with store.write():
                store.local.set_setting("b", 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (store.local.setting("a"), store.local.setting("b")) == (None, None)
    store.close()


def test_a_write_inside_a_read_is_a_bug_and_not_a_lock(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db", KEY)
    with store.read(), pytest.raises(ValueError, match="read"), store.write():
        pass
    store.close()


def test_a_full_disk_is_said_in_words_and_leaves_what_was_stored(tmp_path: Path) -> None:
    """Invariant 1; lesson 8."""
    store = open_store(tmp_path / "a.db", KEY)
    store.local.set_setting("kept", "here")
    pages = store.db.one("PRAGMA page_count")
    store.db.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreTrouble) as refused:
        store.local.set_setting("large", "x" * 100_000)
    assert refused.value.code == "store.full"
    assert words(refused.value)
    assert (store.local.setting("kept"), store.local.setting("large")) == ("here", None)
    store.db.run(f"PRAGMA max_page_count = {pages + 1000}")
    store.local.set_setting("large", "x" * 100_000)
    store.close()
