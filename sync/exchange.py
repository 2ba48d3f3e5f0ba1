"""The exchange, pure: what a child offers, what a parent answers, what a child keeps of the answer (PROTOCOL.md 6).

One exchange is one offer and its answer.  ``offer`` and ``settle`` are the child's, ``answer`` the parent's; each is a
function of what the two ledgers hold and of the headers in ``sync.headers``.  Nothing here writes: the shell stores the
events of an answer first, then the belief that ``settle`` gives.

What a child believes of a parent is a ``Belief``.  Its heads are those that the parent showed, carried forward by what
was sent; a digest over them tells the parent at once whether the belief is right, and only if not do heads travel.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from typing import Protocol

from sync.headers import Answer, FeedSpan, Offer, Pull, Pulled

MIN_PAGE_BYTES = 16 * 1024
MAX_PAGE_BYTES = 4 * 1024 * 1024
GOOD_PAGE_BYTES = 256 * 1024
"""A link that takes such pages is good: then all goes up before anything comes down (docs/decisions/0017)."""
PIECE_BYTES = 32 * 1024  # of each origin, read at a time
MAX_PULLS = 16
CHECKPOINT_AGE_MS = 3_600_000
_LEFT_BYTES = 140  # they stand in the header, which has a limit of its own

Heads = Mapping[str, tuple[int, str]]


class Line(Protocol):
    """A stored event, ready to be sent on.  ``pos``: where it stands in the ledger."""

    @property
    def pos(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def line(self) -> bytes: ...


class Lines(Protocol):
    """The main lines of the origins that a node holds."""

    def at(self, origin: str, seq: int) -> str | None:
        """The id at a place; None beyond the head."""

    def after(self, origin: str, seq: int, max_bytes: int) -> Sequence[Line]:
        """The gapless run after a place: at most so many bytes, at least one event; empty at the head."""


# ---------------------------------------------------------------- the child


@dataclass(frozen=True, slots=True)
class Fork:
    """The parent's line of an origin goes another way than ours after ``common``.

    ``pulled``: (seq, id) up to which the parent's line has been fetched; ``pushed``: up to where ours has been sent.
    """

    common: int
    pulled: tuple[int, str]
    pushed: int


@dataclass(frozen=True, slots=True)
class Belief:
    """What a child knows of one parent.

    epoch     the parent's, in which cursors count; None before the first answer
    heads     origin -> (seq, id) that the parent holds of the child's upward origins
    marks     origin -> seq up to which events lie at the parent without a head to show it: waiting, or put aside there
    forks     origins of which the parent holds another line
    sides     position up to which events off their main lines have been sent
    receipts  largest tree size of the county's receipts that it has given
    """

    epoch: str | None = None
    heads: Heads = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)
    forks: Mapping[str, Fork] = field(default_factory=dict)
    sides: int = 0
    receipts: int = 0


class ChildView(Lines, Protocol):
    """What a child's node holds of its upward origins: those of its own and of every node within its home."""

    def heads(self) -> Heads: ...

    def sides(self, after_pos: int, max_bytes: int) -> tuple[Sequence[Line], int]:
        """Events off the main lines after a position, and the position up to which was looked."""

    def closed(self, origin: str) -> bool:
        """Is its node out of service, and all that counts of it here?"""


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer ready to be sent.

    expected    the parent's heads once it has taken all of this
    sent        id -> (origin, seq) of each line
    complete    nothing is left that the parent lacks
    """

    header: Offer
    lines: tuple[bytes, ...]
    expected: Heads
    sent: Mapping[str, tuple[str, int]]
    sides: int
    complete: bool


def digest(heads: Heads) -> str:
    """22 characters that stand for a set of heads (PROTOCOL.md 6.2)."""
    text = "".join(f"{origin} {seq} {id}\n" for origin, (seq, id) in sorted(heads.items()))
    return urlsafe_b64encode(hashlib.sha256(text.encode("ascii")).digest()[:16]).rstrip(b"=").decode("ascii")


def offer(view: ChildView, belief: Belief, blank: Offer, page_bytes: int) -> Offered:
    """What the child says next: ``blank`` with digest, epoch and pulls filled in, and the lines the parent lacks.

    Args:
        blank: the rest of the header, which does not follow from ledger and belief.
        page_bytes: of lines, at most; but at least one line goes.
    """
    page = _Page(page_bytes)
    mine, expected = view.heads(), dict(belief.heads)
    pulls: list[Pull] = []
    starts: dict[str, int] = {}
    for origin in sorted({*mine, *belief.heads}):
        head, shown = mine.get(origin), belief.heads.get(origin)
        start, pull = _plan(view, belief, origin, head, shown)
        if pull is not None and not view.closed(origin):
            pulls.append(pull)
        if head is None or start is None or (start := max(start, belief.marks.get(origin, 0))) >= head[0]:
            continue
        starts[origin] = start
    sent = {one.origin: one for one in page.add(_as_they_came(view, starts, min(page_bytes, PIECE_BYTES)))}
    complete = all(origin in sent and sent[origin].seq == mine[origin][0] for origin in starts)
    for origin, last in sent.items():
        if origin not in belief.forks and starts[origin] == belief.heads.get(origin, (0, ""))[0]:
            expected[origin] = (last.seq, last.id)
    upto = belief.sides
    if complete and page.left > 0:
        side, upto = view.sides(belief.sides, page.left)
        page.add(side)
        complete = not side
    header = replace(blank, digest=digest(expected), epoch=belief.epoch, pulls=tuple(pulls[:MAX_PULLS]))
    many = sum(map(len, page.lines)) > GOOD_PAGE_BYTES // 2
    if (many or not complete) and not pulls and page_bytes >= GOOD_PAGE_BYTES:
        header = replace(header, max_bytes=0)
    return Offered(header, tuple(page.lines), expected, page.sent, upto, complete and not pulls)


def _as_they_came(view: Lines, starts: Mapping[str, int], piece_bytes: int) -> Iterator[Line]:
    """The runs of these origins after a place of each, together in the order in which the child took them in.

    What an act rests on so goes before it, and the acts of a case go together.
    """

    def run(origin: str, seq: int) -> Iterator[Line]:
        while piece := view.after(origin, seq, piece_bytes):
            yield from piece
            seq = piece[-1].seq

    return merge(*(run(origin, seq) for origin, seq in starts.items()), key=lambda line: line.pos)


def _plan(
    view: Lines, belief: Belief, origin: str, head: tuple[int, str] | None, shown: tuple[int, str] | None
) -> tuple[int | None, Pull | None]:
    """(after which place to send, what to ask for) of one origin."""
    if shown is None:
        return 0, None
    if head is not None and shown[0] <= head[0] and view.at(origin, shown[0]) == shown[1]:
        return shown[0], None
    fork = belief.forks.get(origin)
    if fork is None:  # the parent holds what we lack: our lost tail, or another line
        return None, Pull(origin, tuple(_locator(view, origin, head[0] if head else 0)))
    return fork.pushed, None if fork.pulled == shown else Pull(origin, (fork.pulled,))


def _locator(view: Lines, origin: str, seq: int) -> Iterator[tuple[int, str]]:
    """Places of our line, dense near its head and sparse before, so that the parent finds where the lines part."""
    step = 1
    while seq > 0:
        if (id := view.at(origin, seq)) is not None:
            yield seq, id
        seq, step = seq - step, step * 2


@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer changes.

    belief      to be kept in the place of the one before
    moved       the belief or a cursor got further
    lost_past   the parent began a new epoch: what it was believed to hold of papers is void
    """

    belief: Belief
    moved: bool
    lost_past: bool


