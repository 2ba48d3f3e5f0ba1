from __future__ import annotations

import hashlib
import itertools
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from common import keys, notes
from common.keys import SigningKey
from common.notes import BadNote, Checkpoint, read_checkpoint, sign_checkpoint

HUB = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))
LOG = "511322.bianmin/abcdefghijkl/K7QD2345"
ROOT = hashlib.sha256(b"root").digest()
TIME = 1_679_315_147_000
NOTE = sign_checkpoint(LOG, 20852163, ROOT, TIME, HUB)
TEXT, LOG_LINE, TIME_LINE = NOTE.partition("\n\n")[0] + "\n", *NOTE.splitlines()[-2:]


def test_a_note_is_read_as_it_was_signed():
    assert read_checkpoint(NOTE, HUB.public) == Checkpoint(LOG, 20852163, ROOT, TIME)


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32), st.integers(0, 2**52))
def test_any_tree_head_comes_back_with_whole_seconds(size, root, at):
    found = read_checkpoint(sign_checkpoint(LOG, size, root, at, HUB), HUB.public)
    assert found == Checkpoint(LOG, size, root, at // 1000 * 1000)


def test_a_note_has_the_lines_of_the_published_format():
    assert f"{LOG}\n20852163\n{b64encode(ROOT).decode()}\n" == TEXT
    assert f"{TEXT}\n{LOG_LINE}\n{TIME_LINE}\n" == NOTE
    assert LOG_LINE.startswith(f"\u2014 {LOG} ")
    assert TIME_LINE.startswith(f"\u2014 {LOG} ")


def test_the_two_signatures_hold_when_recomputed_from_the_specification():
    public = Ed25519PublicKey.from_public_bytes(HUB.public.raw)
    signature = b64decode(LOG_LINE.split(" ")[2])
    assert signature[:4] == hashlib.sha256(LOG.encode() + b"\n\x01" + HUB.public.raw).digest()[:4]
    public.verify(signature[4:], TEXT.encode())
    timed = b64decode(TIME_LINE.split(" ")[2])
    assert timed[:4] == hashlib.sha256(LOG.encode() + b"\n\x04" + HUB.public.raw).digest()[:4]
    assert timed[4:12] == (1679315147).to_bytes(8, "big")
    public.verify(timed[12:], b"cosignature/v1\ntime 1679315147\n" + TEXT.encode())


def test_a_key_id_and_signature_are_those_of_the_published_example():
    public = b64decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    signature = b64decode(
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    )
    assert notes.key_id("example.com/foo", public[:1], public[1:]).hex() == "530d903a"
    assert signature[:4].hex() == "530d903a"
    keys.verify(keys._public_key(public[1:]), b"This is an example message.\n", signature[4:])


def test_signatures_of_others_are_not_looked_at():
    strangers = "".join(f"\u2014 witness{n}.example/w {b64encode(bytes(80)).decode()}\n" for n in range(16))
    renamed = TIME_LINE.replace(LOG, "other.example") + "\n"
    assert read_checkpoint(NOTE + strangers + renamed, HUB.public).size == 20852163


def signed(text: str) -> str:
    """A note over any text, with both lines of the hub."""
    lines = (
        notes.key_id(LOG, b"\x01", HUB.public.raw) + HUB.sign(text.encode("utf-8", "surrogatepass")),
        notes.key_id(LOG, b"\x04", HUB.public.raw)
        + (1679315147).to_bytes(8, "big")
        + HUB.sign(b"cosignature/v1\ntime 1679315147\n" + text.encode("utf-8", "surrogatepass")),
    )
    return text + "\n" + "".join(f"\u2014 {LOG} {b64encode(line).decode()}\n" for line in lines)


def test_lines_that_a_later_log_adds_to_its_text_are_signed_and_carried():
    note = signed(TEXT + "extension\n")
    assert read_checkpoint(note, HUB.public).time == TIME
    with pytest.raises(BadNote):
        read_checkpoint(note.replace("extension", "extensions"), HUB.public)


@pytest.mark.parametrize(
    "text",
    [
        f"{LOG}\n20852163\n",
        f"{LOG}\n",
        TEXT + "\nafter a blank line\n",
        TEXT + "a\ttab\n",
        TEXT + "a\x00nul\n",
        TEXT + "half a pair \ud800\n",
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "9007199254740992"),
    ],
    ids=itertools.count(),
)
def test_a_text_in_another_form_is_refused_even_if_the_hub_signed_it(text):
    assert code_of(signed(text)) == "note.wrong_form"


@pytest.mark.parametrize(
    "line",
    [
        "x.example AAAAAAAA",
        "\u2014  AAAAAAAA",
        "\u2014 x.example",
        "\u2014 x.example AAAA",
        "\u2014 x.example A=",
        "",
    ],
)
def test_a_signature_line_of_a_stranger_in_another_form_spoils_the_note(line):
    assert code_of(f"{NOTE}{line}\n") == "note.wrong_form"


def test_a_line_of_the_hub_without_its_dash_is_refused():
    assert code_of(NOTE.replace(TIME_LINE, TIME_LINE[2:])) == "note.wrong_form"


def test_as_many_signatures_as_the_limit_are_taken_and_one_more_is_not():
    line = "\u2014 x.example AAAAAAAA\n"
    read_checkpoint(NOTE + line * (notes.MAX_SIGNATURES - 2), HUB.public)
    assert code_of(NOTE + line * (notes.MAX_SIGNATURES - 1)) == "note.wrong_form"


