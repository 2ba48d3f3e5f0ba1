"""Keys: Ed25519 signatures and HPKE seals, bytes in and bytes out (PROTOCOL.md 2 and 3.5).

The one file that imports cryptography for signing and sealing.  A signature is a detached JWS with unencoded payload
(RFC 7515 appendix F, RFC 7797) in one allowed header form; a public key travels as a JWK (RFC 7517, RFC 8037) whose
``kid`` is its thumbprint (RFC 7638).  Algorithm and hash are named in every header, so that national ones can join.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.ed25519 import good_public_key, good_signature
from common.errors import BadSignature, LedgerError

SEED_BYTES = 32
SIGNATURE_BYTES = 64
KNOWN_KEYS = 16_384  # how many parsed keys and headers are remembered
SEAL_OVERHEAD_BYTES = 48

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_FIELD_PRIME = 2**255 - 19
_HEADER = '{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":"%s"}'
_BATCH = 64  # fewer signatures than this are not worth a second thread
_WORKERS = 4

JWK = Mapping[str, Any]
Signed = tuple["PublicKey", bytes, bytes]  # whose key, the signed bytes, the raw signature
SignedLine = tuple[str, bytes, "PublicKey"]  # detached JWS, payload, whose key it should be
Check = Callable[["PublicKey", bytes, bytes], bool]


class BadKey(LedgerError):
    """The public key cannot be read, is a weak one, or its ``kid`` is not its thumbprint."""


class BadSeal(LedgerError):
    """The sealed bytes were not made for this key and this outer part, or were changed on the way."""


# -- public keys


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A node's, department's or root's signing key: ``raw`` 32 bytes, ``kid`` its thumbprint."""

    raw: bytes
    kid: str
    _key: Ed25519PublicKey = field(repr=False, compare=False)

    def jwk(self) -> dict[str, str]:
        return _signing_jwk(self.raw)

    def verify(self, data: bytes, signature: bytes) -> None:
        """Raises BadSignature."""
        if not good_signature(signature):
            raise BadSignature("signature.wrong_form")
        try:
            self._key.verify(signature, data)
        except InvalidSignature as exc:
            raise BadSignature("signature.wrong") from exc


@dataclass(frozen=True, slots=True)
class SealPublicKey:
    """A node's sealing key: ``raw`` 32 bytes, ``kid`` its thumbprint."""

    raw: bytes
    kid: str
    _key: X25519PublicKey = field(repr=False, compare=False)

    def jwk(self) -> dict[str, str]:
        return _sealing_jwk(self.raw)


def read_public_jwk(jwk: JWK) -> PublicKey:
    """A signing key from its JWK.  Raises BadKey; what it takes is exact (PROTOCOL.md 2.2)."""
    raw = _read_jwk(jwk, "Ed25519", {"alg": "Ed25519", "use": "sig"})
    return _public_key(raw)


def read_seal_jwk(jwk: JWK) -> SealPublicKey:
    """A sealing key from its JWK.  Raises BadKey."""
    raw = _read_jwk(jwk, "X25519", {"use": "enc"})
    return _seal_public_key(raw)


def thumbprint(jwk: JWK) -> str:
    """RFC 7638 with SHA-256, base64url without padding: 43 characters."""
    return _b64u(_thumb(str(jwk["crv"]), str(jwk["x"])))


def node_id(jwk: JWK) -> str:
    """The name of the node that owns a signing key: 12 characters of base32 (docs/decisions/0001)."""
    return b32encode(_thumb(str(jwk["crv"]), str(jwk["x"])))[:12].decode("ascii").lower()


def jwk_set(jwks: Iterable[JWK]) -> dict[str, list[dict[str, Any]]]:
    """A JWK Set (RFC 7517, 5) of the keys in the order given, each once."""
    unique = {jwk["kid"]: dict(jwk) for jwk in jwks}
    return {"keys": list(unique.values())}


def _read_jwk(jwk: JWK, curve: str, optional: Mapping[str, str]) -> bytes:
    needed = {"kty", "crv", "x", "kid"}
    if not isinstance(jwk, Mapping) or not needed <= jwk.keys() <= needed | optional.keys():
        raise BadKey("key.wrong_form")
    fixed = {"kty": "OKP", "crv": curve, **optional}
    if any(jwk.get(name, value) != value for name, value in fixed.items()):
        raise BadKey("key.wrong_form")
    raw = _unb64u(jwk["x"], 32)
    if raw is None:
        raise BadKey("key.wrong_form")
    if jwk["kid"] != thumbprint(jwk):
        raise BadKey("key.wrong_kid")
    return raw


