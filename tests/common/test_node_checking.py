"""``verify`` finds what was changed behind the program's back; ``rebuild`` makes the views again (invariants 1, 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from common.case.commands import (
    AcceptCase,
    AskWithdrawal,
    DecideCase,
    FinishStep,
    OfferCase,
    TakeCase,
    TerminateCase,
)
from common.case.decide import Author
from common.node import Node
from common.store.models import VIEWS
from tests.county import START, County, chance


def busy(county: County) -> Node:
    """The township with some cases in several states."""
    clerk = county.clerk(county.township)
    cases = [county.register(village) for village in (county.village, county.village_2) for _ in range(3)]
    for village in (county.village, county.village_2):
        county.carry_up(village, county.township)
    for first in cases[:4]:
        county.township.act(AcceptCase(), clerk, case=first.id)
    county.township.act(FinishStep(3, "属实"), clerk, case=cases[0].id)
    county.township.act(OfferCase("511322/MZ"), clerk, case=cases[0].id)
    county.village.act(AskWithdrawal("不办了"), county.agent(county.village), case=cases[1].id)
    county.level()
    return county.township


def views_of(node: Node) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all views."""
    return {
        table._meta.table_name: sorted(
            map(repr, node.store.db.rows(f"SELECT * FROM {table._meta.table_name}"))
        )
        for table in VIEWS
        if table._meta.table_name != "paper"  # its rows are numbered anew
    }


def test_verify_finds_nothing_in_a_county_at_work(county: County) -> None:
    busy(county)
    for node in county.nodes:
        events, cases, fault = node.verify()
        assert fault is None
        assert (events, cases) == (node.status().pos, node.status().cases)


def test_rebuild_makes_the_same_views(county: County) -> None:
    """Lesson 19."""
    township = busy(county)
    before = views_of(township)
    assert township.rebuild() == 6
    assert views_of(township) == before
    assert township.verify()[2] is None


def test_rebuild_mends_what_verify_found(county: County) -> None:
    township = busy(county)
    township.store.db.run("UPDATE case_view SET holder = '511322199'")
    assert township.verify()[2] is not None
    township.rebuild()
    assert township.verify()[2] is None


@pytest.mark.parametrize(
    ("old", "new"), [("{county}/MZ", "{county}/CL"), ("{township}", "{other}"), ("{village}", "{village_2}")]
)
def test_verify_finds_nothing_after_a_merger_of_offices_whose_cases_have_ended(
    county: County, old: str, new: str
) -> None:
    """R-111: what lists show of them, and whose feeds have them, follows the successor."""
    hub, township = county.hub, county.township
    clerk, department = county.clerk(township), f"{hub.office}/MZ"
    first, second = county.register(county.village), county.register(county.village)
    county.level()
    for case in (first, second):
        township.act(AcceptCase(), clerk, case=case.id)
    township.act(FinishStep(3, "属实"), clerk, case=first.id)
    township.act(OfferCase(department), clerk, case=first.id)
    township.act(TerminateCase("申请人死亡"), clerk, case=second.id)
    county.level()
    hub.act(TakeCase(), Author(county.officers[f"{hub.office} window"], department), case=first.id)
    hub.act(DecideCase(granted=True, document="准予"), county.author(department, "chief"), case=first.id)
    county.level()
    names = {
        "county": hub.office,
        "township": township.office,
        "other": county.other_township.office,
        "village": county.village.office,
        "village_2": county.village_2.office,
    }
    hub.publish("office.merged", {"old": old.format(**names), "new": new.format(**names)})
    county.level()
    assert [node.verify()[2] for node in county.nodes] == [None] * len(county.nodes)


Harm = Callable[[Node], object]


def _flip_a_byte(node: Node) -> None:
    pos, payload = node.store.db.rows("SELECT pos, payload FROM event WHERE case_no IS NOT NULL LIMIT 1")[0]
    at = payload.index(b'"at":') + 6
    changed = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
    node.store.db.run("UPDATE event SET payload = ? WHERE pos = ?", (changed, pos))


def _change_an_event_and_its_id(node: Node) -> None:
    pos, payload = node.store.db.rows("SELECT pos, payload FROM event ORDER BY pos DESC LIMIT 1")[0]
    changed = payload.replace(b'"at":1', b'"at":2', 1)
    id = hashlib.sha256(changed).digest()
    node.store.db.run("UPDATE event SET payload = ?, id = ? WHERE pos = ?", (changed, id, pos))


