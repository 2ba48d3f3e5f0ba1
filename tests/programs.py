"""The real programs over the little county (tests/county.py): what ``create_app`` builds, and clients of their API.

    programs = Programs(build_county(tmp_path))
    agent = programs.api(county.village, "陈会计")
    made = agent.post("/cases", application(programs, county.village))
    agent.get(f"/cases/{made['number']}")

Every answer of the API is held against the published document (``common.web.api.openapi``).
"""

from __future__ import annotations

import io
import random
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema
from flask import Flask
from PIL import Image, ImageDraw
from werkzeug.test import TestResponse

from common.catalogue.conditions import materials_required
from common.catalogue.samples import fill_form
from common.node import Node
from common.offices import Level
from common.people import Here
from common.program import Program
from common.reference import Appointment
from common.web.api.openapi import document
from common.web.registration.application import CAPTURED, CHANNELS
from county_hub.app import create_app as create_hub
from tests.county import ITEM, County
from tests.hub import PASSWORD, program_over
from tests.page import PageClient
from township_node.app import create_app as create_node
from township_node.exchanging import Exchanging


@dataclass
class Programs:
    """The applications of a county, each built when it is first asked for; every officer has PASSWORD."""

    county: County
    built: dict[str, tuple[Flask, Program]] = field(default_factory=dict)

    def app(self, node: Node) -> Flask:
        return self._built(node)[0]

    def program(self, node: Node) -> Program:
        return self._built(node)[1]

    def _built(self, node: Node) -> tuple[Flask, Program]:
        if node.id not in self.built:
            program = program_over(node, self.county.folder)
            app = (
                create_hub(program) if node.is_hub else create_node(program, Exchanging(node, program.papers))
            )
            self.built[node.id] = app, program
        return self.built[node.id]

    def officer(self, node: Node, name: str) -> Appointment:
        return next(officer for officer in Here(node).here() if officer.name == name)

    def client(self, node: Node, name: str) -> PageClient:
        """A browser with this officer logged in."""
        client = PageClient(self.app(node))
        client.log_in(self.officer(node, name).id, PASSWORD)
        return client

    def api(self, node: Node, name: str) -> Api:
        """The API in this officer's name."""
        token, _ = self.program(node).accounts.issue_token(self.officer(node, name).id, 30)
        return Api(self.app(node), token)


@dataclass
class Api:
    app: Flask
    token: str | None

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self.call("GET", path, status, **more)

    def post(self, path: str, body: Any = None, status: int = 201, key: str | None = None) -> Any:
        """JSON up, JSON down; bytes are sent as they are."""
        sent = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        return self.call("POST", path, status, headers={"Idempotency-Key": key} if key else {}, **sent)

    def act(self, number: str, kind: str, status: int = 201, *, key: str | None = None, **body: Any) -> Any:
        """One act on the tip of the case as it is known here."""
        base = self.get(f"/cases/{number}")["base"]
        return self.post(f"/cases/{number}/acts", {"type": kind, "base": base, "body": body}, status, key)

    def call(self, method: str, path: str, status: int, *, headers: Any = None, **sent: Any) -> Any:
        """The JSON of an answer with this status, or its bytes where it is no JSON."""
        response = self.raw(method, path, headers=headers, **sent)
        said = (
            response.get_data(as_text=True)[:800] if response.mimetype.endswith("json") else response.mimetype
        )
        assert response.status_code == status, f"{method} {path} gave {response.status_code}: {said}"
        check_answer(method, path, response)
        return response.get_json() if response.mimetype.endswith("json") else response.get_data()

    def raw(self, method: str, path: str, *, headers: Any = None, **sent: Any) -> TestResponse:
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, headers={**known, **(headers or {})}, **sent
        )


# -- the published document


def check_answer(method: str, path: str, response: TestResponse) -> None:
    """The answer is one that the document names; a refusal speaks Chinese.  AssertionError, ValidationError."""
    if response.status_code >= 400:
        assert response.mimetype == "application/problem+json", response.mimetype
        _validate(response.get_json(), "Problem")
        assert re.search("[\u4e00-\u9fff].*[。?]", response.get_json()["detail"]), response.get_json()
        return
    answers = _operation(method, path)["responses"]
    content = answers[str(response.status_code)]["content"]
    assert response.mimetype in content, response.mimetype
    if response.mimetype == "application/json":
        _check(response.get_json(), content["application/json"]["schema"])


def _operation(method: str, path: str) -> Any:
    for template, operations in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", template), path.partition("?")[0]):
            return operations[method.lower()]
    raise AssertionError(f"{path} is not in the document")


def _validate(value: Any, name: str) -> None:
    _check(value, {"$ref": f"#/components/schemas/{name}"})


def _check(value: Any, schema: Any) -> None:
    whole = {**schema, "components": document()["components"]}
    jsonschema.validators.Draft202012Validator(whole).validate(value)


# -- an application, as a program sends it


@cache
def photo(seed: int = 1, side: int = 480) -> bytes:
    """A small JPEG, another one for each seed."""
    image = Image.new("RGB", (side, side), (240, 240, 236))
    ImageDraw.Draw(image).line(
        [(10, 10 + seed % 200), (side - 10, side - 20)], fill=(seed % 255, 60, 60), width=5
    )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def application(
    programs: Programs,
    api: Api,
    node: Node,
    item: str = ITEM,
    *,
    seed: int = 1,
    seen: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """A made-up application with a photo of every paper that the catalogue requires for it."""
    known = node.reference.edition_in_force(item).item
    village = node.office if node.level is Level.VILLAGE else programs.county.village.office
    form = fill_form(known, random.Random(seed).randrange, today=node.today(), village=village)
    wanted = materials_required(known, form, CHANNELS[node.level], (), today=node.today())
    places = [one.material.id for one in wanted if one.required]
    photo_listed = any(one.form == "photo" and one.source == "applicant" for one in known.materials)
    form_listed = any(one.source == "form" and one.always for one in known.materials)
    places += [f"form.{f.id}" for f in known.form if f.type == "photo" and not photo_listed]
    places += [f"form.{f.id}" for f in known.form if f.type == "signature" and not form_listed]
    papers = [
        {"material": place, "pages": [api.post("/papers", photo(seed * 100 + n))], "original_seen": seen}
        for n, place in enumerate(places)
    ]
    typed = {f.id: form[f.id] for f in known.form if f.id in form and f.type not in CAPTURED}
    return {"item": item, "form": typed, "papers": papers, **more}
