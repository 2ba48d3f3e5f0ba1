"""对账台: one page, quiet when there is nothing to do."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from common.node import Node
from common.web import visitor
from common.web.rights import right
from county_hub.desk import queries

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@right("role:operator,supervisor")
def index() -> ResponseReturnValue:
    node = cast(Node, visitor.node())
    items = {edition.item.code: edition.item.name for edition in node.reference.editions.values()}
    return render_template("desk/index.html", heaps=queries.desk(node), items=items, most=queries.MOST)
