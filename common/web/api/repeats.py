"""``Idempotency-Key``: a repeat of a request gets the first answer back and changes nothing (lesson 11).

A key belongs to the officer who sent it and stands for one request: the same method, path and content.  Answers are
kept for a week.  A refusal is not kept: it changed nothing, and the same key may be tried again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from common.errors import BadInput, CommandRefused
from common.node import Node
from common.store.local import Answered

KEEP_MS = 7 * 24 * 3_600_000
MAX_KEY = 200
HEADER = "Idempotency-Key"

Answer = tuple[dict[str, Any], int]
"""JSON and status."""
Ready = TypeVar("Ready")


class Repeats:
    """The answers of one node to one officer.

    Errors of both ways: BadInput ``api.bad_key``; CommandRefused ``api.key_reused``: it stands for another one.
    """

    def __init__(self, node: Node, officer: str) -> None:
        self._node, self._local, self._officer = node, node.store.local, officer

    def once(self, content: bytes, prepare: Callable[[], Ready], do: Callable[[Ready], Answer]) -> Answer:
        """The kept answer, or what ``do`` answers, done and kept in one transaction: of two at once only one does it.

        Args:
            prepare: what need not hold the ledger; a repeat is spared it.
        """
        key = self._key()
        if known := self._known(key, content):
            return known
        ready = prepare()
        with self._node.store.write():
            return self._known(key, content) or self._keep(key, content, do(ready))

    def once_outside(
        self, content: bytes, do: Callable[[], Answer], undo: Callable[[Answer], object]
    ) -> Answer:
        """The same for work that must not hold the ledger while it lasts; ``undo`` what came second of two at once."""
        key = self._key()
        if known := self._known(key, content):
            return known
        answer = do()
        with self._node.store.write():
            first = self._known(key, content)
            if first is None:
                return self._keep(key, content, answer)
        undo(answer)
        return first

    def _key(self) -> str | None:
        key = request.headers.get(HEADER)
        if key is None:
            return None
        if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
            raise BadInput("api.bad_key", most=MAX_KEY)
        return f"{self._officer} {key}"

    def _known(self, key: str | None, content: bytes) -> Answer | None:
        known = self._local.answered(key) if key is not None else None
        if known is None:
            return None
        if known.request != _digest(content):
            raise CommandRefused("api.key_reused")
        return json.loads(known.answer), known.status

    def _keep(self, key: str | None, content: bytes, answer: Answer) -> Answer:
        if key is not None:
            body, status = answer
            now = self._node.now()
            self._local.forget_answers(now - KEEP_MS)
            text = json.dumps(body, ensure_ascii=False).encode()
            self._local.save_answer(Answered(key, _digest(content), status, text, now))
        return answer


def _digest(content: bytes) -> bytes:
    parts = (request.method.encode(), request.full_path.encode(), content)
    return hashlib.sha256(b"".join(len(part).to_bytes(8) + part for part in parts)).digest()
