"""An agent lets a substitute in; nobody here appoints anyone, or changes a password that there is."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.errors import AppError, BadInput, NotFound
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.rights import right

substitute_pages = Blueprint("substitutes", __name__, template_folder="templates")

AGENT = "role:agent"


@substitute_pages.get("/substitutes")
@right(AGENT)
def substitutes() -> ResponseReturnValue:
    """Who is appointed here and has no password yet."""
    return _page()


@substitute_pages.post("/substitutes")
@right(AGENT)
def switch_on() -> ResponseReturnValue:
    accounts, officer = visitor.accounts(), request.form.get("officer", "")
    person = accounts.people.get(officer)
    try:
        if person is None:
            raise NotFound("account.no_such_officer")
        if request.form.get("new", "") != request.form.get("again", ""):
            raise BadInput("account.passwords_differ")
        accounts.give_first_password(officer, request.form.get("new", ""))
    except AppError as error:
        return _page(error), error.http_status
    say(f"{person.name}可以登录了。请当面把口令告诉本人,并请本人登录后改掉。")
    return redirect(url_for("substitutes.substitutes"), 303)


def _page(error: AppError | None = None) -> str:
    field = (
        "officer" if error and error.code in ("account.no_such_officer", "account.has_password") else "new"
    )
    return render_template(
        "substitutes/substitutes.html",
        waiting=_waiting(),
        chosen=request.form.get("officer", ""),
        errors={field: words(error)} if error else {},
    )


def _waiting() -> list[tuple[str, str]]:
    """(id, name) of those who cannot log in yet."""
    accounts = visitor.accounts()
    return [
        (person.id, person.name) for person in accounts.people.here() if not accounts.has_password(person.id)
    ]
