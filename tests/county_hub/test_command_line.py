"""The contract of commands, in this process: objects, exit codes, words."""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import sys
from argparse import Namespace
from base64 import urlsafe_b64decode

import pytest
from joserfc import jws
from joserfc.jwk import KeySet, OKPKey

from common.clock import MAX_TERM_DAYS
from common.node import Node
from common.program import opened, practice_clock
from common.store import open_store
from common.store.lock import hold
from common.vault import read_key_file
from county_hub.__main__ import main
from sync.slips import read_slip
from tests.county import ITEM, Clock, build_county, chance
from tests.hub import URL, CommandLine, new_data

TOWNSHIP, VILLAGE = "511322115", "511322115203"


@pytest.fixture
def cli(tmp_path, capsys):
    return CommandLine(new_data(tmp_path), capsys)


def type_in(monkeypatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


# -- init


def test_init_makes_a_county_whose_root_key_is_for_its_owner_alone(tmp_path, capsys):
    cli = CommandLine(tmp_path / "hub", capsys)
    made = cli("init", "--county", "511322", "--url", URL)
    assert made["county"] == "511322"
    root = json.loads((cli.data / "root.key").read_text(encoding="ascii"))
    assert OKPKey.import_key(root).thumbprint() == made["root"]
    assert stat.S_IMODE((cli.data / "root.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((cli.data / "store.key").stat().st_mode) == 0o600
    assert "两份" in cli.words
    assert "离线" in cli.words
    status = cli("status")
    assert (status["level"], status["pos"], status["cases"]) == ("county", 141, 0)
    assert cli("verify")["ok"] is True


def test_init_never_overwrites(cli):
    before = (cli.data / "node.db").read_bytes(), (cli.data / "root.key").read_bytes()
    said = cli("init", "--county", "511322", code=2)
    assert said["error"] == "data.exists"
    assert before == ((cli.data / "node.db").read_bytes(), (cli.data / "root.key").read_bytes())


def test_init_of_another_county_than_the_packs_leaves_nothing_behind(tmp_path, capsys):
    cli = CommandLine(tmp_path / "hub", capsys)
    assert cli("init", "--county", "510000", code=2)["error"] == "pack.bad"
    assert not cli.data.exists() or not list(cli.data.iterdir())


def test_init_that_cannot_write_the_root_key_can_be_tried_again(tmp_path, capsys):
    cli = CommandLine(tmp_path / "hub", capsys)
    (cli.data / "root.key").mkdir(parents=True)
    assert cli("init", "--county", "511322", code=2)["error"] == "data.exists"
    assert sorted(path.name for path in cli.data.iterdir()) == ["root.key"]
    (cli.data / "root.key").rmdir()
    assert cli("init", "--county", "511322")["county"] == "511322"


def test_init_takes_a_key_file_that_lies_elsewhere(tmp_path, capsys):
    cli, key = CommandLine(tmp_path / "hub", capsys), tmp_path / "stick" / "hub.key"
    key.parent.mkdir()
    cli("init", "--county", "511322", "--key-file", str(key))
    assert len(read_key_file(key)) == 32
    assert not (cli.data / "store.key").exists()
    assert cli("status", code=2)["error"] == "key_file.missing"
    assert cli("status", "--key-file", str(key))["pos"] == 140


def test_init_refuses_an_address_that_is_none(tmp_path, capsys):
    cli = CommandLine(tmp_path / "hub", capsys)
    assert (
        cli("init", "--county", "511322", "--url", "hub.example.org/x", code=2)["error"] == "slip.bad_address"
    )
    assert not cli.data.exists()


def test_a_wrong_key_is_said_in_words(cli, tmp_path):
    other = tmp_path / "other.key"
    other.write_text("00" * 32, encoding="ascii")
    assert cli("status", "--key-file", str(other), code=2)["error"] == "store.wrong_key"
    assert "密钥" in cli.words


def test_a_folder_without_data_is_said_in_words(tmp_path, capsys):
    cli = CommandLine(tmp_path / "nothing", capsys)
    assert cli("status", code=2)["error"] == "data.none"


def test_no_data_folder_is_wrong_use(capsys, monkeypatch):
    monkeypatch.delenv("BIANMIN_DATA", raising=False)
    assert main(["status", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "cli.no_data"


def test_the_data_folder_may_stand_before_the_command_or_in_the_environment(cli, capsys, monkeypatch):
    assert main(["--data", str(cli.data), "--json", "status"]) == 0
    assert json.loads(capsys.readouterr().out)["pos"] == 141
    monkeypatch.setenv("BIANMIN_DATA", str(cli.data))
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pos"] == 141


@pytest.mark.parametrize(
    "command",
    "init url url:set serve slip officer officer:add officer:list officer:import officer:password token case log keys"
    " verify rebuild status due".split(),
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(":"), "--help"])
    assert ended.value.code == 0
    assert "usage: county-hub" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [[], ["unheard-of"], ["slip"], ["slip", TOWNSHIP, "--all"], ["due", "--days", "-1"]]
)
def test_wrong_use_exits_2(words, capsys):
    assert main(words) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert "usage: county-hub" in said
    assert main([*words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "cli.wrong_use"


# -- the clock


def test_a_practice_county_may_run_on_a_moved_clock(cli, monkeypatch):
    monkeypatch.setenv("BIANMIN_NOW", "2031-05-06T07:08")
    assert cli("slip", TOWNSHIP)["expires"].startswith("2031-07-05")
    clock = practice_clock()
    assert 0 <= clock() - 1_935_788_880_000 < 60_000  # 2031-05-05T23:08Z
    assert clock() <= clock()


def test_a_real_county_refuses_a_moved_clock(tmp_path, capsys, monkeypatch):
    cli = CommandLine(tmp_path / "hub", capsys)
    cli("init", "--county", "511322")
    monkeypatch.setenv("BIANMIN_NOW", "2031-05-06")
    assert cli("status", code=2)["error"] == "clock.moved_in_a_real_county"
    assert cli("serve", code=2)["error"] == "clock.moved_in_a_real_county"


def test_a_moved_clock_that_cannot_be_read_is_said(cli, monkeypatch):
    monkeypatch.setenv("BIANMIN_NOW", "yesterday")
    assert cli("status", code=2)["error"] == "clock.bad_now"


# -- slips


def test_a_slip_carries_the_office_the_addresses_in_order_and_the_root(cli):
    made = cli("slip", VILLAGE, "--parent", "http://192.168.1.10:8000")
    assert sorted(made) == ["expires", "office", "parents", "root", "text"]
    slip = read_slip(made["text"])
    assert (slip.office, slip.practice) == (VILLAGE, True)
    assert list(slip.parents) == made["parents"] == ["http://192.168.1.10:8000", URL]
    assert slip.root == made["root"] == cli("keys")["keys"][0]["kid"]


def test_two_slips_for_one_office_have_different_codes(cli):
    assert cli("slip", TOWNSHIP)["text"] != cli("slip", TOWNSHIP)["text"]


def test_slips_for_a_township_are_for_it_and_its_villages(cli):
    offices = [slip["office"] for slip in cli("slip", "--township", TOWNSHIP)["slips"]]
    assert offices[0] == TOWNSHIP
    assert VILLAGE in offices
    assert all(office.startswith(TOWNSHIP) for office in offices)


def test_slips_for_all_are_for_every_township_and_village(cli):
    offices = [slip["office"] for slip in cli("slip", "--all")["slips"]]
    assert len(offices) == len(set(offices))
    assert sum(len(office) == 9 for office in offices) == 53
    assert sum(len(office) == 12 for office in offices) > 500


@pytest.mark.parametrize("office", ["511322", "511322/MZ", "999999999", "511322115/MZ", "x"])
def test_no_slip_for_what_is_no_township_or_village(cli, office):
    assert cli("slip", office, code=1)["error"] == "slip.unknown_office"
    assert cli("slip", "--township", VILLAGE, code=1)["error"] == "slip.unknown_office"


def test_the_address_in_slips_can_be_set_later(cli):
    assert cli("url", "set", "http://10.0.0.1:8080") == {"url": "http://10.0.0.1:8080"}
    assert cli("slip", TOWNSHIP)["parents"] == ["http://10.0.0.1:8080"]
    assert cli("url", "set", "http://10.0.0.2:8080/") == {"url": "http://10.0.0.2:8080"}
    assert cli("url", "set", "10.0.0.1", code=2)["error"] == "slip.bad_address"


def test_a_slip_may_leave_the_address_to_who_sets_the_node_up(tmp_path, capsys):
    cli = CommandLine(tmp_path / "hub", capsys)
    cli("init", "--county", "511322")
    made = cli("slip", TOWNSHIP)
    assert made["parents"] == []
    assert read_slip(made["text"]).parents == ()
    assert cli("slip", TOWNSHIP, "--parent", "http://10.0.0.1")["parents"] == ["http://10.0.0.1"]


# -- officers


def test_an_officer_is_appointed_once(cli):
    first = cli("officer", "add", "唐建国", "--office", "511322/MZ", "--role", "chief")
    again = cli("officer", "add", "唐建国", "--office", "511322/MZ", "--role", "chief")
    assert first == again
    assert re.fullmatch("[0-9a-f]{64}", first["officer"])
    listed = cli("officer", "list")["officers"]
    assert [(o["name"], o["office"], o["role"], o["here"]) for o in listed] == [
        ("唐建国", "511322/MZ", "chief", True)
    ]


def test_a_chief_representative_brings_the_departments_key(cli):
    before = len(cli("keys")["keys"])
    cli("officer", "add", "唐建国", "--office", "511322/MZ", "--role", "chief")
    cli("officer", "add", "罗小兰", "--office", "511322/MZ", "--role", "chief")
    assert len(cli("keys")["keys"]) == before + 1


def test_a_first_password_is_read_from_stdin(cli, monkeypatch):
    type_in(monkeypatch, "a made-up one\n")
    officer = cli("officer", "add", "何开明", "--office", "511322", "--role", "operator", "--password-stdin")[
        "officer"
    ]
    [row] = cli("officer", "list")["officers"]
    assert (row["officer"], row["password"]) == (officer, True)
    type_in(monkeypatch, "another one\n")
    assert cli("officer", "password", officer, "--password-stdin") == {"officer": officer}


def test_no_password_for_who_works_elsewhere(cli, monkeypatch):
    type_in(monkeypatch, "a made-up one\n")
    said = cli("officer", "add", "王丽", "--office", TOWNSHIP, "--role", "clerk", "--password-stdin", code=2)
    assert said["error"] == "officer.password_elsewhere"
    assert cli("officer", "list")["officers"] == []
    officer = cli("officer", "add", "王丽", "--office", TOWNSHIP, "--role", "clerk")["officer"]
    type_in(monkeypatch, "a made-up one\n")
    assert cli("officer", "password", officer, "--password-stdin", code=1)["error"] == "officer.not_here"


def test_a_password_that_is_not_given_or_too_short_is_said(cli, monkeypatch):
    officer = cli("officer", "add", "何开明", "--office", "511322", "--role", "operator")["officer"]
    assert cli("officer", "password", officer, code=2)["error"] == "cli.password_needed"
    type_in(monkeypatch, "")
    assert cli("officer", "password", officer, "--password-stdin", code=2)["error"] == "cli.empty_password"
    type_in(monkeypatch, "kurz\n")
    assert (
        cli("officer", "password", officer, "--password-stdin", code=1)["error"]
        == "account.password_too_short"
    )


@pytest.mark.parametrize(
    ("name", "office", "role", "code"),
    [
        ("王丽", "511399", "clerk", "officer.unknown_office"),
        ("王丽", TOWNSHIP, "chief", "officer.role_does_not_fit"),
        ("王丽", VILLAGE, "clerk", "officer.role_does_not_fit"),
        ("王丽", f"{TOWNSHIP}/XX", "clerk", "officer.unknown_office"),
        (" ", TOWNSHIP, "clerk", "officer.no_name"),
        ("王\n丽", TOWNSHIP, "clerk", "officer.bad_name"),
    ],
)
def test_a_wrong_appointment_is_refused_in_words(cli, name, office, role, code):
    assert cli("officer", "add", name, "--office", office, "--role", role, code=1)["error"] == code
    assert re.search("[一-鿿]", cli.words)


@pytest.mark.parametrize("role", ["king", ""])
def test_a_role_that_there_is_not_is_wrong_use(cli, role):
    said = cli("officer", "add", "王丽", "--office", TOWNSHIP, "--role", role, code=2)
    assert said["error"] == "officer.unknown_role"
    assert "clerk" in cli.words


def test_a_list_of_officers_is_imported_whole_and_a_repeat_changes_nothing(cli, tmp_path):
    file = tmp_path / "list.csv"
    file.write_bytes(f"name,office,role\n王丽,{TOWNSHIP},clerk\n陈国秀,{VILLAGE},agent\n".encode("gb18030"))
    first = cli("officer", "import", str(file))
    assert (len(first["new"]), first["known"], first["bad"]) == (2, 0, [])
    pos = cli("status")["pos"]
    assert cli("officer", "import", str(file)) == {"new": [], "known": 2, "bad": []}
    assert cli("status")["pos"] == pos


def test_every_bad_row_of_a_list_is_named_and_nobody_is_appointed(cli, tmp_path):
    file = tmp_path / "list.csv"
    rows = ["name,office,role", f"王丽,{TOWNSHIP},clerk", "张三,1,clerk", f"李四,{TOWNSHIP},king", "缺列"]
    file.write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8", newline="")
    said = cli("officer", "import", str(file), code=1)
    assert [(bad["line"], bad["error"]) for bad in said["bad"]] == [
        (3, "officer.unknown_office"), (4, "officer.unknown_role"), (5, "officer.unknown_office")
    ]  # fmt: skip
    assert "第 3 行" in cli.words
    assert cli("officer", "list")["officers"] == []


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"a,b\n1,2\n", "officer.list_columns"), (b"", "officer.list_columns"), (b"\xff\xff\xff", "officer.list_not_text"),
     (b"x" * 1_000_001, "officer.list_too_large")],
)  # fmt: skip
def test_what_is_no_list_is_said(cli, tmp_path, data, code):
    (tmp_path / "list.csv").write_bytes(data)
    assert cli("officer", "import", str(tmp_path / "list.csv"), code=1)["error"] == code


def test_a_list_that_is_not_there_is_wrong_use(cli, tmp_path):
    assert cli("officer", "import", str(tmp_path / "none.csv"), code=2)["error"] == "cli.unreadable"


def test_a_token_is_for_who_works_here_and_says_when_it_ends(cli, monkeypatch):
    monkeypatch.setenv("BIANMIN_NOW", "2026-03-04T09:00")
    officer = cli("officer", "add", "何开明", "--office", "511322", "--role", "operator")["officer"]
    made = cli("token", "--officer", officer, "--days", "7")
    assert made["expires"].startswith("2026-03-11T09:00")
    assert cli("token", "--officer", "0" * 64, code=1)["error"] == "officer.not_here"
    assert cli("token", "--officer", officer, "--days", "0", code=1)["error"] == "account.token_days"


# -- the ledger


def test_the_log_can_be_checked_with_the_keys_by_another_library(cli):
    cli("officer", "add", "唐建国", "--office", "511322/MZ", "--role", "chief")
    known = {
        key["kid"]: OKPKey.import_key(key) for key in KeySet.import_key_set(cli("keys")).as_dict()["keys"]
    }
    lines = cli.text("log").splitlines()
    previous: dict[str, str] = {}
    for line in lines:
        signature, _, payload = line.partition(" ")
        header, _, tail = signature.partition("..")
        event = json.loads(payload)
        kid = json.loads(_unb64(header))["kid"]
        obj = jws.deserialize_compact(
            f"{header}..{tail}", known[kid], payload=payload.encode(), registry=REGISTRY
        )
        assert obj.payload == payload.encode()
        assert event["prev"] == previous.get(event["origin"])
        previous[event["origin"]] = _sha256(payload)
    assert len(lines) == cli("status")["pos"]
    assert cli("status")["ref"] in previous.values()
    assert cli.text("log", "--from", "141").splitlines() == lines[140:]


REGISTRY = jws.JWSRegistry(algorithms=["Ed25519", "EdDSA"])


def _unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_an_officers_name_stands_in_the_log_as_it_was_written(cli):
    cli("officer", "add", "䶮㛃", "--office", "511322", "--role", "operator")
    assert "䶮㛃" in cli.text("log")


def test_a_changed_byte_is_found_by_verify(cli):
    with _opened(cli) as program, program.node.store.write():
        db = program.node.store.db
        pos, payload = db.row("SELECT pos, payload FROM event WHERE pos = 100")
        db.run(
            "UPDATE event SET payload = ? WHERE pos = ?",
            (payload.replace(b"calendar", b"calender", 1) + b" ", pos),
        )
    said = cli("verify", code=1)
    assert said["ok"] is False
    assert set(said["fault"]) == {"where", "code"}


def _opened(cli):
    return opened(Namespace(data=str(cli.data), key_file=None, program="county-hub"))


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("UPDATE origin SET head = zeroblob(32) WHERE seq > 0", "store.damaged"),
        ("DELETE FROM event WHERE pos = (SELECT max(pos) FROM event)", "store.damaged"),
        ("UPDATE setting SET value = 'x' WHERE key = 'origin'", "store.damaged_now"),
        ("UPDATE tree SET range = zeroblob(32)", "store.damaged_now"),
        ("DROP TABLE case_view", "store.damaged_now"),
        ("UPDATE checkpoint SET note = 'changed'", "ledger.wrong_row"),
    ],
)
def test_whatever_was_done_to_the_database_verify_says_where(cli, harm, code):
    with _opened(cli) as program, program.node.store.write():
        program.node.checkpoint()
        program.node.store.db.run(harm)
    said = cli("verify", code=1)
    assert not said["ok"]
    assert said["fault"]["code"] == code
    assert said["fault"]["where"]


