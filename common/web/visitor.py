"""Who asks: the cookie, the session behind it, the bearer token, and the token that each form carries.

The cookie holds a random token of 256 bits: that of a session, or, before login, one that stands for nothing but the
browser.  Its name carries the node's id, since browsers do not tell the ports of one machine apart.  A form's token is
an HMAC under what the node keeps of the cookie's, so it dies with the session, and the node still knows whose it was.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import cast

from flask import Response, current_app, g, request

from common.accounts import Accounts, Login, LoginNeeded, session_key
from common.errors import NotPermitted
from common.reference import Appointment
from common.web.settings import Settings, WebNode

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TOKEN = "_token"  # noqa: S105 - an input's name
"""Names of inputs that begin with an underscore are the house's own, never a field of an item."""


def node() -> WebNode:
    return cast(WebNode, current_app.extensions["bianmin"].node)


def accounts() -> Accounts:
    return cast(Accounts, current_app.extensions["bianmin"].accounts)


def settings() -> Settings:
    return cast(Settings, current_app.extensions["bianmin"].settings)


def me() -> Appointment:
    """The officer who asks.  Raises LoginNeeded if there is none: the view's right was to be at least ``login``."""
    officer = officer_or_none()
    if officer is None:
        raise LoginNeeded("web.log_in")
    return officer


def officer_or_none() -> Appointment | None:
    """The officer who asks; None for the public, and while the screen is locked."""
    return cast("Appointment | None", g.get("officer"))


def login() -> Login | None:
    """The session behind the cookie, locked or not; None for the public and for bearers."""
    return cast("Login | None", g.get("login"))


def is_api() -> bool:
    return request.path.startswith("/api/")


# -- the cookie


def cookie_name() -> str:
    return f"bianmin_{node().id}"


def cookie_token() -> str:
    """The browser's token; a new one if it has none, set with the answer."""
    token = g.get("cookie_token") or request.cookies.get(cookie_name())
    return cast(str, token) if token else give_new_cookie()


def give_cookie(token: str) -> None:
    """The answer will carry this token."""
    g.cookie_token = token
    g.new_cookie = token


def give_new_cookie() -> str:
    """A token that stands for nothing but this browser."""
    token = secrets.token_urlsafe(32)
    give_cookie(token)
    return token


def set_cookie(response: Response) -> None:
    if token := g.get("new_cookie"):
        response.set_cookie(
            cookie_name(), token, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
        )


# -- who asks


def recognise() -> None:
    """Finds the officer: by the cookie on pages, by the bearer token on the API.

    Errors:
        LoginNeeded ``web.token_wrong``: a bearer token that is none.
    """
    if is_api():
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            g.officer = accounts().bearer(bearer.strip())
            if g.officer is None:
                raise LoginNeeded("web.token_wrong")
        return
    token = request.cookies.get(cookie_name())
    g.login = accounts().session(token) if token else None
    if token and g.login is not None and not g.login.locked:
        g.officer = g.login.officer
        if not _passive():
            accounts().touch(token)


def log_in(officer: str, password: str) -> None:
    """A new session for this officer in this browser; one that was there ends.  Errors: as ``Accounts.log_in``."""
    token = accounts().log_in(officer, password)
    if login() is not None:
        accounts().log_out(cookie_token())
    give_cookie(token)
    g.login = accounts().session(token)
    g.officer = g.login.officer if g.login else None


def unlock(password: str) -> None:
    """The officer before the locked screen gave his password.  Errors: as ``Accounts.unlock``."""
    accounts().unlock(cookie_token(), password)
    g.login = accounts().session(cookie_token())
    g.officer = g.login.officer if g.login else None


def _passive() -> bool:
    """A page that asks by itself how the exchange stands is not a person at work, unless it says that there is one."""
    return request.endpoint == "web.sync_state" and "active" not in request.args


# -- the form's token


WRITTEN = "_written"
"""Name of the token under which a form was written, where its login has ended since: the form is only shown again."""


def form_token() -> str:
    return _form_token(session_key(cookie_token()))


def _form_token(key: bytes) -> str:
    mac = hmac.new(key, b"bianmin form", hashlib.sha256).digest()
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def has_form_token() -> bool:
    """Does the request carry the token of this browser's login?"""
    given = request.headers.get("X-Form-Token") or request.form.get(FORM_TOKEN, "")
    return bool(request.cookies.get(cookie_name())) and _same(given, form_token())


def check_form_token() -> None:
    """For every request that may change something.  Raises NotPermitted ``web.form_expired``."""
    if not has_form_token():
        raise NotPermitted("web.form_expired")


def written_under() -> str:
    """The token under which the form that has come was written."""
    return request.form.get(WRITTEN) or request.form.get(FORM_TOKEN, "")


def writer() -> Appointment | None:
    """Whose form has come, where his login has ended since, so that it is not to be done but to be shown again.

    None for a form of the login that is going on, and for one that no officer of this node was given.
    """
    if WRITTEN not in request.form and login() is not None and has_form_token():
        return None
    return accounts().whose(lambda key: _same(written_under(), _form_token(key)))


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
