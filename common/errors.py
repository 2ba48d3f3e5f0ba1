"""The one error contract: a code, its details, its HTTP status; the code picks the text that a person reads."""

from __future__ import annotations


class AppError(Exception):
    """Base of all errors that a caller may handle.

    Args:
        code: dotted name, stable, e.g. ``case.not_received``; ``common.texts`` has its Chinese words.
        detail: values for the words and for the machine-readable answer; never secrets.
    """

    http_status = 500
    retryable = False

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.detail.items())
        return f"{self.code}({inside})" if inside else self.code


class BadInput(AppError):
    """What was given cannot be read or does not pass a check; a person can correct it."""

    http_status = 400


class NotPermitted(AppError):
    """The person or the node has not the right."""

    http_status = 403


class NotFound(AppError):
    """There is no such thing here."""

    http_status = 404


class CommandRefused(AppError):
    """The act does not fit the state of the case, or rests on a stale one."""

    http_status = 409


class LedgerError(AppError):
    """Evidence about signed bytes: keep the bytes, tell people."""

    http_status = 400


class BadSignature(LedgerError):
    """The signature does not match the payload under the key named."""


class UnknownAuthor(LedgerError):
    """The key named is not enrolled, as far as is known here."""


class SyncError(AppError):
    """An exchange did not come to its end."""

    http_status = 502


class PeerUnreachable(SyncError):
    """No link, or one so bad that no signed answer came: nothing is lost, try again."""

    retryable = True


class PeerRefused(SyncError):
    """A signed refusal by the peer."""


class ProtocolMismatch(SyncError):
    """The peer speaks another version; a person must act."""

    http_status = 400


class Misuse(AppError):
    """Wrong use of a command: path, port, pack, database, key.  Exit code 2."""

    http_status = 400
