"""The keys behind a password reset by telephone: what a node shares with those above it (docs: common.accounts).

Each node has a sealing key, and each knows the other's from the reference ledger; X25519 between the two gives both the
same secret, with no message and no link.  So an operator at the county can answer for a village that is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from common.keys import JWK
from common.node import Node
from common.offices import division, within
from common.reference import NodeRecord
from common.web.settings import ResetChoice

_INFO = b"bianmin password reset"


def reset_keys(node: Node) -> Iterator[bytes]:
    """At a node below: the key shared with each node above it that is not revoked."""
    home = node.office if node.enrolled else None
    for record in node.reference.nodes.values():
        if home and record.cuts is None and record.office != home and within(home, record.office):
            yield _key(node, record.seal)


def reset_choices(node: Node) -> list[ResetChoice]:
    """At a node above: the officers who work at nodes below it, by place.

    Where an office has several nodes, the newest answers.
    """
    below = {record.office: record for record in _nodes_below(node)}
    reference = node.reference
    found = [
        (person, below.get(division(person.office)) or below.get(division(reference.canon(person.office))))
        for person in reference.appointments.values()
        if not person.ended
    ]
    choices = [
        ResetChoice(record.name, person, partial(_key, node, record.seal))
        for person, record in found
        if record
    ]
    return sorted(choices, key=lambda choice: (choice.officer.office, choice.officer.name))


def _nodes_below(node: Node) -> list[NodeRecord]:
    """Those that are not revoked, the oldest first."""
    home = node.office
    found = [
        record
        for record in node.reference.nodes.values()
        if record.cuts is None and record.office != home and within(record.office, home)
    ]
    return sorted(found, key=lambda record: record.since)


def _key(node: Node, other: JWK) -> bytes:
    return node.seal_key.shared(other, _INFO)
