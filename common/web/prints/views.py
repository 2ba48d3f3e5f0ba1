"""The prints: of a draft, to be signed before it is registered; of a case, as it was registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.catalogue.conditions import AGENT
from common.catalogue.items import Item
from common.errors import NotFound
from common.events import Event
from common.node import CaseFile
from common.papers import Page
from common.reference import Reference
from common.web import visitor
from common.web.cases.looks import record_look
from common.web.codes import case_link, qr_svg
from common.web.items.queries import edition
from common.web.papers_view import seen_case, the_node
from common.web.registration.applicant import Applicant, read_applicant
from common.web.registration.event import SCOPE, applicant_body
from common.web.registration.following import promised
from common.web.registration.pages import application_of, drafts_of
from common.web.registration.queries import printable, registration_of
from common.web.registration.tiles import is_drawing
from common.web.rights import local_path, right

blueprint = Blueprint(
    "prints", __name__, template_folder="templates", static_folder="static", static_url_path="/static/prints"
)

_FULL_WIDTH = str.maketrans(",;:", "，；：")

FORMS = {"original": "原件", "copy": "复印件", "photo": "照片"}


@dataclass(frozen=True, slots=True)
class Print:
    """What the prints show.

    Args:
        number: the case's, None while it is a draft.
        values: the form's stored values; a field without one is a line to write on.
        agent: the agent's name, where one acts; None at a counter.  officer: who registered.
        signature: address of the picture of the signature on the screen, or None: it is signed on the paper.
        office: the name of the office that registers.
    """

    item: Item
    number: str | None
    day: date
    applicant: Applicant
    values: Mapping[str, Any]
    agent: str | None
    officer: str
    office: str
    signature: str | None
    scope: str
    excluded: tuple[str, ...]


@blueprint.app_template_filter("written")
def written(text: str) -> str:
    """A sentence of the pages with the punctuation of documents."""
    return text.translate(_FULL_WIDTH)


@blueprint.get("/register/<code>/<salt>/print/<any(form, proxy):paper>")
@right("act:case.registered")
def draft(code: str, salt: str, paper: str) -> ResponseReturnValue:
    """The form and the proxy of a draft, to be signed, for who has just typed it; what is not filled in is a line."""
    node, officer = the_node(), visitor.me()
    known = edition(node.reference, code)
    typed = drafts_of(node, officer).get(salt, code)
    application = application_of(node, officer, known, typed)
    drawing = application.drawing
    return _page(
        paper,
        Print(
            item=known.item,
            number=None,
            day=node.today(),
            applicant=read_applicant(applicant_body(application, None)),
            values=application.checked.values,
            agent=officer.name if application.by_agent else None,
            officer=officer.name,
            office=node.reference.office_name(officer.office),
            signature=url_for("registration.draft_page", code=code, salt=salt, hash=drawing["hash"])
            if drawing
            else None,
            scope=SCOPE,
            excluded=known.item.agency.in_person_steps,
        ),
        back=url_for("registration.fill", code=code, salt=salt, _anchor="sign"),
    )


@blueprint.get("/cases/<case>/print/<any(form, proxy, slip):paper>")
@right("login")
def of_case(case: str, paper: str) -> ResponseReturnValue:
    """The prints of a case, from what its registering act says.  ``?width=80`` sets the slip on a roll of 80 mm.

    What the applicant signs has his numbers in full, so who opened it is logged as any other look at them (R-1202); the
    slip masks them.
    """
    node, file = the_node(), seen_case(case)
    made = registration_of(file)
    if made is None or file.edition is None or paper not in dict(printable(file)):
        raise NotFound("web.not_found")
    printed = _print_of(node.reference, file, made, file.edition.item)
    back = local_path(request.args.get("next")) or url_for("cases.page", key=file.row.number)
    if paper != "slip":
        record_look(node, visitor.me().id, file.id)
        return _page(paper, printed, back=back)
    code = made.body["query_code"]
    link = case_link(node.reference.address, file.row.number, code)
    return _page(
        paper,
        printed,
        back=back,
        narrow=request.args.get("width") == "80",
        form_words=_form_words,
        papers=[{**_BLANK, **p} for p in made.body["papers"] if not is_drawing(p)],
        query_code=code,
        qr=qr_svg(link, "查询码"),
        promised=promised(node, file),
        registered_at=made.at,
    )


_BLANK = {
    "name": "(未写名称)",
    "form": "",
    "count": None,
}  # another node's paper may lack what ours always have


def _print_of(reference: Reference, file: CaseFile, made: Event, item: Item) -> Print:
    body = made.body
    mandate = body.get("mandate") or {}
    officer = reference.appointments.get(made.actor or "")
    return Print(
        item=item,
        number=file.row.number,
        day=date.fromisoformat(body["day"]),
        applicant=read_applicant(body["applicant"]),
        values=body["form"],
        agent=officer.name if officer and body["channel"] == AGENT else None,
        officer=officer.name if officer else "",
        office=reference.office_name(body["office"]),
        signature=_drawing(file, made),
        scope=mandate.get("scope", SCOPE),
        excluded=tuple(mandate.get("excluded", ())),
    )


def _drawing(file: CaseFile, made: Event) -> str | None:
    """The signature that was made on the screen, if there was one."""
    for paper in made.body["papers"]:
        drawn: list[Page] = paper.get("pages") or []
        if drawn and is_drawing(paper):
            return url_for("papers.page", case=file.id, event=made.id, hash=drawn[0]["hash"])
    return None


def _form_words(paper: Mapping[str, Any]) -> str:
    """原件, 复印件, 照片 (R-201); what was said of the original."""
    if paper.get("signed"):
        return "系统生成,已签名"
    said = FORMS.get(str(paper.get("form")), "")
    if not paper.get("pages"):
        return f"{said},没有拍照"
    return said + (",已核验原件" if paper.get("original_seen") and paper.get("form") != "original" else "")


def _page(paper: str, printed: Print, *, back: str, narrow: bool = False, **more: Any) -> str:
    return render_template(f"prints/{paper}.html", doc=printed, back=back, narrow=narrow, **more)
