"""Pages captured and never named are removed after a time; what an event or a draft names stays for good."""

from __future__ import annotations

import pytest

from common.leftovers import EVERY_MS, KEEP_MS, MOST, remove
from common.store.local import Draft, PaperFile
from common.web.papers_view import papers_of
from county_hub.chores import forget_pages
from tests.county import build_county
from tests.programs import Programs, application, photo
from township_node.exchanging import Exchanging

DAY_MS = 24 * 3_600_000


@pytest.fixture
def programs(tmp_path):
    return Programs(build_county(tmp_path))


@pytest.fixture
def village(programs):
    return programs.county.village


@pytest.fixture
def agent(programs, village):
    return programs.api(village, "陈会计")


def sweep(node) -> int:
    return remove(node.store, papers_of(node), node.now())


def is_here(node, hash: str) -> bool:
    known = node.store.local.paper(hash) is not None
    assert known == papers_of(node).here(hash)
    return known


def later(programs, ms: int) -> None:
    programs.county.clock.now += ms


def test_a_page_that_nobody_named_goes_after_its_time_and_no_sooner(programs, village, agent):
    page = agent.post("/papers", photo(1))
    later(programs, KEEP_MS - 2 * EVERY_MS)
    assert sweep(village) == 0
    assert is_here(village, page["hash"])
    later(programs, 2 * EVERY_MS)
    assert sweep(village) == 1
    assert not is_here(village, page["hash"])


def test_what_an_event_names_stays(programs, village, agent):
    made = agent.post("/cases", application(programs, agent, village))
    hashes = [paper["hash"] for paper in made["papers"]]
    assert hashes
    later(programs, 3 * KEEP_MS)
    assert sweep(village) == 0
    assert all(is_here(village, hash) for hash in hashes)


def test_what_a_draft_names_stays_and_goes_once_the_draft_is_gone_without_it(programs, village, agent):
    page, other = agent.post("/papers", photo(1)), agent.post("/papers", photo(2))
    local = village.store.local
    local.save_draft(Draft("salt", "officer", "MZ-005", {"pages": {"id": [page]}}, 0))
    later(programs, 3 * KEEP_MS)
    assert sweep(village) == 1
    assert is_here(village, page["hash"])
    assert not is_here(village, other["hash"])
    local.drop_draft("salt")
    later(programs, EVERY_MS)
    assert sweep(village) == 1
    assert not is_here(village, page["hash"])


def test_what_came_from_others_or_is_still_coming_is_not_looked_at(programs, village):
    local = village.store.local
    came, coming, sent = "a" * 64, "b" * 64, "c" * 64
    local.save_paper(PaperFile(came, 10, have=10))
    local.save_paper(PaperFile(coming, 10, have=4, wanted=True, at=1))
    local.save_paper(PaperFile(sent, 10, have=10, at_parent=True, at=1))
    later(programs, 3 * KEEP_MS)
    assert sweep(village) == 0
    assert set(local.papers((came, coming, sent))) == {came, coming, sent}


def test_a_page_that_a_request_is_about_to_name_is_held(programs, village, agent):
    asked = application(programs, agent, village)
    later(programs, KEEP_MS + DAY_MS)
    agent.post("/cases", {**asked, "form": {}}, 400)  # looked at, and not named
    assert sweep(village) == 0
    agent.post("/cases", asked)


def test_a_page_that_was_removed_is_said_not_to_be_here(programs, village, agent):
    asked = application(programs, agent, village)
    later(programs, KEEP_MS + DAY_MS)
    assert sweep(village) > 0
    assert agent.post("/cases", asked, 400)["code"] == "api.paper_not_here"


def test_so_many_go_at_once_and_the_rest_the_next_time(programs, village):
    local = village.store.local
    for number in range(MOST + 1):
        local.save_paper(PaperFile(f"{number:064x}", 10, have=10, at=1))
    assert [sweep(village), sweep(village), sweep(village)] == [MOST, 1, 0]


def test_it_is_done_once_a_day_and_again_after_a_clock_was_set_back(programs, village, agent):
    sweep(village)
    village.store.local.save_paper(PaperFile("a" * 64, 10, have=10, at=1))
    later(programs, EVERY_MS // 2)
    assert sweep(village) == 0
    later(programs, -400 * DAY_MS)
    assert sweep(village) == 1


def test_both_programs_do_it_by_themselves(programs, village):
    hub = programs.county.hub
    for node in (village, hub):
        node.store.local.save_paper(PaperFile("a" * 64, 10, have=10, at=1))
    Exchanging(village, programs.program(village).papers).worker.now()
    forget_pages(hub)
    assert not is_here(village, "a" * 64)
    assert not is_here(hub, "a" * 64)
