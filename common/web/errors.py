"""Errors made into answers: a page in Chinese, or ``application/problem+json`` (RFC 9457) for the API and our scripts.

Never a stack trace.  A server error is logged under a short number, which the page shows.
"""

from __future__ import annotations

import json
import secrets
from types import TracebackType
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge, SecurityError

from common.accounts import TooMany
from common.errors import AppError, BadInput, NotFound
from common.ids import DEVICE_ALPHABET
from common.texts import words
from common.web import visitor
from common.web.rights import local_path, wants_json
from common.web.words import size_words

_TITLES = {
    400: "没有看懂",
    401: "请先登录",
    403: "没有这项权限",
    404: "没有找到",
    405: "不能这样打开",
    409: "没有办成",
    413: "传得太多",
    429: "请等一会儿",
    500: "程序出了错",
    502: "没有连上",
}


class ServerError(AppError):
    """Something of ours failed; ``detail["id"]`` is its number in the log."""


def register(app: Flask) -> None:
    app.register_error_handler(AppError, answer)
    app.register_error_handler(InternalServerError, _server_error)
    app.register_error_handler(HTTPException, _http_error)


def answer(error: AppError) -> Response:
    """The page or the problem for an error, with its HTTP status."""
    response = problem(error) if wants_json() else _page(error)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(-(-int(str(error.detail.get("wait_ms", 1000))) // 1000))
    if error.http_status == 401 and visitor.is_api():
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def problem(error: AppError) -> Response:
    """RFC 9457: ``type`` names the code, ``detail`` has the words; the error's details are members of their own."""
    body = {
        **{
            name: value
            for name, value in error.detail.items()
            if name not in ("type", "title", "status", "code")
        },
        "type": f"urn:x-bianmin:error:{error.code}",
        "title": _title(error.http_status),
        "status": error.http_status,
        "detail": words(error),
        "code": error.code,
    }
    text = json.dumps(body, ensure_ascii=False, default=str)
    return Response(text, status=error.http_status, content_type="application/problem+json")


def _page(error: AppError) -> Response:
    page = render_template(
        "error.html", title=_title(error.http_status), words=words(error), code=error.code, back=_back()
    )
    return make_response(page, error.http_status)


def _back() -> str | None:
    """The page of ours that the request came from: after a form it shows how things stand now."""
    came = urlsplit(request.referrer or "")
    if request.method in visitor.SAFE or came.netloc != request.host:
        return None
    return local_path(came.path + ("?" + came.query if came.query else ""))


def _title(status: int) -> str:
    return _TITLES.get(status) or ("没有办成" if status < 500 else "程序出了错")


def _http_error(error: HTTPException) -> Response | HTTPException:
    """What the web layer itself refuses, in our words and with its own status."""
    if error.code is None or error.code < 400:
        return error  # a redirect
    if isinstance(error, SecurityError):  # a host that is not ours: not even an address for the style sheet
        return _plain(_as_ours(error))
    response = answer(_as_ours(error))
    response.status_code = error.code
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _as_ours(error: HTTPException) -> AppError:
    if isinstance(error, RequestEntityTooLarge):
        return _with_status(BadInput("web.too_large", most=size_words(request.max_content_length or 0)), 413)
    if error.code == 404:
        return NotFound("web.not_found")
    if error.code == 405:
        return _with_status(BadInput("web.method"), 405)
    return _with_status(BadInput("web.bad_request"), error.code or 400)


def _with_status(error: AppError, status: int) -> AppError:
    error.http_status = status
    return error


def _server_error(error: InternalServerError) -> Response:
    found = ServerError("web.server_error", id=error_id())
    try:
        return answer(found)
    except Exception:  # the page itself may be what is broken
        current_app.logger.exception("no page for error %s", error_id())
        return _plain(found)


def _plain(error: AppError) -> Response:
    return Response(words(error), status=error.http_status, content_type="text/plain; charset=utf-8")


def error_id() -> str:
    """The number under which this request's failure is logged and shown."""
    if "error_id" not in g:
        g.error_id = "".join(secrets.choice(DEVICE_ALPHABET) for _ in range(6))
    return str(g.error_id)


def log(app: Flask, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
    """One entry per failure: its number, the method and the rule, but nothing that a person typed."""
    rule = request.url_rule.rule if request.url_rule else "no rule"
    app.logger.error("error %s at %s %s", error_id(), request.method, rule, exc_info=exc_info)
