"""The vectors of the protocol hold for our code, and, where there is another implementation to ask, for that too."""

from __future__ import annotations

import hashlib
import itertools
import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from common import keys
from common.errors import BadSignature
from common.event_types import EVENT_TYPES, check_body
from common.events import BadEvent, decode
from common.keys import BadKey, SealKey, SigningKey
from common.merkle import Frontier
from common.notes import BadNote, Checkpoint, read_checkpoint, sign_checkpoint
from sync import wire
from sync.wire import BadMessage

VECTORS = Path(__file__).parent / "vectors"
JOSE = jose.JWSRegistry(algorithms=["Ed25519"])


def vectors(name: str):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def each(vector_list):
    """One test for each, named by its place and what it is about."""
    return pytest.mark.parametrize(
        "vector", vector_list, ids=[f"{place} {vector['why']}" for place, vector in enumerate(vector_list)]
    )


KEYS, SIGNATURES, NOTES, MESSAGES = map(vectors, ("keys", "signatures", "notes", "messages"))


# -- events


@pytest.fixture(scope="module", params=sorted(EVENT_TYPES))
def event(request):
    return vectors(f"events/{request.param}")


def test_an_event_is_read_and_means_what_its_type_wants(event):
    read = decode(event["payload"].encode(), event["jws"])
    assert (read.id, read.type) == (event["id"], event["type"])
    assert read.moves is EVENT_TYPES[read.type].moves
    assert check_body(read.type, read.body) is None
    assert read.node == keys.node_id(event["public"]) or read.type == "hub.enrolled"


def test_an_event_has_the_id_and_signature_of_its_vector(event):
    payload, key = event["payload"].encode(), SigningKey(bytes.fromhex(event["seed"]))
    assert hashlib.sha256(payload).hexdigest() == event["id"]
    assert key.public_jwk() == event["public"]
    assert keys.jws_sign(key, payload) == event["jws"]
    assert keys.jws_kid(event["jws"]) == event["kid"] == key.kid


def test_an_independent_library_takes_the_signature_of_an_event(event):
    public = OKPKey.import_key(event["public"])
    payload = event["payload"].encode()
    assert public.thumbprint() == event["kid"]
    assert jose.deserialize_compact(event["jws"], public, payload=payload, registry=JOSE).payload == payload
    with pytest.raises(JoseError):
        jose.deserialize_compact(event["jws"], public, payload=payload + b" ", registry=JOSE)


def test_every_code_of_an_unreadable_event_has_a_vector():
    codes = {vector["code"] for vector in vectors("bad_events")}
    source = (Path(__file__).parents[1] / "common" / "events.py").read_text(encoding="utf-8")
    raised = {part.partition('"')[0] for part in source.split('BadEvent("')[1:]}
    assert codes == raised


@each(vectors("bad_events"))
def test_an_unreadable_event_is_refused_with_its_code(vector):
    with pytest.raises(BadEvent) as caught:
        decode(b64decode(vector["payload"]))
    assert caught.value.code == vector["code"]


# -- keys and signatures


@pytest.mark.parametrize("vector", KEYS["signing"], ids=itertools.count())
def test_a_signing_key_has_the_names_of_its_vector(vector):
    key = SigningKey(bytes.fromhex(vector["seed"]))
    assert key.public_jwk() == vector["jwk"]
    assert keys.node_id(vector["jwk"]) == vector["node"]
    assert OKPKey.import_key(vector["jwk"]).thumbprint() == vector["jwk"]["kid"]


@pytest.mark.parametrize("vector", KEYS["sealing"], ids=itertools.count())
def test_a_sealing_key_has_the_names_of_its_vector(vector):
    assert SealKey(bytes.fromhex(vector["seed"])).public_jwk() == vector["jwk"]
    assert OKPKey.import_key(vector["jwk"]).thumbprint() == vector["jwk"]["kid"]


@each(KEYS["refused_signing"])
def test_a_bad_signing_key_is_refused_with_its_code(vector):
    with pytest.raises(BadKey) as caught:
        keys.read_public_jwk(vector["jwk"])
    assert caught.value.code == vector["code"]


