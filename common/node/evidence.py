"""The county's receipts and checkpoints: signed at the hub, checked and kept everywhere else (design 5, 6)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from common.errors import BadSignature, LedgerError
from common.events import Seen, parse_json, split_line
from common.keys import PublicKey, SigningKey, jws_sign, jws_verify
from common.node.values import Receipt
from common.notes import Checkpoint, read_checkpoint, sign_checkpoint
from common.offices import feeds_of, is_office, within
from common.store import Store
from common.store.evidence import KeptReceipt

Heads = dict[str, tuple[int, str]]  # origin -> (seq, id)
RECEIPT, VERSION = "receipt", 1
MAX_RECEIPT_BYTES = 64 * 1024
FRESH_MS = 24 * 3_600_000
"""So old a checkpoint is signed anew though nothing came in: timers fire only near one, in a quiet county too."""


class BadReceipt(LedgerError):
    """The hub's key signed it, but it is no receipt."""


def is_read_in(home: str, office: str) -> bool:
    """Are the receipts of this division for nodes of ``home``?

    Those of its own, of those below it, and of a village's township (docs/decisions/0015).  Nobody hands another's on
    for long, so that it would grow old, and what its nodes have done since would count as unknown to the county.
    """
    return within(office, home) or office in feeds_of(home)


def checked_receipt(line: bytes, hub: PublicKey) -> Receipt:
    """A receipt of the hub.  BadSignature if it is not the hub's, BadReceipt if it is none."""
    jws, payload = split_line(line)
    jws_verify(jws, payload, hub)
    return read_receipt(line.rstrip(b"\n"))


def seen_of(shown: Checkpoint) -> Seen:
    """A checkpoint as events name it."""
    return Seen(shown.log, shown.size, shown.root.hex(), shown.time)


def read_receipt(line: bytes) -> Receipt:
    """A receipt's line, its signature not checked.  BadReceipt, BadEvent."""
    _, payload = split_line(line)
    raw = parse_json(payload, max_bytes=MAX_RECEIPT_BYTES)
    try:
        heads = {origin: (_count(seq), _hash(id)) for origin, (seq, id) in raw["heads"].items()}
        number, count, total = raw["feed"]
        good = raw["v"] == VERSION and raw["type"] == RECEIPT and is_office(raw["office"])
        feed = (_count(number), _count(count), _hash(total))
        size, at = _count(raw["size"]), _count(raw["at"])
    except (TypeError, ValueError, KeyError, AttributeError) as exc:
        raise BadReceipt("receipt.wrong_form") from exc
    if not good:
        raise BadReceipt("receipt.wrong_form")
    return Receipt(raw["office"], heads, feed, size, at, line)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a count")
    return value


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(value) != 64 or len(bytes.fromhex(value)) != 32:
        raise ValueError("not a hash")
    return value


def sign_receipt(
    key: SigningKey,
    office: str,
    heads: Mapping[str, tuple[int, str]],
    feed: tuple[int, int, str],
    size: int,
    at: int,
) -> bytes:
    """A receipt's line: detached JWS, a space, compact JSON (PROTOCOL.md 8.2)."""
    fields: dict[str, Any] = {
        "v": VERSION,
        "type": RECEIPT,
        "office": office,
        "heads": {origin: list(head) for origin, head in sorted(heads.items())},
        "feed": list(feed),
        "size": size,
        "at": at,
    }
    payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return jws_sign(key, payload).encode("ascii") + b" " + payload


class Evidence:
    """Keeps the newest of what the hub signed.  ``log`` is the name of the hub's tree: its reference origin."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- receipts

    def receipts(self) -> dict[str, Receipt]:
        """The newest receipt held for each division."""
        return {kept.office: read_receipt(kept.line) for kept in self._store.evidence.receipts()}

    def sign_receipts(self, key: SigningKey, offices: Mapping[str, Collection[str]], at: int) -> None:
        """At the hub: the receipts for these divisions, each with the heads of its nodes' origins.

        One that would say the same is not signed again; if all would, nothing is written.
        """
        with self._store.read():
            stale = [office for office, nodes in offices.items() if not self._says_the_same(office, nodes)]
        if not stale:
            return
        with self._store.write():
            size = self._store.evidence.tree().size
            for office in stale:
                heads, feed = self._to_receipt(office, offices[office])
                line = sign_receipt(key, office, heads, feed, size, at)
                self._store.evidence.keep_receipt(KeptReceipt(office, size, at, line))

    def _says_the_same(self, office: str, nodes: Collection[str]) -> bool:
        kept = self._store.evidence.receipt(office)
        if kept is None:
            return False
        known = read_receipt(kept.line)
        return (known.heads, known.feed) == self._to_receipt(office, nodes)

    def _to_receipt(self, office: str, nodes: Iterable[str]) -> tuple[Heads, tuple[int, int, str]]:
        tip = self._store.feeds.tip(office)
        return self._store.ledger.heads_of(nodes), (tip.number, tip.count, tip.sum)

    def take_receipt(self, line: bytes, hub: PublicKey, home: str) -> Receipt | None:
        """Keep a receipt of the hub if it is newer; None if it is not for nodes of ``home``.

        Errors: BadSignature if it is not the hub's, BadReceipt if it is none.
        """
        receipt = checked_receipt(line, hub)
        if not is_read_in(home, receipt.office):
            return None
        self._store.evidence.keep_receipt(KeptReceipt(receipt.office, receipt.size, receipt.at, receipt.line))
        return receipt

    # -- checkpoints

    def sign_checkpoint(self, key: SigningKey, log: str, at: int) -> str:
        """At the hub: a checkpoint of the tree as it is now; the last one if it has not grown since and is fresh."""
        kept = self._store.evidence.checkpoint()
        if (
            kept is not None
            and kept[0].size == self._store.evidence.tree().size
            and at - kept[0].time < FRESH_MS
        ):
            return kept[1]
        with self._store.write():
            tree = self._store.evidence.tree()
            note = sign_checkpoint(log, tree.size, tree.root(), at, key)
            seen = Seen(log, tree.size, tree.root().hex(), at // 1000 * 1000)
            self._store.evidence.keep_checkpoint(seen, note)
            return note

    def take_checkpoint(self, note: str, hub: PublicKey, log: str) -> Seen:
        """Keep a checkpoint of the hub if it is newer; the newest one known.

        Errors:
            BadNote, BadSignature: it is not the hub's; LedgerError ``checkpoint.other_root``: the same size, another
            root, which shows a rewritten history.
        """
        shown = read_checkpoint(note, hub)
        if shown.log != log:
            raise BadSignature("checkpoint.other_log", log=shown.log)
        seen = seen_of(shown)
        with self._store.write():
            known = self._store.evidence.seen()
            if known is not None and known.size == seen.size and known.root != seen.root:
                raise LedgerError("checkpoint.other_root", size=seen.size)
            if known is None or (known.size, known.time) < (seen.size, seen.time):
                self._store.evidence.keep_checkpoint(seen, note)
                return seen
            return known
