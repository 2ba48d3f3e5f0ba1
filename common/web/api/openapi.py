"""The OpenAPI 3.1 document of the API; the acts' bodies are read off the commands themselves."""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from common.case.commands import CHOICES, KIND_OF, AskCorrection, DecideCase, RegisterCase
from common.store.views import WORKLISTS

Schema = dict[str, Any]

LISTS = ("todo", *(name for name in WORKLISTS if not name.startswith("county_")))
"""The lists of an officer's own offices."""
LONGEST_NUMBER = 80


def _object(needed: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": {**needed, **(optional or {})},
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY_OBJECT: Schema = {"type": "object"}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MAYBE_ID: Schema = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
MAYBE_DATE: Schema = {"type": ["string", "null"], "format": "date"}
TRUTH: Schema = {
    "enum": ["here", "township", "county"],
    "description": "How far it has got, as far as this node knows.",
}


# -- what is asked

PAGE = _object(
    {
        "hash": ID,
        "size": COUNT,
        "key": TEXT,
        "type": {"enum": ["image/jpeg", "image/png", "application/pdf"]},
    },
    {"width": COUNT, "height": COUNT},
)

PAPER = _object(
    {
        "material": {
            "type": "string",
            "maxLength": 100,
            "description": "Id in the item's list, form.<field>, or drawing: signed on the screen.",
        }
    },
    {
        "pages": {**_list(_ref("Page")), "maxItems": 30},
        "original_seen": {**FLAG, "default": False},
        "count": {**COUNT, "maximum": 999, "description": "Sheets that were taken in."},
        "name": {
            "type": "string",
            "maxLength": 100,
            "description": "Of what is in no list: material `other`.",
        },
    },
)

REGISTER = _object(
    {"item": {"type": "string", "maxLength": 80}, "form": ANY_OBJECT},
    {
        "kind": {"enum": ["person", "person_without_id", "organisation"]},
        "who": {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": 200},
            "description": "What is asked beside the form: name, phone, reason, guardian_name ...",
        },
        "papers": _list(_ref("Paper")),
        "ticked": {**_list(TEXT), "description": "Ids of papers whose condition, in words, holds."},
        "village": {
            "type": "string",
            "pattern": "^[0-9]{12}$",
            "description": "Where neither form nor office says it.",
        },
        "salt": {
            "type": "string",
            "maxLength": 64,
            "description": "A repeat with it gets the first case back.",
        },
        "submit": {**FLAG, "default": True},
        "urgent": {**FLAG, "default": False},
        "finish": {
            "description": "Decided on the spot, where the item is the village's own and a village takes it in.",
            **_object({}, {"granted": {**FLAG, "default": True}, "reasons": TEXT, "basis": TEXT}),
        },
    },
)

WANTED = _object({"what": TEXT}, {"why": TEXT, "material": TEXT, "field": TEXT})

# Bodies of acts that are not just the command's fields.
_BODIES: dict[type[Any], dict[str, Schema | None]] = {
    DecideCase: {"document": None, "number": None, "signature": None, "key": None},
    AskCorrection: {"wanted": {**_list(WANTED), "minItems": 1}},
}


def act() -> Schema:
    return {
        "oneOf": [_act(kind, command) for command, kind in KIND_OF.items() if command is not RegisterCase]
    }


def _act(kind: str, command: type[Any]) -> Schema:
    base = {
        **MAYBE_ID,
        "description": "409 if another act has moved the case since; null is as if it were not given.",
    }
    secret = {
        "type": "string",
        "description": "The chief representative's own password: he signs for a department.",
    }
    optional = {"base": base, **({"secret": secret} if command is DecideCase else {})}
    return {"title": kind, **_object({"type": {"const": kind}, "body": _of_command(command)}, optional)}


def _of_command(command: type[Any]) -> Schema:
    hints = get_type_hints(command)
    own = _BODIES.get(command, {}) | _chosen(command)
    needed: dict[str, Schema] = {}
    optional: dict[str, Schema] = {}
    for each in fields(command):
        schema = own.get(each.name, _of_hint(hints[each.name], each.name))
        if schema is not None:
            (needed if each.default is MISSING else optional)[each.name] = schema
    return _object(needed, optional)


def _chosen(command: type[Any]) -> dict[str, Schema | None]:
    """The fields that take a value of a closed list, with its words."""
    may_lack = {each.name for each in fields(command) if each.default is None}
    return {
        name: {
            "enum": [*known, *([None] if name in may_lack else [])],
            "description": ", ".join(f"{value}: {words}" for value, words in known.items()),
        }
        for name, known in CHOICES.get(command, {}).items()
    }


def _of_hint(hint: Any, name: str) -> Schema:
    origin, parts = get_origin(hint), get_args(hint)
    if name == "papers":
        return _list(_ref("Paper"))
    if origin in (types.UnionType, Union):
        return {"anyOf": [_of_hint(part, "") for part in parts]}
    if origin is tuple:
        return _list(_of_hint(parts[0], ""))
    if origin is abc.Mapping:
        return {"type": "object", "additionalProperties": _of_hint(parts[1], "")}
    if hint is date:
        return {"type": "string", "format": "date"}
    simple = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    return {"type": simple[hint]} if hint in simple else {}


# -- what is answered

CASE_FACTS: Mapping[str, Schema] = {
    "number": TEXT,
    "id": ID,
    "item": TEXT,
    "item_version": MAYBE_TEXT,
    "state": TEXT,
    "holder": TEXT,
    "accepted_on": MAYBE_DATE,
    "due": MAYBE_DATE,
    "provisional": FLAG,
    "lamp": {"enum": ["green", "yellow", "red", None]},
    "confirmed": FLAG,
    "set_aside": _list(ID),
    "asks": _list(ID),
    "papers_left": COUNT,
    "synced": TRUTH,
    "digest": ID,
    "base": {**MAYBE_ID, "description": "The newest act in effect: give it back with the next act."},
    "applicant": TEXT,
    "office": TEXT,
    "offer_to": MAYBE_TEXT,
    "left": {**FLAG, "description": "No more of it will come to this node."},
    "allowed": {**_list(TEXT), "description": "Types of the acts that the officer may do now."},
    "acts": _list(_ref("Act")),
    "papers": _list(_ref("CasePaper")),
}

SCHEMAS: Mapping[str, Schema] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened and what to do, in Chinese."},
            "code": {"type": "string", "pattern": r"^[a-z_]+\.[a-z_]+$"},
            "tip": {"type": ["string", "null"], "description": "With case.stale: the newest act in effect."},
            "fields": {"description": "With api.form_wrong: place in the request -> what is wrong there."},
        },
    },
    "Page": PAGE,
    "Paper": PAPER,
    "Register": REGISTER,
    "ActAsked": act(),
    "Case": _object(
        CASE_FACTS,
        {
            "form": {**ANY_OBJECT, "description": "With ?full=true, which is logged."},
            "applicant_body": {**ANY_OBJECT, "description": "With ?full=true, which is logged."},
            "query_code": {**TEXT, "description": "With a registration: what the applicant asks with."},
            "events": {**_list(ID), "description": "With an act: the events that it made."},
        },
    ),
    "Act": _object(
        {
            "id": ID,
            "type": TEXT,
            "at": COUNT,
            "day": MAYBE_DATE,
            "office": MAYBE_TEXT,
            "actor": MAYBE_ID,
            "base": MAYBE_ID,
            "in_effect": FLAG,
            "reason": {**MAYBE_TEXT, "description": "Why it has no effect, or cannot be judged yet."},
            "synced": TRUTH,
            "body": ANY_OBJECT,
        }
    ),
    "CasePaper": _object(
        {
            "hash": ID,
            "material": TEXT,
            "size": COUNT,
            "event": ID,
            "here": FLAG,
            "wanted": FLAG,
            "synced": TRUTH,
        }
    ),
    "Line": _object(
        {
            **{
                name: CASE_FACTS[name]
                for name in ("number", "id", "item", "state", "holder", "offer_to", "office")
            },
            "village": MAYBE_TEXT,
            "applicant": TEXT,
            "urgent": FLAG,
            "registered_on": TEXT,
            "accepted_on": MAYBE_DATE,
            "due": MAYBE_DATE,
            "provisional": FLAG,
            "duty": {**MAYBE_DATE, "description": "The next day that matters to the holder."},
            "confirmed": FLAG,
            "set_aside": COUNT,
            "asks": COUNT,
            "left": FLAG,
        }
    ),
    "Item": _object(
        {
            **dict.fromkeys(("code", "name", "department", "authority", "case_type", "edition"), TEXT),
            "promised": _object({"days": COUNT, "unit": TEXT}),
        }
    ),
    "Status": _object(
        {
            "node": TEXT,
            "name": TEXT,
            "level": {"enum": ["village", "township", "county"]},
            "offices": _list(TEXT),
            "origin": TEXT,
            "seq": COUNT,
            "head": MAYBE_ID,
            "pos": COUNT,
            "ref": MAYBE_ID,
            "cases": COUNT,
            "unsent_events": COUNT,
            "unsent_papers": COUNT,
            "refused": COUNT,
            "waiting": COUNT,
            "set_aside": COUNT,
            "asks": COUNT,
            "parents": _list(_object({"url": TEXT, "last_exchange": {**MAYBE_TEXT, "format": "date-time"}})),
            "program": TEXT,
            "schema": COUNT,
        }
    ),
    "SyncReport": _object(
        {
            "result": {"enum": ["level", "cut", "refused"]},
            "sent": COUNT,
            "taken": COUNT,
            "refused": _list(_object({"id": MAYBE_ID, "code": TEXT})),
            "papers_left": COUNT,
            "parent": MAYBE_TEXT,
            "code": MAYBE_TEXT,
        }
    ),
}