def test_a_note_as_long_as_the_limit_is_taken_and_one_longer_is_not():
    room = notes.MAX_NOTE_BYTES - len(signed(f"{TEXT}x\n")) + 1
    read_checkpoint(signed(f"{TEXT}{'x' * room}\n"), HUB.public)
    assert code_of(signed(f"{TEXT}{'x' * (room + 1)}\n")) == "note.too_large"


def code_of(note: str, key: SigningKey = HUB) -> str:
    with pytest.raises(BadNote) as caught:
        read_checkpoint(note, key.public)
    return caught.value.code


def test_a_note_by_another_key_is_refused():
    assert code_of(NOTE, OTHER) == "note.not_by_hub"
    assert code_of(sign_checkpoint(LOG, 1, ROOT, TIME, OTHER)) == "note.not_by_hub"


def test_a_note_that_lacks_one_of_the_two_lines_is_refused():
    assert code_of(f"{TEXT}\n{LOG_LINE}\n") == "note.not_by_hub"
    assert code_of(f"{TEXT}\n{TIME_LINE}\n") == "note.not_by_hub"


def test_a_changed_head_is_refused():
    assert code_of(NOTE.replace("20852163", "20852164")) == "note.wrong_signature"
    assert code_of(NOTE.replace(LOG, LOG[:-1] + "6")) == "note.not_by_hub"


def test_a_changed_time_is_refused():
    timed = bytearray(b64decode(TIME_LINE.split(" ")[2]))
    timed[11] ^= 1
    line = f"\u2014 {LOG} {b64encode(timed).decode()}"
    assert code_of(NOTE.replace(TIME_LINE, line)) == "note.wrong_signature"


def test_any_one_changed_character_is_refused():
    for place in range(len(NOTE)):
        with pytest.raises(BadNote):
            read_checkpoint(NOTE[:place] + chr(ord(NOTE[place]) ^ 1) + NOTE[place + 1 :], HUB.public)


def test_a_note_cut_at_any_place_is_refused():
    for place in range(len(NOTE)):
        with pytest.raises(BadNote):
            read_checkpoint(NOTE[:place], HUB.public)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        TEXT,
        TEXT + "\n",
        NOTE + "\n",
        NOTE + "tail",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("20852163", "020852163"),
        NOTE.replace("20852163", "+20852163"),
        NOTE.replace("20852163", "２０８５２１６３"),
        NOTE.replace("20852163", "99999999999999999"),
        NOTE.replace("20852163", "9999999999999999"),
        NOTE.replace("20852163", ""),
        NOTE.replace(b64encode(ROOT).decode(), b64encode(ROOT[:31]).decode()),
        NOTE.replace(b64encode(ROOT).decode(), b64encode(ROOT).decode().rstrip("=")),
        NOTE.replace(b64encode(ROOT).decode(), " " + b64encode(ROOT).decode()),
        NOTE.replace("\u2014 ", "- "),
        NOTE.replace(TIME_LINE, LOG_LINE),
        NOTE.replace(TIME_LINE, TIME_LINE + "\n" + TIME_LINE),
        NOTE.replace(TIME_LINE, TIME_LINE[:-4]),
        NOTE.replace(TIME_LINE, TIME_LINE + "AAAA"),
        NOTE.replace(TIME_LINE, f"\u2014 {LOG} AAAA"),
        NOTE.replace(LOG, "a b"),
        NOTE.replace(LOG, "a+b"),
        NOTE.replace(LOG, "日志"),
        NOTE.replace(LOG, ""),
        NOTE + "\u2014 x.example " + "A" * 20_000 + "\n",
        NOTE + "\u2014 x.example AAAAAAAA\n" * 100,
        NOTE + "\udc80",
        NOTE.replace("20852163\n", "20852163\n\n"),
    ],
    ids=itertools.count(),
)
def test_a_note_in_another_form_is_refused(note):
    assert code_of(note) in ("note.wrong_form", "note.too_large", "note.not_by_hub")


@given(st.text(max_size=400))
def test_any_text_is_a_note_or_refused(text):
    with pytest.raises(BadNote):
        read_checkpoint(text, HUB.public)
    with pytest.raises(BadNote):
        read_checkpoint(TEXT + "\n" + text, HUB.public)


def with_time(seconds: int) -> str:
    message = f"cosignature/v1\ntime {seconds}\n{TEXT}".encode()
    timed = notes.key_id(LOG, b"\x04", HUB.public.raw) + seconds.to_bytes(8, "big") + HUB.sign(message)
    return NOTE.replace(TIME_LINE, f"\u2014 {LOG} {b64encode(timed).decode()}")


def test_a_time_beyond_what_json_can_carry_is_refused():
    latest = (2**53 - 1) // 1000
    assert read_checkpoint(with_time(latest), HUB.public).time == latest * 1000
    assert code_of(with_time(latest + 1)) == "note.wrong_form"
    assert code_of(with_time(2**63 - 1)) == "note.wrong_form"


@pytest.mark.parametrize(
    ("log", "size", "root", "at"),
    [("", 1, ROOT, 1), ("a b", 1, ROOT, 1), (LOG, -1, ROOT, 1), (LOG, 1, ROOT[:-1], 1), (LOG, 1, ROOT, -1)],
)
def test_a_head_that_no_one_could_read_is_a_bug(log, size, root, at):
    with pytest.raises(ValueError, match="tree head"):
        sign_checkpoint(log, size, root, at, HUB)