@pytest.mark.parametrize(
    ("harm", "code"), [(_flip_a_byte, "event.wrong_id"), (_change_an_event_and_its_id, "event.bad_signature")]
)
def test_verify_finds_an_event_that_was_changed(county: County, harm: Harm, code: str) -> None:
    township = busy(county)
    harm(township)
    fault = township.verify()[2]
    assert fault is not None
    assert fault.code == code


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("DELETE FROM event WHERE pos = 160", "ledger.missing"),
        ("UPDATE origin SET seq = seq + 1 WHERE seq > 1", "chain.head"),
        ("UPDATE event SET seq = seq + 1 WHERE pos = 160", "ledger.wrong_row"),
        ("UPDATE event SET signature = zeroblob(64) WHERE pos = 160", "event.bad_signature"),
        ("UPDATE event SET side = 1 WHERE pos = 160", "chain.broken"),
        ("UPDATE case_view SET label = 'GRANTED' WHERE case_no = 2", "view.differs"),
        ("DELETE FROM case_view WHERE case_no = 2", "view.missing"),
        ("INSERT INTO word (word) VALUES ('delete-all')", "view.differs"),
        ("INSERT INTO word (rowid, text) VALUES (99, '王')", "view.extra"),
        ("UPDATE timer SET day = '2026-01-01'", "view.differs"),
        ("DELETE FROM paper WHERE case_no = 1", "view.differs"),
        ("UPDATE division SET count = count + 1 WHERE number > 0", "feed.tip"),
        ("DELETE FROM feed WHERE number = 2", "feed.gap"),
        ("UPDATE feed SET pos = pos - 1 WHERE number = 3", "feed.entry"),
        ("UPDATE scope SET upto = upto - 1 WHERE case_no = 2", "feed.scope"),
        ("UPDATE feed_extra SET counted = NOT counted", "feed.tip"),
        ("UPDATE origin SET top = top + 1", "ledger.wrong_row"),
        (
            "UPDATE event SET side = 1 WHERE seq > (SELECT seq FROM origin WHERE id = origin)",
            "ledger.wrong_row",
        ),
        ("UPDATE event SET refers = 0 WHERE pos = 2", "ledger.wrong_row"),
        ("UPDATE event SET payload = 'x' WHERE pos = 2", "ledger.wrong_row"),
        ("UPDATE case_view SET label = x'00'", "view.differs"),
        ("INSERT INTO name (text) VALUES ('x')", "ledger.extra"),
        ("INSERT INTO aside (id, case_no, reason) VALUES (zeroblob(32), 99, 'act.rival')", "view.extra"),
        ("INSERT INTO word (rowid, text) VALUES (1, '李')", "view.extra"),
        ("INSERT INTO paper_key (rowid, key) VALUES (1, '0123456789abcdef')", "view.extra"),
        ("INSERT INTO paper_key (paper_key) VALUES ('delete-all')", "view.differs"),
        ("DELETE FROM checkpoint", "checkpoint.lost"),
        (
            "UPDATE receipt SET line = CAST(replace(line, '\"size\":', '\"size\":1') AS BLOB)",
            "signature.wrong",
        ),
        ("UPDATE receipt SET size = size + 1", "ledger.wrong_row"),
        ("UPDATE checkpoint SET size = size + 1", "ledger.wrong_row"),
        (
            "UPDATE checkpoint SET note = CAST(replace(note, '\n\n', '\nx\n\n') AS BLOB)",
            "note.wrong_signature",
        ),
    ],
)
def test_verify_names_what_was_changed_behind_the_programs_back(county: County, harm: str, code: str) -> None:
    township = busy(county)
    assert township.store.db.run(harm) > 0
    fault = township.verify()[2]
    assert fault is not None
    assert fault.code == code


def test_verify_at_the_hub_finds_a_tree_that_is_not_that_of_the_ledger(county: County) -> None:
    busy(county)
    county.hub.store.db.run("UPDATE tree SET range = zeroblob(length(range))")
    fault = county.hub.verify()[2]
    assert fault is not None
    assert fault.code == "tree.wrong"


def test_verify_says_so_where_the_file_itself_is_damaged(county: County) -> None:
    township = busy(county)
    township.store.db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    township.store.close()
    data = bytearray(township.store.path.read_bytes())
    for page in range(len(data) // 4096 // 2, len(data) // 4096, 2):
        data[page * 4096 + 2000] ^= 1
    township.store.path.write_bytes(bytes(data))
    again = Node(township.store, county.clock, chance("again"))
    fault = again.verify()[2]
    assert fault is not None
    assert fault.code == "store.damaged_now"


# -- clocks and checkpoints


def test_the_day_is_that_of_the_newest_checkpoint_where_the_clock_is_behind(county: County) -> None:
    """Design 4: a village PC may think it is 2003."""
    county.level()
    county.clock.set(START.replace(year=2003))
    assert county.village.today() == START.date()
    county.clock.set(START + timedelta(days=30))
    assert county.village.today() == (START + timedelta(days=30)).date()


def test_a_checkpoint_grows_with_the_ledger_and_is_signed_anew_only_then(county: County) -> None:
    note = county.hub.checkpoint()
    assert county.hub.checkpoint() == note
    seen = county.township.remember_checkpoint(note)
    assert seen.size == county.hub.store.ledger.pos()
    county.hub.publish("rules.switched", {"edition": 1})
    county.clock.forward(hours=1)
    newer = county.township.remember_checkpoint(county.hub.checkpoint())
    assert newer.size == seen.size + 1
    assert newer.time > seen.time
    assert county.township.remember_checkpoint(note) == newer


def test_a_checkpoint_of_a_quiet_county_is_signed_anew_after_a_day(county: County) -> None:
    """Else no timer would fire after forty days in which nothing came in (design 4)."""
    old = county.township.remember_checkpoint(county.hub.checkpoint())
    county.clock.forward(days=59)
    newer = county.township.remember_checkpoint(county.hub.checkpoint())
    assert (newer.size, newer.root) == (old.size, old.root)
    assert newer.time >= old.time + timedelta(days=59) // timedelta(milliseconds=1)


def test_acts_carry_the_newest_checkpoint_that_their_author_knew(county: County) -> None:
    county.level()
    event = county.register(county.village)
    assert event.seen == county.village.store.evidence.seen()
    assert event.seen is not None
    assert event.seen.log == county.hub.reference_origin


def test_timers_fire_on_their_day_and_only_with_a_clock_that_can_be_trusted(county: County) -> None:
    """R-206: deemed accepted when the term for the one notice has passed."""
    county.level()
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    township = county.township
    assert township.tick() == 0
    county.clock.forward(days=400)
    assert township.tick() == 0  # a clock far ahead of the newest checkpoint says nothing
    county.clock.set(START + timedelta(days=10))
    assert township.tick() == 1
    row = township.case(first.id).row
    assert (row.label, row.accepted_on, township.case(first.id).view.state.deemed) == (
        "ACCEPTED",
        "2026-03-04",
        True,
    )
    assert township.tick() == 0
