"""The node itself.  See the package; each method says what it does in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from common.events import Event, Seen
from common.node.values import CaseFile, Fault, Outgoing, Receipt, Status, Taken
from common.offices import Level
from common.reference import Reference
from common.store import Store
from common.store.views import CaseRow, Page

if TYPE_CHECKING:
    from common.case import Author, Command
    from common.keys import SealKey, SigningKey

Clock = Callable[[], int]  # UTC milliseconds
Random = Callable[[int], bytes]  # n random bytes


class Node:
    """One installation: keys, an origin, a ledger, and the offices of one division.

    Args:
        store: opened; a store that no node was created in raises Misuse ``node.not_created``.
        clock: () -> UTC ms.  random: n -> n bytes.  Both injected; nothing else here asks for time or chance.
    Safe to use from several threads; several processes may each have a Node on one store.
    """

    def __init__(self, store: Store, clock: Clock, random: Random) -> None:
        raise NotImplementedError

    # -- a new life

    @classmethod
    def create(cls, store: Store, clock: Clock, random: Random, *, root: str) -> Node:
        """A village's or township's node: draws its keys and its epoch.

        ``root`` is the root key's thumbprint, from the slip.  It has no office until it has taken its own
        ``node.enrolled``.  Misuse ``node.exists`` if one was created before.
        """
        raise NotImplementedError

    @classmethod
    def create_hub(
        cls, store: Store, clock: Clock, random: Random, *, county: str, name: str, practice: bool
    ) -> tuple[Node, SigningKey]:
        """The county's node and the root key, which is not kept here.  Opens both origins."""
        raise NotImplementedError

    # -- who it is

    id: str  # 12 characters (docs/decisions/0001)
    store: Store
    signing_key: SigningKey
    seal_key: SealKey

    @property
    def reference(self) -> Reference:
        """The reference ledger as held now; refreshed from the store if it has grown."""
        raise NotImplementedError

    @property
    def enrolled(self) -> bool: ...
    @property
    def office(self) -> str:
        """Its home division; NotFound ``node.not_enrolled`` before enrolment."""
        raise NotImplementedError

    @property
    def level(self) -> Level: ...
    @property
    def name(self) -> str: ...
    @property
    def offices(self) -> tuple[str, ...]:
        """All offices that it serves: its division and the named units of it."""
        raise NotImplementedError

    @property
    def practice(self) -> bool: ...
    @property
    def origin(self) -> str:
        """``<node>/<epoch>`` that it now writes on (at the hub its acting origin)."""
        raise NotImplementedError

    @property
    def reference_origin(self) -> str | None:
        """The hub's reference origin, once known."""
        raise NotImplementedError

    def today(self) -> date:
        """The later of the device's date and the newest checkpoint's, Asia/Shanghai."""
        raise NotImplementedError

    def now(self) -> int:
        """The device's clock, UTC ms."""
        raise NotImplementedError

    # -- writing

    def act(
        self, command: Command, author: Author, base: str | None = None, case: str | None = None
    ) -> tuple[Event, ...]:
        """One act of a person: the events that it made, the act itself first.

        Args:
            case: id or number; None for a registration.
            base: the tip that the page showed; None takes the present one.
        Errors: NotFound ``case.not_found``; CommandRefused ``case.stale`` (detail ``tip``); what ``decide`` refuses.
        A registration whose salt is known gives the first event back and writes nothing.
        """
        raise NotImplementedError

    def publish(self, kind: str, body: Mapping[str, Any]) -> Event:
        """At the hub: one event of the reference ledger."""
        raise NotImplementedError

    def publish_many(self, bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Event, ...]:
        """At the hub: several, in order, in one transaction."""
        raise NotImplementedError

    def record(self, kind: str, body: Mapping[str, Any], actor: str | None = None) -> Event:
        """One event of the node's own origin that belongs to no case (``officer.appointed`` at a township)."""
        raise NotImplementedError

    def appoint(self, name: str, office: str, role: str, post: str | None = None) -> Event:
        """An appointment: at the hub in the reference ledger, at a township in its own origin.  NotPermitted at a village."""
        raise NotImplementedError

    def take(self, lines: Sequence[bytes], source: str, upward: bool) -> Taken:
        """Take in the lines of a message.

        Args:
            source: id of the node they came from.
            upward: from a child: each origin gapless; else a parent's selection, gaps stand.
        """
        raise NotImplementedError

    def tick(self) -> int:
        """Write the timers whose day has come; how many."""
        raise NotImplementedError

    # -- epochs

    def heads_shown(self, peer: str, heads: Mapping[str, tuple[int, str]]) -> bool:
        """A peer shows heads.  True if it holds what we lack of our own: the next write opens an epoch first."""
        raise NotImplementedError

    def open_epoch(self) -> Event:
        """Start a new epoch now, from the tips of the old ones."""
        raise NotImplementedError

    # -- evidence

    def receipt(self, division: str) -> bytes:
        """At the hub: the signed receipt for a division, as a line (detached JWS, space, compact JSON)."""
        raise NotImplementedError

    def take_receipt(self, line: bytes) -> Receipt:
        """Keep a receipt if it is newer than the one held.  BadSignature if it is not the hub's."""
        raise NotImplementedError

    def receipt_line(self, division: str) -> bytes | None:
        """The newest receipt held for a division: what a township hands down unchanged."""
        raise NotImplementedError

    def checkpoint(self) -> bytes:
        """The newest checkpoint: at the hub signed anew if the tree has grown, elsewhere the newest remembered, or b""."""
        raise NotImplementedError

    def remember_checkpoint(self, note: bytes) -> Seen | None:
        """Keep a checkpoint of the hub if it is newer; gives the newest known.  BadSignature if it is not the hub's."""
        raise NotImplementedError

    # -- asking

    def case(self, key: str, as_of: date | None = None) -> CaseFile:
        """A case by its id or number.  NotFound ``case.not_found``; CommandRefused ``case.number_repeated``."""
        raise NotImplementedError

    def worklist(
        self, name: str, offices: Sequence[str], page: int = 1, size: int = 50, text: str = ""
    ) -> Page:
        """A named list of cases for these offices (``common.store.views.WORKLISTS``).  NotFound ``worklist.unknown``."""
        raise NotImplementedError

    def search(self, text: str, limit: int = 20) -> list[CaseRow]:
        """Cases by part of the applicant's name, of the number, of the id number, or of the telephone number."""
        raise NotImplementedError

    def outbox(self, limit: int = 200) -> list[Outgoing]: ...
    def status(self) -> Status: ...
    def log(self, from_pos: int = 1, case: str | None = None) -> Iterator[bytes]:
        """Event lines without their newline, in the order of ``pos``."""
        raise NotImplementedError

    # -- checking

    def verify(self) -> tuple[int, int, Fault | None]:
        """(events, cases, first fault): signatures, chains, keys, and views equal to the fold."""
        raise NotImplementedError

    def rebuild(self) -> int:
        """Make the views from the ledger; how many cases.  Feeds, receipts and local tables stay."""
        raise NotImplementedError
