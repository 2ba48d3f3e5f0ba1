"""Real nodes over links in memory: what one has, the others get; nothing a link or a stranger does changes anything."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from common import keys
from common.case.commands import AcceptCase
from common.errors import BadInput
from common.events import compose
from common.node import Node
from common.node.values import Truth
from county_hub.nodes.rulings import rule
from sync import exchange, lateness, session, wire
from sync.beliefs import load_belief
from sync.child import parents, set_parents
from sync.exchange import MIN_PAGE_BYTES
from sync.headers import Offer
from sync.http import TooLarge
from sync.parent import read_refusal
from sync.upward import own_chain
from tests.county import chance
from tests.sync.linked import Linked, fresh_county

LEVEL = ("level", 0, 0)


def said(report) -> tuple[str, int, int]:
    return report.result, report.sent, report.taken


def read_by(node: Node, message: bytes) -> tuple[dict, list[bytes]]:
    return wire.read(wire.unseal(message, node.seal_key))


def all_hold(county, case: str, *nodes: Node) -> None:
    digests = {node.case(case).digest for node in nodes}
    assert len(digests) == 1


# ---------------------------------------------------------------- the way of a case


def test_a_case_goes_up_through_the_township_and_its_answer_comes_down(linked: Linked):
    c = linked.county
    case = c.register(c.village).id
    up = linked.sync(c.village, c.township)
    assert (up.result, up.sent, up.taken) == ("level", 2, 1), "registered, submitted; arrived"
    linked.sync(c.township, c.hub)
    linked.sync(c.village, c.township)
    all_hold(c, case, c.village, c.township, c.hub)
    assert set(c.village.case(case).truth.values()) == {Truth.COUNTY}


def test_nodes_outside_the_scope_hold_nothing_of_a_case(linked: Linked):
    c = linked.county
    case = c.register(c.village).id
    linked.level()
    for node in (c.other_township, c.other_village, c.village_2):
        assert node.store.ledger.of_case(case) == []


def test_nothing_new_is_one_round_trip_and_half_a_kilobyte(linked: Linked):
    c = linked.county
    c.register(c.village)
    linked.level()
    link = linked.link(c.township)
    assert said(linked.sync(c.village, link)) == LEVEL
    assert len(link.messages) == 1
    assert len(link.messages[0]) + len(link.answers[0]) < 700


def test_a_village_may_use_township_and_county_in_any_order(linked: Linked):
    c = linked.county
    first = c.register(c.village).id
    linked.sync(c.village, c.hub)
    second = c.register(c.village).id
    linked.sync(c.village, c.township)
    linked.sync(c.village, c.hub)
    linked.level()
    for case in (first, second):
        all_hold(c, case, c.village, c.township, c.hub)


def test_the_first_parent_that_answers_is_used(linked: Linked):
    c = linked.county
    c.register(c.village)
    dead, alive = linked.link(c.township, *["lost"] * 9), linked.link(c.hub)
    report = linked.sync(c.village, dead, alive)
    assert (report.result, report.parent) == ("level", alive.url)
    assert linked.sync(c.village, c.township, alive).parent == f"http://{c.township.id}"


def test_a_parent_that_does_not_answer_a_small_message_is_left_at_once(linked: Linked):
    """Smaller pages get through a bad link; who hangs, hangs, and each wait is half a minute."""
    c = linked.county
    c.register(c.village)
    link = linked.link(c.township, *["silent"] * 9)
    report = linked.sync(c.village, link)
    assert (report.result, report.code, len(link.messages)) == ("cut", "sync.silent", 1)


def test_no_parent_in_reach_is_a_cut_and_loses_nothing(linked: Linked):
    c = linked.county
    c.register(c.village)
    report = linked.sync(c.village, linked.link(c.township, *["lost"] * 9))
    assert (report.result, report.code) == ("cut", "sync.cut")
    assert linked.sync(c.village).result == "cut"
    assert linked.sync(c.village, c.township).sent == 2


def test_progress_says_how_much_of_how_much(linked: Linked):
    c = linked.county
    for _ in range(12):
        c.register(c.village)
    seen = []
    linked.sync(c.village, c.township, progress=seen.append)
    assert [one.up[1] for one in seen] == [24] * len(seen)
    assert seen[-1].up == (24, 24)


def test_all_goes_up_before_anything_comes_down(linked: Linked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "FIRST_PAGE_BYTES", MIN_PAGE_BYTES)
    monkeypatch.setattr(exchange, "GOOD_PAGE_BYTES", MIN_PAGE_BYTES)
    c = linked.county
    linked.level()
    for _ in range(20):
        c.register(c.village)
    news = c.hub.publish("office.named", {"office": f"{c.hub.office}/XX", "name": "新设窗口"})
    link, taken = linked.link(c.hub), []
    linked.sync(c.village, link, progress=lambda seen: taken.append(news.id in c.village.reference.positions))
    offers = [read_by(c.hub, message)[0] for message in link.messages]
    pages = [offer for offer in offers if "max" not in offer]
    assert 2 <= len(pages) < len(offers)
    assert offers[: len(pages)] == pages
    assert not any(taken[: len(pages)])
    assert taken[-1]
    assert [offer["request"] for offer in offers] == sorted({offer["request"] for offer in offers})


def test_the_answer_for_many_lines_brings_nothing_down_though_they_are_all(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "FIRST_PAGE_BYTES", 2 * MIN_PAGE_BYTES)
    monkeypatch.setattr(exchange, "GOOD_PAGE_BYTES", 2 * MIN_PAGE_BYTES)
    c = linked.county
    linked.level()
    linked.sync(c.village, c.hub)
    for _ in range(7):
        c.register(c.village)
    news = c.hub.publish("office.named", {"office": f"{c.hub.office}/XX", "name": "新设窗口"})
    link = linked.link(c.hub)
    assert linked.sync(c.village, link).result == "level"
    (header, lines), (after, none) = [read_by(c.hub, message) for message in link.messages]
    assert MIN_PAGE_BYTES < sum(map(len, lines)) < 2 * MIN_PAGE_BYTES
    assert "max" not in header
    assert "max" in after
    assert none == []
    assert news.id in c.village.reference.positions


def test_the_first_page_is_smaller_than_those_made_while_the_parent_is_at_work(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
):
    """Nobody works while the first one is made, however large pages have been before."""
    monkeypatch.setattr(session, "FIRST_PAGE_BYTES", 4 * MIN_PAGE_BYTES)
    monkeypatch.setattr(session, "AWAITED_PAGE_BYTES", MIN_PAGE_BYTES)
    monkeypatch.setattr(exchange, "GOOD_PAGE_BYTES", MIN_PAGE_BYTES)
    c = linked.county
    linked.level()
    linked.sync(c.village, c.hub)
    for _ in range(60):
        c.register(c.village)
    link = linked.link(c.hub)
    assert linked.sync(c.village, link).result == "level"
    first, second, *_ = [sum(map(len, read_by(c.hub, message)[1])) for message in link.messages]
    assert first <= MIN_PAGE_BYTES < 2 * MIN_PAGE_BYTES < second <= 4 * MIN_PAGE_BYTES


def test_a_page_made_ahead_waits_until_the_one_before_has_arrived(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "FIRST_PAGE_BYTES", MIN_PAGE_BYTES)
    monkeypatch.setattr(exchange, "GOOD_PAGE_BYTES", MIN_PAGE_BYTES)
    c = linked.county
    cases = [c.register(c.village).id for _ in range(30)]
    link = linked.link(c.hub, "", "cut", "", "lost")
    report = linked.sync(c.village, link)
    assert (report.result, report.refused) == ("level", ())
    lines = sum(len(read_by(c.hub, message)[1]) for message in link.messages)
    assert lines > 60  # what nobody has answered is sent again
    for case in cases:
        all_hold(c, case, c.village, c.hub)


# ---------------------------------------------------------------- bad links


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_link_only_takes_longer(linked: Linked, seed: int):
    c, draw = linked.county, random.Random(seed)
    cases = [c.register(c.village).id for _ in range(4)]
    for _ in range(20):
        faults = [
            draw.choice(["", "lost", "cut", lambda a: a[:-9], lambda a: b"<html>login</html>"])
            for _ in range(9)
        ]
        linked.sync(c.village, linked.link(c.township, *faults))
        linked.sync(c.township, linked.link(c.hub, *faults[::-1]))
    linked.level()
    for case in cases:
        all_hold(c, case, c.village, c.township, c.hub)
    assert c.village.verify()[2] is c.township.verify()[2] is c.hub.verify()[2] is None


def test_pages_shrink_on_a_bad_link_and_grow_again(linked: Linked):
    c = linked.county
    for _ in range(20):
        c.register(c.village)
    linked.sync(c.village, c.township)
    for _ in range(4):
        linked.sync(c.village, linked.link(c.township, "cut", "cut", "cut"))
    for _ in range(20):
        c.register(c.village)
    link = linked.link(c.township)
    linked.sync(c.village, link)
    assert len(link.messages) > 1
    sizes = [len(m) for m in link.messages]
    assert sizes[0] < MIN_PAGE_BYTES


def test_a_box_that_takes_only_small_messages_gets_small_ones(linked: Linked):
    c = linked.county
    for _ in range(60):
        c.register(c.village)
    link = linked.link(c.township)
    whole = link.exchange

    def small(message: bytes, meanwhile: Callable[[], None] | None = None) -> bytes:
        if len(message) > 9_000:
            raise TooLarge("sync.too_large_for_peer")
        return whole(message, meanwhile)

    link.exchange = small
    assert said(linked.sync(c.village, link)) == ("level", 120, 60)
    assert max(map(len, link.messages)) <= 9_000


def test_a_stop_between_the_events_and_the_belief_costs_a_repeat(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
):
    c = linked.county
    case = c.register(c.village).id

    def stop(*_: object) -> bool:
        raise SystemExit

    with monkeypatch.context() as stopped:
        stopped.setattr(type(c.village.store.peers), "use_answer", stop)
        with pytest.raises(SystemExit):
            linked.sync(c.village, c.township)
    all_hold(c, case, c.village, c.township)
    assert linked.sync(c.village, c.township).result == "level"
    assert said(linked.sync(c.village, c.township)) == LEVEL


def test_a_hundred_idle_syncs_leave_nothing_behind(linked: Linked):
    c = linked.county
    c.register(c.village, papers=(linked.paper(c.village),))
    linked.level()

    def rows(node: Node) -> dict[str, int]:
        db = node.store.db
        tables = [
            name
            for (name,) in db.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
            )
        ]
        return {table: db.one(f"SELECT count(*) FROM {table}") for table in tables}

    linked.sync(c.village, c.township)
    before = rows(c.village), rows(c.township)
    for _ in range(100):
        assert said(linked.sync(c.village, c.township)) == LEVEL
    assert (rows(c.village), rows(c.township)) == before


def test_an_old_answer_in_the_place_of_a_newer_one_moves_nothing_back(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    c.register(c.village)
    link = linked.link(c.township, "", "old", "old", "old", "old", "old")
    linked.sync(c.village, link)
    before, _ = load_belief(c.village, c.township.id)
    linked.sync(c.village, link)
    assert load_belief(c.village, c.township.id)[0].heads == before.heads
    linked.level()
    assert said(linked.sync(c.village, c.township)) == LEVEL


def test_a_repeated_message_is_answered_and_changes_nothing(linked: Linked):
    c = linked.county
    c.register(c.village)
    link = linked.link(c.township)
    linked.sync(c.village, link)
    before = c.township.store.ledger.pos(), c.township.store.peers.get(c.village.id)
    again = linked.parent(c.township).exchange(link.messages[0])
    assert again.startswith(b"bianmin/1")
    assert (c.township.store.ledger.pos(), c.township.store.peers.get(c.village.id)) == before


def test_what_a_lost_machine_wrote_later_reaches_the_county_once_it_rules_so(linked: Linked):
    """Through a township that alone holds it (docs/decisions/0019)."""
    c = linked.county
    before = c.register(c.village).id
    linked.level()
    cuts = {c.village.origin: c.hub.store.ledger.head(c.village.origin)}
    c.hub.publish("node.revoked", {"node": c.village.id, "cuts": cuts, "reason": "机器丢了"})
    linked.sync(c.township, c.hub)
    later = c.register(c.village)
    report = linked.sync(c.village, c.township)
    assert (report.result, report.code) == ("refused", "sync.revoked")
    linked.sync(c.township, c.hub)
    assert later.id not in c.hub.store.ledger.cases()
    assert c.hub.store.waiting.count() == c.township.store.waiting.count() > 0
    rule(c.hub, c.village.id, {c.village.origin: (later.seq + 1, "")}, "是代办员自己写的")
    for _ in range(2):
        assert linked.sync(c.township, c.hub).result == "level"
    for case in (before, later.id):
        all_hold(c, case, c.township, c.hub)
        assert c.hub.case(case).row.label == "RECEIVED"
    assert c.township.verify()[2] is c.hub.verify()[2] is None


def test_what_waits_for_a_ruling_goes_up_once_and_behind_all_else(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
):
    """The people at the county rule on what they see; who has the key cannot make them see more than so much."""
    c = linked.county
    monkeypatch.setattr(lateness, "MOST", 5)
    linked.level()
    c.hub.publish("node.revoked", {"node": c.village.id, "cuts": {}, "reason": "机器丢了"})
    linked.sync(c.township, c.hub)
    for _ in range(4):
        c.register(c.village)
    linked.sync(c.village, c.township)
    assert c.township.store.waiting.count() == 8
    own = c.register(c.township, channel="township_window", author=c.clerk(c.township))
    link = linked.link(c.hub)
    assert linked.sync(c.township, link).result == "level"
    assert own.id in c.hub.store.ledger.cases()
    assert c.hub.store.waiting.count() == 5
    first = [one.id for one in c.township.store.waiting.list()][:5]
    assert {one.id for one in c.hub.store.waiting.list()} == set(first)
    again = linked.link(c.hub)
    assert linked.sync(c.township, again).result == "level"
    assert max(map(len, again.messages)) < min(16_000, max(map(len, link.messages)))
    assert c.hub.verify()[2] is c.township.verify()[2] is None


def test_a_machine_out_of_service_hands_over_all_that_counts_page_by_page(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
):
    """On a link whose pages do not grow: each time it is told that it is out of service, and the page stays."""
    c = linked.county
    monkeypatch.setattr(session, "FIRST_PAGE_BYTES", MIN_PAGE_BYTES)
    monkeypatch.setattr(session, "MAX_PAGE_BYTES", MIN_PAGE_BYTES)
    events = [c.register(c.village) for _ in range(12)]
    last = events[-1].seq + 1
    cuts = {c.village.origin: [last, c.village.store.ledger.at(c.village.origin, last)]}
    c.hub.publish("node.revoked", {"node": c.village.id, "cuts": cuts, "reason": "机器丢了"})
    linked.sync(c.township, c.hub)
    for _ in range(8):
        assert linked.sync(c.village, c.township).code == "sync.revoked"
    assert c.township.store.ledger.heads()[c.village.origin][0] == last


# ---------------------------------------------------------------- strangers, forgers


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    """A county that no test changes: every message to it is refused."""
    return Linked(fresh_county(tmp_path_factory.mktemp("still")))


def refused(still: Linked, parent: Node, message: bytes) -> str:
    """The code of the signed refusal of a message, after a look that nothing was changed."""
    before = parent.store.ledger.pos(), parent.store.peers.list(), parent.store.waiting.count()
    answer = still.parent(parent).exchange(message)
    assert (parent.store.ledger.pos(), parent.store.peers.list(), parent.store.waiting.count()) == before
    return read_refusal(answer, message, parent.signing_key.public)


def message(still: Linked, sender: Node, reader: Node, **more) -> bytes:
    fields = {
        "sender": sender.id,
        "reader": reader.id,
        "header": Offer(request=1).as_json(),
        "lines": [],
        "signer": sender.signing_key,
        "reader_seal": reader.seal_key.public_jwk(),
        **more,
    }
    return wire.pack(**fields)


@pytest.mark.parametrize(
    "garbage", [b"", b"\0" * 200, b"GET / HTTP/1.1", b"bianmin", b"{}", b"bianmin/1 - - 0\n" + b"x" * 99]
)
def test_garbage_is_bad_input_and_changes_nothing(still: Linked, garbage: bytes):
    with pytest.raises(BadInput) as wrong:
        still.parent(still.county.hub).exchange(garbage)
    assert wrong.value.code == "sync.no_message"


def test_a_message_for_another_reader_is_refused(still: Linked):
    c = still.county
    assert refused(still, c.hub, message(still, c.village, c.township)) == "message.other_reader"


def test_a_message_sealed_to_another_key_is_refused(still: Linked):
    c = still.county
    wrong = message(still, c.village, c.hub, reader_seal=c.township.seal_key.public_jwk())
    assert refused(still, c.hub, wrong) == "message.wrong_seal"


def test_a_message_signed_by_another_key_is_refused(still: Linked):
    c = still.county
    assert (
        refused(still, c.hub, message(still, c.village, c.hub, signer=c.village_2.signing_key))
        == "message.wrong_signature"
    )


def test_a_truncated_message_is_refused(still: Linked):
    c = still.county
    whole = message(still, c.village, c.hub)
    assert refused(still, c.hub, whole[:-1]) == "message.wrong_seal"


def test_a_message_with_its_sender_rewritten_is_refused(still: Linked):
    c = still.county
    whole = message(still, c.village, c.hub)
    rewritten = whole.replace(c.village.id.encode(), c.village_2.id.encode())
    assert refused(still, c.hub, rewritten) == "message.wrong_seal"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"v": 2, "request": 1}, "sync.version"),
        ({"v": 1}, "sync.bad_header"),
        ({"v": 1, "request": -1}, "sync.bad_header"),
        ({"v": 1, "request": 1, "cursors": {"x": 1}}, "sync.bad_header"),
        ({"v": 1, "request": 1, "ref": [1, "zz"]}, "sync.bad_header"),
        ({"v": 1, "request": 1, "papers": [["a"]]}, "sync.bad_header"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(still: Linked, header: dict, code: str):
    c = still.county
    assert refused(still, c.hub, message(still, c.village, c.hub, header=header)) == code


def test_a_node_nobody_knows_is_refused(still: Linked, tmp_path):
    c = still.county
    stranger = Node.create(c.store("stranger"), c.clock, chance("stranger"), root=c.root.kid)
    assert refused(still, c.hub, message(still, stranger, c.hub)) == "sync.unknown_node"
    stranger.store.close()


def test_a_chain_that_is_not_the_countys_helps_nobody(still: Linked):
    c = still.county
    stranger = Node.create(c.store("forger"), c.clock, chance("forger"), root=c.root.kid)
    hub_line = own_chain(c.hub).lines[0]
    body = {
        "node": stranger.id,
        "office": c.village.office,
        "name": "x",
        "sign": stranger.signing_key.public_jwk(),
        "seal": stranger.seal_key.public_jwk(),
    }
    payload = compose(
        type="node.enrolled", moves=False, origin=f"{c.hub.id}/ABCDEFGH", seq=1, prev=None, at=0, seen=None, ref=None,
        actor=None, case=None, base=None, body=body,
    ).payload  # fmt: skip
    forged = keys.jws_sign(stranger.signing_key, payload).encode() + b" " + payload
    header = Offer(request=1, chain=(hub_line.decode(), forged.decode())).as_json()
    assert refused(still, c.hub, message(still, stranger, c.hub, header=header)) == "sync.unknown_node"
    stranger.store.close()


def test_a_parent_and_a_node_of_elsewhere_are_not_served(still: Linked):
    c = still.county
    assert refused(still, c.township, message(still, c.hub, c.township)) == "sync.not_below"
    assert refused(still, c.township, message(still, c.other_village, c.township)) == "sync.not_below"
    assert refused(still, c.township, message(still, c.township, c.township)) == "sync.not_below"


def test_a_revoked_node_is_told_so_and_given_nothing(linked: Linked):
    c = linked.county
    c.hub.publish("node.revoked", {"node": c.village_2.id, "cuts": {}})
    linked.sync(c.township, c.hub)
    report = linked.sync(c.village_2, c.township)
    assert (report.result, report.code) == ("refused", "sync.revoked")
    assert report.taken == 0


def test_a_child_speaks_to_no_parent_of_another_county(linked: Linked):
    c = linked.county
    stranger = Node.create(c.store("stranger"), c.clock, chance("stranger"), root="A" * 43)
    stranger.store.local.set_setting("sync.enrolment", {"office": c.village.office, "request": ""})
    report = linked.sync(stranger, c.township)
    stranger.store.close()
    assert (report.result, report.code) == ("refused", "sync.other_county")


def test_a_child_does_not_take_a_node_of_elsewhere_for_its_parent(linked: Linked):
    c = linked.county
    assert linked.sync(c.village, c.other_township).code == "sync.not_above"
    assert linked.sync(c.village, c.village_2).code == "sync.not_above"


def test_another_node_at_the_address_of_the_parent_is_met_anew(linked: Linked):
    c = linked.county
    linked.sync(c.village, c.township)
    c.register(c.village)
    moved = linked.link(c.hub)
    moved.url = f"http://{c.township.id}"
    report = linked.sync(c.village, moved)
    assert (report.result, report.sent > 0) == ("level", True)


def test_an_answer_by_anybody_else_is_a_bad_link(linked: Linked):
    c = linked.county
    c.register(c.village)
    forged = wire.pack(
        c.township.id, c.village.id, {"v": 1, "answers": 1, "epoch": "AAAAAAAA"}, [], c.village_2.signing_key,
        c.village.seal_key.public_jwk(),
    )  # fmt: skip
    report = linked.sync(c.village, linked.link(c.township, *[lambda a: forged] * 4))
    assert (report.result, report.code) == ("cut", "sync.bad_answer")


# ---------------------------------------------------------------- new, restored, withheld


def test_a_child_whose_parent_does_not_know_it_yet_shows_its_chain(linked: Linked):
    c = linked.county
    village = Node.create(c.store("new"), c.clock, chance("new"), root=c.root.kid)
    office = c.village.office
    body = {"sign": village.signing_key.public_jwk(), "seal": village.seal_key.public_jwk()}
    enrolled = c.hub.publish("node.enrolled", {"node": village.id, "office": office, "name": "新点", **body})
    chain = [own_chain(c.hub).lines[0].decode(), enrolled.line.decode()]
    village.store.local.set_setting("sync.chain", chain)
    linked.rooms[village.id] = linked.rooms[c.village.id]
    link = linked.link(c.township)
    assert linked.sync(village, link).result == "level"
    assert village.reference.size == c.township.reference.size
    assert not village.enrolled, "the township has not heard of it yet"
    linked.sync(c.township, c.hub)
    linked.sync(village, c.township)
    assert village.enrolled
    assert not load_belief(village, c.township.id)[1]
    village.store.close()


def test_a_restored_village_fetches_its_own_past_back_and_opens_an_epoch(linked: Linked, tmp_path):
    c = linked.county
    first = c.register(c.village).id
    linked.level()
    c.village.store.close()
    image = tmp_path / "image.db"
    shutil.copy(c.village.store.path, image)
    second = c.register(c.village).id
    linked.level()
    old_origin = c.village.origin
    c.village.store.close()
    for ending in ("-wal", "-shm"):
        (tmp_path / (c.village.store.path.name + ending)).unlink(missing_ok=True)
    shutil.copy(image, c.village.store.path)
    restored = c.reopened(c.village)
    linked.rooms[restored.id] = linked.rooms[c.village.id]
    assert restored.store.ledger.of_case(second) == []
    assert linked.sync(restored, c.township).result == "level"
    for case in (first, second):
        all_hold(c, case, restored, c.township)
    third = c.register(restored).id
    assert restored.origin != old_origin
    assert linked.sync(restored, c.township).result == "level"
    all_hold(c, third, restored, c.township)
    assert said(linked.sync(restored, c.township)) == LEVEL
    restored.store.close()


def test_an_answer_from_before_a_restore_moves_no_cursor_over_what_was_lost(linked: Linked, tmp_path):
    """Its request id looks newer than all that the restored disk knows; what came before its page was never taken."""
    c = linked.county
    linked.level()
    c.village.store.close()
    image = tmp_path / "image.db"
    shutil.copy(c.village.store.path, image)
    case = c.register(c.village).id
    linked.sync(c.village, c.township)
    c.township.act(AcceptCase(), c.clerk(c.township), case=case)
    link = linked.link(c.township)
    assert linked.sync(c.village, link).taken == 1
    c.village.store.close()
    for ending in ("-wal", "-shm"):
        (tmp_path / (c.village.store.path.name + ending)).unlink(missing_ok=True)
    shutil.copy(image, c.village.store.path)
    restored = c.reopened(c.village)
    linked.rooms[restored.id] = linked.rooms[c.village.id]
    linked.sync(restored, linked.link(c.township, lambda answer: link.answers[0]))
    assert linked.sync(restored, c.township).result == "level"
    all_hold(c, case, restored, c.township)
    restored.store.close()


def test_a_new_machine_of_a_village_gets_the_old_ones_cases(linked: Linked):
    c = linked.county
    case = c.register(c.village).id
    linked.level()
    new = c.enrol("new", c.village.office, c.hub)
    linked.rooms[new.id] = linked.rooms[c.village.id]
    linked.level()
    assert linked.sync(new, c.township).result == "level"
    all_hold(c, case, new, c.village, c.township)
    new.store.close()


def test_a_feed_that_a_relay_withholds_shows(linked: Linked):
    c = linked.county
    case = c.register(c.village).id
    linked.level()
    clerk = c.clerk(c.township)
    c.township.act(AcceptCase(), clerk, case=case)
    linked.sync(c.township, c.hub)
    real = c.township.store.feeds.page
    c.township.store.feeds.page = lambda *a, **k: [
        type(e)(e.number, None, None, None) if e.line and b"case.accepted" in e.line else e
        for e in real(*a, **k)
    ]
    assert linked.sync(c.village, c.township).result == "level"
    assert c.village.withheld() == {c.village.office: 1}
    linked.sync(c.village, c.hub)
    assert c.village.withheld() == {}


def test_a_receipt_that_a_relay_hid_comes_from_the_county_though_a_newer_one_is_here(linked: Linked):
    """Each parent is told which receipts it has given itself."""
    c = linked.county
    case = c.register(c.village).id
    linked.level()
    c.township.act(AcceptCase(), c.clerk(c.township), case=case)
    linked.sync(c.township, c.hub)
    c.village.open_epoch()
    evidence = c.township.store.evidence
    real = evidence.receipts
    evidence.receipts = lambda: [kept for kept in real() if kept.office == c.village.office]
    linked.sync(c.village, c.township)
    linked.sync(c.township, c.hub)
    linked.sync(c.village, c.township)
    assert c.village.withheld() == {c.village.office: 1}, "what the township had sent up is not known here"
    assert linked.sync(c.village, c.hub).result == "level"
    assert c.village.withheld() == {}
    assert linked.sync(c.village, c.hub).taken == 0


def test_a_neighbours_receipt_given_in_the_place_of_the_own_one_holds_nothing_back(linked: Linked):
    c = linked.county
    linked.level()
    case = c.register(c.village).id
    linked.sync(c.village, c.township)
    linked.sync(c.township, c.hub)
    c.register(c.village_2)
    linked.sync(c.village_2, c.township)
    linked.sync(c.township, c.hub)
    evidence, own, other = c.township.store.evidence, c.village.office, c.village_2.office
    real, neighbours = evidence.receipts, replace(evidence.receipt(other), office=own)
    assert neighbours.size > evidence.receipt(own).size
    evidence.receipts = lambda: [neighbours]
    assert linked.sync(c.village, c.township).refused == ()
    assert c.village.receipt_line(other) is None
    evidence.receipts = real
    linked.sync(c.village, c.township)
    assert set(c.village.case(case).truth.values()) == {Truth.COUNTY}


def test_what_a_lost_machine_wrote_after_its_cut_off_is_not_asked_for_again_and_again(linked: Linked):
    """The township took it before it knew; a new machine of the village would only have it wait."""
    c = linked.county
    old = c.enrol("village-old", c.village.office, c.township)
    c.hub.publish("node.revoked", {"node": old.id, "cuts": {}, "reason": "被盗"})
    old.open_epoch()
    assert linked.sync(old, c.township).result == "level"
    linked.sync(c.township, c.hub)
    assert [linked.sync(c.village, c.township).result for _ in range(3)] == ["level"] * 3
    old.store.close()


def test_addresses_of_parents_are_kept_in_order(linked: Linked):
    node = linked.county.village
    set_parents(node, ["http://b", "http://a"])
    assert parents(node) == ("http://b", "http://a")
    assert [p["url"] for p in node.status().parents] == ["http://b", "http://a"]


def test_what_the_report_says_is_json(linked: Linked):
    report = linked.sync(linked.county.village, linked.county.township)
    assert json.loads(json.dumps(report.as_json()))["result"] == "level"
