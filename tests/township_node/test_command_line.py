"""The contract of commands of ``township-node``, against a hub that is served over HTTP in this process."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from county_hub import __main__ as county_hub
from sync.enrolling import issue_slip
from tests.county import build_county
from tests.hub import Hub
from tests.serving import serving
from tests.township_node.served import township_app
from township_node.__main__ import main

TOWNSHIP, VILLAGE = "511322102", "511322102201"
LAN = "http://127.0.0.1:9"  # where nobody answers


@dataclass
class Machine:
    """A data folder and the commands on it."""

    data: Path
    capsys: Any

    def __call__(self, *words: str, code: int = 0) -> Any:
        self.capsys.readouterr()
        ended = main([*words, "--data", str(self.data), "--json"])
        out, self.words = self.capsys.readouterr()
        assert ended == code, f"exit {ended}: {self.words}"
        return json.loads(out)


@pytest.fixture
def hub(tmp_path) -> Hub:
    return Hub(build_county(tmp_path / "county"))


@pytest.fixture
def address(hub) -> Iterator[str]:
    with serving(hub.app) as url:
        yield url


@pytest.fixture
def machine(tmp_path, capsys) -> Machine:
    return Machine(tmp_path / "machine", capsys)


def slip_for(hub: Hub, office: str, *addresses: str) -> str:
    return issue_slip(hub.node, office, addresses, lambda n: bytes(range(n))).text


def name_address(hub: Hub, url: str) -> None:
    hub.node.publish("hub.addressed", {"url": url})


def test_init_enrols_the_machine_and_fetches_the_reference_ledger(hub, address, machine):
    made = machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    assert (made["office"], made["level"]) == (TOWNSHIP, "township")
    status = machine("status")
    assert status["node"] == made["node"]
    assert status["ref"] == hub.node.reference.head
    assert status["unsent_events"] == 0
    assert machine("verify")["ok"] is True


def test_a_node_at_work_learns_the_countys_address_and_goes_there_after_those_of_its_slip(
    hub, address, machine
):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    assert machine("parent", "list")["parents"] == [address]
    name_address(hub, "https://hub.example.org")
    machine("sync")
    assert machine("parent", "list")["parents"] == [address, "https://hub.example.org"]
    assert [p["url"] for p in machine("status")["parents"]] == [address, "https://hub.example.org"]


def test_a_county_that_moved_is_met_at_its_new_address_in_the_place_of_the_old(hub, address, machine):
    name_address(hub, address)
    machine("init", "--slip", slip_for(hub, TOWNSHIP, LAN, address))
    name_address(hub, "https://hub.example.org")
    machine("sync")
    assert machine("parent", "list")["parents"] == [LAN, "https://hub.example.org"]


def test_what_a_person_chose_stands_alone_but_for_the_countys_new_address(hub, address, machine):
    name_address(hub, address)
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    machine("parent", "set", LAN)
    assert machine("parent", "list")["parents"] == [LAN]
    machine("parent", "set", address, LAN)
    name_address(hub, "https://hub.example.org")
    machine("sync")
    assert machine("parent", "list")["parents"] == ["https://hub.example.org", LAN]


def test_init_without_a_link_ends_with_75_loses_nothing_and_goes_on_when_it_is_run_again(
    hub, address, machine
):
    slip = slip_for(hub, TOWNSHIP, "http://127.0.0.1:9", address)
    machine("init", "--slip", slip, "--parent", "http://127.0.0.1:9", code=75)
    assert "没有丢" in machine.words or "再" in machine.words
    machine("sync", code=2)
    made = machine("init", "--slip", slip, "--parent", address)
    assert made["office"] == TOWNSHIP


def test_init_run_again_goes_by_the_slip_and_the_addresses_of_this_time(hub, address, machine):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address), "--parent", LAN, code=75)
    other = issue_slip(hub.node, "511322101", [address], lambda n: bytes(n)).text
    assert machine("init", "--slip", other)["office"] == "511322101"


def test_a_slip_that_was_refused_can_be_followed_by_a_good_one(hub, address, machine, tmp_path, capsys):
    used = slip_for(hub, TOWNSHIP, address)
    Machine(tmp_path / "first", capsys)("init", "--slip", used)
    assert machine("init", "--slip", used, code=1)["error"] == "slip.used"
    new = issue_slip(hub.node, TOWNSHIP, [address], lambda n: bytes(n)).text
    assert machine("init", "--slip", new)["office"] == TOWNSHIP


def test_a_slip_without_addresses_asks_for_one(hub, address, machine):
    slip = slip_for(hub, TOWNSHIP)
    assert machine("init", "--slip", slip, code=2)["error"] == "slip.no_parent"
    assert not machine.data.exists()
    assert machine("init", "--slip", slip, "--parent", address)["office"] == TOWNSHIP


def test_the_countys_program_leaves_a_townships_data_alone(hub, address, machine, capsys):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    capsys.readouterr()
    assert county_hub.main(["status", "--data", str(machine.data), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "data.other_program"


def test_init_on_a_node_that_is_at_work_refuses_and_changes_nothing(hub, address, machine):
    slip = slip_for(hub, TOWNSHIP, address)
    made = machine("init", "--slip", slip)
    machine("init", "--slip", slip, code=2)
    assert machine("status")["node"] == made["node"]


def test_init_reads_the_slip_from_a_file(hub, address, machine, tmp_path):
    paper = tmp_path / "slip.txt"
    paper.write_text(f"启用单\n{slip_for(hub, TOWNSHIP, address)}\n", encoding="utf-8")
    assert machine("init", "--slip", str(paper))["office"] == TOWNSHIP


@pytest.mark.parametrize("made", [None, "", "not a slip"])
def test_a_file_that_is_not_there_or_holds_no_slip_is_wrong_use(machine, tmp_path, made):
    paper = tmp_path / "slip.txt"
    if made is not None:
        paper.write_text(made, encoding="utf-8")
    assert machine("init", "--slip", str(paper), code=2)["error"] == "slip.not_found"
    assert not machine.data.exists()


def test_a_slip_used_by_one_machine_is_refused_to_another_in_words(hub, address, machine, tmp_path, capsys):
    slip = slip_for(hub, TOWNSHIP, address)
    machine("init", "--slip", slip)
    second = Machine(tmp_path / "second", capsys)
    assert second("init", "--slip", slip, code=1)["error"] == "slip.used"
    assert "启用单" in second.words


def test_a_slip_typed_wrong_says_which_group(hub, address, machine):
    slip = slip_for(hub, TOWNSHIP, address)
    wrong = slip[:-12] + ("0" if slip[-12] != "0" else "1") + slip[-11:]
    said = machine("init", "--slip", wrong, code=1)
    assert said["error"] == "slip.group_wrong"
    assert "组" in machine.words
    assert not machine.data.exists()


def test_sync_ends_with_0_when_level_and_75_without_a_link(hub, address, machine):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    assert machine("sync")["result"] == "level"
    report = machine("sync", "--parent", "http://127.0.0.1:9", code=75)
    assert (report["result"], report["sent"], report["papers_left"]) == ("cut", 0, 0)


def test_parents_are_listed_and_set_in_their_order(hub, address, machine):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    assert machine("parent", "list")["parents"] == [address]
    wanted = ["http://192.168.1.10:8080", address]
    machine("parent", "set", *wanted)
    assert machine("parent", "list")["parents"] == wanted
    machine("parent", "set", "ftp://nowhere", code=2)
    assert machine("parent", "list")["parents"] == wanted


def test_a_township_appoints_for_itself_and_its_villages_and_for_no_other(hub, address, machine, monkeypatch):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    monkeypatch.setattr(sys, "stdin", io.StringIO("a made-up one\n"))
    clerk = machine("officer", "add", "王丽", "--office", TOWNSHIP, "--role", "clerk", "--password-stdin")[
        "officer"
    ]
    agent = machine("officer", "add", "陈国秀", "--office", VILLAGE, "--role", "agent")["officer"]
    assert machine("officer", "add", "陈国秀", "--office", VILLAGE, "--role", "agent")["officer"] == agent
    rows = {row["officer"]: row for row in machine("officer", "list")["officers"]}
    assert (rows[clerk]["password"], rows[agent]["password"]) == (True, False)
    machine("officer", "add", "李四", "--office", "511322115", "--role", "clerk", code=1)
    machine("officer", "add", "李四", "--office", TOWNSHIP, "--role", "chief", code=1)


def test_a_village_enrols_through_its_township_and_appoints_none(
    hub, address, machine, tmp_path, capsys, monkeypatch
):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    agent = machine("officer", "add", "陈国秀", "--office", VILLAGE, "--role", "agent")["officer"]
    village = Machine(tmp_path / "village", capsys)
    with township_app(machine.data) as app, serving(app) as above:
        made = village("init", "--slip", slip_for(hub, VILLAGE, above, address), "--parent", above)
        assert made["level"] == "village"
        assert village("sync")["result"] == "level"
    monkeypatch.setattr(sys, "stdin", io.StringIO("a made-up one\n"))
    assert village("officer", "password", agent, "--password-stdin")["officer"] == agent
    village("officer", "add", "替补", "--office", VILLAGE, "--role", "agent", code=1)
    assert village("parent", "list")["parents"] == [above]


def test_settings_are_whole_numbers_within_their_bounds_and_stay(hub, address, machine):
    machine("init", "--slip", slip_for(hub, TOWNSHIP, address))
    assert machine("setting", "list")["settings"] == {"paper_limit_kb": 300, "paper_reserve_mb": 200}
    machine("setting", "set", "paper_limit_kb", "150")
    machine("setting", "set", "paper_limit_kb", "1", code=2)
    assert "50" in machine.words
    assert machine("setting", "list")["settings"]["paper_limit_kb"] == 150
