"""节点: what is wrong with a machine, what the county knows of it, its page, and taking it out of service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.node import Node
from common.node.asking import program_version
from common.offices import Level
from common.store import open_store
from county_hub.nodes import queries, rulings
from county_hub.nodes.health import DAY_MS, HOUR_MS, MINUTE_MS, Health, Known, troubles
from sync.hearsay import note
from tests.county import STORE_KEY, build_county, chance
from tests.forger import Forger
from tests.hub import Hub

NOW = 1_772_596_800_000
GOOD = Known(
    level=Level.TOWNSHIP,
    revoked=False,
    at=NOW - HOUR_MS,
    written=NOW - HOUR_MS,
    enrolled=NOW - 30 * DAY_MS,
    waiting=0,
    stubs=0,
    forked=False,
    health=Health(skew_ms=2_000, free_mb=50_000, program="1.0"),
)


def kinds(known: Known) -> list[str]:
    return [trouble.kind for trouble in troubles(known, NOW, "1.0")]


@pytest.fixture
def hub(tmp_path):
    return Hub(build_county(tmp_path))


def speak(hub, node, **health):
    """An exchange of a node with the county: what it said of itself."""
    said = {
        "clock": hub.node.now(),
        "free": 50_000,
        "waiting": 0,
        "stubs": 0,
        "program": program_version(),
        **health,
    }
    hub.node.store.peers.exchanged(node.id, hub.node.now(), "level", health=said)


# -- what is wrong


def test_a_machine_that_is_well_has_no_troubles():
    assert kinds(GOOD) == []


@pytest.mark.parametrize(
    ("level", "silent_ms", "found"),
    [
        (Level.TOWNSHIP, 23 * HOUR_MS, []),
        (Level.TOWNSHIP, 25 * HOUR_MS, ["断联"]),
        (Level.VILLAGE, 6 * DAY_MS, []),
        (Level.VILLAGE, 8 * DAY_MS, ["断联"]),
    ],
)
def test_silence_is_asked_about_sooner_of_a_township_than_of_a_village(level, silent_ms, found):
    assert kinds(replace(GOOD, level=level, at=None, written=NOW - silent_ms)) == found


def test_a_clock_in_the_future_does_not_hide_silence():
    assert kinds(replace(GOOD, at=NOW - 3 * DAY_MS, written=NOW + 900 * DAY_MS)) == []
    assert replace(GOOD, written=NOW + 900 * DAY_MS).heard(NOW) == NOW


def test_a_machine_that_never_came_is_asked_about_once_it_had_time_to():
    never = replace(GOOD, at=None, written=None, health=Health())
    assert kinds(never) == ["没来过"]
    assert kinds(replace(never, enrolled=NOW - HOUR_MS)) == []


@pytest.mark.parametrize(
    ("health", "found"),
    [
        (Health(skew_ms=11 * MINUTE_MS), ["校时"]),
        (Health(skew_ms=-20 * 365 * DAY_MS), ["校时"]),
        (Health(skew_ms=9 * MINUTE_MS), []),
        (Health(free_mb=999), ["硬盘"]),
        (Health(program="0.9"), ["版本"]),
        (Health(refused=2), ["没收下"]),
        (Health(), []),
    ],
)
def test_clock_disk_and_version_are_looked_at(health, found):
    assert kinds(replace(GOOD, health=health)) == found


def test_the_gravest_comes_first():
    bad = replace(GOOD, forked=True, stubs=1, waiting=2, health=Health(skew_ms=DAY_MS, free_mb=1))
    assert kinds(bad) == ["分叉", "读不懂", "在等", "校时", "硬盘"]


def test_a_revoked_machine_troubles_nobody_unless_it_goes_on():
    gone = replace(GOOD, revoked=True, at=None, written=NOW - 90 * DAY_MS, stubs=3)
    assert kinds(gone) == []
    assert kinds(replace(gone, waiting=1)) == ["停用后"]


def test_health_that_is_odd_is_left_out():
    assert Health.read({"clock": "soon", "free": True, "program": "x" * 99}, NOW) == Health(program="x" * 40)
    said = {"clock": NOW + 5, "free": 7, "waiting": 2, "stubs": 1, "refused": 3}
    assert Health.read(said, NOW) == Health(5, 7, "", 2, 1, 3)
    assert Health.read({}, None) == Health()


# -- what the county knows


def test_the_overview_has_every_township_and_what_the_county_holds_of_each_node(hub):
    county = hub.county
    speak(hub, county.township)
    found = queries.overview(hub.node)
    assert (len(found.townships), found.enrolled) == (53, 5)
    township = next(place for place in found.townships if place.office == county.township.office)
    machine = township.machine
    assert machine.record.id == county.township.id
    assert machine.events == sum(
        seq for o, (seq, _) in hub.node.store.ledger.heads().items() if o.startswith(machine.record.id)
    )
    assert machine.events > 0
    assert machine.sign == "good"
    assert not machine.carried
    village = next(place for place in township.villages if place.office == county.village.office)
    assert village.machine.carried  # it came by way of the township
    assert village.machine.heard is not None


def test_a_village_that_speaks_to_its_township_alone_is_heard_through_it(hub):
    county = hub.county
    county.clock.forward(days=9)

    def silent() -> bool:
        machine = queries.place(hub.node, county.village.office).machine
        return "断联" in [trouble.kind for trouble in machine.troubles]

    assert silent()
    note(hub.node, county.township.id, county.township.office, {county.village.id: 90})
    assert not silent()
    machine = queries.place(hub.node, county.village.office).machine
    assert machine.relayed
    assert 90 <= (hub.node.now() - machine.heard) / MINUTE_MS < 91
    assert "乡镇说的" in hub.client("何开明").get(f"/nodes/{county.village.office}").text
    speak(hub, county.village)
    assert not queries.place(hub.node, county.village.office).machine.relayed


def test_one_place_is_found_with_its_machines_the_newest_first(hub):
    county = hub.county
    second = county.enrol("village-1b", county.village.office, county.township)
    place = queries.place(hub.node, county.village.office)
    assert [machine.record.id for machine in place.machines] == [second.id, county.village.id]
    assert place.machine.record.id == second.id


def test_what_waits_and_what_cannot_be_read_is_counted_for_its_author(hub):
    county = hub.county
    county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, county.township)]
    hub.node.take(lines[1:], county.township.id, upward=True)
    place = queries.place(hub.node, county.village.office)
    assert place.machine.known.waiting == len(lines[1:])
    assert "在等" in [trouble.kind for trouble in place.machine.troubles]
    assert len(queries.waiting_of(hub.node, county.village.id)) == len(lines[1:])


def test_a_clone_shows_as_a_fork_until_it_has_opened_a_new_epoch(hub, tmp_path):
    county, file = hub.county, tmp_path / "clone.db"
    county.village.store.db.run(f"VACUUM INTO '{file}'")
    clone = Node(open_store(file, STORE_KEY), county.clock, chance("clone"))
    origin = county.village.origin
    for copy in (county.village, clone):
        county.register(copy)
        lines = [one.line for one in copy.store.ledger.after(origin, 0, 1 << 30)]
        hub.node.take(lines, county.township.id, upward=True)
    assert queries.forked(hub.node) == {county.village.id: [origin]}
    assert "分叉" in [t.kind for t in queries.place(hub.node, county.village.office).machine.troubles]
    county.level()
    county.register(county.village)
    county.level()
    assert queries.forked(hub.node) == {}


# -- pages


def test_the_page_says_what_is_wrong_at_the_top_with_what_to_do(hub):
    speak(hub, hub.county.township, clock=0, free=300)
    page = hub.client("何开明").get("/nodes")
    first = page.root.classed("troubles")[0].text
    assert "回龙镇" in first
    assert "校准日期和时间" in first
    assert "硬盘只剩 300 MB" in first


def test_a_quiet_county_has_no_list_of_troubles(hub):
    for node in hub.county.nodes[1:]:
        speak(hub, node)
    page = hub.client("何开明").get("/nodes")
    assert page.root.classed("troubles") == []
    assert len(page.root.all("tbody")[0].all("tr")) == 2
    assert len(page.root.classed("names")[0].all("a")) == 51


def test_the_list_can_be_cut_down(hub):
    client = hub.client("何开明")
    assert len(client.get("/nodes?show=enrolled").root.all("tbody")[0].all("tr")) == 2
    assert len(client.get("/nodes?show=missing").root.classed("names")[0].all("a")) == 51
    filters = client.get("/nodes").text
    assert "没全启用" in filters  # townships with a village still to come, more than have no machine at all
    assert client.get("/nodes?show=nonsense").text == client.get("/nodes").text
    for node in hub.county.nodes[1:]:
        speak(hub, node)
    assert "这里没有" in client.get("/nodes?show=troubled").text


def test_a_places_page_shows_its_machine_and_villages(hub):
    county = hub.county
    speak(hub, county.township)
    client = hub.client("何开明")
    page = client.get(f"/nodes/{county.township.office}")
    assert county.township.id in page.text
    assert county.township.reference.nodes[county.township.id].sign["kid"] in page.text
    village = client.get(page.link("双河村") if "双河村" in page.text else f"/nodes/{county.village.office}")
    assert county.village.id in village.text
    empty = next(p for p in queries.overview(hub.node).townships if not p.machine)
    assert "还没有启用" in client.get(f"/nodes/{empty.office}").text


@pytest.mark.parametrize("office", ["511322", "1", "511322115/MZ", "x"])
def test_what_is_no_place_is_not_found(hub, office):
    hub.client("何开明").get(f"/nodes/{office}", status=404)


def test_a_machine_is_revoked_with_a_reason_and_what_it_wrote_before_counts(hub):
    county = hub.county
    client = hub.client("何开明")
    office, machine = county.village.office, county.village.id
    page = client.get(f"/nodes/{office}")
    form = page.form(f"/nodes/{office}/{machine}/revoke")
    page = client.submit(form, status=400)
    assert page.errors == ["没有写停用的原因。请写上,以后要查。"]
    page = client.submit(page.form(f"/nodes/{office}/{machine}/revoke"), **{f"reason.{machine}": "机器丢了"})
    assert "已停用" in page.text
    record = hub.node.reference.nodes[machine]
    heads = {o: seq for o, (seq, _) in hub.node.store.ledger.heads().items() if o.startswith(machine)}
    assert record.cuts == heads
    assert client.get(f"/nodes/{office}").forms == [] or "停用这台机器" not in client.page.text
    assert queries.place(hub.node, office).machine is None


def test_what_a_revoked_machine_writes_later_waits_and_is_on_the_page(hub):
    county = hub.county
    rulings.revoke(hub.node, county.village.id, "机器丢了")
    county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, hub.node)]
    hub.node.take(lines, county.township.id, upward=True)
    page = hub.client("何开明").get("/nodes")
    assert "停用以后还传来" in page.root.classed("troubles")[0].text


# -- what a machine out of service wrote later


@pytest.fixture
def late(hub):
    """Two cases registered with a machine after it was out of service; up to where it counts."""
    county = hub.county
    rulings.revoke(hub.node, county.village.id, "机器丢了")
    for _ in range(2):
        county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, hub.node)]
    hub.node.take(lines, county.village.id, upward=True)
    return hub.node.reference.nodes[county.village.id].cuts[county.village.origin]


def ruling(hub, page):
    """The form, and the name of its field for the origin, of its field for the reason."""
    county = hub.county
    form = page.form(f"/nodes/{county.village.office}/{county.village.id}/rule")
    return form, f"upto.{county.village.origin}", f"ruling.{county.village.id}"


def test_the_operator_lets_some_of_what_a_lost_machine_wrote_count(hub, late):
    client, office = hub.client("何开明"), hub.county.village.office
    page = client.get(f"/nodes/{office}")
    rows = [tr.text for tr in page.root.classed("list")[0].all("tr")[1:]]
    assert [row.split()[0] for row in rows] == [str(late + n) for n in range(1, 5)]
    assert all(any(word in row for word in ("登记", "报送", "提交")) for row in rows)
    form, upto, reason = ruling(hub, page)
    page = client.submit(form, **{upto: str(late + 2), reason: "是代办员找到机器前写的"})
    assert "已经裁定" in page.text
    assert hub.node.reference.nodes[hub.county.village.id].cuts[hub.county.village.origin] == late + 2
    assert hub.node.store.waiting.count() == 2
    assert "已裁定不算" in page.text
    assert "停用之后的记录" not in client.get("/desk").text


def test_the_operator_names_one_of_two_records_at_a_place_by_its_id(hub, late):
    """Who has the machine's key wrote beside its line; the page shows both."""
    client, county = hub.client("何开明"), hub.county
    thief = Forger(county.village)
    thief.seq, thief.head = late, county.village.store.ledger.at(county.village.origin, late)
    stolen = thief.write()
    hub.node.take([stolen.line], county.village.id, upward=True)
    genuine = county.village.store.ledger.at(county.village.origin, late + 1)
    page = client.get(f"/nodes/{county.village.office}")
    assert stolen.id[:16] in page.text
    assert genuine[:16] in page.text
    form, upto, reason = ruling(hub, page)
    page = client.submit(form, status=400, **{upto: str(late + 1), reason: "问清了"})
    assert f"第 {late + 1} 条有 2 条不同的" in page.errors[0]
    form, upto, reason = ruling(hub, page)
    client.submit(form, **{upto: f"{late + 1} {genuine[:16]}", reason: "问清了"})
    assert hub.node.store.ledger.at(county.village.origin, late + 1) == genuine
    assert hub.node.reference.cut(stolen)
    assert stolen.id in {one.id for one in hub.node.store.waiting.list()}


