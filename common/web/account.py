"""An officer's own account, and the operator's page for those of others."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.accounts import read_challenge, reset_answer
from common.errors import AppError, BadInput, NotFound
from common.reference import Appointment
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.login import grouped
from common.web.rights import right

account_pages = Blueprint("account", __name__)


@account_pages.get("/account")
@right("login")
def own() -> ResponseReturnValue:
    return _own_page()


@account_pages.post("/account/password")
@right("login")
def change_password() -> ResponseReturnValue:
    form = request.form
    try:
        if form.get("new", "") != form.get("again", ""):
            raise BadInput("account.passwords_differ")
        visitor.accounts().change_password(visitor.cookie_token(), form.get("old", ""), form.get("new", ""))
    except AppError as error:
        return _own_page(error), error.http_status
    say("口令已改。别处的登录都已退出。")
    return redirect(url_for("account.own"), 303)


@account_pages.post("/account/end-others")
@right("login")
def end_others() -> ResponseReturnValue:
    ended = visitor.accounts().end_others(visitor.cookie_token())
    say(f"已退出别处的 {ended} 个登录。")
    return redirect(url_for("account.own"), 303)


def _own_page(error: AppError | None = None) -> str:
    officer, login = visitor.me(), visitor.login()
    sessions = visitor.accounts().sessions(officer.id)
    return render_template(
        "account.html",
        officer=officer,
        others=[session for session in sessions if login is None or session.key != login.key],
        own_password=visitor.accounts().has_own_password(officer.id),
        errors={_at(error): words(error)} if error else {},
    )


def _at(error: AppError) -> str:
    if error.code == "account.passwords_differ":
        return "again"
    return "new" if error.code.startswith("account.password_") else "old"


# -- the operator's


@account_pages.get("/people")
@right("operator")
def people() -> ResponseReturnValue:
    accounts = visitor.accounts()
    here = accounts.people.here()
    return render_template(
        "people.html",
        groups=grouped(here),
        has_password={person.id: accounts.has_password(person.id) for person in here},
        by_telephone=bool(visitor.settings().reset_choices()),
    )


@account_pages.get("/people/<officer>/password")
@right("operator")
def password_of(officer: str) -> ResponseReturnValue:
    return _password_page(_person(officer))


@account_pages.post("/people/<officer>/password")
@right("operator")
def set_password(officer: str) -> ResponseReturnValue:
    person = _person(officer)
    try:
        if request.form.get("new", "") != request.form.get("again", ""):
            raise BadInput("account.passwords_differ")
        visitor.accounts().set_password(officer, request.form.get("new", ""))
    except AppError as error:
        return _password_page(person, error), error.http_status
    say(f"{person.name}的新口令已设好,请当面告诉本人,并请本人登录后改掉。")
    return redirect(url_for("account.people"), 303)


def _person(officer: str) -> Appointment:
    person = visitor.accounts().people.get(officer)
    if person is None:
        raise NotFound("account.no_such_officer")
    return person


def _password_page(person: Appointment, error: AppError | None = None) -> str:
    return render_template(
        "password.html", officer=person, errors={_at(error): words(error)} if error else {}
    )


@account_pages.get("/people/telephone")
@right("operator")
def telephone() -> ResponseReturnValue:
    return _telephone_page()


@account_pages.post("/people/telephone")
@right("operator")
def answer_telephone() -> ResponseReturnValue:
    """The digits to read back to an officer of a node below who has forgotten his password."""
    chosen = request.form.get("officer", "")
    choice = next((c for c in visitor.settings().reset_choices() if c.officer.id == chosen), None)
    try:
        if choice is None:
            raise BadInput("account.no_such_officer")
        answer = reset_answer(choice.key(), read_challenge(request.form.get("challenge", "")), chosen)
    except AppError as error:
        return _telephone_page(error), error.http_status
    return render_template("telephone_answer.html", choice=choice, answer=answer)


def _telephone_page(error: AppError | None = None) -> str:
    choices: dict[str, list[tuple[str, str]]] = {}
    for choice in visitor.settings().reset_choices():
        choices.setdefault(choice.place, []).append((choice.officer.id, choice.officer.name))
    at = "officer" if error and error.code == "account.no_such_officer" else "challenge"
    return render_template("telephone.html", choices=choices, errors={at: words(error)} if error else {})
