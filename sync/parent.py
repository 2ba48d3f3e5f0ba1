"""The parent's side of an exchange: bytes in, signed bytes out (PROTOCOL.md 6.3 to 6.5).

Nothing is acknowledged before it is durable: ``Node.take`` has committed before the answer is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from common import keys, readings
from common.errors import AppError, BadInput, LedgerError
from common.events import parse_json
from common.node import Node, Taken
from common.node.asking import program_version
from common.node.evidence import is_read_in
from common.offices import Level, level, within
from common.store.feeds import Entry
from common.store.ledger import Stored
from sync import exchange, hearsay, wire
from sync.enrol import Chain, read_chain
from sync.exchange import Heads, Papers, Result
from sync.headers import Answer, Offer, read_offer
from sync.papers import Desk, Room
from sync.upward import feed_divisions, own_chain, upward_heads

REFUSAL_VERSION = 1
PROGRAM = program_version()


@dataclass(frozen=True, slots=True)
class Sender:
    """A child that may speak to this node.  ``stranger``: known by the chain that it showed alone."""

    id: str
    office: str
    sign: keys.PublicKey
    seal: keys.JWK
    stranger: bool
    revoked: bool


class Refused(AppError):
    """A refusal that cannot be sealed: it goes out signed, in the clear (PROTOCOL.md 6.5)."""

    http_status = 403


class Parent:
    """Answers children.  Safe to use from several threads.

    Args:
        room: where papers lie.  random: n -> n bytes.
        taken: called after lines of a child were stored, with how many were new.
    """

    def __init__(
        self,
        node: Node,
        room: Room,
        random: Callable[[int], bytes],
        *,
        taken: Callable[[int], None] | None = None,
    ) -> None:
        self.node = node
        self.desk = Desk(node.store, room, random, at_county=node.is_hub)
        self._taken = taken or (lambda new: None)

    def exchange(self, message: bytes) -> bytes:
        """The signed answer to a child's message.  BadInput ``sync.no_message`` for what is none at all."""
        try:
            wire.read_outer(message)
        except wire.BadMessage as exc:
            if exc.code == "message.wrong_form":
                raise BadInput("sync.no_message") from exc
        try:
            return self._answer(message)
        except (Refused, wire.BadMessage) as exc:
            return refusal(self.node.signing_key, message, exc.code)

    def _answer(self, message: bytes) -> bytes:
        outer = wire.read_outer(message)
        if outer.reader != self.node.id:
            raise Refused("message.other_reader")
        opened = wire.unseal(message, self.node.seal_key)
        header, lines = wire.read(opened)
        try:
            offer = read_offer(header)
        except AppError as exc:
            raise Refused(exc.code) from exc
        sender = self._sender(opened.sender, offer)
        wire.check(opened, sender.sign)
        # From here on it is known who speaks.
        said, answer_lines = self._judge(sender, offer, lines)
        return wire.pack(
            self.node.id,
            sender.id,
            replace(said, program=PROGRAM).as_json(),
            answer_lines,
            self.node.signing_key,
            sender.seal,
            dictionary=opened.dictionary,  # one that the child can read
        )

    def _sender(self, id: str | None, offer: Offer) -> Sender:
        """Who speaks, as the reference ledger knows him, else as his chain shows him."""
        node, reference = self.node, self.node.reference
        record = reference.nodes.get(id or "")
        if record is not None:
            found = Sender(
                record.id,
                record.office,
                keys.read_public_jwk(record.sign),
                record.seal,
                stranger=False,
                revoked=record.cuts is not None,
            )
        else:
            chain = self._shown(id, offer.chain)
            if chain is None:
                raise Refused("sync.unknown_node")
            sign = keys.read_public_jwk(chain.sign)
            found = Sender(chain.node, chain.office, sign, chain.seal, stranger=True, revoked=False)
        if found.id == node.id or not within(reference.canon(found.office), node.office):
            raise Refused("sync.not_below")
        return found

    def _shown(self, id: str | None, lines: Sequence[str]) -> Chain | None:
        """The chain in a header, if it is this county's and names the sender."""
        own = own_chain(self.node)
        if id is None or not lines or own is None:
            return None
        try:
            chain = read_chain([line.encode("utf-8") for line in lines], own.root)
        except LedgerError:
            return None
        return chain if chain.node == id and chain.hub == own.hub else None

    def _judge(self, sender: Sender, offer: Offer, lines: Sequence[bytes]) -> tuple[Answer, Sequence[bytes]]:
        node = self.node
        self._look_at_own_past(sender, offer)  # before anything is written, automatic acts included
        taken = node.take(lines, sender.id, upward=True)
        if taken.new:
            self._taken(len(taken.new))
        with node.store.write():  # the child's message noted, receipts and checkpoint signed, all together
            newest = self._note(sender, offer)
            result = self._result(taken)
            if sender.revoked:
                said = exchange.refuse(offer.request, _epoch(node), "sync.revoked", result, newest=newest)
                return replace(said, wants=self.desk.word_to_revoked(offer).wants), ()
            view = ParentView(node, sender, self.desk)
            return exchange.answer(view, offer, result, newest=newest, stranger=sender.stranger)

    def _note(self, sender: Sender, offer: Offer) -> int:
        """Keep what a message newer than all before says of the child; else its newest request id, 0 if it is this."""
        node, peers = self.node, self.node.store.peers
        before = peers.get(sender.id)
        if peers.use_request(sender.id, offer.request):
            health = {**offer.health, "program": offer.program}
            peers.exchanged(sender.id, node.now(), "revoked" if sender.revoked else "level", health=health)
            hearsay.note(node, sender.id, sender.office, offer.heard)
            for division, number in offer.cursors.items():  # what it has taken of ours
                if offer.epoch == _epoch(node) and number > peers.cursor(sender.id, offer.epoch, division):
                    peers.move_cursor(sender.id, offer.epoch, division, number)
                    if before is not None and before.at and level(division) is Level.VILLAGE:
                        readings.note(node.store, sender.id, offer.epoch, number, before.at)
            return 0
        known = peers.get(sender.id)
        return known.asked if known is not None and known.asked > offer.request else 0

    def _look_at_own_past(self, sender: Sender, offer: Offer) -> None:
        """The child may hold an event of ours that we lack: we lost our past, and open an epoch before we write."""
        if offer.yours is not None:
            origin, seq, id = offer.yours
            ours = origin.partition("/")[0] == self.node.id
            if ours and id not in self.node.store.ledger.at_places([(origin, seq)]):
                self.node.heads_shown(sender.id, {origin: (seq, id)})

    def _result(self, taken: Taken) -> Result:
        """What the child must know of its lines; also of those that came before and still lie aside."""
        store = self.node.store
        waiting = [(id, "wait.still") for id in store.waiting.has(taken.known)]
        stubs = [(id, "event.put_aside") for id in store.stubs.has(taken.known)]
        return Result((*taken.waiting, *waiting), (*taken.stubs, *stubs, *taken.refused))


