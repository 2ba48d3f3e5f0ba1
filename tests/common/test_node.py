"""The node: acting, taking in, what follows, and what it tells (design 4, 5, 9)."""

from __future__ import annotations

import pytest

from common.case.commands import (
    AcceptCase,
    AddNote,
    AskCorrection,
    AskWithdrawal,
    DecideCase,
    DeclineCase,
    Deliver,
    FinishNow,
    FinishStep,
    HandInCorrection,
    OfferCase,
    Rate,
    TakeCase,
)
from common.case.decide import Author
from common.errors import CommandRefused, NotFound, NotPermitted
from common.events import Event
from common.keys import jws_sign
from common.node import Node, Truth
from common.store.feeds import set_hash
from tests.county import County


def agreed(county: County, case: str) -> set[str]:
    """The digests of a case on every node that holds it."""
    return {node.case(case).digest for node in county.nodes if node.store.views.get(case)}


def label(node: Node, case: str) -> str:
    return node.case(case).row.label


def to_the_county(county: County) -> Event:
    """高龄津贴, registered in the village, accepted and reviewed in the township, offered to the department."""
    first = county.register(county.village)
    county.carry(county.village, county.township)
    clerk = county.clerk(county.township)
    county.township.act(AcceptCase(), clerk, case=first.id)
    county.township.act(FinishStep(3, "符合条件"), clerk, case=first.id)
    county.township.act(OfferCase(f"{county.county}/MZ", "同意上报"), clerk, case=first.id)
    return first


# -- a case on its way


def test_a_village_case_travels_by_hand_to_the_county_and_back_and_all_agree(county: County) -> None:
    hub, township, village = county.hub, county.township, county.village
    first = to_the_county(county)
    assert label(village, first.id) == "RECEIVED"
    assert label(township, first.id) == "FORWARDED"
    assert township.case(first.id).row.due is not None

    county.level()
    window = Author(county.officers[f"{county.county} window"], f"{county.county}/MZ")
    hub.act(TakeCase(), window, case=first.id)
    decided = hub.act(
        DecideCase(granted=True, document="准予"),
        county.author(f"{county.county}/MZ", "chief"),
        case=first.id,
    )[0]
    assert decided.body["number"].startswith("县民政局〔2026〕")
    assert hub.case(first.id).row.confirmed

    county.level()
    assert {label(node, first.id) for node in (hub, township, village)} == {"GRANTED"}
    village.act(Deliver("agent", "王秀英", "本人"), county.agent(village), case=first.id)
    village.act(Rate(5), county.agent(village), case=first.id)
    county.level()

    held = [node for node in county.nodes if node.store.views.get(first.id)]
    assert held == [hub, township, village]
    assert len(agreed(county, first.id)) == 1
    assert label(hub, first.id) == "RATED"
    assert all(node.verify()[2] is None for node in county.nodes)
    assert set(village.case(first.id).truth.values()) == {Truth.COUNTY}
    assert village.status().unsent_events == township.status().unsent_events == 0
    assert village.outbox() == []


def test_arrival_is_written_by_the_township_when_the_submission_reaches_it(county: County) -> None:
    """R-207: the clock starts on the day of receipt, not of registration."""
    first = county.register(county.village)
    county.clock.forward(days=2)
    county.carry_up(county.village, county.township)
    row = county.township.case(first.id).row
    assert (row.label, row.registered_on, row.received) == ("RECEIVED", "2026-03-04", "2026-03-06")
    assert row.duty == "2026-03-13"  # five working days for the one notice


def test_a_relay_writes_no_automatic_act(county: County) -> None:
    """RS: an item that the county takes in passes through the township, which is not the addressee."""
    first = county.register(county.village, "GA-001")
    county.carry_up(county.village, county.township)
    assert label(county.township, first.id) == "REGISTERED"
    county.carry_up(county.township, county.hub)
    assert label(county.hub, first.id) == "RECEIVED"


