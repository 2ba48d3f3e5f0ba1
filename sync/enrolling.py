"""Enrolment at work: the hub gives out slips and answers, a township relays, a new node asks until it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.errors import (
    BadInput,
    LedgerError,
    NotPermitted,
    PeerRefused,
    PeerUnreachable,
    ProtocolMismatch,
    SyncError,
)
from common.node import Node
from common.node.asking import SLIP_PARENTS
from common.offices import Level, division, level
from common.store.local import SlipRow
from sync.child import Link, contact, set_parents
from sync.enrol import (
    MAX_REQUEST_BYTES,
    NONCE_BYTES,
    Chain,
    KnownSlip,
    Request,
    answer_request,
    make_request,
    read_answer,
    read_request,
)
from sync.slips import CODE_BYTES, Slip, write_slip
from sync.upward import CHAIN, PENDING, own_chain

SLIP_DAYS = 60
_DAY_MS = 24 * 3_600_000

Random = Callable[[int], bytes]


class EnrolLink(Link, Protocol):
    """A way to a parent that also takes enrolments."""

    def enrol(self, request: bytes) -> bytes: ...


# ---------------------------------------------------------------- the hub


@dataclass(frozen=True, slots=True)
class Issued:
    """A slip as the command prints it; ``expires`` in seconds since 1970, ``root`` the root key's thumbprint."""

    office: str
    text: str
    expires: int
    root: str
    parents: tuple[str, ...]


def issue_slip(
    node: Node, office: str, addresses: Sequence[str], random: Random, *, days: int = SLIP_DAYS
) -> Issued:
    """At the hub: a new slip for a township or a village.

    Errors: NotPermitted ``slip.only_at_the_hub``; BadInput ``slip.unknown_office``, ``slip.too_many_parents``,
    ``slip.bad_address``.
    """
    if node.level is not Level.COUNTY:
        raise NotPermitted("slip.only_at_the_hub")
    known = node.reference.offices
    if office not in known or division(office) != office or level(office) is Level.COUNTY:
        raise BadInput("slip.unknown_office", office=office)
    expires = (node.now() + days * _DAY_MS) // 1000
    slip = Slip(office, tuple(addresses), node.root, random(CODE_BYTES), expires, node.practice)
    text = write_slip(slip)
    row = SlipRow(random(8).hex(), office, slip.code, expires * 1000, {"parents": list(addresses)})
    node.store.local.save_slip(row)
    return Issued(office, text, expires, node.root, slip.parents)


class _HubDesk:
    """The hub's part in ``answer_request``."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def slips(self, office: str) -> Sequence[KnownSlip]:
        rows = self._node.store.local.slips(office)
        return [KnownSlip(row.id, row.office, row.code, row.expires, row.node) for row in rows]

    def chain(self, node: str | None) -> tuple[bytes, ...]:
        own = own_chain(self._node)
        record = self._node.reference.nodes.get(node or "")
        if own is None:
            raise ValueError("a hub has its own chain")
        line = self._node.store.ledger.line(record.event) if record is not None else None
        return (own.lines[0],) if line is None else (own.lines[0], line)

    def enrol(self, request: Request, slip: KnownSlip) -> None:
        node = self._node
        if request.node not in node.reference.nodes:
            body = {
                "node": request.node,
                "office": request.office,
                "name": node.reference.office_name(request.office),
                "sign": request.sign,
                "seal": request.seal,
            }
            node.publish("node.enrolled", body)
        node.store.local.use_slip(slip.id, request.node, node.now())


def answer_enrolment(node: Node, request: bytes) -> bytes:
    """At the hub: the signed answer to a request.  Raises BadInput ``enrol.malformed``, ProtocolMismatch."""
    with node.store.write():
        return answer_request(_HubDesk(node), node.signing_key, request, node.now())


# ---------------------------------------------------------------- the township


def relay_enrolment(links: Iterable[EnrolLink], request: bytes) -> bytes:
    """Carry a request to the first parent that answers, and its answer back, both unchanged.

    Raises BadInput ``enrol.malformed``, ProtocolMismatch; PeerUnreachable ``enrol.no_link``.
    """
    if len(request) > MAX_REQUEST_BYTES:
        raise BadInput("enrol.malformed")
    read_request(request)
    for link in links:
        try:
            return link.enrol(request)
        except PeerUnreachable:
            continue
    raise PeerUnreachable("enrol.no_link")


# ---------------------------------------------------------------- the new node


def begin(node: Node, slip: Slip, random: Random, addresses: Sequence[str] = ()) -> None:
    """Make the request and keep it, before anything is sent: ``enrol`` can then be tried until it is answered.

    Begun again, the slip and the addresses are those of the last time.

    Args:
        addresses: parents in the place of the slip's.
    """
    request = make_request(
        slip, node.signing_key.public_jwk(), node.seal_key.public_jwk(), node.now(), random(NONCE_BYTES)
    )
    with node.store.write():
        node.store.local.set_setting(PENDING, {"office": slip.office, "request": request.decode("ascii")})
        node.store.local.set_setting(SLIP_PARENTS, list(slip.parents))
        set_parents(node, addresses)


def pending(node: Node) -> bool:
    """True between ``begin`` and the answer."""
    return own_chain(node) is None and node.store.local.setting(PENDING) is not None


def enrol(node: Node, links: Iterable[EnrolLink]) -> Chain:
    """Ask the parents in order; the node's own chain.  Repeats of it ask again or give what is known.

    Raises PeerUnreachable: nothing is lost, try again; PeerRefused with the hub's code: the slip is of no use.
    """
    if (known := own_chain(node)) is not None:
        return known
    kept = node.store.local.setting(PENDING)
    if kept is None:
        raise BadInput("enrol.no_slip")
    request = kept["request"].encode("ascii")
    failure: SyncError | ProtocolMismatch = PeerUnreachable("enrol.no_link")
    for link in links:
        try:
            contact(node, link, again=True)
            chain = read_answer(link.enrol(request), request, node.root)
        except PeerUnreachable as exc:
            if isinstance(failure, PeerUnreachable):
                failure = exc
        except PeerRefused as exc:
            failure = exc
        except LedgerError as exc:
            failure = PeerRefused("enrol.bad_answer", url=link.url)
            failure.__cause__ = exc
        else:
            with node.store.write():
                node.store.local.set_setting(CHAIN, [line.decode("utf-8") for line in chain.lines])
                node.store.local.set_setting(PENDING, None)
            return chain
    raise failure


__all__ = [
    "SLIP_DAYS",
    "Issued",
    "answer_enrolment",
    "begin",
    "enrol",
    "issue_slip",
    "pending",
    "relay_enrolment",
]