def test_the_operator_lets_nothing_of_it_count_and_what_comes_later_is_asked_again(hub, late):
    client, county = hub.client("何开明"), hub.county
    form, _, reason = ruling(hub, client.get(f"/nodes/{county.village.office}"))
    client.submit(form, **{reason: "不知道是谁"})
    assert hub.node.store.waiting.count() == 4
    assert queries.place(hub.node, county.village.office).machines[0].troubles == ()
    county.register(county.village)
    lines = [line for _, line in county.lines_up(county.village, hub.node)]
    hub.node.take(lines, county.village.id, upward=True)
    [trouble] = queries.place(hub.node, county.village.office).machines[0].troubles
    assert trouble.what == "停用以后还传来 2 条"


@pytest.mark.parametrize(
    ("number", "why", "said"),
    [
        ("", "是本人", "请写数字:算到第几条。"),
        ("-1", "是本人", "请写数字:算到第几条。"),
        ("9" * 16, "是本人", "请写数字:算到第几条。"),
        ("三", "是本人", "请写数字:算到第几条。"),
        ("0", "是本人", "只能往后改:已经算到第 {late} 条。"),
        ("99", " ", "没有写裁定的理由。请写上,以后要查。"),
        ("99", "是本人", "县里没有这一段的第 99 条。先让那台机器或它的乡镇同步一次,再来裁定。"),
        ("99 abcd", "是本人", "县里没有这一段的第 99 条。先让那台机器或它的乡镇同步一次,再来裁定。"),
        ("99 zzzz", "是本人", "请写数字:算到第几条。"),
    ],
)
def test_a_ruling_that_cannot_be_is_refused_and_stays_on_the_page(hub, late, number, why, said):
    client = hub.client("何开明")
    before = hub.node.store.ledger.pos()
    form, upto, reason = ruling(hub, client.get(f"/nodes/{hub.county.village.office}"))
    page = client.submit(form, status=400, **{upto: number, reason: why})
    assert page.errors == [said.format(late=late)]
    form, upto, reason = ruling(hub, page)
    assert (form.fields[upto], form.fields[reason]) == (number, why)
    assert hub.node.store.ledger.pos() == before


