"""One run with one parent: exchanges until level, cut or refused (PROTOCOL.md 6.6 and 13).

Every page that arrives stays.  What the child believes of the parent is written with what the answer changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from common import keys
from common.errors import AppError, BadInput, LedgerError, PeerRefused, PeerUnreachable, SyncError
from common.node import Node
from common.node.asking import program_version
from common.offices import within
from common.store.holding import Held
from common.store.ledger import Stored
from sync import exchange, hearsay, lateness, wire
from sync.beliefs import forget_revoked, load_belief, save_belief
from sync.enrol import Chain, read_chain, read_lines
from sync.exchange import GOOD_PAGE_BYTES, MAX_PAGE_BYTES, MIN_PAGE_BYTES, Belief, Heads, Offered, Settled
from sync.headers import SHORT_ID, Answer, Offer, read_answer
from sync.http import TooLarge
from sync.papers import MAX_PIECE_BYTES, OFFERED, TRACKED, Carrier, Room
from sync.papers import Link as PaperLink
from sync.parent import read_refusal
from sync.upward import feed_divisions, home_of, own_chain, upward_heads

PROGRAM = program_version()
MAX_ROUNDS = 100_000
STALLS = 3
CUTS = 2
"""Cuts within one run after which it ends; each makes the pages smaller."""
FIRST_PAGE_BYTES = GOOD_PAGE_BYTES
QUICK_MS = 2_000
"""After a full page that took no longer pages grow: on a slow link a page must arrive within the time of one
call, and while a parent settles one its people wait to write."""
_MESSAGE = b"bianmin/"
_KEPT = "sync.parent:"
AWAITED_PAGE_BYTES = 1024 * 1024
"""No parent is at work while this page is made; the next one, made meanwhile, may be larger."""
_PAGE = "sync.page:"

Words = tuple[str | None, str]


class Link(PaperLink, Protocol):
    """A way to a parent at an address."""

    @property
    def url(self) -> str: ...

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        """One message for one answer; ``meanwhile``: to be done before the answer is looked at."""

    def node(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of how much, as far as known now.

    up      events given        down    events got, of those and the entries still to come
    papers  given               paper   bytes of the one under way
    """

    parent: str
    up: tuple[int, int] = (0, 0)
    down: tuple[int, int] = (0, 0)
    papers: tuple[int, int] = (0, 0)
    paper: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What came of a sync.

    result       ``level``: events and papers owed upward, and the feed, are done; ``cut``: no link, nothing is lost;
                 ``refused``: a parent refused, ``code`` says why
    sent, taken  events given to and got from parents
    refused      (id, code) of what a parent refused or put aside
    papers_left  papers that no parent has yet
    parent       the address that gave the result
    """

    result: str
    sent: int = 0
    taken: int = 0
    refused: tuple[Words, ...] = ()
    papers_left: int = 0
    parent: str | None = None
    code: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The object that the command ``sync`` prints."""
        return {
            "result": self.result,
            "sent": self.sent,
            "taken": self.taken,
            "refused": [{"id": id, "code": code} for id, code in self.refused],
            "papers_left": self.papers_left,
            "parent": self.parent,
            "code": self.code,
        }


def _small(offered: Offered) -> bool:
    """No smaller message would get further."""
    return sum(map(len, offered.lines)) <= MIN_PAGE_BYTES


