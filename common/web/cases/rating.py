"""评价: a page that is handed over to the villager; nobody sees later who gave which score (R-801, R-802)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.case.commands import Rate
from common.errors import BadInput
from common.web.cases.acts import BY_SLUG
from common.web.cases.blueprint import blueprint
from common.web.cases.story import SCORES
from common.web.cases.views import desk_of
from common.web.papers_view import the_node
from common.web.rights import right

ACT = BY_SLUG["rate"]
MOST_WORDS = 500


@blueprint.get("/cases/<key>/rate")
@right("act:case.rated")
def rate(key: str) -> ResponseReturnValue:
    desk = desk_of(key)
    if not ACT.fits(desk) or desk.view.rated:
        return redirect(url_for("cases.page", key=key), 303)
    return render_template("cases/rate.html", desk=desk, scores=list(SCORES.items()), most=MOST_WORDS)


@blueprint.post("/cases/<key>/rate")
@right("act:case.rated")
def do_rate(key: str) -> ResponseReturnValue:
    desk, score = desk_of(key), request.form.get("score", "")
    if desk.view.rated:  # one visit, one rating: a page sent twice changes nothing
        return redirect(url_for("cases.thanks", key=key), 303)
    if score not in map(str, SCORES):
        raise BadInput("case.score")
    text = request.form.get("text", "").strip()[:MOST_WORDS]
    named = "named" in request.form
    the_node().act(Rate(int(score), text or None, named), desk.author(ACT.kind), None, desk.file.id)
    return redirect(url_for("cases.thanks", key=key), 303)


@blueprint.get("/cases/<key>/thanks")
@right("act:case.rated")
def thanks(key: str) -> ResponseReturnValue:
    return render_template("cases/thanks.html", desk=desk_of(key))