def test_the_one_notice_is_answered_and_the_case_is_accepted(county: County) -> None:
    """R-205, R-209."""
    township, village = county.township, county.village_2
    first = county.register(village, "SL-001")
    county.carry(village, township)
    wanted = ({"what": "身份证复印件", "why": "看不清"},)
    township.act(AskCorrection(wanted), county.clerk(township), case=first.id)
    county.carry(village, township)
    assert label(village, first.id) == "CORRECTING"
    village.act(HandInCorrection(form={"name": "王秀英"}, note="已补"), county.agent(village), case=first.id)
    assert village.case(first.id).row.asks == 1
    county.carry(village, township)
    assert (label(township, first.id), township.case(first.id).row.asks) == ("RECEIVED", 0)
    township.act(AcceptCase(), county.clerk(township), case=first.id)
    county.level()
    assert label(village, first.id) == "ACCEPTED"
    assert len(agreed(county, first.id)) == 1


def test_a_village_finishes_its_own_item_in_one_transaction(county: County) -> None:
    """CW-001: registered, submitted to itself, arrived, accepted, decided, all before the agent looks up."""
    made = county.village.act(
        county.application(county.village, "CW-001", finish=FinishNow(DecideCase(granted=True))),
        county.agent(county.village),
    )
    assert [event.type for event in made] == [
        "case.registered",
        "case.submitted",
        "case.arrived",
        "case.accepted",
        "case.decided",
    ]
    assert label(county.village, made[0].id) == "GRANTED"
    county.level()
    assert county.village.case(made[0].id).row.confirmed


def test_a_declined_case_is_back_and_the_other_department_keeps_no_hold(county: County) -> None:
    first = to_the_county(county)
    county.carry(county.township, county.hub)
    chief = county.author(f"{county.county}/MZ", "chief")
    county.hub.act(DeclineCase("材料应先由乡镇核实"), chief, case=first.id)
    county.carry(county.township, county.hub)
    row = county.township.case(first.id).row
    assert (row.holder, row.offer_to, row.label) == (county.township.office, None, "HANDLING")


def test_a_second_township_holds_nothing_of_the_first(county: County) -> None:
    """Invariant 6."""
    first = to_the_county(county)
    county.level()
    for node in (county.other_township, county.other_village, county.village_2):
        assert node.store.ledger.of_case(first.id) == []
        with pytest.raises(NotFound):
            node.case(first.id)


# -- acting


def test_act_on_a_stale_base_is_refused_with_the_tip(county: County) -> None:
    first = county.register(county.village)
    county.carry(county.village, county.township)
    clerk = county.clerk(county.township)
    seen = county.township.case(first.id).view.tip
    county.township.act(AcceptCase(), clerk, base=seen, case=first.id)
    with pytest.raises(CommandRefused) as refused:
        county.township.act(FinishStep(3, "可以"), clerk, base=seen, case=first.id)
    assert refused.value.code == "case.stale"
    assert refused.value.detail["tip"] == county.township.case(first.id).view.tip


def test_a_repeated_registration_gives_the_first_one_back(county: County) -> None:
    """Lesson 11: the draft's salt is its idempotency key."""
    application = county.application(county.village)
    made = county.village.act(application, county.agent(county.village))
    pos = county.village.store.ledger.pos()
    assert county.village.act(application, county.agent(county.village)) == made
    assert county.village.store.ledger.pos() == pos


def test_a_refused_act_leaves_no_trace(county: County) -> None:
    first = county.register(county.village)
    before = county.village.status()
    with pytest.raises((CommandRefused, NotPermitted)):
        county.village.act(AcceptCase(), county.agent(county.village), case=first.id)
    assert county.village.status() == before


def test_two_processes_over_one_store_act_on_the_newest_of_each_case(county: County) -> None:
    """What one keeps of a case from its last act is behind when the other has written, on that case or beside it."""
    first, second = county.register(county.village), county.register(county.village)
    county.carry(county.village, county.township)
    one, agent = county.village, county.agent(county.village)
    twin = county.reopened(one)
    for node, case, command in (
        (one, first, AddNote("在家")),
        (twin, first, AskWithdrawal("不办了")),
        (one, second, AddNote("外出")),
        (one, first, AddNote("已当面说明")),
        (twin, second, AskWithdrawal("搬走了")),
        (one, second, AddNote("已电话告知")),
    ):
        node.act(command, agent, case=case.id)
    assert [one.case(case.id).row.asks for case in (first, second)] == [1, 1]
    assert one.verify()[2] is None
    twin.store.close()


def test_a_case_is_found_by_id_number_name_and_the_end_of_a_number(county: County) -> None:
    first = county.register(county.village)
    number, name = first.body["number"], first.body["applicant"]["name"]
    assert county.village.case(number).id == county.village.case(number.replace("-", "")).id == first.id
    for text in (name, name[1:], number, first.body["applicant"]["phone"][-4:], number.replace("-", "")[-6:]):
        assert first.id in [row.case_id for row in county.village.search(text)], text
    assert county.village.search("没有这个人") == []


def test_numbers_never_repeat_when_the_clock_jumps_back_to_a_day(county: County) -> None:
    """R-1007: the serial goes on where it was."""
    numbers = []
    start = county.clock.now
    for day in (0, -3, 0, -3, 400, 0):
        county.clock.now = start + day * 86_400_000
        numbers += [county.register(county.village, "CW-002").body["number"] for _ in range(2)]
    assert len(set(numbers)) == len(numbers)
    assert [n.split("-")[3] for n in numbers] == [
        "0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0001", "0002", "0009", "0010",
    ]  # fmt: skip


def test_adding_acts_of_two_offices_at_once_both_stay(county: County) -> None:
    first = to_the_county(county)
    county.carry(county.village, county.township)
    county.village.act(AddNote("老人已住院"), county.agent(county.village), case=first.id)
    county.township.act(AddNote("已电话核实"), county.clerk(county.township), case=first.id)
    county.level()
    assert len(agreed(county, first.id)) == 1
    types = [event.type for event in county.hub.case(first.id).events]
    assert types.count("case.noted") == 2


# -- feeds, receipts, truth


def test_the_feed_of_a_division_carries_the_whole_past_and_who_acted(county: County) -> None:
    first = county.register(county.village)
    county.carry_up(county.village, county.township)
    entries = county.township.store.feeds.page(county.village.office, 0, 1 << 30)
    of_case = [entry.id for entry in entries if entry.case == first.id]
    assert of_case == [event.id for event in county.township.store.ledger.of_case(first.id)]
    # the agent was appointed by the township: no reference event, so it stands in the feed, before his acts
    agent = county.officers[f"{county.village.office} agent"]
    numbers = {entry.id: entry.number for entry in entries}
    assert numbers[agent] < numbers[first.id]
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))


def test_a_feed_tip_is_the_set_hash_that_the_reader_computes_himself(county: County) -> None:
    """docs/decisions/0002: hub and village keep their feeds in other orders, and agree on the set."""
    to_the_county(county)
    county.level()
    for node in (county.township, county.village, county.village_2, county.other_village):
        at_hub, here = county.hub.store.feeds.tip(node.office), node.store.feeds.tip(node.office)
        assert (at_hub.count, at_hub.sum) == (here.count, here.sum)
        ids = [entry.id for entry in county.hub.store.feeds.page(node.office, 0, 1 << 30) if entry.id]
        assert at_hub.sum == f"{set_hash(set(ids)):064x}"
        assert node.withheld() == {}


def test_what_a_relay_withholds_shows(county: County) -> None:
    """Invariant 5: the county signed for more events than the township hands down."""
    first = to_the_county(county)
    county.level()
    county.hub.act(
        TakeCase(), Author(county.officers[f"{county.county} window"], f"{county.county}/MZ"), case=first.id
    )
    county.carry(county.township, county.hub)
    county.village.take_receipt(county.township.receipt_line(county.village.office) or b"")
    line = county.hub.receipt(county.village.office)
    county.township.take_receipt(line)
    county.village.take_receipt(line)
    assert county.village.withheld() == {county.village.office: 1}
    county.village.act(AddNote("申请人来问过"), county.agent(county.village), case=first.id)
    assert county.village.withheld() == {county.village.office: 1}, "its own new act stands in for nothing"
    said = county.township.act(AddNote("申请人来问过"), county.clerk(county.township), case=first.id)
    county.village.take([said[0].line], county.township.id, upward=False)
    county.village.take_receipt(county.hub.receipt(county.township.office))
    assert county.village.withheld() == {county.village.office: 1}, "nor does one of its township"


def test_what_a_relay_withholds_shows_though_as_many_events_are_here(county: County) -> None:
    """docs/decisions/0002: another sum."""
    first = to_the_county(county)
    county.level()
    window = Author(county.officers[f"{county.county} window"], f"{county.county}/MZ")
    withheld = county.hub.act(AddNote("材料齐全"), window, case=first.id)
    line = county.hub.receipt(county.village.office)
    later = county.hub.act(AddNote("已通知本人"), window, case=first.id)
    county.village.take([later[0].line], county.township.id, upward=False)
    county.village.take_receipt(line)
    assert county.village.withheld() == {county.village.office: 1}
    county.village.take([withheld[0].line], county.township.id, upward=False)
    assert county.village.withheld() == {}


def offered_to_a_village(county: County) -> Event:
    """From the township's counter to the second village, all level; the county has signed for it."""
    first = county.register(
        county.township, "MZ-003", author=county.clerk(county.township), channel="township_window"
    )
    clerk = county.clerk(county.township)
    county.township.act(AcceptCase(), clerk, case=first.id)
    county.township.act(OfferCase(county.village_2.office, "请补办"), clerk, case=first.id)
    county.level()
    return first


def test_a_case_that_leaves_by_an_act_that_the_county_lacks_is_not_withheld(county: County) -> None:
    """Seen from the county the division still has it."""
    first, village = offered_to_a_village(county), county.village_2
    assert village.withheld() == {}
    village.act(DeclineCase("不属本村"), county.agent(village), case=first.id)
    assert village.withheld() == {}
    county.carry(village, county.township)
    assert village.withheld() == county.township.withheld() == {}
    county.level()
    assert village.withheld() == county.township.withheld() == {}


def test_a_case_that_comes_by_an_act_that_the_county_lacks_stands_in_for_nothing(county: County) -> None:
    """Its past was at the county, but did not concern the division there."""
    first = county.register(
        county.township, "MZ-003", author=county.clerk(county.township), channel="township_window"
    )
    clerk, village = county.clerk(county.township), county.village_2
    county.township.act(AcceptCase(), clerk, case=first.id)
    mine = county.register(village)
    county.level()
    withheld = county.hub.act(AddNote("材料齐全"), county.author(f"{county.county}", "window"), case=mine.id)
    line = county.hub.receipt(village.office)
    county.township.act(OfferCase(village.office, "请补办"), clerk, case=first.id)
    county.carry_down(county.township, village)
    village.take_receipt(line)
    assert village.withheld() == {village.office: 1}
    village.take([withheld[0].line], county.township.id, upward=False)
    assert village.withheld() == {}


def test_a_neighbours_receipt_is_not_kept_since_nobody_would_renew_it(county: County) -> None:
    """A relay hands it on; what the neighbour did later on a common case would count as unknown to the county."""
    first = county.register(county.village)
    county.level()
    clerk, neighbour = county.clerk(county.township), county.village_2
    county.township.act(AcceptCase(), clerk, case=first.id)
    county.township.act(OfferCase(neighbour.office, "请补办"), clerk, case=first.id)
    county.level()
    neighbour.take_receipt(county.hub.receipt(county.village.office))
    county.village.act(AddNote("申请人来问过"), county.agent(county.village), case=first.id)
    county.level()
    assert neighbour.withheld() == {}
    assert neighbour.receipt_line(county.village.office) is None


def test_truth_of_an_act_goes_from_here_to_township_to_county(county: County) -> None:
    first = county.register(county.village)
    assert county.village.case(first.id).synced is Truth.HERE
    assert [line.type for line in county.village.outbox()] == ["case.registered", "case.submitted"]
    assert {line.truth for line in county.village.outbox()} == {Truth.HERE}
    county.carry(county.village, county.township)
    assert county.village.case(first.id).synced is Truth.TOWNSHIP
    assert county.village.status().unsent_events == 0
    assert len(county.village.outbox()) == 2
    county.carry(county.township, county.hub)
    assert county.township.case(first.id).synced is Truth.COUNTY
    assert county.village.case(first.id).synced is Truth.TOWNSHIP
    county.carry(county.village, county.township)
    assert county.village.case(first.id).truth[first.id] is Truth.COUNTY
    assert county.village.outbox() == []


def test_an_act_is_not_at_the_county_because_a_rival_at_its_place_is(county: County) -> None:
    """● stands on the receipt alone, and the receipt names the other side of the fork."""
    seq, head = county.village.store.ledger.head(county.village.origin) or (0, None)
    mine = county.register(county.village)
    payload = mine.payload.replace(b'"at":1', b'"at":2', 1)
    rival = jws_sign(county.village.signing_key, payload).encode() + b" " + payload
    assert (mine.seq, mine.prev) == (seq + 1, head)
    county.hub.take([rival], county.village.id, upward=True)
    county.village.take([rival], county.hub.id, upward=False)
    county.village.take_receipt(county.hub.receipt(county.village.office))
    assert county.village.case(mine.id).truth[mine.id] is Truth.HERE


def test_a_receipt_that_says_the_same_is_not_signed_again(county: County) -> None:
    county.level()
    line = county.hub.receipt(county.village.office)
    county.clock.forward(hours=5)
    assert county.hub.receipt(county.village.office) == line


def test_an_act_of_a_township_changes_its_receipt_and_that_of_the_village_concerned(county: County) -> None:
    first = to_the_county(county)
    offices = (county.village.office, county.village_2.office, county.township.office)
    before = {office: county.hub.receipt(office) for office in offices}
    county.township.act(AddNote("已电话告知"), county.clerk(county.township), case=first.id)
    county.carry(county.township, county.hub)
    changed = {office for office in offices if county.hub.receipt(office) != before[office]}
    assert changed == {county.village.office, county.township.office}


def test_a_receipt_by_another_key_is_refused(county: County) -> None:
    from common.errors import BadSignature
    from common.node.evidence import sign_receipt

    forged = sign_receipt(county.township.signing_key, county.village.office, {}, (9, 9, "0" * 64), 9999, 1)
    with pytest.raises(BadSignature):
        county.village.take_receipt(forged)


def test_a_case_that_leaves_a_scope_is_said_to_leave_and_kept(county: County) -> None:
    """Lesson 1: an offer to another township, declined."""
    first = to_the_county(county)
    county.level()
    hub = county.hub
    window = Author(county.officers[f"{county.county} window"], f"{county.county}/MZ")
    hub.act(TakeCase(), window, case=first.id)
    hub.act(OfferCase(county.other_township.office, "居住地在你镇,请核实"), window, case=first.id)
    county.level()
    other = county.other_township
    assert other.case(first.id).row.offer_to == other.office
    assert not other.case(first.id).left
    other.act(DeclineCase("不在我镇"), county.clerk(other), case=first.id)
    county.level()
    assert other.case(first.id).left
    last = hub.store.feeds.page(other.office, 0, 1 << 30)[-1]
    assert (last.case, last.line) == (first.id, None)
    assert len(agreed(county, first.id)) == 1
    # and what happens later no longer comes
    hub.act(AddNote("已另行核实"), window, case=first.id)
    county.level()
    assert len(other.case(first.id).events) == len(hub.case(first.id).events) - 1
