from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import shutil
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as jose
from joserfc.jwk import OKPKey

from common import ed25519, keys
from common.errors import BadSignature
from common.keys import BadKey, BadSeal, SealKey, SigningKey

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))
SEAL_KEY = SealKey(bytes(range(32)))
PAYLOAD = '{"v":1,"text":"便民.服务"}'.encode()
OKP_REGISTRY = jose.JWSRegistry(algorithms=["Ed25519"])


def b64u(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def un(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


# -- names of keys


def test_a_thumbprint_is_that_of_rfc_8037_appendix_a_3():
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert keys.thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_public_key_is_that_of_rfc_8037_appendix_a_2():
    key = SigningKey(un("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    assert key.public_jwk() == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "alg": "Ed25519",
        "use": "sig",
    }


@pytest.mark.parametrize("jwk", [KEY.public_jwk(), SEAL_KEY.public_jwk()])
def test_a_kid_is_the_thumbprint_that_an_independent_library_computes(jwk):
    assert jwk["kid"] == OKPKey.import_key(jwk).thumbprint()


def test_a_node_is_named_by_the_first_sixty_bits_of_its_thumbprint():
    name = keys.node_id(KEY.public_jwk())
    digest = int.from_bytes(un(KEY.kid), "big")
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    assert name == "".join(alphabet[digest >> (251 - 5 * place) & 31] for place in range(12))


def test_a_key_shows_no_secret_when_printed():
    assert "seed" not in repr(KEY)
    assert bytes(range(32)).hex() not in repr(KEY) + repr(SEAL_KEY) + repr(KEY.public)


def test_the_private_form_is_the_seed_as_rfc_8037_writes_it():
    assert KEY.private_jwk() == {**KEY.public_jwk(), "d": b64u(bytes(range(32)))}
    assert "d" not in KEY.public_jwk()
    with pytest.raises(BadKey):
        keys.read_public_jwk(KEY.private_jwk())


@pytest.mark.parametrize("kind", [SigningKey, SealKey])
def test_a_seed_of_another_size_is_a_bug(kind):
    with pytest.raises(ValueError, match="32"):
        kind(bytes(31))


def test_a_set_of_keys_names_each_once_in_the_order_given():
    first, second = KEY.public_jwk(), OTHER.public_jwk()
    assert keys.jwk_set([first, second, first]) == {"keys": [first, second]}


# -- reading public keys


def test_a_public_key_reads_what_its_owner_shows():
    assert keys.read_public_jwk(KEY.public_jwk()) == KEY.public
    assert keys.read_seal_jwk(SEAL_KEY.public_jwk()) == SEAL_KEY.public


@pytest.mark.parametrize("name", ["alg", "use"])
def test_a_public_key_may_leave_out_what_follows_from_its_curve(name):
    jwk = KEY.public_jwk()
    del jwk[name]
    assert keys.read_public_jwk(jwk) == KEY.public


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": None},
        {"crv": "X25519"},
        {"crv": "Ed448"},
        {"alg": "EdDSA"},
        {"alg": ["Ed25519"]},
        {"use": "enc"},
        {"d": b64u(bytes(range(32)))},
        {"key_ops": ["verify"]},
        {"x": None},
        {"x": 7},
        {"x": ""},
        {"x": KEY.public_jwk()["x"] + "="},
        {"x": KEY.public_jwk()["x"][:-1]},
        {"x": KEY.public_jwk()["x"] + "A"},
        {"x": " " + KEY.public_jwk()["x"][1:]},
        {"x": "+" + KEY.public_jwk()["x"][1:]},
        {"x": "é" + KEY.public_jwk()["x"][1:]},
        {"x": KEY.public_jwk()["x"][:-1] + "B"},  # bits that no byte uses
    ],
)
def test_a_public_key_in_another_form_is_refused(change):
    with pytest.raises(BadKey) as caught:
        keys.read_public_jwk({**KEY.public_jwk(), **change})
    assert caught.value.code == "key.wrong_form"


@pytest.mark.parametrize("name", ["kty", "crv", "x", "kid"])
def test_a_public_key_without_a_needed_member_is_refused(name):
    jwk = KEY.public_jwk()
    del jwk[name]
    with pytest.raises(BadKey) as caught:
        keys.read_public_jwk(jwk)
    assert caught.value.code == "key.wrong_form"


@pytest.mark.parametrize("kid", [OTHER.kid, "", None, 7, KEY.kid + "="])
def test_a_public_key_under_another_name_is_refused(kid):
    with pytest.raises(BadKey) as caught:
        keys.read_public_jwk({**KEY.public_jwk(), "kid": kid})
    assert caught.value.code == "key.wrong_kid"


@pytest.mark.parametrize("jwk", [None, [], "key", 7])
def test_what_is_no_object_is_no_public_key(jwk):
    with pytest.raises(BadKey) as caught:
        keys.read_public_jwk(jwk)
    assert caught.value.code == "key.wrong_form"


@pytest.mark.parametrize("number", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2**255 - 1])
def test_a_sealing_key_of_small_order_or_not_reduced_is_refused(number):
    x = b64u(number.to_bytes(32, "little"))
    jwk = {"kty": "OKP", "crv": "X25519", "x": x}
    with pytest.raises(BadKey) as caught:
        keys.read_seal_jwk({**jwk, "kid": keys.thumbprint(jwk)})
    assert caught.value.code == "key.weak"


