"""A print for each act that gives the applicant a paper; it is made anew from the act each time, and says the same."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.errors import NotFound
from common.web.codes import case_link, qr_svg
from common.web.notices.documents import Document, document_of, receipt_for
from common.web.papers_view import seen_case, the_node
from common.web.rights import local_path, right

blueprint = Blueprint(
    "notices",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/notices",
)


@blueprint.get("/cases/<key>/notices/<event>")
@right("login")
def notice(key: str, event: str) -> ResponseReturnValue:
    return _page(key, document_of(seen_case(key), event, the_node().reference))


@blueprint.get("/cases/<key>/receipt")
@right("login")
def receipt(key: str) -> ResponseReturnValue:
    """送达回证 to be signed, before the delivery is registered."""
    file = seen_case(key)
    if file.view.state.decision is None or file.view.state.result is None:
        raise NotFound("notice.none")
    return _page(key, receipt_for(file, file.view.state.result, the_node().reference))


def _page(key: str, doc: Document) -> str:
    link = case_link(the_node().reference.address, doc.case_number, doc.query_code)
    return render_template(
        f"notices/{doc.template}.html",
        doc=doc,
        back=local_path(request.args.get("next")) or url_for("cases.page", key=key),
        query_code=doc.query_code,
        qr=qr_svg(link, "查询码"),
    )
