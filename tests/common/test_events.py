from __future__ import annotations

import hashlib
import itertools
import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import events
from common.errors import BadInput
from common.events import BadEvent, Seen, compose, decode, event_id, parse_json, recall, split_line

ID = "ab" * 32
FIELDS = {
    "type": "case.accepted",
    "moves": True,
    "origin": "abcdefghijkl/K7QD2345",
    "seq": 2,
    "prev": ID,
    "at": 1_772_000_000_000,
    "seen": Seen("511322.bianmin/log", 7, ID, 1_771_000_000_000),
    "ref": ID,
    "actor": ID,
    "case": ID,
    "base": ID,
    "body": {"office": "511322115", "day": "2026-03-04", "note": "材料齐全"},
}
PAYLOAD = compose(**FIELDS).payload


def code_of(payload: bytes) -> str:
    with pytest.raises(BadEvent) as caught:
        decode(payload)
    return caught.value.code


def with_field(name: str, value: object) -> bytes:
    return json.dumps({**json.loads(PAYLOAD), name: value}, ensure_ascii=False).encode()


def with_body(text: str) -> bytes:
    head, _, _ = PAYLOAD.partition(b'"body":')
    return head + b'"body":' + text.encode() + b"}"


# -- what is written is read

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-events.MAX_INT, events.MAX_INT) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
ids = st.binary(min_size=32, max_size=32).map(bytes.hex)
counts = st.integers(0, events.MAX_INT)


@st.composite
def fields(draw):
    seq = draw(st.integers(1, events.MAX_INT))
    return {
        "type": draw(st.from_regex(r"[a-z_]{1,24}\.[a-z_]{1,32}", fullmatch=True)),
        "moves": draw(st.booleans()),
        "origin": draw(st.from_regex(r"[a-z2-7]{12}/[A-HJKMNP-TV-Z2-9]{8}", fullmatch=True)),
        "seq": seq,
        "prev": None if seq == 1 else draw(ids),
        "at": draw(counts),
        "seen": draw(st.none() | st.builds(Seen, texts.filter(bool), counts, ids, counts)),
        **{name: draw(st.none() | ids) for name in ("ref", "actor", "case", "base")},
        "body": draw(st.dictionaries(texts, values, max_size=5)),
    }


@given(fields())
def test_an_event_is_read_as_it_was_written(given_fields):
    payload = compose(**given_fields).payload
    event = decode(payload, "jws")
    assert {name: getattr(event, name) for name in given_fields} == given_fields
    assert (event.v, event.payload, event.jws) == (1, payload, "jws")
    assert event.id == hashlib.sha256(payload).hexdigest() == event_id(payload)


@given(fields())
def test_an_event_kept_under_its_id_is_recalled_as_it_was_read(given_fields):
    payload = compose(**given_fields).payload
    event = decode(payload, "a..b")
    assert recall(event.id, payload, "a..b") == event


@given(fields())
def test_an_event_written_with_escapes_by_another_library_is_read_the_same(given_fields):
    payload = compose(**given_fields).payload
    escaped = json.dumps(json.loads(payload), ensure_ascii=True, separators=(",", ":")).encode()
    here, there = asdict(decode(payload)), asdict(decode(escaped))
    assert {k: v for k, v in here.items() if k not in ("id", "payload")} == {
        k: v for k, v in there.items() if k not in ("id", "payload")
    }


def test_the_payload_is_compact_json_with_its_keys_in_order():
    assert PAYLOAD.startswith(
        b'{"v":1,"type":"case.accepted","moves":true,"origin":"abcdefghijkl/K7QD2345","seq":2,'
    )
    assert tuple(json.loads(PAYLOAD)) == events.KEYS
    assert "材料齐全".encode() in PAYLOAD


def test_a_line_is_the_jws_a_space_and_the_payload():
    event = decode(PAYLOAD, "head..signature")
    assert event.line == b"head..signature " + PAYLOAD
    assert split_line(event.line) == split_line(event.line + b"\n") == ("head..signature", PAYLOAD)


def test_the_case_of_a_registration_is_the_event_itself():
    registered = decode(compose(**{**FIELDS, "type": "case.registered", "case": None, "base": None}).payload)
    assert registered.case_id == registered.id
    assert decode(PAYLOAD).case_id == ID
    assert decode(PAYLOAD).node == "abcdefghijkl"


# -- what may not be read


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_refused(data):
    with pytest.raises(BadEvent):
        decode(data)


