"""Papers on their way: pieces, cuts, resuming, space, scope; never had before the whole is right."""

from __future__ import annotations

import dataclasses
import secrets
from io import BytesIO
from types import SimpleNamespace

import pytest
from tusclient.client import TusClient

from common.case.commands import AddPapers
from common.errors import AppError
from common.node.values import Truth
from common.store.local import PaperFile
from common.vault import paper_hash
from county_hub.nodes.rulings import revoke
from sync import papers
from sync.headers import Offer
from sync.http import UP
from sync.papers import MAX_PAPER_BYTES, MAX_PIECE_BYTES
from tests.sync.linked import Linked, served


@pytest.fixture
def sent(linked: Linked):
    """A village with a case of three papers, all of it at the village alone."""
    village = linked.county.village
    papers = tuple(linked.paper(village, size) for size in (90_000, 3_000, 200_000))
    case = linked.county.register(village, papers=papers).id
    return linked, case, [p["pages"][0]["hash"] for p in papers]


def have(linked: Linked, node, hashes) -> list[bool]:
    return [linked.room(node).whole(hash) for hash in hashes]


def test_papers_follow_their_events_to_the_township_and_to_the_county(sent):
    linked, _, hashes = sent
    c = linked.county
    assert c.village.status().unsent_papers == 3
    assert linked.sync(c.village, c.township).papers_left == 0
    assert have(linked, c.township, hashes) == [True] * 3
    assert linked.sync(c.township, c.hub).papers_left == 0
    assert have(linked, c.hub, hashes) == [True] * 3
    for hash in hashes:
        assert (
            linked.rooms[c.hub.id].path(hash).read_bytes()
            == linked.rooms[c.village.id].path(hash).read_bytes()
        )


def test_papers_of_acts_after_a_cut_off_are_secured_at_the_county_too(linked: Linked):
    """Their events wait there for a ruling; the township that took them before it knew owes nothing for ever."""
    c = linked.county
    revoke(c.hub, c.village.id, "丢失")
    paper = linked.paper(c.village)
    c.register(c.village, papers=(paper,))
    assert linked.sync(c.village, c.township).result == "level"
    assert [linked.sync(c.township, c.hub).result for _ in range(2)] == ["level", "level"]
    assert {held.reason for held in c.hub.store.waiting.list()} == {"wait.cut"}
    assert have(linked, c.hub, [paper["pages"][0]["hash"]]) == [True]
    assert c.township.status().unsent_papers == 0


def test_a_refusal_says_nothing_of_papers(sent):
    """A machine out of service is refused: what it offered is not taken for given."""
    linked, case, hashes = sent
    c = linked.county
    linked.sync(c.village, c.hub)
    paper = linked.paper(c.village)
    c.village.act(AddPapers((paper,)), c.agent(c.village), case=case)
    revoke(c.hub, c.village.id, "丢失")
    assert linked.sync(c.village, c.hub).code == "sync.revoked"
    assert c.village.status().unsent_papers == 1
    truth = {p.hash: p.truth for p in c.village.case(case).papers}
    assert truth == {paper["pages"][0]["hash"]: Truth.HERE, **dict.fromkeys(hashes, Truth.COUNTY)}


def test_a_machine_out_of_service_hands_over_the_papers_of_what_counts(linked: Linked):
    """What the county let in by a ruling, with its papers; those of later acts it keeps (docs/decisions/0019)."""
    c = linked.county
    counts, later = linked.paper(c.village), linked.paper(c.village)
    last = c.register(c.village, papers=(counts,)).seq + 1
    c.register(c.village, papers=(later,))
    cuts = {c.village.origin: [last, c.village.store.ledger.at(c.village.origin, last)]}
    c.hub.publish("node.revoked", {"node": c.village.id, "cuts": cuts, "reason": "机器丢了"})
    linked.sync(c.township, c.hub)
    for _ in range(2):
        assert linked.sync(c.village, c.township).code == "sync.revoked"
    hashes = [paper["pages"][0]["hash"] for paper in (counts, later)]
    assert have(linked, c.township, hashes) == [True, False]
    assert linked.sync(c.township, c.hub).result == "level"
    assert have(linked, c.hub, hashes) == [True, False]


def test_papers_given_to_a_machine_that_was_lost_since_are_given_again(sent):
    """The township's machine is out of service before it has handed them on; the village goes to the county."""
    linked, _, hashes = sent
    c = linked.county
    linked.sync(c.village, c.township)
    revoke(c.hub, c.township.id, "被盗")
    linked.sync(c.village, c.hub)
    assert linked.sync(c.village, c.hub).papers_left == 0
    assert have(linked, c.hub, hashes) == [True] * 3


