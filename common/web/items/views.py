"""The catalogue and the guides; public, and the same on every node."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from common.catalogue.items import Field, Item
from common.catalogue.showing import as_read
from common.offices import Level, level
from common.web import visitor
from common.web.items import words
from common.web.items.queries import catalogue_of, department_name, edition, find, full_place_name
from common.web.rights import may, right

blueprint = Blueprint(
    "items", __name__, template_folder="templates", static_folder="static", static_url_path="/static/items"
)


@blueprint.get("/items")
@right("public")
def catalogue() -> ResponseReturnValue:
    """事项目录: by words, by occasion, by department."""
    reference = visitor.node().reference
    asked = request.args.get("q", "").strip()
    by = "department" if request.args.get("by") == "department" else "occasion"
    return render_template(
        "items/catalogue.html",
        asked=asked,
        found=find(reference, asked, limit=100) if asked else None,
        by=by,
        groups=catalogue_of(reference, by),
        total=len(reference.items()),
    )


@blueprint.get("/items/<code>")
@right("public")
def guide(code: str) -> ResponseReturnValue:
    """办事指南: the eight disclosures (rules section 11)."""
    known = edition(visitor.node().reference, code)
    return render_template(
        "items/guide.html",
        item=known.item,
        edition=known,
        levels=[
            (words.LEVEL[where], words.days_words(days, known.item.promised_unit))
            for where, days in known.item.promised_by_level().items()
        ],
        register=may("act:case.registered") and takes_in(known.item),
    )


def takes_in(item: Item) -> bool:
    """May the officer who asks register it: at a counter any item, at a village what an agent may take on (R-103)."""
    officer = visitor.officer_or_none()
    if officer is None:
        return False
    return level(officer.office) is not Level.VILLAGE or words.agent_may_register(item)


# -- what templates may use, on these pages and on those of registration


@blueprint.app_template_filter("department")
def _department(item: Item) -> str:
    return department_name(visitor.node().reference, item.department)


@blueprint.app_template_filter("term")
def _term(item: Item) -> str:
    return words.term_words(item.promised)


@blueprint.app_template_filter("answer")
def _answer(field: Field, value: Any) -> str:
    """A stored value in words; a place by its name."""
    reference = visitor.node().reference
    if field.type == "division":
        return full_place_name(reference, str(value))
    return as_read(field, value)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"item_words": words, "takes_in": takes_in}