# -- the addresses

NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_NUMBER},
    "description": "The case's number, or its id.",
}
HASH = {"name": "hash", "in": "path", "required": True, "schema": ID}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    "description": "A repeat with the same key gets the first answer back and changes nothing. Kept for a week.",
}
PICTURES = {kind: {"schema": {"type": "string"}} for kind in ("image/jpeg", "image/png", "application/pdf")}


@lru_cache
def document() -> Schema:
    """The whole document; do not change what it gives."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bianmin 便民 node API",
            "version": "1",
            "description": "What a program may do at one node in the name of the officer whose token it has.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(SCHEMAS),
        },
    }


def _paths() -> Schema:
    page = {
        "name": "page",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999},
    }
    full = {
        "name": "full",
        "in": "query",
        "schema": FLAG,
        "description": "With form and numbers; it is logged.",
    }
    code = {"name": "code", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    name = {"name": "name", "in": "path", "required": True, "schema": {"enum": list(LISTS)}}
    cases = _object({"cases": _list(_ref("Line")), "total": COUNT, "page": COUNT, "pages": COUNT})
    return {
        "/openapi.json": {
            "get": {**_operation("openapi", "This document", _json(ANY_OBJECT)), "security": []}
        },
        "/status": {"get": _operation("status", "What this node is and holds", _json(_ref("Status")))},
        "/items": {
            "get": _operation(
                "items", "The items one may apply for now", _json(_object({"items": _list(_ref("Item"))}))
            )
        },
        "/items/{code}": {
            "get": _operation("item", "One item's edition as published", _json(ANY_OBJECT), [code])
        },
        "/papers": {
            "post": {
                **_operation(
                    "capture",
                    "Keep a photo or a PDF; its page.  One that no case names within 14 days is removed",
                    _json(_ref("Page"), "201"),
                    [KEY],
                ),
                "requestBody": {"required": True, "content": PICTURES},
            }
        },
        "/papers/{hash}": {
            "get": _operation("paper", "A page that a case names", {"200": _answer(PICTURES)}, [HASH]),
            "post": _operation(
                "want_paper", "Have the next exchange bring it", _json(_object({"here": FLAG}), "202"), [HASH]
            ),
        },
        "/cases": {
            "post": _with_body(
                _operation("register", "Register an application", _json(_ref("Case"), "201"), [KEY]),
                "Register",
            )
        },
        "/cases/{number}": {
            "get": _operation("case", "What this node knows of a case", _json(_ref("Case")), [NUMBER, full])
        },
        "/cases/{number}/acts": {
            "post": _with_body(
                _operation("act", "Do an act on a case", _json(_ref("Case"), "201"), [NUMBER, KEY]),
                "ActAsked",
            )
        },
        "/worklists/{name}": {
            "get": _operation(
                "worklist", "A list of cases, the oldest duty first", _json(cases), [name, page]
            )
        },
        "/sync": {
            "post": _operation("sync", "Exchange with the parents now", _json(_ref("SyncReport")), [KEY])
        },
    }


def _operation(name: str, words: str, answers: Schema, parameters: list[Schema] | None = None) -> Schema:
    problem = {
        "description": "Refused: what happened and what to do",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    operation: Schema = {"operationId": name, "summary": words, "responses": {**answers, "4XX": problem}}
    return {**operation, "parameters": parameters} if parameters else operation


def _with_body(operation: Schema, name: str) -> Schema:
    content = {"application/json": {"schema": _ref(name)}}
    return {**operation, "requestBody": {"required": True, "content": content}}


def _json(schema: Schema, status: str = "200") -> Schema:
    return {status: _answer({"application/json": {"schema": schema}})}


def _answer(content: Schema) -> Schema:
    return {"description": "Done", "content": content}