@lru_cache(KNOWN_KEYS)
def _public_key(raw: bytes) -> PublicKey:
    if not good_public_key(raw):
        raise BadKey("key.weak")
    return PublicKey(
        raw, thumbprint({"crv": "Ed25519", "x": _b64u(raw)}), Ed25519PublicKey.from_public_bytes(raw)
    )


@lru_cache(KNOWN_KEYS)
def _seal_public_key(raw: bytes) -> SealPublicKey:
    key = X25519PublicKey.from_public_bytes(raw)
    try:  # a point of small order gives a shared secret of zeros, which the library refuses
        X25519PrivateKey.from_private_bytes(bytes(SEED_BYTES)).exchange(key)
    except ValueError as exc:
        raise BadKey("key.weak") from exc
    if int.from_bytes(raw, "little") >= _FIELD_PRIME:
        raise BadKey("key.weak")
    return SealPublicKey(raw, thumbprint({"crv": "X25519", "x": _b64u(raw)}), key)


def _signing_jwk(raw: bytes) -> dict[str, str]:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _b64u(raw)}
    return {**jwk, "kid": thumbprint(jwk), "alg": "Ed25519", "use": "sig"}


def _sealing_jwk(raw: bytes) -> dict[str, str]:
    jwk = {"kty": "OKP", "crv": "X25519", "x": _b64u(raw)}
    return {**jwk, "kid": thumbprint(jwk), "use": "enc"}


def _thumb(curve: str, x: str) -> bytes:
    canonical = json.dumps({"crv": curve, "kty": "OKP", "x": x}, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).digest()


# -- signing


class SigningKey:
    """An Ed25519 key from its 32-byte seed (else ValueError); ``public`` is what others check against."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = _public_key(self._key.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        return self.public.kid

    def public_jwk(self) -> dict[str, str]:
        return self.public.jwk()

    def private_jwk(self) -> dict[str, str]:
        """The key with its secret (RFC 8037), for the root key's offline copies alone."""
        return {**self.public_jwk(), "d": _b64u(self._key.private_bytes_raw())}

    def sign(self, data: bytes) -> bytes:
        """The raw signature, 64 bytes (RFC 8032: the same data gives the same signature)."""
        return self._key.sign(data)


def verify(public: PublicKey, data: bytes, signature: bytes) -> None:
    """Check a raw 64-byte signature.  Raises BadSignature."""
    public.verify(data, signature)


def _verified_raw(public: PublicKey, data: bytes, signature: bytes) -> bool:
    return (_SODIUM or _verified)(public, data, signature)


def _verified(public: PublicKey, data: bytes, signature: bytes) -> bool:
    try:
        public.verify(data, signature)
    except BadSignature:
        return False
    return True


# -- detached JWS


def jws_sign(key: SigningKey, payload: bytes) -> str:
    """The detached JWS of the payload: header, two dots, signature; all base64url."""
    header = _header(key.kid)
    return f"{header}..{_b64u(key.sign(_signing_input(header, payload)))}"


def jws_kid(jws: str) -> str:
    """The ``kid`` that a JWS names.  Raises BadSignature unless its header is the one allowed form, byte for byte."""
    return _header_kid(jws.partition(".")[0])


def jws_verify(jws: str, payload: bytes, public: PublicKey) -> None:
    """Check a detached JWS under a key.  Raises BadSignature."""
    verify(*_signed(jws, payload, public))