def refusal(signer: keys.SigningKey, message: bytes, code: str) -> bytes:
    """A refusal of a message whose sender's sealing key is not known for sure: a JWS, one space, JSON."""
    fields = {"v": REFUSAL_VERSION, "message": hashlib.sha256(message).hexdigest(), "refusal": code}
    payload = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return keys.jws_sign(signer, payload).encode("ascii") + b" " + payload


def read_refusal(data: bytes, message: bytes, signer: keys.PublicKey) -> str:
    """The code of a refusal of this message.  Raises LedgerError for what the parent did not say to it."""
    jws, _, payload = data.partition(b" ")
    if not jws.isascii():
        raise LedgerError("sync.bad_answer")
    keys.jws_verify(jws.decode("ascii"), payload, signer)
    raw = parse_json(payload, max_bytes=4096)
    if not isinstance(raw, dict) or raw.get("message") != hashlib.sha256(message).hexdigest():
        raise LedgerError("sync.bad_answer")
    return str(raw.get("refusal"))[:80]


def _epoch(node: Node) -> str:
    return node.origin.partition("/")[2]


class ParentView:
    """What this node holds that concerns one child (``exchange.ParentView``)."""

    def __init__(self, node: Node, sender: Sender, desk: Desk) -> None:
        self._node, self._sender, self._desk = node, sender, desk
        self._ledger = node.store.ledger
        self._reference = node.reference
        self._reference_origin = node.reference_origin or ""

    @property
    def epoch(self) -> str:
        return _epoch(self._node)

    def heads(self) -> Heads:
        return upward_heads(self._node, self._sender.office, self._sender.id)

    def at(self, origin: str, seq: int) -> str | None:
        return self._ledger.at(origin, seq)

    def after(self, origin: str, seq: int, max_bytes: int) -> Sequence[Stored]:
        return self._ledger.after(origin, seq, max_bytes)

    def reference(self) -> int:
        return self._reference.size

    def reference_at(self, count: int) -> str | None:
        return self._ledger.at(self._reference_origin, count)

    def reference_after(self, count: int, max_bytes: int) -> Sequence[Stored]:
        return self._ledger.after(self._reference_origin, count, max_bytes)

    def divisions(self) -> Sequence[str]:
        return feed_divisions(self._reference, self._sender.office)

    def tip(self, division: str) -> int:
        return self._node.store.feeds.tip(division).number

    def feed(self, division: str, after: int, max_bytes: int, heads: Heads) -> Sequence[Entry]:
        return self._node.store.feeds.page(division, after, max_bytes, heads=heads)

    def receipts(self, after: int, max_bytes: int) -> tuple[Sequence[bytes], bool]:
        found = sorted((size, line) for size, line in self._receipts() if size > after)
        given: list[bytes] = []
        for size, line in found:
            if max_bytes < 0 and size > after:
                return given, True
            given.append(line)
            max_bytes, after = max_bytes - len(line), size
        return given, False

    def _receipts(self) -> list[tuple[int, bytes]]:
        """(tree size, line) of those for the sender: of divisions with nodes."""
        node, home = self._node, self._sender.office
        homes = {x.office for x in self._reference.nodes.values() if is_read_in(home, x.office)}
        if node.is_hub:
            node.sign_receipts(homes)
        return [(kept.size, kept.line) for kept in node.store.evidence.receipts() if kept.office in homes]

    def checkpoint(self) -> tuple[int, int, str] | None:
        note = self._node.checkpoint()
        seen = self._node.store.evidence.seen()
        return (seen.size, seen.time, note.decode("utf-8")) if seen is not None and note else None

    def papers(self, offer: Offer) -> Papers:
        return self._desk.word(offer, self.divisions())

    def now(self) -> int:
        return self._node.now()


__all__ = ["Parent", "ParentView", "read_refusal", "refusal"]
