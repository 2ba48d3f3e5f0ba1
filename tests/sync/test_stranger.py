"""PROTOCOL.md is enough: a node that imports nothing of ours enrols, hands in a case, and reads what became of it."""

from __future__ import annotations

import ast
import hashlib
import secrets
from datetime import date
from pathlib import Path

import pytest

from common.case.commands import AcceptCase, AddPapers, OfferCase
from common.ids import CaseNumber
from common.node import Node
from common.papers import Papers
from sync.enrolling import issue_slip, relay_enrolment
from tests.county_hub.test_serving import serving
from tests.hub import CommandLine, new_data
from tests.sync import stranger
from tests.sync.linked import PLENTY, Linked, http_link, served
from tests.sync.stranger import Stranger, tree_root

DICTIONARY = Path(__file__).parents[2] / "sync" / "dictionaries" / "1.zdict"
ORIGINALS = ("form", "id", "hukou", "bank", "proxy")


def test_the_stranger_knows_nothing_of_ours():
    tree = ast.parse(Path(stranger.__file__).read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert not imported & {"common", "sync", "township_node", "county_hub", "tests"}


@pytest.mark.parametrize("dictionary", [None, DICTIONARY], ids=["no dictionary", "dictionary"])
def test_a_stranger_enrols_hands_in_a_case_and_reads_what_became_of_it(
    linked: Linked, dictionary: Path | None
):
    c = linked.county
    slip = issue_slip(c.hub, c.village_2.office, ["http://192.168.1.10"], secrets.token_bytes)

    def relay(request: bytes) -> bytes:
        with http_link(hub) as up:
            return relay_enrolment([up], request)

    with served(linked.parent(c.hub)) as hub, served(linked.parent(c.township), relay) as town:
        node = Stranger(slip.text, town, dictionary)
        with node.http:
            node.enrol()
            linked.sync(c.township, c.hub)
            node.sync()
            assert len(node.reference) == c.hub.reference.size
            day = c.township.today()
            number = CaseNumber(c.village_2.office, day, "ABCD", 1).text
            case = node.register("MZ-005", number, day.isoformat())
            node.sync()
            arrived = [e for e in node.events.values() if e["type"] == "case.arrived" and e["case"] == case]
            assert arrived, "the township wrote its arrival, and the feed brought it"
            c.township.act(AcceptCase(checked=ORIGINALS), c.clerk(c.township), case=case)
            trips = node.round_trips
            node.sync()
            assert node.round_trips == trips + 1
            assert "case.accepted" in {e["type"] for e in node.events.values() if e["case"] == case}
            (hash,) = node.papers
            assert linked.room(c.township).path(hash).read_bytes() == node.papers[hash]
    file = c.township.case(case)
    assert (file.row.label, file.row.number) == ("ACCEPTED", number)
    assert file.view.aside == ()
    assert c.township.verify()[2] is None


def captured(linked: Linked, node: Node, content: bytes) -> dict[str, object]:
    """A paper of one page with this content, as it is captured at a node."""
    folder = linked.room(node).path("0" * 64).parent.parent
    page = Papers(node.store.local, folder, node.now, free=lambda path: PLENTY).capture(content)
    return {"material": "other", "name": "情况说明", "form": "copy", "original_seen": True, "pages": [page]}


def test_a_stranger_fetches_the_papers_that_others_added_when_he_wants_them(linked: Linked):
    c = linked.county
    slip = issue_slip(c.hub, c.village_2.office, ["http://192.168.1.10"], secrets.token_bytes)
    long, short = (b"%PDF-1.4 " + secrets.token_bytes(size) + b" %%EOF" for size in (150_000, 900))

    def relay(request: bytes) -> bytes:
        with http_link(hub) as up:
            return relay_enrolment([up], request)

    with served(linked.parent(c.hub)) as hub, served(linked.parent(c.township), relay) as town:
        node = Stranger(slip.text, town, DICTIONARY)
        with node.http:
            node.enrol()
            linked.sync(c.township, c.hub)
            node.sync()
            day = c.township.today()
            number = CaseNumber(c.village_2.office, day, "ABCD", 1).text
            case = node.register("MZ-005", number, day.isoformat())
            node.sync()
            c.township.act(AcceptCase(checked=ORIGINALS), c.clerk(c.township), case=case)
            c.township.act(AddPapers((captured(linked, c.township, long),)), c.clerk(c.township), case=case)
            node.sync()
            [theirs] = node.pages(case)
            assert theirs["hash"] not in node.papers, "nothing comes that nobody asked for"
            node.want(theirs)
            node.sync()
            assert node.open_page(theirs) == long
            # What lies at the county comes through the township, which asks for it in its turn.
            c.township.act(OfferCase(f"{c.hub.office}/MZ"), c.clerk(c.township), case=case)
            linked.sync(c.township, c.hub)
            window = c.author(c.hub.office, "window")
            c.hub.act(AddPapers((captured(linked, c.hub, short),)), window, case=case)
            linked.sync(c.township, c.hub)
            node.sync()
            far = node.pages(case)[-1]
            node.want(far)
            node.sync()
            assert set(node.wanted) == {far["hash"]}, "the township lacks it, and has noted that it is wanted"
            linked.sync(c.township, c.hub)
            node.sync()
            assert node.open_page(far) == short
            # What is in no case of his is as if it did not exist.
            node.want({"hash": "0" * 64, "size": 10})
            other = c.register(c.village, papers=(linked.paper(c.village),)).id
            linked.sync(c.village, c.township)
            strange = c.township.case(other).papers[0]
            node.want({"hash": strange.hash, "size": strange.size})
            node.sync()
            assert set(node.wanted) == {"0" * 64, strange.hash}


VILLAGE = "511322115203"


@pytest.mark.process
def test_a_stranger_joins_a_county_that_runs_and_proves_what_the_county_holds(tmp_path, capsys):
    """The hub's own program on the loopback: slip, reference ledger, a case, the county's receipt and checkpoint."""
    cli = CommandLine(new_data(tmp_path), capsys)
    officer = cli("officer", "add", "陈会计", "--office", VILLAGE, "--role", "agent")["officer"]
    slip = cli("slip", VILLAGE)["text"]
    today = date.fromisoformat(cli("due", "--accepted", "2026-03-04", "--days", "1")["accepted_on"])
    number = CaseNumber(VILLAGE, today, "ABCD", 1).text
    with serving(cli.data) as (_, address):
        node = Stranger(slip, address, DICTIONARY)
        with node.http:
            node.enrol()
            node.sync()
            assert node.events[officer]["body"]["name"] == "陈会计"
            assert node.seen is not None
            case = node.register("MZ-005", number, today.isoformat())
            assert not node.at_county(case)
            node.sync()
            node.sync()  # the receipt may come with the next answer
            assert node.at_county(case)
            assert not node.owed
        ids = [
            hashlib.sha256(line.partition(" ")[2].encode()).hexdigest()
            for line in cli.text("log").splitlines()
        ]
        log, size, root, _ = node.seen
        assert tree_root(ids[:size]) == root
        assert log == node.events[node.reference[0]]["origin"]
        held = cli.text("log", "--case", number).splitlines()
        assert held[:2] == [line.decode() for _, line in node.own]
        found = cli("case", number)
        assert (found["state"], found["holder"], found["synced"]) == ("REGISTERED", VILLAGE, "county")
        assert found["set_aside"] == []
        assert cli("verify")["ok"] is True
