"""Slips: what is typed comes back whole, and a mistake is named by its place."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadInput
from sync.slips import PREFIX, Slip, make_slip, read_slip, write_slip

ROOT = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()
SLIP = Slip(
    "511322115203",
    ("http://192.168.1.10:8511", "https://bianmin.example.cn"),
    ROOT,
    b"0123456789abcdef",
    1_800_000_000,
    practice=False,
)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

hosts = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,40}[a-z0-9](:[1-9][0-9]{0,3})?", fullmatch=True)
addresses = st.builds("{}://{}".format, st.sampled_from(["http", "https"]), hosts)
slips = st.builds(
    Slip,
    office=st.from_regex(r"[0-9]{6}([0-9]{3}){0,2}", fullmatch=True).filter(str.isascii),
    parents=st.lists(addresses, min_size=1, max_size=4).map(tuple),
    root=st.binary(min_size=32, max_size=32).map(lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()),
    code=st.binary(min_size=16, max_size=16),
    expires=st.integers(0, 2**32 - 1),
    practice=st.booleans(),
)


@given(slips)
def test_a_slip_reads_back_as_it_was_written(slip):
    assert read_slip(write_slip(slip)) == slip


def test_a_slip_is_one_line_of_groups_that_can_be_read_over_the_telephone():
    text = write_slip(SLIP)
    first, *groups = text.split("-")
    assert first == PREFIX
    assert all(len(group) == 8 for group in groups[:-1])
    assert set("".join(groups)) <= set(ALPHABET)


@given(slips, st.sampled_from(["lower", "spaces", "lines", "words", "letters"]))
def test_how_a_slip_is_copied_does_not_matter(slip, way):
    text = write_slip(slip)
    copied = {
        "lower": text.lower(),
        "spaces": text.replace("-", " "),
        "lines": text.replace("-", "-\r\n"),
        "words": f"启用单 回龙镇 2026\n{text}\n有效期至 2026 EXPIRES\n",
        "letters": PREFIX + text[4:].replace("0", "o").replace("1", "l"),
    }[way]
    assert read_slip(copied) == slip


@given(slips, st.data())
def test_a_mistyped_character_is_named_by_its_group(slip, data):
    groups = write_slip(slip).split("-")
    place = data.draw(st.integers(1, len(groups) - 1))
    at = data.draw(st.integers(0, len(groups[place]) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET).filter(lambda char: char != groups[place][at]))
    groups[place] = groups[place][:at] + wrong + groups[place][at + 1 :]
    with pytest.raises(BadInput) as refused:
        read_slip("-".join(groups))
    assert (refused.value.code, refused.value.detail["group"]) == ("slip.group_wrong", place)


@given(slips, st.data())
def test_groups_in_the_wrong_order_are_never_taken(slip, data):
    groups = write_slip(slip).split("-")
    place = data.draw(st.integers(1, len(groups) - 2))
    swapped = [*groups]
    swapped[place], swapped[place + 1] = groups[place + 1], groups[place]
    if swapped != groups:
        with pytest.raises(BadInput):
            read_slip("-".join(swapped))


def test_a_slip_cut_short_says_so():
    text = write_slip(SLIP)
    with pytest.raises(BadInput) as refused:
        read_slip(text.rpartition("-")[0])
    assert refused.value.code == "slip.too_short"


@given(st.text(max_size=300))
def test_any_other_text_is_refused_in_plain_words(text):
    with pytest.raises(BadInput):
        read_slip(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "slip.not_found"),
        ("BMS1", "slip.not_found"),
        ("BMS2-00000000-00000000", "slip.unknown_version"),
        ("BMS1-00000000-00000000", "slip.group_wrong"),
        ("BMS1-启用单", "slip.not_found"),
    ],
)
def test_what_is_wrong_with_a_slip_has_its_code(text, code):
    with pytest.raises(BadInput) as refused:
        read_slip(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        "",
        "192.168.1.10:8511",
        "ftp://192.168.1.10",
        "http://",
        "http://host/path",
        "http://host?x=1",
        "http://user@host",
        "http://host:99999",
        "http://host:0",
        "http://主机",
        "http://" + "a" * 130,
        'http://a"b',
    ],
)
def test_an_address_that_no_node_could_use_is_refused(url):
    with pytest.raises(BadInput) as refused:
        make_slip("511322115", (url,), ROOT, bytes(16), 0)
    assert refused.value.code == "slip.bad_address"


@pytest.mark.parametrize("office", ["", "5113", "511322/MZ", "51132211520x"])
def test_a_slip_is_for_a_division(office):
    with pytest.raises(BadInput) as refused:
        make_slip(office, ("http://h",), ROOT, bytes(16), 0)
    assert refused.value.code == "slip.bad_office"


def test_a_slip_never_shows_its_code_by_accident():
    assert SLIP.code.hex() not in repr(SLIP)
    assert "0123456789abcdef" not in repr(SLIP)
