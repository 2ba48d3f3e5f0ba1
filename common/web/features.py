"""The features that both programs have: the blueprints that ``make_app`` does not register itself."""

from __future__ import annotations

from flask import Blueprint

from common.reference import Appointment
from common.rights import RIGHTS, place
from common.web import cases, items, notices, papers_view, people, prints, registration, worklists

SHARED: tuple[Blueprint, ...] = (
    items.blueprint,
    registration.blueprint,
    prints.blueprint,
    papers_view.blueprint,
    cases.blueprint,
    worklists.blueprint,
    notices.blueprint,
    people.blueprint,
)
"""In the order in which they are registered."""


def may_act(officer: Appointment, act: str) -> bool:
    """May one of this officer's role do this type of act at all, at his office or at a unit of it?

    For links and buttons; the command is judged again on the case.
    """
    right = RIGHTS.get(act)
    if right is None:
        return False
    return officer.role in right.roles.get(place(officer.office), ())
