"""Over real HTTP on the loopback: bytes counted as they cross, links cut in the middle, answers that are none."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from common.errors import PeerUnreachable
from sync.child import set_parents
from sync.hearsay import MOST, hearsay
from sync.http import EXCHANGE, NODE, UP, HttpLink, TooLarge, links
from sync.worker import sync_over_http
from tests.sync.linked import Linked, Proxy, http_link, served


@contextmanager
def wire(linked: Linked, parent) -> Iterator[Proxy]:
    """A parent behind a wire that counts."""
    with served(linked.parent(parent)) as url:
        proxy = Proxy(url)
        try:
            yield proxy
        finally:
            proxy.close()


def sync(linked: Linked, child, proxy: Proxy):
    with http_link(proxy.url, read_timeout_s=5) as link:
        return linked.sync(child, link)


@pytest.fixture
def quiet(linked: Linked):
    """A village and its township, level, with a wire between them."""
    c = linked.county
    with wire(linked, c.township) as proxy:
        sync(linked, c.village, proxy)
        proxy.reset()
        yield linked, proxy


def test_nothing_new_is_one_round_trip_below_1200_bytes_with_all_headers(quiet):
    linked, proxy = quiet
    connections = proxy.connections
    assert sync(linked, linked.county.village, proxy).result == "level"
    assert proxy.connections == connections + 1
    assert proxy.up + proxy.down < 1_200


def test_a_township_with_nothing_new_stays_below_1200_bytes_too(linked: Linked):
    c = linked.county
    with wire(linked, c.hub) as proxy:
        sync(linked, c.township, proxy)
        proxy.reset()
        sync(linked, c.township, proxy)
        assert proxy.up + proxy.down < 1_200


def test_a_township_that_heard_its_villages_stays_below_1200_bytes_too(linked: Linked):
    c = linked.county
    more = [c.enrol(f"village-1{i}", c.village.office, c.township) for i in range(18)]
    linked.level()
    with wire(linked, c.hub) as proxy:
        sync(linked, c.township, proxy)
        for _ in range(3):
            c.clock.forward(hours=2)
            for node in more:
                c.clock.forward(hours=0.4)
                c.township.store.peers.exchanged(node.id, c.township.now(), "level")
            proxy.reset()
            sync(linked, c.township, proxy)
            assert proxy.up + proxy.down < 1_200
            assert len(hearsay(c.hub)) >= MOST


def test_one_new_event_is_one_round_trip_below_2000_bytes_with_all_headers(linked: Linked):
    from common.case.commands import AddNote

    c = linked.county
    case = c.register(c.village).id
    linked.level()
    with wire(linked, c.township) as proxy:
        sync(linked, c.village, proxy)
        proxy.reset()
        c.village.act(AddNote("申请人下周一来补交照片,已电话说好。"), c.agent(c.village), case=case)
        report = sync(linked, c.village, proxy)
        assert (report.result, report.sent) == ("level", 1)
        assert proxy.up + proxy.down < 2_000


def test_no_header_speaks_of_the_programs_or_of_pages(quiet):
    with http_link(quiet[1].url) as link:
        headers = link.call("GET", NODE).headers
    assert set(headers) == {"content-type", "content-length", "date"}


@pytest.mark.parametrize("cut_after", [50, 400, 1_500, 4_000, 20_000, 60_000])
def test_a_wire_cut_anywhere_loses_nothing(linked: Linked, cut_after: int):
    c = linked.county
    papers = (linked.paper(c.village, 70_000),)
    case = c.register(c.village, papers=papers).id
    with wire(linked, c.township) as proxy:
        proxy.cut_after = cut_after
        assert sync(linked, c.village, proxy).result == "cut"
        assert c.village.verify()[2] is c.township.verify()[2] is None
        proxy.cut_after = None
        assert sync(linked, c.village, proxy).result == "level"
    assert c.township.case(case).digest == c.village.case(case).digest
    assert linked.room(c.township).whole(papers[0]["pages"][0]["hash"])


def test_the_command_speaks_to_the_first_parent_that_answers(linked: Linked):
    c = linked.county
    c.register(c.village)
    with served(linked.parent(c.township)) as url, socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
        closed.close()
        set_parents(c.village, [dead, url])
        report = sync_over_http(c.village, linked.room(c.village), lambda: 0.0)
    assert (report.result, report.parent) == ("level", url)


def test_many_children_at_once_are_all_served(linked: Linked):
    c = linked.county
    villages = (c.village, c.village_2)
    for _ in range(5):
        for village in villages:
            c.register(village, author=c.author(village.office, "agent"))
    reports = []

    def work(child) -> None:
        with http_link(url) as link:
            reports.append(linked.sync(child, link).result)
        child.store.close()

    with served(linked.parent(c.township)) as url:
        threads = [threading.Thread(target=work, args=(village,)) for village in villages * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert reports == ["level"] * 6
        for village in villages:
            with http_link(url) as link:
                assert linked.sync(village, link).sent == 0
    assert c.township.verify()[2] is None
    assert {v.store.ledger.head(v.origin) for v in villages} <= set(c.township.store.ledger.heads().values())


# ---------------------------------------------------------------- the routes


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.sync.linked import fresh_county

    linked = Linked(fresh_county(tmp_path_factory.mktemp("hub")))
    with served(linked.parent(linked.county.hub)) as url:
        yield url


def status(
    url: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> int:
    with http_link(url) as link:
        return link.call(method, path, body, headers).status


@pytest.mark.parametrize(
    ("method", "path", "body", "wanted"),
    [
        ("POST", EXCHANGE, b"", 400),
        ("POST", EXCHANGE, b"\0" * 5_000, 400),
        ("POST", EXCHANGE, b"bianmin/1 x y 1\n", 400),
        ("POST", EXCHANGE, b"x" * (4 * 1024 * 1024 + 1), 413),
        ("GET", EXCHANGE, None, 405),
        ("POST", "/sync/v1/enrol", b"garbage", 400),
        ("POST", "/sync/v1/enrol", b"x" * 5_000, 413),
        ("GET", "/sync/v1/down/" + "A" * 72, None, 404),
        ("GET", "/sync/v1/down/%00", None, 404),
        ("GET", "/sync/v1/nothing", None, 404),
    ],
)
def test_what_makes_no_sense_has_its_status(
    hub_url: str, method: str, path: str, body: bytes | None, wanted: int
):
    assert status(hub_url, method, path, body) == wanted


@pytest.mark.parametrize(
    ("method", "headers", "wanted"),
    [
        ("HEAD", {}, 412),
        ("HEAD", {"Tus-Resumable": "0.2.2"}, 412),
        ("HEAD", {"Tus-Resumable": "1.0.0"}, 404),
        ("PATCH", {}, 412),
        ("PATCH", {"Tus-Resumable": "1.0.0"}, 415),
        ("PATCH", {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}, 400),
        (
            "PATCH",
            {
                "Tus-Resumable": "1.0.0",
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": "x",
            },
            400,
        ),
        (
            "PATCH",
            {
                "Tus-Resumable": "1.0.0",
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": "0",
            },
            404,
        ),
    ],
)
def test_an_upload_that_is_not_tus_has_its_status(
    hub_url: str, method: str, headers: dict[str, str], wanted: int
):
    assert status(hub_url, method, UP + "A" * 72, b"x" if method == "PATCH" else None, headers) == wanted


# ---------------------------------------------------------------- bad servers


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what ``talk`` says to each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    talk(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def says(*parts: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        with connection.makefile(
            "rb"
        ) as request:  # all of it: closing upon what is unread resets the connection
            head = b"".join(iter(request.readline, b"\r\n"))
            length = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
            request.read(int(length[1]) if length else 0)
        for part in parts:
            connection.sendall(part)

    return talk


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((b"",), "sync.cut"),
        ((b"nonsense\r\n\r\n",), "sync.cut"),
        ((OK + b"Content-Length: 100\r\n\r\nshort",), "sync.cut"),
        ((OK + b"Content-Length: 9000000\r\n\r\n" + b"x" * 200_000,), "sync.answer_too_large"),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), "sync.cut"),
        (
            (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",),
            "sync.bad_answer",
        ),
        ((b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",), "sync.bad_answer"),
        ((b"HTTP/1.1 204 No\r\n\r\n",), "sync.bad_answer"),
    ],
)
def test_what_is_no_whole_answer_is_a_bad_link(answer: tuple[bytes, ...], code: str):
    with server(says(*answer)) as url, http_link(url, max_answer_bytes=100_000) as link:
        with pytest.raises(PeerUnreachable) as cut:
            link.exchange(b"x")
        assert cut.value.code == code


def test_what_is_done_meanwhile_is_done_between_the_message_and_its_answer():
    arrived, done = threading.Event(), threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection.makefile("rb") as request:
            while request.readline() != b"\r\n":
                pass
            assert request.read(100_000) == b"x" * 100_000
        arrived.set()
        assert done.wait(5)
        connection.sendall(OK + b"Content-Length: 2\r\n\r\nok")

    def work() -> None:
        assert arrived.wait(5)
        done.set()

    with server(talk) as url, http_link(url) as link:
        assert link.exchange(b"x" * 100_000, work) == b"ok"
    assert done.is_set()


def test_413_says_to_send_less():
    with (
        server(says(b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")) as url,
        http_link(url) as link,
        pytest.raises(TooLarge),
    ):
        link.exchange(b"x")


def test_no_server_is_no_link():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with http_link(f"http://127.0.0.1:{port}") as link, pytest.raises(PeerUnreachable) as gone:
        link.node()
    assert gone.value.code == "sync.unreachable"


def test_a_silent_server_is_left_after_the_timeout():
    stop = threading.Event()
    with server(lambda connection: stop.wait(3) and None) as url, http_link(url, read_timeout_s=0.2) as link:
        with pytest.raises(PeerUnreachable) as silent:
            link.node()
        assert silent.value.code == "sync.silent"
        stop.set()


def test_a_server_that_drips_is_left_after_the_whole_time():
    clock, pause = iter(range(10_000)), threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            pause.wait(0.01)

    with server(drip) as url:
        link = HttpLink(url, monotonic=lambda: float(next(clock)), total_timeout_s=3)
        with link, pytest.raises(PeerUnreachable) as slow:
            link.node()
    assert slow.value.code == "sync.too_slow"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with server(says(OK + b"Content-Length: 2\r\n\r\nok")) as url, links([url], lambda: 0.0) as ways:
        assert ways[0].node() == b"ok"
