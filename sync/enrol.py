"""Enrolment 启用: a node's request, the hub's answer, and the chain by which a node shows who it is (PROTOCOL.md 10).

The one-time code of a slip never travels: the request carries the node's public keys and an HMAC over them under the
code.  A township relays request and answer unchanged; neither is secret, both can be checked by their reader alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common import keys
from common.errors import BadInput, BadSignature, LedgerError, PeerRefused, ProtocolMismatch, UnknownAuthor
from common.event_types import check_body
from common.events import MAX_LINE_BYTES, Event, decode, parse_json, split_line
from common.offices import division, is_office
from sync.slips import CODE_BYTES, Slip

VERSION = 1
NONCE_BYTES = 16
MAX_REQUEST_BYTES = 4 * 1024
MAX_CHAIN_BYTES = 2 * MAX_LINE_BYTES
_REQUEST_KEYS = {"v", "office", "sign", "seal", "at", "nonce"}
_ANSWER_KEYS = {"v", "request", "refused", "lines"}


# ---------------------------------------------------------------- the chain of a node


@dataclass(frozen=True, slots=True)
class Chain:
    """Who a node is, shown by its own lines: ``hub.enrolled``, and but for the hub itself its ``node.enrolled``.

    ``root`` is the thumbprint under which the first line was signed; ``event`` the id of the line that names the node.
    """

    node: str
    office: str
    name: str
    sign: Mapping[str, Any]
    seal: Mapping[str, Any]
    root: str
    hub: str
    county: str
    practice: bool
    event: str
    lines: tuple[bytes, ...]


def read_chain(lines: Sequence[bytes], root: str) -> Chain:
    """Check a chain against the root key's thumbprint (PROTOCOL.md 10.4).

    Raises BadSignature ``chain.other_root`` where it belongs to another county, else BadSignature, BadEvent or
    LedgerError ``chain.malformed``.
    """
    if not 1 <= len(lines) <= 2:
        raise LedgerError("chain.malformed")
    hub = _event(lines[0], "hub.enrolled")
    key = keys.read_public_jwk(hub.body["root"])
    if key.kid != root:
        raise BadSignature("chain.other_root", root=key.kid)
    keys.jws_verify(hub.jws, hub.payload, key)
    body = hub.body
    _check_keys(body)
    shared = {"root": root, "hub": body["node"], "county": body["county"], "practice": body["practice"]}
    if len(lines) == 1:
        name = f"{body['name']}政务服务中心"
        return Chain(
            body["node"],
            body["county"],
            name,
            body["sign"],
            body["seal"],
            **shared,
            event=hub.id,
            lines=(hub.line,),
        )
    node = _event(lines[1], "node.enrolled")
    if node.node != body["node"]:
        raise UnknownAuthor("chain.not_by_hub", origin=node.origin)
    keys.jws_verify(node.jws, node.payload, keys.read_public_jwk(body["sign"]))
    _check_keys(node.body)
    who = node.body
    return Chain(
        who["node"],
        who["office"],
        who["name"],
        who["sign"],
        who["seal"],
        **shared,
        event=node.id,
        lines=(hub.line, node.line),
    )


def write_lines(lines: Iterable[bytes]) -> bytes:
    """Lines as one document, a newline after each: what ``GET /sync/v1/node`` gives."""
    return b"".join(line + b"\n" for line in lines)


def read_lines(data: bytes) -> tuple[bytes, ...]:
    """The lines of a document of lines.  Raises LedgerError ``chain.malformed``."""
    if not data.endswith(b"\n") or len(data) > MAX_CHAIN_BYTES:
        raise LedgerError("chain.malformed")
    return tuple(data[:-1].split(b"\n"))


def _event(line: bytes, kind: str) -> Event:
    jws, payload = split_line(line)
    event = decode(payload, jws)
    if event.type != kind or check_body(kind, event.body) is not None:
        raise LedgerError("chain.malformed", type=event.type)
    return event


def _check_keys(body: Mapping[str, Any]) -> None:
    """A node's id follows from its signing key, and both keys can be used."""
    keys.read_public_jwk(body["sign"])
    keys.read_seal_jwk(body["seal"])
    if keys.node_id(body["sign"]) != body["node"]:
        raise LedgerError("chain.malformed", node=body["node"])


# ---------------------------------------------------------------- the request


@dataclass(frozen=True, slots=True)
class Request:
    """A node asks to be enrolled for ``office`` with its public keys; ``at`` is its clock and only informs."""

    office: str
    sign: Mapping[str, Any]
    seal: Mapping[str, Any]
    at: int
    mac: bytes
    payload: bytes
    digest: str

    @property
    def node(self) -> str:
        return keys.node_id(self.sign)

    def proves(self, code: bytes) -> bool:
        """Was it made by someone who knows the slip's code?"""
        return hmac.compare_digest(self.mac, keys.hmac_sha256(code, self.payload))


