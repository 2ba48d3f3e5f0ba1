"""Bad input, named as the attack: each gets a clear answer, changes nothing, and is never an error of ours.

Here the whole programs are attacked, the hub's and a township's, as ``create_app`` builds them.  The parts have their
own tests of the same attacks, nearer to the code:

============================  ==========================================================================================
garbage, truncated            sync/test_wire, sync/test_headers, common/test_events, common/test_node_intake
oversized                     sync/test_wire, sync/test_http, common/web/test_app
replayed, re-ordered          sync/test_child_and_parent, sync/test_exchange, common/test_node_intake
wrongly sealed or signed      sync/test_wire, sync/test_child_and_parent, common/test_keys, common/test_node_intake
another reader, unknown node  sync/test_child_and_parent, common/test_node_intake
an old answer                 sync/test_child_and_parent, sync/test_exchange
a zstd bomb, deep JSON        sync/test_wire, common/test_events, common/web/test_api
a huge paper, a wrong type    common/test_papers, sync/test_papers, common/web/test_registration
a form with wrong fields      common/catalogue/test_forms, common/web/test_cases, common/web/test_api
a stale page, two at once     common/web/test_cases, common/web/test_registration, common/web/test_api, common/case/
a slip used twice or expired  sync/test_enrol, sync/test_slips, township_node/test_command_line
logins guessed                common/test_accounts, common/web/test_login, common/web/test_api, county_hub/test_public
============================  ==========================================================================================
"""

from __future__ import annotations

import io
import itertools
import random
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest
import zstandard
from PIL import Image
from werkzeug.datastructures import MultiDict

from common import departments, keys
from common.accounts import FREE_FAILURES
from common.errors import PeerRefused, PeerUnreachable
from common.keys import SealKey, SigningKey, jws_sign, node_id
from common.node import Node
from common.papers import MAX_UPLOAD_BYTES
from common.texts import TEXTS, words
from sync import wire
from sync.child import sync_once
from sync.enrol import make_request, read_answer
from sync.enrolling import SLIP_DAYS, issue_slip
from sync.headers import Offer
from sync.headers import read_answer as read_header
from sync.http import Reply
from sync.papers import Room
from sync.parent import read_refusal
from sync.slips import read_slip
from tests.county import build_county
from tests.hub import PASSWORD
from tests.page import Form, PageClient, check_page, read_page
from tests.programs import Programs, application
from tests.registering import photo

EXCHANGE, ENROL = "/sync/v1/exchange", "/sync/v1/enrol"


# -- what is attacked


@dataclass
class Attacked:
    """A parent as it stands on a network, and a child of it whose keys the attacker may or may not have."""

    programs: Programs
    parent: Node
    child: Node

    def post(self, path: str, data: bytes, status: int = 200, **more) -> bytes:
        answer = self.programs.app(self.parent).test_client().post(path, data=data, **more)
        assert answer.status_code == status, answer.get_data()[:300]
        return answer.get_data()

    def message(self, *lines: bytes, **changed) -> bytes:
        """A message of the child as it should be, but for what is changed."""
        given = {
            "sender": self.child.id,
            "reader": self.parent.id,
            "header": Offer(request=1).as_json(),
            "lines": lines,
            "signer": self.child.signing_key,
            "reader_seal": self.parent.seal_key.public_jwk(),
            **changed,
        }
        return wire.pack(**given)

    def sealed(self, frame: bytes) -> bytes:
        """A message around any frame, as a hostile machine with the child's own keys makes it."""
        outer = wire.Outer(self.child.id, self.parent.id, 0).line()
        signature = self.child.signing_key.sign(b"bianmin message 1\n" + outer + frame)
        return outer + keys.seal(self.parent.seal_key.public_jwk(), signature + frame, outer)

    def refusal(self, message: bytes) -> str:
        """The code of the parent's signed refusal; a person who meets it reads Chinese."""
        code = read_refusal(self.post(EXCHANGE, message), message, self.parent.signing_key.public)
        return in_words(code)

    def answered(self, message: bytes):
        """The header of the sealed answer."""
        opened = wire.unseal(self.post(EXCHANGE, message), self.child.seal_key)
        wire.check(opened, self.parent.signing_key.public)
        return read_header(wire.read(opened)[0])


