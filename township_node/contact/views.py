"""待上传 and 我的村."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from common.errors import NotFound
from common.node.intake import CUT_OFF
from common.offices import Level
from common.web.papers_view import the_node
from common.web.rights import right
from township_node.contact.queries import late_places, outbox_lines, villages

contact_pages = Blueprint("contact", __name__, template_folder="templates")


@contact_pages.get("/outbox")
@right("login")
def outbox() -> ResponseReturnValue:
    """What the county has not receipted, what was refused, what came too early or after a cut-off, what is withheld."""
    node = the_node()
    waiting = node.store.waiting.list()
    return render_template(
        "contact/outbox.html",
        above="还没有传到上级" if node.level is Level.VILLAGE else "还没有传到县",
        lines=outbox_lines(node),
        papers=len(node.store.views.papers_owed(limit=1_000_000)),
        refused=node.store.peers.refusals(),
        early=[held for held in waiting if held.reason != CUT_OFF],
        late=late_places(node, waiting),
        withheld=sum(node.withheld().values()),
    )


@contact_pages.get("/villages")
@right("login")
def my_villages() -> ResponseReturnValue:
    node = the_node()
    if node.level is not Level.TOWNSHIP:
        raise NotFound("web.not_found")
    return render_template("contact/villages.html", villages=villages(node))