@given(st.integers(0, len(PAYLOAD) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_mutated_event_is_read_or_refused_and_nothing_else(place, inserted, removed):
    mutated = PAYLOAD[:place] + inserted + PAYLOAD[place + removed :]
    try:
        event = decode(mutated)
    except BadEvent:
        return
    assert event.id == hashlib.sha256(mutated).hexdigest()


@given(values)
def test_any_json_is_an_event_or_refused(value):
    with pytest.raises(BadEvent):
        decode(json.dumps(value, ensure_ascii=False).encode())


@given(st.sampled_from(events.KEYS), values)
def test_any_json_in_any_field_is_read_or_refused(name, value):
    try:
        decode(with_field(name, value))
    except BadEvent:
        pass


def test_an_event_cut_at_any_place_is_refused():
    for place in range(len(PAYLOAD)):
        with pytest.raises(BadEvent):
            decode(PAYLOAD[:place])


@pytest.mark.parametrize(
    ("code", "payload"),
    [
        ("event.too_large", with_body('{"text":"' + "a" * events.MAX_PAYLOAD_BYTES + '"}')),
        (
            "event.too_large",
            with_body("{" + ",".join(f'"{n:x}":0' for n in range(events.MAX_KEYS + 1)) + "}"),
        ),
        ("event.not_utf8", PAYLOAD.replace("材".encode(), b"\xb2\xc4")),  # GBK
        ("event.not_utf8", PAYLOAD.replace("材".encode(), b"\xed\xa0\x80")),
        ("event.not_utf8", with_body(r'{"text":"\ud83d"}')),
        ("event.not_utf8", with_body(r'{"\udc00":1}')),
        ("event.not_utf8", with_body(r'{"text":"\u0000"}')),
        ("event.not_utf8", with_body(r'{"text":"\\\u0000"}')),
        ("event.not_json", b""),
        ("event.not_json", b"\xef\xbb\xbf" + PAYLOAD),
        ("event.not_json", PAYLOAD[:-1]),
        ("event.not_json", PAYLOAD + b"}"),
        ("event.not_json", PAYLOAD + b" 1"),
        ("event.not_json", with_body("{'a':1}")),
        ("event.not_json", with_body('{"a":1,}')),
        ("event.not_json", with_body('{"a":01}')),
        ("event.not_json", with_body('{"a":"\t"}')),
        ("event.not_json", with_body('{"a":tru}')),
        ("event.not_a_line", json.dumps(json.loads(PAYLOAD), indent=1).encode()),
        ("event.not_a_line", PAYLOAD + b"\n"),
        ("event.not_object", b"[]"),
        ("event.not_object", b'"text"'),
        ("event.not_object", b"1"),
        ("event.not_object", b"null"),
        ("event.too_deep", with_body('{"a":' + "[" * 15 + "]" * 15 + "}")),
        ("event.too_deep", with_body("[" * 60_000)),
        ("event.too_deep", b"[" * 60_000),
        ("event.too_deep", b'{"a":' * 12_000),
        ("event.duplicate_key", PAYLOAD.replace(b'{"v":1', b'{"v":1,"v":1')),
        ("event.duplicate_key", with_body('{"a":1,"a":1}')),
        ("event.duplicate_key", with_body(r'{"a":1,"\u0061":2}')),
        ("event.float", with_body('{"a":1.0}')),
        ("event.float", with_body('{"a":-0.5}')),
        ("event.float", with_body('{"a":1e400}')),
        ("event.float", with_body('{"a":1E2}')),
        ("event.float", with_body('{"a":NaN}')),
        ("event.float", with_body('{"a":Infinity}')),
        ("event.float", with_body('{"a":-Infinity}')),
        ("event.integer_too_large", with_body('{"a":9007199254740992}')),
        ("event.integer_too_large", with_body('{"a":-9007199254740992}')),
        ("event.integer_too_large", with_body('{"a":' + "9" * 50_000 + "}")),
        ("event.unknown_version", with_field("v", 2)),
        ("event.unknown_version", with_field("v", 0)),
        ("event.unknown_version", with_field("v", True)),
        ("event.unknown_version", with_field("v", "1")),
        ("event.unknown_version", with_field("v", None)),
        ("event.unknown_version", b"{}"),
        ("event.wrong_keys", b'{"v":1}'),
        ("event.wrong_keys", with_field("extra", 1)),
        ("event.wrong_keys", PAYLOAD.replace(b'"moves":true,', b"")),
        ("event.wrong_value", with_field("type", "accepted")),
        ("event.wrong_value", with_field("type", "case.Accepted")),
        ("event.wrong_value", with_field("type", "case.accepted ")),
        ("event.wrong_value", with_field("type", "case." + "a" * 33)),
        ("event.wrong_value", with_field("type", None)),
        ("event.wrong_value", with_field("moves", 1)),
        ("event.wrong_value", with_field("moves", None)),
        ("event.wrong_value", with_field("origin", "abcdefghijkl")),
        ("event.wrong_value", with_field("origin", "abcdefghijkl/K7QD234I")),
        ("event.wrong_value", with_field("origin", "Abcdefghijkl/K7QD2345")),
        ("event.wrong_value", with_field("origin", ["abcdefghijkl/K7QD2345"])),
        ("event.wrong_value", with_field("seq", 0)),
        ("event.wrong_value", with_field("seq", True)),
        ("event.wrong_value", with_field("seq", "2")),
        ("event.wrong_value", with_field("seq", 1)),  # with a predecessor
        ("event.wrong_value", with_field("prev", None)),  # not the first, without one
        ("event.wrong_value", with_field("prev", ID.upper())),
        ("event.wrong_value", with_field("at", -1)),
        ("event.wrong_value", with_field("at", None)),
        ("event.wrong_value", with_field("ref", "")),
        ("event.wrong_value", with_field("actor", ID[:-1])),
        ("event.wrong_value", with_field("case", ID + "a")),
        ("event.wrong_value", with_field("base", {"id": ID})),
        ("event.wrong_value", with_field("base", "é" * 64)),
        ("event.wrong_value", with_field("body", [])),
        ("event.wrong_value", with_field("body", None)),
        ("event.wrong_value", with_field("seen", [])),
        ("event.wrong_value", with_field("seen", {})),
        ("event.wrong_value", with_field("seen", ["", 1, ID, 1])),
        ("event.wrong_value", with_field("seen", ["a" * 201, 1, ID, 1])),
        ("event.wrong_value", with_field("seen", ["log", -1, ID, 1])),
        ("event.wrong_value", with_field("seen", ["log", True, ID, 1])),
        ("event.wrong_value", with_field("seen", ["log", 1, None, 1])),
        ("event.wrong_value", with_field("seen", ["log", 1, ID, -1])),
        ("event.wrong_value", with_field("seen", ["log", 1, ID, 1, 1])),
    ],
    ids=itertools.count(),
)
def test_each_rule_of_the_envelope_has_its_code(code, payload):
    assert code_of(payload) == code


def test_the_limits_themselves_are_still_taken():
    room = events.MAX_PAYLOAD_BYTES - len(with_body('{"text":""}'))
    decode(with_body('{"text":"' + "a" * room + '"}'))
    decode(with_body('{"a":' + "[" * 14 + "]" * 14 + "}"))
    decode(with_body('{"a":9007199254740991,"b":-9007199254740991}'))
    decode(with_body('{"a":"' + "[{" * 40 + '"}'))
    decode(with_body(r'{"a":"\\u0000 \ud83d\ude00 \"[[[[[[[[[[[[[[[[[["}'))
    decode(with_field("seen", ["a" * 200, 0, ID, 0]))


def test_depth_is_counted_as_the_words_say():
    assert parse_json(b"[[[]]]", max_depth=3) == [[[]]]
    for deep in (b"[[[[]]]]", b'[[{"a":[]}]]', b'["[",[[[]]]]', b'["\\"",[[[]]]]'):
        with pytest.raises(BadEvent) as caught:
            parse_json(deep, max_depth=3)
        assert caught.value.code == "event.too_deep"
    for flat in (b'["[[[[[[["]', b'["\\"[[[[["]', b'["\\\\",[],[],[],[],[]]'):
        parse_json(flat, max_depth=3)


@pytest.mark.parametrize(
    "hostile",
    [b'"' + b'\\"' * 32_000, b"[" * 65_000, b'"\\' * 32_000, b"{}" * 32_000, b"\\" * 65_000, b"9" * 65_000],
    ids=itertools.count(),
)
def test_no_text_takes_long_to_refuse(hostile):
    start = time.process_time()
    with pytest.raises(BadEvent):
        decode(hostile)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("event.not_a_line", b""),
        ("event.not_a_line", b"\n"),
        ("event.not_a_line", PAYLOAD),
        ("event.not_a_line", "é ".encode() + PAYLOAD),
        ("event.too_large", b"a " + b" " * events.MAX_LINE_BYTES),
    ],
    ids=itertools.count(),
)
def test_what_is_no_line_is_refused(code, line):
    with pytest.raises(BadEvent) as caught:
        split_line(line)
    assert caught.value.code == code


