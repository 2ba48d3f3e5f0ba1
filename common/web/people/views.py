"""全部人员, 任用, 从名单任用, 解除任用."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common import people
from common.errors import AppError, BadInput, NotFound
from common.node import Node
from common.offices import township_of
from common.reference import Appointment
from common.texts import ROLES, words
from common.texts import say as text
from common.web import visitor
from common.web.bar import say
from common.web.people import queries
from common.web.rights import right, shown_again

blueprint = Blueprint("people", __name__, template_folder="templates")

APPOINT = "role:operator,lead"
_ASKED = {"name": "officer.no_name", "office": "officer.no_office", "role": "officer.no_role"}
_FIELDS = {
    "officer.bad_name": "name",
    "officer.unknown_office": "office",
    "officer.not_your_office": "office",
}


def the_node() -> Node:
    return cast(Node, visitor.node())


@blueprint.get("/people/all")
@right(APPOINT)
def everybody() -> ResponseReturnValue:
    """The officers of the county's centre, or of a township and its villages."""
    node = the_node()
    area = queries.area(node, request.args.get("at", ""))
    staff = queries.staff(node, visitor.accounts(), area)
    return render_template("people/all.html", staff=staff, area=area, areas=queries.areas(node))


# -- one by one


@blueprint.get("/people/appoint")
@right(APPOINT)
def appoint() -> ResponseReturnValue:
    return _appoint_page()


@blueprint.post("/people/appoint")
@right(APPOINT)
@shown_again(lambda: _appoint_page())
def do_appoint() -> ResponseReturnValue:
    node, form = the_node(), request.form
    if missing := [name for name in _ASKED if not form.get(name, "").strip()]:
        return _appoint_page({name: text(_ASKED[name]) for name in missing}), 400
    try:
        name, office = form.get("name", ""), form.get("office", "")
        officer, new = people.appoint(node, name, office, form.get("role", ""))
    except AppError as error:
        return _appoint_page({_FIELDS.get(error.code, "role"): words(error)}), error.http_status
    if people.serves_here(node, office):
        if new:
            say(f"已任用{name.strip()}。现在设一个口令,当面告诉本人。")
        return redirect(url_for("account.password_of", officer=officer), 303)
    where = node.reference.office_name(office)
    say(
        f"已任用{name.strip()}。等任用传到{where}的机器,在那里设口令。"
        if new
        else f"{name.strip()}原来就在任,没有改动。"
    )
    return redirect(url_for("people.everybody", at=township_of(office)), 303)


def _appoint_page(errors: Mapping[str, str] | None = None) -> str:
    node = the_node()
    area = queries.area(node, request.values.get("at", ""))
    return render_template(
        "people/appoint.html",
        area=area,
        areas=queries.areas(node),
        offices=queries.offices(node, area),
        roles=queries.roles(area),
        errors=errors or {},
    )


# -- from a list


@blueprint.get("/people/import")
@right(APPOINT)
def choose_list() -> ResponseReturnValue:
    return _list_page()


@blueprint.post("/people/import")
@right(APPOINT)
def import_list() -> ResponseReturnValue:
    """All rows or none: each bad row is named."""
    file = request.files.get("list")
    try:
        if file is None or not file.filename:
            raise BadInput("officer.no_file")
        done = people.import_list(the_node(), file.stream.read(people.MAX_LIST_BYTES + 1))
    except AppError as error:
        return _list_page(error), error.http_status
    if done.bad:
        return _list_page(bad=[(line, words(why)) for line, why in done.bad]), 400
    say(done.words())
    return redirect(url_for("people.everybody"), 303)


def _list_page(error: AppError | None = None, bad: list[tuple[int, str]] | None = None) -> str:
    return render_template(
        "people/import.html",
        bad=bad or [],
        columns=people.COLUMNS,
        roles=list(ROLES.items()),
        example=queries.example(the_node()),
        errors={"list": words(error)} if error else {},
    )


# -- the end


@blueprint.get("/people/<officer>/end")
@right(APPOINT)
def end(officer: str) -> ResponseReturnValue:
    return _end_page(_person(officer))


@blueprint.post("/people/<officer>/end")
@right(APPOINT)
@shown_again(lambda officer: _end_page(_person(officer)))
def do_end(officer: str) -> ResponseReturnValue:
    """解除任用: what he did before stands; he cannot log in any more once the end has come to his node."""
    person, reason = _person(officer), request.form.get("reason", "").strip()[:500]
    try:
        if not reason:
            raise BadInput("officer.no_reason")
        people.end(the_node(), visitor.accounts(), officer, reason)
    except AppError as error:
        return _end_page(person, error), error.http_status
    say(f"已解除{person.name}的任用。")
    return redirect(url_for("people.everybody", at=township_of(person.office)), 303)


def _person(officer: str) -> Appointment:
    found = the_node().reference.appointments.get(officer)
    if found is None:
        raise NotFound("officer.unknown", officer=officer[:20])
    return found


def _end_page(person: Appointment, error: AppError | None = None) -> str:
    return render_template(
        "people/end.html",
        officer=person,
        office=the_node().reference.office_name(person.office),
        errors={"reason": words(error)} if error else {},
    )
