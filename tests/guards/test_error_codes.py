"""An error code is read by a person: each one that the code raises has Chinese words, and no words are left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from common import errors
from common.errors import AppError
from common.texts import TEXTS
from tests.guards.sources import Module, dotted, modules

ERRORS = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, AppError)
)


def codes_raised(module: Module) -> Iterator[tuple[str, str]]:
    """(code, place) of each error that is made with its code written out."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in ERRORS and node.args:
            for code in _written_out(node.args[0]):
                yield code, f"{module.path}:{node.lineno}"


def _written_out(code: ast.expr) -> Iterator[str]:
    if isinstance(code, ast.IfExp):
        yield from _written_out(code.body)
        yield from _written_out(code.orelse)
    elif isinstance(code, ast.Constant) and isinstance(code.value, str):
        yield code.value


def test_each_code_that_is_raised_has_words():
    assert (
        sorted({place for module in modules() for place in codes_raised(module) if place[0] not in TEXTS})
        == []
    )


def test_no_words_are_left_over_from_a_code_that_is_gone():
    written = {
        node.value
        for module in modules()
        if module.name != "common.texts"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(TEXTS) - written) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise CommandRefused("case.unheard_of")',
        'raise errors.BadInput("x.y" if a else "case.unheard_of", field="name") from exc',
    ],
)
def test_a_code_without_words_is_caught(source):
    assert "case.unheard_of" in dict(codes_raised(Module.of("common.case", source)))
    assert "case.unheard_of" not in TEXTS
