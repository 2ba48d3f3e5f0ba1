from __future__ import annotations

import itertools
import json
from random import Random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from common import keys
from common.keys import BadKey, SealKey, SigningKey
from common.packs import load_pack
from sync import wire
from sync.wire import BadMessage, Opened, Outer
from tests.realistic import County

SENDER, READER = SigningKey(bytes(range(32))), SealKey(bytes(range(32, 64)))
HERE, THERE = "abcdefghijkl", "mnopqrstuvwx"
HEADER = {"v": 1, "request": 7, "digest": "abcdefghijklmnopqrstuv"}
LINES = [b"eyJ..first {}", "eyJ..second 材料".encode()]


def packed(header=HEADER, lines=LINES, **changed) -> bytes:
    given = {"sender": HERE, "reader": THERE, "signer": SENDER, "reader_seal": READER.public_jwk(), **changed}
    return wire.pack(header=header, lines=lines, **given)


def sealed(frame: bytes, outer: bytes = Outer(HERE, THERE, 0).line()) -> bytes:
    """A message around any frame, as a hostile but known sender makes it."""
    signature = SENDER.sign(b"bianmin message 1\n" + outer + frame)
    return outer + keys.seal(READER.public_jwk(), signature + frame, outer)


def framed(content: bytes, **how) -> bytes:
    return zstandard.ZstdCompressor(3, **how).compress(content)


def code_of(data: bytes) -> str:
    with pytest.raises(BadMessage) as caught:
        wire.read(wire.unseal(data, READER))
    return caught.value.code


# -- what is packed is read


def test_a_message_is_read_as_it_was_packed_and_its_sender_known():
    opened = wire.unseal(packed(), READER)
    assert (opened.sender, opened.reader, opened.dictionary) == (HERE, THERE, wire.DICTIONARY)
    assert wire.read(opened) == (HEADER, LINES)
    wire.check(opened, SENDER.public)


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(
    st.dictionaries(
        text, st.integers(-(2**53) + 1, 2**53 - 1) | text | st.lists(text, max_size=3), max_size=5
    ),
    st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b" ")), max_size=20),
    st.sampled_from(wire.DICTIONARIES),
    st.sampled_from([None, HERE]),
)
def test_any_header_and_lines_come_back(header, lines, dictionary, sender):
    opened = wire.unseal(packed(header, lines, dictionary=dictionary, sender=sender), READER)
    assert wire.read(opened) == (header, lines)
    assert opened.sender == sender
    wire.check(opened, SENDER.public)


def test_the_outer_line_is_readable_and_says_for_whom():
    assert packed().startswith(b"bianmin/1 abcdefghijkl mnopqrstuvwx 2\n")
    assert wire.read_outer(packed(sender=None)) == Outer(None, THERE, 2)


def test_a_message_is_the_outer_line_and_a_seal_over_signature_and_frame():
    data = packed(dictionary=0)
    outer, _, seal = data.partition(b"\n")
    outer += b"\n"
    plain = keys.open_sealed(READER, seal, outer)
    signature, frame = plain[:64], plain[64:]
    keys.verify(SENDER.public, b"bianmin message 1\n" + outer + frame, signature)
    content = zstandard.ZstdDecompressor().decompress(frame)
    assert (
        content
        == json.dumps(HEADER, separators=(",", ":")).encode() + b"\n" + LINES[0] + b"\n" + LINES[1] + b"\n"
    )


def test_the_same_message_sealed_twice_shows_no_likeness():
    assert packed()[60:] != packed()[60:]


# -- what was changed on the way


def test_every_flip_of_a_bit_is_found():
    data = packed(lines=LINES[:1])
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(BadMessage):
            wire.unseal(bytes(changed), READER)


def test_every_cut_is_found():
    data = packed(lines=LINES[:1])
    for place in range(len(data)):
        with pytest.raises(BadMessage):
            wire.unseal(data[:place], READER)


def test_bytes_added_are_found():
    assert code_of(packed() + b"\0") == "message.wrong_seal"


def test_a_message_for_another_reader_does_not_open():
    other = SealKey(bytes(32))
    assert code_of(packed(reader_seal=other.public_jwk())) == "message.wrong_seal"


def test_a_relay_cannot_change_whom_it_is_from_or_for():
    data = packed()
    for changed in (data.replace(b"abcdefghijkl", b"-"), data.replace(b"mnopqrstuvwx", b"abcdefghijkl")):
        assert code_of(changed) == "message.wrong_seal"
    assert code_of(data.replace(b" 2\n", b" 0\n", 1)) == "message.wrong_seal"


def test_a_message_signed_by_another_is_refused():
    opened = wire.unseal(packed(signer=SigningKey(bytes(32))), READER)
    with pytest.raises(BadMessage) as caught:
        wire.check(opened, SENDER.public)
    assert caught.value.code == "message.wrong_signature"