def make_request(
    slip: Slip, sign: Mapping[str, Any], seal: Mapping[str, Any], at: int, nonce: bytes
) -> bytes:
    """The request's bytes: the HMAC in base64url, one space, the JSON that it is over.  To be kept and sent again."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 16 bytes")
    fields = {"v": VERSION, "office": slip.office, "sign": sign, "seal": seal, "at": at, "nonce": nonce.hex()}
    payload = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return _b64u(keys.hmac_sha256(slip.code, payload)).encode("ascii") + b" " + payload


def read_request(data: bytes) -> Request:
    """A request as it came.  Raises BadInput ``enrol.malformed``, ProtocolMismatch ``enrol.version``."""
    mac, space, payload = data.partition(b" ")
    try:
        if len(data) > MAX_REQUEST_BYTES or not space or len(mac) != 43:
            raise BadInput("enrol.malformed")
        raw = parse_json(payload, max_bytes=MAX_REQUEST_BYTES, max_depth=3)
        if isinstance(raw, dict) and type(raw.get("v")) is int and raw["v"] != VERSION:
            raise ProtocolMismatch("enrol.version", version=raw["v"])
        if not isinstance(raw, dict) or raw.keys() != _REQUEST_KEYS or type(raw["v"]) is not int:
            raise BadInput("enrol.malformed")
        office, at, nonce = raw["office"], raw["at"], raw["nonce"]
        if not is_office(office) or division(office) != office or type(at) is not int:
            raise BadInput("enrol.malformed")
        if not isinstance(nonce, str) or len(bytes.fromhex(nonce)) != NONCE_BYTES:
            raise BadInput("enrol.malformed")
        keys.read_public_jwk(raw["sign"])
        keys.read_seal_jwk(raw["seal"])
        tag = urlsafe_b64decode(mac + b"=")
    except (LedgerError, ValueError) as exc:
        raise BadInput("enrol.malformed") from exc
    return Request(office, raw["sign"], raw["seal"], at, tag, payload, hashlib.sha256(data).hexdigest())


# ---------------------------------------------------------------- the hub


@dataclass(frozen=True, slots=True)
class KnownSlip:
    """A slip that the hub gave out: its one-time code, its end in UTC ms, and the node that used it."""

    id: str
    office: str
    code: bytes
    expires: int
    node: str | None


class Desk(Protocol):
    """What the hub must do for an enrolment, all in the transaction that the caller holds."""

    def slips(self, office: str) -> Sequence[KnownSlip]: ...

    def chain(self, node: str | None) -> tuple[bytes, ...]:
        """Lines ``hub.enrolled`` and, for a node that is enrolled, its ``node.enrolled``."""

    def enrol(self, request: Request, slip: KnownSlip) -> None:
        """Write ``node.enrolled`` and mark the slip as used by the node."""


def answer_request(desk: Desk, signer: keys.SigningKey, data: bytes, now: int) -> bytes:
    """The hub's signed answer, the same for the same request (PROTOCOL.md 10.3).

    Args:
        now: the hub's clock, UTC ms.
    Raises BadInput ``enrol.malformed``, ProtocolMismatch ``enrol.version``: nothing that could be answered to.
    """
    request = read_request(data)
    slip = next((known for known in desk.slips(request.office) if request.proves(known.code)), None)
    refused = _refusal(slip, request, now)
    if refused is None and slip is not None and slip.node is None:
        desk.enrol(request, slip)
    return write_answer(signer, data, refused, desk.chain(None if refused else request.node))


def write_answer(
    signer: keys.SigningKey, request: bytes, refused: str | None, lines: Sequence[bytes]
) -> bytes:
    """The answer's bytes: a detached JWS by the hub's key, one space, JSON."""
    fields = {
        "v": VERSION,
        "request": hashlib.sha256(request).hexdigest(),
        "refused": refused,
        "lines": [line.decode("utf-8") for line in lines],
    }
    payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return keys.jws_sign(signer, payload).encode("ascii") + b" " + payload


def _refusal(slip: KnownSlip | None, request: Request, now: int) -> str | None:
    if slip is None:
        return "slip.wrong"
    if slip.node is not None:
        return None if slip.node == request.node else "slip.used"
    return "slip.expired" if now > slip.expires else None


# ---------------------------------------------------------------- the node


def read_answer(data: bytes, request: bytes, root: str) -> Chain:
    """The node's own chain from the answer to its request.

    Raises PeerRefused with the hub's code (``slip.wrong``, ``slip.expired``, ``slip.used``); BadSignature or another
    LedgerError for what the county did not say to this request.
    """
    jws, space, payload = data.partition(b" ")
    if not space or not jws.isascii():
        raise LedgerError("enrol.bad_answer")
    raw = parse_json(payload, max_bytes=2 * MAX_CHAIN_BYTES, max_depth=3)
    if not isinstance(raw, dict) or raw.keys() != _ANSWER_KEYS or raw["v"] != VERSION:
        raise LedgerError("enrol.bad_answer")
    refused, lines = raw["refused"], raw["lines"]
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise LedgerError("enrol.bad_answer")
    encoded = [line.encode("utf-8") for line in lines]
    hub = read_chain(encoded[:1], root)
    keys.jws_verify(jws.decode("ascii"), payload, keys.read_public_jwk(hub.sign))
    if raw["request"] != hashlib.sha256(request).hexdigest():
        raise LedgerError("enrol.bad_answer")
    if refused is not None:
        raise PeerRefused(str(refused)[:60])
    chain = read_chain(encoded, root)
    asked = read_request(request)
    if len(chain.lines) != 2 or (chain.node, chain.office) != (asked.node, asked.office):
        raise LedgerError("enrol.bad_answer")
    if keys.thumbprint(chain.seal) != keys.thumbprint(asked.seal):
        raise LedgerError("enrol.bad_answer")
    return chain


def _b64u(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


__all__ = [
    "CODE_BYTES",
    "Chain",
    "Desk",
    "KnownSlip",
    "Request",
    "answer_request",
    "make_request",
    "read_answer",
    "read_chain",
    "read_lines",
    "read_request",
    "write_answer",
    "write_lines",
]
