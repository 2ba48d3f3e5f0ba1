"""What a node keeps secret: passwords, wrapped secrets, papers, and the key file beside the data.

Passwords are hashed by Argon2id, and secrets are wrapped under it (PKCS #8's own protection is too weak).  Papers are
encrypted by AES-256-GCM, each under a key of its own, which stands in its event (design 5).  Randomness comes in as
``random(n) -> n bytes``.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidKey, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from common.errors import BadInput, LedgerError, Misuse

Random = Callable[[int], bytes]

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
MAX_PAPER_BYTES = 20 * 1024 * 1024
MAX_PASSWORD_BYTES = 1024

# About 0.1 s and 32 MB on a cheap PC.  Recorded in every string, so that a later change leaves the old ones readable.
MEMORY_KIB = 32 * 1024
PASSES = 3
MAX_MEMORY_KIB = 256 * 1024
MAX_PASSES = 16


class WrongPassword(BadInput):
    """The password does not open what was wrapped under it, or that was damaged."""


class DamagedPaper(LedgerError):
    """The paper's bytes are not those that were encrypted under this key."""


# -- passwords


def hash_password(password: str, random: Random = os.urandom) -> str:
    """The password's hash as a PHC string (Argon2id), salt and parameters included."""
    return _argon2id(random(16), MEMORY_KIB, PASSES).derive_phc_encoded(_spelling(password))


def check_password(password: str, hashed: str) -> bool:
    """True if the password is the one that was hashed.  Takes about 0.1 s whatever the answer."""
    try:
        Argon2id.verify_phc_encoded(_spelling(password), hashed)
    except InvalidKey:
        return False
    return True


def _spelling(password: str) -> bytes:
    """One spelling for what looks alike: an input method may leave full-width letters and digits behind."""
    spelling = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    if len(spelling) <= MAX_PASSWORD_BYTES:
        return spelling
    return hashlib.sha256(spelling).digest()


def _argon2id(salt: bytes, memory_kib: int, passes: int) -> Argon2id:
    return Argon2id(salt=salt, length=KEY_BYTES, iterations=passes, lanes=1, memory_cost=memory_kib)


# -- a secret under a password

_WRAPPED = re.compile(
    r"(\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=1\$)([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{40,4000})\Z"
)


def wrap(secret: bytes, password: str, random: Random) -> str:
    """The secret under a password, as text in the manner of PHC: parameters, salt, then nonce and ciphertext."""
    salt, nonce = random(16), random(NONCE_BYTES)
    parameters = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$"
    key = _argon2id(salt, MEMORY_KIB, PASSES).derive(_spelling(password))
    sealed = nonce + AESGCM(key).encrypt(nonce, secret, parameters.encode("ascii"))
    return f"{parameters}{_b64(salt)}${_b64(sealed)}"


def unwrap(wrapped: str, password: str) -> bytes:
    """The secret that was wrapped.  Raises WrongPassword, and for a damaged text too."""
    match = _WRAPPED.match(wrapped)
    if match is None:
        raise WrongPassword("password.damaged")
    memory_kib, passes = int(match[2]), int(match[3])
    if not (8 <= memory_kib <= MAX_MEMORY_KIB and 1 <= passes <= MAX_PASSES):
        raise WrongPassword("password.damaged")
    key = _argon2id(_unb64(match[4]), memory_kib, passes).derive(_spelling(password))
    sealed = _unb64(match[5])
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], match[1].encode("ascii"))
    except InvalidTag as exc:
        raise WrongPassword("password.wrong") from exc


def _b64(raw: bytes) -> str:
    return b64encode(raw).rstrip(b"=").decode("ascii")


def _unb64(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))


# -- papers


def encrypt_paper(data: bytes, key: bytes, nonce: bytes) -> bytes:
    """The paper's ciphertext: the nonce (12 bytes), the data under AES-256-GCM, the tag (16 bytes).

    Args:
        key: 32 random bytes, of this paper alone.
        nonce: 12 random bytes.
    Raises ValueError for more than 20 MiB, which capture refuses before.
    """
    if len(data) > MAX_PAPER_BYTES or len(nonce) != NONCE_BYTES or len(key) != KEY_BYTES:
        raise ValueError("a paper of at most 20 MiB, a key of 32 bytes, a nonce of 12")
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def decrypt_paper(ciphertext: bytes, key: bytes) -> bytes:
    """The paper as it was captured.  Raises DamagedPaper."""
    if len(ciphertext) < NONCE_BYTES + TAG_BYTES or len(key) != KEY_BYTES:
        raise DamagedPaper("paper.damaged")
    try:
        return AESGCM(key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], None)
    except InvalidTag as exc:
        raise DamagedPaper("paper.damaged") from exc


def paper_hash(ciphertext: bytes) -> str:
    """What names a paper everywhere: the SHA-256 of its ciphertext, 64 lower-case hex digits."""
    return hashlib.sha256(ciphertext).hexdigest()


# -- the key file

_KEY_FILE = re.compile(rb"([0-9a-fA-F]{64})\s*\Z")


def make_key_file(path: Path, random: Random) -> bytes:
    """Write a new key of 32 bytes to a file that only its owner may read; return it once it is durable.

    Raises Misuse: there is a file already (it is never overwritten), or it cannot be written.
    """
    key = random(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exc:
        raise Misuse("key_file.exists", path=str(path)) from exc
    except OSError as exc:
        raise Misuse("key_file.unwritable", path=str(path), reason=exc.strerror) from exc
    try:
        with open(descriptor, "wb") as file:
            file.write(key.hex().encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:  # a full disk leaves no half key behind
        path.unlink(missing_ok=True)
        raise Misuse("key_file.unwritable", path=str(path), reason=exc.strerror) from exc
    _sync_folder(path.parent)
    return key


def read_key_file(path: Path) -> bytes:
    """The key of 32 bytes.  Raises Misuse: no such file, not readable, or not 64 hex digits."""
    try:
        with open(path, "rb") as file:
            text = file.read(200)
    except FileNotFoundError as exc:
        raise Misuse("key_file.missing", path=str(path)) from exc
    except OSError as exc:
        raise Misuse("key_file.unreadable", path=str(path), reason=exc.strerror) from exc
    match = _KEY_FILE.match(text)
    if match is None:
        raise Misuse("key_file.damaged", path=str(path))
    return bytes.fromhex(match[1].decode("ascii"))


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable; Windows does so by itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
