"""What a program tells the shared pages about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from common.reference import Appointment, Reference
from common.web.words import SyncState


class WebNode(Protocol):
    """What the pages ask of a node."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def practice(self) -> bool: ...
    @property
    def reference(self) -> Reference: ...
    def now(self) -> int: ...
    def today(self) -> date: ...


@dataclass(frozen=True, slots=True)
class NavLink:
    """A page named in the header; ``count`` is shown beside it unless None or 0."""

    words: str
    path: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ResetChoice:
    """An officer at a node below whose password this node's operator may help to reset by telephone."""

    place: str
    officer: Appointment
    key: Callable[[], bytes]


def _no_links(officer: Appointment | None) -> Sequence[NavLink]:
    return ()


def _never(officer: Appointment, act: str) -> bool:
    return False


def _no_keys() -> Iterable[bytes]:
    return ()


def _no_choices() -> Sequence[ResetChoice]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """See the module.

    Args:
        secret: signs the short words that a page carries over a redirect; at least 16 bytes, the same in all processes.
        start: path of the first page after login.
        size: ``big`` text for agents and citizens, ``desk`` for desks.
        nav: officer (None: nobody is logged in) -> links of the header.
        may_act: (officer, type of act) -> may one of his role do it at all; the command is judged again on the case.
        operator_roles: roles that ``operator`` routes are open to.
        sync_state: feeds the bar at the foot of the page; None where there is nobody above.
        sync_now: starts an exchange at once (立即同步).
        reset_keys: the keys under which an operator above may answer a telephone reset here; none: no such reset.
        reset_choices: whose resets this node's operator may answer.
        key_beside_data: the key of the store lies in the data folder: then no real personal data may be entered.
        hosts: the Host headers that are answered; empty: any.
        max_body_bytes: the largest request, but where a view says another limit (``body_limit``).
    """

    secret: bytes
    start: str = "/"
    size: Literal["big", "desk"] = "desk"
    nav: Callable[[Appointment | None], Sequence[NavLink]] = _no_links
    may_act: Callable[[Appointment, str], bool] = _never
    operator_roles: frozenset[str] = frozenset({"operator", "technician"})
    sync_state: Callable[[], SyncState] | None = None
    sync_now: Callable[[], None] | None = None
    reset_keys: Callable[[], Iterable[bytes]] = _no_keys
    reset_choices: Callable[[], Sequence[ResetChoice]] = _no_choices
    key_beside_data: bool = False
    hosts: tuple[str, ...] = ()
    max_body_bytes: int = 1_000_000
