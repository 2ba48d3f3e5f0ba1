"""What pages and commands ask a node: a case with the truth of all its parts, the outbox, the state of the node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

from common.case.fold import fold
from common.case.view import digest
from common.clock import BEIJING
from common.errors import BadInput, CommandRefused, NotFound
from common.events import Event
from common.ids import parse_case_number
from common.node.evidence import Evidence
from common.node.projecting import pages
from common.node.values import CaseFile, Outgoing, Paper, Truth
from common.offices import township_of, within
from common.reference import Reference
from common.store import Store
from common.store.ledger import OWN, Stored
from common.store.local import PaperFile
from common.store.views import CaseRow

_ID = re.compile(r"[0-9a-f]{64}\Z")
PARENTS = "parents"  # the setting: addresses that a person chose, in order
SLIP_PARENTS = "slip_parents"  # the setting: those of the slip, used until a person chooses others
_ORDER = (Truth.HERE, Truth.TOWNSHIP, Truth.COUNTY)


class Truths:
    """How far events have got, as far as this node knows.  For one page or command; not kept.

    Args:
        home: the node's division, None before it is enrolled.
        county: this is the county's node: what it holds is at the county.
    """

    def __init__(self, store: Store, reference: Reference, home: str | None, *, county: bool) -> None:
        self._store, self._reference, self._home, self._county = store, reference, home, county

    @cached_property
    def receipted(self) -> dict[str, int]:
        """origin -> seq up to which the county's receipts name our main line."""
        found: dict[str, int] = {}
        for receipt in Evidence(self._store).receipts().values():
            for origin, (seq, id) in receipt.heads.items():
                if seq > found.get(origin, 0) and self._is_our_line(origin, seq, id):
                    found[origin] = seq
        return found

    def _is_our_line(self, origin: str, seq: int, id: str) -> bool:
        """Does a head named by others lie on the line known here?  Where there is a gap, others are believed."""
        here = self._store.ledger.ids_at(origin, seq)
        return id in here or (not here and not self._is_below(origin.partition("/")[0]))

    def shown(self, origins: Iterable[str], *, by_parents: bool = False) -> dict[str, int]:
        """origin -> seq up to which another node showed that it holds our main line."""
        found: dict[str, int] = {}
        for peer, origin, seq, id in self._store.peers.shown(origins):
            if by_parents and self._is_below(peer):
                continue
            if seq > found.get(origin, 0) and self._is_our_line(origin, seq, id):
                found[origin] = seq
        return found

    def below(self) -> list[str]:
        """The origins of this node and of those below it."""
        heads = self._store.ledger.heads()
        return sorted(origin for origin in heads if self._is_below(origin.partition("/")[0]))

    def _is_below(self, node: str) -> bool:
        record = self._reference.nodes.get(node)
        return record is not None and self._home is not None and within(record.office, self._home)

    def of(self, stored: Sequence[Stored]) -> dict[str, Truth]:
        """The truth of each event, by id."""
        if self._county:
            return dict.fromkeys((one.id for one in stored), Truth.COUNTY)
        shown = self.shown({one.origin for one in stored})
        return {one.id: self._of(one, shown) for one in stored}

    def _of(self, one: Stored, shown: dict[str, int]) -> Truth:
        if one.source == self._reference.hub or self._is_from_afar(one.origin.partition("/")[0]):
            return Truth.COUNTY
        receipted = not one.side and one.seq <= self.receipted.get(one.origin, 0)
        if receipted and not self._reference.cut_at(one.origin, one.seq, one.id):
            return Truth.COUNTY
        elsewhere = one.source != OWN or (not one.side and one.seq <= shown.get(one.origin, 0))
        return Truth.TOWNSHIP if elsewhere else Truth.HERE

    def _is_from_afar(self, node: str) -> bool:
        """The hub's, or of another township: it can have come through the county alone."""
        record = self._reference.nodes.get(node)
        if record is None or self._home is None:
            return False
        return not within(record.office, township_of(self._home) or self._home)

    def of_paper(self, file: PaperFile | None) -> Truth:
        """The truth of a page by what is known of its file; one that is not here is elsewhere."""
        if (file is not None and file.at_county) or (self._county and file is not None and file.complete):
            return Truth.COUNTY
        return Truth.HERE if file is not None and file.complete and not file.at_parent else Truth.TOWNSHIP

    def paper_left(self, file: PaperFile | None, below: bool) -> bool:
        """Is the page still on its way up: owed by this node, or (named by this node or one below) not here yet?"""
        if file is None or not file.complete:
            return self._county or (below and not (file and file.at_parent))
        return not (self._county or file.at_parent or file.at_county)