def foreseen(belief: Belief, offered: Offered, mine: Heads) -> Belief:
    """What will be believed if the parent takes all that is offered and says nothing else."""
    plain = Answer(answers=offered.header.request, epoch=belief.epoch or "")
    return settle(belief, offered, plain, mine).belief


def settle(
    belief: Belief, offered: Offered | None, answer: Answer, mine: Heads, receipts: int = 0
) -> Settled:
    """What the child keeps of an answer newer than the last used, once its events are stored (PROTOCOL.md 6.6).

    Args:
        offered: what this answers, if that is still known; an answer out of order may be without.
        mine: the child's heads when it offered.
        receipts: largest tree size of the receipts in the answer that are the county's.
    """
    lost_past = belief.epoch is not None and belief.epoch != answer.epoch
    before = Belief(heads=belief.heads) if lost_past else belief
    heads = before.heads
    if answer.heads is not None:
        heads = answer.heads
    elif offered is not None and answer.refusal is None:
        heads = offered.expected
    after = Belief(
        epoch=answer.epoch,
        heads=heads,
        marks=_marks(before.marks, offered, answer, heads),
        forks=_forks(before.forks, offered, answer, heads, mine),
        sides=max(before.sides, offered.sides)
        if offered is not None and heads is offered.expected
        else before.sides,
        receipts=max(before.receipts, receipts),
    )
    moved = after != belief or any(span.upto > span.after for span in answer.feed.values())
    return Settled(after, moved, lost_past)


def _marks(
    before: Mapping[str, int], offered: Offered | None, answer: Answer, heads: Heads
) -> dict[str, int]:
    after = dict(before)
    sent = offered.sent if offered is not None else {}
    lie_there: Iterable[str | None] = sent  # before it refuses an offer a parent takes in what goes along
    if answer.refusal is None:
        lie_there = [id for id, _ in (*answer.waiting, *answer.refused)]
    for id in lie_there:
        if id is not None and id in sent:
            origin, seq = sent[id]
            after[origin] = max(seq, after.get(origin, 0))
    return {origin: seq for origin, seq in after.items() if origin not in heads or heads[origin][0] < seq}