def test_an_unknown_case_is_not_found(cli):
    assert cli("case", "511322101203-20260213-K7QD-0007-57", code=1)["error"] == "case.not_found"
    assert cli("case", "nonsense", code=1)["error"] == "case.not_found"


def test_a_case_is_told_as_the_contract_says(tmp_path, capsys):
    county = build_county(tmp_path / "county")
    number = county.register(county.village).body["number"]
    county.carry_up(county.village, county.township)
    county.carry(county.township, county.hub)
    data = tmp_path / "hub"
    data.mkdir()
    county.hub.store.db.run(f"VACUUM INTO '{data / 'node.db'}'")
    (data / "store.key").write_text(bytes(range(32)).hex(), encoding="ascii")
    cli = CommandLine(data, capsys)
    said = cli("case", number)
    keys = (
        "number id item item_version state holder accepted_on due provisional lamp confirmed set_aside asks"
        " papers_left synced digest"
    )
    assert list(said) == keys.split()
    assert (said["number"], said["item"], said["state"], said["synced"]) == (
        number,
        ITEM,
        "RECEIVED",
        "county",
    )
    assert (said["accepted_on"], said["due"], said["lamp"], said["set_aside"], said["asks"]) == (
        None,
        None,
        None,
        [],
        [],
    )
    assert said["confirmed"] is True
    assert said["digest"] == county.township.case(number).digest
    assert cli("case", number.replace("-", "").lower())["id"] == said["id"]
    lines = cli.text("log", "--case", number).splitlines()
    types = {json.loads(line.partition(" ")[2])["type"] for line in lines}
    assert types == {"case.registered", "case.submitted", "case.arrived"}
    assert cli("rebuild") == {"cases": 1}
    assert cli("verify") == {"ok": True, "events": cli("status")["pos"], "cases": 1, "fault": None}