def test_the_signature_covers_the_outer_line_and_every_byte_of_the_frame():
    opened = wire.unseal(packed(), READER)
    for changed in (
        Opened(None, opened.reader, opened.dictionary, opened.signature, opened.zbytes),
        Opened(opened.sender, HERE, opened.dictionary, opened.signature, opened.zbytes),
        Opened(opened.sender, opened.reader, 0, opened.signature, opened.zbytes),
        Opened(opened.sender, opened.reader, opened.dictionary, opened.signature, opened.zbytes + b"\0"),
        Opened(opened.sender, opened.reader, opened.dictionary, bytes(64), opened.zbytes),
        Opened(opened.sender, opened.reader, opened.dictionary, b"", opened.zbytes),
    ):
        with pytest.raises(BadMessage):
            wire.check(changed, SENDER.public)


def test_a_signature_over_a_message_is_none_over_an_event():
    opened = wire.unseal(packed(), READER)
    assert opened.signed_bytes.startswith(b"bianmin message 1\nbianmin/1 ")


# -- what a hostile sender packs


@pytest.mark.parametrize(
    ("code", "outer"),
    [
        ("message.wrong_form", b""),
        ("message.wrong_form", b"\n"),
        ("message.wrong_form", b"GET / HTTP/1.1\r\n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl mnopqrstuvwx 1"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl mnopqrstuvwx 1\r\n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl - 1\n"),
        ("message.wrong_form", b"bianmin/1  mnopqrstuvwx 1\n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkL mnopqrstuvwx 1\n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl mnopqrstuvwx 01\n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl mnopqrstuvwx -1\n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl mnopqrstuvwx 1 \n"),
        ("message.wrong_form", b"bianmin/1 abcdefghijkl mnopqrstuvwx 99999\n"),
        ("message.unknown_version", b"bianmin/2 abcdefghijkl mnopqrstuvwx 1\n"),
        ("message.unknown_version", b"bianmin/12 in another form\n"),
        ("message.unknown_dictionary", b"bianmin/1 abcdefghijkl mnopqrstuvwx 3\n"),
        ("message.unknown_dictionary", b"bianmin/1 abcdefghijkl mnopqrstuvwx 9999\n"),
    ],
    ids=itertools.count(),
)
def test_an_outer_line_in_another_form_is_refused(code, outer):
    assert code_of(sealed(framed(b"{}\n"), outer)) == code


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_refused(data):
    for bytes_given in (data, Outer(HERE, THERE, 1).line() + data, sealed(data)):
        with pytest.raises(BadMessage):
            wire.read(wire.unseal(bytes_given, READER))


@pytest.mark.parametrize("size", [0, 1, 63, 64])
def test_a_seal_over_less_than_a_signature_and_a_frame_is_refused(size):
    outer = Outer(HERE, THERE, 0).line()
    assert code_of(outer + keys.seal(READER.public_jwk(), bytes(size), outer)) == "message.not_zstd"


def test_a_message_larger_than_the_limit_is_refused_unread():
    assert code_of(packed() + bytes(wire.MAX_MESSAGE_BYTES)) == "message.too_large"


@pytest.mark.parametrize(
    ("code", "frame"),
    [
        ("message.not_zstd", b""),
        ("message.not_zstd", b"plain text\n"),
        ("message.not_zstd", framed(b"{}\n")[:-1]),
        ("message.not_zstd", framed(b"{}\n" + bytes(range(256)) * 4000)[:-9]),
        ("message.not_zstd", framed(b"{}\n") + b"\0"),
        ("message.not_zstd", framed(b"{}\n") + framed(b"line\n")),
        ("message.not_zstd", framed(b"{}\n", write_content_size=False)),
        ("message.not_lines", framed(b"")),
        ("message.not_lines", framed(b"{}")),
        ("message.not_lines", framed(b"{}\nline")),
        ("message.wrong_header", framed(b"\n")),
        ("message.wrong_header", framed(b"[]\n")),
        ("message.wrong_header", framed(b'"text"\n')),
        ("message.wrong_header", framed(b'{"a":1,"a":2}\n')),
        ("message.wrong_header", framed(b'{"a":1.5}\n')),
        ("message.wrong_header", framed(b'{"a":NaN}\n')),
        ("message.wrong_header", framed(b'{"a":9007199254740992}\n')),
        ("message.wrong_header", framed(b'{"a":"\xff"}\n')),
        ("message.wrong_header", framed(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n")),
        ("message.wrong_header", framed(b'{"a":"' + b"a" * wire.MAX_HEADER_BYTES + b'"}\n')),
        ("message.too_many_lines", framed(b"{}\n" + b"\n" * (wire.MAX_LINES + 1))),
    ],
    ids=itertools.count(),
)
def test_a_frame_that_holds_no_message_is_refused(code, frame):
    assert code_of(sealed(frame)) == code


def test_a_bomb_that_states_its_size_is_refused_before_it_goes_off():
    bomb = framed(bytes(200 * 1024 * 1024))
    assert len(bomb) < 20_000
    assert code_of(sealed(bomb)) == "message.too_large"


def test_a_bomb_that_hides_its_size_is_stopped_at_the_limit():
    assert code_of(sealed(framed(bytes(200 * 1024 * 1024), write_content_size=False))) == "message.too_large"


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(framed(bytes(200 * 1024 * 1024)))
    assert zstandard.frame_content_size(bytes(bomb)) == 200 * 1024 * 1024
    bomb[6:10] = (1000).to_bytes(4, "little")
    assert zstandard.frame_content_size(bytes(bomb)) == 1000
    assert code_of(sealed(bytes(bomb))) in ("message.not_zstd", "message.too_large")


def test_a_frame_that_wants_a_large_window_is_refused():
    wide = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    frame = compressor.compress(b"{}\n") + compressor.flush()
    assert zstandard.get_frame_parameters(frame).window_size == 128 * 1024 * 1024
    assert code_of(sealed(frame)) == "message.not_zstd"


def test_a_frame_made_with_another_dictionary_is_refused():
    data = packed(lines=LINES * 20)
    opened = wire.unseal(data, READER)
    with pytest.raises(BadMessage):
        wire.read(Opened(opened.sender, opened.reader, 0, opened.signature, opened.zbytes))


def test_a_bad_line_is_no_reason_to_refuse_the_others():
    lines = [b"", b"garbage", b"\xff\xfe", b"a" * 100_000]
    assert wire.read(wire.unseal(packed(lines=lines), READER))[1] == lines


def test_the_limits_are_those_of_the_protocol():
    assert (wire.MAX_MESSAGE_BYTES, wire.MAX_INFLATED_BYTES) == (4_194_304, 33_554_432)
    assert (wire.MAX_LINES, wire.MAX_HEADER_BYTES, wire.MAX_HEADER_DEPTH) == (20_000, 1_048_576, 16)
    assert wire._MAX_WINDOW_BYTES == 8_388_608


def test_a_full_message_is_still_taken():
    lines = [b"%d" % number for number in range(wire.MAX_LINES)]
    assert wire.read(wire.unseal(packed(lines=lines), READER))[1] == lines


# -- what our own code must not pack


@pytest.mark.parametrize(
    "wrong",
    [
        {"reader": "-"},
        {"reader": "short"},
        {"sender": "ABCDEFGHIJKL"},
        {"header": {"share": 0.5}},
        {"header": {"large": 2**53}},
        {"header": {"long": "a" * wire.MAX_HEADER_BYTES}},
        {"lines": [b"a\nb"]},
        {"lines": [b"a"] * (wire.MAX_LINES + 1)},
        {"lines": [bytes(1024 * 1024)] * 33},
        {"dictionary": 3},
        {"dictionary": -1},
    ],
    ids=itertools.count(),
)
def test_packing_what_no_one_would_take_is_a_bug(wrong):
    with pytest.raises(ValueError):
        packed(**wrong)


def test_packing_more_than_a_message_holds_is_a_bug():
    noise = Random(1).randbytes(wire.MAX_MESSAGE_BYTES).replace(b"\n", b" ")
    packed(lines=[noise[: len(noise) // 2]])
    with pytest.raises(ValueError, match="too much"):
        packed(lines=[noise])


def test_a_reader_without_a_good_key_is_told_apart():
    with pytest.raises(BadKey):
        packed(reader_seal=SENDER.public_jwk())


# -- the dictionary


@pytest.fixture(scope="module")
def county() -> County:
    return County(1, load_pack())  # the dictionary was trained on other seeds


def test_every_dictionary_that_we_write_with_is_one_that_we_read():
    assert wire.DICTIONARY in wire.DICTIONARIES
    assert wire.DICTIONARIES[0] == 0


def test_events_in_bulk_and_alone_stay_within_their_bytes(county):
    events = county.events(1000)
    lines = [event.line for event in events]
    pages = [lines[start : start + 200] for start in range(0, len(lines), 200)]
    assert sum(len(packed(lines=page)) for page in pages) / len(events) < 275
    accepted = next(event.line for event in events if event.type == "case.accepted")
    assert len(packed(lines=[])) < 250
    assert len(packed(lines=[accepted])) < 750
    assert len(packed(lines=[accepted])) < len(packed(lines=[accepted], dictionary=0)) - 200


def test_reference_events_are_compressed_too(county):
    lines = [event.line for event in county.reference]
    assert len(packed(lines=lines)) < sum(map(len, lines)) / 5
