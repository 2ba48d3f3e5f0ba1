"""What only this node keeps and never sends: settings, secrets, numbers given, drafts, slips, papers' files, logins."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, TypeVar

from common.accounts import Password, Reset, Session, Token
from common.store.database import Database, StoreDamaged, Value


@dataclass(frozen=True, slots=True)
class Draft:
    """An application being typed; ``salt`` exists from the first keystroke.  ``data`` is the form's own JSON."""

    salt: str
    officer: str
    item: str
    data: dict[str, Any]
    at: int


@dataclass(frozen=True, slots=True)
class SlipRow:
    """An enrolment slip given out; ``code`` is its one-time secret, ``node`` and ``used`` who used it and when."""

    id: str
    office: str
    code: bytes
    expires: int
    body: dict[str, Any]
    node: str | None = None
    used: int | None = None


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A paper's ciphertext here: ``have`` of ``size`` bytes; who else has it; ``wanted`` from the parent."""

    hash: str
    size: int
    have: int = 0
    wanted: bool = False
    at_parent: bool = False
    at_county: bool = False
    at: int = 0

    @property
    def complete(self) -> bool:
        return self.have >= self.size


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer given to a request with an Idempotency-Key; ``request`` is the hash of what was asked."""

    key: str
    request: bytes
    status: int
    answer: bytes
    at: int


_Row = TypeVar("_Row", Password, Session, Token, Reset)


class _Accounts:
    """The tables behind ``common.accounts.Accounts`` (its ``AccountStore``)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.write = db.write

    def password(self, officer: str) -> Password | None:
        return self._first(Password, "password", "officer", officer)

    def save_password(self, row: Password) -> None:
        self._save("password", astuple(row))

    def session(self, key: bytes) -> Session | None:
        return self._first(Session, "session", "key", key)

    def save_session(self, row: Session) -> None:
        self._save("session", astuple(row))

    def sessions(self, officer: str) -> list[Session]:
        """The newest first."""
        return [
            Session(*r)
            for r in self._db.rows(
                "SELECT * FROM session WHERE officer = ? ORDER BY created DESC", (officer,)
            )
        ]

    def forget_sessions(self, before: int) -> None:
        self._drop("session", "created < ?", before)

    def token(self, key: bytes) -> Token | None:
        return self._first(Token, "token", "key", key)

    def save_token(self, row: Token) -> None:
        self._save("token", astuple(row))

    def drop_tokens(self, officer: str) -> None:
        self._drop("token", "officer = ?", officer)

    def reset(self, officer: str) -> Reset | None:
        return self._first(Reset, "reset", "officer", officer)

    def save_reset(self, row: Reset) -> None:
        self._save("reset", astuple(row))

    def drop_reset(self, officer: str) -> None:
        self._drop("reset", "officer = ?", officer)

    def _first(self, kind: type[_Row], table: str, column: str, value: Value) -> _Row | None:
        row = self._db.row(f"SELECT * FROM {table} WHERE {column} = ?", (value,))  # noqa: S608
        return kind(*row) if row else None

    def _save(self, table: str, values: tuple[Value, ...]) -> None:
        with self._db.write():
            marks = ", ".join("?" * len(values))
            self._db.run(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608

    def _drop(self, table: str, where: str, value: Value) -> None:
        with self._db.write():
            self._db.run(f"DELETE FROM {table} WHERE {where}", (value,))  # noqa: S608


class Local(_Accounts):
    """Also the ``AccountStore`` of ``common.accounts``."""

    # -- settings and secrets

    def setting(self, key: str, default: Any = None) -> Any:
        """A JSON value.  StoreDamaged where it is none."""
        found = self._db.one("SELECT value FROM setting WHERE key = ?", (key,))
        try:
            return default if found is None else json.loads(found)
        except ValueError as exc:
            raise StoreDamaged("store.damaged_now", what=f"setting {key}") from exc

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a JSON value; None removes it."""
        with self._db.write():
            if value is None:
                self._db.run("DELETE FROM setting WHERE key = ?", (key,))
            else:
                self._put("setting", (key, json.dumps(value, ensure_ascii=False)))

    def secret(self, name: str) -> bytes | None:
        found: bytes | None = self._db.one("SELECT value FROM secret WHERE name = ?", (name,))
        return found

    def set_secret(self, name: str, value: bytes | None) -> None:
        """Keep a secret; None removes it."""
        with self._db.write():
            if value is None:
                self._db.run("DELETE FROM secret WHERE name = ?", (name,))
            else:
                self._put("secret", (name, value))

    # -- numbers

    def next_number(self, series: str) -> int:
        """The next number of a series, 1 at first; never given twice once the transaction around it stands."""
        with self._db.write():
            self._db.run(
                "INSERT INTO series (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1",
                (series,),
            )
            return int(self._db.one("SELECT last FROM series WHERE name = ?", (series,)))

    # -- drafts

    def save_draft(self, draft: Draft) -> None:
        with self._db.write():
            data = json.dumps(draft.data, ensure_ascii=False)
            self._put("draft", (draft.salt, draft.officer, draft.item, data, draft.at))

    def draft(self, salt: str) -> Draft | None:
        return next(iter(self._drafts("salt = ?", salt)), None)

    def drafts(self, officer: str) -> list[Draft]:
        """An officer's drafts, the newest first."""
        return self._drafts("officer = ? ORDER BY at DESC", officer)

    def drop_draft(self, salt: str) -> None:
        with self._db.write():
            self._db.run("DELETE FROM draft WHERE salt = ?", (salt,))

    def _drafts(self, where: str, value: str) -> list[Draft]:
        rows = self._db.rows(f"SELECT salt, officer, item, data, at FROM draft WHERE {where}", (value,))  # noqa: S608
        return [Draft(salt, officer, item, json.loads(data), at) for salt, officer, item, data, at in rows]

    # -- slips

    def save_slip(self, slip: SlipRow) -> None:
        with self._db.write():
            body = json.dumps(slip.body, ensure_ascii=False)
            self._put("slip", (slip.id, slip.office, slip.code, slip.expires, body, slip.node, slip.used))

    def slip(self, id: str) -> SlipRow | None:
        return next(iter(self._slips("id = ?", id)), None)

    def slips(self, office: str) -> list[SlipRow]:
        """The slips given out for an office, the newest first."""
        return self._slips("office = ? ORDER BY expires DESC", office)

    def open_slips(self, now: int) -> list[SlipRow]:
        """The slips that are neither used nor expired at that time (UTC ms), by office, the newest first."""
        return self._slips("node IS NULL AND expires > ? ORDER BY office, expires DESC", now)

    def use_slip(self, id: str, node: str, at: int) -> bool:
        """True if the slip was free, or used by this node already; from now on it is this node's."""
        with self._db.write():
            return (
                self._db.run(
                    "UPDATE slip SET node = ?, used = coalesce(used, ?) WHERE id = ? AND (node IS NULL OR node = ?)",
                    (node, at, id, node),
                )
                > 0
            )

    def _slips(self, where: str, value: str | int) -> list[SlipRow]:
        rows = self._db.rows(
            f"SELECT id, office, code, expires, body, node, used FROM slip WHERE {where}",  # noqa: S608
            (value,),
        )
        return [SlipRow(i, o, c, e, json.loads(body), node, used) for i, o, c, e, body, node, used in rows]

    # -- papers' files

    def paper(self, hash: str) -> PaperFile | None:
        return next(iter(self.papers((hash,)).values()), None)

    def papers(self, hashes: Iterable[str]) -> dict[str, PaperFile]:
        """What is known of these papers' files, by hash."""
        keys = [bytes.fromhex(h) for h in hashes]
        return {f.hash: f for f in map(_paper, self._db.chunks(_PAPER + " WHERE hash IN (%s)", keys))}

    def save_paper(self, paper: PaperFile) -> None:
        with self._db.write():
            hash, *rest = astuple(paper)
            self._put("paper_file", (bytes.fromhex(hash), *rest))

    def drop_paper(self, hash: str) -> None:
        """Forget a paper's file that no event names."""
        with self._db.write():
            self._db.run("DELETE FROM paper_file WHERE hash = ?", (bytes.fromhex(hash),))

    def papers_here(self, *, unsent: bool, limit: int = 1000) -> list[PaperFile]:
        """Whole papers here, small ones first; ``unsent``: only those that no parent is known to have."""
        where = "have >= size" + (" AND NOT at_parent AND NOT at_county" if unsent else "")
        return [
            _paper(r) for r in self._db.rows(f"{_PAPER} WHERE {where} ORDER BY size, hash LIMIT ?", (limit,))
        ]

    def papers_whole(self) -> set[str]:
        """All that are here as a whole, by hash."""
        return {hash.hex() for (hash,) in self._db.rows("SELECT hash FROM paper_file WHERE have >= size")}

    def papers_wanted(self, limit: int = 1000) -> list[PaperFile]:
        """Papers asked for and not whole here yet, small ones first."""
        return [
            _paper(r)
            for r in self._db.rows(
                _PAPER + " WHERE wanted AND have < size ORDER BY size, hash LIMIT ?", (limit,)
            )
        ]

    def papers_on_their_way(self, limit: int = 1000) -> list[PaperFile]:
        """Whole papers that a parent has and of which the county is not known to have them, small ones first."""
        where = "have >= size AND at_parent AND NOT at_county"
        return [
            _paper(r) for r in self._db.rows(f"{_PAPER} WHERE {where} ORDER BY size, hash LIMIT ?", (limit,))
        ]

    def papers_unnamed(self, before: int, limit: int) -> list[PaperFile]:
        """Whole papers captured here by then (UTC ms) that no event of a case and no draft names, the oldest first."""
        rows = self._db.rows(
            f"{_PAPER} f WHERE at > 0 AND at <= ? AND have >= size AND NOT at_parent AND NOT at_county"  # noqa: S608
            " AND NOT EXISTS (SELECT 1 FROM paper_key WHERE paper_key MATCH '\"' || hex(substr(f.hash, 1, 8)) || '\"')"
            " AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(data, lower(hex(f.hash)))) ORDER BY at, hash LIMIT ?",
            (before, limit),
        )
        return [_paper(row) for row in rows]

    def forget_parents_papers(self) -> None:
        """A parent has lost its past: no paper is known to be there any more."""
        with self._db.write():
            self._db.run("UPDATE paper_file SET at_parent = 0, at_county = 0")

    # -- answers to repeat

    def answered(self, key: str) -> Answered | None:
        row = self._db.row("SELECT key, request, status, answer, at FROM idempotency WHERE key = ?", (key,))
        return Answered(*row) if row else None

    def save_answer(self, answered: Answered) -> None:
        with self._db.write():
            self._put("idempotency", astuple(answered))

    def forget_answers(self, before: int) -> None:
        """Drop the answers given before that time (UTC ms)."""
        with self._db.write():
            self._db.run("DELETE FROM idempotency WHERE at < ?", (before,))

    # -- failed tries

    def tries(self, key: str) -> tuple[int, int]:
        """(failed tries on this, time of the last in UTC ms)."""
        row = self._db.row("SELECT count, at FROM attempt WHERE key = ?", (key,))
        return (row[0], row[1]) if row else (0, 0)

    def count_try(self, key: str, at: int) -> int:
        """One more failed try; how many now."""
        with self._db.write():
            self._db.run(
                "INSERT INTO attempt (key, count, at) VALUES (?, 1, ?)"
                " ON CONFLICT (key) DO UPDATE SET count = count + 1, at = excluded.at",
                (key, at),
            )
            return int(self._db.one("SELECT count FROM attempt WHERE key = ?", (key,)))

    def forget_tries(self, before: int) -> None:
        """Drop the counts of which nothing was tried since that time (UTC ms)."""
        with self._db.write():
            self._db.run("DELETE FROM attempt WHERE at < ?", (before,))

    def clear_tries(self, key: str) -> None:
        with self._db.write():
            self._db.run("DELETE FROM attempt WHERE key = ?", (key,))

    def _put(self, table: str, values: tuple[Value, ...]) -> None:
        marks = ", ".join("?" * len(values))
        self._db.run(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608


_PAPER = "SELECT hash, size, have, wanted, at_parent, at_county, at FROM paper_file"


def _paper(row: tuple[Value, ...]) -> PaperFile:
    hash, size, have, wanted, at_parent, at_county, at = row
    return PaperFile(hash.hex(), size, have, bool(wanted), bool(at_parent), bool(at_county), at)