def test_a_signing_key_is_no_sealing_key():
    with pytest.raises(BadKey):
        keys.read_seal_jwk(KEY.public_jwk())


# -- signatures


def test_a_signature_is_that_of_rfc_8032_test_2():
    key = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert key.sign(b"\x72") == signature
    keys.verify(key.public, b"\x72", signature)


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_what_a_key_signs_its_public_part_verifies_and_another_does_not(data, seed):
    key = SigningKey(seed)
    signature = key.sign(data)
    keys.verify(key.public, data, signature)
    with pytest.raises(BadSignature):
        keys.verify(KEY.public, data, signature)


def test_a_signature_with_any_one_bit_changed_is_refused():
    for place in range(512):
        signature = bytearray(KEY.sign(PAYLOAD))
        signature[place // 8] ^= 1 << place % 8
        with pytest.raises(BadSignature):
            keys.verify(KEY.public, PAYLOAD, bytes(signature))


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 128])
def test_a_signature_of_another_size_is_refused(size):
    signature = (KEY.sign(PAYLOAD) * 2)[:size]
    with pytest.raises(BadSignature) as caught:
        keys.verify(KEY.public, PAYLOAD, signature)
    assert caught.value.code == "signature.wrong_form"


def test_a_signature_with_the_order_added_to_s_is_refused():
    signature = KEY.sign(PAYLOAD)
    s = int.from_bytes(signature[32:], "little") + ed25519.ORDER
    with pytest.raises(BadSignature) as caught:
        keys.verify(KEY.public, PAYLOAD, signature[:32] + s.to_bytes(32, "little"))
    assert caught.value.code == "signature.wrong_form"


def test_many_signatures_get_the_answer_that_each_gets_alone():
    items = []
    for number in range(300):
        data = b"event %d" % number
        jws = keys.jws_sign(KEY, data)
        if number % 7 == 3:
            jws = jws.partition("..")[0] + ".." + keys.jws_sign(OTHER, data).partition("..")[2]
        if number % 11 == 5:
            jws = jws[:-1]
        items.append((jws, data, KEY.public))
    expected = [number % 7 != 3 and number % 11 != 5 for number in range(300)]
    assert keys.jws_verify_many(items) == expected
    assert keys.jws_verify_many(items[:20]) == expected[:20]
    assert keys.jws_verify_many([]) == []
    assert keys.jws_verify_soon(items).result() == expected


def test_a_build_of_libsodium_that_multiplies_the_cofactor_in_would_not_be_used():
    with pytest.raises(BadSignature):
        keys.verify(keys._public_key(keys._PROBE_KEY), b"torsion", keys._PROBE_SIGNATURE)