def test_the_village_learns_that_its_papers_are_at_the_county(sent):
    linked, case, _ = sent
    c = linked.county
    linked.sync(c.village, c.township)
    assert {p.truth for p in c.village.case(case).papers} == {Truth.TOWNSHIP}
    linked.sync(c.township, c.hub)
    linked.sync(c.village, c.township)
    assert {p.truth for p in c.village.case(case).papers} == {Truth.COUNTY}


@pytest.mark.parametrize("left", [None, b"", b"\0" * 90_000], ids=["gone", "empty", "other"])
def test_a_file_that_the_disk_lost_is_told_and_keeps_no_other_paper_back(sent, left: bytes | None):
    """An image put back without its files, a bad disk: the sync goes on, and the page can be fetched or taken again."""
    linked, _, hashes = sent
    c = linked.county
    path = linked.rooms[c.village.id].path(hashes[0])
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    report = linked.sync(c.village, c.township)
    assert (report.result, report.refused) == ("level", ((hashes[0], "paper.damaged_here"),))
    assert have(linked, c.township, hashes) == [False, True, True]
    again = linked.sync(c.village, c.township)
    assert (again.result, again.refused) == ("level", ())
    assert not c.village.store.local.paper(hashes[0]).complete


def test_small_papers_go_first_and_events_before_all(sent):
    linked, _, hashes = sent
    c = linked.county
    link = linked.link(c.township)
    link.piece_faults = [""] + ["lost"] * 99
    report = linked.sync(c.village, link)
    assert (report.result, report.sent, report.papers_left) == ("cut", 2, 3)
    assert have(linked, c.township, hashes) == [False, True, False]


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_paper_cut_in_the_middle_goes_on_where_it_was(sent, fault):
    linked, _, hashes = sent
    c = linked.county
    for _ in range(40):
        link = linked.link(c.township)
        link.piece_faults = ["", fault, fault, fault, fault, fault, fault]
        if (report := linked.sync(c.village, link)).result == "level":
            break
    assert report.result == "level"
    assert have(linked, c.township, hashes) == [True] * 3
    pieces = linked.rooms[c.township.id]
    assert list((pieces.path(hashes[0]).parent.parent / ".staging").iterdir()) == []


def test_a_lost_last_answer_of_an_upload_costs_no_second_upload(sent):
    linked, _, hashes = sent
    c = linked.county
    link = linked.link(c.township)
    link.piece_faults = ["cut", ""]
    assert linked.sync(c.village, link).result == "level"
    assert have(linked, c.township, hashes) == [True] * 3


def test_a_paper_is_not_had_before_a_signed_answer_says_so(sent):
    linked, _, hashes = sent
    c = linked.county
    link = linked.link(c.township, "", "lost", "lost", "lost", "lost")
    linked.sync(c.village, link)
    assert have(linked, c.township, hashes) == [True] * 3
    assert c.village.status().unsent_papers == 3
    linked.sync(c.village, c.township)
    assert c.village.status().unsent_papers == 0


def test_an_event_that_lies_about_a_papers_size_keeps_it_from_nobody(linked: Linked):
    c = linked.county
    paper = linked.paper(c.village)
    (page,) = paper["pages"]
    for size in (1, page["size"], 10**9):
        c.register(c.village, papers=({**paper, "pages": [{**page, "size": size}]},))
    assert linked.sync(c.village, c.township).result == "level"
    assert have(linked, c.township, [page["hash"]]) == [True]
    capability = (
        linked.parent(c.township)
        .desk.word(Offer(request=1, need=(page["hash"],)), [c.village.office])
        .gives[0][1]
    )
    assert linked.parent(c.township).desk.give(capability, None)[1] == page["size"]


def test_a_parent_without_space_says_so_and_the_papers_stay_owed(sent):
    linked, _, hashes = sent
    c = linked.county
    linked.free = 0
    report = linked.sync(c.village, c.township)
    assert (report.result, report.code, report.papers_left) == ("refused", "paper.no_space", 3)
    assert report.sent == 2
    assert set(report.refused) == {(hash, "paper.no_space") for hash in hashes}


def test_pages_of_a_draft_are_not_offered(linked: Linked):
    c = linked.county
    linked.paper(c.village)
    link = linked.link(c.township)
    assert linked.sync(c.village, link).result == "level"
    assert len(link.messages) == 1


