"""Who asks: the cookie, the session behind it, the bearer token, and the token that each form carries.

The cookie holds a random token of 256 bits: that of a session, or, before login, one that stands for nothing but the
browser.  Its name carries the node's id, since browsers do not tell the ports of one machine apart.  A form's token is
an HMAC of the cookie's, so it dies with the session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import cast

from flask import Response, current_app, g, request

from common.accounts import Accounts, Login, LoginNeeded
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


def unlock(password: str) -> None:
    """The officer before the locked screen gave his password.  Errors: as ``Accounts.unlock``."""
    accounts().unlock(cookie_token(), password)
    g.login = accounts().session(cookie_token())
    g.officer = g.login.officer if g.login else None


def _passive() -> bool:
    """A page that asks by itself how the exchange stands is not a person at work, unless it says that there is one."""
    return request.endpoint == "web.sync_state" and "active" not in request.args


# -- the form's token


def form_token() -> str:
    mac = hmac.new(cookie_token().encode(), b"bianmin form", hashlib.sha256).digest()
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def check_form_token() -> None:
    """For every request that may change something.  Raises NotPermitted ``web.form_expired``."""
    if not request.cookies.get(cookie_name()):
        raise NotPermitted("web.form_expired")
    given = request.headers.get("X-Form-Token") or request.form.get(FORM_TOKEN, "")
    if not hmac.compare_digest(given.encode(), form_token().encode()):
        raise NotPermitted("web.form_expired")