def find_case(store: Store, key: str) -> CaseRow:
    """The case with this id or number.

    Errors: NotFound ``case.not_found``; CommandRefused ``case.number_repeated`` (R-1007: two copies of a machine).
    """
    if _ID.match(key):
        row = store.views.get(key)
        found = [row] if row else []
    else:
        try:
            found = store.views.by_number(parse_case_number(key).text)
        except BadInput as exc:
            raise NotFound("case.not_found", case=key[:80]) from exc
    if not found:
        raise NotFound("case.not_found", case=key[:80])
    if len(found) > 1:
        raise CommandRefused("case.number_repeated", number=key[:80], ids=[row.case_id for row in found])
    return found[0]


def case_file(store: Store, reference: Reference, truths: Truths, row: CaseRow) -> CaseFile:
    """All of one case."""
    stored = store.ledger.of_cases((row.case_id,))[row.case_id]
    events = tuple(one.event for one in stored)
    view = fold(events, reference)
    truth = truths.of(stored)
    return CaseFile(
        id=row.case_id,
        row=row,
        view=view,
        events=events,
        edition=reference.editions.get(row.edition),
        digest=digest(view),
        truth=truth,
        papers=tuple(_papers(store, truths, events)),
        synced=min(truth.values(), key=_ORDER.index),
        left=row.left,
    )


def _papers(store: Store, truths: Truths, events: Sequence[Event]) -> Iterable[Paper]:
    """Each page named by the events, in their order, once."""
    named = {
        page["hash"]: (event, material, page) for event in reversed(events) for material, page in pages(event)
    }
    files = store.local.papers(named)
    below = frozenset(truths.below())
    for hash, (event, material, page) in reversed(named.items()):
        file = files.get(hash)
        here = file is not None and file.complete
        yield Paper(
            hash=hash,
            material=material,
            size=page["size"],
            event=event.id,
            here=here,
            wanted=file is not None and file.wanted and not here,
            left=truths.paper_left(file, event.origin in below),
            truth=truths.of_paper(file),
            page=page,
        )


def outbox(store: Store, truths: Truths, limit: int) -> list[Outgoing]:
    """What the county has not receipted of this node's and the nodes' below, the oldest first."""
    receipted = {origin: truths.receipted.get(origin, 0) for origin in truths.below()}
    found = store.ledger.oldest_after(receipted, limit)
    truth = truths.of(found)
    events = [one.event for one in found]
    rows = store.views.rows({event.case_id for event in events if event.case_id})
    return [
        Outgoing(
            event=event.id,
            type=event.type,
            case=event.case_id,
            number=rows[event.case_id].number if event.case_id in rows else None,
            at=event.at,
            truth=truth[event.id],
        )
        for event in events
        if truth[event.id] is not Truth.COUNTY
    ]


def unsent_events(store: Store, truths: Truths) -> int:
    """How many events of this node and those below it no parent is known to have."""
    heads = store.ledger.heads(truths.below())
    held = truths.shown(heads, by_parents=True)
    return sum(seq - max(held.get(o, 0), truths.receipted.get(o, 0)) for o, (seq, _) in heads.items())


def addresses(store: Store, reference: Reference) -> tuple[str, ...]:
    """The addresses above this node, in the order to be tried (docs/decisions/0016).

    The hub's newest stands in the place of those that it had before, and last beside a slip's; what a person chose
    stands alone.
    """
    chosen = store.local.setting(PARENTS)
    told = chosen or store.local.setting(SLIP_PARENTS, [])
    hub = reference.address
    if hub is None:
        return tuple(told)
    moved = [hub if url in reference.addresses else url for url in told]
    return tuple(dict.fromkeys(moved if chosen else [*moved, hub]))


def parents(store: Store, reference: Reference) -> tuple[dict[str, str | None], ...]:
    """The addresses above this node in order, each with the time of the last exchange with who answers there."""
    last = {peer.url: peer.at for peer in store.peers.list() if peer.url and peer.at is not None}
    return tuple(
        {"url": url, "last_exchange": _instant(last.get(url))} for url in addresses(store, reference)
    )


def _instant(ms: int | None) -> str | None:
    return (
        datetime.fromtimestamp(ms / 1000, BEIJING).isoformat(timespec="seconds") if ms is not None else None
    )


def program_version() -> str:
    """The version of this program, "0" where it runs uninstalled."""
    try:
        return version("bianmin")
    except PackageNotFoundError:
        return "0"