def _forks(
    forks: Mapping[str, Fork], offered: Offered | None, answer: Answer, heads: Heads, mine: Heads
) -> dict[str, Fork]:
    after = dict(forks)
    for origin in forks:
        sent = [seq for o, seq in offered.sent.values() if o == origin] if offered is not None else []
        after[origin] = replace(forks[origin], pushed=max([forks[origin].pushed, *sent]))
    for pulled in answer.pulled:
        known = after.get(pulled.origin)
        reached = (pulled.seq, pulled.id)
        if known is not None:
            after[pulled.origin] = replace(known, pulled=reached)
        elif pulled.common < mine.get(pulled.origin, (0, ""))[0]:
            after[pulled.origin] = Fork(pulled.common, reached, pulled.common)
    return {origin: fork for origin, fork in after.items() if origin in heads}


# ---------------------------------------------------------------- the parent


class FeedEntry(Protocol):
    """An entry of a feed: an event and its place; without ``id``: the case has left the child's scope.

    ``line`` None: a head tells the child to ask for it.
    """

    @property
    def number(self) -> int: ...
    @property
    def case(self) -> str | None: ...
    @property
    def id(self) -> str | None: ...
    @property
    def line(self) -> bytes | None: ...
    @property
    def origin(self) -> str: ...
    @property
    def seq(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Papers:
    """What a parent says on papers: (hash, capability, bytes it has), (hash, code), (hash, capability), hashes."""

    wants: tuple[tuple[str, str, int], ...] = ()
    later: tuple[tuple[str, str], ...] = ()
    gives: tuple[tuple[str, str], ...] = ()
    arrived: tuple[str, ...] = ()


class ParentView(Lines, Protocol):
    """What a parent's node holds that concerns one child."""

    @property
    def epoch(self) -> str: ...

    def heads(self) -> Heads:
        """Of the child's upward origins."""

    def reference(self) -> int:
        """How many reference events are held."""

    def reference_at(self, count: int) -> str | None:
        """The id of the reference event at that place, counted from 1."""

    def reference_after(self, count: int, max_bytes: int) -> Sequence[Line]: ...

    def divisions(self) -> Sequence[str]:
        """Whose feeds the child may read."""

    def tip(self, division: str) -> int: ...

    def feed(self, division: str, after: int, max_bytes: int, heads: Heads) -> Sequence[FeedEntry]:
        """Entries after a number, at most so many bytes of lines, at least one entry.

        Those that stand on the main line of an origin, no further than its head in ``heads``, come without their lines.
        """

    def receipts(self, after: int, max_bytes: int) -> tuple[Sequence[bytes], bool]:
        """The county's receipts for the child's divisions made at a larger tree size, in the order of their sizes.

        At most so many bytes, but never one of two that were made at the same size; True if there are more.
        """

    def checkpoint(self) -> tuple[int, int, str] | None:
        """(tree size, UTC ms, note) of the newest checkpoint."""

    def papers(self, offer: Offer) -> Papers: ...

    def now(self) -> int:
        """UTC ms."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an offer's lines: id and reason of each that waits, that was refused or put aside."""

    waiting: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str | None, str], ...] = ()


NOTHING_ASIDE = Result()


def refuse(request: int, epoch: str, code: str, result: Result = NOTHING_ASIDE, *, newest: int = 0) -> Answer:
    """A signed refusal of an offer; what became of its lines is said all the same (PROTOCOL.md 6.4)."""
    said = Answer(answers=request, epoch=epoch, refusal=code, newest=newest)
    return replace(said, waiting=result.waiting, refused=result.refused)


def answer(
    view: ParentView, asked: Offer, result: Result, *, newest: int = 0, stranger: bool = False
) -> tuple[Answer, tuple[bytes, ...]]:
    """What the parent says, once it has stored what was good: header and lines (PROTOCOL.md 6.4).

    Args:
        newest: the largest request id that the child ever used, where that is larger than this one's.
        stranger: the parent knows the child by its chain alone.
    """
    refusal = _cannot_go_on(view, asked)
    if refusal is not None:
        return refuse(asked.request, view.epoch, refusal, result, newest=newest), ()
    heads = view.heads()
    agreed = digest(heads) == asked.digest
    page = _Page(max(MIN_PAGE_BYTES, min(asked.max_bytes, MAX_PAGE_BYTES)))
    papers = view.papers(asked)
    said = Answer(answers=asked.request, epoch=view.epoch)
    said = replace(
        _give(view, asked, heads, page, said) if asked.max_bytes else replace(said, more=True),
        newest=newest,
        stranger=stranger,
        heads=None if agreed else heads,
        waiting=result.waiting,
        refused=result.refused,
        wants=papers.wants,
        later=papers.later,
        gives=papers.gives,
        arrived=papers.arrived,
    )
    busy = bool(page.lines or said.receipts or result.waiting or result.refused or not agreed)
    if asked.max_bytes:
        said = replace(said, checkpoint=_checkpoint(view, asked, busy))
    return said, tuple(page.lines)


