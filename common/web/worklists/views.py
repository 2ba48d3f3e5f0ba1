"""The lists and the search; several cases at once are taken from the list of those that are offered."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.case import Author
from common.case.commands import TakeCase
from common.errors import AppError, NotFound
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.papers_view import the_node
from common.web.rights import right
from common.web.worklists import lists

blueprint = Blueprint(
    "worklists",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/worklists",
)


@blueprint.get("/worklists/<name>")
@right("login")
def worklist(name: str) -> ResponseReturnValue:
    """``?filter`` and ``?page``; without any the whole list from its start."""
    if name not in lists.TITLES:
        raise NotFound("worklist.unknown", name=name)
    listing = lists.listing(the_node(), visitor.me(), name, request.args.get("filter", ""), _page())
    return render_template("worklists/list.html", list=listing, path_to=_path_to(name, listing.chosen))


@blueprint.post("/worklists/incoming/take")
@right("act:case.taken")
def take() -> ResponseReturnValue:
    """接收 of all that were selected; each that could not be taken is named with its reason."""
    node, officer = the_node(), visitor.me()
    taken = 0
    for key in dict.fromkeys(request.form.getlist("case")):
        try:
            row = node.case(key).row
            node.act(TakeCase(), Author(officer.id, row.offer_to or officer.office), case=row.case_id)
            taken += 1
        except AppError as error:
            say(f"{key} 没有接收:{words(error)}")
    say(f"已接收 {taken} 件。" if taken else "没有选中要接收的办件。")
    return redirect(url_for("worklists.worklist", name="incoming"), 303)


@blueprint.get("/search")
@right("login")
def search() -> ResponseReturnValue:
    asked = request.args.get("q", "").strip()[:100]
    found = lists.search(the_node(), visitor.me(), asked) if asked else ()
    return render_template("worklists/search.html", asked=asked, rows=found)


def _page() -> int:
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= 6 else 1


def _path_to(name: str, chosen: str) -> Callable[..., str]:
    """Page number, and another filter if one is named -> address."""

    def path(page: int = 1, filter: str = chosen) -> str:
        return url_for(
            "worklists.worklist", name=name, filter=filter or None, page=page if page > 1 else None
        )

    return path
