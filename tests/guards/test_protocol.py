"""PROTOCOL.md says what the code does: its limits are the code's, and each code that travels stands in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from common import events
from sync import enrol, exchange, headers, http, papers, wire, worker
from tests.guards.sources import ROOT, Module, dotted, modules

PROTOCOL = (ROOT / "sync" / "PROTOCOL.md").read_text(encoding="utf-8")
KB, MB = 1024, 1024 * 1024
_TRAVELS = frozenset({"BadMessage", "BadEvent", "Refused", "refuse"})
"""What carries a code to another node: raised while a message or an event is read, or made into a refusal."""
_HOMES = ("common.events", "sync.wire", "sync.parent", "sync.exchange")


def limits() -> Iterator[str]:
    """Each limit as the table of section 13 writes it."""
    yield f"payload {events.MAX_PAYLOAD_BYTES // KB} kB, line {events.MAX_PAYLOAD_BYTES // KB} kB + 512"
    yield f"depth {events.MAX_DEPTH} | 3 |"
    yield (
        f"message {wire.MAX_MESSAGE_BYTES // MB} MiB, inflated {wire.MAX_INFLATED_BYTES // MB} MiB, "
        f"{wire.MAX_LINES:,} lines, header {wire.MAX_HEADER_BYTES // MB} MiB and depth {wire.MAX_HEADER_DEPTH}"
    )
    yield f"{exchange.MIN_PAGE_BYTES // KB} kB to {exchange.MAX_PAGE_BYTES // MB} MB, at least one event"
    yield (
        f"papers offered at once {papers.OFFERED}, piece {papers.MAX_PIECE_BYTES // KB} kB, "
        f"paper {papers.MAX_PAPER_BYTES // MB} MiB, parts on their way {papers.MAX_STAGED_BYTES // MB} MiB"
    )
    yield f"pulls in one offer {exchange.MAX_PULLS}, places in one pull {headers.MAX_PLACES}"
    yield f"enrolment request {enrol.MAX_REQUEST_BYTES // KB} kB"
    yield f"waits {worker.FIRST_RETRY_S:.0f} s, twice as long each further"
    yield f"at most {worker.LONGEST_RETRY_S / 60:.0f} minutes; after a level one {worker.INTERVAL_S / 60:.0f} minutes"
    yield (
        f"{http.CONNECT_TIMEOUT_S:.0f} s to connect, {http.READ_TIMEOUT_S:.0f} s between bytes, "
        f"{http.TOTAL_TIMEOUT_S:.0f} s for a whole answer of at most {http.MAX_ANSWER_BYTES // MB} MiB"
    )


_WRITTEN_OUT = ("common.node.lines", "common.node.intake", "common.node.node")
"""Where what becomes of a line is said by its code alone, which the parent's answer carries."""
_OF_LINES = re.compile(r"(wait|event)\.[a-z_]+")


def codes_of_lines(module: Module) -> Iterator[str]:
    """Each code that a module writes out for a line that waits, is put aside or refused."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and _OF_LINES.fullmatch(str(node.value)):
            yield str(node.value)


def travelling_codes(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _TRAVELS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and re.fullmatch(
                    r"[a-z]+\.[a-z_]+", str(argument.value)
                ):
                    yield str(argument.value)


@pytest.mark.parametrize("limit", list(limits()))
def test_the_limits_are_those_of_the_code(limit):
    assert limit in " ".join(PROTOCOL.split())


def test_each_code_that_travels_stands_in_the_protocol():
    found = {code for module in modules() if module.name in _HOMES for code in travelling_codes(module)}
    assert len(found) > 20
    assert sorted(code for code in found if f"`{code}`" not in PROTOCOL) == []


def test_each_code_that_a_line_is_sorted_by_stands_in_the_protocol():
    found = {code for module in modules() if module.name in _WRITTEN_OUT for code in codes_of_lines(module)}
    assert found >= {
        "wait.node",
        "wait.ref",
        "wait.prev",
        "wait.cut",
        "event.bad_signature",
        "event.broken_chain",
    }
    assert sorted(code for code in found if f"`{code}`" not in PROTOCOL) == []


def test_a_code_that_travels_unwritten_is_caught():
    module = Module.of("sync.wire", 'raise BadMessage("message.unheard_of", limit=5)')
    assert list(travelling_codes(module)) == ["message.unheard_of"]
    module = Module.of("common.node.intake", 'LATE = "wait.unheard_of" if late else "case.noted"')
    assert list(codes_of_lines(module)) == ["wait.unheard_of"]