def test_the_limits_are_those_of_the_protocol():
    assert (events.MAX_PAYLOAD_BYTES, events.MAX_LINE_BYTES) == (65_536, 66_048)
    assert (events.MAX_DEPTH, events.MAX_INT, events.MAX_KEYS) == (16, 9_007_199_254_740_991, 4_096)
    split_line(b"a " + b" " * (events.MAX_LINE_BYTES - 2))


@pytest.mark.parametrize(
    "change",
    [
        {"body": {"share": 0.5}},
        {"body": {"share": float("nan")}},
        {"body": {"fen": 2**53}},
        {"type": "accepted"},
        {"seq": 0},
        {"prev": None},
    ],
    ids=itertools.count(),
)
def test_writing_what_no_one_may_read_is_a_bug(change):
    with pytest.raises(ValueError):
        compose(**{**FIELDS, **change})


@pytest.mark.parametrize(
    ("text", "code"),
    [("\ud800", "event.bad_text"), ("a\0b", "event.bad_text"), ("字" * 22_000, "event.too_large")],
)
def test_what_a_person_gave_and_no_event_can_hold_is_told_to_the_person(text, code):
    with pytest.raises(BadInput) as caught:
        compose(**{**FIELDS, "body": {"text": text}})
    assert caught.value.code == code
