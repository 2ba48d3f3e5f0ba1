"""The addresses below ``/sync/v1``: exchange, enrolment, papers (PROTOCOL.md 12).

They carry no page's headers and no cookie: what comes is sealed and signed, or bears a capability.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from common.errors import AppError, PeerUnreachable
from common.web.rights import right
from sync import wire
from sync.enrol import MAX_REQUEST_BYTES, write_lines
from sync.http import MESSAGE_TYPE
from sync.papers import MAX_PIECE_BYTES, TUS_TYPE, TUS_VERSION, tus_headers
from sync.parent import Parent
from sync.upward import own_chain

NAME = "sync"


def blueprint(parent: Parent, enrol: Callable[[bytes], bytes]) -> Blueprint:
    """The routes of a node that has children.

    Args:
        enrol: answers an enrolment request (the hub), or relays it (a township).
    """
    pages = Blueprint(NAME, __name__, url_prefix="/sync/v1")

    @pages.errorhandler(AppError)
    def refused(error: AppError) -> Response:
        status = 503 if isinstance(error, PeerUnreachable) else error.http_status
        headers = {"Upload-Offset": str(error.detail["offset"])} if "offset" in error.detail else {}
        return Response(
            error.code + "\n", status, {"Tus-Resumable": TUS_VERSION, **headers}, mimetype="text/plain"
        )

    @pages.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        return Response("", error.code or 500)

    @pages.post("/exchange")
    @right("sync")
    def exchange() -> Response:
        return _message(parent.exchange(_body(wire.MAX_MESSAGE_BYTES)))

    @pages.get("/node")
    @right("sync")
    def node() -> Response:
        chain = own_chain(parent.node)
        if chain is None:
            return Response("", 503)
        return _message(write_lines(chain.lines))

    @pages.post("/enrol")
    @right("sync")
    def enrolment() -> Response:
        return _message(enrol(_body(MAX_REQUEST_BYTES)))

    @pages.route("/up/<capability>", methods=["HEAD"])
    @right("sync")
    def upload_offset(capability: str) -> Response:
        _needs_tus()
        offset, size = parent.desk.upload(capability)
        return Response("", 200, tus_headers(offset, size))

    @pages.patch("/up/<capability>")
    @right("sync")
    def upload(capability: str) -> Response:
        _needs_tus()
        if request.mimetype != TUS_TYPE:
            return Response("", 415, tus_headers())
        offset = request.headers.get("Upload-Offset", "")
        if not (offset.isascii() and offset.isdigit() and len(offset) < 16):
            return Response("", 400, tus_headers())
        done = parent.desk.take(capability, int(offset), _body(MAX_PIECE_BYTES))
        return Response("", 204, tus_headers(done))

    @pages.get("/down/<capability>")
    @right("sync")
    def download(capability: str) -> Response:
        start, size, piece = parent.desk.give(capability, request.headers.get("Range"))
        span = f"bytes {start}-{start + len(piece) - 1}/{size}"
        return Response(piece, 206, {"Content-Range": span}, mimetype=MESSAGE_TYPE)

    return pages


def _body(most: int) -> bytes:
    """The whole body, at most so many bytes; else 413."""
    request.max_content_length = most
    return request.get_data(cache=False)


def _message(data: bytes) -> Response:
    return Response(data, 200, mimetype=MESSAGE_TYPE)


class _WrongTus(AppError):
    http_status = 412


def _needs_tus() -> None:
    if request.headers.get("Tus-Resumable") != TUS_VERSION:
        raise _WrongTus("paper.tus_version", wanted=TUS_VERSION)
