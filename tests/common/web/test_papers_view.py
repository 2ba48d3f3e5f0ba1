"""A page of a paper is shown to those whose office the case concerns, and to nobody else (R-1201)."""

from __future__ import annotations

import pytest

from common.papers import paper_path
from tests.common.web.test_registration import Table, register
from tests.page import PageClient
from tests.registering import app_of
from tests.web_app import PASSWORD


@pytest.fixture
def table(county):
    table = Table(county, county.village)
    register(table)
    table.case = table.file.id
    return table


def address(table, material: str = "id") -> str:
    made = table.file.events[0]
    paper = next(p for p in made.body["papers"] if p["material"] == material)
    return f"/papers/{table.case}/{made.id}/{paper['pages'][0]['hash']}"


def browser(county, node, officer: str) -> PageClient:
    client = PageClient(app_of(node))
    client.log_in(officer, PASSWORD)
    return client


def test_a_page_of_a_case_is_decrypted_with_its_type_and_never_stored(table):
    answer = table.client.http.get(address(table))
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert answer.content_type == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_that_is_not_here_yet_is_said_to_be_on_its_way_and_can_be_fetched(county, table):
    county.carry_up(county.village, county.township)
    client = browser(county, county.township, county.clerk(county.township).actor)
    path = address(table)
    hash = path.rpartition("/")[2]
    paper_path(
        county.township.store.path.parent / "papers", hash
    ).unlink()  # one folder for all nodes of this test
    page = client.get(path, status=404)
    assert page.h1 == "材料还在路上"
    page = client.submit(page.form(path), button="取回", status=404)
    assert "已要求取回" in page.text
    assert county.township.store.local.paper(hash).wanted
    assert [p.hash for p in county.township.store.local.papers_wanted()] == [hash]


@pytest.mark.parametrize("left", [b"", b"\0" * 50_000])
def test_a_page_whose_file_is_damaged_is_said_to_be_and_can_be_fetched(table, county, left):
    """A disk that goes bad: what was there is put aside, so that the page is fetched like one that never came."""
    path = address(table)
    hash = path.rpartition("/")[2]
    file = paper_path(county.village.store.path.parent / "papers", hash)
    file.write_bytes(left)
    page = table.client.get(path, status=404)
    assert page.h1 == "材料的文件坏了"
    assert not file.exists()
    assert file.with_suffix(".damaged").read_bytes() == left
    page = table.client.submit(page.form(path), button="取回", status=404)
    assert page.h1 == "材料还在路上"
    assert [p.hash for p in county.village.store.local.papers_wanted()] == [hash]


def test_a_page_that_is_here_is_shown_at_the_township_too(county, table):
    county.carry_up(county.village, county.township)
    path = address(table)
    client = browser(county, county.township, county.clerk(county.township).actor)
    assert client.http.get(path).content_type == "image/jpeg"


@pytest.mark.parametrize("wrong", ["case", "event", "hash"])
def test_a_page_is_found_only_where_it_belongs(table, wrong):
    case, event, hash = address(table).split("/")[2:]
    other = {"case": case, "event": event, "hash": hash, wrong: "ab" * 32}
    assert (
        table.client.http.get(f"/papers/{other['case']}/{other['event']}/{other['hash']}").status_code == 404
    )


def test_the_public_sees_no_paper(table):
    stranger = PageClient(table.app)
    assert stranger.get(address(table)).path == "/login"


def test_a_department_that_the_case_never_came_to_does_not_see_its_papers(county, table):
    chief = county.appoint(county.hub, "孙志刚", "511322/CL", "chief")
    county.level()
    operator = county.officers["511322 operator"]
    technician = county.appoint(county.hub, "周工", "511322", "technician")
    path = address(table)
    assert browser(county, county.hub, operator).http.get(path).status_code == 200
    assert browser(county, county.hub, chief).http.get(path).status_code == 403
    assert browser(county, county.hub, technician).http.get(path).status_code == 403