def test_a_paper_asked_for_comes_down_and_only_then(sent):
    linked, _, hashes = sent
    c = linked.county
    linked.level()
    new = c.enrol("new", c.village.office, c.hub)
    linked.level()
    linked.sync(new, c.township)
    assert have(linked, new, hashes) == [False] * 3
    new.store.local.save_paper(PaperFile(hashes[0], 90_000, wanted=True))
    assert linked.sync(new, c.township).result == "level"
    assert have(linked, new, hashes) == [True, False, False]
    assert not new.store.local.paper(hashes[0]).wanted
    new.store.close()


def test_a_download_goes_on_where_it_was_cut(sent):
    linked, _, hashes = sent
    c = linked.county
    linked.level()
    linked.rooms[c.village.id].path(hashes[2]).unlink()
    c.village.store.local.save_paper(PaperFile(hashes[2], 200_000, wanted=True))
    link = linked.link(c.township)
    link.piece_faults = ["", "lost", "lost", "lost", "lost"]
    assert linked.sync(c.village, link).result == "cut"
    assert linked.rooms[c.village.id].part_bytes(hashes[2]) == MAX_PIECE_BYTES
    assert linked.sync(c.village, c.township).result == "level"
    assert have(linked, c.village, hashes) == [True] * 3


def test_a_township_asks_its_parent_for_what_a_village_wants_and_it_lacks(sent):
    linked, _, hashes = sent
    c = linked.county
    linked.sync(c.village, c.hub)
    linked.level()
    assert have(linked, c.township, hashes) == [False] * 3
    linked.rooms[c.village.id].path(hashes[0]).unlink()
    c.village.store.local.save_paper(PaperFile(hashes[0], 90_000, wanted=True))
    assert linked.sync(c.village, c.township).result == "level"
    linked.sync(c.township, c.hub)
    assert have(linked, c.township, hashes) == [True, False, False]
    linked.sync(c.village, c.township)
    assert have(linked, c.village, hashes) == [True] * 3


def test_a_paper_out_of_the_childs_scope_is_not_given(sent):
    linked, _, hashes = sent
    c = linked.county
    linked.level()
    c.other_village.store.local.save_paper(PaperFile(hashes[0], 90_000, wanted=True))
    linked.sync(c.other_village, c.hub)
    assert have(linked, c.other_village, hashes) == [False] * 3


# ---------------------------------------------------------------- addresses


@pytest.fixture
def wanted(sent):
    """The township's desk and room, with the largest paper wanted and nothing of it there."""
    linked, _, hashes = sent
    c = linked.county
    link = linked.link(c.township)
    link.piece_faults = ["lost"] * 99
    linked.sync(c.village, link)
    desk = linked.parent(c.township).desk
    content = linked.rooms[c.village.id].path(hashes[2]).read_bytes()
    return desk, desk.capability("up", hashes[2], 200_000), content


def code(call) -> tuple[str, int]:
    with pytest.raises(AppError) as refused:
        call()
    return refused.value.code, refused.value.http_status


def test_a_piece_at_the_wrong_place_is_refused_with_the_right_one(wanted):
    desk, address, content = wanted
    desk.take(address, 0, content[:1000])
    assert code(lambda: desk.take(address, 500, content[500:1500])) == ("paper.wrong_offset", 409)
    assert desk.upload(address) == (1000, 200_000)


def test_bytes_that_are_not_the_paper_are_thrown_away(wanted):
    desk, address, content = wanted
    for start in range(0, 150_000, 50_000):
        desk.take(address, start, secrets.token_bytes(50_000))
    assert code(lambda: desk.take(address, 150_000, bytes(50_000))) == ("paper.wrong_content", 422)
    assert desk.upload(address) == (0, 200_000)
    for start in range(0, 200_000, 50_000):
        desk.take(address, start, content[start : start + 50_000])
    assert desk.upload(address) == (200_000, 200_000)


def test_more_bytes_than_the_event_says_are_refused(wanted):
    desk, address, content = wanted
    for start in range(0, 150_000, 50_000):
        desk.take(address, start, content[start : start + 50_000])
    assert code(lambda: desk.take(address, 150_000, content[150_000:] + b"more")) == (
        "paper.beyond_size",
        400,
    )


def test_a_piece_that_is_too_large_is_refused(wanted):
    desk, address, _ = wanted
    assert code(lambda: desk.take(address, 0, bytes(MAX_PIECE_BYTES + 1))) == ("paper.piece_too_large", 413)


