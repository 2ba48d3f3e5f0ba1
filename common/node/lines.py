"""Lines as they come in: read by the envelope rules, and their signatures checked, before any lock is taken."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from common.errors import BadSignature
from common.events import BadEvent, Event, decode, event_id, split_line
from common.keys import (
    BadKey,
    PublicKey,
    SignedLine,
    jws_kid,
    jws_verify,
    jws_verify_many,
    jws_verify_soon,
    node_id,
    read_public_jwk,
)
from common.node.references import copied
from common.reference import Reference

OPENING = "hub.enrolled"  # opens the reference ledger; the one event signed by the root key
NO_KEY = "wait.node"
_VERDICTS = {True: "", False: "event.bad_signature"}


@dataclass(slots=True)
class Line:
    """A line and what is thought of it.

    event    None if the envelope rules cannot read it, for the reason ``code``
    signer   the node whose key checked it, "" if none did
    verdict  "" if the signature is good, ``NO_KEY`` if its node is not known yet, else why it is refused
    good     the answer of a check that was begun early, None before it is there
    since    of a line that waited: when it came, UTC ms
    """

    id: str
    data: bytes
    source: str
    upward: bool
    jws: str
    payload: bytes
    event: Event | None
    code: str = ""
    signer: str = ""
    verdict: str = NO_KEY
    good: bool | None = None
    since: int | None = None


def read(data: bytes, source: str, upward: bool) -> Line:
    """A line, its event decoded if it can be.  BadEvent if it is not even a JWS, a space and a payload."""
    jws, payload = split_line(data)
    try:
        event, code = decode(payload, jws), ""
    except BadEvent as exc:
        event, code = None, exc.code
    id = event.id if event else event_id(payload)
    return Line(id, data.rstrip(b"\n"), source, upward, jws, payload, event, code)


def place_of(payload: bytes) -> tuple[str | None, int | None, str | None]:
    """Origin, seq and prev of a payload that breaks the envelope rules, as far as they can be made out."""
    try:
        raw = json.loads(payload)
    except (ValueError, RecursionError):
        return None, None, None
    found: Any = raw if isinstance(raw, dict) else {}
    origin, seq, prev = found.get("origin"), found.get("seq"), found.get("prev")
    if not (isinstance(origin, str) and type(seq) is int and 1 <= seq < 1 << 53):
        return None, None, None
    good = isinstance(prev, str) and len(prev) == 64 and set(prev) <= set("0123456789abcdef")
    if good != (seq > 1):
        return None, None, None
    return origin, seq, prev if good else None


class Checker:
    """Checks signatures against a Reference, and, for the first event of all, against the root that the node trusts."""

    def __init__(self, reference: Reference, origin: str | None, root: str | None) -> None:
        """``origin``: of the reference ledger, None before it is known; ``root``: thumbprint of the root key."""
        self._reference, self._origin, self._root = reference, origin, root
        self._keys: dict[str, PublicKey | None] = {}
        self._begun: list[tuple[list[Line], Future[list[bool]]]] = []

    def begin(self, lines: Iterable[Line]) -> None:
        """Have the signatures of lines that will be checked looked at by another thread while more are read."""
        found: list[Line] = []
        items: list[SignedLine] = []
        for one in lines:
            key = self._key(one.event.node) if one.event and not self._of_reference(one) else None
            if key is not None:
                found.append(one)
                items.append((one.jws, one.payload, key))
        self._begun.append((found, jws_verify_soon(items)))

    def check(self, lines: Sequence[Line]) -> None:
        """Set the verdict of each.  The reference ledger comes first: it names the keys of the others."""
        for begun, answers in self._begun:
            for one, good in zip(begun, answers.result(), strict=True):
                one.good = good
        self._begun.clear()
        self._check_reference(lines)
        self._check_signed(one for one in lines if not self._of_reference(one))

    def _of_reference(self, one: Line) -> bool:
        return one.event is not None and (one.event.origin == self._origin or one.event.type == OPENING)

    def _check_reference(self, lines: Sequence[Line]) -> None:
        for one in lines:
            if one.event and one.event.type == OPENING:
                one.verdict = self._opening(one, one.event)
                if not one.verdict and self._origin is None:
                    self._origin, one.signer = one.event.origin, one.event.node
                    self._reference = copied(self._reference)
                    self._reference.apply(one.event)
        rest = [one for one in lines if self._of_reference(one) and one.event and one.event.type != OPENING]
        if not rest:
            return
        self._check_signed(rest)
        self._reference = copied(self._reference)
        for one in rest:
            if one.event and not one.verdict and one.event.prev == self._reference.head:
                self._reference.apply(one.event)

    def _opening(self, one: Line, event: Event) -> str:
        """Signed by the root that this node trusts, and for a hub that is named by its own key."""
        if self._origin is not None and event.origin != self._origin:
            return "event.second_hub"
        try:
            root, sign = read_public_jwk(event.body["root"]), event.body["sign"]
            if root.kid != self._root:
                return "event.wrong_root"
            jws_verify(one.jws, one.payload, root)
            named = node_id(sign) if read_public_jwk(sign) else ""
        except (BadSignature, BadKey, KeyError):
            return "event.bad_signature"
        return "" if event.node == event.body["node"] == named and event.seq == 1 else "event.wrong_hub"

    def _check_signed(self, lines: Iterable[Line]) -> None:
        unchecked: list[tuple[Line, PublicKey]] = []
        for one in lines:
            one.signer = one.event.node if one.event else self._named(one)
            key = self._key(one.signer)
            if key is None:
                one.verdict = NO_KEY if one.event else "event.unknown_key"
            elif one.good is None:
                unchecked.append((one, key))
            else:
                one.verdict = _VERDICTS[one.good]
        good = jws_verify_many([(one.jws, one.payload, key) for one, key in unchecked])
        for (one, _), ok in zip(unchecked, good, strict=True):
            one.verdict = _VERDICTS[ok]

    def _named(self, one: Line) -> str:
        """The node whose key an unreadable line names."""
        try:
            owner = self._reference.key_owner(jws_kid(one.jws))
        except BadSignature:
            return ""
        return owner.id if owner else ""

    def _key(self, node: str) -> PublicKey | None:
        if node not in self._keys:
            record = self._reference.nodes.get(node)
            if record is None:
                return None
            try:
                self._keys[node] = read_public_jwk(record.sign)
            except BadKey:
                self._keys[node] = None
        return self._keys[node]
