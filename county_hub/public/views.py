"""``/q/<number>``: a citizen's page.  The code stands behind the # of the address, which no server sees."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from common.accounts import TooMany
from common.errors import AppError, BadInput
from common.node import Node
from common.texts import words
from common.web import visitor
from common.web.errors import answer
from common.web.rights import right, wants_json
from county_hub.public import queries

blueprint = Blueprint("public", __name__)


@blueprint.get("/q")
@blueprint.get("/q/<number>")
@right("public")
def ask(number: str = "") -> ResponseReturnValue:
    return _ask_page(number[:60])


@blueprint.post("/q")
@blueprint.post("/q/<number>")
@right("public")
def look_up(number: str = "") -> ResponseReturnValue:
    form = request.form
    typed = form.get("number", number)[:60]
    try:
        node = cast(Node, visitor.node())
        found = queries.look_up(node, typed, form.get("code", ""), request.remote_addr or "")
    except AppError as error:
        if wants_json():
            return answer(error)
        return _ask_page(typed, error), error.http_status, _retry(error)
    return render_template("public/progress.html", found=found)


def _ask_page(number: str, error: AppError | None = None) -> str:
    return render_template(
        "public/ask.html", number=number, errors={_at(error): words(error)} if error else {}
    )


def _retry(error: AppError) -> dict[str, str]:
    """When to come again, for who has asked too often."""
    if not isinstance(error, TooMany):
        return {}
    return {"Retry-After": str(-(-int(str(error.detail["wait_ms"])) // 1000))}


def _at(error: AppError) -> str:
    if isinstance(error, BadInput):
        return "number" if error.code.startswith("case_number.") else "code"
    return ""
