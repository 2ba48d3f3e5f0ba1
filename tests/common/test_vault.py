from __future__ import annotations

import hashlib
import itertools
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from common import vault
from common.errors import Misuse
from common.vault import DamagedPaper, WrongPassword

KEY, NONCE = bytes(range(32)), bytes(range(12))
PAPER = b"\xff\xd8\xff" + bytes(1000)


def counted(size: int) -> bytes:
    return bytes(range(size))


HASHED = vault.hash_password("回龙镇-2026", counted)
WRAPPED = vault.wrap(KEY, "回龙镇-2026", counted)


# -- passwords


def test_a_password_is_known_again_and_another_is_not():
    assert vault.check_password("回龙镇-2026", HASHED)
    assert not vault.check_password("回龙镇-2027", HASHED)
    assert not vault.check_password("", HASHED)


def test_a_hash_is_a_phc_string_that_records_how_it_was_made():
    salt = "AAECAwQFBgcICQoLDA0ODw"
    assert HASHED.startswith(f"$argon2id$v=19$m={vault.MEMORY_KIB},t={vault.PASSES},p=1${salt}$")
    Argon2id.verify_phc_encoded("回龙镇-2026".encode(), HASHED)


def test_the_same_password_is_hashed_otherwise_each_time():
    assert vault.hash_password("a") != vault.hash_password("a")


def test_a_hash_made_with_other_parameters_is_still_checked():
    old = Argon2id(salt=bytes(16), length=32, iterations=1, lanes=1, memory_cost=64)
    assert vault.check_password("旧口令", old.derive_phc_encoded("旧口令".encode()))


def test_a_password_typed_in_full_width_is_the_same_password():
    hashed = vault.hash_password("abc123", counted)
    assert vault.check_password("ａｂｃ１２３", hashed)


@pytest.mark.parametrize(
    "hashed", ["", "x", HASHED[:-1], HASHED.replace("argon2id", "argon2i"), "$argon2id$"]
)
def test_a_damaged_hash_lets_no_one_in(hashed):
    assert not vault.check_password("回龙镇-2026", hashed)


def test_a_very_long_password_counts_to_its_end():
    hashed = vault.hash_password("长" * 5000, counted)
    assert vault.check_password("长" * 5000, hashed)
    assert not vault.check_password("长" * 5001, hashed)


# -- a secret under a password


def test_a_wrapped_secret_comes_back_with_its_password_alone():
    assert vault.unwrap(WRAPPED, "回龙镇-2026") == KEY
    with pytest.raises(WrongPassword) as caught:
        vault.unwrap(WRAPPED, "回龙镇-2027")
    assert caught.value.code == "password.wrong"


def test_a_wrapped_secret_does_not_show():
    assert KEY.hex() not in WRAPPED
    assert "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" not in WRAPPED


@pytest.mark.parametrize(
    "wrapped",
    [
        "",
        WRAPPED[:-20],
        WRAPPED + "!",
        WRAPPED.replace("m=32768", "m=9999999"),
        WRAPPED.replace("m=32768", "m=7"),
        WRAPPED.replace("t=3", "t=999"),
        WRAPPED.replace("t=3", "t=0"),
        WRAPPED.replace("t=3", "t=2"),
        WRAPPED.replace("m=32768", "m=３２７６８"),
        WRAPPED[:60] + ("A" if WRAPPED[60] != "A" else "B") + WRAPPED[61:],
        WRAPPED[:-1] + ("A" if WRAPPED[-1] != "A" else "Q"),
    ],
    ids=itertools.count(),
)
def test_a_wrapped_secret_that_was_changed_does_not_open(wrapped):
    with pytest.raises(WrongPassword):
        vault.unwrap(wrapped, "回龙镇-2026")


# -- papers


@given(st.binary(max_size=2000), st.binary(min_size=32, max_size=32), st.binary(min_size=12, max_size=12))
def test_a_paper_comes_back_as_it_was(data, key, nonce):
    assert vault.decrypt_paper(vault.encrypt_paper(data, key, nonce), key) == data