def test_openssl_takes_our_signature_over_the_payload(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    der = bytes.fromhex("302a300506032b6570032100") + KEY.public.raw  # SubjectPublicKeyInfo, RFC 8410
    (tmp_path / "key").write_bytes(der)
    (tmp_path / "data").write_bytes(PAYLOAD)
    (tmp_path / "signature").write_bytes(KEY.sign(PAYLOAD))
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
    files = ["-inkey", tmp_path / "key", "-in", tmp_path / "data", "-sigfile", tmp_path / "signature"]
    assert subprocess.run([*command, *files], capture_output=True, check=False).returncode == 0


# -- points of the curve


def test_every_point_whose_order_divides_eight_is_known():
    small = set()
    for y in range(-20, 20):
        for known in ed25519.SMALL_ORDER:
            small.add((known + y) % ed25519.P)
    found = set()
    for y in small:
        point = ed25519._decode(y.to_bytes(32, "little")) if y not in (1, ed25519.P - 1) else (0, y, 1, 0)
        if point is not None:
            x, above, below, _ = ed25519._times(8, point)
            if x == 0 and above == below:
                found.add(y)
    assert found == ed25519.SMALL_ORDER


@given(st.binary(min_size=32, max_size=32))
def test_a_key_made_from_a_seed_is_always_a_good_one(seed):
    assert ed25519.good_public_key(SigningKey(seed).public.raw)


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", sorted({*ed25519.SMALL_ORDER, *range(2**255 - 19, 2**255)}))
def test_no_point_of_small_order_and_no_unreduced_one_is_a_key_or_part_of_a_signature(y, sign):
    encoded = (y + sign).to_bytes(32, "little")
    assert not ed25519.good_public_key(encoded)
    assert not ed25519.good_signature(encoded + bytes(32))


def test_a_point_off_the_curve_is_no_key():
    assert not ed25519.good_public_key((2).to_bytes(32, "little"))


def test_a_key_with_a_part_of_any_small_order_is_refused():
    whole = ed25519._decode(KEY.public.raw)
    part = small = ed25519._decode(ed25519._Y8.to_bytes(32, "little"))
    for _ in range(7):
        x, y, z, _ = ed25519._add(whole, part)
        x, y = x * pow(z, -1, ed25519.P) % ed25519.P, y * pow(z, -1, ed25519.P) % ed25519.P
        mixed = (y | (x & 1) << 255).to_bytes(32, "little")
        assert not ed25519.good_public_key(mixed)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64u(mixed)}
        with pytest.raises(BadKey) as caught:
            keys.read_public_jwk({**jwk, "kid": keys.thumbprint(jwk)})
        assert caught.value.code == "key.weak"
        part = ed25519._add(part, small)


def test_a_point_is_decoded_with_its_sign():
    for y in (KEY.public.raw, OTHER.public.raw):
        x, _, _, _ = ed25519._decode(y)
        other, _, _, _ = ed25519._decode(y[:31] + bytes([y[31] ^ 0x80]))
        assert (x & 1, other) == (y[31] >> 7, ed25519.P - x)


def test_the_edges_of_what_is_a_point_and_a_signature_are_exact():
    assert not ed25519.good_public_key(KEY.public.raw + b"\0")
    assert not ed25519.good_public_key(KEY.public.raw[:31])
    r = KEY.sign(b"")[:32]
    assert ed25519.good_signature(r + (ed25519.ORDER - 1).to_bytes(32, "little"))
    assert not ed25519.good_signature(r + ed25519.ORDER.to_bytes(32, "little"))


# -- detached JWS


def test_a_jws_has_the_one_header_form_and_no_payload():
    header, payload, _ = keys.jws_sign(KEY, PAYLOAD).split(".")
    assert un(header) == f'{{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":"{KEY.kid}"}}'.encode()
    assert payload == ""


def test_an_independent_library_takes_our_jws():
    public = OKPKey.import_key(KEY.public_jwk())
    found = jose.deserialize_compact(
        keys.jws_sign(KEY, PAYLOAD), public, payload=PAYLOAD, registry=OKP_REGISTRY
    )
    assert found.payload == PAYLOAD


def test_we_take_the_jws_of_an_independent_library():
    private = OKPKey.import_key(KEY.private_jwk())
    header = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "kid": KEY.kid}
    whole = jose.serialize_compact(header, PAYLOAD, private, registry=OKP_REGISTRY)
    assert whole.partition(".")[0] == HEADER
    assert whole.rpartition(".")[2] == SIGNATURE


@given(st.binary(max_size=500))
def test_what_is_signed_is_verified_under_its_kid(payload):
    jws = keys.jws_sign(KEY, payload)
    assert keys.jws_kid(jws) == KEY.kid
    keys.jws_verify(jws, payload, KEY.public)
    with pytest.raises(BadSignature) as caught:
        keys.jws_verify(jws, payload + b" ", KEY.public)
    assert caught.value.code == "signature.wrong"


