"""What is said between nodes besides events: the vectors that a stranger checks his own code with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.errors import BadInput, PeerRefused
from common.keys import read_public_jwk
from sync.enrol import read_answer, read_request
from sync.exchange import digest
from sync.parent import read_refusal
from sync.slips import Slip, read_slip, write_slip

FILE = Path(__file__).parents[1] / "vectors" / "exchange.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))
SLIP = VECTORS["slip"]


@pytest.mark.parametrize("vector", VECTORS["digests"])
def test_a_digest_is_that_of_its_vector(vector):
    assert digest({origin: tuple(head) for origin, head in vector["heads"].items()}) == vector["digest"]


def test_a_slip_is_read_and_written_as_in_its_vector():
    slip = Slip(
        SLIP["office"],
        tuple(SLIP["parents"]),
        SLIP["root"],
        bytes.fromhex(SLIP["code"]),
        SLIP["expires"],
        SLIP["practice"],
    )
    assert read_slip(SLIP["text"]) == slip
    assert write_slip(slip) == SLIP["text"]


@pytest.mark.parametrize("vector", VECTORS["refused_slips"], ids=lambda vector: vector["why"])
def test_a_bad_slip_is_refused_with_its_code(vector):
    with pytest.raises(BadInput) as refused:
        read_slip(vector["text"])
    assert refused.value.code == vector["code"]


def test_a_request_proves_the_code_of_its_slip_and_no_other():
    request = read_request(VECTORS["request"].encode())
    assert request.office == SLIP["office"]
    assert request.proves(bytes.fromhex(SLIP["code"]))
    assert not request.proves(bytes(16))


def test_an_answer_is_the_chain_of_the_node_that_asked():
    request = VECTORS["request"].encode()
    chain = read_answer(VECTORS["answer"].encode(), request, SLIP["root"])
    assert (chain.node, chain.office) == (read_request(request).node, SLIP["office"])


def test_a_refused_answer_says_its_code():
    with pytest.raises(PeerRefused) as refused:
        read_answer(VECTORS["refused"]["answer"].encode(), VECTORS["request"].encode(), SLIP["root"])
    assert refused.value.code == VECTORS["refused"]["code"]


def test_a_refusal_of_a_message_says_its_code():
    vector = VECTORS["refusal"]
    key = read_public_jwk(vector["public"])
    assert read_refusal(vector["line"].encode(), vector["message"].encode(), key) == vector["code"]