def test_a_paper_is_its_nonce_and_aes_256_gcm():
    ciphertext = vault.encrypt_paper(PAPER, KEY, NONCE)
    assert ciphertext == NONCE + AESGCM(KEY).encrypt(NONCE, PAPER, b"")
    assert len(ciphertext) == len(PAPER) + 28
    assert vault.paper_hash(ciphertext) == hashlib.sha256(ciphertext).hexdigest()


def test_any_change_of_a_paper_is_found():
    ciphertext = vault.encrypt_paper(b"paper", KEY, NONCE)
    for place in range(len(ciphertext) * 8):
        changed = bytearray(ciphertext)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(DamagedPaper):
            vault.decrypt_paper(bytes(changed), KEY)


@pytest.mark.parametrize("size", [0, 11, 12, 27, 28, 100])
def test_a_paper_cut_short_is_damaged(size):
    with pytest.raises(DamagedPaper):
        vault.decrypt_paper(vault.encrypt_paper(PAPER, KEY, NONCE)[:size], KEY)


@pytest.mark.parametrize("key", [bytes(32), b"", bytes(31), bytes(16)])
def test_a_paper_under_another_key_does_not_open(key):
    with pytest.raises(DamagedPaper):
        vault.decrypt_paper(vault.encrypt_paper(PAPER, KEY, NONCE), key)


@pytest.mark.parametrize(
    ("data", "key", "nonce"),
    [(bytes(vault.MAX_PAPER_BYTES + 1), KEY, NONCE), (b"", KEY[:16], NONCE), (b"", KEY, NONCE[:8])],
    ids=["too large", "short key", "short nonce"],
)
def test_a_paper_that_capture_should_have_refused_is_a_bug(data, key, nonce):
    with pytest.raises(ValueError, match="20 MiB"):
        vault.encrypt_paper(data, key, nonce)


# -- the key file


def test_a_key_file_holds_64_hex_digits_and_is_read_back(tmp_path):
    path = tmp_path / "node.key"
    assert vault.make_key_file(path, counted) == KEY
    assert path.read_bytes() == KEY.hex().encode() + b"\n"
    assert vault.read_key_file(path) == KEY


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights otherwise")
def test_a_key_file_is_its_owners_alone(tmp_path):
    vault.make_key_file(tmp_path / "node.key", counted)
    assert (tmp_path / "node.key").stat().st_mode & 0o777 == 0o600


def test_a_key_file_is_never_overwritten(tmp_path):
    path = tmp_path / "node.key"
    path.write_bytes(b"precious")
    with pytest.raises(Misuse) as caught:
        vault.make_key_file(path, counted)
    assert (caught.value.code, path.read_bytes()) == ("key_file.exists", b"precious")


def test_a_key_file_that_cannot_be_made_is_named(tmp_path):
    with pytest.raises(Misuse) as caught:
        vault.make_key_file(tmp_path / "no such folder" / "node.key", counted)
    assert caught.value.code == "key_file.unwritable"
    assert "no such folder" in str(caught.value.detail["path"])


@pytest.mark.parametrize("text", [KEY.hex(), KEY.hex().upper() + "\r\n", KEY.hex() + "\n\n"])
def test_a_key_file_copied_by_hand_is_still_read(tmp_path, text):
    (tmp_path / "node.key").write_bytes(text.encode())
    assert vault.read_key_file(tmp_path / "node.key") == KEY


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"ab", KEY.hex().encode()[:-1], KEY.hex().encode() + b"0", b"z" * 64]
)
def test_a_damaged_key_file_is_named(tmp_path, text):
    (tmp_path / "node.key").write_bytes(text)
    with pytest.raises(Misuse) as caught:
        vault.read_key_file(tmp_path / "node.key")
    assert caught.value.code == "key_file.damaged"


def test_a_missing_key_file_and_a_folder_in_its_place_are_named(tmp_path):
    with pytest.raises(Misuse) as caught:
        vault.read_key_file(tmp_path / "node.key")
    assert caught.value.code == "key_file.missing"
    with pytest.raises(Misuse) as caught:
        vault.read_key_file(tmp_path)
    assert caught.value.code == "key_file.unreadable"
