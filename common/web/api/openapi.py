"""The OpenAPI 3.1 document of the API; the acts' bodies are read off the commands themselves."""

from __future__ import annotations

import types
from collections import abc
from dataclasses import MISSING, fields
from datetime import date
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from common.case.commands import KIND_OF, RegisterCase
from common.store.views import WORKLISTS

Schema = dict[str, Any]

_OBJECT: Schema = {"type": "object"}
_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_DATE: Schema = {"type": ["string", "null"], "format": "date"}
_NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "A repeat with the same key gets the first answer back and changes nothing.",
}


@lru_cache
def document() -> Schema:
    """The whole document; do not change what it gives."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bianmin 便民 node API", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": {
            "/status": {"get": _operation("status", "What this node is and holds", _json(_OBJECT))},
            "/items": {"get": _operation("items", "The items one may apply for now", _json(_OBJECT))},
            "/items/{code}": {
                "get": _operation("item", "One item's edition in force", _json(_OBJECT), [_path("code")]),
            },
            "/papers": {
                "post": {
                    **_operation("capture", "Keep a photo or a PDF; its descriptor", _json(_OBJECT, "201")),
                    "requestBody": {
                        "required": True,
                        "content": {kind: {} for kind in ("image/jpeg", "image/png", "application/pdf")},
                    },
                }
            },
            "/cases": {
                "post": _with_body(
                    _operation("register", "Register an application", _json(_CASE, "201"), [_KEY]), _REGISTER
                )
            },
            "/cases/{number}": {
                "get": _operation("case", "What this node knows of a case", _json(_CASE), [_NUMBER])
            },
            "/cases/{number}/acts": {
                "post": _with_body(
                    _operation("act", "Do an act on a case", _json(_CASE, "201"), [_NUMBER, _KEY]), _act()
                )
            },
            "/worklists/{name}": {
                "get": _operation(
                    "worklist",
                    "A list of cases, the oldest duty first",
                    _json(_OBJECT),
                    [
                        {**_path("name"), "schema": {"enum": sorted(WORKLISTS)}},
                        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                    ],
                )
            },
            "/sync": {"post": _operation("sync", "Exchange with the parents now", _json(_OBJECT))},
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM},
        },
    }


_PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}

_CASE: Schema = {
    "type": "object",
    "required": ["number", "id", "item", "state", "holder", "confirmed", "synced", "digest", "base"],
    "properties": {
        "number": {"type": "string"},
        "id": _ID,
        "item": {"type": "string"},
        "item_version": {"type": ["string", "null"]},
        "state": {"type": "string"},
        "holder": {"type": "string"},
        "accepted_on": _DATE,
        "due": _DATE,
        "provisional": {"type": "boolean"},
        "lamp": {"enum": ["green", "yellow", "red", None]},
        "confirmed": {"type": "boolean"},
        "set_aside": {"type": "array", "items": _ID},
        "asks": {"type": "array", "items": _ID},
        "papers_left": {"type": "integer"},
        "synced": {"enum": ["here", "township", "county"]},
        "digest": _ID,
        "base": {
            "type": ["string", "null"],
            "description": "The newest act in effect: give it back with the next act.",
        },
        "allowed": {"type": "array", "items": {"type": "string"}},
        "acts": {"type": "array", "items": _OBJECT},
        "papers": {"type": "array", "items": _OBJECT},
    },
}

_REGISTER: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["item", "form"],
    "properties": {
        "item": {"type": "string"},
        "form": {"type": "object", "description": "Field id to value, as the item's form says."},
        "kind": {"enum": ["person", "person_without_id", "organisation"]},
        "who": {
            "type": "object",
            "description": "What is asked beside the form: name, phone, guardian_name ...",
        },
        "papers": {"type": "array", "items": _OBJECT, "description": "Papers with their pages' descriptors."},
        "ticked": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Ids of papers whose condition holds.",
        },
        "mandate": {"type": ["object", "null"]},
        "village": {"type": "string", "pattern": "^[0-9]{12}$"},
        "salt": {
            "type": "string",
            "maxLength": 64,
            "description": "A repeat with the same salt gives the first case back.",
        },
        "submit": {"type": "boolean", "default": True},
        "urgent": {"type": "boolean", "default": False},
        "finish": {
            "type": ["object", "null"],
            "description": "Decide it at once, where the item is decided on the spot.",
        },
    },
}


def _act() -> Schema:
    kinds = [(kind, command) for command, kind in KIND_OF.items() if command is not RegisterCase]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "body"],
        "properties": {
            "type": {"enum": [kind for kind, _ in kinds]},
            "base": {**_ID, "description": "409 if another act has moved the case since."},
            "secret": {
                "type": "string",
                "description": "The chief representative's own password, to sign for a department.",
            },
            "body": {"anyOf": [{"title": kind, **_of_command(command)} for kind, command in kinds]},
        },
    }


def _of_command(command: type[Any]) -> Schema:
    hints = get_type_hints(command)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [each.name for each in fields(command) if each.default is MISSING],
        "properties": {each.name: _of_hint(hints[each.name]) for each in fields(command)},
    }


def _of_hint(hint: Any) -> Schema:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return {"anyOf": [_of_hint(part) for part in parts]}
    if origin is tuple:
        return {"type": "array", "items": _of_hint(parts[0])}
    if origin is abc.Mapping:
        return _OBJECT
    simple = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    if hint in simple:
        return {"type": simple[hint]}
    return {"type": "string", "format": "date"} if hint is date else {}


def _path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _json(schema: Schema, status: str = "200") -> Schema:
    return {status: {"description": "Done", "content": {"application/json": {"schema": schema}}}}


def _operation(name: str, words: str, answers: Schema, parameters: list[Schema] | None = None) -> Schema:
    problem = {
        "description": "Refused: what happened and what to do",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    operation: Schema = {"operationId": name, "summary": words, "responses": {**answers, "4XX": problem}}
    return {**operation, "parameters": parameters} if parameters else operation


def _with_body(operation: Schema, schema: Schema) -> Schema:
    return {
        **operation,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }
