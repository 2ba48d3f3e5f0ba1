"""What another node signed and nobody here wrote: bodies whose inner parts have forms of their own, on every page."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from common.event_types import EVENT_TYPES, Home
from common.events import Event
from tests.common.web.test_registration import Table, register
from tests.county import build_county

ODD: tuple[Any, ...] = ({}, [], {"name": 5}, [{}], [5], {"x": {"y": [None]}}, [{"pages": [{}]}], "", 7, True)
PARTS = (
    "applicant",
    "form",
    "papers",
    "mandate",
    "query_code",
    "salt",
    "number",
    "village",
    "channel",
    "first_asked",
)
PRINTS = ("form", "proxy", "slip")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    table = Table(county := build_county(tmp_path_factory.mktemp("odd")), county.village)
    register(table)
    return table


def signed_here(table: Table, body: dict[str, Any], made: Event) -> Event:
    """A registration by this node's key with that body."""
    node = table.county.village
    with node.store.write():
        pen = node._pen()
        event = pen.write("case.registered", body, ref=made.ref, moves=True, actor=made.actor)
        pen.flush()
        node._settle({event.id}, [event])
    return event


@pytest.mark.parametrize("part", PARTS)
def test_no_page_fails_over_a_part_of_another_form(table: Table, part: str):
    made = table.county.village.case(table.file.id).view.events[table.file.id]
    broken = []
    for odd in ODD:
        event = signed_here(table, {**copy.deepcopy(dict(made.body)), part: odd}, made)
        for page in ("", *(f"/print/{paper}" for paper in PRINTS)):
            broken += fails(table, f"/cases/{event.id}{page}", odd, page)
    for path in ("/work", "/worklists/mine", "/worklists/all", "/search?q=1", "/outbox"):
        broken += fails(table, path, part, path)
    assert not broken


def plain(rule: str, table: Table) -> Any:
    """A value that the table of types takes."""
    made = table.county.village.case(table.file.id).view.events[table.file.id]
    values = {
        "id": made.id, "ids": [made.id], "office": made.body["office"], "date": made.body["day"], "bool": True,
        "text": "有话说", "short": "一句", "count": 1, "int": 1, "object": {}, "objects": [], "list": [],
    }  # fmt: skip
    return values.get(rule.rstrip("?"), "x")


@pytest.mark.parametrize("kind", sorted(name for name, kind in EVENT_TYPES.items() if kind.home is Home.CASE))
def test_no_page_fails_over_an_act_with_a_part_of_another_form(table: Table, kind: str):
    node = table.county.village
    case = table.file.id
    made = node.case(case).view.events[case]
    rules = EVENT_TYPES[kind].body
    bodies = [{field: plain(rule, table) for field, rule in rules.items()}]
    bodies += [
        {**bodies[0], field: odd}
        for field, rule in rules.items()
        if rule.rstrip("?") in ("list", "object", "objects")
        for odd in ODD
    ]
    broken = []
    for body in bodies:
        with node.store.write():
            pen = node._pen()
            event = pen.write(
                kind, {**body, "papers": [{}]}, ref=made.ref, moves=EVENT_TYPES[kind].moves, actor=made.actor,
                case=None if kind == "case.registered" else case, base=None if kind == "case.registered" else case,
            )  # fmt: skip
            pen.flush()
            node._settle({event.case_id or case}, [event])
        broken += fails(table, f"/cases/{case}", body)
    assert not broken


def fails(table: Table, path: str, *what: object) -> list[tuple[object, ...]]:
    try:
        status = table.client.http.get(path).status_code
    except Exception as exc:  # the test client hands on what a server would answer with 500
        return [(*what, repr(exc))]
    return [(*what, status)] if status >= 500 else []
