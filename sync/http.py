"""HTTP to a parent: bounded bytes, bounded time, slim headers, no proxy, no redirect (PROTOCOL.md 12.1).

Everything that is not a whole answer is ``PeerUnreachable``: a bad link and nothing more.  What an answer means is
judged by who called.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import requests
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util import SKIP_HEADER

from common.errors import PeerUnreachable

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
TOTAL_TIMEOUT_S = 120.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024

EXCHANGE = "/sync/v1/exchange"
NODE = "/sync/v1/node"
ENROL = "/sync/v1/enrol"
UP = "/sync/v1/up/"
DOWN = "/sync/v1/down/"

MESSAGE_TYPE = "application/octet-stream"

# Headers that the libraries below would add of themselves: on the exchange every byte is counted.
_BARE: Mapping[str, str] = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: ``headers`` with lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooLarge(PeerUnreachable):
    """The peer, or a box before it, takes no message of this size (413): send less at once."""


class _Body(io.BytesIO):
    """A body that is asked for more when all of it has been sent: then something else is done before the answer."""

    def __init__(self, data: bytes, meanwhile: Callable[[], None]) -> None:
        super().__init__(data)
        self._meanwhile: Callable[[], None] | None = meanwhile

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        if not piece and self._meanwhile is not None:
            work, self._meanwhile = self._meanwhile, None
            work()
        return piece


class Clock(Protocol):
    def __call__(self) -> float:
        """Seconds of a clock that only goes forward."""


@contextmanager
def links(urls: Iterable[str], monotonic: Clock) -> Iterator[list[HttpLink]]:
    """Links to these addresses, closed at the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(HttpLink(url, monotonic=monotonic)) for url in urls]


class HttpLink:
    """A parent's base address.  One connection, kept open while rounds go on; not shared between threads.

    Args:
        url: ``http://host:port`` or ``https://...``, no path.
        monotonic: seconds of a clock that only goes forward; bounds the length of one call.
    """

    def __init__(
        self,
        url: str,
        *,
        monotonic: Clock,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        total_timeout_s: float = TOTAL_TIMEOUT_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self.url = url.rstrip("/")
        self._monotonic = monotonic
        self._timeouts_s = (connect_timeout_s, read_timeout_s)
        self._total_timeout_s = total_timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()

    def __enter__(self) -> HttpLink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        """One message for one answer; ``meanwhile`` is done once it is sent.  Raises PeerUnreachable, TooLarge."""
        return self._expect(200, "POST", EXCHANGE, _Body(message, meanwhile) if meanwhile else message)

    def node(self) -> bytes:
        """The chain lines of the node at this address.  Raises PeerUnreachable."""
        return self._expect(200, "GET", NODE)

    def enrol(self, request: bytes) -> bytes:
        """The answer to an enrolment request.  Raises PeerUnreachable."""
        return self._expect(200, "POST", ENROL, request)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | _Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Any answer with any status.  Raises PeerUnreachable where no whole, bounded answer comes in time."""
        started = self._monotonic()
        try:
            with self._session.request(
                method,
                self.url + path,
                data=body,
                headers={**_BARE, **(headers or {})},
                timeout=self._timeouts_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                answered = self._read(response, started)
                return Reply(
                    response.status_code, {k.lower(): v for k, v in response.headers.items()}, answered
                )
        except (requests.ConnectTimeout, requests.exceptions.InvalidURL) as exc:
            raise PeerUnreachable("sync.unreachable", url=self.url) from exc
        except requests.ReadTimeout as exc:  # the message went, and not a byte came back
            raise PeerUnreachable("sync.silent", url=self.url) from exc
        except (requests.RequestException, HTTPError, OSError, ValueError) as exc:
            raise PeerUnreachable(_why(exc), url=self.url) from exc

    def _read(self, response: requests.Response, started: float) -> bytes:
        received = bytearray()
        # read1 gives what has come, so that a peer that drips cannot hold us for ever
        while piece := response.raw.read1(64 * 1024):
            received += piece
            if len(received) > self._max_answer_bytes:
                raise PeerUnreachable("sync.answer_too_large", url=self.url, limit=self._max_answer_bytes)
            if self._monotonic() - started > self._total_timeout_s:
                raise PeerUnreachable("sync.too_slow", url=self.url, limit_s=self._total_timeout_s)
        return bytes(received)

    def _expect(self, status: int, method: str, path: str, body: bytes | _Body | None = None) -> bytes:
        headers = {"Content-Type": MESSAGE_TYPE} if body is not None else {}
        reply = self.call(method, path, body, headers)
        if reply.status == 413:
            raise TooLarge("sync.too_large_for_peer", url=self.url)
        if reply.status != status:
            raise PeerUnreachable("sync.bad_answer", url=self.url, status=reply.status)
        return reply.body


def _why(error: Exception) -> str:
    """No connection at all, or one that broke: in the second case less may get through."""
    inner: object = error
    while isinstance(inner, BaseException):
        if isinstance(inner, NewConnectionError | NameResolutionError):
            return "sync.unreachable"
        reason = getattr(inner, "reason", None) or next(iter(inner.args), None)
        inner = reason if isinstance(reason, BaseException) else None
    return "sync.cut"
