"""The head of the hub's Merkle tree from a compact range (RFC 6962, 2.1): leaves are event ids of 32 bytes.

A frontier holds the roots of the perfect subtrees that the leaves so far make up, largest first: one for each bit that
is set in the size.  Appending costs as many hashes as the tree is high, so it does not grow with the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of ``size`` leaves.  ``hashes``: 32 bytes each.  ValueError where the two do not belong together."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} subtrees do not make {self.size} leaves")
        if any(len(known) != HASH_BYTES for known in self.hashes):
            raise ValueError("a hash has 32 bytes")

    def append(self, id: bytes) -> Frontier:
        """The tree with one more leaf."""
        return self.extend((id,))

    def extend(self, ids: Iterable[bytes]) -> Frontier:
        """The tree with these leaves more, in their order.  ``ids``: 32 bytes each."""
        size, hashes = self.size, list(self.hashes)
        for id in ids:
            if len(id) != HASH_BYTES:
                raise ValueError("an id has 32 bytes")
            known, odd = leaf_hash(id), size
            while odd & 1:  # as many full subtrees of equal height as the size has ones at its end
                known, odd = node_hash(hashes.pop(), known), odd >> 1
            hashes.append(known)
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """The Merkle tree hash, 32 bytes."""
        if not self.hashes:
            return EMPTY_ROOT
        *left, root = self.hashes
        for known in reversed(left):
            root = node_hash(known, root)
        return root