def test_an_address_can_neither_be_guessed_nor_changed_nor_turned_round(wanted):
    desk, address, _ = wanted
    changed = address[:-5] + ("AAAAA" if not address.endswith("AAAAA") else "BBBBB")
    for wrong in (changed, "", "x", address[:20], "A" * len(address), "ä" * 72):
        assert code(lambda wrong=wrong: desk.upload(wrong)) == ("paper.no_such_address", 404)
    assert code(lambda: desk.give(address, None)) == ("paper.no_such_address", 404)


@pytest.mark.parametrize(
    "asked", ["bytes=3000-", "bytes=5-4", "bytes=-5", "pages=1-2", "bytes=0-1,3-4", "bytes=99999999999-"]
)
def test_a_range_that_is_none_is_refused(sent, asked):
    linked, _, hashes = sent
    desk = linked.parent(linked.county.village).desk
    address = desk.capability("down", hashes[1], 3_000)
    assert code(lambda: desk.give(address, asked)) == ("paper.bad_range", 400)


def test_a_paper_of_a_size_that_none_may_have_is_not_wanted(linked: Linked):
    c = linked.county
    paper = linked.paper(c.village, 3_000)
    page = {**paper["pages"][0], "size": MAX_PAPER_BYTES + 1}
    c.register(c.village, papers=({**paper, "pages": [page]},))
    assert linked.sync(c.village, c.township).code == "paper.no_space"


# ---------------------------------------------------------------- the room


def test_parts_left_lying_make_room_for_new_ones(linked: Linked, monkeypatch):
    c = linked.county
    room = linked.rooms[c.hub.id]
    monkeypatch.setattr(papers, "MAX_STAGED_BYTES", 5_000)  # of the parts 4,500
    contents = [secrets.token_bytes(2_000) for _ in range(4)]
    for content in contents:
        room.add(paper_hash(content), 2_000, 0, content[:1_500], from_parent=False)
    assert [room.part_bytes(paper_hash(content)) for content in contents] == [0, 1_500, 1_500, 1_500]


def test_a_stop_between_file_and_store_is_made_good(linked: Linked):
    c = linked.county
    paper = linked.paper(c.village)
    hash = paper["pages"][0]["hash"]
    known = c.village.store.local.paper(hash)
    c.village.store.local.save_paper(dataclasses.replace(known, have=0))
    assert linked.rooms[c.village.id].had(hash, 3_000)
    assert c.village.store.local.paper(hash).complete


def test_a_page_that_a_stop_left_whole_and_unheard_of_goes_on_after_the_next_start(sent):
    """Its village is gone, and sends it no more."""
    linked, _, hashes = sent
    c = linked.county
    linked.sync(c.village, c.township)
    room, local = linked.rooms[c.township.id], c.township.store.local
    for hash in hashes[:2]:  # the first is heard of, and not that it is whole
        local.save_paper(dataclasses.replace(local.paper(hash), have=0))
    local.drop_paper(hashes[0])
    (room.path("ab" + "0" * 62).parent).mkdir(exist_ok=True)
    room.path("ab" + "0" * 62).write_bytes(b"named by no event")
    assert room.take_stock() == 2
    assert room.take_stock() == 0
    linked.sync(c.township, c.hub)
    assert have(linked, c.hub, hashes) == [True] * 3
    assert local.paper("ab" + "0" * 62) is None


def test_a_full_disk_is_no_end_and_loses_nothing(sent, monkeypatch):
    linked, _, hashes = sent
    c = linked.county

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(papers, "keep_file", full)
        report = linked.sync(c.village, c.township)
    assert (report.result, report.papers_left) == ("cut", 3)
    assert have(linked, c.township, hashes) == [False] * 3
    link = linked.link(c.township)
    assert linked.sync(c.village, link).result == "level"
    assert have(linked, c.township, hashes) == [True] * 3
    assert link.pieces < 6, "what had come was not sent again"


# ---------------------------------------------------------------- a stock client


def test_a_stock_client_of_tus_can_upload_in_pieces(wanted):
    desk, address, content = wanted
    parent = SimpleNamespace(desk=desk)
    with served(parent) as url:
        uploader = TusClient(url).uploader(
            file_stream=BytesIO(content), chunk_size=30_000, url=url + UP + address
        )
        uploader.upload_chunk()
        assert desk.upload(address) == (30_000, 200_000)
        again = TusClient(url).uploader(
            file_stream=BytesIO(content), chunk_size=50_000, url=url + UP + address
        )
        assert again.offset == 30_000
        again.upload()
    assert desk.upload(address) == (200_000, 200_000)
