"""``verify`` finds whatever is changed by hand in a node's tables (invariants 1, 2, 5).

Each column that the models name is changed, rows are taken out and put in, in the stores of a township and of the
county to which much has happened; what is left out is listed, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from peewee import CompositeKey, Field, IntegrityError, Model

from common.case.commands import (
    AcceptCase,
    AskWithdrawal,
    FinishStep,
    OfferCase,
    RecallOffer,
    TakeCase,
    TakeOverCase,
)
from common.case.decide import Author
from common.node import Node
from common.store import Store, open_store
from common.store.models import EXCHANGE, LEDGER, LOCAL, TABLES, VIEWS
from common.texts import TEXTS
from tests.county import STORE_KEY, County, build_county, chance
from tests.forger import Forger

CHECKED = (*LEDGER, *VIEWS)
ROWS = 3  # of each table, the first and the last among them; each gets its share of the changes

A_ROW_LESS, A_ROW_MORE = "a row less", "a row more"
LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("event", "source"): "who sent it is this node's own memory: nobody signed it",
    ("waiting", "source"): "as of an event",
    ("waiting", "upward"): "which way it came is this node's own memory",
    ("waiting", "since"): "when it came here, for people to read",
    ("waiting", A_ROW_LESS): "it came too early, and who sent it was told so; nothing else names it",
    ("stub", "source"): "as of an event",
    ("stub", "since"): "when it came here, for people to read",
    ("stub", "code"): "what the program of that day could not read; a later one may say it otherwise",
    (
        "receipt",
        A_ROW_LESS,
    ): "what the county signed last; without it less is claimed, and the next one says it again",
}
ROWS_LEFT_OUT: Mapping[tuple[str, str], tuple[str, str]] = {
    ("name", "text"): ("id IN (SELECT source FROM event)", "as the source of an event"),
    ("waiting", "line"): ("reason = 'wait.node'", "nobody can check a signature whose key is not known"),
    ("stub", A_ROW_LESS): ("seq IS NULL", "no event has told its place yet: nothing else names it"),
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    built = build_county(tmp_path_factory.mktemp("county"))
    much_happens(built)
    yield built
    for node in built.nodes:
        node.store.close()


def much_happens(county: County) -> None:
    """Cases in several states, some that came and left, forks, stubs, and things that wait, at township and county."""
    township, hub, village, village_2 = county.township, county.hub, county.village, county.village_2
    clerk, agent, centre = (
        county.clerk(township),
        county.agent(village),
        county.author(hub.office, "operator"),
    )
    window = Author(county.officers[f"{hub.office} window"], f"{hub.office}/MZ")

    first, second, third, fourth = (county.register(village).id for _ in range(4))
    county.register(village_2)
    county.level()
    for case in (first, second, third):
        township.act(AcceptCase(), clerk, case=case)
    township.act(FinishStep(3, "属实"), clerk, case=first)
    township.act(OfferCase(f"{hub.office}/MZ"), clerk, case=first)
    _offered_to_and_fro(county, third)
    county.level()
    hub.act(TakeCase(), window, case=first)
    hub.act(OfferCase(county.other_township.office, "请核实"), window, case=first)
    county.level()
    hub.act(RecallOffer(), window, case=first)
    county.level()

    one, two = Forger(village), Forger(village)  # a fork
    county.township.take(
        [one.write(body={"copy": 1}).line, two.write(body={"copy": 2}).line], village.id, True
    )
    county.level()
    hub.take([two.written[0].line], township.id, True)
    hub.act(TakeOverCase("中心停办"), centre, case=second)  # a rival, set aside at both
    township.act(OfferCase(village_2.office, "请补办"), clerk, case=second)
    county.carry(township, hub)
    county.township.end_appointment(county.officers[f"{village_2.office} agent"], "调离")
    county.appoint(township, "新代办员", village_2.office, "agent")
    county.carry(village_2, township)
    hub.act(OfferCase(township.office, "请补充"), window, case=first)
    (recalled,) = hub.act(RecallOffer(), window, case=first)
    township.take([recalled.line], hub.id, False)  # without what it stands on
    for case in (first, fourth):  # asked, and not heard yet: above the township, and below the county
        village.act(AskWithdrawal("不办了"), agent, case=case)
        above = township if case == first else hub
        above.take([line for _, line in county.lines_up(village, above)], village.id, True)
    county.register(village_2)
    county.carry(village_2, township)
    hub.take(
        [line for _, line in county.lines_up(village_2, hub)], village_2.id, True
    )  # its agent not known there
    for node in (township, hub):
        _things_lie_beside(county, node)


def _offered_to_and_fro(county: County, case: str) -> None:
    """Offered to a village, recalled, offered again; and once recalled before the county heard of it."""
    clerk, village_2, township = county.clerk(county.township), county.village_2, county.township
    for level in (True, False, True):
        township.act(OfferCase(village_2.office, "请补办"), clerk, case=case)
        if level:
            county.level()
        township.act(RecallOffer(), clerk, case=case)
    county.level()
    township.act(OfferCase(village_2.office, "请补办"), clerk, case=case)


def _things_lie_beside(county: County, node: Node) -> None:
    """Lines that wait for what is missing, and stubs of what cannot be read."""
    child = county.other_village if node is county.hub else county.village_2
    forger = Forger(child)
    missing = forger.write()
    early, unnamed = forger.write(), Forger(child).write(ref="ab" * 32)
    stranger = Node.create(
        open_store(county.folder / f"stranger-{node.level}.db", STORE_KEY),
        county.clock,
        chance(node.id),
        root=county.root.kid,
    )
    unknown = Forger(stranger).write()
    node.take([early.line, unnamed.line, unknown.line], child.id, True)
    stranger.store.close()
    forger = Forger(child)
    _, placed = forger.unreadable(missing.payload.replace(b'"body":{}', b'"body":{"x":1.5}'))
    _, unplaced = Forger(child).unreadable(b"nothing that can be read")
    node.take([placed, unplaced, forger.write().line], child.id, True)


# -- tampering


class _Undo(Exception):
    pass


@dataclass(frozen=True)
class Table:
    """A table of one node, by SQL."""

    node: Node
    model: type[Model]

    @property
    def name(self) -> str:
        return name_of(self.model)

    @property
    def columns(self) -> list[str]:
        return [field.column_name for field in self.fields]

    @property
    def fields(self) -> list[Field]:
        return list(self.model._meta.sorted_fields)

    @property
    def key(self) -> list[str]:
        key = self.model._meta.primary_key
        return list(key.field_names) if isinstance(key, CompositeKey) else [key.column_name]

    def rows(self, change: str = "") -> list[dict[str, Any]]:
        """Some rows, the first and the last among them, but for those in which this change is left out."""
        names, order = ", ".join(self.columns), ", ".join(self.key)
        left_out, _ = ROWS_LEFT_OUT.get((self.name, change), ("0", ""))
        sql = f"SELECT {names} FROM {self.name} WHERE NOT ({left_out}) ORDER BY {order}"
        found = self.node.store.db.rows(sql)
        picked = sorted({round(i * (len(found) - 1) / (ROWS - 1)) for i in range(ROWS)} if found else ())
        return [dict(zip(self.columns, found[i], strict=True)) for i in picked]

    def changed(self, row: Mapping[str, Any], column: str, value: Any) -> str | None:
        return self._after(f"UPDATE {self.name} SET {column} = ? WHERE {self._this}", value, *self._key(row))

    def deleted(self, row: Mapping[str, Any]) -> str | None:
        return self._after(f"DELETE FROM {self.name} WHERE {self._this}", *self._key(row))

    def added(self, row: Mapping[str, Any]) -> str | None:
        marks = ", ".join("?" * len(row))
        return self._after(f"INSERT INTO {self.name} ({', '.join(row)}) VALUES ({marks})", *row.values())

    @property
    def _this(self) -> str:
        return " AND ".join(f"{name} = ?" for name in self.key)

    def _key(self, row: Mapping[str, Any]) -> list[Any]:
        return [row[name] for name in self.key]

    def _after(self, sql: str, *values: Any) -> str | None:
        """What ``verify`` says, as a program started now, after this statement, which is undone.

        IntegrityError where the database itself refuses it.
        """
        said: list[str | None] = []
        store = Store(self.node.store.db)
        again = Node(store, self.node.now, chance("again"))
        if self.name != "event":  # reading the whole reference ledger again takes most of the time
            again._references._now, again._references._pos = self.node.reference, self.node._references._pos
        with suppress(_Undo), store.write():
            assert store.db.run(sql, values) == 1
            fault = again.verify()[2]
            said.append(fault.code if fault else None)
            raise _Undo
        return said[0]


def other_values(field: Field, value: Any, rows: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """The next one, one of another kind, one far off, none, and what other rows have there."""
    match value:
        case _ if field.field_type == "BOOL":
            yield 1 - value
            yield 2
        case None:
            yield {"BLOB": bytes(32), "TEXT": "2026-03-04"}.get(field.field_type, 1)
        case int():
            yield value + 1
            yield "x"
            yield value + 10**6
        case str():
            yield value + "1"
            yield b"x"
        case bytes():
            yield bytes([value[0] ^ 1]) + value[1:] if value else b"x"
            yield "x"
    if field.null and value is not None:
        yield None
    others = {row[field.column_name] for row in rows} - {value, None}
    yield from sorted(others, key=repr)[:ROWS]


def tables(county: County, model: type[Model]) -> list[Table]:
    found = [Table(node, model) for node in (county.township, county.hub)]
    assert any(table.rows() for table in found), "nothing in it to be changed"
    return found


def unseen(county: County, model: type[Model], column: str) -> list[str]:
    """The changes of a column that ``verify`` does not find, and those that make it say what nobody can read."""
    missed, tried = [], 0
    for table in tables(county, model):
        rows = table.rows(column)
        field = next(f for f in table.fields if f.column_name == column)
        for i, row in enumerate(rows):
            for value in [*other_values(field, row[column], rows)][i :: len(rows)]:
                with suppress(IntegrityError):
                    code = table.changed(row, column, value)
                    tried += 1
                    if code not in TEXTS:
                        missed.append(f"{table.node.level} {row} -> {value!r}: {code}")
    assert tried
    return missed


def name_of(model: type[Model]) -> str:
    return str(model._meta.table_name)


def without(change: str) -> list[type[Model]]:
    """The tables in which it is looked for."""
    return [model for model in CHECKED if (name_of(model), change) not in LEFT_OUT]


COLUMNS = [
    (model, field.column_name)
    for model in CHECKED
    for field in model._meta.sorted_fields
    if (name_of(model), field.column_name) not in LEFT_OUT
]
NAMES = [f"{name_of(model)}.{column}" for model, column in COLUMNS]


def test_nothing_is_wrong_before_anything_is_changed(county: County) -> None:
    for node in county.nodes:
        assert node.verify()[2] is None


def test_what_is_not_checked_at_all_are_the_nodes_own_facts() -> None:
    """What it believes of others, and what it never sends: neither follows from any event."""
    assert set(TABLES) - set(CHECKED) == {*EXCHANGE, *LOCAL}


@pytest.mark.parametrize(("model", "column"), COLUMNS, ids=NAMES)
def test_a_value_that_was_changed_is_found(county: County, model: type[Model], column: str) -> None:
    assert unseen(county, model, column) == []


@pytest.mark.parametrize("model", without(A_ROW_LESS), ids=name_of)
def test_a_row_that_was_taken_out_is_found(county: County, model: type[Model]) -> None:
    for table in tables(county, model):
        assert [row for row in table.rows(A_ROW_LESS) if table.deleted(row) not in TEXTS] == []


@pytest.mark.parametrize("model", without(A_ROW_MORE), ids=name_of)
def test_a_row_that_was_put_in_is_found(county: County, model: type[Model]) -> None:
    """A copy of another, but for what makes it a row of its own."""
    for table in tables(county, model):
        rows, tried = table.rows(), 0
        for i, row in enumerate(rows):
            for copy in [*copies(table, row, rows)][i :: len(rows)]:
                with suppress(IntegrityError):
                    assert table.added(copy) in TEXTS, copy
                    tried += 1
        assert tried or not rows


@pytest.mark.parametrize(("table", "change"), sorted(LEFT_OUT))
def test_what_is_left_out_is_not_found(county: County, table: str, change: str) -> None:
    """Else it need not be left out."""
    model = next(model for model in CHECKED if name_of(model) == table)
    if change == A_ROW_LESS:
        assert any(each.deleted(row) is None for each in tables(county, model) for row in each.rows())
    else:
        assert unseen(county, model, change)


def copies(
    table: Table, row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    indexes = [index[0] for index in table.model._meta.indexes if isinstance(index, tuple) and index[1]]
    alone = {f.name for f in table.fields if f.unique} | {names[-1] for names in indexes}
    unique = {
        f.column_name: next(other_values(f, row[f.column_name], rows))
        for f in table.fields
        if f.name in alone
    }
    for name in table.key:
        field = next(f for f in table.fields if f.column_name == name)
        for value in (*other_values(field, row[name], rows), 10**6):
            yield {**row, **unique, name: value}