def jws_verify_many(items: Sequence[SignedLine]) -> list[bool]:
    """Check many (JWS, payload, key); the answer to each is that of ``jws_verify``, in the order given.

    Both libraries let other threads run, so a large batch uses several cores.
    """
    if len(items) < 2 * _BATCH:
        return _jws_verify_each(items)
    size = max(_BATCH, -(-len(items) // _WORKERS))
    begun = [jws_verify_soon(items[start : start + size]) for start in range(0, len(items), size)]
    return [answer for part in begun for answer in part.result()]


def jws_verify_soon(items: Sequence[SignedLine]) -> Future[list[bool]]:
    """Begin checking in another thread; the answers come as those of ``jws_verify_many``."""
    return _verifiers().submit(_jws_verify_each, items)


@cache
def _verifiers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WORKERS, "verify")


def _jws_verify_each(items: Iterable[SignedLine]) -> list[bool]:
    return [_jws_verified(*item) for item in items]


def _jws_verified(jws: str, payload: bytes, public: PublicKey) -> bool:
    try:
        return _verified_raw(*_signed(jws, payload, public))
    except BadSignature:
        return False


def _signed(jws: str, payload: bytes, public: PublicKey) -> Signed:
    header, _, signature = jws.partition("..")
    if _header_kid(header) != public.kid:
        raise BadSignature("signature.wrong_key")
    raw = _unb64u(signature, SIGNATURE_BYTES)
    if raw is None:
        raise BadSignature("signature.wrong_form")
    return public, _signing_input(header, payload), raw


def _signing_input(header: str, payload: bytes) -> bytes:
    return header.encode("ascii") + b"." + payload


@lru_cache(KNOWN_KEYS)
def _header(kid: str) -> str:
    return _b64u((_HEADER % kid).encode("ascii"))


@lru_cache(KNOWN_KEYS)
def _header_kid(header: str) -> str:
    try:
        kid = json.loads(_unpadded(header))["kid"]
    except (ValueError, TypeError, KeyError, RecursionError) as exc:
        raise BadSignature("signature.wrong_form") from exc
    if _unb64u(kid, 32) is None or _header(kid) != header:
        raise BadSignature("signature.wrong_form")
    return str(kid)


# -- sealing


class SealKey:
    """An X25519 key from its 32-byte seed (else ValueError), to which others seal."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = X25519PrivateKey.from_private_bytes(seed)
        self.public = _seal_public_key(self._key.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        return self.public.kid

    def public_jwk(self) -> dict[str, str]:
        return self.public.jwk()

    def shared(self, other: JWK, info: bytes) -> bytes:
        """32 bytes that only the owners of this key and of the other can find: X25519, then HKDF-SHA256 with ``info``.

        Raises BadKey.
        """
        secret = self._key.exchange(read_seal_jwk(other)._key)
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def seal(public_jwk: JWK, plaintext: bytes, info: bytes) -> bytes:
    """Seal to a key: HPKE (RFC 9180) base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, empty AAD.

    Returns the encapsulated key (32 bytes) and the ciphertext (16 longer than the plaintext); not the same twice.
    Raises BadKey.
    """
    return _SUITE.encrypt(plaintext, read_seal_jwk(public_jwk)._key, info=info)


def open_sealed(key: SealKey, data: bytes, info: bytes) -> bytes:
    """What was sealed to the key with the same ``info``.  Raises BadSeal."""
    try:
        return _SUITE.decrypt(data, key._key, info=info)
    except (InvalidTag, ValueError) as exc:
        raise BadSeal("seal.wrong") from exc


# -- bytes


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """32 bytes; compare with ``hmac.compare_digest``."""
    return hmac.digest(key, data, "sha256")


def _b64u(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _unb64u(text: object, size: int) -> bytes | None:
    """Strict base64url of so many bytes without padding; None for any other text."""
    if not isinstance(text, str) or len(text) != -(-size * 4 // 3):
        return None
    try:
        raw = _unpadded(text)
    except ValueError:
        return None
    return raw if _b64u(raw) == text else None


# -- libsodium, an option of the hub: it checks signatures faster


def _sodium() -> Check | None:
    """The check by libsodium if it is there and judges like OpenSSL; None otherwise.

    A build that multiplies the cofactor in takes a signature whose R is not of prime order, which other nodes refuse.
    """
    try:
        open_signed = import_module("nacl.bindings").crypto_sign_open
        refused = import_module("nacl.exceptions").BadSignatureError
    except ImportError:
        return None

    def check(public: PublicKey, data: bytes, signature: bytes) -> bool:
        if not good_signature(signature):
            return False
        try:
            open_signed(signature + data, public.raw)
        except refused:
            return False
        return True

    return None if check(_public_key(_PROBE_KEY), b"torsion", _PROBE_SIGNATURE) else check


_PROBE_KEY = bytes.fromhex("f27cb81402e6860c926ff81f393d14340e41a70bc0b0195cf64a90b348cb2fc4")
_PROBE_SIGNATURE = bytes.fromhex(
    "2561dfa96ca90f2865187cd777a131ec4540a8137887f87b6b4dbbed1fbe011e"
    "487fdeb778fd0c2399e5081c9878ee034a14f18d044efd83bf2733dfb61bba03"
)
_SODIUM = _sodium()
