"""The blueprint, and what its views share."""

from __future__ import annotations

from flask import Blueprint, url_for

from common.node import Node
from common.offices import Level, level
from common.reference import Appointment, Edition
from common.web import visitor
from common.web.items.queries import divisions
from common.web.papers_view import papers_of
from common.web.registration.application import Application
from common.web.registration.drafts import Drafts, Typed
from common.web.registration.versions import Stamp

blueprint = Blueprint(
    "registration",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/registration",
)


def drafts_of(node: Node, officer: Appointment) -> Drafts:
    return Drafts(node, officer, papers_of(node))


def application_of(node: Node, officer: Appointment, edition: Edition, draft: Typed) -> Application:
    """The draft as the page and the event see it."""
    return Application(
        edition.item,
        office=officer.office,
        today=node.today(),
        typed=draft.inputs,
        pages=draft.pages,
        divisions=divisions(node.reference),
    )


def stamp_of(draft: Typed) -> Stamp:
    """What the page that shows this draft says of itself: one that came back knows no more than it did."""
    return draft.stamp or Stamp.new(draft.version)


def title_here() -> str:
    """What registering is called where the officer sits."""
    return "代办登记" if level(visitor.me().office) is Level.VILLAGE else "窗口登记"


def path_to(draft: Typed, anchor: str = "") -> str:
    """The address of the page where a draft is filled in."""
    return url_for("registration.fill", code=draft.item, salt=draft.salt, _anchor=anchor or None)


from common.web.registration import capture, corrections, views  # noqa: E402, F401  the views add themselves
