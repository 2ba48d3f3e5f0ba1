"""``create_app``: the pages and the exchange of a village's or a township's node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue

from common.offices import Level
from common.program import Program
from common.reference import Appointment
from common.rights import LEAD, TECHNICIAN
from common.web.api import api_pages
from common.web.app import make_app
from common.web.features import SHARED, may_act
from common.web.resets import reset_choices, reset_keys
from common.web.rights import right
from common.web.settings import NavLink, Settings
from common.web.worklists.lists import counts
from sync.blueprint import blueprint as exchange_routes
from township_node.contact.queries import cases_of, still_to_send
from township_node.contact.views import contact_pages
from township_node.exchanging import Exchanging
from township_node.substitutes.views import substitute_pages
from township_node.today.views import today_pages


def create_app(program: Program, exchanging: Exchanging) -> Flask:
    """Build the application of a node that is enrolled; nothing is started."""
    node = program.node
    village = node.level is Level.VILLAGE
    settings = Settings(
        secret=program.web_secret(),
        start="/today" if village else "/worklists/todo",
        size="big" if village else "desk",
        nav=_nav_of(program),
        may_act=may_act,
        operator_roles=frozenset({TECHNICIAN} if village else {LEAD, TECHNICIAN}),
        sync_state=exchanging.state,
        sync_now=exchanging.nudge,
        reset_keys=partial(reset_keys, node),
        reset_choices=partial(reset_choices, node),
        key_beside_data=program.key_beside_data,
    )
    app = make_app("township_node", node, program.accounts, settings=settings)
    for blueprint in (*SHARED, today_pages, contact_pages, substitute_pages):
        app.register_blueprint(blueprint)
    app.register_blueprint(api_pages(lambda: exchanging.once().as_json()))
    app.register_blueprint(exchange_routes(exchanging.parent, exchanging.relay))

    @app.after_request
    def sync_after_act(response: Response) -> Response:
        if request.method == "POST" and response.status_code < 400:
            exchanging.after_act()
        return response

    @app.get("/")
    @right("public")
    def start() -> ResponseReturnValue:
        return redirect(settings.start, 303)

    return app


def _nav_of(program: Program) -> Callable[[Appointment | None], Sequence[NavLink]]:
    node = program.node

    def nav(officer: Appointment | None) -> Sequence[NavLink]:
        if officer is None:
            return ()
        waiting = cases_of(one for one in node.outbox() if still_to_send(node, one))
        if node.level is Level.VILLAGE:
            return (
                NavLink("今天", "/today"),
                NavLink("办件", "/worklists/mine"),
                NavLink("事项目录", "/items"),
                NavLink("待上传", "/outbox", waiting),
            )
        incoming = counts(node, officer)["incoming"]
        return (
            NavLink("待办", "/worklists/todo"),
            NavLink("窗口登记", "/register"),
            NavLink("待接收", "/worklists/incoming", incoming),
            NavLink("全部办件", "/worklists/all"),
            NavLink("事项目录", "/items"),
            NavLink("待上传", "/outbox", waiting),
            NavLink("我的村", "/villages"),
            *((NavLink("人员", "/people"),) if officer.role == LEAD else ()),
        )

    return nav
