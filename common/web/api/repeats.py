"""``Idempotency-Key``: a repeat of a request gets the first answer back and changes nothing (lesson 11)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import request

from common.errors import BadInput, CommandRefused
from common.node import Node
from common.store.local import Answered

KEEP_MS = 7 * 24 * 3_600_000
MAX_KEY = 200

Answer = tuple[dict[str, Any], int]


def once(node: Node, officer: str, do: Callable[[], Answer]) -> Answer:
    """Run ``do`` and keep its answer, in one transaction; or the answer kept under the request's key.

    Errors: BadInput ``api.bad_key``; CommandRefused ``api.key_reused``: the key stands for another request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return do()
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise BadInput("api.bad_key", most=MAX_KEY)
    asked = hashlib.sha256(
        b"\0".join([request.method.encode(), request.path.encode(), request.get_data()])
    ).digest()
    name = f"{officer} {key}"
    with node.store.write():
        known = node.store.local.answered(name)
        if known is not None:
            if known.request != asked:
                raise CommandRefused("api.key_reused")
            return json.loads(known.answer), known.status
        body, status = do()
        node.store.local.forget_answers(node.now() - KEEP_MS)
        node.store.local.save_answer(
            Answered(name, asked, status, json.dumps(body, ensure_ascii=False).encode(), node.now())
        )
        return body, status
