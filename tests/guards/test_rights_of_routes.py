"""Every route says who may ask it: its view carries ``@right("...")`` right below its address.

The decorator leaves the right on the function as ``__right__``; one table decides what it allows (common/rights.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.guards.sources import Module, dotted, modules

_ROUTING = frozenset({"route", "get", "post", "put", "patch", "delete"})


def views_without_a_right(module: Module) -> Iterator[str]:
    """Views that are given an address above, or without, their right; and addresses given in another way."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            routes = [place for place, decorator in enumerate(node.decorator_list) if _is_route(decorator)]
            rights = [place for place, decorator in enumerate(node.decorator_list) if _is_right(decorator)]
            if routes and not (rights and max(rights) > max(routes)):
                yield f"{module.path}:{node.lineno} {node.name}"
        elif isinstance(node, ast.Call) and dotted(node.func).endswith(".add_url_rule"):
            yield f"{module.path}:{node.lineno} add_url_rule"


def routes_without_a_right(app: Flask) -> list[str]:
    """The same of an application that stands: rules whose view carries no right. Flask's own static files are free."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.rpartition(".")[2] != "static"
        and not getattr(app.view_functions[rule.endpoint], "__right__", "")
    )


def _is_route(decorator: ast.expr) -> bool:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return False
    return decorator.func.attr in _ROUTING


def _is_right(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and dotted(decorator.func).rpartition(".")[2] == "right"
        and bool(decorator.args)
        and bool(ast.unparse(decorator.args[0]).strip("'\""))
    )


def test_every_view_states_its_right():
    assert [view for module in modules() for view in views_without_a_right(module)] == []


@pytest.mark.parametrize(
    "source",
    [
        "@bp.get('/cases')\ndef cases(): ...",
        "@bp.route('/cases')\n@csrf_free\ndef cases(): ...",
        "@right('case.read')\n@bp.get('/cases')\ndef cases(): ...",
        "@bp.post('/cases')\n@right('')\ndef cases(): ...",
        "app.add_url_rule('/cases', view_func=cases)",
    ],
)
def test_a_view_without_a_right_is_caught(source):
    assert list(views_without_a_right(Module.of("common.web.cases", source)))


@pytest.mark.parametrize(
    "source",
    [
        "@bp.get('/cases')\n@right('case.read')\ndef cases(): ...",
        "@bp.get('/cases')\n@bp.post('/cases')\n@rights.right(Right.READ)\n@cached\ndef cases(): ...",
        "@cache.memoize\ndef cases(): ...",
    ],
)
def test_a_view_with_its_right_is_left_alone(source):
    assert list(views_without_a_right(Module.of("common.web.cases", source))) == []


def test_a_route_of_a_running_application_without_a_right_is_caught():
    app = Flask(__name__)

    def stated():
        return ""

    stated.__right__ = "public"
    app.add_url_rule("/stated", view_func=stated)
    app.add_url_rule("/unstated", view_func=lambda: "", endpoint="unstated")
    assert routes_without_a_right(app) == ["/unstated"]
