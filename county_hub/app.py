"""``create_app``: the pages of the county, and its side of the exchange."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Flask, redirect
from flask.typing import ResponseReturnValue

from common.node import Node
from common.program import Program
from common.reference import Appointment
from common.rights import OPERATOR, SUPERVISOR, TECHNICIAN
from common.web import visitor
from common.web.api import api_pages
from common.web.app import make_app
from common.web.features import SHARED, may_act
from common.web.resets import reset_choices
from common.web.rights import right
from common.web.settings import NavLink, Settings
from common.web.worklists.lists import counts
from county_hub import desk, nodes, public
from county_hub.slips import views as slips
from sync.blueprint import blueprint as exchange_routes
from sync.enrolling import answer_enrolment
from sync.papers import Room
from sync.parent import Parent

OWN = (desk.blueprint, nodes.blueprint, slips.blueprint, public.blueprint)

STARTS = {OPERATOR: "/desk", SUPERVISOR: "/desk", TECHNICIAN: "/nodes"}
WORK = "/worklists/todo"


def create_app(program: Program) -> Flask:
    """The application of a county's hub; nothing is started."""
    node = program.node
    settings = Settings(
        secret=program.web_secret(),
        start="/",
        nav=partial(nav, node),
        may_act=may_act,
        reset_choices=partial(reset_choices, node),
        key_beside_data=program.key_beside_data,
    )
    app = make_app("county_hub", node, program.accounts, settings=settings)
    for blueprint in (*SHARED, *OWN):
        app.register_blueprint(blueprint)
    room = Room(node.store, program.papers)
    room.take_stock()
    parent = Parent(node, room, secrets.token_bytes)
    app.register_blueprint(exchange_routes(parent, partial(answer_enrolment, node)))
    app.register_blueprint(api_pages(None))
    app.context_processor(_start)

    @app.get("/")
    @right("login")
    def start() -> ResponseReturnValue:
        """The first page of one's own work."""
        return redirect(start_of(visitor.officer_or_none()), 303)

    return app


def start_of(officer: Appointment | None) -> str:
    """Windows and chief representatives begin with their work, operators with what is out of order."""
    return STARTS.get(officer.role, WORK) if officer else "/login"


def _start() -> dict[str, Any]:
    return {"start": start_of(visitor.officer_or_none())}


def nav(node: Node, officer: Appointment | None) -> Sequence[NavLink]:
    """The pages named in the header, by role."""
    guide = NavLink("事项目录", "/items")
    if officer is None:
        return (NavLink("查进度", "/q"), guide)
    nodes_, slips_, people_ = (
        NavLink("节点", "/nodes"),
        NavLink("启用单", "/slips"),
        NavLink("人员", "/people"),
    )
    match officer.role:
        case "operator":
            return (
                NavLink("对账台", "/desk", desk.count(node)),
                nodes_,
                slips_,
                people_,
                *_work(node, officer),
                guide,
            )
        case "supervisor":
            return (
                NavLink("对账台", "/desk", desk.count(node)),
                nodes_,
                NavLink("全部办件", "/worklists/all"),
                guide,
            )
        case "technician":
            return (nodes_, slips_, people_)
    return (*_work(node, officer), guide)


def _work(node: Node, officer: Appointment) -> Sequence[NavLink]:
    incoming = NavLink("待接收", "/worklists/incoming", counts(node, officer)["incoming"])
    all_ = NavLink("全部办件", "/worklists/all")
    register = (NavLink("窗口登记", "/register"),) if may_act(officer, "case.registered") else ()
    return (NavLink("待办", WORK), *register, incoming, all_)