def test_a_jws_of_another_key_is_refused_by_name():
    with pytest.raises(BadSignature) as caught:
        keys.jws_verify(keys.jws_sign(KEY, PAYLOAD), PAYLOAD, OTHER.public)
    assert caught.value.code == "signature.wrong_key"


GOOD = keys.jws_sign(KEY, PAYLOAD)
HEADER, SIGNATURE = GOOD.split("..")


def with_header(text: str) -> str:
    header = b64u(text.encode())
    return f"{header}..{b64u(KEY.sign(header.encode() + b'.' + PAYLOAD))}"


@pytest.mark.parametrize(
    "jws",
    [
        "",
        ".",
        "..",
        HEADER,
        HEADER + ".",
        HEADER + "..",
        HEADER + "." + SIGNATURE,
        f"{HEADER}.{b64u(PAYLOAD)}.{SIGNATURE}",
        f"{HEADER}...{SIGNATURE}",
        f"{HEADER}..{SIGNATURE}=",
        f"{HEADER}..{SIGNATURE}A",
        f"{HEADER}..{SIGNATURE[:-1]}",
        f"{HEADER}..{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}",  # bits that no byte uses
        f"{HEADER}..{SIGNATURE} ",
        f" {HEADER}..{SIGNATURE}",
        f"{HEADER}=..{SIGNATURE}",
        f"{HEADER}\n..{SIGNATURE}",
        f"é{HEADER}..{SIGNATURE}",
        with_header(f'{{"alg":"EdDSA","b64":false,"crit":["b64"],"kid":"{KEY.kid}"}}'),
        with_header(f'{{"alg":"none","b64":false,"crit":["b64"],"kid":"{KEY.kid}"}}'),
        with_header(f'{{"alg":"HS256","b64":false,"crit":["b64"],"kid":"{KEY.kid}"}}'),
        with_header(f'{{"alg":"Ed25519","b64":true,"crit":["b64"],"kid":"{KEY.kid}"}}'),
        with_header(f'{{"alg":"Ed25519","kid":"{KEY.kid}"}}'),
        with_header(f'{{"b64":false,"alg":"Ed25519","crit":["b64"],"kid":"{KEY.kid}"}}'),
        with_header(f'{{"alg": "Ed25519","b64":false,"crit":["b64"],"kid":"{KEY.kid}"}}'),
        with_header(f'{{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":"{KEY.kid}","jku":"x"}}'),
        with_header(f'{{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":"{KEY.kid}"}} '),
        with_header(f'{{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":"{KEY.kid[:-1]}"}}'),
        with_header('{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":7}'),
        with_header('{"alg":"Ed25519","b64":false,"crit":["b64"]}'),
        with_header("[]"),
        with_header("7"),
        with_header("{"),
        with_header("[" * 100_000),
    ],
    ids=itertools.count(),
)
def test_a_jws_in_another_form_is_refused(jws):
    with pytest.raises(BadSignature) as caught:
        keys.jws_verify(jws, PAYLOAD, KEY.public)
    assert caught.value.code == "signature.wrong_form"
    assert keys.jws_verify_many([(jws, PAYLOAD, KEY.public)]) == [False]


@given(st.text(max_size=300))
def test_any_text_is_a_jws_or_refused(text):
    with pytest.raises(BadSignature):
        keys.jws_verify(text, PAYLOAD, KEY.public)


def test_many_jws_get_the_answer_that_each_gets_alone():
    items = [(GOOD, PAYLOAD, KEY.public), ("x", PAYLOAD, KEY.public), (GOOD, b"", KEY.public)]
    assert keys.jws_verify_many(items * 100) == [True, False, False] * 100


# -- seals


@given(st.binary(max_size=300), st.binary(max_size=80))
def test_what_is_sealed_to_a_key_only_that_key_opens(plaintext, info):
    sealed = keys.seal(SEAL_KEY.public_jwk(), plaintext, info)
    assert len(sealed) == len(plaintext) + keys.SEAL_OVERHEAD_BYTES
    assert keys.open_sealed(SEAL_KEY, sealed, info) == plaintext
    for key, outer in ((SealKey(bytes(32)), info), (SEAL_KEY, info + b" ")):
        with pytest.raises(BadSeal):
            keys.open_sealed(key, sealed, outer)