def in_words(code: str) -> str:
    said = words(PeerRefused(code, url="http://192.168.1.10"))
    assert code in TEXTS, f"{code} has no words"
    assert re.search("[\u4e00-\u9fff].*[。?]", said), said
    return code


def held(node: Node) -> object:
    """All that an attack could change: the ledger, the views, the feeds, what is put aside."""
    store = node.store
    homes = sorted({record.office for record in node.reference.nodes.values()})
    return (
        store.ledger.pos(),
        list(store.views.all()),
        store.views.counts(),
        store.waiting.count(),
        store.stubs.count(),
        [store.feeds.tip(home) for home in homes],
        store.ledger.heads(),
    )


def busy(folder) -> Programs:
    """A county with cases on their way: received, to be corrected, at the county, and one that waits in the village."""
    programs = Programs(build_county(folder))
    county = programs.county
    agent, clerk = programs.api(county.village, "陈会计"), programs.api(county.township, "王丽")
    numbers = [
        agent.post("/cases", application(programs, agent, county.village, seed=n))["number"]
        for n in range(1, 5)
    ]
    agent.post("/cases", application(programs, agent, county.village, seed=5, submit=False))
    county.carry(county.village, county.township)
    clerk.act(numbers[0], "case.accepted")
    wanted = [
        {"what": "户口簿", "why": "看不清", "material": "hukou"},
        {"what": "电话", "why": "空号", "field": "mobile"},
    ]
    clerk.act(numbers[1], "case.correction_asked", wanted=wanted)
    clerk.act(numbers[2], "case.accepted")
    clerk.act(numbers[2], "case.offered", to="511322/MZ", opinion="请审批")
    county.level()
    departments.ensure_key(county.hub, "511322/MZ")
    programs.api(county.hub, "罗小兰").act(numbers[2], "case.taken")
    county.level()
    return programs


@pytest.fixture(scope="module")
def still(tmp_path_factory) -> Programs:
    """A county that no attack changes."""
    return busy(tmp_path_factory.mktemp("still"))


@pytest.fixture(autouse=True)
def nothing_changes(request) -> Iterator[None]:
    """Every test on ``still`` leaves every node as it was."""
    if "still" not in request.fixturenames:
        yield
        return
    nodes = request.getfixturevalue("still").county.nodes
    before = [held(node) for node in nodes]
    yield
    assert [held(node) for node in nodes] == before


@pytest.fixture(params=["hub", "township"])
def attacked(still, request) -> Attacked:
    county = still.county
    if request.param == "hub":
        return Attacked(still, county.hub, county.township)
    return Attacked(still, county.township, county.village)


@pytest.fixture
def fresh(tmp_path) -> Programs:
    """A county of its own, for what does change something once."""
    return Programs(build_county(tmp_path))


# -- messages


