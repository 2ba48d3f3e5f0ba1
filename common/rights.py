"""Rights 权限: the one table of who may do what, for ``decide``, ``evolve`` and the pages (design 2, 4; R-101, R-106).

An act of a case needs three things: a *role* that may do it at the office acted for, an *appointment* that covers
this office, and a *relation* of the office to the case.  The first two follow from the act alone and are judged
here; the relation follows from the state of the case and is judged in ``common.case``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from common.offices import REMEMBERED, Level, division, level

AGENT, CLERK, LEAD, WINDOW, CHIEF = "agent", "clerk", "lead", "window", "chief"
OPERATOR, SUPERVISOR, TECHNICIAN = "operator", "supervisor", "technician"
ROLES = (AGENT, CLERK, LEAD, WINDOW, CHIEF, OPERATOR, SUPERVISOR, TECHNICIAN)


class Place(StrEnum):
    """Where an office stands, as far as rights go: the county's centre is not one of its departments."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    DEPARTMENT = "department"
    CENTRE = "centre"


class Relation(StrEnum):
    """What the office acted for must be to the case."""

    ANYONE = "anyone"  # an application may be registered anywhere
    HOLDER = "holder"  # one holder at a time: only it moves the case
    ADDRESSEE = "addressee"  # of the open offer
    CLOSE = "close"  # the registering office, its township, whoever has held the case
    CONCERNED = "concerned"  # the registering office and those above it, and any office named in a moving act
    COUNTY = "county"  # the county's operator: take-overs and rulings
    HUB = "hub"  # the county's node itself


@dataclass(frozen=True, slots=True)
class Right:
    """``roles``: by place of the office acted for; an absent place has no right.  Empty for automatic acts."""

    relation: Relation
    roles: Mapping[Place, frozenset[str]]


def _roles(**roles: tuple[str, ...]) -> Mapping[Place, frozenset[str]]:
    return {Place(where): frozenset(names) for where, names in roles.items()}


_NODE = _roles()
_AT_WORK = _roles(
    village=(AGENT,), township=(CLERK, LEAD), department=(WINDOW, CHIEF), centre=(WINDOW, OPERATOR)
)
_SUPERIOR = _roles(township=(LEAD,), department=(CHIEF,), centre=(OPERATOR,))
_DECIDING = _roles(village=(AGENT,), township=(CLERK, LEAD), department=(CHIEF,))
_REVOKING = _roles(village=(AGENT,), township=(LEAD,), department=(CHIEF,))
_OPERATOR = _roles(centre=(OPERATOR,))
_WATCHING = {**_AT_WORK, Place.CENTRE: frozenset({WINDOW, OPERATOR, SUPERVISOR})}

RIGHTS: Mapping[str, Right] = {
    "case.registered": Right(Relation.ANYONE, _AT_WORK),
    "case.submitted": Right(Relation.HOLDER, _AT_WORK),
    "case.cancelled": Right(Relation.HOLDER, _AT_WORK),
    "case.arrived": Right(Relation.HOLDER, _NODE),  # of a submission: the addressee
    "case.accepted": Right(Relation.HOLDER, _AT_WORK),
    "case.correction_asked": Right(Relation.HOLDER, _AT_WORK),
    "case.not_accepted": Right(Relation.HOLDER, _AT_WORK),
    "case.lapsed": Right(Relation.HOLDER, _NODE),
    "case.expired": Right(Relation.HOLDER, _NODE),
    "case.stepped": Right(Relation.HOLDER, _AT_WORK),
    "case.offered": Right(Relation.HOLDER, _AT_WORK),
    "case.taken": Right(Relation.ADDRESSEE, _AT_WORK),
    "case.declined": Right(Relation.ADDRESSEE, _AT_WORK),
    "case.recalled": Right(Relation.HOLDER, _AT_WORK),
    "case.paused": Right(Relation.HOLDER, _AT_WORK),
    "case.resumed": Right(Relation.HOLDER, _AT_WORK),
    "case.suspended": Right(Relation.HOLDER, _AT_WORK),
    "case.restarted": Right(Relation.HOLDER, _AT_WORK),
    "case.extended": Right(Relation.HOLDER, _SUPERIOR),
    "case.override_granted": Right(Relation.HOLDER, _SUPERIOR),
    "case.decided": Right(Relation.HOLDER, _DECIDING),
    "case.revoked": Right(Relation.HOLDER, _REVOKING),
    "case.terminated": Right(Relation.HOLDER, _AT_WORK),
    "case.taken_over": Right(Relation.COUNTY, _OPERATOR),
    "case.adopted": Right(Relation.COUNTY, _OPERATOR),
    "case.noted": Right(Relation.CONCERNED, _WATCHING),
    "case.urged": Right(Relation.CONCERNED, _WATCHING),
    "paper.added": Right(Relation.CONCERNED, _AT_WORK),
    "paper.original_seen": Right(Relation.CONCERNED, _AT_WORK),
    "correction.handed_in": Right(Relation.CLOSE, _AT_WORK),
    "withdrawal.asked": Right(Relation.CLOSE, _AT_WORK),
    "ask.answered": Right(Relation.HOLDER, _AT_WORK),
    "case.delivered": Right(Relation.CONCERNED, _AT_WORK),
    "case.rated": Right(Relation.CONCERNED, _AT_WORK),
    "case.archived": Right(Relation.CLOSE, _AT_WORK),
    "case.confirmed": Right(Relation.HUB, _NODE),
    "ruling.dismissed": Right(Relation.COUNTY, _OPERATOR),
    "ruling.dated": Right(Relation.COUNTY, _OPERATOR),
}

# Those appointed at a centre work for its posts or departments too; who signs for a department is appointed there.
_WORKS_FOR_UNITS = frozenset({CLERK, LEAD, WINDOW})


@lru_cache(REMEMBERED)
def place(office: str) -> Place:
    """Where an office stands.  ValueError for what is no office."""
    match level(office):
        case Level.VILLAGE:
            return Place.VILLAGE
        case Level.TOWNSHIP:
            return Place.TOWNSHIP
        case Level.COUNTY:
            return Place.CENTRE if division(office) == office else Place.DEPARTMENT


def covers(role: str, appointed_at: str, office: str, canon: Callable[[str], str]) -> bool:
    """Does an appointment at one office cover ``office``, or their successors each other (``canon``, R-111)?"""
    return _covers(role, appointed_at, office) or _covers(role, canon(appointed_at), canon(office))


def _covers(role: str, home: str, office: str) -> bool:
    return home == office or (role in _WORKS_FOR_UNITS and home == division(office))


def refusal(kind: str, role: str, appointed_at: str, office: str, canon: Callable[[str], str]) -> str | None:
    """Why this appointment may not do this type of act for the office: a reason's code, None if it may."""
    right = RIGHTS.get(kind)
    if right is None or role not in right.roles.get(place(office), ()):
        return "act.role"
    return None if covers(role, appointed_at, office, canon) else "act.not_appointed_there"