def test_status_has_the_contracts_keys(cli):
    keys = (
        "node name level offices origin seq head pos ref cases unsent_events unsent_papers refused waiting set_aside"
        " parents program schema"
    )
    said = cli("status")
    assert set(keys.split()) <= set(said)
    assert said["origin"].startswith(said["node"] + "/")


# -- due


@pytest.mark.parametrize(
    ("words", "due", "provisional"),
    [
        (
            ["--accepted", "2026-02-10", "--days", "5"],
            "2026-02-24",
            False,
        ),  # over the spring festival
        (["--accepted", "2026-02-10T23:30+08:00", "--days", "0"], "2026-02-10", False),
        (["--accepted", "2026-02-10T17:00Z", "--days", "0"], "2026-02-11", False),  # local date
        (["--accepted", "2026-03-04", "--days", "10", "--unit", "calendar"], "2026-03-16", False),
        (["--accepted", "2031-01-01", "--days", "5"], "2031-01-08", True),
    ],
)
def test_due_counts_as_the_rules_say(cli, words, due, provisional):
    said = cli("due", *words)
    assert (said["due"], said["provisional"]) == (due, provisional)
    assert set(said) == {"accepted_on", "due", "provisional", "counted", "calendar"}


def test_a_pause_does_not_count(cli):
    plain = cli("due", "--accepted", "2026-03-04", "--days", "5")
    paused = cli("due", "--accepted", "2026-03-04", "--days", "5", "--pause", "2026-03-05/2026-03-09")
    assert plain["counted"] == ["2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"]
    assert paused["counted"] == ["2026-03-05", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13"]


@pytest.mark.parametrize("pause", ["2026-03-05", "2026-03-09/2026-03-05", "a/b", "2026-03-05/"])
def test_a_pause_that_is_none_is_wrong_use(cli, pause):
    wrong = cli("due", "--accepted", "2026-03-04", "--days", "5", "--pause", pause, code=2)
    assert wrong["error"] == "cli.wrong_use"


@pytest.mark.parametrize("unit", ["working", "calendar"])
def test_a_term_longer_than_any_law_gives_is_wrong_use_and_the_limit_is_said(cli, unit):
    longest = ["due", "--accepted", "2026-03-04", "--unit", unit, "--days"]
    assert cli(*longest, str(MAX_TERM_DAYS))["due"] is not None
    refused = cli(*longest, str(MAX_TERM_DAYS + 1), code=2)
    assert refused["error"] == "due.too_long"
    assert "3660" in cli.words


def test_the_longest_term_stands_in_the_help(capsys):
    with pytest.raises(SystemExit):
        main(["due", "--help"])
    assert "3660" in capsys.readouterr().out


# -- rebuild


def test_rebuild_gives_way_to_whoever_holds_the_folder(cli):
    with hold(cli.data / "serving.lock") as free:
        assert free
        said = cli("rebuild", code=1)
    assert said["error"] == "serve.running"
    assert "serve" in cli.words
    assert cli("rebuild") == {"cases": 0}


def test_the_store_is_closed_after_each_command(cli, tmp_path):
    cli("status")
    node = Node(_store(cli), Clock(), chance("x"))
    assert node.is_hub
    node.store.close()


def _store(cli):
    return open_store(cli.data / "node.db", read_key_file(cli.data / "store.key"))
