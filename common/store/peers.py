"""Peers: what this node knows of the others it exchanges with.

Heads and cursors are used only from an answer newer than the last one used; request ids count up and say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.store.database import Database, Value


@dataclass(frozen=True, slots=True)
class Peer:
    """``given``: last request id given to it; ``used``: the newest answer of it used; ``asked``: its newest request.

    ``at``: UTC ms of the last exchange that came to its end, with its ``result``; ``health``: what it said of itself.
    """

    id: str
    url: str | None
    given: int
    used: int
    asked: int
    at: int | None
    result: str | None
    health: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event of ours that a peer refused or could not read."""

    id: str
    peer: str
    code: str
    at: int


class Peers:
    def __init__(self, db: Database) -> None:
        self._db = db

    # -- requests and answers

    def next_request(self, peer: str) -> int:
        """A request id for the peer, larger than all before; never given twice, also after a crash."""
        with self._db.write():
            self._know(peer)
            self._db.run("UPDATE peer SET given = given + 1 WHERE id = ?", (peer,))
            return int(self._db.one("SELECT given FROM peer WHERE id = ?", (peer,)))

    def skip_requests(self, peer: str, upto: int) -> None:
        """The peer knows of request ids up to this one that were lost here: go on above them."""
        with self._db.write():
            self._know(peer)
            self._db.run("UPDATE peer SET given = max(given, ?) WHERE id = ?", (upto, peer))

    def use_answer(self, peer: str, request: int) -> bool:
        """True if the answer to this request is newer than the last one used; from now on it is the last."""
        with self._db.write():
            self._know(peer)
            return (
                self._db.run("UPDATE peer SET used = ? WHERE id = ? AND used < ?", (request, peer, request))
                > 0
            )

    def use_request(self, peer: str, request: int) -> bool:
        """True if this request of the peer is newer than all before it; from now on it is the newest."""
        with self._db.write():
            self._know(peer)
            return (
                self._db.run("UPDATE peer SET asked = ? WHERE id = ? AND asked < ?", (request, peer, request))
                > 0
            )

    # -- heads

    def heads(self, peer: str) -> dict[str, tuple[int, str]]:
        """origin -> (seq, id) that the peer showed last."""
        rows = self._db.rows("SELECT origin, seq, head FROM peer_head WHERE peer = ?", (peer,))
        return {origin: (seq, head.hex()) for origin, seq, head in rows}

    def show_heads(self, peer: str, heads: Mapping[str, tuple[int, str]]) -> None:
        """The peer shows these heads; others that it showed before stay."""
        with self._db.write():
            self._db.run_many(
                "INSERT INTO peer_head (peer, origin, seq, head) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (peer, origin) DO UPDATE SET seq = excluded.seq, head = excluded.head",
                [(peer, origin, seq, bytes.fromhex(id)) for origin, (seq, id) in heads.items()],
            )

    def forget_heads(self, peer: str, origins: Iterable[str] | None = None) -> None:
        """The peer has lost its past: what it showed of these origins (or of all) says nothing any more."""
        with self._db.write():
            if origins is None:
                self._db.run("DELETE FROM peer_head WHERE peer = ?", (peer,))
            else:
                self._db.run_many(
                    "DELETE FROM peer_head WHERE peer = ? AND origin = ?", [(peer, o) for o in origins]
                )

    def shown(self, origins: Iterable[str]) -> list[tuple[str, str, int, str]]:
        """(peer, origin, seq, id): what all peers showed last of these origins."""
        rows = self._db.chunks("SELECT peer, origin, seq, head FROM peer_head WHERE origin IN (%s)", origins)
        return [(peer, origin, seq, id.hex()) for peer, origin, seq, id in rows]

    # -- cursors

    def cursor(self, peer: str, epoch: str, division: str) -> int:
        """The last number read of the peer's feed; 0 at first.

        Of a child, with the own epoch: how far it has read the own feed, as it said last.
        """
        return int(
            self._db.one(
                "SELECT number FROM cursor WHERE peer = ? AND epoch = ? AND division = ?",
                (peer, epoch, division),
            )
            or 0
        )

    def move_cursor(self, peer: str, epoch: str, division: str, number: int, after: int = 0) -> None:
        """What stands after ``after``, up to this number, has been taken.  A cursor never goes back.

        It does not go over a gap either: an answer to an earlier life of this disk, put back since, looks newer.
        """
        with self._db.write():
            if after > self.cursor(peer, epoch, division):
                return
            self._db.run(
                "INSERT INTO cursor (peer, epoch, division, number) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (peer, epoch, division) DO UPDATE SET number = max(number, excluded.number)",
                (peer, epoch, division, number),
            )

    # -- what came of it

    def exchanged(
        self,
        peer: str,
        at: int,
        result: str,
        *,
        url: str | None = None,
        health: Mapping[str, Any] | None = None,
    ) -> None:
        """An exchange with the peer ended at this time with this result."""
        with self._db.write():
            self._know(peer)
            self._db.run(
                "UPDATE peer SET at = ?, result = ?, url = coalesce(?, url), health = coalesce(?, health) WHERE id = ?",
                (
                    at,
                    result,
                    url,
                    json.dumps(health, ensure_ascii=False) if health is not None else None,
                    peer,
                ),
            )

    def get(self, peer: str) -> Peer | None:
        row = self._db.row(_PEER + " WHERE id = ?", (peer,))
        return _peer(row) if row else None

    def list(self) -> Sequence[Peer]:
        return [_peer(row) for row in self._db.rows(_PEER + " ORDER BY id")]

    # -- refusals of ours

    def refused(self, peer: str, refusals: Iterable[tuple[str, str]], at: int) -> None:
        """The peer refused (id, code) of ours, or could not read them."""
        with self._db.write():
            self._db.run_many(
                "INSERT INTO refusal (id, peer, code, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET peer = excluded.peer, code = excluded.code, at = excluded.at",
                [(bytes.fromhex(id), peer, code, at) for id, code in refusals],
            )

    def taken(self, ids: Iterable[str]) -> None:
        """A peer took these after all."""
        with self._db.write():
            self._db.run_many("DELETE FROM refusal WHERE id = ?", [(bytes.fromhex(id),) for id in ids])

    def refusals(self) -> Sequence[Refusal]:
        rows = self._db.rows("SELECT id, peer, code, at FROM refusal ORDER BY at DESC, id")
        return [Refusal(id.hex(), peer, code, at) for id, peer, code, at in rows]

    def _know(self, peer: str) -> None:
        self._db.run(
            "INSERT INTO peer (id, given, used, asked) VALUES (?, 0, 0, 0) ON CONFLICT DO NOTHING", (peer,)
        )


_PEER = "SELECT id, url, given, used, asked, at, result, health FROM peer"


def _peer(row: tuple[Value, ...]) -> Peer:
    id, url, given, used, asked, at, result, health = row
    return Peer(id, url, given, used, asked, at, result, json.loads(health) if health else {})