def _give(view: ParentView, asked: Offer, heads: Heads, page: _Page, said: Answer) -> Answer:
    """Fill the page: reference ledger, lost tails, feed, receipts, each only once the one before is whole."""
    count, total = asked.ref[0], view.reference()
    if count < total:
        count += len(page.add(view.reference_after(count, page.left)))
        said = replace(said, ref=(count, total), more=count < total)
    if not said.more:
        pulled = tuple(_pulled(view, pull, heads, page) for pull in asked.pulls if pull.origin in heads)
        said = replace(said, pulled=pulled, more=any(heads[p.origin][0] > p.seq for p in pulled))
    if not said.more:
        spans, left = _feeds(view, asked, heads, page)
        moved = {d: span for d, span in spans.items() if span.upto > span.after or asked.epoch != view.epoch}
        more = any(span.upto < span.tip for span in spans.values())
        said = replace(said, feed=moved, left=tuple(left), more=more)
    if not said.more:
        receipts, more = view.receipts(asked.receipts, page.left)
        said = replace(said, receipts=tuple(line.decode("utf-8") for line in receipts), more=more)
    return said


def _cannot_go_on(view: ParentView, asked: Offer) -> str | None:
    """Why nothing but the events of this offer can be taken: one of the two has lost its past."""
    count, start = asked.ref
    if 0 < count <= view.reference() and not (view.reference_at(count) or "").startswith(start or "-"):
        return "sync.other_reference"
    if asked.epoch == view.epoch and any(
        n > view.tip(d) for d, n in asked.cursors.items() if d in view.divisions()
    ):
        return "sync.beyond_feed"
    return None


def _pulled(view: ParentView, pull: Pull, heads: Heads, page: _Page) -> Pulled:
    """Send our line of an origin from where the child's line parts from it."""
    common = next((seq for seq, id in pull.places if view.at(pull.origin, seq) == id), 0)
    run = page.add(view.after(pull.origin, common, page.left)) if page.left > 0 else []
    reached = (run[-1].seq, run[-1].id) if run else (common, view.at(pull.origin, common) or "")
    return Pulled(pull.origin, common, *reached)


def _feeds(
    view: ParentView, asked: Offer, heads: Heads, page: _Page
) -> tuple[dict[str, FeedSpan], list[str]]:
    spans: dict[str, FeedSpan] = {}
    left: dict[str, None] = {}
    for division in view.divisions():
        start = asked.cursors.get(division, 0) if asked.epoch == view.epoch else 0
        number, tip = start, view.tip(division)
        while number < tip and page.left > 0:
            for entry in view.feed(division, number, page.left, heads):
                if entry.id is None:
                    left[entry.case or ""] = None
                    page.left -= _LEFT_BYTES
                else:
                    if entry.line is not None and entry.id not in page.sent:
                        if not page.fits(entry.line):
                            break
                        page.put(entry.id, entry.origin, entry.seq, entry.line)
                    left.pop(entry.case or "", None)
                number = entry.number
        spans[division] = FeedSpan(start, number, tip)
    return spans, [case for case in left if case]


def _checkpoint(view: ParentView, asked: Offer, busy: bool) -> str:
    size, time = asked.seen
    if not busy and view.now() - time < CHECKPOINT_AGE_MS:
        return ""
    newest = view.checkpoint()
    return newest[2] if newest is not None and newest[:2] > (size, time) else ""


class _Page:
    """Lines up to so many bytes; ``left`` says how many are free."""

    def __init__(self, max_bytes: int) -> None:
        self.left = max_bytes
        self.lines: list[bytes] = []
        self.sent: dict[str, tuple[str, int]] = {}

    def add(self, run: Iterable[Line]) -> list[Line]:
        """As many of the run as fit, at least one on an empty page; those that went."""
        gone: list[Line] = []
        for one in run:
            if not self.fits(one.line):
                break
            self.put(one.id, one.origin, one.seq, one.line)
            gone.append(one)
        return gone

    def fits(self, line: bytes) -> bool:
        """True if the line may go; else the page is full."""
        if self.lines and len(line) + 1 > self.left:
            self.left = 0
            return False
        return True

    def put(self, id: str, origin: str, seq: int, line: bytes) -> None:
        self.lines.append(line)
        self.sent[id] = (origin, seq)
        self.left -= len(line) + 1
