"""A township that lies: it has its own keys, and what it hands up and down is what the draw makes of the truth.

It can withhold and delay; what it changes, invents or puts in another order must not be believed (invariant 5).
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.errors import AppError
from common.keys import jws_sign
from common.node import Node
from sync import wire

Header = dict[str, Any]
Said = tuple[Header, list[bytes]]


@dataclass
class Liar:
    """What one machine's answers and offers become.  ``kept``: child -> lines that it has handed on to it before.

    What it knows it could tell anybody; that is no matter of the exchange.
    """

    draw: random.Random
    told: Counter[str] = field(default_factory=Counter)
    kept: dict[str, list[bytes]] = field(default_factory=dict)
    reader: str = ""
    receipts: list[str] = field(default_factory=list)

    def answer(self, parent: Node, child: Node, data: bytes) -> bytes:
        """Its answer to a child, as the lie of the moment has it."""
        return self._twisted(child, parent, data, self._lie_down)

    def offer(self, child: Node, parent: Node, data: bytes) -> bytes:
        """Its own offer to its parent: what its villages gave it may be missing."""
        return self._twisted(parent, child, data, self._lie_up)

    def swallow(self, parent: Node, child: Node, data: bytes) -> bytes:
        """A child's offer reaches it, and it says nothing of most of the lines to itself."""

        def without(sender: Node, header: Header, lines: list[bytes]) -> Said:
            kept = self._but_the_ends(lines)
            self.told["swallowed"] += len(kept) < len(lines)
            return header, kept

        return self._twisted(parent, child, data, without)

    def _twisted(
        self, reader: Node, sender: Node, data: bytes, lie: Callable[[Node, Header, list[bytes]], Said]
    ) -> bytes:
        try:
            opened = wire.unseal(data, reader.seal_key)
            header, lines = wire.read(opened)
        except AppError:
            return data  # a refusal, or nothing that anybody can read
        self.reader = reader.id
        header, lines = lie(sender, header, lines)
        seal = reader.seal_key.public_jwk()
        return wire.pack(
            sender.id, reader.id, header, lines, sender.signing_key, seal, dictionary=opened.dictionary
        )

    # -- downward

    def _lie_down(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        lie = self.draw.choice(_LIES)
        before = (dict(header), list(lines))
        header, lines = lie(self, me, dict(header), list(lines))
        if (header, lines) != before:
            self.told[lie.__name__.strip("_")] += 1
        self.kept[self.reader] = [*self.kept.get(self.reader, ()), *before[1]][-60:]
        self.receipts = [*self.receipts, *before[0].get("receipts", ())][-20:]
        return header, lines

    def _withholds(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        return header, [line for line in lines if b'"case":"' not in line or self.draw.random() < 0.5]

    def _denies_all(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        header.pop("heads", None)
        return header, []

    def _changes(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        return header, self._made_of(me, lines, lambda known: [self._changed(line) for line in known])

    def _made_of(
        self, me: Node, lines: list[bytes], make: Callable[[list[bytes]], list[bytes]]
    ) -> list[bytes]:
        """What it makes of what there is to say; where that is nothing, of a case that it holds.

        Nothing true is said of such a case: the child may not be concerned.
        """
        cases = sorted(me.store.ledger.cases())
        if lines or not cases:
            return make(lines)
        known = [event.line for event in me.store.ledger.of_case(self.draw.choice(cases))]
        return [line for line in make(known) if line not in known]

    def _changed(self, line: bytes) -> bytes:
        at = self.draw.randrange(line.index(b" ") + 1, len(line))
        return line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :] if line[at] ^ 1 != 10 else line

    def _signs_itself(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        """What others wrote, with another word in it and its own signature under it."""
        mine = f'"origin":"{me.id}/'.encode("ascii")  # what it says in its own name it may say

        def forged(known: list[bytes]) -> list[bytes]:
            return [_signed(me, line) for line in known if mine not in line]

        return header, self._made_of(me, lines, forged)

    def _swaps(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        """Each payload under the signature of the next."""

        def swapped(known: list[bytes]) -> list[bytes]:
            parts = [line.partition(b" ") for line in known]
            return [a[0] + b" " + b[2] for a, b in zip(parts, [*parts[1:], *parts[:1]], strict=True)]

        return header, self._made_of(me, lines, swapped)

    def _shuffles(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        self.draw.shuffle(lines)
        return header, lines

    def _says_again(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        return header, [*self.kept.get(self.reader, ()), *lines]

    def _hides_receipts(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        header.pop("receipts", None)
        header.pop("checkpoint", None)
        return header, lines

    def _shows_old_receipts(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        if self.receipts:
            header["receipts"] = self.draw.sample(self.receipts, min(3, len(self.receipts)))
        return header, lines

    def _makes_receipts(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        """The county's receipts with more in them, under its own signature."""
        header["receipts"] = [self._made(me, text) for text in header.get("receipts") or self.receipts[-1:]]
        return header, lines

    def _made(self, me: Node, text: str) -> str:
        said = json.loads(text.partition(" ")[2])
        said["size"] += 1000
        payload = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        return jws_sign(me.signing_key, payload) + " " + payload.decode("utf-8")

    def _tells_the_truth(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        return header, lines

    # -- upward

    def _lie_up(self, me: Node, header: Header, lines: list[bytes]) -> Said:
        if self.draw.random() < 0.3:
            header, forged = self._signs_itself(me, header, lines)
            self.told["forges for the county"] += bool(forged)
            return header, [*lines, *forged]
        kept = self._but_the_ends(lines, spare=me.id)
        self.told["withheld from the county"] += len(kept) < len(lines)
        return header, kept

    def _but_the_ends(self, lines: list[bytes], spare: str = "-") -> list[bytes]:
        """Without the ends of some origins.  (What a gap leaves behind waits at the county, and the liar's own program
        would take that for all.)"""
        cut: set[bytes] = set()
        kept = []
        for line in lines:
            origin = line.partition(b'"origin":"')[2].partition(b'"')[0]
            if not origin.startswith(spare.encode("ascii")) and self.draw.random() < 0.4:
                cut.add(origin)
            if origin not in cut:
                kept.append(line)
        return kept


def _signed(me: Node, line: bytes) -> bytes:
    """A line with another word in it, and the liar's own signature."""
    payload = line.partition(b" ")[2].replace(b'"granted"', b'"refused"').replace(b'"at":1', b'"at":2')
    return jws_sign(me.signing_key, payload).encode("ascii") + b" " + payload


# Their names; the last three are about what children offer.
LIES = frozenset({
    "withholds", "denies_all", "changes", "signs_itself", "swaps", "shuffles", "says_again", "hides_receipts",
    "shows_old_receipts", "makes_receipts", "swallowed", "withheld from the county", "forges for the county",
})  # fmt: skip
_LIES: Sequence[Callable[[Liar, Node, Header, list[bytes]], Said]] = (
    Liar._withholds, Liar._withholds, Liar._withholds, Liar._denies_all, Liar._changes, Liar._signs_itself, Liar._swaps,
    Liar._shuffles, Liar._says_again, Liar._hides_receipts, Liar._shows_old_receipts, Liar._makes_receipts,
    Liar._tells_the_truth,
)  # fmt: skip