def test_a_ruling_is_the_operators_and_on_the_machine_that_the_page_is_of(hub, late):
    county = hub.county
    path = f"/nodes/{county.village.office}/{county.village.id}/rule"
    hub.appoint("效能", "511322", "supervisor")
    watcher = hub.client("效能")
    page = watcher.get(f"/nodes/{county.village.office}")
    assert "停用之后的记录" in page.text
    assert "裁定停用之后的记录" not in page.text
    token = page.root.all("input")[0].get("value")
    assert watcher.http.post(path, data={"_token": token}).status_code == 403
    client = hub.client("何开明")
    token = client.get("/nodes").root.all("input")[0].get("value")
    for machine, origin in [
        (county.village.id, county.township.origin),
        (county.township.id, county.township.origin),
        (hub.node.id, hub.node.origin),
    ]:
        data = {"_token": token, f"upto.{origin}": "99", f"ruling.{machine}": "x"}
        path = f"/nodes/{county.village.office}/{machine}/rule"
        assert client.http.post(path, data=data).status_code == 404
    assert hub.node.reference.nodes[county.township.id].cuts is None


def test_a_machine_can_be_revoked_by_who_runs_the_hub_alone(hub):
    county = hub.county
    path = f"/nodes/{county.village.office}/{county.village.id}/revoke"
    hub.appoint("效能", "511322", "supervisor")
    watcher = hub.client("效能")
    page = watcher.get(f"/nodes/{county.village.office}")
    assert "停用这台机器" not in page.text
    token = page.root.all("input")[0].get("value")
    assert watcher.http.post(path, data={"_token": token}).status_code == 403
    hub.client("唐建国").get("/nodes", status=403)


def test_a_machine_is_revoked_once_and_the_county_never(hub):
    client = hub.client("何开明")
    token = client.get("/nodes").root.all("input")[0].get("value")
    office = hub.county.village.office
    for machine in (hub.node.id, "unknownnode0"):
        data = {"_token": token, f"reason.{machine}": "x"}
        assert client.http.post(f"/nodes/{office}/{machine}/revoke", data=data).status_code == 404
    assert hub.node.reference.nodes[hub.node.id].cuts is None
