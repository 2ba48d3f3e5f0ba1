"""Enrolment: the code never travels, the answer is the county's or nobody's, and a repeat changes nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator

import pytest

from common import keys
from common.errors import (
    AppError,
    BadInput,
    LedgerError,
    NotPermitted,
    PeerRefused,
    PeerUnreachable,
    ProtocolMismatch,
)
from common.node import Node
from sync.child import parents
from sync.enrol import Chain, make_request, read_answer, read_chain, read_lines, read_request, write_lines
from sync.enrolling import answer_enrolment, begin, enrol, issue_slip, pending, relay_enrolment
from sync.slips import Slip, read_slip
from sync.upward import home_of, own_chain
from tests.county import chance
from tests.sync.linked import Linked, MemoryLink, http_link, served

RANDOM = secrets.token_bytes


@pytest.fixture
def new(linked: Linked) -> Iterator[Node]:
    """A node that was created from a slip's root, and nothing else."""
    c = linked.county
    node = Node.create(c.store("new"), c.clock, chance("new"), root=c.root.kid)
    yield node
    node.store.close()


def slip_for(linked: Linked, office: str | None = None, **more: int) -> Slip:
    c = linked.county
    issued = issue_slip(c.hub, office or c.village_2.office, ["http://town", "http://hub"], RANDOM, **more)
    return read_slip(issued.text)


def request_of(node: Node, slip: Slip) -> bytes:
    return make_request(
        slip, node.signing_key.public_jwk(), node.seal_key.public_jwk(), node.now(), bytes(16)
    )


def code(call: Callable[[], object], kind: type[AppError] = AppError) -> str:
    with pytest.raises(kind) as refused:
        call()
    return refused.value.code


# ---------------------------------------------------------------- slips at the hub


def test_a_slip_carries_office_parents_root_and_a_code_of_its_own(linked: Linked):
    c = linked.county
    first, second = slip_for(linked), slip_for(linked)
    assert (first.office, first.parents) == (c.village_2.office, ("http://town", "http://hub"))
    assert first.root == c.root.kid == c.hub.root
    assert first.practice
    assert first.code != second.code
    assert c.hub.now() < first.expires * 1000


def test_slips_are_for_townships_and_villages_that_the_county_knows(linked: Linked):
    c = linked.county
    for office in ("511322", "511322115999", "999999999", "511322115/MZ", "x"):
        assert (
            code(lambda office=office: issue_slip(c.hub, office, ["http://a"], RANDOM), BadInput)
            == "slip.unknown_office"
        )
    assert code(lambda: issue_slip(c.township, c.village.office, ["http://a"], RANDOM), NotPermitted)


# ---------------------------------------------------------------- the whole way


def test_a_new_node_enrols_through_its_township_and_can_sync_at_once(linked: Linked, new: Node):
    c = linked.county
    slip = slip_for(linked)
    begin(new, slip, RANDOM)
    assert pending(new)
    assert parents(new) == slip.parents
    link = linked.link(c.township)
    link.enrol = lambda request: relay_enrolment([linked.link(c.hub)], request)  # type: ignore[method-assign]
    chain = enrol(new, [link])
    assert (chain.node, chain.office, home_of(new)) == (new.id, slip.office, slip.office)
    assert not pending(new)
    assert linked.sync(new, link).result == "level"
    linked.sync(c.township, c.hub)
    linked.sync(new, link)
    assert (new.enrolled, new.office, new.practice) == (True, slip.office, True)


def test_enrolment_over_http_through_a_township(linked: Linked, new: Node):
    c = linked.county

    def relay(request: bytes) -> bytes:
        with http_link(hub) as up:
            return relay_enrolment([up], request)

    with served(linked.parent(c.hub)) as hub, served(linked.parent(c.township), relay) as town:
        begin(new, slip_for(linked), RANDOM, [town])
        assert parents(new) == (town,)
        with http_link(town) as link:
            assert enrol(new, [link]).node == new.id


def test_without_a_link_nothing_is_lost_and_it_can_be_tried_again(linked: Linked, new: Node):
    c = linked.county
    begin(new, slip_for(linked), RANDOM)
    dead = linked.link(c.township)
    dead.node = lambda: (_ for _ in ()).throw(PeerUnreachable("sync.unreachable"))  # type: ignore[method-assign]
    assert code(lambda: enrol(new, [dead]), PeerUnreachable) == "sync.unreachable"
    assert code(lambda: enrol(new, []), PeerUnreachable) == "enrol.no_link"
    assert pending(new)
    assert enrol(new, [dead, linked.link(c.hub)]).node == new.id