def test_the_same_text_is_never_sealed_the_same_twice():
    jwk = SEAL_KEY.public_jwk()
    assert keys.seal(jwk, b"x", b"") != keys.seal(jwk, b"x", b"")


def test_any_change_of_sealed_bytes_is_found():
    sealed = keys.seal(SEAL_KEY.public_jwk(), b"secret", b"outer")
    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(BadSeal):
            keys.open_sealed(SEAL_KEY, bytes(changed), b"outer")


@pytest.mark.parametrize("size", [0, 1, 31, 32, 47, 48])
def test_sealed_bytes_cut_short_are_refused(size):
    sealed = keys.seal(SEAL_KEY.public_jwk(), b"secret", b"")
    with pytest.raises(BadSeal):
        keys.open_sealed(SEAL_KEY, sealed[:size], b"")


def test_an_encapsulated_key_of_small_order_is_refused():
    with pytest.raises(BadSeal):
        keys.open_sealed(SEAL_KEY, bytes(32) + bytes(48), b"")


def labeled_extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def labeled_expand(suite: bytes, secret: bytes, label: bytes, info: bytes, size: int) -> bytes:
    info = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(secret, info + b"\x01", "sha256")[:size]


def open_by_the_book(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    """RFC 9180 in base mode, written from its text: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""
    mine, enc = X25519PrivateKey.from_private_bytes(seed), sealed[:32]
    shared = mine.exchange(X25519PublicKey.from_public_bytes(enc))
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
    eae = labeled_extract(kem, b"", b"eae_prk", shared)
    secret = labeled_expand(kem, eae, b"shared_secret", enc + mine.public_key().public_bytes_raw(), 32)
    context = (
        b"\x00"
        + labeled_extract(suite, b"", b"psk_id_hash", b"")
        + labeled_extract(suite, b"", b"info_hash", info)
    )
    schedule = labeled_extract(suite, secret, b"secret", b"")
    key = labeled_expand(suite, schedule, b"key", context, 32)
    nonce = labeled_expand(suite, schedule, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed[32:], b"")


@pytest.mark.parametrize("info", [b"", b"bianmin/1 a b 1\n", bytes(1000)])
def test_a_seal_opens_by_the_text_of_rfc_9180(info):
    sealed = keys.seal(SEAL_KEY.public_jwk(), PAYLOAD, info)
    assert open_by_the_book(bytes(range(32)), sealed, info) == PAYLOAD
    with pytest.raises(InvalidTag):
        open_by_the_book(bytes(range(32)), sealed, info + b"x")


# -- HMAC


def test_an_hmac_is_that_of_rfc_4231_case_2():
    mac = keys.hmac_sha256(b"Jefe", b"what do ya want for nothing?")
    assert mac.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_thumbprints_hash_only_what_makes_the_key():
    jwk = KEY.public_jwk()
    canonical = json.dumps({k: jwk[k] for k in ("crv", "kty", "x")}, separators=(",", ":")).encode()
    assert keys.thumbprint(jwk) == b64u(hashlib.sha256(canonical).digest())


# -- a secret that two keys share


def test_two_sealing_keys_share_what_nobody_else_finds():
    other, third = SealKey(bytes(31) + b"\1"), SealKey(bytes(31) + b"\2")
    shared = SEAL_KEY.shared(other.public_jwk(), b"a")
    assert shared == other.shared(SEAL_KEY.public_jwk(), b"a")
    assert len(shared) == 32
    assert shared != SEAL_KEY.shared(other.public_jwk(), b"b")
    assert shared != SEAL_KEY.shared(third.public_jwk(), b"a")
    with pytest.raises(BadKey):
        SEAL_KEY.shared(KEY.public_jwk(), b"a")


def test_the_shared_secret_is_x25519_and_hkdf_by_the_text_of_rfc_5869():
    mine, theirs = X25519PrivateKey.from_private_bytes(bytes(range(32))), SealKey(bytes(31) + b"\1")
    secret = mine.exchange(X25519PublicKey.from_public_bytes(theirs.public.raw))
    extracted = hmac.digest(bytes(32), secret, "sha256")
    assert SEAL_KEY.shared(theirs.public_jwk(), b"info") == hmac.digest(extracted, b"info\1", "sha256")