def contact(node: Node, link: Link, *, again: bool = False) -> Chain:
    """Who answers at a link's address, checked against the root key before anything else is said to it.

    Args:
        again: ask anew, though its answer is known.
    Raises PeerUnreachable; PeerRefused ``sync.other_county``, ``sync.not_above``, ``sync.parent_revoked``.
    """
    key = _KEPT + link.url
    kept = None if again else node.store.local.setting(key)
    try:
        lines = [line.encode("utf-8") for line in kept] if kept else read_lines(link.node())
        chain = read_chain(lines, node.root)
    except LedgerError as exc:
        if exc.code == "chain.other_root":
            raise PeerRefused("sync.other_county", url=link.url) from exc
        raise PeerUnreachable("sync.bad_answer", url=link.url) from exc
    if chain.node == node.id or not within(home_of(node), chain.office):
        raise PeerRefused("sync.not_above", url=link.url, name=chain.name)
    record = node.reference.nodes.get(chain.node)
    if record is not None and record.cuts is not None:
        raise PeerRefused("sync.parent_revoked", url=link.url, name=chain.name)
    if not kept:
        node.store.local.set_setting(key, [line.decode("utf-8") for line in chain.lines])
    return chain


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A page that was made while the parent judged the one before, good as long as ``upon`` is believed of it."""

    upon: Belief
    offered: Offered
    message: bytes


class _AnotherNode(Exception):
    """Another node answers at the address than the one that was there before."""


class ChildView:
    """What this node holds of its upward origins (``exchange.ChildView``)."""

    def __init__(self, node: Node, parent: str) -> None:
        self._node, self._parent = node, parent
        self._ledger = node.store.ledger
        self._heads = upward_heads(node, home_of(node), node.id)

    def heads(self) -> Heads:
        return self._heads

    def at(self, origin: str, seq: int) -> str | None:
        return self._ledger.at(origin, seq)

    def after(self, origin: str, seq: int, max_bytes: int) -> Sequence[Stored]:
        return self._ledger.after(origin, seq, max_bytes)

    def closed(self, origin: str) -> bool:
        record = self._node.reference.nodes.get(origin.partition("/")[0])
        if record is None or record.cuts is None:
            return False
        named = record.lasts.get(origin, ())
        return all(id in self._ledger.linked_at(origin, seq) for seq, id in named)

    def sides(self, after_pos: int, max_bytes: int) -> tuple[Sequence[Stored], int]:
        found = self._ledger.sides(after_pos, max_bytes)
        mine = [one for one in found if one.origin in self._heads and one.source != self._parent]
        return mine, found[-1].pos if found else after_pos


class Session:
    """One run with one parent."""

    def __init__(
        self,
        node: Node,
        link: Link,
        room: Room,
        progress: Callable[[Progress], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._node, self._link, self._room = node, link, room
        self._progress, self._stopped = progress, stopped
        self._carrier = Carrier(room, link, MAX_PIECE_BYTES, self._tell_paper)
        self._sent = self._taken = self._cuts = self._request = 0
        self._page = self._page_before = FIRST_PAGE_BYTES
        self._refused: list[Words] = []
        self._later: dict[str, str] = {}
        self._asked: set[str] = set()
        self._late: tuple[str, ...] = ()
        self._ahead: _Ahead | None = None
        self._seen = Progress(link.url)

    def run(self) -> SyncReport:
        result, code = "level", None
        try:
            try:
                self._meet()
                self._exchange()
            except _AnotherNode:
                self._meet(again=True)
                self._exchange()
            if self._later:
                result, code = self._delayed()
        except PeerUnreachable as exc:
            result, code = "cut", exc.code
        except SyncError as exc:
            result, code = "refused", exc.code
        except _AnotherNode:
            result, code = "cut", "sync.bad_answer"
        if self._page != self._page_before:
            self._node.store.local.set_setting(_PAGE + self._link.url, self._page)
        refused = (*self._refused, *self._later.items())
        return SyncReport(
            result, self._sent, self._taken, refused, papers_left(self._node), self._link.url, code
        )

    def _delayed(self) -> tuple[str, str]:
        """Papers that the parent cannot take now: it refuses them, or does not know yet what they belong to."""
        refusing = [code for code in self._later.values() if code != "paper.unknown"]
        return ("refused", refusing[0]) if refusing else ("cut", "paper.unknown")

    def _meet(self, *, again: bool = False) -> None:
        store = self._node.store
        self._page = self._page_before = store.local.setting(_PAGE + self._link.url, FIRST_PAGE_BYTES)
        self._parent = contact(self._node, self._link, again=again)
        self._key = keys.read_public_jwk(self._parent.sign)
        forget_revoked(self._node)
        self._belief, self._show_chain = load_belief(self._node, self._parent.node)

    def _exchange(self) -> None:
        stalls = 0
        offered = self._prepare()
        for _ in range(MAX_ROUNDS):
            answer, moved = self._round(offered)
            moved = self._carry(answer) or moved
            if answer.refusal is not None:
                raise PeerRefused(answer.refusal, url=self._link.url)
            offered = self._prepare()
            heard = answer.answers == self._request  # an old answer says nothing of what there is now
            if heard and not (offered.lines or offered.header.pulls or offered.header.papers or answer.more):
                return
            if self._stopped():
                raise PeerUnreachable("sync.stopped")
            stalls = 0 if moved else stalls + 1
            if stalls >= STALLS:
                raise PeerUnreachable("sync.no_progress", url=self._link.url)

    # -- one round

    def _round(self, offered: Offered) -> tuple[Answer, bool]:
        """Say it until an answer comes; the answer, and whether anything got further."""
        while True:
            try:
                started = self._node.now()
                answer, lines, used = self._say(offered)
                moved = self._keep(used, answer, lines)
                if (offered.lines and not offered.complete) or answer.more:
                    self._grow(self._node.now() - started)
                return answer, moved
            except TooLarge:
                if not self._shrink():
                    raise
            except PeerUnreachable as exc:
                self._cuts += 1
                dead = exc.code == "sync.unreachable" or (exc.code == "sync.silent" and _small(offered))
                if dead or not self._shrink() or self._cuts > CUTS:
                    raise
            offered = self._prepare()

    def _shrink(self) -> bool:
        smaller = max(MIN_PAGE_BYTES, self._page // 2)
        changed, self._page = smaller < self._page, smaller
        return changed

    def _grow(self, took_ms: int) -> None:
        if 0 <= took_ms <= QUICK_MS:
            self._page = min(MAX_PAGE_BYTES, self._page * 2)

    def _prepare(self) -> Offered:
        """The next offer; without a request id unless it was made ahead: nothing has been said yet."""
        if self._ahead is not None and self._ahead.upon == self._belief:
            return self._ahead.offered
        self._ahead = None
        # A parent not spoken to before may have it all from others: the first offer asks rather than sends.
        known = self._belief.epoch is not None
        page = min(self._page, AWAITED_PAGE_BYTES) if known else MIN_PAGE_BYTES
        offered = self._offer(self._belief, page)
        heard = hearsay.to_tell(self._node, self._parent.node, busy=bool(offered.lines))
        header = replace(offered.header, heard=heard)
        if offered.complete or not (offered.lines or header.pulls):
            header = replace(header, papers=tuple(_owed(self._node, OFFERED, self._later)))
        return self._with_late(replace(offered, header=header), page)

    def _with_late(self, offered: Offered, page: int) -> Offered:
        """Behind all that the parent lacks: what waits here for a ruling."""
        late: list[Held] = []
        if offered.complete and not offered.lines:
            late = lateness.to_hand_up(self._node, self._parent.node, page)
        self._late = tuple(one.id for one in late)
        return replace(offered, lines=(*offered.lines, *(one.line for one in late)))

    def _offer(self, belief: Belief, page: int) -> Offered:
        return exchange.offer(ChildView(self._node, self._parent.node), belief, self._blank(), page)

    def _look_ahead(self, offered: Offered) -> None:
        """Make the page after this one, as if the parent took all of it."""
        mine = upward_heads(self._node, home_of(self._node), self._node.id)
        upon = exchange.foreseen(self._belief, offered, mine)
        after = self._offer(upon, self._page)
        if after.lines and not after.header.max_bytes:
            self._ahead = _Ahead(upon, *self._written(after))

    def _blank(self) -> Offer:
        node, store, epoch = self._node, self._node.store, self._belief.epoch
        reference, seen = node.reference, store.evidence.seen()
        cursors = {
            division: number
            for division in feed_divisions(reference, home_of(node))
            if epoch and (number := store.peers.cursor(self._parent.node, epoch, division))
        }
        return Offer(
            request=0,
            program=PROGRAM,
            cursors=cursors,
            yours=store.ledger.newest_of(self._parent.node),
            ref=(reference.size, (reference.head or "")[:SHORT_ID]) if reference.size else (0, None),
            seen=(seen.size, seen.time) if seen else (0, 0),
            receipts=self._belief.receipts,
            need=tuple(f.hash for f in store.local.papers_wanted(OFFERED) if f.hash not in self._asked),
            track=self._tracked(),
            health=self._health(),
            max_bytes=self._page,
            chain=self._chain() if self._show_chain else (),
        )

    def _health(self) -> dict[str, int | str]:
        """What this node says of itself, for the people who watch over it.  No time but its own clock's."""
        store = self._node.store
        health: dict[str, int | str] = {
            "clock": self._node.now(),
            "free": self._room.free_bytes() // 1_000_000,
            "pos": store.ledger.pos(),
            "waiting": store.waiting.count(),
            "stubs": store.stubs.count(),
        }
        if refused := len(store.peers.refusals()):
            health["refused"] = refused
        return health

    def _chain(self) -> tuple[str, ...]:
        own = own_chain(self._node)
        return tuple(line.decode("utf-8") for line in own.lines) if own else ()

    def _tracked(self) -> tuple[str, ...]:
        """Some of the papers that are at a parent but not known to be at the county; others the next time."""
        if self._parent.office == self._node.reference.county:
            return ()
        waiting = self._node.store.local.papers_on_their_way(TRACKED * 8)
        start = (self._node.now() // 1000) % max(1, len(waiting))
        return tuple(file.hash for file in (*waiting[start:], *waiting[:start])[:TRACKED])

    def _say(self, offered: Offered) -> tuple[Answer, Sequence[bytes], Offered]:
        """One message and its answer, checked.  Raises PeerUnreachable, PeerRefused, _AnotherNode."""
        node, ahead = self._node, self._ahead
        if ahead is not None and ahead.offered is offered:
            message, self._ahead = ahead.message, None
        else:
            offered, message = self._written(offered)
        self._request = offered.header.request
        pushing = offered.lines and not offered.header.max_bytes
        data = self._link.exchange(message, (lambda: self._look_ahead(offered)) if pushing else None)
        try:
            if not data.startswith(_MESSAGE):
                return self._refusal(self._read_refusal(data, message), offered)
            opened = wire.unseal(data, node.seal_key)
            wire.check(opened, self._key)
            if opened.sender != self._parent.node:
                raise LedgerError("sync.bad_answer")
            header, lines = wire.read(opened)
            answer = read_answer(header)
        except (LedgerError, BadInput) as exc:
            raise PeerUnreachable("sync.bad_answer", url=self._link.url) from exc
        return answer, lines, offered

    def _written(self, offered: Offered) -> tuple[Offered, bytes]:
        """The offer under a new request id, and its message."""
        node = self._node
        request = node.store.peers.next_request(self._parent.node)
        offered = replace(offered, header=replace(offered.header, request=request))
        header, lines = offered.header.as_json(), offered.lines
        return offered, wire.pack(
            node.id, self._parent.node, header, lines, node.signing_key, self._parent.seal
        )

    def _read_refusal(self, data: bytes, message: bytes) -> str:
        try:
            return read_refusal(data, message, self._key)
        except LedgerError as exc:  # nothing of this parent: see who is there now
            raise _AnotherNode from exc

    def _refusal(self, code: str, offered: Offered) -> tuple[Answer, Sequence[bytes], Offered]:
        if code == "sync.unknown_node" and not self._show_chain:
            self._show_chain = True
            shown = replace(offered.header, chain=self._chain())
            return self._say(replace(offered, header=shown))
        if code in ("message.other_reader", "message.wrong_seal"):
            raise _AnotherNode
        raise PeerRefused(code, url=self._link.url)

    # -- what stays of an answer

    def _keep(self, offered: Offered, answer: Answer, lines: Sequence[bytes]) -> bool:
        """Take the events, then, from an answer newer than the last used, the rest.  True if anything got further."""
        node = self._node
        mine = upward_heads(node, home_of(node), node.id)
        self._look_at_own_past(answer)
        new = len(node.take(lines, self._parent.node, upward=False).new) if lines else 0
        self._taken += new
        matching = offered if offered.header.request == answer.answers else None
        settled = self._settle(matching, answer, mine)
        if settled is None:  # old, or another sync of this node was faster
            self._belief, self._show_chain = load_belief(node, self._parent.node)
            return new > 0
        self._belief, self._show_chain = settled.belief, answer.stranger
        if matching is not None:
            self._sent += len(matching.sent)
            self._asked |= set(matching.header.need)
        self._tell(answer)
        return settled.moved or new > 0

    def _settle(self, matching: Offered | None, answer: Answer, mine: Heads) -> Settled | None:
        """Write what an answer changes, in one transaction; None if it is not newer than the last one used."""
        node, store, parent = self._node, self._node.store, self._parent.node
        with store.write():
            if not store.peers.use_answer(parent, answer.answers):
                return None
            settled = exchange.settle(self._belief, matching, answer, mine, self._evidence(answer))
            save_belief(node, parent, settled.belief, show_chain=answer.stranger)
            if settled.lost_past:
                store.local.forget_parents_papers()
            said = matching.header.heard if matching is not None else {}
            hearsay.told(node, parent, said, lost_past=settled.lost_past)
            late = self._late if matching is not None else ()
            lateness.handed_up(node, parent, late, lost_past=settled.lost_past)
            for division, span in answer.feed.items():
                store.peers.move_cursor(parent, answer.epoch, division, span.upto, after=span.after)
            if answer.newest:
                store.peers.skip_requests(parent, answer.newest)
            if matching is not None:
                self._note_papers(matching, answer)
                self._note_refused(matching, answer)
            about = {"name": self._parent.name, "program": answer.program}
            result = answer.refusal or "level"
            store.peers.exchanged(parent, node.now(), result, url=self._link.url, health=about)
            return settled

    def _look_at_own_past(self, answer: Answer) -> None:
        """The parent may hold an event of ours that we lack: we lost our past, and open an epoch before we write."""
        ledger = self._node.store.ledger
        lacking = {
            origin: (seq, id)
            for origin, (seq, id) in (answer.heads or {}).items()
            if origin.partition("/")[0] == self._node.id and ledger.at(origin, seq) != id
        }
        if lacking:
            self._node.heads_shown(self._parent.node, lacking)

    def _evidence(self, answer: Answer) -> int:
        """Keep receipts and checkpoint; the largest size of a receipt that is for us.

        What is not the county's is told, and not kept.
        """
        size = 0
        try:
            for line in answer.receipts:
                receipt = self._node.take_receipt(line.encode("utf-8"))
                size = max(size, receipt.size if receipt else 0)
            if answer.checkpoint:
                self._node.remember_checkpoint(answer.checkpoint.encode("utf-8"))
        except AppError as exc:
            self._refused.append((None, exc.code))
        return size

    def _note_refused(self, offered: Offered, answer: Answer) -> None:
        peers = self._node.store.peers
        told = [(id, code) for id, code in answer.refused if id is not None and id in offered.sent]
        self._refused += answer.refused
        peers.refused(self._parent.node, told, self._node.now())
        known = {refusal.id for refusal in peers.refusals()} - {id for id, _ in told}
        peers.taken(known & offered.sent.keys())

    def _note_papers(self, offered: Offered, answer: Answer) -> None:
        if answer.refusal is not None:
            return  # it looked at none
        local = self._node.store.local
        open_ = {hash for hash, *_ in (*answer.wants, *answer.later)}
        at_county = self._parent.office == self._node.reference.county
        had = {hash for hash, _ in offered.header.papers} - open_
        arrived = set(answer.arrived) & set(offered.header.track)
        for hash, file in local.papers(had | arrived).items():
            county = file.at_county or hash in arrived or (at_county and hash in had)
            local.save_paper(replace(file, at_parent=True, at_county=county))
        self._later.update(answer.later)

    # -- papers

    def _carry(self, answer: Answer) -> bool:
        """Send what the parent wants, small ones first, and fetch what it gives.  True if a paper got through."""
        moved = False
        local = self._node.store.local
        files = local.papers((*(w[0] for w in answer.wants), *(g[0] for g in answer.gives)))
        for want in sorted((w for w in answer.wants if w[0] in files), key=lambda w: files[w[0]].size):
            hash, capability, offset = want
            if not self._room.intact(hash):
                self._refused.append((hash, "paper.damaged_here"))
                continue
            moved = self._carrier.up(hash, files[hash].size, capability, offset) or moved
        for give in sorted((g for g in answer.gives if g[0] in files), key=lambda g: files[g[0]].size):
            hash, capability = give
            moved = self._carrier.down(hash, files[hash].size, capability) or moved
        return moved

    # -- progress

    def _tell(self, answer: Answer) -> None:
        mine = upward_heads(self._node, home_of(self._node), self._node.id)
        held = self._belief.heads
        owed = sum(max(0, seq - held.get(origin, (0, ""))[0]) for origin, (seq, _) in mine.items())
        rest = sum(span.tip - span.upto for span in answer.feed.values())
        rest += answer.ref[1] - answer.ref[0] if answer.ref else 0
        left = papers_left(self._node)
        self._seen = replace(
            self._seen,
            up=(self._sent, self._sent + owed),
            down=(self._taken, self._taken + rest),
            papers=(max(0, self._seen.papers[1] - left), max(self._seen.papers[1], left)),
            paper=(0, 0),
        )
        self._progress(self._seen)

    def _tell_paper(self, done: int, size: int) -> None:
        self._seen = replace(self._seen, paper=(done, size))
        self._progress(self._seen)
        if self._stopped():
            raise PeerUnreachable("sync.stopped")


def papers_left(node: Node) -> int:
    """Papers of cases that are here and that no parent is known to have."""
    return len(node.store.views.papers_owed(limit=1_000_000))


def _owed(node: Node, most: int, skip: Mapping[str, str]) -> list[tuple[str, int]]:
    """(hash, size) of papers that no parent has, but for those to be skipped in this run; small ones first."""
    found = node.store.views.papers_owed(most + len(skip))
    return [(hash, size) for hash, size in found if hash not in skip][:most]