def test_a_lost_answer_costs_nothing_the_same_request_gets_the_same_answer(linked: Linked, new: Node):
    c = linked.county
    begin(new, slip_for(linked), RANDOM)
    link = linked.link(c.hub)
    whole = link.enrol

    def lost(request: bytes) -> bytes:
        whole(request)
        raise PeerUnreachable("sync.cut")

    link.enrol = lost  # type: ignore[method-assign]
    assert code(lambda: enrol(new, [link]), PeerUnreachable) == "sync.cut"
    size = c.hub.reference.size
    link.enrol = whole  # type: ignore[method-assign]
    assert enrol(new, [link]).node == new.id
    assert enrol(new, []).node == new.id
    assert c.hub.reference.size == size


def test_a_second_machine_may_enrol_for_an_office_with_a_slip_of_its_own(linked: Linked, new: Node):
    c = linked.county
    begin(new, slip_for(linked, c.village.office), RANDOM)
    assert enrol(new, [linked.link(c.hub)]).office == c.village.office
    assert {n.id for n in c.hub.reference.nodes.values() if n.office == c.village.office} == {
        new.id,
        c.village.id,
    }


# ---------------------------------------------------------------- slips that are of no use


def refusal(linked: Linked, node: Node, slip: Slip) -> str:
    c = linked.county
    request, size = request_of(node, slip), c.hub.reference.size
    answer = answer_enrolment(c.hub, request)
    assert c.hub.reference.size == size
    return code(lambda: read_answer(answer, request, c.root.kid), PeerRefused)


def test_a_slip_used_by_other_keys_is_refused(linked: Linked, new: Node):
    c = linked.county
    slip = slip_for(linked)
    other = Node.create(c.store("other"), c.clock, chance("other"), root=c.root.kid)
    answer_enrolment(c.hub, request_of(other, slip))
    other.store.close()
    assert refusal(linked, new, slip) == "slip.used"


def test_an_expired_slip_is_refused_by_the_hubs_clock_alone(linked: Linked, new: Node):
    slip = slip_for(linked, days=3)
    linked.county.clock.forward(days=4)
    assert refusal(linked, new, slip) == "slip.expired"


def test_a_slip_that_was_used_in_time_answers_its_node_for_ever(linked: Linked, new: Node):
    c = linked.county
    slip = slip_for(linked, days=3)
    request = request_of(new, slip)
    first = answer_enrolment(c.hub, request)
    c.clock.forward(days=400)
    assert answer_enrolment(c.hub, request) == first


def test_a_wrong_code_is_refused(linked: Linked, new: Node):
    c = linked.county
    slip_for(linked)
    wrong = Slip(c.village_2.office, ("http://a",), c.root.kid, bytes(16), 2_000_000_000, practice=True)
    assert refusal(linked, new, wrong) == "slip.wrong"


def test_a_slip_for_one_office_does_not_enrol_for_another(linked: Linked, new: Node):
    c = linked.county
    slip = slip_for(linked)
    other = Slip(c.village.office, slip.parents, slip.root, slip.code, slip.expires, practice=True)
    assert refusal(linked, new, other) == "slip.wrong"


def test_keys_put_in_the_place_of_others_on_the_way_are_refused(linked: Linked, new: Node):
    c = linked.county
    slip = slip_for(linked)
    mac, _, payload = request_of(new, slip).partition(b" ")
    body = json.loads(payload)
    body["sign"] = c.village.signing_key.public_jwk()
    request = mac + b" " + json.dumps(body, separators=(",", ":")).encode()
    answer = answer_enrolment(c.hub, request)
    assert code(lambda: read_answer(answer, request, c.root.kid), PeerRefused) == "slip.wrong"


def test_the_code_stands_in_no_message(linked: Linked, new: Node):
    slip = slip_for(linked)
    request = request_of(new, slip)
    answer = answer_enrolment(linked.county.hub, request)
    for secret in (slip.code, slip.code.hex().encode()):
        assert secret not in request
        assert secret not in answer


# ---------------------------------------------------------------- what is no request, no answer, no chain


