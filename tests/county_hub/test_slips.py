"""启用单 on pages: made for one place or a township, shown again while open, printed, and used by a real enrolment."""

from __future__ import annotations

import pytest

from common.node import Node
from sync.enrol import make_request, read_answer
from sync.enrolling import answer_enrolment
from sync.slips import read_slip
from tests.county import build_county, chance
from tests.hub import Hub

TOWNSHIP, EMPTY, EMPTY_VILLAGE = "511322115", "511322104", "511322104201"
URL = "https://hub.example.org"


@pytest.fixture
def hub(tmp_path):
    return Hub(build_county(tmp_path))


@pytest.fixture
def operator(hub):
    hub.node.publish("hub.addressed", {"url": URL})
    return hub.client("何开明")


def make(operator, office, **fields):
    page = operator.get("/slips")
    return operator.submit(page.form("/slips"), office=office, **fields)


def codes(page) -> list[str]:
    return ["-".join(p.text.split()) for p in page.root.classed("groups")]


def test_a_slip_for_one_place_is_printed_with_its_code_as_text_and_picture(hub, operator):
    page = make(operator, EMPTY_VILLAGE, addresses="http://192.168.1.10:8000")
    [text] = codes(page)
    slip = read_slip(text)
    assert (slip.office, slip.parents) == (EMPTY_VILLAGE, ("http://192.168.1.10:8000", URL))
    assert len(page.root.all("svg")) >= 1
    assert "用过一次就作废" in page.text


def test_a_township_with_its_villages_gets_one_each_but_where_a_machine_works_already(hub, operator):
    page = make(operator, TOWNSHIP, whole="true")
    offices = [read_slip(text).office for text in codes(page)]
    at_work = {node.office for node in hub.county.nodes}
    places = {o for o in hub.node.reference.offices if "/" not in o and o.startswith(TOWNSHIP)}
    assert set(offices) == places - at_work
    before = len(offices)
    assert len(codes(make(operator, TOWNSHIP, whole="true"))) == before  # none is made twice


def test_open_slips_are_listed_and_shown_again_until_they_are_used(hub, operator):
    [text] = codes(make(operator, EMPTY))
    page = operator.get("/slips")
    assert EMPTY in page.text
    assert codes(operator.get(f"/slips/{EMPTY}")) == [text]
    slip = read_slip(text)
    node = Node.create(hub.county.store("new"), hub.county.clock, chance("new"), root=slip.root)
    keys = node.signing_key.public_jwk(), node.seal_key.public_jwk()
    request = make_request(slip, *keys, node.now(), bytes(16))
    assert read_answer(answer_enrolment(hub.node, request), request, slip.root).office == EMPTY
    assert EMPTY not in operator.get("/slips").root.all("section")[-1].text
    operator.get(f"/slips/{EMPTY}", status=404)


def test_an_expired_slip_is_shown_no_more(hub, operator):
    make(operator, EMPTY)
    hub.county.clock.forward(days=61)
    operator = hub.client("何开明")
    operator.get(f"/slips/{EMPTY}", status=404)


def test_an_address_that_is_none_is_said_at_its_field_and_what_was_typed_stays(operator):
    page = operator.get("/slips")
    page = operator.submit(page.form("/slips"), office=EMPTY, addresses="192.168.1.10", status=400)
    assert "192.168.1.10" in page.errors[0]
    assert page.form("/slips").fields["addresses"] == "192.168.1.10"
    assert page.form("/slips").fields["office"] == EMPTY


@pytest.mark.parametrize("office", ["", "511322", "x"])
def test_a_place_that_is_none_is_said(operator, office):
    page = operator.get("/slips")
    page = operator.submit(page.form("/slips"), office=office, status=400)
    assert len(page.errors) == 1


def test_without_an_address_of_the_county_the_page_says_so_and_takes_one(hub):
    operator = hub.client("何开明")
    page = operator.get("/slips")
    assert "还没有设" in page.text
    page = operator.submit(page.form("/slips"), office=EMPTY, status=400)
    assert "没有上级地址" in page.errors[0]
    page = operator.submit(page.form("/slips/url"), url="hub.example.org", status=400)
    assert page.form("/slips/url").fields["url"] == "hub.example.org"
    page = operator.submit(page.form("/slips/url"), url=URL)
    assert "还没有设" not in page.text
    assert read_slip(codes(make(operator, EMPTY))[0]).parents == (URL,)


def test_an_address_that_the_county_has_already_is_not_named_again(hub, operator):
    before = hub.node.reference.size
    operator.submit(operator.get("/slips").form("/slips/url"), url=URL)
    assert (hub.node.reference.size, hub.node.reference.address) == (before, URL)


def test_slips_are_for_who_runs_the_hub(hub):
    for path in ("/slips", f"/slips/{EMPTY}"):
        hub.client("唐建国").get(path, status=403)