@pytest.mark.parametrize(
    "garbage",
    [
        b"", b"\0" * 4000, b"GET / HTTP/1.1\r\n\r\n", b"<html>", b'{"v":1}', "申请".encode(),
        random.Random(1).randbytes(9000),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_garbage_is_bad_input(attacked, garbage):
    assert in_words(attacked.post(EXCHANGE, garbage, 400).decode().strip()) == "sync.no_message"
    if len(garbage) < 4096:
        assert in_words(attacked.post(ENROL, garbage, 400).decode().strip()) == "enrol.malformed"


def test_a_message_cut_short_anywhere_is_refused(attacked):
    whole = attacked.message()
    for size in [*range(0, 60, 7), *range(60, len(whole), 41), len(whole) - 1]:
        answer = attacked.programs.app(attacked.parent).test_client().post(EXCHANGE, data=whole[:size])
        if answer.status_code == 400:
            assert in_words(answer.get_data(as_text=True).strip()) == "sync.no_message"
        else:
            cut = whole[:size]
            code = read_refusal(answer.get_data(), cut, attacked.parent.signing_key.public)
            assert in_words(code) == "message.wrong_seal"


@pytest.mark.parametrize(
    ("path", "size"), [(EXCHANGE, wire.MAX_MESSAGE_BYTES), (ENROL, 4096), ("/sync/v1/up/" + "A" * 40, 65_536)]
)
def test_what_is_oversized_is_not_read(attacked, path, size):
    client = attacked.programs.app(attacked.parent).test_client()
    more = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    method = "PATCH" if "/up/" in path else "POST"
    answer = client.open(path, method=method, data=b"x" * (size + 1), headers=more)
    assert answer.status_code == 413


def test_an_oversized_page_and_an_oversized_request_are_told_the_limit(still):
    client = still.client(still.county.township, "王丽")
    token = client.get("/account").root.all("form")[0]
    sent = {
        "_token": next(e.get("value") for e in token.all("input") if e.get("name") == "_token"),
        "name": "x" * (30 << 20),
    }
    answer = client.http.post("/account/password", data=sent)
    assert answer.status_code == 413
    assert "传得太多" in check_page(answer).source
    api = still.api(still.county.township, "王丽")
    assert api.post("/cases", b" " * (300 << 10), 413)["code"] == "web.too_large"


def test_a_replayed_message_is_answered_and_changes_nothing_a_second_time(fresh):
    county = fresh.county
    attacked = Attacked(fresh, county.township, county.village)
    api = fresh.api(county.village, "陈会计")
    api.post("/cases", application(fresh, api, county.village))
    message = attacked.message(*(line for _, line in county.lines_up(county.village, county.township)))
    assert attacked.answered(message).waiting == ()
    after = held(county.township)
    for _ in range(3):
        assert attacked.answered(message).refused == ()
    assert held(county.township) == after
    assert county.township.verify()[2] is None


def test_a_machine_out_of_service_is_told_what_became_of_its_lines(fresh):
    """Lesson 1: refused work is visible at its author."""
    county = fresh.county
    attacked = Attacked(fresh, county.township, county.village)
    county.hub.publish("node.revoked", {"node": county.village.id, "cuts": {}, "reason": "丢失"})
    county.carry_down(county.hub, county.township)
    line = county.register(county.village).line
    for request, reason in ((1, "wait.cut"), (2, "wait.still")):
        header = Offer(request=request).as_json()
        answer = attacked.answered(attacked.message(line, b"garbage", header=header))
        assert answer.refusal == "sync.revoked"
        assert [why for _, why in answer.waiting] == [reason]
        assert answer.refused == ((None, "event.not_a_line"),)


def test_re_ordered_messages_and_lines_end_where_ordered_ones_do(fresh):
    county = fresh.county
    attacked = Attacked(fresh, county.township, county.village)
    api = fresh.api(county.village, "陈会计")
    for seed in range(4):
        api.post("/cases", application(fresh, api, county.village, seed=seed + 1))
    lines = [line for _, line in county.lines_up(county.village, county.township)]
    first, second = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    early = attacked.answered(attacked.message(*reversed(second), header=Offer(request=2).as_json()))
    assert {reason for _, reason in early.waiting} == {"wait.prev"}
    late = attacked.answered(attacked.message(*reversed(first), header=Offer(request=1).as_json()))
    assert late.newest == 2  # and what the older one says of the child is not believed again
    assert county.township.store.waiting.count() == 0
    assert [row.label for row in county.township.store.views.all()] == ["RECEIVED"] * 4
    assert county.township.verify()[2] is None


def test_a_wrongly_sealed_message_is_refused(attacked):
    message = attacked.message(reader_seal=SealKey(secrets.token_bytes(32)).public_jwk())
    assert attacked.refusal(message) == "message.wrong_seal"


def test_a_wrongly_signed_message_is_refused(attacked):
    assert (
        attacked.refusal(attacked.message(signer=SigningKey(secrets.token_bytes(32))))
        == "message.wrong_signature"
    )


def test_a_message_for_another_reader_is_refused(attacked):
    assert (
        attacked.refusal(attacked.message(reader=attacked.programs.county.other_township.id))
        == "message.other_reader"
    )


def test_a_message_from_an_unknown_node_is_refused(attacked):
    nobody = SigningKey(secrets.token_bytes(32))
    message = attacked.message(sender=node_id(nobody.public_jwk()), signer=nobody)
    assert attacked.refusal(message) == "sync.unknown_node"


def test_a_node_that_is_not_below_is_not_served(attacked):
    stranger = attacked.programs.county.other_village
    message = attacked.message(sender=stranger.id, signer=stranger.signing_key)
    if attacked.parent.is_hub:  # the county is above all
        assert wire.read_outer(attacked.post(EXCHANGE, message)).reader == stranger.id
    else:
        assert attacked.refusal(message) == "sync.not_below"


@pytest.mark.parametrize("stated", [True, False])
def test_a_zstd_bomb_is_refused_before_it_goes_off(attacked, stated):
    bomb = zstandard.ZstdCompressor(3, write_content_size=stated).compress(bytes(300 << 20))
    assert len(bomb) < 40_000
    assert attacked.refusal(attacked.sealed(bomb)) == "message.too_large"


def test_deep_json_in_a_header_is_refused(attacked):
    deep = b'{"v":1,"request":1,"health":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    frame = zstandard.ZstdCompressor().compress(deep)
    assert attacked.refusal(attacked.sealed(frame)) == "message.wrong_header"


def test_lines_of_garbage_in_a_good_message_are_refused_one_by_one(attacked):
    bad = [b"", b"x", b"a b", secrets.token_bytes(300).replace(b"\n", b""), b"x" * 100_000, b"{} {}"]
    said = attacked.answered(attacked.message(*bad))
    assert len(said.refused) == len(bad)
    known = {"event.not_a_line", "event.bad_signature", "event.too_large", "event.unknown_key"}
    assert {in_words(code) for _, code in said.refused} <= known


def test_lines_that_others_signed_and_somebody_changed_are_refused(attacked):
    line = next(attacked.child.log())
    changed = line.replace(b'"at":', b'"at":1', 1)
    assert changed != line
    assert [code for _, code in attacked.answered(attacked.message(changed)).refused] == [
        "event.bad_signature"
    ]


def test_deep_json_in_a_signed_event_is_put_aside_and_its_author_told(fresh):
    """What a node signed is evidence: its bytes are kept, its place is kept, and nothing else comes of it."""
    county = fresh.county
    attacked = Attacked(fresh, county.township, county.village)
    head = county.village.store.ledger.head(county.village.origin)
    body = b'{"office":' + b"[" * 40 + b"]" * 40 + b"}"
    payload = (
        b'{"v":1,"type":"case.noted","moves":false,"origin":"%s","seq":%d,"prev":"%s","at":1,"seen":null,"ref":null,'
        b'"actor":null,"case":null,"base":null,"body":%s}'
        % (county.village.origin.encode(), head[0] + 1, head[1].encode(), body)
    )
    line = jws_sign(county.village.signing_key, payload).encode() + b" " + payload
    views = list(county.township.store.views.all())
    assert [in_words(code) for _, code in attacked.answered(attacked.message(line)).refused] == [
        "event.too_deep"
    ]
    assert county.township.store.stubs.count() == 1
    assert list(county.township.store.views.all()) == views
    assert county.township.verify()[2] is None


# -- answers


class AppLink:
    """A way to a parent's application without a wire; ``answers``: what it said, ``replay``: said again instead."""

    def __init__(self, programs: Programs, parent: Node) -> None:
        self.url = f"http://{parent.id}"
        self.client = programs.app(parent).test_client()
        self.answers: list[bytes] = []
        self.replay: bytes | None = None

    def _bytes(self, answer) -> bytes:
        if answer.status_code != 200:
            raise PeerUnreachable("sync.bad_answer", url=self.url)
        return answer.get_data()

    def exchange(self, message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        self.answers.append(self._bytes(self.client.post(EXCHANGE, data=message)))
        return self.replay or self.answers[-1]

    def node(self) -> bytes:
        return self._bytes(self.client.get("/sync/v1/node"))

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        answer = self.client.open(path, method=method, data=body, headers=headers)
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.get_data())


@pytest.fixture
def linked(fresh):
    """A village that has exchanged with its township's application until all was level."""
    county = fresh.county
    link, room = AppLink(fresh, county.township), Room(county.village.store, county.folder / "village-papers")
    assert sync_once(county.village, [link], room).result == "level"
    return fresh, link, room


def test_an_old_answer_after_a_newer_one_moves_nothing_back(linked):
    programs, link, room = linked
    village, township = programs.county.village, programs.county.township
    programs.county.register(village)
    assert sync_once(village, [link], room).result == "level"
    before = held(village), village.store.peers.heads(township.id)
    link.replay = link.answers[0]
    assert sync_once(village, [link], room).result == "cut"  # nothing new was heard
    assert (held(village), village.store.peers.heads(township.id)) == before
    link.replay = None
    assert sync_once(village, [link], room).result == "level"


@pytest.mark.parametrize("attack", ["garbage", "cut", "another's", "refusal of another message", "empty"])
def test_an_answer_that_the_parent_did_not_give_is_a_bad_link(linked, attack):
    programs, link, room = linked
    village = programs.county.village
    programs.county.register(village)
    other = AppLink(programs, programs.county.hub)
    sync_once(village, [other], room)
    before = held(village)
    link.replay = {
        "garbage": secrets.token_bytes(500),
        "cut": link.answers[-1][:-1],
        "another's": other.answers[-1],
        "refusal of another message": link.client.post(
            EXCHANGE, data=b"bianmin/1 - " + b"a" * 12 + b" 0\n"
        ).get_data(),
        "empty": b" ",
    }[attack]
    report = sync_once(village, [link], room)
    assert (report.result, report.sent) == ("cut", 0)
    assert held(village) == before


# -- papers


def test_a_huge_paper_is_refused(still):
    api = still.api(still.county.township, "王丽")
    assert (
        api.post("/papers", b"\xff\xd8\xff" + bytes(MAX_UPLOAD_BYTES + 5000), 413)["code"] == "web.too_large"
    )
    assert api.post("/papers", b"%PDF-1.4" + bytes(6 << 20) + b"%%EOF", 400)["code"] == "paper.pdf_too_large"


def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused(still):
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    api = still.api(still.county.village, "陈会计")
    assert api.post("/papers", out.getvalue(), 400)["code"] == "paper.too_many_pixels"


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program", b"<svg onload=alert(1)>", b"GIF89a" + bytes(50), b"PK\x03\x04", b"#!/bin/sh",
        b"\0\0\0\x18ftypheic" + bytes(40),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_wrong_type_of_file_is_refused_whatever_its_name(still, content):
    county = still.county
    assert still.api(county.village, "陈会计").post("/papers", content, 400)["code"] in (
        "paper.type",
        "paper.heic",
    )
    client = still.client(county.village, "陈会计")
    form = client.get("/register/MZ-005").form(client.page.path)
    page = client.submit(form, files={"_paper.id": (io.BytesIO(content), "身份证.jpg")}, status=400)
    assert page.errors


def test_a_photo_cut_short_is_refused(still):
    api = still.api(still.county.village, "陈会计")
    assert api.post("/papers", photo()[:500], 400)["code"] == "paper.damaged_upload"


# -- forms

HOSTILE = (
    "\0", "a\0b", "字" * 30_000, "-1", "9" * 400, "2026-02-30", "<script>alert(1)</script>", "%s%n", "\r\nX: y", "🀄",
)  # fmt: skip
_IDS = re.compile(r"[0-9a-f]{32,64}|[0-9]{12}-[0-9]{8}-[0-9A-Z]{4}-[0-9]{4}-[0-9]{2}|[A-Z]{2}-[0-9]{3}")
MOST_PAGES = 60


class Crawler:
    """Goes from link to link as one officer; each form that it meets is sent with hostile text in every input."""

    def __init__(self, client: PageClient, node: Node) -> None:
        self.client, self.node = client, node
        self.pages: set[str] = set()
        self.forms: set[tuple[str, frozenset[str]]] = set()
        self.sent = 0

    def run(self) -> None:
        waiting = ["/"]
        while waiting and len(self.pages) < MOST_PAGES:
            path = waiting.pop(0)
            if _IDS.sub("*", path) in self.pages:
                continue
            self.pages.add(_IDS.sub("*", path))
            waiting += self.look(path)

    def look(self, path: str) -> list[str]:
        """The links of a page, once its forms have been sent."""
        answer = self.client.http.get(path)
        assert answer.status_code < 500, path
        if "Location" in answer.headers:
            return [urljoin(path, answer.headers["Location"])]
        if answer.mimetype != "text/html":
            return []
        page = read_page(answer)
        for form in page.forms:
            address = urljoin(path, form.action) if form.action else path
            kind = _IDS.sub("*", urlsplit(address).path), frozenset(form.names)
            if kind not in self.forms and "/lock" not in address and "/logout" not in address:
                self.forms.add(kind)
                self.attack(form, address)
        links = (a.get("href").partition("#")[0] for a in page.root.all("a"))
        return [link for link in links if link.startswith("/") and "/static" not in link]

    def attack(self, form: Form, address: str) -> None:
        typed = {
            e.get("name") for e in form.inputs if e.tag == "textarea" or e.get("type", "text") == "text"
        } - {""}
        for text in HOSTILE:
            for button in form.buttons or [None]:
                sent = form.fields
                for name in form.names - {"_token"}:
                    sent.setlist(name, [text])
                if button is not None and button.get("name"):
                    sent.setlist(button.get("name"), [button.get("value")])
                before = self.node.store.ledger.pos()
                self.send(form.method, address, sent)
                if text == "\0" and typed:  # which nobody can mean
                    assert self.node.store.ledger.pos() == before, address

    def send(self, method: str, address: str, sent: MultiDict[str, str]) -> None:
        if method == "post":
            answer = self.client.http.post(address, data=sent)
        else:
            answer = self.client.http.get(address, query_string=sent)
        self.sent += 1
        assert answer.status_code < 500, f"{method} {address}: {answer.status_code}"
        if answer.status_code >= 400:
            assert re.search("[\u4e00-\u9fff]", answer.get_data(as_text=True)), address


@pytest.fixture(scope="module")
def worked_on(tmp_path_factory) -> Programs:
    """Here forms may do what they can."""
    return busy(tmp_path_factory.mktemp("worked-on"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("village", "陈会计"), ("township", "王丽"), ("township", "周大勇"),
        ("hub", "何开明"), ("hub", "罗小兰"), ("hub", "唐建国"),
    ],
)  # fmt: skip
def test_a_form_with_wrong_fields_is_never_an_error_of_ours(worked_on, place, name):
    node = getattr(worked_on.county, place)
    crawler = Crawler(worked_on.client(node, name), node)
    crawler.run()
    assert crawler.sent >= 10 * len(crawler.forms) > 50
    assert node.verify()[2] is None


def test_a_form_that_is_refused_changes_nothing(fresh):
    """Each act's page, sent with nothing but its token: what cannot be done so is refused, and nothing comes of it."""
    county = fresh.county
    agent = fresh.api(county.village, "陈会计")
    made = agent.post("/cases", application(fresh, agent, county.village, seen=False))
    county.carry(county.village, county.township)
    client = fresh.client(county.township, "王丽")
    before, refused = held(county.township), 0
    for act in ("accept", "ask-correction", "refuse-acceptance", "note", "withdraw", "see-originals"):
        form = client.get(f"/cases/{made['number']}/{act}").form()
        token = {name: form.fields[name] for name in ("_token", "_base") if name in form.fields}
        answer = client.http.post(f"/cases/{made['number']}/{act}", data={**token, "unheard_of": "1"})
        assert answer.status_code in (400, 409), act
        assert check_page(answer).errors, act
        refused += 1
    assert refused == 6
    assert held(county.township) == before


def test_a_form_from_elsewhere_changes_nothing(still):
    client = still.client(still.county.township, "王丽")
    row = next(iter(still.county.township.store.views.all()))
    answer = client.http.post(f"/cases/{row.number}/note", data={"text": "x", "_token": "forged"})
    assert answer.status_code == 403
    assert check_page(answer).text


def test_another_departments_officer_opens_no_page_of_a_case(fresh):
    """By typing addresses: what a page would not link to, it does not show either."""
    county = fresh.county
    agent, clerk = fresh.api(county.village, "陈会计"), fresh.api(county.township, "王丽")
    made = agent.post("/cases", application(fresh, agent, county.village))
    county.carry(county.village, county.township)
    clerk.act(made["number"], "case.accepted")
    clerk.act(made["number"], "case.offered", to="511322/MZ", opinion="请审批")
    county.level()
    officer = county.appoint(county.hub, "刘窗口", "511322/GA", "window")
    fresh.program(county.hub).accounts.set_password(officer, PASSWORD)
    window = fresh.client(county.hub, "刘窗口")
    number, id, paper = made["number"], made["id"], made["papers"][0]
    addresses = [
        f"/cases/{number}", f"/cases/{id}", f"/cases/{number}/glance", f"/registered/{id}", f"/registered/{number}",
        f"/cases/{id}/print/slip", f"/cases/{id}/print/form", f"/papers/{id}/{paper['event']}/{paper['hash']}",
        f"/cases/{number}/note", f"/cases/{number}/accept",
    ]  # fmt: skip
    for address in addresses:
        page = window.get(address, 403)
        assert made["applicant"] not in page.source, address
    assert number not in window.get(f"/search?q={number[:20]}").text
    for name in ("todo", "incoming", "all"):
        assert number not in window.get(f"/worklists/{name}").source


# -- people at once


def test_a_stale_page_submitted_twice_acts_once(fresh):
    county = fresh.county
    agent = fresh.api(county.village, "陈会计")
    made = agent.post("/cases", application(fresh, agent, county.village))
    county.carry(county.village, county.township)
    clerk = fresh.client(county.township, "王丽")
    stale = clerk.get(f"/cases/{made['number']}/accept")
    clerk.submit(stale.form())
    after = held(county.township)
    clerk.page = stale
    again = clerk.submit(stale.form(), status=409)
    assert "王丽 受理" in again.text
    assert held(county.township) == after


@pytest.mark.parametrize("acts", [("case.accepted", {}), ("case.not_accepted", {"reason": "不属于本机关"})])
def test_of_two_officers_acting_at_once_one_acts_and_the_other_is_told(fresh, acts):
    county = fresh.county
    agent = fresh.api(county.village, "陈会计")
    made = agent.post("/cases", application(fresh, agent, county.village))
    county.carry(county.village, county.township)
    people = [fresh.api(county.township, name) for name in ("王丽", "周大勇")]
    base = people[0].get(f"/cases/{made['number']}")["base"]
    kinds = [("case.accepted", {}), acts]
    answers: list[tuple[int, str]] = []
    start = threading.Barrier(2)

    def act(api, kind: str, body: dict) -> None:
        start.wait()
        answer = api.raw(
            "POST", f"/cases/{made['number']}/acts", json={"type": kind, "base": base, "body": body}
        )
        answers.append((answer.status_code, answer.get_json().get("code", "")))

    threads = [
        threading.Thread(target=act, args=(api, *kind)) for api, kind in zip(people, kinds, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(201, ""), (409, "case.stale")]
    file = county.township.case(made["number"])
    assert len([e for e in file.events if e.type in ("case.accepted", "case.not_accepted")]) == 1
    assert file.view.aside == ()


# -- slips


def refused_slip(attacked: Attacked, request: bytes) -> str:
    """The code that the county's signed answer to a request refuses it with."""
    with pytest.raises(PeerRefused) as caught:
        read_answer(attacked.post(ENROL, request), request, attacked.parent.root)
    return in_words(caught.value.code)


def asking(text: str) -> bytes:
    """A new machine's request."""
    sign, seal = SigningKey(secrets.token_bytes(32)), SealKey(secrets.token_bytes(32))
    return make_request(read_slip(text), sign.public_jwk(), seal.public_jwk(), 0, secrets.token_bytes(16))


def test_a_slip_used_twice_or_expired_enrols_nobody(fresh):
    county = fresh.county
    attacked = Attacked(fresh, county.hub, county.township)
    slips = [
        issue_slip(county.hub, county.village.office, ["http://192.168.1.10"], secrets.token_bytes)
        for _ in range(2)
    ]
    first = asking(slips[0].text)
    chain = read_answer(attacked.post(ENROL, first), first, county.hub.root)
    assert chain.office == county.village.office
    after = held(county.hub)
    assert refused_slip(attacked, asking(slips[0].text)) == "slip.used"
    assert (
        read_answer(attacked.post(ENROL, first), first, county.hub.root) == chain
    )  # the same machine, asking again
    county.clock.forward(days=SLIP_DAYS + 1)
    assert refused_slip(attacked, asking(slips[1].text)) == "slip.expired"
    assert held(county.hub) == after


def test_a_request_of_another_version_is_bad_input_and_no_error_of_ours(still):
    attacked = Attacked(still, still.county.hub, still.county.township)
    assert attacked.post(ENROL, b"A" * 43 + b' {"v":2}', status=400) == b"enrol.version\n"


def test_a_slip_whose_code_is_guessed_enrols_nobody(still):
    county = still.county
    attacked = Attacked(still, county.hub, county.township)
    slip = issue_slip(county.hub, county.village.office, ["http://192.168.1.10"], secrets.token_bytes)
    known = read_slip(slip.text)
    for _ in range(5):
        guess = type(known)(
            known.office, known.parents, known.root, secrets.token_bytes(16), known.expires, known.practice
        )
        sign, seal = SigningKey(secrets.token_bytes(32)), SealKey(secrets.token_bytes(32))
        request = make_request(guess, sign.public_jwk(), seal.public_jwk(), 0, secrets.token_bytes(16))
        assert refused_slip(attacked, request) == "slip.wrong"


# -- logins


@pytest.mark.parametrize(("place", "name"), [("township", "王丽"), ("hub", "唐建国")])
def test_guessed_logins_are_slowed_and_then_even_the_right_one_waits(still, place, name):
    node = getattr(still.county, place)
    client = PageClient(still.app(node))
    officer = still.officer(node, name).id
    for guess in range(FREE_FAILURES + 1):
        page = client.submit(
            client.get("/login").form("/login"), officer=officer, password=f"guess {guess}", status=401
        )
        assert page.errors == ["口令不对。看看大写锁定和输入法,再输一次。"]
    page = client.submit(client.page.form("/login"), officer=officer, password=PASSWORD, status=429)
    assert "先等" in page.errors[0]
    other = PageClient(still.app(node))  # another browser waits too
    other.submit(other.get("/login").form("/login"), officer=officer, password=PASSWORD, status=429)
    still.program(node).accounts.throttle.clear(f"login {officer}")


def test_guessed_tokens_open_nothing(still):
    api = still.api(still.county.hub, "何开明")
    good = api.token
    for guess in ("", "x", good[:-1], good + "=", good.swapcase(), "A" * 5000):
        api.token = guess
        assert api.raw("GET", "/status").status_code == 401


def test_guessed_addresses_of_papers_open_nothing(attacked):
    client = attacked.programs.app(attacked.parent).test_client()
    tus = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    for guess in ("x", "A" * 72, secrets.token_urlsafe(54), "..%2f..%2fnode.db", "é"):
        assert client.get(f"/sync/v1/down/{guess}", headers={"Range": "bytes=0-99"}).status_code == 404
        assert client.open(f"/sync/v1/up/{guess}", method="HEAD", headers=tus).status_code == 404
        assert client.patch(f"/sync/v1/up/{guess}", data=b"x", headers=tus).status_code == 404


def test_guessed_query_codes_are_told_nothing_and_slowed(still):
    county = still.county
    case = county.hub.case(next(iter(county.hub.store.views.all())).number)
    code = next(event.body["query_code"] for event in case.events if event.type == "case.registered")
    client = PageClient(still.app(county.hub))
    said = []
    for guess in range(12):
        wrong = f"{(int(code) + 1 + guess) % 10**6:06}"
        answer = client.http.post(f"/q/{case.row.number}", data={"_token": _token(client), "code": wrong})
        said.append(answer.status_code)
        assert case.row.applicant not in answer.get_data(as_text=True)
    assert said[0] == 403
    assert said[-1] == 429


def _token(client: PageClient) -> str:
    return client.get("/q").form().fields["_token"]