@pytest.mark.parametrize(
    "garbage", [b"", b" ", b"{}", b"x" * 5_000, b"a" * 43 + b" {}", b"a" * 43 + b" [1]", b"\xff" * 60]
)
def test_what_is_no_request_is_bad_input(linked: Linked, garbage: bytes):
    c = linked.county
    assert code(lambda: answer_enrolment(c.hub, garbage), BadInput) == "enrol.malformed"
    assert code(lambda: relay_enrolment([linked.link(c.hub)], garbage), BadInput) == "enrol.malformed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("office", "511322115/MZ"),
        ("office", 5),
        ("at", "now"),
        ("nonce", "00"),
        ("nonce", "z" * 32),
        ("sign", {}),
        ("sign", {"kty": "OKP"}),
        ("seal", None),
        ("seal", []),
        ("v", "1"),
        ("more", 1),
    ],
)
def test_a_request_with_a_wrong_field_is_bad_input(linked: Linked, new: Node, field: str, value: object):
    mac, _, payload = request_of(new, slip_for(linked)).partition(b" ")
    data = mac + b" " + json.dumps({**json.loads(payload), field: value}).encode()
    assert code(lambda: read_request(data), BadInput) == "enrol.malformed"


def test_a_request_of_another_version_is_told_so(linked: Linked, new: Node):
    mac, _, payload = request_of(new, slip_for(linked)).partition(b" ")
    data = mac + b" " + json.dumps({**json.loads(payload), "v": 2}).encode()
    assert code(lambda: read_request(data), ProtocolMismatch) == "enrol.version"


def answers(linked: Linked, new: Node) -> tuple[bytes, bytes]:
    request = request_of(new, slip_for(linked))
    return request, answer_enrolment(linked.county.hub, request)


def test_an_answer_to_another_request_is_none(linked: Linked, new: Node):
    c = linked.county
    request, answer = answers(linked, new)
    other = request_of(c.village, slip_for(linked))
    with pytest.raises(LedgerError):
        read_answer(answer, other, c.root.kid)
    read_answer(answer, request, c.root.kid)


def test_an_answer_that_another_county_signed_is_none(linked: Linked, new: Node):
    request, answer = answers(linked, new)
    assert code(lambda: read_answer(answer, request, "A" * 43), LedgerError) == "chain.other_root"


def test_an_answer_changed_anywhere_is_none(linked: Linked, new: Node):
    request, answer = answers(linked, new)
    for place in range(0, len(answer), 97):
        changed = answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        with pytest.raises(LedgerError):
            read_answer(changed, request, linked.county.root.kid)


@pytest.mark.parametrize("data", [b"", b"\n", b"x", b"<html>\n", b"a b\nc d\n", b"x" * 200_000 + b"\n"])
def test_what_is_no_chain_is_refused(linked: Linked, data: bytes):
    with pytest.raises(LedgerError):
        read_chain(read_lines(data), linked.county.root.kid)


def test_a_chain_says_who_a_node_is(linked: Linked):
    c = linked.county
    for node in (c.hub, c.township, c.village):
        chain = own_chain(node)
        assert isinstance(chain, Chain)
        assert (chain.node, chain.office, chain.name, chain.hub) == (
            node.id,
            node.office,
            node.name,
            c.hub.id,
        )
        assert read_chain(read_lines(write_lines(chain.lines)), c.root.kid) == chain


def test_a_chain_must_be_the_hubs(linked: Linked):
    c = linked.county
    hub_line, town_line = own_chain(c.township).lines
    jws, _, payload = town_line.partition(b" ")
    own = keys.jws_sign(c.township.signing_key, payload).encode() + b" " + payload
    for lines in ([hub_line, own], [town_line], [town_line, hub_line], [hub_line, town_line, town_line]):
        with pytest.raises(LedgerError):
            read_chain(lines, c.root.kid)
    assert jws != own


def test_enrolling_without_a_slip_says_so(new: Node):
    assert code(lambda: enrol(new, []), BadInput) == "enrol.no_slip"


def test_a_parent_of_another_county_is_not_asked(linked: Linked):
    c = linked.county
    node = Node.create(c.store("lost"), c.clock, chance("lost"), root="A" * 43)
    slip = Slip(c.village.office, ("http://a",), "A" * 43, bytes(16), 0, practice=False)
    begin(node, slip, RANDOM)
    link = linked.link(c.hub)
    assert isinstance(link, MemoryLink)
    assert code(lambda: enrol(node, [link]), PeerRefused) == "sync.other_county"
    node.store.close()