@each(KEYS["refused_sealing"])
def test_a_bad_sealing_key_is_refused_with_its_code(vector):
    with pytest.raises(BadKey) as caught:
        keys.read_seal_jwk(vector["jwk"])
    assert caught.value.code == vector["code"]


@pytest.fixture(params=["openssl", "libsodium"])
def verified(request):
    """The check of each library by itself."""
    if request.param == "libsodium":
        pytest.importorskip("nacl")
        assert keys._SODIUM is not None
        return keys._SODIUM
    return keys._verified


def test_a_good_signature_is_taken_by_every_library(verified):
    public = keys.read_public_jwk(SIGNATURES["public"])
    data = SIGNATURES["data"].encode()
    assert verified(public, data, bytes.fromhex(SIGNATURES["signature"]))
    keys.jws_verify(SIGNATURES["jws"], data, public)


@each(SIGNATURES["refused"])
def test_a_bad_signature_is_refused_by_every_library(verified, vector):
    public = keys.read_public_jwk(SIGNATURES["public"])
    assert not verified(public, SIGNATURES["data"].encode(), bytes.fromhex(vector["signature"]))


@each(SIGNATURES["refused_under_their_own_key"])
def test_a_signature_on_which_libraries_differ_is_refused_by_every_one(verified, vector):
    public, signature = keys.read_public_jwk(vector["public"]), bytes.fromhex(vector["signature"])
    assert not verified(public, SIGNATURES["data"].encode(), signature)


def test_libraries_do_differ_on_what_we_refuse():
    vector = SIGNATURES["refused_under_their_own_key"][0]
    public = keys.read_public_jwk(vector["public"])
    lax = Ed25519PublicKey.from_public_bytes(public.raw)
    lax.verify(bytes.fromhex(vector["signature"]), SIGNATURES["data"].encode())  # raises where it is refused


@each(SIGNATURES["refused_jws"])
def test_a_jws_in_another_form_is_refused(vector):
    public = keys.read_public_jwk(SIGNATURES["public"])
    with pytest.raises(BadSignature):
        keys.jws_verify(vector["jws"], SIGNATURES["data"].encode(), public)


# -- the tree and its heads


def test_the_tree_has_the_roots_of_its_vector():
    vector = vectors("merkle")
    ids = [bytes.fromhex(id) for id in vector["ids"]]
    assert [Frontier().extend(ids[:size]).root().hex() for size in range(len(ids) + 1)] == vector["roots"]


def test_a_checkpoint_is_read_and_signed_as_in_its_vector():
    good, hub = NOTES["good"], SigningKey(bytes.fromhex(NOTES["seed"]))
    root = bytes.fromhex(good["root"])
    assert hub.public_jwk() == NOTES["hub"]
    assert read_checkpoint(good["note"], hub.public) == Checkpoint(
        good["log"], good["size"], root, good["time"]
    )
    assert sign_checkpoint(good["log"], good["size"], root, good["time"], hub) == good["note"]


@each(NOTES["refused"])
def test_a_bad_checkpoint_is_refused_with_its_code(vector):
    with pytest.raises(BadNote) as caught:
        read_checkpoint(vector["note"], keys.read_public_jwk(NOTES["hub"]))
    assert caught.value.code == vector["code"]


# -- messages

READER = SealKey(bytes.fromhex(MESSAGES["reader"]["seed"]))


@pytest.mark.parametrize("vector", MESSAGES["good"], ids=itertools.count())
def test_a_recorded_message_opens(vector):
    opened = wire.unseal(b64decode(vector["message"]), READER)
    assert (opened.sender, opened.reader) == (vector["sender"], MESSAGES["reader"]["node"])
    assert opened.dictionary == vector["dictionary"]
    assert wire.read(opened) == (vector["header"], [line.encode() for line in vector["lines"]])
    wire.check(opened, keys.read_public_jwk(MESSAGES["sender"]["public"]))


def test_every_dictionary_has_a_recorded_message():
    assert {vector["dictionary"] for vector in MESSAGES["good"]} == set(wire.DICTIONARIES)


@each(MESSAGES["refused"])
def test_a_bad_message_is_refused_with_its_code(vector):
    with pytest.raises(BadMessage) as caught:
        wire.read(wire.unseal(b64decode(vector["message"]), READER))
    assert caught.value.code == vector["code"]
