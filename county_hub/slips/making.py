"""Making slips, and showing again those that are still open (design 5; PROTOCOL.md 10)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.commands import iso_instant
from common.errors import BadInput
from common.node import Node
from common.offices import Level, division, level, within
from common.store.local import SlipRow
from sync.enrolling import issue_slip
from sync.slips import Slip, check_address, write_slip


@dataclass(frozen=True, slots=True)
class OpenSlip:
    """A slip that can be used now.  ``expires``: UTC ms; ``root``: thumbprint of the root key."""

    id: str
    office: str
    text: str
    expires: int
    root: str
    parents: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The object that the command ``slip`` prints."""
        return {
            "office": self.office,
            "text": self.text,
            "expires": iso_instant(self.expires),
            "root": self.root,
            "parents": list(self.parents),
        }


def make(node: Node, offices: Iterable[str], addresses: Sequence[str] = ()) -> list[OpenSlip]:
    """A new slip for each office; the addresses given come before the hub's own.

    Errors: BadInput ``slip.unknown_office``, ``slip.too_many_parents``, ``slip.bad_address``.
    """
    url = node.reference.address
    parents = tuple(dict.fromkeys([*map(check_address, addresses), *([url] if url else [])]))
    with node.store.write():
        made = [issue_slip(node, office, parents, secrets.token_bytes) for office in offices]
    return [
        OpenSlip("", slip.office, slip.text, slip.expires * 1000, slip.root, slip.parents) for slip in made
    ]


def set_address(node: Node, url: str) -> None:
    """Name the hub's public address to all nodes; nothing is written where it is the same.

    Errors: BadInput ``slip.bad_address``.
    """
    check_address(url)
    if url != node.reference.address:
        node.publish("hub.addressed", {"url": url})


def open_slips(node: Node, offices: Iterable[str]) -> dict[str, list[OpenSlip]]:
    """Office -> its slips that are neither used nor expired, the newest first; an office without any is left out."""
    wanted = frozenset(offices)
    found: dict[str, list[OpenSlip]] = {}
    for row in node.store.local.open_slips(node.now()):
        if row.office in wanted:
            found.setdefault(row.office, []).append(_shown(node, row))
    return found


def _shown(node: Node, row: SlipRow) -> OpenSlip:
    parents = tuple(row.body["parents"])
    slip = Slip(row.office, parents, node.root, row.code, row.expires // 1000, node.practice)
    return OpenSlip(row.id, row.office, write_slip(slip), row.expires, node.root, parents)


def divisions(node: Node, township: str | None = None) -> list[str]:
    """Every township and village, each township before its villages; or one township with its villages.

    Errors: BadInput ``slip.unknown_office``.
    """
    reference, known = node.reference, node.reference.offices
    if township is not None and (township not in known or level(township) is not Level.TOWNSHIP):
        raise BadInput("slip.unknown_office", office=township)
    above = township or node.office
    found = (code for code in known if division(code) == code and level(code) is not Level.COUNTY)
    return sorted(code for code in found if within(code, above) and reference.canon(code) == code)
