"""The village's first page."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from common.web import visitor
from common.web.papers_view import the_node
from common.web.rights import right
from township_node.today.queries import this_month, todo

today_pages = Blueprint("today", __name__, template_folder="templates")


@today_pages.get("/today")
@right("login")
def today() -> ResponseReturnValue:
    node, accounts = the_node(), visitor.accounts()
    waiting = sum(not accounts.has_password(person.id) for person in accounts.people.here())
    return render_template(
        "today/today.html", lines=todo(node, visitor.me()), month=this_month(node), substitutes=waiting
    )
