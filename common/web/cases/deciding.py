"""The decision: grounds and opinion, the document as it will be printed, then the signature (R-502, R-507, R-511).

Two steps on one address: fill in, then look at the document and sign.  At the county the chief representative gives
his own password at that moment, and the department's key signs the text word for word.
"""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from common import departments
from common.case.commands import DecideCase
from common.errors import AppError
from common.offices import Level, level
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.cases.acts import BY_SLUG
from common.web.cases.blueprint import blueprint
from common.web.cases.desk import Desk
from common.web.cases.reading import Form, Untyped, decision
from common.web.cases.views import BASE, desk_of, next_page, refused, show_act, show_again, to_print
from common.web.notices.decision import decision_text
from common.web.papers_view import the_node
from common.web.rights import right, shown_again

ACT = BY_SLUG["decide"]


@blueprint.get("/cases/<key>/decide")
@right("act:case.decided")
def decide(key: str) -> ResponseReturnValue:
    return show_act(desk_of(key), ACT)


@blueprint.post("/cases/<key>/decide")
@right("act:case.decided")
@shown_again(lambda key: show_again(key, ACT))
def do_decide(key: str) -> ResponseReturnValue:
    """``_go``: ``check`` shows the document, ``sign`` decides; without it the form is filled in again."""
    desk, typed = desk_of(key), request.form
    go = typed.get("_go", "")
    if go not in ("check", "sign"):
        return show_act(desk, ACT, typed)
    try:
        command = decision(typed)
    except Untyped as missing:
        return show_act(desk, ACT, typed, missing.errors, status=400)
    if go == "check" or not ACT.fits(desk):
        return _document_page(desk, command, typed)
    return _sign(key, desk, command, typed)


def _sign(key: str, desk: Desk, command: DecideCase, typed: Form) -> ResponseReturnValue:
    node, author = the_node(), desk.author(ACT.kind)
    if signs(author.office):
        try:
            visitor.accounts().prove(desk.officer.id, typed.get("password", ""))
        except AppError as error:
            return _document_page(desk, command, typed, {"password": words(error)}, error.http_status)
    try:
        with node.store.write():
            complete = signed(desk, command)
            done = node.act(complete, author, typed.get(BASE) or None, desk.file.id)
    except AppError as error:
        return refused(key, ACT, typed, error, typed.get(BASE))
    say(f"已{'准予' if command.granted else '不予'},文号 {complete.number}。", *to_print(desk, done))
    return redirect(next_page(desk), 303)


def signed(desk: Desk, command: DecideCase) -> DecideCase:
    """The decision with its number, its document and, of a department, the department's signature.

    Inside the transaction of the act, so that no number is given twice or left out.  Whoever asks for it has asked the
    chief representative's own password at this moment.
    """
    node, office = the_node(), desk.author(ACT.kind).office
    number = node.decision_number(office)
    document = _text(desk, command, office, number)
    signature, key_id = departments.sign(node, office, document) if signs(office) else (None, None)
    return DecideCase(command.granted, command.reasons, command.basis, document, number, signature, key_id)


def signs(office: str) -> bool:
    """Does a department's electronic signature stand on this office's decisions (R-507)?"""
    return level(office) is Level.COUNTY


def _document_page(
    desk: Desk, command: DecideCase, typed: Form, errors: dict[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    office = desk.author(ACT.kind).office
    page = render_template(
        "cases/sign.html",
        desk=desk,
        act=ACT,
        typed=typed,
        errors=errors or {},
        granted=command.granted,
        text=_text(desk, command, office, None),
        department=desk.name(office) if signs(office) else None,
    )
    return page, status


def _text(desk: Desk, command: DecideCase, office: str, number: str | None) -> str:
    return decision_text(
        desk.view,
        desk.item,
        desk.reference,
        office=office,
        granted=command.granted,
        reasons=command.reasons or "",
        basis=command.basis or desk.basis,
        number=number,
        day=desk.today,
    )
